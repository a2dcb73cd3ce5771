"""Does each test keep its level, each interval its confidence, each plan its power? Simulated, and written to docs/calibration.md.

    python benchmarks/calibration.py                      # all parts, some twenty minutes on one core
    python benchmarks/calibration.py --share 0.1          # a tenth of the runs
    python benchmarks/calibration.py --only rates,means   # some parts, to the terminal

Every row gives what was seen, its Monte Carlo standard error and what is promised: a level or confidence exactly (=), at most (<=) or at least (>=);
"about" marks promises that hold in large samples only and are shown where samples are small or skewed. A row is "off" if it breaks its promise by more than
four standard errors. Seeds are fixed.
"""

import pathlib
from collections.abc import Callable
from typing import Any, get_args

import crm
import numpy as np
from calibration_many import several, splits, stratified
from calibration_page import write_page
from calibration_row import ALPHA, Generator, Row, Rows, inside, judged, of_counts, share

OUT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "calibration.md"


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
    equivalent = lambda t, c: crm.proportion_equivalence(t, c, -0.02, 0.02).is_equivalent  # noqa: E731
    seen = of_counts(runs, rng, (8000, 4000), (0.12, 0.10), equivalent)
    yield Row("equivalence, score", "8,000 at 0.12 and 4,000 at 0.10, margins of 0.02", "level", "<=", ALPHA, seen, runs)
    noninferior = lambda t, c: crm.compare_proportions(t, c, alternative="greater", null=-0.02).rejects  # noqa: E731
    seen = of_counts(runs, rng, (8000, 4000), (0.08, 0.10), noninferior)
    yield Row("non-inferiority, score", "8,000 at 0.08 and 4,000 at 0.10, margin of 0.02", "level", "=", ALPHA, seen, runs)


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


def lognormal(rng: Generator, size: tuple[int, ...], mean: float) -> Any:
    """Revenue: most small, some large."""
    return mean * rng.lognormal(-0.5, 1.0, size)


def means(runs: int, rng: Generator) -> Rows:
    """Means of skewed and of normal values, ratios, CUPED."""
    designs = (("normal", (200, 30), "="), ("normal, deviations 1 and 3", (200, 30), "="), ("log-normal", (5000, 500), "="), ("log-normal", (100, 30), "about"))
    for shape, (m, n), promise in designs:
        rejected: dict[str, list[bool]] = {"welch": [], "student": [], "z": []}
        covered = []
        for _ in range(runs):
            if shape == "log-normal":
                target, control = lognormal(rng, (m,), 10.0), lognormal(rng, (n,), 10.0)
            else:
                target, control = rng.normal(10, 1, m), rng.normal(10, 3 if "3" in shape else 1, n)
            arms = (crm.MeanArm.from_values(target), crm.MeanArm.from_values(control))
            for method, flags in rejected.items():
                flags.append(crm.compare_means(*arms, method=method).rejects)
            covered.append(inside(crm.compare_means(*arms, contrast="lift").interval, 0.0))
        where = f"{m:,} and {n:,}, {shape}"
        for method, flags in rejected.items():
            fair = promise if method == "welch" or (method == "student" and "3" not in shape) else "about"
            yield Row(f"mean, {method}", where, "level", fair, ALPHA, share(flags), runs)
        yield Row("mean, lift by Fieller", where, "coverage", promise, 1 - ALPHA, share(covered), runs)


    # A lift of 20 % where Fieller, delta and log differ: the control's mean is five standard errors from 0.
    lifts: dict[str, list[bool]] = {f"{contrast} by {lift}": [] for contrast in ("lift", "ratio") for lift in ("fieller", "delta", "log")}
    for _ in range(runs):
        arms = (crm.MeanArm.from_values(rng.normal(12, 10, 300)), crm.MeanArm.from_values(rng.normal(10, 10, 25)))
        for name, flags in lifts.items():
            contrast, lift = name.split(" by ")
            result = crm.compare_means(*arms, contrast=contrast, lift_method=lift)
            flags.append(inside(result.interval, 0.2 if contrast == "lift" else 1.2))
    for name, flags in lifts.items():
        promise = "=" if "fieller" in name else "about"
        yield Row(f"mean, {name}", "300 and 25, normal, lift 0.2", "coverage", promise, 1 - ALPHA, share(flags), runs)


