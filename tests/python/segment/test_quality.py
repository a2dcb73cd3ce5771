"""How good clusters are, against scikit-learn, and how many there are."""

from __future__ import annotations

from typing import Any

import crm
import numpy as np
import pytest

# The rows and labels of test_kmeans.py; numbers of scikit-learn 1.9.1: silhouette_score, silhouette_samples,
# calinski_harabasz_score, davies_bouldin_score.
ROWS = np.array([[(7 * i * i + 3 * i) % 23, (5 * i * i + i) % 19] for i in range(30)], dtype=float)
ROWS[10:20] += [30, 5]
ROWS[20:] += [8, 40]
LABELS = np.repeat([0, 1, 2], 10)
SILHOUETTE = 0.649698522338829
SILHOUETTES = [0.6163591104437482, 0.7371697656217782, 0.6924393858534845, 0.6931998091834016]
CALINSKI_HARABASZ = 100.6567341483938
DAVIES_BOULDIN = 0.4616980307703522


def test_the_numbers_of_scikit_learn() -> None:
    found = crm.silhouette(ROWS, LABELS)
    assert found.mean == pytest.approx(SILHOUETTE, rel=1e-13)
    assert (found.standard_error, found.sampled_rows, found.negative_share) == (0.0, 30, 0.0)
    assert found.clusters["rows"].tolist() == [10, 10, 10]
    np.testing.assert_allclose(crm.silhouette_values(ROWS, LABELS)[:4], SILHOUETTES, rtol=1e-13)
    dispersion = crm.dispersion(ROWS, LABELS.tolist())
    assert dispersion.calinski_harabasz == pytest.approx(CALINSKI_HARABASZ, rel=1e-13)
    assert dispersion.davies_bouldin == pytest.approx(DAVIES_BOULDIN, rel=1e-13)
    assert dispersion.clusters == 3 and dispersion.total == pytest.approx(dispersion.within + dispersion.between)


def test_samples_depend_on_the_seed_alone() -> None:
    found = [crm.silhouette(ROWS, LABELS, sample=12, seed=seed, threads=threads) for seed in (1, 2) for threads in (1, 3)]
    assert found[0].mean == found[1].mean != found[2].mean and found[0].standard_error > 0
    gaps = [crm.gap(ROWS, 4, references=5, threads=threads) for threads in (1, 2)]
    assert gaps[0].rows.to_arrow().equals(gaps[1].rows.to_arrow())
    assert gaps[0].choice == 3 and gaps[0].rows["clusters"].tolist() == [1, 2, 3, 4] and gaps[0].sampled_rows == 30
    assert crm.gap(ROWS, 4, references=5, reference="feature_ranges").choice == 3
    stable = crm.stability(ROWS, 3, pairs=5)
    assert len(stable.values) == 5 and stable.mean == pytest.approx(stable.values.mean())
    assert stable.standard_deviation == pytest.approx(stable.values.std(ddof=1)) and stable.sampled_rows == 30


def test_the_choice() -> None:
    options: dict[str, Any] = {"gap_references": 8, "stability_pairs": 6}
    choice = crm.choose_clusters(ROWS, (2, 5), **options)
    assert choice.recommended == 3 and choice.votes["silhouette"] == 3
    table = choice.to_table()
    assert table["clusters"].tolist() == [2, 3, 4, 5] and table["supported"][1]
    assert table["silhouette"][1] == pytest.approx(SILHOUETTE, rel=1e-12)
    assert choice.total > table["inertia"].max() and choice.reasons[0].startswith("3 clusters have ")
    assert choice == crm.choose_clusters(ROWS, (2, 5), threads=1, **options)
    assert repr(choice).startswith("<ClusterChoice: 3 recommended: ")
    assert choice.gap_choice == 3 and choice.gap_of_one is not None and choice.knee in (None, 2, 3, 4, 5)
    assert choice.runner_up is None or 2 <= choice.runner_up <= 5
    nothing = crm.choose_clusters(np.random.default_rng(1).random((200, 2)), (2, 3), **options)
    assert nothing.recommended is None and nothing.votes == {} and nothing.reasons


@pytest.mark.parametrize(
    ("call", "error", "argument"),
    [
        (lambda: crm.silhouette(ROWS, [0, 1]), crm.LengthMismatchError, "labels"),
        (lambda: crm.silhouette(ROWS, [0] * 30), crm.InvalidArgumentError, "labels"),
        (lambda: crm.silhouette(ROWS, [0.5] * 30), crm.InvalidValueError, "labels"),
        (lambda: crm.silhouette(ROWS, [-1] * 30), crm.InvalidValueError, "labels"),
        (lambda: crm.silhouette(ROWS, [70_000] * 30), crm.InvalidValueError, "labels"),
        (lambda: crm.silhouette(ROWS, ["a"] * 30), crm.WrongTypeError, "labels"),
        (lambda: crm.silhouette(ROWS, LABELS, sample=0), crm.InvalidArgumentError, "sample"),
        (lambda: crm.silhouette(ROWS * np.nan, LABELS), crm.InvalidValueError, "feature 0"),
        (lambda: crm.silhouette_values(ROWS, [0, 1]), crm.LengthMismatchError, "labels"),
        (lambda: crm.dispersion(ROWS, [0, 1]), crm.LengthMismatchError, "labels"),
        (lambda: crm.gap(ROWS, 1), crm.InvalidArgumentError, "most_clusters"),
        (lambda: crm.gap(ROWS, 3, references=1), crm.InvalidArgumentError, "references"),
        (lambda: crm.gap(ROWS, 3, reference="box"), crm.InvalidArgumentError, "reference"),  # type: ignore[arg-type]
        (lambda: crm.stability(ROWS, 1), crm.InvalidArgumentError, "clusters"),
        (lambda: crm.stability(ROWS, 3, pairs=0), crm.InvalidArgumentError, "pairs"),
        (lambda: crm.stability(ROWS, 3, start_count=0), crm.InvalidArgumentError, "start_count"),
        (lambda: crm.choose_clusters(ROWS, (1, 3)), crm.InvalidArgumentError, "clusters"),
        (lambda: crm.choose_clusters(ROWS, (4, 3)), crm.InvalidArgumentError, "clusters"),
        (lambda: crm.choose_clusters(ROWS, (2, 30)), crm.InvalidArgumentError, "clusters"),
        (lambda: crm.choose_clusters(ROWS, gap_start_count=0), crm.InvalidArgumentError, "gap_start_count"),
        (lambda: crm.choose_clusters(ROWS, stability_pairs=-1), crm.InvalidArgumentError, "stability_pairs"),
        (lambda: crm.choose_clusters(ROWS, threads=-1), crm.InvalidArgumentError, "threads"),
    ],
)
def test_what_is_refused(call: Any, error: type[crm.CrmError], argument: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert raised.value.argument == argument, raised.value
