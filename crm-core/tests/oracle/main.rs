//! Published numbers. Files that the project does not carry are read from the folder that `CRM_TEST_DATA` names; without it
//! those tests say so and skip.
#![allow(clippy::unwrap_used)]

mod campaign_adjusted;
mod campaign_cases;
mod campaign_measure;
mod clv_discrete;
mod clv_grid;
mod clv_published;
mod clv_spend;
mod clv_validation;
mod experiment_bayes;
mod experiment_means;
mod experiment_moments;
mod experiment_multiplicity;
mod experiment_planning;
mod experiment_plans;
mod experiment_proportions;
mod experiment_rank;
mod experiment_rates;
mod experiment_sequential;
mod experiment_several_arms;
mod experiment_several_means;
mod experiment_split;
mod experiment_stratified;
mod experiment_stress;
mod experiment_winsor;
#[path = "../log/mod.rs"]
mod log;
mod loyalty_events;
mod loyalty_plans;
mod loyalty_points;
mod loyalty_points_cases;
mod loyalty_score;
mod loyalty_tiers;
mod public_logs;
mod reading;
mod rfm;
mod segment_features;
mod segment_kmeans;
mod segment_quality;
mod segment_tiers;
mod special_functions;
mod tail_functions;
