"""Whether users were split as planned: the check that every analysis starts with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm import _crm
from crm.column import integer_list, number_list

__all__ = ["SampleRatio", "SampleRatioLook", "SequentialSampleRatio", "sample_ratio"]


@dataclass(frozen=True)
class SampleRatio:
    """How users were split, against the plan."""

    observed: list[int]
    """Users of each arm."""
    expected: list[float]
    """Users of each arm by the plan; none without a plan."""
    statistic: float
    """Pearson's chi-square over the arms that were to have users; infinite if another has some, NaN without a plan."""
    degrees_of_freedom: float
    """Arms that were to have users, less 1."""
    p_value: float
    """The p-value; NaN without users and without a plan."""
    ln_p_value: float
    """The natural logarithm of the p-value, which does not underflow."""
    threshold: float
    """The p-value below which the split is flagged."""
    finding: str
    """"as_planned", "mismatch", "unexpected_users" (in an arm of weight 0), "no_users", or "unplanned": nothing was checked."""
    is_flagged: bool
    """Whether something is wrong with the split: find out what before you read any effect."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> SampleRatio:
        return cls(**fields)


def sample_ratio(observed: Sequence[int], weights: Sequence[float], *, threshold: float | None = None) -> SampleRatio:
    """Tests whether users were split as planned, by Pearson's chi-square.

    Where one of two arms was to have fewer than five users its p-value is too small, up to ten times: such a split is a finding only if the exact
    binomial test is below the threshold too.

    Arms of weight 0 are not in the sum; if one has users, that alone is a finding, and the p-value is 0.

    Args:
        observed: Users of each arm.
        weights: The planned split, of any scale.
        threshold: The p-value below which the split is flagged; `None` is 0.01.

    Raises:
        EmptyError: There are no arms.
        LengthMismatchError: There is another number of weights than arms.
        InvalidValueError: A weight is not finite and 0 or more.
        InvalidArgumentError: All weights are 0, a count is below 0, or the threshold is outside (0, 1).

    >>> import crm
    >>> split = crm.sample_ratio([45_489, 44_700], [1, 1])  # Cookie Cats
    >>> round(split.p_value, 4), split.is_flagged
    (0.0086, True)

    Source: Fabijan and others (2019), "Diagnosing sample ratio mismatch in online controlled experiments", KDD.
    """
    return SampleRatio._of(_crm.sample_ratio(integer_list("observed", observed), number_list("weights", weights), threshold))


@dataclass(frozen=True)
class SampleRatioLook:
    """A look at a running split."""

    ln_bayes_factor: float
    """The natural logarithm of the Bayes factor against the plan, at this look."""
    p_value: float
    """The p-value over all looks so far."""
    ln_p_value: float
    """Its natural logarithm."""


class SequentialSampleRatio:
    """A check of the split that may be read after every user: the p-value holds however often it is looked at.

    Args:
        weights: The planned split, of any scale.
        concentration: The higher, the nearer to the plan the mismatches that are expected: 100 finds those of a few per cent.

    Raises:
        InvalidValueError: A weight is not finite and 0 or more.
        InvalidArgumentError: All weights are 0, or the concentration is not above 0 and finite.

    >>> import crm
    >>> check = crm.SequentialSampleRatio([1, 1])
    >>> round(check.look([821_588, 815_482]).p_value, 6)
    0.001456
    >>> later = crm.SequentialSampleRatio.from_json(check.to_json())  # goes on where it was
    >>> round(later.look([1_000_000, 1_000_000]).p_value, 6)
    0.001456

    Source: Lindon and Malek (2022), "Anytime-valid inference for multinomial count data", NeurIPS.
    """

    __slots__ = ("_native",)

    def __init__(self, weights: Sequence[float], *, concentration: float = 100.0) -> None:
        self._native = _crm.SequentialSampleRatio(number_list("weights", weights), concentration)

    def look(self, observed: Sequence[int]) -> SampleRatioLook:
        """Looks at all users so far, from the start of the experiment.

        Raises:
            LengthMismatchError: There is another number of arms.
            OutOfRangeError: There are more than 2^53 users.
            IncompatibleError: An arm, named as the row, has fewer users than at the look before; the check is then as it was.
        """
        return SampleRatioLook(*self._native.look(integer_list("observed", observed)))

    def to_json(self) -> str:
        """The state as JSON text."""
        return self._native.to_json()

    @classmethod
    def from_json(cls, text: str) -> SequentialSampleRatio:
        """A check from its JSON text.

        Raises:
            CorruptError: The text is no such state.
            IncompatibleError: It is one of a later version.
        """
        check = cls.__new__(cls)
        check._native = _crm.SequentialSampleRatio.from_json(text)
        return check

    def __reduce__(self) -> tuple[object, ...]:
        return SequentialSampleRatio.from_json, (self.to_json(),)
