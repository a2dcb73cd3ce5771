"""Tests and bounds that stay valid however often they are looked at."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.experiment.arm import BinaryArm
from crm.experiment.group_sequential import SequentialDecision
from crm.experiment.mean_arm import moments
from crm.experiment.options import Alternative
from crm.experiment.result import Interval, SplitCheck
from crm.instance import must_be

__all__ = [
    "AlwaysValid",
    "AlwaysValidMethod",
    "MixtureBound",
    "MixtureKind",
    "SequentialStep",
    "SequentialTest",
    "always_valid",
    "bernoulli_sequence",
    "empirical_process_bound",
    "quantile_sequence_p_value",
    "stitched_bound",
]

AlwaysValidMethod: TypeAlias = Literal["msprt", "asymptotic"]
"""How evidence adds up: "msprt" has a normal prior on the effect, whose deviation is `tuning`; "asymptotic" is nearly tightest at `tuning`
observations."""

MixtureKind: TypeAlias = Literal[
    "normal", "normal_one_sided", "gamma_exponential", "gamma_poisson", "beta_binomial", "beta_binomial_one_sided"
]
"""The tails that a sum may have, and the prior that is mixed over."""


@dataclass(frozen=True)
class AlwaysValid:
    """What an always-valid test says at one moment."""

    statistic: float
    """(Estimate - null) / standard error."""
    ln_evidence: float
    """The logarithm of the evidence against the null."""
    p_value: float
    """min(1, 1 / evidence): under the null, ever at most alpha with probability at most alpha."""
    ln_p_value: float
    """Its natural logarithm."""
    interval: Interval
    """The confidence sequence here: all moments together cover. Excludes the null if and only if the p-value is at most alpha."""
    status: str
    """Whether the data could answer: "ok", or why not."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> AlwaysValid:
        return cls(**{**fields, "interval": Interval(*fields["interval"])})


def always_valid(
    estimate: float,
    standard_error: float,
    observations: float = math.nan,
    *,
    method: AlwaysValidMethod = "msprt",
    tuning: float,
    alpha: float = 0.05,
    alternative: Alternative = "two_sided",
    null: float = 0.0,
) -> AlwaysValid:
    """What an always-valid test says about an effect with its standard error.

    Args:
        estimate: The effect, by any method whose statistic is about normal.
        standard_error: Its standard error.
        observations: How many there are in all arms together; needed for "asymptotic".
        method: How evidence adds up.
        tuning: For "msprt" the size of effects that matter, for "asymptotic" the number of observations at which the interval is nearly
            tightest.
        alpha: The probability of ever rejecting a null that is true; inside (0, 1).
        alternative: Which deviations count.
        null: The effect under the null.

    Raises:
        InvalidArgumentError: A number makes no sense.

    >>> now = always_valid(0.02, 0.006, tuning=0.01)
    >>> now.p_value < 0.05, now.interval.lower > 0
    (True, True)
    """
    fields = _crm.always_valid(estimate, standard_error, observations, method, tuning, alpha, alternative, null)
    return AlwaysValid._of(fields)


