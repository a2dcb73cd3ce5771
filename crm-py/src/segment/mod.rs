//! Segments: features, clusters, profiles, and how good they are.

mod choice;
mod feature;
mod kmeans;
mod mixture;
mod model;
mod profile;
mod quality;
mod rows;
mod scaling;

pub(crate) use choice::ClusterChoice;
pub(crate) use feature::{FeatureTable, features};
pub(crate) use kmeans::{KMeans, KMeansOptions, MiniBatchKMeans};
pub(crate) use mixture::GaussianMixture;
pub(crate) use model::SegmentModel;
pub(crate) use profile::SegmentProfiles;
pub(crate) use quality::{adjusted_rand_index, dispersion, gap, silhouette, silhouette_values, stability};
pub(crate) use rows::Rows;
pub(crate) use scaling::FeatureScaler;
