"""Writes tests/cases/experiment/plans.json: plans of ranks, of exact tests and of one rate; published, or by definition.

Tables are counted one by one, Fisher's p-values in whole numbers; integrals of ranks are taken by mpmath.

python tests/oracles/make_plan_cases.py           write the cases
python tests/oracles/make_plan_cases.py --check   fail if the committed cases differ
"""

import json
import sys
from fractions import Fraction
from functools import cache
from itertools import accumulate
from math import ceil, comb, fsum
from pathlib import Path

import mpmath
from make_planning_cases import over_scale, probability, quantile, student_critical
from mpmath import mp, mpf

CASES = Path(__file__).resolve().parent.parent / "cases" / "experiment" / "plans.json"


def binomial(n, p):
    return [comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]


# Two rates.


@cache
def fisher_p(x1, n1, x0, n0, method, alternative):
    """Fisher's p-value as a fraction."""
    m = x1 + x0
    weights = {k: comb(n1, k) * comb(n0, m - k) for k in range(max(0, m - n0), min(m, n1) + 1)}
    half = Fraction(weights[x1], 2) if method == "fisher_mid_p" else 0
    upper = sum(w for k, w in weights.items() if k >= x1) - half
    lower = sum(w for k, w in weights.items() if k <= x1) - half
    if alternative == "two_sided" and method == "fisher":
        extreme = sum(w for w in weights.values() if w <= weights[x1])
    else:
        extreme = {"greater": upper, "less": lower, "two_sided": min(2 * min(upper, lower), sum(weights.values()))}[alternative]
    return Fraction(extreme) / sum(weights.values())


@cache
def barnard_rejected(n1, n0, alternative, alpha):
    """Tables that Barnard's test with the pooled score rejects, the largest p-value on a fine grid of rates."""

    def score(x1, x0):
        pooled = (x1 + x0) / (n1 + n0)
        spread = pooled * (1 - pooled) * (1 / n1 + 1 / n0)
        z = (x1 / n1 - x0 / n0) / spread**0.5 if spread > 0 else 0.0
        return abs(z) if alternative == "two_sided" else z if alternative == "greater" else -z

    tables = [(score(a, b), a, b) for a in range(n1 + 1) for b in range(n0 + 1)]
    rates = [i / 2000 for i in range(1, 2000)]
    points = [(binomial(n1, p), binomial(n0, p)) for p in rates]
    rejected = []
    for here, a, b in sorted(tables, reverse=True):
        region = [(c, d) for other, c, d in tables if other >= here - 1e-10]
        worst = max(sum(one[c] * two[d] for c, d in region) for one, two in points)
        assert abs(worst - alpha) > 1e-6
        if worst >= alpha:
            break
        rejected.append((a, b))
    return rejected


def exact_power(case, n1):
    n0 = ceil(n1 * case.get("control_per_target", 1))
    p1, p0 = case["effect"], case["control_rate"]
    alternative, alpha = case.get("alternative", "two_sided"), case.get("alpha", 0.05)
    one, two = binomial(n1, p1), binomial(n0, p0)
    rejected = barnard_rejected(n1, n0, alternative, alpha) if case["method"] == "barnard" else None
    terms = []
    for x1 in range(n1 + 1):
        for x0 in range(n0 + 1):
            both = case.get("tails", "near") == "both" or alternative != "two_sided"
            if not both and (x1 * n0 > x0 * n1) != (p1 > p0):
                continue
            if rejected is None:
                hit = fisher_p(x1, n1, x0, n0, case["method"], alternative) < Fraction(alpha)
            else:
                hit = (x1, x0) in rejected
            if hit:
                terms.append(one[x1] * two[x0])
    return fsum(terms)


