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


def test_one_salt_for_two_purposes_draws_independently() -> None:
    table = crm.TargetTable({"customer_id": np.arange(100_000), "score": np.zeros(100_000)})
    selected = crm.Selection().rank_by("score").ties_by_hash("spring-2026").quota(10_000).select(table)
    arms = [crm.Arm("mail", 9), crm.Arm("none", 1, control=True)]
    split = crm.Split("spring-2026", arms)
    # Five standard deviations of a binomial count, here and below.
    assert abs(split.assign(selected.rows).counts["none"] - 1000) < 150
    ids = np.arange(50_000)
    for plan in (split.without("spring-2026", 0.5), split.within("spring-2026", 0.0, 0.5)):
        assert abs(plan.assign(ids).counts["none"] - 2500) < 250
    both = crm.Split("s", arms).within("ns", 0.0, 0.5).without("ns", 0.5).assign(ids)
    assert abs(sum(both.counts.values()) - 12_500) < 500
    left = crm.Selection().without("held", salt="h", share=0.3).select(crm.TargetTable({"customer_id": ids})).rows
    held = split.without("h", 0.3).assign(ids).arms == -3
    assert sorted(left.tolist()) == np.flatnonzero(~held).tolist()


def test_nothing_is_replaced_silently() -> None:
    split, ids = crm.Split("s", ARMS), np.arange(2000)
    held = [plan.assign(ids).arms == -3 for plan in (split.without("h1", 0.5), split.without("h2", 0.01))]
    both = split.without("h1", 0.5).without("h2", 0.01)
    assert ((both.assign(ids).arms == -3) == (held[0] | held[1])).all()
    assert crm.Split.from_json(both.to_json()) == both
    plan = crm.Selection().rank_by("score").ties_by_hash("t").quota(1).segment_quotas("city", {"Bonn": 1})
    for argument, again in (
        ("namespace", lambda: split.within("n", 0, 0.5).within("m", 0, 0.1)),
        ("rank_by", lambda: plan.rank_by("age")),
        ("ties", lambda: plan.ties_by_hash("u")),
        ("quota", lambda: plan.quota(2)),
        ("segment_quotas", lambda: plan.segment_quotas("land")),
    ):
        with pytest.raises(crm.InvalidArgumentError) as caught:
            again()
        assert caught.value.argument == argument
    with pytest.raises(crm.IncompatibleError):
        crm.Split.from_json(split.to_json().replace('"version": 2', '"version": 1').replace('"namespace": null', '"holdout": {}'))


def test_raising_the_coverage_within_strata_moves_nobody() -> None:
    ids = np.arange(997)
    table = crm.TargetTable({"customer_id": ids, "city": [f"city {id % 7}" for id in ids]})
    before = np.full(len(ids), -1)
    for coverage in (0.1, 0.5, 0.9, 1.0):
        after = crm.Split("s", ARMS).with_coverage(coverage).assign_stratified(table, ["city"]).arms
        assert ((before == after) | (before == -1)).all()
        for city in range(7):
            counts = np.bincount(after[(ids % 7 == city) & (after >= 0)], minlength=3)
            assert (abs(counts - coverage * np.array([0.5, 0.25, 0.25]) * (ids % 7 == city).sum()) < 1).all()
        before = after


def test_intervals_of_money_by_hand() -> None:
    """Nobody of the control bought: Wilson's interval of 0 of 100 ends at z^2 / (100 + z^2); every order is of 50."""
    arms, bought = ["mail"] * 900 + ["none"] * 100, np.repeat([1.0, 0.0], [10, 990])
    planned = [crm.Arm("mail", 9), crm.Arm("none", 1, control=True)]
    outcomes = crm.CampaignOutcomes(arms, planned, metrics={"conversion": bought, "revenue": 50 * bought})
    back = outcomes.measure(costs=crm.ArmCost(per_contact=0.1, margin=0.4)).returns
    square = 1.959963984540054**2
    assert back["break_even_rate_lower"][0] == pytest.approx(0.005, abs=1e-14)
    assert back["break_even_rate_upper"][0] == pytest.approx(0.005 + square / (100 + square), abs=1e-14)
    one_sided = outcomes.measure(costs=crm.ArmCost(per_contact=0.1, margin=0.4), alternative="greater").returns
    assert one_sided["break_even_rate_upper"][0] == np.inf
    # An order earns 20 and costs 20: there is no profit whatever the number of orders, and nothing uncertain about it but the control.
    voucher = outcomes.measure(costs=crm.ArmCost(per_response=20.0, margin=0.4)).returns
    assert voucher["profit"][0] == pytest.approx(0.0, abs=1e-10)
    for margin in (40, 1.01, 0.0, float("nan")):
        with pytest.raises(crm.InvalidArgumentError) as caught:
            outcomes.measure(costs=crm.ArmCost(per_contact=0.1, margin=margin))
        assert caught.value.argument == "margin"
        with pytest.raises(crm.InvalidArgumentError):
            crm.CampaignCost(1.0, margin=margin)


def test_a_share_of_whole_customers_is_met_exactly() -> None:
    target, outcome = np.arange(100) % 2 == 1, crm.buckets("outcome", np.arange(100))
    curve = crm.UpliftCurve(np.arange(100.0), target, outcome)
    for percent in range(4, 101):
        best = np.arange(100) >= 100 - percent
        known = outcome[best & target].mean() - outcome[best & ~target].mean()
        assert curve.top(percent / 100).difference == pytest.approx(known, abs=1e-13)


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
    assert outcomes.balance().rows["p_value"][0] == pytest.approx(0.432013206271748, abs=1e-12)


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
