"""Posterior probabilities, losses, intervals and probabilities of being best, by mpmath with 30 digits.

Writes tests/cases/experiment/bayes_grid.json. Integrals are taken by mpmath's quadrature with breaks around the bulk of both posteriors; the
code under test uses other integrals (logits, logarithms) and other nodes.
"""

import json
from pathlib import Path

from mpmath import beta, betainc, findroot, inf, log, mp, mpf, quad, sqrt

mp.dps = 30


def density(a, b):
    return lambda x: x ** (a - 1) * (1 - x) ** (b - 1) / beta(a, b)


def below(a, b):
    def f(x):
        if x <= 0:
            return mpf(0)
        if x >= 1:
            return mpf(1)
        return betainc(a, b, 0, x, regularized=True)

    return f


def above(a, b):
    return lambda x: below(b, a)(1 - x)


def breaks(*posteriors, extra=()):
    points = {mpf(0), mpf(1)}
    for a, b in posteriors:
        mean = a / (a + b)
        deviation = sqrt(mean * (1 - mean) / (a + b + 1))
        points |= {mean + k * deviation for k in (-12, -8, -5, -3, -1, 0, 1, 3, 5, 8, 12, 20, 40)}
    points |= set(extra)
    return sorted(p for p in points if 0 <= p <= 1)


def compare(t, c, values, ratios):
    ft, fc = density(*t), density(*c)
    points = breaks(t, c)
    better = quad(lambda x: fc(x) * above(*t)(x), points)
    worse = quad(lambda x: ft(x) * above(*c)(x), points)
    loss_target = quad(lambda x: below(*t)(x) * above(*c)(x), points)
    loss_control = quad(lambda x: below(*c)(x) * above(*t)(x), points)

    def cdf(d):
        return quad(lambda x: fc(x) * below(*t)(x + d), breaks(t, c, extra=[-d, 1 - d]))

    def pdf(d):
        low, high = max(mpf(0), -d), min(mpf(1), 1 - d)
        inside = [p for p in breaks(t, c) if low < p < high]
        return quad(lambda x: fc(x) * ft(x + d), [low, *inside, high])

    def ratio_cdf(r):
        return quad(lambda x: fc(x) * below(*t)(x * r), breaks(t, c, extra=[1 / r]))

    mean_t, mean_c = t[0] / sum(t), c[0] / sum(c)
    deviation = sqrt(sum(p[0] * p[1] / (sum(p) ** 2 * (sum(p) + 1)) for p in (t, c)))
    d0 = mean_t - mean_c
    low = findroot(lambda d: cdf(d) - mpf("0.025"), (d0 - 2 * deviation, d0 - 1.9 * deviation), tol=1e-18)
    high = findroot(lambda d: cdf(d) - mpf("0.975"), (d0 + 1.9 * deviation, d0 + 2 * deviation), tol=1e-18)
    shortest = findroot(
        lambda l, u: [cdf(u) - cdf(l) - mpf("0.95"), (pdf(u) - pdf(l)) * deviation], (low, high), tol=1e-16
    )
    spread = sqrt(1 / t[0] + 1 / c[0])
    centre = log(mean_t / mean_c)
    ratio = [
        findroot(lambda g: ratio_cdf(mp.exp(g)) - mpf(p), (centre + k * spread, centre + k * spread * mpf("0.97")), tol=1e-18)
        for p, k in (("0.025", -2), ("0.975", 2))
    ]
    number = lambda x: float(x)
    return {
        "target": [float(v) for v in t],
        "control": [float(v) for v in c],
        "p_target_better": number(better),
        "p_control_better": number(worse),
        "loss_target": number(loss_target),
        "loss_control": number(loss_control),
        "difference": [number(low), number(high)],
        "difference_shortest": [number(shortest[0]), number(shortest[1])],
        "lift": [number(mp.expm1(g)) for g in ratio],
        "difference_below": [[float(d), number(cdf(mpf(d)))] for d in values],
        "lift_below": [[float(r), number(ratio_cdf(1 + mpf(r)))] for r in ratios],
    }


