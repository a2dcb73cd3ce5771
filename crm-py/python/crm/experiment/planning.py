"""Before the test: sizes, power, detectable effects and durations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from crm import _crm
from crm.column import number_list, number_pair
from crm.experiment.options import Alternative, Contrast
from crm.experiment.quantile import QuantileArm
from crm.instance import must_be

__all__ = [
    "CountedTails",
    "EffectDirection",
    "LevelSharing",
    "MeanPlan",
    "ProportionPlan",
    "SampleSize",
    "Traffic",
    "TrafficDuration",
    "covariate_deviation",
    "pilot_quantile_deviation",
    "quantile_deviation",
    "ratio_deviation",
    "stratified_deviation",
]

CountedTails: TypeAlias = Literal["near", "both"]
"""Which rejections count as power: those in the direction of the effect, as the textbook formulae have it, or all."""

LevelSharing: TypeAlias = Literal["bonferroni", "sidak", "dunnett", "none"]
"""How several targets against one control share the level."""

EffectDirection: TypeAlias = Literal["increase", "decrease"]
"""On which side of the null a detectable effect lies."""


@dataclass(frozen=True)
class SampleSize:
    """Sizes with which a test has the power asked for."""

    target: float
    """Customers of one target, as the formula has it: a root, not rounded."""
    control: float
    """Customers of the control, not rounded."""
    target_count: int
    """Customers of one target."""
    control_count: int
    """Customers of the control."""
    total_count: int
    """Customers of all targets and the control."""
    power: float
    """The power with the counts: at least what was asked for."""


def native_plan_options(
    contrast: Contrast,
    alternative: Alternative,
    alpha: float,
    null: float | None,
    margins: tuple[float, float] | None,
    tails: CountedTails,
    control_per_target: float,
    targets: int,
    sharing: LevelSharing,
) -> _crm.PlanOptions:
    """What a planned test will be asked."""
    names = (contrast, alternative, tails, sharing)
    ends = None if margins is None else number_pair("margins", margins)
    return _crm.PlanOptions(names, (alpha, null, ends), (control_per_target, targets))


class ProportionPlan:
    """A planned test of the rate of a target against that of a control.

    ```text
    power = P(Z <= (d - z se0) / se1),  d = p_t - p_c - null,  or p_t - r p_c for a null ratio r
    ```

    With `margins` the test is that of equivalence, two one-sided tests at the level alpha each. A non-inferiority test is the alternative
    "greater" with a null below no effect, by the margin.

    Args:
        control_rate: The rate of the control, inside (0, 1).
        method: "score" (Farrington and Manning 1990), "pooled", "unpooled" or "arcsine".
        contrast: In what terms null and margins are: "difference", "lift" or "ratio".
        alternative: Which deviations count.
        alpha: The level of all comparisons together.
        null: The value of the contrast under the null; `None` is "no effect".
        margins: The lower and the upper margin of equivalence.
        tails: Which rejections count as power.
        control_per_target: Size of the control over that of one target.
        targets: Targets against the one control.
        sharing: How several targets share the level.

    Raises:
        InvalidArgumentError: A rate or an option makes no sense.

    >>> import crm
    >>> plan = crm.ProportionPlan(0.05)
    >>> plan.sample_size(0.055).target_count
    31234
    >>> round(plan.power(0.055, 31234), 6)
    0.800007
    >>> round(plan.detectable(31234), 5)
    0.055
    """

    def __init__(
        self,
        control_rate: float,
        *,
        method: Literal["score", "pooled", "unpooled", "arcsine"] = "score",
        contrast: Contrast = "difference",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        null: float | None = None,
        margins: tuple[float, float] | None = None,
        tails: CountedTails = "near",
        control_per_target: float = 1.0,
        targets: int = 1,
        sharing: LevelSharing = "bonferroni",
    ) -> None:
        options = native_plan_options(contrast, alternative, alpha, null, margins, tails, control_per_target, targets, sharing)
        self._native = _crm.ProportionPlan(control_rate, method, options)

    def power(self, target_rate: float, target_count: float) -> float:
        """The power for a target of that rate and size; the control has `control_per_target` times the size."""
        return self._native.power(target_rate, target_count)

    def sample_size(self, target_rate: float, power: float = 0.8) -> SampleSize:
        """The least sizes for a power.

        Raises:
            InvalidArgumentError: The rate lies on the null or its wrong side, or the power outside (alpha, 1).
            OutOfRangeError: More customers are needed than can be counted.
        """
        return SampleSize(**self._native.sample_size(target_rate, power))

    def detectable(self, target_count: float, power: float = 0.8, *, direction: EffectDirection = "increase") -> float:
        """The rate of the target next to the null that is found with that power.

        Raises:
            InvalidArgumentError: No rate reaches the power, or the alternative does not look in that direction.
        """
        return self._native.detectable(target_count, power, direction)

    def cohens_h(self, target_rate: float) -> float:
        """Cohen's h of a rate of the target, `2 asin sqrt(p_t) - 2 asin sqrt(p_c)`."""
        return self._native.cohens_h(target_rate)


