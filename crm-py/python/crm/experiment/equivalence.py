"""Equivalence: an effect that is neither too low nor too high."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from crm import _crm
from crm.error import InvalidArgumentError
from crm.experiment.options import Alternative
from crm.experiment.result import Interval, SplitCheck, TestResult

__all__ = ["Equivalence", "equivalence"]


@dataclass(frozen=True)
class Equivalence:
    """Two one-sided tests, against either margin."""

    above: TestResult
    """The test that the effect is above the lower margin."""
    below: TestResult
    """The test that the effect is below the upper margin."""
    p_value: float
    """The larger of both p-values."""
    ln_p_value: float
    """Its natural logarithm."""
    interval: Interval
    """The values that neither test rejects, from the lowest to the highest: of confidence 1 - 2 alpha."""
    is_equivalent: bool
    """Whether both tests reject, which is whether the interval lies between the margins."""
    split: SplitCheck
    """Whether the customers were split as planned, as both tests say: look at this first."""


def equivalence(compare: Callable[..., TestResult], lower_margin: float, upper_margin: float) -> Equivalence:
    """Tests whether an effect lies between two margins, by two one-sided tests (TOST) of any kind.

    Args:
        compare: The test, which hands on what it is given: the options `alternative` and `null`.
        lower_margin: The lowest effect that is equivalent, in terms of the contrast of the test: for a ratio such as 0.8.
        upper_margin: The highest: 1.25.

    Raises:
        InvalidArgumentError: The margins are not finite or not in order, or no value of the contrast.
        CrmError: What the test fails with.

    Two rates that are within half a point of each other, and two samples by ranks:

    >>> import crm
    >>> target, control = crm.BinaryArm(4980, 50_000), crm.BinaryArm(5000, 50_000)
    >>> found = crm.equivalence(lambda **test: crm.compare_proportions(target, control, **test), -0.005, 0.005)
    >>> found.is_equivalent, found.interval.lower > -0.005
    (True, True)
    >>> visits, before = [3, 1, 4, 1, 5, 9, 2, 6], [2, 7, 1, 8, 2, 8, 1, 8]
    >>> crm.equivalence(lambda **test: crm.mann_whitney(visits, before, **test).test, -1.0, 1.0).is_equivalent
    False

    Source: Schuirmann (1987), Journal of Pharmacokinetics and Biopharmaceutics 15.
    """
    _crm.check_margins(lower_margin, upper_margin)
    above = _test(compare, "greater", "lower_margin", lower_margin)
    below = _test(compare, "less", "upper_margin", upper_margin)
    p_value, ln_p_value, interval, is_equivalent = _crm.equivalence_of(above, below)
    return Equivalence(above, below, p_value, ln_p_value, Interval(*interval), is_equivalent, above.split)  # type: ignore[arg-type]


def _test(compare: Callable[..., TestResult], alternative: Alternative, margin: str, null: float) -> TestResult:
    """One of the tests; a null that it refuses is a margin for the caller."""
    try:
        return compare(alternative=alternative, null=null)
    except InvalidArgumentError as refusal:
        if refusal.argument != "null":
            raise
        raise InvalidArgumentError(f"{margin}: {refusal}", argument=margin) from refusal
