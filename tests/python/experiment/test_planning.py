"""Sizes, power and detectable effects: the shared cases, and what is refused."""

import json
from pathlib import Path
from typing import Any

import crm
import pytest

CASES = json.loads((Path(__file__).resolve().parents[2] / "cases" / "experiment" / "planning.json").read_text(encoding="utf-8"))
OPTIONS = ["alternative", "alpha", "null", "tails", "control_per_target", "targets", "sharing"]


def plan_of(case: dict[str, Any]) -> Any:
    options: dict[str, Any] = {name: case[name] for name in OPTIONS if name in case}
    if "lower_margin" in case:
        options["margins"] = (case["lower_margin"], case["upper_margin"])
    if "control_rate" in case:
        if "contrast" in case:
            options["contrast"] = case["contrast"]
        return crm.ProportionPlan(case["control_rate"], method=case["method"], **options)
    return crm.MeanPlan(case["target_deviation"], case["control_deviation"], method=case["method"], **options)


@pytest.mark.parametrize("case", CASES["plans"], ids=lambda case: case["id"])
def test_sizes_and_power(case: dict[str, Any]) -> None:
    plan = plan_of(case)
    if "power" in case:
        size = plan.sample_size(case["effect"], case["power"])
        for name in ("target", "control", "target_count"):
            if name in case:
                assert getattr(size, name) == pytest.approx(case[name], rel=case["tolerance"])
        assert size.power >= case["power"] - 1e-12
    for count, power in case.get("power_at", []):
        assert plan.power(case["effect"], count) == pytest.approx(power, rel=case["tolerance"])


@pytest.mark.parametrize("case", CASES["detectable"], ids=lambda case: case["id"])
def test_detectable(case: dict[str, Any]) -> None:
    plan = plan_of(case)
    assert plan.detectable(case["target_count"], case["power"]) == pytest.approx(case["effect"], rel=1e-12)
    fall = plan.detectable(case["target_count"], case["power"], direction="decrease")
    assert fall == pytest.approx(-case["effect"], rel=1e-12)


def test_what_is_refused() -> None:
    plan = crm.ProportionPlan(0.1)
    for power in (1.0, 0.05, float("nan")):
        with pytest.raises(crm.InvalidArgumentError, match="power"):
            plan.sample_size(0.2, power)
    with pytest.raises(crm.InvalidArgumentError, match="target_rate"):
        plan.sample_size(0.1)
    with pytest.raises(crm.OutOfRangeError, match="counted"):
        plan.sample_size(0.1 + 1e-12)
    with pytest.raises(crm.InvalidArgumentError, match="targets"):
        crm.ProportionPlan(0.1, targets=0)
    with pytest.raises(crm.InvalidArgumentError, match="target_share"):
        crm.Traffic(1e4, target_share=0.6, control_share=0.6)
