"""Purchase models: published fits, predictions, intervals, samples."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import crm
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pyarrow as pa  # type: ignore[import-untyped]
import pytest
from crm.clv.purchase import Kind

WEEKS_39 = crm.Period.weeks(39)
GIVEN = [0.243, 4.414, 0.793, 2.426]
"""BG/NBD of CDNOW: r, alpha, a, b."""


@pytest.fixture(scope="module")
def bg_nbd(calibration: crm.CustomerBase) -> crm.PurchaseModel:
    return crm.PurchaseModel("bg_nbd").fit(calibration)


def data(x: Any, t_x: Any, age: Any, **more: Any) -> crm.PurchaseData:
    return crm.PurchaseData(x, t_x, age, "week", **more)


def given() -> crm.PurchaseModel:
    return crm.PurchaseModel.from_parameters("bg_nbd", GIVEN, "week")


def digits(text: str) -> float:
    """Half a unit of the last digit printed."""
    return 0.5 * 10.0 ** -len(text.partition(".")[2]) * (1 + 1e-9)


# Fader, Hardie and Lee (2005), table 1; CLVTools 0.12.1, test_correctness_pnbd_nocovstaticcov.R; the documentation of lifetimes for MBG/NBD.
PUBLISHED: dict[Kind, tuple[list[str], str | None]] = {
    "bg_nbd": ([".243", "4.414", ".793", "2.426"], "-9582.429"),
    "pareto_nbd": ([".553", "10.578", ".606", "11.669"], "-9594.976"),
    "mbg_nbd": ([".525", "6.183", ".891", "1.614"], None),
}


@pytest.mark.parametrize("kind", PUBLISHED)
def test_published_fits_of_cdnow(calibration: crm.CustomerBase, kind: Kind) -> None:
    parameters, log_likelihood = PUBLISHED[kind]
    model = crm.PurchaseModel(kind).fit(calibration)
    assert model.is_sound_ and model.converged_ and model.warnings_ == []
    for value, printed in zip(model.parameters_.values(), parameters, strict=True):
        assert abs(value - float(printed)) <= digits(printed), model.parameters_
    if log_likelihood is not None:
        assert abs(model.log_likelihood_ - float(log_likelihood)) <= digits(log_likelihood)


def test_the_maximum_is_above_that_of_clvtools(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase) -> None:
    # CLVTools 0.12.1, test_correctness_bgnbd.R, prints more digits than its search has: its point is 1e-9 below the maximum.
    printed = [0.2425945, 4.4136019, 0.7929199, 2.4258881]
    theirs = crm.PurchaseModel.from_parameters("bg_nbd", printed, "week").log_likelihood(calibration)
    assert 0 < bg_nbd.log_likelihood_ - theirs < 1e-8
    assert list(bg_nbd.parameters_.values()) == pytest.approx(printed, rel=1e-5)


def test_what_a_fit_tells(bg_nbd: crm.PurchaseModel) -> None:
    assert (bg_nbd.customers_, bg_nbd.time_unit_, bg_nbd.title_) == (2357, "week", "BG/NBD")
    assert bg_nbd.window_ is not None and [str(day) for day in bg_nbd.window_] == ["1997-01-01", "1997-09-30"]
    assert bg_nbd.aic_ == 8 - 2 * bg_nbd.log_likelihood_
    assert bg_nbd.bic_ == pytest.approx(4 * np.log(2357) - 2 * bg_nbd.log_likelihood_, rel=1e-15)
    covariance = bg_nbd.covariance_
    assert covariance is not None and covariance.shape == (4, 4) and np.allclose(covariance, covariance.T, rtol=1e-13)
    errors = np.array(list(bg_nbd.standard_errors_.values()), dtype=float)
    assert np.allclose(np.sqrt(np.diag(covariance)), errors, rtol=1e-14)
    summary = bg_nbd.summary(0.9).to_dict()
    assert summary["parameter"].tolist() == list(bg_nbd.parameters_) == ["r", "alpha", "a", "b"]
    # Symmetric in the logarithm, 1.6449 standard errors on either side.
    width = np.log(summary["upper"] / summary["estimate"])
    assert np.allclose(width, np.log(summary["estimate"] / summary["lower"]), rtol=1e-12)
    assert np.allclose(width, 1.6448536269514722 * errors / summary["estimate"], rtol=1e-12)
    assert bg_nbd.distinct_rows_ < 2357 and bg_nbd.evaluations_ > 0 and bg_nbd.condition_ is not None
    assert bg_nbd.coefficients_ == {}


def test_predictions_are_those_of_the_paper(bg_nbd: crm.PurchaseModel) -> None:
    # Fader, Hardie and Lee (2005), Excel note 004: customer 1 of CDNOW.
    customer = crm.PurchaseData([2], [30.43], [38.86], "week")
    assert bg_nbd.expected_purchases(customer, WEEKS_39)[0] == pytest.approx(1.226, abs=5e-4)


def test_predictions_hang_together(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase) -> None:
    alive = bg_nbd.p_alive(calibration)
    assert np.allclose(bg_nbd.p_alive_after(calibration, crm.Period.days(0)), alive, rtol=1e-15)
    assert (bg_nbd.p_alive_after(calibration, WEEKS_39) < alive).all()
    none = bg_nbd.purchase_probability(calibration, 0, WEEKS_39)
    assert np.allclose(bg_nbd.buys_within(calibration, WEEKS_39) + none, 1, rtol=1e-13)
    # The units of horizon and rate change nothing beyond the last places.
    days = bg_nbd.expected_purchases(calibration, crm.Period.days(273))
    assert np.allclose(days, bg_nbd.expected_purchases(calibration, WEEKS_39), rtol=1e-14)
    forever = bg_nbd.discounted_purchases(calibration, crm.FOREVER, crm.DiscountRate.annual(0.1))
    assert (bg_nbd.discounted_purchases(calibration, WEEKS_39, crm.DiscountRate.annual(0.1)) < forever).all()
    half = bg_nbd.time_to_next_purchase(calibration)
    # Half of those who buy again do so within that time.
    first = crm.PurchaseData([2], [30.43], [38.86], "week")
    median = crm.Period.weeks(bg_nbd.time_to_next_purchase(first)[0])
    ever = bg_nbd.buys_within(first, crm.FOREVER)[0]
    assert bg_nbd.buys_within(first, median)[0] == pytest.approx(ever / 2, rel=1e-9)
    assert (bg_nbd.time_to_next_purchase(calibration, 0.9) > half).all()
    # BG/NBD: the time to the next purchase has a mean where r + x is above 1.
    assert np.isfinite(bg_nbd.mean_time_to_next_purchase(first)[0]) and np.isinf(bg_nbd.mean_time_to_next_purchase(bg_nbd.newcomers())[0])


def test_results_can_be_written_to(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase) -> None:
    alive = bg_nbd.p_alive(calibration)
    alive[0] = 0.5
    assert alive.dtype == np.float64 and bg_nbd.p_alive(calibration)[0] != 0.5


def sources(columns: dict[str, list[float]]) -> dict[str, list[Any]]:
    frame = pd.DataFrame(columns)
    return {
        "lists": list(columns.values()),
        "tuples": [tuple(column) for column in columns.values()],
        "numpy": [np.array(column) for column in columns.values()],
        "integers": [np.array(columns["x"], dtype=np.int32), *(np.array(columns[name]) for name in ("t_x", "age"))],
        "strided": [np.repeat(np.array(column), 2)[::2] for column in columns.values()],
        "pandas": [frame[name] for name in columns],
        "polars": [pl.Series(column) for column in columns.values()],
        "chunked polars": [pl.concat([pl.Series(column[:1]), pl.Series(column[1:])], rechunk=False) for column in columns.values()],
        "pyarrow": [pa.array(column) for column in columns.values()],
        "chunked pyarrow": [pa.chunked_array([column[:1], column[1:]]) for column in columns.values()],
    }


SOURCES = sources({"x": [2.0, 0.0, 5.0], "t_x": [30.5, 0.0, 36.0], "age": [38.5, 38.5, 37.0]})


@pytest.mark.parametrize("source", SOURCES)
def test_columns_of_every_library(source: str) -> None:
    columns = data(*SOURCES[source])
    assert columns == data(*SOURCES["lists"])
    assert columns.repeat_purchases.tolist() == [2, 0, 5] and columns.last_purchase_age.tolist() == [30.5, 0, 36]
    assert columns.weights is None and columns.window is None


TYPES = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64(), pa.float32(), pa.float64()]


@pytest.mark.parametrize("kind", [*TYPES, pa.decimal128(21, 2)], ids=str)
def test_columns_of_every_type(kind: pa.DataType) -> None:
    whole = data(pa.array([2, 0, 5]).cast(kind), pa.array([30, 0, 36]).cast(kind), pa.array([38, 38, 37]).cast(kind))
    assert whole == data([2, 0, 5], [30, 0, 36], [38, 38, 37])


def test_decimals_and_nullable_columns() -> None:
    decimals = [Decimal("30.43"), Decimal(0)]
    wanted = data([2, 0], [30.43, 0], [38.86, 38.86])
    assert data([2, 0], decimals, [38.86, 38.86]) == wanted
    assert data(pd.Series([2, 0], dtype="Int64"), pa.array(decimals), pd.Series([38.86, 38.86], dtype="Float64")) == wanted
    with pytest.raises(crm.MissingValueError) as raised:
        data(pd.Series([2, None], dtype="Int64"), [1, 0], [5, 5])
    assert (raised.value.argument, raised.value.row) == ("repeat_purchases", 1)


def test_a_base_stands_for_its_data(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase) -> None:
    named = crm.PurchaseData.from_base(calibration)
    frame = calibration.to_pandas()
    asked = (calibration, named, data(frame["repeat_purchases"], frame["last_purchase_age"], frame["age"]))
    assert len({bg_nbd.expected_purchases(each, WEEKS_39).tobytes() for each in asked}) == 1
    assert len({crm.PurchaseModel().fit(each).log_likelihood_ for each in asked}) == 1
    assert named.time_unit == "week" and named.window == bg_nbd.window_


@pytest.mark.parametrize("kind", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_threads_and_order_change_no_bit(calibration: crm.CustomerBase, kind: Kind) -> None:
    frame = calibration.to_pandas()[["repeat_purchases", "last_purchase_age", "age"]]
    texts = set()
    for threads, seed in [(1, None), (2, None), (3, 1), (1, 2)]:
        rows = frame if seed is None else frame.sample(frac=1, random_state=seed)
        model = crm.PurchaseModel(kind, threads=threads).fit(data(*(rows[name] for name in rows)))
        texts.add(model.to_json())
    assert len(texts) == 1


def test_weights_count_rows(calibration: crm.CustomerBase) -> None:
    table = calibration.to_table()
    columns = [table[name] for name in ("repeat_purchases", "last_purchase_age", "age")]
    once, counts = np.unique(np.column_stack(columns), axis=0, return_counts=True)
    weighted = crm.PurchaseModel().fit(data(once[:, 0], once[:, 1], once[:, 2], weights=counts))
    plain = crm.PurchaseModel().fit(calibration)
    assert weighted.parameters_ == plain.parameters_ and weighted.log_likelihood_ == plain.log_likelihood_


def test_another_unit_is_refused(bg_nbd: crm.PurchaseModel, cdnow: crm.PurchaseHistory) -> None:
    with pytest.raises(crm.IncompatibleError, match="the data are in day, the model was fitted in week"):
        bg_nbd.p_alive(cdnow.base("1997-09-30"))


BARE = [39, 39.0, np.float64(39), "39 weeks", None]


@pytest.mark.parametrize("bare", BARE, ids=repr)
def test_bare_numbers_are_no_time(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase, bare: Any) -> None:
    rate = crm.DiscountRate.annual(0.1)
    calls: dict[str, list[Callable[[], object]]] = {
        "period": [
            lambda: bg_nbd.expected_purchases(calibration, bare),
            lambda: bg_nbd.p_alive_after(calibration, bare),
            lambda: bg_nbd.purchase_probability(calibration, 1, bare),
            lambda: bg_nbd.predictive_intervals(calibration, bare),
        ],
        "horizon": [
            lambda: bg_nbd.buys_within(calibration, bare),
            lambda: bg_nbd.discounted_purchases(calibration, bare, rate),
        ],
        "holdout": [lambda: bg_nbd.simulate([39.0], bare)],
        "discount_rate": [lambda: bg_nbd.discounted_purchases(calibration, WEEKS_39, bare)],
    }
    for argument, wrong in calls.items():
        for call in wrong:
            with pytest.raises(TypeError, match=r"must be a (period|rate) with .*such as crm\.") as raised:
                call()
            assert isinstance(raised.value, crm.WrongTypeError) and raised.value.argument == argument


Call = tuple[Any, type[crm.CrmError], str | None, int | None]


WRONG: dict[str, Call] = {
    "no rows": (lambda: data([], [], []), crm.EmptyError, "repeat_purchases", None),
    "lengths": (lambda: data([1], [1], [2, 3]), crm.LengthMismatchError, "age", None),
    "after the end": (lambda: data([0, 2], [0, 9], [5, 5]), crm.InvalidValueError, "last_purchase_age", 1),
    "negative": (lambda: data([0, -1], [0, 1], [5, 5]), crm.InvalidValueError, "repeat_purchases", 1),
    "fractional": (lambda: data([0, 1.5], [0, 1], [5, 5]), crm.InvalidValueError, "repeat_purchases", 1),
    "NaN": (lambda: data([0, 1], [0, float("nan")], [5, 5]), crm.InvalidValueError, "last_purchase_age", 1),
    "infinite": (lambda: data([0, 0], [0, 0], [5, float("inf")]), crm.InvalidValueError, "age", 1),
    "missing": (lambda: data([0, 1], [0, None], [5, 5]), crm.MissingValueError, "last_purchase_age", 1),
    "missing in Arrow": (lambda: data([0, 1], [0, 2], pa.array([5, None])), crm.MissingValueError, "age", 1),
    "missing in a later chunk": (
        lambda: data([0, 1, 1], [0, 2, 2], pa.chunked_array([[5.0], [5.0, None]])),
        crm.MissingValueError,
        "age",
        2,
    ),
    "text": (lambda: data(["2"], [1], [5]), crm.WrongTypeError, "repeat_purchases", 0),
    "text in Arrow": (lambda: data(pa.array(["2"]), [1], [5]), crm.WrongTypeError, "repeat_purchases", None),
    "truth values": (lambda: data(np.array([True]), [1], [5]), crm.WrongTypeError, "repeat_purchases", None),
    "truth values in Arrow": (lambda: data(pa.array([True]), [1], [5]), crm.WrongTypeError, "repeat_purchases", None),
    "two dimensions": (lambda: data(np.zeros((1, 1)), [0], [5]), crm.WrongTypeError, "repeat_purchases", None),
    "unit": (lambda: crm.PurchaseData([0], [0], [1], "fortnight"), crm.InvalidArgumentError, "time_unit", None),  # type: ignore[arg-type]
    "weights": (lambda: data([0, 1], [0, 1], [5, 5], weights=[1, -1]), crm.InvalidValueError, "weights", 1),
    "weights that are 0": (lambda: data([0], [0], [5], weights=[0]), crm.InvalidValueError, "weights", None),
    "covariate": (lambda: data([0], [0], [5], covariates={"mail": [np.inf]}), crm.InvalidValueError, "mail", 0),
    "no repeat purchase": (
        lambda: crm.PurchaseModel().fit(data([0], [0], [5])),
        crm.InvalidValueError,
        "repeat_purchases",
        None,
    ),
    "no newcomers": (lambda: crm.PurchaseData.newcomers(0, "week"), crm.InvalidArgumentError, "customers", None),
    "a table": (lambda: crm.PurchaseModel().fit(pd.DataFrame()), crm.WrongTypeError, "data", None),
    "model": (lambda: crm.PurchaseModel("ggompertz").fit(data([1], [1], [5])), crm.InvalidArgumentError, "model", None),  # type: ignore[arg-type]
    "penalty": (lambda: crm.PurchaseModel(l2=-1).fit(data([1], [1], [5])), crm.InvalidArgumentError, "l2", None),
    "threads": (lambda: crm.PurchaseModel(threads=-1).fit(data([1], [1], [5])), crm.InvalidArgumentError, "threads", None),
    "evaluations": (
        lambda: crm.PurchaseModel(most_evaluations=0).fit(data([1], [1], [5])),
        crm.InvalidArgumentError,
        "most_evaluations",
        None,
    ),
    "unknown covariate": (
        lambda: crm.PurchaseModel(purchase_covariates=["mail"]).fit(data([1], [1], [5])),
        crm.MissingColumnError,
        "mail",
        None,
    ),
    "not fitted": (lambda: crm.PurchaseModel().p_alive(data([1], [1], [5])), crm.InvalidArgumentError, "self", None),
    "given, not fitted": (lambda: crm.PurchaseModel.from_parameters("bg_nbd", GIVEN, "week").aic_, crm.InvalidArgumentError, "self", None),
    "names": (
        lambda: crm.PurchaseModel.from_parameters("bg_nbd", {"r": 1, "alpha": 1, "s": 1, "beta": 1}, "week"),
        crm.InvalidArgumentError,
        "parameters",
        None,
    ),
    "three parameters": (
        lambda: crm.PurchaseModel.from_parameters("bg_nbd", GIVEN[:3], "week"),
        crm.InvalidArgumentError,
        "parameters",
        None,
    ),
    "parameter": (
        lambda: crm.PurchaseModel.from_parameters("bg_nbd", [0.2, -1, 1, 1], "week"),
        crm.InvalidArgumentError,
        "alpha",
        None,
    ),
    "endless without discount": (
        lambda: given().discounted_purchases(given().newcomers(), crm.FOREVER, crm.DiscountRate.NONE),
        crm.InvalidArgumentError,
        "discount_rate",
        None,
    ),
    "negative count": (
        lambda: given().purchase_probability(given().newcomers(), -1, WEEKS_39),
        crm.InvalidArgumentError,
        "n",
        None,
    ),
    "quantile": (lambda: given().time_to_next_purchase(given().newcomers(), 1.0), crm.InvalidArgumentError, "quantile", None),
    "level": (
        lambda: given().predictive_intervals(given().newcomers(), WEEKS_39, level=95),
        crm.InvalidArgumentError,
        "confidence_level",
        None,
    ),
    "no covariance": (
        lambda: given().confidence_intervals(given().newcomers(), crm.Prediction.alive()),
        crm.InvalidArgumentError,
        "model",
        None,
    ),
    "no prediction": (
        lambda: given().predict(given().newcomers(), "alive"),  # type: ignore[arg-type]
        crm.WrongTypeError,
        "prediction",
        None,
    ),
    "seed": (lambda: given().simulate([1.0], WEEKS_39, seed=-1), crm.InvalidArgumentError, "seed", None),
    "age": (lambda: given().simulate([1.0, -1.0], WEEKS_39), crm.InvalidValueError, "age", 1),
    "simulated customer": (lambda: given().simulate([1.0], WEEKS_39).purchases(1), crm.InvalidArgumentError, "customer", None),
    "not whole opportunities": (
        lambda: crm.PurchaseModel("bg_bb").fit(data([1], [1.5], [5])),
        crm.InvalidValueError,
        "last_purchase_age",
        0,
    ),
    "json": (lambda: crm.PurchaseModel.from_json("{}"), crm.CorruptError, "json", None),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    call, error, argument, row = WRONG[name]
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert (raised.value.argument, raised.value.row) == (argument, row)


def test_a_fit_that_the_data_do_not_identify_says_so() -> None:
    # Everybody buys at the same rate until the end: customers do not differ.
    even = data([10] * 200, [38.0] * 200, [39.0] * 200)
    model = crm.PurchaseModel().fit(even)
    assert not model.is_sound_ and model.warning_names_ and len(model.warnings_) == len(model.warning_names_)


def test_covariates(calibration: crm.CustomerBase) -> None:
    # Customers with an odd id get mail; what mail does not change cannot be seen: the coefficient is about 0.
    odd = calibration.to_table()["customer_id"] % 2 == 1
    named = crm.PurchaseData.from_base(calibration, covariates={"mail": odd, "age group": odd.astype(float) * 2})
    assert named.covariate("mail").tolist() == odd.astype(float).tolist()
    model = crm.PurchaseModel("pareto_nbd", purchase_covariates=["mail"], dropout_covariates=["mail"]).fit(named)
    assert set(model.coefficients_) == {"alpha:mail", "beta:mail"}
    assert model.summary()["parameter"].tolist() == ["r", "alpha", "s", "beta", *model.coefficients_]
    errors = model.standard_errors_
    for name, coefficient in model.coefficients_.items():
        error = errors[name]
        assert error is not None and abs(coefficient) < 4 * error
    assert len(model.p_alive(named)) == len(calibration)
    with pytest.raises(crm.MissingColumnError) as raised:
        model.p_alive(calibration)
    assert raised.value.argument == "mail"
    newcomers = model.newcomers(2, covariates={"mail": [0, 1]})
    without, with_mail = model.expected_purchases(newcomers, WEEKS_39)
    assert without != with_mail
    for columns in ([True, False], np.array([True, False]), pa.array([True, False]), pl.Series([True, False])):
        assert data([1, 1], [1, 1], [5, 5], covariates={"mail": columns}).covariate("mail").tolist() == [1, 0]


def test_confidence_intervals(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase) -> None:
    purchases = crm.Prediction.purchases(WEEKS_39)
    table = bg_nbd.confidence_intervals(calibration, purchases).to_dict()
    assert list(table) == ["customer_id", "estimate", "standard_error", "lower", "upper"]
    assert np.array_equal(table["customer_id"], calibration.to_table()["customer_id"])
    assert np.array_equal(table["estimate"], bg_nbd.expected_purchases(calibration, WEEKS_39))
    assert ((table["lower"] < table["estimate"]) & (table["estimate"] < table["upper"])).all()
    width = np.log(table["upper"] / table["estimate"])
    assert np.allclose(width, 1.959963984540054 * table["standard_error"] / table["estimate"], rtol=1e-9)
    narrow = bg_nbd.confidence_intervals(calibration, purchases, confidence_level=0.5).to_dict()
    assert (narrow["upper"] < table["upper"]).all()
    # Probabilities stay within 0 and 1.
    alive = bg_nbd.confidence_intervals(calibration, crm.Prediction.alive()).to_dict()
    assert (alive["lower"] >= 0).all() and (alive["upper"] <= 1).all()
    # Columns have no ids.
    assert bg_nbd.confidence_intervals(data([2], [30.0], [38.0]), purchases).columns[0] == "estimate"


def test_intervals_of_single_customers_hold_what_they_promise(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase) -> None:
    table = bg_nbd.predictive_intervals(calibration, WEEKS_39, level=0.8).to_dict()
    held = sum(
        bg_nbd.purchase_probability(calibration, n, WEEKS_39) * ((table["lower"] <= n) & (n <= table["upper"]))
        for n in range(int(table["upper"].max()) + 1)
    )
    assert isinstance(held, np.ndarray) and (held >= 0.8 - 1e-9).all()
    # One purchase less at the upper end would leave out more than a tenth there.
    shorter = sum(
        bg_nbd.purchase_probability(calibration, n, WEEKS_39) * (n < table["upper"]) for n in range(int(table["upper"].max()))
    )
    assert isinstance(shorter, np.ndarray) and (shorter[table["upper"] > 0] < 0.9 + 1e-9).all()


def test_bootstrap(calibration: crm.CustomerBase) -> None:
    model = crm.PurchaseModel(threads=2).fit(calibration)
    refits = model.bootstrap(calibration, replicates=40, seed=3)
    assert (len(refits), refits.failed, refits.names) == (40, 0, ["r", "alpha", "a", "b"])
    assert refits.replicates.shape == (40, 4)
    again = crm.PurchaseModel(threads=1).fit(calibration).bootstrap(calibration, replicates=40, seed=3)
    assert np.array_equal(refits.replicates, again.replicates)
    intervals = refits.estimate_intervals(0.8).to_dict()
    assert intervals["estimate"].tolist() == list(model.parameters_.values())
    assert np.allclose(intervals["lower"], np.quantile(refits.replicates, 0.1, axis=0), rtol=1e-12)
    assert np.allclose(intervals["standard_error"], refits.replicates.std(axis=0, ddof=1), rtol=1e-12)
    # The same order of magnitude as by the delta method.
    errors = np.array(list(model.standard_errors_.values()), dtype=float)
    assert (np.abs(np.log(intervals["standard_error"] / errors)) < 1).all()
    alive = refits.confidence_intervals(calibration, crm.Prediction.alive()).to_dict()
    assert np.array_equal(alive["estimate"], model.p_alive(calibration))
    assert list(alive) == ["customer_id", "estimate", "standard_error", "lower", "upper"]


def test_simulated_customers_are_found_again() -> None:
    truth = given()
    drawn = truth.simulate(np.full(4000, 39.0), WEEKS_39, seed=1)
    assert len(drawn) == 4000 and drawn == truth.simulate([39.0] * 4000, WEEKS_39, seed=1)
    assert drawn != truth.simulate([39.0] * 4000, WEEKS_39, seed=2)
    first = drawn.purchases(0)
    table = drawn.to_table().to_dict()
    assert np.array_equal(table["age"][table["customer"] == 0], first)
    seen = drawn.data()
    assert seen.repeat_purchases.sum() == (table["age"] <= 39).sum()
    assert drawn.holdout_purchases.sum() == (table["age"] > 39).sum()
    left = drawn.left
    last = np.array([times[-1] if (times := drawn.purchases(row)).size else 0.0 for row in range(len(drawn))])
    assert (last <= left).all()
    fitted = crm.PurchaseModel().fit(seen)
    for name, value in truth.parameters_.items():
        error = fitted.standard_errors_[name]
        assert error is not None and abs(fitted.parameters_[name] - value) < 4 * error
    expected = truth.expected_purchases(seen, WEEKS_39).sum()
    assert abs(expected / drawn.holdout_purchases.sum() - 1) < 0.1


def test_opportunities(cdnow: crm.PurchaseHistory) -> None:
    months = cdnow.opportunities("1998-06-30", "month_mean")
    model = crm.PurchaseModel("bg_bb").fit(months)
    assert model.parameters_.keys() == {"alpha", "beta", "gamma", "delta"} and model.time_unit_ == "month_mean"
    as_data = crm.PurchaseData.from_opportunities(months)
    assert crm.PurchaseModel("bg_bb").fit(as_data).to_json() == model.to_json()
    table = model.predictive_intervals(months, crm.Period.months(6))
    assert table.columns == ["customer_id", "lower", "upper"] and len(table) == 2357
    with pytest.raises(crm.InvalidArgumentError, match="a whole number of opportunities"):
        model.expected_purchases(months, crm.Period.months(1.5))
    # In the unit of the opportunities whatever it is asked in.
    assert model.expected_purchases(months, crm.Period.years(1)).tolist() == model.expected_purchases(months, crm.Period.months(12)).tolist()


@pytest.mark.parametrize("way", ["json", "pickle"])
def test_models_are_saved(bg_nbd: crm.PurchaseModel, calibration: crm.CustomerBase, way: Literal["json", "pickle"]) -> None:
    saved = crm.PurchaseModel.from_json(bg_nbd.to_json()) if way == "json" else pickle.loads(pickle.dumps(bg_nbd))
    assert saved.to_json() == bg_nbd.to_json()
    assert saved.expected_purchases(calibration, WEEKS_39).tobytes() == bg_nbd.expected_purchases(calibration, WEEKS_39).tobytes()
    assert saved.summary().to_arrow() == bg_nbd.summary().to_arrow()
    assert repr(saved) == repr(bg_nbd) == "PurchaseModel()"


def test_manners() -> None:
    model = crm.PurchaseModel("mbg_nbd", l2=0.1, purchase_covariates=["mail"])
    assert repr(model) == "PurchaseModel(model='mbg_nbd', l2=0.1, purchase_covariates=['mail'])"
    assert model.get_params()["l2"] == 0.1
    assert crm.PurchaseModel(**model.get_params()).get_params() == model.get_params()
    assert model.set_params(l2=0.2) is model and model.l2 == 0.2
    with pytest.raises(crm.InvalidArgumentError, match="PurchaseModel has no such parameter"):
        model.set_params(penalty=1)
    unfitted = pickle.loads(pickle.dumps(model))
    assert unfitted.get_params() == model.get_params() and not hasattr(unfitted, "model_")


def test_a_penalty_draws_parameters_to_the_middle(calibration: crm.CustomerBase) -> None:
    plain, penalised = crm.PurchaseModel().fit(calibration), crm.PurchaseModel(l2=0.1).fit(calibration)
    assert penalised.log_likelihood_ < plain.log_likelihood_
    assert abs(np.log(penalised.parameters_["r"])) < abs(np.log(plain.parameters_["r"]))


def test_predictions_as_objects() -> None:
    rate = crm.DiscountRate.annual(0.1)
    wanted = [
        crm.Prediction.alive(),
        crm.Prediction.alive_after(WEEKS_39),
        crm.Prediction.purchases(WEEKS_39),
        crm.Prediction.discounted_purchases(crm.FOREVER, rate),
        crm.Prediction.discounted_purchases(WEEKS_39, rate),
        crm.Prediction.purchase_probability(2, WEEKS_39),
        crm.Prediction.buys_within(crm.FOREVER),
        crm.Prediction.time_to_next(),
        crm.Prediction.mean_time_to_next(),
    ]
    for place, prediction in enumerate(wanted):
        assert [other == prediction for other in wanted].index(True) == place
        assert pickle.loads(pickle.dumps(prediction)) == prediction
    assert repr(wanted[3]) == "Prediction.discounted_purchases(FOREVER, DiscountRate.annual(0.1))"
    assert wanted[0] != "alive"


def test_saved_text_is_checked(tmp_path: Path, bg_nbd: crm.PurchaseModel) -> None:
    path = tmp_path / "model.json"
    path.write_text(bg_nbd.to_json().replace('"version":1', '"version":9'), encoding="utf-8")
    with pytest.raises(crm.IncompatibleError):
        crm.PurchaseModel.from_json(path.read_text(encoding="utf-8"))
