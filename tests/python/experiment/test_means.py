"""Means: arms from any column, tests against the shared cases, adjustment, strata and returns of campaigns."""

from __future__ import annotations

import json
import math
import pathlib
import pickle
from typing import Any

import crm
import numpy as np
import pytest

CASES = pathlib.Path(__file__).parents[2] / "cases" / "experiment"


def cases(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text())


def near(value: float, expected: Any, tolerance: float = 1e-12, scale: float = 0.0) -> bool:
    expected = float(expected)
    return bool(value == expected or abs(value - expected) <= tolerance * max(abs(expected), scale))


def columns_of_values() -> list[Any]:
    import pandas as pd  # type: ignore[import-untyped]
    import polars as pl
    import pyarrow as pa  # type: ignore[import-untyped]

    values = [1.0, 2.0, 6.0, 0.5]
    return [
        values,
        np.array(values),
        np.array(values, dtype=np.float32),
        pd.Series(values),
        pl.Series(values),
        pa.array(values),
        pa.chunked_array([values[:1], values[1:]]),
    ]


@pytest.mark.parametrize("values", columns_of_values(), ids=lambda values: type(values).__module__)
def test_arms_from_any_column(values: Any) -> None:
    arm = crm.MeanArm.from_values(values)
    assert (arm.count, arm.mean) == (4, 2.375)
    assert near(arm.variance, np.var([1.0, 2.0, 6.0, 0.5], ddof=1))
    assert pickle.loads(pickle.dumps(arm)) == arm


def test_arms_merge_and_refuse() -> None:
    arm = crm.MeanArm.from_values([1, 2]).merge(crm.MeanArm.from_values(np.array([6])))
    assert arm.merge(crm.MeanArm()) == arm
    assert (arm.count, arm.mean, arm.m2) == (3, 3.0, 14.0)
    assert crm.MeanArm.from_values([True, False, True]).mean == pytest.approx(2 / 3, abs=1e-16)
    assert crm.MeanArm.from_moments(0, None, None) == crm.MeanArm()
    with pytest.raises(crm.InvalidValueError) as caught:
        crm.MeanArm.from_values([1.0, math.nan])
    assert (caught.value.argument, caught.value.row) == ("values", 1)
    with pytest.raises(crm.OutOfRangeError, match="shift"):
        crm.MeanArm.from_sums(1000, 1e12 + 500.5, 1e21 + 1e12)
    with pytest.raises(crm.InvalidArgumentError):
        crm.MeanArm.from_moments(-1, 0.0, 0.0)
    with pytest.raises(crm.InvalidArgumentError):
        crm.MeanArm.from_moments(3, 1.0, -1.0)


def labels() -> list[Any]:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    names = ["b", "对照", "b", "b"]
    return [
        names,
        np.array(names),
        pd.Series(names),
        pd.Series(names).astype("category"),
        pl.Series(names),
        pl.Series(names).cast(pl.Categorical),
        pa.array(names).dictionary_encode(),
    ]


@pytest.mark.parametrize("arm", labels(), ids=lambda arm: f"{type(arm).__module__} {getattr(arm, 'dtype', '')}")
def test_tables_take_labels_of_every_kind(arm: Any) -> None:
    table = crm.ArmTable.from_columns(arm, [1.0, 2.0, 6.0, 5.0], covariates=[[0.0, 1.0, 5.0, 3.0]])
    assert table.labels == ["b", "对照"]
    assert (table["b"].value.mean, table["对照"].count) == (4.0, 1)


@pytest.mark.parametrize("dtype", [np.bool_, np.uint8, np.int8, np.int64, np.uint64])
def test_tables_take_codes(dtype: Any) -> None:
    codes = np.array([0, 1, 1, 0], dtype=dtype)
    table = crm.ArmTable.from_columns(codes, np.arange(4.0), stratum=["x", "x", "y", "y"])
    assert (table.labels, table.strata) == ([0, 1], ["x", "y"])
    assert [arm.mean for arm in table.values_of(1)] == [1.0, 2.0]
    assert table == crm.ArmTable.from_columns(codes, np.arange(4.0), stratum=["x", "x", "y", "y"], threads=1)
    assert pickle.loads(pickle.dumps(table)) == table
    assert table.merge(table)[1].count == 4


