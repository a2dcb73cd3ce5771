"""Columns of transactions from lists, NumPy arrays and Arrow columns.

Only types that say what is meant are accepted: truth values are no amounts, floats no ids, and whole numbers no times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from types import NoneType
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.error import LengthMismatchError, OutOfRangeError, WrongTypeError

__all__ = [
    "ArrowArray",
    "ArrowStream",
    "ColumnLike",
    "LazyTable",
    "amount_column",
    "id_column",
    "integer_list",
    "integer_pair",
    "label_column",
    "name_list",
    "number_column",
    "number_list",
    "number_pair",
    "number_rows",
    "plain_column",
    "row_numbers",
    "time_column",
]


class ArrowStream(Protocol):
    """An object with the Arrow PyCapsule interface: tables of pandas, Polars, PyArrow, DuckDB, ..."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """The object as an Arrow stream."""


class ArrowArray(Protocol):
    """An object with the Arrow PyCapsule interface for one array or batch of rows."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        """The object as an Arrow schema and array."""


class LazyTable(Protocol):
    """A table that is still to be computed: Polars' `LazyFrame`."""

    def collect(self) -> Any:
        """The table."""


ColumnLike = Sequence[Any] | npt.NDArray[Any] | ArrowStream | ArrowArray
"""A list or tuple, a NumPy array, or a column of pandas, Polars or PyArrow."""

T = TypeVar("T")

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EPOCH_ORDINAL = _EPOCH.toordinal()
_MICROSECOND = timedelta(microseconds=1)
_NOT_A_TIME = np.iinfo(np.int64).min
_TICKS = {
    "W": ("D", 7),
    "D": ("D", 1),
    "h": ("s", 3600),
    "m": ("s", 60),
    "s": ("s", 1),
    "ms": ("ms", 1),
    "us": ("us", 1),
}
"""Units of NumPy whose 2**62nd tick is outside the calendar: the unit that they are read in, and how many of it they are."""
_UNITS_PER_NANOSECOND = {"ns": 1, "ps": 10**3, "fs": 10**6, "as": 10**9}


def id_column(argument: str, values: ColumnLike | _crm.Column) -> _crm.Column:
    """A column of customer or order ids: integers or text, all of one kind, with missing ones."""
    plain = plain_column(argument, values)
    if isinstance(plain, _crm.Column):
        return plain
    if isinstance(plain, list):
        return _crm.Column.ids(argument, plain)
    if plain.dtype.kind not in "iu":
        hint = " (integers with missing values among them? convert to Int64)" if plain.dtype.kind == "f" else ""
        raise _wrong_type(argument, plain.dtype, f"integers or text{hint}")
    return _crm.Column.integers(_int64(argument, plain))


def amount_column(argument: str, values: ColumnLike) -> _crm.Column:
    """A column of amounts: floats, integers or decimals."""
    plain = plain_column(argument, values)
    if isinstance(plain, _crm.Column):
        return plain
    if isinstance(plain, list):
        return _crm.Column.amounts(argument, plain)
    if plain.dtype.kind in "iu":
        return _crm.Column.integers(_int64(argument, plain))
    if plain.dtype.kind != "f" or plain.dtype.itemsize > 8:
        raise _wrong_type(argument, plain.dtype, "floats, integers or decimals")
    if plain.dtype.itemsize < 8:
        # The shortest decimal text of a float is what was meant: 19.99, not 19.989999771118164.
        plain = plain.astype(str).astype(np.float64)
    return _crm.Column.floats(np.ascontiguousarray(plain, dtype=np.float64))


def number_column(argument: str, values: ColumnLike | _crm.Column, *, truths: bool = False) -> _crm.Column:
    """A column of numbers that are no amounts of money; with `truths`, truth values are 0 and 1."""
    plain = plain_column(argument, values)
    if isinstance(plain, _crm.Column):
        return plain
    if isinstance(plain, list):
        if truths:
            plain = [float(value) if isinstance(value, bool) else value for value in plain]
        return _crm.Column.amounts(argument, plain)
    if truths and plain.dtype.kind == "b":
        return _crm.Column.floats(plain.astype(np.float64))
    if plain.dtype.kind not in "iuf":
        raise _wrong_type(argument, plain.dtype, "numbers")
    if plain.dtype.kind in "iu":
        return _crm.Column.integers(_int64(argument, plain))
    return _crm.Column.floats(np.ascontiguousarray(plain, dtype=np.float64))


