"""K-means against scikit-learn, and its manners."""

from __future__ import annotations

import copy
import pickle
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import crm
import numpy as np
import pytest

# Numbers of scikit-learn 1.9.1: KMeans(3, init=ROWS[[0, 10, 20]], n_init=1, tol=0).
ROWS = np.array([[(7 * i * i + 3 * i) % 23, (5 * i * i + i) % 19] for i in range(30)], dtype=float)
ROWS[10:20] += [30, 5]
ROWS[20:] += [8, 40]
STARTS = ROWS[[0, 10, 20]]
LABELS = [0] * 10 + [1] * 10 + [2] * 10
CENTRES = [[10.6, 8.3], [39.0, 11.9], [17.0, 49.9]]
INERTIA = 2020.3
WEIGHTED_CENTRES = [
    [13.0, 9.763636363636365],
    [38.987096774193546, 11.464516129032258],
    [17.007843137254902, 50.17254901960784],
]
WEIGHTED_INERTIA = 15403.424230924044
DISTANCES = [
    [13.462912017836256, 40.77511495998509, 52.71631625976914],
    [2.376972864800938, 29.594087247286406, 44.454583565702194],
]


def given(**options: Any) -> crm.KMeans:
    return crm.KMeans(3, starts=STARTS, tolerance=0.0, order_by=0, **options)


def test_the_numbers_of_scikit_learn() -> None:
    kmeans = given().fit(ROWS)
    # Clusters are numbered by the first feature, theirs by the starts.
    order = np.argsort(np.array(CENTRES)[:, 0])
    np.testing.assert_allclose(kmeans.cluster_centers_, np.array(CENTRES)[order], rtol=1e-14)
    assert kmeans.labels_.tolist() == np.argsort(order)[LABELS].tolist()
    assert kmeans.inertia_ == pytest.approx(INERTIA, rel=1e-14) and kmeans.n_iter_ == 2 and kmeans.converged_
    np.testing.assert_allclose(kmeans.transform(ROWS[:2]), np.array(DISTANCES)[:, order], rtol=1e-14)
    weighted = given().fit(ROWS, sample_weight=np.arange(1, 31) / 2)
    np.testing.assert_allclose(weighted.cluster_centers_, np.array(WEIGHTED_CENTRES)[order], rtol=1e-14)
    assert weighted.inertia_ == pytest.approx(WEIGHTED_INERTIA, rel=1e-14)


def test_assignment() -> None:
    kmeans = crm.KMeans(2).fit([[0.0], [0.0], [10.0], [10.0]])
    table = kmeans.assign([[0.0], [2.0], [5.0]])
    assert table.columns == ["cluster", "distance", "next_cluster", "next_distance", "border"]
    assert table["border"].tolist() == [0.0, 0.25, 1.0] and table["next_cluster"].tolist() == [1, 1, 1]
    one = crm.KMeans(1).fit([[0.0], [2.0]]).assign([[0.0]])
    assert one["next_distance"].tolist() == [np.inf] and one["border"].tolist() == [0.0]
    assert kmeans.sizes_.columns == ["cluster", "rows", "weight", "within"]


def test_ids_of_customers_come_along(calibration: crm.CustomerBase) -> None:
    table = crm.FeatureTable.from_base(calibration)
    assigned = crm.KMeans(3, order_by="net_amount").fit(table).assign(table)
    assert assigned["customer_id"].tolist() == calibration.to_table()["customer_id"].tolist()


def test_clusters_are_numbered_by_a_feature() -> None:
    frame = {"visits": ROWS[:, 0], "spend": ROWS[:, 1]}
    by_spend = crm.KMeans(3, order_by="spend", descending=True).fit(frame)
    assert (np.diff(by_spend.cluster_centers_[:, 1]) < 0).all()
    assert by_spend.feature_names_in_ == ["visits", "spend"] and by_spend.n_features_in_ == 2
    assert (by_spend.labels_ == crm.KMeans(3, order_by=1, descending=True).fit_predict(ROWS)).all()
    with pytest.raises(crm.IncompatibleError, match="spend, visits"):
        by_spend.predict({"spend": [1.0], "visits": [2.0]})
    with pytest.raises(crm.MissingColumnError, match="clicks"):
        crm.KMeans(3, order_by="clicks").fit(frame)
    with pytest.raises(crm.WrongTypeError):
        crm.KMeans(3, order_by="visits").fit(ROWS)


