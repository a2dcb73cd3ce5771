"""How loyal is each customer, why, and does the score know who will be back?

    python examples/python/loyalty.py TRANSACTIONS.csv OUT.csv

The log is the CDNOW sample: a tenth of the people who first bought at an online CD shop in early 1997, to June 1998. Weights are found in June 1997, learned from who
bought in the half year that followed, and judged in December by who bought in the next.
"""

import sys
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
    Path(out).write_text(lines, encoding="utf-8", newline="\n")
    print(f"\nWrote the scores of {len(ids)} customers to {out}")


if __name__ == "__main__":
    main(*sys.argv[1:])
