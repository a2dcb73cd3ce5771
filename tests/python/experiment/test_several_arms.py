"""Several arms against one control: single and adjusted p-values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest

FILE: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases/experiment/several_arms.json").read_text())


def near(found: list[float], expected: list[Any]) -> None:
    np.testing.assert_allclose(found, [float(value) for value in expected], rtol=FILE["tolerance"], atol=0.0)


@pytest.mark.parametrize("case", FILE["cases"], ids=lambda case: case["id"])
def test_single_and_adjusted_p_values(case: dict[str, Any]) -> None:
    for method, expected in case["adjusted"].items():
        found: crm.SeveralProportions | crm.SeveralMeans
        if case["kind"] == "rates":
            rates = [crm.BinaryArm(*arm) for arm in case["arms"]]
            found = crm.compare_several_proportions(rates, control=case["control"], method="pooled", multiplicity=method)
        else:
            means = [crm.MeanArm.from_moments(*arm) for arm in case["arms"]]
            found = crm.compare_several_means(means, control=case["control"], method="z", multiplicity=method)
        near([result.p_value for result in found.comparisons], case["p"])
        near([result.ln_p_value for result in found.comparisons], case["ln_p"])
        near(found.adjusted_p_values, expected["p"])
        near(found.ln_adjusted_p_values, expected["ln_p"])
        assert found.multiplicity == method and found.sample_ratio.finding == "unplanned"
        assert all(result.rejects == (result.p_value < result.alpha) for result in found.comparisons)


def test_holm_unless_another_is_asked_for() -> None:
    arms = [crm.BinaryArm(30, 400), crm.BinaryArm(45, 400), crm.BinaryArm(60, 400)]
    found = crm.compare_several_proportions(arms, control=0, weights=[1, 1, 1])
    single = [result.p_value for result in found.comparisons]
    assert found.multiplicity == "holm" and found.adjusted_p_values == crm.adjust_p_values(single).tolist()
    with pytest.raises(crm.InvalidArgumentError):
        crm.compare_several_proportions(arms, control=0, multiplicity="none")  # type: ignore[arg-type]
