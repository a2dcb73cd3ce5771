"""Writes tests/cases/experiment/planning.json: sizes, power and detectable effects, published and by definition in mpmath.

python tests/oracles/make_planning_cases.py           write the cases
python tests/oracles/make_planning_cases.py --check   fail if the committed cases differ
"""

import json
import sys
from pathlib import Path

import mpmath
from mpmath import mp, mpf

CASES = Path(__file__).resolve().parent.parent / "cases" / "experiment" / "planning.json"


def probability(z):
    return mpmath.erfc(-z / mpmath.sqrt(2)) / 2


def quantile(p):
    return mpmath.sqrt(2) * mpmath.erfinv(2 * mpf(p) - 1)


def published():
    """Numbers of others, with what they call them."""
    return [
        {
            "id": "farrington_manning_2",
            "source": "Farrington and Manning (1990), table 1; gsDesign, nBinomial",
            "kind": "proportion",
            "method": "score",
            "control_rate": 0.1,
            "effect": 0.1,
            "null": -0.2,
            "alternative": "greater",
            "alpha": 0.05,
            "control_per_target": 2 / 3,
            "power": 0.9,
            "target": 62.88,
            "control": 41.92,
            "tolerance": 1e-4,
        },
        {
            "id": "farrington_manning_3",
            "source": "Farrington and Manning (1990), table 1; gsDesign, nBinomial",
            "kind": "proportion",
            "method": "score",
            "control_rate": 0.05,
            "effect": 0.25,
            "null": 0.1,
            "alternative": "greater",
            "alpha": 0.05,
            "control_per_target": 1.5,
            "power": 0.9,
            "target": 173.2214,
            "control": 259.8322,
            "tolerance": 1e-6,
        },
        {
            "id": "power_prop_test",
            "source": "R power.prop.test, as in the tests of statsmodels",
            "kind": "proportion",
            "method": "pooled",
            "control_rate": 0.5,
            "effect": 0.75,
            "power": 0.9,
            "target": 76.70692,
            "tolerance": 2e-7,
        },
        {
            "id": "cohen_table",
            "source": "Cohen (1988), table 2.3.5: 64 in each arm",
            "kind": "mean",
            "method": "student",
            "target_deviation": 1.0,
            "control_deviation": 1.0,
            "effect": 0.5,
            "tails": "both",
            "power": 0.8,
            "target_count": 64,
            "tolerance": 1.0,
        },
    ]


def fitted(p1, n1, p0, n0, difference):
    """The most likely rates with that difference, for expected counts: the root of the score equation."""
    slope = lambda p: (n1 * (p1 / (p + difference) - (1 - p1) / (1 - p - difference)) + n0 * (p0 / p - (1 - p0) / (1 - p)))
    low, high = max(mpf(0), -difference), min(mpf(1), 1 - difference)
    width = high - low
    low, high = low + width / mpf(10) ** 25, high - width / mpf(10) ** 25
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return low + difference, low


def fitted_ratio(p1, n1, p0, n0, ratio):
    slope = lambda p: n1 * (p1 / p - (1 - p1) * ratio / (1 - ratio * p)) + n0 * (p0 / p - (1 - p0) / (1 - p))
    low, high = mpf(10) ** -30, min(mpf(1), 1 / ratio) * (1 - mpf(10) ** -30)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if slope(middle) > 0 else (low, middle)
    return ratio * low, low


