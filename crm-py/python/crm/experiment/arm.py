"""Statistics of one arm of an experiment."""

from __future__ import annotations

from crm import _crm
from crm.column import ColumnLike, number_column

__all__ = ["BinaryArm"]


class BinaryArm:
    """Conversions out of trials: all that a test of rates needs to know of an arm.

    Arms merge, so that they can be counted by day, by shard or by any other engine, and put together later.

    Args:
        conversions: How many converted, at most the number of trials.
        trials: How many there are, from 1 to 2^53.

    Raises:
        InvalidArgumentError: There are no trials, or more conversions than trials.
        OutOfRangeError: There are more than 2^53 trials.

    >>> monday, tuesday = BinaryArm(12, 100), BinaryArm(9, 110)
    >>> monday.merge(tuesday)
    BinaryArm(21, 210)
    >>> monday.rate
    0.12
    """

    __slots__ = ("_native",)

    def __init__(self, conversions: int, trials: int) -> None:
        self._native = _crm.BinaryArm(conversions, trials)

    @classmethod
    def _of(cls, native: _crm.BinaryArm) -> BinaryArm:
        arm = cls.__new__(cls)
        arm._native = native
        return arm

    @classmethod
    def from_flags(cls, converted: ColumnLike) -> BinaryArm:
        """Counts whether each of the trials converted.

        Args:
            converted: Truth values, or 0 and 1.

        Raises:
            EmptyError: There are no trials.
            InvalidValueError: A value is neither 0 nor 1.

        >>> BinaryArm.from_flags([True, False, False])
        BinaryArm(1, 3)
        """
        return cls._of(_crm.BinaryArm.from_flags(number_column("converted", converted, truths=True)))

    def merge(self, other: BinaryArm) -> BinaryArm:
        """Both arms as one.

        Raises:
            OutOfRangeError: There are more than 2^53 trials together.
        """
        return BinaryArm._of(self._native.merge(other._native))

    @property
    def conversions(self) -> int:
        """How many converted."""
        return self._native.conversions()

    @property
    def trials(self) -> int:
        """How many there are."""
        return self._native.trials()

    @property
    def rate(self) -> float:
        """Conversions over trials."""
        return self._native.rate()

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, BinaryArm) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._native)

    def __reduce__(self) -> tuple[object, ...]:
        return BinaryArm, (self.conversions, self.trials)

    def __repr__(self) -> str:
        return f"BinaryArm({self.conversions}, {self.trials})"
