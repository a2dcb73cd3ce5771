"""Loyalty: a score that explains itself, tiers, points and rewards."""

from crm.loyalty.dimension import Dimension, DimensionTable, Direction
from crm.loyalty.points import (
    LoyaltyProgram,
    MemberStatement,
    PointsLedger,
    PointsLiability,
    PointsRevenue,
    PriceAllocation,
    allocate_price,
    recognize_points,
)
from crm.loyalty.score import (
    Combination,
    FittedScore,
    LearnedWeights,
    LoyaltyScore,
    LoyaltyScores,
    ScoreContributions,
    WeightingReport,
    judge_weightings,
)
from crm.loyalty.weights import (
    Ahp,
    Learned,
    ObjectiveWeighting,
    ObjectiveWeights,
    RandomIndex,
    objective_weights,
    proportional_weights,
)

__all__ = [
    "Ahp",
    "Combination",
    "Dimension",
    "DimensionTable",
    "Direction",
    "FittedScore",
    "Learned",
    "LearnedWeights",
    "LoyaltyProgram",
    "LoyaltyScore",
    "LoyaltyScores",
    "MemberStatement",
    "ObjectiveWeighting",
    "ObjectiveWeights",
    "PointsLedger",
    "PointsLiability",
    "PointsRevenue",
    "PriceAllocation",
    "RandomIndex",
    "ScoreContributions",
    "WeightingReport",
    "allocate_price",
    "judge_weightings",
    "objective_weights",
    "proportional_weights",
    "recognize_points",
]
