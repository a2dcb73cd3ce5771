"""Writes the high-precision reference grids of tests/cases/clv: what the customer-lifetime-value models must return.

    python tests/oracles/make_clv_grid.py                 write both grids (9 minutes of one core with gmpy2)
    python tests/oracles/make_clv_grid.py --only discrete write one of them (continuous, discrete)

Needs mpmath (gmpy2 makes it faster, the digits are the same). No random input: every run writes the same bytes.
Numbers are printed with 20 digits; inputs are the doubles a JSON reader gets. What each quantity means, and how it is
computed, is in clv_truth.py; check_clv_grid.py computes it again by other routes.
"""

import json
import sys
import time
from pathlib import Path

from clv_truth import discrete_truth, truth_of
from mpmath import mp, mpf

CASES = Path(__file__).resolve().parent.parent / "cases" / "clv"
DIGITS = 20

# ---------------------------------------------------------------------------------------------------------------------
# The continuous grid

BG_SETS = [  # name, stratum, (r, alpha, a, b)
    ("cdnow", "plausible", (0.242593, 4.413532, 0.792886, 2.425752)),
    ("cdnow-days", "plausible", (0.242593, 30.894724, 0.792886, 2.425752)),
    ("slow", "plausible", (1.105171, 1949.521499, 1.105171, 1.105171)),
    ("a-eq-1", "singular", (0.8, 7.0, 1.0, 2.5)),
    ("a-near-1", "singular", (0.8, 7.0, 1.000000001, 2.5)),
    ("a+b-eq-1", "singular", (0.3, 4.0, 0.4, 0.6)),
    ("integers", "singular", (1.0, 1.0, 2.0, 1.0)),
    ("homog-lambda", "extreme", (1e4, 1e5, 0.8, 2.4)),
    ("homog-p", "extreme", (0.25, 4.4, 1e4, 3e4)),
    ("r-tiny", "extreme", (1e-3, 4.4, 0.8, 2.4)),
    ("no-dropout", "extreme", (0.5, 10.0, 1e-3, 1e3)),
    ("all-leave", "extreme", (0.5, 10.0, 1e3, 1e-3)),
    ("p-zero-or-one", "extreme", (0.5, 10.0, 1e-3, 1e-3)),
    ("alpha-tiny", "extreme", (0.25, 1e-3, 0.8, 2.4)),
    ("alpha-huge", "extreme", (50.0, 1e6, 5.0, 20.0)),
]
PARETO_SETS = [  # name, stratum, (r, alpha, s, beta)
    ("cdnow", "plausible", (0.553279, 10.577675, 0.606268, 11.669641)),
    ("grocery", "plausible", (0.78643539, 5.67897605, 0.42, 5.71711824)),
    ("long-lived", "plausible", (1.217, 200.9, 0.04391, 0.3345)),
    ("s-eq-1", "singular", (0.55, 10.58, 1.0, 11.67)),
    ("s-near-1", "singular", (0.55, 10.58, 1.000000001, 11.67)),
    ("alpha-eq-beta", "singular", (0.55, 10.0, 0.6, 10.0)),
    ("alpha-near-beta", "singular", (0.55, 10.0, 0.6, 10.0000001)),
    ("alpha-below-beta", "extreme", (0.5, 1.0, 0.6, 1e6)),
    ("alpha-above-beta", "extreme", (0.5, 1e6, 0.6, 1.0)),
    ("big", "extreme", (50.0, 2000.0, 30.0, 8000.0)),
    ("r-tiny", "extreme", (1e-3, 10.0, 0.6, 12.0)),
    ("s-tiny", "extreme", (0.55, 10.0, 1e-3, 12.0)),
    ("s-huge", "extreme", (0.55, 10.0, 1e4, 1e5)),
    ("r-huge", "extreme", (1e4, 1e5, 2.0, 12.0)),
    ("scale-tiny", "extreme", (0.55, 1e-3, 0.6, 2e-3)),
]
BEHAVIOURS = [  # name, x, t_x, T, t, delta, n_pmf, k
    ("born", 0, 0.0, 0.0, 52.0, 0.0027, 1, 1),
    ("x0-39", 0, 0.0, 39.0, 39.0, 0.0027, 0, 0),
    ("x0-young", 0, 0.0, 1.0, 30.0, 0.0027, 3, 2),
    ("x0-old", 0, 0.0, 1500.0, 365.0, 0.0002, 0, 1),
    ("cdnow-1", 2, 30.43, 38.86, 39.0, 0.0027, 2, 2),
    ("dert-paper", 7, 35.0, 77.86, 52.0, 0.0027, 7, 0),
    ("cdnow-1516", 26, 30.86, 31.0, 52.0, 0.0027, 26, 5),
    ("tx-eq-T", 23, 39.0, 39.0, 52.0, 0.15, 23, 5),
    ("first-moment", 1, 0.001, 0.001, 7.0, 0.0027, 1, 1),
    ("early-single", 1, 0.5, 365.0, 365.0, 0.0027, 1, 0),
    ("x100", 100, 360.0, 365.0, 90.0, 0.0027, 100, 20),
    ("x221", 221, 103.42857, 103.57143, 52.0, 0.0027, 221, 110),
    ("x300-lapsed", 300, 200.0, 365.0, 365.0, 0.0027, 300, 5),
    ("x501-daily", 501, 501.0, 501.0, 90.0, 0.0001, 40, 90),
    ("x1000", 1000, 700.0, 730.0, 365.0, 0.0027, 300, 5),
    ("x1000-lapsed", 1000, 100.0, 730.0, 365.0, 0.0027, 12, 0),
    ("x1500-last-minute", 1500, 364.999, 365.0, 1.0, 0.0027, 4, 4),
    ("x5000", 5000, 1800.0, 1825.0, 365.0, 0.0027, 300, 300),
    ("x5000-now", 5000, 1825.0, 1825.0, 30.0, 1.0, 1000, 82),
    ("x5000-lapsed", 5000, 900.0, 1825.0, 30.0, 0.0027, 5, 1),
    ("tiny-units", 3, 1e-6, 1e-5, 1e-5, 0.0027, 3, 1),
    ("seconds", 4, 3e7, 3.15e7, 3.15e7, 3e-9, 4, 2),
    ("t-tiny", 10, 200.0, 365.0, 1e-6, 0.0027, 10, 1),
    ("t-huge", 10, 200.0, 365.0, 1e6, 0.0027, 10, 5),
]
CONTINUOUS = [
    "loglik", "p_alive", "p_alive_after", "p_again", "cet", "dect", "dert", "ex", "pmf", "cpmf",
]  # fmt: skip


