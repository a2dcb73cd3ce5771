"""Calibration of the tests of rates."""

from typing import Any, get_args

import crm
import numpy as np
from row import ALPHA, Generator, Row, Rows, inside, judged, of_counts, share


def rates(runs: int, rng: Generator) -> Rows:
    """Two rates: level under the null and coverage under effects, at the imbalances and low rates of CRM."""
    from crm.experiment.proportion import ProportionMethod

    exact = {"fisher", "fisher_central", "barnard", "boschloo"}
    slow = {"barnard", "boschloo"}
    designs = (((10_000, 1000), 0.02), ((2000, 500), 0.006), ((1900, 100), 0.05), ((500, 500), 0.3), ((40, 15), 0.2))
    own = {"logarithm": "ratio", "fisher": "odds_ratio", "fisher_central": "odds_ratio", "fisher_mid_p": "odds_ratio", "boschloo": "odds_ratio"}
    for method in get_args(ProportionMethod):
        contrast = own.get(method, "difference")
        for sizes, rate in designs:
            if method in slow and sizes[0] > 100:
                continue
            # Exact tests and the correction keep below the level; the statistics of Wald and Katz promise nothing where arms are unequal, and mid-p
            # values nothing at all. The trial that Agresti and Caffo add to each side is felt while an arm has few conversions: by enumeration the
            # level of their interval is 0.0469 for 20 expected conversions, as simulated.
            most = method in exact or method == "continuity_corrected"
            unsure = min(sizes) * rate < 20 or (method in ("unpooled", "logarithm") and sizes[0] != sizes[1]) or method == "fisher_mid_p"
            unsure |= method == "agresti_caffo" and min(sizes) * rate < 100
            promise = "<=" if most else "about" if unsure else "="
            reject = lambda t, c, method=method, contrast=contrast: crm.compare_proportions(t, c, method=method, contrast=contrast).rejects  # noqa: E731
            few = runs // 5 if most else runs
            seen = of_counts(few, rng, sizes, (rate, rate), reject)
            yield Row(method, f"{sizes[0]:,} and {sizes[1]:,} at {rate:g}", "level", promise, ALPHA, seen, few)
    yield from rates_under_effects(runs, rng)


def rates_under_effects(runs: int, rng: Generator) -> Rows:
    """Coverage of every method in every contrast that it has, and equivalence at its margin."""
    from crm.experiment.proportion import ProportionMethod

    exact = {"fisher", "fisher_central", "barnard", "boschloo"}
    for sizes, (p, q), where in (((1900, 100), (0.02, 0.10), "1,900 at 0.02 and 100 at 0.10"), ((40, 15), (0.15, 0.4), "40 at 0.15 and 15 at 0.4")):
        truths = {"difference": p - q, "ratio": p / q, "lift": p / q - 1, "odds_ratio": p * (1 - q) / (q * (1 - p))}
        for contrast, truth in truths.items():
            for method in get_args(ProportionMethod):
                if method in ("barnard", "boschloo") and sizes[0] > 100:
                    continue
                holds = lambda t, c, m=method, k=contrast, v=truth: inside(crm.compare_proportions(t, c, method=m, contrast=k).interval, v)  # noqa: E731
                few = runs // 5 if method in exact else runs
                promise = ">=" if method in exact else "about"
                yield from judged(
                    lambda: Row(
                        f"{method}, {contrast}", where, "coverage", promise, 1 - ALPHA, of_counts(few, rng, sizes, (p, q), holds), few
                    )
                )
    equivalent = lambda t, c: crm.equivalence(lambda **test: crm.compare_proportions(t, c, **test), -0.02, 0.02).is_equivalent  # noqa: E731
    seen = of_counts(runs, rng, (8000, 4000), (0.12, 0.10), equivalent)
    yield Row("equivalence, score", "8,000 at 0.12 and 4,000 at 0.10, margins of 0.02", "level", "<=", ALPHA, seen, runs)
    noninferior = lambda t, c: crm.compare_proportions(t, c, alternative="greater", null=-0.02).rejects  # noqa: E731
    seen = of_counts(runs, rng, (8000, 4000), (0.08, 0.10), noninferior)
    yield Row("non-inferiority, score", "8,000 at 0.08 and 4,000 at 0.10, margin of 0.02", "level", "=", ALPHA, seen, runs)
    for alternative in ("greater", "less"):
        for method in ("score", "skewness_corrected"):
            of_one_side = lambda t, c, m=method, a=alternative: crm.compare_proportions(t, c, method=m, alternative=a).rejects  # noqa: E731
            seen = of_counts(runs, rng, (10_000, 1000), (0.02, 0.02), of_one_side)
            yield Row(f"{method}, {alternative}", "10,000 and 1,000 at 0.02", "level", "about", ALPHA, seen, runs)


