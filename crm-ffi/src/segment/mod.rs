//! Segments: features, scaling, clusters, profiles, drift and tiers.

pub mod agreement;
pub mod band_report;
pub mod customer_tier;
pub mod drift;
pub mod feature_table;
pub mod profile;
pub mod scaled_features;
pub mod scaler;
pub mod scaling;
pub mod segment_assignment;
pub mod segment_model;
pub mod tier_backtest;
pub mod value_tier;

mod names;