def exact_cases():
    boschloo = "Boschloo (1970), the power of one-sided tests with 15 in each arm"
    published = [(0.3, 0.1, 0.01, 0.1493), (0.6, 0.1, 0.01, 0.7394), (0.7, 0.2, 0.01, 0.6796), (0.8, 0.2, 0.01, 0.8723)]
    published += [(0.3, 0.1, 0.05, 0.3531), (0.6, 0.1, 0.05, 0.9189), (0.7, 0.2, 0.05, 0.8962), (0.8, 0.2, 0.05, 0.9744)]
    cases = [
        {
            "id": f"boschloo_{p1}_{p0}_{alpha}",
            "source": boschloo,
            "method": "boschloo",
            "control_rate": p0,
            "effect": p1,
            "alternative": "greater",
            "alpha": alpha,
            "power_at": [[15, power]],
            "tolerance": 5.5e-5,
        }
        for p1, p0, alpha, power in published
    ]
    counted = [
        ({"id": "fisher_of_statmod", "method": "fisher", "control_rate": 0.9, "effect": 0.5}, [5, 20]),
        ({"id": "fisher_uneven", "method": "fisher", "control_rate": 0.25, "effect": 0.625, "control_per_target": 0.5, "tails": "both"}, [9, 24]),
        ({"id": "central", "method": "fisher_central", "control_rate": 0.125, "effect": 0.5, "alpha": 0.01, "control_per_target": 1.5}, [7, 16]),
        ({"id": "mid_p", "method": "fisher_mid_p", "control_rate": 0.5, "effect": 0.125, "alternative": "less"}, [8, 21]),
        ({"id": "barnard", "method": "barnard", "control_rate": 0.25, "effect": 0.75, "control_per_target": 1.25}, [8]),
        ({"id": "barnard_one_sided", "method": "barnard", "control_rate": 0.25, "effect": 0.75, "alternative": "greater"}, [7]),
    ]
    for case, counts in counted:
        power_at = [[count, exact_power(case, count)] for count in counts]
        cases.append({**case, "source": "counted", "power_at": power_at, "tolerance": 1e-12})
    for case in (
        {"id": "fisher_size", "method": "fisher", "control_rate": 0.5, "effect": 0.875, "alternative": "greater", "power": 0.8},
        {"id": "mid_p_size", "method": "fisher_mid_p", "control_rate": 0.125, "effect": 0.5, "power": 0.9},
    ):
        powers = {n: exact_power(case, n) for n in range(5, 61)}
        last = max(n for n, power in powers.items() if power < case["power"])
        size = {"target_count": last + 1, "power_of_size": powers[last + 1]}
        cases.append({**case, "source": "counted: up to 60 no later size lacks power", **size, "tolerance": 1e-12})
    return cases


# One rate.


def rate_rejects(n, null, method, alternative, alpha):
    points = binomial(n, null)
    lower, upper = list(accumulate(points)), list(accumulate(reversed(points)))[::-1]
    critical = float(quantile(1 - (mpf(alpha) / 2 if alternative == "two_sided" else mpf(alpha))))
    for x in range(n + 1):
        if method == "wilson":
            z = (x / n - null) / (null * (1 - null) / n) ** 0.5
            evidence = abs(z) if alternative == "two_sided" else z if alternative == "greater" else -z
            assert abs(evidence - critical) > 1e-9
            yield x, evidence > critical
            continue
        half = points[x] / 2 if method == "mid_p" else 0.0
        if alternative == "two_sided" and method == "minimum_likelihood":
            p = sum(point for point in points if point <= points[x] * (1 + 1e-9))
        else:
            tails = {"greater": upper[x] - half, "less": lower[x] - half}
            p = 2 * min(tails.values()) if alternative == "two_sided" else tails[alternative]
        assert abs(p - alpha) > 1e-9
        yield x, p < alpha


def rate_power(case, n):
    null, rate = case["null"], case["effect"]
    alternative = case.get("alternative", "two_sided")
    points, terms = binomial(n, rate), []
    for x, rejected in rate_rejects(n, null, case["method"], alternative, case.get("alpha", 0.05)):
        near = (x > n * null) == (rate > null)
        if rejected and (near or alternative != "two_sided" or case.get("tails", "near") == "both"):
            terms.append(points[x])
    return fsum(terms)


