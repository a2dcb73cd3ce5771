//! Experiments: what a test is asked, what it says, and the tests.

// What every test shares.
mod names;
pub mod test_options;
pub mod test_result;

// Rates.
pub mod binary_arm;
pub mod proportion;

// Many tests, and before the test.
pub mod multiplicity;
pub mod planning;
