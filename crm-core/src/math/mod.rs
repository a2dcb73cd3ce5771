//! Statistics without a customer noun in them.

mod beta;
mod beta_inverse;
mod binning;
mod chi_square;
mod decay;
mod error_function;
mod f_distribution;
mod gamma;
mod incomplete_gamma;
mod log_tails;
mod midrank_table;
mod monotone_root;
mod noncentral_t;
mod normal;
mod optimize;
mod point_probability;
mod quadrature;
mod quantile;
mod radix_sort;
mod random;
mod student;
mod symmetric;

pub(crate) use beta::ln_beta_kernel;
pub use beta::{beta_reg, ln_beta, ln_beta_reg};
pub use beta_inverse::{beta_reg_inverse, beta_reg_inverse_upper};
pub(crate) use binning::{midrank_cuts, ordered_bits};
pub use chi_square::{chi_square_quantile, chi_square_upper, chi_square_upper_quantile, ln_chi_square_upper};
pub use decay::{discounted_decay, scaled_expint};
pub use error_function::{erfcx, ln_erfc};
pub use f_distribution::{f_quantile, f_upper, f_upper_quantile, ln_f_upper};
pub(crate) use gamma::stirling_remainder;
pub use gamma::{RisingTable, digamma, digamma_rising, ln_gamma, ln_rising, trigamma};
pub(crate) use incomplete_gamma::ln_kernel as ln_gamma_kernel;
pub use incomplete_gamma::{
    gamma_reg_inverse, gamma_reg_inverse_upper, gamma_reg_lower, gamma_reg_upper, ln_gamma_reg_lower,
    ln_gamma_reg_upper,
};
pub(crate) use log_tails::{ln_one_less_exp, log_less_linear};
pub(crate) use midrank_table::{MidrankLookup, MidrankTable};
pub(crate) use monotone_root::{root_between, root_of_falling};
pub(crate) use noncentral_t::ln_mean_over_scale;
pub use noncentral_t::{ln_noncentral_t_upper, noncentral_t_probability, noncentral_t_upper};
pub(crate) use normal::normal_upper_with_ln;
pub use normal::{
    ln_normal_probability, ln_normal_upper, normal_probability, normal_quantile, normal_quantile_ln,
    normal_upper,
};
pub(crate) use optimize::{Maximum, maximize, maximize_near};
pub use point_probability::{ln_binomial, ln_hypergeometric};
pub(crate) use quadrature::{BetaNodes, DROP, GAUSS_LEGENDRE_16, LONGEST_PANEL, ln_integral_of_log_concave};
pub use quantile::quantile_type_7;
pub(crate) use quantile::{ClosedSide, interior_quantiles};
pub(crate) use radix_sort::{ascending, ascending_on};
pub(crate) use random::stream;
pub use student::{ln_student_t_upper, student_t_quantile, student_t_upper};
pub(crate) use symmetric::{cholesky, eigenvalues, inverse, principal_axes, solve};
