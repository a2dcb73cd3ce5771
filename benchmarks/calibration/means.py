"""Calibration of the tests of means and of ratios of means."""

from typing import Any, get_args

import crm
import numpy as np
from row import ALPHA, Generator, Row, Rows, inside, lognormal, share


def means(runs: int, rng: Generator) -> Rows:
    """Means of skewed and of normal values: levels, lifts, one side, and with extremes moved to bounds."""
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

    yield from mostly_zero(runs, rng)
    yield from one_sided(runs, rng)
    yield from lifts(runs, rng)


def mostly_zero(runs: int, rng: Generator) -> Rows:
    """Revenue of customers of whom few buy, beside a small control: without an effect, and where one arm has more buyers."""
    designs = (
        ((180, 20), (0.01, 0.01)),
        ((9000, 1000), (0.01, 0.01)),
        ((90_000, 10_000), (0.01, 0.01)),
        ((9000, 1000), (0.02, 0.01)),
        ((9000, 1000), (0.01, 0.02)),
        ((9000, 1000), (0.05, 0.03)),
    )
    for sizes, rates in designs:
        difference, ratio = (rates[0] - rates[1]) * float(np.exp(0.5)), rates[0] / rates[1]
        few = sizes[1] * rates[1] < 15
        rejected: dict[tuple[str, str, str], list[bool]] = {}
        for _ in range(runs):
            arms = []
            for n, rate in zip(sizes, rates, strict=True):
                spent = rng.lognormal(0.0, 1.0, rng.binomial(n, rate))
                arms.append(crm.MeanArm.from_values(spent).merge(crm.MeanArm.from_conversions(0, n - len(spent))))
            for method in get_args(crm.experiment.means.MeanMethod):
                found = crm.compare_means(*arms, method=method, null=difference)
                # With ten buyers in the control the errors of the score test are all on one side, and together near the level.
                promise = "about" if method not in ("score", "skewness_corrected") or (few and method == "score") else "<=" if few else "="
                rejected.setdefault((f"mean, {method}", "level at the true difference", promise), []).append(found.rejects)
                if "s" in method[0] and method != "student":
                    for alternative in ("greater", "less"):
                        side: Any = alternative
                        found = crm.compare_means(*arms, method=method, null=difference, alternative=side)
                        promise = "about" if few or method == "score" else "="
                        rejected.setdefault((f"mean, {method}, {alternative}", "level at the true difference", promise), []).append(found.rejects)
                    found = crm.compare_means(*arms, method=method, null=ratio, contrast="ratio")
                    promise = "about" if method == "score" else "<=" if few else "="
                    rejected.setdefault((f"mean, ratio, {method}", "level at the true ratio", promise), []).append(found.rejects)
        where = f"{sizes[0]:,} at {rates[0]:g} and {sizes[1]:,} at {rates[1]:g}, log-normal"
        for (name, what, promise), flags in rejected.items():
            yield Row(name, where, what, promise, ALPHA, share(flags), runs)


def one_sided(runs: int, rng: Generator) -> Rows:
    """Skewed values from one side, where errors do not cancel, and after their extremes were moved to bounds."""
    flags: dict[str, list[bool]] = {}
    for _ in range(runs):
        target, control = lognormal(rng, (5000,), 10.0), lognormal(rng, (500,), 10.0)
        winsor = crm.Winsor.fit([target, control], upper_share=0.01)
        arms, clipped = (crm.MeanArm.from_values(target), crm.MeanArm.from_values(control)), (winsor.mean_arm(target), winsor.mean_arm(control))
        for alternative in get_args(crm.experiment.options.Alternative):
            flags.setdefault(f"mean, winsorised, {alternative}", []).append(crm.compare_means(*clipped, alternative=alternative).rejects)
            if alternative != "two_sided":
                flags.setdefault(f"mean, welch, {alternative}", []).append(crm.compare_means(*arms, alternative=alternative).rejects)
    for name, seen in flags.items():
        yield Row(name, "5,000 and 500, log-normal", "level", "=" if "two_sided" in name else "about", ALPHA, share(seen), runs)


