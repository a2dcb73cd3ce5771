"""Statistics of one arm of an experiment on means."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, label_column, number_column, number_list, number_rows
from crm.error import WrongTypeError

__all__ = ["ArmTable", "JointArm", "MeanArm", "mean_arm", "mean_arms", "moments", "moments_of_all"]


T = TypeVar("T")


class Moments(Protocol):
    """What has a count, a mean and a sample variance: an arm of means, or a row of a query."""

    @property
    def count(self) -> int:
        """The number of values."""

    @property
    def mean(self) -> float:
        """Their mean."""

    @property
    def variance(self) -> float:
        """Their sample variance."""


class MeanArm:
    """Count, mean, sum of squared deviations and skewness of a value in one arm.

    Arms merge, so that they can be counted by day, by shard or by any other engine, and put together later. The mean carries the digits that
    rounding took from it, so values with a large offset lose nothing in a difference of two arms. The skewness of an arm from moments or sums is not
    known unless it is told; only the method `skewness_corrected` asks for it.

    Make one with `from_values`, `from_moments`, `from_sums` or `from_conversions`.

    >>> monday, tuesday = MeanArm.from_values([1.0, 2.0, 6.0]), MeanArm.from_moments(2, 4.0, 8.0)
    >>> monday.merge(tuesday)
    <MeanArm: 5 values, mean 3.4, variance 5.8>
    """

    __slots__ = ("_native",)
    _native: _crm.MeanArm

    def __init__(self) -> None:
        self._native = _crm.MeanArm.from_moments(0, 0.0, 0.0, None)

    @classmethod
    def _of(cls, native: _crm.MeanArm) -> MeanArm:
        arm = cls.__new__(cls)
        arm._native = native
        return arm

    @classmethod
    def from_values(cls, values: ColumnLike) -> MeanArm:
        """The arm of a column of numbers; truth values are 0 and 1.

        Raises:
            InvalidValueError: A value is NaN or infinite.
            MissingValueError: A value is missing.
            OutOfRangeError: Values lie so far apart that their squares overflow.
        """
        return cls._of(_crm.MeanArm.from_values("values", number_column("values", values, truths=True)))

    @classmethod
    def from_moments(cls, count: int, mean: float | None, variance: float | None, *, skewness: float | None = None) -> MeanArm:
        """The arm of what SQL engines give as `count(x)`, `avg(x)` and `var_samp(x)`.

        Args:
            count: The number of values.
            mean: Their mean; not looked at for none.
            variance: Their sample variance; not looked at for one value or none.
            skewness: Their third central moment over the cube of the standard deviation, both with divisor n; `None` if it is not known. Spark's
                `skewness(x)` is that; DuckDB's is `sqrt(n (n - 1)) / (n - 2)` times it.

        Raises:
            InvalidArgumentError: The mean is not finite, the variance not finite or negative, or the skewness one that so many values cannot have:
                beyond `(n - 2) / sqrt(n - 1)` on either side.
        """
        mean = math.nan if mean is None else mean
        return cls._of(_crm.MeanArm.from_moments(count, mean, math.nan if variance is None else variance, skewness))

    @classmethod
    def from_sums(cls, count: int, sum: float, sum_of_squares: float, *, shift: float = 0.0) -> MeanArm:
        """The arm of sums of `x - shift` and of its square.

        Raises:
            OutOfRangeError: So much cancels that less than 1e-6 of the sum of squares is left, unless both sums are whole numbers
                below 2^53. A shift close to the mean helps.
            InvalidArgumentError: The sums are not finite, or no values can have them.

        >>> MeanArm.from_sums(3, 6.0, 14.0)
        <MeanArm: 3 values, mean 2, variance 1>
        """
        return cls._of(_crm.MeanArm.from_sums(count, sum, sum_of_squares, shift))

    @classmethod
    def from_conversions(cls, conversions: int, trials: int) -> MeanArm:
        """The arm of values that are 0 or 1.

        Raises:
            InvalidArgumentError: There are more conversions than trials.
        """
        return cls._of(_crm.MeanArm.from_conversions(conversions, trials))

    def merge(self, other: MeanArm) -> MeanArm:
        """Both arms as one.

        Raises:
            OutOfRangeError: Counts or squares overflow.
        """
        return MeanArm._of(self._native.merge(other._native))

    @property
    def count(self) -> int:
        """The number of values."""
        return self._native.count()

    @property
    def mean(self) -> float:
        """The mean; NaN for an empty arm."""
        return self._native.mean()

    @property
    def m2(self) -> float:
        """The sum of squared deviations from the mean."""
        return self._native.m2()

    @property
    def variance(self) -> float:
        """The sample variance; NaN for fewer than two values."""
        return self._native.variance()

    @property
    def standard_error(self) -> float:
        """The standard error of the mean; NaN for fewer than two values."""
        return self._native.standard_error()

    @property
    def skewness(self) -> float:
        """The skewness, with divisor n; 0 for constant values, NaN where it is not known and for an empty arm.

        >>> round(MeanArm.from_values([1.0, 1.0, 4.0]).skewness, 6)
        0.707107
        """
        return self._native.skewness()

    @classmethod
    def from_json(cls, text: str) -> MeanArm:
        """An arm from its JSON text.

        Raises:
            CorruptError: The text is not an arm of means.
            IncompatibleError: It is one of a later version.
        """
        return cls._of(_crm.MeanArm.from_json(text))

    def to_json(self) -> str:
        """The arm as JSON text, to the last bit."""
        return self._native.to_json()

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, MeanArm) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        return MeanArm.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        return f"<MeanArm: {self.count} values, mean {self.mean:.6g}, variance {self.variance:.6g}>"


class JointArm:
    """Count, means and covariances of a value, if wanted a denominator, and covariates in one arm.

    It is what ratio metrics (`compare_ratios`) and adjustment by covariates (`compare_adjusted`) need. Arms of the same columns merge.

    >>> arm = JointArm.from_columns([1.0, 2.0, 6.0], covariates=[[0.0, 1.0, 5.0]])
    >>> arm.value.mean, arm.covariance(0, 1)
    (3.0, 7.0)
    """

    __slots__ = ("_native",)
    _native: _crm.JointArm

    def __init__(self) -> None:
        raise TypeError("make a JointArm with from_columns, from_moments or from_sums")

    @classmethod
    def _of(cls, native: _crm.JointArm) -> JointArm:
        arm = cls.__new__(cls)
        arm._native = native
        return arm

    @classmethod
    def from_columns(
        cls, value: ColumnLike, *, denominator: ColumnLike | None = None, covariates: Sequence[ColumnLike] = ()
    ) -> JointArm:
        """The arm of columns of rows.

        Args:
            value: The value, or the numerator of a ratio.
            denominator: What the value is divided by in a ratio of sums, such as sessions.
            covariates: Quantities known before the experiment.

        Raises:
            LengthMismatchError: Columns differ in length.
            InvalidValueError: A value is NaN or infinite.
            MissingValueError: A value is missing.
        """
        return cls._of(_crm.JointArm.from_columns(*_columns(value, denominator, covariates)))

    @classmethod
    def from_moments(
        cls, count: int, means: Sequence[float], covariances: npt.ArrayLike, *, denominator: bool = False
    ) -> JointArm:
        """The arm of means and sample covariances, as `avg`, `var_samp` and `covar_samp` give them.

        Args:
            count: The number of rows.
            means: The mean of each column: the value, the denominator if there is one, covariates.
            covariances: The full symmetric matrix of their sample covariances.
            denominator: Whether the second column is a denominator.

        Raises:
            LengthMismatchError: Sizes do not fit.
            InvalidArgumentError: Numbers are not finite, or no rows can have them.

        >>> JointArm.from_moments(50, [3.0, 2.0], [[4.0, 1.0], [1.0, 2.0]])
        <JointArm: 50 rows, 1 covariate>
        """
        native = _crm.JointArm.from_moments(denominator, count, number_list("means", means), _matrix("covariances", covariances))
        return cls._of(native)

    @classmethod
    def from_sums(
        cls,
        count: int,
        sums: Sequence[float],
        products: npt.ArrayLike,
        *,
        shifts: Sequence[float] | None = None,
        denominator: bool = False,
    ) -> JointArm:
        """The arm of sums of the columns less a shift each, and of the products of all pairs.

        Raises:
            OutOfRangeError: The squares of a column cancel, as for `MeanArm.from_sums`.
            LengthMismatchError: Sizes do not fit.
            InvalidArgumentError: Numbers are not finite, or no rows can have them.
        """
        given = number_list("sums", sums)
        less = [0.0] * len(given) if shifts is None else number_list("shifts", shifts)
        return cls._of(_crm.JointArm.from_sums(denominator, count, given, _matrix("products", products), less))

    def merge(self, other: JointArm) -> JointArm:
        """Both arms as one.

        Raises:
            IncompatibleError: The arms have other columns.
            OutOfRangeError: Counts or squares overflow.
        """
        return JointArm._of(self._native.merge(other._native))

    @property
    def count(self) -> int:
        """The number of rows."""
        return self._native.count()

    @property
    def has_denominator(self) -> bool:
        """Whether there is a denominator."""
        return self._native.has_denominator()

    @property
    def covariates(self) -> int:
        """The number of covariates."""
        return self._native.covariates()

    @property
    def value(self) -> MeanArm:
        """The arm of the value alone."""
        return MeanArm._of(self._native.value())

    def column(self, column: int) -> MeanArm:
        """The arm of one column alone: the value, the denominator if there is one, covariates."""
        return MeanArm._of(self._native.column(column))

    def covariance(self, first: int, second: int) -> float:
        """The sample covariance of two columns."""
        return self._native.covariance(first, second)

    @classmethod
    def from_json(cls, text: str) -> JointArm:
        """An arm from its JSON text.

        Raises:
            CorruptError: The text is not a joint arm.
            IncompatibleError: It is one of a later version.
        """
        return cls._of(_crm.JointArm.from_json(text))

    def to_json(self) -> str:
        """The arm as JSON text, to the last bit."""
        return self._native.to_json()

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, JointArm) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        return JointArm.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        below = ", a denominator" if self.has_denominator else ""
        plural = "" if self.covariates == 1 else "s"
        return f"<JointArm: {self.count} rows{below}, {self.covariates} covariate{plural}>"


class ArmTable:
    """The arms of a table of rows: one for each label, or for each pair of a label and a stratum.

    Tables merge, so days and shards can be counted apart. Numbers do not depend on the threads.

    >>> table = ArmTable.from_columns(["mail", "control", "mail", "control"], [1.0, 2.0, 6.0, 0.0])
    >>> table.labels, table["mail"].value.mean
    (['control', 'mail'], 3.5)
    """

    __slots__ = ("_native",)
    _native: _crm.ArmTable

    def __init__(self) -> None:
        raise TypeError("make an ArmTable with from_columns")

    @classmethod
    def _of(cls, native: _crm.ArmTable) -> ArmTable:
        table = cls.__new__(cls)
        table._native = native
        return table

    @classmethod
    def from_columns(
        cls,
        arm: ColumnLike,
        value: ColumnLike,
        *,
        denominator: ColumnLike | None = None,
        covariates: Sequence[ColumnLike] = (),
        stratum: ColumnLike | None = None,
        threads: int = 0,
    ) -> ArmTable:
        """The arms of columns of rows. Columns of 64-bit floats of Arrow, Polars and pandas are not copied.

        Args:
            arm: Which arm each row belongs to: truth values, integers, text or categories.
            value: The value, or the numerator of a ratio.
            denominator: What the value is divided by in a ratio of sums.
            covariates: Quantities known before the experiment.
            stratum: Which stratum each row belongs to.
            threads: How many threads to use; 0 for as many as there are.

        Raises:
            LengthMismatchError: Columns differ in length.
            InvalidValueError: A value is NaN or infinite.
            MissingValueError: A value, an arm or a stratum is missing.
            OutOfRangeError: There are more than 65,536 groups.
        """
        labels = label_column("arm", arm)
        strata = None if stratum is None else label_column("stratum", stratum)
        native = _crm.ArmTable.from_columns(labels, *_columns(value, denominator, covariates), strata, threads)
        return cls._of(native)

    @property
    def labels(self) -> list[int | str]:
        """The labels of the arms, ascending."""
        return self._native.labels()

    @property
    def strata(self) -> list[int | str]:
        """The labels of the strata, ascending; none for a table without strata."""
        return self._native.strata()

    def __getitem__(self, label: int | str) -> JointArm:
        """The arm of a label, over all strata.

        Raises:
            InvalidArgumentError: No row has the label.
        """
        return JointArm._of(self._native.arm(label))

    def values_of(self, label: int | str) -> list[MeanArm]:
        """The arms of the value of a label, one for each stratum, for `compare_stratified`.

        Raises:
            InvalidArgumentError: No row has the label.
        """
        return [MeanArm._of(arm) for arm in self._native.values_of(label)]

    def merge(self, other: ArmTable) -> ArmTable:
        """Both tables as one.

        Raises:
            IncompatibleError: The tables have other columns, or only one of them strata.
        """
        return ArmTable._of(self._native.merge(other._native))

    @classmethod
    def from_json(cls, text: str) -> ArmTable:
        """A table from its JSON text.

        Raises:
            CorruptError: The text is not a table of arms.
            IncompatibleError: It is one of a later version.
        """
        return cls._of(_crm.ArmTable.from_json(text))

    def to_json(self) -> str:
        """The table as JSON text, to the last bit."""
        return self._native.to_json()

    def __len__(self) -> int:
        return len(self.labels)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, ArmTable) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        return ArmTable.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        strata = f", {len(self.strata)} strata" if self.strata else ""
        return f"<ArmTable: {len(self)} arms{strata}>"


def mean_arm(argument: str, given: MeanArm | ColumnLike) -> MeanArm:
    """The arm that an argument is, or that of the column that it is."""
    if isinstance(given, MeanArm):
        return given
    return MeanArm._of(_crm.MeanArm.from_values(argument, number_column(argument, given, truths=True)))


def mean_arms(argument: str, given: Iterable[MeanArm | ColumnLike]) -> list[_crm.MeanArm]:
    """The arms of an argument that is a list of arms or columns."""
    return [mean_arm(f"{argument}[{place}]", arm)._native for place, arm in enumerate(_arms(argument, given))]


def moments_of_all(argument: str, given: Iterable[Moments | tuple[int, float, float]]) -> list[tuple[int, float, float]]:
    """The moments of the arms of a list."""
    return [moments(f"{argument}[{place}]", arm) for place, arm in enumerate(_arms(argument, given))]


def _arms(argument: str, given: Iterable[T]) -> Iterable[T]:
    if isinstance(given, (str, bytes)) or not isinstance(given, Iterable):
        raise WrongTypeError(f"{argument}: {type(given).__name__} is not accepted: must be a list of arms", argument=argument)
    return given


def moments(argument: str, given: Moments | tuple[int, float, float]) -> tuple[int, float, float]:
    """Count, mean and variance of an arm, or of three numbers."""
    if isinstance(given, tuple):
        three: tuple[Any, ...] = given
    else:
        found = (getattr(given, name, None) for name in ("count", "mean", "variance"))
        # A list has a method `count`.
        three = tuple(value for value in found if value is not None and not callable(value))
    if len(three) != 3:
        accepted = "a crm.MeanArm, or its count, mean and variance as a tuple"
        raise WrongTypeError(f"{argument}: {given!r} is not accepted: must be {accepted}", argument=argument)
    _, mean, variance = number_list(argument, three)
    return three[0], mean, variance


def _matrix(argument: str, values: npt.ArrayLike) -> list[float]:
    """The numbers of a matrix, which may be given in one row, or as the only one of one column."""
    given: Any = np.atleast_1d(np.asarray(values)) if hasattr(values, "__array__") else values
    is_row = isinstance(given, Iterable) and not any(isinstance(row, Iterable) and not isinstance(row, str) for row in given)
    return number_list(argument, given) if is_row else [value for row in number_rows(argument, given) for value in row]


def _columns(
    value: ColumnLike, denominator: ColumnLike | None, covariates: Sequence[ColumnLike]
) -> tuple[_crm.Column, _crm.Column | None, list[_crm.Column]]:
    below = None if denominator is None else number_column("denominator", denominator, truths=True)
    known = [number_column(f"covariate {place}", column, truths=True) for place, column in enumerate(covariates)]
    return number_column("value", value, truths=True), below, known
