"""Tiers and rewards: the shared cases of tests/cases/loyalty/tiers.json, and what only Python can get wrong."""

from __future__ import annotations

import json
import math
from datetime import date
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest
from crm.loyalty import all_of, any_of, at_least, fixed_period, joining_period, rolling_period, tier_period

FILE = json.loads((Path(__file__).resolve().parents[2] / "cases/loyalty/tiers.json").read_text(encoding="utf-8"))
MEASURES = ["qualifying_points", "spend", "orders", "points_balance", "score"]


def told(table: crm.Table) -> list[list[Any]]:
    columns = [np.datetime_as_string(table["day"]), table["from_tier"], table["to_tier"], table["reason"]]
    return [list(row) for row in zip(*(column.tolist() for column in columns), strict=True)]


def plain(value: Any) -> Any:
    if isinstance(value, np.datetime64):
        return None if np.isnat(value) else str(value)
    return None if isinstance(value, float) and math.isnan(value) else value


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["name"])
def test_shared_cases(case: dict[str, Any]) -> None:
    roster = crm.TierRoster(crm.TierRules.from_json(case["rules"]))
    roster.join(["王"], [date.fromisoformat(case["joined"])])
    changes = []
    for event in case["events"]:
        given = {name: [event[name]] for name in MEASURES if name in event}
        changes += told(roster.qualify(["王"], [date.fromisoformat(event["day"])], **given))
        roster = crm.TierRoster.from_json(roster.to_json())
    changes += told(roster.advance(case["last"]))
    assert changes == case["changes"]
    standings = roster.standings(case["last"])
    for name, expected in case["standing"].items():
        assert plain(standings[name][0]) == expected, name


@pytest.mark.parametrize("case", FILE["refused"], ids=lambda case: case["name"])
def test_refused_rules(case: dict[str, Any]) -> None:
    kind = {"corrupt": crm.CorruptError, "invalid_argument": crm.InvalidArgumentError}[case["kind"]]
    with pytest.raises(kind) as caught:
        crm.TierRules.from_json(case["rules"])
    assert caught.value.argument == case["argument"]


def test_rules_of_all_kinds() -> None:
    gold = crm.Tier(
        "Gold",
        all_of(at_least("spend", 500), any_of(at_least("orders", 4), at_least("score", 80))),
        keep=all_of(at_least("spend", 400), any_of(at_least("orders", 3), at_least("score", 60))),
        lifetime=at_least("spend", 9000),
    )
    periods = [
        None,
        "unbounded",
        fixed_period(date(2024, 4, 1), {"months": 12}),
        joining_period({"days": 90}),
        tier_period({"months": 6}, at_upgrade="continue"),
        rolling_period({"months": 12}, review={"months": 1}),
    ]
    for period in periods:
        downgrade = "never" if period == "unbounded" else "period_end"
        rules = crm.TierRules([gold], period=period, downgrade=downgrade, landing="one_down", grace={"days": 30})  # type: ignore[arg-type]
        assert crm.TierRules.from_json(rules.to_json()) == rules
    with pytest.raises(crm.InvalidArgumentError, match="immediate"):
        crm.TierRules([gold], period=rolling_period({"days": 30}))


def test_a_bad_row_leaves_the_roster() -> None:
    roster = crm.TierRoster(crm.TierRules([crm.Tier("Silver", at_least("orders", 2))]))
    roster.join([1, 2], [date(2024, 1, 1)] * 2)
    before = roster.to_json()
    days = [date(2024, 2, 1)] * 2
    with pytest.raises(crm.InvalidValueError) as caught:
        roster.qualify([1, 3], days, orders=[5, 5])
    assert caught.value.row == 1 and roster.to_json() == before
    with pytest.raises(crm.InvalidValueError, match="whole"):
        roster.qualify([1, 2], days, orders=[5, 0.5])
    with pytest.raises(crm.LengthMismatchError):
        roster.qualify([1, 2], days, orders=[5])
    with pytest.raises(crm.InvalidValueError):
        roster.join([9, 2], days)
    assert len(roster) == 2 and roster.rules.names == ["Silver"]


