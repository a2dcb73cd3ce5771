"""Horizons and rates that carry their unit."""

from __future__ import annotations

import math
import pickle

import crm
import pytest
from crm.customer.base import TimeUnit

UNITS: list[TimeUnit] = ["day", "week", "month30", "month_mean", "year365", "year_mean"]


@pytest.mark.parametrize("unit", UNITS)
def test_a_year_is_a_year_in_every_unit(unit: TimeUnit) -> None:
    year = crm.Period.years(1).in_unit(unit)
    rate = crm.DiscountRate.annual(0.1)
    assert math.exp(-rate.continuous(unit) * year) == pytest.approx(1 / 1.1, rel=1e-15)
    assert (1 + rate.effective(unit)) ** year == pytest.approx(1.1, rel=1e-13)
    assert crm.RetentionRate.annual(0.8).per(unit) ** year == pytest.approx(0.8, rel=1e-13)


def test_rates_are_values() -> None:
    annual = crm.DiscountRate.annual(0.1)
    assert annual == crm.DiscountRate.per(0.1, "year_mean") and hash(annual) == hash(crm.DiscountRate.per(0.1, "year_mean"))
    assert annual != crm.DiscountRate.continuous_per(0.1, "year_mean") and annual != 0.1
    assert crm.DiscountRate.NONE.effective("year_mean") == 0
    rates = [annual, crm.DiscountRate.per(0.01, "month30"), crm.DiscountRate.continuous_per(0.0027, "week"), crm.DiscountRate.NONE]
    stay = [crm.RetentionRate.annual(0.8), crm.RetentionRate(0.9, "month_mean")]
    for rate in [*rates, *stay]:
        assert pickle.loads(pickle.dumps(rate)) == rate
    assert [repr(rate) for rate in rates[:3]] == [
        "DiscountRate.annual(0.1)",
        "DiscountRate.per(0.01, 'month30')",
        "DiscountRate.continuous_per(0.0027, 'week')",
    ]
    assert repr(stay[1]) == "RetentionRate(0.9, 'month_mean')"
    assert stay[0] == crm.RetentionRate(0.8, "year_mean") and stay[0] != 0.8


def test_forever() -> None:
    assert pickle.loads(pickle.dumps(crm.FOREVER)) is crm.FOREVER
    assert repr(crm.FOREVER) == "FOREVER"


def test_nobody_leaves_or_everybody() -> None:
    assert crm.RetentionRate.annual(1).expected_lifetime("week") is None
    assert crm.RetentionRate.annual(0.75).expected_lifetime("year_mean") == 4


@pytest.mark.parametrize("rate", [-0.01, float("nan"), float("inf")])
def test_impossible_rates_are_refused(rate: float) -> None:
    for make, argument in [(crm.DiscountRate.annual, "discount_rate"), (crm.RetentionRate.annual, "retention_rate")]:
        with pytest.raises(crm.InvalidArgumentError) as raised:
            make(rate)
        assert raised.value.argument == argument
    with pytest.raises(crm.InvalidArgumentError):
        crm.DiscountRate.per(0.1, "fortnight")  # type: ignore[arg-type]
