"""Extreme values moved to bounds that both arms share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.experiment.mean_arm import JointArm, MeanArm, _columns

__all__ = ["Winsor", "Winsorized"]


@dataclass(frozen=True)
class Winsorized:
    """A column after its extreme values were moved."""

    values: npt.NDArray[np.float64]
    """The values, in the order of the rows."""
    below: int
    """How many were below the lower bound."""
    above: int
    """How many were above the upper bound."""


class Winsor:
    """Bounds that values are moved to: a value below the lower bound becomes it, one above the upper bound becomes that.

    A few very large values can hide any effect on a mean. Winsorising takes their size, but not their rows. It must treat both arms alike: bounds come from all
    arms together, never from each, and stay the same for every batch, so that arms merge. What is compared then is the mean of the *clipped* value: it is a valid
    test of "no effect", but an effect on the values beyond the bounds is not seen, and what a campaign earned has to be taken from unclipped values.

    Args:
        lower: The lower bound; -infinity for none.
        upper: The upper bound; infinity for none.

    Raises:
        InvalidArgumentError: A bound is NaN, or the lower one is above the upper.

    >>> target, control = [0.0, 12.0, 9.0, 950.0], [3.0, 0.0, 8.0, 11.0]
    >>> winsor = Winsor.fit([target, control], upper_share=0.125)  # the highest eighth of all eight values
    >>> winsor.upper, winsor.apply(target).above, winsor.mean_arm(target).mean
    (12.0, 1, 8.25)

    Source: Dixon (1960), Annals of Mathematical Statistics 31(2); Dixon and Tukey (1968), Technometrics 10(1).
    """

    __slots__ = ("_native",)
    _native: _crm.Winsor

    def __init__(self, lower: float = -math.inf, upper: float = math.inf) -> None:
        self._native = _crm.Winsor(lower, upper)

    @classmethod
    def _of(cls, native: _crm.Winsor) -> Winsor:
        winsor = cls.__new__(cls)
        winsor._native = native
        return winsor

    @classmethod
    def fit(cls, columns: Sequence[ColumnLike], *, lower_share: float = 0.0, upper_share: float = 0.01) -> Winsor:
        """Bounds such that so large a share of all rows lies beyond each.

        Args:
            columns: The same value in all arms.
            lower_share: The share of rows, rounded down, below the lower bound; 0 for no bound.
            upper_share: The share of rows, rounded down, above the upper bound; 0 for no bound.

        Raises:
            InvalidArgumentError: Shares are outside [0, 1), sum to 1 or more, or leave a single value of several.
            InvalidValueError: A value is NaN or infinite.
            EmptyError: There are no values.
        """
        natives = [number_column(f"columns[{place}]", column) for place, column in enumerate(columns)]
        return cls._of(_crm.Winsor.fit(natives, lower_share, upper_share))

    @property
    def lower(self) -> float:
        """The lower bound; -infinity for none."""
        return self._native.lower()

    @property
    def upper(self) -> float:
        """The upper bound; infinity for none."""
        return self._native.upper()

    def apply(self, values: ColumnLike) -> Winsorized:
        """A column with the values beyond a bound moved to it, and how many these were.

        Raises:
            InvalidValueError: A value is NaN or infinite.
        """
        clipped, below, above = self._native.apply(number_column("values", values))
        return Winsorized(np.asarray(clipped, dtype=np.float64), below, above)

    def mean_arm(self, values: ColumnLike) -> MeanArm:
        """The arm of a column with its extreme values moved.

        Raises:
            InvalidValueError: A value is NaN or infinite.
        """
        return MeanArm._of(self._native.mean_arm(number_column("values", values)))

    def joint_arm(
        self, value: ColumnLike, *, denominator: ColumnLike | None = None, covariates: Sequence[ColumnLike] = ()
    ) -> JointArm:
        """The arm of several columns with the extremes of the value moved.

        Denominator and covariates stay as they are; a covariate with extremes of its own gets bounds of its own before.

        Raises:
            LengthMismatchError: Columns differ in length.
            InvalidValueError: A value is NaN or infinite.
        """
        return JointArm._of(self._native.joint_arm(*_columns(value, denominator, covariates)))

    @classmethod
    def from_json(cls, text: str) -> Winsor:
        """Bounds from their JSON text.

        Raises:
            CorruptError: The text is not bounds.
            IncompatibleError: It is one of a later version.
        """
        return cls._of(_crm.Winsor.from_json(text))

    def to_json(self) -> str:
        """The bounds as JSON text, to the last bit."""
        return self._native.to_json()

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Winsor) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.lower, self.upper))

    def __reduce__(self) -> tuple[object, ...]:
        return Winsor.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        return f"<Winsor: from {self.lower:.6g} to {self.upper:.6g}>"
