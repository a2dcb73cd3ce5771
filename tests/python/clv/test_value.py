"""Lifetime value of both models together."""

from __future__ import annotations

import pickle
from typing import Any

import crm
import numpy as np
import polars as pl
import pytest

YEAR = crm.Period.months(12)
RATE = crm.DiscountRate.annual(0.1)


@pytest.fixture(scope="module")
def base(cdnow: crm.PurchaseHistory) -> crm.CustomerBase:
    return cdnow.base("1998-06-30", time_unit="week")


@pytest.fixture(scope="module")
def model(base: crm.CustomerBase) -> crm.CustomerValueModel:
    return crm.CustomerValueModel(crm.PurchaseModel(), crm.SpendModel()).fit(base)


def test_value_is_margin_times_purchases_times_spend(model: crm.CustomerValueModel, base: crm.CustomerBase) -> None:
    table = model.values(base, horizon=YEAR, discount_rate=RATE, margin=0.3)
    assert table.columns == ["customer_id", "p_alive", "discounted_purchases", "expected_spend", "value"]
    columns = table.to_dict()
    assert np.array_equal(columns["customer_id"], base.to_table()["customer_id"])
    assert np.array_equal(columns["p_alive"], model.purchases.p_alive(base))
    assert np.array_equal(columns["discounted_purchases"], model.purchases.discounted_purchases(base, YEAR, RATE))
    assert np.array_equal(columns["expected_spend"], model.spend.expected_mean_spend(base))
    assert np.allclose(columns["value"], 0.3 * columns["discounted_purchases"] * columns["expected_spend"], rtol=1e-15)
    assert table.to_polars()["value"].to_list() == columns["value"].tolist()
    assert pl.DataFrame(table).join(base.to_polars(), on="customer_id").height == 2357


def test_text_ids(model: crm.CustomerValueModel) -> None:
    days = np.array(["2024-03-01", "2024-03-09", "2024-03-05"], dtype="datetime64[D]")
    base = crm.PurchaseHistory.from_columns(["李", "李", "ann"], days, [10.0, 8.0, 5.0]).base("2024-03-31", time_unit="week")
    table = model.values(base, horizon=YEAR, discount_rate=RATE)
    assert table["customer_id"].tolist() == ["ann", "李"]
    assert table.to_polars().schema["customer_id"] == base.to_polars().schema["customer_id"]


def test_units_of_horizon_and_rate_do_not_matter(model: crm.CustomerValueModel, base: crm.CustomerBase) -> None:
    # lifetimes' quick start takes weeks for days and shows four times the value: here the unit is part of every number.
    value = model.values(base, horizon=YEAR, discount_rate=RATE)["value"]
    days = model.values(base, horizon=crm.Period.days(365.25), discount_rate=crm.DiscountRate.per(0.1, "year_mean"))["value"]
    assert np.allclose(value, days, rtol=1e-13)
    monthly = crm.DiscountRate.per(1.1 ** (1 / 12) - 1, "month_mean")
    assert np.allclose(value, model.values(base, horizon=YEAR, discount_rate=monthly)["value"], rtol=1e-12)
    forever = model.values(base, horizon=crm.FOREVER, discount_rate=RATE)["value"]
    assert (forever > value).all()


def test_columns_have_no_ids(model: crm.CustomerValueModel, base: crm.CustomerBase) -> None:
    frame = base.to_pandas()
    bought = crm.PurchaseData(frame["repeat_purchases"], frame["last_purchase_age"], frame["age"], "week")
    spent = crm.SpendData(frame["repeat_purchases"], frame["mean_repeat_amount"])
    table = model.values(bought, spent, horizon=YEAR, discount_rate=RATE)
    assert table.columns[0] == "p_alive"
    assert table["value"].tobytes() == model.values(base, horizon=YEAR, discount_rate=RATE)["value"].tobytes()
    # A base may also give the spend of purchases with covariates.
    named = crm.PurchaseData.from_base(base, covariates={"odd": frame["customer_id"] % 2})
    assert model.values(named, base, horizon=YEAR, discount_rate=RATE).columns[0] == "customer_id"


def test_confidence_intervals(model: crm.CustomerValueModel, base: crm.CustomerBase) -> None:
    table = model.confidence_intervals(base, horizon=YEAR, discount_rate=RATE, margin=0.3).to_dict()
    assert list(table) == ["customer_id", "estimate", "standard_error", "lower", "upper"]
    assert np.array_equal(table["estimate"], model.values(base, horizon=YEAR, discount_rate=RATE, margin=0.3)["value"])
    assert ((table["lower"] < table["estimate"]) & (table["estimate"] < table["upper"])).all()
    half = model.confidence_intervals(base, horizon=YEAR, discount_rate=RATE, margin=0.3, confidence_level=0.5)
    assert (half["upper"] < table["upper"]).all()


