"""Selections, buckets, splits, adjusted revenue and uplift curves of tests/cases/campaign, which all languages share."""

from __future__ import annotations

import json
import math
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "cases/campaign"
EPOCH = date(1970, 1, 1)


def cases(name: str) -> list[Any]:
    found: list[Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))["cases"]
    assert len(found) > 1
    return found


@pytest.mark.parametrize("case", cases("buckets"), ids=lambda case: f"{case['hash']}-{case['salt']}-{str(case['id'])[:20]}")
def test_buckets(case: dict[str, Any]) -> None:
    assert crm.buckets(case["salt"], [case["id"]], hash=case["hash"])[0] == case["bucket"]


@pytest.mark.parametrize("case", cases("splits"), ids=lambda case: case["name"])
def test_splits(case: dict[str, Any]) -> None:
    split = crm.Split(case["salt"], [crm.Arm(*arm) for arm in case["arms"]]).with_coverage(case["coverage"])
    for holdout in case.get("holdouts", ()):
        split = split.without(**holdout)
    if "namespace" in case:
        space = case["namespace"]
        split = split.within(space["salt"], space["from"], space["to"])
    if "strata" in case:
        table = crm.TargetTable({"customer_id": case["ids"], "stratum": case["strata"]})
        assignment = split.assign_stratified(table, ["stratum"])
    else:
        assignment = split.assign(case["ids"])
    assert assignment.arms.tolist() == case["expected"]
    assert sum(assignment.counts.values()) + sum(assignment.outside.values()) == len(case["ids"])


def planned(case: dict[str, Any]) -> crm.Selection:
    plan = crm.Selection()
    for step in case["steps"]:
        name = step["name"]
        match step["step"]:
            case "rule":
                plan = plan.rule(name, step["rule"])
            case "opted_in":
                plan = plan.opted_in(name, step["column"])
            case "not_opted_out":
                plan = plan.not_opted_out(name, step["column"])
            case "do_not_contact":
                plan = plan.do_not_contact(name, step["ids"])
            case "not_in_campaign":
                plan = plan.not_in_campaign(name, step["ids"])
            case "contacts_at_most":
                days = [EPOCH + timedelta(days=day) for day in step["days"]]
                as_of = EPOCH + timedelta(days=step["as_of"])
                limits = {"at_most": step["at_most"], "within_days": step["within_days"]}
                plan = plan.contacts_at_most(name, step["ids"], days, as_of=as_of, **limits)
            case "without":
                plan = plan.without(name, salt=step["salt"], share=step["share"])
            case other:
                raise AssertionError(other)
    if "ties" in case:
        plan = plan.ties_by_hash(case["ties"])
    if "rank_by" in case:
        plan = plan.rank_by(case["rank_by"], case.get("rank_order", "descending"))
    if "quota" in case:
        plan = plan.quota(case["quota"])
    if "segment_quotas" in case:
        plan = plan.segment_quotas(**case["segment_quotas"])
    return plan


@pytest.mark.parametrize("case", cases("selections"), ids=lambda case: case["name"])
def test_selections(case: dict[str, Any]) -> None:
    table = crm.TargetTable({"customer_id": case["ids"], **case["columns"]})
    selected, expected = planned(case).select(table), case["expected"]
    assert selected.rows.tolist() == expected["selected"]
    assert selected.first_reasons.tolist() == expected["first"]
    reasons = selected.reasons
    assert reasons["first"].tolist() == expected["first_counts"]
    assert reasons["any"].tolist() == expected["any_counts"]
    bits = selected.reason_bits
    assert [int(np.count_nonzero(bits >> np.uint64(place) & np.uint64(1))) for place in range(len(reasons))] == expected["any_counts"]


@pytest.mark.parametrize("case", cases("uplift"), ids=lambda case: case["name"])
def test_uplift(case: dict[str, Any]) -> None:
    curve = crm.UpliftCurve(case["score"], case["target"], case["outcome"])
    assert curve.customers.tolist() == case["customers"]
    np.testing.assert_allclose(curve.heights("qini"), case["qini"], rtol=0, atol=1e-12)
    assert curve.score("qini").value == pytest.approx(case["qini_optimum"], abs=1e-12)
    assert curve.score("gain").value == pytest.approx(case["gain_optimum"], abs=1e-12)
    if "uplift_at_30_percent" in case:
        assert curve.top(0.3).difference == pytest.approx(case["uplift_at_30_percent"], abs=1e-14)
        each = curve.top(0.3, of="each_arm").difference
        assert each == pytest.approx(case["uplift_at_30_percent_of_each_arm"], abs=1e-14)


@pytest.mark.parametrize("case", cases("adjusted"), ids=lambda case: case["name"])
def test_adjusted_revenue_by_its_equations(case: dict[str, Any]) -> None:
    sides = [case["target"], case["control"]]
    rows = np.concatenate([np.array(side["rows"] + [[0.0, 0.0]] * (side["count"] - len(side["rows"]))) for side in sides])
    labels = ["mail"] * sides[0]["count"] + ["none"] * sides[1]["count"]
    arms = [crm.Arm("mail", 1), crm.Arm("none", 1, control=True)]
    outcomes = crm.CampaignOutcomes(labels, arms, metrics={"revenue": rows[:, 1]}, covariate=rows[:, 0])
    for alternative in ("two_sided", "greater", "less"):
        side: Any = alternative
        effect = outcomes.measure(alternative=side).effects
        assert math.log(effect["p_value"][0]) == pytest.approx(float(case["ln_p"][alternative]), rel=1e-10, abs=1e-13)
    effect = outcomes.measure().effects
    names = ("difference", "lower", "upper", "lift_lower", "lift_upper")
    expected = [case["difference"], *case["interval"], *(case["lift"] or [])]
    for name, value in zip(names, expected, strict=False):
        assert effect[name][0] == pytest.approx(float(value), rel=1e-10), name
