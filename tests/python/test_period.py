"""Lengths of time with their unit."""

from __future__ import annotations

import pickle

import crm
import pytest


def test_units_convert_by_their_days() -> None:
    year = crm.Period.years(1)
    assert (year.length, year.unit) == (1, "year_mean")
    assert year.in_unit("day") == 365.25 and year.in_unit("month_mean") == pytest.approx(12, rel=1e-15)
    assert crm.Period(1, "year365").in_unit("day") == 365
    assert crm.Period.days(7).in_unit("week") == 1
    assert crm.Period.months(2).in_unit("day") == 365.25 / 6


def test_periods_are_values() -> None:
    period = crm.Period.weeks(39)
    assert period == crm.Period(39, "week") and hash(period) == hash(crm.Period(39, "week"))
    assert period != crm.Period.days(273) and period != 39
    assert pickle.loads(pickle.dumps(period)) == period
    assert (str(period), repr(period), f"{period}s") == ("39 week", "Period(39.0, 'week')", "39 weeks")
    assert eval(repr(period), {"Period": crm.Period}) == period


@pytest.mark.parametrize("length", [-1, float("nan"), float("inf")])
def test_impossible_lengths_are_refused(length: float) -> None:
    with pytest.raises(crm.InvalidArgumentError) as raised:
        crm.Period.days(length)
    assert raised.value.argument == "period"


def test_unknown_units_are_refused() -> None:
    with pytest.raises(crm.InvalidArgumentError, match="one of day, week"):
        crm.Period(1, "fortnight")  # type: ignore[arg-type]
    with pytest.raises(crm.InvalidArgumentError):
        crm.Period(1, "day").in_unit("Week")  # type: ignore[arg-type]
