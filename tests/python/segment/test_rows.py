"""The numbers that are clustered: from any library, without a copy where they are 64-bit floats."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import crm
import duckdb
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from crm.segment.rows import native_rows

VALUES = np.array([[1.0, 10.0], [2.0, 20.0], [8.0, 80.0], [9.0, 90.0]])
COLUMNS = {"visits": VALUES[:, 0].copy(), "spend": VALUES[:, 1].copy()}


def relation() -> Any:
    frame = pl.DataFrame(COLUMNS)  # noqa: F841
    return duckdb.sql("FROM frame")


SOURCES: dict[str, Callable[[], Any]] = {
    "numpy": lambda: VALUES,
    "numpy, by column": lambda: np.asfortranarray(VALUES),
    "numpy, float32": lambda: VALUES.astype(np.float32),
    "numpy, integers": lambda: VALUES.astype(np.int16),
    "numpy, bytes swapped": lambda: VALUES.astype(">f8"),
    "numpy, every other column": lambda: np.repeat(VALUES, 2, axis=1)[:, ::2],
    "numpy, backwards": lambda: VALUES[::-1][::-1],
    "numpy, objects": lambda: VALUES.astype(object),
    "numpy, read only": lambda: np.frombuffer(VALUES.tobytes()).reshape(4, 2),
    "numpy, unaligned": lambda: np.frombuffer(b"x" + VALUES.tobytes(), dtype=np.uint8)[1:].view(np.float64).reshape(4, 2),
    "lists": VALUES.tolist,
    "dictionary": lambda: {name: column.tolist() for name, column in COLUMNS.items()},
    "pandas": lambda: pd.DataFrame(COLUMNS),
    "polars": lambda: pl.DataFrame(COLUMNS),
    "polars, integers": lambda: pl.DataFrame(COLUMNS).cast(pl.Int32),
    "pyarrow": lambda: pa.table(COLUMNS),
    "pyarrow, batches": lambda: pa.concat_tables([pa.table(COLUMNS)[:1], pa.table(COLUMNS)[1:]]),
    "pyarrow, one batch": lambda: pa.record_batch(COLUMNS),
    "duckdb": relation,
    "features": lambda: crm.FeatureTable(COLUMNS),
    "table": lambda: crm.FeatureTable(COLUMNS).to_table(),
}


@pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())
def test_every_source_gives_the_same_clusters(source: Callable[[], Any]) -> None:
    kmeans = crm.KMeans(2).fit(source())
    assert kmeans.labels_.tolist() == [0, 0, 1, 1]
    assert kmeans.cluster_centers_.tolist() == [[1.5, 15.0], [8.5, 85.0]]
    assert kmeans.predict(source()).tolist() == [0, 0, 1, 1]


def test_floats_are_read_in_place() -> None:
    for array in (VALUES, np.asfortranarray(VALUES)):
        assert native_rows("X", array).addresses() == [array.ctypes.data]
    assert native_rows("X", VALUES.astype(np.float32)).addresses() != [VALUES.ctypes.data]
    table = pa.table(COLUMNS)
    assert native_rows("X", table).addresses() == [table[name].chunk(0).buffers()[1].address for name in COLUMNS]
    frame = pl.DataFrame(COLUMNS)
    assert native_rows("X", frame).addresses() == [frame[name].to_numpy().ctypes.data for name in COLUMNS]


@pytest.mark.parametrize("values", [[0.1, 0.3], [2**40 + 1, 2**40 + 3]])
def test_conversions_keep_every_digit(values: list[float]) -> None:
    expected = sum(values) / 2
    for array in (np.array([values]).T, np.array([values]).T.astype(np.array(values).dtype.newbyteorder())):
        assert crm.KMeans(1).fit(array).cluster_centers_.tolist() == [[expected]]


def test_rows_keep_their_array() -> None:
    rows = native_rows("X", np.arange(20_000.0).reshape(-1, 2))
    again = np.arange(20_000.0, 40_000.0).reshape(-1, 2)
    assert len(rows) == len(again) == 10_000 and rows.features() == 2


@pytest.mark.parametrize(
    ("values", "error", "argument", "row"),
    [
        (np.arange(3.0), crm.WrongTypeError, "X", None),
        (np.zeros((2, 2, 2)), crm.WrongTypeError, "X", None),
        (np.zeros((0, 2)), crm.EmptyError, "X", None),
        (np.zeros((2, 0)), crm.InvalidArgumentError, "X", None),
        (np.array([["a", "b"]]), crm.WrongTypeError, "X", None),
        (np.zeros((2, 2), dtype=complex), crm.WrongTypeError, "X", None),
        (np.zeros((2, 2), dtype=bool), crm.WrongTypeError, "X", None),
        (np.zeros((2, 2), dtype="M8[D]"), crm.WrongTypeError, "X", None),
        ([[1.0, 2.0], [3.0]], crm.WrongTypeError, "X", None),
        ([1.0, 2.0], crm.WrongTypeError, "X", None),
        ("text", crm.WrongTypeError, "X", None),
        (7, crm.WrongTypeError, "X", None),
        ([[1.0, None], [2.0, 3.0]], crm.MissingValueError, "feature 1", 0),
        (np.array([[1.0, 2.0], [np.nan, 3.0]]), crm.InvalidValueError, "feature 0", 1),
        (np.array([[1.0, 2.0], [3.0, np.inf]]), crm.InvalidValueError, "feature 1", 1),
        (np.array([[1.0, 2.0], [3.0, 1e200]]), crm.OutOfRangeError, "feature 1", 1),
        (np.ma.masked_greater(VALUES, 80.0), crm.MissingValueError, "feature 1", 3),
        ({"visits": [1, 2], "spend": [1.0, float("nan")]}, crm.InvalidValueError, "spend", 1),
        ({"visits": [1, 2], "spend": [1.0, None]}, crm.MissingValueError, "spend", 1),
        ({"visits": [1, 2], "spend": [1.0]}, crm.LengthMismatchError, "spend", None),
        ({"visits": ["a", "b"]}, crm.WrongTypeError, "visits", 0),
        (pl.DataFrame({"visits": [1.0, None]}), crm.MissingValueError, "visits", 1),
        (pl.DataFrame({"visits": ["a"]}), crm.WrongTypeError, "visits", None),
        (pa.chunked_array([[1.0, 2.0]]), crm.WrongTypeError, "X", None),
        (pl.DataFrame({"customer_id": [1, 2], "visits": [1, 2]}), crm.InvalidArgumentError, "X", None),
        (crm.FeatureTable({"visits": [1.0, None]}), crm.InvalidValueError, "visits", 1),
    ],
)
def test_what_is_refused(values: Any, error: type[crm.CrmError], argument: str, row: int | None) -> None:
    with pytest.raises(error) as raised:
        crm.KMeans(1).fit(values)
    assert (raised.value.argument, raised.value.row) == (argument, row), raised.value
    assert str(raised.value).startswith(argument)
