//! The beta function and its incomplete ratio, as logarithms.
//!
//! NIST Digital Library of Mathematical Functions: 5.12.1 (beta), 8.17.1, 8.17.4 (symmetry), 8.17.7 (series), 8.17.22
//! (integral, continued fraction); the even part of that fraction, with `a - (a + b) x` as a quantity of its own, is equation 9 of
//! Didonato and Morris (1992), "Algorithm 708: Significant digit computation of the incomplete beta function ratios",
//! ACM Transactions on Mathematical Software 18(3).

use super::gamma::{HALF_LN_TWO_PI, ln_gamma, ln_gamma_1p, ln_rising, stirling_remainder};
use super::log_tails::{ln_one_less_exp, log_less_linear};
use super::quadrature::integral_from_zero;

/// The logarithm of the beta function, `ln B(a, b) = ln Gamma(a) + ln Gamma(b) - ln Gamma(a + b)`.
///
/// `a` and `b` are positive; below 0 the result is NaN. The relative error is below 1e-14, or near a result of 0 the
/// absolute error is below 1e-14.
///
/// ```
/// use crm_core::math::ln_beta;
/// assert!((ln_beta(2.0, 3.0) + 12f64.ln()).abs() < 1e-14);
/// ```
///
/// DLMF 5.12.1, 5.11.1.
pub fn ln_beta(a: f64, b: f64) -> f64 {
    let (small, large) = if a <= b { (a, b) } else { (b, a) };
    if small < 10.0 {
        return ln_gamma(small) - ln_rising(large, small);
    }
    let remainder = stirling_remainder(small) + stirling_remainder(large) - stirling_remainder(small + large);
    let shares = (small - 0.5) * (small / (small + large)).ln() - large * (small / large).ln_1p();
    HALF_LN_TWO_PI - 0.5 * large.ln() + shares + remainder
}

/// The regularised incomplete beta function, `I_x(a, b)`: the probability that a beta variate is at most x.
///
/// As [`ln_beta_reg`], of which it is the exponential.
///
/// ```
/// use crm_core::math::beta_reg;
/// assert!((beta_reg(2.0, 3.0, 0.25, 0.75) - 67.0 / 256.0).abs() < 1e-15);
/// ```
pub fn beta_reg(a: f64, b: f64, x: f64, one_minus_x: f64) -> f64 {
    ln_beta_reg(a, b, x, one_minus_x).exp()
}

/// The logarithm of the regularised incomplete beta function:
/// `ln I_x(a, b)`, `I_x(a, b) = (integral from 0 to x of s^(a-1) (1-s)^(b-1) ds) / B(a, b)`.
///
/// `a` and `b` are positive, made for 1e-8 to 1e12; `x` and `one_minus_x` add up to 1, and both are given so that neither
/// end loses digits: the smaller of the two counts as exact. At `x <= 0` the result is -infinity, at `one_minus_x <= 0`
/// it is 0; it is NaN only for NaN or a parameter that is not positive. The relative error of `I` is below 1e-13, or
/// 1e-15 times its logarithm where that is more.
///
/// ```
/// use crm_core::math::ln_beta_reg;
/// // I_x(a, 1) = x^a.
/// assert!((ln_beta_reg(5000.0, 1.0, 0.1, 0.9) / (5000.0 * 0.1f64.ln()) - 1.0).abs() < 1e-14);
/// ```
///
/// DLMF 8.17.1, 8.17.4, 8.17.7, 8.17.22; Didonato and Morris (1992), eq. 9.
pub fn ln_beta_reg(a: f64, b: f64, x: f64, one_minus_x: f64) -> f64 {
    let y = one_minus_x;
    if !(a > 0.0 && b > 0.0) || x.is_nan() || y.is_nan() {
        return f64::NAN;
    }
    if x <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if y <= 0.0 {
        return 0.0;
    }
    // Where the fraction converges fast (DLMF 8.17.22): below (a + 1) / (a + b + 2), in the smaller of x and y.
    let lower = if x <= y { x * (a + b + 2.0) <= a + 1.0 } else { y * (a + b + 2.0) >= b + 1.0 };
    if lower {
        return lower_tail(a, b, x, y).min(0.0);
    }
    if b < 1.0 {
        return little_below_one(a, b, y);
    }
    // Above its mean, and with b >= 1, the ratio is no small difference of 1.
    ln_one_less_exp(lower_tail(b, a, y, x).min(0.0))
}

/// Ratio of a term to the sum, or of a convergent to the one before less 1, at which sums and fractions end.
const CONVERGED: f64 = 2e-16;
/// Bound on the steps of the fraction. Near the mean it takes about the square root of the smaller parameter.
const MOST_STEPS: u32 = 20_000;
/// From here on, for both parameters, the tail is an integral: the fraction takes thousands of steps.
const INTEGRAL_FROM: f64 = 1e6;

