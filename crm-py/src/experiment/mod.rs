//! Experiments.

mod arm_table;
mod bayes;
mod binary_arm;
mod early_looks;
mod equivalence;
mod exact_plans;
mod group_sequential;
mod mean_arm;
mod means;
pub(crate) mod multiplicity;
mod planning;
mod proportion;
mod quantile;
mod rank;
mod resampling;
mod stratified_proportion;
mod test_columns;
mod test_options;
pub(crate) mod test_result;
mod user_split;
mod winsor;

pub(crate) use arm_table::ArmTable;
pub(crate) use bayes::{
    BetaPosterior, EffectPosterior, best_effect, best_rate, compare_rates_bayes, thompson_allocation,
};
pub(crate) use binary_arm::BinaryArm;
pub(crate) use early_looks::{
    MixtureBound, SequentialTest, always_valid, bernoulli_sequence, empirical_process_bound,
    quantile_sequence_p_value, stitched_bound,
};
pub(crate) use equivalence::{check_margins, equivalence_of};
pub(crate) use exact_plans::{ExactProportionPlan, RankPlan, RatePlan, normal_superiority};
pub(crate) use group_sequential::GroupSequential;
pub(crate) use mean_arm::{JointArm, MeanArm, cohens_d, hedges_g};
pub(crate) use means::{
    CampaignCost, NativeMeanTest, analysis_of_variance, campaign_return, compare_adjusted, compare_means,
    compare_ratios, compare_several_means, compare_stratified, incremental_conversions,
};
pub(crate) use multiplicity::{adjust_ln_p_values, adjust_p_values, dunnett_test};
pub(crate) use planning::{
    MeanPlan, PlanOptions, ProportionPlan, Traffic, covariate_deviation, pilot_quantile_deviation,
    quantile_deviation, ratio_deviation, stratified_deviation,
};
pub(crate) use proportion::{
    compare_proportion_columns, compare_proportions, compare_several_proportions, proportion_homogeneity,
    rate_interval, test_rate,
};
pub(crate) use quantile::{QuantileArm, compare_quantiles, quantile_interval};
pub(crate) use rank::{brunner_munzel, mann_whitney};
pub(crate) use resampling::{BootstrapOptions, PermutationOptions, bootstrap, permutation_test};
pub(crate) use stratified_proportion::compare_stratified_proportions;
pub(crate) use test_options::TestOptions;
pub(crate) use user_split::{SequentialSampleRatio, sample_ratio};
pub(crate) use winsor::Winsor;
