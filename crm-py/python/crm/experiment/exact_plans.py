"""Plans of exact tests of two rates, and of tests of one rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from crm import _crm
from crm.experiment.options import Alternative, Contrast
from crm.experiment.planning import CountedTails, EffectDirection, LevelSharing, SampleSize, native_plan_options
from crm.experiment.rate import RateMethod

__all__ = ["ExactProportionPlan", "RatePlan", "RateSampleSize"]


class ExactProportionPlan:
    """A planned exact test of two rates, summed over all tables that `compare_proportions` rejects.

    Power is a saw tooth: one more customer can move a critical value, and cost power. `sample_size` is therefore the least size from which
    on the power is kept.

    Args:
        control_rate: The rate of the control, inside (0, 1).
        method: "fisher", "fisher_central", "fisher_mid_p" (up to 200,000 customers), "barnard" or "boschloo" (up to 1,000).
        contrast: In what terms the null is, if there is one: "difference" for Barnard's test, else "odds_ratio".
        alternative: Which deviations count.
        alpha: The level of all comparisons together, at most 0.3.
        null: The value of the contrast under the null; `None` is "no effect".
        tails: Which rejections count as power.
        control_per_target: Size of the control over that of one target; it is rounded up.
        targets: Targets against the one control.
        sharing: How several targets share the level; not "dunnett".

    Raises:
        InvalidArgumentError: A rate or an option makes no sense, or the method is not exact.

    >>> import crm
    >>> plan = crm.ExactProportionPlan(0.1, method="boschloo", alternative="greater")
    >>> round(plan.power(0.6, 15), 4)
    0.9189
    >>> crm.ExactProportionPlan(0.5, alternative="greater").sample_size(0.9).target_count
    19
    """

    def __init__(
        self,
        control_rate: float,
        *,
        method: Literal["fisher", "fisher_central", "fisher_mid_p", "barnard", "boschloo"] = "fisher",
        contrast: Contrast = "difference",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        null: float | None = None,
        tails: CountedTails = "near",
        control_per_target: float = 1.0,
        targets: int = 1,
        sharing: LevelSharing = "bonferroni",
    ) -> None:
        options = native_plan_options(contrast, alternative, alpha, null, None, tails, control_per_target, targets, sharing)
        self._native = _crm.ExactProportionPlan(control_rate, method, options)

    def power(self, target_rate: float, target_count: int) -> float:
        """The power for a target of that rate and size.

        Raises:
            InvalidArgumentError: The rate is outside [0, 1], or there are no customers.
            OutOfRangeError: There are more customers than the test takes.
        """
        return self._native.power(target_rate, target_count)

    def sample_size(self, target_rate: float, power: float = 0.8) -> SampleSize:
        """The least sizes from which on the power is kept.

        Raises:
            InvalidArgumentError: The rate lies on the null or its wrong side, or the power outside (alpha, 1).
            OutOfRangeError: More customers are needed than the test takes.
        """
        return SampleSize(**self._native.sample_size(target_rate, power))

    def detectable(self, target_count: int, power: float = 0.8, *, direction: EffectDirection = "increase") -> float:
        """The rate of the target next to the null that is found with that power.

        Raises:
            InvalidArgumentError: No rate reaches the power, or the alternative does not look in that direction.
        """
        return self._native.detectable(target_count, power, direction)


@dataclass(frozen=True)
class RateSampleSize:
    """A size with which a test of one rate has the power asked for."""

    count: int
    """Customers."""
    power: float
    """The power with them: at least what was asked for, as it is with every larger size."""


class RatePlan:
    """A planned test of one rate against a rate that is given, with the very rule by which `test_rate` rejects.

    The power is exact for every method. It is a saw tooth: `sample_size` is the least size from which on it is kept.

    Args:
        null: The rate under the null, inside (0, 1).
        method: That of `test_rate`.
        alternative: Which deviations count.
        alpha: The level, at most 0.3.
        tails: Which rejections count as power.

    Raises:
        InvalidArgumentError: A rate or an option makes no sense.

    >>> import crm
    >>> plan = crm.RatePlan(0.3, method="clopper_pearson", alternative="less")
    >>> plan.sample_size(0.2).count, round(plan.power(0.2, 120), 3)
    (130, 0.79)
    """

    def __init__(
        self,
        null: float,
        *,
        method: RateMethod = "wilson",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        tails: CountedTails = "near",
    ) -> None:
        self._native = _crm.RatePlan(null, method, alternative, alpha, tails)

    def power(self, rate: float, count: int) -> float:
        """The power for a rate and a number of customers.

        Raises:
            InvalidArgumentError: The rate is outside [0, 1], or there are no customers.
        """
        return self._native.power(rate, count)

    def sample_size(self, rate: float, power: float = 0.8) -> RateSampleSize:
        """The least size from which on the power is kept.

        Raises:
            InvalidArgumentError: The rate lies on the null or its wrong side, or the power outside (alpha, 1).
            OutOfRangeError: More than ten million customers are needed.
        """
        return RateSampleSize(*self._native.sample_size(rate, power))

    def detectable(self, count: int, power: float = 0.8, *, direction: EffectDirection = "increase") -> float:
        """The rate next to the null that is found with that power.

        Raises:
            InvalidArgumentError: No rate reaches the power, or the alternative does not look in that direction.
        """
        return self._native.detectable(count, power, direction)
