"""Purchase models: when will customers buy again, and who is still one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, Self

import numpy as np

from crm import _crm
from crm.clv.data import Covariates, Floats, PurchaseData, native_purchases, window
from crm.clv.discount import DiscountRate, Horizon, native_discount, native_horizon
from crm.clv.fitted import MaximumLikelihood
from crm.column import ColumnLike, name_list, number_column, number_list
from crm.customer import CustomerBase, Opportunities, Period
from crm.customer.base import TimeUnit
from crm.customer.period import native_period
from crm.error import InvalidArgumentError, WrongTypeError
from crm.table import Table

__all__ = ["Bootstrap", "Prediction", "PurchaseModel", "Purchases", "Simulation"]

Kind = Literal["bg_nbd", "mbg_nbd", "pareto_nbd", "bg_bb"]
Purchases = CustomerBase | PurchaseData | Opportunities
"""What models are fitted to and asked about: a base, opportunities, or columns."""


class Prediction:
    """Something to predict of each customer, for `PurchaseModel.predict` and the intervals.

    >>> Prediction.purchases(Period.weeks(39))
    Prediction.purchases(Period(39.0, 'week'))
    """

    __slots__ = ("_arguments", "_native")
    _native: _crm.Prediction
    _arguments: tuple[str, tuple[Any, ...]]

    @classmethod
    def _of(cls, native: _crm.Prediction, name: str, *arguments: Any) -> Prediction:
        prediction = cls.__new__(cls)
        prediction._native = native
        prediction._arguments = (name, arguments)
        return prediction

    @classmethod
    def alive(cls) -> Prediction:
        """P(still a customer at the end of the data)."""
        return cls._of(_crm.Prediction.alive(), "alive")

    @classmethod
    def alive_after(cls, period: Period) -> Prediction:
        """P(still a customer so long after the end of the data)."""
        return cls._of(_crm.Prediction.alive_after(native_period("period", period)), "alive_after", period)

    @classmethod
    def purchases(cls, period: Period) -> Prediction:
        """Expected purchases within a period after the end of the data."""
        return cls._of(_crm.Prediction.purchases(native_period("period", period)), "purchases", period)

    @classmethod
    def discounted_purchases(cls, horizon: Horizon, discount_rate: DiscountRate) -> Prediction:
        """The same, each purchase discounted from when it is made: DECT within a period, DERT forever."""
        rate = native_discount("discount_rate", discount_rate)
        native = _crm.Prediction.discounted_purchases(native_horizon("horizon", horizon), rate)
        return cls._of(native, "discounted_purchases", horizon, discount_rate)

    @classmethod
    def purchase_probability(cls, n: int, period: Period) -> Prediction:
        """P(exactly n purchases within a period).

        Raises:
            InvalidArgumentError: n is negative.
        """
        native = _crm.Prediction.purchase_probability(n, native_period("period", period))
        return cls._of(native, "purchase_probability", n, period)

    @classmethod
    def buys_within(cls, horizon: Horizon) -> Prediction:
        """P(at least one more purchase within a horizon)."""
        return cls._of(_crm.Prediction.buys_within(native_horizon("horizon", horizon)), "buys_within", horizon)

    @classmethod
    def time_to_next(cls, quantile: float = 0.5) -> Prediction:
        """The time to the next purchase, in the model's unit, that this share of those who buy again stay within."""
        return cls._of(_crm.Prediction.time_to_next(quantile), "time_to_next", quantile)

    @classmethod
    def mean_time_to_next(cls) -> Prediction:
        """The mean time to the next purchase, in the model's unit, of those who buy again; infinite where there is no mean."""
        return cls._of(_crm.Prediction.mean_time_to_next(), "mean_time_to_next")

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Prediction) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        name, arguments = self._arguments
        return getattr(Prediction, name), arguments

    def __repr__(self) -> str:
        name, arguments = self._arguments
        return f"Prediction.{name}({', '.join(map(repr, arguments))})"


