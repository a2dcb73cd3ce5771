"""Segments of customers as one model."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import crm
import numpy as np
import pytest

TABLE = crm.FeatureTable(
    {"visits": [1, 2, 1, 30, 28, 33], "net_amount": [5.0, 9.0, 4.0, 800.0, 650.0, 990.0]},
    units={"visits": "count", "net_amount": "money:EUR"},
)


@pytest.fixture(scope="module")
def model(cdnow: crm.PurchaseHistory) -> crm.SegmentModel:
    return crm.SegmentModel(4, start_count=3).fit(cdnow.base("1997-09-30"))


def test_segments_of_a_base(cdnow: crm.PurchaseHistory, model: crm.SegmentModel) -> None:
    base = cdnow.base("1997-09-30")
    table = crm.FeatureTable.from_base(base)
    assert crm.SegmentModel(4, start_count=3).fit(table).to_json() == model.to_json()
    assert len(model.names_) == len(set(model.names_)) == 4 and model.as_of_ == base.as_of
    assigned = model.assign(base)
    assert assigned["customer_id"].tolist() == base.to_table()["customer_id"].tolist()
    assert assigned["label"].tolist() == model.labels_.tolist() == model.predict(table).tolist()
    assert assigned["segment"].tolist() == [model.names_[label] for label in model.labels_]
    np.testing.assert_allclose(assigned["border"], assigned["distance"] / assigned["next_distance"], rtol=1e-15)
    # Segment 0 is worth most.
    amounts = base.to_table()["net_amount"]
    means = [amounts[model.labels_ == label].mean() for label in range(4)]
    assert means == sorted(means, reverse=True)
    later = cdnow.base("1998-06-30")
    assert len(model.assign(later)) == len(later)
    assert model.feature_names_in_ == table.columns and model.units_ == table.units


def test_the_parts_are_those_of_the_steps(cdnow: crm.PurchaseHistory, model: crm.SegmentModel) -> None:
    base = cdnow.base("1997-09-30")
    scaler = crm.FeatureScaler()
    kmeans = crm.KMeans(4, start_count=3, order_by="net_amount", descending=True).fit(scaler.fit_transform(base))
    assert (kmeans.labels_ == model.labels_).all() and model.kmeans_.to_json() == kmeans.to_json()
    assert model.scaler_.to_json() == scaler.to_json()
    assert crm.SegmentModel.from_parts(base, scaler, kmeans).to_json() == model.to_json()
    centres = model.centres_
    assert centres.columns == ["label", "segment", *model.feature_names_in_]
    expected = scaler.inverse_transform(kmeans.cluster_centers_)
    for name in model.feature_names_in_:
        assert centres[name].tolist() == expected[name].tolist()


def test_weights_are_numbers_of_customers() -> None:
    counts = [2, 0, 3, 1, 4, 1]
    scaling = crm.FeatureScaler(default="none")
    options: dict[str, Any] = {"scaling": scaling, "starts": [[1.0, 5.0], [30.0, 800.0]]}
    weighted = crm.SegmentModel(2, **options).fit(TABLE, sample_weight=counts)
    repeated = crm.FeatureTable(
        {name: np.repeat(TABLE[name], counts) for name in TABLE.columns},
        units=TABLE.units,
    )
    copied = crm.SegmentModel(2, **options).fit(repeated)
    assert weighted.labels_.tolist() == [1, 1, 1, 0, 0, 0]
    for name in ("visits", "net_amount"):
        np.testing.assert_allclose(weighted.centres_[name], copied.centres_[name], rtol=1e-13)
    with pytest.raises(crm.InvalidValueError) as raised:
        crm.SegmentModel(2).fit(TABLE, sample_weight=[0] * 6)
    assert raised.value.argument == "sample_weight"


def test_profiles(cdnow: crm.PurchaseHistory, model: crm.SegmentModel) -> None:
    base = cdnow.base("1997-09-30")
    profiles = model.profiles(base)
    assert profiles.names == model.names_ and profiles.report == model.profiles(base, model.labels_).report
    table = profiles.to_table()
    assert len(table) == 4 * 3
    amounts = base.to_table()["net_amount"]
    rows = table["feature"] == "net_amount"
    for label, mean, median, others, share in zip(
        *(table[name][rows] for name in ("label", "mean", "median", "mean_of_others", "share_of_total")), strict=True
    ):
        own = model.labels_ == label
        assert mean == pytest.approx(amounts[own].mean(), rel=1e-12) and median == np.median(amounts[own])
        assert others == pytest.approx(amounts[~own].mean(), rel=1e-12)
        assert share == pytest.approx(amounts[own].sum() / amounts.sum(), rel=1e-12)
    segments = profiles.segments()
    assert segments["customers"].tolist() == np.bincount(model.labels_).tolist() and len(profiles) == 4
    assert str(profiles) == profiles.report and profiles.report.startswith(f"4 segments of {len(base)} customers")
    assert profiles.distinguishing(0)[0] in profiles.report and len(profiles.distinguishing(0, most=1)) == 1
    assert np.isnan(table["share_of_total"][0]) and set(table["effect_size"]) <= {"negligible", "small", "medium", "large"}
    assert repr(profiles).startswith("<SegmentProfiles: 4 segments: ")
    plain = crm.SegmentProfiles(TABLE, [1, 1, 1, 0, 0, 0], names=["good", "new"])
    assert plain.names == ["good", "new"] and plain.suggested_names == ["High value, high visits", "Low value, low visits"]


def test_names() -> None:
    fitted = crm.SegmentModel(2).fit(TABLE)
    named = fitted.with_names(["good", "new"])
    assert named.names_ == ["good", "new"] and fitted.names_ != named.names_
    assert (named.labels_ == fitted.labels_).all() and named.assign(TABLE)["segment"].tolist() == ["new"] * 3 + ["good"] * 3
    for names, error in ((["good"], crm.LengthMismatchError), (["good", "good"], crm.InvalidArgumentError), (["", "x"], crm.InvalidArgumentError)):
        with pytest.raises(error) as raised:
            fitted.with_names(names)
        assert raised.value.argument == "names"


def test_a_model_survives_storage() -> None:
    scaling = crm.FeatureScaler(default="robust", missing="median")
    fitted = crm.SegmentModel(2, scaling=scaling, seed=4).fit(TABLE)
    for copied in (crm.SegmentModel.from_json(fitted.to_json()), pickle.loads(pickle.dumps(fitted)), copy.deepcopy(fitted)):
        assert copied.to_json() == fitted.to_json() and copied.predict(TABLE).tolist() == fitted.labels_.tolist()
        assert copied.fit(TABLE).to_json() == fitted.to_json()
    assert "model_" not in scaling.__dict__
    with pytest.raises(crm.InvalidArgumentError, match="call predict"):
        _ = crm.SegmentModel.from_json(fitted.to_json()).labels_


def test_the_manners_of_scikit_learn() -> None:
    scaling = crm.FeatureScaler(default="rank")
    model = crm.SegmentModel(3, scaling=scaling)
    assert model.get_params()["scaling"] is scaling and model.set_params(clusters=2) is model
    assert model.fit(TABLE, None) is model and model.fit_predict(TABLE).tolist() == [1, 1, 1, 0, 0, 0]
    assert repr(model) == "SegmentModel(clusters=2, scaling=FeatureScaler(default='rank'))"
    with pytest.raises(crm.InvalidArgumentError, match="not fitted yet"):
        crm.SegmentModel(2).assign(TABLE)


@pytest.mark.parametrize(
    ("options", "error", "argument"),
    [
        ({"clusters": 0}, crm.InvalidArgumentError, "clusters"),
        ({"clusters": 7}, crm.InvalidArgumentError, "clusters"),
        ({"order_by": "clicks"}, crm.MissingColumnError, "order_by"),
        ({"scaling": "rank"}, crm.WrongTypeError, "scaling"),
        ({"scaling": crm.FeatureScaler(columns={"clicks": "rank"})}, crm.MissingColumnError, "clicks"),
        ({"starts": "first"}, crm.InvalidArgumentError, "starts"),
        ({"start_count": 0}, crm.InvalidArgumentError, "start_count"),
        ({"threads": -1}, crm.InvalidArgumentError, "threads"),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[crm.CrmError], argument: str) -> None:
    with pytest.raises(error) as raised:
        crm.SegmentModel(**{"clusters": 2, **options}).fit(TABLE)
    assert raised.value.argument == argument, raised.value


def test_tables_and_labels_that_do_not_fit() -> None:
    fitted = crm.SegmentModel(2).fit(TABLE)
    with pytest.raises(crm.IncompatibleError):
        fitted.assign(crm.FeatureTable({"visits": [1.0]}))
    with pytest.raises(crm.WrongTypeError) as raised:
        fitted.assign([[1.0]])  # type: ignore[arg-type]
    assert raised.value.argument == "data"
    for labels, error in (([0], crm.LengthMismatchError), ([0, 1, 2, 0, 0, 0], crm.InvalidValueError), ([0.5] * 6, crm.InvalidValueError), ([-1] * 6, crm.InvalidValueError)):
        with pytest.raises(error) as found:
            fitted.profiles(TABLE, labels)
        assert found.value.argument == "labels"
    with pytest.raises(crm.InvalidArgumentError):
        fitted.profiles(TABLE).distinguishing(2)
    with pytest.raises(crm.CorruptError):
        crm.SegmentModel.from_json("{}")
