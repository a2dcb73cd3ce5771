//! The normal distribution: both tails, their logarithms and their inverses.
//!
//! `P(Z > z) = erfc(z / sqrt(2)) / 2` (NIST Digital Library of Mathematical Functions 7.20), always as `exp(-z^2/2) erfcx(z / sqrt(2)) / 2`,
//! so that rounding of `z / sqrt(2)` is not multiplied by `z^2`.

use std::f64::consts::{FRAC_1_SQRT_2, LN_2, PI, SQRT_2};

use super::error_function::{erf_near_zero, erfcx};

/// The probability of a standard normal variate below z, `P(Z <= z)`.
///
/// The relative error is below 3e-15 down to the smallest normal double, at z = -37.5.
///
/// ```
/// use crm_core::math::normal_probability;
/// assert!((normal_probability(1.959_963_984_540_054) - 0.975).abs() < 1e-15);
/// ```
pub fn normal_probability(z: f64) -> f64 {
    normal_upper(-z)
}

/// The probability of a standard normal variate above z, `P(Z > z)`.
///
/// The relative error is below 3e-15 down to the smallest normal double, at z = 37.5.
///
/// ```
/// use crm_core::math::normal_upper;
/// assert!((normal_upper(10.0) / 7.619_853_024_160_527e-24 - 1.0).abs() < 1e-15);
/// ```
pub fn normal_upper(z: f64) -> f64 {
    if z < 0.0 {
        return 1.0 - normal_upper(-z);
    }
    let square = 0.5 * z * z;
    if square > 800.0 {
        return 0.0;
    }
    let lost = (0.5 * z).mul_add(z, -square);
    0.5 * (-square).exp() * (1.0 - lost) * erfcx(z * FRAC_1_SQRT_2)
}

/// The logarithm of `P(Z <= z)`.
///
/// The relative error is below 3e-15 for every z; nothing underflows.
///
/// ```
/// use crm_core::math::ln_normal_probability;
/// assert!((ln_normal_probability(-40.0) + 804.608_442_013_753_9).abs() < 1e-12);
/// ```
pub fn ln_normal_probability(z: f64) -> f64 {
    ln_normal_upper(-z)
}

/// The logarithm of `P(Z > z)`.
///
/// The relative error is below 3e-15 for every z; nothing underflows.
///
/// ```
/// use crm_core::math::ln_normal_upper;
/// assert!((ln_normal_upper(447.0) / -99_911.521_502_132_54 - 1.0).abs() < 1e-15);
/// ```
pub fn ln_normal_upper(z: f64) -> f64 {
    if z > 0.0 {
        // The factor is at most 1: both terms have one sign.
        (0.5 * erfcx(z * FRAC_1_SQRT_2)).ln() - 0.5 * z * z
    } else {
        (-normal_upper(-z)).ln_1p()
    }
}

/// [`normal_upper`] and [`ln_normal_upper`] of z, for little more than one of them.
pub(crate) fn normal_upper_with_ln(z: f64) -> (f64, f64) {
    let square = 0.5 * z * z;
    if z <= 0.0 || square > 800.0 {
        return (normal_upper(z), ln_normal_upper(z));
    }
    let half = 0.5 * erfcx(z * FRAC_1_SQRT_2);
    let lost = (0.5 * z).mul_add(z, -square);
    (half * (-square).exp() * (1.0 - lost), half.ln() - square)
}

/// What `ln 2` has beyond a double.
const LN_2_REST: f64 = 2.319_046_813_846_299_6e-17;
/// Between these probabilities the quantile is taken from the distance to 1/2.
const CENTRE: (f64, f64) = (0.4, 0.6);

/// The z with `P(Z <= z) = p`, for p from 0 to 1, both of which are infinitely far.
///
/// NaN for what is no probability. The relative error is below 1e-15, near the zero at 1/2 too. For upper tails below 1e-16 use
/// `-normal_quantile(q)`.
///
/// ```
/// use crm_core::math::normal_quantile;
/// assert!((normal_quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
/// assert_eq!(normal_quantile(0.5), 0.0);
/// ```
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 || p >= 1.0 || p.is_nan() {
        return if p == 0.0 {
            f64::NEG_INFINITY
        } else if p == 1.0 {
            f64::INFINITY
        } else {
            f64::NAN
        };
    }
    if p > CENTRE.0 && p < CENTRE.1 {
        return central_quantile(p - 0.5);
    }
    // In the upper half 1 - p is exact.
    if p < 0.5 { lower_quantile(p.ln()) } else { -lower_quantile((1.0 - p).ln()) }
}

