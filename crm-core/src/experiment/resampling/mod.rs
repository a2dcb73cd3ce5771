//! Tests and intervals from resamples: the permutation test and the bootstrap.

mod bits;
mod bootstrap;
mod bootstrap_arm;
mod bootstrap_options;
mod deal;
mod inversion;
mod jackknife;
mod order;
mod permutation;
mod permutation_draws;
mod permutation_options;

pub use bootstrap::{BootstrapColumn, bootstrap, bootstrap_one};
pub use bootstrap_options::{BootstrapInterval, BootstrapOptions, BootstrapStatistic, Resampling};
pub use permutation::permutation_test;
pub use permutation_options::{PermutationOptions, PermutationStatistic};

use serde::Serialize;

use super::test_result::TestResult;

/// What a test on resamples says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Resampled {
    /// The test.
    pub test: TestResult,
    /// How many resamples it stands on, without the data themselves.
    pub resamples: u64,
    /// Whether these are all that there are, so that nothing was left to chance.
    pub exact: bool,
    /// The standard error of the p-value from the number of resamples; 0 if all were taken.
    pub p_value_error: f64,
    /// The mean of the resamples' estimates less the estimate, for the bootstrap; else NaN.
    pub bias: f64,
}

/// The most resamples that a call may ask for.
const MOST_RESAMPLES: u32 = 10_000_000;

fn check_resamples(resamples: u32) -> crate::Result<()> {
    if (1..=MOST_RESAMPLES).contains(&resamples) {
        return Ok(());
    }
    Err(crate::Error::argument("resamples", resamples, "between 1 and 10000000"))
}

/// The standard error of a p-value that is `sides` times the share of resamples beyond the data.
fn p_value_error(p_value: f64, sides: f64, resamples: u64) -> f64 {
    let share = (p_value / sides).min(1.0);
    sides * (share * (1.0 - share) / resamples as f64).sqrt()
}
