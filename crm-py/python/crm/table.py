"""Results as tables, for pandas, Polars, PyArrow, DuckDB, NumPy, files and notebooks."""

from __future__ import annotations

import html
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl
    import pyarrow as pa  # type: ignore[import-untyped]

    from crm import _crm

__all__ = ["Table"]

_SHOWN_ROWS = 10


class Table:
    """Columns of equal length with names.

    Libraries that know the Arrow PyCapsule interface take it without a copy: `polars.DataFrame(result)`,
    `pyarrow.table(result)`, `duckdb.sql("from result")`.

    >>> from datetime import date
    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 3], [date(2024, 3, 1), date(2024, 3, 2)], [12.5, 8.0])
    >>> table = history.base("2024-03-31").to_table()
    >>> len(table), table.columns[:2]
    (2, ['customer_id', 'first_purchase'])
    >>> table["net_amount"]
    array([ 8. , 12.5])
    """

    __slots__ = ("_native",)

    def __init__(self, native: _crm.Table) -> None:
        self._native = native

    def __len__(self) -> int:
        return len(self._native)

    @property
    def columns(self) -> list[str]:
        """The names of the columns."""
        return self._native.columns()

    def __contains__(self, name: object) -> bool:
        """Whether there is a column of that name."""
        return name in self.columns

    def __getitem__(self, name: str) -> npt.NDArray[Any]:
        """A column as a NumPy array: text as objects, dates as `datetime64[D]`, missing numbers as NaN.

        Raises:
            KeyError: There is no such column.
            TypeError: Columns go by their names.
        """
        if not isinstance(name, str):
            raise TypeError(f"columns go by their names, not by {type(name).__name__}")
        kind, values = self._native.column(name)
        if isinstance(values, list):
            return np.array(values, dtype=object)
        if kind == "days":
            return np.frombuffer(values, dtype=np.int32).astype("datetime64[D]")
        return np.frombuffer(values, dtype=kind)

    def to_dict(self) -> dict[str, npt.NDArray[Any]]:
        """Every column as a NumPy array, by name.

        >>> from datetime import date
        >>> import crm
        >>> history = crm.PurchaseHistory.from_columns([7], [date(2024, 3, 1)], [12.5])
        >>> history.account.to_dict()["rows"][:2]
        array([1, 1])
        """
        return {name: self[name] for name in self.columns}

    def to_arrow(self) -> pa.Table:
        """The table for PyArrow, without a copy.

        Raises:
            ImportError: PyArrow is not installed.
        """
        import pyarrow

        return pyarrow.table(self)

    def to_pandas(self) -> pd.DataFrame:
        """The table for pandas; PyArrow is not needed.

        Raises:
            ImportError: pandas is not installed.
        """
        import pandas

        return pandas.DataFrame(self.to_dict(), columns=self.columns)

    def to_polars(self) -> pl.DataFrame:
        """The table for Polars, without a copy.

        Raises:
            ImportError: Polars is not installed.
        """
        import polars

        return polars.DataFrame(self)

    def write_csv(self, path: str | os.PathLike[str]) -> None:
        """Writes a CSV file with a header: UTF-8, commas, numbers that read back exactly.

        Raises:
            IoError: The file cannot be written.
        """
        self._native.write_csv(os.fspath(path))

    def write_parquet(self, path: str | os.PathLike[str]) -> None:
        """Writes a Parquet file.

        Raises:
            IoError: The file cannot be written.
        """
        self._native.write_parquet(os.fspath(path))

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The table as an Arrow stream (PyCapsule interface)."""
        return self._native.__arrow_c_stream__(requested_schema)

    def __arrow_c_schema__(self) -> object:
        """The columns of the table as an Arrow schema (PyCapsule interface)."""
        return self._native.__arrow_c_schema__()

    def _cells(self) -> list[list[str]]:
        """The first rows as text."""
        head = Table(self._native.slice(0, _SHOWN_ROWS)).to_dict()
        return [[_text(column[row]) for column in head.values()] for row in range(min(len(self), _SHOWN_ROWS))]

    def _size(self) -> str:
        left_out = f", the first {_SHOWN_ROWS} shown" if len(self) > _SHOWN_ROWS else ""
        return f"{len(self):,} rows × {len(self.columns)} columns{left_out}"

    def __repr__(self) -> str:
        rows = [self.columns, *self._cells()]
        widths = [max(len(row[place]) for row in rows) for place in range(len(self.columns))]
        lines = ["  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([*lines, f"[{self._size()}]"])

    def _repr_html_(self) -> str:
        def line(tag: str, cells: list[str]) -> str:
            return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

        head = f"<thead>{line('th', self.columns)}</thead>"
        body = f"<tbody>{''.join(line('td', cells) for cells in self._cells())}</tbody>"
        return f"<table>{head}{body}</table><p>{html.escape(self._size())}</p>"


def _text(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "" if value is None else str(value)