def errors(case, n1, n0):
    """The distance from the null, and both standard errors, of a test of rates."""
    p1, p0, null = mpf(case["effect"]), mpf(case["control_rate"]), mpf(case.get("null", 0 if case.get("contrast") != "ratio" else 1))
    ratio = null if case.get("contrast") == "ratio" else mpf(1)
    deviation = lambda a, b: mpmath.sqrt(a * (1 - a) / n1 + ratio**2 * b * (1 - b) / n0)
    distance = p1 - ratio * p0 - (0 if case.get("contrast") == "ratio" else null)
    truth = deviation(p1, p0)
    if case["method"] == "unpooled":
        return distance, truth, truth
    if case["method"] == "arcsine":
        error = mpmath.sqrt(1 / mpf(n1) + 1 / mpf(n0))
        return 2 * mpmath.asin(mpmath.sqrt(p1)) - 2 * mpmath.asin(mpmath.sqrt(p0)), error, error
    if case.get("contrast") == "ratio":
        return distance, deviation(*fitted_ratio(p1, n1, p0, n0, ratio)), truth
    if null == 0:
        pooled = (p1 * n1 + p0 * n0) / (n1 + n0)
        return distance, deviation(pooled, pooled), truth
    return distance, deviation(*fitted(p1, n1, p0, n0, null)), truth


def any_beyond(c, share, targets):
    """P(any of several |Z| >= c) that share a control."""
    own = mpmath.sqrt(1 - share**2)

    def given(z):
        within = probability((c - share * z) / own) - probability((-c - share * z) / own)
        return (1 - within**targets) * mpmath.npdf(z)

    return mpmath.quad(given, [-12, -8, -5, -3, -1, 0, 1, 3, 5, 8, 12])


def critical(case):
    alpha, targets = mpf(case.get("alpha", 0.05)), case.get("targets", 1)
    sharing = case.get("sharing", "bonferroni")
    two_sided = case.get("alternative", "two_sided") == "two_sided"
    if targets > 1 and sharing == "dunnett":
        share = mpmath.sqrt(1 / (1 + mpf(case.get("control_per_target", 1))))
        return mpmath.findroot(lambda c: any_beyond(c, share, targets) - alpha, (mpf("2.2"), mpf("2.5")))
    level = {"bonferroni": alpha / targets, "sidak": 1 - (1 - alpha) ** (mpf(1) / targets), "none": alpha}[sharing]
    return quantile(1 - (level / 2 if two_sided else level))


def proportion_case(case):
    """The size whose power is the one asked for, and the power with round counts."""
    z, ratio = critical(case), mpf(case.get("control_per_target", 1))
    both = case.get("tails") == "both" and case.get("alternative", "two_sided") == "two_sided"

    def power(n):
        distance, null_error, error = errors(case, n, n * ratio)
        distance = abs(distance)
        value = probability((distance - z * null_error) / error)
        return value + (probability((-distance - z * null_error) / error) if both else 0)

    low, high = mpf(1), mpf(2) ** 60
    for _ in range(180):
        middle = (low + high) / 2
        low, high = (middle, high) if power(middle) < mpf(case["power"]) else (low, middle)
    size = float(low)
    counts = [round(size / 3), round(size), 4 * round(size)]
    return {
        **case,
        "kind": "proportion",
        "source": "mpmath",
        "target": size,
        "control": float(low * ratio),
        "power_at": [[count, float(power(mpf(count)))] for count in counts],
        "tolerance": 1e-11,
    }


def scale_density(s, df):
    ln = mpmath.ln2 + df / 2 * mpmath.log(df / 2) - mpmath.loggamma(df / 2) + (df - 1) * mpmath.log(s) - df * s * s / 2
    return mpmath.exp(ln)


def over_scale(f, df, last=None):
    """The mean of f(s) over s = sqrt(chi-square / df)."""
    df = mpf(df)
    width = 1 / mpmath.sqrt(2 * df)
    points = [max(mpf(0), 1 + k * width) for k in (-12, -8, -5, -3, -1, 0, 1, 3, 5, 8, 12, 20)]
    points = sorted(set([mpf(0)] + points + ([mpf(4), mpf(8)] if df < 30 else [])))
    if last is not None:
        points = [p for p in points if p < last] + [last]
    return mpmath.quad(lambda s: scale_density(s, df) * f(s) if s > 0 else mpf(0), points)


def student_critical(tail, df):
    df = mpf(df)
    upper = lambda t: mpmath.betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True) / 2
    z = quantile(1 - tail)
    return mpmath.findroot(lambda t: upper(t) - tail, (z, z * (1 + 1 / df)))


