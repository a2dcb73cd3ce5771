//! Experiments.

mod binary_arm;
mod proportion;
mod test_options;
pub(crate) mod test_result;

pub(crate) use binary_arm::BinaryArm;
pub(crate) use proportion::compare_proportions;
pub(crate) use test_options::TestOptions;
