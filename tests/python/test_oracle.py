"""Per-customer columns against DuckDB and pandas on real logs, to the last bit.

The logs are in the folder that CRM_TEST_DATA names; without it these tests are skipped.
"""

from __future__ import annotations

import gzip
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Unpack

import crm
import duckdb
import pandas as pd  # type: ignore[import-untyped]
import pytest

RETAIL = "online_retail_2010_2011.parquet"
LINES = "SELECT CustomerID AS customer_id, InvoiceDate AS time, Quantity * UnitPrice AS amount, InvoiceNo AS order_id FROM retail"
CLEANED = f"{LINES} WHERE InvoiceNo NOT LIKE 'C%' AND Quantity > 0 AND UnitPrice > 0 AND CustomerID IS NOT NULL"

# What a base says of each customer, from the definitions. Amounts are exact micro-units.
BASE = """
WITH used AS (
    SELECT *, CAST(round_even(amount * 1e6, 0) AS HUGEINT) AS micros FROM log
    WHERE customer_id IS NOT NULL AND day BETWEEN {start} AND {end}
), firsts AS (
    SELECT *, min(day) FILTER (micros >= 0) OVER (PARTITION BY customer_id) AS first FROM used
)
SELECT
    customer_id,
    min(first) AS first_purchase,
    max(day) FILTER (micros >= 0) AS last_purchase,
    count(DISTINCT order_id) FILTER (micros >= 0) AS orders,
    count(DISTINCT day) FILTER (micros >= 0) AS purchase_days,
    coalesce(sum(micros) FILTER (micros >= 0), 0) AS purchase_amount,
    coalesce(sum(micros) FILTER (micros < 0), 0) AS return_amount,
    sum(micros) AS net_amount,
    coalesce(sum(micros) FILTER (micros >= 0 AND day > first), 0) AS repeat_amount,
FROM firsts GROUP BY customer_id HAVING count(*) FILTER (micros >= 0) > 0 ORDER BY customer_id
"""


