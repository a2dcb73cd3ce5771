"""Lifetime value without a model of behaviour: what was earned, the retention formula, and cohorts."""

from __future__ import annotations

from typing import Literal

import numpy as np

from crm import _crm
from crm.clv.data import Floats
from crm.clv.discount import FOREVER, DiscountRate, Horizon, RetentionRate, native_discount, native_horizon
from crm.customer import CohortTable, CustomerBase, Period
from crm.customer.base import TimeUnit
from crm.customer.period import native_period
from crm.error import WrongTypeError
from crm.table import Table

__all__ = ["CohortValue", "OrderAverages", "RetentionValue", "historic_values"]


def historic_values(base: CustomerBase, *, margin: float = 1.0) -> Floats:
    """What each customer has brought so far, net amount × margin, in currency units.

    It looks back only: a good customer who left keeps a high value.

    Args:
        base: The customers.
        margin: The share of the amounts that is earned, 0 to 1.

    Raises:
        InvalidArgumentError: The margin is outside 0 to 1.
        MissingColumnError: The log has no amounts.

    >>> from datetime import date
    >>> import crm
    >>> base = crm.PurchaseHistory.from_columns([7, 3], [date(2024, 3, 1), date(2024, 3, 5)], [10.0, 8.0]).base("2024-03-31")
    >>> historic_values(base, margin=0.5)
    array([4., 5.])

    Source: Kumar (2008), *Managing Customers for Profit*, past customer value (here without compounding).
    """
    return np.frombuffer(_crm.historic_values(base._native, margin))


class OrderAverages:
    """The rule of thumb: average order value × orders a customer and unit of time × lifespan × margin.

    Customers who came late count as if they had been there throughout, so the rule is low for a base that grows; a base of a window keeps
    to recent behaviour.

    Args:
        base: The customers.

    Raises:
        MissingColumnError: The log has no amounts.

    >>> from datetime import date
    >>> import crm
    >>> days = [date(2024, 3, 1), date(2024, 3, 5), date(2024, 3, 9)]
    >>> averages = OrderAverages(crm.PurchaseHistory.from_columns([7, 3, 3], days, [10.0, 8.0, 6.0]).base("2024-03-10"))
    >>> averages.average_order_value, averages.order_frequency("day"), averages.value(crm.Period.days(100), margin=0.5)
    (8.0, 0.15, 60.0)

    Source: Farris, Bendle, Pfeifer and Reibstein (2010), *Marketing Metrics*, chapter 5.
    """

    __slots__ = ("_native",)

    def __init__(self, base: CustomerBase) -> None:
        self._native = _crm.OrderAverages(base._native)

    @property
    def average_order_value(self) -> float:
        """Net amount an order."""
        return self._native.average_order_value()

    def order_frequency(self, unit: TimeUnit) -> float:
        """Orders a customer in a unit of time."""
        return self._native.order_frequency(unit)

    def value(self, lifespan: Period, *, margin: float = 1.0) -> float:
        """The value of a customer who stays so long, of whose amounts `margin` is earned.

        Raises:
            InvalidArgumentError: The margin is outside 0 to 1.
        """
        return self._native.value(native_period("lifespan", lifespan), margin)

    def __repr__(self) -> str:
        return f"<OrderAverages: {self.average_order_value:.6g} an order, {self.order_frequency('year_mean'):.6g} orders a year>"


