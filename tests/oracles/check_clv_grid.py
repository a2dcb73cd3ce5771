"""Checks the reference grids of tests/cases/clv, and what computes them, by other routes.

    python tests/oracles/check_clv_grid.py --verify [N]   recompute N points (30) of the committed grids by closed forms (2F1) or mp.quad
    python tests/oracles/check_clv_grid.py --check PATH   compare with a file of reference points or published values
"""

import json
import sys
from pathlib import Path

from clv_truth import DPS, bgbb_pmf, bgbb_truth, exact, gg_truth, lattice, log_beta, logit_point, sbg_truth, truth_of
from make_clv_grid import CASES
from mpmath import mp, mpf

PUBLISHED_PARAMS = {
    "bg": (0.2425982, 4.41367, 0.7929899, 2.4261667),  # alpha not printed: recovered
    "bg3": (0.243, 4.414, 0.793, 2.426),
    "pnbd": (0.553, 10.578, 0.606, 11.656),  # as printed: a fit rounded to three digits
    "underflow": (0.55, 10.58, 0.61, 11.67),
    "dert": (0.5629966, 12.5590370, 0.4081095, 10.5148048),
    "bgbb": (1.203507, 0.74978, 0.6567568, 2.783887),  # beta not printed: recovered
    "bgbb4": (1.204, 0.750, 0.657, 2.783),
}


def ask(name, what, x=0, t_x=0.0, T=0.0, t=1.0, n=0, delta=0.0027):
    model = "pnbd" if name in ("pnbd", "underflow", "dert") else "bgnbd"
    point = {"model": model, "params": PUBLISHED_PARAMS[name], "x": x, "t_x": t_x, "T": T, "t": t, "delta": delta}
    return truth_of(point | {"n_pmf": n, "k": n})[what]


def donors(name, what, x, t_x, n, n_star=10):
    return bgbb_truth(exact(PUBLISHED_PARAMS[name]), x, t_x, n, n_star, 1, 0, mpf(1) / 10)[what]


def high_end_loglik():
    """1,000 customers of the high-end segment, observed for seven renewals, at the published estimate."""
    alive = [1000, 869, 743, 653, 593, 551, 517, 491]
    params = exact((0.668088, 3.806095))
    total = alive[7] * mp.log(sbg_truth(params, 7, mpf(1) / 10)["survival"])
    for t in range(1, 8):
        total += (alive[t - 1] - alive[t]) * mp.log(sbg_truth(params, t, mpf(1) / 10)["churn_pmf"])
    return total


def spend(customers):
    params = exact((6.25, 3.74, 15.44))
    return [gg_truth(params, x, mpf(m))["mean"] for x, m in customers]