def mean_case(case, counts):
    """The power with given counts; t tests as means over the scale."""
    s1, s0, effect = mpf(case["target_deviation"]), mpf(case["control_deviation"]), mpf(case["effect"])
    ratio, alpha = mpf(case.get("control_per_target", 1)), mpf(case.get("alpha", 0.05))
    result = []
    for n1 in counts:
        n0 = n1 * ratio
        v1, v0 = s1**2 / n1, s0**2 / n0
        error = mpmath.sqrt(v1 + v0)
        df = {"student": n1 + n0 - 2, "welch": (v1 + v0) ** 2 / (v1**2 / (n1 - 1) + v0**2 / (n0 - 1)), "z": mpmath.inf}[case["method"]]
        margins = case.get("lower_margin") is not None
        two_sided = not margins and case.get("alternative", "two_sided") == "two_sided"
        tail = alpha / 2 if two_sided else alpha
        c = quantile(1 - tail) if df == mpmath.inf else student_critical(tail, df)
        if margins:
            low, high = (mpf(case["lower_margin"]) - effect) / error, (mpf(case["upper_margin"]) - effect) / error
            within = lambda s: max(mpf(0), probability(high - c * s) - probability(low + c * s))
            last = (high - low) / (2 * c)
            power = within(mpf(1)) if df == mpmath.inf else over_scale(within, df, last)
        else:
            delta = (effect - mpf(case.get("null", 0))) / error * (-1 if case.get("alternative") == "less" else 1)
            hit = lambda s: probability(delta - c * s) + (probability(-c * s - delta) if two_sided and case.get("tails") == "both" else 0)
            power = hit(mpf(1)) if df == mpmath.inf else over_scale(hit, df)
        result.append([n1, float(power)])
    return {**case, "kind": "mean", "source": "mpmath", "power_at": result, "tolerance": 1e-11}


