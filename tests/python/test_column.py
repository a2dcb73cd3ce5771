"""Every kind of input gives the same history, and what is not meant is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import crm
import duckdb
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

IDS = ["ann", "王小明", "ann", None, "Zoë", "bob"]
NUMBERS = [7, 3, 7, None, -5, 2]
TIMES = [datetime(2024, 3, day, 23, 30, 15) for day in (1, 2, 31, 4, 5, 6)]
DAYS = [time.date() for time in TIMES]
AMOUNTS = [12.5, 8.0, -2.25, 1.0, 0.0, 19.99]
DECIMALS = [Decimal("12.50"), Decimal(8), Decimal("-2.25"), Decimal(1), Decimal(0), Decimal("19.99")]
CENTS = [1250, 800, -225, 100, 0, 1999]

Reader = Callable[..., crm.PurchaseHistory]
from_arrow: Reader = crm.PurchaseHistory.from_arrow
from_columns: Reader = crm.PurchaseHistory.from_columns


def arrow(ids: Any = None, times: Any = None, amounts: Any = None) -> pa.Table:
    ids = pa.array(IDS) if ids is None else ids
    times = pa.array(TIMES, pa.timestamp("us")) if times is None else times
    amounts = pa.array(AMOUNTS) if amounts is None else amounts
    return pa.table({"customer_id": ids, "time": times, "amount": amounts})


REFERENCE = from_arrow(arrow())
DATES = from_arrow(arrow(times=pa.array(DAYS, pa.date32())))


def pandas_frame() -> pd.DataFrame:
    return pd.DataFrame({"customer_id": IDS, "time": TIMES, "amount": AMOUNTS, "note": [object()] * len(IDS)})


def polars_frame(ids: Any = pl.String) -> pl.DataFrame:
    return pl.DataFrame({"customer_id": pl.Series(IDS).cast(ids), "time": TIMES, "amount": AMOUNTS})


def duckdb_relation(time: str = "TIMESTAMP", amount: str = "DOUBLE") -> Any:
    connection = duckdb.connect()
    connection.execute(f"CREATE TABLE log (customer_id VARCHAR, time {time}, amount {amount})")
    connection.executemany("INSERT INTO log VALUES (?, ?, ?)", list(zip(IDS, TIMES, AMOUNTS, strict=True)))
    return connection.sql("FROM log")


TABLES: dict[str, Callable[[], Any]] = {
    "pyarrow table": arrow,
    "pyarrow batch": lambda: arrow().to_batches()[0],
    "pyarrow reader": lambda: arrow().to_reader(max_chunksize=2),
    "pyarrow chunks": lambda: pa.concat_tables([arrow().slice(0, 1), arrow().slice(1, 4), arrow().slice(5)]),
    "pyarrow large text": lambda: arrow(pa.array(IDS, pa.large_string())),
    "pyarrow text view": lambda: arrow(pa.array(IDS, pa.string_view())),
    "pyarrow dictionary": lambda: arrow(pa.array(IDS).dictionary_encode()),
    "pyarrow small dictionary": lambda: arrow(pa.array(IDS).cast(pa.dictionary(pa.int8(), pa.string()))),
    "pyarrow struct array": lambda: arrow().to_struct_array().combine_chunks(),
    "pyarrow float32": lambda: arrow(amounts=pa.array(AMOUNTS, pa.float32())),
    "pyarrow decimal128": lambda: arrow(amounts=pa.array(DECIMALS, pa.decimal128(20, 2))),
    "pyarrow decimal256": lambda: arrow(amounts=pa.array(DECIMALS, pa.decimal256(50, 4))),
    "pandas": pandas_frame,
    "pandas object": lambda: pandas_frame().astype({"customer_id": object}),
    "pandas category": lambda: pandas_frame().astype({"customer_id": "category"}),
    "pandas PyArrow types": lambda: pandas_frame().astype({"customer_id": "string[pyarrow]", "amount": "float64[pyarrow]"}),
    "pandas seconds": lambda: pandas_frame().astype({"time": "datetime64[s]"}),
    "polars": polars_frame,
    "polars categorical": lambda: polars_frame(pl.Categorical),
    "polars enum": lambda: polars_frame(pl.Enum(["ann", "bob", "Zoë", "王小明"])),
    "polars decimal": lambda: polars_frame().with_columns(pl.col("amount").cast(pl.Decimal(20, 2))),
    "polars milliseconds": lambda: polars_frame().with_columns(pl.col("time").cast(pl.Datetime("ms"))),
    "duckdb": duckdb_relation,
    "duckdb decimal": lambda: duckdb_relation(amount="DECIMAL(18, 2)"),
    "duckdb float and seconds": lambda: duckdb_relation("TIMESTAMP_S", "FLOAT"),
    "duckdb nanoseconds": lambda: duckdb_relation("TIMESTAMP_NS"),
}
UNITS = ("s", "ms", "us", "ns")
TABLES |= {f"pyarrow timestamp {unit}": partial(arrow, None, pa.array(TIMES, pa.timestamp(unit))) for unit in UNITS}


@pytest.mark.parametrize("name", TABLES)
def test_tables_give_equal_histories(name: str) -> None:
    assert from_arrow(TABLES[name]()) == REFERENCE


TEXT_IDS: dict[str, Callable[[], Any]] = {
    "list": lambda: IDS,
    "tuple": lambda: tuple(IDS),
    "numpy objects": lambda: np.array(IDS, dtype=object),
    "numpy objects with NaN": lambda: np.array([np.nan if id is None else id for id in IDS], dtype=object),
    "numpy text": lambda: np.array(["" if id is None else id for id in IDS]),
    "pandas": lambda: pd.Series(IDS),
    "pandas with NA": lambda: pd.Series(IDS, dtype="string").to_numpy(),
    "polars": lambda: pl.Series(IDS),
    "pyarrow": lambda: pa.array(IDS),
    "pyarrow chunks": lambda: pa.chunked_array([IDS[:2], IDS[2:5], [], IDS[5:]]),
}
LOCAL_TIMES: dict[str, Callable[[], Any]] = {
    "list": lambda: TIMES,
    "strided": lambda: np.repeat(np.array(TIMES, dtype="datetime64[us]"), 2)[::2],
    "big endian": lambda: np.array(TIMES, dtype=">M8[us]"),
    "pandas": lambda: pd.Series(TIMES),
    "pandas timestamps": lambda: [pd.Timestamp(time) for time in TIMES],
    "numpy scalars": lambda: [np.datetime64(time, "us") for time in TIMES],
    "polars": lambda: pl.Series(TIMES),
    "multiples": lambda: np.array(TIMES, dtype="datetime64[15s]"),
}
LOCAL_TIMES |= {f"numpy {unit}": partial(np.array, TIMES, f"datetime64[{unit}]") for unit in UNITS}
FLOATS: dict[str, Callable[[], Any]] = {
    "list": lambda: AMOUNTS,
    "mixed list": lambda: [12.5, 8, -2.25, 1, 0, 19.99],
    "decimals": lambda: DECIMALS,
    "decimals and integers": lambda: [Decimal("12.5"), 8, Decimal("-2.25"), 1, 0, Decimal("19.99")],
    "numpy": lambda: np.array(AMOUNTS),
    "numpy float32": lambda: np.array(AMOUNTS, dtype=np.float32),
    "numpy strided": lambda: np.repeat(np.array(AMOUNTS), 3)[::3],
    "numpy big endian": lambda: np.array(AMOUNTS, dtype=">f8"),
    "numpy objects": lambda: np.array(DECIMALS, dtype=object),
    "numpy scalars": lambda: list(np.array(AMOUNTS)),
    "pandas": lambda: pd.Series(AMOUNTS),
    "polars": lambda: pl.Series(AMOUNTS),
}


@pytest.mark.parametrize("name", TEXT_IDS)
def test_ids_give_equal_histories(name: str) -> None:
    assert from_columns(TEXT_IDS[name](), TIMES, AMOUNTS) == REFERENCE


@pytest.mark.parametrize("name", LOCAL_TIMES)
def test_times_give_equal_histories(name: str) -> None:
    assert from_columns(IDS, LOCAL_TIMES[name](), AMOUNTS) == REFERENCE


@pytest.mark.parametrize("name", FLOATS)
def test_amounts_give_equal_histories(name: str) -> None:
    assert from_columns(IDS, TIMES, FLOATS[name]()) == REFERENCE


@pytest.mark.parametrize("cents", [CENTS, np.array(CENTS), np.array(CENTS, dtype=np.int32), pa.array(CENTS, pa.int16())])
def test_scaled_integers_give_equal_histories(cents: Any) -> None:
    assert from_columns(IDS, TIMES, cents, amount_scale=2) == REFERENCE
    assert from_arrow(arrow(amounts=pa.array(CENTS)), amount_scale=2) == REFERENCE


INTEGERS = from_columns(NUMBERS, DAYS, AMOUNTS)


@pytest.mark.parametrize("kind", [pa.int8(), pa.int16(), pa.int32(), pa.int64()])
def test_integer_ids_of_arrow(kind: pa.DataType) -> None:
    assert from_arrow(arrow(pa.array(NUMBERS, kind), pa.array(DAYS))) == INTEGERS
    coded = pa.array(NUMBERS, kind).dictionary_encode()
    assert from_arrow(arrow(coded, pa.array(DAYS))) == INTEGERS


@pytest.mark.parametrize("kind", ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", ">i4"])
def test_integer_ids_of_numpy(kind: str) -> None:
    ids = np.array([7, 3, 7, 9, 5, 2])
    expected = from_columns(ids.tolist(), DAYS, AMOUNTS)
    assert from_columns(ids.astype(kind), DAYS, AMOUNTS) == expected
    assert from_columns(list(ids.astype(kind)), DAYS, AMOUNTS) == expected


@pytest.mark.parametrize(
    "ids",
    [
        pd.Series(NUMBERS, dtype="Int64"),
        pd.Series(NUMBERS, dtype="Int64").to_numpy(dtype=object),
        np.ma.MaskedArray([7, 3, 7, 99, -5, 2], mask=[False, False, False, True, False, False]),
        pl.Series(NUMBERS),
    ],
    ids=["pandas", "pandas objects", "masked", "polars"],
)
def test_integer_ids_with_missing_ones(ids: Any) -> None:
    assert from_columns(ids, DAYS, AMOUNTS) == INTEGERS


@pytest.mark.parametrize(
    "days",
    [
        np.array(DAYS, dtype="datetime64[D]"),
        pl.Series(DAYS),
        pa.array(DAYS, pa.date32()),
        [np.datetime64(day) for day in DAYS],
    ],
    ids=["numpy", "polars", "pyarrow", "scalars"],
)
def test_days_give_equal_histories(days: Any) -> None:
    assert from_columns(IDS, days, AMOUNTS) == DATES


def test_days_of_weeks_and_months_are_their_first() -> None:
    months = np.array(["2024-03", "2024-05"], dtype="datetime64[M]")
    history = from_columns([1, 2], months)
    assert (history.first_day, history.last_day) == (date(2024, 3, 1), date(2024, 5, 1))


@pytest.mark.parametrize(("unit", "ticks", "day"), [
    ("W", [0, 1], date(1970, 1, 8)),
    ("h", [0, 24 * 365], date(1971, 1, 1)),
    ("90m", [0, 16], date(1970, 1, 2)),
    ("ps", [0, -1], date(1970, 1, 1)),
    ("as", [0, 10**18], date(1970, 1, 1)),
    ("Y", [0, 30], date(2000, 1, 1)),
])
def test_other_units_of_numpy(unit: str, ticks: list[int], day: date) -> None:
    history = from_columns([1, 2], np.array(ticks).view(f"datetime64[{unit}]"))
    assert history.last_day == day
    with pytest.raises(crm.MissingValueError):
        from_columns([1, 2], np.array([0, "NaT"], dtype=f"datetime64[{unit}]"))


@pytest.mark.parametrize("unit", ["Y", "M", "W", "D", "h", "m", "s", "ms", "us", "15s", "100us"])
@pytest.mark.parametrize("ticks", [2**63 - 1, -(2**63) + 1, 2**62])
def test_times_outside_the_calendar_never_wrap(unit: str, ticks: int) -> None:
    with pytest.raises(crm.OutOfRangeError) as raised:
        from_columns([1, 2], np.array([0, ticks]).view(f"datetime64[{unit}]"))
    assert raised.value.row == 1
    times = np.array([0, ticks]).view(f"datetime64[{unit}]")
    assert from_columns([1, 2], times, invalid_time="exclude").customers == 1


def test_date64_is_a_day() -> None:
    history = from_arrow(arrow(times=pa.array(DAYS, pa.date64())))
    assert history.base("2024-04-30").to_arrow() == DATES.base("2024-04-30").to_arrow()


# 23:30 in New York is 04:30 of the next day in universal time, 03:30 in summer.
ZONE = "America/New_York"
INSTANTS = [time.replace(tzinfo=ZoneInfo(ZONE)) for time in TIMES]
ZONED: dict[str, Callable[[], Any]] = {
    "list": lambda: INSTANTS,
    "other zones": lambda: [time.astimezone(timezone(timedelta(hours=hours))) for hours, time in enumerate(INSTANTS)],
    "pandas": lambda: pd.Series(INSTANTS),
    "pandas objects": lambda: np.array([pd.Timestamp(time) for time in INSTANTS], dtype=object),
    "polars": lambda: pl.Series(INSTANTS),
}
ZONED |= {f"pyarrow {unit}": partial(pa.array, INSTANTS, pa.timestamp(unit, "UTC")) for unit in UNITS}


@pytest.mark.parametrize("name", ZONED)
def test_instants_fall_on_the_day_of_the_business(name: str) -> None:
    history = from_columns(IDS, ZONED[name](), AMOUNTS, time_zone=ZONE)
    assert (history.first_day, history.last_day, history.time_zone) == (date(2024, 3, 1), date(2024, 3, 31), ZONE)
    table = pl.DataFrame({"customer_id": IDS, "time": INSTANTS, "amount": AMOUNTS})
    assert from_arrow(table, time_zone=ZONE) == history
    assert from_columns(IDS, ZONED[name](), AMOUNTS, time_zone="UTC").last_day == date(2024, 4, 1)


def test_instants_need_a_zone() -> None:
    with pytest.raises(crm.InvalidArgumentError) as raised:
        from_columns(IDS, INSTANTS, AMOUNTS)
    assert raised.value.argument == "time_zone"


def test_decimals_are_exact() -> None:
    # As floats: 0.1 + 0.2 is not 0.3, and 9007199254.740993 has no float.
    amounts = [Decimal("9007199254.740993"), Decimal("0.000001"), Decimal("1E+3")]
    history = from_columns([1, 1, 1], DAYS[:3], amounts)
    assert history.net_amount == Decimal("9007200254.740994")
    assert from_columns([1] * 3, DAYS[:3], [0.1, 0.2, -0.3]).net_amount == 0


def test_integers_above_2_to_the_53_stay_exact() -> None:
    history = from_columns([2**62, -(2**62)], DAYS[:2], [9_007_199_254_993, 1])
    assert history.net_amount == 9_007_199_254_994
    assert history.base("2024-12-31").to_table()["customer_id"].tolist() == [-(2**62), 2**62]


Bad = tuple[Any, Any, Any, type[crm.CrmError], str, int | None]
BAD: dict[str, Bad] = {
    "NaN": (IDS, TIMES, [1, 2, float("nan"), 1, 1, 1], crm.InvalidValueError, "amount", 2),
    "infinite": (IDS, TIMES, np.array([1, 2, 3, 4, 5, -np.inf]), crm.InvalidValueError, "amount", 5),
    "decimal NaN": (IDS, TIMES, [Decimal(1), Decimal("nan"), 1, 1, 1, 1], crm.InvalidValueError, "amount", 1),
    "decimal infinite": (IDS, TIMES, [1, 1, Decimal(1), 1, 1, Decimal("-inf")], crm.InvalidValueError, "amount", 5),
    "huge": (IDS, TIMES, [1, 1e13, 1, 1, 1, 1], crm.OutOfRangeError, "amount", 1),
    "huge decimal": (IDS, TIMES, [1, Decimal("1e30"), 1, 1, 1, 1], crm.OutOfRangeError, "amount", 1),
    "huge integer": (IDS, TIMES, [1, 2**62, 1, 1, 1, 1], crm.OutOfRangeError, "amount", 1),
    "beyond 64 bits": (IDS, TIMES, [1, 2**64, 1, 1, 1, 1], crm.OutOfRangeError, "amount", 1),
    "missing amount": (IDS, TIMES, [1, 1, None, 1, 1, 1], crm.MissingValueError, "amount", 2),
    "missing time": (IDS, [*TIMES[:4], None, TIMES[5]], AMOUNTS, crm.MissingValueError, "time", 4),
    "NaT": (IDS, [*TIMES[:4], pd.NaT, TIMES[5]], AMOUNTS, crm.MissingValueError, "time", 4),
    "numpy NaT": (IDS, np.array([*TIMES[:4], None, TIMES[5]], "M8[us]"), AMOUNTS, crm.MissingValueError, "time", 4),
    "year 10000": (
        IDS,
        np.array([*DAYS[:5], "10000-01-01"], dtype="datetime64[D]"),
        AMOUNTS,
        crm.OutOfRangeError,
        "time",
        5,
    ),
    "year 300000": (
        IDS,
        np.array([*TIMES[:4], "300000-01-01", TIMES[5]], dtype="datetime64[s]"),
        AMOUNTS,
        crm.OutOfRangeError,
        "time",
        4,
    ),
    "year a billion": (
        IDS,
        np.array([0, 2**62, 0, 0, 0, 0]).view("datetime64[D]"),
        AMOUNTS,
        crm.OutOfRangeError,
        "time",
        1,
    ),
    "hours beyond seconds": (
        IDS,
        np.array([0, 2**62, 0, 0, 0, 0]).view("datetime64[h]"),
        AMOUNTS,
        crm.OutOfRangeError,
        "time",
        1,
    ),
    "ragged time": (IDS, TIMES[:5], AMOUNTS, crm.LengthMismatchError, "time", None),
    "ragged amount": (IDS, TIMES, AMOUNTS[:2], crm.LengthMismatchError, "amount", None),
    "float ids": ([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", 0),
    "float id array": (np.arange(6.0), TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", None),
    "truth value ids": ([True, False] * 3, TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", 0),
    "truth value id array": (np.array([True, False] * 3), TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", None),
    "mixed ids": ([1, 2, "3", 4, 5, 6], TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", 2),
    "text then number": (["1", None, 3, "4", "5", "6"], TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", 2),
    "bytes ids": (np.array([b"a"] * 6), TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", None),
    "huge ids": ([1, 2**63, 1, 1, 1, 1], TIMES, AMOUNTS, crm.OutOfRangeError, "customer_id", 1),
    "huge id array": (np.array([1, 2**63, 1, 1, 1, 1], "uint64"), TIMES, AMOUNTS, crm.OutOfRangeError, "customer_id", 1),
    "huge arrow ids": (pa.array([1, 2**63, 1, 1, 1, 1], pa.uint64()), TIMES, AMOUNTS, crm.OutOfRangeError, "customer_id", 1),
    "half a surrogate": (["a", "\ud800", "c", "d", "e", "f"], TIMES, AMOUNTS, crm.NotUtf8Error, "customer_id", 1),
    "text": ("abcdef", TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", None),
    "two dimensions": (np.ones((6, 1), int), TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", None),
    "a number": (5, TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", None),
    "whole numbers as times": (IDS, np.arange(6), AMOUNTS, crm.WrongTypeError, "time", None),
    "numbers as times": (IDS, [1, 2, 3, 4, 5, 6], AMOUNTS, crm.WrongTypeError, "time", 0),
    "text times": (IDS, [str(day) for day in DAYS], AMOUNTS, crm.WrongTypeError, "time", 0),
    "mixed zones": (IDS, [*TIMES[:5], INSTANTS[5]], AMOUNTS, crm.WrongTypeError, "time", 5),
    "days and times": (IDS, [*DAYS[:3], *TIMES[3:]], AMOUNTS, crm.WrongTypeError, "time", 3),
    "times and days": (IDS, [*TIMES[:3], *DAYS[3:]], AMOUNTS, crm.WrongTypeError, "time", 3),
    "durations": (IDS, np.arange(6).view("timedelta64[D]"), AMOUNTS, crm.WrongTypeError, "time", None),
    "truth value amounts": (IDS, TIMES, [True] * 6, crm.WrongTypeError, "amount", 0),
    "truth value amount array": (IDS, TIMES, np.ones(6, bool), crm.WrongTypeError, "amount", None),
    "text amounts": (IDS, TIMES, ["1.0"] * 6, crm.WrongTypeError, "amount", 0),
    "complex amounts": (IDS, TIMES, np.ones(6, complex), crm.WrongTypeError, "amount", None),
    "float among decimals": (IDS, TIMES, [Decimal(1), 1, 1.5, 1, 1, 1], crm.WrongTypeError, "amount", 2),
    "pandas periods as ids": (pd.Series(DAYS).astype("period[D]"), TIMES, AMOUNTS, crm.WrongTypeError, "customer_id", None),
    "pandas periods as times": (IDS, pd.Series(DAYS).astype("period[D]"), AMOUNTS, crm.WrongTypeError, "time", None),
    "pandas objects": (IDS, TIMES, pd.Series([1, "a", object()] * 2), crm.WrongTypeError, "amount", None),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_columns(name: str) -> None:
    ids, times, amounts, error, argument, row = BAD[name]
    with pytest.raises(error) as raised:
        from_columns(ids, times, amounts)
    assert (raised.value.kind, raised.value.argument, raised.value.row) == (error.kind, argument, row)
    assert str(raised.value).startswith(argument)


BAD_TABLES: dict[str, tuple[Callable[[], Any], type[crm.CrmError], str, int | None]] = {
    "truth value ids": (lambda: arrow(pa.array([True] * 6)), crm.WrongTypeError, "customer_id", None),
    "float ids": (lambda: arrow(pa.array([1.0] * 6)), crm.WrongTypeError, "customer_id", None),
    "integer times": (lambda: arrow(times=pa.array(range(6))), crm.WrongTypeError, "time", None),
    "text times": (lambda: arrow(times=pa.array(["2024-03-01"] * 6)), crm.WrongTypeError, "time", None),
    "times of day": (lambda: arrow(times=pa.array([1] * 6, pa.time64("us"))), crm.WrongTypeError, "time", None),
    "truth value amounts": (lambda: arrow(amounts=pa.array([True] * 6)), crm.WrongTypeError, "amount", None),
    "text amounts": (lambda: arrow(amounts=pa.array(["1"] * 6)), crm.WrongTypeError, "amount", None),
    "NaN": (lambda: arrow(amounts=pa.array([1, 2, float("nan"), 4, 5, 6])), crm.InvalidValueError, "amount", 2),
    "NaN in a later batch": (
        lambda: arrow(amounts=pa.array([1, 2, 3, 4, float("nan"), 6])).to_reader(max_chunksize=2),
        crm.InvalidValueError,
        "amount",
        4,
    ),
    "null time": (lambda: arrow(times=pa.array([None, *TIMES[1:]])), crm.MissingValueError, "time", 0),
    "null amount": (lambda: arrow(amounts=pa.array([*AMOUNTS[:5], None])), crm.MissingValueError, "amount", 5),
    "huge decimals": (
        lambda: arrow(amounts=pa.array([Decimal(10) ** 50] * 6, pa.decimal256(60, 0))),
        crm.OutOfRangeError,
        "amount",
        0,
    ),
    "pandas periods": (
        lambda: pandas_frame().assign(time=pd.Series(DAYS).astype("period[D]")),
        crm.WrongTypeError,
        "time",
        None,
    ),
    "pandas periods as ids": (
        lambda: pandas_frame().assign(customer_id=pd.Series(DAYS).astype("period[D]")),
        crm.WrongTypeError,
        "customer_id",
        None,
    ),
    "pandas objects": (
        lambda: pandas_frame().assign(amount=[1, "a", 2.5, None, object(), 3]),
        crm.WrongTypeError,
        "data",
        None,
    ),
    "missing column": (lambda: arrow().drop_columns(["amount"]), crm.MissingColumnError, "amount", None),
    "missing in pandas": (lambda: pandas_frame().drop(columns="time"), crm.MissingColumnError, "time", None),
    "missing in an empty stream": (
        lambda: pa.RecordBatchReader.from_batches(pa.schema([("time", pa.date32())]), []),
        crm.MissingColumnError,
        "customer_id",
        None,
    ),
    "column twice": (
        lambda: pa.Table.from_arrays([pa.array(IDS)] * 2 + [pa.array(DAYS)], ["customer_id", "customer_id", "time"]),
        crm.MissingColumnError,
        "customer_id",
        None,
    ),
    "not a table": (lambda: pa.array([1, 2]), crm.WrongTypeError, "data", None),
    "a list": (lambda: [[1], [2]], crm.WrongTypeError, "data", None),
    "null rows": (lambda: struct_with_a_null(), crm.MissingValueError, "data", None),
}


def struct_with_a_null() -> pa.StructArray:
    columns = [column.combine_chunks() for column in arrow().columns]
    return pa.StructArray.from_arrays(columns, arrow().column_names, mask=pa.array([True] + [False] * 5))


@pytest.mark.parametrize("name", BAD_TABLES)
def test_bad_tables(name: str) -> None:
    table, error, argument, row = BAD_TABLES[name]
    with pytest.raises(error) as raised:
        from_arrow(table())
    assert (raised.value.kind, raised.value.argument, raised.value.row) == (error.kind, argument, row)


def test_text_that_is_not_utf8() -> None:
    data = pa.py_buffer(b"ann\xffbob")
    offsets = pa.py_buffer(np.array([0, 3, 4, 7], dtype=np.int32).tobytes())
    ids = pa.Array.from_buffers(pa.string(), 3, [None, offsets, data])
    with pytest.raises(crm.NotUtf8Error) as raised:
        from_arrow(pa.table({"customer_id": ids, "time": pa.array(DAYS[:3])}), amount=None)
    assert (raised.value.argument, raised.value.row) == ("customer_id", 1)


def test_a_stream_is_read_once() -> None:
    reader = arrow().to_reader()
    stream = reader.__arrow_c_stream__()

    class Again:
        def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
            return stream

    assert from_arrow(Again()) == REFERENCE
    with pytest.raises(crm.EmptyError):
        from_arrow(Again())


def test_a_stream_that_fails_says_why() -> None:
    def batches() -> Any:
        yield arrow().to_batches()[0]
        raise RuntimeError("the cable came off")

    with pytest.raises(crm.IoError, match="the cable came off"):
        from_arrow(pa.RecordBatchReader.from_batches(arrow().schema, batches()))


def test_empty_input_is_a_history_without_customers() -> None:
    empty = from_arrow(arrow().slice(0, 0))
    assert (empty.customers, empty.orders, empty.first_day) == (0, 0, None)
    with pytest.raises(crm.EmptyError) as raised:
        empty.base("2024-03-31")
    assert raised.value.argument == "as_of"
    assert from_columns([], np.array([], dtype="datetime64[D]"), []).customers == 0


def test_a_log_without_amounts() -> None:
    history = from_columns(IDS, TIMES)
    assert not history.has_amounts
    assert "net_amount" not in history.base("2024-04-30").to_table().columns
    assert from_arrow(arrow(), amount=None) == history


def test_order_ids_join_lines() -> None:
    orders = [1, 2, 1, 3, None, None]
    history = from_columns(["ann"] * 6, TIMES, [1, 2, 3, 4, 5, 6], orders)
    # Orders 1, 2 and 3, and two lines that are orders of their own.
    assert history.orders == 5
    frame = pl.DataFrame({"customer_id": ["ann"] * 6, "time": TIMES, "amount": [1, 2, 3, 4, 5, 6], "order": orders})
    assert from_arrow(frame, order_id="order") == history


def test_columns_longer_than_a_piece() -> None:
    rows = 2**20 + 12345
    ids = np.arange(rows) % 1000
    days = (np.arange(rows) % 365).view("datetime64[D]")
    amounts = (np.arange(rows) % 700) / 4
    chunks = pa.chunked_array([ids[:777], ids[777:900_001], ids[900_001:]])
    history = from_columns(ids, days, amounts)
    assert history == from_columns(chunks, days, amounts)
    assert history.net_amount == Decimal(int((np.arange(rows) % 700).sum())) / 4
    amounts[-1] = np.nan
    with pytest.raises(crm.InvalidValueError) as raised:
        from_columns(ids, days, amounts)
    assert raised.value.row == rows - 1
