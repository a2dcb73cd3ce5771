"""Tests on resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.experiment.options import Alternative, Contrast, native_options
from crm.experiment.result import TestResult

__all__ = ["BootstrapInterval", "BootstrapStatistic", "PermutationStatistic", "Resampled", "Resampling", "bootstrap", "permutation_test"]

BootstrapStatistic: TypeAlias = Literal["mean", "ratio_of_sums", "quantile"]
"""What is estimated of each arm."""

BootstrapInterval: TypeAlias = Literal["bca", "percentile", "basic", "studentised"]
"""How an interval is read off the resamples; a studentised one is not for quantiles."""

Resampling: TypeAlias = Literal["multinomial", "poisson"]
"""As many rows as there are, each draw any of them; or each row as often as a Poisson number of mean 1 says."""

PermutationStatistic: TypeAlias = Literal["difference_of_means", "studentised_difference", "difference_of_quantiles", "ratio_of_means"]
"""By what the arms are told apart."""


@dataclass(frozen=True)
class Resampled:
    """What a test on resamples says."""

    test: TestResult
    """The test."""
    resamples: int
    """How many resamples it stands on, without the data themselves."""
    exact: bool
    """Whether these are all that there are, so that nothing was left to chance."""
    p_value_error: float
    """The standard error of the p-value from the number of resamples; 0 if all were taken."""
    bias: float
    """The mean of the resamples' estimates less the estimate, for the bootstrap; else NaN."""

    @classmethod
    def _of(cls, answer: tuple[dict[str, Any], int, bool, float, float]) -> Resampled:
        test, resamples, exact, p_value_error, bias = answer
        return cls(TestResult._of(test), resamples, exact, p_value_error, bias)


def bootstrap(
    target: ColumnLike,
    control: ColumnLike | None = None,
    *,
    target_denominators: ColumnLike | None = None,
    control_denominators: ColumnLike | None = None,
    statistic: BootstrapStatistic = "mean",
    probability: float = 0.5,
    interval: BootstrapInterval = "bca",
    resampling: Resampling = "multinomial",
    resamples: int = 10_000,
    seed: int = 0,
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
    threads: int = 0,
) -> Resampled:
    """Compares two samples by the bootstrap, or gives one sample's interval.

    Equal seeds give equal bits, for any order of the rows and number of threads. p is the inversion of the interval.

    Args:
        target: The values of those who were treated, or of the one sample.
        control: The values of those who were not; `None` for one sample.
        target_denominators: For a ratio of sums the second column of the target.
        control_denominators: The same of the control.
        statistic: What is estimated of each arm.
        probability: Of the quantile, inside (0, 1); not read otherwise.
        interval: How it is read off the resamples.
        resampling: What is drawn.
        resamples: How many, 1 to 10,000,000.
        seed: The seed.
        contrast: In what terms two arms are compared: difference, lift or ratio.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The value of the contrast under the null, of one sample that of its statistic; `None` is "no effect", or 0.
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.
            One sample has none.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        EmptyError: An arm has no values.
        InvalidValueError: A value is not finite.
        LengthMismatchError: Values and denominators differ in length.
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> target, control = [row % 17 for row in range(200)], [row % 11 for row in range(100)]
    >>> found = crm.bootstrap(target, control, contrast="lift")
    >>> round(found.test.estimate, 3), found.test.rejects, found.resamples
    (0.59, True, 10000)
    """

    def columns(name: str, values: ColumnLike, below: ColumnLike | None) -> tuple[_crm.Column, _crm.Column | None]:
        return number_column(name, values, truths=True), None if below is None else number_column(name, below, truths=True)

    asked = _crm.BootstrapOptions(statistic, probability, interval, resampling, resamples, seed, threads)
    options = native_options(contrast, alternative, alpha, null, target_share)
    first = columns("target" if control is not None else "sample", target, target_denominators)
    second = None if control is None else columns("control", control, control_denominators)
    return Resampled._of(_crm.bootstrap(first, second, asked, options))


def permutation_test(
    target: ColumnLike,
    control: ColumnLike,
    *,
    statistic: PermutationStatistic = "difference_of_means",
    probability: float = 0.5,
    exact_up_to: int = 1_000_000,
    resamples: int = 10_000,
    seed: int = 0,
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
    threads: int = 0,
) -> Resampled:
    """Tests whether the arms differ, by all assignments of their values to arms of the same sizes, or by random ones.

    The interval excludes the null exactly if the test rejects; for the difference of means it is the exact set of shifts.

    Args:
        target: The values of those who were treated.
        control: The values of those who were not.
        statistic: By what the arms are told apart.
        probability: Of the quantiles, inside (0, 1); not read otherwise.
        exact_up_to: All assignments are taken if there are at most so many.
        resamples: How many random assignments are drawn otherwise, 1 to 10,000,000.
        seed: The seed of random assignments.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The difference, or for the ratio of means the ratio, under the null; `None` is "no effect".
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        EmptyError: An arm has no values.
        InvalidValueError: A value is not finite, or negative where a ratio is asked for.
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> found = crm.permutation_test([1, 4, 7, 9], [2, 3, 5])
    >>> round(found.test.p_value, 4), found.exact
    (0.4571, True)
    """
    columns = number_column("target", target, truths=True), number_column("control", control, truths=True)
    asked = _crm.PermutationOptions(statistic, probability, exact_up_to, resamples, seed, threads)
    options = native_options("difference", alternative, alpha, null, target_share)
    return Resampled._of(_crm.permutation_test(*columns, asked, options))
