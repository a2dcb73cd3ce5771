"""Calibration of tests that look at data as they come."""

from collections.abc import Callable
from typing import Any, get_args

import crm
import numpy as np
from row import ALPHA, Generator, Row, Rows, inside, lognormal, share


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
    rejected, covered, above, stagewise, adjusted = [], [], [], [], []
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
                inference = test.inference(result.difference, result.standard_error)
                above.append(inference.median_unbiased > 0.0)
                stagewise.append(inside(inference.interval, 0.0))
                adjusted.append(inference.p_value <= 0.5)
        rejected.append(rejects)
        covered.append(covers)
    where = "rates of 0.05, 16,000 and 4,000, 4 unplanned looks"
    yield Row("group-sequential, spending", where, "level", "=", ALPHA, share(rejected), runs)
    yield Row("repeated intervals", where, "coverage", "=", 1 - ALPHA, share(covered), runs)
    yield Row("stage-wise intervals", where, "coverage", "=", 1 - ALPHA, share(stagewise), len(stagewise))
    yield Row("stage-wise p-value", where, "at most 0.5", "=", 0.5, share(adjusted), len(adjusted))
    yield Row("median-unbiased estimate", where, "above the truth", "=", 0.5, share(above), len(above))
    yield from futility(many, rng)


def futility(runs: int, rng: Generator) -> Rows:
    """Boundaries at which to give up: the level holds whether they are heeded or not, and with them the power is the one planned."""
    information = np.array([0.2, 0.5, 0.75, 1.0])
    steps = rng.normal(size=(runs, len(information))) * np.sqrt(np.diff(information, prepend=0.0))
    z = np.cumsum(steps, axis=1) / np.sqrt(information)

    def first(crossed: Any) -> Any:
        return np.where(crossed.any(axis=1), crossed.argmax(axis=1), len(information))

    for boundary in [name for name in get_args(crm.experiment.StoppingBoundary) if name.startswith("spend_")]:
        give_up = crm.Futility(0.2, boundary)
        test = crm.GroupSequential(information, alternative="greater", futility=give_up)
        moved = z + test.futility_drift * np.sqrt(information)
        name, design = f"futility, {boundary}", "4 looks, beta 0.2"
        rejects, gives_up = first(z > test.critical_values), first(z < test.futility_values)
        yield Row(name, design, "level, ignored", "=", ALPHA, share(rejects < len(information)), runs)
        yield Row(name, design, "level, heeded", "<=", ALPHA, share(rejects < gives_up), runs)
        early, planned = gives_up < np.minimum(rejects, len(information) - 1), test.power(0.0).stop_below[:-1].sum()
        yield Row(name, design, "giving up early without an effect", "=", float(planned), share(early), runs)
        heeded = first(moved > test.critical_values) < first(moved < test.futility_values)
        yield Row(name, design, "power, heeded", "=", 0.8, share(heeded), runs)


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
