"""Writes tests/cases/experiment/rank.json: rank tests, permutation tests, bootstrap and quantiles, by enumeration and by SciPy.

    python tests/oracles/make_experiment_rank_cases.py

Needs numpy and scipy; the file names the versions that wrote it. Exact p-values are counts over all assignments, in fractions. Ends of intervals are found by bisection on
p-values, not by the formulae of the engine. SciPy is not the source where it is wrong or differs by definition: `brunnermunzel` of constant
columns is NaN (of columns that do not overlap too), `mannwhitneyu(method="exact")` ignores ties, and the two-sided p of `permutation_test` is twice the smaller
tail, not the share of absolute values.
"""

import itertools
import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np
import scipy
from scipy import stats

CASES = Path(__file__).resolve().parent.parent / "cases" / "experiment" / "rank.json"
ALTERNATIVES = ("two_sided", "greater", "less")
SCIPY = {"two_sided": "two-sided", "greater": "greater", "less": "less"}


def infinite(value):
    """JSON has no infinity."""
    return {math.inf: "inf", -math.inf: "-inf"}.get(value, float(value))


def twice_u(target, control, shift=0.0):
    differences = np.subtract.outer(target, control)
    return int(2 * (differences > shift).sum() + (differences == shift).sum())


def superiority(target, control):
    return twice_u(target, control) / (2 * len(target) * len(control))


def tails(target, control, statistic):
    """P(at least) and P(at most) over all assignments, of integers."""
    pooled = list(target) + list(control)
    places = range(len(pooled))
    observed = statistic(target, control)
    above = below = every = 0
    for chosen in itertools.combinations(places, len(target)):
        rest = [pooled[place] for place in places if place not in chosen]
        value = statistic([pooled[place] for place in chosen], rest)
        above += value >= observed
        below += value <= observed
        every += 1
    return Fraction(above, every), Fraction(below, every)


def p_of(alternative, above, below):
    return {"greater": above, "less": below, "two_sided": min(2 * min(above, below), 1)}[alternative]


def mann_whitney_cases():
    rng = np.random.default_rng(5)
    small = [
        ("small", [1, 4, 7, 9], [2, 3, 5]),
        ("ties", [1, 2, 2, 5, 5, 9], [2, 2, 3, 5]),
        ("mostly zero", [0, 0, 0, 0, 3, 8], [0, 0, 0, 1, 0]),
        ("separate", [10, 11, 12, 13, 14], [1, 2, 3, 4]),
        ("one against many", [5.5], [1, 2, 3, 4, 5, 6, 7, 8]),
    ]
    for name, target, control in small:
        for alternative in ALTERNATIVES:
            p = p_of(alternative, *tails(target, control, twice_u))
            yield mann_whitney(name, target, control, "exact", alternative, float(p))
    distinct = (rng.normal(0.6, 1, 14), rng.normal(0, 1.5, 11))
    for alternative in ALTERNATIVES:
        p = stats.mannwhitneyu(*distinct, method="exact", alternative=SCIPY[alternative]).pvalue
        yield mann_whitney("distinct", *distinct, "exact", alternative, p, interval=True)
    tied = (np.round(rng.exponential(3, 80)), np.round(rng.exponential(2, 60)))
    far = (rng.normal(9, 1, 200), rng.normal(0, 1, 150))
    for name, columns in [("rounded", tied), ("far apart", far)]:
        for alternative in ALTERNATIVES:
            for method, corrected in [("normal", False), ("normal_corrected", True)]:
                found = stats.mannwhitneyu(*columns, method="asymptotic", use_continuity=corrected, alternative=SCIPY[alternative])
                yield mann_whitney(name, *columns, method, alternative, found.pvalue)


