"""Lifetime value without a model of behaviour."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import crm
import numpy as np
import pytest

START = date(2024, 1, 1)
"""A Monday."""
ANNUAL = crm.DiscountRate.annual(0.1)


def history(*rows: tuple[int, int, float]) -> crm.PurchaseHistory:
    """Rows of customer, days after the start and amount."""
    ids, days, amounts = zip(*rows, strict=True)
    return crm.PurchaseHistory.from_columns(ids, [START + timedelta(day) for day in days], amounts)


@pytest.mark.parametrize(
    ("retention", "multiples"),
    [
        (0.6, [1.20, 1.15, 1.11, 1.07]),
        (0.7, [1.75, 1.67, 1.59, 1.52]),
        (0.8, [2.67, 2.50, 2.35, 2.22]),
        (0.9, [4.50, 4.09, 3.75, 3.46]),
    ],
)
def test_margin_multiples_of_gupta_and_lehmann(retention: float, multiples: list[float]) -> None:
    for rate, printed in zip([0.1, 0.12, 0.14, 0.16], multiples, strict=True):
        formula = crm.RetentionValue("year_mean", crm.RetentionRate.annual(retention), crm.DiscountRate.annual(rate))
        assert formula.margin_multiple() == pytest.approx(printed, abs=0.005 + 1e-9)


def test_the_formula_by_hand() -> None:
    stay = crm.RetentionRate.annual(0.8)
    later = crm.RetentionValue("year_mean", stay, ANNUAL, growth_per_payment=0.05)
    assert later.of_margin(100) == pytest.approx(80 / 0.26, rel=1e-14)
    now = crm.RetentionValue("year_mean", stay, ANNUAL, growth_per_payment=0.05, first_margin="now")
    assert now.of_margin(100) == pytest.approx(110 / 0.26, rel=1e-14)
    two = crm.RetentionValue("year_mean", stay, ANNUAL, horizon=crm.Period.years(2.5))
    assert two.margin_multiple() == pytest.approx(0.8 / 1.1 + (0.8 / 1.1) ** 2, rel=1e-14)
    # Half stay each month: 1/2 + 1/4 + ...
    monthly = crm.RetentionValue("month_mean", crm.RetentionRate.annual(0.5**12), crm.DiscountRate.NONE)
    assert monthly.margin_multiple() == pytest.approx(1, rel=1e-13)


def test_what_was_earned_by_hand() -> None:
    base = history((1, 0, 10.0), (1, 6, 20.5), (2, 7, 4.0), (2, 9, -1.5)).base("2024-01-14", time_unit="week")
    assert crm.historic_values(base, margin=0.5).tolist() == [15.25, 1.25]
    averages = crm.OrderAverages(base)
    assert (averages.average_order_value, averages.order_frequency("week")) == (11, 0.75)
    assert averages.value(crm.Period.days(28), margin=0.5) == 16.5


def test_cohorts_by_hand() -> None:
    # Cohort 1 (two customers, two weeks complete) brings 30 and 10; cohort 2 (one customer, one week) 7.
    shop = history((1, 0, 10.0), (2, 0, 20.0), (1, 7, 10.0), (3, 7, 7.0), (1, 14, 99.0))
    cohorts = shop.cohorts("2024-01-15", "week", age_period=crm.Period.weeks(1))
    value = crm.CohortValue(cohorts, margin=0.5, discount_rate=crm.DiscountRate.per(1.0, "week"))
    cumulative = value.cumulative.to_dict()
    assert np.allclose(cumulative["cumulative_value"], [7.5, 8.75, 3.5], rtol=1e-14)
    assert cumulative["age"].tolist() == [0, 1, 0] and str(cumulative["cohort"][2]) == "2024-01-08"
    pooled = value.pooled.to_dict()
    assert (pooled["cohorts"].tolist(), pooled["customers"].tolist()) == ([2, 1], [3, 2])
    assert np.allclose(pooled["value"], [37 / 6, 1.25], rtol=1e-14)
    assert np.allclose(pooled["cumulative_value"], [37 / 6, 37 / 6 + 1.25], rtol=1e-14)
    assert pooled["net_amount"].tolist() == [37, 10]


BASE = history((1, 0, 1.0)).base(START)
FORMULA = ("year_mean", crm.RetentionRate.annual(1), crm.DiscountRate.NONE)

WRONG: dict[str, tuple[Any, type[crm.CrmError], str]] = {
    "margin": (lambda: crm.historic_values(BASE, margin=30), crm.InvalidArgumentError, "margin"),
    "bare lifespan": (lambda: crm.OrderAverages(BASE).value(3), crm.WrongTypeError, "lifespan"),  # type: ignore[arg-type]
    "endless": (lambda: crm.RetentionValue(*FORMULA).margin_multiple(), crm.InvalidArgumentError, "horizon"),  # type: ignore[arg-type]
    "bare retention": (lambda: crm.RetentionValue("year_mean", 0.8, ANNUAL), crm.WrongTypeError, "retention_rate"),  # type: ignore[arg-type]
    "bare discount": (
        lambda: crm.RetentionValue("year_mean", crm.RetentionRate.annual(0.8), 0.1),  # type: ignore[arg-type]
        crm.WrongTypeError,
        "discount_rate",
    ),
    "bare horizon": (lambda: crm.RetentionValue(*FORMULA, horizon=3), crm.WrongTypeError, "horizon"),  # type: ignore[arg-type]
    "first margin": (
        lambda: crm.RetentionValue(*FORMULA, first_margin="later"),  # type: ignore[arg-type]
        crm.InvalidArgumentError,
        "first_margin",
    ),
    "growth": (
        lambda: crm.RetentionValue(*FORMULA, growth_per_payment=-1.5),  # type: ignore[arg-type]
        crm.InvalidArgumentError,
        "growth_per_payment",
    ),
    "young": (
        lambda: crm.CohortValue(
            history((1, 0, 1.0)).cohorts(START, age_period=crm.Period.weeks(1)), discount_rate=crm.DiscountRate.NONE
        ),
        crm.EmptyError,
        "age_period",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    call, error, argument = WRONG[name]
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error and raised.value.argument == argument


def test_a_log_without_amounts() -> None:
    base = crm.PurchaseHistory.from_columns([1], [START]).base(START)
    for call in (crm.historic_values, crm.OrderAverages):
        with pytest.raises(crm.MissingColumnError):
            call(base)