def number_list(argument: str, values: ColumnLike | Iterable[Any]) -> list[float]:
    """A few numbers, such as weights: what `number_column` takes, and whole numbers, decimals and fractions of any size among them."""
    if not isinstance(values, Iterable) and not hasattr(values, "__array__"):
        raise _wrong_type(argument, type(values).__name__, "a list of numbers")
    given: Any = values
    plain = plain_column(argument, given)
    if isinstance(plain, list):
        plain = [_as_float(argument, row, value) for row, value in enumerate(plain)]
    return number_column(argument, plain).numbers(argument)


def number_pair(argument: str, values: ColumnLike | Iterable[Any]) -> tuple[float, float]:
    """Two numbers, such as the ends of a range."""
    return _pair(argument, number_list(argument, values))


def number_rows(argument: str, rows: Iterable[Any]) -> list[list[float]]:
    """The numbers of a matrix, row by row."""
    given: Any = np.asarray(rows) if hasattr(rows, "__array__") else rows
    if isinstance(given, (str, bytes, dict)) or not isinstance(given, Iterable):
        raise _wrong_type(argument, type(given).__name__, "rows of numbers")
    return [number_list(f"{argument}[{place}]", row) for place, row in enumerate(given)]


def integer_list(argument: str, values: ColumnLike | Iterable[Any]) -> list[int]:
    """A few whole numbers, such as counts of arms, of any size."""
    if not isinstance(values, Iterable) and not hasattr(values, "__array__"):
        raise _wrong_type(argument, type(values).__name__, "a list of whole numbers")
    given: Any = values
    plain = plain_column(argument, given)
    if isinstance(plain, _crm.Column):
        plain = [int(value) if value.is_integer() else value for value in plain.numbers(argument)]
    listed = plain if isinstance(plain, list) else plain.tolist()
    for row, value in enumerate(listed):
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise _wrong_type(argument, type(value).__name__, "a whole number", row)
    return listed


def integer_pair(argument: str, values: ColumnLike | Iterable[Any]) -> tuple[int, int]:
    """Two whole numbers, such as the ends of a range."""
    return _pair(argument, integer_list(argument, values))


def _pair(argument: str, numbers: list[T]) -> tuple[T, T]:
    if len(numbers) != 2:
        raise LengthMismatchError(f"{argument}: has {len(numbers)} numbers, but must have 2", argument=argument)
    return numbers[0], numbers[1]


def label_column(argument: str, values: ColumnLike) -> _crm.Column:
    """A column of labels of groups: truth values, integers, text or categories, all of one kind."""
    plain = plain_column(argument, values)
    if isinstance(plain, _crm.Column):
        return plain
    if isinstance(plain, list):
        truths = all(isinstance(value, bool) for value in plain)
        return _crm.Column.ids(argument, [int(value) for value in plain] if truths else plain)
    if plain.dtype.kind == "b" or plain.dtype == np.uint8:
        return _crm.Column.bytes(np.ascontiguousarray(plain).view(np.uint8))
    if plain.dtype.kind not in "iu":
        raise _wrong_type(argument, plain.dtype, "truth values, integers or text")
    return _crm.Column.integers(_int64(argument, plain))


def time_column(argument: str, values: ColumnLike) -> _crm.Column:
    """A column of times: dates, or times that all have a zone or all have none."""
    plain = plain_column(argument, values)
    if isinstance(plain, _crm.Column):
        return plain
    if isinstance(plain, list):
        return _times_of_list(argument, plain)
    if plain.dtype.kind != "M" or np.datetime_data(plain.dtype)[0] == "generic":
        raise _wrong_type(argument, plain.dtype, "a date or a timestamp (datetime64)")
    return _times_of_array(argument, plain)


