"""Experiments: did it work, and by how much."""

from crm.experiment.arm import BinaryArm
from crm.experiment.options import Alternative, Contrast
from crm.experiment.proportion import compare_proportions
from crm.experiment.quantile import QuantileArm, compare_quantiles, quantile_interval
from crm.experiment.rank import MannWhitney, brunner_munzel, mann_whitney
from crm.experiment.resampling import Resampled, bootstrap, permutation_test
from crm.experiment.result import Interval, TestResult

__all__ = [
    "Alternative",
    "BinaryArm",
    "Contrast",
    "Interval",
    "MannWhitney",
    "QuantileArm",
    "Resampled",
    "TestResult",
    "bootstrap",
    "brunner_munzel",
    "compare_proportions",
    "compare_quantiles",
    "mann_whitney",
    "permutation_test",
    "quantile_interval",
]