def test_holds() -> None:
    roster = crm.TierRoster(crm.TierRules([crm.Tier("Silver", at_least("orders", 2))]))
    roster.join(["ann", "bob"], [date(2024, 1, 1)] * 2)
    days = [date(2024, 2, 1)] * 2
    changes = roster.hold(["ann", "bob"], days, ["Silver", None], until=[date(2024, 3, 1), date(2024, 4, 1)])
    assert changes["to_tier"].tolist() == ["Silver", None]
    assert roster.standings("2024-02-10")["expires"].astype(str).tolist() == ["2024-03-01", "NaT"]
    assert told(roster.release(["ann"], [date(2024, 2, 20)])) == [["2024-02-20", "Silver", None, "hold_released"]]
    with pytest.raises(crm.InvalidArgumentError, match="Lead"):
        roster.hold(["ann"], [date(2024, 3, 1)], ["Lead"], kind="exactly")


def test_quotas() -> None:
    shares, values = {"Silver": 0.2, "Gold": 0.2}, [9.0, 8, 8, 8, 8, 5, 4, 3, 2, math.nan, 1]
    cut = crm.TierQuotas.cut(shares, values)
    assert (cut.wanted, cut.taken, cut.overshoot, cut.members, cut.missing) == ([2, 2], [0, 5], [1, 3], 10, 1)
    assert cut.thresholds == [None, 8.0]
    with pytest.raises(crm.InvalidValueError, match="Silver"):
        crm.TierQuotas.rules(shares, values, "score")
    rules = crm.TierQuotas.rules({"Silver": 0.5, "Gold": 0.25}, [10, 20, 30, 40], "spend", downgrade="never")
    assert rules.names == ["Silver", "Gold"]
    with pytest.raises(crm.InvalidArgumentError):
        crm.TierQuotas.cut({"A": 0.6, "B": 0.6}, [1.0])


def test_rewards() -> None:
    lounge = crm.Reward(
        "Lounge",
        12.5,
        kind="status",
        tiers=["Gold"],
        segments=["core"],
        threshold=at_least("orders", 5),
        cap_per_member=1,
        valid_from=date(2024, 2, 1),
        valid_until="2024-03-01",
    )
    catalogue = crm.RewardCatalogue([crm.Reward("Mug", 3.2, points_price=400, cap_total=3, perceived_value=8.0), lounge])
    assert crm.RewardCatalogue.from_json(catalogue.to_json()) == catalogue
    members = crm.RewardMembers(
        tier=[None, "Gold"], segment=["new", "core"], orders=[0, 5], points_balance=[399, 1000], spend=[0.0, 99.5], score=[math.nan, 80]
    )
    table = catalogue.eligibility(members, "2024-02-10", given=[(1, "Lounge", 1)])
    assert table["eligible"].tolist() == [False, False, True, False]
    obstacles = [name for name in table.columns if name not in {"member", "reward", "eligible"}]
    assert [name for name in obstacles if table[name][1]] == ["tier", "segment", "threshold"]
    assert [name for name in obstacles if table[name][3]] == ["member_cap"]
    plan = catalogue.plan(members, [(1, "Mug", 2), (1, "Mug", 1), (1, "Lounge", 1)], "2024-02-10")
    assert plan.wishes["granted"].tolist() == [True, False, True]
    assert (plan.cost, plan.balances, plan.rewards["members"].tolist()) == (18.9, [399, 200], [1, 1])
    with pytest.raises(crm.OutOfRangeError):
        catalogue.plan(members, [(2, "Mug", 1)], "2024-02-10")
    with pytest.raises(crm.InvalidArgumentError, match="Cup"):
        catalogue.plan(members, [(0, "Cup", 1)], "2024-02-10")
    with pytest.raises(crm.LengthMismatchError):
        crm.RewardMembers(orders=[1, 2], score=[0.5])
    with pytest.raises(crm.InvalidArgumentError):
        crm.RewardMembers()
