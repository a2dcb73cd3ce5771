"""Posterior probabilities, losses, intervals and probabilities of being best, by plain quadrature with SciPy's beta functions.

Writes tests/cases/experiment/bayes_grid.json. Integrals are taken in the rate itself, by 80 Gauss-Legendre nodes a panel, panels broken at
deviations of both posteriors and where rates end; a cubic map of each panel takes care of roots at its ends. The code under test integrates
in logits and logarithms, with other nodes. Good to about 1e-12.
"""

import json
from pathlib import Path

import numpy as np
from scipy.optimize import brentq, fsolve
from scipy.special import betainc, betaincc, ndtr

NODES, WEIGHTS = np.polynomial.legendre.leggauss(80)
NODES, WEIGHTS = (NODES + 1) / 2, WEIGHTS / 2
INNER, SLOPE = NODES**2 * (3 - 2 * NODES), 6 * NODES * (1 - NODES)


def integral(f, points):
    total = 0.0
    for low, high in zip(points[:-1], points[1:]):
        total += (high - low) * np.sum(WEIGHTS * SLOPE * f(low + (high - low) * INNER))
    return total


def density(a, b):
    """Relative to its value at the mean, and made one by its own integral: logarithms of beta functions would lose digits."""
    mean = a / (a + b)
    relative = lambda x: np.exp((a - 1) * np.log(x / mean) + (b - 1) * (np.log1p(-x) - np.log1p(-mean)))
    total = integral(relative, breaks((a, b)))
    return lambda x: relative(x) / total


def below(a, b):
    return lambda x: betainc(a, b, np.clip(x, 0, 1))


def above(a, b):
    return lambda x: betaincc(a, b, np.clip(x, 0, 1))


def deviation(a, b):
    return np.sqrt(a * b / (a + b) ** 2 / (a + b + 1))


def breaks(*posteriors, extra=(), low=0.0, high=1.0):
    points = {low, high}
    for a, b in posteriors:
        mean = a / (a + b)
        points |= {mean + k * deviation(a, b) for k in (-24, -16, -12, -8, -6, -4, -2, -1, 0, 1, 2, 4, 6, 8, 12, 16, 24, 40)}
    return sorted(p for p in points | set(extra) if low <= p <= high)


def compare(t, c, values, ratios):
    ft, fc = density(*t), density(*c)
    points = breaks(t, c)

    def cdf(d):
        extra = [p for p in (-d, 1 - d) if 0 < p < 1]
        shifted = [p - d for p in breaks(t)]
        return integral(lambda x: fc(x) * below(*t)(x + d), breaks(c, extra=[*extra, *shifted]))

    def pdf(d):
        low, high = max(0.0, -d), min(1.0, 1 - d)
        shifted = [p - d for p in breaks(t)]
        return integral(lambda x: fc(x) * ft(x + d), breaks(c, extra=shifted, low=low, high=high))

    def ratio_cdf(r):
        scaled = [p / r for p in breaks(t)]
        return integral(lambda x: fc(x) * below(*t)(x * r), breaks(c, extra=scaled))

    exact = {"xtol": 1e-15, "rtol": 1e-14}
    low, high = (brentq(lambda d: cdf(d) - p, -1, 1, **exact) for p in (0.025, 0.975))
    size = high - low
    shortest = fsolve(
        lambda e: [cdf(e[1]) - cdf(e[0]) - 0.95, (pdf(e[1]) - pdf(e[0])) * size], (low, high), xtol=1e-14
    )
    lift = [np.expm1(brentq(lambda g: ratio_cdf(np.exp(g)) - p, -25, 25, **exact)) for p in (0.025, 0.975)]
    return {
        "target": t,
        "control": c,
        "p_target_better": integral(lambda x: fc(x) * above(*t)(x), points),
        "p_control_better": integral(lambda x: ft(x) * above(*c)(x), points),
        "loss_target": integral(lambda x: below(*t)(x) * above(*c)(x), points),
        "loss_control": integral(lambda x: below(*c)(x) * above(*t)(x), points),
        "difference": [low, high],
        "difference_shortest": list(shortest),
        "lift": lift,
        "difference_below": [[d, cdf(d)] for d in values],
        "lift_below": [[r, ratio_cdf(1 + r)] for r in ratios],
    }


