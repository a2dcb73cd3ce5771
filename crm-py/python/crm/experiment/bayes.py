"""Bayesian comparison of rates and effects, and the best of several arms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import number_pair
from crm.experiment.result import Interval
from crm.instance import all_of, must_be

__all__ = [
    "BayesResult",
    "BestArms",
    "BetaPosterior",
    "CredibleKind",
    "EffectPosterior",
    "best_effect",
    "best_rate",
    "compare_rates_bayes",
]

CredibleKind: TypeAlias = Literal["equal_tailed", "highest_density"]
"""Equal probability on both sides, or the shortest interval."""


@dataclass(frozen=True)
class BayesResult:
    """What is known of an effect, and what either choice risks."""

    contrast: str
    """In what terms the estimate, the interval and the region are."""
    estimate: float
    """The posterior mean of the contrast."""
    deviation: float
    """The posterior standard deviation of the difference."""
    interval: Interval
    """What holds the contrast with probability 1 - alpha."""
    p_target_better: float
    """P(target above control)."""
    ln_p_target_better: float
    """Its natural logarithm."""
    p_control_better: float
    """P(control above target)."""
    ln_p_control_better: float
    """Its natural logarithm."""
    loss_target: float
    """What choosing the target is expected to lose."""
    loss_control: float
    """What choosing the control is expected to lose."""
    p_below_rope: float
    """P(contrast below the region of practical equivalence)."""
    p_in_rope: float
    """P(contrast in the region of practical equivalence)."""
    p_above_rope: float
    """P(contrast above the region of practical equivalence)."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> BayesResult:
        return cls(**{**fields, "interval": Interval(*fields["interval"])})


class BetaPosterior:
    """What is known of a rate: Beta(prior alpha + conversions, prior beta + trials - conversions).

    Args:
        conversions: How many converted.
        trials: Of how many; none is fine.
        prior: What is known before: (1, 1) is uniform, (0.5, 0.5) Jeffreys' prior.

    Raises:
        InvalidArgumentError: A number makes no sense.

    >>> rate = BetaPosterior(120, 1000)
    >>> round(rate.mean, 5)
    0.12076
    >>> print(rate.interval())
    0.101323 to 0.141627
    """

    __slots__ = ("_native",)

    def __init__(self, conversions: int, trials: int, *, prior: tuple[float, float] = (1.0, 1.0)) -> None:
        self._native = _crm.BetaPosterior.after(conversions, trials, number_pair("prior", prior))

    @classmethod
    def from_parameters(cls, alpha: float, beta: float) -> BetaPosterior:
        """Beta(alpha, beta).

        Raises:
            InvalidArgumentError: A parameter is outside [0.1, 1e15].
        """
        posterior = cls.__new__(cls)
        posterior._native = _crm.BetaPosterior(alpha, beta)
        return posterior

    @property
    def parameters(self) -> tuple[float, float]:
        """The two parameters."""
        return self._native.parameters()

    @property
    def mean(self) -> float:
        """The mean."""
        return self._native.mean()

    @property
    def variance(self) -> float:
        """The variance."""
        return self._native.variance()

    def probability_below(self, x: float) -> float:
        """P(rate <= x)."""
        return self._native.probability_below(x)

    def quantile(self, p: float) -> float:
        """The rate below which the probability is `p`.

        Raises:
            InvalidArgumentError: p is outside [0, 1].
        """
        return self._native.quantile(p)

    def interval(self, alpha: float = 0.05, kind: CredibleKind = "equal_tailed") -> Interval:
        """The interval that holds the rate with probability 1 - alpha.

        Raises:
            InvalidArgumentError: alpha is outside (0, 1).
        """
        return Interval(*self._native.interval(alpha, kind))  # type: ignore[arg-type]

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, BetaPosterior) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.parameters)

    def __reduce__(self) -> tuple[object, ...]:
        return BetaPosterior.from_parameters, self.parameters

    def __repr__(self) -> str:
        return "BetaPosterior.from_parameters({:.15g}, {:.15g})".format(*self.parameters)


def compare_rates_bayes(
    target: BetaPosterior,
    control: BetaPosterior,
    *,
    contrast: Literal["difference", "lift"] = "difference",
    alpha: float = 0.05,
    credible_interval: CredibleKind = "equal_tailed",
    rope: tuple[float, float] = (0.0, 0.0),
) -> BayesResult:
    """Compares what is known of two rates: who is better, what either choice risks, and by how much they differ.

    Args:
        target: Those who were treated.
        control: Those who were not.
        contrast: In what terms the interval and the region of practical equivalence are.
        alpha: 1 less the probability that the interval holds.
        credible_interval: Which interval.
        rope: The region of practical equivalence, from and to.

    Raises:
        InvalidArgumentError: An option makes no sense.

    >>> result = compare_rates_bayes(BetaPosterior(120, 1000), BetaPosterior(100, 1000))
    >>> round(result.p_target_better, 6), round(result.loss_target, 6)
    (0.923183, 0.000485)
    """
    asked = (contrast, alpha, credible_interval, *number_pair("rope", rope))
    must_be(BetaPosterior, target=target, control=control)
    return BayesResult._of(_crm.compare_rates_bayes(target._native, control._native, asked))