def computed():
    rates = [
        {"id": "rise_of_a_tenth", "method": "pooled", "control_rate": 0.05, "effect": 0.055, "power": 0.8},
        {"id": "rise_of_a_tenth_score", "method": "score", "control_rate": 0.05, "effect": 0.055, "power": 0.8, "tails": "both"},
        {"id": "rise_of_a_tenth_unpooled", "method": "unpooled", "control_rate": 0.05, "effect": 0.055, "power": 0.8},
        {"id": "rise_of_a_tenth_arcsine", "method": "arcsine", "control_rate": 0.05, "effect": 0.055, "power": 0.8},
        {"id": "rise_of_a_fifth", "method": "score", "control_rate": 0.01, "effect": 0.012, "power": 0.9},
        {"id": "one_percent_level", "method": "score", "control_rate": 0.03, "effect": 0.033, "alpha": 0.01, "power": 0.95},
        {"id": "fall", "method": "score", "control_rate": 0.03, "effect": 0.026, "power": 0.8, "control_per_target": 0.1},
        {
            "id": "small_control",
            "method": "score",
            "control_rate": 0.02,
            "effect": 0.025,
            "power": 0.8,
            "control_per_target": 0.05,
            "alternative": "greater",
        },
        {
            "id": "non_inferiority",
            "method": "score",
            "control_rate": 0.1,
            "effect": 0.1,
            "null": -0.01,
            "alternative": "greater",
            "alpha": 0.025,
            "power": 0.9,
        },
        {
            "id": "non_inferiority_of_the_ratio",
            "method": "score",
            "contrast": "ratio",
            "control_rate": 0.04,
            "effect": 0.04,
            "null": 0.9,
            "alternative": "greater",
            "alpha": 0.025,
            "power": 0.8,
            "control_per_target": 0.5,
        },
        {
            "id": "three_targets_bonferroni",
            "method": "score",
            "control_rate": 0.05,
            "effect": 0.06,
            "power": 0.8,
            "targets": 3,
            "control_per_target": 0.5,
        },
        {
            "id": "three_targets_sidak",
            "method": "unpooled",
            "control_rate": 0.05,
            "effect": 0.06,
            "power": 0.8,
            "targets": 3,
            "sharing": "sidak",
        },
        {
            "id": "three_targets_dunnett",
            "method": "score",
            "control_rate": 0.05,
            "effect": 0.06,
            "power": 0.8,
            "targets": 3,
            "sharing": "dunnett",
            "control_per_target": 0.5,
        },
        {"id": "three_targets_alone", "method": "score", "control_rate": 0.05, "effect": 0.06, "power": 0.8, "targets": 3, "sharing": "none"},
    ]
    one = {"target_deviation": 1.0, "control_deviation": 1.0}
    means = [
        ({"id": "half_a_deviation", "method": "student", **one, "effect": 0.5, "tails": "both"}, [4, 30, 64, 500]),
        ({"id": "a_deviation", "method": "student", **one, "effect": 1.0, "tails": "both"}, [30]),
        ({"id": "small_effect_small_control", "method": "student", **one, "effect": 0.05, "tails": "both", "control_per_target": 0.1}, [5000]),
        ({"id": "one_sided", "method": "student", **one, "effect": -0.3, "alternative": "less", "alpha": 0.01}, [3, 100, 1000]),
        (
            {
                "id": "unequal_deviations",
                "method": "welch",
                "target_deviation": 3.0,
                "control_deviation": 1.0,
                "effect": 1.0,
                "control_per_target": 0.5,
            },
            [10, 60, 200],
        ),
        (
            {
                "id": "revenue",
                "method": "z",
                "target_deviation": 95.0,
                "control_deviation": 95.0,
                "effect": 2.9,
                "tails": "both",
                "control_per_target": 0.2,
            },
            [1000, 50000],
        ),
        (
            {
                "id": "revenue_not_worse",
                "method": "z",
                "target_deviation": 95.0,
                "control_deviation": 90.0,
                "effect": 0.0,
                "null": -1.5,
                "alternative": "greater",
            },
            [20000],
        ),
        ({"id": "equivalence_z", "method": "z", **one, "effect": 0.01, "lower_margin": -0.1, "upper_margin": 0.12}, [300, 1500, 5000]),
        ({"id": "equivalence_t", "method": "student", **one, "effect": 0.1, "lower_margin": -0.8, "upper_margin": 0.8}, [8, 20, 60]),
        (
            {
                "id": "equivalence_t_uneven",
                "method": "student",
                **one,
                "effect": 0.0,
                "lower_margin": -0.3,
                "upper_margin": 0.5,
                "control_per_target": 0.25,
            },
            [100, 400],
        ),
    ]
    return [proportion_case(case) for case in rates] + [mean_case(case, counts) for case, counts in means]


def text():
    mp.dps = 30
    effects = [
        {
            "id": "arcsine_of_halves",
            "control_rate": 0.4,
            "target_rate": 0.5,
            "cohens_h": 0.2013579207903309,
            "source": "statsmodels, test_proportion_effect_size",
        },
    ]
    detectable = [
        {
            "id": "revenue_near",
            "method": "z",
            "target_deviation": 95.0,
            "control_deviation": 95.0,
            "tails": "near",
            "control_per_target": 0.2,
            "target_count": 50000,
            "power": 0.8,
            "effect": 2.915533699393657,
        },
        {
            "id": "revenue_both",
            "method": "z",
            "target_deviation": 95.0,
            "control_deviation": 95.0,
            "tails": "both",
            "control_per_target": 0.2,
            "target_count": 50000,
            "power": 0.8,
            "effect": 2.915530128741645,
        },
    ]
    source = "published, or mpmath: tests/oracles/make_planning_cases.py"
    return json.dumps({"source": source, "plans": published() + computed(), "effects": effects, "detectable": detectable}, indent=1) + "\n"


def main():
    if "--check" not in sys.argv[1:]:
        CASES.parent.mkdir(parents=True, exist_ok=True)
        CASES.write_text(text(), encoding="utf-8")
    elif CASES.read_text(encoding="utf-8") != text():
        sys.exit(f"{CASES.name}: differs from what this script writes")


if __name__ == "__main__":
    main()
