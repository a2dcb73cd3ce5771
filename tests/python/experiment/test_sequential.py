"""Looking early: boundaries, always-valid tests and bounds, by the cases that all languages share."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest
from crm.error import CrmError, EmptyError, IncompatibleError, InvalidArgumentError
from crm.experiment import StoppingBoundary

CASES = json.loads((Path(__file__).parents[2] / "cases" / "experiment" / "sequential_oracle.json").read_text())
CLASSIC = [case for case in CASES["cases"] if case["id"].startswith("classic")]
SPENT = [case for case in CASES["cases"] if case["id"].startswith("spend")]
FUNCTIONS: dict[str, tuple[StoppingBoundary, float | None]] = {
    "ldof": ("spend_obrien_fleming", None),
    "ldpocock": ("spend_pocock", None),
    "hsd_-4": ("spend_hwang_shih_de_cani", -4.0),
    "hsd_1": ("spend_hwang_shih_de_cani", 1.0),
    "kim_demets_3": ("spend_power", 3.0),
}


@pytest.mark.parametrize("case", CLASSIC, ids=lambda case: case["id"])
def test_classic_shapes(case: dict[str, Any]) -> None:
    information, alpha = case["input"]["information"], case["input"]["alpha_two_sided"]
    shapes: list[tuple[StoppingBoundary, str]] = [("pocock", "pocock_z"), ("obrien_fleming", "obf_z")]
    for boundary, key in shapes:
        test = crm.GroupSequential(information, boundary=boundary, alpha=alpha)
        np.testing.assert_allclose(test.critical_values, case["expected"][key], rtol=0, atol=2e-8)
        assert test.alpha_spent[-1] == pytest.approx(alpha, rel=1e-12)


@pytest.mark.parametrize("case", SPENT, ids=lambda case: case["id"])
def test_spending_functions(case: dict[str, Any]) -> None:
    information, alpha = case["input"]["information"], case["input"]["alpha_one_sided"]
    for key, (boundary, parameter) in FUNCTIONS.items():
        test = crm.GroupSequential(information, boundary=boundary, parameter=parameter, alpha=alpha, alternative="greater")
        np.testing.assert_allclose(test.critical_values, case["expected"][key]["z"], rtol=0, atol=2e-8)
        np.testing.assert_allclose(test.alpha_spent, case["expected"][key]["spent"], rtol=0, atol=1e-15)
    test = crm.GroupSequential(information, alpha=alpha, alternative="greater")
    power = test.power(3.24)
    np.testing.assert_allclose(power.reject, case["expected"]["ldof_upper_cross_at_drift_3.24"], rtol=0, atol=2e-8)
    assert power.power == pytest.approx(power.reject.sum(), rel=1e-14)


def test_looks_and_what_comes_of_them() -> None:
    test = crm.GroupSequential([0.3, 0.6, 1.0], alternative="less", alpha=0.025)
    assert test.look(-0.05, 0.02, look=0).decision == "continue"
    assert test.look(0.05, 0.02).decision == "exhausted"
    look = test.look(-0.08, 0.02, look=1)
    assert look.decision == "reject" and look.interval.upper < 0 and look.interval.lower == -math.inf
    assert look.p_value <= look.alpha_spent
    end = test.inference(-0.08, 0.02, look=1)
    assert end.p_value == look.p_value and end.interval.upper < 0
    # The estimate is shrunk a little, for stopping favours large ones.
    assert -0.08 <= end.median_unbiased < -0.07
    futility = crm.Futility(beta=0.1)
    with_futility = crm.GroupSequential([0.3, 0.6, 1.0], alternative="less", alpha=0.025, futility=futility)
    np.testing.assert_array_equal(with_futility.critical_values, test.critical_values)
    assert with_futility.look(0.05, 0.02, look=1).decision == "futile"
    assert with_futility.power(with_futility.futility_drift).power == pytest.approx(0.9, abs=1e-8)
    assert test.drift_for_power(0.9) < with_futility.futility_drift


def test_a_stream() -> None:
    test = crm.SequentialTest(method="msprt", tuning=0.01)
    first = test.look_rates(crm.BinaryArm(52, 1000), crm.BinaryArm(50, 1000))
    assert first.decision == "continue" and repr(test) == "<SequentialTest: 1 looks, open>"
    again = pickle.loads(pickle.dumps(test))
    step = test.look_rates(crm.BinaryArm(700, 10_000), crm.BinaryArm(500, 10_000))
    assert step == again.look_rates(crm.BinaryArm(700, 10_000), crm.BinaryArm(500, 10_000))
    assert step.decision == "reject" and (test.looks, test.rejected_at) == (2, 1)
    assert step.interval.lower > 0 and step.p_value < 0.05
    with pytest.raises(IncompatibleError):
        test.look(0.0, 0.1, 10)
    means = crm.SequentialTest(tuning=1000)
    assert means.look_means((1, 2.0, 0.0), (5, 2.0, 1.0)).now.status == "too_few"
    assert means.look_means((500, 2.0, 4.0), (500, 1.0, 4.0)).decision == "reject"


def test_evidence_of_papers() -> None:
    for case in CASES["cases"]:
        given, known = case["input"], case["expected"]
        if case["id"].startswith("asympcs"):
            n = given["n"]
            error = math.sqrt(float(given["s2"]) / n)
            options = {"method": "asymptotic", "tuning": given["tuning_n"]}
            two_sided = crm.always_valid(0.0, error, n, **options)
            assert two_sided.interval.upper == pytest.approx(known["half_width_two_sided"]["v"], rel=1e-13)
            greater = crm.always_valid(0.0, error, n, alternative="greater", **options)
            assert greater.interval.lower == pytest.approx(-known["half_width_one_sided"]["v"], rel=1e-13)
        elif case["id"] == "msprt_sig":
            error = math.sqrt(float(given["V_per_obs"]) / given["n"])
            now = crm.always_valid(float(given["diff"]), error, tuning=math.sqrt(float(given["tau2"])))
            assert now.ln_evidence == pytest.approx(known["ln_lambda"]["v"], rel=1e-13)
            assert now.p_value == pytest.approx(known["p"]["v"], rel=1e-13)


def test_bounds_of_confseq() -> None:
    published = {case["id"]: case["published"] for case in CASES["published"]}
    normal = crm.MixtureBound("normal", v_opt=100)
    assert normal.ln_mixture(10, 100) == pytest.approx(published["cq_lm"], abs=1e-6)
    assert normal.p_value(10, 100)[0] == 1.0
    assert crm.MixtureBound("normal_one_sided", v_opt=100).bound(100) == pytest.approx(published["cq_1s_b"], abs=1e-5)
    exponential = crm.MixtureBound("gamma_exponential", v_opt=100, scale=2)
    assert exponential.ln_mixture(10, 100) == pytest.approx(published["cq_ge_lm"], abs=1e-6)
    assert crm.MixtureBound("gamma_poisson", v_opt=100, scale=2).bound(100) == pytest.approx(published["cq_gp_b"], abs=1e-4)
    assert crm.stitched_bound(100, v_min=10, scale=3) == pytest.approx(published["cq_ps"], abs=1e-5)
    assert crm.empirical_process_bound(1000, t_min=100) == pytest.approx(published["cq_lil"], abs=1e-6)
    interval = crm.bernoulli_sequence(700, 1000, trials_opt=100)
    assert (interval.lower, interval.upper) == pytest.approx(published["cq_bern"], abs=1e-6)
    p, ln_p = crm.quantile_sequence_p_value(np.arange(101, 1101), np.arange(1, 1001), observations_opt=100)
    assert p == pytest.approx(published["cq_qab"], abs=1e-7) and math.exp(ln_p) == pytest.approx(p)


def test_what_makes_no_sense() -> None:
    with pytest.raises(EmptyError):
        crm.GroupSequential([])
    with pytest.raises(InvalidArgumentError) as raised:
        crm.GroupSequential([0.5, 0.4])
    assert (raised.value.argument, raised.value.row) == ("information", 1)
    for wrong in (
        lambda: crm.GroupSequential([1.0], alpha=0),
        lambda: crm.GroupSequential([1.0], boundary="haybittle"),  # type: ignore[arg-type]
        lambda: crm.GroupSequential([0.5], boundary="pocock"),
        lambda: crm.GroupSequential([1.0]).look(math.nan, 1.0),
        lambda: crm.GroupSequential([1.0]).look(0.0, 1.0, look=1),
        lambda: crm.GroupSequential([1.0]).power(99),
        lambda: crm.always_valid(0.0, 1.0, tuning=-1),
        lambda: crm.always_valid(0.0, 1.0, method="asymptotic", tuning=10),
        lambda: crm.SequentialTest(method="sprt"),  # type: ignore[arg-type]
        lambda: crm.SequentialTest.from_json("{}"),
        lambda: crm.MixtureBound("normal", v_opt=0),
        lambda: crm.stitched_bound(1, v_min=0),
        lambda: crm.empirical_process_bound(1, t_min=1, a=0.5),
        lambda: crm.bernoulli_sequence(2, 1, trials_opt=9),
        lambda: crm.bernoulli_sequence(-1, 1, trials_opt=9),
        lambda: crm.quantile_sequence_p_value([1.0], [math.nan], observations_opt=9),
    ):
        with pytest.raises(CrmError):
            wrong()
