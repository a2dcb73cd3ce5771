"""Customer lifetime value: when will customers buy again, what do they spend, and what is each worth.

A purchase model says how many purchases to expect and who is still a customer; the spend model what a purchase is worth; both together
give lifetime value. Times and rates carry their units.

>>> import crm
>>> week = crm.PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
>>> week.p_alive(crm.PurchaseData([2, 0], [30.43, 0], [38.86, 38.86], "week")).round(3)
array([0.727, 1.   ])
"""

from crm.clv.data import PurchaseData, RetentionData, SpendData
from crm.clv.discount import FOREVER, DiscountRate, RetentionRate
from crm.clv.models import clv_models
from crm.clv.purchase import Bootstrap, Prediction, PurchaseModel, Simulation
from crm.clv.retention import RetentionModel
from crm.clv.simple import CohortValue, OrderAverages, RetentionValue, historic_values
from crm.clv.spend import SpendModel
from crm.clv.validation import (
    HoldoutAccuracy,
    RankingQuality,
    compare_by_frequency,
    compare_by_value,
    expected_repeat_purchases,
    holdout_accuracy,
    tracking,
)
from crm.clv.value import CustomerValueModel

__all__ = [
    "FOREVER",
    "Bootstrap",
    "CohortValue",
    "CustomerValueModel",
    "DiscountRate",
    "HoldoutAccuracy",
    "OrderAverages",
    "Prediction",
    "PurchaseData",
    "PurchaseModel",
    "RankingQuality",
    "RetentionData",
    "RetentionModel",
    "RetentionRate",
    "RetentionValue",
    "Simulation",
    "SpendData",
    "SpendModel",
    "clv_models",
    "compare_by_frequency",
    "compare_by_value",
    "expected_repeat_purchases",
    "historic_values",
    "holdout_accuracy",
    "tracking",
]
