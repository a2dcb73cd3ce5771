"""Customer analytics: from a log of purchases to scored, named segments and what each customer is worth.

    transactions -> PurchaseHistory -> CustomerBase (as of a date) -> Rfm scores -> named segments
                                                                   -> PurchaseModel × SpendModel -> lifetime value

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

from crm.clv import (
    FOREVER,
    Bootstrap,
    CohortValue,
    CustomerValueModel,
    DiscountRate,
    HoldoutAccuracy,
    OrderAverages,
    Prediction,
    PurchaseData,
    PurchaseModel,
    RankingQuality,
    RetentionData,
    RetentionModel,
    RetentionRate,
    RetentionValue,
    Simulation,
    SpendData,
    SpendModel,
    clv_models,
    compare_by_frequency,
    compare_by_value,
    expected_repeat_purchases,
    historic_values,
    holdout_accuracy,
    tracking,
)
from crm.customer import (
    BaseAccount,
    CalibrationHoldout,
    CohortTable,
    CustomerBase,
    IngestOptions,
    Opportunities,
    Period,
    PeriodActivity,
    PurchaseHistory,
)
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
    "FOREVER",
    "BaseAccount",
    "Bootstrap",
    "CalibrationHoldout",
    "Cell",
    "CohortTable",
    "CohortValue",
    "CorruptError",
    "CrmError",
    "CustomerBase",
    "CustomerValueModel",
    "DiscountRate",
    "EmptyError",
    "ErrorKind",
    "HoldoutAccuracy",
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
    "Opportunities",
    "OrderAverages",
    "OutOfRangeError",
    "ParseError",
    "Period",
    "PeriodActivity",
    "Prediction",
    "PurchaseData",
    "PurchaseHistory",
    "PurchaseModel",
    "RankingQuality",
    "RetentionData",
    "RetentionModel",
    "RetentionRate",
    "RetentionValue",
    "Rfm",
    "RfmScores",
    "Rule",
    "SegmentMap",
    "Segments",
    "Simulation",
    "SpendData",
    "SpendModel",
    "Table",
    "WrongTypeError",
    "clv_models",
    "compare_by_frequency",
    "compare_by_value",
    "customer_table",
    "expected_repeat_purchases",
    "historic_values",
    "holdout_accuracy",
    "migration",
    "segment_summary",
    "tracking",
]