def lifts(runs: int, rng: Generator) -> Rows:
    """A lift of 20 % where Fieller, delta and log differ: the control's mean is five standard errors from 0."""
    seen: dict[str, list[bool]] = {f"{contrast} by {lift}": [] for contrast in ("lift", "ratio") for lift in get_args(crm.experiment.means.LiftMethod)}
    for _ in range(runs):
        arms = (crm.MeanArm.from_values(rng.normal(12, 10, 300)), crm.MeanArm.from_values(rng.normal(10, 10, 25)))
        for name, flags in seen.items():
            contrast, lift = name.split(" by ")
            result = crm.compare_means(*arms, contrast=contrast, lift_method=lift)
            flags.append(inside(result.interval, 0.2 if contrast == "lift" else 1.2))
    for name, flags in seen.items():
        promise = "=" if "fieller" in name else "about"
        yield Row(f"mean, {name}", "300 and 25, normal, lift 0.2", "coverage", promise, 1 - ALPHA, share(flags), runs)


def ratios(runs: int, rng: Generator) -> Rows:
    """Revenue by session, means adjusted for what was known before (CUPED) by each way to its coefficients, and means within strata."""
    seen: dict[tuple[str, str], list[bool]] = {}
    by_session, by_customer = (0.3, 0.1, 1.1), (0.3, 0.3, 1.3)
    for _ in range(runs):
        sessions, means = [], []
        for n, factor in ((1500, 1.1), (400, 1.0)):
            count = 1 + rng.poisson(2.0, n)
            revenue = count * rng.exponential(3.0, n)
            before = [0.5 * revenue + rng.normal(0, 3, n), count * rng.exponential(1.0, n)]
            sessions.append(crm.JointArm.from_columns(factor * revenue, denominator=count, covariates=before))
        for n, effect in ((600, 0.3), (150, 0.0)):
            earlier = rng.exponential(1.0, n)
            means.append(crm.JointArm.from_columns(earlier + rng.normal(0, 0.5, n) + effect, covariates=[earlier]))
        for contrast, of_session, of_customer in zip(("difference", "lift", "ratio"), by_session, by_customer, strict=True):
            scale: Any = contrast
            found = crm.compare_ratios(*sessions, contrast=scale)
            seen.setdefault((f"ratio of means, {contrast}", "1,500 and 400"), []).append(inside(found.interval, of_session))
            for theta in get_args(crm.experiment.means.ThetaMethod):
                for name, arms, truth in (("ratio of means", sessions, of_session), ("mean", means, of_customer)):
                    where = "1,500 and 400, two covariates" if arms is sessions else "600 and 150, correlation 0.9"
                    found = crm.compare_adjusted(*arms, theta=theta, contrast=scale).result
                    seen.setdefault((f"{name}, {contrast}, adjusted by theta {theta}", where), []).append(inside(found.interval, truth))
    for (name, where), flags in seen.items():
        yield Row(name, where, "coverage", "=", 1 - ALPHA, share(flags), runs)
    yield from strata(runs, rng)


def strata(runs: int, rng: Generator) -> Rows:
    """Means within strata of other levels, sizes and splits."""
    levels = ((2.0, 300, 60), (8.0, 150, 100), (30.0, 50, 40))
    mean = float(np.average([level for level, _, _ in levels], weights=[m + n for _, m, n in levels]))
    truths = {"difference": 0.5, "lift": 0.5 / mean, "ratio": 1 + 0.5 / mean}
    seen: dict[str, list[bool]] = {contrast: [] for contrast in truths}
    for _ in range(runs):
        targets = [crm.MeanArm.from_values(rng.normal(level + 0.5, 2, m)) for level, m, _ in levels]
        controls = [crm.MeanArm.from_values(rng.normal(level, 3, n)) for level, _, n in levels]
        for contrast, flags in seen.items():
            scale: Any = contrast
            flags.append(inside(crm.compare_stratified(targets, controls, contrast=scale).interval, truths[contrast]))
    for contrast, flags in seen.items():
        yield Row(f"stratified means, {contrast}", "three strata, 500 and 200", "coverage", "=", 1 - ALPHA, share(flags), runs)