class EffectPosterior:
    """What is known of an effect: a normal distribution, or Student's where the variance was estimated from few data.

    Args:
        estimate: The effect, target minus control.
        standard_error: Its standard error.
        degrees_of_freedom: Of the variance; infinite if it is known, or as good as.
        prior: Mean and standard deviation of what is known before; `None` is a flat prior.

    Raises:
        InvalidArgumentError: A number makes no sense, or a prior comes with finite degrees of freedom.

    >>> effect = EffectPosterior(0.05, 0.04, prior=(0.0, 0.03))
    >>> round(effect.mean, 6), round(effect.scale, 6)
    (0.018, 0.024)
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        estimate: float,
        standard_error: float,
        *,
        degrees_of_freedom: float = math.inf,
        prior: tuple[float, float] | None = None,
    ) -> None:
        given = None if prior is None else number_pair("prior", prior)
        self._native = _crm.EffectPosterior(estimate, standard_error, degrees_of_freedom, given)

    @property
    def mean(self) -> float:
        """The mean."""
        return self._native.mean()

    @property
    def scale(self) -> float:
        """The standard deviation, or the scale of Student's distribution."""
        return self._native.scale()

    @property
    def degrees_of_freedom(self) -> float:
        """Degrees of freedom; infinite for the normal distribution."""
        return self._native.degrees_of_freedom()

    @property
    def deviation(self) -> float:
        """The standard deviation; infinite for at most 2 degrees of freedom."""
        return self._native.deviation()

    def probability_above(self, value: float) -> tuple[float, float]:
        """P(effect > value) and its logarithm."""
        return self._native.probability_above(value)

    def probability_below(self, value: float) -> tuple[float, float]:
        """P(effect < value) and its logarithm."""
        return self._native.probability_below(value)

    @property
    def expected_gain(self) -> float:
        """E max(effect, 0): what doing without the effect is expected to lose."""
        return self._native.expected_gain()

    @property
    def expected_loss(self) -> float:
        """E max(-effect, 0): what going for the effect is expected to lose."""
        return self._native.expected_loss()

    def decide(self, *, alpha: float = 0.05, rope: tuple[float, float] = (0.0, 0.0)) -> BayesResult:
        """Who is better, what either choice risks and how large the effect is.

        Raises:
            InvalidArgumentError: An option makes no sense.

        >>> round(EffectPosterior(1.0, 0.02).decide().ln_p_control_better, 6)
        -1254.831361
        """
        return BayesResult._of(self._native.decide(("difference", alpha, "equal_tailed", *number_pair("rope", rope))))

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, EffectPosterior) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.mean, self.scale, self.degrees_of_freedom))

    def __reduce__(self) -> tuple[object, ...]:
        return _effect, (self.mean, self.scale, self.degrees_of_freedom)

    def __repr__(self) -> str:
        return f"<EffectPosterior: {self.mean:.6g} -+ {self.scale:.6g}>"


def _effect(mean: float, scale: float, degrees_of_freedom: float) -> EffectPosterior:
    return EffectPosterior(mean, scale, degrees_of_freedom=degrees_of_freedom)


@dataclass(frozen=True)
class BestArms:
    """How probable it is that each arm is best, and what choosing it is expected to lose."""

    p_best: npt.NDArray[np.float64]
    """P(arm has the largest value of all); they add up to 1."""
    ln_p_best: npt.NDArray[np.float64]
    """Its natural logarithm."""
    expected_loss: npt.NDArray[np.float64]
    """E(largest value of all - value of the arm)."""

    def allocation(self, least: float = 0.0) -> npt.NDArray[np.float64]:
        """Shares of the traffic by Thompson's rule: each arm by its probability of being best, and none below `least`.

        Raises:
            InvalidArgumentError: `least` is outside [0, 1 / arms].

        >>> best = best_rate([BetaPosterior(12, 100), BetaPosterior(9, 100)])
        >>> best.allocation(0.1).sum().round(12)
        np.float64(1.0)
        """
        return np.array(_crm.thompson_allocation(self.p_best.tolist(), least))


def best_rate(arms: Sequence[BetaPosterior]) -> BestArms:
    """Which of several rates is largest, by exact integrals; nothing is sampled.

    Raises:
        InvalidArgumentError: There are fewer than two arms, or more than 1,000.

    >>> best_rate([BetaPosterior(1, 1), BetaPosterior(0, 1)]).p_best.round(6)
    array([0.833333, 0.166667])
    """
    return BestArms(*(np.array(column) for column in _crm.best_rate([arm._native for arm in all_of(BetaPosterior, "arms", arms)])))


def best_effect(arms: Sequence[EffectPosterior]) -> BestArms:
    """Which of several normal effects is largest; the values of the arms are independent.

    Raises:
        InvalidArgumentError: There are fewer than two arms, or more than 1,000.

    >>> best_effect([EffectPosterior(1.2, 0.3), EffectPosterior(1.0, 0.4)]).p_best.round(6)
    array([0.655422, 0.344578])
    """
    return BestArms(*(np.array(column) for column in _crm.best_effect([arm._native for arm in all_of(EffectPosterior, "arms", arms)])))
