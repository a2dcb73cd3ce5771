"""Segment maps and the tables about segments."""

from __future__ import annotations

import pickle
from typing import Any

import crm
import numpy as np
import pytest
from crm import Rule

DAYS = np.array(["2024-01-01", "2024-02-01", "2024-02-20", "2024-03-01", "2024-03-02"], dtype="datetime64[D]")
HISTORY = crm.PurchaseHistory.from_columns([1, 2, 3, 3, 4], DAYS, [5.0, 10.0, 30.0, 2.5, 8.0])
BASE = HISTORY.base("2024-03-31")
SCORES = crm.Rfm().fit_score(BASE)
TWO = [Rule("gone", (1, 2), (1, 5)), Rule("here", (3, 5), (1, 5))]


def test_the_standard_map() -> None:
    standard = crm.SegmentMap.standard()
    assert (len(standard.names), standard.bins) == (10, 5)
    assert repr(standard) == "<SegmentMap: 10 segments, scores 1 to 5>"
    assert standard.segment_of(5, 5, 5) == "Champions"
    assert standard.segment_of(1, 5, 3) == "Can't Lose"
    assert standard.segment_of(0, 1, 1) is standard.segment_of(300, 1, -1) is None
    segments = standard.assign(SCORES)
    cells = zip(SCORES.recency.tolist(), SCORES.frequency.tolist(), SCORES.monetary.tolist(), strict=True)
    assert segments.to_list() == [standard.segment_of(*cell) for cell in cells]
    assert [segments.names[code] for code in segments.codes] == segments.to_list()
    assert len(segments) == len(BASE)
    assert repr(segments) == "<Segments: 4 customers in 10 segments>"


def test_own_rules() -> None:
    own = crm.SegmentMap.from_rules(TWO)
    assert own.names == ["gone", "here"]
    assert own == crm.SegmentMap.from_rules([("gone", (1, 2), (1, 5)), ("here", [3, 5], (1, 5))])  # type: ignore[list-item]
    assert own != crm.SegmentMap.standard()
    rich = [Rule("rich", (1, 5), (1, 5), 5), *TWO]
    first = crm.SegmentMap.from_rules(rich, first_match=True)
    assert (first.segment_of(1, 1, 5), first.segment_of(1, 1, 4)) == ("rich", "gone")
    rest = crm.SegmentMap.from_rules([Rule("best", 5, 5)], first_match=True, otherwise="其他")
    assert rest.segment_of(1, 1, 1) == "其他"


@pytest.mark.parametrize(
    "segment_map",
    [crm.SegmentMap.standard(), crm.SegmentMap.from_rules(TWO), crm.SegmentMap.from_rules([Rule("best", 5, 5)], 5, True, "rest")],
)
def test_maps_pickle(segment_map: crm.SegmentMap) -> None:
    assert pickle.loads(pickle.dumps(segment_map)) == segment_map


@pytest.mark.parametrize(
    ("rules", "options", "argument"),
    [
        ([Rule("gone", 1, (1, 5))], {}, "rules"),
        ([*TWO, Rule("more", 5, 5)], {}, "rules"),
        ([Rule("gone", (0, 2), (1, 5))], {}, "gone.recency"),
        ([Rule("gone", (1, 6), (1, 5))], {}, "gone.recency"),
        ([Rule("gone", (1, 300), (1, 5))], {}, "gone.recency"),
        ([Rule("gone", (1, 2), (5, 1))], {}, "gone.frequency"),
        ([Rule("gone", (1, 2), (1, 5), -1)], {}, "gone.monetary"),
        ([Rule("", (1, 5), (1, 5))], {}, "segment"),
        ([], {}, "rules"),
        (TWO, {"bins": 1}, "bins"),
        (TWO, {"bins": 1000}, "bins"),
        (TWO, {"otherwise": "rest"}, "otherwise"),
        ([Rule("best", 5, 5)], {"first_match": True, "otherwise": ""}, "otherwise"),
    ],
)
def test_bad_rules(rules: list[Rule], options: Any, argument: str) -> None:
    with pytest.raises(crm.InvalidArgumentError) as raised:
        crm.SegmentMap.from_rules(rules, **options)
    assert raised.value.argument == argument


