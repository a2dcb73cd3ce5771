"""Simulation of other programme rules: tests/cases/loyalty/simulation.json, which all languages share, and what is refused."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import crm
import pytest

EPOCH, START = date(1970, 1, 1), date(2024, 1, 1)
CASES = json.loads((Path(__file__).resolve().parents[2] / "cases/loyalty/simulation.json").read_text(encoding="utf-8"))["cases"]


def days(numbers: list[int]) -> list[date]:
    return [EPOCH + timedelta(days=number) for number in numbers]


def history(rows: list[tuple[str, int, str, int | None, float | None, int | None]]) -> dict[str, Any]:
    return {
        "customer_id": [row[0] for row in rows],
        "event_id": list(range(len(rows))),
        "time": [START + timedelta(days=row[1]) for row in rows],
        "kind": [row[2] for row in rows],
        "points": [row[3] for row in rows],
        "amount": [row[4] for row in rows],
        "reference": [row[5] for row in rows],
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_shared_cases(case: dict[str, Any]) -> None:
    events, scores, expected = dict(case["events"]), case["scores"], case["expected"]
    rules = [None if case[name] is None else crm.TierRules.from_json(case[name]) for name in ("tiers_before", "tiers_after")]
    found = crm.simulate_program(
        case["before"],
        case["after"],
        as_of=EPOCH + timedelta(days=case["as_of"]),
        scores=None if scores is None else {"customer_id": scores["customer_id"], "day": days(scores["day"]), "score": scores["score"]},
        time=days(events.pop("day")),
        amount_scale=2,
        tiers_before=rules[0],
        tiers_after=rules[1],
        **case["options"],
        **events,
    )
    for side, wanted in ((found.before, expected["before"]), (found.after, expected["after"])):
        assert {name: getattr(side, name) for name in wanted} == wanted
    assert found.migration.ravel().tolist() == expected["migration"]
    for gains, wanted in ((found.by_tier, expected["by_tier"]), (found.by_points, expected["by_points"])):
        assert [gains.winners, gains.losers, gains.unchanged] == wanted
    names = {"tier_before": found.before.tiers, "tier_after": found.after.tiers}
    for column, values in expected["members"].items():
        wanted = [None if value is None else names[column][value] for value in values] if column in names else values
        assert found.members[column].tolist() == wanted
    assert "held fixed" in found.statement


def test_a_row_that_is_wrong_under_both_rules() -> None:
    rows = history([("ann", 0, "join", None, None, None), ("ann", 10, "refund", None, 1.0, 7)])
    with pytest.raises(crm.InvalidValueError) as caught:
        crm.simulate_program({}, {}, as_of="2025-01-01", **rows)
    assert caught.value.row == 1
    rows = history([("ann", 0, "join", None, None, None), ("ann", 10, "purchase", None, 1.0, None)])
    with pytest.raises(crm.InvalidValueError, match="as_of"):
        crm.simulate_program({}, {}, as_of="2024-01-02", **rows)
    scores: crm.ScoreObservations = {"customer_id": ["ann"], "day": [START + timedelta(days=20)], "score": [float("inf")]}
    with pytest.raises(crm.InvalidValueError, match=r"scores\.score") as caught:
        crm.simulate_program({}, {}, as_of="2025-01-01", scores=scores, **rows)
    assert caught.value.row == 0
    scores["score"] = [1.0]
    with pytest.raises(crm.InvalidValueError, match="as_of"):
        crm.simulate_program({}, {}, as_of="2024-01-20", scores=scores, **rows)
