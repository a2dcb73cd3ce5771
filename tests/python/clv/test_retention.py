"""How long customers with a contract stay: the data sets of Fader and Hardie (2007)."""

from __future__ import annotations

import pickle
from typing import Any

import crm
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import polars as pl
import pytest

# Fader and Hardie (2007), table 1: percent of a cohort that is there after 0 to 7 years.
HIGH_END = [1000, 869, 743, 653, 593, 551, 517, 491]
REGULAR = [1000, 631, 468, 382, 326, 289, 262, 241]
RATE = crm.DiscountRate.annual(0.1)
GIVEN = crm.RetentionModel.from_parameters(0.668, 3.806, "year_mean")


@pytest.mark.parametrize(
    ("survivors", "alpha", "beta", "log_likelihood"),
    [(HIGH_END, 0.668, 3.806, -1611.2), (REGULAR, 0.704, 1.182, -1680.3)],
)
def test_published_fits(survivors: list[int], alpha: float, beta: float, log_likelihood: float) -> None:
    model = crm.RetentionModel().fit(crm.RetentionData.from_survivors(survivors, "year_mean"))
    assert model.parameters_["alpha"] == pytest.approx(alpha, abs=5e-4)
    assert model.parameters_["beta"] == pytest.approx(beta, abs=5e-4)
    assert model.log_likelihood_ == pytest.approx(log_likelihood, abs=0.05)
    assert model.is_sound_ and (model.time_unit_, model.customers_) == ("year_mean", 1000)


def test_rows_and_cohorts_say_the_same() -> None:
    cohorts = crm.RetentionData.from_survivors(HIGH_END, "year_mean")
    left = -np.diff(HIGH_END)
    periods = [*range(1, 8), 7]
    rows = crm.RetentionData(periods, [True] * 7 + [False], "year_mean", counts=[*left, HIGH_END[-1]])
    assert rows == cohorts and (rows.periods, rows.customers) == (7, 1000)
    each = np.repeat(periods, [*left, HIGH_END[-1]])
    churned = np.repeat([True] * 7 + [False], [*left, HIGH_END[-1]])
    frame = pd.DataFrame({"periods": each, "churned": churned})
    assert crm.RetentionData(frame["periods"], frame["churned"], "year_mean") == cohorts
    assert crm.RetentionData(each.tolist(), churned.tolist(), "year_mean") == cohorts
    assert crm.RetentionData(pl.Series(each), pl.Series(churned.astype(int)), "year_mean") == cohorts
    two = crm.RetentionData.from_cohorts([HIGH_END, np.array(REGULAR[:4])], "year_mean")
    assert two.at_risk.tolist()[:4] == [2000, 1500, 1211, 653] and two.churned.tolist()[0] == 131 + 369


def test_one_or_many() -> None:
    survival = GIVEN.survival(range(5))
    assert survival.tolist() == [GIVEN.survival(period) for period in range(5)]
    assert GIVEN.survival(np.arange(5)).tolist() == survival.tolist()
    assert np.allclose(GIVEN.churn_probability([1, 2, 3, 4]), -np.diff(survival), rtol=1e-12)
    assert np.allclose(GIVEN.retention_rate([1, 2, 3, 4]), survival[1:] / survival[:-1], rtol=1e-14)
    assert (GIVEN.retention_rate(0), GIVEN.churn_probability(0), GIVEN.survival(0)) == (1, 0, 1)
    assert GIVEN.residual_survival(2, 2) == pytest.approx(survival[4] / survival[2], rel=1e-14)
    assert isinstance(GIVEN.survival(1), float)
    assert GIVEN.survival(np.int64(1)) == survival[1]  # type: ignore[call-overload]


def test_lifetimes() -> None:
    # S(0) + S(1) + ...: infinite unless alpha is above 1; (alpha + beta - 1) / (alpha - 1) where it is.
    assert GIVEN.expected_lifetime() == float("inf")
    steady = crm.RetentionModel.from_parameters(3.0, 4.0, "month_mean")
    assert steady.expected_lifetime() == pytest.approx(3.0, rel=1e-12)
    assert steady.discounted_lifetime(crm.FOREVER, crm.DiscountRate.NONE) == pytest.approx(3.0, rel=1e-12)
    assert steady.expected_residual_lifetime(0) == pytest.approx(2.0, rel=1e-12)
    years = crm.Period.years(4)
    by_hand = sum(float(GIVEN.survival(period)) / 1.1**period for period in range(4))
    assert GIVEN.discounted_lifetime(years, RATE) == pytest.approx(by_hand, rel=1e-12)
    residual = GIVEN.discounted_residual_lifetime([0, 1, 5], crm.FOREVER, RATE)
    assert residual.tolist() == [GIVEN.discounted_residual_lifetime(renewals, crm.FOREVER, RATE) for renewals in (0, 1, 5)]
    values = GIVEN.residual_values([0, 1, 5], margin_per_period=100, horizon=crm.FOREVER, discount_rate=RATE)
    assert np.allclose(values, 100 * residual, rtol=1e-15)
    new = GIVEN.new_customer_value(margin_per_period=100, horizon=crm.FOREVER, discount_rate=RATE)
    assert new == pytest.approx(100 * GIVEN.discounted_lifetime(crm.FOREVER, RATE), rel=1e-15)


