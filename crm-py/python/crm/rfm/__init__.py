"""Recency, frequency, monetary value: scores that never split a tie, and named segments."""

from crm.rfm.model import Rfm, RfmScores
from crm.rfm.segment import (
    Cell,
    MapAudit,
    Rule,
    SegmentMap,
    Segments,
    customer_table,
    migration,
    segment_summary,
)

__all__ = [
    "Cell",
    "MapAudit",
    "Rfm",
    "RfmScores",
    "Rule",
    "SegmentMap",
    "Segments",
    "customer_table",
    "migration",
    "segment_summary",
]