def test_neither_threads_nor_the_layout_change_a_bit() -> None:
    rows = np.random.default_rng(5).normal(size=(9_000, 4))
    texts = set()
    for threads in (1, 2, 5):
        for data in (rows, np.asfortranarray(rows), dict(zip("abcd", rows.T, strict=True))):
            kmeans = crm.KMeans(6, start_count=2, threads=threads).fit(data)
            texts.add((kmeans.to_json(), kmeans.predict(rows).tobytes(), kmeans.labels_.tobytes()))
    assert len(texts) == 1
    assert crm.KMeans(6, start_count=2, starts="random", seed=1).fit(rows).inertia_ > 0


def test_fits_run_beside_each_other() -> None:
    rows = np.random.default_rng(6).normal(size=(4_000, 3))
    rows.flags.writeable = False
    with ThreadPoolExecutor(4) as pool:
        fitted = list(pool.map(lambda _: crm.KMeans(5, start_count=2, threads=2).fit(rows).to_json(), range(8)))
    assert len(set(fitted)) == 1


def test_a_model_survives_storage() -> None:
    kmeans = given(descending=True).fit({"visits": ROWS[:, 0], "spend": ROWS[:, 1]})
    assert (crm.KMeans.from_json(kmeans.to_json()).predict(ROWS) == kmeans.labels_).all()
    for copied in (pickle.loads(pickle.dumps(kmeans)), copy.deepcopy(kmeans)):
        assert copied.to_json() == kmeans.to_json() and (copied.labels_ == kmeans.labels_).all()
        assert copied.feature_names_in_ == ["visits", "spend"] and copied.descending
    with pytest.raises(crm.InvalidArgumentError, match="call predict"):
        _ = crm.KMeans.from_json(kmeans.to_json()).labels_
    assert pickle.loads(pickle.dumps(crm.KMeans(4))).clusters == 4


def test_the_manners_of_scikit_learn() -> None:
    kmeans = given()
    assert kmeans.get_params()["starts"] is STARTS
    assert kmeans.set_params(clusters=2, starts="k-means++") is kmeans and kmeans.fit(ROWS, None) is kmeans
    clone = type(kmeans)(**kmeans.get_params(deep=False))
    assert all(clone.get_params()[name] is value for name, value in kmeans.get_params().items())
    assert repr(crm.KMeans(3, seed=7)) == "KMeans(clusters=3, seed=7)" and "starts=array" in repr(given())
    assert crm.KMeans(2).fit_transform(ROWS).shape == (30, 2)
    with pytest.raises(crm.InvalidArgumentError, match="not fitted yet"):
        crm.KMeans(2).predict(ROWS)
    # A fit that fails leaves what was fitted.
    with pytest.raises(crm.InvalidArgumentError):
        kmeans.set_params(clusters=0).fit(ROWS)
    assert kmeans.predict(ROWS[:1]).shape == (1,)


@pytest.mark.parametrize(
    ("options", "error", "argument"),
    [
        ({"clusters": 0}, crm.InvalidArgumentError, "clusters"),
        ({"clusters": -1}, crm.InvalidArgumentError, "clusters"),
        ({"clusters": 31}, crm.InvalidArgumentError, "clusters"),
        ({"clusters": 70_000}, crm.InvalidArgumentError, "clusters"),
        ({"starts": "furthest"}, crm.InvalidArgumentError, "starts"),
        ({"starts": "given"}, crm.InvalidArgumentError, "starts"),
        ({"starts": [[1.0, 2.0]]}, crm.LengthMismatchError, "starts"),
        ({"starts": [[1.0], [2.0], [3.0]]}, crm.LengthMismatchError, "starts"),
        ({"starts": [[1.0, float("nan")]] * 3}, crm.InvalidValueError, "starts"),
        ({"start_count": 0}, crm.InvalidArgumentError, "start_count"),
        ({"most_iterations": 0}, crm.InvalidArgumentError, "most_iterations"),
        ({"most_iterations": 2**40}, crm.InvalidArgumentError, "most_iterations"),
        ({"tolerance": -1.0}, crm.InvalidArgumentError, "tolerance"),
        ({"tolerance": float("nan")}, crm.InvalidArgumentError, "tolerance"),
        ({"seed": -1}, crm.InvalidArgumentError, "seed"),
        ({"order_by": 2}, crm.InvalidArgumentError, "order_by"),
        ({"order_by": -1}, crm.InvalidArgumentError, "order_by"),
        ({"threads": -1}, crm.InvalidArgumentError, "threads"),
        ({"threads": 5000}, crm.InvalidArgumentError, "threads"),
    ],
)
def test_bad_options(options: dict[str, Any], error: type[crm.CrmError], argument: str) -> None:
    with pytest.raises(error) as raised:
        crm.KMeans(**{"clusters": 3, **options}).fit(ROWS)
    assert raised.value.argument == argument, raised.value


