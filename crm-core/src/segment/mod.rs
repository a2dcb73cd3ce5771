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

mod agreement;
mod centre_move;
mod column;
mod customer_tier;
mod distance;
mod drift;
mod exact_sum;
mod kmeans;
mod kmeans_options;
mod lloyd;
mod matrix;
mod starts;
mod tier_backtest;
mod tier_band;
mod tier_search;
mod tier_solution;
mod value_tier;
mod value_tier_options;
mod value_tier_summary;

pub use agreement::{CrossTable, adjusted_rand_index, normalized_mutual_information};
pub use centre_move::CentreMove;
pub use customer_tier::{CustomerTierFit, CustomerTierOptions, CustomerTiers, RiskColumn};
pub use drift::{Matching, PopulationShift, SegmentDrift, SegmentSnapshot, SizeShift};
pub use kmeans::{Assignment, Clustering, KMeans};
pub use kmeans_options::{KMeansOptions, LabelOrder, Starts};
pub use matrix::Matrix;
pub use tier_backtest::{TierBacktest, TierRetention};
pub use tier_band::{BandOutcome, BandReport, CustomerTier, ShareBand, TierBands};
pub use value_tier::{ValueTierFit, ValueTiers};
pub use value_tier_options::{TierSplit, ValueTierOptions};
pub use value_tier_summary::{ValueTierRow, ValueTierSummary};
