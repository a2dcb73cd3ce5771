"""Tables in, reports out, and what is refused."""

from __future__ import annotations

import csv
import gzip
import pickle
from pathlib import Path

import crm
import numpy as np
import pytest

ARMS = [crm.Arm("mail", 2.0), crm.Arm("post", 1.0), crm.Arm("none", 1.0, control=True)]


def test_tables_of_every_library_give_the_same_selection() -> None:
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    columns = {
        "customer_id": ["ann", "bob", "客户一", "dan"],
        "score": [0.9, None, 0.7, 0.1],
        "consent": [True, True, None, True],
        "city": ["Bonn", None, "北京", "Bonn"],
    }
    plan = (
        crm.Selection()
        .opted_in("consent", "consent")
        .rule("score", {"compare": {"column": "score", "is": ">", "value": 0.05}})
        .rule("city", {"not": {"missing": {"column": "city"}}})
        .rank_by("score", "ascending")
    )
    frames = [columns, pandas.DataFrame(columns), polars.DataFrame(columns), pyarrow.table(columns)]
    for table in frames:
        selected = plan.select(crm.TargetTable(table))
        assert selected.rows.tolist() == [3, 0]
        # bob has no score, and 客户一 no consent.
        assert selected.first_reasons.tolist() == [-1, 2, 0, -1]
    categories = pandas.DataFrame(columns).assign(city=lambda frame: frame["city"].astype("category"))
    assert plan.select(crm.TargetTable(categories)).rows.tolist() == [3, 0]


def test_splits_are_saved_and_grow() -> None:
    split = crm.Split("s", ARMS).with_coverage(0.5)
    again = pickle.loads(pickle.dumps(split))
    assert again == split == crm.Split.from_json(split.to_json()) and again.control == "none"
    ids = np.arange(2000)
    before, after = split.assign(ids).arms, split.with_coverage(1.0).assign(ids).arms
    assert ((before == after) | (before == -1)).all()
    grown = split.with_shares({"mail": 0.6, "post": 0.125, "none": 0.125}).assign(ids).arms
    assert ((before == grown) | (before == -1)).all() and (grown == 0).sum() > (before == 0).sum()
    assert split.assign(ids).counts == dict(zip(split.names, np.bincount(before[before >= 0]).tolist(), strict=True))


def test_report_by_hand() -> None:
    arms = ["mail"] * 6 + ["post"] * 4 + ["none"] * 5 + [None]
    revenue = [10.0, 0, 30, 0, 0, 20, 0, 0, 5, 0, 0, 15, 0, 0, 0, float("nan")]
    outcomes = crm.CampaignOutcomes(
        arms,
        ARMS,
        metrics={"revenue": revenue, "conversion": [float(value > 0) for value in revenue]},
        groups={"region": ["n", "n", "n", "s", "s", "s", "n", "n", None, None, "n", "n", "n", "s", "s", "n"]},
    )
    cost = crm.ArmCost(fixed=12, per_contact=1, per_response=2, margin=0.5)
    report = outcomes.measure(costs={"mail": cost})
    assert outcomes.counts == {"mail": 6, "post": 4, "none": 5} and report.outside == 1
    assert report.returns["cost"].tolist()[:2] == [24.0, 13.0]
    assert report.returns["profit"][0] == -3.0
    assert report.returns["break_even_rate"][0] == pytest.approx(0.6, abs=1e-15)
    assert report.arms["revenue"].tolist() == [10.0, 1.25, 3.0]
    assert list(zip(report.empty["group"], report.empty["arm"], strict=True)) == [("s", "post"), ("", "post")]
    effects = report.effects
    assert len(effects) == 10 and effects["incremental"][effects.to_dict()["metric"].tolist().index("revenue")] == 42.0
    first = report.result(0)
    assert first.p_value == effects["p_value"][0] and first.interval.lower == effects["lower"][0]
    assert report.to_dict()["arms"][0]["name"] == "mail"
    with pytest.raises(IndexError):
        report.result(10)


def test_what_is_refused() -> None:
    with pytest.raises(crm.MissingColumnError):
        crm.TargetTable({"id": [1]})
    with pytest.raises(crm.InvalidValueError) as caught:
        crm.TargetTable({"customer_id": [1, 2, 1]})
    assert (caught.value.argument, caught.value.row) == ("customer_id", 2)
    with pytest.raises(crm.ParseError):
        crm.Selection().rule("r", {"compare": {"column": "x", "is": "=>", "value": 1}})
    with pytest.raises(crm.InvalidArgumentError):
        crm.Split("", ARMS)
    with pytest.raises(crm.InvalidArgumentError):
        crm.Selection().quota(-1)
    with pytest.raises(crm.InvalidValueError) as caught:
        crm.CampaignOutcomes(["mail", "fax"], ARMS)
    assert caught.value.row == 1
    with pytest.raises(crm.EmptyError):
        crm.CampaignOutcomes(["mail", "none"], ARMS).measure()
    with pytest.raises(crm.InvalidArgumentError):
        crm.UpliftCurve([1, 2], [1, 0], [0.5, 1.0]).score()


def test_hillstrom(data_folder: Path) -> None:
    """Hillstrom (2008): visits 18.28, 15.14 and 10.62 %, conversions 1.253, 0.884 and 0.573 %, spend 1.423, 1.077 and 0.653."""
    with gzip.open(data_folder / "hillstrom_email.csv.gz", "rt") as file:
        rows = list(csv.DictReader(file))
    arms = [crm.Arm("Mens E-Mail"), crm.Arm("Womens E-Mail"), crm.Arm("No E-Mail", control=True)]
    outcomes = crm.CampaignOutcomes(
        [row["segment"] for row in rows],
        arms,
        metrics={
            "response": [int(row["visit"]) for row in rows],
            "conversion": [int(row["conversion"]) for row in rows],
            "revenue": [float(row["spend"]) for row in rows],
        },
        before={"history": [float(row["history"]) for row in rows]},
    )
    table = outcomes.measure().arms
    np.testing.assert_allclose(100 * table["response"], [18.28, 15.14, 10.62], atol=0.005)
    np.testing.assert_allclose(100 * table["conversion"], [1.253, 0.884, 0.573], atol=0.0005)
    np.testing.assert_allclose(table["revenue"], [1.423, 1.077, 0.653], atol=0.0005)
    assert outcomes.measure().sample_ratio.p_value == pytest.approx(0.9037, abs=5e-5)
    assert outcomes.balance().rows["p_value"][0] == pytest.approx(0.43201288940482124, abs=1e-12)


def test_bootstrap_depends_on_the_seed_alone() -> None:
    ids = np.arange(600)
    target = crm.buckets("t", ids) < 0.5
    outcome = crm.buckets("o", ids) < 0.2 + 0.3 * target * crm.buckets("score", ids)
    curve = crm.UpliftCurve(crm.buckets("score", ids), target, outcome)
    one, two = (curve.interval(seed=7, replicates=200, threads=threads) for threads in (1, 3))
    assert one == two and one.lower < curve.score().value < one.upper
    assert curve.interval(seed=8, replicates=200) != one
    bands = curve.bands(5)
    assert int(bands["targets"].sum() + bands["controls"].sum()) == 600
