//! Loyalty: a score that explains itself, tiers, points and rewards.

// Score.
pub mod dimension_table;
pub mod score;
pub mod score_change;
pub mod scores;
pub mod weighting_report;
pub mod weights;

// Points: program, ledger, statement, liability.

// Tiers, rewards, simulation.
pub mod rewards;
pub mod tiers;
