"""Has each test the power that its plan says? A plan gives sizes, and the power with them; the test is put to data of these sizes."""

import math
import statistics
from collections.abc import Callable

import crm
import numpy as np
from row import Generator, Row, Rows, of_counts, share


def planned(test: str, size: crm.SampleSize, design: str, seen: float, runs: int, promise: str = "=") -> Row:
    # In arms of 30 to 130 the plan of this test is hopeful by up to two and a half points, as docs/experiments.md says.
    if test == "brunner_munzel" and min(size.target_count, size.control_count) < 130:
        promise = "about"
    return Row(test, f"{size.target_count:,} and {size.control_count:,}, {design}", "power", promise, size.power, seen, runs)


def ranks(runs: int, rng: Generator) -> Rows:
    """The probability of superiority: normal values, log-normal revenue, categories, and a pilot of which most rows are 0."""
    tests: dict[str, Callable[..., bool]] = {
        "mann_whitney": lambda x, y: crm.mann_whitney(x, y, method="normal").test.rejects,
        "brunner_munzel": lambda x, y: crm.brunner_munzel(x, y).rejects,
    }
    for method, rejects in tests.items():
        for deviations, ratio in (((1.0, 1.0), 1.0), ((1.0, 1.0), 0.25), ((3.0, 1.0), 0.5)):
            shift = 0.4 * math.hypot(*deviations)
            plan = crm.RankPlan(*deviations, method=method, control_per_target=ratio, tails="both")
            size = plan.sample_size(crm.normal_superiority(shift, *deviations), 0.8)
            # Ranks do not see the transformation: this is revenue.
            target = np.exp(rng.normal(shift, deviations[0], (runs, size.target_count)))
            control = np.exp(rng.normal(0, deviations[1], (runs, size.control_count)))
            seen = share([rejects(x, y) for x, y in zip(target, control, strict=True)])
            yield planned(method, size, f"log-normal, deviations {deviations[0]:g} and {deviations[1]:g}", seen, runs)
        likert = ([0.01, 0.03, 0.15, 0.35, 0.30, 0.10, 0.06], [0.01, 0.04, 0.20, 0.50, 0.20, 0.04, 0.01])
        plan = crm.RankPlan.from_categories(*likert, method=method, tails="both")
        size = plan.sample_size(plan.superiority, 0.9)
        target, control = (rng.choice(7, (runs, n), p=p).astype(float) for n, p in zip((size.target_count, size.control_count), likert, strict=True))
        yield planned(method, size, "seven categories", share([rejects(x, y) for x, y in zip(target, control, strict=True)]), runs)
        # Three of four customers buy nothing; the target's share that buys is larger.
        before = np.where(rng.random(400) < 0.25, rng.lognormal(3, 1, 400), 0.0)
        hoped = np.where((before == 0) & (rng.random(400) < 0.12), rng.lognormal(3, 1, 400), before)
        plan = crm.RankPlan.from_samples(hoped, before, method=method, tails="both")
        size = plan.sample_size(plan.superiority, 0.8)
        flags = [rejects(rng.choice(hoped, size.target_count), rng.choice(before, size.control_count)) for _ in range(runs)]
        yield planned(method, size, "rows of a pilot with 75 % zeros", share(flags), runs)


def exact(runs: int, rng: Generator) -> Rows:
    """Exact tests of two rates and tests of one rate: plans are sums over all tables, so that only chance is left."""
    many = 10 * runs
    designs = [("fisher", (0.25, 0.1), 1.0), ("fisher_central", (0.02, 0.1), 0.3), ("fisher_mid_p", (0.5, 0.3), 0.5)]
    designs += [("boschloo", (0.7, 0.3), 1.0), ("barnard", (0.1, 0.5), 1.5)]
    for method, rates, ratio in designs:
        contrast = "difference" if method == "barnard" else "odds_ratio"
        plan = crm.ExactProportionPlan(rates[1], method=method, control_per_target=ratio, tails="both")
        size = plan.sample_size(rates[0], 0.8)
        reject = lambda t, c, m=method, k=contrast: crm.compare_proportions(t, c, method=m, contrast=k).rejects  # noqa: E731
        few = many if method.startswith("fisher") else runs // 10
        seen = of_counts(few, rng, (size.target_count, size.control_count), rates, reject)
        yield planned(method, size, f"rates {rates[0]:g} and {rates[1]:g}", seen, few)
    for method in ("wilson", "clopper_pearson", "mid_p", "jeffreys"):
        one = crm.RatePlan(0.05, method=method, tails="both").sample_size(0.08, 0.8)
        counts, times = np.unique(rng.binomial(one.count, 0.08, many), return_counts=True)
        flags = [crm.test_rate(crm.BinaryArm(int(x), one.count), 0.05, method=method).rejects for x in counts]
        yield Row(f"one rate, {method}", f"{one.count:,} at 0.08 against 0.05", "power", "=", one.power, float(np.dot(flags, times) / many), many)


