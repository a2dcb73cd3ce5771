"""Campaigns: whom to contact, whom to leave alone for comparison, and what it brought."""

from crm.campaign.outcomes import ArmCost, CampaignMetric, CampaignOutcomes, CampaignReport, SampleRatioCheck, SplitBalance
from crm.campaign.selection import Selected, Selection
from crm.campaign.split import Arm, Assignment, BucketHash, Split, buckets
from crm.campaign.target_table import TargetTable
from crm.campaign.uplift import UpliftCurve, UpliftInterval, UpliftScore

__all__ = [
    "Arm",
    "ArmCost",
    "Assignment",
    "BucketHash",
    "CampaignMetric",
    "CampaignOutcomes",
    "CampaignReport",
    "SampleRatioCheck",
    "Selected",
    "Selection",
    "Split",
    "SplitBalance",
    "TargetTable",
    "UpliftCurve",
    "UpliftInterval",
    "UpliftScore",
    "buckets",
]
