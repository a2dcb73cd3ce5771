//! Customers by the million: no parameters and no history break a prediction, and intervals contain the truth as often as they say.
#![allow(clippy::unwrap_used)]

mod coverage;
mod draws;
mod fuzz;
mod fuzz_values;
mod predictive;
