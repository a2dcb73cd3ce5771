"""Tiers of customers."""

from __future__ import annotations

import pickle
from typing import Any

import crm
import numpy as np
import polars as pl
import pytest

RANDOM = np.random.default_rng(2)
VALUE = RANDOM.gamma(1, 100, 2_000)
POTENTIAL = VALUE * RANDOM.gamma(2, 1, 2_000)
RISK = RANDOM.random(2_000)


def test_tiers_of_value() -> None:
    tiers = crm.ValueTiers().fit(VALUE)
    assert np.bincount(tiers.tiers_).tolist() == [400, 600, 1000] and tiers.names_ == ["high", "medium", "low"]
    descending = np.sort(VALUE)[::-1]
    assert tiers.lower_bounds_ == [descending[399], descending[999]]
    assert tiers.summary_["customers"].tolist() == [400, 600, 1000]
    assert tiers.summary_.to_arrow().drop_columns(["asked_share", "got_share", "overshoot"]).equals(
        tiers.summary(VALUE).to_arrow().drop_columns(["asked_share", "got_share", "overshoot"])
    )
    table = tiers.assign(VALUE[:5])
    assert table["tier"].tolist() == tiers.predict(VALUE[:5]).tolist()
    assert table["name"].tolist() == [tiers.names_[tier] for tier in tiers.tiers_[:5]]
    by_value = crm.ValueTiers(by="value", shares=[0.5, 0.5]).fit(VALUE)
    # The best customers who hold half of everything.
    held = np.cumsum(descending) / descending.sum()
    assert abs(np.count_nonzero(by_value.tiers_ == 0) - np.searchsorted(held, 0.5)) <= 1
    assert by_value.names_ == ["tier 1", "tier 2"] and (by_value.fit_predict(VALUE) == by_value.tiers_).all()


