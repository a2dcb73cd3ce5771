//! The chi-square distribution: the upper tail, its logarithm and quantiles.
//!
//! `P(X > x) = Q(df/2, x/2)`: NIST Digital Library of Mathematical Functions 8.2.4.

use super::incomplete_gamma::{
    gamma_reg_inverse, gamma_reg_inverse_upper, gamma_reg_upper, ln_gamma_reg_upper,
};

/// The probability of a chi-square variate above x, `P(X > x) = Q(df/2, x/2)`.
///
/// `df`, the degrees of freedom, are positive, up to 2e15, and need not be whole; below `x = 0` the result is 1. NaN for others. The relative
/// error is below 1e-13, or 1e-15 times the logarithm where that is more.
///
/// ```
/// use crm_core::math::chi_square_upper;
/// assert!((chi_square_upper(3.841_458_820_694_124, 1.0) - 0.05).abs() < 1e-15);
/// ```
pub fn chi_square_upper(x: f64, df: f64) -> f64 {
    gamma_reg_upper(0.5 * df, half(x))
}

/// The logarithm of `P(X > x)`; nothing underflows.
///
/// Domain and error as of [`chi_square_upper`].
///
/// ```
/// use crm_core::math::ln_chi_square_upper;
/// assert!((ln_chi_square_upper(2e5, 2.0) + 1e5).abs() < 1e-9);
/// ```
pub fn ln_chi_square_upper(x: f64, df: f64) -> f64 {
    ln_gamma_reg_upper(0.5 * df, half(x))
}

/// Half of x, and 0 for what is below 0.
fn half(x: f64) -> f64 {
    if x < 0.0 { 0.0 } else { 0.5 * x }
}

/// The x with `P(X <= x) = p`, for p from 0 to 1.
///
/// NaN for what is no probability. The relative error is below 1e-13.
///
/// ```
/// use crm_core::math::chi_square_quantile;
/// assert!((chi_square_quantile(0.95, 1.0) - 3.841_458_820_694_124).abs() < 1e-13);
/// ```
pub fn chi_square_quantile(p: f64, df: f64) -> f64 {
    2.0 * gamma_reg_inverse(0.5 * df, p)
}

/// The x with `P(X > x) = q`, for q from 0 to 1: the critical value, for small levels too.
///
/// NaN for what is no probability. The relative error is below 1e-13.
///
/// ```
/// use crm_core::math::chi_square_upper_quantile;
/// assert!((chi_square_upper_quantile(1e-100, 2.0) - 200.0 * 10f64.ln()).abs() < 1e-12);
/// ```
pub fn chi_square_upper_quantile(q: f64, df: f64) -> f64 {
    2.0 * gamma_reg_inverse_upper(0.5 * df, q)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_degrees_of_freedom_are_exponential() {
        for x in [0.0, 1e-9, 0.5, 3.0, 1400.0] {
            assert!((chi_square_upper(x, 2.0) - (-0.5 * x).exp()).abs() <= 1e-13 * (-0.5 * x).exp(), "{x}");
        }
        for q in [1e-300, 1e-16, 0.05, 0.5, 0.95, 1.0 - 1e-10] {
            let x = chi_square_upper_quantile(q, 2.0);
            assert!((x / (-2.0 * f64::ln(q)) - 1.0).abs() < 1e-13, "{q}: {x}");
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!((chi_square_upper(-1.0, 3.0), ln_chi_square_upper(-1.0, 3.0)), (1.0, 0.0));
        assert!(chi_square_upper(f64::NAN, 3.0).is_nan() && chi_square_upper(1.0, 0.0).is_nan());
        assert_eq!((chi_square_quantile(0.0, 3.0), chi_square_quantile(1.0, 3.0)), (0.0, f64::INFINITY));
        assert_eq!(
            (chi_square_upper_quantile(0.0, 3.0), chi_square_upper_quantile(1.0, 3.0)),
            (f64::INFINITY, 0.0)
        );
        assert!(chi_square_quantile(1.5, 3.0).is_nan());
    }
}
