"""Experiments: did it work, and by how much."""

from crm.experiment.arm import BinaryArm
from crm.experiment.incremental import (
    Amount,
    CampaignCost,
    CampaignReturn,
    IncrementalConversions,
    campaign_return,
    incremental_conversions,
)
from crm.experiment.mean_arm import ArmTable, JointArm, MeanArm
from crm.experiment.means import (
    Adjustment,
    Anova,
    analysis_of_variance,
    cohens_d,
    compare_adjusted,
    compare_means,
    compare_ratios,
    compare_several_means,
    compare_stratified,
    hedges_g,
)
from crm.experiment.options import Alternative, Contrast
from crm.experiment.proportion import compare_proportions
from crm.experiment.result import Interval, TestResult

__all__ = [
    "Adjustment",
    "Alternative",
    "Amount",
    "Anova",
    "ArmTable",
    "BinaryArm",
    "CampaignCost",
    "CampaignReturn",
    "Contrast",
    "IncrementalConversions",
    "Interval",
    "JointArm",
    "MeanArm",
    "TestResult",
    "analysis_of_variance",
    "campaign_return",
    "cohens_d",
    "compare_adjusted",
    "compare_means",
    "compare_proportions",
    "compare_ratios",
    "compare_several_means",
    "compare_stratified",
    "hedges_g",
    "incremental_conversions",
]
