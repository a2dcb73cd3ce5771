"""Lifetime value: discounted purchases times what a purchase is worth."""

from __future__ import annotations

from typing import Self

from crm import _crm
from crm.clv.data import PurchaseData, SpendData, native_purchases, native_spend
from crm.clv.discount import DiscountRate, Horizon, native_discount, native_horizon
from crm.clv.purchase import PurchaseModel
from crm.clv.spend import SpendModel
from crm.customer import CustomerBase, Opportunities
from crm.error import WrongTypeError
from crm.table import Table

__all__ = ["CustomerValueModel"]

Purchases = CustomerBase | PurchaseData | Opportunities
Spend = CustomerBase | SpendData | None


class CustomerValueModel:
    """A purchase model and a spend model: the residual value of each customer, that of what is still to come.

    Value is margin × expected discounted purchases × expected mean spend; the two models are independent.

    Args:
        purchases: The purchase model.
        spend: The spend model.

    >>> import crm
    >>> model = CustomerValueModel(
    ...     crm.PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week"),
    ...     crm.SpendModel.from_parameters(6.25, 3.74, 15.44),
    ... )
    >>> bought, spent = crm.PurchaseData([2], [30.43], [38.86], "week"), crm.SpendData([2], [22.35])
    >>> year, rate = crm.Period.months(12), crm.DiscountRate.annual(0.1)
    >>> model.values(bought, spent, horizon=year, discount_rate=rate, margin=0.3)["value"].round(2)
    array([11.07])

    Source: Fader, Hardie and Lee (2005), "RFM and CLV", Journal of Marketing Research 42(4), section 3.
    """

    def __init__(self, purchases: PurchaseModel, spend: SpendModel) -> None:
        self.purchases = purchases
        self.spend = spend

    def fit(self, data: Purchases, spend: Spend = None) -> Self:
        """Fits both models.

        Args:
            data: The customers.
            spend: What they spent; not needed if `data` is a base with amounts.

        Raises:
            CrmError: As `PurchaseModel.fit` and `SpendModel.fit`.
        """
        spent = _spend(data, spend)
        self.purchases.fit(data)
        self.spend.model_ = _crm.SpendModel.fit(spent, self.spend.l2, self.spend.threads)
        return self

    def values(
        self, data: Purchases, spend: Spend = None, *, horizon: Horizon, discount_rate: DiscountRate, margin: float = 1.0
    ) -> Table:
        """The residual value of each customer and what it is made of, in the order of the data.

        `p_alive`, `discounted_purchases`, `expected_spend` (of a purchase, in currency units) and `value` (in currency units), after
        `customer_id` if the data have ids.

        Args:
            data: The customers.
            spend: What they spent; not needed if `data` is a base with amounts.
            horizon: How far ahead purchases count: a `Period`, or `crm.FOREVER`.
            discount_rate: The rate at which later money counts less.
            margin: The share of the spend that is earned, 0 to 1.

        Raises:
            IncompatibleError: The data are in another unit or currency than the models.
            LengthMismatchError: Purchases and spend have different numbers of customers.
            InvalidArgumentError: The margin is outside 0 to 1, or the horizon is infinite without discounting.
            InvalidValueError: A customer has no expected spend, as q is 1 or less.
        """
        options = _options(horizon, discount_rate, margin)
        return Table(self._native().values(native_purchases(data), _spend(data, spend), *options))

    def confidence_intervals(
        self,
        data: Purchases,
        spend: Spend = None,
        *,
        horizon: Horizon,
        discount_rate: DiscountRate,
        margin: float = 1.0,
        confidence_level: float = 0.95,
    ) -> Table:
        """Confidence intervals of the expected values by the delta method, from the uncertainty of both models' parameters.

        `estimate`, `standard_error`, `lower`, `upper`; symmetric in the logarithm. Arguments and errors as for `values`; both models must be
        fitted.
        """
        options = _options(horizon, discount_rate, margin)
        spent = _spend(data, spend)
        return Table(self._native().confidence_intervals(native_purchases(data), spent, *options, confidence_level))

    def predictive_intervals(
        self,
        data: Purchases,
        spend: Spend = None,
        *,
        horizon: Horizon,
        discount_rate: DiscountRate,
        margin: float = 1.0,
        level: float = 0.95,
        draws: int = 1000,
        seed: int = 0,
    ) -> Table:
        """Predictive intervals of the values of single customers, from simulated futures: far wider, and often from 0.

        `estimate` (the expected value), `standard_error` (the standard deviation of what a customer may bring), `lower`, `upper`. Arguments
        and errors as for `values`.

        Args:
            data: The customers.
            spend: What they spent.
            horizon: How far ahead purchases count.
            discount_rate: The rate at which later money counts less.
            margin: The share of the spend that is earned.
            level: The probability that an interval holds, in (0, 1).
            draws: Futures of each customer, at least 100.
            seed: Of the random numbers; each customer has a stream of their own.
        """
        options = _options(horizon, discount_rate, margin)
        spent = _spend(data, spend)
        native = self._native()
        return Table(native.predictive_intervals(native_purchases(data), spent, *options, level, draws, seed))

    def _native(self) -> _crm.CustomerValueModel:
        return _crm.CustomerValueModel(self.purchases._fitted(), self.spend._fitted())

    def __repr__(self) -> str:
        return f"CustomerValueModel(purchases={self.purchases!r}, spend={self.spend!r})"


def _spend(data: Purchases, spend: Spend) -> _crm.SpendData:
    if spend is not None:
        return native_spend("spend", spend)
    if isinstance(data, CustomerBase):
        return native_spend("data", data)
    message = "spend: is needed where the data are no CustomerBase: SpendData, or the base that the data are from"
    raise WrongTypeError(message, argument="spend")


def _options(
    horizon: Horizon, discount_rate: DiscountRate, margin: float
) -> tuple[_crm.Period | None, _crm.DiscountRate, float]:
    return native_horizon("horizon", horizon), native_discount("discount_rate", discount_rate), margin
