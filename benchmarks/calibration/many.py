"""Calibration of what looks at many arms or tests at once, and of the check of a split."""

import math
from typing import Any, get_args

import crm
import numpy as np
from row import ALPHA, Generator, Row, Rows, inside, share


def several(runs: int, rng: Generator) -> Rows:
    """Several arms beside one control, and many p-values: the chance of any false rejection, and the share of false ones."""
    sizes = (600, 200, 200, 100)
    seen: dict[str, list[bool]] = {}
    few = max(runs // 5, 100)
    for run in range(runs):
        arms = [crm.MeanArm.from_values(rng.normal(5, 2, n)) for n in sizes]
        if run < few:
            dunnett = crm.dunnett_test(arms[1:], arms[0])
            seen.setdefault("Dunnett", []).append(any(result.rejects for result in dunnett.results))
            simultaneous = all(inside(result.interval, 0.0) for result in dunnett.results)
            seen.setdefault("Dunnett, intervals together", []).append(simultaneous)
            one_sided = crm.dunnett_test(arms[1:], arms[0], alternative="greater")
            seen.setdefault("Dunnett, greater", []).append(any(result.rejects for result in one_sided.results))
        for method in ("welch", "classic"):
            anova: Any = method
            seen.setdefault(f"analysis of variance, {method}", []).append(crm.analysis_of_variance(arms, method=anova).p_value <= ALPHA)
        p_values = [result.p_value for result in crm.compare_several_means(arms).comparisons]
        for name in get_args(crm.experiment.multiplicity.MultiplicityMethod)[:6]:
            adjusted = crm.adjust_p_values(p_values, method=name)
            seen.setdefault(f"Welch against one control, {name}", []).append(bool((adjusted <= ALPHA).any()))
    exact = {"Dunnett", "Dunnett, greater", "analysis of variance, welch", "analysis of variance, classic"}
    for name, flags in seen.items():
        if "together" in name:
            yield Row(name, "600 and 200, 200, 100, normal", "coverage", "=", 1 - ALPHA, share(flags), len(flags))
        else:
            what = "level" if "variance" in name else "any false rejection"
            yield Row(name, "600 and 200, 200, 100, normal", what, "=" if name in exact else "<=", ALPHA, share(flags), len(flags))
    yield from several_rates(runs, rng)
    yield from many_tests(runs, rng)


def several_rates(runs: int, rng: Generator) -> Rows:
    """Rates of several arms, and whether they are one."""
    sizes, seen = (6000, 2000, 2000, 1000), dict[str, list[bool]]()
    for _ in range(runs):
        arms = [crm.BinaryArm(int(rng.binomial(n, 0.04)), n) for n in sizes]
        found = crm.compare_several_proportions(arms, control=0, weights=sizes)
        seen.setdefault("homogeneity of rates", []).append(found.homogeneity.p_value <= ALPHA)
        adjusted = crm.adjust_p_values([result.p_value for result in found.comparisons])
        seen.setdefault("rates against one control, holm", []).append(bool((adjusted <= ALPHA).any()))
    for name, flags in seen.items():
        what, promise = ("level", "=") if "homogeneity" in name else ("any false rejection", "<=")
        yield Row(name, "6,000 and 2,000, 2,000, 1,000 at 0.04", what, promise, ALPHA, share(flags), runs)


def many_tests(runs: int, rng: Generator) -> Rows:
    """Twenty tests, of which five have an effect: independent, and with a common cause."""
    tests, true_effects = 20, 5
    for design, common in (("independent", 0.0), ("correlated by 0.5", 0.5)):
        false_any: dict[str, list[bool]] = {}
        false_share: dict[str, list[float]] = {}
        z = np.sqrt(1 - common) * rng.normal(size=(runs, tests)) + np.sqrt(common) * rng.normal(size=(runs, 1))
        z[:, :true_effects] += 2.5
        p_values = np.vectorize(upper_tail)(z)
        for row in p_values:
            for method in get_args(crm.experiment.multiplicity.MultiplicityMethod):
                rejected = crm.adjust_p_values(row, method=method) <= ALPHA
                false = int(rejected[true_effects:].sum())
                false_any.setdefault(method, []).append(false > 0)
                false_share.setdefault(method, []).append(false / max(int(rejected.sum()), 1))
        for method in false_any:
            where = f"20 one-sided tests, 5 with effects, {design}"
            if method.startswith("benjamini"):
                # The variance of a share is at most that of a coin with the same mean, so this error is on the safe side.
                yield Row(method, where, "share of false rejections", "<=", ALPHA, float(np.mean(false_share[method])), runs)
            else:
                yield Row(method, where, "any false rejection", "<=", ALPHA, share(false_any[method]), runs)


def upper_tail(z: float) -> float:
    return 0.5 * math.erfc(z / math.sqrt(2.0))


def splits(runs: int, rng: Generator) -> Rows:
    """The check of a split: once, and after every batch."""
    weights = (0.8, 0.15, 0.05)
    counts = rng.multinomial(20_000, weights, runs)
    flagged = [crm.sample_ratio([int(n) for n in row], weights).is_flagged for row in counts]
    yield Row("sample ratio", "20,000 in 80:15:5", "level", "=", 0.01, share(flagged), runs)
    for size in (10, 30, 45):
        counts = rng.multinomial(size, (0.9, 0.1), runs)
        flagged = [crm.sample_ratio([int(n) for n in row], (0.9, 0.1)).is_flagged for row in counts]
        yield Row("sample ratio, few users", f"{size} in 90:10", "level", "<=", 0.01, share(flagged), runs)
    few = max(runs // 4, 100)
    ever = []
    for _ in range(few):
        check = crm.SequentialSampleRatio(weights)
        looks = np.cumsum(rng.multinomial(200, weights, 100), axis=0)
        ever.append(any(check.look([int(n) for n in row]).p_value <= ALPHA for row in looks))
    yield Row("sequential sample ratio", "80:15:5, 100 looks to 20,000", "level", "<=", ALPHA, share(ever), few)
