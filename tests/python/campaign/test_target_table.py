"""Tables of targets: what is taken from every library, what is left out, and rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import crm
import numpy as np
import pytest

COLUMNS: dict[str, list[Any]] = {
    "customer_id": [1, 2, 3],
    "x": [2.5, None, 0.5],
    "name": ["ann", None, "客户"],
    "day": [date(2024, 1, 1)] * 3,
}


class Stream:
    """What a library may have at the least: a stream that can be read once."""

    def __init__(self, table: Any) -> None:
        self.table = table

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        capsule: object = self.table.__arrow_c_stream__(requested_schema)
        return capsule


class Batch:
    """A library of single batches."""

    def __init__(self, batch: Any) -> None:
        self.batch = batch

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[object, object]:
        pair: tuple[object, object] = self.batch.__arrow_c_array__(requested_schema)
        return pair


def made(source: str) -> Any:
    """The columns as a table of a library."""
    if source == "dictionary":
        return COLUMNS
    if source == "pandas":
        return pytest.importorskip("pandas").DataFrame(COLUMNS)
    if source.startswith("polars"):
        frame = pytest.importorskip("polars").DataFrame(COLUMNS)
        return {"polars": frame, "polars lazy": frame.lazy(), "polars struct": frame.to_struct("row")}[source]
    table = pytest.importorskip("pyarrow").table(COLUMNS)
    if source == "duckdb":
        return pytest.importorskip("duckdb").from_arrow(table)
    return {
        "pyarrow": table,
        "pyarrow batch": table.to_batches()[0],
        "pyarrow reader": table.to_reader(max_chunksize=2),
        "pyarrow chunks": type(table).from_batches(table.to_batches(max_chunksize=1)),
        "stream": Stream(table),
        "batch": Batch(table.to_batches()[0]),
    }[source]


SOURCES = ["dictionary", "pandas", "polars", "polars lazy", "polars struct", "duckdb"]
SOURCES += ["pyarrow", "pyarrow batch", "pyarrow reader", "pyarrow chunks", "stream", "batch"]


@pytest.mark.parametrize("source", SOURCES)
def test_every_table_is_taken(source: str) -> None:
    table = crm.TargetTable(made(source))
    assert (table.columns, list(table.left_out), table.ids.tolist()) == (["x", "name"], ["day"], [1, 2, 3])
    plan = crm.Selection().rule("x", {"missing": {"column": "x"}})
    assert plan.select(table).ids.tolist() == [2]
    plan = crm.Selection().rule("name", {"in": {"column": "name", "values": ["客户", "bob"]}})
    assert plan.select(table).ids.tolist() == [3]


@pytest.mark.parametrize("source", [source for source in SOURCES if source != "dictionary"])
def test_what_a_history_takes_is_taken(source: str) -> None:
    """The same tables are read as transactions, so that neither knows a library that the other does not."""
    history = crm.PurchaseHistory.from_arrow(made(source), time="day", amount="x", missing_amount="exclude")
    assert history.customers == 2


def test_an_unused_column_without_a_type_is_no_obstacle_to_a_history() -> None:
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"customer_id": [1], "time": [date(2024, 1, 1)], "amount": [2.0], "nothing": [None]})
    assert crm.PurchaseHistory.from_arrow(frame).customers == crm.PurchaseHistory.from_arrow(frame.lazy()).customers == 1
    with pytest.raises(crm.MissingColumnError):
        crm.PurchaseHistory.from_arrow(frame, amount="nowhere")


def number_columns() -> dict[str, Any]:
    """Columns that hold 1, nothing and 0."""
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    pandas_types = ["Int8", "UInt64", "Float32", "boolean", "int64[pyarrow]", "double[pyarrow]", "bool[pyarrow]"]
    return {
        **{f"pandas {kind}": pandas.Series([1, None, 0], dtype=kind) for kind in pandas_types},
        "pandas decimal": pandas.Series(
            [Decimal(1), None, Decimal(0)], dtype=pandas.ArrowDtype(pyarrow.decimal128(9, 2))
        ),
        "pandas objects": pandas.Series([Decimal(1), None, Decimal(0)], dtype=object),
        "polars decimal": polars.Series([Decimal("1.0"), None, Decimal("0.0")]),
        "polars boolean": polars.Series([True, None, False]),
        "pyarrow decimal": pyarrow.array([Decimal(1), None, Decimal(0)], pyarrow.decimal128(9, 2)),
        "pyarrow uint8": pyarrow.array([1, None, 0], pyarrow.uint8()),
        "list": [True, None, False],
        "numpy": np.array([1.0, np.nan, 0.0], dtype=np.float32),
        "masked": np.ma.masked_array([1, 5, 0], [False, True, False]),
    }


def test_columns_of_numbers() -> None:
    for name, values in number_columns().items():
        table = crm.TargetTable({"customer_id": [7, 8, 9], "x": values})
        assert not table.left_out, name
        ranked = crm.Selection().rank_by("x").select(table)
        assert ranked.ids.tolist() == [7, 9, 8], name
        missing = crm.Selection().rule("x", {"missing": {"column": "x"}}).select(table)
        assert missing.ids.tolist() == [8], name


def text_columns() -> dict[str, Any]:
    """Columns that hold "a", nothing and "b"."""
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    dictionary = pyarrow.dictionary(pyarrow.int8(), pyarrow.large_string())
    pandas_types = ["object", "string", "category", "string[pyarrow]", "large_string[pyarrow]", pandas.ArrowDtype(dictionary)]
    return {
        **{f"pandas {kind}": pandas.Series(["a", None, "b"], dtype=kind) for kind in pandas_types},
        "polars": polars.Series(["a", None, "b"]),
        "polars categories": polars.Series(["a", None, "b"], dtype=polars.Categorical),
        "pyarrow dictionary": pyarrow.array(["a", None, "b"]).dictionary_encode(),
        "pyarrow view": pyarrow.array(["a", None, "b"], pyarrow.string_view()),
        "numpy": np.array(["a", None, "b"], dtype=object),
    }


def test_columns_of_texts_and_groups_take_the_same() -> None:
    arms = [crm.Arm("mail"), crm.Arm("none", control=True)]
    for name, values in text_columns().items():
        table = crm.TargetTable({"customer_id": [7, 8, 9], "x": values})
        assert not table.left_out, name
        chosen = crm.Selection().rule("x", {"in": {"column": "x", "values": ["b"]}}).select(table)
        assert (chosen.ids.tolist(), chosen.reasons["first"].tolist()) == ([9], [1, 1]), name
        outcomes = crm.CampaignOutcomes(["mail", "none", "mail"], arms, metrics={"conversion": [1, 0, 1]}, groups={"x": values})
        assert set(outcomes.measure().empty["group"]) == {"a", "", "b"}, name


def test_a_column_without_a_value_is_missing_everywhere() -> None:
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    for values in ([None, None], polars.Series([None, None]), pyarrow.nulls(2), pandas.Series([None, None])):
        table = crm.TargetTable({"customer_id": [7, 8], "x": values})
        assert len(crm.Selection().rule("x", {"missing": {"column": "x"}}).select(table)) == 2
    assert crm.TargetTable(polars.DataFrame({"customer_id": [1], "x": [None]})).columns == ["x"]


def test_a_column_of_another_type_is_refused_where_it_is_used() -> None:
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    uuid = pyarrow.array([b"a" * 16], pyarrow.binary(16)).cast(pyarrow.uuid())
    split = crm.Split("s", [crm.Arm("mail"), crm.Arm("none", control=True)])
    for values in (
        [date(2024, 1, 1)],
        [[1, 2]],
        [b"a"],
        np.array(["2024-01-01"], dtype="datetime64[D]"),
        pandas.Series(np.array(["2024-01-01"], dtype="datetime64[ns]")),
        pandas.Series([date(2024, 1, 1)], dtype=pandas.ArrowDtype(pyarrow.date32())),
        polars.Series([date(2024, 1, 1)]),
        polars.Series([1], dtype=polars.Int128),
        pyarrow.array([[1, 2]]),
        pyarrow.array([b"a"]),
        uuid,
        pyarrow.array([1.5]).dictionary_encode(),
    ):
        table = crm.TargetTable({"customer_id": [1], "x": [2.0], "odd": values})
        assert table.columns == ["x"] and table.left_out["odd"].startswith("odd")
        assert crm.Selection().rank_by("x").select(table).ids.tolist() == [1]
        uses: list[Callable[[], object]] = [
            lambda: crm.Selection().rank_by("odd").select(table),
            lambda: crm.Selection().rule("r", {"missing": {"column": "odd"}}).select(table),
            lambda: crm.Selection().rank_by("odd").select(table.take([0])),
            lambda: split.assign_stratified(table, ["odd"]),
        ]
        for use in uses:
            with pytest.raises(crm.WrongTypeError) as caught:
                use()
            assert caught.value.argument == "odd"
    with pytest.raises(crm.MissingColumnError):
        crm.Selection().rank_by("nowhere").select(table)


def test_what_is_no_table_is_refused() -> None:
    pandas = pytest.importorskip("pandas")
    for table in (5, [1], "text", pandas.Series([1])):
        with pytest.raises(crm.WrongTypeError) as caught:
            crm.TargetTable(table)  # type: ignore[arg-type]
        assert caught.value.argument == "table"
    for column in (5, "text", np.zeros((1, 2))):
        with pytest.raises(crm.WrongTypeError):
            crm.TargetTable({"customer_id": [1], "x": column})  # type: ignore[dict-item]
    twice = pandas.DataFrame([[1, 2, 3]], columns=["customer_id", "x", "x"])
    with pytest.raises(crm.InvalidArgumentError):
        crm.TargetTable(twice)
    with pytest.raises(crm.MissingColumnError):
        crm.TargetTable(twice, "x")
    with pytest.raises(crm.WrongTypeError):
        crm.TargetTable({"customer_id": [date(2024, 1, 1)]})


def test_rows_by_number_and_by_truth() -> None:
    pandas, polars, pyarrow = (pytest.importorskip(name) for name in ("pandas", "polars", "pyarrow"))
    table = crm.TargetTable({"customer_id": [10, 20, 30], "x": [1, 2, 3]})
    mask = [True, False, True]
    for rows in (mask, tuple(mask), np.array(mask), pandas.Series(mask), polars.Series(mask), pyarrow.array(mask), list(np.array(mask))):
        assert table.take(rows).ids.tolist() == [10, 30]
    for rows in ([2, 0], np.array([2, 0], dtype=np.uint8), polars.Series([2, 0]), range(2, -1, -2)):
        assert table.take(rows).ids.tolist() == [30, 10]
    assert crm.TargetTable({"customer_id": [10, 20]}).take([True, False]).ids.tolist() == [10]


@pytest.mark.parametrize(
    ("rows", "error", "row"),
    [
        ([True, False], crm.LengthMismatchError, None),
        ([0, 1.7], crm.WrongTypeError, 1),
        (np.array([1.0]), crm.WrongTypeError, 0),
        ([2, -1], crm.OutOfRangeError, 1),
        ([3], crm.OutOfRangeError, 0),
        ([10**30], crm.OutOfRangeError, 0),
        ([0, True], crm.WrongTypeError, 1),
        ([None], crm.WrongTypeError, 0),
        (["a"], crm.WrongTypeError, 0),
        ("ab", crm.WrongTypeError, None),
        (1, crm.WrongTypeError, None),
        (np.zeros((2, 2), dtype=int), crm.WrongTypeError, 0),
    ],
)
def test_rows_that_are_none(rows: Any, error: type[crm.CrmError], row: int | None) -> None:
    with pytest.raises(error) as caught:
        crm.TargetTable({"customer_id": [10, 20, 30]}).take(rows)
    assert (caught.value.argument, caught.value.row) == ("rows", row)
    if row is not None and not isinstance(rows, np.ndarray):
        assert repr(rows[row]) in str(caught.value)