PUBLISHED = [  # model, quantity, which of the printed values (None: a single one), computed, tolerance
    ("Pareto/NBD", "E[X(52)]", None, lambda: ask("pnbd", "ex", t=52.0), 2e-3),
    ("Pareto/NBD", "CET(52 | x=26,t_x=30.857,T=31)", None, lambda: ask("pnbd", "cet", 26, 216 / 7, 31.0, 52.0), 3e-2),
    ("Pareto/NBD", "CET(52 | x=10,t_x=20,T=39)", None, lambda: ask("pnbd", "cet", 10, 20.0, 39.0, 52.0), 1e-3),
    ("Pareto/NBD", "CET(52 | x=15,t_x=20,T=39)", None, lambda: ask("pnbd", "cet", 15, 20.0, 39.0, 52.0), 2e-4),
    ("Pareto/NBD", "CET(52 | x=25,t_x=20,T=39)", None, lambda: ask("pnbd", "cet", 25, 20.0, 39.0, 52.0), 5e-6),
    ("Pareto/NBD", "CET(10|132,200,200), CET(10|133,200,200)", slice(0, 2),
     lambda: [ask("underflow", "cet", x, 200.0, 200.0, 10.0) for x in (132, 133)], 1e-12),
    ("Pareto/NBD", "DERT(x=7,t_x=35,T=77.86)", None, lambda: ask("dert", "dert", 7, 35.0, 77.86), 1e-6),
    ("BG/NBD", "E[X(52)]", None, lambda: ask("bg", "ex", t=52.0), 1e-5),
    ("BG/NBD", "CET(52 | 26,30.857,31)", None, lambda: ask("bg", "cet", 26, 216 / 7, 31.0, 52.0), 1e-4),
    ("BG/NBD", "CET(52 | x=10,t_x=20,T=39)", None, lambda: ask("bg", "cet", 10, 20.0, 39.0, 52.0), 1e-5),
    ("BG/NBD", "CET(52 | x=20,t_x=20,T=39)", None, lambda: ask("bg", "cet", 20, 20.0, 39.0, 52.0), 1e-7),
    ("BG/NBD", "CET(39 | 2,30.43,38.86)", None, lambda: ask("bg3", "cet", 2, 30.43, 38.86, 39.0), 1e-3),
    ("BG/NBD", "E[X(1.0)]", None, lambda: ask("bg3", "ex", t=1.0), 1e-4),
    ("BG/NBD", "E[X(3.0)]", None, lambda: ask("bg3", "ex", t=3.0), 5e-4),
    ("BG/NBD", "E[X(32.0)]", None, lambda: ask("bg3", "ex", t=32.0), 5e-3),
    ("BG/NBD", "E[X(78.0)]", None, lambda: ask("bg3", "ex", t=78.0), 5e-3),
    ("BG/NBD", "P(X(39)=0)", None, lambda: ask("bg3", "pmf", t=39.0), 1e-7),
    ("BG/NBD", "P(X(30)=11..20)", slice(0, 10), lambda: [ask("bg3", "pmf", t=30.0, n=n) for n in range(11, 21)], 1e-9),
    ("BG/BB", "E[X(10)]", None, lambda: donors("bgbb", "ex", 0, 0, 10), 1e-5),
    ("BG/BB", "CET customer A (x=0,t_x=0,n=6,n*=10)", None, lambda: donors("bgbb", "cet", 0, 0, 6), 5e-5),
    ("BG/BB", "P(alive in 2002) for (x,t_x)=(0,0),(2,4),(6,6)", slice(0, 3),
     lambda: [donors("bgbb4", "p_alive_after", x, t_x, 6) for x, t_x in ((0, 0), (2, 4), (6, 6))], 1e-2),
    ("BG/BB", "in-sample expected customers with x=0 and x=6", slice(0, 2),
     lambda: [11104 * donors("bgbb4", "pmf", x, x, 6) for x in (0, 6)], 2),
    ("sBG", "alpha,beta", "-1611.158", high_end_loglik, 1e-3),
    ("Gamma-Gamma", "E[M] of CDNOW customers 1..10", slice(0, 3), lambda: spend([(2, 22.35), (1, 11.77), (0, 0)]), 0.1),
]  # fmt: skip


def check_published(entries):
    printed = {(e["model"], e["quantity"]): e["value"] for e in entries}
    failed = 0
    for model, quantity, index, compute, unit in PUBLISHED:
        if (model, quantity) not in printed:
            print(f"absent   {model} {quantity}")
            continue
        value, got = printed[model, quantity], compute()
        if isinstance(index, str):
            pairs = [(mpf(index), got)]
        elif index is None:
            pairs = [(mpf(value), got)]
        else:
            pairs = list(zip(exact(value[index]), got))
        bad = any(abs(want - have) > mpf(unit) for want, have in pairs)
        failed += bad
        shown = ", ".join(f"{mp.nstr(have, 10)} ({mp.nstr(want, 10)})" for want, have in pairs[:3])
        print(f"{'DIFFERS ' if bad else 'ok      '} {model} {quantity}: {shown}")
    print(f"{len(PUBLISHED)} published values or lists, {failed} differ")
    return failed


def relative(have, want):
    return abs(have - want) / abs(want) if want != 0 else abs(have)


