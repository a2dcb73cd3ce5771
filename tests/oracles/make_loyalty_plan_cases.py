"""Writes tests/cases/loyalty/simulation.json and rewards.json: histories under two sets of rules, and plans of rewards, with numbers worked out by hand.

Run with any Python:

    python tests/oracles/make_loyalty_plan_cases.py

Nothing is computed here: rows become columns, and numbers stand as they were worked out; comments say how.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "cases/loyalty"
START = 19723
"""2024-01-01."""

COLUMNS = ["customer_id", "day", "kind", "points", "amount", "reference", "category", "tier", "other_id"]
COUNTS = ["tier_changes", "issued", "burned", "expired", "reversed", "outstanding", "unfit_burns", "unfit_points"]
REST = ["refused_rows", "ignored_tier_events", "unused_scores", "close_to_next", "close_to_keep"]


def history(*rows: tuple[Any, ...]) -> dict[str, Any]:
    """Rows of member, days after the start, kind, and what the kind needs by name; the id is the row, amounts are cents."""
    columns: dict[str, Any] = {name: [] for name in COLUMNS} | {"event_id": list(range(len(rows)))}
    for member, day, kind, *needs in rows:
        given = {"customer_id": member, "day": START + day, "kind": kind, **(needs[0] if needs else {})}
        for name in COLUMNS:
            columns[name].append(given.get(name))
    return columns


def scores(*rows: tuple[str, int, float]) -> dict[str, Any]:
    return {"customer_id": [row[0] for row in rows], "day": [START + row[1] for row in rows], "score": [row[2] for row in rows]}


def tier_rules(measure: str, months: int, **tiers: float) -> str:
    entry = lambda value: {"at_least": {"measure": measure, "value": value}}
    period = {"fixed": {"start": "2024-01-01", "length": {"months": months}}}
    rules = {"tiers": [{"name": name, "entry": entry(value)} for name, value in tiers.items()], "options": {"period": period}}
    return json.dumps({"model": "tier_rules", "version": 1, **rules})


def side(members: list[int], liability: float | None, cost: float, **counts: int) -> dict[str, Any]:
    return {"members": members, "liability": liability, "cost": cost, **{name: counts.get(name, 0) for name in COUNTS + REST}}


WINDOWS = {"refund": {"days": 90}, "cancel": {"days": 90}}
POINTS = tier_rules("qualifying_points", 12, Silver=100, Gold=300)
SCORE = tier_rules("score", 1, Silver=50, Gold=80)
BONUS = {"tiers": ["Silver", "Gold"], "earn": {"tier_bonus": [{"tier": "Silver", "factor": 2}, {"tier": "Gold", "factor": 3}]}}

SIMULATIONS: list[dict[str, Any]] = [
    {
        "name": "half the points",
        "before": WINDOWS,
        "after": WINDOWS | {"earn": {"per": 2}},
        "tiers_before": POINTS,
        "tiers_after": POINTS,
        "as_of": START + 400,
        "options": {"cost_per_point": 0.008, "value_per_point": 0.01, "breakage": 0.1, "close_points": 60},
        "events": history(
            ("ann", 0, "join"),
            ("bob", 0, "join"),
            ("王", 1, "join"),
            ("ann", 10, "purchase", {"amount": 12000}),
            ("bob", 20, "purchase", {"amount": 35000}),
            ("ann", 30, "redeem", {"points": 100}),
            ("ann", 31, "cancel_redemption", {"reference": 5}),
            ("王", 40, "purchase", {"amount": 5000}),
            ("bob", 50, "redeem", {"points": 150}),
            ("bob", 60, "refund", {"amount": 3000, "reference": 4}),
        ),
        "scores": None,
        # 120 + 350 + 50 points, 30 taken back; Ann's 100 came back, Bob's 150 were burned. A tenth of 490 points is never redeemed: 441 - 150 = 291 at 0.01.
        "expected": {
            # Ann Silver, Bob Silver and Gold at once, and the end of 2024 changes nothing. Nobody is within 60 points: in 2025 they have none.
            "before": side([1, 1, 1], 2.91, 1.2, tier_changes=2, issued=520, burned=150, reversed=30, outstanding=340),
            # Half of all; Ann's 60 do not cover 100, and its cancellation goes with it. 245 * 0.9 - 150 = 70.5. Bob becomes Silver.
            "after": side(
                [2, 1, 0], 0.705, 1.2, tier_changes=1, issued=260, burned=150, reversed=15, outstanding=95, unfit_burns=1, unfit_points=100, refused_rows=1
            ),
            "migration": [1, 0, 0, 1, 0, 0, 0, 1, 0],
            "by_tier": [0, 2, 1],
            "by_points": [0, 3, 0],
            "members": {
                "customer_id": ["ann", "bob", "王"],
                "tier_before": [0, 1, None],
                "tier_after": [None, 0, None],
                "earned_before": [120, 320, 50],
                "earned_after": [60, 160, 25],
                "available_before": [120, 170, 50],
                "available_after": [60, 10, 25],
            },
        },
    },
    {
        "name": "tiers by a score, against none",
        "before": BONUS,
        "after": BONUS,
        "tiers_before": None,
        "tiers_after": SCORE,
        "as_of": START + 400,
        "options": {"value_per_point": 0.01, "breakage": 0, "close_score": 10},
        "events": history(
            ("ann", 10, "join"),
            ("ann", 12, "purchase", {"amount": 10000}),
            ("ann", 20, "purchase", {"amount": 10000}),
            ("ann", 45, "purchase", {"amount": 10000}),
            ("ann", 70, "purchase", {"amount": 10000}),
            ("bob", 70, "join"),
        ),
        # Ann joins with 55, Silver. 81 on the 20th, before the purchase of that day: Gold. 60 keeps Gold to the end of January, then Silver; 45 to
        # the end of February, then none. Cai is nobody's. Of two of one day the later row counts.
        "scores": scores(
            ("ann", 50, 45), ("ann", 20, 12), ("ann", 20, 81), ("ann", 1, 90), ("ann", 9, 55), ("ann", 25, 60), ("bob", 60, 41), ("cai", 60, 99)
        ),
        "expected": {
            "before": side([2, 0, 0], 4.0, 0.0, issued=400, outstanding=400),
            # Twice, three times, twice and once 100 points. Ann lacks 5 and Bob 9.
            "after": side([2, 0, 0], 8.0, 0.0, tier_changes=4, issued=800, outstanding=800, unused_scores=1, close_to_next=2),
            "migration": [2, 0, 0, 0, 0, 0, 0, 0, 0],
            "by_tier": [0, 0, 2],
            "by_points": [1, 0, 1],
            "members": {
                "customer_id": ["ann", "bob"],
                "tier_before": [None, None],
                "tier_after": [None, None],
                "earned_before": [400, 0],
                "earned_after": [800, 0],
                "available_before": [400, 0],
                "available_after": [800, 0],
            },
        },
    },
    {
        "name": "members merged, tiers given by events",
        "before": {"tiers": ["Silver", "Gold"]},
        "after": {"tiers": ["Silver", "Gold"]},
        "tiers_before": None,
        "tiers_after": SCORE,
        "as_of": START + 25,
        "options": {"value_per_point": 0.01, "breakage": 0},
        "events": history(
            ("ann", 0, "join"),
            ("bob", 0, "join"),
            ("ann", 1, "purchase", {"amount": 10000}),
            ("bob", 1, "purchase", {"amount": 7000}),
            ("ann", 2, "set_tier", {"tier": "Gold"}),
            ("ann", 10, "merge", {"other_id": "bob"}),
            ("bob", 12, "purchase", {"amount": 1000}),
        ),
        # Bob's purchase of the 12th is Ann's; his standing and his scores are not.
        "scores": scores(("ann", 5, 60), ("bob", 6, 95), ("bob", 20, 99)),
        "expected": {
            "before": side([0, 0, 1], 1.8, 0.0, issued=180, outstanding=180),
            # Ann Silver; Bob Gold before he was merged. His last score is nobody's.
            "after": side([0, 1, 0], 1.8, 0.0, tier_changes=2, issued=180, outstanding=180, ignored_tier_events=1, unused_scores=1),
            "migration": [0, 0, 0, 0, 0, 0, 0, 1, 0],
            "by_tier": [0, 1, 0],
            "by_points": [0, 0, 1],
            "members": {
                "customer_id": ["ann"],
                "tier_before": [1],
                "tier_after": [0],
                "earned_before": [110],
                "earned_after": [110],
                "available_before": [180],
                "available_after": [180],
            },
        },
    },
]

CATALOGUE = {
    "model": "reward_catalogue",
    "version": 1,
    "rewards": [
        {"name": "Mug", "unit_cost": 3.2, "points_price": 400, "perceived_value": 8, "cap_total": 3},
        {"name": "Lounge", "kind": "status", "unit_cost": 12.5, "tiers": ["Gold"], "cap_per_member": 1},
        {
            "name": "预览",
            "kind": "opportunity",
            "unit_cost": 0.1,
            "segments": ["fans"],
            "threshold": {"any": [{"at_least": {"measure": "orders", "value": 3}}, {"at_least": {"measure": "score", "value": 70}}]},
            "valid_from": "2024-05-01",
            "valid_until": "2024-06-01",
        },
    ],
}
MEMBERS = {
    "tier": ["Gold", None, "Silver", "Gold"],
    "segment": ["fans", "fans", None, "fans"],
    "orders": [3, 2, 9, 0],
    "points_balance": [399, 1200, 400, 5000],
    "score": [None, 70, 99, 69.5],
}

REWARDS: list[dict[str, Any]] = [
    {
        "name": "a day of the offer",
        "catalogue": json.dumps(CATALOGUE, ensure_ascii=False),
        "members": MEMBERS,
        "given": [],
        "day": "2024-05-31",
        # Member by member and reward by reward, every reason.
        "obstacles": [
            [["points"], [], []],
            [[], ["tier"], []],
            [[], ["tier"], ["segment"]],
            [[], [], ["threshold"]],
        ],
        "wishes": [[1, 0, 2], [2, 0, 2], [2, 0, 1], [3, 0, 1], [0, 1, 1], [0, 1, 1], [1, 2, 3]],
        # Two mugs, then two are one too many of three and more than the 400 points buy; one is left and granted; then none. One lounge for a member.
        # Opportunities have no cap.
        "refused": [[], ["total_cap", "points"], [], ["total_cap"], [], ["member_cap"], []],
        "granted": [3, 1, 3],
        "served": [2, 1, 1],
        "cost": [9.6, 12.5, 0.3],
        "points": [1200, 0, 0],
        "perceived_value": [24, 0, 0],
        "balances": [399, 400, 0, 5000],
        "total_cost": 22.4,
    },
    {
        "name": "too late, and much was given before",
        "catalogue": json.dumps(CATALOGUE, ensure_ascii=False),
        "members": MEMBERS,
        "given": [[3, 0, 3], [3, 1, 1]],
        "day": "2024-06-01",
        "obstacles": [
            [["total_cap", "points"], [], ["no_longer_valid"]],
            [["total_cap"], ["tier"], ["no_longer_valid"]],
            [["total_cap"], ["tier"], ["no_longer_valid", "segment"]],
            [["total_cap"], ["member_cap"], ["no_longer_valid", "threshold"]],
        ],
        "wishes": [[3, 1, 1], [0, 1, 1]],
        "refused": [["member_cap"], []],
        "granted": [0, 1, 0],
        "served": [0, 1, 0],
        "cost": [0, 12.5, 0],
        "points": [0, 0, 0],
        "perceived_value": [0, 0, 0],
        "balances": [399, 1200, 400, 5000],
        "total_cost": 12.5,
    },
]


def main() -> None:
    for name, cases in (("simulation", SIMULATIONS), ("rewards", REWARDS)):
        about = "Worked out by hand; see tests/oracles/make_loyalty_plan_cases.py."
        text = json.dumps({"about": about, "cases": cases}, indent=1, ensure_ascii=False)
        (FOLDER / f"{name}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
