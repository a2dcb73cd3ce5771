//! Properties of any input whatever: the laws of the design, checked against models that are too simple to be wrong.
#![allow(clippy::unwrap_used)]

mod any_log;
mod base;
mod bytes;
mod campaign;
mod campaign_measure;
mod clv;
mod clv_fit;
mod experiment_bayes;
mod experiment_means;
mod experiment_multiplicity;
mod experiment_plans;
mod experiment_rank;
mod experiment_rates;
mod experiment_sequential;
mod experiment_split;
mod experiment_strata;
mod experiment_winsor;
mod history;
#[path = "../log/mod.rs"]
mod log;
mod loyalty_batches;
mod loyalty_points;
mod loyalty_rewards;
mod loyalty_score;
mod loyalty_simulation;
mod loyalty_tiers;
mod naive_points;
mod naive_rules;
mod plain_kmeans;
mod plain_tiers;
mod points_rows;
mod reference;
mod rfm;
mod segment_features;
mod segment_kmeans;
mod segment_model;
mod segment_quality;
mod segment_tiers;
mod segments;
