"""Whom to write to, whom to leave alone for comparison, and what did the mail bring?

    python examples/python/campaign.py OUT.csv

With the folder of public data sets in CRM_TEST_DATA the customers are Hillstrom's (2008), 64,000 of a shop, of whom a third got a mail about men's
goods, a third one about women's and a third none. Without it they are made up, by the hash that deals customers to arms: the same in every
language.
"""

import csv
import gzip
import os
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import crm
import numpy as np
import numpy.typing as npt

MENS, WOMENS, NONE = "Mens E-Mail", "Womens E-Mail", "No E-Mail"
ARMS = [crm.Arm(MENS), crm.Arm(WOMENS), crm.Arm(NONE, control=True)]
# The day of the campaign.
TODAY = date(1970, 1, 1) + timedelta(days=20_000)


def hillstrom(path: Path) -> dict[str, Any]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        "customer_id": np.arange(len(rows)),
        "recency": np.array([float(row["recency"]) for row in rows]),
        "history": np.array([float(row["history"]) for row in rows]),
        "channel": [row["channel"] for row in rows],
        "arm": [row["segment"] for row in rows],
        "visit": np.array([float(row["visit"]) for row in rows]),
        "conversion": np.array([float(row["conversion"]) for row in rows]),
        "spend": np.array([float(row["spend"]) for row in rows]),
    }


def made_up() -> dict[str, Any]:
    ids = np.arange(20_000)
    assignment = crm.Split("made up", ARMS).assign(ids)
    channel = crm.buckets("channel", ids)
    visit = crm.buckets("visit", ids) < 0.1 + np.array([0.075, 0.045, 0.0])[assignment.arms]
    conversion = visit & (crm.buckets("conversion", ids) < 0.07)
    return {
        "customer_id": ids,
        "recency": 1.0 + np.floor(12.0 * crm.buckets("recency", ids)),
        "history": 30.0 + np.floor(900.0 * crm.buckets("history", ids) * crm.buckets("history 2", ids)),
        "channel": ["Web" if place < 0.44 else "Phone" if place < 0.88 else "Multichannel" for place in channel],
        "arm": assignment.to_list(),
        "visit": visit.astype(float),
        "conversion": conversion.astype(float),
        "spend": np.where(conversion, 29.0 + np.floor(170.0 * crm.buckets("spend", ids)), 0.0),
    }


def select(shop: dict[str, Any], table: crm.TargetTable) -> npt.NDArray[np.uint32]:
    """Selects whom to write to; the rows, best first."""
    # Up to two contacts of the last weeks for each customer.
    contacts = (3.0 * crm.buckets("contacts", shop["customer_id"])).astype(int)
    contacted = np.repeat(shop["customer_id"], contacts)
    days = [TODAY - timedelta(days=10 * contact) for count in contacts for contact in range(count)]
    rule = {
        "all": [
            {"compare": {"column": "history", "is": ">=", "value": 50}},
            {"between": {"column": "recency", "from": 1, "to": 11}},
            {"in": {"column": "channel", "values": ["Web", "Phone"]}},
        ]
    }
    selected = (
        crm.Selection()
        .opted_in("consent", "consent")
        .rule("target group", rule)
        .contacts_at_most("fatigue", contacted, days, as_of=TODAY, at_most=2, within_days=14)
        .without("global holdout", salt="holdout-2024", share=0.05)
        .rank_by("history")
        .ties_by_hash("autumn-2024 ties")
        .segment_quotas("channel", {"Web": 2500})
        .quota(6000)
        .select(table)
    )
    print(f"selected {len(selected)} of {selected.customers} customers")
    reasons = selected.reasons
    for name, kind, first, every in zip(reasons["name"], reasons["kind"], reasons["first"], reasons["any"], strict=True):
        print(f"  {name:<16} {kind:<16} first {first:>6}, any {every:>6}")
    return selected.rows


