//! Statistics without a customer noun in them.

mod binning;
mod quantile;

pub(crate) use binning::midrank_cuts;
pub use quantile::quantile_type_7;
pub(crate) use quantile::{ClosedSide, interior_quantiles};
