"""Loyalty scores, weights, changes and reports of tests/cases/loyalty/scores.json, which all languages share."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import crm
import numpy as np
import numpy.typing as npt
import pytest

CASES = json.loads((Path(__file__).resolve().parents[2] / "cases/loyalty/scores.json").read_text(encoding="utf-8"))
POINTS = 6.1e-8
"""Scores are rounded to 2**-24 points."""


def numbers(values: list[Any]) -> npt.NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=float)


def near(found: npt.ArrayLike, expected: list[Any], tolerance: float) -> None:
    np.testing.assert_allclose(np.asarray(found, dtype=float), numbers(expected), rtol=0.0, atol=tolerance, equal_nan=True)


def table(case: dict[str, Any], columns: list[list[Any]], day: str = "2025-12-31") -> crm.DimensionTable:
    dimensions = [crm.Dimension.from_json(text) for text in case["dimensions"]]
    return crm.DimensionTable(day, {dimension: numbers(column) for dimension, column in zip(dimensions, columns, strict=True)})


@pytest.mark.parametrize("case", CASES["scores"], ids=lambda case: case["name"])
def test_scores(case: dict[str, Any]) -> None:
    expected, customers = case["expected"], table(case, case["columns"])
    fitted = crm.LoyaltyScore.fit(
        customers,
        case["weights"],
        combination=case.get("combination", "arithmetic"),
        minimum_coverage=case.get("minimum_coverage", 0.0),
    )
    near(fitted.scores.scores, expected["scores"], POINTS)
    near(fitted.scores.coverage, expected["coverage"], 1e-15)
    assert fitted.scores.ranks.tolist() == expected["ranks"]
    assert fitted.model.population_mean == pytest.approx(expected["population_mean"], abs=POINTS)
    parts = fitted.model.contributions(customers)
    for column, wanted in zip(parts.columns.values(), expected["contributions"], strict=True):
        near(column, wanted, POINTS)
    near(parts.baseline, expected["baseline"], POINTS)
    known = ~np.isnan(fitted.scores.scores)
    total = parts.baseline + sum(parts.columns.values())
    assert (total[known] == (fitted.scores.scores - fitted.model.population_mean)[known]).all()
    if "later" in case:
        near(fitted.model.score(table(case, case["later"], "2026-12-31")).scores, expected["later"], POINTS)


@pytest.mark.parametrize("case", CASES["ahp"], ids=lambda case: case["name"])
def test_comparisons(case: dict[str, Any]) -> None:
    ahp = crm.Ahp.from_upper(case["upper"], random_index=case["random_index"], accept_inconsistency=True)
    near(ahp.weights, case["expected"]["weights"], 1e-14)
    assert ahp.consistency_ratio == pytest.approx(case["expected"]["consistency_ratio"], abs=1e-13)
    assert ahp.largest_eigenvalue == pytest.approx(case["expected"]["largest_eigenvalue"], abs=1e-13)


@pytest.mark.parametrize("case", CASES["weights"], ids=lambda case: case["name"])
def test_objective_weights(case: dict[str, Any]) -> None:
    found = crm.objective_weights(case["weighting"], case["columns"])
    near(found.weights, case["expected"], 1e-12)
    if case["published"] is not None:
        near(found.weights, case["published"], 5e-9)


@pytest.mark.parametrize("case", CASES["learned"])
def test_learned_weights(case: dict[str, Any]) -> None:
    unit = {"anchors": {"low": 0.0, "high": 1.0}}
    columns = {crm.Dimension(f"d{place}", "units", normalization=unit): column for place, column in enumerate(case["columns"])}
    learned = crm.Learned(np.array(case["retained"], dtype=bool), case["penalty"])
    fitted = crm.LoyaltyScore.fit(crm.DimensionTable("2025-12-31", columns), learned)
    assert fitted.learned is not None and fitted.learned.converged
    near(fitted.learned.coefficients, case["expected"]["coefficients"], 1e-7)
    near(list(fitted.model.weights.values()), case["expected"]["weights"], 1e-7)
    assert fitted.learned.loss == pytest.approx(case["expected"]["loss"], abs=1e-12)


@pytest.mark.parametrize("case", CASES["changes"], ids=lambda case: case["name"])
def test_changes(case: dict[str, Any]) -> None:
    ends = []
    for end, day in (("before", "2025-06-30"), ("after", "2025-12-31")):
        customers = table(case, case[end]["columns"], day)
        ends.append((crm.LoyaltyScore.fit(customers, case[end]["weights"], combination=case["combination"]).model, customers))
    (first, customers), (second, later) = ends
    change, parts = first.change(customers, second, later), first.change_by_dimension(customers, second, later)
    for name in change.columns:
        near(change[name], case["expected"][name], POINTS)
    for columns, name in ((parts.value, "value"), (parts.reference, "reference"), (parts.weight, "weight")):
        for found, wanted in zip(columns.values(), case["expected"]["by_dimension"][name], strict=True):
            near(found, wanted, POINTS)


@pytest.mark.parametrize("case", CASES["reports"])
def test_reports(case: dict[str, Any]) -> None:
    customers = table(case, case["columns"])
    models = {name: crm.LoyaltyScore.fit(customers, weights).model for name, weights in case["weights"].items()}
    retained = np.array(case["retained"], dtype=bool)
    report = crm.judge_weightings(models, customers, retained, top_share=case["top_share"])
    for name in ("auc", "lift", "top_retention"):
        near(report.rows[name], [row[name] for row in case["expected"]["rows"]], 1e-14)
    near(report.rank_correlation.ravel(), case["expected"]["rank_correlation"], 1e-14)