def native_prediction(prediction: Prediction) -> _crm.Prediction:
    """The native prediction."""
    if isinstance(prediction, Prediction):
        return prediction._native
    message = f"prediction: {prediction!r} is not accepted: must be a prediction, such as crm.Prediction.alive()"
    raise WrongTypeError(message, argument="prediction")


class PurchaseModel(MaximumLikelihood[_crm.PurchaseModel]):
    """How often customers buy who do not say when they leave.

    An estimator with the manners of scikit-learn: the constructor only stores, `fit` returns the estimator itself, what is learnt ends in
    an underscore. `crm.clv_models()` lists the models and their sources.

    | model | customers leave |
    | --- | --- |
    | "bg_nbd" | after a repeat purchase, or never |
    | "mbg_nbd" | after any purchase, the first included |
    | "pareto_nbd" | at any time |
    | "bg_bb" | between opportunities to buy, such as years, each of which they take or not |

    Args:
        model: The name of the model.
        l2: Weight of a penalty on the squares of the log-parameters and coefficients, per customer; times are taken relative to the mean
            age, so that the unit changes nothing. 0: maximum likelihood.
        purchase_covariates: Names of covariates of the purchase rate.
        dropout_covariates: Names of covariates of the dropout.
        most_evaluations: The most evaluations of the likelihood from one start.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Attributes:
        model_: The fitted model of the engine.

    >>> import crm
    >>> cdnow = PurchaseModel.from_parameters("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, "week")
    >>> customer = crm.PurchaseData([2], [30.43], [38.86], "week")
    >>> cdnow.expected_purchases(customer, crm.Period.weeks(39)).round(3)
    array([1.226])
    >>> cdnow.expected_purchases(customer, 39)
    Traceback (most recent call last):
    crm.error.WrongTypeError: period: 39 is not accepted: must be a period with its unit, such as crm.Period(12, "week") or crm.Period.months(12)

    Sources: `crm.clv_models()["source"]`.
    """

    _PARAMETERS = ("model", "l2", "purchase_covariates", "dropout_covariates", "most_evaluations", "threads")
    _NATIVE = _crm.PurchaseModel

    def __init__(
        self,
        model: Kind = "bg_nbd",
        *,
        l2: float = 0.0,
        purchase_covariates: Sequence[str] = (),
        dropout_covariates: Sequence[str] = (),
        most_evaluations: int = 1000,
        threads: int = 0,
    ) -> None:
        self.model = model
        self.l2 = l2
        self.purchase_covariates = purchase_covariates
        self.dropout_covariates = dropout_covariates
        self.most_evaluations = most_evaluations
        self.threads = threads

    def fit(self, data: Purchases, y: object = None) -> Self:
        """Fits the model by maximum likelihood.

        Neither the order of the rows nor the number of threads changes a bit. A fit without a maximum inside the range of the parameters, or
        one that the data do not identify, is returned, with `warnings_` that say so and `is_sound_` false.

        Args:
            data: The customers.
            y: Ignored; there for pipelines of scikit-learn.

        Raises:
            InvalidValueError: No customer has a repeat purchase, or opportunities are not whole.
            MissingColumnError: The data lack a covariate.
            InvalidArgumentError: An option makes no sense.

        >>> fitted = PurchaseModel().fit(PurchaseData([2, 0, 1, 5], [30, 0, 9, 36], [38, 38, 37, 39], "week"))
        >>> "only 4 customers: parameters are unsteady below 100" in fitted.warnings_
        True
        """
        del y
        covariates = (
            name_list("purchase_covariates", self.purchase_covariates),
            name_list("dropout_covariates", self.dropout_covariates),
        )
        self.model_ = _crm.PurchaseModel.fit(
            native_purchases(data), self.model, self.l2, self.most_evaluations, covariates, self.threads
        )
        return self

    @classmethod
    def from_parameters(
        cls, model: Kind, parameters: Mapping[str, float] | Sequence[float], time_unit: TimeUnit
    ) -> Self:
        """A model with given parameters.

        Args:
            model: The name of the model.
            parameters: By name, or in the order of `crm.clv_models()`.
            time_unit: The unit of the parameters that are times; for BG/BB the time between opportunities.

        Raises:
            InvalidArgumentError: There is no such model, or the parameters are not four of these names, from 1e-9 to 1e9 (times: 1e-30 to 1e30).

        >>> PurchaseModel.from_parameters("pareto_nbd", [0.55, 10.58, 0.61, 11.67], "week").parameters_
        {'r': 0.55, 'alpha': 10.58, 's': 0.61, 'beta': 11.67}
        """
        if isinstance(parameters, Mapping):
            names = _crm.PurchaseModel.parameter_names(model)
            if set(parameters) != set(names):
                message = f"parameters: {', '.join(parameters)} are not accepted: must be {', '.join(names)}"
                raise InvalidArgumentError(message, argument="parameters")
            parameters = [parameters[name] for name in names]
        return cls._with(_crm.PurchaseModel.from_parameters(model, number_list("parameters", parameters), time_unit))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A fitted model from its JSON text.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.

        >>> model = PurchaseModel.from_parameters("bg_nbd", [0.24, 4.41, 0.79, 2.43], "week")
        >>> PurchaseModel.from_json(model.to_json()).time_unit_
        'week'
        """
        return cls._with(_crm.PurchaseModel.from_json(text))

    @classmethod
    def _with(cls, native: _crm.PurchaseModel) -> Self:
        model = cls(native.model())
        model.model_ = native
        return model

    @property
    def title_(self) -> str:
        """The name of the model in papers."""
        return self._fitted().title()

    @property
    def time_unit_(self) -> TimeUnit:
        """The unit of its times."""
        return self._fitted().time_unit()

    @property
    def window_(self) -> tuple[date, date] | None:
        """The first and the last day of the data that it was fitted on, if that was a base."""
        return window(self._fitted().window())

    @property
    def coefficients_(self) -> dict[str, float]:
        """The coefficients of the covariates, by names such as `alpha:gender`."""
        return dict(self._fitted().coefficients())

    def newcomers(self, customers: int = 1, *, covariates: Covariates | None = None) -> PurchaseData:
        """Customers who have just made their first purchase, in the model's unit: what to ask about newcomers.

        >>> model = PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
        >>> model.expected_purchases(model.newcomers(), Period.weeks(52)).round(3)
        array([1.446])
        """
        return PurchaseData.newcomers(customers, self.time_unit_, covariates=covariates)

    def predict(self, data: Purchases, prediction: Prediction) -> Floats:
        """A prediction for each customer, in the order of the data.

        Raises:
            IncompatibleError: The data are in another unit than the model.
            MissingColumnError: The data lack the model's covariates.
            InvalidArgumentError: The prediction makes no sense, such as an infinite horizon without discounting.
            InvalidValueError: Opportunities are not whole.
        """
        return np.frombuffer(self._fitted().predict(native_purchases(data), native_prediction(prediction)))

    def p_alive(self, data: Purchases) -> Floats:
        """P(still a customer) at the end of the data. Errors as for `predict`."""
        return self.predict(data, Prediction.alive())

    def p_alive_after(self, data: Purchases, period: Period) -> Floats:
        """P(still a customer) so long after the end of the data. Errors as for `predict`."""
        return self.predict(data, Prediction.alive_after(period))

    def expected_purchases(self, data: Purchases, period: Period) -> Floats:
        """Expected purchases within a period after the end of the data. Errors as for `predict`."""
        return self.predict(data, Prediction.purchases(period))

    def discounted_purchases(self, data: Purchases, horizon: Horizon, discount_rate: DiscountRate) -> Floats:
        """Expected purchases, each discounted from when it is made: DECT within a period, DERT forever. Errors as for `predict`.

        >>> import crm
        >>> model = PurchaseModel.from_parameters("pareto_nbd", [0.5629966, 12.5590370, 0.4081095, 10.5148048], "week")
        >>> customer = crm.PurchaseData([7], [35], [77.86], "week")
        >>> model.discounted_purchases(customer, crm.FOREVER, crm.DiscountRate.continuous_per(0.0027, "week")).round(2)
        array([1.86])
        """
        return self.predict(data, Prediction.discounted_purchases(horizon, discount_rate))

    def purchase_probability(self, data: Purchases, n: int, period: Period) -> Floats:
        """P(exactly n purchases within a period). Errors as for `predict`."""
        return self.predict(data, Prediction.purchase_probability(n, period))

    def buys_within(self, data: Purchases, horizon: Horizon) -> Floats:
        """P(at least one more purchase within a horizon). Errors as for `predict`."""
        return self.predict(data, Prediction.buys_within(horizon))

    def time_to_next_purchase(self, data: Purchases, quantile: float = 0.5) -> Floats:
        """The time to the next purchase, in the model's unit, that this share of those who buy again stay within.

        Errors as for `predict`; `quantile` must be above 0 and below 1.
        """
        return self.predict(data, Prediction.time_to_next(quantile))

    def mean_time_to_next_purchase(self, data: Purchases) -> Floats:
        """The mean time to the next purchase, in the model's unit, of those who buy again; infinite where there is no mean."""
        return self.predict(data, Prediction.mean_time_to_next())

    def confidence_intervals(
        self, data: Purchases, prediction: Prediction, *, confidence_level: float = 0.95
    ) -> Table:
        """Confidence intervals of predictions by the delta method: `estimate`, `standard_error`, `lower`, `upper`.

        They hold what the uncertainty of the parameters leaves open about the expected value; single customers vary around it far more,
        see `predictive_intervals`. Symmetric in the logit for probabilities and in the logarithm for everything else. Ids come first if
        the data have them.

        Raises:
            InvalidArgumentError: The level is outside (0, 1), or the model has no covariance: its parameters were given, or the fit left it
                undefined.
        """
        native = self._fitted()
        return Table(native.confidence_intervals(native_purchases(data), native_prediction(prediction), confidence_level))

    def predictive_intervals(self, data: Purchases, period: Period, *, level: float = 0.95) -> Table:
        """Predictive intervals of single customers: how many purchases within a period, with at least this probability.

        `lower` and `upper`, both included. Exact for the parameters as they are, whose own uncertainty is small beside that of a customer.

        Raises:
            InvalidArgumentError: The level is outside (0, 1).
            OutOfRangeError: More than 100,000 purchases of a customer would have to be summed over.

        >>> model = PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
        >>> model.predictive_intervals(PurchaseData([8], [36.0], [38.86], "week"), Period.weeks(39)).to_dict()
        {'lower': array([0]), 'upper': array([14])}
        """
        native = self._fitted()
        return Table(native.predictive_intervals(native_purchases(data), native_period("period", period), level))

    def bootstrap(self, data: Purchases, *, replicates: int = 200, seed: int = 0) -> Bootstrap:
        """Refits the model to samples of the customers that it was fitted on, with its penalty and threads.

        The same seed gives the same samples on every machine, for any number of threads.

        Args:
            data: The customers that the model was fitted on.
            replicates: Number of samples, at least 2.
            seed: Of the random numbers.

        Raises:
            InvalidArgumentError: There are fewer than two replicates, or hardly any refit converged.

        Source: Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 13.
        """
        native = self._fitted()
        options = (self.l2, self.most_evaluations, self.threads)
        refits = native.bootstrap(native_purchases(data), replicates, seed, *options)
        return Bootstrap._of(refits, [*self.parameters_, *self.coefficients_])

    def simulate(self, ages: ColumnLike, holdout: Period, *, seed: int = 0) -> Simulation:
        """Draws customers of given ages, and what they do in a period after that.

        More customers do not change the first ones, and neither do threads.

        Args:
            ages: Ages at the end of what is observed, in the model's unit; for BG/BB numbers of opportunities.
            holdout: The period after it.
            seed: Of the random numbers.

        Raises:
            InvalidArgumentError: The model has covariates.
            InvalidValueError: An age is negative, not finite or, for BG/BB, not whole.

        >>> model = PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
        >>> drawn = model.simulate([39.0] * 100, Period.weeks(39), seed=7)
        >>> drawn.data()
        <PurchaseData: 100 customers, ages in week>
        """
        native = self._fitted()
        return Simulation._of(native.simulate(number_column("ages", ages), native_period("holdout", holdout), seed))

    def log_likelihood(self, data: Purchases) -> float:
        """The log-likelihood of some data under this model, as papers print it."""
        return self._fitted().log_likelihood(native_purchases(data))

    def log_likelihoods(self, data: Purchases) -> Floats:
        """The log-likelihood of each customer; weights do not enter."""
        return np.frombuffer(self._fitted().log_likelihoods(native_purchases(data)))