def test_tables_refuse() -> None:
    with pytest.raises(crm.InvalidValueError) as caught:
        crm.ArmTable.from_columns([0, 1], [1.0, 2.0], covariates=[[1.0, math.inf]])
    assert (caught.value.argument, caught.value.row) == ("covariate", 1)
    with pytest.raises(crm.MissingValueError) as missing:
        crm.ArmTable.from_columns(["a", None], [1.0, 2.0])
    assert (missing.value.argument, missing.value.row) == ("arm", 1)
    with pytest.raises(crm.LengthMismatchError):
        crm.ArmTable.from_columns([0, 1, 1], [1.0, 2.0])
    with pytest.raises(crm.WrongTypeError):
        crm.ArmTable.from_columns([0.5, 1.5], [1.0, 2.0])
    with pytest.raises(crm.InvalidArgumentError):
        crm.ArmTable.from_columns([0, 1], [1.0, 2.0])[7]


@pytest.mark.parametrize("case", cases("means")["two_means"], ids=lambda case: case["id"])
def test_shared_cases(case: dict[str, Any]) -> None:
    expected = case["expected"]
    arms = [case["input"][side] for side in ("target", "control")]
    target, control = [crm.MeanArm.from_moments(arm["n"], float(arm["mean"]), float(arm["var"])) for arm in arms]
    result = crm.compare_means(target, control)
    if result.status == "no_variance":
        assert expected["t_welch"] == "NaN"
        assert math.isnan(result.p_value)
        assert not result.rejects
        return
    # The inputs are decimals.
    size = abs(float(expected["diff"])) / max(abs(target.mean), abs(control.mean))
    tolerance = 4e-16 / min(size, 0.1) + 2e-14
    assert near(result.statistic, expected["t_welch"], tolerance)
    assert near(result.degrees_of_freedom, expected["df_welch"], 1e-14)
    assert near(result.ln_p_value, expected["welch_two_sided"]["ln_p"], 4 * tolerance)
    z = crm.compare_means(target, control, method="z")
    assert near(z.interval.lower, expected["ci_z"][0], tolerance, result.standard_error)
    if "ratio_fieller_z" in expected:
        ratio = crm.compare_means(target, control, method="z", contrast="ratio").interval
        assert ratio.kind == expected["ratio_fieller_z"]["kind"]
        ends = [float(end) for end in expected["ratio_fieller_z"]["roots"]]
        assert near(ratio.lower, ends[0])
        assert near(ratio.upper, ends[1])
    if "hedges_g_exactJ" in expected:
        assert near(crm.hedges_g(target, control), expected["hedges_g_exactJ"])


@pytest.mark.parametrize("case", cases("mean_stress")["scores"], ids=lambda case: case["name"])
@pytest.mark.parametrize("method", ["score", "skewness_corrected"])
def test_score_tests_by_their_equations(case: dict[str, Any], method: Any) -> None:
    target, control = [case[side]["paid"] + [0.0] * (case[side]["count"] - len(case[side]["paid"])) for side in ("target", "control")]
    whole = crm.MeanArm.from_values(target).merge(crm.MeanArm.from_values(control))
    assert near(whole.skewness, case["skewness"], 1e-12)
    expected = case["methods"][method]
    found = crm.compare_means(target, control, method=method)
    assert found.method == method
    assert near(found.statistic, expected["statistic"], 1e-12, 1e-2)
    assert near(found.interval.lower, expected["interval"][0], 1e-11, found.standard_error)
    assert near(found.interval.upper, expected["interval"][1], 1e-11, found.standard_error)
    assert near(found.ln_p_value, expected["ln_p"]["two_sided"], 1e-11, 1e-3)
    ratio = crm.compare_means(target, control, method=method, contrast="ratio")
    if expected["ratio"] is None:
        assert ratio.status == "zero_baseline"
    else:
        assert near(ratio.interval.lower, expected["ratio"][0], 1e-11)
        assert near(ratio.interval.upper, expected["ratio"][1], 1e-11)


def test_skewness_is_told_or_asked_for() -> None:
    values = np.repeat([0.0, 3.0, 40.0], [90, 8, 2])
    seen, told = crm.MeanArm.from_values(values), crm.MeanArm.from_moments(100, 1.04, np.var(values, ddof=1), skewness=6.2)
    assert near(seen.skewness, np.mean((values - 1.04) ** 3) / np.std(values) ** 3)
    assert told.skewness == 6.2
    assert pickle.loads(pickle.dumps(told)) == told
    assert crm.compare_means(told, seen, method="skewness_corrected").p_value == pytest.approx(1.0)
    silent = crm.MeanArm.from_moments(100, 1.04, 30.0)
    assert math.isnan(silent.skewness)
    with pytest.raises(crm.InvalidArgumentError, match="does not know its skewness") as caught:
        crm.compare_means(seen, silent, method="skewness_corrected")
    assert caught.value.argument == "control"
    with pytest.raises(crm.InvalidArgumentError, match=r"9\.84.* for 100 values") as caught:
        crm.MeanArm.from_moments(100, 1.0, 1.0, skewness=10.0)
    assert caught.value.argument == "skewness"
    joint = crm.JointArm.from_columns(values, covariates=[np.arange(100.0)])
    with pytest.raises(crm.InvalidArgumentError, match="do not know their skewness"):
        crm.compare_adjusted(joint, joint, method="skewness_corrected")


