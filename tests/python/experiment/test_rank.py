"""Rank tests, permutation, bootstrap and quantiles: the shared cases, and what Python adds."""

from __future__ import annotations

import dataclasses
import json
import math
import pathlib
import pickle
from typing import Any

import crm
import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).parents[2] / "cases" / "experiment"
CASES = json.loads((FOLDER / "rank.json").read_text())["cases"]
ENDS = {"inf": math.inf, "-inf": -math.inf}


def answer(case: dict[str, Any]) -> tuple[crm.TestResult, Any]:
    options, target = dict(case["options"]), case["target"]
    found: Any
    match case["test"]:
        case "mann_whitney":
            found = crm.mann_whitney(target, case["control"], **options)
        case "brunner_munzel":
            return crm.brunner_munzel(target, case["control"], **options), None
        case "permutation":
            found = crm.permutation_test(target, np.array(case["control"]), **options)
        case "bootstrap":
            found = crm.bootstrap(target, case.get("control"), target_denominators=case.get("denominators"), resamples=200_000, **options)
        case "quantile_interval":
            return crm.quantile_interval(crm.QuantileArm(target), **options), None
        case _:
            return crm.compare_quantiles(crm.QuantileArm(target), crm.QuantileArm(case["control"]), **options), None
    return found.test, found


@pytest.mark.parametrize("case", CASES, ids=[f"{place}-{case['test']}" for place, case in enumerate(CASES)])
def test_shared_cases(case: dict[str, Any]) -> None:
    test, found = answer(case)
    for name, expected in case["expected"].items():
        if name in ("lower", "upper"):
            value = getattr(test.interval, name)
        else:
            value = getattr(test, name) if hasattr(test, name) else getattr(found, name)
        expected = ENDS.get(expected, expected) if isinstance(expected, str) else expected
        if "tolerance" in case and name != "estimate":
            assert value == pytest.approx(expected, abs=case["tolerance"], rel=0)
        elif case["test"] == "permutation" and name in ("lower", "upper"):
            # Ends by bisection.
            assert value == pytest.approx(expected, abs=1e-6, rel=0)
        else:
            assert value == pytest.approx(expected, rel=1e-10, abs=0)
    assert test.rejects == (test.p_value <= test.alpha)


def test_threads_and_order_change_nothing() -> None:
    rng = np.random.default_rng(1)
    target, control = rng.exponential(2, 3000), np.round(rng.exponential(2, 5000))
    one = crm.bootstrap(target, control, contrast="lift", resamples=500, seed=4, threads=1)
    again = crm.bootstrap(target[::-1], rng.permutation(control), contrast="lift", resamples=500, seed=4, threads=2)
    # As text: NaN is not equal to itself.
    assert str(dataclasses.asdict(one)) == str(dataclasses.asdict(again))
    assert one.bias != crm.bootstrap(target, control, contrast="lift", resamples=500, seed=5).bias
    poisson = crm.bootstrap(target, control, contrast="lift", resamples=500, seed=4, resampling="poisson")
    assert poisson.test.standard_error == pytest.approx(one.test.standard_error, rel=0.15)
    alone, together = (crm.permutation_test(target, control, resamples=200, threads=threads) for threads in (1, 0))
    assert str(dataclasses.asdict(alone)) == str(dataclasses.asdict(together))


def test_summaries_merge_and_are_saved() -> None:
    values = np.random.default_rng(2).normal(size=500)
    parts = [crm.QuantileArm(part, most_distinct=100) for part in np.split(values, 5)]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    assert merged == crm.QuantileArm(values, most_distinct=100) and not merged.is_exact
    assert merged != parts[0] and merged.count == 500
    assert pickle.loads(pickle.dumps(merged)) == merged
    assert merged.quantile(0.9) == pytest.approx(np.quantile(values, 0.9), rel=0.01)
    exact = crm.QuantileArm(values)
    assert exact.quantile(0.9) == pytest.approx(np.quantile(values, 0.9), rel=1e-14)
    assert "exact" in repr(exact)
    with pytest.raises(crm.IncompatibleError):
        exact.merge(merged)
    with pytest.raises(crm.CorruptError):
        crm.QuantileArm.from_json("{}")


@pytest.mark.parametrize(
    ("call", "error", "argument", "row"),
    [
        (lambda: crm.mann_whitney([1.0, math.nan], [1]), crm.InvalidValueError, "target", 1),
        (lambda: crm.mann_whitney([1], []), crm.EmptyError, "control", None),
        (lambda: crm.mann_whitney([1], [2], alpha=0), crm.InvalidArgumentError, "alpha", None),
        (lambda: crm.brunner_munzel([1, 2], [2, 3], null=1.0), crm.InvalidArgumentError, "null", None),
        (lambda: crm.permutation_test([1], [2], resamples=0), crm.InvalidArgumentError, "resamples", None),
        (lambda: crm.permutation_test([1], [-2], statistic="ratio_of_means"), crm.InvalidValueError, "control", 0),
        (lambda: crm.bootstrap([1, 2], resamples=-1), crm.InvalidArgumentError, "resamples", None),
        (lambda: crm.bootstrap([1, 2], [1], contrast="odds_ratio"), crm.InvalidArgumentError, "contrast", None),
        (lambda: crm.bootstrap([1, 2], target_denominators=[1]), crm.InvalidArgumentError, "sample", None),
        (lambda: crm.QuantileArm.from_counts([1.0], [0.5]), crm.InvalidValueError, "counts", 0),
        (lambda: crm.QuantileArm([1], relative_error=2), crm.InvalidArgumentError, "relative_error", None),
    ],
)
def test_bad_input(call: Any, error: type[crm.CrmError], argument: str, row: int | None) -> None:
    with pytest.raises(error) as caught:
        call()
    assert (caught.value.argument, caught.value.row) == (argument, row)


def test_constant_data_have_a_status() -> None:
    assert crm.mann_whitney([5, 5, 5], [5, 5, 5]).test.status == "no_variance"
    result = crm.bootstrap([5, 5], [5, 5]).test
    assert (result.status, result.rejects, math.isnan(result.p_value)) == ("no_variance", False, True)


PUBLIC = json.loads((FOLDER / "nonparametric.json").read_text())["cases"]


@pytest.mark.parametrize("case", PUBLIC, ids=lambda case: case["name"])
def test_enumeration_and_scipy(case: dict[str, Any]) -> None:
    target, control, known = case["target"], case["control"], case["expected"]
    found = crm.mann_whitney(target, control)

    def close(name: str) -> Any:
        return pytest.approx(known[name], rel=1e-12, abs=0)

    assert found.u == close("U")
    if "p_exact_permutation_two_sided" not in known:
        assert found.test.p_value == close("p_asymptotic_cc_ties")
        other = crm.brunner_munzel(target, control)
        assert (-other.statistic, other.p_value) == (close("brunner_munzel_stat"), close("brunner_munzel_p"))
        return
    assert found.test.p_value == close("p_exact_permutation_two_sided")
    assert found.probability_of_superiority == close("prob_superiority")
    assert found.cliffs_delta == close("cliffs_delta")
    permuted = crm.permutation_test(target, control).test
    if case["name"] == "same":
        assert permuted.status == "no_variance"
    else:
        assert permuted.p_value == close("perm_mean_diff_p_two_sided_abs")
