"""Writes tests/cases/loyalty/points.json: small histories of points programmes, each with what must come of it.

Every expected number is worked out by hand from the rule that the case is about, and stands here beside it; nothing is computed by the engine. Days are counted
from 1970-01-01, amounts are in cents.

    python tests/oracles/make_loyalty_points_cases.py
"""

import json
from datetime import date
from pathlib import Path

EPOCH = date(1970, 1, 1).toordinal()


def day(text: str) -> int:
    return date.fromisoformat(text).toordinal() - EPOCH


def events(*rows: tuple) -> dict:
    """Rows of member, day, kind and what the kind needs; ids count from 1."""
    columns: dict = {name: [] for name in ("customer_id", "event_id", "day", "kind", "points", "amount", "reference", "category", "tier", "other_id")}
    for number, (member, when, kind, *details) in enumerate(rows, 1):
        given = details[0] if details else {}
        columns["customer_id"].append(member)
        columns["event_id"].append(given.get("id", number))
        columns["day"].append(day(when))
        columns["kind"].append(kind)
        for name in ("points", "amount", "reference", "category", "tier", "other_id"):
            columns[name].append(given.get(name))
    return columns


def balances(as_of: str, *rows: tuple) -> dict:
    """Member, available, pending, owed, next expiry or None, points that lapse then."""
    columns = dict(zip(("customer_id", "available", "pending", "owed", "next_expiry_day", "next_expiry_points"), zip(*rows)))
    columns = {name: list(values) for name, values in columns.items()}
    columns["next_expiry_day"] = [None if when is None else day(when) for when in columns["next_expiry_day"]]
    return {"as_of": day(as_of), **columns}


def case(name: str, source: str, rules: dict, rows: dict, *found: dict, postings: list | None = None, error: dict | None = None) -> dict:
    made = {"name": name, "source": source, "rules": rules, "events": rows, "balances": list(found)}
    if postings is not None:
        made["postings"] = [{"kind": kind, "points": points} for kind, points in postings]
    if error is not None:
        made["error"] = error
    return made


JOIN = ("ann", "2020-01-01", "join")
BOB = ("bob", "2020-01-01", "join")

