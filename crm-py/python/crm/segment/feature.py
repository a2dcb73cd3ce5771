"""Features of customers: named columns with units, a row a customer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.customer import CustomerBase, PurchaseHistory, Rhythm
from crm.customer.base import TimeUnit
from crm.customer.day import iso_text
from crm.error import EmptyError, InvalidArgumentError, WrongTypeError
from crm.table import Table

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl
    import pyarrow as pa  # type: ignore[import-untyped]

__all__ = ["DEFAULT_FEATURES", "Feature", "FeatureTable", "features", "native_features"]

Feature = Literal[
    "time_since_last_purchase",
    "orders",
    "purchase_days",
    "net_amount",
    "purchase_amount",
    "mean_order_amount",
    "age",
    "regularity",
    "mean_gap",
    "return_rate",
]
"""The name of a feature that a base, or the rhythm of its purchases, has for every customer."""

DEFAULT_FEATURES: tuple[Feature, ...] = ("time_since_last_purchase", "purchase_days", "net_amount")
"""Recency, frequency and monetary value."""


def features() -> Table:
    """Every feature: `feature` (its name), `unit`, `needs_amounts`, and `needs_rhythm`: whether it is read from a history.

    >>> features()["feature"][:3].tolist()
    ['time_since_last_purchase', 'orders', 'purchase_days']
    """
    return Table(_crm.features())


class FeatureTable:
    """Features of customers, a row a customer in the order of the base: what is scaled and clustered.

    Money from a base keeps its exact amounts beside the floats that it shows. NaN means that a feature is not defined for a customer, and
    nothing else. Tables are immutable.

    Args:
        columns: Numbers by name, all of one length; NaN and null are missing.
        units: Their units by name: "count", "money", "money:CURRENCY", "share", "number" or a unit of time such as "day"; "number" unless
            one is given.

    Raises:
        EmptyError: There are no columns or no rows.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: A value is infinite, a count negative, or a share outside 0 to 1.
        InvalidArgumentError: There is no such unit, or a unit without a column.

    >>> FeatureTable({"visits": [3, 1], "spend": [12.5, None]}, units={"visits": "count", "spend": "money:EUR"})
    <FeatureTable: 2 customers, visits in count, spend in money:EUR>
    >>> FeatureTable({"visits": [3, -1]}, units={"visits": "count"})
    Traceback (most recent call last):
    crm.error.InvalidValueError: visits, row 1: -1 is no count: it is negative
    """

    __slots__ = ("_native",)
    _native: _crm.FeatureTable

    def __init__(self, columns: Mapping[str, ColumnLike], units: Mapping[str, str] | None = None) -> None:
        units = units or {}
        natives = {name: number_column(name, values) for name, values in columns.items()}
        if not natives:
            raise EmptyError("columns: there are none", argument="columns")
        for name in units:
            if name not in natives:
                message = f"units: {name!r} is not accepted: must be a column: {', '.join(natives)}"
                raise InvalidArgumentError(message, argument="units")
        native = _crm.FeatureTable(len(next(iter(natives.values()))))
        for name, values in natives.items():
            native = native.with_column(name, units.get(name, "number"), values)
        self._native = native

    @classmethod
    def _of(cls, native: _crm.FeatureTable) -> FeatureTable:
        table = cls.__new__(cls)
        table._native = native
        return table

    @classmethod
    def from_base(
        cls,
        base: CustomerBase,
        features: Sequence[Feature] = DEFAULT_FEATURES,
        *,
        rhythm: Rhythm | None = None,
    ) -> FeatureTable:
        """Features of the customers of a base.

        Args:
            base: The customers.
            features: Their names, of `crm.features()`; without any the table has no columns yet.
            rhythm: The gaps between purchases, for "regularity" and "mean_gap".

        Raises:
            InvalidArgumentError: There is no such feature, it is named twice, or it needs a rhythm.
            MissingColumnError: A feature needs amounts, and the log has none.
            IncompatibleError: The rhythm was read with other options, or from another history.

        >>> import crm
        >>> base = crm.PurchaseHistory.from_columns([7, 3], [date(2024, 3, 1), date(2024, 3, 5)], [1.0, 2.0]).base("2024-03-31")
        >>> FeatureTable.from_base(base)["net_amount"]
        array([2., 1.])
        """
        native_rhythm = None if rhythm is None else rhythm._native
        return cls._of(_crm.FeatureTable.from_base(base._native, native_rhythm, list(features)))

    @classmethod
    def from_history(
        cls,
        history: PurchaseHistory,
        as_of: date | str,
        features: Sequence[Feature] = DEFAULT_FEATURES,
        *,
        window_days: int | None = None,
        time_unit: TimeUnit = "day",
        rows_after: Literal["exclude", "raise"] = "exclude",
        threads: int = 0,
    ) -> FeatureTable:
        """Features of the customers that `history.base` has with these options; no feature is out of reach.

        Args:
            history: The purchases.
            as_of: The day, as a date or ISO text.
            features: Their names, of `crm.features()`.
            window_days: Only the last so many days up to `as_of` count.
            time_unit: The unit of times.
            rows_after: Rows after `as_of`: "exclude" or "raise".
            threads: Threads to use, 0 for all there are; the result does not depend on it.

        Raises:
            EmptyError: No customer has a purchase by then.
            InvalidValueError: There are rows after `as_of`, and `rows_after` is "raise".
            InvalidArgumentError: There is no such feature, or it is named twice.
            MissingColumnError: A feature needs amounts, and the log has none.

        >>> import crm
        >>> days = [date(2024, 3, day) for day in (1, 11, 21)]
        >>> history = crm.PurchaseHistory.from_columns([7, 7, 7], days, [1.0, 2.0, 3.0])
        >>> FeatureTable.from_history(history, "2024-03-31", ["net_amount", "regularity"])["regularity"]
        array([1.])
        """
        day = iso_text("as_of", as_of)
        native = _crm.FeatureTable.from_history(
            history._native, day, window_days, time_unit, rows_after, threads, list(features)
        )
        return cls._of(native)

    def with_column(self, name: str, values: ColumnLike, unit: str = "number") -> FeatureTable:
        """The table with one more column, such as a predicted lifetime value, in the order of its customers.

        Args:
            name: The name, which no other column has.
            values: Numbers; NaN and null are missing.
            unit: "count", "money", "money:CURRENCY", "share", "number" or a unit of time such as "day".

        Raises:
            InvalidArgumentError: The name is empty or taken, or there is no such unit.
            LengthMismatchError: There is another number of values than customers.
            InvalidValueError: A value is infinite, a count negative, or a share outside 0 to 1.
            OutOfRangeError: A value is above 1e140 in magnitude.
            IncompatibleError: It is money in another currency than the table's.

        >>> FeatureTable({"visits": [3, 1]}).with_column("opened", [0.5, 0.25], "share").columns
        ['visits', 'opened']
        """
        return self._of(self._native.with_column(name, unit, number_column(name, values)))

    def __len__(self) -> int:
        return len(self._native)

    def __getitem__(self, name: str) -> npt.NDArray[np.float64]:
        """A column; NaN where it is missing.

        Raises:
            MissingColumnError: There is no such column.
        """
        return np.frombuffer(self._native.column(name))

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._native.names()

    @property
    def units(self) -> dict[str, str]:
        """The unit of each column, by name."""
        return dict(zip(self.columns, self._native.units(), strict=True))

    @property
    def missing(self) -> dict[str, int]:
        """The number of missing values of each column, by name."""
        return dict(zip(self.columns, self._native.missing(), strict=True))

    @property
    def as_of(self) -> date | None:
        """The day that the base behind the table describes, if there is one."""
        day = self._native.as_of()
        return None if day is None else date.fromisoformat(day)

    @property
    def window_days(self) -> int | None:
        """The window in days of the base behind the table, if it had one."""
        return self._native.window_days()

    @property
    def time_unit(self) -> TimeUnit | None:
        """The unit of times of the base behind the table, if there is one."""
        return self._native.time_unit()

    @property
    def currency(self) -> str | None:
        """The label of the currency, if there is one."""
        return self._native.currency()

    def to_table(self) -> Table:
        """The features as a table, with `customer_id` first if they come from a base; what is not defined is missing."""
        return Table(self._native.table())

    def to_arrow(self) -> pa.Table:
        """The features for PyArrow."""
        return self.to_table().to_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """The features for pandas."""
        return self.to_table().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """The features for Polars."""
        return self.to_table().to_polars()

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, FeatureTable) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        columns = ", ".join(f"{name} in {unit}" for name, unit in self.units.items())
        return f"<FeatureTable: {len(self):,} customers, {columns or 'no columns'}>"


def native_features(data: FeatureTable | CustomerBase) -> _crm.FeatureTable:
    """The features of a table, or the default ones of a base."""
    if isinstance(data, FeatureTable):
        return data._native
    if isinstance(data, CustomerBase):
        return FeatureTable.from_base(data)._native
    message = f"data: {type(data).__name__} is not accepted: must be a FeatureTable or a CustomerBase"
    raise WrongTypeError(message, argument="data")
