//! The non-central t distribution: both tails and their logarithms.
//!
//! `T = (Z + delta) / S`, `S^2 = chi-square(nu) / nu`: given S = s the event `T <= t` is `Z <= t s - delta`. The mean of that probability
//! over S is an integral over `ln s`, whose integrand is positive, analytic and, as a function of s, log-concave. By the trapezoidal rule,
//! halved until it stands: Trefethen and Weideman (2014), "The exponentially convergent trapezoidal rule", SIAM Review 56(3).

use std::f64::consts::LN_2;

use super::error_function::erfcx;
use super::gamma::{HALF_LN_TWO_PI, ln_gamma, stirling_remainder};
use super::log_tails::log_less_linear;
use super::monotone_root::root_of_falling;
use super::normal::{ln_normal_probability, normal_probability, normal_upper};
use super::student::{ln_student_t_upper, student_t_upper};

/// What is `exp(-NEGLIGIBLE)` of the largest term is left out.
const NEGLIGIBLE: f64 = 42.0;
/// Error at which the rule stands.
const STANDS: f64 = 1e-15;
/// Halvings of the step at most.
const MOST_HALVINGS: u32 = 12;

/// The probability of a non-central t variate up to t, `P(T <= t)`, `T = (Z + delta) / sqrt(chi-square(df) / df)`.
///
/// `df`, the degrees of freedom, are positive, from 0.5 to 1e15 or infinite; `delta`, the non-centrality, is finite. NaN for others. The
/// relative error is below 1e-12.
///
/// ```
/// use crm_core::math::noncentral_t_probability;
/// assert!((noncentral_t_probability(2.0, 10.0, 1.5) - 0.659_154_072_442_190_9).abs() < 1e-13);
/// ```
pub fn noncentral_t_probability(t: f64, df: f64, delta: f64) -> f64 {
    if df == f64::INFINITY && delta.is_finite() {
        return normal_probability(t - delta);
    }
    if delta == 0.0 {
        return student_t_upper(-t, df);
    }
    ln_lower(t, df, delta).exp()
}

/// The probability of a non-central t variate above t, `P(T > t)`.
///
/// As [`noncentral_t_probability`].
///
/// ```
/// use crm_core::math::noncentral_t_upper;
/// // The power of a t test of size 0.025 with 20 degrees of freedom.
/// assert!((noncentral_t_upper(2.085_963_447_265_864, 20.0, 3.0) - 0.814_169_378_617_691_3).abs() < 1e-12);
/// ```
pub fn noncentral_t_upper(t: f64, df: f64, delta: f64) -> f64 {
    if df == f64::INFINITY && delta.is_finite() {
        return normal_upper(t - delta);
    }
    noncentral_t_probability(-t, df, -delta)
}

/// The logarithm of `P(T > t)`; nothing underflows.
///
/// As [`noncentral_t_probability`].
///
/// ```
/// use crm_core::math::{ln_noncentral_t_upper, noncentral_t_upper};
/// assert!((ln_noncentral_t_upper(5.0, 8.0, 1.0) - noncentral_t_upper(5.0, 8.0, 1.0).ln()).abs() < 1e-13);
/// assert!(ln_noncentral_t_upper(-400.0, 1e9, 600.0) == 0.0);
/// ```
pub fn ln_noncentral_t_upper(t: f64, df: f64, delta: f64) -> f64 {
    if df == f64::INFINITY && delta.is_finite() {
        return ln_normal_probability(delta - t);
    }
    if delta == 0.0 {
        return ln_student_t_upper(t, df);
    }
    ln_lower(-t, df, -delta)
}

/// `ln P(T <= t)`.
fn ln_lower(t: f64, df: f64, delta: f64) -> f64 {
    if !(df > 0.0 && df.is_finite() && delta.is_finite()) || t.is_nan() {
        return f64::NAN;
    }
    if t.is_infinite() {
        return if t > 0.0 { 0.0 } else { f64::NEG_INFINITY };
    }
    if t == 0.0 {
        return ln_normal_probability(-delta);
    }
    // Close to 1 the other tail has the digits.
    if t > delta {
        let upper = ln_mean(-t, df, -delta);
        return (-upper.exp()).ln_1p();
    }
    ln_mean(t, df, delta)
}

/// The logarithm of the mean of `P(Z <= t s - delta)` over s.
fn ln_mean(t: f64, df: f64, delta: f64) -> f64 {
    ln_mean_over_scale(df, (t, delta), |s| ln_normal_probability(t.mul_add(s, -delta)))
}

