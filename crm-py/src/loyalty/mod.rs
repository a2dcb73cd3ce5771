//! Loyalty.

// Score.
mod score;
mod weights;

// Points: program, ledger, statement, liability.
mod points;

// Tiers, rewards, simulation.
mod rewards;
mod simulation;
mod tiers;

// Score.
pub(crate) use score::{
    DimensionTable, LoyaltyScore, LoyaltyScores, decayed_sum, dimension_json, judge_weightings,
};
pub(crate) use weights::{ahp_synthesis, ahp_weights, objective_weights, proportional_weights};

// Points: program, ledger, statement, liability.
pub(crate) use points::{
    LoyaltyProgram, PointsLedger, PointsLiability, allocate_price, points_period, recognize_points,
};

// Tiers, rewards, simulation.
pub(crate) use rewards::{RewardCatalogue, RewardMembers};
pub(crate) use simulation::simulate_program;
pub(crate) use tiers::{TierRoster, TierRules, cut_quotas, quota_rules};