def split(shop: dict[str, Any], rows: npt.NDArray[np.uint32]) -> None:
    """Deals the selected customers to arms, and looks whether they were alike before."""
    plan = crm.Split("autumn-2024", [crm.Arm(MENS, 4.5), crm.Arm(WOMENS, 4.5), crm.Arm(NONE, 1.0, control=True)])
    assignment = plan.assign(shop["customer_id"][rows])
    print("split")
    for name, count in assignment.counts.items():
        print(f"  {name:<16} {count:>6}")
    before = {"history": shop["history"][rows], "recency": shop["recency"][rows]}
    balance = crm.CampaignOutcomes(assignment, before=before).balance()
    print(f"  sizes: p = {balance.sample_ratio.p_value:.4f}")
    table = balance.rows
    for place in range(len(table)):
        print(
            f"  {table['column'][place]:<8} {table['arm'][place]:<14} standardised difference "
            f"{table['standardised_difference'][place]:>8.4f}, adjusted p = {table['adjusted_p_value'][place]:.4f}"
        )


def measure(shop: dict[str, Any]) -> str:
    """What the mails brought, also as the rows of a CSV file."""
    outcomes = crm.CampaignOutcomes(
        shop["arm"],
        ARMS,
        metrics={"response": shop["visit"], "conversion": shop["conversion"], "revenue": shop["spend"]},
        groups={"channel": shop["channel"]},
    )
    report = outcomes.measure(costs=crm.ArmCost(fixed=500.0, per_contact=0.1, margin=0.4))
    print(f"measured, sizes: p = {report.sample_ratio.p_value:.4f}")
    arms = report.arms
    for place in range(len(arms)):
        print(
            f"  {arms['arm'][place]:<16} {arms['customers'][place]:>6} customers, visits {100.0 * arms['response'][place]:>6.2f} %, "
            f"conversions {100.0 * arms['conversion'][place]:>6.3f} %, spend {arms['revenue'][place]:>6.3f}"
        )
    returns = report.returns.to_dict()
    for place in np.flatnonzero(returns["grouping"] == "").tolist():
        back = {name: values[place] for name, values in returns.items()}
        print(
            f"  {back['arm']:<16} profit {back['profit']:>9.2f} ({back['profit_lower']:.2f} to {back['profit_upper']:.2f}), "
            f"return on cost {back['roi']:.3f} ({back['roi_lower']:.3f} to {back['roi_upper']:.3f}), "
            f"pays at {100.0 * back['break_even_rate']:.3f} %"
        )
    lines = ["grouping,group,arm,metric,difference,lower,upper,p_value,adjusted_p_value,incremental,split_p_value"]
    effects = report.effects.to_dict()
    for place in range(len(report.effects)):
        effect = {name: values[place] for name, values in effects.items()}
        texts = [effect[name] for name in ("grouping", "group", "arm", "metric")]
        numbers = [f"{effect[name]:.8f}" for name in ("difference", "lower", "upper", "p_value", "adjusted_p_value")]
        lines.append(",".join([*texts, *numbers, f"{effect['incremental']:.3f}", f"{effect['split_p_value']:.8f}"]))
    return "\n".join(lines) + "\n"


def uplift(shop: dict[str, Any]) -> None:
    """Whether those who bought more before are those whom a mail moves."""
    curve = crm.UpliftCurve(shop["history"], [arm != NONE for arm in shop["arm"]], shop["visit"])
    qini, gain = curve.score("qini"), curve.score("gain", scale="customers")
    print(f"uplift by history: Qini {qini.value:.5f}, gain curve on average {gain.value:.5f} visits above chance")
    # Two customers of three were to get a mail, in every band.
    bands = curve.bands(5, target_share=2 / 3)
    for place in range(len(bands)):
        band = {name: bands[name][place] for name in bands.columns}
        print(
            f"  {band['score_from']:>8.2f} to {band['score_to']:>8.2f}: {band['uplift']:>7.4f} ({band['lower']:.4f} to {band['upper']:.4f}), "
            f"split p = {band['split_p_value']:.4f}"
        )


def main() -> None:
    out = sys.argv[-1] if sys.argv[-1].endswith(".csv") else "campaign.csv"
    folder = os.environ.get("CRM_TEST_DATA")
    data = Path(folder) / "hillstrom_email.csv.gz" if folder else None
    shop = hillstrom(data) if data is not None and data.exists() else made_up()
    columns = {name: shop[name] for name in ("customer_id", "recency", "history", "channel")}
    table = crm.TargetTable({**columns, "consent": crm.buckets("consent", shop["customer_id"]) < 0.9})
    rows = select(shop, table)
    split(shop, rows)
    lines = measure(shop)
    uplift(shop)
    Path(out).write_text(lines, encoding="utf-8", newline="\n")


main()
