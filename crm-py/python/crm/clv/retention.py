"""How long customers with a contract stay."""

from __future__ import annotations

from typing import Self, overload

import numpy as np

from crm import _crm
from crm.clv.data import Floats, RetentionData, native_retention
from crm.clv.discount import DiscountRate, Horizon, native_discount, native_horizon
from crm.clv.fitted import MaximumLikelihood
from crm.column import ColumnLike, number_column
from crm.customer.base import TimeUnit

__all__ = ["RetentionModel"]


class RetentionModel(MaximumLikelihood[_crm.RetentionModel]):
    """The shifted beta-geometric model (sBG) of contract lengths.

    At the end of each period a customer renews or leaves; each leaves with a probability of their own, which follows Beta(alpha, beta).
    `S(t) = B(alpha, beta + t) / B(alpha, beta)` is the share of a cohort that is there after t renewal decisions; the retention rate of
    period t is `(beta + t - 1) / (alpha + beta + t - 1)`.

    Methods that take numbers of periods or renewals take one, or a column of them.

    Args:
        l2: Weight of a penalty on the squares of the log-parameters, per customer. 0: maximum likelihood.

    Attributes:
        model_: The fitted model of the engine.

    >>> survivors = [1000, 869, 743, 653, 593, 551, 517, 491]  # Fader and Hardie (2007), table 1, high-end customers
    >>> model = RetentionModel().fit(RetentionData.from_survivors(survivors, "year_mean"))
    >>> {name: round(value, 3) for name, value in model.parameters_.items()}
    {'alpha': 0.668, 'beta': 3.806}
    >>> round(model.survival(12), 2)
    0.38

    Sources: Fader and Hardie (2007), Journal of Interactive Marketing 21(1); Fader and Hardie (2010), Marketing Science 29(1).
    """

    _PARAMETERS = ("l2",)
    _NATIVE = _crm.RetentionModel

    def __init__(self, *, l2: float = 0.0) -> None:
        self.l2 = l2

    def fit(self, data: RetentionData, y: object = None) -> Self:
        """Fits the model by maximum likelihood.

        Data that hold no interior maximum (nobody or everybody left, churn that does not fall) are fitted at the end of the range, and say
        so in `warnings_`.

        Args:
            data: The customers.
            y: Ignored; there for pipelines of scikit-learn.

        Raises:
            InvalidArgumentError: The penalty is negative or not finite.
        """
        del y
        self.model_ = _crm.RetentionModel.fit(native_retention(data), self.l2)
        return self

    @classmethod
    def from_parameters(cls, alpha: float, beta: float, time_unit: TimeUnit) -> Self:
        """The model with given parameters, for periods of a length.

        Raises:
            InvalidArgumentError: A parameter is not finite and above 0, or there is no such unit.
        """
        return cls._with(_crm.RetentionModel.from_parameters(alpha, beta, time_unit))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A fitted model from its JSON text.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of another version.
        """
        return cls._with(_crm.RetentionModel.from_json(text))

    @classmethod
    def _with(cls, native: _crm.RetentionModel) -> Self:
        model = cls()
        model.model_ = native
        return model

    @property
    def time_unit_(self) -> TimeUnit:
        """The length of a period."""
        return self._fitted().time_unit()

    def log_likelihood(self, data: RetentionData) -> float:
        """The log-likelihood of other data under this model.

        Raises:
            IncompatibleError: Their periods have another length.
        """
        return self._fitted().log_likelihood(native_retention(data))

    @overload
    def survival(self, period: int) -> float: ...
    @overload
    def survival(self, period: ColumnLike) -> Floats: ...
    def survival(self, period: int | ColumnLike) -> float | Floats:
        """The share of a cohort that is there after so many renewal decisions; 1 for period 0. Fader and Hardie (2007), eq. 6."""
        return _same_shape(period, self._fitted().survival(_column("period", period)))

    @overload
    def residual_survival(self, renewals: int, further: int) -> float: ...
    @overload
    def residual_survival(self, renewals: ColumnLike, further: int) -> Floats: ...
    def residual_survival(self, renewals: int | ColumnLike, further: int) -> float | Floats:
        """P(there after so many further renewal decisions | there after `renewals`)."""
        values = self._fitted().residual_survival(_column("renewals", renewals), further)
        return _same_shape(renewals, values)

    @overload
    def retention_rate(self, period: int) -> float: ...
    @overload
    def retention_rate(self, period: ColumnLike) -> Floats: ...
    def retention_rate(self, period: int | ColumnLike) -> float | Floats:
        """The share of those who are there that renews in period 1, 2, ...; 1 for period 0. Fader and Hardie (2007), eq. 8."""
        return _same_shape(period, self._fitted().retention_rate(_column("period", period)))

    @overload
    def churn_probability(self, period: int) -> float: ...
    @overload
    def churn_probability(self, period: ColumnLike) -> Floats: ...
    def churn_probability(self, period: int | ColumnLike) -> float | Floats:
        """The share of a cohort that leaves in period 1, 2, ...; 0 for period 0. Fader and Hardie (2007), eq. 5."""
        return _same_shape(period, self._fitted().churn_probability(_column("period", period)))

    def expected_lifetime(self) -> float:
        """The expected number of periods of a new customer, the first included; infinite unless alpha is above 1."""
        return self._fitted().expected_lifetime()

    @overload
    def expected_residual_lifetime(self, renewals: int) -> float: ...
    @overload
    def expected_residual_lifetime(self, renewals: ColumnLike) -> Floats: ...
    def expected_residual_lifetime(self, renewals: int | ColumnLike) -> float | Floats:
        """The expected number of further renewals of a customer who has renewed so often; infinite unless alpha is above 1."""
        return _same_shape(renewals, self._fitted().expected_residual_lifetime(_column("renewals", renewals)))

    def discounted_lifetime(self, horizon: Horizon, discount_rate: DiscountRate) -> float:
        """The discounted expected lifetime of a new customer (DEL), in payments.

        Payments are due at the start of each period within the horizon, the first of them now. Infinite for an endless horizon without
        discount unless alpha is above 1.
        """
        rate = native_discount("discount_rate", discount_rate)
        return self._fitted().discounted_lifetime(native_horizon("horizon", horizon), rate)

    @overload
    def discounted_residual_lifetime(
        self, renewals: int, horizon: Horizon, discount_rate: DiscountRate
    ) -> float: ...
    @overload
    def discounted_residual_lifetime(
        self, renewals: ColumnLike, horizon: Horizon, discount_rate: DiscountRate
    ) -> Floats: ...
    def discounted_residual_lifetime(
        self, renewals: int | ColumnLike, horizon: Horizon, discount_rate: DiscountRate
    ) -> float | Floats:
        """The discounted expected residual lifetime (DERL) of a customer who has renewed so often, in payments.

        The payments of the renewals within the horizon; the next one is due now, and not yet certain. Fader and Hardie (2010), eq. 6.

        >>> import crm
        >>> model = RetentionModel.from_parameters(0.668, 3.806, "year_mean")
        >>> round(model.discounted_residual_lifetime(1, crm.FOREVER, crm.DiscountRate.annual(0.1)), 4)
        5.9018
        """
        of, rate = native_horizon("horizon", horizon), native_discount("discount_rate", discount_rate)
        values = self._fitted().discounted_residual_lifetime(_column("renewals", renewals), of, rate)
        return _same_shape(renewals, values)

    def residual_values(
        self, renewals: ColumnLike, *, margin_per_period: float, horizon: Horizon, discount_rate: DiscountRate
    ) -> Floats:
        """What each customer is still worth: the discounted residual lifetime times the margin of a period, in currency units.

        Args:
            renewals: How often each customer has renewed.
            margin_per_period: The margin of a payment.
            horizon: How far ahead payments count.
            discount_rate: The rate at which later money counts less.

        Raises:
            InvalidArgumentError: The margin is not finite.
        """
        of, rate = native_horizon("horizon", horizon), native_discount("discount_rate", discount_rate)
        column = number_column("renewals", renewals)
        return np.frombuffer(self._fitted().residual_values(column, margin_per_period, of, rate))

    def new_customer_value(
        self, *, margin_per_period: float, horizon: Horizon, discount_rate: DiscountRate
    ) -> float:
        """What a new customer is worth: the discounted lifetime times the margin of a period, in currency units.

        Raises:
            InvalidArgumentError: The margin is not finite.
        """
        of, rate = native_horizon("horizon", horizon), native_discount("discount_rate", discount_rate)
        return self._fitted().new_customer_value(margin_per_period, of, rate)

    def simulate(self, customers: int, periods: int, *, seed: int = 0) -> Floats:
        """Draws the period in which each of so many new customers leaves; NaN for those who are there after `periods`."""
        return np.frombuffer(self._fitted().simulate(customers, periods, seed))


def _column(argument: str, values: int | ColumnLike) -> _crm.Column:
    return number_column(argument, [values] if isinstance(values, (int, float, np.number)) else values)


def _same_shape(asked: int | ColumnLike, values: bytearray) -> float | Floats:
    array = np.frombuffer(values)
    return float(array[0]) if isinstance(asked, (int, float, np.number)) else array