def test_simulated_contracts_are_found_again() -> None:
    left = GIVEN.simulate(5000, 8, seed=1)
    assert left.tobytes() == GIVEN.simulate(5000, 8, seed=1).tobytes()
    stayed = np.isnan(left)
    data = crm.RetentionData(np.where(stayed, 8, left), ~stayed, "year_mean")
    fitted = crm.RetentionModel().fit(data)
    for name, truth in GIVEN.parameters_.items():
        error = fitted.standard_errors_[name]
        assert error is not None and abs(fitted.parameters_[name] - truth) < 4 * error
    assert stayed.mean() == pytest.approx(float(GIVEN.survival(8)), abs=0.03)


def test_nobody_left() -> None:
    model = crm.RetentionModel().fit(crm.RetentionData.from_survivors([1000, 1000, 1000], "year_mean"))
    assert not model.is_sound_ and "boundary" in model.warning_names_


def data(periods: Any, churned: Any, counts: Any = None) -> crm.RetentionData:
    return crm.RetentionData(periods, churned, "year_mean", counts=counts)


WRONG: dict[str, tuple[Any, type[crm.CrmError], str, int | None]] = {
    "growing": (lambda: crm.RetentionData.from_survivors([10, 11], "week"), crm.InvalidValueError, "survivors", 1),
    "nobody": (lambda: crm.RetentionData.from_survivors([0, 0], "week"), crm.EmptyError, "survivors", None),
    "no period": (lambda: data([1, 0], [True, True]), crm.InvalidValueError, "periods", 1),
    "part of a period": (lambda: data([1, 1.5], [True, True]), crm.InvalidValueError, "periods", 1),
    "negative period": (lambda: data([-1], [True]), crm.InvalidValueError, "periods", 0),
    "no truth": (lambda: data([1, 1], [True, 2]), crm.InvalidValueError, "churned", 1),
    "missing truth": (lambda: data([1, 1], [True, None]), crm.MissingValueError, "churned", 1),
    "lengths": (lambda: data([1, 1], [True]), crm.LengthMismatchError, "churned", None),
    "negative count": (lambda: data([1], [True], counts=[-1]), crm.InvalidValueError, "counts", 0),
    "data": (lambda: crm.RetentionModel().fit([1000, 869]), crm.WrongTypeError, "data", None),  # type: ignore[arg-type]
    "penalty": (lambda: crm.RetentionModel(l2=-1).fit(data([1], [True])), crm.InvalidArgumentError, "l2", None),
    "parameter": (lambda: crm.RetentionModel.from_parameters(0, 1, "week"), crm.InvalidArgumentError, "alpha", None),
    "negative time": (lambda: GIVEN.survival(-1), crm.InvalidValueError, "period", 0),
    "fractional time": (lambda: GIVEN.survival([0, 1.5]), crm.InvalidValueError, "period", 1),
    "further": (lambda: GIVEN.residual_survival(1, -1), crm.InvalidArgumentError, "further", None),
    "bare horizon": (lambda: GIVEN.discounted_lifetime(12, RATE), crm.WrongTypeError, "horizon", None),  # type: ignore[arg-type]
    "bare rate": (lambda: GIVEN.discounted_lifetime(crm.FOREVER, 0.1), crm.WrongTypeError, "discount_rate", None),  # type: ignore[arg-type]
    "margin": (
        lambda: GIVEN.new_customer_value(margin_per_period=float("nan"), horizon=crm.FOREVER, discount_rate=RATE),
        crm.InvalidArgumentError,
        "margin_per_period",
        None,
    ),
    "json": (lambda: crm.RetentionModel.from_json("{}"), crm.CorruptError, "json", None),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    call, error, argument, row = WRONG[name]
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert (raised.value.argument, raised.value.row) == (argument, row)


def test_another_length_of_period_is_refused() -> None:
    with pytest.raises(crm.IncompatibleError):
        GIVEN.log_likelihood(crm.RetentionData.from_survivors(HIGH_END, "month_mean"))
    yearly = crm.RetentionData.from_survivors(HIGH_END, "year_mean")
    assert GIVEN.log_likelihood(yearly) == pytest.approx(crm.RetentionModel().fit(yearly).log_likelihood_, abs=1e-3)


def test_models_are_saved() -> None:
    model = crm.RetentionModel().fit(crm.RetentionData.from_survivors(HIGH_END, "year_mean"))
    for saved in (crm.RetentionModel.from_json(model.to_json()), pickle.loads(pickle.dumps(model))):
        assert saved.to_json() == model.to_json() and repr(saved) == "RetentionModel()"
