"""Hard points with truth of 20 digits: see tests/oracles/clv_truth.py for what each quantity is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import crm
import pytest
from crm.clv.purchase import Kind

CASES = Path(__file__).resolve().parents[2] / "cases/clv"
TOLERANCE = 1e-9
"""Relative error that a value may have; below 1e-300 the absolute one counts."""
KINDS: dict[str, Kind] = {"bgnbd": "bg_nbd", "mbgnbd": "mbg_nbd", "pnbd": "pareto_nbd", "bgbb": "bg_bb"}

Point = dict[str, Any]
Answers = dict[str, Callable[[], float]]


def points(name: str) -> list[Point]:
    content = json.loads((CASES / name).read_text(encoding="utf-8"))
    return content if isinstance(content, list) else list(content["points"])


def is_close(value: float, truth: float) -> bool:
    error = abs(value - truth)
    return error <= TOLERANCE * abs(truth) or error < 1e-300


def continuous(point: Point) -> Answers:
    model = crm.PurchaseModel.from_parameters(KINDS[point["model"]], [float(value) for value in point["params"]], "week")
    customer = crm.PurchaseData([point["x"]], [point["t_x"]], [point["T"]], "week")
    period = crm.Period(point["t"], "week")
    rate = crm.DiscountRate.continuous_per(float(point["delta"]), "week")
    return {
        "loglik": lambda: model.log_likelihood(customer),
        "p_alive": lambda: model.p_alive(customer)[0],
        "p_alive_after": lambda: model.p_alive_after(customer, period)[0],
        "p_again": lambda: model.buys_within(customer, crm.FOREVER)[0],
        "cet": lambda: model.expected_purchases(customer, period)[0],
        "dect": lambda: model.discounted_purchases(customer, period, rate)[0],
        "dert": lambda: model.discounted_purchases(customer, crm.FOREVER, rate)[0],
        "ex": lambda: model.expected_purchases(model.newcomers(), period)[0],
        "pmf": lambda: model.purchase_probability(model.newcomers(), point["n_pmf"], period)[0],
        "cpmf": lambda: model.purchase_probability(customer, point["k"], period)[0],
    }


def bg_bb(point: Point) -> Answers:
    model = crm.PurchaseModel.from_parameters("bg_bb", point["params"], "year365")
    customer = crm.PurchaseData([point["x"]], [point["t_x"]], [point["n"]], "year365")
    ahead, rate = crm.Period(point["n_star"], "year365"), crm.DiscountRate.per(point["d"], "year365")
    seen = crm.Period(point["n"], "year365")
    return {
        "loglik": lambda: model.log_likelihood(customer),
        "p_alive": lambda: model.p_alive(customer)[0],
        "p_alive_after": lambda: model.p_alive_after(customer, crm.Period(point["m"], "year365"))[0],
        "cet": lambda: model.expected_purchases(customer, ahead)[0],
        "dert": lambda: model.discounted_purchases(customer, crm.FOREVER, rate)[0],
        "cpmf": lambda: model.purchase_probability(customer, point["k"], ahead)[0],
        "ex": lambda: model.expected_purchases(model.newcomers(), seen)[0],
        "pmf": lambda: model.purchase_probability(model.newcomers(), point["x"], seen)[0],
    }


def sbg(point: Point) -> Answers:
    alpha, beta = point["params"]
    model = crm.RetentionModel.from_parameters(alpha, beta, "year_mean")
    time, rate = point["t"], crm.DiscountRate.annual(point["d"])
    return {
        "survival": lambda: model.survival(time),
        "churn_pmf": lambda: model.churn_probability(time),
        "retention": lambda: model.retention_rate(time),
        "delt": lambda: model.discounted_lifetime(crm.FOREVER, rate),
        "derl": lambda: model.discounted_residual_lifetime(time - 1, crm.FOREVER, rate),
    }


def gamma_gamma(point: Point) -> Answers:
    model = crm.SpendModel.from_parameters(*point["params"])
    customer = crm.SpendData([point["x"]], [point["mean"]])
    return {
        # Without a repeat purchase there is nothing to have a likelihood.
        "loglik": lambda: model.log_likelihood(customer) if point["x"] > 0 else 0.0,
        "mean": lambda: model.expected_mean_spend(customer)[0],
        "population_mean": lambda: model.population_mean(),
    }


DISCRETE = {"bgbb": bg_bb, "sbg": sbg, "gg": gamma_gamma}


@pytest.mark.parametrize("name", ["grid_continuous.json", "stress_sample.json", "grid_discrete.json"])
def test_every_point(name: str) -> None:
    wrong, compared, given = [], 0, points(name)
    for point in given:
        answers = DISCRETE.get(point["model"], continuous)(point)
        truths = {quantity: float(truth) for quantity, truth in point["truth"].items() if truth is not None}
        assert truths.keys() <= answers.keys()
        for quantity, truth in truths.items():
            compared += 1
            value = answers[quantity]()
            if not is_close(value, truth):
                wrong.append(f"{point['id']} {quantity}: {value!r}, truth {truth!r}")
    assert compared > 2.5 * len(given)
    assert not wrong, f"{len(wrong)} of {compared} wrong\n" + "\n".join(wrong[:20])


def test_spend_without_a_mean_is_refused() -> None:
    undefined = [point for point in points("grid_discrete.json") if point["model"] == "gg" and point["truth"]["mean"] is None]
    assert undefined
    for point in undefined:
        model = crm.SpendModel.from_parameters(*point["params"])
        customer = crm.SpendData([point["x"]], [point["mean"]])
        with pytest.raises(crm.InvalidValueError) as raised:
            model.expected_mean_spend(customer)
        assert (raised.value.argument, raised.value.row) == ("q", 0)
