"""The check of the split that every comparison carries: the shared cases, every function, and what is said of it."""

from __future__ import annotations

import inspect
import json
import math
import pickle
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest

CASES = Path(__file__).parents[2] / "cases/experiment/split.json"
FILE: dict[str, Any] = json.loads(CASES.read_text())


def agrees(split: Any, expected: dict[str, Any]) -> None:
    assert split.finding == expected["finding"]
    assert split.is_flagged == (split.finding in ("mismatch", "unexpected_users"))
    for name in ("p_value", "ln_p_value"):
        found, wanted = getattr(split, name), float(expected[name])
        same = found == wanted or (math.isnan(found) and math.isnan(wanted))
        assert same or abs(found - wanted) <= FILE["tolerance"] * abs(wanted), (name, found, wanted)


@pytest.mark.parametrize("case", FILE["two_arms"], ids=lambda case: case["id"])
def test_two_arms(case: dict[str, Any]) -> None:
    target, control, share = crm.BinaryArm(*case["target"]), crm.BinaryArm(*case["control"]), case["target_share"]
    rates = crm.compare_proportions(target, control, target_share=share)
    agrees(rates.split, case)
    means = crm.compare_means(
        *(crm.MeanArm.from_conversions(*case[arm]) for arm in ("target", "control")), target_share=share
    )
    assert means.split == rates.split and hash(means.split) == hash(rates.split)
    agrees(crm.equivalence(lambda **test: crm.compare_proportions(target, control, target_share=share, **test), -0.1, 0.1).split, case)
    table = crm.compare_proportion_columns(*([count] for count in (*case["target"], *case["control"])), target_share=share)
    if share is None:
        assert "split_p_value" not in table.columns
    else:
        assert table["split_finding"].tolist() == [case["finding"]]
        assert table["split_p_value"].tolist() == [rates.split.p_value]
    assert ("THE SPLIT IS OFF" in repr(rates)) == rates.split.is_flagged
    assert rates.to_dict()["split_finding"] == case["finding"]


@pytest.mark.parametrize("case", FILE["several_arms"], ids=lambda case: case["id"])
def test_several_arms(case: dict[str, Any]) -> None:
    rates, control, weights = [crm.BinaryArm(*arm) for arm in case["arms"]], case["control"], case["weights"]
    found = crm.compare_several_proportions(rates, control=control, weights=weights)
    agrees(found.sample_ratio, case)
    agrees(found.homogeneity.split, case)
    assert crm.proportion_homogeneity(rates, weights=weights) == found.homogeneity
    means = [crm.MeanArm.from_conversions(*arm) for arm in case["arms"]]
    several = crm.compare_several_means(means, control=control, weights=weights)
    agrees(several.sample_ratio, case)
    agrees(crm.analysis_of_variance(means, weights=weights).split, case)
    others = [arm for arm in range(len(means)) if arm != control]
    reordered = None if weights is None else [weights[arm] for arm in (*others, control)]
    dunnett = crm.dunnett_test([means[arm] for arm in others], means[control], weights=reordered)
    agrees(dunnett.sample_ratio, case)
    for results in (found.comparisons, several.comparisons, dunnett.results):
        for result, expected in zip(results, case["pairs"], strict=True):
            agrees(result.split, expected)


def comparisons() -> dict[str, Any]:
    """Every comparison of two arms by its name: a call with the share of a target of 60 rows beside 20."""
    rng = np.random.default_rng(7)
    target, control = rng.gamma(2.0, 3.0, 60), rng.gamma(2.0, 3.0, 20)
    rates = crm.BinaryArm(30, 60), crm.BinaryArm(9, 20)
    joint = [
        crm.JointArm.from_columns(values, denominator=values + 1.0, covariates=[values**2]) for values in (target, control)
    ]
    strata = [[crm.MeanArm.from_values(values[::2]), crm.MeanArm.from_values(values[1::2])] for values in (target, control)]
    cost = crm.CampaignCost(per_contact=0.1)
    quantiles = crm.QuantileArm(target), crm.QuantileArm(control)
    scores, treated = np.concatenate([target, control]), [1] * 60 + [0] * 20
    curve = crm.UpliftCurve(scores, treated, scores)
    return {
        "compare_proportions": lambda share: crm.compare_proportions(*rates, target_share=share),
        "compare_means": lambda share: crm.compare_means(target, control, target_share=share),
        "compare_ratios": lambda share: crm.compare_ratios(*joint, target_share=share),
        "compare_adjusted": lambda share: crm.compare_adjusted(*joint, target_share=share).result,
        "compare_stratified": lambda share: crm.compare_stratified(*strata, target_share=share),
        "compare_stratified_proportions": lambda share: crm.compare_stratified_proportions(
            [20, 10], [40, 20], [5, 4], [12, 8], target_share=share
        ).comparison,
        "mann_whitney": lambda share: crm.mann_whitney(target, control, target_share=share).test,
        "brunner_munzel": lambda share: crm.brunner_munzel(target, control, target_share=share),
        "compare_quantiles": lambda share: crm.compare_quantiles(*quantiles, 0.5, target_share=share),
        "bootstrap": lambda share: crm.bootstrap(target, control, resamples=200, target_share=share).test,
        "permutation_test": lambda share: crm.permutation_test(target, control, resamples=200, target_share=share).test,
        "equivalence": lambda share: crm.equivalence(
            lambda **test: crm.compare_proportions(*rates, target_share=share, **test), -0.3, 0.3
        ),
        "campaign_return": lambda share: crm.campaign_return(target, control, cost, target_share=share).difference,
        "incremental_conversions": lambda share: crm.incremental_conversions(*rates, cost, target_share=share).rates,
        "top": lambda share: curve.top(1.0, target_share=share),
    }


