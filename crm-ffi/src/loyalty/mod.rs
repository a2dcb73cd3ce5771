//! Loyalty: a score that explains itself, tiers, points and rewards.

// Score.
pub mod dimension_table;
pub mod score;
pub mod score_change;
pub mod scores;
pub mod weighting_report;
pub mod weights;

// Points: program, ledger, statement, liability.
pub mod points_entries;
pub mod points_events;
pub mod points_ledger;
pub mod points_period;
pub mod points_program;
pub mod points_revenue;

// Tiers, rewards, simulation.
pub mod rewards;
pub mod simulation;
pub mod tiers;
