"""The spend model: published fits, and what it refuses."""

from __future__ import annotations

import pickle
from typing import Any

import crm
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest

GIVEN = crm.SpendModel.from_parameters(6.25, 3.74, 15.44)


@pytest.fixture(scope="module")
def spend(calibration: crm.CustomerBase) -> crm.SpendModel:
    return crm.SpendModel().fit(calibration)


def test_published_fit_of_cdnow(spend: crm.SpendModel) -> None:
    # Fader and Hardie (2013), note 025: the 946 customers with repeat purchases.
    for name, printed in {"p": 6.25, "q": 3.74, "v": 15.44}.items():
        assert spend.parameters_[name] == pytest.approx(printed, abs=0.005), spend.parameters_
    assert spend.is_sound_ and spend.excluded_ == 0 and spend.customers_ == 946
    assert spend.correlation_ is not None and abs(spend.correlation_) < 0.3
    assert spend.population_mean() == pytest.approx(35.2, abs=0.1)


def test_expected_spend_lies_between_own_mean_and_that_of_all(spend: crm.SpendModel, calibration: crm.CustomerBase) -> None:
    data = crm.SpendData.from_base(calibration)
    expected = spend.expected_mean_spend(calibration)
    assert expected.tobytes() == spend.expected_mean_spend(data).tobytes()
    everybody, own, repeats = spend.population_mean(), data.mean_spend, data.repeat_purchases > 0
    assert (expected[~repeats] == everybody).all()
    low, high = np.minimum(own, everybody)[repeats], np.maximum(own, everybody)[repeats]
    assert ((low * (1 - 1e-12) <= expected[repeats]) & (expected[repeats] <= high * (1 + 1e-12))).all()
    assert len(data) == 2357 and data.currency is None and data.excluded == 0 and data.weights is None


def test_threads_and_order_change_no_bit(calibration: crm.CustomerBase) -> None:
    frame = calibration.to_pandas()[["repeat_purchases", "mean_repeat_amount"]]
    texts = set()
    for threads, seed in [(1, None), (2, None), (3, 1), (1, 2)]:
        rows = frame if seed is None else frame.sample(frac=1, random_state=seed)
        data = crm.SpendData(rows["repeat_purchases"], rows["mean_repeat_amount"])
        texts.add(crm.SpendModel(threads=threads).fit(data).to_json())
    assert len(texts) == 1


def test_means_of_nothing_may_be_missing() -> None:
    counts, means = [2, 0, 3], [10.0, None, 12.0]
    frame = pd.DataFrame({"x": counts, "m": means})
    data = crm.SpendData(counts, means)
    expected = GIVEN.expected_mean_spend(data).tobytes()
    assert GIVEN.expected_mean_spend(crm.SpendData(frame["x"], frame["m"])).tobytes() == expected
    assert GIVEN.expected_mean_spend(crm.SpendData(np.array(counts), np.array([10.0, np.nan, 12.0]))).tobytes() == expected


def test_customers_without_spend() -> None:
    counts, means = [2, 1, 1, 3], [10.0, 0.0, -3.0, 12.0]
    data = crm.SpendData(counts, means)
    assert data.excluded == 2
    assert crm.SpendModel().fit(data).excluded_ == 2
    with pytest.raises(crm.InvalidValueError) as raised:
        crm.SpendData(counts, means, without_spend="raise")
    assert (raised.value.argument, raised.value.row) == ("mean_spend", 1)


def test_currencies_do_not_meet(calibration: crm.CustomerBase) -> None:
    euros = crm.SpendModel.from_parameters(6.25, 3.74, 15.44, currency="EUR")
    assert euros.currency_ == "EUR"
    with pytest.raises(crm.IncompatibleError, match="the data are in none, the model is in EUR"):
        euros.log_likelihood(calibration)
    data = crm.SpendData([2], [10.0], currency="EUR")
    assert np.isfinite(euros.log_likelihood(data)) and data.currency == "EUR"


def test_spend_without_a_mean() -> None:
    heavy = crm.SpendModel.from_parameters(6.25, 0.9, 15.44)
    data = crm.SpendData([2, 0], [10.0, None])
    with pytest.raises(crm.InvalidValueError) as raised:
        heavy.expected_mean_spend(data)
    assert (raised.value.argument, raised.value.row) == ("q", 1)
    values = heavy.expected_mean_spend(data, undefined="missing")
    assert np.isfinite(values[0]) and np.isnan(values[1])
    with pytest.raises(crm.InvalidValueError):
        heavy.population_mean()


WRONG: dict[str, tuple[Any, type[crm.CrmError], str | None, int | None]] = {
    "lengths": (lambda: crm.SpendData([1], [1, 2]), crm.LengthMismatchError, "mean_spend", None),
    "no rows": (lambda: crm.SpendData([], []), crm.EmptyError, "repeat_purchases", None),
    "not whole": (lambda: crm.SpendData([1, 0.5], [1, 2]), crm.InvalidValueError, "repeat_purchases", 1),
    "missing mean": (lambda: crm.SpendData([1, 1], [1, None]), crm.InvalidValueError, "mean_spend", 1),
    "policy": (lambda: crm.SpendData([1], [1], without_spend="keep"), crm.InvalidArgumentError, "without_spend", None),  # type: ignore[arg-type]
    "nobody spent": (lambda: crm.SpendModel().fit(crm.SpendData([0], [0])), crm.EmptyError, None, None),
    "penalty": (lambda: crm.SpendModel(l2=-1).fit(crm.SpendData([1], [1])), crm.InvalidArgumentError, "l2", None),
    "parameter": (lambda: crm.SpendModel.from_parameters(1, 0, 1), crm.InvalidArgumentError, "q", None),
    "data": (lambda: GIVEN.expected_mean_spend([1.0]), crm.WrongTypeError, "data", None),  # type: ignore[arg-type]
    "json": (lambda: crm.SpendModel.from_json("{}"), crm.CorruptError, "json", None),
    "not fitted": (lambda: crm.SpendModel().population_mean(), crm.InvalidArgumentError, "self", None),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    call, error, argument, row = WRONG[name]
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error and raised.value.row == row
    assert argument is None or raised.value.argument == argument


def test_a_log_without_amounts(cdnow: crm.PurchaseHistory) -> None:
    ids, days = [1, 1], np.array(["2024-03-01", "2024-03-09"], dtype="datetime64[D]")
    base = crm.PurchaseHistory.from_columns(ids, days).base("2024-03-31")
    with pytest.raises(crm.MissingColumnError):
        crm.SpendModel().fit(base)


def test_simulated_spend_is_found_again() -> None:
    counts = np.random.default_rng(5).poisson(3, 4000)
    means = GIVEN.simulate(counts, seed=1)
    assert ((means > 0) == (counts > 0)).all() and means.tobytes() == GIVEN.simulate(counts.tolist(), seed=1).tobytes()
    fitted = crm.SpendModel().fit(crm.SpendData(counts, means))
    for name, truth in GIVEN.parameters_.items():
        error = fitted.standard_errors_[name]
        assert error is not None and abs(fitted.parameters_[name] - truth) < 4 * error


def test_models_are_saved(spend: crm.SpendModel) -> None:
    for saved in (crm.SpendModel.from_json(spend.to_json()), pickle.loads(pickle.dumps(spend))):
        assert saved.to_json() == spend.to_json() and repr(saved) == "SpendModel()"
