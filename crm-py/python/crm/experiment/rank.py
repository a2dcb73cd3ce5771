"""Tests on ranks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.experiment.options import Alternative, native_options
from crm.experiment.result import TestResult

__all__ = ["MannWhitney", "MannWhitneyMethod", "brunner_munzel", "mann_whitney"]

MannWhitneyMethod: TypeAlias = Literal["auto", "exact", "normal", "normal_corrected"]
"""Where p comes from: all assignments of the pooled values to the arms (up to 10,000 pairs), the normal approximation without or with a
continuity correction, or "auto", exact up to 2,500 pairs and corrected above."""


@dataclass(frozen=True)
class MannWhitney:
    """What the Mann-Whitney test says."""

    test: TestResult
    """The test of the shift: the estimate is that of Hodges and Lehmann, target and control are medians."""
    u: float
    """Pairs in which the target is above the control, a tie counting one half, after the shift of the null."""
    probability_of_superiority: float
    """P(target > control) + P(target = control) / 2, of the values as they are."""
    cliffs_delta: float
    """P(target > control) - P(target < control), which is also the rank-biserial correlation."""
    exact: bool
    """Whether the p-value is exact."""


def mann_whitney(
    target: ColumnLike,
    control: ColumnLike,
    *,
    method: MannWhitneyMethod = "auto",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
    threads: int = 0,
) -> MannWhitney:
    """Tests by ranks whether the target is shifted against the control.

    The estimate is the median of all differences; the interval holds the shifts that the same ranks do not reject. Equal constants have
    the status "no_variance".

    Args:
        target: The values of those who were treated, in any order.
        control: The values of those who were not.
        method: Where p comes from.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The shift under the null, in the unit of the values; `None` is 0.
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        EmptyError: An arm has no values.
        InvalidValueError: A value is not finite.
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> found = crm.mann_whitney([1, 4, 7, 9], [2, 3, 5])
    >>> found.u, round(found.test.p_value, 4), found.exact
    (8.0, 0.6286, True)
    """
    columns = number_column("target", target, truths=True), number_column("control", control, truths=True)
    options = native_options("difference", alternative, alpha, null, target_share)
    test, u, superiority, delta, exact = _crm.mann_whitney(*columns, method, options, threads)
    return MannWhitney(TestResult._of(test), u, superiority, delta, exact)


def brunner_munzel(
    target: ColumnLike,
    control: ColumnLike,
    *,
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
    threads: int = 0,
) -> TestResult:
    """Tests the probability that a target value is above a control value, ties one half, whatever the shapes and variances.

    The estimate is that probability. Arms that do not overlap have the status "no_variance": the Mann-Whitney test has an answer.

    Args:
        target: The values of those who were treated, in any order, at least two.
        control: The values of those who were not.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The probability under the null; `None` is 1/2.
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        EmptyError: An arm has no values.
        InvalidValueError: A value is not finite.
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> found = crm.brunner_munzel([1, 4, 7, 9], [2, 3, 5])
    >>> round(found.estimate, 4), found.rejects
    (0.6667, False)
    """
    columns = number_column("target", target, truths=True), number_column("control", control, truths=True)
    options = native_options("difference", alternative, alpha, null, target_share)
    return TestResult._of(_crm.brunner_munzel(*columns, options, threads))