@pytest.mark.parametrize(
    ("weights", "error", "row"),
    [
        ([1.0], crm.LengthMismatchError, None),
        ([1.0] * 29 + [-1.0], crm.InvalidValueError, 29),
        ([float("nan")] + [1.0] * 29, crm.InvalidValueError, 0),
        ([None] + [1.0] * 29, crm.MissingValueError, 0),
        ([0] * 30, crm.InvalidValueError, None),
    ],
)
def test_bad_weights(weights: list[Any], error: type[crm.CrmError], row: int | None) -> None:
    with pytest.raises(error) as raised:
        crm.KMeans(3).fit(ROWS, sample_weight=weights)
    assert (raised.value.argument, raised.value.row) == ("sample_weight", row), raised.value


def test_rows_of_another_width() -> None:
    kmeans = given().fit(ROWS)
    for use in (kmeans.predict, kmeans.assign, kmeans.transform):
        with pytest.raises(crm.IncompatibleError) as raised:
            use(ROWS[:, :1])
        assert raised.value.argument == "X"


@pytest.mark.parametrize("text", ["", "[1]", '{"version": 1}', '{"model": "rfm", "version": 1}'])
def test_bad_json(text: str) -> None:
    with pytest.raises(crm.CrmError):
        crm.KMeans.from_json(text)


def test_weights_of_batches_are_numbers_of_rows() -> None:
    counts = np.arange(30) % 4
    weighted, repeated = (crm.MiniBatchKMeans(3, starts=ROWS[[1, 11, 21]]) for _ in range(2))
    for part in (slice(0, None), slice(0, None, 2), slice(1, None, 2)):
        weighted.partial_fit(ROWS[part], sample_weight=counts[part])
        repeated.partial_fit(np.repeat(ROWS[part], counts[part], axis=0))
    np.testing.assert_allclose(weighted.cluster_centers_, repeated.cluster_centers_, rtol=1e-13)
    assert weighted.sizes_["weight"].tolist() == repeated.sizes_["weight"].tolist()
    before = weighted.to_json()
    with pytest.raises(crm.InvalidValueError) as raised:
        weighted.partial_fit(ROWS[:2], sample_weight=[1.0, -1.0])
    assert (raised.value.argument, raised.value.row) == ("sample_weight", 1) and weighted.to_json() == before


def test_batches() -> None:
    learner = crm.MiniBatchKMeans(3, order_by="visits")
    frames = [{"visits": part[:, 0], "spend": part[:, 1]} for part in (ROWS[::2], ROWS[1::2])]
    for frame in frames:
        assert learner.partial_fit(frame) is learner
    assert learner.n_batches_ == 2 and learner.sizes_["rows"].sum() == 30
    # Each centre is the mean of all rows that came to it.
    np.testing.assert_allclose(learner.cluster_centers_, sorted(CENTRES), rtol=1e-12)
    halfway = crm.MiniBatchKMeans(3, order_by="visits").partial_fit(frames[0])
    for copied in (pickle.loads(pickle.dumps(halfway)), crm.MiniBatchKMeans.from_json(halfway.to_json()).set_params(order_by="visits")):
        assert copied.partial_fit(frames[1]).to_json() == learner.to_json()
    with pytest.raises(crm.IncompatibleError):
        learner.partial_fit(ROWS[:, :1])
    with pytest.raises(crm.InvalidValueError):
        learner.partial_fit({"visits": [1.0], "spend": [float("nan")]})
    assert learner.n_batches_ == 2
    with pytest.raises(crm.IncompatibleError, match="3 clusters"):
        pickle.loads(pickle.dumps(learner)).set_params(clusters=2).partial_fit(frames[0])
    assert learner.fit(frames[0]).n_batches_ == 1
    with pytest.raises(crm.InvalidArgumentError, match="not fitted yet"):
        _ = crm.MiniBatchKMeans(3).n_batches_