def continuous_points():
    for model in ("bgnbd", "mbgnbd", "pnbd"):
        for name, stratum, params in PARETO_SETS if model == "pnbd" else BG_SETS:
            for behaviour, x, t_x, T, t, delta, n, k in BEHAVIOURS:
                yield {
                    "id": f"{model}/{name}/{behaviour}", "model": model, "stratum": stratum, "params": list(params),
                    "x": x, "t_x": t_x, "T": T, "t": t, "delta": delta, "n_pmf": n, "k": k,
                }  # fmt: skip


def digits(value):
    """20 significant digits."""
    if value is None:
        return None
    return mp.nstr(value, DIGITS, min_fixed=0, max_fixed=0)


def write(name, about, points):
    """One point a line."""
    CASES.mkdir(parents=True, exist_ok=True)
    lines = [json.dumps(point, separators=(",", ":")) for point in points]
    head = json.dumps({"source": "tests/oracles/make_clv_grid.py", "about": about}, separators=(",", ":"))[:-1]
    text = head + ',"points":[\n' + ",\n".join(lines) + "\n]}\n"
    (CASES / name).write_text(text, encoding="utf-8")
    missing = sum(v is None for point in points for v in point["truth"].values())
    print(f"{name}: {len(points)} points, {len(text)} bytes, {missing} values null")


def make_continuous():
    points, begun = [], time.time()
    for point in continuous_points():
        try:
            truth = truth_of(point)
        except ArithmeticError as error:
            print(point["id"], error)
            truth = {}
        if point["x"] == 0 and point["T"] == 0:
            truth["loglik"] = mpf(0)
        point["truth"] = {name: digits(truth.get(name)) for name in CONTINUOUS}
        points.append(point)
        if len(points) % 100 == 0:
            print(f"{len(points)} points after {time.time() - begun:.0f} s", flush=True)
    write("grid_continuous.json", "Truth of BG/NBD, MBG/NBD and Pareto/NBD; 20 digits", points)


# ---------------------------------------------------------------------------------------------------------------------
# The discrete grid

