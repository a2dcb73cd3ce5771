//! Experiments: what a test is asked, what it says, and the tests.

// What every test shares.
mod names;
pub mod test_columns;
pub mod test_options;
pub mod test_result;

// Rates, and how users were split.
pub mod binary_arm;
pub mod proportion;
pub mod rate_test;
pub mod sample_ratio;
pub mod stratified_proportion;

// Means, and money.
pub mod arm_table;
pub mod incremental;
pub mod joint_arm;
pub mod mean_arm;
pub mod means;
pub mod winsor;

// Raw columns, without a distribution.
pub mod bootstrap;
pub mod permutation;
pub mod quantile;
pub mod rank;
pub mod resampled;

// Looking early.
pub mod always_valid;
pub mod group_sequential;
pub mod sequential_test;

// Bayesian.
pub mod bayes;

// Many tests, and before the test.
pub mod equivalence;
pub mod exact_plan;
pub mod multiplicity;
pub mod planning;
pub mod rank_plan;
pub mod rate_plan;
pub mod several_arms;