def ratios(runs: int, rng: Generator) -> Rows:
    """Revenue by session, means adjusted for what was known before, and means within strata."""
    seen: dict[str, list[bool]] = {}
    for _ in range(runs):
        arms = []
        for n, effect in ((1500, 1.1), (400, 1.0)):
            sessions = 1 + rng.poisson(2.0, n)
            revenue = effect * sessions * rng.exponential(3.0, n)
            arms.append(crm.JointArm.from_columns(revenue, denominator=sessions, covariates=[sessions * rng.exponential(1.0, n)]))
        for contrast, truth in (("difference", 0.3), ("lift", 0.1), ("ratio", 1.1)):
            seen.setdefault(f"ratio of means, {contrast}", []).append(inside(crm.compare_ratios(*arms, contrast=contrast).interval, truth))
        adjusted = crm.compare_adjusted(*arms).result
        seen.setdefault("ratio of means, adjusted", []).append(inside(adjusted.interval, 0.3))
    for name, flags in seen.items():
        yield Row(name, "1,500 and 400", "coverage", "=", 1 - ALPHA, share(flags), runs)
    seen = {f"CUPED, theta {theta}": [] for theta in ("within", "total", "least_variance")}
    for _ in range(runs):
        arms = []
        for n, effect in ((600, 0.3), (150, 0.0)):
            before = rng.exponential(1.0, n)
            arms.append(crm.JointArm.from_columns(before + rng.normal(0, 0.5, n) + effect, covariates=[before]))
        for name, flags in seen.items():
            theta: Any = name.split()[-1]
            flags.append(inside(crm.compare_adjusted(*arms, theta=theta).result.interval, 0.3))
    for name, flags in seen.items():
        yield Row(name, "600 and 150, correlation 0.9", "coverage", "=", 1 - ALPHA, share(flags), runs)
    yield from strata(runs, rng)


def strata(runs: int, rng: Generator) -> Rows:
    """Means within strata of other levels, sizes and splits."""
    seen: dict[str, list[bool]] = {"difference": [], "lift": []}
    levels = ((2.0, 300, 60), (8.0, 150, 100), (30.0, 50, 40))
    weights = [m + n for _, m, n in levels]
    mean = sum(level * weight for (level, _, _), weight in zip(levels, weights, strict=True)) / sum(weights)
    for _ in range(runs):
        targets = [crm.MeanArm.from_values(rng.normal(level + 0.5, 2, m)) for level, m, _ in levels]
        controls = [crm.MeanArm.from_values(rng.normal(level, 3, n)) for level, _, n in levels]
        for contrast, flags in seen.items():
            test = crm.compare_stratified(targets, controls, contrast=contrast)
            flags.append(inside(test.interval, 0.5 if contrast == "difference" else 0.5 / mean))
    for contrast, flags in seen.items():
        yield Row(f"stratified means, {contrast}", "three strata, 500 and 200", "coverage", "=", 1 - ALPHA, share(flags), runs)


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


