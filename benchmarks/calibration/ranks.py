"""Calibration of ranks, permutations, the bootstrap and quantiles."""

from collections.abc import Callable
from typing import Any, get_args

import crm
import numpy as np
from row import ALPHA, Generator, Row, Rows, inside, share


def ranks(runs: int, rng: Generator) -> Rows:
    """Ranks, permutations, the bootstrap and quantiles on raw values."""
    shapes: tuple[tuple[str, Callable[[int], Any], tuple[int, int]], ...] = (
        ("exponential", lambda n: rng.exponential(1.0, n), (40, 25)),
        ("counts with many ties", lambda n: rng.poisson(0.7, n), (40, 25)),
        ("few values", lambda n: rng.normal(0.0, 1.0, n), (12, 7)),
    )
    for shape, draw, (m, n) in shapes:
        flags: dict[str, list[bool]] = {f"Mann-Whitney, {method}": [] for method in ("exact", "normal", "normal_corrected")}
        flags["Brunner-Munzel"] = []
        for _ in range(runs):
            target, control = draw(m), draw(n)
            for name, seen in flags.items():
                if name == "Brunner-Munzel":
                    seen.append(crm.brunner_munzel(target, control).rejects)
                else:
                    method: Any = name.split()[-1]
                    seen.append(crm.mann_whitney(target, control, method=method).test.rejects)
        for name, seen in flags.items():
            promise = "<=" if "exact" in name or "corrected" in name else "about" if shape == "few values" else "="
            yield Row(name, f"{m} and {n}, {shape}", "level", promise, ALPHA, share(seen), runs)
    covered: dict[str, list[bool]] = {"exact": [], "normal_corrected": []}
    for _ in range(runs):
        target, control = rng.exponential(1.0, 40) + 0.4, rng.exponential(1.0, 25)
        for name, seen in covered.items():
            rank_method: Any = name
            seen.append(inside(crm.mann_whitney(target, control, method=rank_method).test.interval, 0.4))
    for name, seen in covered.items():
        yield Row(f"Mann-Whitney, {name}", "40 and 25, exponential, shift 0.4", "coverage", ">=", 1 - ALPHA, share(seen), runs)
    yield from resamples(max(runs // 5, 100), rng)
    yield from quantiles(max(runs // 2, 100), rng)


def resamples(runs: int, rng: Generator) -> Rows:
    """Permutations, which are exact, and the bootstrap, which is not."""
    flags: dict[str, list[bool]] = {}
    for seed in range(runs):
        target, control = rng.lognormal(0, 1, 25), rng.lognormal(0, 1, 15)
        for statistic in get_args(crm.experiment.resampling.PermutationStatistic):
            test = crm.permutation_test(target, control, statistic=statistic, resamples=999, exact_up_to=1000, seed=seed).test
            flags.setdefault(f"permutation, {statistic}", []).append(test.rejects)
        few = crm.permutation_test(target[:6], control[:5], seed=seed).test
        flags.setdefault("permutation, all assignments", []).append(few.rejects)
    for name, seen in flags.items():
        where = "6 and 5, log-normal" if "all" in name else "25 and 15, log-normal"
        yield Row(name, where, "level", "=" if "means" in name and "all" not in name else "<=", ALPHA, share(seen), runs)
    covered: dict[str, list[bool]] = {}
    for seed in range(runs):
        target, control = rng.exponential(1.0, 200), rng.exponential(1.0, 100)
        for interval in get_args(crm.experiment.resampling.BootstrapInterval):
            for statistic, truth in (("mean", 0.0), ("quantile", 0.0)):
                if statistic == "quantile" and interval == "studentised":
                    continue
                test = crm.bootstrap(target, control, statistic=statistic, interval=interval, resamples=999, seed=seed).test
                covered.setdefault(f"bootstrap of {'medians' if statistic == 'quantile' else 'means'}, {interval}", []).append(inside(test.interval, truth))
        for contrast, truth in (("lift", 0.0), ("ratio", 1.0)):
            scale: Any = contrast
            test = crm.bootstrap(target, control, contrast=scale, resamples=999, seed=seed).test
            covered.setdefault(f"bootstrap of means, bca, {contrast}", []).append(inside(test.interval, truth))
        test = crm.bootstrap(target, control, resampling="poisson", resamples=999, seed=seed, interval="percentile").test
        covered.setdefault("bootstrap of means, percentile, Poisson", []).append(inside(test.interval, 0.0))
        below = (rng.exponential(1.0, 200) + 1, rng.exponential(1.0, 100) + 1)
        test = crm.bootstrap(
            target * below[0], control * below[1], target_denominators=below[0], control_denominators=below[1], statistic="ratio_of_sums",
            resamples=999, seed=seed,
        ).test
        covered.setdefault("bootstrap of ratios of sums, bca", []).append(inside(test.interval, 0.0))
    for name, seen in covered.items():
        yield Row(name, "200 and 100, exponential", "coverage", "about", 1 - ALPHA, share(seen), runs)


def quantiles(runs: int, rng: Generator) -> Rows:
    """Quantiles of one arm, by order statistics, and of two."""
    covered: dict[str, list[bool]] = {}
    for _ in range(runs):
        target, control = rng.lognormal(0, 1, 400), rng.lognormal(0, 1, 150)
        for p, z in ((0.5, 0.0), (0.9, 1.2815515655446004)):
            arms = (crm.QuantileArm(2 * target), crm.QuantileArm(control))
            found = crm.quantile_interval(arms[1], p)
            covered.setdefault(f"quantile {p} of one arm", []).append(inside(found.interval, float(np.exp(z))))
            for contrast, truth in (("difference", float(np.exp(z))), ("lift", 1.0), ("ratio", 2.0)):
                found = crm.compare_quantiles(*arms, p, contrast=contrast)
                covered.setdefault(f"quantiles {p}, {contrast}", []).append(inside(found.interval, truth))
    for name, seen in covered.items():
        promise = ">=" if "one arm" in name else "about"
        where = "150, log-normal" if "one arm" in name else "400 and 150, log-normal"
        yield Row(name, where, "coverage", promise, 1 - ALPHA, share(seen), runs)
