"""Histories: merging, bytes, files, progress, Ctrl-C, processes and threads."""

from __future__ import annotations

import multiprocessing
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import crm
import numpy as np
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.parquet as pq  # type: ignore[import-untyped]
import pytest


def log(rows: int, seed: int = 1) -> pl.DataFrame:
    """A log with ties, returns and guests."""
    random = np.random.default_rng(seed)
    ids = [None if number == 0 else f"客户{number}" for number in random.integers(0, rows // 5 + 2, rows)]
    days = (19_000 + random.integers(0, 700, rows)).astype("datetime64[D]")
    amounts = random.integers(-2_000, 20_000, rows) / 100
    return pl.DataFrame({"customer_id": ids, "time": days, "amount": amounts})


@pytest.fixture(scope="module")
def frame() -> pl.DataFrame:
    return log(5_000)


@pytest.fixture(scope="module")
def history(frame: pl.DataFrame) -> crm.PurchaseHistory:
    return crm.PurchaseHistory.from_arrow(frame)


def test_counts(frame: pl.DataFrame, history: crm.PurchaseHistory) -> None:
    used = frame.filter(pl.col("customer_id").is_not_null())
    purchases = used.filter(pl.col("amount") >= 0)
    assert history.customers == len(history) == used["customer_id"].n_unique()
    assert history.orders == len(purchases)
    assert history.purchase_days == len(purchases.unique(["customer_id", "time"]))
    assert (history.first_day, history.last_day) == (used["time"].min(), used["time"].max())
    assert history.net_amount == sum(Decimal(str(amount)) for amount in used["amount"])
    account = history.account
    rows = dict(zip(account["what"], account["rows"].tolist(), strict=True))
    assert rows["read"] == len(frame) == rows["purchases"] + rows["returns"] + rows["missing_id"]
    assert repr(history).startswith(f"<PurchaseHistory: {len(history):,} customers")


@pytest.mark.parametrize("pieces", [2, 3, 50])
def test_merged_parts_are_the_whole(frame: pl.DataFrame, history: crm.PurchaseHistory, pieces: int) -> None:
    parts = [crm.PurchaseHistory.from_arrow(frame[part::pieces]) for part in range(pieces)]
    forwards = backwards = crm.PurchaseHistory()
    for part in parts:
        forwards, backwards = forwards.merge(part), part.merge(backwards)
    assert forwards == backwards == history
    assert forwards.to_bytes() == history.to_bytes()


def test_merging_needs_equal_settings(history: crm.PurchaseHistory, frame: pl.DataFrame) -> None:
    pounds = crm.PurchaseHistory.from_arrow(frame, currency="GBP")
    assert pounds.currency == "GBP"
    with pytest.raises(crm.IncompatibleError) as raised:
        history.merge(pounds)
    assert raised.value.argument == "currency"


def test_any_number_of_threads(frame: pl.DataFrame, history: crm.PurchaseHistory) -> None:
    for threads in range(1, 9):
        again = crm.PurchaseHistory.from_arrow(frame.sample(fraction=1.0, shuffle=True, seed=threads), threads=threads)
        assert again.to_bytes() == history.to_bytes()
        assert again.base("2023-06-30", threads=threads).to_arrow() == history.base("2023-06-30").to_arrow()


def test_any_number_of_threads_on_a_large_log() -> None:
    large = log(400_000)
    bytes_of = {crm.PurchaseHistory.from_arrow(large, threads=threads).to_bytes() for threads in (1, 2, 5, 8)}
    assert len(bytes_of) == 1


def test_bytes_and_pickle(history: crm.PurchaseHistory) -> None:
    assert crm.PurchaseHistory.from_bytes(history.to_bytes()) == history
    assert pickle.loads(pickle.dumps(history)) == history
    assert history != crm.PurchaseHistory()
    assert history != "a history"
    with pytest.raises(TypeError, match="unhashable"):
        hash(history)


@pytest.mark.parametrize("damage", [lambda data: data[:-1], lambda data: data[:5], lambda data: b"", lambda data: data[:40] + b"?" + data[41:]])
def test_damaged_bytes(history: crm.PurchaseHistory, damage: Any) -> None:
    with pytest.raises(crm.CorruptError) as raised:
        crm.PurchaseHistory.from_bytes(damage(history.to_bytes()))
    assert raised.value.argument == "bytes"


@pytest.mark.parametrize("option", ["missing_id", "missing_time", "invalid_time", "missing_amount", "invalid_amount"])
def test_policies_that_keep_what_cannot_be_used(frame: pl.DataFrame, option: str) -> None:
    for value in ("keep", "drop"):
        with pytest.raises(crm.InvalidArgumentError) as raised:
            crm.PurchaseHistory.from_arrow(frame, **{option: value})  # type: ignore[arg-type]
        assert raised.value.argument == option


@pytest.mark.parametrize(
    ("options", "error", "argument"),
    [
        ({"missing_id": "raise"}, crm.MissingValueError, "customer_id"),
        ({"returns": "raise"}, crm.InvalidValueError, "amount"),
        ({"time_zone": "Mars/Olympus"}, crm.InvalidArgumentError, "time_zone"),
        ({"threads": -1}, crm.InvalidArgumentError, "threads"),
        ({"threads": 1025}, crm.InvalidArgumentError, "threads"),
        ({"amount_scale": 200}, crm.InvalidArgumentError, "amount_scale"),
        ({"customer_id": "who"}, crm.MissingColumnError, "customer_id"),
    ],
)
def test_options(frame: pl.DataFrame, options: Any, error: type[crm.CrmError], argument: str) -> None:
    with pytest.raises(error) as raised:
        crm.PurchaseHistory.from_arrow(frame, **options)
    assert raised.value.argument == argument


def test_unknown_options_are_refused(frame: pl.DataFrame) -> None:
    with pytest.raises(TypeError, match="returnz"):
        crm.PurchaseHistory.from_arrow(frame, returnz="keep")  # type: ignore[call-arg]


def test_policies_count_what_they_leave_out() -> None:
    history = crm.PurchaseHistory.from_columns(
        [1, 1, 1, None, 2, 2, 3, 3],
        np.array(["2024-03-01", "2024-03-01", "NaT", "2024-03-01", "2024-03-02", "2024-03-03", "12345-01-01", "2024-03-04"], "M8[D]"),
        [5, 5, 5, 7, 0, -3, 1, None],
        missing_time="exclude",
        invalid_time="exclude",
        missing_amount="exclude",
        returns="exclude",
        zero_amounts="exclude",
        duplicates="exclude",
    )
    account = history.account
    rows = dict(zip(account["what"], account["rows"].tolist(), strict=True))
    reasons = ("missing_id", "missing_time", "invalid_time", "missing_amount", "zero_amount", "return", "duplicate")
    assert [rows[reason] for reason in reasons] == [1] * 7
    assert (rows["read"], rows["purchases"]) == (8, 1)


def test_csv_and_parquet_files(frame: pl.DataFrame, history: crm.PurchaseHistory, tmp_path: Path) -> None:
    csv, semicolons, parquet = (tmp_path / name for name in ("log.csv", "log.txt", "日志.parquet"))
    frame.write_csv(csv)
    frame.write_csv(semicolons, separator=";")
    frame.write_parquet(parquet)
    assert crm.PurchaseHistory.from_csv(csv) == history
    assert crm.PurchaseHistory.from_csv(str(semicolons), delimiter=";") == history
    assert crm.PurchaseHistory.from_parquet(parquet) == history


def test_integer_ids_in_csv(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("who,when,price\n007,2024-03-01,1.10\n7,2024-03-02,2.20\n", encoding="utf-8")
    names = {"customer_id": "who", "time": "when", "amount": "price"}
    assert crm.PurchaseHistory.from_csv(path, **names).customers == 2  # type: ignore[arg-type]
    as_integers = crm.PurchaseHistory.from_csv(path, customer_id_type="integer", **names)  # type: ignore[arg-type]
    assert (as_integers.customers, as_integers.net_amount) == (1, Decimal("3.30"))


@pytest.mark.parametrize(
    ("content", "error", "argument", "line"),
    [
        (b"customer_id,time,amount\n1,2024-03-01,1\n2,2024-03-01\n", crm.ParseError, None, 3),
        (b"customer_id,time,amount\n1,2024-03-01,1\n2,2024-03-01,1,9\n", crm.ParseError, None, 3),
        (b"customer_id,time,amount\n1,2024-03-01,1\n2,yesterday,1\n", crm.ParseError, "time", 3),
        (b"customer_id,time,amount\n\n1,2024-03-01,1\n2,2024-03-01,much\n", crm.ParseError, "amount", 4),
        (b"customer_id,time,amount\n1,2024-03-01,1\n\xff,2024-03-01,1\n", crm.NotUtf8Error, "customer_id", 3),
        (b"customer_id,time,amount\n1,2024-03-01,\n", crm.MissingValueError, "amount", 2),
        (b"customer_id,time\n1,2024-03-01\n", crm.MissingColumnError, "amount", 1),
        (b"", crm.MissingColumnError, "customer_id", 1),
    ],
)
def test_bad_csv_files(
    content: bytes, error: type[crm.CrmError], argument: str | None, line: int, tmp_path: Path
) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(content)
    with pytest.raises(error) as raised:
        crm.PurchaseHistory.from_csv(path)
    assert (raised.value.argument, raised.value.line) == (argument, line)


@pytest.mark.parametrize(
    ("options", "argument"), [({"delimiter": "ab"}, "delimiter"), ({"delimiter": '"'}, "delimiter"), ({"customer_id_type": "uuid"}, "customer_id_type")]
)
def test_csv_options(options: Any, argument: str, tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("customer_id,time,amount\n")
    with pytest.raises(crm.InvalidArgumentError) as raised:
        crm.PurchaseHistory.from_csv(tmp_path / "log.csv", **options)
    assert raised.value.argument == argument


def test_bad_parquet_files(frame: pl.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "log.parquet"
    frame.write_parquet(path)
    whole = path.read_bytes()
    for content in (whole[:-20], whole[:100], b"", b"customer_id,time,amount\n" * 10):
        path.write_bytes(content)
        with pytest.raises(crm.CorruptError):
            crm.PurchaseHistory.from_parquet(path)
    for read in (crm.PurchaseHistory.from_parquet, crm.PurchaseHistory.from_csv):
        with pytest.raises(crm.IoError) as raised:
            read(tmp_path / "absent")
        assert raised.value.argument == "path"


def test_progress_of_a_stream(frame: pl.DataFrame) -> None:
    seen: list[tuple[int, int | None]] = []
    reader = frame.to_arrow().to_reader(max_chunksize=1_500)
    crm.PurchaseHistory.from_arrow(reader, progress=lambda rows, total: seen.append((rows, total)))
    assert seen == [(1_500, None), (3_000, None), (4_500, None), (5_000, None)]


def test_progress_knows_the_total(frame: pl.DataFrame, tmp_path: Path) -> None:
    seen: list[tuple[int, int | None]] = []

    def note(rows: int, total: int | None) -> None:
        seen.append((rows, total))

    for table in (frame, frame.to_pandas(), frame.to_arrow()):
        seen.clear()
        crm.PurchaseHistory.from_arrow(table, progress=note)
        assert seen[-1] == (5_000, 5_000)
    seen.clear()
    crm.PurchaseHistory.from_columns(list(range(10)), [date(2024, 3, 1)] * 10, progress=note)
    assert seen == [(10, 10)]
    seen.clear()
    pq.write_table(frame.to_arrow(), tmp_path / "log.parquet")
    crm.PurchaseHistory.from_parquet(tmp_path / "log.parquet", progress=note)
    assert seen[-1] == (5_000, 5_000)


def test_progress_bar(frame: pl.DataFrame, capfd: pytest.CaptureFixture[str]) -> None:
    crm.PurchaseHistory.from_arrow(frame, progress=True)
    assert "5.00k" in capfd.readouterr().err


def test_a_progress_callback_that_raises_stops_the_reading(frame: pl.DataFrame) -> None:
    class Enough(Exception):
        pass

    calls = []

    def stop(rows: int, total: int | None) -> None:
        calls.append(rows)
        raise Enough

    with pytest.raises(Enough):
        crm.PurchaseHistory.from_arrow(frame.to_arrow().to_reader(max_chunksize=10), progress=stop)
    assert calls == [10]


def endless(pause: float) -> Iterator[pa.RecordBatch]:
    batch = log(1_000).to_arrow().cast(SCHEMA).to_batches()[0]
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        time.sleep(pause)
        yield batch


SCHEMA = pa.schema([("customer_id", pa.string()), ("time", pa.date32()), ("amount", pa.float64())])


@pytest.mark.parametrize("pause", [0.0, 0.05], ids=["busy", "waiting for data"])
def test_ctrl_c_ends_a_long_reading(pause: float) -> None:
    timer = threading.Timer(0.5, lambda: signal.raise_signal(signal.SIGINT))
    reader = pa.RecordBatchReader.from_batches(SCHEMA, endless(pause))
    started = time.monotonic()
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            crm.PurchaseHistory.from_arrow(reader)
    finally:
        timer.cancel()
        timer.join()
    assert time.monotonic() - started < 20


def test_ctrl_c_ends_a_reading_in_which_no_python_runs() -> None:
    # Guests are left out, so that nothing piles up; a list's iterator runs no Python code that would see the signal.
    rows = 2**20
    columns = [pa.nulls(rows, pa.string()), pa.repeat(date(2024, 3, 1), rows), pa.nulls(rows, pa.float64())]
    batches = iter([pa.record_batch(columns, schema=SCHEMA)] * 2_000)
    timer = threading.Timer(0.3, lambda: signal.raise_signal(signal.SIGINT))
    timer.start()
    try:
        with pytest.raises(KeyboardInterrupt):
            crm.PurchaseHistory.from_arrow(pa.RecordBatchReader.from_batches(SCHEMA, batches))
    finally:
        timer.cancel()
        timer.join()
    assert sum(1 for _ in batches) > 0, "everything was read before Ctrl-C took effect"


def test_other_threads_run_during_a_reading() -> None:
    counted = 0
    done = threading.Event()

    def count() -> None:
        nonlocal counted
        while not done.is_set():
            counted += 1
            time.sleep(0.001)

    large = log(1_000_000)
    thread = threading.Thread(target=count)
    thread.start()
    before = counted
    crm.PurchaseHistory.from_arrow(large)
    ran = counted - before
    done.set()
    thread.join()
    assert ran > 3


FORK = """
import multiprocessing, sys
sys.path.insert(0, sys.argv[1])
import numpy as np, crm

def work(seed):
    random = np.random.default_rng(seed)
    ids, days = random.integers(0, 50_000, 300_000), random.integers(19_000, 19_700, 300_000).astype("datetime64[D]")
    history = crm.PurchaseHistory.from_columns(ids, days, random.integers(0, 99, 300_000), threads=4)
    base = history.base("2030-01-01", threads=4)
    scores = crm.Rfm().fit(base).score(base)
    return history.to_bytes(), scores.composite.sum()

if __name__ == "__main__":
    before = work(1)
    with multiprocessing.get_context("fork").Pool(2) as pool:
        assert pool.map(work, [1, 1]) == [before, before]
    print("equal")
"""


def test_forked_workers_do_not_hang(tmp_path: Path) -> None:
    script = tmp_path / "fork.py"
    script.write_text(FORK)
    done = subprocess.run([sys.executable, script, str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, "equal\n"), done.stderr


def test_spawned_workers_take_and_give_histories(history: crm.PurchaseHistory) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        assert pool.apply_async(pickle.dumps, (history,)).get(timeout=120) == pickle.dumps(history)


def test_many_threads_at_once(frame: pl.DataFrame, history: crm.PurchaseHistory) -> None:
    results: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: results.append(crm.PurchaseHistory.from_arrow(frame, threads=2).to_bytes()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [history.to_bytes()] * 8