CASES = [
    case(
        "expiry to the end of the month",
        "Square, LoyaltyProgramExpirationPolicy: 12 months after 2020-07-06 is 2021-08-01",
        {"expiry": {"months": 12, "rounding": "month"}},
        events(JOIN, ("ann", "2020-07-06", "purchase", {"amount": 12050})),
        balances("2021-07-31", ("ann", 120, 0, 0, "2021-08-01", 120)),
        balances("2021-08-01", ("ann", 0, 0, 0, None, 0)),
        postings=[("earned", 120)],
    ),
    case(
        "earned first spends the oldest points",
        "by hand: 80 points extended to August, 50 that lapse on 10 February, 50 spent: 80 - 50 are left",
        {"expiry": {"months": 1, "rounding": "none"}, "burn_order": "earned_first", "extensions": [{"months": 6}]},
        events(
            JOIN,
            ("ann", "2024-01-01", "bonus", {"points": 80}),
            ("ann", "2024-01-01", "extend"),
            ("ann", "2024-01-10", "bonus", {"points": 50}),
            ("ann", "2024-01-20", "redeem", {"points": 50}),
        ),
        balances("2024-02-10", ("ann", 30, 0, 0, "2024-08-01", 30)),
        postings=[("earned", 80), ("extended", 80), ("earned", 50), ("redeemed", 50)],
    ),
    case(
        "nearest expiry spends what lapses first",
        "as above: the 50 are spent, 80 are left",
        {"expiry": {"months": 1, "rounding": "none"}, "burn_order": "nearest_expiry", "extensions": [{"months": 6}]},
        events(
            JOIN,
            ("ann", "2024-01-01", "bonus", {"points": 80}),
            ("ann", "2024-01-01", "extend"),
            ("ann", "2024-01-10", "bonus", {"points": 50}),
            ("ann", "2024-01-20", "redeem", {"points": 50}),
        ),
        balances("2024-02-10", ("ann", 80, 0, 0, "2024-08-01", 80)),
    ),
    case(
        "a multiplier and a tier bonus add up, pending for two weeks",
        "by hand: 10.00 * (1 + 1 + 0.5) = 25 points, available 14 days later",
        {
            "tiers": ["Gold"],
            "earn": {
                "pending_days": 14,
                "tier_bonus": [{"tier": "Gold", "factor": "1.5"}],
                "multipliers": [{"name": "double tea", "factor": 2, "categories": ["茶"]}],
            },
        },
        events(
            JOIN,
            ("ann", "2024-01-02", "set_tier", {"tier": "Gold"}),
            ("ann", "2024-01-03", "purchase", {"amount": 1000, "category": "茶"}),
        ),
        balances("2024-01-16", ("ann", 0, 25, 0, None, 0)),
        balances("2024-01-17", ("ann", 25, 0, 0, None, 0)),
        postings=[("earned", 25)],
    ),
    case(
        "a return takes its share of the whole order",
        "Open Loyalty, transactions/menu/returns: an order of 40 with 70 points, 20 returned: 35 points",
        {"refund": {"basis": "pro_rata"}, "earn": {"points": 7, "per": 2, "excluded": ["none"]}},
        events(
            JOIN,
            ("ann", "2024-01-01", "purchase", {"amount": 2000, "reference": 77}),
            ("ann", "2024-01-01", "purchase", {"amount": 2000, "reference": 77, "category": "none"}),
            ("ann", "2024-01-03", "refund", {"reference": 3, "amount": 2000}),
        ),
        balances("2024-01-03", ("ann", 35, 0, 0, None, 0)),
        postings=[("earned", 70), ("reversed", 35)],
    ),
    case(
        "a refund after spending is owed and paid by the next points",
        "Talon.One: negative points; by hand: 100 earned, 80 spent, all refunded: 20 taken, 80 owed; 50 pay some of it",
        {},
        events(
            JOIN,
            ("ann", "2024-01-01", "purchase", {"amount": 10000}),
            ("ann", "2024-01-02", "redeem", {"points": 80}),
            ("ann", "2024-01-03", "refund", {"reference": 2}),
            ("ann", "2024-01-04", "bonus", {"points": 50}),
        ),
        balances("2024-01-04", ("ann", 0, 0, 30, None, 0)),
        postings=[("earned", 100), ("redeemed", 80), ("reversed", 20), ("owed", 80), ("earned", 50), ("settled", 50)],
    ),
    case(
        "a refund after spending is forgiven",
        "by hand, as above",
        {"refund": {"after_spending": "clamp"}},
        events(
            JOIN,
            ("ann", "2024-01-01", "purchase", {"amount": 10000}),
            ("ann", "2024-01-02", "redeem", {"points": 80}),
            ("ann", "2024-01-03", "refund", {"reference": 2}),
            ("ann", "2024-01-04", "bonus", {"points": 50}),
        ),
        balances("2024-01-04", ("ann", 50, 0, 0, None, 0)),
        postings=[("earned", 100), ("redeemed", 80), ("reversed", 20), ("forgiven", 80), ("earned", 50)],
    ),
    case(
        "a cancelled redemption restores the original expiry",
        "Oracle Siebel Loyalty, cancelling transactions",
        {"expiry": {"months": 12, "rounding": "none"}},
        events(
            JOIN,
            ("ann", "2024-01-01", "bonus", {"points": 100}),
            ("ann", "2024-12-01", "redeem", {"points": 100}),
            ("ann", "2024-12-15", "cancel_redemption", {"reference": 3}),
        ),
        balances("2024-12-31", ("ann", 100, 0, 0, "2025-01-01", 100)),
        postings=[("earned", 100), ("redeemed", 100), ("restored", 100)],
    ),
    case(
        "a cancelled redemption of lapsed points stays lapsed",
        "Oracle Siebel Loyalty; Capillary: 100 points to 30 June, redeemed 1 June, cancelled 15 July: none, 100 lapsed",
        {"expiry": {"days": 181, "rounding": "none"}},
        events(
            JOIN,
            ("ann", "2024-01-01", "bonus", {"points": 100}),
            ("ann", "2024-06-01", "redeem", {"points": 100}),
            ("ann", "2024-07-15", "cancel_redemption", {"reference": 3}),
        ),
        balances("2024-07-15", ("ann", 0, 0, 0, None, 0)),
        postings=[("earned", 100), ("redeemed", 100), ("restored", 100), ("expired", 100)],
    ),
    case(
        "a cancelled accrual is a new posting",
        "Salesforce: a new journal, never an edit",
        {},
        events(JOIN, ("ann", "2024-01-01", "bonus", {"points": 100}), ("ann", "2024-01-05", "cancel_accrual", {"reference": 2})),
        balances("2024-01-05", ("ann", 0, 0, 0, None, 0)),
        postings=[("earned", 100), ("reversed", 100)],
    ),
    case(
        "a backdated bonus is replayed in event time and corrected",
        "by hand: the 40 of 5 January lapse first, so the redemption of 50 took them and 10 others",
        {"expiry": {"days": 30, "rounding": "none"}, "backdating_days": 60},
        events(
            JOIN,
            ("ann", "2024-01-10", "bonus", {"points": 100}),
            ("ann", "2024-01-20", "redeem", {"points": 50}),
            ("ann", "2024-01-05", "bonus", {"points": 40}),
        ),
        balances("2024-02-08", ("ann", 90, 0, 0, "2024-02-09", 90)),
        postings=[("earned", 100), ("redeemed", 50), ("redeemed", -50), ("earned", 40), ("redeemed", 10), ("redeemed", 40)],
    ),
    case(
        "a merge moves points and its undoing restores what is left",
        "Salesforce: points move, unmerge restores; by hand: 110 of 147 spent, the nearest expiry first",
        {"expiry": {"months": 12}},
        events(
            JOIN,
            BOB,
            ("ann", "2024-01-02", "bonus", {"points": 100}),
            ("bob", "2024-01-03", "bonus", {"points": 40}),
            ("ann", "2024-02-01", "merge", {"other_id": "bob"}),
            ("bob", "2024-02-02", "purchase", {"amount": 700}),
            ("ann", "2024-02-03", "redeem", {"points": 110}),
            ("ann", "2024-02-04", "unmerge", {"reference": 5}),
        ),
        balances("2024-02-04", ("ann", 0, 0, 0, None, 0), ("bob", 37, 0, 0, "2025-01-04", 30)),
    ),
    case(
        "a redemption above the balance is refused",
        "by hand",
        {},
        events(JOIN, ("ann", "2024-01-01", "bonus", {"points": 50}), ("ann", "2024-01-02", "redeem", {"points": 60})),
        error={"kind": "OutOfRange", "argument": "points", "row": 2},
    ),
    case(
        "an event of somebody unknown is refused",
        "by hand",
        {},
        events(JOIN, ("eve", "2024-01-01", "bonus", {"points": 50})),
        error={"kind": "InvalidValue", "argument": "customer_id", "row": 1},
    ),
    case(
        "an id that came before is refused",
        "by hand",
        {},
        events(JOIN, ("ann", "2024-01-01", "bonus", {"points": 50}), ("ann", "2024-01-02", "bonus", {"points": 50, "id": 2})),
        error={"kind": "InvalidValue", "argument": "event_id", "row": 2},
    ),
    case(
        "a time that goes backwards is refused",
        "by hand",
        {},
        events(JOIN, ("ann", "2024-01-02", "bonus", {"points": 50}), ("ann", "2024-01-01", "bonus", {"points": 50})),
        error={"kind": "InvalidValue", "argument": "time", "row": 2},
    ),
    case(
        "a refund above what was bought is refused",
        "by hand",
        {},
        events(JOIN, ("ann", "2024-01-01", "purchase", {"amount": 1000}), ("ann", "2024-01-02", "refund", {"reference": 2, "amount": 1001})),
        error={"kind": "OutOfRange", "argument": "amount", "row": 2},
    ),
    case(
        "a cancellation of an unknown redemption is refused",
        "by hand",
        {},
        events(JOIN, ("ann", "2024-01-01", "bonus", {"points": 50}), ("ann", "2024-01-02", "cancel_redemption", {"reference": 2})),
        error={"kind": "InvalidValue", "argument": "reference", "row": 2},
    ),
]

REVENUE = [
    {"source": "IFRS 15 IE267-IE270", "allocated": "8675.799087", "redeemed": [4500, 8500], "expected": [9500, 9700], "revenue": [4110, 3493], "liability": [4566, 1073]},
    {"source": "KPMG, IFRS 15 handbook (2019), example 10A", "allocated": "9000", "redeemed": [4500, 8500], "expected": [9700, 9900], "revenue": [4175, 3552], "liability": [4825, 1273]},
    {"source": "KPMG, IFRS 15 handbook (2019), example 10B", "allocated": "9000", "redeemed": [4500, 8500], "expected": [9700, 9200], "revenue": [4175, 4140], "liability": [4825, 685]},
]

if __name__ == "__main__":
    path = Path(__file__).resolve().parents[1] / "cases/loyalty/points.json"
    about = "Made by tests/oracles/make_loyalty_points_cases.py. Integers are exact; revenue and liability are in whole units, as published."
    text = json.dumps({"about": about, "cases": CASES, "revenue": REVENUE}, ensure_ascii=False, indent=1)
    path.write_text(text + "\n", encoding="utf-8")
