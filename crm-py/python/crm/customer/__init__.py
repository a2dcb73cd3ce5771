"""Customers: from rows of transactions to a base of customers as of a date."""

from crm.customer.base import BaseAccount, CalibrationHoldout, CustomerBase
from crm.customer.history import IngestOptions, PurchaseHistory

__all__ = ["BaseAccount", "CalibrationHoldout", "CustomerBase", "IngestOptions", "PurchaseHistory"]