def test_predictive_intervals(model: crm.CustomerValueModel, base: crm.CustomerBase) -> None:
    draw = {"horizon": YEAR, "discount_rate": RATE, "level": 0.9, "draws": 400}
    table = model.predictive_intervals(base, **draw, seed=4).to_dict()  # type: ignore[arg-type]
    again = model.predictive_intervals(base, **draw, seed=4).to_dict()  # type: ignore[arg-type]
    assert all(np.array_equal(table[name], again[name]) for name in table)
    confidence = model.confidence_intervals(base, horizon=YEAR, discount_rate=RATE, confidence_level=0.9)
    # Of those likely to buy, what they do varies far more than what is expected of them.
    likely = table["estimate"] > np.quantile(table["estimate"], 0.9)
    width = (table["upper"] - table["lower"])[likely]
    assert (width > (confidence["upper"] - confidence["lower"])[likely]).all()
    assert (table["lower"] >= 0).all()


NEWCOMER = crm.PurchaseData.newcomers(1, "week")
NOTHING = crm.SpendData([0], [None])


def given(**spend: Any) -> crm.CustomerValueModel:
    bought = crm.PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
    return crm.CustomerValueModel(bought, crm.SpendModel.from_parameters(6.25, 3.74, 15.44, **spend))


WRONG: dict[str, tuple[Any, type[crm.CrmError], str | None]] = {
    "bare horizon": (
        lambda: given().values(NEWCOMER, NOTHING, horizon=12, discount_rate=RATE),  # type: ignore[arg-type]
        crm.WrongTypeError,
        "horizon",
    ),
    "bare rate": (
        lambda: given().values(NEWCOMER, NOTHING, horizon=YEAR, discount_rate=0.1),  # type: ignore[arg-type]
        crm.WrongTypeError,
        "discount_rate",
    ),
    "margin in percent": (
        lambda: given().values(NEWCOMER, NOTHING, horizon=YEAR, discount_rate=RATE, margin=30),
        crm.InvalidArgumentError,
        "margin",
    ),
    "endless without discount": (
        lambda: given().values(NEWCOMER, NOTHING, horizon=crm.FOREVER, discount_rate=crm.DiscountRate.NONE),
        crm.InvalidArgumentError,
        "discount_rate",
    ),
    "no spend": (lambda: given().values(NEWCOMER, horizon=YEAR, discount_rate=RATE), crm.WrongTypeError, "spend"),
    "lengths": (
        lambda: given().values(NEWCOMER, crm.SpendData([0, 0], [0, 0]), horizon=YEAR, discount_rate=RATE),
        crm.LengthMismatchError,
        "spend",
    ),
    "currency": (
        lambda: given(currency="EUR").values(NEWCOMER, NOTHING, horizon=YEAR, discount_rate=RATE),
        crm.IncompatibleError,
        "currency",
    ),
    "unit": (
        lambda: given().values(crm.PurchaseData.newcomers(1, "day"), NOTHING, horizon=YEAR, discount_rate=RATE),
        crm.IncompatibleError,
        "time_unit",
    ),
    "no covariance": (
        lambda: given().confidence_intervals(NEWCOMER, NOTHING, horizon=YEAR, discount_rate=RATE),
        crm.InvalidArgumentError,
        None,
    ),
    "draws": (
        lambda: given().predictive_intervals(NEWCOMER, NOTHING, horizon=YEAR, discount_rate=RATE, draws=10),
        crm.InvalidArgumentError,
        "draws",
    ),
    "not fitted": (
        lambda: crm.CustomerValueModel(crm.PurchaseModel(), crm.SpendModel()).values(
            NEWCOMER, NOTHING, horizon=YEAR, discount_rate=RATE
        ),
        crm.InvalidArgumentError,
        "self",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    call, error, argument = WRONG[name]
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert argument is None or raised.value.argument == argument


def test_models_are_saved(model: crm.CustomerValueModel, base: crm.CustomerBase) -> None:
    saved = pickle.loads(pickle.dumps(model))
    ours, theirs = (each.values(base, horizon=YEAR, discount_rate=RATE)["value"] for each in (model, saved))
    assert ours.tobytes() == theirs.tobytes()


def test_repr() -> None:
    assert repr(crm.CustomerValueModel(crm.PurchaseModel("bg_bb"), crm.SpendModel(l2=0.1))) == (
        "CustomerValueModel(purchases=PurchaseModel(model='bg_bb'), spend=SpendModel(l2=0.1))"
    )
