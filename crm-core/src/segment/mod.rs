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

// Code that runs under the instructions chosen at run time must be inlined into where they are chosen.
#[allow(clippy::inline_always)]
mod bounds;
#[allow(clippy::inline_always)]
mod chosen;
#[allow(clippy::inline_always)]
mod exact_sum;
#[allow(clippy::inline_always)]
mod kernel;
#[allow(clippy::inline_always)]
mod matrix;
#[allow(clippy::inline_always)]
mod screen;
#[allow(clippy::inline_always)]
mod silhouette;
#[allow(clippy::inline_always)]
mod survey;
#[allow(clippy::inline_always)]
mod tally;

mod agreement;
mod assign;
mod centre_move;
mod choice;
mod column;
mod column_scaler;
mod customer_tier;
mod dispersion;
mod distance;
mod drift;
mod exact_amount;
mod feature;
mod feature_table;
mod gap;
mod kmeans;
mod kmeans_options;
mod knee;
mod lloyd;
mod members;
mod mini_batch;
mod mixture;
mod profile;
mod rank_reference;
mod sample;
mod scaling;
mod scaling_options;
mod segment_model;
mod segment_names;
mod stability;
mod starts;
mod tier_backtest;
mod tier_band;
mod tier_search;
mod tier_solution;
mod value_tier;
mod value_tier_options;
mod value_tier_summary;

pub use agreement::{CrossTable, adjusted_rand_index, normalized_mutual_information};
pub use assign::Assignment;
pub use centre_move::CentreMove;
pub use choice::{ChoiceOptions, ChoiceRow, ClusterChoice, Criterion, Vote};
pub use customer_tier::{CustomerTierFit, CustomerTierOptions, CustomerTiers, RiskColumn};
pub use dispersion::Dispersion;
pub use drift::{Matching, PopulationShift, SegmentDrift, SegmentSnapshot, SizeShift};
pub use feature::{Feature, FeatureUnit};
pub use feature_table::{FeatureColumn, FeatureTable};
pub use gap::{Gap, GapOptions, GapReference, GapRow};
pub use kmeans::{Clustering, KMeans};
pub use kmeans_options::{KMeansOptions, LabelOrder, Starts};
pub use matrix::Matrix;
pub use mini_batch::MiniBatchKMeans;
pub use mixture::{GaussianMixture, MixtureOptions};
pub use profile::{EffectSize, FeatureProfile, SegmentProfile, SegmentProfiles};
pub use scaling::{FeatureScaler, ScaledFeatures, ScalingWarning};
pub use scaling_options::{ColumnScaling, MissingValues, ScalingMethod, ScalingOptions, Transform};
pub use segment_model::{FittedSegments, SegmentAssignment, SegmentModel};
pub use silhouette::{ClusterSilhouette, Silhouette, SilhouetteOptions, silhouette_values};
pub use stability::{Stability, StabilityOptions};
pub use tier_backtest::{TierBacktest, TierRetention};
pub use tier_band::{BandOutcome, BandReport, CustomerTier, ShareBand, TierBands};
pub use value_tier::{ValueTierFit, ValueTiers};
pub use value_tier_options::{TierSplit, ValueTierOptions};
pub use value_tier_summary::{ValueTierRow, ValueTierSummary};