def plain_column(argument: str, values: ColumnLike | _crm.Column) -> _crm.Column | list[Any] | npt.NDArray[Any]:
    """The values as a native column, a list, or a NumPy array of one dimension that holds no objects."""
    if isinstance(values, _crm.Column):
        return values
    if not isinstance(values, np.ndarray):
        if not hasattr(values, "__arrow_c_stream__") and hasattr(getattr(values, "dtype", None), "pyarrow_dtype"):
            # A column of pandas that holds Arrow's arrays, whose type NumPy would lose.
            held: Any = values
            values = getattr(held, "array", held).__arrow_array__()
        if isinstance(values, (str, bytes, dict)):
            raise _wrong_type(argument, type(values).__name__, "a column: a list or an array")
        if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
            try:
                column = _crm.Column.from_arrow(argument, values)
            except ImportError:
                # pandas without PyArrow.
                values = np.asarray(values)
            else:
                if column is not None:
                    return column
        elif isinstance(values, (list, tuple)):
            if not isinstance(next(iter(values), None), np.generic):
                return list(values)
            values = np.asarray(values)
        elif hasattr(values, "__array__") or isinstance(values, memoryview):
            values = np.asarray(values)
        elif isinstance(values, Iterable):
            return list(values)
        else:
            raise _wrong_type(argument, type(values).__name__, "a column: a list or an array")
    array: npt.NDArray[Any] = np.asarray(values)
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        array = np.ma.getdata(values).astype(object)
        array[np.ma.getmaskarray(values)] = None
    if array.ndim != 1:
        raise _wrong_type(argument, f"an array of {array.ndim} dimensions", "one column, of one dimension")
    return array.tolist() if array.dtype.kind in "OUT" else array


def name_list(argument: str, names: Sequence[str]) -> list[str]:
    """Names of columns or groups; a single text is one name, not one for each of its letters."""
    if isinstance(names, str):
        return [names]
    if not isinstance(names, Iterable):
        raise _wrong_type(argument, type(names).__name__, "a list of names")
    listed = list(names)
    for place, name in enumerate(listed):
        if not isinstance(name, str):
            raise _wrong_type(argument, type(name).__name__, "a name", place)
    return listed


def row_numbers(argument: str, rows: ColumnLike | range, count: int) -> list[int]:
    """Rows of a table of `count`: their numbers from 0 on, or a truth value for each row, true for those that are meant."""
    accepted = f"the number of a row, from 0 to {count - 1}, or a truth value for each row"
    if isinstance(rows, (str, bytes, dict)) or not (isinstance(rows, Iterable) or hasattr(rows, "__array__")):
        raise _wrong_type(argument, type(rows).__name__, accepted)
    values: list[Any] = np.asarray(rows).tolist() if hasattr(rows, "__array__") else list(rows)
    values = [value.item() if isinstance(value, np.generic) else value for value in values]
    if values and all(isinstance(value, bool) for value in values):
        if len(values) != count:
            message = f"{argument}: has {len(values)} truth values, but the table has {count} rows"
            raise LengthMismatchError(message, argument=argument)
        return [row for row, value in enumerate(values) if value]
    for place, value in enumerate(values):
        if not isinstance(value, int) or isinstance(value, bool):
            given = "a list" if isinstance(value, list) else repr(value)
            raise _wrong_type(argument, given, accepted, place)
        if not 0 <= value < count:
            message = f"{argument}, row {place}: {value} is not accepted: must be {accepted}"
            raise OutOfRangeError(message, argument=argument, row=place)
    return values