/// `ln I_x(a, b)` for x below the mean.
fn lower_tail(a: f64, b: f64, x: f64, y: f64) -> f64 {
    if a.min(b) >= INTEGRAL_FROM { lower_integral(a, b, x, y) } else { lower_fraction(a, b, x, y) }
}

/// `ln I_x(a, b)` for large a and b and x up to about the mean: with `s = x (1 - u)` the integrand of DLMF 8.17.1 at u, over that at x, is
/// `exp(a l(-u) + b l(r u) - (a - b r) u) / ((1 - u) (1 + r u))`, `r = x/y`, `l(t) = ln(1 + t) - t`. It falls like a normal density's tail.
fn lower_integral(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let excess = excess(a, b, x, y);
    // a - b r = -excess / y, at least about -1 / y.
    let (ratio, slope) = (x / y, -excess / y);
    let relative = |u: f64| {
        let exponent =
            a * log_less_linear(-u, 1.0 - u) + b * log_less_linear(ratio * u, 1.0 + ratio * u) - slope * u;
        exponent.exp() / ((1.0 - u) * (1.0 + ratio * u))
    };
    let curvature = (b * ratio).mul_add(ratio, a);
    ln_kernel(a, b, x, y, excess) + (integral_from_zero(relative, slope.max(0.0), curvature, 1.0) / y).ln()
}

/// `ln I_x(a, b)` by the even part of DLMF 8.17.22, for x below `(a + 1) / (a + b + 2)`.
fn lower_fraction(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let excess = excess(a, b, x, y);
    // Modified Lentz (Thompson and Barnett 1986) on 1 / (beta[1] + alpha[2] / (beta[2] + ...)).
    let beta = |n: f64| {
        n + n * (b - n) / (a + (2.0 * n - 1.0)) * x
            + (a + n) / (a + 2.0 * n + 1.0) * (1.0 - excess + n * (1.0 + y))
    };
    // beta[1]: the terms in n vanish, and a - 1 may too.
    let first = a / (a + 1.0) * (1.0 - excess);
    let (mut fraction, mut c, mut d) = (first, first, 0.0);
    for n in 1..=MOST_STEPS {
        let n = f64::from(n);
        let odd = a + (2.0 * n - 1.0);
        let alpha = (a + (n - 1.0)) / odd * ((a + b + (n - 1.0)) / odd) * n * (b - n) * x * x;
        let beta = beta(n);
        d = nonzero(beta + alpha * d).recip();
        c = nonzero(beta + alpha / c);
        let change = c * d;
        fraction *= change;
        if (change - 1.0).abs() <= CONVERGED {
            break;
        }
    }
    ln_kernel(a, b, x, y, excess) - fraction.abs().ln()
}

fn nonzero(v: f64) -> f64 {
    if v == 0.0 { f64::MIN_POSITIVE } else { v }
}

/// `(a + b) x - a`, to the last digit: what is exact of x and y decides.
pub(super) fn excess(a: f64, b: f64, x: f64, y: f64) -> f64 {
    let sum = a + b;
    let of_b = sum - a;
    // What rounding takes from a + b (Knuth's two-sum).
    let lost = (a - (sum - of_b)) + (b - of_b);
    if x <= y { x.mul_add(sum, -a) + x * lost } else { -(y.mul_add(sum, -b) + y * lost) }
}

/// `ln(x^a y^b / B(a, b))` for positive a, b, x and y, x and y adding up to 1; nothing large cancels.
pub(crate) fn ln_beta_kernel(a: f64, b: f64, x: f64, y: f64) -> f64 {
    ln_kernel(a, b, x, y, excess(a, b, x, y))
}

/// `ln(x^a y^b / B(a, b))`.
///
/// With the mean `x0 = a / (a + b)` and Stirling's formula, `a ln(x/x0) + b ln(y/y0)` carries all that is large. The
/// linear parts of the two logarithms cancel exactly and are left out of both.
pub(super) fn ln_kernel(a: f64, b: f64, x: f64, y: f64, excess: f64) -> f64 {
    let deviance = a * log_less_linear(excess / a, x * ((a + b) / a))
        + b * log_less_linear(-excess / b, y * ((a + b) / b));
    let remainder = stirling_remainder(a) + stirling_remainder(b) - stirling_remainder(a + b);
    let (small, large) = if a <= b { (a, b) } else { (b, a) };
    0.5 * (small / (1.0 + small / large)).ln() - HALF_LN_TWO_PI + deviance - remainder
}

