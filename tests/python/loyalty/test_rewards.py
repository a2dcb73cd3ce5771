"""Rewards: tests/cases/loyalty/rewards.json, which all languages share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import crm
import pytest

CASES = json.loads((Path(__file__).resolve().parents[2] / "cases/loyalty/rewards.json").read_text(encoding="utf-8"))["cases"]
OBSTACLES = ["not_yet_valid", "no_longer_valid", "tier", "segment", "threshold", "member_cap", "total_cap", "points"]


def reasons(table: crm.Table) -> list[list[str]]:
    return [[name for name in OBSTACLES if table[name][row]] for row in range(len(table))]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_shared_cases(case: dict[str, Any]) -> None:
    catalogue = crm.RewardCatalogue.from_json(case["catalogue"])
    members = crm.RewardMembers(**case["members"])
    given, wishes = (
        [(member, catalogue.names[reward], quantity) for member, reward, quantity in case[name]] for name in ("given", "wishes")
    )
    table = catalogue.eligibility(members, case["day"], given=given)
    wanted = [row for rows in case["obstacles"] for row in rows]
    assert reasons(table) == wanted
    assert table["eligible"].tolist() == [not row for row in wanted]
    plan = catalogue.plan(members, wishes, case["day"], given=given)
    assert reasons(plan.wishes) == case["refused"]
    for column, name in (("granted", "granted"), ("members", "served"), ("cost", "cost"), ("points", "points"), ("perceived_value",) * 2):
        assert plan.rewards[column].tolist() == case[name], column
    assert (plan.balances, plan.cost) == (case["balances"], case["total_cost"])
