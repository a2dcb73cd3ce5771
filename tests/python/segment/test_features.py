"""Features of customers, and the rhythm of their purchases."""

from __future__ import annotations

from datetime import date
from typing import Any

import crm
import numpy as np
import pyarrow as pa  # type: ignore[import-untyped]
import pytest

DAYS = [date(2024, 3, day) for day in (1, 11, 21, 2, 3)]
HISTORY = crm.PurchaseHistory.from_columns([7, 7, 7, 3, 3], DAYS, [10.0, 20.0, 30.0, 8.0, -2.0], currency="EUR")
BASE = HISTORY.base("2024-03-31")


def test_the_features_of_a_base() -> None:
    table = crm.FeatureTable.from_base(BASE)
    assert table.columns == ["time_since_last_purchase", "purchase_days", "net_amount"]
    assert table.units == {"time_since_last_purchase": "day", "purchase_days": "count", "net_amount": "money:EUR"}
    plain = BASE.to_table()
    for name in table.columns:
        assert table[name].tolist() == plain[name].tolist()
    assert (len(table), table.as_of, table.window_days, table.time_unit, table.currency) == (2, BASE.as_of, None, "day", "EUR")
    assert table.to_table().columns == ["customer_id", *table.columns]
    assert table.to_table()["customer_id"].tolist() == [3, 7]
    assert repr(table).startswith("<FeatureTable: 2 customers, time_since_last_purchase in day, ")


def test_every_feature_is_there() -> None:
    names = crm.features()["feature"].tolist()
    table = crm.FeatureTable.from_history(HISTORY, "2024-03-31", names, time_unit="week")
    assert table.columns == names and table.time_unit == "week"
    # Customer 7 buys every ten days; customer 3 once, and returns a quarter of it.
    assert table["regularity"].tolist()[1] == 1.0 and np.isnan(table["regularity"][0])
    assert table["mean_gap"][1] == 10 / 7 and table["return_rate"].tolist() == [0.25, 0.0]
    assert table["mean_order_amount"].tolist() == [8.0, 20.0]
    assert table.missing["regularity"] == 1 and table.missing["orders"] == 0
    rhythm = HISTORY.rhythm("2024-03-31", time_unit="week")
    base = HISTORY.base("2024-03-31", time_unit="week")
    assert crm.FeatureTable.from_base(base, names, rhythm=rhythm).to_arrow().equals(table.to_arrow())
    assert table.to_arrow()["regularity"].null_count == 1
    assert table.to_pandas()["orders"].tolist() == table.to_polars()["orders"].to_list() == [1.0, 3.0]


def test_rhythm() -> None:
    rhythm = HISTORY.rhythm("2024-03-31")
    assert (len(rhythm), rhythm.as_of, rhythm.window_days, rhythm.time_unit) == (2, date(2024, 3, 31), None, "day")
    table = rhythm.to_table().to_arrow()
    assert table["customer_id"].to_pylist() == [3, 7] and table["gaps"].to_pylist() == [0, 2]
    assert table["median_gap"].to_pylist() == table["last_gap"].to_pylist() == [None, 10.0]
    assert table["gap_variation"].to_pylist() == [None, 0.0]
    assert rhythm.mean_gap.tolist()[1] == 10.0 and rhythm == HISTORY.rhythm("2024-03-31")
    assert HISTORY.rhythm("2024-03-31", window_days=15).to_table()["gaps"].tolist() == [0]
    assert repr(rhythm) == "<Rhythm: 2 customers as of 2024-03-31, gaps in day>"


def test_own_columns() -> None:
    table = crm.FeatureTable({"visits": [3, 1], "spend": pa.array([1.5, None])}, units={"visits": "count", "spend": "money"})
    assert table.units == {"visits": "count", "spend": "money"} and table.missing == {"visits": 0, "spend": 1}
    more = table.with_column("share", np.array([0.5, np.nan]), "share")
    assert more.columns == ["visits", "spend", "share"] and table.columns == ["visits", "spend"]
    assert (table.as_of, table.time_unit, table.currency) == (None, None, None)
    assert more.to_table().columns == more.columns
    own = crm.FeatureTable({"visits": [3, 1]}, {"visits": "count"})
    assert own == crm.FeatureTable({"visits": [3.0, 1.0]}, {"visits": "count"}) and own != crm.FeatureTable({"visits": [3, 1]})


@pytest.mark.parametrize(
    ("build", "error", "argument", "row"),
    [
        (lambda: crm.FeatureTable({}), crm.EmptyError, "columns", None),
        (lambda: crm.FeatureTable({"a": []}), crm.EmptyError, "rows", None),
        (lambda: crm.FeatureTable({"a": [1], "b": [1, 2]}), crm.LengthMismatchError, "b", None),
        (lambda: crm.FeatureTable({"a": [1, -1]}, {"a": "count"}), crm.InvalidValueError, "a", 1),
        (lambda: crm.FeatureTable({"a": [0.5, 1.5]}, {"a": "share"}), crm.InvalidValueError, "a", 1),
        (lambda: crm.FeatureTable({"a": [1.0, float("inf")]}), crm.InvalidValueError, "a", 1),
        (lambda: crm.FeatureTable({"a": [1.0, 1e200]}), crm.OutOfRangeError, "a", 1),
        (lambda: crm.FeatureTable({"a": [1.0]}, {"a": "furlong"}), crm.InvalidArgumentError, "unit", None),
        (lambda: crm.FeatureTable({"a": [1.0]}, {"b": "count"}), crm.InvalidArgumentError, "units", None),
        (lambda: crm.FeatureTable({"a": ["x"]}), crm.WrongTypeError, "a", 0),
        (lambda: crm.FeatureTable({"a": [1.0]}).with_column("a", [1.0]), crm.InvalidArgumentError, "a", None),
        (lambda: crm.FeatureTable({"a": [1.0]}).with_column("", [1.0]), crm.InvalidArgumentError, "name", None),
        (lambda: crm.FeatureTable({"a": [1.0]})["b"], crm.MissingColumnError, "b", None),
        (lambda: crm.FeatureTable.from_base(BASE).with_column("x", [1, 2], "money:USD"), crm.IncompatibleError, "x", None),
        (lambda: crm.FeatureTable.from_base(BASE, ["recency"]), crm.InvalidArgumentError, "features", None),  # type: ignore[list-item]
        (lambda: crm.FeatureTable.from_base(BASE, ["orders", "orders"]), crm.InvalidArgumentError, "features", None),
        (lambda: crm.FeatureTable.from_base(BASE, ["regularity"]), crm.InvalidArgumentError, "features", None),
        (
            lambda: crm.FeatureTable.from_base(BASE, ["regularity"], rhythm=HISTORY.rhythm("2024-03-30")),
            crm.IncompatibleError,
            "rhythm",
            None,
        ),
        (lambda: crm.FeatureTable.from_history(HISTORY, "2024-02-01"), crm.EmptyError, None, None),
    ],
)
def test_what_is_refused(build: Any, error: type[crm.CrmError], argument: str | None, row: int | None) -> None:
    with pytest.raises(error) as raised:
        build()
    if argument is not None:
        assert (raised.value.argument, raised.value.row) == (argument, row), raised.value


def test_a_log_without_amounts() -> None:
    base = crm.PurchaseHistory.from_columns([1], [date(2024, 3, 1)]).base("2024-03-31")
    with pytest.raises(crm.MissingColumnError):
        crm.FeatureTable.from_base(base)
    assert crm.FeatureTable.from_base(base, ["orders"])["orders"].tolist() == [1.0]
