"""Customer analytics: from a log of purchases to scored, named segments.

    transactions -> PurchaseHistory -> CustomerBase (as of a date) -> Rfm scores -> named segments

Money is exact and results are the same bits on any number of threads. Tables of pandas, Polars, PyArrow and DuckDB,
NumPy arrays and lists go in; results come out as tables for any of them.

>>> from datetime import date
>>> import crm
>>> history = crm.PurchaseHistory.from_columns(
...     customer_id=["ann", "bob", "bob"],
...     time=[date(2024, 3, 1), date(2024, 3, 5), date(2024, 4, 2)],
...     amount=[12.50, 8.00, 30.00],
... )
>>> base = history.base("2024-04-30")
>>> scores = crm.Rfm().fit(base).score(base)
>>> segments = crm.SegmentMap.standard().assign(scores)
>>> segments.to_list()
['Hibernating', 'Loyal']
>>> crm.customer_table(base, scores, segments)["rfm_score"]
array([2., 4.])
"""

from crm.customer import BaseAccount, CalibrationHoldout, CustomerBase, IngestOptions, PurchaseHistory
from crm.error import (
    CorruptError,
    CrmError,
    EmptyError,
    ErrorKind,
    IncompatibleError,
    InterruptedByCallerError,
    InvalidArgumentError,
    InvalidValueError,
    IoError,
    LengthMismatchError,
    MissingColumnError,
    MissingValueError,
    NotUtf8Error,
    OutOfRangeError,
    ParseError,
    WrongTypeError,
)
from crm.rfm import (
    Cell,
    MapAudit,
    Rfm,
    RfmScores,
    Rule,
    SegmentMap,
    Segments,
    customer_table,
    migration,
    segment_summary,
)
from crm.table import Table

__all__ = [
    "BaseAccount",
    "CalibrationHoldout",
    "Cell",
    "CorruptError",
    "CrmError",
    "CustomerBase",
    "EmptyError",
    "ErrorKind",
    "IncompatibleError",
    "IngestOptions",
    "InterruptedByCallerError",
    "InvalidArgumentError",
    "InvalidValueError",
    "IoError",
    "LengthMismatchError",
    "MapAudit",
    "MissingColumnError",
    "MissingValueError",
    "NotUtf8Error",
    "OutOfRangeError",
    "ParseError",
    "PurchaseHistory",
    "Rfm",
    "RfmScores",
    "Rule",
    "SegmentMap",
    "Segments",
    "Table",
    "WrongTypeError",
    "customer_table",
    "migration",
    "segment_summary",
]
