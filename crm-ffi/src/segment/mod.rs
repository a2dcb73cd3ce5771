//! Segments: features, clusters of customers, what they are like, how they drift, and tiers.

// What customers are compared by.
pub mod feature_table;
pub mod matrix;
pub mod scaled_features;
pub mod scaler;
pub mod scaling;

// Clusters.
pub mod k_means;
pub mod mini_batch;
pub mod mixture;

// How good they are, and how many.
pub mod choice;
pub mod gap;
pub mod quality;
pub mod stability;

// Segments with names, and what became of them.
pub mod agreement;
pub mod drift;
pub mod profile;
pub mod segment_assignment;
pub mod segment_model;

// Tiers.
pub mod band_report;
pub mod customer_tier;
pub mod tier_backtest;
pub mod value_tier;

mod names;
