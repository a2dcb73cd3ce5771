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

// Tiers, rewards, simulation.

// Score.
pub use decay::Decay;
pub use dimension::{Dimension, Direction};
pub use dimension_table::DimensionTable;
pub use normalization::{DimensionStatus, Normalization};
pub use score_change::ScoreChange;
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

// Tiers, rewards, simulation.