def check_sample(points):
    worst, failed = {}, 0
    for point in points:
        truth = truth_of(point, point["truth"])
        for name, text in point["truth"].items():
            error = relative(truth[name], mpf(text))
            key = point["model"], name
            if error > mpf(10) ** -15 and max(abs(truth[name]), abs(mpf(text))) < mpf(2) ** -1075:
                print(f"both 0.0 as doubles: {point['id']} {name}: {mp.nstr(truth[name], 20)} against {text}")
                continue
            worst[key] = max(worst.get(key, mpf(0)), error)
            if error > mpf(10) ** -15:
                failed += 1
                print(f"DIFFERS {point['id']} {name}: {mp.nstr(truth[name], 20)} against {text}")
    for (model, name), error in sorted(worst.items()):
        print(f"{model:8} {name:8} worst relative difference {mp.nstr(error, 3)}")
    print(f"{len(points)} points, {failed} values differ by more than 1e-15")
    return failed


def breaks(*scales):
    """Interval limits for mp.quad on (0, inf): decades about the scales of the integrand."""
    exponents = sorted({round(float(mp.log10(s))) + i for s in scales for i in range(-3, 4)})
    return [0, *(mpf(10) ** e for e in exponents), mp.inf]


def cut(points, t):
    return [p for p in points if p < t] + [t]


def other_route(point):
    """The quantities by the closed forms of the papers (2F1, U) or by mp.quad; what has neither is left out."""
    r, alpha, c1, c2 = exact(point["params"])
    t_x, T, t, delta = exact((point["t_x"], point["T"], point["t"], point["delta"]))
    x, n, k, model = point["x"], point["n_pmf"], point["k"], point["model"]
    A, alpha_T, out = r + x, alpha + T, {}
    w = t / alpha_T
    if model == "pnbd":
        s, beta = c1, c2
        beta_T = beta + T
        # Schmittlein et al. (1987) in the form of Hardie's note 009: 2F1 at the two ends, the larger scale in front.
        big, gap, top = max(alpha, beta), abs(alpha - beta), (s + 1 if alpha >= beta else A)

        def f(u):
            return mp.hyp2f1(A + s, top, A + s + 1, gap / (big + u)) / (big + u) ** (A + s)

        alive = alpha_T**-A * beta_T**-s
        total = alive + s / (A + s) * (f(t_x) - f(T))
        out["loglik"] = mp.log(mp.rf(r, x) * alpha**r * beta**s * total)
        p_alive = out["p_alive"] = alive / total
        out["p_alive_after"] = p_alive * (beta_T / (beta_T + t)) ** s
        again = mp.hyp2f1(s, A + s, A + s + 1, 1 - beta_T / alpha_T) * (beta_T / alpha_T) ** s
        out["p_again"] = p_alive * A / (A + s) * again
        if abs(s - 1) > mpf(10) ** -6:
            out["cet"] = p_alive * A * beta_T / (alpha_T * (s - 1)) * (1 - (beta_T / (beta_T + t)) ** (s - 1))
            out["ex"] = r * beta / (alpha * (s - 1)) * (1 - (beta / (beta + t)) ** (s - 1))
        dert = A * beta_T**s * delta ** (s - 1) / alpha_T * mp.hyperu(s, s, delta * beta_T)
        out["dert"] = p_alive * dert

        def rate(u):
            return (beta_T / (beta_T + u)) ** s * mp.exp(-delta * u)

        at = cut(breaks(beta_T / (1 + s), 1 / delta), t)
        out["dect"] = p_alive * A / alpha_T * mp.quad(lambda v: rate(v * t), [u / t for u in at]) * t

        mode = min(t, alpha * n / r)  # mp.quad has an absolute error: relative to the value at the mode

        def leaves(u):
            share = ((alpha + mode) / (alpha + u)) ** (r + n) * ((u / mode) ** n if n else 1)
            return share * s * beta**s / (beta + u) ** (s + 1)

        def purchases(u):
            return mp.rf(r, n) / mp.factorial(n) * (alpha / (alpha + u)) ** r * ((u / (alpha + u)) ** n if n else 1)

        ends = sorted({*cut(breaks(alpha, beta), t), *(mode * f / 16 for f in range(4, 24, 2) if mode * f < 16 * t)})
        out["pmf"] = purchases(t) * (beta / (beta + t)) ** s + purchases(mode) * mp.quad(leaves, ends)
        return out

    a, b = c1, c2
    m = 1 if model == "mbgnbd" else 0
    B = b + x + m
    # The likelihood of given p, integrated over p by quadrature: lambda has the Gamma integral.
    alive = mp.beta(a, B) / mp.beta(a, b) / alpha_T**A
    dead = mp.beta(a + 1, B - 1) / mp.beta(a, b) / (alpha + t_x) ** A if x > 0 or m else mpf(0)
    out["loglik"] = mp.log(mp.rf(r, x) * alpha**r * (alive + dead))
    p_alive = out["p_alive"] = out["p_again"] = 1 / (1 + dead / alive)
    out["p_alive_after"] = p_alive * mp.hyp2f1(A, a, a + B, -w)
    if abs(a - 1) > mpf(10) ** -6:

        def expected(r, alpha, b):  # Fader, Hardie, Lee (2005), eq. 9
            z = t / (alpha + t)
            if abs(a + b - 1) < mpf(10) ** -6:
                return None
            tail = (alpha / (alpha + t)) ** r * mp.hyp2f1(r, b, a + b - 1, z)
            return (a + b - 1) / (a - 1) * (1 - tail)

        more, new = expected(A, alpha_T, B), expected(r, alpha, b + m)
        if more is not None:
            out["cet"] = p_alive * more
        if new is not None:
            out["ex"] = new * (b / (a + b) if m else 1)

    def rate(u):  # purchases per time at T + u: no closed form of the integral
        return mp.hyp2f1(A + 1, a, a + B, -u / alpha_T) * mp.exp(-delta * u)

    at = breaks(alpha_T * max(1, (a + B) / a) / A, 1 / delta)
    out["dert"] = p_alive * A / alpha_T * mp.quad(rate, at)
    out["dect"] = p_alive * A / alpha_T * mp.quad(lambda v: rate(v * t), [u / t for u in cut(at, t)]) * t
    norm = mp.beta(a, b)
    nb = mp.rf(r, n) / mp.factorial(n) * (alpha / (alpha + t)) ** r * (t / (alpha + t)) ** n
    pmf = mp.beta(a, b + n + m) / norm * nb
    if n > 0 or m:
        at_least = mp.betainc(n, r, 0, t / (alpha + t), regularized=True) if n > 0 else 1
        pmf += mp.beta(a + 1, b + n + m - 1) / norm * at_least
    out["pmf"] = pmf
    return out


