"""Equivalence of every comparison: two one-sided tests, against either margin."""

from __future__ import annotations

import math
from collections.abc import Callable

import crm
import numpy as np
import pytest

GENERATOR = np.random.default_rng(5)
TARGET, CONTROL = GENERATOR.normal(10.2, 2.0, 300), GENERATOR.normal(10.0, 2.0, 120)


def joint(values: np.ndarray) -> crm.JointArm:
    """Values with a covariate that follows them."""
    return crm.JointArm.from_columns(values, covariates=[values + np.sin(np.arange(len(values)))])


COMPARISONS: dict[str, Callable[..., crm.TestResult]] = {
    "means": lambda **test: crm.compare_means(TARGET, CONTROL, **test),
    "lifts": lambda **test: crm.compare_means(TARGET, CONTROL, contrast="lift", **test),
    "adjusted": lambda **test: crm.compare_adjusted(joint(TARGET), joint(CONTROL), **test).result,
    "ranks": lambda **test: crm.mann_whitney(TARGET, CONTROL, **test).test,
    "medians": lambda **test: crm.compare_quantiles(crm.QuantileArm(TARGET), crm.QuantileArm(CONTROL), 0.5, **test),
    "bootstrap": lambda **test: crm.bootstrap(TARGET, CONTROL, resamples=999, seed=3, **test).test,
    "strata": lambda **test: crm.compare_stratified_proportions([30, 9], [100, 40], [28, 8], [100, 40], **test).comparison,
}


@pytest.mark.parametrize("name", COMPARISONS)
def test_equivalent_if_the_interval_lies_between_the_margins(name: str) -> None:
    compare = COMPARISONS[name]
    answers = set()
    for margin in (0.01, 0.05, 0.2, 0.5, 0.9):
        found = crm.equivalence(compare, -margin, margin)
        within = -margin < found.interval.lower and found.interval.upper < margin
        assert found.is_equivalent == within == (found.p_value <= 0.05)
        assert found.p_value == max(found.above.p_value, found.below.p_value) and math.exp(found.ln_p_value) == pytest.approx(found.p_value)
        assert (found.above.alternative, found.above.null, found.below.alternative, found.below.null) == ("greater", -margin, "less", margin)
        answers.add(found.is_equivalent)
    assert answers == {True, False}


def test_two_welch_tests_by_hand() -> None:
    scipy = pytest.importorskip("scipy.stats")
    found = crm.equivalence(COMPARISONS["means"], -0.5, 0.6)
    above = scipy.ttest_ind(TARGET + 0.5, CONTROL, equal_var=False, alternative="greater")
    below = scipy.ttest_ind(TARGET - 0.6, CONTROL, equal_var=False, alternative="less")
    assert found.p_value == pytest.approx(max(above.pvalue, below.pvalue), rel=1e-10)


def test_margins_that_make_no_sense() -> None:
    compare = COMPARISONS["means"]
    for lower, upper, argument in ((math.nan, 0.1, "lower_margin"), (0.1, 0.1, "upper_margin"), (-0.1, math.inf, "upper_margin")):
        with pytest.raises(crm.InvalidArgumentError) as caught:
            crm.equivalence(compare, lower, upper)
        assert caught.value.argument == argument
    target, control = crm.BinaryArm(1, 2), crm.BinaryArm(1, 2)
    for lower, upper, argument in ((-1.5, 0.1, "lower_margin"), (-0.1, 1.0, "upper_margin")):
        with pytest.raises(crm.InvalidArgumentError, match="null") as caught:
            crm.equivalence(lambda **test: crm.compare_proportions(target, control, **test), lower, upper)
        assert caught.value.argument == argument


def test_what_is_no_pair_of_tests() -> None:
    with pytest.raises(crm.InvalidArgumentError) as caught:
        crm.equivalence(lambda **test: crm.compare_means(TARGET, CONTROL), -0.1, 0.1)
    assert caught.value.argument == "above"
    with pytest.raises(AttributeError):
        crm.equivalence(lambda **test: crm.mann_whitney(TARGET, CONTROL, **test), -0.1, 0.1)  # type: ignore[arg-type]
