//! Student's t distribution: tails, their logarithms and quantiles.
//!
//! `P(|T| > t) = I_x(nu/2, 1/2)` with `x = nu / (nu + t^2)`: NIST Digital Library of Mathematical Functions 8.17. With `x = e^-w` the
//! integrand is `e^(-T w) w^(-1/2) (sinh(w/2) / (w/2))^(-1/2)`, `T = nu/2 - 1/4`; the power series of its last factor, in `w^2`, gives
//! incomplete gamma functions: Didonato and Morris (1992), "Algorithm 708", ACM Transactions on Mathematical Software 18(3), section 6.

use std::f64::consts::{FRAC_2_SQRT_PI, LN_2, LN_10};

use super::beta::ln_beta_reg;
use super::error_function::erfcx;
use super::log_tails::log_less_linear;
use super::monotone_root::root_of_falling;
use super::normal::{ln_normal_upper, normal_quantile, normal_quantile_ln, normal_upper};

/// From this T on and up to this `t^2 / df` the expansion holds to a double.
const EXPANSION_FROM: f64 = 10.0;
const EXPANSION_UP_TO: f64 = 2.5;

/// The coefficients of `w^2k` in `(sinh(w/2) / (w/2))^(-1/2)`.
const SINH_POWERS: [f64; 14] = [
    1.0,
    -1.0 / 48.0,
    0.000_390_625,
    -7.879_670_965_608_466e-6,
    1.696_766_579_172_178e-7,
    -3.805_064_191_721_906e-9,
    8.748_377_596_315_407e-11,
    -2.044_523_359_411_974e-12,
    4.833_351_797_967_704e-14,
    -1.152_434_101_767_386e-15,
    2.766_052_043_599_37e-17,
    -6.674_281_950_891_66e-19,
    1.617_455_077_181_58e-20,
    -3.933_977_920_091_38e-22,
];

/// The probability of a Student variate above t, `P(T > t)`.
///
/// ```text
/// P(T > t) = I_x(df/2, 1/2) / 2  for t >= 0,  x = df / (df + t^2)
/// ```
///
/// `df`, the degrees of freedom, are positive and need not be whole; infinite ones give the normal distribution. NaN for others. The
/// relative error is below 1e-13, or 2e-15 times the logarithm where that is more.
///
/// ```
/// use crm_core::math::student_t_upper;
/// assert!((student_t_upper(2.0, 1.0) - 0.147_583_617_650_433_27).abs() < 1e-16);
/// assert!((student_t_upper(1.96, 1e12) / 0.024_997_895_148_220_43 - 1.0).abs() < 1e-11);
/// ```
pub fn student_t_upper(t: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        normal_upper(t)
    } else if t < 0.0 {
        1.0 - student_t_upper(-t, df)
    } else {
        0.5 * two_sided(t, df)
    }
}

/// The logarithm of `P(T > t)`.
///
/// Domain and error as of [`student_t_upper`]; nothing underflows.
///
/// ```
/// use crm_core::math::ln_student_t_upper;
/// // The tail of the Cauchy distribution is 1 / (pi t).
/// assert!((ln_student_t_upper(1e200, 1.0) + (std::f64::consts::PI.ln() + 200.0 * 10f64.ln())).abs() < 1e-12);
/// ```
pub fn ln_student_t_upper(t: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        ln_normal_upper(t)
    } else if t < 0.0 {
        (-student_t_upper(-t, df)).ln_1p()
    } else {
        ln_two_sided(t, df) - LN_2
    }
}

/// `P(|T| > t)` for t from 0 up.
fn two_sided(t: f64, df: f64) -> f64 {
    match Expansion::new(t, df) {
        Some(expansion) => expansion.value(),
        None => ln_series(t, df).exp(),
    }
}

/// `ln P(|T| > t)` for t from 0 up.
fn ln_two_sided(t: f64, df: f64) -> f64 {
    match Expansion::new(t, df) {
        Some(expansion) => expansion.ln(),
        None => ln_series(t, df),
    }
}

/// `ln P(|T| > t)` as an incomplete beta function.
fn ln_series(t: f64, df: f64) -> f64 {
    if df.is_nan() || df <= 0.0 || t.is_nan() {
        return f64::NAN;
    }
    if t == f64::INFINITY {
        return f64::NEG_INFINITY;
    }
    let ratio = t / df.sqrt();
    let square = ratio * ratio;
    if square > 1e290 {
        // x = 1 / square: the first term of the series, x^(df/2), is all.
        let far = ln_beta_reg(0.5 * df, 0.5, 1e-290, 1.0);
        return far + 0.5 * df * (290.0 * LN_10 - 2.0 * t.ln() + df.ln());
    }
    ln_beta_reg(0.5 * df, 0.5, 1.0 / (1.0 + square), square / (1.0 + square))
}

/// `P(|T| > t) = factor exp(-v - rest)`, `v + rest = T w`.
struct Expansion {
    factor: f64,
    v: f64,
    rest: f64,
}

