//! The F distribution: the upper tail, its logarithm and quantiles.
//!
//! `P(F > f) = I_x(d2/2, d1/2)` with `x = d2 / (d2 + d1 f)`: NIST Digital Library of Mathematical Functions 8.17.

use super::beta::ln_beta_reg;
use super::beta_inverse::beta_reg_inverse;
use super::chi_square::{chi_square_quantile, chi_square_upper_quantile, ln_chi_square_upper};
use super::incomplete_gamma::ln_gamma_reg_lower;

/// The probability of an F variate above f, `P(F > f)`.
///
/// `d1` and `d2`, the degrees of freedom of numerator and denominator, are positive, up to 2e12 or one of them infinite; below `f = 0` the
/// result is 1. NaN for others. The relative error is below 1e-13, or 1e-15 times the logarithm where that is more.
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
    if !(d1 > 0.0 && d2 > 0.0) || f.is_nan() {
        f64::NAN
    } else if f <= 0.0 {
        0.0
    } else if d2 == f64::INFINITY {
        // The denominator is 1.
        ln_chi_square_upper(d1 * f, d1)
    } else if d1 == f64::INFINITY {
        ln_gamma_reg_lower(0.5 * d2, 0.5 * d2 / f)
    } else {
        let ratio = d1 / d2 * f;
        ln_beta_reg(0.5 * d2, 0.5 * d1, 1.0 / (1.0 + ratio), 1.0 / (1.0 + 1.0 / ratio))
    }
}

/// The f with `P(F > f) = q`, for q from 0 to 1: the critical value.
///
/// NaN for what is no probability. The relative error is below 1e-13.
///
/// ```
/// use crm_core::math::f_upper_quantile;
/// assert!((f_upper_quantile(0.05, 3.0, 20.0) - 3.098_391_212_140_781).abs() < 1e-13);
/// ```
pub fn f_upper_quantile(q: f64, d1: f64, d2: f64) -> f64 {
    if d2 == f64::INFINITY {
        chi_square_upper_quantile(q, d1) / d1
    } else if d1 == f64::INFINITY {
        d2 / chi_square_quantile(q, d2)
    } else {
        let (x, y) = beta_reg_inverse(0.5 * d2, 0.5 * d1, q);
        d2 * y / (d1 * x)
    }
}

/// The f with `P(F <= f) = p`, for p from 0 to 1.
///
/// As [`f_upper_quantile`].
///
/// ```
/// use crm_core::math::{f_quantile, f_upper_quantile};
/// assert!((f_quantile(0.975, 4.0, 7.0) / f_upper_quantile(0.025, 4.0, 7.0) - 1.0).abs() < 1e-14);
/// ```
pub fn f_quantile(p: f64, d1: f64, d2: f64) -> f64 {
    f_upper_quantile(p, d2, d1).recip()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{chi_square_upper, student_t_upper};

    #[test]
    fn a_square_of_student_is_f() {
        for df in [0.5, 3.0, 40.0, 1e5, 1e11] {
            for t in [1e-3, 0.5, 2.0, 6.0] {
                let (f, student) = (f_upper(t * t, 1.0, df), 2.0 * student_t_upper(t, df));
                assert!((f / student - 1.0).abs() < 1e-13, "{df} {t}: {f} {student}");
            }
        }
    }

    #[test]
    fn infinite_degrees_of_freedom() {
        for (f, d1) in [(0.5, 3.0), (1.3, 40.0), (4.0, 7.0)] {
            assert_eq!(f_upper(f, d1, f64::INFINITY), chi_square_upper(d1 * f, d1));
            let sum = f_upper(f, d1, f64::INFINITY) + f_upper(1.0 / f, f64::INFINITY, d1);
            assert!((sum - 1.0).abs() < 1e-15);
        }
        assert!(f_upper(1.0, f64::INFINITY, f64::INFINITY).is_nan());
    }

    #[test]
    fn quantiles_invert_tails() {
        for (d1, d2) in
            [(1.0, 1.0), (2.0, 30.0), (7.5, 1e6), (1e9, 3.0), (f64::INFINITY, 5.0), (5.0, f64::INFINITY)]
        {
            for q in [1e-80, 1e-9, 0.01, 0.3, 0.5, 0.9, 0.999] {
                let f = f_upper_quantile(q, d1, d2);
                let back = f_upper(f, d1, d2);
                assert!((back / q - 1.0).abs() < 1e-13 - 2e-15 * q.ln(), "{d1} {d2} {q}: {f} {back}");
            }
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!(
            (f_upper(0.0, 2.0, 3.0), f_upper(-1.0, 2.0, 3.0), f_upper(f64::INFINITY, 2.0, 3.0)),
            (1.0, 1.0, 0.0)
        );
        assert!(
            f_upper(1.0, 0.0, 3.0).is_nan()
                && f_upper(f64::NAN, 2.0, 3.0).is_nan()
                && f_upper(-1.0, -2.0, 3.0).is_nan()
        );
        assert_eq!((f_upper_quantile(0.0, 2.0, 3.0), f_upper_quantile(1.0, 2.0, 3.0)), (f64::INFINITY, 0.0));
        assert!(f_upper_quantile(2.0, 2.0, 3.0).is_nan());
    }
}
