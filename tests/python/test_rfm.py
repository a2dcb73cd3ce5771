"""The RFM estimator."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import crm
import numpy as np
import pandas as pd  # type: ignore[import-untyped]
import pytest


def history(seed: int, currency: str | None = None) -> crm.PurchaseHistory:
    random = np.random.default_rng(seed)
    ids, days = random.integers(0, 900, 4_000), (19_000 + random.integers(0, 300, 4_000)).astype("datetime64[D]")
    return crm.PurchaseHistory.from_columns(ids, days, random.gamma(2, 20, 4_000).round(2), currency=currency)


BASE = history(1).base("2022-11-30")
BOUNDS: dict[str, list[float]] = {"recency_days": [30, 90], "frequency": [3, 6], "monetary": [50, 200.5]}
MODELS: dict[str, dict[str, Any]] = {
    "default": {},
    "ten": {"bins": 10, "weights": (5, 3, 2)},
    "quantiles": {"binning": "quantiles", "closed": "left", "monetary": "mean_per_order"},
    "bounds": {"binning": "bounds", "bounds": BOUNDS, "bins": 3},
    "nested": {"bins": 3, "nesting": "nested", "frequency": "orders_per_month30"},
}


@pytest.mark.parametrize("options", MODELS.values(), ids=MODELS.keys())
def test_a_model_survives_storage(options: dict[str, Any]) -> None:
    rfm = crm.Rfm(**options).fit(BASE)
    scores = rfm.score(BASE)
    for copied in (crm.Rfm.from_json(rfm.to_json()), pickle.loads(pickle.dumps(rfm)), copy.deepcopy(rfm)):
        assert copied.score(BASE) == scores
        assert copied.to_json() == rfm.to_json()
        assert copied.fit(BASE).to_json() == rfm.to_json()
        expected = {**crm.Rfm().get_params(), **options}
        assert {name: _plain(value) for name, value in copied.get_params().items()} == {
            name: _plain(value) for name, value in expected.items()
        }


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def test_quantile_scores_are_those_of_pandas() -> None:
    table = BASE.to_table()
    scores = crm.Rfm(bins=4, binning="quantiles").fit_score(BASE)
    for column, mine in (("orders", scores.frequency), ("net_amount", scores.monetary)):
        theirs = pd.qcut(table[column], 4, labels=False) + 1
        assert mine.tolist() == theirs.tolist()
    theirs = 4 - pd.qcut(table["time_since_last_purchase"], 4, labels=False)
    assert scores.recency.tolist() == theirs.tolist()


def test_scores() -> None:
    rfm = crm.Rfm(weights=[2, 1, 1]).fit(BASE)
    scores = rfm.score(BASE)
    assert len(scores) == len(BASE) and scores.bins == 5
    composite = (2.0 * scores.recency + scores.frequency + scores.monetary) / 4
    assert scores.composite.tolist() == composite.tolist()
    assert set(scores.recency.tolist()) == {1, 2, 3, 4, 5}
    assert repr(scores) == f"<RfmScores: {len(BASE):,} customers, 1 to 5>"


def test_cuts_give_the_scores() -> None:
    rfm = crm.Rfm().fit(BASE)
    scores, table = rfm.score(BASE), BASE.to_table()
    for cuts, column, mine in (
        (rfm.frequency_cuts_, "orders", scores.frequency),
        (rfm.monetary_cuts_, "net_amount", scores.monetary),
    ):
        assert cuts is not None
        assert mine.tolist() == [1 + sum(cut is not None and value >= cut for cut in cuts) for value in table[column]]
    since = table["time_since_last_purchase"]
    assert scores.recency.tolist() == [1 + sum(cut is not None and value <= cut for cut in rfm.recency_cuts_) for value in since]


def test_what_was_fitted() -> None:
    rfm = crm.Rfm().fit(BASE)
    assert (rfm.as_of_, rfm.data_start_, rfm.customers_) == (BASE.as_of, BASE.data_start, len(BASE))
    assert rfm.warnings_ == []
    few = crm.PurchaseHistory.from_columns([1, 2], np.array(["2024-03-01", "2024-03-02"], "M8[D]"), [1, 1])
    warnings = crm.Rfm().fit(few.base("2024-03-02")).warnings_
    assert any("2 customers" in warning for warning in warnings) and any("2 days" in warning for warning in warnings)
    assert crm.Rfm(nesting="nested").fit(BASE).frequency_cuts_ is None


def test_the_manners_of_scikit_learn() -> None:
    weights = [3, 1, 1]
    bounds: dict[str, list[float]] = {}
    rfm = crm.Rfm(weights=weights, bounds=bounds)
    assert rfm.get_params()["weights"] is weights and rfm.get_params()["bounds"] is bounds
    assert rfm.set_params(bounds=None, bins=4) is rfm
    assert rfm.fit(BASE, None) is rfm
    assert rfm.score(BASE).bins == 4
    assert repr(rfm) == "Rfm(bins=4, weights=[3, 1, 1])"
    # What sklearn.base.clone does.
    clone = type(rfm)(**rfm.get_params(deep=False))
    assert all(clone.get_params()[name] is value for name, value in rfm.get_params().items())
    with pytest.raises(crm.InvalidArgumentError) as raised:
        rfm.set_params(bin=3)
    assert raised.value.argument == "bin"


@pytest.mark.parametrize("use", ["score", "to_json", "warnings_", "recency_cuts_", "customers_"])
def test_an_unfitted_model_says_so(use: str) -> None:
    rfm = crm.Rfm()
    with pytest.raises(crm.InvalidArgumentError, match="not fitted yet"):
        member = getattr(rfm, use)
        member(BASE) if use == "score" else member()


@pytest.mark.parametrize(
    ("options", "argument"),
    [
        ({"bins": 1}, "bins"),
        ({"bins": 11}, "bins"),
        ({"bins": 300}, "bins"),
        ({"bins": -1}, "bins"),
        ({"binning": "kmeans"}, "binning"),
        ({"binning": "quantiles", "closed": "both"}, "closed"),
        ({"nesting": "deep"}, "nesting"),
        ({"frequency": "visits"}, "frequency"),
        ({"monetary": "profit"}, "monetary"),
        ({"weights": (0, 0, 0)}, "weights"),
        ({"weights": (1, 1)}, "weights"),
        ({"weights": (1, -1, 1)}, "weights.frequency"),
        ({"weights": (1, 1, float("nan"))}, "weights.monetary"),
        ({"binning": "bounds"}, "bounds"),
        ({"bounds": BOUNDS}, "binning"),
        ({"binning": "bounds", "bounds": {"recency": [1]}}, "bounds"),
        ({"binning": "bounds", "bounds": {**BOUNDS, "frequency": [6, 3]}}, "bounds.frequency"),
        ({"binning": "bounds", "bounds": BOUNDS, "nesting": "nested"}, "nesting"),
    ],
)
def test_bad_options(options: dict[str, Any], argument: str) -> None:
    rfm = crm.Rfm(**options)
    with pytest.raises(crm.InvalidArgumentError) as raised:
        rfm.fit(BASE)
    assert raised.value.argument == argument


def test_bases_that_do_not_fit_the_model() -> None:
    rfm = crm.Rfm().fit(BASE)
    with pytest.raises(crm.IncompatibleError) as raised:
        rfm.score(history(1).base("2022-11-30", window_days=90))
    assert raised.value.argument == "window_days"
    with pytest.raises(crm.IncompatibleError) as raised:
        rfm.score(history(1, "GBP").base("2022-11-30"))
    assert raised.value.argument == "currency"
    with pytest.raises(crm.MissingColumnError):
        rfm.fit(crm.PurchaseHistory.from_columns([1], np.array(["2024-03-01"], "M8[D]")).base("2024-03-01"))


@pytest.mark.parametrize(
    ("text", "error"),
    [("", crm.CorruptError), ("[1]", crm.CorruptError), ('{"version": 1}', crm.CorruptError), ('{"version": 99}', crm.IncompatibleError)],
)
def test_bad_json(text: str, error: type[crm.CrmError]) -> None:
    with pytest.raises(error):
        crm.Rfm.from_json(text)