def means(runs: int, rng: Generator) -> Rows:
    """Means adjusted by a covariate or by strata, ratios of means, and several targets."""
    size = crm.MeanPlan(crm.covariate_deviation(10.0, 0.7), control_per_target=0.5, tails="both").sample_size(1.5, 0.8)
    flags = []
    for _ in range(runs):
        arms = []
        for n, effect in ((size.target_count, 1.5), (size.control_count, 0.0)):
            before = rng.normal(0, 1, n)
            arms.append(crm.JointArm.from_columns(effect + 7 * before + rng.normal(0, 10 * math.sqrt(0.51), n), covariates=[before]))
        flags.append(crm.compare_adjusted(*arms).result.rejects)
    yield planned("CUPED", size, "correlation 0.7", share(flags), runs)
    shares, deviations, levels = np.array([0.6, 0.3, 0.1]), np.array([2.0, 5.0, 12.0]), np.array([0.0, 10.0, 40.0])
    size = crm.MeanPlan(crm.stratified_deviation(shares, deviations), tails="both").sample_size(0.8, 0.8)
    flags = []
    for _ in range(runs):
        arms = []
        for n, effect in ((size.target_count, 0.8), (size.control_count, 0.0)):
            stratum = rng.choice(3, n, p=shares)
            values = effect + levels[stratum] + deviations[stratum] * rng.normal(size=n)
            arms.append([crm.MeanArm.from_values(values[stratum == k]) for k in range(3)])
        flags.append(crm.compare_stratified(*arms).rejects)
    yield planned("strata, formed afterwards", size, "levels 0, 10 and 40", share(flags), runs)
    # 1 + Poisson(2) sessions that bring 3 each, and chance of a deviation of 4.5 in all.
    spread = math.sqrt(9 * 2 + 4.5**2)
    deviation = crm.ratio_deviation((9.0, spread), (3.0, math.sqrt(2.0)), 3 * math.sqrt(2.0) / spread)
    size = crm.MeanPlan(deviation, tails="both").sample_size(0.15, 0.8)
    flags = []
    for _ in range(runs):
        arms = []
        for n, effect in ((size.target_count, 0.15), (size.control_count, 0.0)):
            sessions = 1 + rng.poisson(2.0, n)
            arms.append(crm.JointArm.from_columns(sessions * (3.0 + effect) + rng.normal(0, 4.5, n), denominator=sessions))
        flags.append(crm.compare_ratios(*arms).rejects)
    yield planned("ratio of means", size, "revenue by session", share(flags), runs)
    size = crm.MeanPlan(1.0, targets=3, sharing="dunnett", control_per_target=2.0, tails="both").sample_size(0.4, 0.8)
    flags = []
    for _ in range(runs):
        control = rng.normal(0, 1, size.control_count)
        targets = [rng.normal(0.4 if k == 0 else 0.0, 1, size.target_count) for k in range(3)]
        moments = [(len(values), float(np.mean(values)), float(np.var(values, ddof=1))) for values in (*targets, control)]
        flags.append(crm.dunnett_test(moments[:3], moments[3]).results[0].rejects)
    yield planned("Dunnett, one of three targets", size, "deviation 1", share(flags), runs)


