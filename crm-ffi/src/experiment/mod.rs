//! Experiments: what a test is asked, what it says, and the tests.

// What every test shares.
mod names;
pub mod test_options;
pub mod test_result;

// Rates.
pub mod binary_arm;
pub mod proportion;

// Means.
pub mod arm_table;
pub mod incremental;
pub mod joint_arm;
pub mod mean_arm;
pub mod means;
