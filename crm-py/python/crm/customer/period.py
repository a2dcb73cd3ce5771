"""Lengths of time with their unit."""

from __future__ import annotations

from typing import Any

from crm import _crm
from crm.customer.base import TimeUnit
from crm.error import WrongTypeError

__all__ = ["Period", "native_period"]


class Period:
    """A length of time with its unit: what horizons are given in, so that none is ever a bare number.

    Args:
        length: The number of units, from 0 to 1e15.
        unit: "day", "week", "month30", "month_mean", "year365" or "year_mean": 1, 7, 30, 365.25 / 12, 365 or 365.25 days.

    Raises:
        InvalidArgumentError: The length is negative, too large or no number, or there is no such unit.

    >>> Period(52, "week").in_unit("day")
    364.0
    >>> print(Period.months(12))
    12 month_mean
    >>> Period.weeks(2) == Period(2, "week")
    True
    """

    __slots__ = ("_native",)
    _native: _crm.Period

    def __init__(self, length: float, unit: TimeUnit) -> None:
        self._native = _crm.Period(length, unit)

    @classmethod
    def _of(cls, native: _crm.Period) -> Period:
        period = cls.__new__(cls)
        period._native = native
        return period

    @classmethod
    def days(cls, length: float) -> Period:
        """So many days."""
        return cls(length, "day")

    @classmethod
    def weeks(cls, length: float) -> Period:
        """So many weeks."""
        return cls(length, "week")

    @classmethod
    def months(cls, length: float) -> Period:
        """So many mean months, of 365.25 / 12 days."""
        return cls(length, "month_mean")

    @classmethod
    def years(cls, length: float) -> Period:
        """So many mean years, of 365.25 days."""
        return cls(length, "year_mean")

    @property
    def length(self) -> float:
        """The number of units."""
        return self._native.length()

    @property
    def unit(self) -> TimeUnit:
        """The unit."""
        return self._native.unit()

    def in_unit(self, unit: TimeUnit) -> float:
        """The same length counted in another unit.

        Raises:
            InvalidArgumentError: There is no such unit.
        """
        return self._native.in_unit(unit)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Period) else NotImplemented

    def __hash__(self) -> int:
        return hash((self.length, self.unit))

    def __reduce__(self) -> tuple[Any, ...]:
        return Period, (self.length, self.unit)

    def __str__(self) -> str:
        return str(self._native)

    def __repr__(self) -> str:
        return f"Period({self.length!r}, {self.unit!r})"


def native_period(argument: str, period: Period) -> _crm.Period:
    """The native period; a bare number is refused, because nobody could tell its unit."""
    if isinstance(period, Period):
        return period._native
    message = f'{argument}: {period!r} is not accepted: must be a period with its unit, such as crm.Period(12, "week") or crm.Period.months(12)'
    raise WrongTypeError(message, argument=argument)
