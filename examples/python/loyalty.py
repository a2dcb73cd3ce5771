"""How loyal is each customer, why, and does the score know who will be back?

    python examples/python/loyalty.py TRANSACTIONS.csv OUT.csv

The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998. Weights are found in June 1997, learned from who
bought in the half year that followed, and judged in December by who bought in the next.
"""

import sys
from datetime import date
from pathlib import Path

import crm
import numpy as np
import numpy.typing as npt
from crm.segment.feature import Feature

FEATURES: tuple[Feature, ...] = ("orders", "net_amount", "time_since_last_purchase", "regularity")
DIMENSIONS = [
    crm.Dimension("orders", "orders"),
    crm.Dimension("value", "USD", normalization={"min_max": {"tail": 0.02}}),
    crm.Dimension("days_since", "days", direction="lower"),
    # Below three days with a purchase there is no rhythm: it is not known, and not filled in.
    crm.Dimension("regularity", "share", normalization={"anchors": {"low": 0, "high": 1}}),
]
NAMES = [dimension.name for dimension in DIMENSIONS]
COMPARISONS = [2.0, 1.0, 4.0, 0.5, 2.0, 3.0]
"""Orders against value, days since the last and regularity; value against both; days since the last against regularity."""
Numbers = npt.NDArray[np.float64]


def customers(history: crm.PurchaseHistory, as_of: str) -> tuple[crm.DimensionTable, Numbers]:
    """What is known of the customers at the end of a day, and their orders."""
    features = crm.FeatureTable.from_history(history, as_of, FEATURES)
    columns = {dimension: features[name] for dimension, name in zip(DIMENSIONS, FEATURES, strict=True)}
    return crm.DimensionTable(as_of, columns), features["orders"]


def weightings(june: crm.DimensionTable, retained: npt.NDArray[np.bool_]) -> dict[str, crm.LoyaltyScore]:
    """Scores by given, compared, objective and learned weights."""
    ahp = crm.Ahp.from_upper(COMPARISONS)
    print(f"Comparisons: consistency ratio {ahp.consistency_ratio:.4f} by the table {ahp.random_index}")
    return {
        "given": crm.LoyaltyScore.fit(june, [0.4, 0.3, 0.2, 0.1]).model,
        "compared": crm.LoyaltyScore.fit(june, ahp).model,
        "entropy": crm.LoyaltyScore.fit(june, "entropy").model,
        "critic": crm.LoyaltyScore.fit(june, "critic").model,
        "component": crm.LoyaltyScore.fit(june, "principal_component").model,
        "learned": crm.LoyaltyScore.fit(june, crm.Learned(retained)).model,
    }


def judge(models: dict[str, crm.LoyaltyScore], december: crm.DimensionTable, spring: npt.NDArray[np.bool_]) -> None:
    """Which score puts those first who will be back?"""
    report = crm.judge_weightings(models, december, spring, top_share=0.1)
    print(f"\nFound in June 1997, judged by {report.retained} of {report.customers} customers who bought in 1998")
    print(f"  {'weights':<10}{'AUC':>8}{'lift':>8}{'ranks':>8}" + "".join(f"{name:>12}" for name in NAMES))
    rows = report.rows
    for place, (name, model) in enumerate(models.items()):
        numbers = f"{rows['auc'][place]:>8.4f}{rows['lift'][place]:>8.3f}{report.rank_correlation[0, place]:>8.4f}"
        print(f"  {name:<10}{numbers}" + "".join(f"{weight:>12.4f}" for weight in model.weights.values()))


