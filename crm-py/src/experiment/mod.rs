//! Experiments.

mod binary_arm;
mod proportion;
mod quantile;
mod rank;
mod resampling;
mod test_options;
mod test_result;

pub(crate) use binary_arm::BinaryArm;
pub(crate) use proportion::compare_proportions;
pub(crate) use quantile::{QuantileArm, compare_quantiles, quantile_interval};
pub(crate) use rank::{brunner_munzel, mann_whitney};
pub(crate) use resampling::{BootstrapOptions, PermutationOptions, bootstrap, permutation_test};
pub(crate) use test_options::TestOptions;
