//! The incomplete gamma function ratios, both tails, and their logarithms.
//!
//! NIST Digital Library of Mathematical Functions: 8.2.4 (definitions), 8.7.1 and 8.11.4 (series), 8.9.2 (continued fraction). Where both
//! converge slowly, about x = a for large a, a tail is its integral by the rule of Gauss and Legendre: terms are positive and scaled by the
//! integrand at x, so neither tail loses digits at any distance (Gil, Segura and Temme 2007, "Numerical Methods for Special Functions",
//! sections 5.2 and 8.3).

use super::gamma::{HALF_LN_TWO_PI, ln_gamma_1p, stirling_remainder};
use super::log_tails::{Tail, log_less_linear};
use super::monotone_root::root_of_falling;
use super::normal::normal_quantile;
use super::quadrature::integral_from_zero;

/// Ratio of a term to the sum at which sums and fractions end.
const CONVERGED: f64 = 1e-17;
/// From this a on tails are integrals; below, no series takes more than a few hundred terms.
const INTEGRAL_FROM: f64 = 200.0;

/// The lower regularised incomplete gamma function, `P(a, x) = (integral from 0 to x of s^(a-1) e^-s ds) / Gamma(a)`.
///
/// As [`ln_gamma_reg_lower`], of which it is the exponential.
///
/// ```
/// use crm_core::math::gamma_reg_lower;
/// assert!((gamma_reg_lower(1.0, 2.0) - (1.0 - f64::exp(-2.0))).abs() < 1e-15);
/// ```
pub fn gamma_reg_lower(a: f64, x: f64) -> f64 {
    tails(a, x).lower()
}

/// The upper regularised incomplete gamma function, `Q(a, x) = 1 - P(a, x)`, with digits of its own.
///
/// ```
/// use crm_core::math::gamma_reg_upper;
/// assert!((gamma_reg_upper(1.0, 50.0) / f64::exp(-50.0) - 1.0).abs() < 1e-14);
/// ```
pub fn gamma_reg_upper(a: f64, x: f64) -> f64 {
    tails(a, x).upper()
}

/// The logarithm of `P(a, x)`.
///
/// `a` is positive, from 1e-8 to 1e15, and x at least 0; otherwise the result is NaN. The relative error of `P` is below 1e-13, or 1e-15 times
/// its logarithm where that is more.
///
/// ```
/// use crm_core::math::ln_gamma_reg_lower;
/// // A hundred thousand standard deviations below the mean nothing underflows.
/// assert!((ln_gamma_reg_lower(1.0, 1e-300) / f64::ln(1e-300) - 1.0).abs() < 1e-15);
/// ```
///
/// DLMF 8.11.4, 8.9.2.
pub fn ln_gamma_reg_lower(a: f64, x: f64) -> f64 {
    tails(a, x).ln_lower()
}

/// The logarithm of `Q(a, x)`.
///
/// Domain and error as of [`ln_gamma_reg_lower`].
///
/// ```
/// use crm_core::math::ln_gamma_reg_upper;
/// assert!((ln_gamma_reg_upper(1.0, 1e5) / -1e5 - 1.0).abs() < 1e-15);
/// ```
///
/// DLMF 8.7.1, 8.9.2.
pub fn ln_gamma_reg_upper(a: f64, x: f64) -> f64 {
    tails(a, x).ln_upper()
}

/// One of the tails, the one that is computed directly.
fn tails(a: f64, x: f64) -> Tail {
    if !(a > 0.0 && x >= 0.0 && a.is_finite()) {
        return Tail::Undefined;
    }
    if x == 0.0 {
        return Tail::LnLower(f64::NEG_INFINITY);
    }
    if x == f64::INFINITY {
        return Tail::LnUpper(f64::NEG_INFINITY);
    }
    if a < 1.0 && x < 1.5 {
        return little(a, x);
    }
    if a >= INTEGRAL_FROM {
        return if x < a { Tail::LnLower(lower_integral(a, x)) } else { Tail::LnUpper(upper_integral(a, x)) };
    }
    if x < a + 1.0 { Tail::LnLower(lower_series(a, x)) } else { Tail::LnUpper(upper_fraction(a, x)) }
}

/// `ln(x^a e^-x / Gamma(a + 1))`: the logarithm of a Poisson probability where a is whole.
pub(crate) fn ln_kernel(a: f64, x: f64) -> f64 {
    if a < 10.0 {
        return a * x.ln() - x - ln_gamma_1p(a);
    }
    a * log_less_linear((x - a) / a, x / a) - 0.5 * a.ln() - HALF_LN_TWO_PI - stirling_remainder(a)
}