def explain(model: crm.LoyaltyScore, december: crm.DimensionTable, ids: list[str]) -> str:
    """Why the best are the best, also as the lines of a CSV file."""
    parts = model.contributions(december)
    scores, coverage, ranks = parts.scores.scores, parts.scores.coverage, parts.scores.ranks
    columns = list(parts.columns.values())
    print(f"\nThe best in December 1997, and what lifts them above the mean of {model.population_mean:.4f}")
    print(f"  {'customer':<10}{'rank':>6}{'score':>10}{'known':>10}" + "".join(f"{name:>12}" for name in [*NAMES, "baseline"]))
    # Of equals, the one that comes first.
    for row in np.argsort(ranks, kind="stable")[:5]:
        shown = "".join(f"{column[row]:>12.4f}" for column in [*columns, parts.baseline])
        print(f"  {ids[row]:<10}{ranks[row]:>6}{scores[row]:>10.4f}{100.0 * coverage[row]:>9.1f}%{shown}")
    exact = np.add.reduce([parts.baseline, *columns]) == scores - model.population_mean
    print(f"  The parts sum exactly for {exact.sum()} of {len(ids)} customers")
    lines = [",".join(["customer_id", "score", "coverage", "rank", *NAMES, "baseline"])]
    for row, customer in enumerate(ids):
        shown = ",".join(f"{column[row]:.6f}" for column in [*columns, parts.baseline])
        lines.append(f"{customer},{scores[row]:.6f},{coverage[row]:.4f},{ranks[row]},{shown}")
    return "\n".join(lines) + "\n"


def changes(
    model: crm.LoyaltyScore,
    june: crm.DimensionTable,
    december: crm.DimensionTable,
    autumn: npt.NDArray[np.bool_],
    ids: list[str],
) -> None:
    """What moved scores between the two dates, if the score is fitted anew in December."""
    refit = crm.LoyaltyScore.fit(december, [0.4, 0.3, 0.2, 0.1]).model
    change = model.change(june, refit, december)
    print("\nFrom learned weights in June to given ones in December")
    print(f"  {'customer':<10}{'before':>10}{'after':>10}{'value':>10}{'reference':>12}{'weights':>10}")
    for row in np.flatnonzero(autumn)[:5]:
        before, after, value, reference, weight = (change[name][row] for name in change.columns)
        print(f"  {ids[row]:<10}{before:>10.4f}{after:>10.4f}{value:>10.4f}{reference:>12.4f}{weight:>10.4f}")


RULES = {
    "expiry": {"months": 12, "rounding": "month"},
    "backdating_days": 90,
    "earn": {"multipliers": [{"name": "double tea", "factor": 2, "categories": ["tea"]}]},
}


def points() -> None:
    """Two months of a points programme: a refund after spending, a purchase that comes late, and two cards that are one person's."""
    ledger = crm.PointsLedger(RULES)
    days = ["01-02", "01-02", "01-05", "01-20", "02-10", "02-15", "03-01", "03-05", "01-03", "03-10"]
    none: list[None] = [None]
    entries = ledger.apply(
        customer_id=["ann", "bob", "ann", "bob", "ann", "bob", "bob", "bob", "ann", "ann"],
        event_id=list(range(1, 11)),
        time=[date.fromisoformat(f"2024-{day}") for day in days],
        kind=["join", "join", "purchase", "purchase", "redeem", "bonus", "redeem", "refund", "purchase", "merge"],
        amount=[0, 0, 12050, 8000, 0, 0, 0, 8000, 3000, 0],
        amount_scale=2,
        points=[0, 0, 0, 0, 150, 100, 160, 0, 0, 0],
        reference=none * 7 + [4] + none * 2,
        category=none * 2 + ["tea"] + none * 7,
        other_id=none * 9 + ["bob"],
    )
    print("\nPostings of ten events")
    print(f"  {'row':>3} {'member':<8}{'posting':<14}{'points':>6}")
    names = ["row", "customer_id", "kind", "points", "correction"]
    for row, member, kind, given, correction in zip(*(entries[name] for name in names), strict=True):
        print(f"  {row:>3} {member:<8}{kind:<14}{given:>6}{' corrected' if correction else ''}")

    balances = ledger.balances("2024-04-01")
    for member, available, owed in zip(*(balances[name] for name in ["customer_id", "available", "owed"]), strict=True):
        print(f"  {member} has {available} points and owes {owed}")
    months = ledger.liability("2024-04-01", value_per_point="0.01", breakage="0.2").months
    names = ["month", "earned", "redeemed", "outstanding", "liability"]
    for month, earned, redeemed, outstanding, liability in zip(*(months[name] for name in names), strict=True):
        print(f"  {month}: {earned} earned, {redeemed} redeemed, {outstanding} outstanding, liability {liability:.4f}")
    revenue = crm.recognize_points(9_000, redeemed=[4_500, 8_500], expected=[9_700, 9_900]).revenue
    print(f"  revenue of 9000 deferred for points: {', '.join(f'{year:.0f}' for year in revenue)}")