@pytest.mark.parametrize("case", cases("mean_stress")["adjusted"], ids=lambda case: case["name"])
@pytest.mark.parametrize("theta", ["within", "total", "least_variance"])
def test_adjustment_in_exact_fractions(case: dict[str, Any], theta: Any) -> None:
    def arm(columns: list[list[int]]) -> crm.JointArm:
        value, *rest = [np.array(column, dtype=np.float64) for column in columns]
        below = rest.pop(0) if case["denominator"] else None
        return crm.JointArm.from_columns(value, denominator=below, covariates=rest)

    expected = case["thetas"][theta]
    found = crm.compare_adjusted(arm(case["target"]), arm(case["control"]), theta=theta)
    assert all(near(own, other) for own, other in zip(found.theta, expected["theta"], strict=True))
    assert near(found.result.difference, expected["difference"], 1e-12, found.result.standard_error)
    assert near(found.result.ln_p_value, expected["ln_p"], 1e-11)
    if case["denominator"]:
        plain = crm.compare_ratios(arm(case["target"]), arm(case["control"]))
        assert plain == found.unadjusted


def test_strata_and_several_arms() -> None:
    for case in cases("mean_stress")["stratified"]:
        targets, controls = [[crm.MeanArm.from_values(values) for values in case[side]] for side in ("targets", "controls")]
        result = crm.compare_stratified(targets, controls)
        assert near(result.difference, case["difference"])
        assert near(result.ln_p_value, case["ln_p"])
    arms = [[6, 8, 4, 5, 3, 4], [8, 12, 9, 11, 6, 8], [13, 9, 11, 8, 7, 12]]
    assert near(crm.analysis_of_variance(arms, method="classic").statistic, 42 / (68 / 15))
    assert len(crm.compare_several_means(arms, control=1).comparisons) == 2
    with pytest.raises(crm.InvalidArgumentError):
        crm.compare_several_means(arms, control=-1)
    with pytest.raises(crm.EmptyError):
        crm.analysis_of_variance(arms[:1])


def test_returns_of_campaigns() -> None:
    case = next(case for case in cases("means")["campaign_roi"] if case["id"] == "gunderson")
    expected, given = case["expected"], case["input"]
    arms = [given[side] for side in ("target", "control")]
    target, control = [
        crm.MeanArm.from_moments(arm["n"], float(arm["revenue_mean"]), float(arm["revenue_var"])) for arm in arms
    ]
    cost = crm.CampaignCost(float(given["cost_fixed"]), float(given["cost_per_contact"]), margin=float(given["margin"]))
    found = crm.campaign_return(target, control, cost, method="z")
    assert near(found.profit.estimate, expected["incremental_profit"])
    assert near(found.roi.interval.lower, expected["roi_ci_z"][0])
    assert near(found.break_even.statistic, expected["z_vs_break_even"])
    rates = [crm.BinaryArm(arm["conversions"], arm["n"]) for arm in arms]
    conversions = crm.incremental_conversions(rates[0], rates[1], cost, method="unpooled")
    assert near(conversions.cost_per_conversion.estimate, expected["cost_per_incremental_conversion"])
    assert near(conversions.cost_per_conversion.interval.lower, expected["cpic_fieller_z"]["roots"][0])
    assert pickle.loads(pickle.dumps(cost)) == cost
    with pytest.raises(crm.InvalidArgumentError):
        crm.CampaignCost(-1.0)


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"method": "t"}, "method"),
        ({"lift_method": "wald"}, "lift_method"),
        ({"alpha": 0.0}, "alpha"),
        ({"contrast": "odds_ratio"}, "contrast"),
        ({"null": math.nan}, "null"),
    ],
)
def test_options_that_make_no_sense(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(crm.InvalidArgumentError) as caught:
        crm.compare_means([1.0, 2.0], [2.0, 3.0], **options)
    assert caught.value.argument == argument