def other_discrete(point):
    """BG/BB by quadrature over p and theta, sBG sums by 2F1, Gamma-Gamma by quadrature over nu."""
    params, truth = exact(point["params"]), {}
    if point["model"] == "sbg":
        alpha, beta = params
        t, v = point["t"], 1 / (1 + mpf(point["d"]))
        truth["delt"] = mp.hyp2f1(1, beta, alpha + beta, v)
        if t > 0:
            retention = (beta + t - 1) / (alpha + beta + t - 1)
            truth["derl"] = retention * mp.hyp2f1(1, beta + t, alpha + beta + t, v)
            truth["churn_pmf"] = mp.beta(alpha + 1, beta + t - 1) / mp.beta(alpha, beta)
        return truth
    if point["model"] == "gg":
        p, q, gamma = params
        x, m = point["x"], mpf(point["mean"])
        if x == 0 or p * x + q <= 1:
            return truth
        # nu ~ Gamma(q, gamma); the mean of x spends given nu ~ Gamma(px, nu x); E[spend | nu] = p/nu
        peak = (p * x + q) / (gamma + m * x)

        def density(nu):
            mean = (p * x) * mp.log(nu * x) + (p * x - 1) * mp.log(m) - nu * x * m - mp.loggamma(p * x)
            return mp.exp(mean + q * mp.log(gamma) + (q - 1) * mp.log(nu) - gamma * nu - mp.loggamma(q))


        def f(y):
            nu = mp.exp(y)
            value = density(nu) * nu
            return value, value * p / nu

        step = min(mpf(1) / 2, 1 / mp.sqrt(p * x + q))
        likelihood, spend = lattice(f, mp.log(peak), p * x + q - 1, 1, step)
        truth["loglik"] = mp.log(likelihood)
        truth["mean"] = spend / likelihood
        return truth
    alpha, beta, gamma, delta = params
    x, t_x, n, d = point["x"], point["t_x"], point["n"], mpf(point["d"])

    def mixed(f, a, b):  # E f(p), p ~ Beta(a, b)
        norm = log_beta(a, b)

        def g(y):
            p, q = logit_point(y)
            return (mp.exp(a * mp.log(p) + b * mp.log(q) - norm) * f(p, q),)

        return lattice(g, mp.log(a / b), a, b, min(mpf(1) / 2, mp.sqrt(1 / a + 1 / b)))[0]

    buy = [mixed(lambda p, q: p**x * q ** (i - x), alpha, beta) for i in range(t_x, n + 1)]
    alive = buy[-1] * mixed(lambda p, q: q**n, gamma, delta)
    dead = mp.fsum(buy[i] * mixed(lambda p, q: p * q ** (t_x + i), gamma, delta) for i in range(n - t_x))
    truth["loglik"] = mp.log(alive + dead)
    truth["p_alive"] = alive / (alive + dead)
    truth["p_alive_after"] = truth["p_alive"] * mixed(lambda p, q: q ** point["m"], gamma, delta + n)
    buys = truth["p_alive"] * (alpha + x) / (alpha + beta + n)
    v = 1 / (1 + d)
    truth["dert"] = buys * v * (delta + n) / (gamma + delta + n) * mp.hyp2f1(1, delta + n + 1, gamma + delta + n + 1, v)
    # Fader, Hardie, Shang (2010), eq. 13, and the pmf of k as what a sum over all k must leave
    if abs(gamma - 1) > mpf(10) ** -6 and x <= n:

        def ends(delta, j):
            return (delta / (gamma - 1)) * (1 - mp.gammaprod([gamma + delta, 1 + delta + j], [gamma + delta + j, 1 + delta]))

        truth["cet"] = buys * ends(delta + n, point["n_star"])
        truth["ex"] = alpha / (alpha + beta) * ends(delta, n)
    others = mp.fsum(bgbb_pmf(i, *params, n) for i in range(n + 1) if i != x)
    if others < mpf("0.999999"):
        truth["pmf"] = 1 - others
    return truth