def rate(a, b):
    quantile = lambda p: brentq(lambda x: betainc(a, b, x) - p, 0, 1, xtol=1e-16, rtol=1e-14)
    low, high = quantile(0.025), quantile(0.975)
    f = lambda x: (a - 1) * np.log(x) + (b - 1) * np.log1p(-x)
    result = {"a": a, "b": b, "equal_tailed": [low, high], "shortest": [0.0, quantile(0.95)]}
    if a > 1:
        upper = lambda l: brentq(lambda u: betainc(a, b, u) - betainc(a, b, l) - 0.95, l, 1, xtol=1e-16, rtol=1e-14)
        lower = brentq(lambda l: f(l) - f(upper(l)), 1e-12, quantile(0.05 * (1 - 1e-9)), xtol=1e-16, rtol=1e-14)
        result["shortest"] = [lower, upper(lower)]
    return result


def best(arms):
    points = breaks(*arms)
    p, loss = [], []
    for i, arm in enumerate(arms):
        others = [other for j, other in enumerate(arms) if j != i]
        product = lambda x: np.prod([below(*other)(x) for other in others], axis=0)
        # 1 - product without cancellation where all factors are near 1.
        some_above = lambda x: -np.expm1(np.sum([np.log1p(-above(*other)(x)) for other in others], axis=0))
        p.append(integral(lambda x: density(*arm)(x) * product(x), points))
        loss.append(integral(lambda x: below(*arm)(x) * some_above(x), points))
    return {"arms": arms, "p_best": p, "expected_loss": loss}


def effects(arms):
    p = []
    for i, (m, s) in enumerate(arms):
        others = [arm for j, arm in enumerate(arms) if j != i]
        f = lambda x: np.exp(-0.5 * ((x - m) / s) ** 2) / s / np.sqrt(2 * np.pi) * np.prod(
            [ndtr((x - mean) / deviation) for mean, deviation in others], axis=0
        )
        points = sorted({mean + k * s2 for mean, s2 in arms for k in (-38, -20, -10, -6, -3, -1, 0, 1, 3, 6, 10, 20, 38)})
        p.append(integral(f, points))
    return {"effects": arms, "p_best": p}


def main():
    np.seterr(divide="ignore")
    comparisons = [
        compare((121, 881), (101, 901), [-0.02, 0.0, 0.01, 0.06], [-0.2, 0.0, 0.1, 0.9]),
        compare((1.5, 3.5), (0.5, 4.5), [-0.3, -0.01, 0.25, 0.8], [-0.5, 0.5, 3.0]),
        compare((1, 1001), (6, 1996), [-0.006, -0.003, 0.0, 0.004], [-0.9, -0.2, 2.0]),
        compare((41, 9961), (4, 498), [-0.01, 0.0, 0.003], [-0.5, 0.0, 1.0]),
        compare((96, 6), (90, 12), [-0.05, 0.02, 0.1], [-0.05, 0.05, 0.2]),
        compare((1, 1), (1, 1), [-0.5, 0.1, 0.9], [-0.5, 0.0, 4.0]),
        compare((2, 3), (5000, 1), [-0.9, -0.3, -0.001], [-0.9, -0.3, -0.001]),
    ]
    content = {
        "about": "SciPy's beta functions and plain quadrature in the rate, by tests/oracles/make_experiment_bayes_cases.py; "
        "parameters are of the posterior",
        "comparisons": comparisons,
        "rates": [rate(*p) for p in ((121, 881), (0.5, 10.5), (1, 1001), (2.5, 1.5), (6, 199995))],
        "best": [
            best([(121, 881), (101, 901), (111, 891)]),
            best([(2, 11), (1, 1), (5.5, 20.5), (300, 1700)]),
            best([(601, 401), (401, 601), (11, 11)]),
        ],
        "effects": [effects([(1.2, 0.3), (1, 0.4), (0.5, 0.05)]), effects([(0, 1), (8, 0.2), (7, 2)])],
    }
    path = Path(__file__).parent.parent / "cases" / "experiment" / "bayes_grid.json"
    path.write_text(json.dumps(content, indent=1) + "\n")


if __name__ == "__main__":
    main()
