"""Scaling of features."""

from __future__ import annotations

import pickle
from typing import Any

import crm
import numpy as np
import pytest

RANDOM = np.random.default_rng(3)
VALUES = {
    "visits": RANDOM.poisson(4, 300).astype(float),
    "spend": RANDOM.gamma(1, 50, 300),
    "score": RANDOM.normal(10, 3, 300),
}
UNITS = {"visits": "count", "spend": "money"}
TABLE = crm.FeatureTable(VALUES, units=UNITS)


def z_score(values: Any) -> Any:
    return (values - values.mean()) / values.std()


def test_the_defaults_by_unit() -> None:
    scaled = crm.FeatureScaler().fit(TABLE).transform(TABLE)
    assert scaled.columns == TABLE.columns
    reference = np.sort(VALUES["spend"])[149]
    np.testing.assert_allclose(scaled["visits"], z_score(np.log1p(VALUES["visits"])), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(scaled["spend"], z_score(np.log1p(VALUES["spend"] / reference)), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(scaled["score"], z_score(VALUES["score"]), rtol=1e-12, atol=1e-12)


def test_what_is_asked_for() -> None:
    scaler = crm.FeatureScaler(
        default="robust",
        columns={"visits": {"weight": 4.0}, "score": {"method": "z_score", "winsorise": (0.05, 0.1)}},
    ).fit(TABLE)
    assert scaler.scalings_["visits"] == {"method": "z_score", "transform": "log1p", "winsorise": None, "weight": 4.0}
    assert scaler.scalings_["spend"] == {"method": "robust", "transform": "none", "winsorise": None, "weight": 1.0}
    scaled = scaler.transform(TABLE)
    np.testing.assert_allclose(scaled["visits"], 2 * z_score(np.log1p(VALUES["visits"])), rtol=1e-12, atol=1e-12)
    low, middle, high = np.quantile(VALUES["spend"], [0.25, 0.5, 0.75])
    np.testing.assert_allclose(scaled["spend"], (VALUES["spend"] - middle) / (high - low) * 1.3489795003921634, rtol=1e-9)
    clipped = np.clip(VALUES["score"], *np.quantile(VALUES["score"], [0.05, 0.9]))
    np.testing.assert_allclose(scaled["score"], z_score(clipped), rtol=1e-11, atol=1e-11)
    every = crm.FeatureScaler(default={"winsorise": [0.0, 0.01]}).fit(TABLE)  # type: ignore[arg-type]
    assert every.scalings_["visits"]["transform"] == "log1p" and every.scalings_["score"]["winsorise"] == (0.0, 0.01)


def test_fit_and_transform_at_once() -> None:
    scaler = crm.FeatureScaler()
    at_once = scaler.fit_transform(TABLE)
    assert at_once.to_arrow().equals(crm.FeatureScaler().fit(TABLE).transform(TABLE).to_arrow())
    back = scaler.inverse_transform(at_once)
    for name, values in VALUES.items():
        np.testing.assert_allclose(back[name], values, rtol=1e-9, atol=1e-12)


def test_missing_values() -> None:
    table = crm.FeatureTable({"score": [1.0, None, 3.0, 8.0]})
    with pytest.raises(crm.MissingValueError) as raised:
        crm.FeatureScaler().fit(table)
    assert (raised.value.argument, raised.value.row) == ("score", 1)
    scaler = crm.FeatureScaler(missing="median").fit(table)
    assert scaler.transform(table)["score"][1] == scaler.transform(table)["score"][2]
    assert scaler.warnings_ == ["score: 1 missing values took the median"]


def test_what_was_fitted(calibration: crm.CustomerBase) -> None:
    scaler = crm.FeatureScaler().fit(calibration)
    assert scaler.feature_names_in_ == ["time_since_last_purchase", "purchase_days", "net_amount"]
    assert (scaler.as_of_, scaler.window_days_, scaler.customers_) == (calibration.as_of, None, len(calibration))
    assert scaler.units_["time_since_last_purchase"] == "week"
    amounts = np.sort(np.abs(calibration.to_table()["net_amount"]))
    amounts = amounts[amounts > 0]
    assert scaler.references_["net_amount"] == amounts[(len(amounts) - 1) // 2]
    assert scaler.references_["purchase_days"] == 1.0 and scaler.warnings_ == []


def test_a_scaler_survives_storage() -> None:
    scaler = crm.FeatureScaler(columns={"spend": "rank"}, missing="median").fit(TABLE)
    expected = scaler.transform(TABLE).to_arrow()
    for copied in (crm.FeatureScaler.from_json(scaler.to_json()), pickle.loads(pickle.dumps(scaler))):
        assert copied.transform(TABLE).to_arrow().equals(expected)
        assert copied.fit(TABLE).to_json() == scaler.to_json()
    assert pickle.loads(pickle.dumps(crm.FeatureScaler(default="rank"))).default == "rank"
    assert repr(crm.FeatureScaler(default="rank")) == "FeatureScaler(default='rank')"


@pytest.mark.parametrize(
    ("options", "error", "argument"),
    [
        ({"default": "standard"}, crm.InvalidArgumentError, "method"),
        ({"default": {"transform": "log"}}, crm.InvalidArgumentError, "transform"),
        ({"default": {"means": 1}}, crm.InvalidArgumentError, "default"),
        ({"default": 3}, crm.WrongTypeError, "default"),
        ({"columns": ["visits"]}, crm.WrongTypeError, "columns"),
        ({"columns": {"visits": {"weights": 2}}}, crm.InvalidArgumentError, "visits"),
        ({"columns": {"visits": {"winsorise": 0.1}}}, crm.WrongTypeError, "visits"),
        ({"columns": {"visits": {"winsorise": (0.5, 0.5)}}}, crm.InvalidArgumentError, "winsorise of visits"),
        ({"columns": {"visits": {"weight": -1.0}}}, crm.InvalidArgumentError, "weight of visits"),
        ({"default": {"weight": 0.0}}, crm.InvalidArgumentError, "weight"),
        ({"columns": {"clicks": "rank"}}, crm.MissingColumnError, "clicks"),
        ({"missing": "mean"}, crm.InvalidArgumentError, "missing"),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[crm.CrmError], argument: str) -> None:
    with pytest.raises(error) as raised:
        crm.FeatureScaler(**options).fit(TABLE)
    assert raised.value.argument == argument


def test_tables_that_do_not_fit() -> None:
    scaler = crm.FeatureScaler().fit(TABLE)
    for other in (crm.FeatureTable({"visits": [1.0]}), crm.FeatureTable({name: values[:5] for name, values in VALUES.items()})):
        with pytest.raises(crm.IncompatibleError):
            scaler.transform(other)
    with pytest.raises(crm.IncompatibleError):
        scaler.inverse_transform([[1.0, 2.0]])
    with pytest.raises(crm.WrongTypeError):
        scaler.transform(VALUES)  # type: ignore[arg-type]
    with pytest.raises(crm.InvalidArgumentError, match="not fitted yet"):
        crm.FeatureScaler().transform(TABLE)
    with pytest.raises(crm.CorruptError):
        crm.FeatureScaler.from_json("{}")
