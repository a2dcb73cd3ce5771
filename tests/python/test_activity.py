"""Activity over time: against pandas on CDNOW, and by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest

WEEK = crm.Period.weeks(1)


@pytest.fixture(scope="module")
def log(repository: Path) -> pd.DataFrame:
    frame = pd.read_csv(repository / "examples/data/cdnow/transactions.csv", parse_dates=["date"])
    frame["first"] = frame.groupby("customer_id")["date"].transform("min")
    return frame


def test_repeat_purchases_by_week(cdnow: crm.PurchaseHistory, log: pd.DataFrame) -> None:
    activity = cdnow.repeat_purchases_by_period("1997-09-30", WEEK, "1998-06-30")
    assert (activity.customers, activity.cohort_until) == (2357, date(1997, 9, 30))
    table = activity.to_table().to_pandas()
    days = log.drop_duplicates(["customer_id", "date"])
    week = (days["date"] - log["date"].min()).dt.days // 7
    repeat = days["date"] > days["first"]
    assert table["repeat_purchases"].tolist() == repeat.groupby(week).sum().tolist()
    assert table["new_customers"].tolist() == (~repeat).groupby(week).sum().tolist()
    assert table["repeat_buyers"].tolist() == days[repeat].groupby(week)["customer_id"].nunique().reindex(range(78), fill_value=0).tolist()
    # Fader, Hardie and Lee (2005): 2,457 repeat transactions in weeks 1 to 39, 1,882 in weeks 40 to 78.
    assert (table["repeat_purchases"][:39].sum(), table["repeat_purchases"][39:].sum()) == (2457, 1882)
    assert table["is_complete"].dtype == bool and table["is_complete"].all() and str(table["last_day"][38].date()) == "1997-09-30"
    amounts = log.groupby((log["date"] - log["date"].min()).dt.days // 7)["dollar_value"].sum()
    assert np.allclose(table["net_amount"], amounts, rtol=1e-12)
    first = activity.first_purchases.to_dict()
    assert first["customers"].sum() == 2357 and (np.diff(first["day"]) > np.timedelta64(0)).all()


def test_opportunities(cdnow: crm.PurchaseHistory, log: pd.DataFrame) -> None:
    opportunities = cdnow.opportunities("1998-06-30", "week")
    assert (len(opportunities), opportunities.as_of, opportunities.time_unit) == (2357, date(1998, 6, 30), "week")
    age = -((log["first"] - log["date"]).dt.days // 7)  # rounded up: days 1 to 7 are opportunity 1
    available = (pd.Timestamp("1998-06-30") - log["first"]).dt.days // 7
    taken = log[(age > 0) & (age <= available)].assign(age=age).groupby("customer_id")["age"]
    ours = opportunities.to_table().to_pandas().set_index("customer_id")
    assert ours["taken"].tolist() == taken.nunique().reindex(ours.index, fill_value=0).tolist()
    assert ours["last_taken"].tolist() == taken.max().reindex(ours.index, fill_value=0).tolist()
    assert ours["available"].tolist() == available.groupby(log["customer_id"]).first().tolist()


def test_cohorts(cdnow: crm.PurchaseHistory, log: pd.DataFrame) -> None:
    cohorts = cdnow.cohorts("1998-06-30", age_period=crm.Period(30, "day"))
    assert (cohorts.cohort_by, cohorts.age_period, cohorts.customers) == ("month", crm.Period.days(30), 2357)
    table = cohorts.to_table().to_pandas()
    month = log["first"].dt.to_period("M").dt.to_timestamp()
    age = (log["date"] - log["first"]).dt.days // 30
    complete = month.map(log.groupby(month)["first"].max().map(lambda last: (pd.Timestamp("1998-06-30") - last).days + 1) // 30)
    assert cohorts.complete_ages == table["age"].max() + 1 == complete.max()
    shown = log[age < complete]
    cells = shown.groupby([month, age])
    ours = table.set_index(["cohort", "age"])
    index = ours.index
    assert ours["active_customers"].tolist() == cells["customer_id"].nunique().reindex(index, fill_value=0).tolist()
    assert np.allclose(ours["net_amount"], cells["dollar_value"].sum().reindex(index, fill_value=0), rtol=1e-12)
    left = cohorts.incomplete.to_pandas()
    assert left["net_amount"].sum() + table["net_amount"].sum() == pytest.approx(float(cdnow.net_amount), rel=1e-12)
    assert left["customers"].sum() == 2357


def test_incomplete_periods_are_told(cdnow: crm.PurchaseHistory) -> None:
    table = cdnow.repeat_purchases_by_period("1997-03-31", WEEK, "1997-09-28").to_table()
    assert table["is_complete"].tolist() == [True] * 38 + [False]
    assert repr(cdnow.opportunities("1997-09-30", "week")) == "<Opportunities: 2,357 customers as of 1997-09-30, one each week>"


WRONG: dict[str, tuple[Any, type[crm.CrmError], str]] = {
    "bare period": (lambda log: log.repeat_purchases_by_period("1997-09-30", 7, "1998-06-30"), crm.WrongTypeError, "period"),
    "bare age": (lambda log: log.cohorts("1998-06-30", age_period=30), crm.WrongTypeError, "age_period"),
    "after the log": (lambda log: log.cohorts("1998-07-01", age_period=WEEK), crm.InvalidArgumentError, "as_of"),
    "before the log": (lambda log: log.opportunities("1996-12-31", "week"), crm.EmptyError, "as_of"),
    "cohort": (lambda log: log.cohorts("1998-06-30", "decade", age_period=WEEK), crm.InvalidArgumentError, "cohort_by"),
    "order": (
        lambda log: log.repeat_purchases_by_period("1997-09-30", WEEK, "1997-06-30"),
        crm.InvalidArgumentError,
        "cohort_until",
    ),
    "short": (lambda log: log.cohorts("1998-06-30", age_period=crm.Period.days(0.5)), crm.InvalidArgumentError, "period"),
    "day": (lambda log: log.opportunities("30 June 1998", "week"), crm.ParseError, "as_of"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(cdnow: crm.PurchaseHistory, name: str) -> None:
    call, error, argument = WRONG[name]
    with pytest.raises(error) as raised:
        call(cdnow)
    assert type(raised.value) is error and raised.value.argument == argument