def mann_whitney(name, target, control, method, alternative, p, interval=False):
    target, control = np.asarray(target, float), np.asarray(control, float)
    expected = {
        "u": twice_u(target, control) / 2,
        "p_value": float(p),
        "probability_of_superiority": superiority(target, control),
        "cliffs_delta": float(np.sign(np.subtract.outer(target, control)).mean()),
        "estimate": float(np.median(np.subtract.outer(target, control))),
        "target": float(np.median(target)),
        "control": float(np.median(control)),
    }
    if interval:
        # Between neighbouring differences U is constant: the ends are the differences where p, at their middles, crosses 0.05 (no ties).
        steps = np.sort(np.subtract.outer(target, control).ravel())
        middles = (steps[1:] + steps[:-1]) / 2
        kept = [stats.mannwhitneyu(target - shift, control, method="exact", alternative=SCIPY[alternative]).pvalue > 0.05 for shift in middles]
        first, last = kept.index(True), len(kept) - 1 - kept[::-1].index(True)
        expected["lower"] = infinite(-math.inf if alternative == "less" else steps[first])
        expected["upper"] = infinite(math.inf if alternative == "greater" else steps[last + 1])
    options = {"method": method, "alternative": alternative}
    return {"name": name, "test": "mann_whitney", "target": target.tolist(), "control": control.tolist(), "options": options, "expected": expected}


def brunner_munzel_cases():
    rng = np.random.default_rng(6)
    columns = {
        "small": ([1, 4, 7, 9], [2, 3, 5]),
        "ties": ([1, 2, 2, 5, 5, 9], [2, 2, 3, 5]),
        "other variances": (rng.normal(0.3, 1, 30), rng.normal(0, 4, 12)),
        "rounded": (np.round(rng.exponential(3, 80)), np.round(rng.exponential(2, 60))),
    }
    for name, (target, control) in columns.items():
        target, control = np.asarray(target, float), np.asarray(control, float)
        m, n = len(target), len(control)
        pooled = stats.rankdata(np.concatenate([target, control]))
        v = (pooled[:m] - stats.rankdata(target)) / n
        w = (pooled[m:] - stats.rankdata(control)) / m
        a, b = v.var(ddof=1) / m, w.var(ddof=1) / n
        df = (a + b) ** 2 / (a**2 / (m - 1) + b**2 / (n - 1))
        for alternative in ALTERNATIVES:
            found = stats.brunnermunzel(target, control, alternative=SCIPY[alternative])
            theta, error = superiority(target, control), math.sqrt(a + b)
            reach = stats.t.isf(0.025 if alternative == "two_sided" else 0.05, df) * error
            lower = -math.inf if alternative == "less" else theta - reach
            upper = math.inf if alternative == "greater" else theta + reach
            if alternative == "two_sided":
                lower, upper = max(lower, 0), min(upper, 1)
            expected = {
                "estimate": theta,
                "statistic": -found.statistic,
                "p_value": found.pvalue,
                "degrees_of_freedom": df,
                "standard_error": error,
                "lower": infinite(lower),
                "upper": infinite(upper),
            }
            options = {"alternative": alternative}
            yield {"name": name, "test": "brunner_munzel", "target": target.tolist(), "control": control.tolist(), "options": options, "expected": expected}


def statistic_of(name, probability):
    def studentised(x, y):
        apart = np.mean(x) - np.mean(y)
        error = math.sqrt(np.var(x, ddof=1) / len(x) + np.var(y, ddof=1) / len(y))
        return apart / error if error > 0 else math.copysign(math.inf, apart) if apart else 0.0

    return {
        "difference_of_means": lambda x, y: np.mean(x) - np.mean(y),
        "studentised_difference": studentised,
        "difference_of_quantiles": lambda x, y: np.quantile(x, probability) - np.quantile(y, probability),
        "ratio_of_means": lambda x, y: math.log(np.mean(x) / np.mean(y)),
    }[name]


def permutation_p(target, control, statistic, alternative):
    """The share of assignments that are as far out; what differs by rounding counts as tied."""
    pooled = np.concatenate([target, control])
    chosen = np.array(list(itertools.combinations(range(len(pooled)), len(target))))
    values = []
    for places in chosen:
        inside = np.zeros(len(pooled), bool)
        inside[places] = True
        values.append(statistic(pooled[inside], pooled[~inside]))
    values, observed = np.array(values), statistic(target, control)
    slack = 1e-9 * max(1, abs(observed)) if math.isfinite(observed) else 0
    if alternative == "greater":
        return (values >= observed - slack).mean()
    if alternative == "less":
        return (values <= observed + slack).mean()
    return (abs(values) >= abs(observed) - slack).mean()