def _int64(argument: str, values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    if values.dtype.kind == "u" and values.dtype.itemsize == 8:
        too_large = np.flatnonzero(values > np.iinfo(np.int64).max)
        if too_large.size > 0:
            row = int(too_large[0])
            message = f"{argument}, row {row}: {values[row]} does not fit 64 bits with a sign"
            raise OutOfRangeError(message, argument=argument, row=row)
    return np.ascontiguousarray(values, dtype=np.int64)


def _times_of_list(argument: str, values: list[Any]) -> _crm.Column:
    if not set(map(type, values)) <= {date, NoneType}:
        # pandas' NaT is a datetime that is not equal to itself.
        values = [None if _is_missing(value) else value for value in values]
    first = next(((row, value) for row, value in enumerate(values) if value is not None), None)
    if first is not None and isinstance(first[1], datetime):
        return _datetimes(argument, values, zoned=first[1].tzinfo is not None)
    if first is not None and not isinstance(first[1], date):
        raise _wrong_type(argument, type(first[1]).__name__, "a date or a datetime", first[0])
    for row, value in enumerate(values):
        if value is not None and (not isinstance(value, date) or isinstance(value, datetime)):
            raise _wrong_type(argument, _describe(value), "a date, as the first one is", row)
    # Not by `np.array`, which takes ten times as long.
    days = [_NOT_A_TIME if value is None else value.toordinal() - _EPOCH_ORDINAL for value in values]
    return _crm.Column.times(np.array(days, dtype=np.int64), "D")


def _datetimes(argument: str, values: list[Any], *, zoned: bool) -> _crm.Column:
    accepted = f"a datetime {'with' if zoned else 'without'} a zone, as the first one is"
    for row, value in enumerate(values):
        if value is not None and not (isinstance(value, datetime) and (value.tzinfo is not None) is zoned):
            raise _wrong_type(argument, _describe(value), accepted, row)
    epoch = _EPOCH if zoned else _EPOCH.replace(tzinfo=None)
    micros = [None if value is None else (value - epoch) // _MICROSECOND for value in values]
    if zoned:
        return _crm.Column.instants(micros)
    return _crm.Column.times(np.array([_NOT_A_TIME if value is None else value for value in micros], dtype=np.int64), "us")


def _times_of_array(argument: str, values: npt.NDArray[Any]) -> _crm.Column:
    # Not by `astype`: NumPy's conversions of times wrap silently where they overflow.
    unit, step = np.datetime_data(values.dtype)
    values = np.ascontiguousarray(values, dtype=values.dtype.newbyteorder("="))
    ticks = values.view(np.int64)
    if unit in _TICKS:
        target, ticks_per_unit = _TICKS[unit]
        converted = _multiplied(ticks, ticks_per_unit * step)
    elif unit in ("Y", "M"):
        # A million years or months are outside the calendar, and within what NumPy converts.
        target, limited = "D", np.clip(ticks, -1_000_000, 1_000_000)
        converted = limited.view(values.dtype).astype("datetime64[D]").view(np.int64)
    elif unit in _UNITS_PER_NANOSECOND and step == 1:
        target, converted = "ns", ticks // _UNITS_PER_NANOSECOND[unit]
    else:
        raise _wrong_type(argument, values.dtype, "of a unit that is no multiple of nanoseconds")
    if converted is not ticks:
        converted[ticks == _NOT_A_TIME] = _NOT_A_TIME
    return _crm.Column.times(converted, target)


def _multiplied(ticks: npt.NDArray[np.int64], factor: int) -> npt.NDArray[np.int64]:
    """The product; what would overflow becomes a time that is outside the calendar too."""
    if factor == 1:
        return ticks
    most = 2**62 // factor
    return np.clip(ticks, -most, most) * factor


def _as_float(argument: str, row: int, value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, Fraction)):
        return value
    try:
        return float(value)
    except OverflowError:
        message = f"{argument}, row {row}: the number is too large for a float"
        raise OutOfRangeError(message, argument=argument, row=row) from None


def _is_missing(value: object) -> bool:
    # NaN and NaT differ from themselves; pandas' NA does not say.
    return value is None or type(value).__name__ in ("NaTType", "NAType") or bool(isinstance(value, float) and value != value)


def _describe(value: object) -> str:
    if isinstance(value, datetime):
        return f"a datetime {'with' if value.tzinfo is not None else 'without'} a zone"
    return type(value).__name__


def _wrong_type(argument: str, given: object, accepted: str, row: int | None = None) -> WrongTypeError:
    place = argument if row is None else f"{argument}, row {row}"
    return WrongTypeError(f"{place}: {given} is not accepted: must be {accepted}", argument=argument, row=row)