@dataclass(frozen=True)
class SequentialStep:
    """What a sequential test says after a look."""

    look: int
    """The number of the look, from 0."""
    decision: SequentialDecision
    """Reject or continue; once rejected it stays so."""
    estimate: float
    """The effect at this look."""
    standard_error: float
    """Its standard error."""
    now: AlwaysValid
    """This look by itself."""
    p_value: float
    """The smallest p-value of all looks."""
    ln_p_value: float
    """Its natural logarithm."""
    interval: Interval
    """What the intervals of all looks have in common; its ends cross where looks contradict each other."""
    split: SplitCheck
    """Whether the customers of all looks were split as planned, by a p-value that holds over all of them: look at this first."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> SequentialStep:
        now, interval, split = AlwaysValid._of(fields["now"]), Interval(*fields["interval"]), SplitCheck(*fields["split"])
        return cls(**{**fields, "now": now, "interval": interval, "split": split})


class SequentialTest:
    """A test that is fed as data arrive, may be read at any time, and stays valid.

    Each look takes the arms as they are then, from the start of the experiment. Differences of means and of rates are about normal from some
    dozens of conversions or observations an arm on; look from then on.

    Args:
        method: How evidence adds up.
        tuning: See `always_valid`.
        alpha: The probability of ever rejecting a null that is true; inside (0, 1).
        alternative: Which deviations count.
        null: The effect under the null.
        target_share: The planned share of the target, of target and control together: `split` of each look says whether it was kept; `None` is
            no plan. Looks by estimates, which know no customers, refuse one.

    Raises:
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> test = SequentialTest(method="msprt", tuning=0.01)
    >>> test.look_rates(crm.BinaryArm(52, 1000), crm.BinaryArm(50, 1000)).decision
    'continue'
    >>> test.look_rates(crm.BinaryArm(700, 10_000), crm.BinaryArm(500, 10_000)).decision
    'reject'
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        *,
        method: AlwaysValidMethod = "asymptotic",
        tuning: float = 10_000.0,
        alpha: float = 0.05,
        alternative: Alternative = "two_sided",
        null: float = 0.0,
        target_share: float | None = None,
    ) -> None:
        self._native = _crm.SequentialTest(method, tuning, alpha, alternative, null, target_share)

    @property
    def looks(self) -> int:
        """The number of looks so far."""
        return self._native.looks()

    @property
    def rejected_at(self) -> int | None:
        """The first look, from 0, that rejected the null."""
        return self._native.rejected_at()

    def look(self, estimate: float, standard_error: float, observations: float) -> SequentialStep:
        """A look by an estimate of the effect so far, with its standard error, after `observations` in all arms together.

        Raises:
            InvalidArgumentError: A number makes no sense.
            IncompatibleError: There are fewer observations than at the look before; the test is then as it was.
        """
        return SequentialStep._of(self._native.look(estimate, standard_error, observations))

    def look_rates(self, target: BinaryArm, control: BinaryArm) -> SequentialStep:
        """A look at the difference of two rates, from all trials so far.

        Raises:
            IncompatibleError: There are fewer trials than at the look before, or with a planned share in one of the arms.
        """
        must_be(BinaryArm, target=target, control=control)
        return SequentialStep._of(self._native.look_rates(target._native, control._native))

    def look_means(self, target: tuple[int, float, float], control: tuple[int, float, float]) -> SequentialStep:
        """A look at the difference of two means, from all values so far.

        Args:
            target: Count, mean and sample variance (with count - 1) of those who were treated.
            control: The same of those who were not.

        Raises:
            IncompatibleError: There are fewer values than at the look before.
        """
        return SequentialStep._of(self._native.look_means(moments("target", target), moments("control", control)))

    def to_json(self) -> str:
        """The state as JSON text."""
        return self._native.to_json()

    @classmethod
    def from_json(cls, text: str) -> SequentialTest:
        """A test from its JSON text.

        Raises:
            CorruptError: The text is no such state.
            IncompatibleError: It is one of a later version.
        """
        test = cls.__new__(cls)
        test._native = _crm.SequentialTest.from_json(text)
        return test

    def __reduce__(self) -> tuple[object, ...]:
        return SequentialTest.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        state = "rejected" if self.rejected_at is not None else "open"
        return f"<SequentialTest: {self.looks} looks, {state}>"