def rate_cases():
    designs = [
        ({"id": "late_flights", "method": "clopper_pearson", "null": 0.3, "effect": 0.2, "alternative": "less"}, [110, 119, 120, 129]),
        ({"id": "sterne", "method": "minimum_likelihood", "null": 0.25, "effect": 0.5}, [1, 3, 17, 40]),
        ({"id": "mid_p", "method": "mid_p", "null": 0.0625, "effect": 0.25, "alpha": 0.01, "tails": "both"}, [2, 25, 60]),
        ({"id": "wilson", "method": "wilson", "null": 0.5, "effect": 0.625, "alternative": "greater", "alpha": 0.025}, [4, 50, 151]),
        ({"id": "wilson_two_sided", "method": "wilson", "null": 0.125, "effect": 0.0625, "tails": "both"}, [40, 160]),
    ]
    cases = []
    for case, counts in designs:
        cases.append({**case, "source": "counted", "power_at": [[n, rate_power(case, n)] for n in counts], "tolerance": 1e-12})
    for case in (
        {"id": "late_flights_size", "method": "clopper_pearson", "null": 0.3, "effect": 0.2, "alternative": "less", "power": 0.8},
        {"id": "wilson_size", "method": "wilson", "null": 0.125, "effect": 0.25, "power": 0.9},
    ):
        powers = {n: rate_power(case, n) for n in range(60, 261)}
        last = max(n for n, power in powers.items() if power < case["power"])
        size = {"count": last + 1, "power_of_size": powers[last + 1]}
        cases.append({**case, "source": "counted: up to 260 no later size lacks power", **size, "tolerance": 1e-12})
    return cases


# Ranks.


def normal_moments(effect, target_deviation, control_deviation):
    """Variances of a pair, and of what the target's and the control's value contribute."""
    s, t = mpf(target_deviation), mpf(control_deviation)
    shift = quantile(mpf(effect)) * mpmath.sqrt(s * s + t * t)
    points = list(range(-12, 13, 2))
    own = mpmath.quad(lambda u: mpmath.npdf(u) * probability((s * u + shift) / t) ** 2, points)
    other = mpmath.quad(lambda u: mpmath.npdf(u) * probability((shift - t * u) / s) ** 2, points)
    theta = mpf(effect)
    return theta, theta - theta**2, own - theta**2, other - theta**2, mpf(0), mpf(0)


def category_moments(target, control, m, n):
    f = [mpf(x) / mpmath.fsum(map(mpf, target)) for x in target]
    g = [mpf(x) / mpmath.fsum(map(mpf, control)) for x in control]
    below = lambda w, k: mpmath.fsum(w[:k]) + w[k] / 2
    theta = mpmath.fsum(f[k] * below(g, k) for k in range(len(f)))
    pair = mpmath.fsum(f[i] * g[j] * (1 if i > j else mpf(1) / 4 if i == j else 0) for i in range(len(f)) for j in range(len(g)))
    own = mpmath.fsum(f[k] * below(g, k) ** 2 for k in range(len(f)))
    other = mpmath.fsum(g[k] * (1 - below(f, k)) ** 2 for k in range(len(g)))
    pooled = [(m * a + n * b) / (m + n) for a, b in zip(f, g)]
    squares, cubes = mpmath.fsum(p**2 for p in pooled), mpmath.fsum(p**3 for p in pooled)
    return theta, pair - theta**2, own - theta**2, other - theta**2, squares, cubes


def rank_power(case, m):
    m, ratio, alpha = mpf(m), mpf(case.get("control_per_target", 1)), mpf(case.get("alpha", 0.05))
    n = m * ratio
    if "target" in case:
        theta, pair, own, other, squares, cubes = category_moments(case["target"], case["control"], m, n)
    else:
        theta, pair, own, other, squares, cubes = normal_moments(case["effect"], case["target_deviation"], case["control_deviation"])
    two_sided = case.get("alternative", "two_sided") == "two_sided"
    tail = alpha / 2 if two_sided else alpha
    distance = theta - mpf(case.get("null", 0.5))
    distance = abs(distance) if two_sided else distance * (-1 if case["alternative"] == "less" else 1)
    total = m + n
    if case["method"] == "noether":
        null_variance = error = total * (1 - cubes) / (12 * m * n)
    else:
        error = (pair + (n - 1) * own + (m - 1) * other) / (m * n)
        null_variance = (total + 1 - (total - 2) * cubes - 3 * squares) / (12 * m * n)
    if case["method"] == "brunner_munzel":
        v, w = (pair + (n - 1) * own - other) / (m * n), (pair + (m - 1) * other - own) / (m * n)
        df = (v + w) ** 2 / (v**2 / (m - 1) + w**2 / (n - 1))
        c, delta = student_critical(tail, df) * mpmath.sqrt((v + w) / error), distance / mpmath.sqrt(error)
        both = two_sided and case.get("tails") == "both"
        return float(over_scale(lambda s: probability(delta - c * s) + (probability(-c * s - delta) if both else 0), df))
    reach = quantile(1 - tail) * mpmath.sqrt(null_variance)
    power = probability((distance - reach) / mpmath.sqrt(error))
    if two_sided and case.get("tails") == "both":
        power += probability((-distance - reach) / mpmath.sqrt(error))
    return float(power)


