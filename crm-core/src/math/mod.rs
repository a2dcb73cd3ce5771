//! Statistics without a customer noun in them.

mod beta;
mod binning;
mod decay;
mod gamma;
mod normal;
mod optimize;
mod quadrature;
mod quantile;
mod random;
mod symmetric;

pub use beta::{beta_reg, ln_beta, ln_beta_reg};
pub(crate) use binning::midrank_cuts;
pub use decay::{discounted_decay, scaled_expint};
pub use gamma::{RisingTable, digamma, digamma_rising, ln_gamma, ln_rising, trigamma};
pub use normal::{normal_probability, normal_quantile};
pub(crate) use optimize::{Maximum, maximize, maximize_near};
pub(crate) use quadrature::{BetaNodes, DROP, GAUSS_LEGENDRE_16, LONGEST_PANEL, ln_integral_of_log_concave};
pub use quantile::quantile_type_7;
pub(crate) use quantile::{ClosedSide, interior_quantiles};
pub(crate) use random::stream;
pub(crate) use symmetric::{cholesky, eigenvalues, inverse, principal_axes};
