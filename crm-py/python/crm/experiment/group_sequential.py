"""Group-sequential tests: looks at growing data, with the error spread over them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import number_list
from crm.experiment.options import Alternative
from crm.experiment.result import Interval

__all__ = [
    "Futility",
    "GroupSequential",
    "GroupSequentialLook",
    "SequentialDecision",
    "SequentialPower",
    "StagewiseInference",
    "StoppingBoundary",
]

StoppingBoundary: TypeAlias = Literal[
    "obrien_fleming",
    "pocock",
    "wang_tsiatis",
    "spend_obrien_fleming",
    "spend_pocock",
    "spend_power",
    "spend_hwang_shih_de_cani",
]
"""The shape of a boundary over looks that are all planned ahead, or (`spend_*`) the function by which it spends error as information comes."""

SequentialDecision: TypeAlias = Literal["continue", "reject", "futile", "exhausted"]
"""What to do after a look: go on; the null is rejected; going on is not worth it; all error is spent and nothing is rejected."""


@dataclass(frozen=True)
class Futility:
    """A lower boundary at which it is not worth going on; crossing it may be ignored without harm to alpha.

    Under `drift`, paths below it have probability `beta` in all.
    """

    beta: float
    """The error of the second kind; above 0, below 1 - alpha."""
    boundary: StoppingBoundary = "spend_obrien_fleming"
    """How it is spent; one of the spending functions."""
    parameter: float | None = None
    """The parameter of the spending function; `None` is its default."""
    drift: float | None = None
    """The mean of z at information 1 under the effect hoped for; `None` is the one at which the power is 1 - beta, which needs all looks."""


@dataclass(frozen=True)
class GroupSequentialLook:
    """A look at the data of a group-sequential test."""

    look: int
    """The number of the look, from 0."""
    information: float
    """Its information fraction."""
    decision: SequentialDecision
    """What to do."""
    statistic: float
    """(Estimate - null) / standard error."""
    critical_value: float
    """What the statistic had to exceed (its modulus if two-sided, its negative for "less")."""
    futility_value: float
    """What the statistic had to reach for going on; -inf without futility."""
    alpha_spent: float
    """The error spent so far."""
    interval: Interval
    """The repeated confidence interval: all looks together cover; it excludes the null if and only if the look rejects."""
    p_value: float
    """The stage-wise adjusted p-value, as if the test ended here: at most `alpha_spent` if and only if the look rejects."""
    ln_p_value: float
    """Its natural logarithm."""
    status: str
    """Whether the data could answer: "ok", or why not."""

    @classmethod
    def _of(cls, fields: dict[str, Any]) -> GroupSequentialLook:
        return cls(**{**fields, "interval": Interval(*fields["interval"])})


@dataclass(frozen=True)
class StagewiseInference:
    """Estimates that allow for the looks before, for a test that has ended."""

    p_value: float
    """The stage-wise adjusted p-value."""
    median_unbiased: float
    """The effect under which what was seen, or more, has probability 1/2."""
    interval: Interval
    """The interval of confidence 1 - alpha from the same ordering."""


@dataclass(frozen=True)
class SequentialPower:
    """How a group-sequential test ends under an effect."""

    drift: float
    """The mean of z at information 1."""
    power: float
    """P(rejecting at any look); both sides if two-sided."""
    reject: npt.NDArray[np.float64]
    """P(rejecting at the look) in the direction of the alternative (upward if two-sided)."""
    stop_below: npt.NDArray[np.float64]
    """P(stopping at the look below): rejection downward if two-sided, futility if there is such, else 0."""
    expected_information: float
    """The mean information fraction at which the test ends."""


class GroupSequential:
    """A group-sequential test at given looks: critical values whose crossing has probability alpha in all.

    With a spending function, looks need not be planned: each takes the information at hand, and critical values of earlier looks stay what
    they were.

    Args:
        information: The information fraction of each look, rising: for example the share of the planned customers. Spending functions take
            the looks so far; the other boundaries all looks, the last at 1.
        boundary: The shape, or the spending function.
        parameter: That of "wang_tsiatis" (default 0.25), "spend_power" (3) or "spend_hwang_shih_de_cani" (-4).
        alpha: The error over all looks, of both sides together if two-sided; inside (0, 1).
        alternative: Which deviations count.
        ended: Whether the last look is the end whatever its information: what is left of alpha is spent there.
        futility: When to give up; one-sided tests only.

    Raises:
        InvalidArgumentError: An option makes no sense, or fractions do not rise by at least 1e-6.
        EmptyError: There is no look.

    >>> test = GroupSequential([0.5, 1.0])
    >>> test.critical_values.round(4)
    array([2.9626, 1.9686])
    >>> test.look(0.031, 0.01, look=0).decision
    'reject'
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        information: Iterable[float],
        *,
        boundary: StoppingBoundary = "spend_obrien_fleming",
        parameter: float | None = None,
        alpha: float = 0.05,
        alternative: Alternative = "two_sided",
        ended: bool = False,
        futility: Futility | None = None,
    ) -> None:
        given = None if futility is None else (futility.boundary, futility.parameter, futility.beta, futility.drift)
        looks = number_list("information", information)
        self._native = _crm.GroupSequential(looks, boundary, parameter, alpha, alternative, ended, given)

    @property
    def information(self) -> npt.NDArray[np.float64]:
        """The information fraction of each look."""
        return np.array(self._native.information())

    @property
    def critical_values(self) -> npt.NDArray[np.float64]:
        """What z must exceed at each look (its modulus if two-sided, -z for "less"); infinite where too little may be spent."""
        return np.array(self._native.critical_values())

    @property
    def alpha_spent(self) -> npt.NDArray[np.float64]:
        """The error spent up to each look."""
        return np.array(self._native.alpha_spent())

    @property
    def nominal_alpha(self) -> npt.NDArray[np.float64]:
        """The p-value that a test at each look alone would have at the critical value."""
        return np.array(self._native.nominal_alpha())

    @property
    def futility_values(self) -> npt.NDArray[np.float64]:
        """What z must reach at each look for going on; -inf without futility."""
        return np.array(self._native.futility_values())

    @property
    def futility_drift(self) -> float:
        """The drift under which beta is spent; NaN without futility."""
        return self._native.futility_drift()

    def look(self, estimate: float, standard_error: float, *, look: int = -1, null: float = 0.0) -> GroupSequentialLook:
        """What the test says at a look, from an estimate of the effect with its standard error.

        Args:
            estimate: The effect, by any method whose statistic is about normal.
            standard_error: Its standard error.
            look: The number of the look, from 0; -1 is the last.
            null: The effect under the null.

        Raises:
            InvalidArgumentError: There is no such look, or a number makes no sense.
        """
        return GroupSequentialLook._of(self._native.look(self._place(look), estimate, standard_error, null))

    def inference(self, estimate: float, standard_error: float, *, look: int = -1, null: float = 0.0) -> StagewiseInference:
        """The adjusted p-value, the median-unbiased estimate and the adjusted interval of a test that ended at a look.

        >>> test = GroupSequential([0.5, 1.0])
        >>> round(test.inference(0.031, 0.01, look=0).median_unbiased, 4)
        0.031

        Raises:
            InvalidArgumentError: There is no such look, or a number makes no sense.
        """
        fields = self._native.inference(self._place(look), estimate, standard_error, null)
        return StagewiseInference(fields["p_value"], fields["median_unbiased"], Interval(*fields["interval"]))

    def power(self, drift: float) -> SequentialPower:
        """How the test ends if z at information 1 has mean `drift`: the effect over its standard error then.

        Raises:
            InvalidArgumentError: The drift is beyond 37.
        """
        fields = self._native.power(drift)
        reject, stop_below = np.array(fields["reject"]), np.array(fields["stop_below"])
        return SequentialPower(fields["drift"], fields["power"], reject, stop_below, fields["expected_information"])

    def drift_for_power(self, power: float) -> float:
        """The drift at which P(rejecting in its direction) is `power`; rejections on the wrong side do not count.

        Raises:
            InvalidArgumentError: The power is not above alpha and below 1.
        """
        return self._native.drift_for_power(power)

    def inflation_factor(self, power: float) -> float:
        """The information at the last look over what a test with a single look needs for the same power.

        Multiply the sample size of a test without looks by it.

        >>> round(GroupSequential([0.2, 0.4, 0.6, 0.8, 1.0], boundary="pocock").inflation_factor(0.9), 3)
        1.207

        Raises:
            InvalidArgumentError: The power is not above alpha and below 1.
        """
        return self._native.inflation_factor(power)

    def _place(self, look: int) -> int:
        return len(self._native.information()) - 1 if look == -1 else look

    def __repr__(self) -> str:
        return f"<GroupSequential: {len(self._native.information())} looks>"
