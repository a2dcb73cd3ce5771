//! Segments: features of customers, k-means clusters that can be trusted, profiles in words, value tiers.
//!
//! ```text
//! customer base ──► features ──► scaled matrix ──► k-means ──► labels ──► profiles, drift, agreement
//!                                     │              ▲
//!                                     └─► choose k ──┘        value, potential, risk ──► tiers
//! ```
//!
//! - Labels are what plain Lloyd iterations give, to the last bit; the kernel only skips what cannot change one (see `kernel.rs`).
//! - Sums over members are exact integers, so neither threads nor batches nor the order of rows change a centre.
//! - Clusters are numbered by the value of a feature, not by chance.

mod column_scaler;
mod distance;
mod exact_amount;
mod exact_sum;
mod feature;
mod feature_table;
mod kmeans;
mod kmeans_options;
mod lloyd;
mod matrix;
mod profile;
mod rank_reference;
mod scaling;
mod scaling_options;
mod segment_model;
mod segment_names;
mod starts;

pub use feature::{Feature, FeatureUnit};
pub use feature_table::{FeatureColumn, FeatureTable};
pub use kmeans::{Assignment, Clustering, KMeans};
pub use kmeans_options::{KMeansOptions, LabelOrder, Starts};
pub use matrix::Matrix;
pub use profile::{EffectSize, FeatureProfile, SegmentProfile, SegmentProfiles};
pub use scaling::{FeatureScaler, ScaledFeatures, ScalingWarning};
pub use scaling_options::{ColumnScaling, MissingValues, ScalingMethod, ScalingOptions, Transform};
pub use segment_model::{FittedSegments, SegmentAssignment, SegmentModel};
