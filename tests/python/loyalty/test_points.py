"""The points programme, its ledger and the liability."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest

EPOCH = date(1970, 1, 1)


def cases(repository: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((repository / "tests/cases/loyalty/points.json").read_text(encoding="utf-8"))
    return found


def days(numbers: list[int]) -> list[date]:
    return [EPOCH + timedelta(days=number) for number in numbers]


def apply(ledger: crm.PointsLedger, events: dict[str, Any]) -> crm.Table:
    columns = dict(events)
    return ledger.apply(time=days(columns.pop("day")), amount_scale=2, **columns)


def test_histories_come_out_as_worked_out_by_hand(repository: Path) -> None:
    for case in cases(repository)["cases"]:
        ledger = crm.PointsLedger(case["rules"])
        if "error" in case:
            expected = case["error"]
            with pytest.raises(getattr(crm, expected["kind"] + "Error")) as raised:
                apply(ledger, case["events"])
            assert (raised.value.argument, raised.value.row) == (expected["argument"], expected["row"]), case["name"]
            assert len(ledger) == 0
            continue
        entries = apply(ledger, case["events"])
        ledger.verify()
        if "postings" in case:
            made = [{"kind": kind, "points": int(points)} for kind, points in zip(entries["kind"], entries["points"], strict=True)]
            assert made == case["postings"], case["name"]
        for expected in case["balances"]:
            found = ledger.balances((EPOCH + timedelta(days=expected["as_of"])).isoformat())
            for name in ("customer_id", "available", "pending", "owed", "next_expiry_points"):
                assert found[name].tolist() == expected[name], case["name"]
            next_day = [None if np.isnat(when) else int(when.astype("datetime64[D]").astype(int)) for when in found["next_expiry_at"]]
            assert next_day == expected["next_expiry_day"], case["name"]


def test_revenue_is_as_published(repository: Path) -> None:
    for case in cases(repository)["revenue"]:
        found = crm.recognize_points(case["allocated"], redeemed=case["redeemed"], expected=case["expected"])
        assert [round(year) for year in found.revenue] == case["revenue"]
        assert [round(year) for year in found.liability] == case["liability"]
    split = crm.allocate_price(100_000, products_alone=100_000, points_alone=9_500)
    assert (round(split.products), round(split.points)) == (91_324, 8_676)


def small_ledger() -> crm.PointsLedger:
    ledger = crm.PointsLedger({"expiry": {"months": 6, "rounding": "month"}, "tiers": ["Gold"]})
    ledger.apply(
        customer_id=["ann"] * 6,
        event_id=["join", "a", "b", "c", "d", "tier"],
        time=days([19_000, 19_372, 19_417, 19_737, 19_754, 19_755]),
        kind=["join", "bonus", "redeem", "bonus", "redeem", "set_tier"],
        points=[None, 1000, 600, 500, 100, None],
        tier=[None, None, None, None, None, "Gold"],
    )
    return ledger


def test_a_ledger_goes_on_where_it_was_saved() -> None:
    ledger = small_ledger()
    again = crm.PointsLedger.from_bytes(ledger.to_bytes())
    assert (len(again), again.rows, again.program) == (1, 6, ledger.program)
    more: dict[str, Any] = {"customer_id": ["ann"], "event_id": ["e"], "time": [date(2024, 3, 1)], "kind": ["redeem"], "points": [400]}
    assert again.apply(**more).to_dict().keys() == ledger.apply(**more).to_dict().keys()
    assert again.to_bytes() == ledger.to_bytes()
    with pytest.raises(crm.CorruptError):
        crm.PointsLedger.from_bytes(ledger.to_bytes()[:-1])


def test_statement_and_liability() -> None:
    ledger = small_ledger()
    statement = ledger.statement("ann", "2024-03-01")
    assert (statement.tier, statement.available, statement.totals["expired"]) == ("Gold", 400, 400)
    totals = statement.totals
    held = statement.available + statement.pending + sum(totals[name] for name in ("spent", "expired", "reversed", "settled", "sent"))
    assert totals["earned"] + totals["restored"] + totals["received"] == held
    assert statement.lots["points"].tolist() == [400]
    assert statement.lots["expires_at"][0] == np.datetime64("2024-08-01")
    liability = ledger.liability("2024-03-01", value_per_point="0.01")
    # Of 1,000 matured points 400 lapsed; 500 * 0.6 - 100 are still expected.
    assert (liability.breakage, liability.total) == (0.4, 2.0)
    assert ledger.liability(date(2024, 3, 1), value_per_point=0.01, breakage=0).total == 4.0
    # All that the first month will redeem is redeemed; of the second's 300 a third.
    assert liability.deferred([5, "9.00"]) == [0, 6]
    with pytest.raises(crm.LengthMismatchError, match="2 months"):
        liability.deferred([1.0])
    with pytest.raises(crm.OutOfRangeError, match="-1") as caught:
        liability.deferred([0, -1])
    assert caught.value.row == 1
    with pytest.raises(crm.OutOfRangeError, match="breakage"):
        ledger.liability("2024-03-01", value_per_point=1, breakage="1.5")


def test_a_period_is_what_lies_between_two_instants() -> None:
    ledger = crm.PointsLedger({"expiry": {"months": 6, "rounding": "month"}})
    first = ledger.apply(
        customer_id=["安"] * 3, event_id=[1, 2, 3], time=days([19_000, 19_372, 19_417]), kind=["join", "bonus", "redeem"], points=[None, 1000, 600]
    )
    second = ledger.apply(customer_id=["安"] * 2, event_id=[4, 5], time=days([19_737, 19_754]), kind=["bonus", "redeem"], points=[500, 100])
    start, until = days([19_500, 19_755])
    period = ledger.period([first, second], "安", start, until)
    # 400 are left before, and lapse; 500 are earned and 100 spent.
    assert (period.opening, period.closing) == (crm.PointsBalance(400, 0, 0), crm.PointsBalance(400, 0, 0))
    assert (period.points, period.rows) == ({"earned": 500, "redeemed": 100, "expired": 400}, [2, 3, 4])
    assert ledger.period(first, "安", start, until).closing.available == 400
    assert ledger.period([], "安", start, until) == ledger.period([first], "eve", start, until) == ledger.period([second], 7, start, until)
    with pytest.raises(crm.MissingColumnError, match="time"):
        ledger.period(ledger.balances("2024-03-01"), "安", start, until)
    with pytest.raises(crm.WrongTypeError, match="customer_id"):
        ledger.period(first, 1.5, start, until)  # type: ignore[arg-type]


def test_events_are_keyword_arguments() -> None:
    ledger = crm.PointsLedger({})
    with pytest.raises(TypeError, match=r"apply\(\) missing required keyword arguments: event_id, time"):
        ledger.apply(customer_id=["ann"], kind=["join"])  # type: ignore[call-arg]
    with pytest.raises(TypeError, match=r"simulate_program\(\) got unexpected keyword arguments: colour"):
        crm.simulate_program(
            {}, {}, as_of="2024-01-01", customer_id=[1], event_id=[1], time=days([0]), kind=["join"], colour=[1]  # type: ignore[call-arg]
        )


def test_time_passes_by_postings() -> None:
    ledger = small_ledger()
    entries = ledger.advance(datetime(2024, 8, 1, tzinfo=timezone.utc))
    assert (entries["kind"].tolist(), entries["points"].tolist(), entries["available_change"].tolist()) == (["expired"], [400], [-400])
    assert ledger.balances("2024-08-01")["available"].tolist() == [0]
    with pytest.raises(crm.InvalidValueError, match="as_of"):
        ledger.balances("2024-07-31")
    with pytest.raises(crm.WrongTypeError, match="zone"):
        ledger.balances(datetime(2024, 9, 1))


def test_columns_of_numpy_and_of_several_chunks_are_one_batch() -> None:
    rows = 5
    columns: dict[str, Any] = {
        "customer_id": np.repeat(7, rows),
        "event_id": np.arange(rows),
        "time": np.array(["2024-01-01"] * rows, dtype="datetime64[D]"),
        "kind": np.array([0, 2, 2, 2, 3]),
        "points": np.array([0, 10, 10, 10, 31]),
    }
    ledger = crm.PointsLedger(crm.LoyaltyProgram("{}"))
    with pytest.raises(crm.OutOfRangeError, match="row 4: event 4: 31 points are above the 30 available"):
        ledger.apply(**columns)
    assert (len(ledger), ledger.rows) == (0, 0)
    pyarrow = pytest.importorskip("pyarrow")
    chunked = {
        name: pyarrow.chunked_array([pyarrow.array(values[:2]), pyarrow.array(values[2:])]) if name in ("points", "kind") else values
        for name, values in columns.items()
    }
    with pytest.raises(crm.OutOfRangeError, match="row 4: event 4"):
        ledger.apply(**chunked)
    assert (len(ledger), ledger.rows) == (0, 0)
    columns["points"][4] = 30
    assert ledger.apply(**columns)["points"].tolist() == [10, 10, 10, 10, 10, 10]


def test_what_is_wrong_is_named() -> None:
    wrong: list[tuple[Any, type[crm.CrmError], str]] = [
        ({"burn": 1}, crm.ParseError, "program"),
        ({"earn": {"per": 0}}, crm.InvalidArgumentError, "earn.per"),
        ("{", crm.ParseError, "program"),
    ]
    for rules, error, argument in wrong:
        with pytest.raises(error) as raised:
            crm.LoyaltyProgram(rules)
        assert raised.value.argument == argument
    ledger = small_ledger()
    short: dict[str, Any] = {"customer_id": ["ann"], "event_id": ["x", "y"], "time": [date(2024, 3, 1)], "kind": ["extend"]}
    with pytest.raises(crm.LengthMismatchError, match="event_id"):
        ledger.apply(**short)
    with pytest.raises(crm.MissingValueError, match="points"):
        ledger.apply(customer_id=["ann"], event_id=["x"], time=[date(2024, 3, 1)], kind=["redeem"])
    with pytest.raises(crm.InvalidValueError, match="eve"):
        ledger.statement("eve", "2024-03-01")
    with pytest.raises(crm.WrongTypeError, match="points"):
        ledger.apply(customer_id=["ann"], event_id=["x"], time=[date(2024, 3, 1)], kind=["redeem"], points=[1.5])


def test_threads_do_not_show() -> None:
    members = np.arange(6_000) % 1_500
    events: Any = {
        "customer_id": members, "event_id": np.arange(6_000), "time": np.full(6_000, "2024-01-01", dtype="datetime64[D]"),
        "kind": np.full(6_000, 1), "amount": members + 1.0,
    }
    ledgers = [crm.PointsLedger({"enrollment": "first_earn"}, threads=threads) for threads in (1, 2, 0)]
    tables = [ledger.apply(**events) for ledger in ledgers]
    assert int(tables[0]["points"].sum()) == 4 * int(np.arange(1, 1_501).sum())
    assert all((table["points"] == tables[0]["points"]).all() for table in tables)
    assert len({ledger.to_bytes() for ledger in ledgers}) == 1
    again = crm.PointsLedger.from_bytes(ledgers[0].to_bytes(), threads=2)
    assert again.to_bytes() == ledgers[0].to_bytes()
    with pytest.raises(crm.InvalidArgumentError, match="threads"):
        crm.PointsLedger({}, threads=1_025)
