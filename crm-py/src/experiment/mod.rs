//! Experiments.

mod binary_arm;
mod multiplicity;
mod planning;
mod proportion;
mod test_options;
mod test_result;

pub(crate) use binary_arm::BinaryArm;
pub(crate) use multiplicity::{adjust_ln_p_values, adjust_p_values, compare_with_control};
pub(crate) use planning::{
    MeanPlan, PlanOptions, ProportionPlan, Traffic, covariate_deviation, ratio_deviation,
};
pub(crate) use proportion::compare_proportions;
pub(crate) use test_options::TestOptions;