def verify(count):
    """Points of the committed grids by other routes: every step-th, so that parameters and behaviours both change."""
    failed = 0
    for name, route in (("continuous", other_route), ("discrete", other_discrete)):
        points = json.loads((CASES / f"grid_{name}.json").read_text(encoding="utf-8"))["points"]
        if name == "continuous":  # there the series of 2F1 are too slow
            points = [p for p in points if p["model"] == "pnbd" or max(p["params"][i] for i in (0, 2, 3)) < 1e3]
        step = max(1, len(points) // count)
        while len(points) % step == 0 or 24 % step == 0:
            step += 1
        compared, worst, skipped = 0, mpf(0), 0
        for point in points[::step]:
            try:
                with mp.workdps(DPS + 10 if name == "continuous" else DPS):
                    other = route(point)
            except (ArithmeticError, ValueError, mp.NoConvergence) as error:
                skipped += 1
                print(f"no second route for {point['id']}: {error}")
                continue
            for quantity, value in other.items():
                text = point["truth"][quantity]
                if text is None or not mp.isfinite(value):
                    continue
                want = mpf(text)
                error = abs(value - want) if want == 0 else relative(value, want)
                compared, worst = compared + 1, max(worst, error)
                if error > mpf(10) ** -18:
                    failed += 1
                    print(f"DIFFERS {point['id']} {quantity}: {text} against {mp.nstr(value, 20)}")
        done = len(points[::step]) - skipped
        print(f"{name}: {done} points, {compared} values by another route, worst {mp.nstr(worst, 3)}")
    return failed


def main(arguments):
    if arguments[:1] == ["--check"] and len(arguments) == 2:
        entries = json.loads(Path(arguments[1]).read_text(encoding="utf-8"))
        return check_sample(entries) if "truth" in entries[0] else check_published(entries)
    return verify(int(arguments[1]) if len(arguments) > 1 else 30)


if __name__ == "__main__":
    sys.exit(1 if main(sys.argv[1:]) else 0)
