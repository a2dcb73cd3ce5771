"""Activity over time: repeat purchases by period, opportunities to buy, and cohorts."""

from __future__ import annotations

from datetime import date
from typing import Literal, TypeAlias

from crm import _crm
from crm.customer.base import TimeUnit
from crm.customer.period import Period
from crm.table import Table

__all__ = ["CohortBy", "CohortTable", "Opportunities", "PeriodActivity"]

CohortBy: TypeAlias = Literal["week", "month", "quarter", "year"]
"""What customers are put together by: calendar weeks from Monday, months, quarters or years of their first purchase."""


class PeriodActivity:
    """Repeat purchases of a cohort by period, and when its customers came: see `PurchaseHistory.repeat_purchases_by_period`.

    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 7, 3], [date(2024, 3, day) for day in (1, 5, 9)], [12.5, 8, 4])
    >>> activity = history.repeat_purchases_by_period("2024-03-02", crm.Period.weeks(1), "2024-03-09")
    >>> activity.customers, activity.to_table()["repeat_purchases"]
    (1, array([1, 0]))
    """

    __slots__ = ("_native",)
    _native: _crm.PeriodActivity

    @classmethod
    def _of(cls, native: _crm.PeriodActivity) -> PeriodActivity:
        activity = cls.__new__(cls)
        activity._native = native
        return activity

    @property
    def cohort_until(self) -> date:
        """The last day of a first purchase that counts."""
        return date.fromisoformat(self._native.cohort_until())

    @property
    def customers(self) -> int:
        """Number of customers in the cohort."""
        return self._native.customers()

    @property
    def first_purchases(self) -> Table:
        """Days on which customers of the cohort first bought, ascending: `day`, `customers`."""
        return Table(self._native.first_purchases())

    def to_table(self) -> Table:
        """One row a period, in order.

        `first_day` and `last_day` of the period, `is_complete` (only the last can be incomplete), `repeat_purchases` (days with a
        purchase after a customer's first), `repeat_buyers` (customers with such a day), `repeat_amount`, `new_customers`, and
        `net_amount` with first purchases and returns.
        """
        return Table(self._native.table())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, PeriodActivity) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<PeriodActivity: {self.customers:,} customers, {len(self.to_table())} periods>"


class Opportunities:
    """Opportunities to buy and how often each customer took one, for BG/BB: see `PurchaseHistory.opportunities`.

    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 7, 3], [date(2024, 3, day) for day in (1, 5, 9)], [12.5, 8, 4])
    >>> history.opportunities("2024-03-31", "week").to_table()["available"]
    array([3, 4])
    """

    __slots__ = ("_native",)
    _native: _crm.Opportunities

    @classmethod
    def _of(cls, native: _crm.Opportunities) -> Opportunities:
        opportunities = cls.__new__(cls)
        opportunities._native = native
        return opportunities

    def __len__(self) -> int:
        return len(self._native)

    @property
    def as_of(self) -> date:
        """The day whose end is described."""
        return date.fromisoformat(self._native.as_of())

    @property
    def time_unit(self) -> TimeUnit:
        """The length of an opportunity."""
        return self._native.time_unit()

    def to_table(self) -> Table:
        """One row a customer: `customer_id`, `taken` (x), `last_taken` (t_x; 0 if none was) and `available` (n)."""
        return Table(self._native.table())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Opportunities) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Opportunities: {len(self):,} customers as of {self.as_of}, one each {self.time_unit}>"


class CohortTable:
    """Cohorts by the time of their first purchase, and what each did at each age since: see `PurchaseHistory.cohorts`.

    A customer is at age k (from 0) on the days at offsets d from their own first purchase with `k L <= d < (k + 1) L`, L being the
    days in a period of age. An age is complete for a cohort when each of its customers has passed it; ages that are not are left
    out, because they would look like customers lost.

    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 7, 3], [date(2024, 3, day) for day in (1, 9, 25)], [12.5, 8, 4])
    >>> cohorts = history.cohorts("2024-03-25", "week", age_period=crm.Period.weeks(1))
    >>> cohorts.to_table()["net_amount"]
    array([12.5,  8. ,  0. ])
    """

    __slots__ = ("_native",)
    _native: _crm.CohortTable

    @classmethod
    def _of(cls, native: _crm.CohortTable) -> CohortTable:
        table = cls.__new__(cls)
        table._native = native
        return table

    @property
    def as_of(self) -> date:
        """The day whose end the table describes."""
        return date.fromisoformat(self._native.as_of())

    @property
    def cohort_by(self) -> str:
        """What customers are put together by."""
        return self._native.cohort_by()

    @property
    def age_period(self) -> Period:
        """The length of one period of age."""
        return Period._of(self._native.age_period())

    @property
    def customers(self) -> int:
        """Number of customers in all cohorts."""
        return self._native.customers()

    @property
    def complete_ages(self) -> int:
        """The number of ages that some cohort has completed."""
        return self._native.complete_ages()

    @property
    def incomplete(self) -> Table:
        """What each cohort did after its complete ages, so that nothing is lost; its customers were observed for different times.

        `cohort`, `customers`, `complete_ages`, `active_customers`, `purchase_days`, `net_amount`.
        """
        return Table(self._native.incomplete())

    def to_table(self) -> Table:
        """One row a cohort and complete age.

        `cohort` (its first day), `customers`, `age`, `active_customers` who bought at this age, `purchase_days`, `net_amount`.
        """
        return Table(self._native.table())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, CohortTable) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<CohortTable: {self.customers:,} customers by {self.cohort_by}, {self.complete_ages} complete ages>"