BGBB_SETS = [
    ("donations", "plausible", (1.203507, 0.749733, 0.6567568, 2.783887)),
    ("cruises", "plausible", (0.66, 5.19, 173.76, 1882.93)),
    ("uniform", "singular", (1.0, 1.0, 1.0, 1.0)),
    ("gamma-eq-1", "singular", (0.5, 0.5, 1.0, 0.5)),
    ("tiny", "extreme", (1e-3, 1e-3, 1e-3, 1e-3)),
    ("homog", "extreme", (3e3, 7e3, 2e3, 1e4)),
    ("no-dropout", "extreme", (1.2, 0.7, 1e-3, 1e3)),
    ("all-leave", "extreme", (1.2, 0.7, 1e3, 1e-3)),
]
BGBB_BEHAVIOURS = [  # name, x, t_x, n, n_star, m, k, d
    ("x0", 0, 0, 6, 10, 1, 0, 0.1),
    ("paper-2-4", 2, 4, 6, 10, 1, 1, 0.1),
    ("all-six", 6, 6, 6, 10, 1, 3, 0.1),
    ("born", 0, 0, 0, 5, 0, 2, 0.1),
    ("early-single", 1, 1, 12, 12, 2, 1, 0.01),
    ("last-single", 1, 12, 12, 12, 2, 1, 0.01),
    ("lapsed", 20, 20, 50, 20, 10, 4, 0.002),
    ("steady", 25, 49, 50, 50, 5, 25, 0.002),
    ("every-time", 50, 50, 50, 50, 50, 50, 0.05),
    ("silent", 0, 0, 50, 3, 1, 3, 1.0),
]
SBG_SETS = [
    ("high-end", "plausible", (0.668, 3.806)),
    ("regular", "plausible", (0.704, 1.182)),
    ("uniform", "singular", (1.0, 1.0)),
    ("tiny", "extreme", (1e-3, 1e-3)),
    ("homog", "extreme", (2e3, 1e4)),
    ("loyal", "extreme", (1e-3, 1e3)),
    ("fleeting", "extreme", (1e3, 1e-3)),
]
SBG_TIMES = [(0, 0.1), (1, 0.1), (2, 0.1), (7, 0.01), (12, 0.1), (120, 0.005), (1000, 1.0)]  # t, d
GG_SETS = [
    ("cdnow", "plausible", (6.25, 3.74, 15.44)),
    ("q-near-1", "singular", (6.25, 1.000000001, 15.44)),
    ("q-below-1", "singular", (2.0, 0.4, 30.0)),
    ("px-eq-1", "singular", (1.0, 2.0, 10.0)),
    ("homog", "extreme", (1e4, 2e4, 3e3)),
    ("tiny-p", "extreme", (1e-3, 5.0, 1e6)),
    ("large-gamma", "extreme", (0.5, 1e3, 1e9)),
]
GG_CUSTOMERS = [(0, 0.0), (1, 11.77), (2, 22.35), (7, 73.74), (1, 1e-6), (3, 2.5e9), (5000, 35.17)]  # x, mean


def discrete_points():
    for name, stratum, params in BGBB_SETS:
        for behaviour, x, t_x, n, n_star, m, k, d in BGBB_BEHAVIOURS:
            yield {
                "id": f"bgbb/{name}/{behaviour}", "model": "bgbb", "stratum": stratum, "params": list(params),
                "x": x, "t_x": t_x, "n": n, "n_star": n_star, "m": m, "k": k, "d": d,
            }  # fmt: skip
    for name, stratum, params in SBG_SETS:
        for t, d in SBG_TIMES:
            yield {"id": f"sbg/{name}/t{t}", "model": "sbg", "stratum": stratum, "params": list(params), "t": t, "d": d}
    for name, stratum, params in GG_SETS:
        for x, m in GG_CUSTOMERS:
            yield {
                "id": f"gg/{name}/{x}-{m:g}", "model": "gg", "stratum": stratum, "params": list(params),
                "x": x, "mean": m,
            }  # fmt: skip


def make_discrete():
    points = []
    for point in discrete_points():
        point["truth"] = {name: digits(value) for name, value in discrete_truth(point).items()}
        points.append(point)
    write("grid_discrete.json", "Truth of BG/BB, sBG and Gamma-Gamma; 20 digits", points)


def main(arguments):
    only = arguments[1] if arguments[:1] == ["--only"] else None
    if only in (None, "continuous"):
        make_continuous()
    if only in (None, "discrete"):
        make_discrete()


if __name__ == "__main__":
    main(sys.argv[1:])