class RetentionValue:
    """The margin-retention-discount formula: what a customer is worth who brings a margin each period while they stay.

    With m the margin of the first payment, r the retention rate, d the discount rate and g the growth of the margin, all per period
    between payments, and n periods:

    - first margin after one period: `sum over k = 1..n of m (1 + g)^(k - 1) r^k / (1 + d)^k`, without end `m r / (1 + d - r (1 + g))`
    - first margin now: `sum over k = 0..n of m (1 + g)^k r^k / (1 + d)^k`, without end `m (1 + d) / (1 + d - r (1 + g))`

    Args:
        paid_each: The unit of time between payments; rates quoted for other units are converted to it.
        retention_rate: The share of customers who stay.
        discount_rate: The rate at which later money counts less.
        first_margin: "after_one_period": from those who stayed, the value of customers who have just paid; "now": from everybody, the value of
            customers about to be acquired.
        growth_per_payment: Each margin is 1 + growth times the one before.
        horizon: Only payments up to this time count; part of a period brings none.

    Raises:
        InvalidArgumentError: A growth that is not finite or below -1, or an unknown name.

    >>> import crm
    >>> value = RetentionValue("year_mean", crm.RetentionRate.annual(0.9), crm.DiscountRate.annual(0.1))
    >>> round(value.of_margin(100.0), 9)
    450.0

    Sources: Gupta and Lehmann (2003), Journal of Interactive Marketing 17(1); Gupta and Lehmann (2005), *Managing Customers as Investments*,
    chapter 2 and appendix A.
    """

    __slots__ = ("_native",)

    def __init__(
        self,
        paid_each: TimeUnit,
        retention_rate: RetentionRate,
        discount_rate: DiscountRate,
        *,
        first_margin: Literal["after_one_period", "now"] = "after_one_period",
        growth_per_payment: float = 0.0,
        horizon: Horizon = FOREVER,
    ) -> None:
        if not isinstance(retention_rate, RetentionRate):
            message = (
                f"retention_rate: {retention_rate!r} is not accepted: must be a rate with the time that it is for, such as "
                "crm.RetentionRate.annual(0.8)"
            )
            raise WrongTypeError(message, argument="retention_rate")
        rate, of = native_discount("discount_rate", discount_rate), native_horizon("horizon", horizon)
        self._native = _crm.RetentionValue(
            paid_each, retention_rate._native, rate, first_margin, growth_per_payment, of
        )

    def margin_multiple(self) -> float:
        """The value of a customer as a multiple of the first margin.

        Raises:
            InvalidArgumentError: The sum does not end and is infinite.
        """
        return self._native.margin_multiple()

    def of_margin(self, margin: float) -> float:
        """The value of a customer whose first margin is this amount; below 0 for a customer who costs money.

        Raises:
            InvalidArgumentError: The margin is not finite, or the sum is infinite.
        """
        return self._native.of_margin(margin)


class CohortValue:
    """Cohort-based lifetime value: cumulative margin per acquired customer by age.

    For a cohort of n customers with net amount A(j) at age j, margin m and discount rate d per period of age, the value to age k is
    `sum over j = 0..k of m A(j) / n / (1 + d)^j`. Pooled over cohorts, each age takes those that have completed it, as a life table does.

    Args:
        cohorts: The cohorts.
        margin: The share of the amounts that is earned, 0 to 1.
        discount_rate: The rate at which later money counts less.

    Raises:
        InvalidArgumentError: The margin is outside 0 to 1.
        EmptyError: No cohort has completed any age.

    >>> from datetime import date
    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 7], [date(2024, 3, 1), date(2024, 3, 9)], [10.0, 8.0])
    >>> cohorts = history.cohorts("2024-03-09", "month", age_period=crm.Period.days(1))
    >>> CohortValue(cohorts, margin=0.5, discount_rate=crm.DiscountRate.NONE).pooled["cumulative_value"][[0, -1]]
    array([5., 9.])
    """

    __slots__ = ("_native",)

    def __init__(self, cohorts: CohortTable, *, margin: float = 1.0, discount_rate: DiscountRate) -> None:
        rate = native_discount("discount_rate", discount_rate)
        self._native = _crm.CohortValue(cohorts._native, margin, rate)

    @property
    def cumulative(self) -> Table:
        """The values of each cohort at each age that it has completed: `cohort`, `age`, `cumulative_value`."""
        return Table(self._native.cumulative())

    @property
    def pooled(self) -> Table:
        """The values over all cohorts, by age: `age`, `cohorts`, `customers`, `net_amount`, `value`, `cumulative_value`."""
        return Table(self._native.pooled())
