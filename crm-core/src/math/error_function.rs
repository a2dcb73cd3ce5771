//! The complementary error function without its exponential, and its logarithm.
//!
//! NIST Digital Library of Mathematical Functions: 7.6.2 (series), 7.2.3 and 7.4.2 (symmetry). Chiarella and Reichel (1968), "On the
//! evaluation of integrals related to the error function", Mathematics of Computation 22; Hunter and Regan (1972), "A note on the
//! evaluation of the complementary error function", Mathematics of Computation 26: the trapezoidal rule with the pole taken out.

use std::f64::consts::{FRAC_1_PI, FRAC_2_SQRT_PI, PI};

/// Step of the trapezoidal rule: its error, `exp(-pi^2 / step^2)`, is 7e-18.
const STEP: f64 = 0.5;
/// `exp(-(k step)^2)` for k from 1: what follows is below 1e-18.
const NODES: [f64; 12] = [
    0.778_800_783_071_404_9,
    0.367_879_441_171_442_33,
    0.105_399_224_561_864_34,
    0.018_315_638_888_734_18,
    0.001_930_454_136_227_709_3,
    0.000_123_409_804_086_679_55,
    4.785_117_392_129_009e-6,
    1.125_351_747_192_591_1e-7,
    1.605_228_055_185_611_6e-9,
    1.388_794_386_496_402e-11,
    7.287_724_095_819_693e-14,
    2.319_522_830_243_569_4e-16,
];
/// Below, the series about 0 is taken.
const SERIES_UP_TO: f64 = 0.5;

/// `exp(x^2)`, with what rounding takes from the square.
fn exp_square(x: f64) -> f64 {
    let square = x * x;
    if square > 709.0 {
        return square.exp();
    }
    let lost = x.mul_add(x, -square);
    square.exp() * (1.0 + lost)
}

/// `exp(-x^2)`, with what rounding takes from the square.
pub(super) fn exp_minus_square(x: f64) -> f64 {
    let square = x * x;
    if square > 800.0 {
        return 0.0;
    }
    let lost = x.mul_add(x, -square);
    (-square).exp() * (1.0 - lost)
}

/// `exp(x^2) erf(x) = 2/sqrt(pi) sum of 2^n x^(2n+1) / (2n+1)!!` for `|x| <= 1/2`: DLMF 7.6.2.
fn scaled_erf(x: f64) -> f64 {
    let square = 2.0 * x * x;
    let sum = (1..=15).rev().fold(1.0, |sum, n: u32| 1.0 + sum * square / f64::from(2 * n + 1));
    FRAC_2_SQRT_PI * x * sum
}

/// The error function for `|x| <= 1/2`, small with x.
pub(super) fn erf_near_zero(x: f64) -> f64 {
    exp_minus_square(x) * scaled_erf(x)
}

/// The scaled complementary error function, `exp(x^2) erfc(x)`, with `erfc(x) = 2/sqrt(pi) integral from x of exp(-s^2) ds`.
///
/// Above 0 it falls like `1 / (x sqrt(pi))` and never underflows; below -26.6 it is infinite. The relative error is below 2e-15.
///
/// ```
/// use crm_core::math::erfcx;
/// assert_eq!(erfcx(0.0), 1.0);
/// assert!((erfcx(1e6) * 1e6 * std::f64::consts::PI.sqrt() - 1.0).abs() < 1e-12);
/// ```
///
/// Chiarella and Reichel (1968); DLMF 7.6.2.
pub fn erfcx(x: f64) -> f64 {
    if x < -SERIES_UP_TO {
        return 2.0 * exp_square(x) - erfcx(-x);
    }
    if x <= SERIES_UP_TO {
        return exp_square(x) - scaled_erf(x);
    }
    let inverse = x.recip();
    let (mut sum, mut place) = (0.0, 0.0);
    for weight in NODES {
        place += STEP;
        let ratio = place * inverse;
        sum += weight / (1.0 + ratio * ratio);
    }
    let rule = STEP * FRAC_1_PI * inverse * (1.0 + 2.0 * sum);
    // The pole at x counts where the line of Cauchy's theorem would pass it, below pi / step.
    if x < PI / STEP { rule - 2.0 * exp_square(x) / (2.0 * PI / STEP * x).exp_m1() } else { rule }
}

/// The logarithm of the complementary error function, `ln erfc(x)`.
///
/// The relative error is below 2e-15, near its zero at 0 too; nothing underflows: at `x = 1e100` it is -1e200.
///
/// ```
/// use crm_core::math::ln_erfc;
/// assert!((ln_erfc(50.0) + 2504.484_587_849_194).abs() < 1e-11);
/// assert!((ln_erfc(1e-20) / 1e-20 + 2.0 / std::f64::consts::PI.sqrt()).abs() < 1e-15);
/// ```
pub fn ln_erfc(x: f64) -> f64 {
    if x > SERIES_UP_TO {
        erfcx(x).ln() - x * x
    } else if x >= -SERIES_UP_TO {
        (-erf_near_zero(x)).ln_1p()
    } else {
        // erfc(x) = 2 - erfc(-x).
        std::f64::consts::LN_2 + (-0.5 * exp_minus_square(x) * erfcx(-x)).ln_1p()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_meet() {
        for x in [SERIES_UP_TO, PI / STEP] {
            let (below, above) = (erfcx(x * (1.0 - 1e-14)), erfcx(x * (1.0 + 1e-14)));
            assert!((below / above - 1.0).abs() < 5e-14, "{x}: {below} {above}");
        }
    }

    #[test]
    fn both_signs_make_two() {
        for step in 0..200 {
            let x = f64::from(step) * 0.03;
            let sum = exp_minus_square(x) * (erfcx(x) + erfcx(-x));
            assert!((sum - 2.0).abs() < 2e-15, "{x}: {sum}");
            let sum = ln_erfc(x).exp() + ln_erfc(-x).exp();
            assert!((sum - 2.0).abs() < 2e-15, "{x}: {sum}");
        }
    }

    #[test]
    fn ends_of_the_domain() {
        assert_eq!((erfcx(f64::INFINITY), erfcx(f64::NEG_INFINITY)), (0.0, f64::INFINITY));
        assert_eq!((ln_erfc(f64::INFINITY), ln_erfc(0.0)), (f64::NEG_INFINITY, 0.0));
        assert!((ln_erfc(f64::NEG_INFINITY) - std::f64::consts::LN_2).abs() < 1e-16);
        assert!(erfcx(f64::NAN).is_nan() && ln_erfc(f64::NAN).is_nan());
        assert_eq!(erfcx(-30.0), f64::INFINITY);
    }
}
