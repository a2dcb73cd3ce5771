"""Experiments: did it work, and by how much."""

from crm.experiment.arm import BinaryArm
from crm.experiment.options import Alternative, Contrast
from crm.experiment.proportion import compare_proportions
from crm.experiment.result import Interval, TestResult

__all__ = ["Alternative", "BinaryArm", "Contrast", "Interval", "TestResult", "compare_proportions"]