@pytest.mark.parametrize("name", comparisons())
def test_every_comparison_carries_it(name: str) -> None:
    compare = comparisons()[name]
    planned, bad = crm.sample_ratio([60, 20], [0.75, 0.25]), crm.sample_ratio([60, 20], [0.5, 0.5])
    assert compare(None).split.finding == "unplanned"
    assert (compare(0.75).split.finding, compare(0.75).split.p_value) == ("as_planned", planned.p_value)
    split = compare(0.5).split
    assert split.is_flagged and (split.p_value, split.ln_p_value) == (bad.p_value, bad.ln_p_value)
    with pytest.raises(crm.InvalidArgumentError) as caught:
        compare(1.0)
    assert caught.value.argument == "target_share"


def test_no_function_is_left_out() -> None:
    """What has an alternative compares something: with two arms it takes a share, with several weights."""
    functions = {name: function for name, function in vars(crm).items() if inspect.isfunction(function)}
    parameters = {name: set(inspect.signature(function).parameters) for name, function in functions.items()}
    compared = {name for name, names in parameters.items() if {"alternative", "alpha"} <= names}
    without_arms = {"quantile_interval", "test_rate", "always_valid"}  # of one arm, and of an estimate
    without = {name for name in compared - without_arms if not {"target_share", "weights"} & parameters[name]}
    assert without == set()
    takes = {name for name in parameters if "target_share" in parameters[name]}
    # `top` is a method, and `equivalence` hands on what its test takes.
    assert takes == (set(comparisons()) | {"compare_proportion_columns"}) - {"top", "equivalence"}


def test_one_sample_has_no_split() -> None:
    with pytest.raises(crm.InvalidArgumentError, match="one arm"):
        crm.bootstrap([1.0, 2.0, 3.0], resamples=100, target_share=0.5)
    table = crm.UpliftCurve([3, 2, 1, 0], [1, 0, 1, 0], [1, 0, 0, 0]).bands(1, target_share=0.5)
    assert table["split_finding"].tolist() == ["as_planned"]


def test_weights_that_do_not_fit() -> None:
    arms = [crm.MeanArm.from_moments(10, 1.0, 1.0)] * 3
    with pytest.raises(crm.LengthMismatchError) as caught:
        crm.analysis_of_variance(arms, weights=[1, 1])
    assert caught.value.argument == "weights"
    with pytest.raises(crm.InvalidValueError):
        crm.compare_several_means(arms, weights=[1, 1, -1])


def test_looks_check_the_split_so_far() -> None:
    test, check = crm.SequentialTest(target_share=0.9), crm.SequentialSampleRatio([0.9, 1.0 - 0.9])
    for customers, finding in (((900, 100), "as_planned"), ((1800, 300), "mismatch"), ((9000, 1000), "mismatch")):
        step = test.look_rates(crm.BinaryArm(90, customers[0]), crm.BinaryArm(9, customers[1]))
        look = check.look(list(customers))
        assert (step.split.finding, step.split.p_value, step.split.ln_p_value) == (finding, look.p_value, look.ln_p_value)
        test = crm.SequentialTest.from_json(test.to_json())
    with pytest.raises(crm.InvalidArgumentError) as caught:
        test.look(0.1, 0.1, 20_000.0)
    assert caught.value.argument == "target_share"
    assert crm.SequentialTest().look(0.1, 0.1, 9000.0).split.finding == "unplanned"


def test_a_running_check_is_saved_and_counts_never_fall() -> None:
    check = crm.SequentialSampleRatio([1, 1])
    first = check.look([600, 400])
    for again in (crm.SequentialSampleRatio.from_json(check.to_json()), pickle.loads(pickle.dumps(check))):
        with pytest.raises(crm.IncompatibleError) as caught:
            again.look([700, 399])
        assert (caught.value.argument, caught.value.row) == ("observed", 1)
        # By itself the later look is as planned: the p-value is that of the first.
        assert crm.SequentialSampleRatio([1, 1]).look([10_000, 10_000]).p_value > 0.5
        assert again.look([10_000, 10_000]).p_value == first.p_value < 1e-3
    unexpected = crm.SequentialSampleRatio([1, 0])
    assert unexpected.look([5, 1]).p_value == 0.0
    assert crm.SequentialSampleRatio.from_json(unexpected.to_json()).look([6, 1]).p_value == 0.0
    with pytest.raises(crm.CorruptError):
        crm.SequentialSampleRatio.from_json(crm.SequentialTest().to_json())
    with pytest.raises(crm.IncompatibleError):
        crm.SequentialSampleRatio.from_json(check.to_json().replace('"version":1', '"version":2'))


def test_a_planned_test_refuses_an_arm_that_lost_customers() -> None:
    test = crm.SequentialTest(target_share=0.5)
    test.look_rates(crm.BinaryArm(10, 100), crm.BinaryArm(10, 100))
    before = test.to_json()
    with pytest.raises(crm.IncompatibleError) as caught:
        test.look_rates(crm.BinaryArm(20, 200), crm.BinaryArm(9, 99))
    assert caught.value.row == 1 and test.to_json() == before
    crm.SequentialTest().look_rates(crm.BinaryArm(10, 100), crm.BinaryArm(10, 100))