/// The z with `ln P(Z <= z) = ln_p`, for `ln_p` from -infinity to 0.
///
/// NaN above 0. The relative error is below 1e-15, plus what a rounding of `ln_p` itself moves where `ln_p` is near 0 or near `ln(1/2)`.
///
/// ```
/// use crm_core::math::{ln_normal_probability, normal_quantile_ln};
/// assert!((normal_quantile_ln(ln_normal_probability(-400.0)) / -400.0 - 1.0).abs() < 1e-15);
/// ```
pub fn normal_quantile_ln(ln_p: f64) -> f64 {
    if ln_p.is_nan() || ln_p > 0.0 {
        f64::NAN
    } else if ln_p == f64::NEG_INFINITY || ln_p == 0.0 {
        if ln_p == 0.0 { f64::INFINITY } else { ln_p }
    } else if ln_p > CENTRE.0.ln() && ln_p < CENTRE.1.ln() {
        // p - 1/2 = expm1(ln p + ln 2) / 2.
        central_quantile(0.5 * (ln_p + LN_2 + LN_2_REST).exp_m1())
    } else if ln_p < -LN_2 {
        lower_quantile(ln_p)
    } else {
        -lower_quantile((-ln_p.exp_m1()).ln())
    }
}

/// The z with `P(0 < Z < z) = distance`, for distances up to 0.1.
fn central_quantile(distance: f64) -> f64 {
    // Newton's steps on erf(z / sqrt(2)) / 2, whose error is relative to z.
    let mut z = distance * (2.0 * PI).sqrt();
    for _ in 0..10 {
        let step =
            (0.5 * erf_near_zero(z * FRAC_1_SQRT_2) - distance) * (2.0 * PI).sqrt() * (0.5 * z * z).exp();
        z -= step;
        if step.abs() <= 1e-15 * z.abs() {
            break;
        }
    }
    z
}

/// The z below 0 with `ln P(Z <= z) = target`.
fn lower_quantile(target: f64) -> f64 {
    // ln P is concave in z: from the left of the root, where the tail's leading term lies, Newton's steps rise to it.
    let mut z = -SQRT_2 * (-target).sqrt();
    for _ in 0..60 {
        let mills = erfcx(-z * FRAC_1_SQRT_2);
        let ln = (0.5 * mills).ln() - 0.5 * z * z;
        // P / density = sqrt(pi / 2) erfcx(-z / sqrt(2)).
        let newton = (ln - target) * (0.5 * PI).sqrt() * mills;
        // Halley's correction: the second derivative over the first is -(z + density / P).
        let curvature = z + ((0.5 * PI).sqrt() * mills).recip();
        let step = newton / (1.0 + 0.5 * newton * curvature);
        z -= step;
        if step.abs() <= 1e-15 * z.abs() {
            break;
        }
    }
    z
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_to_sixteen_digits() {
        // By mpmath, sqrt(2) erfinv(2p - 1) with 40 digits.
        for (p, known) in [
            (0.975, 1.959_963_984_540_054_2),
            (0.95, 1.644_853_626_951_472_7),
            (0.995, 2.575_829_303_548_901),
            (0.25, -0.674_489_750_196_081_7),
            (1e-10, -6.361_340_902_404_056),
            (1e-300, -37.047_096_299_361_2),
        ] {
            let z = normal_quantile(p);
            assert!((z - known).abs() < 4e-16 * known.abs().max(1.0), "{p}: {z} {known}");
        }
        assert_eq!(normal_quantile(0.5), 0.0);
    }

    #[test]
    fn quantiles_invert_tails() {
        for step in -2000..=2000 {
            let z = f64::from(step) * 0.003_7;
            if z <= 0.0 {
                let back = normal_quantile(normal_probability(z));
                assert!((back - z).abs() <= 2e-15 * (1.0 + z.abs()), "{z}: {back}");
            }
            let back = normal_quantile_ln(ln_normal_probability(z));
            // Above, ln p rounds to what many z share.
            let allowed = 2e-15 * (1.0 + z.abs()) + if z > 0.0 { 1e-16 * (0.5 * z * z).exp() } else { 0.0 };
            assert!((back - z).abs() <= allowed, "{z}: {back}");
        }
        for z in [-1e3, -1e5, -1e10, -1e100] {
            assert!((normal_quantile_ln(ln_normal_probability(z)) / z - 1.0).abs() < 2e-15);
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!((normal_upper(f64::INFINITY), normal_upper(f64::NEG_INFINITY)), (0.0, 1.0));
        assert_eq!(
            (ln_normal_upper(f64::INFINITY), ln_normal_upper(f64::NEG_INFINITY)),
            (f64::NEG_INFINITY, 0.0)
        );
        assert_eq!((normal_quantile(0.0), normal_quantile(1.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert_eq!(
            (normal_quantile_ln(f64::NEG_INFINITY), normal_quantile_ln(0.0)),
            (f64::NEG_INFINITY, f64::INFINITY)
        );
        for bad in [f64::NAN, -1e-300, 1.1] {
            assert!(normal_quantile(bad).is_nan());
        }
        assert!(
            normal_quantile_ln(1e-300).is_nan()
                && normal_upper(f64::NAN).is_nan()
                && ln_normal_upper(f64::NAN).is_nan()
        );
    }
}
