"""The customer base: one row a customer, as of a date."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from html import escape
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.table import Table

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl
    import pyarrow as pa  # type: ignore[import-untyped]

__all__ = ["BaseAccount", "CalibrationHoldout", "CustomerBase", "TimeUnit"]

TimeUnit: TypeAlias = Literal["day", "week", "month30", "month_mean", "year365", "year_mean"]
"""A unit of ages: 1, 7, 30, 365.25 / 12, 365 or 365.25 days."""


@dataclass(frozen=True)
class BaseAccount:
    """What of a history a base describes, and what not."""

    rows: Table
    """What became of the rows when the history was built: `what`, `rows` and `amount`."""
    rows_after: int
    """Used rows after `as_of`, which the base leaves out."""
    rows_before: int
    """Used rows before the window, which the base leaves out."""
    customers_without_purchase: int
    """Customers of the history without a purchase in the time described."""
    amount_without_purchase: Decimal
    """The net amount of those customers in the time described."""


class CustomerBase:
    """One row a customer who has a purchase by `as_of`, in the order of the ids.

    Marketing and "buy till you die" models use the words recency, frequency and T for different things, so columns are
    called what they are:

    | column | marketing | BTYD | unit |
    | --- | --- | --- | --- |
    | `time_since_last_purchase` | recency | T - t_x | time unit |
    | `orders` | frequency | | orders |
    | `purchase_days` | | x + 1 | days with a purchase |
    | `net_amount` | monetary | | currency |
    | `repeat_purchases` | | x | days with a purchase after the first |
    | `last_purchase_age` | | t_x | time unit since the first purchase |
    | `age` | | T | time unit since the first purchase |
    | `mean_repeat_amount` | | m_x, z-bar | currency a repeat purchase day |

    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 3, 3], [date(2024, 3, day) for day in (1, 5, 9)], [12.5, 8, 4])
    >>> base = history.base("2024-03-31")
    >>> base.to_table()["time_since_last_purchase"]
    array([22., 30.])
    >>> base.total_net_amount
    Decimal('24.50')
    """

    __slots__ = ("_native",)
    _native: _crm.CustomerBase

    @classmethod
    def _of(cls, native: _crm.CustomerBase) -> CustomerBase:
        base = cls.__new__(cls)
        base._native = native
        return base

    def __len__(self) -> int:
        return len(self._native)

    @property
    def as_of(self) -> date:
        """The day whose end the base describes."""
        return date.fromisoformat(self._native.as_of())

    @property
    def data_start(self) -> date:
        """The first day of the data behind the base: that of the log, or of the window where it starts later."""
        return date.fromisoformat(self._native.data_start())

    @property
    def window_days(self) -> int | None:
        """The window in days, if only the last days count."""
        return self._native.window_days()

    @property
    def time_unit(self) -> TimeUnit:
        """The unit of ages."""
        return self._native.time_unit()

    @property
    def has_amounts(self) -> bool:
        """Whether the log has amounts."""
        return self._native.has_amounts()

    @property
    def currency(self) -> str | None:
        """The currency label, if one was given."""
        return self._native.currency()

    @property
    def total_net_amount(self) -> Decimal:
        """The net amount of all customers, exact."""
        return Decimal(self._native.total_net_amount())

    @property
    def account(self) -> BaseAccount:
        """What of the history the base describes, and what not."""
        native = self._native
        return BaseAccount(
            rows=Table(native.rows()),
            rows_after=native.rows_after(),
            rows_before=native.rows_before(),
            customers_without_purchase=native.customers_without_purchase(),
            amount_without_purchase=Decimal(native.amount_without_purchase()),
        )

    def to_table(self) -> Table:
        """The base as a table; the amounts are absent if the log has none."""
        return Table(self._native.table())

    def to_arrow(self) -> pa.Table:
        """The base for PyArrow."""
        return self.to_table().to_arrow()

    def to_pandas(self) -> pd.DataFrame:
        """The base for pandas."""
        return self.to_table().to_pandas()

    def to_polars(self) -> pl.DataFrame:
        """The base for Polars."""
        return self.to_table().to_polars()

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The base as an Arrow stream (PyCapsule interface)."""
        return self.to_table().__arrow_c_stream__(requested_schema)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, CustomerBase) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def _title(self) -> str:
        window = "" if self.window_days is None else f", last {self.window_days} days"
        return f"CustomerBase: {len(self):,} customers as of {self.as_of}{window}"

    def __repr__(self) -> str:
        return f"<{self._title()}>"

    def _repr_html_(self) -> str:
        return f"<p>{escape(self._title())}</p>{self.to_table()._repr_html_()}"


class CalibrationHoldout:
    """A base as of the end of the calibration period, and what its customers did in the holdout period after it.

    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 7], [date(2024, 3, 1), date(2024, 3, 5)], [12.5, 8.0])
    >>> split = history.split("2024-03-03", "2024-03-05")
    >>> split.holdout_length, split.net_amount
    (2.0, array([8.]))
    """

    __slots__ = ("_native",)
    _native: _crm.CalibrationHoldout

    @classmethod
    def _of(cls, native: _crm.CalibrationHoldout) -> CalibrationHoldout:
        split = cls.__new__(cls)
        split._native = native
        return split

    @property
    def calibration(self) -> CustomerBase:
        """The base at the end of the calibration period."""
        return CustomerBase._of(self._native.calibration())

    @property
    def holdout_end(self) -> date:
        """The last day of the holdout period."""
        return date.fromisoformat(self._native.holdout_end())

    @property
    def holdout_length(self) -> float:
        """The length of the holdout period, in the base's time unit."""
        return self._native.holdout_length()

    @property
    def purchase_days(self) -> npt.NDArray[np.uint32]:
        """Days with a purchase in the holdout period, for each customer of the base."""
        return np.frombuffer(self._native.purchase_days(), dtype=np.uint32)

    @property
    def orders(self) -> npt.NDArray[np.uint32]:
        """Orders in the holdout period, for each customer of the base."""
        return np.frombuffer(self._native.orders(), dtype=np.uint32)

    @property
    def net_amount(self) -> npt.NDArray[np.float64]:
        """Net amounts in the holdout period, for each customer of the base."""
        return np.frombuffer(self._native.net_amount(), dtype=np.float64)

    def __repr__(self) -> str:
        return f"<CalibrationHoldout: {self.calibration!r}, holdout to {self.holdout_end}>"
