"""How far labellings agree, against scikit-learn, and how segments drift."""

from __future__ import annotations

from typing import Any

import crm
import numpy as np
import pytest

# Numbers of scikit-learn 1.9.1: adjusted_rand_score, normalized_mutual_info_score, cohen_kappa_score.
LABELS = np.repeat([0, 1, 2], 10)
BY_FOUR = np.arange(30) % 4
BY_EIGHT = np.minimum(np.arange(30) // 8, 2)
RAND_BY_FOUR = -0.07450430602843981
RAND_BY_EIGHT = 0.5177151120751988
INFORMATION_BY_EIGHT = 0.6200994863856103
KAPPA_BY_EIGHT = 0.7


def test_the_numbers_of_scikit_learn() -> None:
    assert crm.adjusted_rand_index(LABELS, BY_FOUR) == pytest.approx(RAND_BY_FOUR, rel=1e-13)
    assert crm.adjusted_rand_index(LABELS, BY_EIGHT) == pytest.approx(RAND_BY_EIGHT, rel=1e-13)
    assert crm.normalized_mutual_info(LABELS, BY_EIGHT) == pytest.approx(INFORMATION_BY_EIGHT, rel=1e-13)
    assert crm.cross_table(LABELS, BY_EIGHT).cohens_kappa == pytest.approx(KAPPA_BY_EIGHT, rel=1e-13)


def test_cross_tables() -> None:
    table = crm.cross_table(LABELS, BY_FOUR, row_names=["a", "b", "c", "nobody"], column_names=list("wxyz"))
    counts = np.zeros((4, 4), dtype=int)
    np.add.at(counts, (LABELS, BY_FOUR), 1)
    assert table.counts.tolist() == counts.tolist() and table.total == 30
    assert table.agreement == np.mean(LABELS == BY_FOUR)
    assert table.chance_agreement == pytest.approx((counts.sum(axis=0) @ counts.sum(axis=1)) / 900)
    cells = table.to_table()
    assert cells["row"].tolist()[:5] == ["a"] * 4 + ["b"] and cells["column"].tolist()[:4] == list("wxyz")
    assert np.isnan(cells["row_share"][-1]) and cells["customers"].sum() == 30
    assert cells["share"].sum() == pytest.approx(1) and repr(table) == "<CrossTable: 30 customers in 4 × 4 groups>"
    assert table == crm.cross_table(LABELS, BY_FOUR, row_names=list("abcd"), column_names=list("wxyz"))
    assert table != crm.cross_table(LABELS, BY_FOUR)


@pytest.mark.parametrize(
    ("call", "error", "argument"),
    [
        (lambda: crm.adjusted_rand_index([0], [0, 1]), crm.LengthMismatchError, "right"),
        (lambda: crm.adjusted_rand_index([], []), crm.EmptyError, "left"),
        (lambda: crm.normalized_mutual_info([0], [0, 1]), crm.LengthMismatchError, "right"),
        (lambda: crm.normalized_mutual_info([0.5], [0]), crm.InvalidValueError, "left"),
        (lambda: crm.cross_table([0], [0, 1]), crm.LengthMismatchError, "columns"),
        (lambda: crm.cross_table([0], [-1]), crm.InvalidValueError, "columns"),
        (lambda: crm.cross_table([0, 70_000], [0, 1]), crm.OutOfRangeError, "rows"),
        (lambda: crm.cross_table([0, 1], [0, 1], row_names=["a"]), crm.LengthMismatchError, "row_names"),
        (lambda: crm.cross_table([0, 1], [0, 1], row_names=["a"], column_names=["b", "c"]), crm.OutOfRangeError, "rows"),
        (lambda: crm.SegmentDrift([0], [0], 0), crm.InvalidArgumentError, "segments"),
        (lambda: crm.SegmentDrift([0], [1], 1), crm.OutOfRangeError, "after"),
        (lambda: crm.SegmentDrift([], [0], 1), crm.EmptyError, "before"),
        (lambda: crm.SegmentDrift([0], [0], 1, matching="by_name"), crm.InvalidArgumentError, "matching"),  # type: ignore[arg-type]
        (lambda: crm.SegmentDrift([0], [0], 1, matching=([0], [0, 1])), crm.LengthMismatchError, "matching"),
        (lambda: crm.SegmentDrift([0], [0], 1, features=([[1.0]], [[1.0, 2.0]])), crm.IncompatibleError, "features"),
    ],
)
def test_what_is_refused(call: Any, error: type[crm.CrmError], argument: str) -> None:
    with pytest.raises(error) as raised:
        call()
    assert raised.value.argument == argument, raised.value


def test_the_drift_of_a_model(cdnow: crm.PurchaseHistory) -> None:
    earlier, later = cdnow.base("1997-09-30"), cdnow.base("1998-06-30")
    model = crm.SegmentModel(4, start_count=2).fit(earlier)
    drift = crm.SegmentDrift.between(model, earlier, later)
    before, after = model.labels_, model.predict(later)
    sizes = drift.sizes
    assert sizes["segment"].tolist() == model.names_
    p, q = np.bincount(before, minlength=4) / len(before), np.bincount(after, minlength=4) / len(after)
    np.testing.assert_allclose(sizes["change"], q - p, rtol=1e-12, atol=1e-15)
    assert drift.population_stability_index == pytest.approx(((q - p) * np.log(q / p)).sum(), rel=1e-12)
    assert drift.population_shift in ("insignificant", "moderate", "significant") and "SegmentDrift" in repr(drift)
    # All customers bought in early 1997, so both bases have the same ones.
    assert drift.migration is not None
    assert drift.migration == crm.cross_table(before, after, row_names=model.names_, column_names=model.names_)
    moves = drift.centre_moves
    assert len(moves) == 12 and moves["feature"].tolist()[:3] == model.feature_names_in_
    scaled = model.scaler_.transform(later)["net_amount"]
    assert moves["mean_after"][2] == pytest.approx(scaled[after == 0].mean(), rel=1e-9)
    plain = crm.SegmentDrift(before, after, 4)
    assert plain.migration is None and len(plain.centre_moves) == 0
