//! Quantiles of arms, from summaries that merge.

mod arm;
mod compare;
mod ranked;
mod single;

pub use arm::{QuantileArm, QuantileArmOptions};
pub use compare::compare_quantiles;
pub use single::quantile_interval;