def permutation_cases():
    columns = {
        "small": ([1, 4, 7, 9], [2, 3, 5]),
        "cents": ([0.1, 0.3, 0.7, 1.9, 2.2], [0.2, 0.6, 1.1, 0.4]),
        "unequal": ([3, 5, 8, 13, 21, 34, 8], [2, 6]),
        "few controls": ([12, 15], [1, 4, 9, 11, 30, 2, 8, 5]),
    }
    for name, (target, control) in columns.items():
        target, control = np.asarray(target, float), np.asarray(control, float)
        for statistic in ("difference_of_means", "studentised_difference", "difference_of_quantiles", "ratio_of_means"):
            for alternative in ALTERNATIVES:
                for null in (None, 1.5):
                    ratio = statistic == "ratio_of_means"
                    moved = target if null is None else target / null if ratio else target - null
                    p = permutation_p(moved, control, statistic_of(statistic, 0.6), alternative)
                    expected = {"p_value": p, "exact": True}
                    options = {"statistic": statistic, "alternative": alternative, "alpha": 0.2, "probability": 0.6}
                    if null is not None:
                        options["null"] = null
                    elif statistic == "difference_of_means":
                        expected |= shift_interval(target, control, alternative)
                    yield {"name": name, "test": "permutation", "target": target.tolist(), "control": control.tolist(), "options": options, "expected": expected}


def shift_interval(target, control, alternative, alpha=0.2):
    """By bisection: which shifts the test of the moved target does not reject."""
    mean = statistic_of("difference_of_means", None)
    estimate = mean(target, control)

    def kept(shift):
        return permutation_p(target - shift, control, mean, alternative) > alpha

    def end(sign):
        inside, outside = estimate, estimate + sign * 1e4
        if kept(outside):
            return sign * math.inf
        while abs(outside - inside) > 1e-7:
            middle = (inside + outside) / 2
            inside, outside = (middle, outside) if kept(middle) else (inside, middle)
        return inside

    # At the estimate itself a one-sided p is about 1/2, above alpha.
    return {"lower": infinite(-math.inf if alternative == "less" else end(-1)), "upper": infinite(math.inf if alternative == "greater" else end(1))}


def bootstrap_cases():
    rng = np.random.default_rng(7)
    skewed = np.round(rng.lognormal(1, 1, 40), 2)
    other = np.round(rng.lognormal(0.8, 1, 25), 2)
    orders = rng.poisson(2, 40) + 1.0
    kinds = {"percentile": "percentile", "basic": "basic", "bca": "BCa"}

    def scipy_ends(data, statistic, interval, **options):
        runs = [
            stats.bootstrap(data, statistic, n_resamples=100_000, method=kinds[interval], rng=np.random.default_rng(seed), batch=5000, **options)
            for seed in (1, 2)
        ]
        ends = np.array([[run.confidence_interval.low, run.confidence_interval.high] for run in runs])
        return ends.mean(axis=0), float(np.mean([run.standard_error for run in runs]))

    def median(sample, axis=-1):
        return np.quantile(sample, 0.5, axis=axis)

    for interval in kinds:
        for name, data, statistic, extra, options in [
            ("mean", (skewed,), np.mean, {}, {"statistic": "mean"}),
            ("difference", (skewed, other), lambda x, y, axis=-1: np.mean(x, axis) - np.mean(y, axis), {}, {"statistic": "mean"}),
            ("ratio", (skewed, other), lambda x, y, axis=-1: np.mean(x, axis) / np.mean(y, axis), {}, {"statistic": "mean", "contrast": "ratio"}),
            ("ratio of sums", (skewed, orders), lambda x, y, axis=-1: np.sum(x, axis) / np.sum(y, axis), {"paired": True}, {"statistic": "ratio_of_sums"}),
            ("median", (skewed,), median, {}, {"statistic": "quantile", "probability": 0.5}),
        ]:
            ends, error = scipy_ends(data, statistic, interval, vectorized=True, **extra)
            case = {"name": f"{name}, {interval}", "test": "bootstrap", "target": data[0].tolist(), "options": options | {"interval": interval}}
            if name == "ratio of sums":
                case["denominators"] = data[1].tolist()
            elif len(data) == 2:
                case["control"] = data[1].tolist()
            estimate = float(statistic(*data))
            case["expected"] = {"estimate": estimate, "lower": ends[0], "upper": ends[1], "standard_error": error}
            # Quantiles at 2.5 % of 200,000 draws against as many: 4 standard errors of a normal quantile, and as much for skewness; medians jump between values.
            case["tolerance"] = 0.03 * error if name != "median" else 0.12 * error
            yield case


