"""The cases that Rust, Python and C share."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import crm
import numpy as np
import pytest

CASES = sorted((Path(__file__).resolve().parents[1] / "cases/rfm").glob("*.json"))
COLUMNS = {
    "customer_id": "customer_id",
    "orders": "orders",
    "purchase_days": "purchase_days",
    "net_amount": "net_amount",
    "time_since_last_purchase": "time_since_last_purchase",
    "recency": "recency_score",
    "frequency": "frequency_score",
    "monetary": "monetary_score",
    "composite": "rfm_score",
    "segment": "segment",
}


def test_there_are_cases() -> None:
    assert len(CASES) > 10


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_case(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    if "expected_error" in case:
        expected = case["expected_error"]
        with pytest.raises(crm.CrmError) as raised:
            answer(case)
        assert raised.value.code == expected["kind_code"]
        assert (raised.value.argument, raised.value.row) == (expected["argument"], expected["row"])
        return
    columns = answer(case)
    for name, values in case["expected"].items():
        if values is not None:
            assert columns[COLUMNS[name]].tolist() == values, name


def answer(case: dict[str, Any]) -> dict[str, Any]:
    log, rfm = case["transactions"], case["rfm"]
    days = np.array(["NaT" if day is None else day for day in log["day"]], dtype="datetime64[D]")
    orders = log.get("order_id")
    ingest = case.get("ingest") or {}
    history = crm.PurchaseHistory.from_columns(log["customer_id"], days, log["amount"], orders, **ingest)
    wanted = case["base"]
    as_of = date(1970, 1, 1) + timedelta(days=wanted["as_of"])
    base = history.base(as_of, window_days=wanted["window_days"], time_unit=wanted["time_unit"])
    model = crm.Rfm(
        bins=rfm["bins"],
        binning=rfm["binning"],
        closed=rfm.get("closed", "right"),
        bounds=rfm["bounds"] if rfm["binning"] == "bounds" else None,
        nesting=rfm["nesting"],
        frequency=rfm["frequency"],
        monetary=rfm["monetary"],
        weights=rfm["weights"],
    ).fit(base)
    scores = model.score(base)
    if scores.bins == 5:
        segments = crm.SegmentMap.standard().assign(scores)
    else:
        everyone = crm.Rule("everyone", (1, scores.bins), (1, scores.bins))
        segments = crm.SegmentMap.from_rules([everyone], bins=scores.bins).assign(scores)
    columns: dict[str, Any] = crm.customer_table(base, scores, segments).to_dict()
    return columns
