"""How far two labellings of the same customers agree."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, name_list, number_column
from crm.error import LengthMismatchError
from crm.table import Table

__all__ = ["CrossTable", "adjusted_rand_index", "cross_table", "normalized_mutual_info"]


class CrossTable:
    """Customers counted by two labellings, from `cross_table`."""

    __slots__ = ("_columns", "_native", "_rows")
    _native: _crm.CrossTable
    _rows: list[str]
    _columns: list[str]

    @classmethod
    def _of(
        cls, native: _crm.CrossTable, rows: Sequence[str] | None = None, columns: Sequence[str] | None = None
    ) -> CrossTable:
        table = cls.__new__(cls)
        table._native = native
        table._rows = _names("row_names", rows, native.row_groups())
        table._columns = _names("column_names", columns, native.column_groups())
        return table

    @property
    def counts(self) -> npt.NDArray[np.int64]:
        """The number of customers with a label of the first labelling (rows) and of the second (columns)."""
        return np.frombuffer(self._native.counts(), dtype=np.int64).reshape(-1, self._native.column_groups())

    @property
    def total(self) -> int:
        """All customers."""
        return self._native.total()

    @property
    def agreement(self) -> float:
        """The share of customers who have the same label in both labellings."""
        return self._native.agreement()

    @property
    def chance_agreement(self) -> float:
        """The agreement that the sizes of the groups alone make likely."""
        return self._native.chance_agreement()

    @property
    def cohens_kappa(self) -> float | None:
        """`(agreement - chance) / (1 - chance)`; `None` if both labellings put everybody into the same group."""
        return self._native.cohens_kappa()

    def to_table(self) -> Table:
        """One row a cell: `row`, `column`, `customers`, `share`, `row_share`, `column_share`; shares of nobody are missing."""
        return Table(self._native.table(self._rows, self._columns))

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, CrossTable) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<CrossTable: {self.total:,} customers in {len(self._rows)} × {len(self._columns)} groups>"


def cross_table(
    rows: ColumnLike,
    columns: ColumnLike,
    *,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
) -> CrossTable:
    """Counts customers by two labels each.

    Args:
        rows: The label of each customer in the first labelling, from 0 on.
        columns: The same in the second labelling.
        row_names: The names of the groups of the first; with both names, groups without customers are there too.
        column_names: The names of the groups of the second.

    Raises:
        LengthMismatchError: One labelling has more labels than the other, or there is another number of names than groups.
        EmptyError: There are no labels.
        OutOfRangeError: A label is above 65,535 or has no name, or the table would be too large.
        InvalidValueError: A label is no whole number from 0 on.

    >>> cross_table([0, 0, 1, 2], [0, 0, 1, 1]).counts.tolist()
    [[2, 0], [0, 1], [0, 1]]

    Source: Cohen (1960), "A coefficient of agreement for nominal scales".
    """
    groups = None
    if row_names is not None and column_names is not None:
        groups = len(name_list("row_names", row_names)), len(name_list("column_names", column_names))
    native = _crm.CrossTable(number_column("rows", rows), number_column("columns", columns), groups)
    return CrossTable._of(native, row_names, column_names)


def _names(argument: str, names: Sequence[str] | None, groups: int) -> list[str]:
    if names is None:
        return [str(group) for group in range(groups)]
    listed = name_list(argument, names)
    if len(listed) != groups:
        message = f"{argument}: {len(listed)} names do not name {groups} groups"
        raise LengthMismatchError(message, argument=argument)
    return listed


def adjusted_rand_index(left: ColumnLike, right: ColumnLike) -> float:
    """How far two labellings of the same rows agree: 1 if they are equal up to the numbers of the clusters, 0 on average by chance.

    Raises:
        LengthMismatchError: One has more labels than the other.
        EmptyError: There are no labels.
        InvalidValueError: A label is no whole number from 0 on.

    >>> adjusted_rand_index([0, 0, 1, 1], [1, 1, 0, 0])
    1.0

    Source: Hubert and Arabie (1985), "Comparing partitions".
    """
    return _crm.adjusted_rand_index(number_column("left", left), number_column("right", right))


def normalized_mutual_info(left: ColumnLike, right: ColumnLike) -> float:
    """What one labelling tells of the other: from 0 (nothing) to 1 (all), their mutual information by the mean of both entropies.

    Raises:
        LengthMismatchError: One has more labels than the other.
        EmptyError: There are no labels.
        InvalidValueError: A label is no whole number from 0 on.

    >>> normalized_mutual_info([0, 0, 1, 1], [1, 1, 0, 0]), normalized_mutual_info([0, 0, 1, 1], [0, 1, 0, 1])
    (1.0, 0.0)

    Source: Vinh, Epps and Bailey (2010), "Information theoretic measures for clusterings comparison".
    """
    return _crm.normalized_mutual_information(number_column("left", left), number_column("right", right))
