//! Tests on ranks: is a customer of one arm likely to be above one of the other?

mod brunner_munzel;
mod differences;
mod mann_whitney;
mod pairs;
mod rank_sum;
mod runs;
mod walk;

pub use brunner_munzel::brunner_munzel;
pub use mann_whitney::{MannWhitney, MannWhitneyMethod, mann_whitney};