def rank_cases():
    one = {"target_deviation": 1.0, "control_deviation": 1.0}
    likert = {"target": [0.01, 0.03, 0.15, 0.35, 0.30, 0.10, 0.06], "control": [0.01, 0.04, 0.20, 0.50, 0.20, 0.04, 0.01]}
    designs = [
        ({"id": "lehmann", "method": "mann_whitney", **one, "effect": 0.64}, [10, 40, 200]),
        ({"id": "lehmann_one_sided", "method": "mann_whitney", **one, "effect": 0.3, "alternative": "less", "control_per_target": 0.25}, [30, 120]),
        (
            {
                "id": "deviations",
                "method": "mann_whitney",
                "target_deviation": 3.0,
                "control_deviation": 1.0,
                "effect": 0.6,
                "tails": "both",
                "control_per_target": 0.5,
            },
            [25, 150],
        ),
        ({"id": "noether", "method": "noether", **one, "effect": 0.7, "alternative": "greater"}, [20, 36]),
        ({"id": "brunner_munzel", "method": "brunner_munzel", **one, "effect": 0.64}, [10, 60]),
        (
            {
                "id": "brunner_munzel_deviations",
                "method": "brunner_munzel",
                "target_deviation": 1.0,
                "control_deviation": 4.0,
                "effect": 0.6,
                "null": 0.45,
                "alternative": "greater",
                "control_per_target": 0.5,
            },
            [40, 100],
        ),
    ]
    for method in ("mann_whitney", "brunner_munzel", "noether"):
        designs.append(({"id": f"likert_{method}", "method": method, **likert, "alternative": "greater"}, [50, 125]))
        counts = {"target": [12, 3, 0, 5], "control": [15, 1, 3, 1], "tails": "both", "control_per_target": 0.5}
        designs.append(({"id": f"counts_{method}", "method": method, **counts}, [30]))
    cases = []
    for case, counts in designs:
        effect = {} if "effect" in case else {"effect": float(category_moments(case["target"], case["control"], 1, 1)[0])}
        power_at = [[m, rank_power(case, m)] for m in counts]
        cases.append({**case, **effect, "source": "mpmath", "power_at": power_at, "tolerance": 1e-11})
    return cases


def text():
    mp.dps = 30
    # Happ, Bathke and Brunner leave out terms of order 1/N, which the plan keeps: they are 1 % of so small a size.
    pilot = [315, 375, 356, 374, 412, 418, 445, 403, 431, 410, 391, 475, 379]
    sample = {
        "source": "the example and its size in R's package WMWssp 0.5 (Happ, Bathke and Brunner 2019)",
        "control": pilot,
        "target": [value - 20 for value in pilot],
        "effect": 0.3491124,
        "total": 111.3719511,
        "tolerance": 0.01,
    }
    # Noether (1987), eq. 10: N = (z_alpha + z_beta)^2 / (12 c (1 - c) (p - 1/2)^2).
    reach = quantile(mpf("0.95")) + quantile(mpf("0.9"))
    noether = {"effect": 0.7, "power": 0.9, "total": float(reach**2 / (12 * mpf("0.25") * (mpf(0.7) - mpf("0.5")) ** 2))}
    everything = {
        "source": "published, counted, or mpmath: tests/oracles/make_plan_cases.py",
        "ranks": rank_cases(),
        "pilot": sample,
        "noether": noether,
        "exact": exact_cases(),
        "rates": rate_cases(),
    }
    return json.dumps(everything, indent=1) + "\n"


def main():
    if "--check" not in sys.argv[1:]:
        CASES.write_text(text(), encoding="utf-8")
    elif CASES.read_text(encoding="utf-8") != text():
        sys.exit(f"{CASES.name}: differs from what this script writes")


if __name__ == "__main__":
    main()