def one_rate(runs: int, rng: Generator) -> Rows:
    """One rate: coverage of its interval, and the level of its test."""
    from crm.experiment.rate import RateMethod

    for trials, rate in ((2000, 0.02), (100, 0.05), (20, 0.3)):
        counts, times = np.unique(rng.binomial(trials, rate, runs), return_counts=True)
        arms = [crm.BinaryArm(int(count), trials) for count in counts]
        for method in get_args(RateMethod):
            safe = method in ("clopper_pearson", "minimum_likelihood")
            covered = [inside(crm.rate_interval(arm, method=method), rate) for arm in arms]
            seen = float(np.dot(covered, times) / runs)
            yield Row(f"one rate, {method}", f"{trials:,} at {rate:g}", "coverage", ">=" if safe else "about", 1 - ALPHA, seen, runs)
            rejected = [crm.test_rate(arm, rate, method=method).p_value <= ALPHA for arm in arms]
            seen = float(np.dot(rejected, times) / runs)
            yield Row(f"one rate, {method}", f"{trials:,} at {rate:g}", "level", "<=" if safe else "about", ALPHA, seen, runs)


def stratified(runs: int, rng: Generator) -> Rows:
    """Rates within five strata, large targets beside small controls: the level where no stratum has an effect, coverage where all have the same one."""
    sizes = (np.array([4000, 2500, 1500, 800, 200]), np.array([800, 600, 300, 200, 60]))
    base = np.array([0.02, 0.05, 0.1, 0.2, 0.4])
    odds = 1.4 * base / (1 - base)
    common = {"difference": base + 0.015, "ratio": 1.2 * base, "lift": 1.2 * base, "odds_ratio": odds / (1 + odds)}
    truths = {"difference": 0.015, "ratio": 1.2, "lift": 0.2, "odds_ratio": 1.4}
    tests = [("mantel_haenszel", name) for name in truths]
    tests += [("continuity_corrected", "difference"), ("continuity_corrected", "odds_ratio"), ("sample_size", "difference"), ("sample_size", "ratio")]
    tests += [(name, "odds_ratio") for name in ("exact", "exact_central", "exact_mid_p")]
    for method, contrast in tests:
        kind: Any = method
        safe = method in ("continuity_corrected", "exact", "exact_central")
        rejected, same, covered = [], [], []
        for of_target, truth in ((base, None), (common[contrast], truths[contrast])):
            for _ in range(runs):
                counts = rng.binomial(sizes[0], of_target), sizes[0], rng.binomial(sizes[1], base), sizes[1]
                scale: Any = contrast
                found = crm.compare_stratified_proportions(*counts, method=kind, contrast=scale)
                if truth is None:
                    rejected.append(found.comparison.rejects)
                else:
                    covered.append(inside(found.comparison.interval, truth))
                    same.append(found.homogeneity.p_value <= ALPHA)
        test, where = f"{method}, {contrast}", "5 strata of 9,000 and 1,960"
        yield Row(test, where, "level", "<=" if safe else "about" if "mid" in method else "=", ALPHA, share(rejected), runs)
        yield Row(test, where, "coverage", ">=" if safe else "about" if "mid" in method else "=", 1 - ALPHA, share(covered), runs)
        if method == "mantel_haenszel":
            yield Row(f"homogeneity of strata, {contrast}", where, "level", "=", ALPHA, share(same), runs)
