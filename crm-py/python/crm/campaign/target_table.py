"""A scored table: a row a customer, with named columns of numbers and texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from crm import _crm
from crm.column import ArrowArray, ArrowStream, ColumnLike, id_column, number_column
from crm.error import MissingColumnError, WrongTypeError
from crm.table import Table

__all__ = ["TableLike", "TargetTable", "native_column"]

TableLike = Mapping[str, ColumnLike] | ArrowStream | ArrowArray | Table
"""Columns by name: a dictionary, a table of pandas, Polars, PyArrow or DuckDB, or one of this library."""


def native_column(name: str, values: ColumnLike) -> tuple[_crm.Column, bool]:
    """A column for the engine, and whether it holds texts."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "OUT":
        values = values.tolist()
    if isinstance(values, (list, tuple)):
        is_text = any(isinstance(value, str) for value in values)
    elif isinstance(values, np.ndarray):
        is_text = False
    else:
        dtype = str(getattr(values, "dtype", ""))
        if dtype in ("object", "str", "string", "category") and not hasattr(values, "__arrow_c_stream__"):
            return native_column(name, np.asarray(values).tolist())
        column = id_column(name, values) if dtype in ("object", "str", "string", "category") else None
        if column is None:
            column = number_column(name, values, truths=True)
        return column, column.is_text()
    return (id_column(name, values) if is_text else number_column(name, values, truths=True)), is_text


def columns_of(argument: str, table: TableLike) -> dict[str, Any]:
    """The columns of a table by name."""
    if isinstance(table, Mapping):
        return {str(name): values for name, values in table.items()}
    frame: Any = table
    if not hasattr(frame, "__getitem__") and hasattr(frame, "arrow"):
        # DuckDB's relations.
        frame = frame.arrow()
        frame = frame.read_all() if hasattr(frame, "read_all") else frame
    names = getattr(frame, "column_names", None)
    if names is None:
        names = getattr(frame, "columns", None)
    if names is None or not hasattr(frame, "__getitem__"):
        message = f"{argument}: {type(table).__name__} is not accepted: must be a table or a dictionary of columns"
        raise WrongTypeError(message, argument=argument)
    return {str(name): frame[name] for name in names}


class TargetTable:
    """Customers and what is known of them: scores, segments, consents. Rows keep their order, and nothing depends on it.

    Args:
        table: Columns by name: a dictionary, or a table of pandas, Polars, PyArrow or DuckDB. Numbers and truth values (1 and 0) with NaN
            or null where missing; texts and categories with null where missing.
        customer_id: The name of the column of ids, integers or text, each once and none missing.

    Raises:
        MissingColumnError: There is no such column.
        MissingValueError: An id is missing.
        InvalidValueError: A customer is named twice.
        LengthMismatchError: The columns differ in length.

    >>> table = TargetTable({"customer_id": ["ann", "bob"], "score": [0.7, None], "city": ["Bonn", None]})
    >>> table
    <TargetTable: 2 customers, score, city>
    """

    __slots__ = ("_native",)
    _native: _crm.TargetTable

    def __init__(self, table: TableLike, customer_id: str = "customer_id") -> None:
        columns = columns_of("table", table)
        if customer_id not in columns:
            message = f"customer_id: there is no column {customer_id!r} among {', '.join(columns)}"
            raise MissingColumnError(message, argument="customer_id")
        ids = id_column("customer_id", columns.pop(customer_id))
        numbers: list[tuple[str, _crm.Column]] = []
        texts: list[tuple[str, _crm.Column]] = []
        for name, values in columns.items():
            column, is_text = native_column(name, values)
            (texts if is_text else numbers).append((name, column))
        self._native = _crm.TargetTable(ids, numbers, texts)

    @classmethod
    def _of(cls, native: _crm.TargetTable) -> TargetTable:
        table = cls.__new__(cls)
        table._native = native
        return table

    def __len__(self) -> int:
        return len(self._native)

    @property
    def columns(self) -> list[str]:
        """The names of the columns beside the ids: numbers, then texts."""
        return self._native.names()

    def take(self, rows: Sequence[int]) -> TargetTable:
        """The rows that are asked for, in that order.

        Raises:
            OutOfRangeError: There is no such row.
            InvalidValueError: A row is named twice.

        >>> TargetTable({"customer_id": [7, 3, 5]}).take([2, 0])
        <TargetTable: 2 customers>
        """
        return TargetTable._of(self._native.take([int(row) for row in rows]))

    def __repr__(self) -> str:
        columns = "".join(f", {name}" for name in self.columns)
        return f"<TargetTable: {len(self)} customers{columns}>"