class MixtureBound:
    """A mixture with its prior: p-values and bounds of a sum that hold at all times at once.

    Args:
        kind: The tails that the sum may have.
        v_opt: The variance so far at which the bound is nearly tightest.
        alpha_opt: The level at which it is.
        scale: That of the gamma mixtures, or the largest fall of a beta-binomial increment.
        other_scale: The largest rise of a beta-binomial increment.

    Raises:
        InvalidArgumentError: An option makes no sense.

    >>> round(MixtureBound("normal", v_opt=100).bound(100, 0.05), 5)
    30.35209
    """

    __slots__ = ("_native",)

    def __init__(
        self, kind: MixtureKind = "normal", *, v_opt: float, alpha_opt: float = 0.05, scale: float = 1.0, other_scale: float = 1.0
    ) -> None:
        self._native = _crm.MixtureBound(kind, v_opt, alpha_opt, scale, other_scale)

    @property
    def precision(self) -> float:
        """The precision of the prior, in units of variance."""
        return self._native.precision()

    def ln_mixture(self, s: float, v: float) -> float:
        """The logarithm of the evidence that the sum `s` with variance so far `v` gives against a mean of 0."""
        return self._native.ln_mixture(s, v)

    def p_value(self, s: float, v: float) -> tuple[float, float]:
        """The always-valid p-value of a sum, and its logarithm."""
        return self._native.p_value(s, v)

    def bound(self, v: float, alpha: float = 0.05) -> float:
        """What the sum (two-sided: its modulus) exceeds at any time with probability at most alpha, at variance so far `v`.

        Raises:
            InvalidArgumentError: `v` is negative or infinite, or alpha outside (0, 1).
        """
        return self._native.bound(v, alpha)


def stitched_bound(
    v: float, alpha: float = 0.05, *, v_min: float, scale: float = 0.0, exponent: float = 1.4, ratio: float = 2.0
) -> float:
    """The polynomial stitched bound: what a sub-gamma sum exceeds at any time with probability at most alpha, at variance so far `v`.

    Args:
        v: The variance so far.
        alpha: The probability.
        v_min: The variance below which the bound stays what it is there.
        scale: 0 for sub-Gaussian sums, c for sub-gamma ones.
        exponent: The power with which error falls off over epochs; above 1.
        ratio: That of the variances of neighbouring epochs; above 1.

    Raises:
        InvalidArgumentError: A number makes no sense.

    >>> round(stitched_bound(100, 0.05, v_min=10, scale=3), 5)
    64.48755
    """
    return _crm.stitched_bound(v, alpha, v_min, scale, exponent, ratio)


def empirical_process_bound(t: float, alpha: float = 0.05, *, t_min: float, a: float = 0.85) -> float:
    """The radius of a band around the empirical distribution function that holds at all sample sizes from `t_min` on, at size `t`.

    Raises:
        InvalidArgumentError: A number makes no sense; `a` must be above 0.7072.

    >>> round(empirical_process_bound(1000, 0.05, t_min=100), 6)
    0.082048
    """
    return _crm.empirical_process_bound(t, alpha, t_min, a)


def bernoulli_sequence(conversions: int, trials: int, alpha: float = 0.05, *, trials_opt: float) -> Interval:
    """The confidence sequence of one rate: at all sample sizes at once, the interval holds the rate with probability at least 1 - alpha.

    Args:
        conversions: How many converted.
        trials: Of how many.
        alpha: 1 less the confidence.
        trials_opt: The number of trials at which it is nearly tightest.

    Raises:
        InvalidArgumentError: A number makes no sense.

    >>> print(bernoulli_sequence(700, 1000, trials_opt=100))
    0.65163 to 0.74595
    """
    return Interval(*_crm.bernoulli_sequence(conversions, trials, alpha, trials_opt))  # type: ignore[arg-type]


def quantile_sequence_p_value(
    target: ColumnLike, control: ColumnLike, p: float = 0.5, *, observations_opt: float
) -> tuple[float, float]:
    """The always-valid p-value of equal quantiles in two samples, from all values seen so far, and its logarithm.

    Args:
        target: All values of those who were treated.
        control: All values of those who were not.
        p: The order of the quantile; 0.5 is the median.
        observations_opt: The number of values of one arm at which the test is nearly most sensitive.

    Raises:
        EmptyError: An arm has no values.
        InvalidValueError: A value is NaN.
        InvalidArgumentError: A number makes no sense.

    >>> p, _ = quantile_sequence_p_value(range(101, 1101), range(1, 1001), observations_opt=100)
    >>> round(p, 7)
    0.0054947
    """
    columns = number_column("target", target), number_column("control", control)
    return _crm.quantile_sequence_p_value(*columns, p, observations_opt)
