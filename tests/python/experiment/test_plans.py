"""Plans of ranks, of exact tests and of one rate: the shared cases, and what is refused."""

import json
import math
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest

CASES = json.loads((Path(__file__).resolve().parents[2] / "cases" / "experiment" / "plans.json").read_text(encoding="utf-8"))
OPTIONS = ["alternative", "alpha", "null", "tails", "control_per_target"]


def options(case: dict[str, Any], *without: str) -> dict[str, Any]:
    return {name: case[name] for name in OPTIONS if name in case and name not in without}


@pytest.mark.parametrize("case", CASES["ranks"], ids=lambda case: case["id"])
def test_ranks(case: dict[str, Any]) -> None:
    if "target" in case:
        plan = crm.RankPlan.from_categories(case["target"], case["control"], method=case["method"], **options(case))
        assert plan.superiority == pytest.approx(case["effect"], rel=1e-14)
    else:
        plan = crm.RankPlan(case["target_deviation"], case["control_deviation"], method=case["method"], **options(case))
        assert plan.superiority is None
    for count, power in case["power_at"]:
        assert plan.power(case["effect"], count) == pytest.approx(power, abs=case["tolerance"])
    size = plan.sample_size(case["effect"], 0.7)
    direction: Any = "increase" if case["effect"] > case.get("null", 0.5) else "decrease"
    assert plan.detectable(size.target, 0.7, direction=direction) == pytest.approx(case["effect"], rel=1e-9)


def test_pilot_and_noether() -> None:
    case = CASES["pilot"]
    plan = crm.RankPlan.from_samples(np.array(case["target"], dtype=float), case["control"])
    assert plan.superiority is not None
    assert plan.superiority == pytest.approx(case["effect"], abs=1e-7)
    size = plan.sample_size(plan.superiority, 0.8)
    assert size.target + size.control == pytest.approx(case["total"], rel=case["tolerance"])
    case = CASES["noether"]
    size = crm.RankPlan(method="noether", alternative="greater").sample_size(case["effect"], case["power"])
    assert size.target + size.control == pytest.approx(case["total"], rel=1e-10)


@pytest.mark.parametrize("case", CASES["exact"], ids=lambda case: case["id"])
def test_exact_tests(case: dict[str, Any]) -> None:
    plan = crm.ExactProportionPlan(case["control_rate"], method=case["method"], **options(case))
    for count, power in case.get("power_at", []):
        assert plan.power(case["effect"], count) == pytest.approx(power, abs=case["tolerance"])
    if "target_count" in case:
        size = plan.sample_size(case["effect"], case["power"])
        assert size.target_count == case["target_count"]
        assert size.power == pytest.approx(case["power_of_size"], rel=1e-12)


@pytest.mark.parametrize("case", CASES["rates"], ids=lambda case: case["id"])
def test_one_rate(case: dict[str, Any]) -> None:
    plan = crm.RatePlan(case["null"], method=case["method"], **options(case, "null", "control_per_target"))
    for count, power in case.get("power_at", []):
        assert plan.power(case["effect"], count) == pytest.approx(power, abs=case["tolerance"])
    if "count" in case:
        size = plan.sample_size(case["effect"], case["power"])
        assert size.count == case["count"]
        assert size.power == pytest.approx(case["power_of_size"], rel=1e-12)


def test_deviations() -> None:
    assert crm.quantile_deviation(0.9, 0.1) == pytest.approx(3.0)
    assert crm.stratified_deviation([3, 1], np.array([2.0, 6.0])) == pytest.approx(math.sqrt(12))
    # Exponential values in equal steps of probability: the median has density 1/2.
    values = -np.log((np.arange(40_000) + 0.5) / 40_000)
    assert crm.pilot_quantile_deviation(crm.QuantileArm(values), 0.5) == pytest.approx(1.0, rel=0.015)


def test_what_is_refused() -> None:
    with pytest.raises(crm.InvalidArgumentError, match="null"):
        crm.RankPlan(null=0.4)
    with pytest.raises(crm.InvalidArgumentError, match="sharing"):
        crm.RankPlan(targets=3, sharing="dunnett")
    with pytest.raises(crm.InvalidArgumentError, match="superiority"):
        crm.RankPlan().sample_size(0.5)
    with pytest.raises(crm.InvalidValueError, match="neither arm"):
        crm.RankPlan.from_categories([1, 2], [1, 2])
    with pytest.raises(crm.LengthMismatchError, match="categories"):
        crm.RankPlan.from_categories([1, 2], [1, 2, 3])
    with pytest.raises(crm.InvalidArgumentError, match="method"):
        crm.ExactProportionPlan(0.1, method="score")  # type: ignore[arg-type]
    with pytest.raises(crm.OutOfRangeError, match="1000"):
        crm.ExactProportionPlan(0.1, method="boschloo").power(0.2, 600)
    with pytest.raises(crm.InvalidArgumentError, match="target_count"):
        crm.ExactProportionPlan(0.1).power(0.2, -1)
    with pytest.raises(crm.InvalidArgumentError, match="alpha"):
        crm.RatePlan(0.1, alpha=0.5)
    with pytest.raises(crm.OutOfRangeError, match="10000000"):
        crm.RatePlan(0.5).sample_size(0.50001)
    with pytest.raises(crm.InvalidValueError, match="rows"):
        crm.pilot_quantile_deviation(crm.QuantileArm([1.0, 2.0]), 0.5)
