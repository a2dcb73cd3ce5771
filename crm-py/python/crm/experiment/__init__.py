"""Experiments: did it work, and by how much."""

from crm.experiment.arm import BinaryArm
from crm.experiment.bayes import (
    BayesResult,
    BestArms,
    BetaPosterior,
    CredibleKind,
    EffectPosterior,
    best_effect,
    best_rate,
    compare_rates_bayes,
)
from crm.experiment.early_looks import (
    AlwaysValid,
    AlwaysValidMethod,
    MixtureBound,
    MixtureKind,
    SequentialStep,
    SequentialTest,
    always_valid,
    bernoulli_sequence,
    empirical_process_bound,
    quantile_sequence_p_value,
    stitched_bound,
)
from crm.experiment.group_sequential import (
    Futility,
    GroupSequential,
    GroupSequentialLook,
    SequentialDecision,
    SequentialPower,
    StagewiseInference,
    StoppingBoundary,
)
from crm.experiment.options import Alternative, Contrast
from crm.experiment.proportion import compare_proportions
from crm.experiment.result import Interval, TestResult

__all__ = [
    "Alternative",
    "AlwaysValid",
    "AlwaysValidMethod",
    "BayesResult",
    "BestArms",
    "BetaPosterior",
    "BinaryArm",
    "Contrast",
    "CredibleKind",
    "EffectPosterior",
    "Futility",
    "GroupSequential",
    "GroupSequentialLook",
    "Interval",
    "MixtureBound",
    "MixtureKind",
    "SequentialDecision",
    "SequentialPower",
    "SequentialStep",
    "SequentialTest",
    "StagewiseInference",
    "StoppingBoundary",
    "TestResult",
    "always_valid",
    "bernoulli_sequence",
    "best_effect",
    "best_rate",
    "compare_proportions",
    "compare_rates_bayes",
    "empirical_process_bound",
    "quantile_sequence_p_value",
    "stitched_bound",
]