/// The logarithm of the mean of `exp(ln_f(s))` over `s = sqrt(chi-square(df) / df)`, for positive, finite df.
///
/// `ln_f` is concave and much like `ln P(Z <= t s - delta)` with the `(t, delta)` given, which tell where the mass lies and how wide it is.
pub(crate) fn ln_mean_over_scale(df: f64, (t, delta): (f64, f64), ln_f: impl Fn(f64) -> f64) -> f64 {
    let mode = mode(t, df, delta);
    let at_mode = ln_f(mode);
    if at_mode == f64::NEG_INFINITY {
        return at_mode;
    }
    // The logarithm of density and probability at s = mode e^d, less that at the mode: df (d - mode^2 (e^2d - 1) / 2) without cancellation.
    let slope = (1.0 - mode) * (1.0 + mode);
    let relative = |d: f64| {
        let r = d.exp_m1();
        let below_line = if d < -0.5 { d - r } else { log_less_linear(r, 1.0 + r) };
        let density = df * (below_line + r * (slope - 0.5 * mode * mode * r));
        density + ln_f(mode * (1.0 + r)) - at_mode
    };
    // ln of 2 (df/2)^(df/2) s^df exp(-df s^2 / 2) / Gamma(df/2) at the mode, by Stirling.
    let half = 0.5 * df;
    let peak = if half >= 10.0 {
        half * log_less_linear(-slope, mode * mode) + 0.5 * half.ln()
            - HALF_LN_TWO_PI
            - stirling_remainder(half)
    } else {
        half * (half.ln() + 2.0 * mode.ln() - mode * mode) - ln_gamma(half)
    };
    // What the curvature at the mode, as a function of ln s, calls a standard deviation.
    let z = t.mul_add(mode, -delta);
    let bend = (hazard(z) * (hazard(z) + z)).clamp(0.0, 1.0);
    let step = 1.4 / (df * (1.0 + mode * mode) + (t * mode).powi(2) * bend).sqrt();
    LN_2 + peak + at_mode + trapezoid(relative, step).ln()
}

/// The s at which `df ln s - df s^2 / 2 + ln P(Z <= t s - delta)` is largest.
fn mode(t: f64, df: f64, delta: f64) -> f64 {
    // Its slope falls with s.
    let slope = |s: f64| {
        let z = t.mul_add(s, -delta);
        df * (1.0 / s - s) + t * hazard(z)
    };
    root_of_falling(slope, 1.0)
}

/// The density over the probability, `phi(z) / P(Z <= z)`.
fn hazard(z: f64) -> f64 {
    let scaled = erfcx(-z * std::f64::consts::FRAC_1_SQRT_2);
    (2.0 / std::f64::consts::PI).sqrt() / scaled
}

/// The integral over the real line of `exp(relative)`, which is 1 at 0.
fn trapezoid(relative: impl Fn(f64) -> f64, step: f64) -> f64 {
    let sum = |first: f64, step: f64| {
        let mut sum = 0.0;
        for direction in [-1.0, 1.0] {
            let mut d = first;
            loop {
                let log = relative(direction * d);
                sum += log.exp();
                if log < -NEGLIGIBLE || log.is_nan() {
                    break;
                }
                d += step;
            }
        }
        sum
    };
    let (mut step, mut last) = (step, 1.0);
    let mut total = step * (1.0 + sum(step, step));
    for _ in 0..MOST_HALVINGS {
        let finer = 0.5 * (total + step * sum(0.5 * step, step));
        step *= 0.5;
        let change = (finer - total).abs() / finer;
        total = finer;
        // Each halving squares the error; two in a row, since one difference may be small by chance.
        if (change * change).max(f64::powi(last, 4)) <= STANDS {
            break;
        }
        last = change;
    }
    total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_tails_make_one() {
        for df in [0.5, 1.0, 4.5, 30.0, 1e3, 1e6, 1e9] {
            for delta in [-40.0, -3.0, -0.1, 1e-6, 2.0, 17.0, 40.0] {
                for t in [-60.0, -5.0, -0.01, 0.0, 0.3, 2.0, 16.0, 41.0, 300.0] {
                    let sum = noncentral_t_probability(t, df, delta) + noncentral_t_upper(t, df, delta);
                    assert!((sum - 1.0).abs() < 1e-12, "{df} {delta} {t}: {sum}");
                }
            }
        }
    }

    #[test]
    fn it_rises_with_t_and_falls_with_delta() {
        for df in [1.0, 7.0, 150.0, 1e7] {
            let mut last = 0.0;
            for step in -40..=80 {
                let t = f64::from(step) * 0.25;
                let p = noncentral_t_probability(t, df, 3.0);
                assert!(p >= last * (1.0 - 1e-13) && p >= noncentral_t_probability(t, df, 3.5), "{df} {t}");
                last = p;
            }
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!(
            (noncentral_t_probability(f64::INFINITY, 3.0, 1.0), noncentral_t_upper(f64::INFINITY, 3.0, 1.0)),
            (1.0, 0.0)
        );
        assert_eq!(noncentral_t_probability(1.5, f64::INFINITY, 1.0), normal_probability(0.5));
        assert_eq!(noncentral_t_upper(1.5, 4.0, 0.0), student_t_upper(1.5, 4.0));
        for (t, df, delta) in
            [(1.0, 0.0, 1.0), (f64::NAN, 2.0, 1.0), (1.0, 2.0, f64::NAN), (1.0, f64::INFINITY, f64::INFINITY)]
        {
            assert!(noncentral_t_probability(t, df, delta).is_nan(), "{t} {df} {delta}");
        }
    }
}
