"""Does each test keep its level, each interval its confidence, each plan its power? Simulated, and written to docs/calibration.md.

    python benchmarks/calibration.py                      # all parts, some ten minutes on one core
    python benchmarks/calibration.py --share 0.1          # a tenth of the runs
    python benchmarks/calibration.py --only rates,means   # some parts, to the terminal

Every row gives what was seen, its Monte Carlo standard error and what is promised: a level or confidence exactly (=), at most (<=) or at least (>=);
"about" marks promises that hold in large samples only and are shown where samples are small or skewed. A row is "off" if it breaks its promise by more than
four standard errors. Seeds are fixed.
"""

import argparse
import math
import pathlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, get_args

import crm
import numpy as np

OUT = pathlib.Path(__file__).resolve().parent.parent / "docs" / "calibration.md"
ALPHA = 0.05
Generator = np.random.Generator


class Row(NamedTuple):
    """One promise, and what became of it."""

    test: str
    design: str
    what: str
    promise: str
    nominal: float
    seen: float
    runs: int

    @property
    def error(self) -> float:
        # Of the promise where the share is 0 or 1.
        p = min(max(self.seen, 0.5 / self.runs), 1 - 0.5 / self.runs)
        return math.sqrt(p * (1 - p) / self.runs)

    @property
    def verdict(self) -> str:
        over, under = self.seen - self.nominal > 4 * self.error, self.nominal - self.seen > 4 * self.error
        broken = {"=": over or under, "<=": over, ">=": under, "about": False}[self.promise]
        return "off" if broken else "kept" if self.promise != "about" else ""


Rows = Iterator[Row]


def share(flags: Any) -> float:
    return float(np.mean(flags))


def inside(interval: Any, value: float) -> bool:
    if interval.kind == "exclusive":
        return bool(value <= interval.lower or value >= interval.upper)
    return bool(interval.kind == "unbounded" or interval.lower <= value <= interval.upper)


def of_counts(runs: int, rng: Generator, sizes: tuple[int, int], rates: tuple[float, float], judge: Callable[[Any, Any], bool]) -> float:
    """The share of runs in which `judge` holds; each pair of counts is judged once."""
    counts = np.stack([rng.binomial(n, p, runs) for n, p in zip(sizes, rates, strict=True)])
    pairs, times = np.unique(counts, axis=1, return_counts=True)
    held = [judge(crm.BinaryArm(int(x), sizes[0]), crm.BinaryArm(int(y), sizes[1])) for x, y in pairs.T]
    return float(np.dot(held, times) / runs)


def rates(runs: int, rng: Generator) -> Rows:
    """Two rates: level under the null and coverage under effects, at the imbalances and low rates of CRM."""
    from crm.experiment.proportion import ProportionMethod

    exact = {"fisher", "fisher_central", "barnard", "boschloo"}
    slow = {"barnard", "boschloo"}
    for method in get_args(ProportionMethod):
        for sizes, rate in (((10_000, 1000), 0.02), ((2000, 500), 0.006), ((1900, 100), 0.05), ((500, 500), 0.3), ((40, 15), 0.2)):
            if method in slow and sizes[0] > 100:
                continue
            # The correction keeps below the level; Wald's statistic promises nothing where arms are unequal.
            most = method in exact or method == "continuity_corrected"
            unsure = min(sizes) * rate < 20 or (method == "unpooled" and sizes[0] != sizes[1])
            promise = "<=" if most else "about" if unsure else "="
            reject = lambda t, c, method=method: crm.compare_proportions(t, c, method=method).rejects  # noqa: E731
            try:
                seen = of_counts(runs, rng, sizes, (rate, rate), reject)
            except crm.error.InvalidArgumentError as refusal:
                if refusal.argument != "contrast":
                    raise
                break
            yield Row(method, f"{sizes[0]:,} and {sizes[1]:,} at {rate:g}", "level", promise, ALPHA, seen, runs)
    contrasts = (("difference", 0.02 - 0.10), ("ratio", 0.2), ("lift", -0.8))
    for contrast, truth in contrasts:
        for method in ("score", "newcombe", "agresti_caffo", "unpooled", "logarithm"):
            holds = lambda t, c, m=method, k=contrast, v=truth: inside(crm.compare_proportions(t, c, method=m, contrast=k).interval, v)  # noqa: E731
            try:
                seen = of_counts(runs, rng, (1900, 100), (0.02, 0.10), holds)
            except crm.error.InvalidArgumentError as refusal:
                if refusal.argument != "contrast":
                    raise
                continue
            yield Row(f"{method}, {contrast}", "1,900 at 0.02 and 100 at 0.10", "coverage", "about", 1 - ALPHA, seen, runs)


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