class MeanPlan:
    """A planned test of the mean of a target against that of a control, in terms of their difference.

    t tests by the non-central t distribution, those of equivalence exactly (Owen 1965).

    Args:
        target_deviation: The standard deviation of the target.
        control_deviation: That of the control; `None` for the same.
        method: "welch", "student" or "z".
        alternative: Which deviations count.
        alpha: The level of all comparisons together.
        null: The difference under the null; `None` is 0.
        margins: The lower and the upper margin of equivalence.
        tails: Which rejections count as power.
        control_per_target: Size of the control over that of one target.
        targets: Targets against the one control.
        sharing: How several targets share the level.

    Raises:
        InvalidArgumentError: A deviation or an option makes no sense.

    >>> import crm
    >>> plan = crm.MeanPlan(1.0, method="student", tails="both")
    >>> plan.sample_size(0.5).target_count, round(plan.power(0.5, 64), 6)
    (64, 0.80146)
    """

    def __init__(
        self,
        target_deviation: float,
        control_deviation: float | None = None,
        *,
        method: Literal["welch", "student", "z"] = "welch",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        null: float | None = None,
        margins: tuple[float, float] | None = None,
        tails: CountedTails = "near",
        control_per_target: float = 1.0,
        targets: int = 1,
        sharing: LevelSharing = "bonferroni",
    ) -> None:
        options = native_plan_options("difference", alternative, alpha, null, margins, tails, control_per_target, targets, sharing)
        other = target_deviation if control_deviation is None else control_deviation
        self._native = _crm.MeanPlan(target_deviation, other, method, options)

    def power(self, difference: float, target_count: float) -> float:
        """The power for a difference, target minus control, and a size of the target."""
        return self._native.power(difference, target_count)

    def sample_size(self, difference: float, power: float = 0.8) -> SampleSize:
        """The least sizes for a power.

        Raises:
            InvalidArgumentError: The difference lies on the null or its wrong side, or the power outside (alpha, 1).
            OutOfRangeError: More customers are needed than can be counted.
        """
        return SampleSize(**self._native.sample_size(difference, power))

    def detectable(self, target_count: float, power: float = 0.8, *, direction: EffectDirection = "increase") -> float:
        """The difference next to the null that is found with that power.

        Raises:
            InvalidArgumentError: The arms are too small for a variance, or the alternative does not look in that direction.
        """
        return self._native.detectable(target_count, power, direction)


def covariate_deviation(deviation: float, correlation: float) -> float:
    """The standard deviation that a covariate leaves (CUPED), `deviation sqrt(1 - correlation^2)`.

    Raises:
        InvalidArgumentError: The deviation is not positive, or the correlation outside (-1, 1).

    >>> import crm
    >>> crm.covariate_deviation(10.0, 0.6)
    8.0
    """
    return _crm.covariate_deviation(deviation, correlation)