/// `ln I_x(a, b)` for `b < 1` and `y = 1 - x` below `(b + 1) / (a + b + 2)`, where `I_y(b, a)` may lie close to 1.
///
/// DLMF 8.17.7: `I_y(b, a) = y^b Gamma(a+b) / (Gamma(a) Gamma(1+b)) (1 + b S)` with
/// `S = sum over n >= 1 of (1-a)_n y^n / (n! (b+n))`. The logarithm of each factor is small with b.
fn little_below_one(a: f64, b: f64, y: f64) -> f64 {
    let (mut power, mut sum) = (1.0, 0.0);
    for n in 1..1000 {
        let n = f64::from(n);
        power *= (n - a) / n * y;
        let term = power / (b + n);
        sum += term;
        if term.abs() <= CONVERGED * f64::abs(sum) * 0.1 {
            break;
        }
    }
    let ln_upper = b * y.ln() + ln_rising(a, b) - ln_gamma_1p(b) + (b * sum).ln_1p();
    ln_one_less_exp(ln_upper.min(-f64::MIN_POSITIVE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PARAMETERS: [f64; 13] = [1e-8, 1e-3, 0.3, 0.999, 1.0, 2.5, 9.9, 40.0, 1234.5, 1e5, 3e6, 1e8, 1e12];

    fn points() -> impl Iterator<Item = (f64, f64)> {
        let small = [1e-300, 1e-20, 1e-9, 1e-4, 0.01, 0.2, 0.375, 0.5];
        small.into_iter().flat_map(|x| [(x, 1.0 - x), (1.0 - x, x)])
    }

    #[test]
    fn both_tails_make_one() {
        for a in PARAMETERS {
            for b in PARAMETERS {
                for (x, y) in points() {
                    let sum = beta_reg(a, b, x, y) + beta_reg(b, a, y, x);
                    assert!((sum - 1.0).abs() < 1e-13, "{a} {b} {x}: {sum}");
                }
            }
        }
    }

    #[test]
    fn with_one_parameter_one_it_is_a_power() {
        for a in PARAMETERS {
            for (x, y) in points() {
                let ln = if x < y { x.ln() } else { (-y).ln_1p() };
                let lower = ln_beta_reg(a, 1.0, x, y);
                assert!((lower - a * ln).abs() <= 1e-13 + 4e-15 * (a * ln).abs(), "{a} {x}: {lower}");
                let (upper, expected) = (beta_reg(1.0, a, y, x), -(a * ln).exp_m1());
                let tolerance = 1e-13 + 4e-15 * expected.ln().abs();
                assert!((upper / expected - 1.0).abs() < tolerance, "{a} {x}: {upper} {expected}");
            }
        }
    }

    #[test]
    fn it_rises_with_x_and_a_step_in_a_takes_the_kernel() {
        for a in PARAMETERS {
            for b in PARAMETERS {
                let mut last = f64::NEG_INFINITY;
                for step in 1..200 {
                    let x = f64::from(step) / 200.0;
                    let ln = ln_beta_reg(a, b, x, f64::from(200 - step) / 200.0);
                    assert!(
                        ln <= 0.0 && ln >= last - 1e-11 * (1.0 + ln.abs().min(1.0)),
                        "{a} {b} {x}: {last} {ln}"
                    );
                    last = ln;
                }
                // DLMF 8.17.20: I_x(a, b) = I_x(a+1, b) + x^a y^b / (a B(a, b)).
                let (x, y) = (0.25, 0.75);
                let kernel = (a * f64::ln(x) + b * f64::ln(y) - ln_beta(a, b)).exp() / a;
                let error = beta_reg(a, b, x, y) - beta_reg(a + 1.0, b, x, y) - kernel;
                // The logarithms of this sum lose what their size takes.
                assert!(error.abs() < 1e-13 + 1e-15 * kernel * (a + b), "{a} {b}: {error}");
            }
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!(ln_beta_reg(2.0, 3.0, 0.0, 1.0), f64::NEG_INFINITY);
        assert_eq!(ln_beta_reg(2.0, 3.0, 1.0, 0.0), 0.0);
        assert_eq!((beta_reg(2.0, 3.0, 0.0, 1.0), beta_reg(2.0, 3.0, 1.0, 0.0)), (0.0, 1.0));
        assert!(ln_beta_reg(0.0, 3.0, 0.5, 0.5).is_nan() && ln_beta_reg(1.0, 3.0, f64::NAN, 0.5).is_nan());
        assert!(ln_beta(-1.0, 1.0).is_nan());
        for a in PARAMETERS {
            for b in PARAMETERS {
                assert_eq!(ln_beta(a, b), ln_beta(b, a));
            }
        }
    }
}