class Bootstrap:
    """Refits of a model to samples of its customers: see `PurchaseModel.bootstrap`.

    >>> model = PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
    >>> data = model.simulate([39.0] * 500, Period.weeks(0), seed=1).data()
    >>> refits = PurchaseModel().fit(data).bootstrap(data, replicates=20, seed=2)
    >>> refits.estimate_intervals().columns
    ['parameter', 'estimate', 'standard_error', 'lower', 'upper']
    """

    __slots__ = ("_names", "_native")
    _native: _crm.Bootstrap
    _names: list[str]

    @classmethod
    def _of(cls, native: _crm.Bootstrap, names: list[str]) -> Bootstrap:
        bootstrap = cls.__new__(cls)
        bootstrap._native = native
        bootstrap._names = names
        return bootstrap

    def __len__(self) -> int:
        return len(self._native)

    @property
    def failed(self) -> int:
        """Refits that did not converge and are left out."""
        return self._native.failed()

    @property
    def names(self) -> list[str]:
        """The names of the estimates: parameters, then coefficients."""
        return list(self._names)

    @property
    def replicates(self) -> Floats:
        """The estimates of each refit that converged, a row each."""
        return np.frombuffer(self._native.replicates()).reshape(len(self), len(self._names))

    def estimate_intervals(self, confidence_level: float = 0.95) -> Table:
        """The estimates of the model with their bootstrap standard errors and percentile intervals.

        Raises:
            InvalidArgumentError: The level is outside (0, 1).
        """
        return Table(self._native.estimate_intervals(self._names, confidence_level))

    def confidence_intervals(
        self, data: Purchases, prediction: Prediction, *, confidence_level: float = 0.95
    ) -> Table:
        """Predictions of the model with their bootstrap standard errors and percentile intervals.

        Raises:
            InvalidArgumentError: The level is outside (0, 1); and as for `PurchaseModel.predict`.
        """
        wanted = native_prediction(prediction)
        return Table(self._native.confidence_intervals(native_purchases(data), wanted, confidence_level))

    def __repr__(self) -> str:
        return f"<Bootstrap: {len(self):,} refits of {', '.join(self._names)}>"


