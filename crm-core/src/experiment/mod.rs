//! Experiments: did it work, and by how much.
//!
//! ```text
//! rows, or aggregates of any engine ──► arm statistics (mergeable) ──► test ──► effect, interval, p-value, status
//! ```
//!
//! - A test takes statistics of a target and a control arm; rows are a convenience on top.
//! - A test rejects if and only if its interval excludes the null: both are read off the same statistic.
//! - p-values come with their logarithm, so that tails do not underflow.
//! - Data that cannot answer give a typed status; input that makes no sense is an error.

// What every test shares.
mod coherence;
mod exact_tails;
mod interval;
mod normal_tail;
mod test_options;
mod test_result;

// Rates.
mod binary_arm;
mod binomial;
mod equivalence;
mod proportion;

// Raw columns, without a distribution.
mod quantile;
mod rank;
mod resampling;
mod sample;

pub use binary_arm::BinaryArm;
pub use equivalence::{Equivalence, equivalence};
pub use interval::{Interval, IntervalKind};
pub use proportion::{ProportionMethod, compare_proportions};
pub use quantile::{QuantileArm, QuantileArmOptions, compare_quantiles, quantile_interval};
pub use rank::{MannWhitney, MannWhitneyMethod, brunner_munzel, mann_whitney};
pub use resampling::{
    BootstrapColumn, BootstrapInterval, BootstrapOptions, BootstrapStatistic, PermutationOptions,
    PermutationStatistic, Resampled, Resampling, bootstrap, bootstrap_one, permutation_test,
};
pub use test_options::{Alternative, Contrast, TestOptions};
pub use test_result::{TestResult, TestStatus};