def group_sequential(runs: int, rng: Generator) -> Rows:
    """Boundaries on walks of z, and looks at rates as they come."""
    information = np.array([0.15, 0.3, 0.5, 0.8, 1.0])
    many = 20 * runs
    steps = rng.normal(size=(many, len(information))) * np.sqrt(np.diff(information, prepend=0.0))
    z = np.cumsum(steps, axis=1) / np.sqrt(information)
    yield Row("z at every look, no correction", "5 looks", "level", "about", ALPHA, share((np.abs(z) > 1.959964).any(axis=1)), many)
    for boundary in get_args(crm.experiment.StoppingBoundary):
        test = crm.GroupSequential(information, boundary=boundary)
        yield Row(f"group-sequential, {boundary}", "5 looks", "level", "=", ALPHA, share((np.abs(z) > test.critical_values).any(axis=1)), many)
        test = crm.GroupSequential(information, boundary=boundary, alternative="greater")
        yield Row(f"group-sequential, {boundary}, greater", "5 looks", "level", "=", ALPHA, share((z > test.critical_values).any(axis=1)), many)
    test = crm.GroupSequential(information, alternative="greater", alpha=0.025)
    drift = test.drift_for_power(0.8)
    moved = z + drift * np.sqrt(information)
    yield Row("group-sequential, one-sided", "5 looks, planned power 0.8", "power", "=", 0.8, share((moved > test.critical_values).any(axis=1)), many)
    unplanned = [[0.1], [0.1, 0.25], [0.1, 0.25, 0.7], [0.1, 0.25, 0.7, 1.0]]
    looks = [crm.GroupSequential(fractions) for fractions in unplanned]
    rejected, covered, above = [], [], []
    for _ in range(runs):
        rejects, covers, ended = False, True, False
        for fractions, test in zip(unplanned, looks, strict=True):
            done = fractions[-1]
            before = fractions[-2] if len(fractions) > 1 else 0.0
            if before == 0.0:
                counts = np.zeros(2, dtype=np.int64)
            sizes = (round(16_000 * done), round(4000 * done))
            counts += [rng.binomial(size - round(all_ * before), 0.05) for size, all_ in zip(sizes, (16_000, 4000), strict=True)]
            result = crm.compare_proportions(*(crm.BinaryArm(int(x), n) for x, n in zip(counts, sizes, strict=True)), method="unpooled")
            look = test.look(result.difference, result.standard_error)
            rejects |= look.decision == "reject"
            covers &= inside(look.interval, 0.0)
            if not ended and look.decision != "continue":
                ended = True
                above.append(test.inference(result.difference, result.standard_error).median_unbiased > 0.0)
        rejected.append(rejects)
        covered.append(covers)
    where = "rates of 0.05, 16,000 and 4,000, 4 unplanned looks"
    yield Row("group-sequential, spending", where, "level", "=", ALPHA, share(rejected), runs)
    yield Row("repeated intervals", where, "coverage", "=", 1 - ALPHA, share(covered), runs)
    yield Row("median-unbiased estimate", where, "above the truth", "=", 0.5, share(above), len(above))


