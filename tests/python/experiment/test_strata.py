"""Rates within strata: the shared cases, and input that makes no sense."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import crm
import pytest


def close(value: float, expected: float, tolerance: float, scale: float = 0.0) -> bool:
    return value == expected or abs(value - expected) <= tolerance * max(scale, abs(expected))


def test_every_method_against_mpmath(repository: Path) -> None:
    file: dict[str, Any] = json.loads((repository / "tests/cases/experiment/stratified.json").read_text())
    checked = 0
    for case in file["cases"]:
        for check in case["checks"]:
            checked += 1
            found = crm.compare_stratified_proportions(
                case["target_conversions"],
                case["target_trials"],
                case["control_conversions"],
                case["control_trials"],
                method=check["method"],
                contrast=check["contrast"],
                alternative=check["alternative"],
                alpha=check["alpha"],
                null=check["null"],
            )
            result = found.comparison
            assert result.status == "ok" and result.rejects == (result.p_value < check["alpha"])
            for name, expected in check["expected"].items():
                if name == "homogeneity":
                    same = found.homogeneity
                    assert close(same.statistic, expected[0], file["tolerance"]), (case["name"], check)
                    assert same.degrees_of_freedom == expected[1]
                    assert close(same.p_value, expected[2], file["tolerance"]), (case["name"], check)
                    continue
                value = getattr(result.interval if name in ("lower", "upper") else result, name)
                assert close(value, float(expected), file["tolerance"], 1e-6), (case["name"], name, check)
    assert checked == file["checks"]


def test_one_stratum_is_no_stratum() -> None:
    found = crm.compare_stratified_proportions([30], [1000], [9], [400])
    plain = crm.compare_proportions(crm.BinaryArm(30, 1000), crm.BinaryArm(9, 400))
    assert close(found.comparison.p_value, plain.p_value, 1e-12)
    assert close(found.comparison.interval.upper, plain.interval.upper, 1e-12)
    assert found.homogeneity.status == "too_few" and found.homogeneity.p_value == 1.0


def test_strata_without_trials_are_left_out() -> None:
    whole = crm.compare_stratified_proportions([3, 0, 5], [9, 0, 20], [2, 4, 1], [8, 4, 9])
    part = crm.compare_stratified_proportions([3, 5], [9, 20], [2, 1], [8, 9])
    assert whole == part
    none = crm.compare_stratified_proportions([0], [0], [2], [8])
    assert none.comparison.status == "too_few" and math.isnan(none.comparison.p_value) and not none.comparison.rejects


def test_input_that_makes_no_sense() -> None:
    with pytest.raises(crm.InvalidArgumentError, match="control_conversions") as error:
        crm.compare_stratified_proportions([3, 1], [9, 4], [2, 6], [8, 5])
    assert error.value.row == 1
    with pytest.raises(crm.LengthMismatchError):
        crm.compare_stratified_proportions([3, 1], [9, 4], [2], [8, 5])
    with pytest.raises(crm.EmptyError):
        crm.compare_stratified_proportions([], [], [], [])
    with pytest.raises(crm.InvalidArgumentError, match="odds_ratio"):
        crm.compare_stratified_proportions([3], [9], [2], [8], method="exact")
    with pytest.raises(crm.InvalidArgumentError, match="method"):
        crm.compare_stratified_proportions([3], [9], [2], [8], method="other")  # type: ignore[arg-type]
    with pytest.raises(crm.OutOfRangeError):
        huge = [2**40] * 2
        crm.compare_stratified_proportions(huge, [2**41] * 2, huge, [2**41] * 2, method="exact", contrast="odds_ratio")
