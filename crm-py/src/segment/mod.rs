//! Segments: features, clusters, profiles, and how good they are.

mod agreement;
mod choice;
mod drift;
mod feature;
mod kmeans;
mod mixture;
mod model;
mod profile;
mod quality;
mod rows;
mod scaling;
mod tiers;

pub(crate) use agreement::{CrossTable, adjusted_rand_index, normalized_mutual_information};
pub(crate) use choice::ClusterChoice;
pub(crate) use drift::SegmentDrift;
pub(crate) use feature::{FeatureTable, features};
pub(crate) use kmeans::{KMeans, KMeansOptions, MiniBatchKMeans};
pub(crate) use mixture::GaussianMixture;
pub(crate) use model::SegmentModel;
pub(crate) use profile::SegmentProfiles;
pub(crate) use quality::{dispersion, gap, silhouette, silhouette_values, stability};
pub(crate) use rows::Rows;
pub(crate) use scaling::FeatureScaler;
pub(crate) use tiers::{CustomerTiers, TierBacktest, ValueTiers, customer_tier_names};
