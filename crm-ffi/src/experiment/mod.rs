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
