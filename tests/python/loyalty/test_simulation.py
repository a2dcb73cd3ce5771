"""Simulation of other programme rules: numbers worked out by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import crm
import pytest
from crm.loyalty import at_least, fixed_period

START = date(2024, 1, 1)
WINDOWS = {"refund": {"days": 90}, "cancel": {"days": 90}}


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


HISTORY = history(
    [
        ("ann", 0, "join", None, None, None),
        ("bob", 0, "join", None, None, None),
        ("cai", 1, "join", None, None, None),
        ("ann", 10, "purchase", None, 120.0, None),
        ("bob", 20, "purchase", None, 350.0, None),
        ("ann", 30, "redeem", 100, None, None),
        ("ann", 31, "cancel_redemption", None, None, 5),
        ("cai", 40, "purchase", None, 50.0, None),
        ("bob", 50, "redeem", 150, None, None),
        ("bob", 60, "refund", None, 30.0, 4),
    ]
)
TIERS = crm.TierRules(
    [crm.Tier("Silver", at_least("qualifying_points", 100)), crm.Tier("Gold", at_least("qualifying_points", 300))],
    period=fixed_period(START, {"months": 12}),
)


def test_half_the_points() -> None:
    found = crm.simulate_program(
        WINDOWS,
        WINDOWS | {"earn": {"per": 2}},
        as_of=START + timedelta(days=400),
        **HISTORY,
        tiers_before=TIERS,
        tiers_after=TIERS,
        cost_per_point="0.008",
        value_per_point=0.01,
        breakage=0.1,
        close_points=60,
    )
    before, after = found.before, found.after
    assert (before.issued, before.burned, before.reversed, before.outstanding) == (520, 150, 30, 340)
    assert (after.issued, after.burned, after.reversed, after.outstanding) == (260, 150, 15, 95)
    assert (after.unfit_burns, after.unfit_points, after.refused_rows) == (1, 100, 1)
    assert (before.cost, before.liability, after.liability) == (1.2, 2.91, 0.705)
    assert found.migration.tolist() == [[1, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert (before.tiers, before.members, after.members) == (["Silver", "Gold"], [1, 1, 1], [2, 1, 0])
    assert (found.by_tier.losers, found.by_points.losers, found.by_tier.unchanged) == (2, 3, 1)
    assert found.members["tier_after"].tolist() == [None, "Silver", None]
    assert found.members["earned_after"].tolist() == [60, 160, 25]
    assert "held fixed" in found.statement


def test_a_row_that_is_wrong_under_both_rules() -> None:
    rows = history([("ann", 0, "join", None, None, None), ("ann", 10, "refund", None, 1.0, 7)])
    with pytest.raises(crm.InvalidValueError) as caught:
        crm.simulate_program({}, {}, as_of="2025-01-01", **rows)
    assert caught.value.row == 1
    score = crm.TierRules([crm.Tier("Best", at_least("score", 50))])
    with pytest.raises(crm.InvalidArgumentError, match="score"):
        crm.simulate_program({}, {}, as_of="2025-01-01", **HISTORY, tiers_after=score)
    with pytest.raises(crm.InvalidValueError, match="as_of"):
        crm.simulate_program(WINDOWS, WINDOWS, as_of="2024-01-02", **HISTORY)
