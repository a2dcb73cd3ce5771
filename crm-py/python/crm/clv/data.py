"""What the models need to know of customers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, amount_column, number_column
from crm.customer import CustomerBase, Opportunities
from crm.customer.base import TimeUnit
from crm.error import WrongTypeError

__all__ = ["Floats", "PurchaseData", "RetentionData", "SpendData", "native_purchases", "native_retention", "native_spend"]

Floats = npt.NDArray[np.float64]
Covariates = Mapping[str, ColumnLike]
"""Columns that do not change over time, by name."""


class PurchaseData:
    """Repeat purchases, age at the last one and age of each customer: what a purchase model is fitted to.

    | column | papers | unit |
    | --- | --- | --- |
    | `repeat_purchases` | x | days with a purchase after the first; for BG/BB opportunities taken |
    | `last_purchase_age` | t_x | time unit from the first purchase to the last; 0 without a repeat purchase |
    | `age` | T, for BG/BB n | time unit from the first purchase to the end of the data |

    Args:
        repeat_purchases: Counts: a list, a NumPy array, or a column of pandas, Polars or PyArrow, as all columns.
        last_purchase_age: In the time unit, at most `age`.
        age: In the time unit.
        time_unit: "day", "week", "month30", "month_mean", "year365" or "year_mean"; for BG/BB the time between opportunities.
        weights: Counts each row so many times; fractions are allowed.
        covariates: Numbers by name, for models with covariates; categories come as columns of truth values or of 0 and 1.

    Raises:
        EmptyError: There are no rows.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: A row that no customer can have: NaN, infinite or negative numbers, fractional counts, a last purchase after
            the end or, with repeat purchases, at age 0.
        MissingValueError: A value is null.

    >>> data = PurchaseData([2, 0], [30.43, 0], [38.86, 38.86], "week", covariates={"mail": [True, False]})
    >>> data
    <PurchaseData: 2 customers, ages in week>
    >>> PurchaseData([2], [40.0], [38.86], "week")
    Traceback (most recent call last):
    crm.error.InvalidValueError: last_purchase_age, row 0: 40 is above the age, 38.86
    """

    __slots__ = ("_native",)
    _native: _crm.PurchaseData

    def __init__(
        self,
        repeat_purchases: ColumnLike,
        last_purchase_age: ColumnLike,
        age: ColumnLike,
        time_unit: TimeUnit,
        *,
        weights: ColumnLike | None = None,
        covariates: Covariates | None = None,
    ) -> None:
        self._native = _crm.PurchaseData(
            number_column("repeat_purchases", repeat_purchases),
            number_column("last_purchase_age", last_purchase_age),
            number_column("age", age),
            time_unit,
            _weights(weights),
            _covariates(covariates),
        )

    @classmethod
    def _of(cls, native: _crm.PurchaseData) -> PurchaseData:
        data = cls.__new__(cls)
        data._native = native
        return data

    @classmethod
    def from_base(
        cls, base: CustomerBase, *, weights: ColumnLike | None = None, covariates: Covariates | None = None
    ) -> PurchaseData:
        """The data of a customer base, in its time unit; weights and covariates in the order of its customers.

        Raises:
            LengthMismatchError: A column has another length than the base.
        """
        return cls._of(_crm.PurchaseData.from_base(base._native, _weights(weights), _covariates(covariates)))

    @classmethod
    def from_opportunities(
        cls, opportunities: Opportunities, *, weights: ColumnLike | None = None
    ) -> PurchaseData:
        """The data of opportunities for BG/BB: purchases are opportunities taken, ages their numbers."""
        return cls._of(_crm.PurchaseData.from_opportunities(opportunities._native, _weights(weights)))

    @classmethod
    def newcomers(
        cls, customers: int, time_unit: TimeUnit, *, covariates: Covariates | None = None
    ) -> PurchaseData:
        """Customers who have just made their first purchase, for predictions of newcomers.

        Raises:
            InvalidArgumentError: There are 0 of them.

        >>> PurchaseData.newcomers(2, "week").age
        array([0., 0.])
        """
        return cls._of(_crm.PurchaseData.newcomers(customers, time_unit, _covariates(covariates)))

    def __len__(self) -> int:
        return len(self._native)

    @property
    def time_unit(self) -> TimeUnit:
        """The unit of the ages."""
        return self._native.time_unit()

    @property
    def window(self) -> tuple[date, date] | None:
        """The first day of the log and the day whose end the data describe, if they come from a base."""
        return window(self._native.window())

    @property
    def repeat_purchases(self) -> Floats:
        """Purchases after the first."""
        return np.frombuffer(self._native.repeat_purchases())

    @property
    def last_purchase_age(self) -> Floats:
        """Age at the last purchase."""
        return np.frombuffer(self._native.last_purchase_age())

    @property
    def age(self) -> Floats:
        """Time from the first purchase to the end of the data."""
        return np.frombuffer(self._native.age())

    @property
    def weights(self) -> Floats | None:
        """How often each row counts, if not once."""
        weights = self._native.weights()
        return None if weights is None else np.frombuffer(weights)

    def covariate(self, name: str) -> Floats:
        """The values of a covariate.

        Raises:
            MissingColumnError: There is none of that name.
        """
        return np.frombuffer(self._native.covariate(name))

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, PurchaseData) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<PurchaseData: {len(self):,} customers, ages in {self.time_unit}>"


class SpendData:
    """Number of repeat purchases and their mean amount, of each customer: what the spend model is fitted to.

    Customers without a repeat purchase stay in the data and out of the likelihood; their mean is not read and may be missing.

    Args:
        repeat_purchases: Counts.
        mean_spend: The mean amount of these purchases, in currency units.
        without_spend: What to do with customers whose repeat purchases have a mean of 0 or less, for whom the model has no place: "exclude"
            (from the likelihood; they are counted) or "raise".
        weights: Counts each row so many times.
        currency: A label; models and data of different currencies do not meet.

    Raises:
        EmptyError: There are no rows.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: Counts that are not whole, means that are not finite, and, with "raise", means of 0 or less.

    >>> SpendData([2, 0, 1], [22.35, None, 0.0]).excluded
    1
    """

    __slots__ = ("_native",)
    _native: _crm.SpendData

    def __init__(
        self,
        repeat_purchases: ColumnLike,
        mean_spend: ColumnLike,
        *,
        without_spend: Literal["exclude", "raise"] = "exclude",
        weights: ColumnLike | None = None,
        currency: str | None = None,
    ) -> None:
        self._native = _crm.SpendData(
            number_column("repeat_purchases", repeat_purchases),
            amount_column("mean_spend", mean_spend),
            without_spend,
            _weights(weights),
            currency,
        )

    @classmethod
    def from_base(
        cls,
        base: CustomerBase,
        *,
        without_spend: Literal["exclude", "raise"] = "exclude",
        weights: ColumnLike | None = None,
    ) -> SpendData:
        """The data of a customer base: repeat purchases and their mean amount, returns not subtracted.

        Raises:
            MissingColumnError: The log has no amounts.
            InvalidValueError: A customer's mean is 0 or less, and `without_spend` is "raise".
        """
        data = cls.__new__(cls)
        data._native = _crm.SpendData.from_base(base._native, without_spend, _weights(weights))
        return data

    def __len__(self) -> int:
        return len(self._native)

    @property
    def excluded(self) -> int:
        """Customers with repeat purchases of a mean of 0 or less, which are left out of the likelihood."""
        return self._native.excluded()

    @property
    def currency(self) -> str | None:
        """The currency of the amounts, if it is known."""
        return self._native.currency()

    @property
    def repeat_purchases(self) -> Floats:
        """Purchases after the first."""
        return np.frombuffer(self._native.repeat_purchases())

    @property
    def mean_spend(self) -> Floats:
        """The mean amount of these."""
        return np.frombuffer(self._native.mean_spend())

    @property
    def weights(self) -> Floats | None:
        """How often each row counts, if not once."""
        weights = self._native.weights()
        return None if weights is None else np.frombuffer(weights)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, SpendData) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<SpendData: {len(self):,} customers>"


class RetentionData:
    """Customers of contracts: how long each was observed, and whether they left.

    A customer who renews t - 1 times and then leaves churned in period t; one who is still there after n renewal decisions is active
    after n periods. Cohorts of different ages go into the same data.

    Args:
        periods: Periods observed, 1 or more.
        churned: Whether the customer left in the last of them.
        time_unit: The length of a period.
        counts: How many such customers there are; without it one each.

    Raises:
        EmptyError: There are no customers.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: Periods outside 1 to 100,000, or counts that are negative or not finite.

    >>> RetentionData([1, 3, 3], [True, True, False], "year_mean", counts=[131, 90, 653]).at_risk
    array([874., 743., 743.])
    """

    __slots__ = ("_native",)
    _native: _crm.RetentionData

    def __init__(
        self,
        periods: ColumnLike,
        churned: ColumnLike,
        time_unit: TimeUnit,
        *,
        counts: ColumnLike | None = None,
    ) -> None:
        self._native = _crm.RetentionData(
            number_column("periods", periods),
            number_column("churned", churned, truths=True),
            None if counts is None else number_column("counts", counts),
            time_unit,
        )

    @classmethod
    def from_survivors(cls, survivors: ColumnLike, time_unit: TimeUnit) -> RetentionData:
        """Data of one cohort from its number of survivors: S(0) to begin with, of whom S(t) are there after t renewal decisions.

        Raises:
            EmptyError: There is no period, or nobody to begin with.
            InvalidValueError: A number is negative, not finite or grows; the row is the period.

        >>> RetentionData.from_survivors([1000, 869, 743, 653], "year_mean").churned
        array([131., 126.,  90.])
        """
        return cls.from_cohorts([survivors], time_unit)

    @classmethod
    def from_cohorts(cls, cohorts: Iterable[ColumnLike], time_unit: TimeUnit) -> RetentionData:
        """Data of cohorts, each from its number of survivors S(0), S(1), ...; younger cohorts have shorter rows.

        Raises:
            EmptyError: No cohort has customers and a period.
            InvalidValueError: A number is negative, not finite or grows; the row is the period.
        """
        data = cls.__new__(cls)
        columns = [number_column("survivors", survivors) for survivors in cohorts]
        data._native = _crm.RetentionData.from_cohorts(columns, time_unit)
        return data

    @property
    def time_unit(self) -> TimeUnit:
        """The length of a period."""
        return self._native.time_unit()

    @property
    def periods(self) -> int:
        """Number of periods observed."""
        return self._native.periods()

    @property
    def customers(self) -> float:
        """All customers."""
        return self._native.customers()

    @property
    def at_risk(self) -> Floats:
        """Customers who were there at the start of period 1, 2, ..., and observed in it."""
        return np.frombuffer(self._native.at_risk())

    @property
    def churned(self) -> Floats:
        """Customers who left in period 1, 2, ..."""
        return np.frombuffer(self._native.churned())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, RetentionData) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<RetentionData: {self.customers:,.0f} customers, {self.periods} periods of a {self.time_unit}>"


def native_purchases(data: CustomerBase | PurchaseData | Opportunities) -> _crm.PurchaseData:
    """The native data; bases and opportunities are taken for theirs."""
    if isinstance(data, PurchaseData):
        return data._native
    if isinstance(data, CustomerBase):
        return _crm.PurchaseData.from_base(data._native, None, [])
    if isinstance(data, Opportunities):
        return _crm.PurchaseData.from_opportunities(data._native, None)
    raise _refused("data", data, "a CustomerBase, Opportunities or PurchaseData; PurchaseData(...) takes columns")


def native_spend(argument: str, data: CustomerBase | SpendData) -> _crm.SpendData:
    """The native data; those of a base leave customers without spend out of the likelihood."""
    if isinstance(data, SpendData):
        return data._native
    if isinstance(data, CustomerBase):
        return _crm.SpendData.from_base(data._native, "exclude", None)
    raise _refused(argument, data, "a CustomerBase or SpendData; SpendData(...) takes columns")


def native_retention(data: RetentionData) -> _crm.RetentionData:
    """The native data."""
    if isinstance(data, RetentionData):
        return data._native
    raise _refused("data", data, "RetentionData")


def window(days: tuple[str, str] | None) -> tuple[date, date] | None:
    """First and last day, from ISO text."""
    return None if days is None else (date.fromisoformat(days[0]), date.fromisoformat(days[1]))


def _refused(argument: str, given: Any, accepted: str) -> WrongTypeError:
    message = f"{argument}: {type(given).__name__} is not accepted: must be {accepted}"
    return WrongTypeError(message, argument=argument)


def _weights(weights: ColumnLike | None) -> _crm.Column | None:
    return None if weights is None else number_column("weights", weights)


def _covariates(covariates: Covariates | None) -> list[tuple[str, _crm.Column]]:
    named = {} if covariates is None else covariates
    return [(name, number_column(name, values, truths=True)) for name, values in named.items()]