def rate(a, b):
    cdf = below(a, b)
    mean = a / (a + b)
    deviation = sqrt(mean * (1 - mean) / (a + b + 1))
    f = density(a, b)

    def quantile(p):
        low, high = mpf(0), mpf(1)
        for _ in range(110):
            middle = (low + high) / 2
            low, high = (middle, high) if cdf(middle) < p else (low, middle)
        return low

    low, high = quantile(mpf("0.025")), quantile(mpf("0.975"))
    result = {"a": float(a), "b": float(b), "equal_tailed": [float(low), float(high)]}
    if a > 1 and b > 1:
        shortest = findroot(
            lambda l, u: [cdf(u) - cdf(l) - mpf("0.95"), (f(u) - f(l)) * deviation], (low, high), tol=1e-20
        )
        result["shortest"] = [float(shortest[0]), float(shortest[1])]
    elif a <= 1:
        result["shortest"] = [0.0, float(quantile(mpf("0.95")))]
    return result


def best(arms):
    points = breaks(*arms)
    p, loss = [], []
    for i, arm in enumerate(arms):
        others = [below(*other) for j, other in enumerate(arms) if j != i]
        f, own = density(*arm), below(*arm)

        def product(x):
            result = mpf(1)
            for other in others:
                result *= other(x)
            return result

        p.append(float(quad(lambda x: f(x) * product(x), points)))
        loss.append(float(quad(lambda x: own(x) * (1 - product(x)), points)))
    return {"arms": [[float(a), float(b)] for a, b in arms], "p_best": p, "expected_loss": loss}


def effects(arms):
    from mpmath import erfc, npdf

    lower = lambda z: erfc(-z / sqrt(2)) / 2
    p = []
    for i, (m, s) in enumerate(arms):
        others = [arm for j, arm in enumerate(arms) if j != i]

        def f(x):
            result = npdf(x, m, s)
            for mean, deviation in others:
                result *= lower((x - mean) / deviation)
            return result

        points = sorted(mean + k * s2 for mean, s2 in arms for k in (-30, -10, -5, -2, 0, 2, 5, 10, 30))
        p.append(float(quad(f, points)))
    return {"effects": [[float(m), float(s)] for m, s in arms], "p_best": p}


def pair(a, b):
    return (mpf(a), mpf(b))


def main():
    comparisons = [
        compare(pair(121, 881), pair(101, 901), [-0.02, 0.0, 0.01, 0.06], [-0.2, 0.0, 0.1, 0.9]),
        compare(pair("1.5", "3.5"), pair("0.5", "4.5"), [-0.3, -0.01, 0.25, 0.8], [-0.5, 0.5, 3.0]),
        compare(pair(1, 1001), pair(6, 1996), [-0.006, -0.003, 0.0, 0.004], [-0.9, -0.2, 2.0]),
        compare(pair(41, 9961), pair(4, 498), [-0.01, 0.0, 0.003], [-0.5, 0.0, 1.0]),
        compare(pair(96, 6), pair(90, 12), [-0.05, 0.02, 0.1], [-0.05, 0.05, 0.2]),
        compare(pair(1, 1), pair(1, 1), [-0.5, 0.1, 0.9], [-0.5, 0.0, 4.0]),
    ]
    rates = [rate(*pair(*p)) for p in ((121, 881), ("0.5", "10.5"), (1, 1001), ("2.5", "1.5"), (6, 199995))]
    arms = [
        best([pair(121, 881), pair(101, 901), pair(111, 891)]),
        best([pair(2, 11), pair(1, 1), pair("5.5", "20.5"), pair(300, 1700)]),
        best([pair(601, 401), pair(401, 601), pair(11, 11)]),
    ]
    normal = [effects([pair("1.2", "0.3"), pair(1, "0.4"), pair("0.5", "0.05")]), effects([pair(0, 1), pair(8, "0.2"), pair(7, 2)])]
    about = "mpmath with 30 digits, by tests/oracles/make_experiment_bayes_cases.py; parameters are of the posterior"
    path = Path(__file__).parent.parent / "cases" / "experiment" / "bayes_grid.json"
    text = json.dumps({"about": about, "comparisons": comparisons, "rates": rates, "best": arms, "effects": normal}, indent=1)
    path.write_text(text + "\n")


if __name__ == "__main__":
    main()
