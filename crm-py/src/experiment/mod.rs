//! Experiments.

mod binary_arm;
mod equivalence;
mod proportion;
mod sample_ratio;
mod test_columns;
mod test_options;
mod test_result;

pub(crate) use binary_arm::BinaryArm;
pub(crate) use proportion::{
    compare_proportion_columns, compare_proportions, compare_several_proportions, proportion_equivalence,
    proportion_homogeneity, rate_interval, test_rate,
};
pub(crate) use sample_ratio::{SequentialSampleRatio, sample_ratio};
pub(crate) use test_options::TestOptions;
