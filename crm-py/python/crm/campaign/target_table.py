"""A scored table: a row a customer, with named columns of numbers and texts."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import (
    ArrowArray,
    ArrowStream,
    ColumnLike,
    LazyTable,
    id_column,
    number_column,
    plain_column,
    row_numbers,
)
from crm.error import CrmError, MissingColumnError, WrongTypeError
from crm.table import Table

__all__ = ["TableLike", "TargetTable"]

TableLike = Mapping[str, ColumnLike] | ArrowStream | ArrowArray | LazyTable | Table
"""Columns by name: a dictionary, a table of pandas, Polars, PyArrow, DuckDB or any other library with the Arrow PyCapsule interface, or one of
this library."""


def _read(name: str, values: ColumnLike | _crm.Column) -> tuple[_crm.Column, bool] | WrongTypeError:
    """A column for the engine and whether it holds texts, or why it holds neither texts nor numbers."""
    try:
        plain = plain_column(name, values)
    except WrongTypeError as error:
        if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
            return error
        # That is no column.
        raise
    accepted = "numbers, truth values or texts"
    if isinstance(plain, _crm.Column):
        if plain.is_text() or plain.is_numeric():
            return plain, plain.is_text()
        return WrongTypeError(f"{name}: {plain.type_name()} is not accepted: must be {accepted}", argument=name)
    is_text = isinstance(plain, list) and any(isinstance(value, str) for value in plain)
    try:
        return (id_column(name, plain) if is_text else number_column(name, plain, truths=True)), is_text
    except WrongTypeError as error:
        if error.row is None:
            return error
        given = type(plain[error.row]).__name__
        message = f"{name}, row {error.row}: {given} is not accepted: must be {accepted}, all of one kind"
        return WrongTypeError(message, argument=name, row=error.row)


def _columns_of(argument: str, table: TableLike) -> list[tuple[str, ColumnLike | _crm.Column | WrongTypeError]]:
    """The columns of a table with their names."""
    if isinstance(table, Mapping):
        return [(str(name), values) for name, values in table.items()]
    frame: Any = table
    library = type(frame).__module__.partition(".")[0]
    if library == "polars" and hasattr(frame, "collect"):
        frame = frame.collect()
    # Column by column, so that one that Arrow cannot express leaves the others as they are.
    if library == "pandas" and hasattr(frame, "columns"):
        return [(str(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns)]
    if library == "polars" and hasattr(frame, "get_columns"):
        return [(column.name, column) for column in frame.get_columns()]
    if library == "pyarrow" and hasattr(frame, "column") and hasattr(frame, "schema"):
        return [(name, frame.column(place)) for place, name in enumerate(frame.schema.names)]
    columns = _crm.Column.of_table(argument, frame)
    if columns is None:
        message = f"{argument}: {type(table).__name__} is not accepted: must be a table or a dictionary of columns"
        raise WrongTypeError(message, argument=argument)
    return [
        (name, WrongTypeError(str(why), argument=name) if column is None else column) for name, column, why in columns
    ]


class TargetTable:
    """Customers and what is known of them: scores, segments, consents. Rows keep their order, and nothing depends on it.

    Args:
        table: Columns by name: a dictionary, or a table of pandas, Polars, PyArrow, DuckDB or another library that speaks Arrow. Numbers and
            truth values (1 and 0) with NaN or null where missing; texts and categories with null where missing. A column of another type,
            such as dates or lists, is left out, and refused where it is asked for.
        customer_id: The name of the column of ids, integers or text, each once and none missing.

    Raises:
        MissingColumnError: There is no such column, or several.
        MissingValueError: An id is missing.
        InvalidValueError: A customer is named twice.
        LengthMismatchError: The columns differ in length.
        WrongTypeError: That is no table, or ids are neither integers nor text.

    >>> table = TargetTable({"customer_id": ["ann", "bob"], "score": [0.7, None], "city": ["Bonn", None]})
    >>> table
    <TargetTable: 2 customers, score, city>
    """

    __slots__ = ("_left_out", "_native")
    _native: _crm.TargetTable
    _left_out: dict[str, WrongTypeError]

    def __init__(self, table: TableLike, customer_id: str = "customer_id") -> None:
        columns = _columns_of("table", table)
        found = [values for name, values in columns if name == customer_id]
        if len(found) != 1:
            known = ", ".join(name for name, _ in columns)
            count = "is no column" if not found else f"are {len(found)} columns"
            raise MissingColumnError(f"customer_id: there {count} {customer_id!r} among {known}", argument="customer_id")
        if isinstance(found[0], WrongTypeError):
            raise found[0]
        ids = id_column("customer_id", found[0])
        numbers: list[tuple[str, _crm.Column]] = []
        texts: list[tuple[str, _crm.Column]] = []
        self._left_out = {}
        for name, values in columns:
            if name == customer_id:
                continue
            read = values if isinstance(values, WrongTypeError) else _read(name, values)
            if isinstance(read, WrongTypeError):
                self._left_out[name] = read
            else:
                (texts if read[1] else numbers).append((name, read[0]))
        self._native = _crm.TargetTable(ids, numbers, texts)

    @classmethod
    def _of(cls, native: _crm.TargetTable, left_out: dict[str, WrongTypeError]) -> TargetTable:
        table = cls.__new__(cls)
        table._native = native
        table._left_out = left_out
        return table

    def __len__(self) -> int:
        return len(self._native)

    @property
    def columns(self) -> list[str]:
        """The names of the columns beside the ids: numbers, then texts."""
        return self._native.names()

    @property
    def left_out(self) -> dict[str, str]:
        """Columns that hold neither numbers nor texts, and why; whoever asks for one gets a `WrongTypeError`.

        >>> from datetime import date
        >>> TargetTable({"customer_id": [7], "joined": [date(2024, 3, 1)]}).left_out
        {'joined': 'joined, row 0: date is not accepted: must be numbers, truth values or texts, all of one kind'}
        """
        return {name: str(error) for name, error in self._left_out.items()}

    @property
    def ids(self) -> npt.NDArray[Any]:
        """The ids in the order of the rows: integers, or texts as objects.

        >>> TargetTable({"customer_id": [7, 3]}).ids
        array([7, 3])
        """
        return Table(self._native.ids())["customer_id"]

    def take(self, rows: ColumnLike | range) -> TargetTable:
        """The rows that are asked for.

        Args:
            rows: Numbers of rows, in the order that the new table shall have; or a truth value for each row, true for those to be taken.

        Raises:
            OutOfRangeError: There is no such row.
            InvalidValueError: A row is named twice.
            LengthMismatchError: There are truth values, but not one for each row.
            WrongTypeError: A row is neither a whole number nor a truth value.
            EmptyError: No rows are left.

        >>> table = TargetTable({"customer_id": [7, 3, 5]})
        >>> table.take([2, 0]).ids, table.take([True, False, True]).ids
        (array([5, 7]), array([7, 5]))
        """
        return TargetTable._of(self._native.take(row_numbers("rows", rows, len(self))), self._left_out)

    def _explained(self, error: MissingColumnError) -> CrmError:
        """What is wrong with a column that was asked for: it was left out, or there is none."""
        return copy.copy(self._left_out.get(error.argument or "", error))

    def __repr__(self) -> str:
        columns = "".join(f", {name}" for name in self.columns)
        left_out = f"; left out: {', '.join(self._left_out)}" if self._left_out else ""
        return f"<TargetTable: {len(self)} customers{columns}{left_out}>"