def test_rules_of_a_wrong_form() -> None:
    with pytest.raises(crm.WrongTypeError):
        crm.SegmentMap.from_rules([Rule("gone", "1-2", 3)])  # type: ignore[arg-type]


def test_audit() -> None:
    audit = crm.SegmentMap.audit([Rule("gone", 1, (1, 2)), Rule("late", (1, 2), 1, 2), Rule("lost", 1, 1)], bins=2)
    assert audit.uncovered == [crm.Cell(2, 1, 1), crm.Cell(2, 2, 1), crm.Cell(2, 2, 2)]
    assert audit.overlapping == [(crm.Cell(1, 1, 1), "gone", "lost"), (crm.Cell(1, 1, 2), "gone", "late")]
    assert audit.never_assigned == ["lost"]


def test_scores_of_another_number() -> None:
    with pytest.raises(crm.IncompatibleError) as raised:
        crm.SegmentMap.standard().assign(crm.Rfm(bins=4).fit_score(BASE))
    assert raised.value.argument == "segment_map"


def test_summary() -> None:
    segments = crm.SegmentMap.from_rules(TWO).assign(SCORES)
    summary = crm.segment_summary(BASE, segments).to_dict()
    here = np.array([name == "here" for name in segments.to_list()])
    table = BASE.to_table()
    assert summary["segment"].tolist() == ["gone", "here"]
    assert summary["customers"].tolist() == [(~here).sum(), here.sum()]
    assert summary["net_amount"].tolist() == [table["net_amount"][~here].sum(), table["net_amount"][here].sum()]
    assert summary["mean_orders"].tolist() == [table["orders"][~here].mean(), table["orders"][here].mean()]
    empty = crm.segment_summary(BASE, crm.SegmentMap.from_rules([Rule("all", (1, 5), (1, 5)), Rule("none", 5, 5)], 5, True).assign(SCORES))
    assert np.isnan(empty["mean_orders"][1]) and empty.to_arrow()["mean_orders"][1].as_py() is None


def test_migration() -> None:
    rfm, segment_map = crm.Rfm().fit(BASE), crm.SegmentMap.from_rules(TWO)
    march = HISTORY.base("2024-03-31")
    february = HISTORY.base("2024-02-10")
    stages = [(base, segment_map.assign(rfm.score(base))) for base in (february, march)]
    table = crm.migration(*stages)
    assert table.columns == ["from", "to", "customers"]
    assert table["customers"].sum() == 4
    newly = [to for before, to, count in zip(table["from"], table["to"], table["customers"], strict=True) if before is None and count]
    assert sum(table["customers"][table["from"] == None]) == 2 and None not in newly  # noqa: E711
    with pytest.raises(crm.InvalidArgumentError) as raised:
        crm.migration(stages[1], stages[0])
    assert raised.value.argument == "later.as_of"
    with pytest.raises(crm.LengthMismatchError) as mismatch:
        crm.migration((february, stages[1][1]), stages[1])
    assert mismatch.value.argument == "earlier"


def test_customer_table() -> None:
    segments = crm.SegmentMap.standard().assign(SCORES)
    table = crm.customer_table(BASE, SCORES, segments)
    assert table["recency_score"].tolist() == SCORES.recency.tolist()
    assert table["rfm_score"].tolist() == SCORES.composite.tolist()
    assert table["segment"].tolist() == segments.to_list()
    other = HISTORY.base("2024-02-10")
    with pytest.raises(crm.LengthMismatchError) as raised:
        crm.customer_table(other, SCORES, segments)
    assert raised.value.argument == "scores"
    with pytest.raises(crm.LengthMismatchError) as raised:
        crm.segment_summary(other, segments)
    assert raised.value.argument == "segments"
