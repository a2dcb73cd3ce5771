//! Experiments.

mod bayes;
mod binary_arm;
mod early_looks;
mod group_sequential;
mod proportion;
mod test_options;
mod test_result;

pub(crate) use bayes::{
    BetaPosterior, EffectPosterior, best_effect, best_rate, compare_rates_bayes, thompson_allocation,
};
pub(crate) use binary_arm::BinaryArm;
pub(crate) use early_looks::{
    MixtureBound, SequentialTest, always_valid, bernoulli_sequence, empirical_process_bound,
    quantile_sequence_p_value, stitched_bound,
};
pub(crate) use group_sequential::GroupSequential;
pub(crate) use proportion::compare_proportions;
pub(crate) use test_options::TestOptions;