impl Expansion {
    /// The sum of `c[k] T^-2k Gamma(2k + 1/2, v)` over what it is at v = 0, where that holds.
    fn new(t: f64, df: f64) -> Option<Self> {
        let large = 0.5 * df - 0.25;
        let square = t * t;
        let ratio = square / df;
        // Written so that NaN leaves too.
        if !(large >= EXPANSION_FROM && ratio <= EXPANSION_UP_TO) {
            return None;
        }
        // T w = T r + T (ln(1 + r) - r), the first with what rounding takes: the exponent's absolute error counts.
        let lost = ((-ratio).mul_add(df, square) + t.mul_add(t, -square)) / df;
        let v = large * ratio;
        let rest =
            large.mul_add(ratio, -v) + large * (lost / (1.0 + ratio) + log_less_linear(ratio, 1.0 + ratio));
        let sum = v + rest;
        let root = sum.sqrt();
        // Gamma(s, v) e^v / sqrt(pi) and Gamma(s) / sqrt(pi), by Gamma(s + 1, v) = s Gamma(s, v) + v^s e^-v.
        let first = erfcx(root);
        let (mut upper, mut whole) = (first, 1.0);
        let mut power = 0.5 * FRAC_2_SQRT_PI * root;
        let (mut s, mut scale) = (0.5, 1.0);
        let (mut part, mut total) = (first, 1.0);
        for coefficient in &SINH_POWERS[1..] {
            for _ in 0..2 {
                upper = s * upper + power;
                whole *= s;
                power *= sum;
                s += 1.0;
            }
            scale /= large * large;
            let (term, term_whole) = (coefficient * scale * upper, coefficient * scale * whole);
            part += term;
            total += term_whole;
            if term.abs() <= 1e-17 * part && term_whole.abs() <= 1e-17 * total {
                break;
            }
        }
        Some(Self { factor: part / total, v, rest })
    }

    fn value(&self) -> f64 {
        self.factor * (-self.v).exp() * (-self.rest).exp()
    }

    fn ln(&self) -> f64 {
        self.factor.ln() - (self.v + self.rest)
    }
}

/// The t with `P(T <= t) = p`, for p from 0 to 1, both of which are infinitely far.
///
/// `df` are positive, infinite ones give the normal distribution; NaN for what is no probability. For upper tails below 1e-16 use
/// `-student_t_quantile(q, df)`. The relative error is below 1e-13.
///
/// ```
/// use crm_core::math::student_t_quantile;
/// assert!((student_t_quantile(0.975, 10.0) - 2.228_138_851_986_274).abs() < 1e-14);
/// ```
pub fn student_t_quantile(p: f64, df: f64) -> f64 {
    if df == f64::INFINITY {
        return normal_quantile(p);
    }
    if df.is_nan() || df <= 0.0 || !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    if p == 0.5 {
        return 0.0;
    }
    if p > 0.5 {
        return -student_t_quantile(1.0 - p, df);
    }
    if p == 0.0 {
        return f64::NEG_INFINITY;
    }
    -upper_quantile(p.ln(), df)
}

/// The t above 0 with `ln P(T > t) = target`, below `ln(1/2)`.
fn upper_quantile(target: f64, df: f64) -> f64 {
    // The normal quantile is a lower bound.
    let start = -normal_quantile_ln(target);
    root_of_falling(|t| ln_student_t_upper(t, df) - target, start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_forms() {
        use std::f64::consts::PI;
        for t in [0.0, 1e-10, 0.3, 1.0, 2.5, 40.0, 1e6, 1e100] {
            // Cauchy, and two degrees of freedom: (1 - t / sqrt(2 + t^2)) / 2.
            let cauchy = f64::atan2(1.0, t) / PI;
            assert!((student_t_upper(t, 1.0) / cauchy - 1.0).abs() < 1e-13, "{t}");
            let root = f64::hypot(t, 2f64.sqrt());
            let two = 1.0 / (root * (root + t));
            assert!((ln_student_t_upper(t, 2.0) - two.ln()).abs() < 1e-13 * (1.0 + two.ln().abs()), "{t}");
            assert!((student_t_upper(t, 2.0) + student_t_upper(-t, 2.0) - 1.0).abs() < 1e-15);
        }
    }

    #[test]
    fn many_degrees_of_freedom_are_normal() {
        for t in [-3.0, 0.0, 1e-5, 0.7, 1.96, 8.0, 30.0] {
            for df in [1e15, 1e17, 1e300] {
                let (student, normal) = (student_t_upper(t, df), normal_upper(t));
                // The first term of the difference is t (t^2 + 1) density / (4 df).
                let difference = (t * t + 1.0) * t * t.max(1.0) / df;
                assert!((student / normal - 1.0).abs() < 1e-13 + difference.abs(), "{t} {df}");
            }
            assert_eq!(student_t_upper(t, f64::INFINITY), normal_upper(t));
        }
    }

    #[test]
    fn quantiles_invert_tails() {
        for df in [0.5, 1.0, 2.0, 3.7, 20.0, 20.6, 150.0, 1e5, 1e9, 1e12, 1e15, f64::INFINITY] {
            for p in [1e-300, 1e-100, 1e-20, 1e-4, 0.025, 0.3, 0.4999, 0.5, 0.6, 0.99, 0.999_999] {
                let t = student_t_quantile(p, df);
                let back = student_t_upper(-t, df);
                assert!(
                    (back / p - 1.0).abs() < 1e-13 - 2e-15 * p.ln() || t == f64::NEG_INFINITY,
                    "{df} {p:e}: {t:e} {back:e}"
                );
            }
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!(
            (student_t_upper(f64::INFINITY, 3.0), student_t_upper(f64::NEG_INFINITY, 3.0)),
            (0.0, 1.0)
        );
        assert_eq!(
            (student_t_quantile(0.0, 3.0), student_t_quantile(1.0, 3.0)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
        assert!(student_t_upper(1.0, 0.0).is_nan() && student_t_upper(f64::NAN, 2.0).is_nan());
        assert!(student_t_quantile(-0.1, 2.0).is_nan() && student_t_quantile(0.1, f64::NAN).is_nan());
    }
}