class Simulation:
    """Purchases of simulated customers, by age: see `PurchaseModel.simulate`.

    >>> model = PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
    >>> drawn = model.simulate([39.0, 39.0], Period.weeks(39))
    >>> len(drawn), drawn.holdout_purchases.shape
    (2, (2,))
    """

    __slots__ = ("_native",)
    _native: _crm.Simulation

    @classmethod
    def _of(cls, native: _crm.Simulation) -> Simulation:
        simulation = cls.__new__(cls)
        simulation._native = native
        return simulation

    def __len__(self) -> int:
        return len(self._native)

    def purchases(self, customer: int) -> Floats:
        """The ages at which a customer buys again, in order, in the holdout period too.

        Raises:
            InvalidArgumentError: There is no such customer.
        """
        return np.frombuffer(self._native.purchases(customer))

    @property
    def left(self) -> Floats:
        """The age at which each customer leaves; infinite if after the holdout period."""
        return np.frombuffer(self._native.left())

    @property
    def holdout_purchases(self) -> Floats:
        """The number of purchases of each customer in the holdout period."""
        return np.frombuffer(self._native.holdout_purchases())

    def data(self) -> PurchaseData:
        """What is seen of the customers at the ages that were asked for.

        Raises:
            EmptyError: There are no customers.
        """
        return PurchaseData._of(self._native.data())

    def to_table(self) -> Table:
        """One row a purchase after the first: `customer` (from 0) and `age`."""
        return Table(self._native.table())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Simulation) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Simulation: {len(self):,} customers>"
