"""The numbers that are clustered: tables of any library, NumPy arrays, lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ArrowArray, ArrowStream, ColumnLike, number_column
from crm.error import IncompatibleError, InvalidArgumentError, MissingColumnError, WrongTypeError
from crm.segment.feature import FeatureTable

__all__ = ["Floats", "Labels", "Matrix", "check_names", "feature_number", "labels_array", "native_rows", "numbers_array"]

Matrix = FeatureTable | ArrowStream | ArrowArray | npt.NDArray[Any] | Mapping[str, ColumnLike] | Sequence[Sequence[float]]
"""Rows of numbers: a table of pandas, Polars, PyArrow or DuckDB, a `FeatureTable`, a NumPy array of two dimensions, or lists.

64-bit floats are read where they lie, without a copy: do not write to them while the engine works. Other numbers are converted.
"""
Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int32]
"""The cluster of each row."""


def native_rows(argument: str, values: Matrix) -> _crm.Rows:
    """The numbers for the engine."""
    if isinstance(values, FeatureTable):
        return _crm.Rows.from_features(values._native)
    if not isinstance(values, np.ndarray):
        if isinstance(values, Mapping):
            columns = [number_column(str(name), column) for name, column in values.items()]
            return _crm.Rows.from_columns([str(name) for name in values], columns)
        if hasattr(values, "__arrow_c_stream__") or hasattr(values, "__arrow_c_array__"):
            try:
                rows = _crm.Rows.from_arrow(argument, values)
            except ImportError:
                # pandas without PyArrow.
                rows = None
            if rows is not None:
                if "customer_id" in (rows.names() or []):
                    message = f"{argument}: the column 'customer_id' is no feature: leave it out, or pass a crm.FeatureTable"
                    raise InvalidArgumentError(message, argument=argument)
                return rows
        if hasattr(values, "columns") and hasattr(values, "to_numpy"):
            frame: Any = values
            names = [str(name) for name in frame.columns]
            columns = [number_column(name, frame.iloc[:, place].to_numpy()) for place, name in enumerate(names)]
            return _crm.Rows.from_columns(names, columns)
        if isinstance(values, (str, bytes)) or not (isinstance(values, Sequence) or hasattr(values, "__array__")):
            raise _wrong_type(argument, type(values).__name__, "a table or an array of two dimensions")
    return _rows_of_array(argument, values)


def _rows_of_array(argument: str, values: Any) -> _crm.Rows:
    try:
        array: npt.NDArray[Any] = np.asarray(values)
    except ValueError as error:
        raise _wrong_type(argument, "rows of different lengths", "a table or an array of two dimensions") from error
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        array = np.ma.getdata(values).astype(object)
        array[np.ma.getmaskarray(values)] = None
    if array.ndim != 2:
        dimensions = f"an array of {array.ndim} dimension{'' if array.ndim == 1 else 's'}"
        raise _wrong_type(argument, dimensions, "two: a row a customer, a column a feature")
    if array.dtype.kind == "O":
        columns = [number_column(f"feature {place}", array[:, place].tolist()) for place in range(array.shape[1])]
        return _crm.Rows.from_columns(None, columns)
    if array.dtype.kind not in "iuf" or (array.dtype.kind == "f" and array.dtype.itemsize > 8):
        raise _wrong_type(argument, array.dtype, "numbers")
    if array.dtype != np.float64 or not array.dtype.isnative or not array.flags.aligned:
        array = array.astype(np.float64)
    if not (array.flags.c_contiguous or array.flags.f_contiguous):
        array = np.ascontiguousarray(array)
    return _crm.Rows.from_array(argument, array)


def numbers_array(values: bytearray, width: int) -> npt.NDArray[np.float64]:
    """Numbers row by row as an array."""
    return np.frombuffer(values).reshape(-1, width)


def labels_array(values: bytearray) -> Labels:
    """Labels as an array."""
    return np.frombuffer(values, dtype=np.int32)


def feature_number(argument: str, feature: int | str, names: list[str] | None) -> int:
    """The number of a feature that is given by its name or its number."""
    if isinstance(feature, int) and not isinstance(feature, bool):
        return feature
    if names is None:
        message = f"{argument}: {feature!r} is not accepted: must be the number of a feature, as the rows have no names"
        raise WrongTypeError(message, argument=argument)
    if feature not in names:
        raise MissingColumnError(f"{argument}: there is no column {feature!r} among {', '.join(names)}", argument=argument)
    return names.index(feature)


def check_names(fitted: list[str] | None, rows: _crm.Rows) -> None:
    """Refuses columns of other names, or in another order, than those fitted."""
    names = rows.names()
    if fitted is not None and names is not None and names != fitted:
        message = f"X: the columns are {', '.join(names)}, the model was fitted to {', '.join(fitted)}"
        raise IncompatibleError(message, argument="X")


def _wrong_type(argument: str, given: object, accepted: str) -> WrongTypeError:
    return WrongTypeError(f"{argument}: {given} is not accepted: must be {accepted}", argument=argument)
