//! Experiments.

mod binary_arm;
mod equivalence;
mod proportion;
mod test_columns;
mod test_options;
mod test_result;
mod user_split;

pub(crate) use binary_arm::BinaryArm;
pub(crate) use proportion::{
    compare_proportion_columns, compare_proportions, compare_several_proportions, proportion_equivalence,
    proportion_homogeneity, rate_interval, test_rate,
};
pub(crate) use test_options::TestOptions;
pub(crate) use user_split::{SequentialSampleRatio, sample_ratio};
