"""Horizons and rates that carry their unit."""

from __future__ import annotations

import enum
from typing import Any, ClassVar, Final, TypeAlias

from crm import _crm
from crm.customer.base import TimeUnit
from crm.customer.period import Period
from crm.error import WrongTypeError

__all__ = ["FOREVER", "DiscountRate", "Forever", "Horizon", "RetentionRate", "native_discount", "native_horizon"]


class Forever(enum.Enum):
    """A horizon without end: sums over it are finite only when they are discounted."""

    FOREVER = "forever"

    def __repr__(self) -> str:
        return "FOREVER"


FOREVER: Final = Forever.FOREVER
"""A horizon without end."""
Horizon: TypeAlias = Period | Forever
"""How far a prediction looks ahead: a period, or `FOREVER`."""


def native_horizon(argument: str, horizon: Horizon) -> _crm.Period | None:
    """The native period, `None` without end; a bare number is refused."""
    if isinstance(horizon, Period):
        return horizon._native
    if horizon is FOREVER:
        return None
    message = f"{argument}: {horizon!r} is not accepted: must be a period with its unit, such as crm.Period.months(12), or crm.FOREVER"
    raise WrongTypeError(message, argument=argument)


class DiscountRate:
    """The rate at which later money counts less, with the time that it is quoted for.

    A rate of i per period is the continuous rate ln(1 + i) per period; units convert by their days, so discounting to a date gives the
    same factor whatever unit a model was fitted in.

    >>> rate = DiscountRate.annual(0.15)
    >>> round(rate.effective("week"), 6)
    0.002682
    >>> rate == DiscountRate.per(0.15, "year_mean")
    True
    """

    __slots__ = ("_arguments", "_native")
    _native: _crm.DiscountRate
    _arguments: tuple[str, tuple[Any, ...]]
    NONE: ClassVar[DiscountRate]
    """No discounting."""

    @classmethod
    def _of(cls, native: _crm.DiscountRate, name: str, *arguments: Any) -> DiscountRate:
        rate = cls.__new__(cls)
        rate._native = native
        rate._arguments = (name, arguments)
        return rate

    @classmethod
    def annual(cls, rate: float) -> DiscountRate:
        """An effective rate a year of 365.25 days: money due a year later counts 1 / (1 + rate).

        Raises:
            InvalidArgumentError: The rate is negative or not finite.
        """
        return cls._of(_crm.DiscountRate.annual(rate), "annual", rate)

    @classmethod
    def per(cls, rate: float, unit: TimeUnit) -> DiscountRate:
        """An effective rate per unit of time.

        Raises:
            InvalidArgumentError: The rate is negative or not finite, or there is no such unit.
        """
        return cls._of(_crm.DiscountRate.per(rate, unit), "per", rate, unit)

    @classmethod
    def continuous_per(cls, rate: float, unit: TimeUnit) -> DiscountRate:
        """A continuously compounded rate per unit of time, the delta of the papers.

        Raises:
            InvalidArgumentError: The rate is negative or not finite, or there is no such unit.
        """
        return cls._of(_crm.DiscountRate.continuous_per(rate, unit), "continuous_per", rate, unit)

    def continuous(self, unit: TimeUnit) -> float:
        """The continuous rate per unit of time."""
        return self._native.continuous(unit)

    def effective(self, unit: TimeUnit) -> float:
        """The effective rate per unit of time."""
        return self._native.effective(unit)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, DiscountRate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.continuous("day"))

    def __reduce__(self) -> tuple[Any, ...]:
        name, arguments = self._arguments
        return getattr(DiscountRate, name), arguments

    def __repr__(self) -> str:
        name, arguments = self._arguments
        return f"DiscountRate.{name}({', '.join(map(repr, arguments))})"


DiscountRate.NONE = DiscountRate.continuous_per(0.0, "day")


def native_discount(argument: str, rate: DiscountRate) -> _crm.DiscountRate:
    """The native rate; a bare number is refused, because nobody could tell the time that it is for."""
    if isinstance(rate, DiscountRate):
        return rate._native
    message = (
        f"{argument}: {rate!r} is not accepted: must be a rate with the time that it is for, such as crm.DiscountRate.annual(0.1), "
        "or crm.DiscountRate.NONE"
    )
    raise WrongTypeError(message, argument=argument)


class RetentionRate:
    """The share of customers who stay, with the time that it is quoted for.

    A rate of r per period is r^(t / period) over a time t; units convert by their days, as those of `DiscountRate` do.

    Args:
        rate: The share that stays over a unit of time, 0 to 1.
        unit: That unit.

    Raises:
        InvalidArgumentError: The share is outside 0 to 1, or there is no such unit.

    >>> rate = RetentionRate.annual(0.64)
    >>> round(rate.per("month_mean") ** 12, 12)
    0.64
    """

    __slots__ = ("_native", "_rate", "_unit")

    def __init__(self, rate: float, unit: TimeUnit) -> None:
        self._native = _crm.RetentionRate(rate, unit)
        self._rate = rate
        self._unit = unit

    @classmethod
    def annual(cls, rate: float) -> RetentionRate:
        """The share that stays over a year of 365.25 days.

        Raises:
            InvalidArgumentError: The share is outside 0 to 1.
        """
        return cls(rate, "year_mean")

    def per(self, unit: TimeUnit) -> float:
        """The share that stays over another unit of time."""
        return self._native.per(unit)

    def expected_lifetime(self, unit: TimeUnit) -> float | None:
        """The expected number of units that a customer begins, 1 / (1 - r); `None` if nobody ever leaves."""
        return self._native.expected_lifetime(unit)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, RetentionRate) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.per("day"))

    def __reduce__(self) -> tuple[Any, ...]:
        return RetentionRate, (self._rate, self._unit)

    def __repr__(self) -> str:
        return f"RetentionRate({self._rate!r}, {self._unit!r})"
