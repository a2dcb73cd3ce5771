"""Loyalty scores in Python: arguments, errors, and SciPy's percentiles."""

from __future__ import annotations

from datetime import date
from typing import Any

import crm
import numpy as np
import pytest


def customers(rows: int = 200, day: str = "2025-12-31") -> crm.DimensionTable:
    draw = np.random.default_rng(7)
    columns = {
        crm.Dimension("orders", "orders", window_days=365): draw.integers(0, 20, rows),
        crm.Dimension("value", "EUR", normalization={"min_max": {"tail": 0.01}}): draw.lognormal(4.0, 1.0, rows),
        crm.Dimension("days_since", "days", direction="lower"): draw.integers(0, 400, rows).astype(float),
    }
    return crm.DimensionTable(day, columns)


def test_percentiles_are_those_of_the_definition() -> None:
    draw = np.random.default_rng(1)
    values = draw.integers(0, 50, 300).astype(float)
    fitted = crm.LoyaltyScore.fit(crm.DimensionTable("2025-12-31", {crm.Dimension("a", "units"): values}), [1])
    later = np.concatenate([values, draw.uniform(-3, 53, 100)])
    found = fitted.model.score(crm.DimensionTable("2026-12-31", {crm.Dimension("a", "units"): later})).scores
    less, equal = (values[None] < later[:, None]).sum(1), (values[None] == later[:, None]).sum(1)
    np.testing.assert_allclose(found, 100.0 * (less + equal / 2) / len(values), rtol=0.0, atol=3e-8)


def test_models_are_saved_and_described() -> None:
    fitted = crm.LoyaltyScore.fit(customers(), [0.5, 0.3, 0.2])
    model = crm.LoyaltyScore.from_json(fitted.model.to_json())
    assert (model.score(customers(), threads=1).scores == fitted.scores.scores).all()
    assert model.as_of == date(2025, 12, 31)
    assert (model.customers, model.scored, model.weighting) == (200, 200, "given")
    assert model.weights == {"orders": 0.5, "value": 0.3, "days_since": 0.2}
    described = model.to_table()
    assert described["name"].tolist() == ["orders", "value", "days_since"]
    assert described["direction"].tolist() == ["higher", "higher", "lower"]
    assert described["status"].tolist() == ["fine"] * 3
    assert [dimension.window_days for dimension in model.dimensions] == [365.0, None, None]


def test_weightings_side_by_side_out_of_time() -> None:
    first, later = customers(), customers(day="2026-12-31")
    retained = np.arange(200) % 3 > 0
    fits = {
        "given": crm.LoyaltyScore.fit(first, [0.5, 0.3, 0.2]),
        "comparisons": crm.LoyaltyScore.fit(first, crm.Ahp.from_upper([2, 4, 2])),
        "critic": crm.LoyaltyScore.fit(first, "critic"),
        "component": crm.LoyaltyScore.fit(first, "principal_component"),
        "learned": crm.LoyaltyScore.fit(first, crm.Learned(fits_well(first))),
    }
    objective = fits["component"].objective
    assert objective is not None and objective.explained is not None and 1 / 3 <= objective.explained <= 1
    learned = fits["learned"].learned
    assert learned is not None and learned.converged and learned.coefficients[0] > 0
    models = {name: fitted.model for name, fitted in fits.items()}
    with pytest.raises(crm.IncompatibleError, match="later date"):
        crm.judge_weightings(models, first, retained)
    report = crm.judge_weightings(models, later, retained, top_share=0.2)
    assert report.rows["name"].tolist() == list(models)
    assert report.rank_correlation.shape == (5, 5) and (np.diag(report.rank_correlation) == 1.0).all()
    assert (report.customers, report.retained) == (200, int(retained.sum()))


def fits_well(table: crm.DimensionTable) -> list[bool]:
    """Who was retained, if those with many orders were, nearly."""
    scores = crm.LoyaltyScore.fit(table, [1.0, 0.0, 0.0]).scores.scores
    return [bool(score > 50) != (place % 9 == 0) for place, score in enumerate(scores)]


