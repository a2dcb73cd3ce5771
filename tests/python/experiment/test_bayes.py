"""Bayesian comparisons, by the cases that all languages share."""

from __future__ import annotations

import json
import math
import pickle
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest
from crm.error import InvalidArgumentError
from crm.experiment import CredibleKind

FOLDER = Path(__file__).parents[2] / "cases" / "experiment"
EXACT = [case for case in json.loads((FOLDER / "bayes_oracle.json").read_text())["cases"] if "target" in case["input"]]
GRID = json.loads((FOLDER / "bayes_grid.json").read_text())


@pytest.mark.parametrize("case", EXACT, ids=lambda case: case["id"])
def test_rates_by_exact_sums(case: dict[str, Any]) -> None:
    prior = tuple(case["input"]["prior"])
    target, control = (crm.BetaPosterior(*case["input"][arm], prior=prior) for arm in ("target", "control"))
    result, known = crm.compare_rates_bayes(target, control), case["expected"]

    def close(value: float) -> Any:
        return pytest.approx(value, rel=2e-12, abs=0)

    assert result.ln_p_target_better == close(known["p_target_gt_control"]["ln_p"]["v"])
    assert result.ln_p_control_better == close(known["p_control_gt_target"]["ln_p"]["v"])
    assert result.loss_target == close(known["expected_loss_choose_target"]["v"])
    assert result.loss_control == close(known["expected_loss_choose_control"]["v"])
    assert result.estimate == close(known["posterior_mean_diff"]["v"])


@pytest.mark.parametrize("case", GRID["comparisons"], ids=lambda case: f"{case['target']}-{case['control']}")
def test_rates_by_quadrature(case: dict[str, Any]) -> None:
    target, control = (crm.BetaPosterior.from_parameters(*case[arm]) for arm in ("target", "control"))
    result = crm.compare_rates_bayes(target, control)
    assert (result.interval.lower, result.interval.upper) == pytest.approx(case["difference"], rel=1e-9)
    lift = crm.compare_rates_bayes(target, control, contrast="lift")
    assert (lift.interval.lower, lift.interval.upper) == pytest.approx(case["lift"], rel=1e-9)
    for value, known in case["difference_below"]:
        assert crm.compare_rates_bayes(target, control, rope=(value, 1.0)).p_below_rope == pytest.approx(known, rel=1e-9)


@pytest.mark.parametrize("case", GRID["rates"], ids=lambda case: f"{case['a']}-{case['b']}")
def test_intervals_of_a_rate(case: dict[str, Any]) -> None:
    rate = crm.BetaPosterior.from_parameters(case["a"], case["b"])
    kinds: list[tuple[CredibleKind, Any]] = [("equal_tailed", case["equal_tailed"]), ("highest_density", case["shortest"])]
    for kind, known in kinds:
        interval = rate.interval(kind=kind)
        assert (interval.lower, interval.upper) == pytest.approx(known, rel=1e-9, abs=1e-12)
    assert rate.probability_below(rate.quantile(0.3)) == pytest.approx(0.3)
    assert pickle.loads(pickle.dumps(rate)) == rate


@pytest.mark.parametrize("case", GRID["best"], ids=str)
def test_best_rate(case: dict[str, Any]) -> None:
    best = crm.best_rate([crm.BetaPosterior.from_parameters(*arm) for arm in case["arms"]])
    np.testing.assert_allclose(best.p_best, case["p_best"], rtol=1e-10)
    np.testing.assert_allclose(best.expected_loss, case["expected_loss"], rtol=1e-10)
    np.testing.assert_allclose(np.exp(best.ln_p_best), best.p_best)
    assert best.allocation(0.1).min() >= 0.1


@pytest.mark.parametrize("case", GRID["effects"], ids=str)
def test_best_effect(case: dict[str, Any]) -> None:
    best = crm.best_effect([crm.EffectPosterior(*arm) for arm in case["effects"]])
    np.testing.assert_allclose(best.p_best, case["p_best"], rtol=1e-10)


def test_effects() -> None:
    effect = crm.EffectPosterior(0.05, 0.04, prior=(0.0, 0.03))
    assert (effect.mean, effect.scale, effect.deviation) == pytest.approx((0.018, 0.024, 0.024))
    result = effect.decide(rope=(-0.01, 0.01))
    assert result.p_below_rope + result.p_in_rope + result.p_above_rope == pytest.approx(1.0)
    assert effect.expected_gain - effect.expected_loss == pytest.approx(effect.mean)
    assert pickle.loads(pickle.dumps(effect)) == effect
    few = crm.EffectPosterior(1.0, 0.5, degrees_of_freedom=4)
    assert few.deviation == pytest.approx(0.5 * math.sqrt(2)) and few.degrees_of_freedom == 4
    # Student's 97.5 % point with 4 degrees of freedom.
    assert few.decide().interval.upper == pytest.approx(1.0 + 0.5 * 2.7764451051977987, rel=1e-12)
    p, ln_p = few.probability_above(0.0)
    assert p == pytest.approx(math.exp(ln_p)) and p + few.probability_below(0.0)[0] == pytest.approx(1.0)


def test_what_makes_no_sense() -> None:
    rate = crm.BetaPosterior(1, 2)
    for wrong, argument in (
        (lambda: crm.BetaPosterior(3, 2), "conversions"),
        (lambda: crm.BetaPosterior(-1, 2), "conversions"),
        (lambda: crm.BetaPosterior(1, 2, prior=(0.0, 1.0)), "alpha"),
        (lambda: rate.interval(1.5), "alpha"),
        (lambda: rate.quantile(-0.1), "p"),
        (lambda: crm.compare_rates_bayes(rate, rate, contrast="ratio"), "contrast"),  # type: ignore[arg-type]
        (lambda: crm.compare_rates_bayes(rate, rate, rope=(0.1, -0.1)), "rope_upper"),
        (lambda: crm.compare_rates_bayes(rate, rate, credible_interval="widest"), "credible_interval"),  # type: ignore[arg-type]
        (lambda: crm.EffectPosterior(0.0, 0.0), "standard_error"),
        (lambda: crm.EffectPosterior(0.0, 1.0, degrees_of_freedom=5, prior=(0.0, 1.0)), "degrees_of_freedom"),
        (lambda: crm.best_rate([rate]), "arms"),
        (lambda: crm.best_rate([rate, rate]).allocation(0.6), "least"),
    ):
        with pytest.raises(InvalidArgumentError) as raised:
            wrong()
        assert raised.value.argument == argument
