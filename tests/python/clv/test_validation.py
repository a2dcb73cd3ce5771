"""What a model expected against what customers did: against NumPy, and the tables that the literature prints."""

from __future__ import annotations

from typing import Any

import crm
import numpy as np
import pytest

WEEKS_39 = crm.Period.weeks(39)


@pytest.fixture(scope="module")
def split(cdnow: crm.PurchaseHistory) -> crm.CalibrationHoldout:
    return cdnow.split("1997-09-30", "1998-06-30", time_unit="week")


@pytest.fixture(scope="module")
def expected(split: crm.CalibrationHoldout) -> np.ndarray[Any, np.dtype[np.float64]]:
    return crm.PurchaseModel("pareto_nbd").fit(split.calibration).expected_purchases(split.calibration, WEEKS_39)


def test_accuracy(split: crm.CalibrationHoldout, expected: Any) -> None:
    actual = split.purchase_days
    accuracy = crm.holdout_accuracy(expected, actual)
    error = expected - actual
    assert accuracy.customers == 2357 and accuracy.total_actual == 1882
    assert accuracy.mean_absolute_error == pytest.approx(np.abs(error).mean(), rel=1e-13)
    assert accuracy.root_mean_squared_error == pytest.approx(np.sqrt((error**2).mean()), rel=1e-13)
    assert accuracy.mean_error == pytest.approx(error.mean(), rel=1e-12)
    assert accuracy.total_predicted == pytest.approx(expected.sum(), rel=1e-13)
    assert accuracy.total_error == pytest.approx(expected.sum() / 1882 - 1, rel=1e-12)
    assert accuracy.correlation == pytest.approx(np.corrcoef(expected, actual)[0, 1], rel=1e-12)
    nobody = crm.holdout_accuracy([1.0, 1.0], [0, 0])
    assert nobody.total_error is None and nobody.correlation is None


def test_bins(split: crm.CalibrationHoldout, expected: Any) -> None:
    table = split.calibration.to_table()
    bought, actual = table["repeat_purchases"], split.purchase_days
    bins = crm.compare_by_frequency(bought, expected, actual, last=7).to_dict()
    assert bins["from"].tolist() == list(range(8)) and bins["to"].tolist() == [*range(7), np.inf]
    groups = [np.minimum(bought, 7) == count for count in range(8)]
    assert bins["customers"].tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert np.allclose(bins["mean_actual"], [actual[group].mean() for group in groups], rtol=1e-14)
    assert np.allclose(bins["mean_predicted"], [expected[group].mean() for group in groups], rtol=1e-13)
    age = table["last_purchase_age"]
    edges = [0.0, 1e-9, 13.0, 26.0, 39.0]
    by_age = crm.compare_by_value(age, expected, actual, edges=edges).to_dict()
    assert by_age["customers"].tolist() == np.histogram(age, edges)[0].tolist()
    equal = crm.compare_by_value(age, expected, actual, bins=5)
    assert equal["customers"].tolist() == np.histogram(age, 5)[0].tolist()
    empty = crm.compare_by_value([0.0, 1.0], [1, 2], [1, 2], edges=[-1, 0, 0.5, 1])
    assert np.isnan(empty["mean_actual"][0])


def test_ranking(split: crm.CalibrationHoldout, expected: Any) -> None:
    actual = split.purchase_days.astype(float)
    ranking = crm.RankingQuality(expected, actual)
    assert (ranking.customers, ranking.total_actual) == (2357, 1882)
    # Pareto/NBD has no ties among those who bought again, so the first 10 % are those of any sort.
    top = np.sort(actual)[::-1].cumsum()
    assert ranking.best_share(0.5) == pytest.approx(np.interp(0.5 * 2357, np.arange(2358), [0, *top]) / 1882, rel=1e-13)
    assert 0 < ranking.gini < ranking.best_gini < 1
    assert ranking.normalised_gini == pytest.approx(ranking.gini / ranking.best_gini, rel=1e-15)
    lift = ranking.lift(10).to_dict()
    assert np.allclose(lift["share"].cumsum(), lift["cumulative_share"], rtol=1e-12)
    assert lift["cumulative_share"][1] == pytest.approx(ranking.share_held(0.2), rel=1e-13)
    assert crm.RankingQuality([1, 1], [1, 1]).normalised_gini is None


