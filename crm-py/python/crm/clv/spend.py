"""What customers spend on a purchase."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np

from crm import _crm
from crm.clv.data import Floats, SpendData, native_spend
from crm.clv.fitted import MaximumLikelihood
from crm.column import ColumnLike, number_column
from crm.customer import CustomerBase

__all__ = ["SpendModel"]


class SpendModel(MaximumLikelihood[_crm.SpendModel]):
    """The Gamma-Gamma model of spend per purchase, which does not depend on how often customers buy.

    The expected mean spend of a customer with x repeat purchases of mean m is `p (v + x m) / (p x + q - 1)`: a mean of m and of the
    population's `p v / (q - 1)`, in which m weighs more the more purchases it is from.

    Args:
        l2: Weight of a penalty on the squares of ln p, ln q and ln(v / mean spend), per customer. 0: maximum likelihood.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Attributes:
        model_: The fitted model of the engine.

    >>> model = SpendModel.from_parameters(p=6.25, q=3.74, v=15.44)
    >>> model.expected_mean_spend(SpendData([2, 0], [22.35, None])).round(2)
    array([24.66, 35.22])

    Sources: Fader, Hardie and Lee (2005), Journal of Marketing Research 42(4); Fader and Hardie (2013), note 025 at brucehardie.com.
    """

    _PARAMETERS = ("l2", "threads")
    _NATIVE = _crm.SpendModel

    def __init__(self, *, l2: float = 0.0, threads: int = 0) -> None:
        self.l2 = l2
        self.threads = threads

    def fit(self, data: CustomerBase | SpendData, y: object = None) -> Self:
        """Fits the model by maximum likelihood.

        The same customers in any order and on any number of threads give the same bits. Data without an interior maximum are fitted at the
        end of the range and say so in `warnings_`.

        Args:
            data: The customers; of a base, those whose repeat purchases have a mean of 0 or less are left out and counted.
            y: Ignored; there for pipelines of scikit-learn.

        Raises:
            EmptyError: No customer has a repeat purchase with a mean amount above 0.
            MissingColumnError: The log has no amounts.
            InvalidArgumentError: The penalty is negative or not finite.
        """
        del y
        self.model_ = _crm.SpendModel.fit(native_spend("data", data), self.l2, self.threads)
        return self

    @classmethod
    def from_parameters(cls, p: float, q: float, v: float, *, currency: str | None = None) -> Self:
        """The model with given parameters; v is in currency units.

        Raises:
            InvalidArgumentError: A parameter is not finite and above 0.
        """
        return cls._with(_crm.SpendModel.from_parameters(p, q, v, currency))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A fitted model from its JSON text.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of another version.
        """
        return cls._with(_crm.SpendModel.from_json(text))

    @classmethod
    def _with(cls, native: _crm.SpendModel) -> Self:
        model = cls()
        model.model_ = native
        return model

    @property
    def currency_(self) -> str | None:
        """The currency, if it is known."""
        return self._fitted().currency()

    @property
    def excluded_(self) -> int:
        """Customers that the fit left out because their mean spend is 0 or less."""
        return self._fitted().excluded()

    @property
    def correlation_(self) -> float | None:
        """The correlation of number and mean of the purchases in the data of the fit, which the model takes for 0."""
        return self._fitted().correlation()

    def population_mean(self) -> float:
        """The mean spend over all customers, p v / (q - 1): what to expect of a customer without a repeat purchase.

        Raises:
            InvalidValueError: q is 1 or less: the distribution has no mean then.
        """
        return self._fitted().population_mean()

    def expected_mean_spend(
        self, data: CustomerBase | SpendData, *, undefined: Literal["raise", "missing"] = "raise"
    ) -> Floats:
        """The expected mean spend of each customer, in currency units; the mean over all customers for those without repeat purchases.

        Args:
            data: The customers.
            undefined: What to do where there is no expectation (q is 1 or less and there are no repeat purchases): "raise", or "missing" for
                NaN.

        Raises:
            InvalidValueError: A customer has no expectation, and `undefined` is "raise".

        Source: Fader and Hardie (2013), eq. 5.
        """
        native, spend = self._fitted(), native_spend("data", data)
        if undefined == "missing":
            return np.frombuffer(native.expected_mean_spend_where_defined(spend))
        return np.frombuffer(native.expected_mean_spend(spend))

    def log_likelihood(self, data: CustomerBase | SpendData) -> float:
        """The log-likelihood of some data under this model.

        Raises:
            EmptyError: No customer has a repeat purchase with a mean amount above 0.
            IncompatibleError: The data are in another currency.
        """
        return self._fitted().log_likelihood(native_spend("data", data))

    def simulate(self, repeat_purchases: ColumnLike, *, seed: int = 0) -> Floats:
        """Draws the mean amount of each of so many new customers, given their number of purchases; 0 for those without.

        >>> SpendModel.from_parameters(6.25, 3.74, 15.44).simulate([0, 3]).shape
        (2,)
        """
        return np.frombuffer(self._fitted().simulate(number_column("repeat_purchases", repeat_purchases), seed))
