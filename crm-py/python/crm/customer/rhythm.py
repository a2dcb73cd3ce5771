"""The rhythm of purchases: the gaps between the days on which a customer buys."""

from __future__ import annotations

from datetime import date

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.customer.base import TimeUnit
from crm.table import Table

__all__ = ["Rhythm"]


class Rhythm:
    """The gaps between the purchase days of each customer of a base, from `PurchaseHistory.rhythm`.

    What a customer has too few purchases for is NaN: nobody's rhythm is known after one purchase.

    >>> from datetime import date
    >>> import crm
    >>> days = [date(2024, 3, day) for day in (1, 11, 21, 1, 2, 21)]
    >>> rhythm = crm.PurchaseHistory.from_columns(["even"] * 3 + ["odd"] * 3, days).rhythm("2024-03-31")
    >>> rhythm.regularity.round(3)
    array([1. , 0.1])
    >>> rhythm.to_table()["median_gap"]
    array([10., 10.])

    Source: Katsnelson and Kotz (1957), "On the upper limits of some measures of variability".
    """

    __slots__ = ("_native",)
    _native: _crm.Rhythm

    @classmethod
    def _of(cls, native: _crm.Rhythm) -> Rhythm:
        rhythm = cls.__new__(cls)
        rhythm._native = native
        return rhythm

    def __len__(self) -> int:
        return len(self._native)

    @property
    def as_of(self) -> date:
        """The day whose end it describes."""
        return date.fromisoformat(self._native.as_of())

    @property
    def window_days(self) -> int | None:
        """The window in days, if only the last days count."""
        return self._native.window_days()

    @property
    def time_unit(self) -> TimeUnit:
        """The unit of the gaps."""
        return self._native.time_unit()

    @property
    def regularity(self) -> npt.NDArray[np.float64]:
        """How regularly each customer buys, from 0 to 1; NaN below three purchase days.

        `1 - CV / sqrt(m - 1)`: the coefficient of variation of the m gaps as a share of the most that m gaps can have. 1 is clockwork; near 0
        all purchases but one lie together.
        """
        return np.frombuffer(self._native.regularity())

    @property
    def mean_gap(self) -> npt.NDArray[np.float64]:
        """The mean gap of each customer, in the time unit; NaN below two purchase days."""
        return np.frombuffer(self._native.mean_gap())

    def to_table(self) -> Table:
        """One row a customer: `customer_id`, `gaps` (their number), `mean_gap`, `median_gap`, `last_gap`, `gap_variation`, `regularity`.

        Gaps are in the time unit, `gap_variation` is their coefficient of variation; missing where not defined.
        """
        return Table(self._native.table())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Rhythm) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Rhythm: {len(self):,} customers as of {self.as_of}, gaps in {self.time_unit}>"