/// DLMF 8.11.4, `P = x^a e^-x / Gamma(a+1) sum of x^n / ((a+1) ... (a+n))`, for x up to about a.
fn lower_series(a: f64, x: f64) -> f64 {
    let (mut term, mut sum, mut n) = (1.0, 1.0, a);
    while term > CONVERGED * sum {
        n += 1.0;
        term *= x / n;
        sum += term;
    }
    ln_kernel(a, x) + sum.ln()
}

/// DLMF 8.9.2, contracted to `1 / (x + 1 - a - 1 (1 - a) / (x + 3 - a - ...))`, for x above a + 1, or a below 1 and x above 1.
fn upper_fraction(a: f64, x: f64) -> f64 {
    // Modified Lentz (Thompson and Barnett 1986); denominators stay positive.
    let mut b = x + 1.0 - a;
    let (mut d, mut c) = (b.recip(), f64::INFINITY);
    let mut fraction = d;
    for n in 1..100_000 {
        let n = f64::from(n);
        let alpha = n * (n - a);
        b += 2.0;
        d = (b - alpha * d).recip();
        c = b - alpha / c;
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() <= 2e-16 {
            break;
        }
    }
    ln_kernel(a, x) + (a * fraction).ln()
}

/// Both tails for a below 1 and x below 1.5, by DLMF 8.7.1: `P = x^a / Gamma(a+1) (1 + a sum of (-x)^n / (n! (a+n)))`.
fn little(a: f64, x: f64) -> Tail {
    let (mut power, mut sum, mut n) = (1.0, 0.0, 0.0);
    loop {
        n += 1.0;
        power *= -x / n;
        let term = power / (a + n);
        sum += term;
        if f64::abs(term) <= CONVERGED * f64::abs(sum) {
            break;
        }
    }
    let ln_lower = a * x.ln() - ln_gamma_1p(a) + (a * sum).ln_1p();
    // Near 1 the logarithm holds the upper tail's digits, else the other way round.
    Tail::LnLower(ln_lower.min(-f64::MIN_POSITIVE))
}

/// `P` for large a and x below a: with s = x (1 - u) the integrand at u is `exp(a (ln(1-u) + u) - (a - x) u) / (1 - u)` of that at x.
fn lower_integral(a: f64, x: f64) -> f64 {
    let slope = a - x;
    let log_f = |u: f64| a * log_less_linear(-u, 1.0 - u) - slope * u;
    let integral = integral_from_zero(|u| log_f(u).exp() / (1.0 - u), slope, a, 1.0);
    ln_kernel(a, x) + (a * integral).ln()
}

/// `Q` for large a and x from a up: with s = x (1 + u) the integrand at u is `exp(a (ln(1+u) - u) - (x - a) u) / (1 + u)` of that at x.
fn upper_integral(a: f64, x: f64) -> f64 {
    let slope = x - a;
    let log_f = |u: f64| a * log_less_linear(u, 1.0 + u) - slope * u;
    let integral = integral_from_zero(|u| log_f(u).exp() / (1.0 + u), slope, a, f64::INFINITY);
    ln_kernel(a, x) + (a * integral).ln()
}

/// The x with `P(a, x) = p`, for p from 0 to 1.
///
/// NaN for what is no probability, and for a that is not positive. The relative error is below 1e-13, plus what a rounding of p moves.
///
/// ```
/// use crm_core::math::gamma_reg_inverse;
/// assert!((gamma_reg_inverse(1.0, 0.75) - 4f64.ln()).abs() < 1e-15);
/// ```
pub fn gamma_reg_inverse(a: f64, p: f64) -> f64 {
    if p > 0.5 { inverse(a, 1.0 - p, false) } else { inverse(a, p, true) }
}

/// The x with `Q(a, x) = q`, for q from 0 to 1.
///
/// As [`gamma_reg_inverse`], for upper tails that 1 - q would lose.
///
/// ```
/// use crm_core::math::gamma_reg_inverse_upper;
/// assert!((gamma_reg_inverse_upper(1.0, 1e-200) / (200.0 * 10f64.ln()) - 1.0).abs() < 1e-15);
/// ```
pub fn gamma_reg_inverse_upper(a: f64, q: f64) -> f64 {
    if q > 0.5 { inverse(a, 1.0 - q, true) } else { inverse(a, q, false) }
}