def always_valid(runs: int, rng: Generator) -> Rows:
    """Peeking after every batch."""
    few = max(runs // 4, 100)
    for method, tuning in (("msprt", 0.01), ("asymptotic", 20_000)):
        for alternative in ("two_sided", "greater"):
            flags = []
            for _ in range(few):
                test = crm.SequentialTest(method=method, tuning=tuning, alternative=alternative)
                counts = np.cumsum(rng.binomial([[1600], [400]], 0.05, (2, 50)), axis=1)
                for look, (x, y) in enumerate(counts.T, start=1):
                    if test.look_rates(crm.BinaryArm(int(x), 1600 * look), crm.BinaryArm(int(y), 400 * look)).decision == "reject":
                        break
                flags.append(test.rejected_at is not None)
            yield Row(f"always valid, {method}, {alternative}", "rates of 0.05, 50 looks to 100,000", "level", "<=", ALPHA, share(flags), few)
    flags = []
    for _ in range(few):
        test = crm.SequentialTest(method="asymptotic", tuning=5000)
        sums, squares = np.zeros(2), np.zeros(2)
        for look in range(1, 51):
            values = lognormal(rng, (2, 200), 10.0)
            sums += values.sum(axis=1)
            squares += (values**2).sum(axis=1)
            n = 200 * look
            arms = [(n, s / n, (q - s * s / n) / (n - 1)) for s, q in zip(sums, squares, strict=True)]
            if test.look_means(*arms).decision == "reject":
                break
        flags.append(test.rejected_at is not None)
    yield Row("always valid, asymptotic", "log-normal means, 50 looks to 20,000", "level", "<=", ALPHA, share(flags), few)
    yield from bounds(few, rng)
    covered = []
    for _ in range(few):
        counts = np.cumsum(rng.binomial(50, 0.03, 60))
        found = (crm.bernoulli_sequence(int(x), 50 * look, trials_opt=1000) for look, x in enumerate(counts, start=1))
        covered.append(all(inside(interval, 0.03) for interval in found))
    yield Row("confidence sequence of a rate", "0.03, 60 looks to 3,000", "coverage", ">=", 1 - ALPHA, share(covered), few)
    flags = []
    for _ in range(few // 4):
        target, control = rng.lognormal(0, 1, 1000), rng.lognormal(0, 1, 1000)
        ps = (crm.quantile_sequence_p_value(target[:n], control[:n], observations_opt=300)[0] for n in range(50, 1001, 50))
        flags.append(any(p <= ALPHA for p in ps))
    yield Row("sequential test of medians", "1,000 and 1,000, 20 looks", "level", "<=", ALPHA, share(flags), few // 4)


def bounds(runs: int, rng: Generator) -> Rows:
    """Bounds of sums at every one of 2,000 steps, and of an empirical distribution function."""
    steps = 2000
    times = np.arange(1, steps + 1)
    # What each kind of tail allows: normal, exponential and Poisson steps less their means, and coins.
    kinds: dict[str, Callable[[], Any]] = {
        "normal": lambda: np.abs(np.cumsum(rng.normal(size=steps))),
        "normal_one_sided": lambda: np.cumsum(rng.normal(size=steps)),
        "gamma_exponential": lambda: np.cumsum(rng.exponential(size=steps) - 1),
        "gamma_poisson": lambda: np.cumsum(rng.poisson(1.0, steps) - 1.0),
        "beta_binomial": lambda: np.abs(np.cumsum(np.where(rng.random(steps) < 0.2, 0.8, -0.2))),
        "beta_binomial_one_sided": lambda: np.cumsum(np.where(rng.random(steps) < 0.2, 0.8, -0.2)),
    }
    for kind, walk in kinds.items():
        coin = kind.startswith("beta")
        mixture = crm.MixtureBound(kind, v_opt=80 if coin else 300, scale=0.2 if coin else 1.0, other_scale=0.8)
        bound = np.array([mixture.bound(0.16 * t if coin else float(t)) for t in times])
        crossed = [bool((walk() >= bound).any()) for _ in range(runs)]
        yield Row(f"mixture bound, {kind}", "2,000 steps", "level", "<=", ALPHA, share(crossed), runs)
    bound = np.array([crm.stitched_bound(float(t), v_min=10) for t in times])
    crossed = [bool((np.cumsum(rng.normal(size=steps)) >= bound).any()) for _ in range(runs)]
    yield Row("stitched bound", "2,000 steps", "level", "<=", ALPHA, share(crossed), runs)
    sizes = range(100, steps + 1, 20)
    left = []
    for _ in range(runs):
        values = rng.random(steps)
        radius = (np.max(np.abs(np.arange(1, t + 1) / t - np.sort(values[:t]))) - crm.empirical_process_bound(t, t_min=100) for t in sizes)
        left.append(any(beyond > 0 for beyond in radius))
    yield Row("band of the distribution function", "100 to 2,000 values, 96 looks", "level", "<=", ALPHA, share(left), runs)


def bayes(runs: int, rng: Generator) -> Rows:
    """Rates drawn from the prior: credible intervals must hold them exactly as often as they say."""
    few = max(runs // 10, 100)
    covered: dict[str, list[bool]] = {"difference": [], "lift": []}
    better, said = [], []
    for _ in range(few):
        truth = rng.beta(3.0, 60.0, 2)
        arms = [crm.BetaPosterior(int(rng.binomial(n, p)), n, prior=(3.0, 60.0)) for n, p in zip((900, 200), truth, strict=True)]
        for contrast, flags in covered.items():
            value = truth[0] - truth[1] if contrast == "difference" else truth[0] / truth[1] - 1
            result = crm.compare_rates_bayes(*arms, contrast=contrast)
            flags.append(inside(result.interval, value))
        if result.p_target_better > 0.8:
            better.append(truth[0] > truth[1])
            said.append(result.p_target_better)
    for contrast, flags in covered.items():
        yield Row(f"credible interval, {contrast}", "900 and 200, rates from the prior", "coverage", "=", 1 - ALPHA, share(flags), few)
    covered = {"equal_tailed": [], "highest_density": []}
    means: dict[str, list[bool]] = {"effect, normal": []}
    for _ in range(few):
        truth = rng.beta(3.0, 60.0)
        posterior = crm.BetaPosterior(int(rng.binomial(300, truth)), 300, prior=(3.0, 60.0))
        for kind, flags in covered.items():
            credible: Any = kind
            flags.append(inside(posterior.interval(kind=credible), truth))
        effect = rng.normal(0.0, 0.5)
        estimate = rng.normal(effect, 0.4)
        decided = crm.EffectPosterior(estimate, 0.4, prior=(0.0, 0.5)).decide()
        means["effect, normal"].append(inside(decided.interval, effect))
    for kind, flags in covered.items():
        yield Row(f"credible interval of a rate, {kind}", "300, rates from the prior", "coverage", "=", 1 - ALPHA, share(flags), few)
    for name, flags in means.items():
        yield Row(f"credible interval, {name}", "effects from the prior", "coverage", "=", 1 - ALPHA, share(flags), few)
    yield Row("P(target better), where above 0.8", "900 and 200, rates from the prior", "target better", "=", share(said), share(better), len(better))


def plans(runs: int, rng: Generator) -> Rows:
    """Power of the sizes that plans give."""
    for rates_, control_per_target in (((0.055, 0.05), 1.0), ((0.03, 0.02), 0.25)):
        size = crm.ProportionPlan(rates_[1], control_per_target=control_per_target).sample_size(rates_[0], 0.8)
        sizes = (size.target_count, size.control_count)
        reject = lambda t, c: crm.compare_proportions(t, c).rejects  # noqa: E731
        seen = of_counts(runs, rng, sizes, rates_, reject)
        yield Row("plan of rates, score", f"{sizes[0]:,} at {rates_[0]:g} and {sizes[1]:,} at {rates_[1]:g}", "power", "=", size.power, seen, runs)
    size = crm.MeanPlan(3.0, 2.0, control_per_target=0.5).sample_size(1.0, 0.8)
    m, n = size.target_count, size.control_count
    flags = [crm.compare_means(rng.normal(1, 3, m), rng.normal(0, 2, n)).rejects for _ in range(runs)]
    yield Row("plan of means, Welch", f"{m:,} and {n:,}", "power", "=", size.power, share(flags), runs)


PARTS: dict[str, tuple[Callable[[int, Generator], Rows], int]] = {
    "rates": (rates, 100_000),
    "one_rate": (one_rate, 100_000),
    "means": (means, 10_000),
    "ratios": (ratios, 10_000),
    "ranks": (ranks, 10_000),
    "group_sequential": (group_sequential, 10_000),
    "always_valid": (always_valid, 8000),
    "bayes": (bayes, 40_000),
    "plans": (plans, 20_000),
    "several": (several, 10_000),
    "splits": (splits, 20_000),
    "stratified": (stratified, 20_000),
}


HEAD = (
    "# Calibration\n\nWritten by `benchmarks/calibration.py`: do not edit. Every row simulates a test on data for which the truth is known, at a level of "
    "0.05. \"=\" promises exactly this, \"<=\" at most and \">=\" at least; \"about\" is shown for what it is worth in samples that are small or skewed. "
    "Kept means within four standard errors of the simulation.\n"
)

if __name__ == "__main__":
    write_page(__doc__, HEAD, OUT, PARTS, seed=20)
