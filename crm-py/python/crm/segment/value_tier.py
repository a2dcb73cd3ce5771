"""Tiers of customers by value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

from crm import _crm
from crm.column import ColumnLike, name_list, number_column, number_list
from crm.error import InvalidArgumentError
from crm.estimator import Estimator
from crm.segment.rows import Labels, labels_array
from crm.table import Table

__all__ = ["ValueTiers"]

By = Literal["customers", "value"]


class ValueTiers(Estimator[_crm.ValueTiers]):
    """Tiers by lower bounds of a value, tier 0 the highest.

    An estimator with the manners of scikit-learn. Equal values are never split, and new customers are placed by comparison with the bounds alone.

    Args:
        shares: The share of each tier, the highest first; they sum to 1.
        by: Shares of what: of the "customers", or of the total "value" of those above 0.
        names: The names of the tiers, the highest first; without them three are named high, medium and low.

    Attributes:
        model_: The fitted bounds of the engine.

    >>> spend = [900, 50, 50, 50, 200, 10, 0, 30, 20, 40]
    >>> tiers = ValueTiers().fit(spend)
    >>> tiers.tiers_.tolist(), tiers.lower_bounds_
    ([0, 1, 1, 1, 0, 2, 2, 2, 2, 2], [200.0, 50.0])
    >>> tiers.predict([199, 200]).tolist()
    [1, 0]
    >>> ValueTiers(by="value", shares=(0.5, 0.5), names=("vital", "other")).fit(spend).summary_["customers"].tolist()
    [1, 9]
    """

    _PARAMETERS = ("shares", "by", "names")
    _NATIVE = _crm.ValueTiers

    def __init__(
        self,
        *,
        shares: Sequence[float] = (0.2, 0.3, 0.5),
        by: By = "customers",
        names: Sequence[str] | None = None,
    ) -> None:
        self.shares = shares
        self.by = by
        self.names = names

    def fit(self, values: ColumnLike, y: object = None) -> Self:
        """Fits lower bounds to the values of customers, of any unit.

        Args:
            values: The value of each customer.
            y: Ignored; there for pipelines of scikit-learn.

        Raises:
            InvalidArgumentError: Shares are not above 0, do not sum to 1, or there is another number of names.
            EmptyError: There are no customers.
            InvalidValueError: A value is not finite, or shares of value are asked and none is above 0.
            MissingValueError: A value is null.
        """
        del y
        names = [] if self.names is None else name_list("names", self.names)
        column = number_column("values", values)
        self.model_, tiers, summary = _crm.ValueTiers.fit(column, self.by, number_list("shares", self.shares), names)
        self._tiers, self._summary = labels_array(tiers), Table(summary)
        return self

    @classmethod
    def from_lower_bounds(cls, lower_bounds: Sequence[float], names: Sequence[str] | None = None) -> Self:
        """Tiers by bounds of your own, one for each tier but the last, which takes everybody below.

        Args:
            lower_bounds: Descending bounds.
            names: One more than bounds.

        Raises:
            InvalidArgumentError: Bounds do not descend or are not finite, or there is another number of names.

        >>> ValueTiers.from_lower_bounds([1000, 100], ["gold", "silver", "bronze"]).assign([100, 5000])["name"].tolist()
        ['silver', 'gold']
        """
        return cls._with(_crm.ValueTiers.from_lower_bounds(number_list("lower_bounds", lower_bounds), name_list("names", names or ())))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Fitted tiers from their JSON text.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.
        """
        return cls._with(_crm.ValueTiers.from_json(text))

    @classmethod
    def _with(cls, native: _crm.ValueTiers) -> Self:
        split = native.split()
        tiers = cls(names=native.names()) if split is None else cls(by=split[0], shares=split[1], names=native.names())
        tiers.model_ = native
        return tiers

    def predict(self, values: ColumnLike) -> Labels:
        """The tier of each customer, 0 the highest.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
            EmptyError: There are no customers.
            InvalidValueError: A value is not finite.
        """
        return labels_array(self._fitted().assign(number_column("values", values)))

    def fit_predict(self, values: ColumnLike, y: object = None) -> Labels:
        """Fits bounds and gives the tier of each customer. Errors as for `fit`."""
        return self.fit(values, y).tiers_

    def assign(self, values: ColumnLike) -> Table:
        """The tier of each customer: `tier` and `name`. Errors as for `predict`."""
        return Table(self._fitted().table(number_column("values", values)))

    def summary(self, values: ColumnLike) -> Table:
        """The tiers of these customers in numbers, the highest first. Errors as for `predict`.

        `tier`, `name`, `lower_bound`, `customers`, `customer_share`, `value`, `value_share`, `lowest`, `highest`, `asked_share`, `got_share`, and
        `overshoot`: by how much ties made the tier larger than asked.
        """
        return Table(self._fitted().summary(number_column("values", values)))

    @property
    def tiers_(self) -> Labels:
        """The tier of each customer that it was fitted to.

        Raises:
            InvalidArgumentError: Nothing was fitted yet, or the bounds were given.
        """
        self._fitted()
        tiers: Labels | None = self.__dict__.get("_tiers")
        if tiers is None:
            raise _not_here("tiers")
        return tiers

    @property
    def summary_(self) -> Table:
        """The tiers of the customers that it was fitted to in numbers, as `summary` gives them.

        Raises:
            InvalidArgumentError: Nothing was fitted yet, or the model was saved since.
        """
        self._fitted()
        summary: Table | None = self.__dict__.get("_summary")
        if summary is None:
            raise _not_here("summary")
        return summary

    @property
    def names_(self) -> list[str]:
        """The names of the tiers, the highest first."""
        return self._fitted().names()

    @property
    def lower_bounds_(self) -> list[float | None]:
        """The lower bound of each tier but the last; `None` for tiers that no value reached."""
        return self._fitted().lower_bounds()

    def __getstate__(self) -> dict[str, object]:
        state = super().__getstate__()
        state.pop("_summary", None)
        return state


def _not_here(what: str) -> InvalidArgumentError:
    message = f"the {what} of these ValueTiers are not known, as they were not fitted here: call predict or summary"
    return InvalidArgumentError(message, argument="self")