/// The x whose lower or upper tail is `tail`, at most 1/2.
fn inverse(a: f64, tail: f64, lower: bool) -> f64 {
    if !(a > 0.0 && a.is_finite() && (0.0..=0.5).contains(&tail)) {
        return f64::NAN;
    }
    if tail == 0.0 {
        return if lower { 0.0 } else { f64::INFINITY };
    }
    let target = tail.ln();
    let start = if lower && (a < 1.0 || target + ln_gamma_1p(a) < -0.5 * a) {
        // The leading term, x^a / Gamma(a + 1).
        ((target + ln_gamma_1p(a)) / a).exp()
    } else {
        // Wilson and Hilferty (1931).
        let z = normal_quantile(tail) * if lower { 1.0 } else { -1.0 };
        let ninth = 1.0 / (9.0 * a);
        a * (1.0 - ninth + z * ninth.sqrt()).max(0.05).powi(3)
    };
    if lower {
        root_of_falling(|x| target - ln_gamma_reg_lower(a, x), start)
    } else {
        root_of_falling(|x| ln_gamma_reg_upper(a, x) - target, start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn with_parameter_one_it_is_exponential() {
        for x in [1e-300_f64, 1e-10, 0.3, 1.0, 1.4, 1.6, 5.0, 40.0, 700.0, 1e5] {
            let lower = -(-x).exp_m1();
            let allowed = 1e-14 - 1e-15 * lower.ln();
            assert!((ln_gamma_reg_upper(1.0, x) / -x - 1.0).abs() < allowed, "{x:e}");
            assert!((gamma_reg_lower(1.0, x) / lower - 1.0).abs() < allowed, "{x:e}");
        }
    }

    #[test]
    fn both_tails_make_one() {
        for a in [1e-8, 0.1, 0.5, 0.999, 1.0, 3.0, 50.0, 199.9, 200.0, 1e4, 1e8, 1e12, 1e15] {
            for deviations in [-3.0, -1.0, -0.1, 0.0, 0.01, 0.7, 2.0, 5.0] {
                let x = f64::max(a + deviations * f64::sqrt(a), 0.5 * a);
                let sum = gamma_reg_lower(a, x) + gamma_reg_upper(a, x);
                assert!((sum - 1.0).abs() < 1e-15, "{a} {x}: {sum}");
            }
        }
    }

    #[test]
    fn a_step_in_a_takes_the_kernel() {
        // DLMF 8.8.6: Q(a + 1, x) = Q(a, x) + x^a e^-x / Gamma(a + 1).
        for a in [0.25, 0.9, 1.0, 7.5, 150.0, 199.5, 5e3, 1e6] {
            for deviations in [-3.0, -0.5, 0.0, 0.5, 3.0] {
                let x = f64::max(a + deviations * f64::sqrt(a), 0.1 * a);
                let (step, kernel) =
                    (gamma_reg_upper(a + 1.0, x) - gamma_reg_upper(a, x), ln_kernel(a, x).exp());
                assert!((step - kernel).abs() < 5e-15, "{a} {x}: {step} {kernel}");
            }
        }
    }

    #[test]
    fn inverses_give_the_tails_back() {
        for a in [1e-3, 0.3, 1.0, 2.5, 30.0, 199.0, 201.0, 1e5, 1e10, 1e15] {
            for p in [1e-300, 1e-50, 1e-8, 0.025, 0.3, 0.5, 0.8, 0.999] {
                let x = gamma_reg_inverse(a, p);
                let rounding = 4e-16 * (x - a).abs() * (1.0 + a / x) + 1e-15 * a.sqrt();
                if x > 0.0 {
                    let back = gamma_reg_lower(a, x);
                    assert!((back / p - 1.0).abs() < 1e-13 + rounding, "{a} {p}: {x} {back}");
                }
                let x = gamma_reg_inverse_upper(a, p);
                if x > 0.0 {
                    let rounding = 4e-16 * (x - a).abs() * (1.0 + a / x) + 1e-15 * a.sqrt();
                    let back = gamma_reg_upper(a, x);
                    assert!((back / p - 1.0).abs() < 1e-13 + rounding, "{a} {p}: {x} {back}");
                }
            }
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!((gamma_reg_inverse(2.0, 0.0), gamma_reg_inverse(2.0, 1.0)), (0.0, f64::INFINITY));
        assert_eq!(
            (gamma_reg_inverse_upper(2.0, 0.0), gamma_reg_inverse_upper(2.0, 1.0)),
            (f64::INFINITY, 0.0)
        );
        assert!(gamma_reg_inverse(2.0, -0.1).is_nan() && gamma_reg_inverse(0.0, 0.1).is_nan());
        assert_eq!((gamma_reg_lower(2.0, 0.0), gamma_reg_upper(2.0, 0.0)), (0.0, 1.0));
        assert_eq!((gamma_reg_lower(2.0, f64::INFINITY), gamma_reg_upper(2.0, f64::INFINITY)), (1.0, 0.0));
        assert!(gamma_reg_lower(0.0, 1.0).is_nan() && gamma_reg_upper(1.0, -1.0).is_nan());
        assert!(ln_gamma_reg_lower(f64::NAN, 1.0).is_nan() && ln_gamma_reg_upper(1.0, f64::NAN).is_nan());
        assert!(gamma_reg_lower(f64::INFINITY, 1.0).is_nan());
    }
}
