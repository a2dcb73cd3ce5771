"""Tables of results."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import crm
import duckdb
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest

NAMES = ["<b>O'Reilly & Söhne</b>", "王小明", 'quote " and, comma', "ann"]
HISTORY = crm.PurchaseHistory.from_columns(NAMES, [date(2024, 3, day) for day in (1, 2, 3, 4)], [0.1, 2.25, 1e12, 3])
BASE = HISTORY.base("2024-03-31")
TABLE = BASE.to_table()


def test_numpy_columns() -> None:
    assert TABLE["customer_id"].tolist() == sorted(NAMES, key=str.encode)
    assert TABLE["first_purchase"].dtype == np.dtype("datetime64[D]")
    assert TABLE["orders"].dtype == np.int64
    assert list(TABLE.to_dict()) == TABLE.columns
    TABLE["orders"][0] = 99  # A copy: the table does not change.
    assert TABLE["orders"][0] == 1
    with pytest.raises(KeyError, match="price"):
        TABLE["price"]
    assert "orders" in TABLE and "price" not in TABLE and 0 not in TABLE
    with pytest.raises(TypeError, match="by their names, not by int"):
        TABLE[0]  # type: ignore[index]


def test_other_libraries_agree() -> None:
    arrow, polars, pandas = TABLE.to_arrow(), TABLE.to_polars(), TABLE.to_pandas()
    assert arrow.schema.field("first_purchase").type == pa.date32()
    assert pa.schema(TABLE) == arrow.schema
    assert pl.from_arrow(arrow).equals(polars)  # type: ignore[arg-type]
    assert pl.from_pandas(pandas).select("customer_id", "net_amount").equals(polars.select("customer_id", "net_amount"))
    assert pandas["first_purchase"].dt.date.tolist() == polars["first_purchase"].to_list()
    result = TABLE
    connection = duckdb.connect()
    assert connection.execute("SELECT sum(orders), max(net_amount) FROM result").fetchall() == [(4, 1e12)]
    assert len(result) == 4


def test_a_table_can_be_exported_again_and_again() -> None:
    assert pa.table(TABLE) == pa.table(TABLE)
    reader = pa.RecordBatchReader.from_stream(TABLE)
    assert reader.read_all() == TABLE.to_arrow()


def test_a_table_goes_in_again() -> None:
    again = crm.PurchaseHistory.from_arrow(TABLE, time="first_purchase", amount="net_amount")
    assert again.base("2024-03-31") == BASE


def test_files(tmp_path: Path) -> None:
    TABLE.write_csv(tmp_path / "base.csv")
    TABLE.write_parquet(str(tmp_path / "客户.parquet"))
    assert pq.read_table(tmp_path / "客户.parquet") == TABLE.to_arrow()
    read = pl.read_csv(tmp_path / "base.csv", try_parse_dates=True)
    assert read["customer_id"].to_list() == TABLE["customer_id"].tolist()
    assert read["net_amount"].to_list() == TABLE["net_amount"].tolist()
    assert read["first_purchase"].to_list() == TABLE["first_purchase"].tolist()
    for write in (TABLE.write_csv, TABLE.write_parquet):
        with pytest.raises(crm.IoError):
            write(tmp_path / "no folder" / "file")


def test_text_and_html() -> None:
    text = repr(TABLE)
    assert "王小明" in text and text.endswith("[4 rows × 13 columns]")
    markup = TABLE._repr_html_()
    assert "&lt;b&gt;O&#x27;Reilly &amp; Söhne&lt;/b&gt;" in markup and "<b>" not in markup
    days = np.repeat(np.datetime64("2024-03-01"), 40)
    many = crm.PurchaseHistory.from_columns(np.arange(40), days, np.ones(40)).base("2024-03-31").to_table()
    assert "[40 rows × 13 columns, the first 10 shown]" in repr(many)
    assert many._repr_html_().count("<tr>") == 11


WITHOUT = """
import sys
for name in ("pandas", "polars", "pyarrow", "duckdb", "tqdm"):
    sys.modules[name] = None
from datetime import date
import crm
base = crm.PurchaseHistory.from_columns(["a"], [date(2024, 3, 1)], [2.5]).base("2024-03-31")
print(base.to_table()["net_amount"].tolist(), repr(base.to_table()) != "", base._repr_html_() != "")
try:
    crm.PurchaseHistory.from_columns(["a"], [date(2024, 3, 1)], progress=True)
except ImportError as error:
    print(error)
"""


def test_numpy_alone_is_enough() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[2.5] True True\nprogress=True needs tqdm: pip install 'crm[progress]'\n", done.stderr


WITHOUT_PYARROW = """
import sys
sys.modules["pyarrow"] = None
import pandas as pd, crm
frame = pd.DataFrame({"id": ["a", None], "day": pd.to_datetime(["2024-03-01", "2024-03-02"]), "amount": [2.5, 1.0]})
history = crm.PurchaseHistory.from_columns(frame["id"], frame["day"], frame["amount"])
print(history.customers, history.base("2024-03-31").to_pandas()["net_amount"].tolist())
"""


def test_pandas_without_pyarrow() -> None:
    done = subprocess.run([sys.executable, "-c", WITHOUT_PYARROW], capture_output=True, text=True, timeout=60)
    assert done.stdout == "1 [2.5]\n", done.stderr
