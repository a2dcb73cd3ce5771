"""Quantiles of arms, from summaries that merge."""

from __future__ import annotations

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.experiment.options import Alternative, Contrast, native_options
from crm.experiment.result import TestResult
from crm.instance import must_be

__all__ = ["QuantileArm", "compare_quantiles", "quantile_interval"]


class QuantileArm:
    """The values of an arm as its quantiles need them.

    Up to `most_distinct` distinct values all are counted and quantiles are exact; beyond, values are counted in buckets of equal ratio,
    and a quantile differs by a share of `relative_error` at most. Summaries merge, with a result that is the same for any partition.

    Args:
        values: A column, in any order.
        most_distinct: Up to how many distinct values all are counted, 0 to 10,000,000.
        relative_error: The share by which a quantile from buckets may be off, inside (0.0001, 0.5).

    Raises:
        EmptyError: There are no values.
        InvalidValueError: A value is not finite.
        InvalidArgumentError: An option is out of range.

    >>> monday, tuesday = QuantileArm([1, 2]), QuantileArm([4, 3])
    >>> arm = monday.merge(tuesday)
    >>> arm.count, arm.quantile(0.25), arm.is_exact
    (4, 1.75, True)
    """

    __slots__ = ("_native",)

    def __init__(self, values: ColumnLike, *, most_distinct: int = 65_536, relative_error: float = 0.005) -> None:
        self._native = _crm.QuantileArm(number_column("values", values, truths=True), most_distinct, relative_error)

    @classmethod
    def _of(cls, native: _crm.QuantileArm) -> QuantileArm:
        arm = cls.__new__(cls)
        arm._native = native
        return arm

    @classmethod
    def from_counts(
        cls, values: ColumnLike, counts: ColumnLike, *, most_distinct: int = 65_536, relative_error: float = 0.005
    ) -> QuantileArm:
        """From values with how often each came, as an engine that groups by value has them.

        Raises:
            LengthMismatchError: The columns differ in length.
            InvalidValueError: A count is no whole number from 0 on.

        >>> QuantileArm.from_counts([0, 20, 50], [900, 70, 30]).quantile(0.95)
        20.0
        """
        columns = number_column("values", values, truths=True), number_column("counts", counts)
        return cls._of(_crm.QuantileArm.from_counts(*columns, most_distinct, relative_error))

    def merge(self, other: QuantileArm) -> QuantileArm:
        """The rows of both.

        Raises:
            IncompatibleError: They count with different options.
        """
        return QuantileArm._of(self._native.merge(other._native))

    @property
    def count(self) -> int:
        """How many rows there are."""
        return self._native.count()

    @property
    def is_exact(self) -> bool:
        """Whether all distinct values are counted, so that quantiles are exact."""
        return self._native.is_exact()

    def quantile(self, probability: float) -> float:
        """The quantile of a probability from 0 to 1, as NumPy's default."""
        return self._native.quantile(probability)

    def to_json(self) -> str:
        """The summary as JSON text."""
        return self._native.to_json()

    @classmethod
    def from_json(cls, text: str) -> QuantileArm:
        """A summary from its JSON text.

        Raises:
            CorruptError: The text is no summary.
            IncompatibleError: It is one of a later version.
        """
        return cls._of(_crm.QuantileArm.from_json(text))

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, QuantileArm) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        return QuantileArm.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        return f"<QuantileArm: {self.count} rows, {'exact' if self.is_exact else 'in buckets'}>"


def compare_quantiles(
    target: QuantileArm,
    control: QuantileArm,
    probability: float,
    *,
    contrast: Contrast = "difference",
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
    target_share: float | None = None,
) -> TestResult:
    """Compares a quantile of two arms from their summaries, without a density.

    Args:
        target: Those who were treated.
        control: Those who were not.
        probability: Of the quantile, inside (0, 1).
        contrast: In what terms: difference, lift or ratio.
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence 1 - alpha.
        null: The value of the contrast under the null; `None` is "no effect".
        target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

    Raises:
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> target, control = crm.QuantileArm([3 * row for row in range(400)]), crm.QuantileArm([2 * row for row in range(400)])
    >>> found = crm.compare_quantiles(target, control, 0.9, contrast="ratio")
    >>> round(found.estimate, 6), found.rejects
    (1.5, True)
    """
    options = native_options(contrast, alternative, alpha, null, target_share)
    must_be(QuantileArm, target=target, control=control)
    return TestResult._of(_crm.compare_quantiles(target._native, control._native, probability, options))


def quantile_interval(
    arm: QuantileArm,
    probability: float,
    *,
    alternative: Alternative = "two_sided",
    alpha: float = 0.05,
    null: float | None = None,
) -> TestResult:
    """An interval for a quantile of one arm from its order statistics, and the test of a value of it.

    Args:
        arm: The summary.
        probability: Of the quantile, inside (0, 1).
        alternative: Which deviations from the null count against it.
        alpha: The level of the test, inside (0, 1); the interval has confidence of at least 1 - alpha.
        null: The value of the quantile under the null; `None` is 0.

    Raises:
        InvalidArgumentError: An option makes no sense.

    >>> import crm
    >>> found = crm.quantile_interval(crm.QuantileArm(list(range(1, 26))), 0.5)
    >>> found.interval.lower, found.estimate, found.interval.upper
    (8.0, 13.0, 18.0)
    """
    options = native_options("difference", alternative, alpha, null)
    must_be(QuantileArm, arm=arm)
    return TestResult._of(_crm.quantile_interval(arm._native, probability, options))