def test_tracking(cdnow: crm.PurchaseHistory, split: crm.CalibrationHoldout) -> None:
    model = crm.PurchaseModel("pareto_nbd").fit(split.calibration)
    activity = cdnow.repeat_purchases_by_period("1997-09-30", crm.Period.weeks(1), "1998-06-30")
    table = crm.tracking(activity, model).to_dict()
    assert (table["actual_cumulative"][38], table["actual_cumulative"][77]) == (2457, 2457 + 1882)
    assert np.allclose(table["expected"].cumsum(), table["expected_cumulative"], rtol=1e-12)
    # The same sum over customers by hand.
    first = split.calibration.to_table()["first_purchase"]
    for row in (0, 38, 77):
        age = (table["last_day"][row] - first).astype(int) / 7
        come = age[age >= 0]
        by_hand = sum(model.expected_purchases(model.newcomers(), crm.Period.weeks(time))[0] for time in come)
        assert table["expected_cumulative"][row] == pytest.approx(by_hand, rel=1e-12)


def test_expected_repeat_purchases_are_those_of_btyd(cdnow: crm.PurchaseHistory) -> None:
    # The vignette of BTYD 2.4.3 on CDNOW, weeks 20 to 25; parameters that print as its do.
    model = crm.PurchaseModel.from_parameters("pareto_nbd", [0.553294942146, 10.578, 0.605838, 11.656], "week")
    first = cdnow.base("1998-06-30").to_table()["first_purchase"]
    starts = (first - first.min()).astype(int) / 7
    printed = [1308.856, 1385.275, 1459.923, 1532.906, 1604.32, 1674.253]
    sums = crm.expected_repeat_purchases(starts, range(20, 26), model)
    assert np.allclose(sums, printed, rtol=0, atol=5e-4)
    by_function = crm.expected_repeat_purchases(
        starts, [20, 21, 22, 23, 24, 25], lambda time: model.expected_purchases(model.newcomers(), crm.Period.weeks(time))[0]
    )
    assert by_function.tobytes() == sums.tobytes()


def test_tracking_needs_newcomers_without_covariates(cdnow: crm.PurchaseHistory, calibration: crm.CustomerBase) -> None:
    odd = calibration.to_table()["customer_id"] % 2
    data = crm.PurchaseData.from_base(calibration, covariates={"odd": odd})
    model = crm.PurchaseModel(purchase_covariates=["odd"]).fit(data)
    activity = cdnow.repeat_purchases_by_period("1997-09-30", crm.Period.weeks(13), "1998-06-30")
    for call in (lambda: crm.tracking(activity, model), lambda: crm.expected_repeat_purchases([0], [1], model)):
        with pytest.raises(crm.InvalidArgumentError) as raised:
            call()
        assert raised.value.argument == "model"


def test_what_a_function_raises_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError):
        crm.expected_repeat_purchases([0.0], [1.0], lambda time: 1 / (time - time))
    with pytest.raises(crm.InvalidValueError) as raised:
        crm.expected_repeat_purchases([0.0], [1.0], lambda time: -1.0)
    assert raised.value.argument == "expected"


WRONG: dict[str, tuple[Any, type[crm.CrmError], str, int | None]] = {
    "empty": (lambda: crm.holdout_accuracy([], []), crm.EmptyError, "predicted", None),
    "lengths": (lambda: crm.holdout_accuracy([1], [1, 2]), crm.LengthMismatchError, "actual", None),
    "NaN": (lambda: crm.holdout_accuracy([1, float("nan")], [1, 2]), crm.InvalidValueError, "predicted", 1),
    "missing": (lambda: crm.holdout_accuracy([1, 2], [1, None]), crm.MissingValueError, "actual", 1),
    "frequency": (
        lambda: crm.compare_by_frequency([0, 0.5], [1, 1], [1, 1]),
        crm.InvalidValueError,
        "repeat_purchases",
        1,
    ),
    "last": (lambda: crm.compare_by_frequency([0], [1], [1], last=-1), crm.InvalidArgumentError, "last", None),
    "edges": (lambda: crm.compare_by_value([0], [1], [1], edges=[1, 0]), crm.InvalidArgumentError, "edges", None),
    "outside": (lambda: crm.compare_by_value([0, 9], [1, 1], [1, 1], edges=[0, 5]), crm.InvalidValueError, "values", 1),
    "bins": (lambda: crm.compare_by_value([0], [1], [1], bins=0), crm.InvalidArgumentError, "bins", None),
    "nothing": (lambda: crm.RankingQuality([1], [0]), crm.InvalidValueError, "actual", None),
    "percent": (lambda: crm.RankingQuality([1], [1]).share_held(10), crm.InvalidArgumentError, "fraction", None),
    "parts": (lambda: crm.RankingQuality([1], [1]).lift(), crm.InvalidArgumentError, "parts", None),
    "time": (lambda: crm.expected_repeat_purchases([0, np.nan], [1], lambda time: 0), crm.InvalidValueError, "starts", 1),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_is_named(name: str) -> None:
    call, error, argument, row = WRONG[name]
    with pytest.raises(error) as raised:
        call()
    assert type(raised.value) is error
    assert (raised.value.argument, raised.value.row) == (argument, row)
