"""Experiments: did it work, and by how much."""

from crm.experiment.arm import BinaryArm
from crm.experiment.options import Alternative, Contrast
from crm.experiment.proportion import (
    Homogeneity,
    SeveralProportions,
    compare_proportion_columns,
    compare_proportions,
    compare_several_proportions,
    proportion_equivalence,
    proportion_homogeneity,
)
from crm.experiment.rate import RateTest, rate_interval, test_rate
from crm.experiment.result import Equivalence, Interval, TestResult
from crm.experiment.sample_ratio import SampleRatio, SampleRatioLook, SequentialSampleRatio, sample_ratio

__all__ = [
    "Alternative",
    "BinaryArm",
    "Contrast",
    "Equivalence",
    "Homogeneity",
    "Interval",
    "RateTest",
    "SampleRatio",
    "SampleRatioLook",
    "SequentialSampleRatio",
    "SeveralProportions",
    "TestResult",
    "compare_proportion_columns",
    "compare_proportions",
    "compare_several_proportions",
    "proportion_equivalence",
    "proportion_homogeneity",
    "rate_interval",
    "sample_ratio",
    "test_rate",
]
