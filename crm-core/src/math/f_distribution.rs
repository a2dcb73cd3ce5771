//! The F distribution: the upper tail, its logarithm and quantiles.
//!
//! `P(F > f) = I_x(d2/2, d1/2)` with `x = d2 / (d2 + d1 f)`: NIST Digital Library of Mathematical Functions 8.17.

use super::beta::ln_beta_reg;

/// The probability of an F variate above f, `P(F > f)`.
///
/// `d1` and `d2`, the degrees of freedom of numerator and denominator, are positive; below `f = 0` the result is 1. NaN for others. Error as
/// of [`ln_beta_reg`](super::ln_beta_reg).
///
/// ```
/// use crm_core::math::f_upper;
/// // (1 + f)^-1 for two and two degrees of freedom.
/// assert!((f_upper(3.0, 2.0, 2.0) - 0.25).abs() < 1e-15);
/// ```
pub fn f_upper(f: f64, d1: f64, d2: f64) -> f64 {
    ln_f_upper(f, d1, d2).exp()
}

/// The logarithm of `P(F > f)`; nothing underflows.
///
/// Domain and error as of [`f_upper`].
///
/// ```
/// use crm_core::math::ln_f_upper;
/// assert!((ln_f_upper(1e100, 2.0, 2.0) + 100.0 * 10f64.ln()).abs() < 1e-12);
/// ```
pub fn ln_f_upper(f: f64, d1: f64, d2: f64) -> f64 {
    if f <= 0.0 {
        return if d1 > 0.0 && d2 > 0.0 { 0.0 } else { f64::NAN };
    }
    let ratio = d1 / d2 * f;
    ln_beta_reg(0.5 * d2, 0.5 * d1, 1.0 / (1.0 + ratio), 1.0 / (1.0 + 1.0 / ratio))
}
