//! Loyalty: a score that explains itself, tiers, points and rewards.
//!
//! ```text
//! customer columns ──► dimensions (direction, unit, window, decay) ──► saved normalisation ──► weights ──► score, rank, contributions
//! purchases ──► program: earn and burn rules ──► ledger of points (lots) ──► statement, liability
//! score, points, spend ──► tier rules ──► tier, since, expires, to keep, to next ──► rewards, simulation of other rules
//! ```
//!
//! - A score is its parts: contributions sum to the score less the population's mean, to the last unit.
//! - Nothing is filled in: what is not known of a customer leaves the score, and the share that is known is published.
//! - Rules and normalisations are values that are saved and replayed; nothing reads the clock.

// Score.
mod decay;
mod dimension;
mod dimension_table;
mod normalization;
mod score_change;
mod score_change_parts;
mod score_contributions;
mod score_grid;
mod score_model;
mod score_options;
mod score_pass;
mod score_table;
mod weighting_report;
mod weights;
mod weights_ahp;
mod weights_codispersion;
mod weights_learned;
mod weights_objective;

// Points: program, ledger, statement, liability.
mod calendar;
mod decimal;
mod earn_rule;
mod event_columns;
mod expiry_rule;
mod iso_day;
mod ledger_bytes;
mod liability;
mod points_account;
mod points_balances;
mod points_batch;
mod points_entries;
mod points_entry;
mod points_event;
mod points_fold;
mod points_history;
mod points_ledger;
mod points_merge;
mod points_packed;
mod points_refund;
mod points_store;
mod program;
mod refund_rule;
mod statement;
mod vintage;

// Tiers, rewards, simulation.
mod program_simulation;
mod reward;
mod reward_eligibility;
mod reward_plan;
mod simulated_scores;
mod simulation_run;
mod tier_columns;
mod tier_event;
mod tier_fold;
mod tier_measure;
mod tier_period;
mod tier_qualification;
mod tier_quota;
mod tier_roster;
mod tier_rules;
mod tier_state;
mod tier_status;

// Score.
pub use decay::Decay;
pub use dimension::{Dimension, Direction};
pub use dimension_table::DimensionTable;
pub use normalization::{DimensionStatus, Normalization};
pub use score_change::ScoreChange;
pub use score_change_parts::ScoreChangeParts;
pub use score_contributions::ScoreContributions;
pub use score_model::{DimensionSummary, FittedScore, LoyaltyScore};
pub use score_options::{Combination, ScoreOptions, Weighting};
pub use score_table::LoyaltyScores;
pub use weighting_report::{WeightingReport, WeightingRow, WeightingStatus};
pub use weights::{WeightingKind, proportional_weights};
pub use weights_ahp::{Ahp, Inconsistency, RandomIndex};
pub use weights_learned::{LearnedOptions, LearnedWeights};
pub use weights_objective::{ObjectiveWeights, objective_weights};

// Points: program, ledger, statement, liability.
pub use decimal::{Decimal, PointRounding};
pub use earn_rule::{EarnMultiplier, EarnRule, FactorStacking, TierBonus};
pub use event_columns::EventColumns;
pub use expiry_rule::{ExpiryRounding, ExpiryRule};
pub use liability::{Breakage, PointsLiability, PointsRevenue, PriceAllocation};
pub use points_account::{PointTotals, PointsAccount};
pub use points_balances::PointsBalances;
pub use points_entries::{PointsChanges, PointsEntries};
pub use points_entry::{EntryKind, PointsEntry};
pub use points_event::{EventId, EventKind, PointsAction, PointsEvent};
pub use points_ledger::PointsLedger;
pub use program::{BurnOrder, Enrollment, ExtensionRule, LoyaltyProgram, ProgramRules};
pub use refund_rule::{AfterSpending, CancelRule, LapsedPoints, RefundBasis, RefundRule};
pub use statement::{MemberStatement, PeriodStatement, PointsBalance, Posting};

// Tiers, rewards, simulation.
pub use program_simulation::{
    ProgramSimulation, SimulatedMembers, SimulatedProgram, SimulatedRules, SimulationOptions,
    WinnersAndLosers,
};
pub use reward::{Reward, RewardCatalogue, RewardKind};
pub use reward_eligibility::{RewardEligibility, RewardGrant, RewardMember, RewardObstacle, RewardObstacles};
pub use reward_plan::RewardPlan;
pub use simulated_scores::ScoreObservations;
pub use tier_columns::{TierChanges, TierColumns, TierGaps, TierStandings};
pub use tier_event::{TierChange, TierEvent, TierHold, TierHoldKind, TierReason};
pub use tier_measure::{TierMeasure, TierMeasures};
pub use tier_period::{TierLength, TierPeriod, TierTotalsAtUpgrade};
pub use tier_qualification::{TierBound, TierGap, TierQualification};
pub use tier_quota::{TierQuota, TierQuotaOutcome, TierQuotas};
pub use tier_roster::TierRoster;
pub use tier_rules::{Tier, TierDowngrade, TierLanding, TierOptions, TierRules, TierUpgrade};
pub use tier_state::TierState;
pub use tier_status::TierStatus;
