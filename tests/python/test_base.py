"""Customer bases and splits."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import crm
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pytest

HISTORY = crm.PurchaseHistory.from_columns(
    ["ann", "ann", "bob", "王", "bob", "ann", "guest"],
    [date(2024, 1, 10), date(2024, 2, 1), date(2024, 2, 1), date(2024, 2, 9), date(2024, 3, 1), date(2024, 3, 2), date(2024, 1, 1)],
    [Decimal("10.10"), Decimal("20.20"), Decimal(5), Decimal("0.000001"), Decimal(-2), Decimal(7), Decimal(-1)],
    currency="EUR",
)


def test_columns() -> None:
    base = HISTORY.base("2024-03-01")
    table = base.to_table().to_dict()
    assert table["customer_id"].tolist() == ["ann", "bob", "王"]
    assert table["first_purchase"].tolist() == [date(2024, 1, 10), date(2024, 2, 1), date(2024, 2, 9)]
    assert table["last_purchase"].tolist() == [date(2024, 2, 1), date(2024, 2, 1), date(2024, 2, 9)]
    assert table["orders"].tolist() == [2, 1, 1]
    assert table["net_amount"].tolist() == [30.3, 3.0, 0.000001]
    assert table["return_amount"].tolist() == [0, -2, 0]
    assert table["time_since_last_purchase"].tolist() == [29, 29, 21]
    assert table["repeat_purchases"].tolist() == [1, 0, 0]
    assert table["last_purchase_age"].tolist() == [22, 0, 0]
    assert table["age"].tolist() == [51, 29, 21]
    assert table["mean_repeat_amount"].tolist() == [20.2, 0, 0]


def test_properties() -> None:
    base = HISTORY.base(date(2024, 3, 1), window_days=40, time_unit="week")
    assert (base.as_of, base.window_days, base.time_unit) == (date(2024, 3, 1), 40, "week")
    assert (base.currency, base.has_amounts, base.data_start) == ("EUR", True, date(2024, 1, 22))
    assert base.total_net_amount == Decimal("23.200001")
    assert base.to_table()["age"].tolist() == [29 / 7, 29 / 7, 3]
    assert len(base) == 3
    assert repr(base) == "<CustomerBase: 3 customers as of 2024-03-01, last 40 days>"
    assert "王" in base._repr_html_()
    account = base.account
    assert (account.rows_after, account.rows_before, account.customers_without_purchase) == (1, 2, 1)
    assert account.amount_without_purchase == 0
    assert account.rows["rows"][0] == 7
    assert HISTORY.base("2024-03-01").account.amount_without_purchase == -1


def test_to_other_libraries() -> None:
    base = HISTORY.base("2024-03-01")
    assert base.to_arrow().num_rows == len(base.to_pandas()) == len(base.to_polars()) == 3
    assert pl.DataFrame(base).equals(base.to_polars())


def test_equality() -> None:
    assert HISTORY.base("2024-03-01") == HISTORY.base(date(2024, 3, 1))
    assert HISTORY.base("2024-03-01") != HISTORY.base("2024-03-02")
    assert HISTORY.base("2024-03-01") != "a base"


@pytest.mark.parametrize(
    ("as_of", "options", "error", "argument"),
    [
        ("2024-03-32", {}, crm.OutOfRangeError, "as_of"),
        ("01/03/2024", {}, crm.ParseError, "as_of"),
        (datetime(2024, 3, 1, 12), {}, crm.WrongTypeError, "as_of"),
        (pd.Timestamp("2024-03-01"), {}, crm.WrongTypeError, "as_of"),
        (19_000, {}, crm.WrongTypeError, "as_of"),
        ("2023-12-31", {}, crm.EmptyError, "as_of"),
        ("2024-03-01", {"window_days": 0}, crm.InvalidArgumentError, "window_days"),
        ("2024-03-01", {"window_days": -1}, crm.InvalidArgumentError, "window_days"),
        ("2024-03-01", {"time_unit": "fortnight"}, crm.InvalidArgumentError, "time_unit"),
        ("2024-03-01", {"rows_after": "keep"}, crm.InvalidArgumentError, "rows_after"),
        ("2024-03-01", {"rows_after": "raise"}, crm.InvalidValueError, "as_of"),
        ("2024-03-01", {"threads": -3}, crm.InvalidArgumentError, "threads"),
    ],
)
def test_bad_arguments(as_of: Any, options: Any, error: type[crm.CrmError], argument: str) -> None:
    with pytest.raises(error) as raised:
        HISTORY.base(as_of, **options)
    assert raised.value.argument == argument


def test_split() -> None:
    split = HISTORY.split("2024-01-31", date(2024, 2, 29), time_unit="week")
    assert split.calibration == HISTORY.base("2024-01-31", time_unit="week")
    assert (split.holdout_end, split.holdout_length) == (date(2024, 2, 29), 29 / 7)
    assert split.purchase_days.tolist() == split.orders.tolist() == [1]
    assert split.net_amount.tolist() == [20.2]
    assert repr(split).endswith("holdout to 2024-02-29>")
    assert [split.orders.dtype.name, split.net_amount.dtype.name] == ["uint32", "float64"]


@pytest.mark.parametrize(
    ("calibration_end", "holdout_end", "argument"),
    [("2024-02-01", "2024-02-01", "holdout_end"), ("2024-02-01", "2024-03-03", "holdout_end")],
)
def test_impossible_splits(calibration_end: str, holdout_end: str, argument: str) -> None:
    with pytest.raises(crm.InvalidArgumentError) as raised:
        HISTORY.split(calibration_end, holdout_end)
    assert raised.value.argument == argument