def quantile_cases():
    rng = np.random.default_rng(8)
    target, control = np.round(rng.lognormal(3, 1, 150), 2), np.round(rng.lognormal(2.8, 1, 90), 2)
    for probability in (0.5, 0.9):
        for alternative in ALTERNATIVES:
            low, high = stats.quantile_test(target, q=20, p=probability, alternative=SCIPY[alternative]).confidence_interval(0.95)
            # The interval of SciPy's alternative "less" is that without a lower end, and so on, as here.
            found = stats.quantile_test(target, q=20, p=probability, alternative=SCIPY[alternative])
            expected = {"estimate": float(np.quantile(target, probability)), "p_value": found.pvalue}
            if alternative == "two_sided":
                expected |= {"lower": low, "upper": high}
            options = {"probability": probability, "alternative": alternative, "null": 20.0}
            yield {"name": "one sample", "test": "quantile_interval", "target": target.tolist(), "options": options, "expected": expected}
            for contrast, null in (("difference", 0.0), ("difference", 5.0), ("ratio", 1.0), ("lift", -0.05)):
                options = {"probability": probability, "alternative": alternative, "contrast": contrast, "null": null}
                expected = two_quantiles(target, control, probability, alternative, contrast, null)
                yield {"name": "two arms", "test": "compare_quantiles", "target": target.tolist(), "control": control.tolist(), "options": options, "expected": expected}


def two_quantiles(target, control, probability, alternative, contrast, null):
    """Woodruff's limits put together by Zou and Donner; ends by bisection over the null, p by bisection over z."""

    def arm(values):
        ordered, n = np.sort(values), len(values)

        def at(z):
            place = (n - 1) * probability + z * math.sqrt(n * probability * (1 - probability))
            if place < 0 or place > n - 1:
                return math.copysign(math.inf, z)
            return float(np.interp(place, np.arange(n), ordered))

        return at

    t, c = arm(target), arm(control)

    def apart(value):
        return t(0) - c(0) - value if contrast == "difference" else t(0) - (value + (contrast == "lift")) * c(0)

    def rejected(value, z):
        weight = 1 if contrast == "difference" else value + (contrast == "lift")
        sign = 1 if apart(value) > 0 else -1
        return abs(apart(value)) > math.hypot(t(-sign * z) - t(0), weight * (c(sign * z) - c(0)))

    low, high = 0.0, 50.0
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if rejected(null, middle) else (low, middle)
    z = math.copysign(low, apart(null))
    estimate = {"difference": t(0) - c(0), "ratio": t(0) / c(0), "lift": t(0) / c(0) - 1}[contrast]
    critical = stats.norm.isf(0.025 if alternative == "two_sided" else 0.05)

    def end(sign):
        inside, outside = estimate, estimate + sign * (1000 if contrast == "difference" else estimate + 1 if sign < 0 else 1000)
        if contrast != "difference" and sign < 0:
            outside = -1 + 1e-12 if contrast == "lift" else 1e-12
        assert rejected(outside, critical)
        for _ in range(200):
            middle = (inside + outside) / 2
            inside, outside = (inside, middle) if rejected(middle, critical) else (middle, outside)
        return inside

    p = {"greater": stats.norm.sf(z), "less": stats.norm.cdf(z), "two_sided": 2 * stats.norm.sf(abs(z))}[alternative]
    return {
        "estimate": estimate,
        "statistic": z,
        "p_value": p,
        "lower": infinite(-math.inf if alternative == "less" else end(-1)),
        "upper": infinite(math.inf if alternative == "greater" else end(1)),
    }


if __name__ == "__main__":
    makers = (mann_whitney_cases, brunner_munzel_cases, permutation_cases, bootstrap_cases, quantile_cases)
    cases = [case for maker in makers for case in maker()]
    about = "tests/oracles/make_experiment_rank_cases.py: enumeration, and SciPy where it is right"
    versions = {"scipy": scipy.__version__, "numpy": np.__version__}
    lines = ",\n".join(json.dumps(case) for case in cases)
    CASES.write_text(f'{{"about": {json.dumps(about)}, "versions": {json.dumps(versions)}, "cases": [\n{lines}\n]}}\n')
    print(len(cases), "cases")
