"""Customers: from rows of transactions to a base of customers as of a date."""

from crm.customer.activity import CohortTable, Opportunities, PeriodActivity
from crm.customer.base import BaseAccount, CalibrationHoldout, CustomerBase
from crm.customer.history import IngestOptions, PurchaseHistory
from crm.customer.period import Period
from crm.customer.rhythm import Rhythm

__all__ = [
    "BaseAccount",
    "CalibrationHoldout",
    "CohortTable",
    "CustomerBase",
    "IngestOptions",
    "Opportunities",
    "Period",
    "PeriodActivity",
    "PurchaseHistory",
    "Rhythm",
]
