"""Plans of tests of ranks."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, number_column, number_list
from crm.experiment.options import Alternative
from crm.experiment.planning import CountedTails, EffectDirection, LevelSharing, SampleSize, native_plan_options

__all__ = ["RankPlan", "RankPlanMethod", "normal_superiority"]

RankPlanMethod: TypeAlias = Literal["mann_whitney", "brunner_munzel", "noether"]
"""Mann and Whitney's test with the variance of its statistic as it will be, the test of Brunner and Munzel, or Mann and Whitney's test with the
variance under the null throughout (Noether 1987; with ties Zhao and others 2008)."""


class RankPlan:
    """A planned test of ranks: Mann and Whitney's, or that of Brunner and Munzel.

    The effect is the probability of superiority, P(target > control) + P(target = control) / 2: 1/2 is none. The variances of the statistic
    follow from the distributions: normal ones here (after any rising transformation of the values), categories or a pilot in
    `from_categories` and `from_samples`.

    Args:
        target_deviation: The standard deviation of the target.
        control_deviation: That of the control; `None` for the same.
        method: Which test, and with which variance.
        alternative: Which deviations count.
        alpha: The level of all comparisons together.
        null: The probability of superiority under the null; `None` is 1/2, the only one that Mann and Whitney's test has.
        tails: Which rejections count as power.
        control_per_target: Size of the control over that of one target.
        targets: Targets against the one control.
        sharing: How several targets share the level; not "dunnett".

    Raises:
        InvalidArgumentError: A deviation or an option makes no sense.

    >>> import crm
    >>> plan = crm.RankPlan()
    >>> effect = crm.normal_superiority(0.5)
    >>> round(effect, 4), plan.sample_size(effect).target_count
    (0.6382, 68)
    """

    def __init__(
        self,
        target_deviation: float = 1.0,
        control_deviation: float | None = None,
        *,
        method: RankPlanMethod = "mann_whitney",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        null: float | None = None,
        tails: CountedTails = "near",
        control_per_target: float = 1.0,
        targets: int = 1,
        sharing: LevelSharing = "bonferroni",
    ) -> None:
        options = native_plan_options("difference", alternative, alpha, null, None, tails, control_per_target, targets, sharing)
        other = target_deviation if control_deviation is None else control_deviation
        self._native = _crm.RankPlan(target_deviation, other, method, options)

    @classmethod
    def _of(cls, native: _crm.RankPlan) -> RankPlan:
        plan = cls.__new__(cls)
        plan._native = native
        return plan

    @classmethod
    def from_categories(
        cls,
        target: Iterable[float],
        control: Iterable[float],
        *,
        method: RankPlanMethod = "mann_whitney",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        null: float | None = None,
        tails: CountedTails = "near",
        control_per_target: float = 1.0,
        targets: int = 1,
        sharing: LevelSharing = "bonferroni",
    ) -> RankPlan:
        """A plan for ordered categories: shares or counts of both arms in each, from the lowest category to the highest.

        `superiority` is the effect of these shares. Of other effects it is supposed that a part of the target's customers is as the target
        given, and the rest as the control. The shares are taken as exact, however few customers they were counted from: arms of other sizes
        than a pilot's, and effects other than its own, are extrapolated from it.

        Raises:
            InvalidArgumentError: An option makes no sense.
            LengthMismatchError: The arms have different numbers of categories.
            InvalidValueError: A share is negative or not finite, or neither arm tends to be higher.
            EmptyError: An arm has no share in any category.

        >>> import crm
        >>> plan = crm.RankPlan.from_categories([1, 3, 15, 35, 30, 10, 6], [1, 4, 20, 50, 20, 4, 1], alternative="greater")
        >>> round(plan.superiority, 5), round(plan.power(plan.superiority, 125), 3)
        (0.61015, 0.942)
        """
        options = native_plan_options("difference", alternative, alpha, null, None, tails, control_per_target, targets, sharing)
        shares = number_list("target", target), number_list("control", control)
        return cls._of(_crm.RankPlan.from_categories(*shares, method, options))

    @classmethod
    def from_samples(
        cls,
        target: ColumnLike,
        control: ColumnLike,
        *,
        method: RankPlanMethod = "mann_whitney",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        null: float | None = None,
        tails: CountedTails = "near",
        control_per_target: float = 1.0,
        targets: int = 1,
        sharing: LevelSharing = "bonferroni",
        threads: int = 0,
    ) -> RankPlan:
        """A plan for arms as in a pilot: values of both, in any order.

        Customers are supposed to be drawn from the pilot's rows. Without a pilot of the target, last month's control and the same values with
        the effect hoped for will do.

        Raises:
            InvalidArgumentError: An option makes no sense.
            InvalidValueError: A value is not finite, or neither arm tends to be higher.
            OutOfRangeError: A value is beyond 1e150.
            EmptyError: An arm has no values.

        >>> import crm
        >>> control = [0.0, 0.0, 0.0, 12.5, 20.0, 31.0]
        >>> plan = crm.RankPlan.from_samples([0.0, 0.0, 9.0, 15.0, 24.0, 40.0], control)
        >>> round(plan.superiority, 4)
        0.5833
        """
        options = native_plan_options("difference", alternative, alpha, null, None, tails, control_per_target, targets, sharing)
        columns = number_column("target", target, truths=True), number_column("control", control, truths=True)
        return cls._of(_crm.RankPlan.from_samples(*columns, method, options, threads))

    @property
    def superiority(self) -> float | None:
        """The probability of superiority of the categories or samples given; `None` for normal values."""
        return self._native.superiority()

    def power(self, superiority: float, target_count: float) -> float:
        """The power for a probability of superiority and a size of the target; the control has `control_per_target` times the size."""
        return self._native.power(superiority, target_count)

    def sample_size(self, superiority: float, power: float = 0.8) -> SampleSize:
        """The least sizes for a power.

        Raises:
            InvalidArgumentError: The effect lies on the null, its wrong side or beyond the distributions, or the power outside (alpha, 1).
            OutOfRangeError: More customers are needed than can be counted.
        """
        return SampleSize(**self._native.sample_size(superiority, power))

    def detectable(self, target_count: float, power: float = 0.8, *, direction: EffectDirection = "increase") -> float:
        """The probability of superiority next to the null that is found with that power.

        Raises:
            InvalidArgumentError: No effect of the distributions reaches the power, or the alternative does not look in that direction.
        """
        return self._native.detectable(target_count, power, direction)


def normal_superiority(difference: float, target_deviation: float = 1.0, control_deviation: float | None = None) -> float:
    """The probability of superiority of normal values whose means differ so much, `Phi(d / sqrt(s_t^2 + s_c^2))`.

    Raises:
        InvalidArgumentError: The difference is not finite, or a deviation not positive.

    >>> import crm
    >>> round(crm.normal_superiority(3.0, 10.0), 4)
    0.584
    """
    return _crm.normal_superiority(difference, target_deviation, target_deviation if control_deviation is None else control_deviation)
