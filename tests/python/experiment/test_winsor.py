"""Winsorised values: the shared cases, saving, and input that makes no sense."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import crm
import pytest


def test_bounds_and_columns_are_those_of_scipy(repository: Path) -> None:
    file: dict[str, Any] = json.loads((repository / "tests/cases/experiment/winsor.json").read_text())
    for case in file["cases"]:
        columns = [arm["values"] for arm in case["arms"]]
        winsor = crm.Winsor.fit(columns, lower_share=case["lower_share"], upper_share=case["upper_share"])
        assert (winsor.lower, winsor.upper) == (float(case["lower"]), float(case["upper"])), case["name"]
        for arm in case["arms"]:
            found = winsor.apply(arm["values"])
            assert (found.values.tolist(), found.below, found.above) == (arm["clipped"], arm["below"], arm["above"])
            mean = winsor.mean_arm(arm["values"])
            assert math.isclose(mean.mean, arm["mean"], rel_tol=1e-14)
            assert math.isclose(mean.variance, arm["variance"], rel_tol=1e-13)
            value = winsor.joint_arm(arm["values"]).value
            assert (value.count, value.mean, value.m2) == (mean.count, mean.mean, mean.m2)
    assert len(file["cases"]) == 5


def test_bounds_are_saved() -> None:
    winsor = crm.Winsor(upper=0.1)
    assert (winsor.lower, winsor.upper) == (-math.inf, 0.1)
    assert crm.Winsor.from_json(winsor.to_json()) == winsor == pickle.loads(pickle.dumps(winsor))
    assert hash(winsor) == hash(crm.Winsor(upper=0.1)) and winsor != crm.Winsor(upper=0.2)
    assert repr(winsor) == "<Winsor: from -inf to 0.1>"
    with pytest.raises(crm.CorruptError):
        crm.Winsor.from_json("{}")


def test_only_the_value_is_clipped() -> None:
    winsor = crm.Winsor(0.0, 10.0)
    arm = winsor.joint_arm([1.0, 2.0, 90.0], covariates=[[5.0, 100.0, 7.0]])
    assert arm == crm.JointArm.from_columns([1.0, 2.0, 10.0], covariates=[[5.0, 100.0, 7.0]])


def test_input_that_makes_no_sense() -> None:
    with pytest.raises(crm.InvalidArgumentError, match="upper_share"):
        crm.Winsor.fit([[0.0, 0.0, 0.0, 7.0]], upper_share=0.25)
    with pytest.raises(crm.InvalidArgumentError, match="lower_share"):
        crm.Winsor.fit([[1.0, 2.0]], lower_share=1.0)
    with pytest.raises(crm.InvalidValueError, match=r"columns\[1\]") as error:
        crm.Winsor.fit([[1.0, 2.0], [3.0, math.nan]])
    assert error.value.row == 1
    with pytest.raises(crm.EmptyError):
        crm.Winsor.fit([])
    with pytest.raises(crm.InvalidArgumentError, match="upper"):
        crm.Winsor(2.0, 1.0)
    with pytest.raises(crm.InvalidValueError, match="values"):
        crm.Winsor(0.0, 1.0).apply([0.5, math.inf])