def test_changes_sum_exactly() -> None:
    first, later = customers(), customers(day="2026-12-31")
    before = crm.LoyaltyScore.fit(first, [0.5, 0.3, 0.2]).model
    after = crm.LoyaltyScore.fit(later, [0.2, 0.3, 0.5]).model
    change = before.change(first, after, later)
    assert (change["value"] + change["reference"] + change["weight"] == change["after"] - change["before"]).all()
    assert (change["value"] == 0).all() and (change["weight"] != 0).any()
    parts = before.change_by_dimension(first, after, later)
    assert parts.change["after"].tolist() == change["after"].tolist()
    for name, columns in (("value", parts.value), ("reference", parts.reference), ("weight", parts.weight)):
        assert len(columns) == 3
        assert (sum(columns.values(), np.zeros(len(first))) == change[name]).all()


@pytest.mark.parametrize(
    ("weights", "error", "says"),
    [
        ([0.5, 0.4, 0.2], crm.InvalidArgumentError, "a sum of 1.1"),
        ([1.5, -0.5, 0.0], crm.InvalidArgumentError, "-0.5"),
        ([1.0], crm.InvalidArgumentError, "1 for 3 dimensions"),
        ([float("nan"), 0.5, 0.5], crm.InvalidArgumentError, "NaN"),
        ("given", crm.InvalidArgumentError, "columns alone"),
        ("magic", crm.InvalidArgumentError, "one of"),
        (crm.Learned([True] * 200), crm.InvalidValueError, "all of 200"),
        (crm.Learned([True, False]), crm.LengthMismatchError, "2 flags"),
        (crm.Learned([0.5] * 200), crm.InvalidValueError, "neither 0 nor 1"),
    ],
)
def test_weights_that_make_no_sense(weights: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        crm.LoyaltyScore.fit(customers(), weights)


def test_comparisons_that_make_no_sense() -> None:
    circle = [[1, 5, 0.2], [0.2, 1, 5], [5, 0.2, 1]]
    with pytest.raises(crm.InvalidArgumentError, match="consistency ratio"):
        crm.Ahp.from_matrix(circle)
    assert crm.Ahp.from_matrix(circle, accept_inconsistency=True).consistency_ratio > 1
    with pytest.raises(crm.InvalidArgumentError, match="1 / 2"):
        crm.Ahp.from_matrix([[1, 2], [2, 1]])


def test_dimensions_that_make_no_sense() -> None:
    with pytest.raises(crm.ParseError):
        crm.Dimension("a", "units", decay={"halflife": 3})
    with pytest.raises(crm.InvalidArgumentError):
        crm.Dimension("a", "units", window_days=0)
    with pytest.raises(crm.InvalidArgumentError):
        crm.Dimension("", "units")
    with pytest.raises(crm.InvalidValueError, match="row 1"):
        crm.DimensionTable("2025-12-31", {crm.Dimension("a", "units"): [1.0, float("inf")]})
    with pytest.raises(crm.EmptyError):
        crm.DimensionTable("2025-12-31", {})
    with pytest.raises(crm.LengthMismatchError):
        crm.DimensionTable("2025-12-31", {crm.Dimension("a", "units"): [1, 2], crm.Dimension("b", "units"): [1]})
    fitted = crm.LoyaltyScore.fit(customers(), [0.5, 0.3, 0.2])
    with pytest.raises(crm.MissingColumnError, match="orders"):
        fitted.model.score(crm.DimensionTable("2025-12-31", {crm.Dimension("a", "units"): [1]}))
    other = {crm.Dimension("orders", "baskets", window_days=365): [1], crm.Dimension("value", "EUR"): [1]}
    with pytest.raises(crm.IncompatibleError, match="unit"):
        fitted.model.score(crm.DimensionTable("2025-12-31", other))


def test_equal_dimensions_are_equal() -> None:
    one, other = crm.Dimension("a", "units", window_days=30), crm.Dimension("a", "units", window_days=30.0)
    assert one == other and hash(one) == hash(other) and one != crm.Dimension("a", "units")
    assert eval(repr(one), {"Dimension": crm.Dimension}) == one