def quantiles(runs: int, rng: Generator) -> Rows:
    """Quantiles: the density known, or a pilot of 20,000 rows."""
    normal = statistics.NormalDist()
    for probability, pilot in ((0.5, False), (0.5, True), (0.9, False)):
        at = normal.inv_cdf(probability)
        deviation = crm.quantile_deviation(probability, normal.pdf(at))
        if pilot:
            deviation = crm.pilot_quantile_deviation(crm.QuantileArm(rng.normal(size=20_000)), probability)
        size = crm.MeanPlan(deviation, method="z", tails="both").sample_size(0.1, 0.8)
        flags = []
        for _ in range(runs):
            arms = [crm.QuantileArm(rng.normal(mean, 1, n)) for mean, n in ((0.1, size.target_count), (0.0, size.control_count))]
            flags.append(crm.compare_quantiles(*arms, probability).rejects)
        known = "a pilot" if pilot else "the density"
        # The width of an interval of 20,000 rows is itself known to 6 % only.
        yield planned(f"quantile {probability:g}", size, f"normal, from {known}", share(flags), runs, "about" if pilot else "=")


def resamples(runs: int, rng: Generator) -> Rows:
    """Permutation tests and the bootstrap have the power of the statistic that they resample."""
    few = max(runs // 4, 100)
    size = crm.MeanPlan(10.0, tails="both").sample_size(2.0, 0.8)
    sizes = (size.target_count, size.control_count)
    names = ("difference_of_means", "studentised_difference")
    rejected: dict[str, list[bool]] = {name: [] for name in (*names, "bca", "studentised")}
    for seed in range(few):
        # Skewed: exponential of mean and deviation 10.
        target, control = rng.exponential(10.0, sizes[0]) + 2.0, rng.exponential(10.0, sizes[1])
        for name in names:
            rejected[name].append(crm.permutation_test(target, control, statistic=name, resamples=1999, exact_up_to=1, seed=seed).test.rejects)
        for name in ("bca", "studentised"):
            rejected[name].append(crm.bootstrap(target, control, interval=name, resamples=1999, seed=seed).test.rejects)
    for name, flags in rejected.items():
        kind = "permutation" if name in names else "bootstrap of means"
        yield planned(f"{kind}, {name}", size, "exponential", share(flags), few)
    normal = statistics.NormalDist()
    size = crm.MeanPlan(crm.quantile_deviation(0.5, normal.pdf(0.0)), method="z", tails="both").sample_size(0.2, 0.8)
    flags = []
    for seed in range(few):
        target, control = rng.normal(0.2, 1, size.target_count), rng.normal(0, 1, size.control_count)
        flags.append(crm.bootstrap(target, control, statistic="quantile", interval="percentile", resamples=1999, seed=seed).test.rejects)
    yield planned("bootstrap of medians", size, "normal", share(flags), few)
    ranks_ = crm.RankPlan(tails="both")
    size = ranks_.sample_size(crm.normal_superiority(0.4), 0.8)
    flags = []
    for _ in range(few):
        found = crm.mann_whitney(rng.normal(0.4, 1, size.target_count), rng.normal(0, 1, size.control_count))
        flags.append(found.test.rejects)
    yield planned("mann_whitney, auto (corrected)", size, "normal", share(flags), few, "about")


def rates(runs: int, rng: Generator) -> Rows:
    """The score test of two rates and Welch's test, the plans of most campaigns."""
    for rates_, control_per_target in (((0.055, 0.05), 1.0), ((0.03, 0.02), 0.25)):
        size = crm.ProportionPlan(rates_[1], control_per_target=control_per_target).sample_size(rates_[0], 0.8)
        seen = of_counts(runs, rng, (size.target_count, size.control_count), rates_, lambda t, c: crm.compare_proportions(t, c).rejects)
        yield planned("score", size, f"rates of {rates_[0]:g} and {rates_[1]:g}", seen, runs)
    size = crm.MeanPlan(3.0, 2.0, control_per_target=0.5).sample_size(1.0, 0.8)
    flags = [crm.compare_means(rng.normal(1, 3, size.target_count), rng.normal(0, 2, size.control_count)).rejects for _ in range(runs)]
    yield planned("welch", size, "means 1 apart, deviations 3 and 2", share(flags), runs)