def ratio_deviation(numerator: tuple[float, float], denominator: tuple[float, float], correlation: float) -> float:
    """The standard deviation to plan a ratio of means with, from (mean, deviation) of both.

    ```text
    s^2 = (s_y^2 - 2 r rho s_y s_x + r^2 s_x^2) / mean(x)^2,  r = mean(y) / mean(x)
    ```

    Raises:
        InvalidArgumentError: The mean of the denominator is 0, a deviation negative or the correlation outside [-1, 1].

    >>> import crm
    >>> round(crm.ratio_deviation((12.0, 30.0), (3.0, 2.0), 0.5), 6)
    8.969083
    """
    return _crm.ratio_deviation(number_pair("numerator", numerator), number_pair("denominator", denominator), correlation)


def quantile_deviation(probability: float, density: float) -> float:
    """The standard deviation to plan a quantile with, `sqrt(q (1 - q)) / f`, from the density f of the values at the quantile.

    Raises:
        InvalidArgumentError: The probability is outside (0, 1), or the density not positive.

    >>> import crm
    >>> round(crm.quantile_deviation(0.5, 0.3989422804014327) ** 2, 6)
    1.570796
    """
    return _crm.quantile_deviation(probability, density)


def pilot_quantile_deviation(arm: QuantileArm, probability: float) -> float:
    """The standard deviation to plan a quantile with, from a pilot: `sqrt(n) (upper - lower) / (2 z)` of its 95 % interval.

    Raises:
        InvalidArgumentError: The probability is outside (0, 1).
        EmptyError: There are no rows.
        InvalidValueError: The rows are too few for an interval, or so many are equal that it is a single value.

    >>> import crm
    >>> round(crm.pilot_quantile_deviation(crm.QuantileArm([float(value) for value in range(1, 401)]), 0.5))
    209
    """
    must_be(QuantileArm, arm=arm)
    return _crm.pilot_quantile_deviation(arm._native, probability)


def stratified_deviation(shares: Iterable[float], deviations: Iterable[float]) -> float:
    """The standard deviation to plan a stratified mean with, `sqrt(sum(w s^2))`.

    For strata that both arms are split within, or that are weighted by their shares afterwards.

    Args:
        shares: The share of each stratum among all customers, in any unit.
        deviations: The standard deviation within each.

    Raises:
        LengthMismatchError: There are not as many shares as deviations.
        EmptyError: No stratum has a share.
        InvalidValueError: A share or deviation is negative or not finite, or no stratum has any variance.

    >>> import crm
    >>> round(crm.stratified_deviation([0.75, 0.25], [2.0, 6.0]) ** 2, 6)
    12.0
    """
    return _crm.stratified_deviation(number_list("shares", shares), number_list("deviations", deviations))


@dataclass(frozen=True)
class TrafficDuration:
    """How long arms take to fill."""

    days: float
    """Days until the slowest arm is full, not rounded."""
    whole_days: int
    """Days, rounded up."""
    whole_weeks: int
    """Weeks, rounded up: weekdays differ, so that tests run for whole ones."""


class Traffic:
    """Visitors per day and the shares of them that enter the arms.

    Args:
        visitors_per_day: All visitors.
        target_share: The share of them that enters one target, inside (0, 1).
        control_share: The share that enters the control.
        targets: The number of targets.

    Raises:
        InvalidArgumentError: A number is not positive, or the shares add up to more than 1.

    >>> import crm
    >>> traffic = crm.Traffic(8000, target_share=0.45, control_share=0.1, targets=2)
    >>> plan = crm.ProportionPlan(0.05, targets=2, control_per_target=traffic.control_per_target)
    >>> traffic.duration(plan.sample_size(0.06)).whole_weeks
    2
    """

    def __init__(self, visitors_per_day: float, *, target_share: float, control_share: float, targets: int = 1) -> None:
        self._native = _crm.Traffic(visitors_per_day, target_share, control_share, targets)

    @property
    def control_per_target(self) -> float:
        """The size of the control over that of a target, as plans take it."""
        return self._native.control_per_target()

    def target_count(self, days: float) -> float:
        """The size of one target after so many days, as plans take it."""
        return self._native.target_count(days)

    def duration(self, size: SampleSize) -> TrafficDuration:
        """How long it takes until every arm has its size."""
        fields: tuple[Any, ...] = self._native.duration(size.target_count, size.control_count)
        return TrafficDuration(*fields)
