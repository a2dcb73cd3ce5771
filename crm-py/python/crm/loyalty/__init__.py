"""Loyalty: a score that explains itself, tiers, points and rewards."""

from crm.loyalty.dimension import Dimension, DimensionTable, Direction
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
    "LoyaltyScore",
    "LoyaltyScores",
    "ObjectiveWeighting",
    "ObjectiveWeights",
    "RandomIndex",
    "ScoreContributions",
    "WeightingReport",
    "judge_weightings",
    "objective_weights",
    "proportional_weights",
]