def ratios(runs: int, rng: Generator) -> Rows:
    """Revenue by session, and means adjusted for what was known before."""
    flags = []
    for _ in range(runs):
        arms = []
        for n in (1500, 400):
            sessions = 1 + rng.poisson(2.0, n)
            revenue = sessions * rng.exponential(3.0, n)
            arms.append(crm.JointArm.from_columns(revenue, denominator=sessions))
        flags.append(crm.compare_ratios(*arms).rejects)
    yield Row("ratio of means, delta", "1,500 and 400", "level", "=", ALPHA, share(flags), runs)
    flags, covered = [], []
    for _ in range(runs):
        arms = []
        for n, effect in ((600, 0.3), (150, 0.0)):
            before = rng.exponential(1.0, n)
            arms.append(crm.JointArm.from_columns(before + rng.normal(0, 0.5, n) + effect, covariates=[before]))
        result = crm.compare_adjusted(*arms).result
        covered.append(inside(result.interval, 0.3))
        flags.append(not inside(result.interval, 0.3))
    yield Row("CUPED", "600 and 150, correlation 0.9", "coverage", "=", 1 - ALPHA, share(covered), runs)


def ranks(runs: int, rng: Generator) -> Rows:
    """Ranks, permutations and the bootstrap on raw values."""
    flags: dict[str, list[bool]] = {"Mann-Whitney": [], "Brunner-Munzel": []}
    for _ in range(runs):
        target, control = rng.exponential(1.0, 80), rng.exponential(1.0, 40)
        flags["Mann-Whitney"].append(crm.mann_whitney(target, control).test.rejects)
        flags["Brunner-Munzel"].append(crm.brunner_munzel(target, control).rejects)
    for name, seen in flags.items():
        yield Row(name, "80 and 40, exponential", "level", "=", ALPHA, share(seen), runs)
    small = max(runs // 5, 100)
    rejected = []
    for seed in range(small):
        target, control = rng.lognormal(0, 1, 25), rng.lognormal(0, 1, 15)
        rejected.append(crm.permutation_test(target, control, resamples=999, exact_up_to=1000, seed=seed).test.rejects)
    yield Row("permutation of means", "25 and 15, log-normal", "level", "=", ALPHA, share(rejected), small)
    for interval in ("bca", "studentised"):
        covered = []
        for seed in range(small):
            target, control = rng.exponential(1.0, 200), rng.exponential(1.0, 100)
            test = crm.bootstrap(target, control, interval=interval, resamples=1000, seed=seed).test
            covered.append(inside(test.interval, 0.0))
        yield Row(f"bootstrap of means, {interval}", "200 and 100, exponential", "coverage", "about", 1 - ALPHA, share(covered), small)


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
    "means": (means, 10_000),
    "ratios": (ratios, 10_000),
    "ranks": (ranks, 10_000),
    "group_sequential": (group_sequential, 10_000),
    "always_valid": (always_valid, 8000),
    "bayes": (bayes, 40_000),
    "plans": (plans, 20_000),
}


def table(rows: list[Row]) -> str:
    lines = ["| test | design | what | promised | seen | standard error | runs | |", "| --- | --- | --- | ---: | ---: | ---: | ---: | --- |"]
    for row in rows:
        promised = f"{row.promise} {row.nominal:.3f}" if row.promise != "about" else f"about {row.nominal:.3f}"
        lines.append(
            f"| {row.test} | {row.design} | {row.what} | {promised} | {row.seen:.4f} | {row.error:.4f} | {row.runs:,} | {row.verdict} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the runs")
    parser.add_argument("--only", default="", help="parts, separated by commas; prints to the terminal")
    options = parser.parse_args()
    chosen = options.only.split(",") if options.only else list(PARTS)
    pages, off = [], 0
    for place, name in enumerate(chosen):
        part, runs = PARTS[name]
        start = time.perf_counter()
        rows = list(part(max(int(runs * options.share), 100), np.random.default_rng([20, place])))
        off += sum(row.verdict == "off" for row in rows)
        title = name.replace("_", "-").capitalize()
        pages.append(f"## {title}\n\n{(part.__doc__ or '').strip()}\n\n{table(rows)}\n")
        print(f"{name}: {len(rows)} rows, {time.perf_counter() - start:.0f} s", file=sys.stderr)
    head = (
        "# Calibration\n\nWritten by `benchmarks/calibration.py`: do not edit. Every row simulates a test on data for which the truth is known, at a level of "
        "0.05. \"=\" promises exactly this, \"<=\" at most and \">=\" at least; \"about\" is shown for what it is worth in samples that are small or skewed. "
        "Kept means within four standard errors of the simulation.\n"
    )
    text = head + "\n" + "\n".join(pages)
    if options.only:
        print(text)
    else:
        OUT.write_text(text, encoding="utf-8")
    print(f"{off} rows off", file=sys.stderr)
    sys.exit(1 if off else 0)


if __name__ == "__main__":
    main()
