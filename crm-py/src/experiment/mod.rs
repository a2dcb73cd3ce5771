//! Experiments.

mod arm_table;
mod binary_arm;
mod mean_arm;
mod means;
mod proportion;
mod test_options;
mod test_result;

pub(crate) use arm_table::ArmTable;
pub(crate) use binary_arm::BinaryArm;
pub(crate) use mean_arm::{JointArm, MeanArm, cohens_d, hedges_g};
pub(crate) use means::{
    CampaignCost, NativeMeanTest, analysis_of_variance, campaign_return, compare_adjusted, compare_means,
    compare_ratios, compare_several_means, compare_stratified, incremental_conversions,
};
pub(crate) use proportion::compare_proportions;
pub(crate) use test_options::TestOptions;