@pytest.fixture
def connection(data_folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute(f"CREATE VIEW retail AS FROM '{data_folder / RETAIL}'")
        yield connection


def expected(
    connection: duckdb.DuckDBPyConnection, log: str, as_of: date, window_days: int | None = None
) -> dict[str, list[Any]]:
    """The columns of the base of a query with columns customer_id, day, amount and order_id."""
    connection.execute(f"CREATE OR REPLACE TEMP VIEW log AS {log}")
    end = f"DATE '{as_of}'"
    start = "DATE '0001-01-01'" if window_days is None else f"{end} - {window_days - 1}"
    rows = connection.execute(BASE.format(start=start, end=end)).fetchall()
    assert connection.description is not None
    columns = dict(zip([name for name, *_ in connection.description], map(list, zip(*rows, strict=True)), strict=True))
    days = columns["purchase_days"]
    repeat = columns.pop("repeat_amount")
    for name in ("purchase_amount", "return_amount", "net_amount"):
        columns[name] = [int(micros) / 10**6 for micros in columns[name]]
    first, last = columns["first_purchase"], columns["last_purchase"]
    columns["time_since_last_purchase"] = [float((as_of - day).days) for day in last]
    columns["repeat_purchases"] = [count - 1 for count in days]
    columns["last_purchase_age"] = [float((end - start).days) for start, end in zip(first, last, strict=True)]
    columns["age"] = [float((as_of - day).days) for day in first]
    columns["mean_repeat_amount"] = [
        int(micros) / (10**6 * (count - 1)) if count > 1 else 0.0 for micros, count in zip(repeat, days, strict=True)
    ]
    return columns


def check(base: crm.CustomerBase, columns: dict[str, list[Any]]) -> None:
    table = base.to_table()
    assert table.columns == list(columns)
    for name, values in columns.items():
        assert table[name].tolist() == values, name


def read(
    connection: duckdb.DuckDBPyConnection, log: str, order_id: str | None = "order_id", **ingest: Unpack[crm.IngestOptions]
) -> crm.PurchaseHistory:
    return crm.PurchaseHistory.from_arrow(connection.sql(log), order_id=order_id, **ingest)


def test_published_counts_of_the_cleaned_log(connection: duckdb.DuckDBPyConnection) -> None:
    history = read(connection, CLEANED)
    assert history.account["rows"][:2].tolist() == [397_884, 397_884]
    assert (history.customers, history.orders) == (4_338, 18_532)
    assert history.net_amount.quantize(Decimal("0.01")) == Decimal("8911407.90")


@pytest.mark.parametrize(
    ("as_of", "window_days"),
    [(date(2011, 12, 9), None), (date(2011, 6, 30), None), (date(2011, 9, 30), 90), (date(2011, 12, 9), 1)],
)
@pytest.mark.parametrize("lines", [CLEANED, LINES], ids=["cleaned", "with returns and guests"])
def test_online_retail(
    connection: duckdb.DuckDBPyConnection, lines: str, as_of: date, window_days: int | None
) -> None:
    base = read(connection, lines).base(as_of, window_days=window_days)
    check(base, expected(connection, f"SELECT *, time::DATE AS day FROM ({lines})", as_of, window_days))


def test_online_retail_is_accounted_for(connection: duckdb.DuckDBPyConnection) -> None:
    history = read(connection, LINES)
    account = history.account
    rows = dict(zip(account["what"], account["rows"].tolist(), strict=True))
    counted = connection.sql(f"""
        SELECT count(*), count(*) FILTER (customer_id IS NULL), count(*) FILTER (customer_id IS NOT NULL AND amount < 0)
        FROM ({LINES})
    """).fetchall()
    assert [(rows["read"], rows["missing_id"], rows["returns"])] == counted
    assert rows["missing_id"] == 135_080


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Australia/Lord_Howe", "UTC"])
def test_days_of_a_time_zone(connection: duckdb.DuckDBPyConnection, zone: str) -> None:
    lines = f"SELECT * REPLACE (timezone('UTC', time) AS time) FROM ({CLEANED})"
    history = read(connection, lines, time_zone=zone)
    days = f"SELECT *, timezone('{zone}', time)::DATE AS day FROM ({lines})"
    assert history.last_day is not None
    check(history.base(history.last_day), expected(connection, days, history.last_day))


def test_holdout(connection: duckdb.DuckDBPyConnection) -> None:
    history = read(connection, LINES)
    split = history.split("2011-06-30", "2011-10-31")
    rows = connection.sql(f"""
        WITH log AS (
            SELECT *, time::DATE AS day, CAST(round_even(amount * 1e6, 0) AS HUGEINT) AS micros FROM ({LINES})
            WHERE customer_id IS NOT NULL
        )
        SELECT
            count(DISTINCT day) FILTER (micros >= 0 AND day > DATE '2011-06-30'),
            count(DISTINCT order_id) FILTER (micros >= 0 AND day > DATE '2011-06-30'),
            coalesce(sum(micros) FILTER (day > DATE '2011-06-30'), 0),
        FROM log WHERE day <= DATE '2011-10-31' GROUP BY customer_id
        HAVING count(*) FILTER (micros >= 0 AND day <= DATE '2011-06-30') > 0 ORDER BY customer_id
    """).fetchall()
    days, orders, micros = zip(*rows, strict=True)
    assert split.purchase_days.tolist() == list(days)
    assert split.orders.tolist() == list(orders)
    assert split.net_amount.tolist() == [int(amount) / 10**6 for amount in micros]


def unpacked(data_folder: Path, name: str, folder: Path) -> Path:
    path = folder / name.removesuffix(".gz")
    path.write_bytes(gzip.decompress((data_folder / name).read_bytes()))
    return path


CSV_FILES = {
    "cdnow_master.csv.gz": ("customer_id", "date", "dollar_value", "integer"),
    "cdnow_sample.csv.gz": ("customer_id", "date", "dollar_value", "integer"),
    "rfm_orders.csv.gz": ("customer_id", "order_date", "revenue", "text"),
}


@pytest.mark.parametrize("name", CSV_FILES)
def test_csv_logs(data_folder: Path, name: str, tmp_path: Path) -> None:
    path = unpacked(data_folder, name, tmp_path)
    ids, time, amount, kind = CSV_FILES[name]
    history = crm.PurchaseHistory.from_csv(
        path, customer_id=ids, time=time, amount=amount, customer_id_type="integer" if kind == "integer" else "text"
    )
    as_of = history.last_day
    assert as_of is not None
    with duckdb.connect() as connection:
        log = f"SELECT {ids} AS customer_id, {time}::DATE AS day, {amount} AS amount, row_number() OVER () AS order_id FROM '{path}'"
        check(history.base(as_of), expected(connection, log, as_of))


def test_cdnow_master_with_pandas(data_folder: Path) -> None:
    frame = pd.read_csv(data_folder / "cdnow_master.csv.gz", parse_dates=["date"])
    history = crm.PurchaseHistory.from_arrow(frame, time="date", amount="dollar_value")
    assert (history.customers, len(frame), history.net_amount) == (23_570, 69_659, Decimal("2500315.63"))
    ours = history.base("1998-06-30").to_pandas().set_index("customer_id")
    frame["cents"] = (frame["dollar_value"] * 100).round().astype("int64")
    groups = frame.groupby("customer_id")
    assert ours["orders"].equals(groups.size().rename("orders"))
    assert ours["purchase_days"].equals(groups["date"].nunique().rename("purchase_days"))
    assert ours["net_amount"].equals((groups["cents"].sum() / 100).rename("net_amount"))
    assert ours["last_purchase"].tolist() == groups["date"].max().tolist()
    assert int((ours["orders"] == 1).sum()) == 11_908


def test_published_scores_of_the_rfm_package(data_folder: Path, tmp_path: Path) -> None:
    # R package rfm 0.3.0, analysis date 2006-12-31, five bins. It adds 1 to its cut points and compares with "below": for
    # whole numbers that is closed on the right.
    path = unpacked(data_folder, "rfm_orders.csv.gz", tmp_path)
    base = crm.PurchaseHistory.from_csv(path, time="order_date", amount="revenue").base("2006-12-31")
    scores = crm.Rfm(binning="quantiles", closed="right").fit_score(base)
    table = base.to_table()
    place = {name: row for row, name in enumerate(table["customer_id"])}
    published = {
        "Abbey O'Reilly": (205, 6, 472, 343),
        "Add Senger": (140, 3, 340, 412),
        "Aden Lesch": (194, 4, 405, 323),
        "Aden Murphy": (98, 7, 596, 544),
        "Admiral Senger": (132, 5, 448, 433),
    }
    for name, (days, orders, amount, cell) in published.items():
        row = place[name]
        values = [table[column][row] for column in ("time_since_last_purchase", "orders", "net_amount")]
        assert values == [days, orders, amount]
        assert 100 * int(scores.recency[row]) + 10 * int(scores.frequency[row]) + int(scores.monetary[row]) == cell


@pytest.fixture(scope="module")
def dirty_log(data_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("log") / "log.parquet"
    script = data_folder / "make_transactions.py"
    command = [sys.executable, script, "--rows", "200000", "--dirty", "--seed", "5", "--id-type", "string", "--out", path]
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    return path


@pytest.mark.parametrize("duplicates", ["keep", "exclude"])
def test_a_dirty_log(dirty_log: Path, duplicates: Any) -> None:
    history = crm.PurchaseHistory.from_parquet(dirty_log, time="ts", duplicates=duplicates)
    distinct = "DISTINCT" if duplicates == "exclude" else ""
    log = f"""
        SELECT *, row_number() OVER () AS order_id FROM (
            SELECT {distinct} customer_id, ts, ts::DATE AS day, amount FROM '{dirty_log}'
        )
    """
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE distinct_rows AS {log}")
        for as_of in (history.last_day, date(2023, 9, 30)):
            assert as_of is not None
            check(history.base(as_of), expected(connection, "FROM distinct_rows", as_of))
        rows = dict(zip(history.account["what"], history.account["rows"].tolist(), strict=True))
        counted = connection.sql(f"SELECT count(*), count(*) - count(customer_id) FROM '{dirty_log}'").fetchall()
        assert [(rows["read"], rows["missing_id"])] == counted
        used = connection.sql("SELECT count(customer_id) FROM distinct_rows").fetchall()
        assert [(rows["read"] - rows["missing_id"] - rows["duplicate"],)] == used


def test_a_dirty_log_through_every_library(dirty_log: Path) -> None:
    frame = pd.read_parquet(dirty_log)
    with duckdb.connect() as connection:
        relation = connection.sql(f"FROM '{dirty_log}'")
        histories = [
            crm.PurchaseHistory.from_parquet(dirty_log, time="ts"),
            crm.PurchaseHistory.from_arrow(frame, time="ts"),
            crm.PurchaseHistory.from_arrow(relation, time="ts"),
            crm.PurchaseHistory.from_columns(frame["customer_id"].tolist(), frame["ts"].to_numpy(), frame["amount"].to_numpy()),
        ]
    assert len({history.to_bytes() for history in histories}) == 1