def test_tiers_of_value_survive_storage() -> None:
    tiers = crm.ValueTiers(shares=(0.1, 0.9), names=["best", "rest"]).fit(VALUE)
    for copied in (crm.ValueTiers.from_json(tiers.to_json()), pickle.loads(pickle.dumps(tiers))):
        assert copied.to_json() == tiers.to_json() and (copied.predict(VALUE) == tiers.tiers_).all()
        assert copied.fit(VALUE).to_json() == tiers.to_json()
    with pytest.raises(crm.InvalidArgumentError, match="call predict"):
        _ = crm.ValueTiers.from_json(tiers.to_json()).tiers_
    with pytest.raises(crm.InvalidArgumentError, match="call predict"):
        _ = pickle.loads(pickle.dumps(tiers)).summary_
    own = crm.ValueTiers.from_lower_bounds([100.0, 10.0])
    assert own.predict([100, 99.9, 9.9]).tolist() == [0, 1, 2] and np.isnan(own.summary([1.0])["asked_share"]).all()
    assert repr(crm.ValueTiers(by="value")) == "ValueTiers(by='value')"


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"by": "orders"}, "by"),
        ({"shares": (0.5, 0.6)}, "shares"),
        ({"shares": (1.0,)}, "shares"),
        ({"shares": (0.5, float("nan"))}, "shares"),
        ({"names": ["a"]}, "names"),
        ({"names": ["a", "a", "b"]}, "names"),
    ],
)
def test_bad_options_of_value_tiers(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(crm.InvalidArgumentError) as raised:
        crm.ValueTiers(**options).fit(VALUE)
    assert raised.value.argument == argument


def test_bad_values() -> None:
    for values, error, row in (([], crm.EmptyError, None), ([1.0, float("nan")], crm.InvalidValueError, 1), ([1.0, None], crm.MissingValueError, 1)):
        with pytest.raises(error) as raised:
            crm.ValueTiers().fit(values)
        assert (raised.value.argument, raised.value.row) == ("values", row)
    with pytest.raises(crm.InvalidArgumentError):
        crm.ValueTiers.from_lower_bounds([1.0, 2.0])


def test_customer_tiers() -> None:
    tiers = crm.CustomerTiers().fit(VALUE, POTENTIAL, RISK)
    report = tiers.report_
    assert report.feasible and report.optimality_gap == 0.0 and str(report) == "all shares lie in their bands"
    assert report.indicator_correlation is not None and report.required_correlation == pytest.approx(0.084, abs=0.001)
    shares = np.bincount(tiers.tiers_) / 2_000
    assert report.tiers["share"].tolist() == shares.tolist() and report.tiers["name"].tolist() == tiers.names_
    assert (shares >= report.tiers["lowest_share"]).all() and (shares <= report.tiers["highest_share"]).all()
    value, potential, risk = tiers.value_threshold_, tiers.potential_threshold_, tiers.risk_threshold_
    assert value is not None and potential is not None and risk is not None
    at_risk, high, promising = RISK >= risk, VALUE >= value, POTENTIAL >= potential
    expected = np.where(at_risk, 3, 2 - high.astype(int) - promising)
    assert tiers.tiers_.tolist() == expected.tolist() == tiers.predict(VALUE, POTENTIAL, RISK).tolist()
    assert tiers.report(VALUE, POTENTIAL, RISK).tiers.to_arrow().equals(report.tiers.to_arrow())
    for copied in (crm.CustomerTiers.from_json(tiers.to_json()), pickle.loads(pickle.dumps(tiers))):
        assert copied.to_json() == tiers.to_json() and (copied.predict(VALUE, POTENTIAL, RISK) == tiers.tiers_).all()
    given = crm.CustomerTiers(risk_threshold=0.93).fit(VALUE, POTENTIAL, RISK)
    assert given.risk_threshold_ is not None and np.count_nonzero(given.tiers_ == 3) == np.count_nonzero(RISK >= 0.93)


def test_risk_by_truth_values() -> None:
    flags = RISK > 0.92
    tiers = crm.CustomerTiers().fit(VALUE, POTENTIAL, flags)
    assert tiers.risk_threshold_ is None and np.count_nonzero(tiers.tiers_ == 3) == flags.sum()
    for same in (flags.tolist(), pl.Series(flags)):
        assert (crm.CustomerTiers().fit(VALUE, POTENTIAL, same).tiers_ == tiers.tiers_).all()
    with pytest.raises(crm.IncompatibleError) as raised:
        tiers.predict(VALUE, POTENTIAL, RISK)
    assert raised.value.argument == "risk"


def test_bands_that_cannot_be_kept() -> None:
    independent = RANDOM.permutation(POTENTIAL)
    report = crm.CustomerTiers(
        bands={"core": (0.0, 0.01), "important": (0.0, 0.01), "basic": (0.4, 0.5), "at_risk": (0.48, 0.6)}
    ).fit(VALUE, independent, RISK).report_
    assert not report.feasible or report.text == "all shares lie in their bands"
    assert len(report.tiers) == 4 and report.text


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"bands": {"core": (0.1, 0.2)}}, "bands"),
        ({"bands": {"core": (0.5, 0.6), "important": (0.5, 0.6), "basic": (0.5, 0.6), "at_risk": (0.5, 0.6)}}, "bands"),
        ({"bands": {"core": (0.2, 0.1), "important": (0.3, 0.35), "basic": (0.4, 0.45), "at_risk": (0.05, 0.1)}}, "bands.core"),
        ({"risk_threshold": float("nan")}, "risk_threshold"),
    ],
)
def test_bad_options_of_customer_tiers(options: dict[str, Any], argument: str) -> None:
    with pytest.raises(crm.InvalidArgumentError) as raised:
        crm.CustomerTiers(**options).fit(VALUE, POTENTIAL, RISK)
    assert raised.value.argument == argument
    with pytest.raises(crm.LengthMismatchError) as found:
        crm.CustomerTiers().fit(VALUE, POTENTIAL[:5], RISK)
    assert found.value.argument == "potential"


def test_a_back_test() -> None:
    before, after = RANDOM.integers(0, 4, 500), RANDOM.integers(0, 4, 500)
    after[:300] = before[:300]
    backtest = crm.TierBacktest(before, after, target=0.5)
    assert backtest.agreement == np.mean(before == after) and backtest.reaches_target and backtest.target == 0.5
    table = crm.cross_table(before, after)
    assert backtest.cross_table.counts.tolist() == table.counts.tolist()
    assert (backtest.kappa, backtest.chance_agreement) == (table.cohens_kappa, table.chance_agreement)
    assert backtest.to_table()["kept"].tolist() == table.counts.diagonal().tolist()
    assert backtest == crm.TierBacktest(before, after, target=0.5) and "0.5" in repr(backtest)
    for arguments, error, argument in (
        (([0], [0, 1]), crm.LengthMismatchError, "after"),
        (([], []), crm.EmptyError, "before"),
        (([0], [4]), crm.InvalidValueError, "after"),
    ):
        with pytest.raises(error) as raised:
            crm.TierBacktest(*arguments)
        assert raised.value.argument == argument
    with pytest.raises(crm.InvalidArgumentError):
        crm.TierBacktest([0], [0], target=1.5)
