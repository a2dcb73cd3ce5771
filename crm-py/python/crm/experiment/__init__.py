"""Experiments: did it work, and by how much."""

from crm.experiment.arm import BinaryArm
from crm.experiment.multiplicity import (
    Dunnett,
    MultiplicityMethod,
    adjust_ln_p_values,
    adjust_p_values,
    compare_with_control,
)
from crm.experiment.options import Alternative, Contrast
from crm.experiment.planning import (
    CountedTails,
    EffectDirection,
    LevelSharing,
    MeanPlan,
    ProportionPlan,
    SampleSize,
    Traffic,
    TrafficDuration,
    covariate_deviation,
    ratio_deviation,
)
from crm.experiment.proportion import compare_proportions
from crm.experiment.result import Interval, TestResult

__all__ = [
    "Alternative",
    "BinaryArm",
    "Contrast",
    "CountedTails",
    "Dunnett",
    "EffectDirection",
    "Interval",
    "LevelSharing",
    "MeanPlan",
    "MultiplicityMethod",
    "ProportionPlan",
    "SampleSize",
    "TestResult",
    "Traffic",
    "TrafficDuration",
    "adjust_ln_p_values",
    "adjust_p_values",
    "compare_proportions",
    "compare_with_control",
    "covariate_deviation",
    "ratio_deviation",
]