def tiers() -> None:
    """Where three members stand in spring, what they may have, and what half the points would have done."""
    points = crm.loyalty.at_least
    gold = crm.Tier("Gold", points("qualifying_points", 300), keep=points("qualifying_points", 250))
    rules = crm.TierRules(
        [crm.Tier("Silver", points("qualifying_points", 100)), gold, crm.Tier("Platinum", points("qualifying_points", 600))],
        period=crm.loyalty.fixed_period("2024-01-01", {"months": 12}),
    )
    roster = crm.TierRoster(rules)
    roster.join(["ann", "bob", "cai"], [date(2024, 1, 2)] * 3)
    days = [date(2024, 6, 1), date(2024, 7, 1), date(2024, 8, 1), date(2025, 2, 1)]
    changes = roster.qualify(["ann", "bob", "cai", "ann"], days, qualifying_points=[320, 150, 40, 120])
    print(f"\nTiers on 2025-03-01, after {len(changes)} changes and notices")
    standings = roster.standings("2025-03-01")
    names = ["customer_id", "tier", "expires", "qualifying_points_to_keep", "qualifying_points_to_next"]
    for member, tier, expires, keep, following in zip(*(standings[name] for name in names), strict=True):
        left = 0 if np.isnat(expires) else int((expires - np.datetime64("2025-03-01")).astype(int))
        print(f"  {member:<4}{tier or 'none':<8}{left:>4} days{keep:>6.0f} to keep{following:>6.0f} to the next")

    catalogue = crm.RewardCatalogue(
        [crm.Reward("Mug", 3.2, points_price=400, cap_total=2), crm.Reward("Lounge", 12.5, kind="status", tiers=["Gold"])]
    )
    members = crm.RewardMembers(tier=["Gold", "Silver", None], points_balance=[500, 900, 100])
    wishes = [(0, "Mug", 1), (1, "Mug", 2), (1, "Mug", 1), (0, "Lounge", 1), (2, "Lounge", 1)]
    plan = catalogue.plan(members, wishes, "2025-03-01")
    print(f"  {plan.wishes['granted'].sum()} of {len(wishes)} wishes granted for {plan.cost:.2f}")

    found = crm.simulate_program(
        {},
        {"earn": {"per": 2}},
        as_of="2024-12-31",
        customer_id=["ann"] * 3,
        event_id=[1, 2, 3],
        time=[date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)],
        kind=["join", "purchase", "redeem"],
        amount=[0.0, 120.0, 0.0],
        points=[0, 0, 100],
    )
    print(f"  half the points: {found.before.issued} -> {found.after.issued} issued, {found.before.burned} -> {found.after.burned} burned,", end=" ")
    print(f"{found.after.unfit_burns} burn no longer fits, {found.by_points.losers} loser")
    print(f"  {found.statement.split(':')[0]}")


def main(log: str = "examples/data/cdnow/transactions.csv", out: str = "loyalty.csv") -> None:
    history = crm.PurchaseHistory.from_csv(log, time="date", amount="dollar_value", customer_id_type="integer")
    june, orders_in_june = customers(history, "1997-06-30")
    december, orders_in_december = customers(history, "1997-12-31")
    _, orders_at_the_end = customers(history, "1998-06-30")
    autumn, spring = orders_in_december > orders_in_june, orders_at_the_end > orders_in_december

    models = weightings(june, autumn)
    judge(models, december, spring)
    ids = [str(customer) for customer in history.base("1997-12-31").to_table()["customer_id"].tolist()]
    lines = explain(models["learned"], december, ids)
    changes(models["learned"], june, december, autumn, ids)
    points()
    tiers()
    Path(out).write_text(lines, encoding="utf-8", newline="\n")
    print(f"\nWrote the scores of {len(ids)} customers to {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
