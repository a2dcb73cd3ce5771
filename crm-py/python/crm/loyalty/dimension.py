"""What a loyalty score looks at: measured sides of customers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.customer.day import iso_text

__all__ = ["Dimension", "DimensionTable", "Direction"]

Direction: TypeAlias = Literal["higher", "lower"]


class Dimension:
    """One side of a customer that a score looks at, with all that its numbers mean.

    Name, direction, unit, window and decay are what a column was measured by: a score refuses a column that was measured otherwise than the one that it was
    fitted to. The normalisation says how values become numbers from 0 to 1, and only matters when a score is fitted.

    Args:
        name: The name of its column.
        unit: The unit of its values.
        direction: Which end is the loyal one: "higher" or "lower".
        window_days: How many days up to the date of the score the values are measured over; all, if left out.
        decay: How the say of an event fades with its age in days: "none", {"half_life": {"days": 90}}, {"linear": {"days": 90}} or
            {"window": {"days": 90}}.
        normalization: {"mid_rank": {"resolution": 65536}}, the default: the share of the fitted population below, and half of the share at the value, exact
            for so many distinct values and within 1 / resolution above; {"min_max": {"tail": 0.01}} between two quantiles; "z_score" and "robust_z",
            through the normal distribution; {"anchors": {"low": 0, "high": 10}}.

    Raises:
        InvalidArgumentError: A value makes no sense.
        ParseError: A decay or a normalisation is none.

    >>> import crm
    >>> orders = crm.Dimension("orders", "orders", window_days=365, decay={"half_life": {"days": 90}})
    >>> orders.name, orders.unit, orders.normalization
    ('orders', 'orders', {'mid_rank': {'resolution': 65536}})
    >>> orders.decayed_sum(3, rows=[0, 0, 2], ages_days=[0, 90, 400], amounts=[1, 1, 1])
    array([1.5, 0. , 0. ])
    """

    __slots__ = ("_json",)
    _json: str

    def __init__(
        self,
        name: str,
        unit: str,
        *,
        direction: Direction = "higher",
        window_days: float | None = None,
        decay: str | Mapping[str, Any] = "none",
        normalization: str | Mapping[str, Any] | None = None,
    ) -> None:
        given = {"name": name, "unit": unit, "direction": direction, "window_days": window_days, "decay": decay}
        if normalization is not None:
            given["normalization"] = normalization
        self._json = _crm.dimension_json(json.dumps(given))

    @classmethod
    def from_json(cls, text: str) -> Dimension:
        """A dimension from JSON text. Errors as for the constructor."""
        dimension = cls.__new__(cls)
        dimension._json = _crm.dimension_json(text)
        return dimension

    def to_json(self) -> str:
        """The dimension as JSON text."""
        return self._json

    def _get(self, key: str) -> Any:
        return json.loads(self._json)[key]

    @property
    def name(self) -> str:
        """The name."""
        name: str = self._get("name")
        return name

    @property
    def unit(self) -> str:
        """The unit of the values."""
        unit: str = self._get("unit")
        return unit

    @property
    def direction(self) -> Direction:
        """Which end is the loyal one."""
        direction: Direction = self._get("direction")
        return direction

    @property
    def window_days(self) -> float | None:
        """How many days the values are measured over, if not all."""
        days: float | None = self._get("window_days")
        return days

    @property
    def decay(self) -> Any:
        """How the say of an event fades."""
        return self._get("decay")

    @property
    def normalization(self) -> Any:
        """How values become numbers from 0 to 1."""
        return self._get("normalization")

    def decayed_sum(
        self, customers: int, *, rows: ColumnLike, ages_days: ColumnLike, amounts: ColumnLike
    ) -> npt.NDArray[np.float64]:
        """The value of each customer from events: the sum of their amounts, each by the decay at its age, over the events within the window.

        Args:
            customers: The number of customers.
            rows: The customer of each event, from 0 on.
            ages_days: The age of each event at the date of the score.
            amounts: What each event counts when new.

        Raises:
            OutOfRangeError: There is no such customer.
            InvalidValueError: An age is negative or not finite, or an amount not finite.
            LengthMismatchError: The columns differ in length.
        """
        columns = (number_column("rows", rows), number_column("ages_days", ages_days), number_column("amounts", amounts))
        return np.frombuffer(_crm.decayed_sum(self._json, customers, *columns))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Dimension) and other._json == self._json

    def __hash__(self) -> int:
        return hash(self._json)

    def __repr__(self) -> str:
        return f"Dimension.from_json({self._json!r})"


class DimensionTable:
    """Customers with what was measured of them up to the end of a day: a column a dimension, a row a customer.

    Args:
        as_of: The day.
        columns: A column for each dimension; None and NaN stand for a value that is not known. Columns are copied.

    Raises:
        EmptyError: There are no customers.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: A value is infinite.
        InvalidArgumentError: Two dimensions have one name, or there are more than 64.

    >>> import crm
    >>> table = crm.DimensionTable("2025-12-31", {crm.Dimension("orders", "orders"): [4, 1, 9], crm.Dimension("advice", "points"): [9, None, 7]})
    >>> len(table), [dimension.name for dimension in table.dimensions]
    (3, ['orders', 'advice'])
    """

    __slots__ = ("_native",)
    _native: _crm.DimensionTable

    def __init__(self, as_of: date | str, columns: Mapping[Dimension, ColumnLike]) -> None:
        given = [(dimension.to_json(), number_column(dimension.name, values)) for dimension, values in columns.items()]
        self._native = _crm.DimensionTable(iso_text("as_of", as_of), given)

    def __len__(self) -> int:
        return len(self._native)

    @property
    def as_of(self) -> date:
        """The day at whose end the customers were measured."""
        return date.fromisoformat(self._native.as_of())

    @property
    def dimensions(self) -> list[Dimension]:
        """The dimensions, in the order of the columns."""
        return [Dimension.from_json(text) for text in self._native.dimensions()]
