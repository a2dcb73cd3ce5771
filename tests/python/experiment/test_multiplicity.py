"""Corrections for many tests and Dunnett's test: the shared cases, and what is refused."""

import json
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest

CASES = json.loads((Path(__file__).resolve().parents[2] / "cases" / "experiment" / "multiplicity.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("case", CASES["adjusted"], ids=lambda case: case["id"])
def test_adjusted_p_values(case: dict[str, Any]) -> None:
    p_values = np.asarray(case["p_values"])
    for method, expected in case["expected"].items():
        adjusted = crm.adjust_p_values(p_values, method=method)
        np.testing.assert_allclose(adjusted, expected, rtol=case["relative_tolerance"], atol=0)
        with np.errstate(divide="ignore"):
            logarithms = crm.adjust_ln_p_values(np.log(p_values), method=method)
            np.testing.assert_allclose(logarithms, np.log(expected), rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("case", CASES["dunnett"], ids=lambda case: case["id"])
def test_dunnett(case: dict[str, Any]) -> None:
    def moments(values: list[float]) -> tuple[int, float, float]:
        return (len(values), float(np.mean(values)), float(np.var(values, ddof=1)))

    targets = [moments(values) for values in case["targets"]]
    test = crm.dunnett_test(targets, moments(case["control"]), alternative=case["alternative"], alpha=case["alpha"])
    assert [result.p_value for result in test.results] == pytest.approx(case["p_values"], abs=case["tolerance"])
    assert [result.statistic for result in test.results] == pytest.approx(case["statistics"], abs=case["statistic_tolerance"])
    if "critical_value" in case:
        assert test.critical_value == pytest.approx(case["critical_value"], abs=case["tolerance"])
    assert all(result.rejects == (result.p_value < case["alpha"]) for result in test.results)


def test_what_is_refused() -> None:
    with pytest.raises(crm.InvalidValueError, match="row 1"):
        crm.adjust_p_values([0.1, 1.5])
    with pytest.raises(crm.InvalidArgumentError, match="method"):
        crm.adjust_p_values([0.1], method="tukey")  # type: ignore[arg-type]
    with pytest.raises(crm.EmptyError, match="targets"):
        crm.dunnett_test([], (3, 1.0, 1.0))
