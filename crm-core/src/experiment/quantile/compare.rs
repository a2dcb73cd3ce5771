//! Quantiles of two arms.
//!
//! Woodruff (1952), "Confidence intervals for medians and other position measures", Journal of the American Statistical Association 47(260), for the limits of one arm;
//! Zou and Donner (2008), "Construction of confidence limits about effect measures: a general approach", Statistics in Medicine 27(10), for their difference; Donner and Zou
//! (2012), "Closed-form confidence intervals for functions of the normal mean and standard deviation", Statistical Methods in Medical Research 21(4), for their ratio.

use super::arm::QuantileArm;
use super::ranked::Ranked;
use super::single::check_probability;
use crate::error::{Error, Result};
use crate::experiment::sample::{check_contrast, interval, unanswered};
use crate::experiment::test_options::{Alternative, Contrast, TestOptions};
use crate::experiment::test_result::{TestResult, TestStatus};
use crate::math::{ln_normal_upper, normal_quantile, normal_upper};

/// Compares a quantile of two arms, from their summaries: difference, lift or ratio, without a density.
///
/// The limits of one arm at a normal deviate z are its values at the positions `1 + (n - 1) q ± z sqrt(n q (1 - q))` of its order, with straight lines between ranks: those that the score test
/// of a share q does not reject. Limits l, u of two arms with quantiles t and c combine to
///
/// - a difference d, rejected from below if `t - c - d > sqrt((t - l_t)^2 + (u_c - c)^2)`,
/// - a ratio r, rejected from below if `t - r c > sqrt((t - l_t)^2 + r^2 (u_c - c)^2)`; the lift is the ratio less 1,
///
/// and from above with the other limits. p belongs to the largest z that rejects the null, the interval ends where the z of alpha stops rejecting: they
/// agree. Where an arm is too small for its limits the end is infinite.
///
/// `probability` lies inside (0, 1). The status is `NoVariance` if both arms are constant, `ZeroBaseline` if the control's quantile is not above 0 and a lift or a
/// ratio is asked for: neither has an answer; `Unbounded` if an end that was asked for is infinite.
///
/// # Errors
/// `InvalidArgument` for an option that makes no sense, such as a lift of -1 or less under the null; `Empty` for a summary without rows.
///
/// ```
/// use crm_core::experiment::{Contrast, QuantileArm, QuantileArmOptions, TestOptions, compare_quantiles};
/// let summary = |times: f64| {
///     let values: Vec<f64> = (1..=400).map(|row| times * f64::from(row * row)).collect();
///     QuantileArm::from_values(&values, &QuantileArmOptions::default())
/// };
/// let found = compare_quantiles(&summary(3.0)?, &summary(2.0)?, 0.9, &TestOptions::default().contrast(Contrast::Ratio))?;
/// assert!((found.estimate - 1.5).abs() < 1e-12 && found.rejects() && found.interval.contains(1.5));
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Zou and Donner (2008), eq. 4; Donner and Zou (2012), eq. 9.
pub fn compare_quantiles(
    target: &QuantileArm,
    control: &QuantileArm,
    probability: f64,
    options: &TestOptions,
) -> Result<TestResult> {
    check_contrast(options, &[Contrast::Difference, Contrast::Lift, Contrast::Ratio])?;
    check_probability(probability)?;
    let null = options.null_value();
    if options.contrast == Contrast::Lift && null <= -1.0 {
        return Err(Error::argument("null", null, "above -1 for a lift"));
    }
    let arms = Arms {
        target: Limits::new(target.ranked("target")?, probability),
        control: Limits::new(control.ranked("control")?, probability),
    };
    let (t, c) = (arms.target.quantile, arms.control.quantile);
    let mut test = unanswered("quantile_limits", options, t, c, TestStatus::Ok);
    let relative = options.contrast != Contrast::Difference;
    if relative && c <= 0.0 {
        test.status = TestStatus::ZeroBaseline;
        return Ok(test);
    }
    let origin = if options.contrast == Contrast::Lift { 1.0 } else { 0.0 };
    test.estimate = match options.contrast {
        Contrast::Difference => t - c,
        Contrast::Lift => (t - c) / c,
        Contrast::Ratio | Contrast::OddsRatio => t / c,
    };
    if arms.target.ranked.constant() && arms.control.ranked.constant() {
        test.status = TestStatus::NoVariance;
        return Ok(test);
    }
    let sides = if options.alternative == Alternative::TwoSided { 2.0 } else { 1.0 };
    let z = -normal_quantile(options.alpha / sides);
    let end = |below: bool| {
        if relative { arms.ratio_end(z, below) - origin } else { arms.difference_end(z, below) }
    };
    let lower = if options.alternative == Alternative::Less { f64::NEG_INFINITY } else { end(true) };
    let upper = if options.alternative == Alternative::Greater { f64::INFINITY } else { end(false) };
    test.interval = interval(lower, upper);
    test.statistic = if relative { arms.deviate(null + origin, 0.0) } else { arms.deviate(1.0, null) };
    let z = test.statistic;
    (test.p_value, test.ln_p_value) = match options.alternative {
        Alternative::Greater => (normal_upper(z), ln_normal_upper(z)),
        Alternative::Less => (normal_upper(-z), ln_normal_upper(-z)),
        Alternative::TwoSided => (
            (2.0 * normal_upper(z.abs())).min(1.0),
            (ln_normal_upper(z.abs()) + std::f64::consts::LN_2).min(0.0),
        ),
    };
    test.interval = test.interval.agreeing(null, test.p_value <= test.alpha);
    let endless = match options.alternative {
        Alternative::TwoSided => lower.is_infinite() || upper.is_infinite(),
        Alternative::Greater => lower.is_infinite(),
        Alternative::Less => upper.is_infinite(),
    };
    test.status = if endless { TestStatus::Unbounded } else { TestStatus::Ok };
    Ok(test)
}

/// The quantile of an arm and its limits at any normal deviate.
struct Limits {
    ranked: Ranked,
    position: f64,
    /// `sqrt(n q (1 - q))`, the standard deviation of the rank.
    deviation: f64,
    quantile: f64,
}

impl Limits {
    fn new(ranked: Ranked, probability: f64) -> Self {
        let position = ranked.position(probability);
        let deviation = (ranked.count() as f64 * probability * (1.0 - probability)).sqrt();
        Self { quantile: ranked.at_position(position), position, deviation, ranked }
    }

    /// How far the lower limit lies below the quantile, or the upper one above it.
    fn reach(&self, z: f64, down: bool) -> f64 {
        let step = if down { -z } else { z } * self.deviation;
        (self.ranked.at_position(self.position + step) - self.quantile).abs()
    }
}

struct Arms {
    target: Limits,
    control: Limits,
}

/// More deviates than this are not told apart: p is below e^-500,000.
const FARTHEST: f64 = 1e3;

impl Arms {
    /// `t - ratio c - shift` as a normal deviate: the largest z at which 0 is rejected, with the sign of the side.
    fn deviate(&self, ratio: f64, shift: f64) -> f64 {
        let apart = self.target.quantile - ratio * self.control.quantile - shift;
        let rejects = |z: f64| {
            let (of_target, of_control) =
                (self.target.reach(z, apart > 0.0), self.control.reach(z, apart < 0.0));
            apart.abs() > of_target.hypot(ratio * of_control)
        };
        if !rejects(0.0) {
            return 0.0;
        }
        let (mut low, mut high) = (0.0, FARTHEST);
        if rejects(high) {
            return high.copysign(apart);
        }
        while low < high {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if rejects(middle) { low = middle } else { high = middle }
        }
        low.copysign(apart)
    }

    /// The lowest difference that is not rejected from below at z, or the highest from above; beyond the estimate if z is negative.
    fn difference_end(&self, z: f64, below: bool) -> f64 {
        let down = below == (z >= 0.0);
        let reach = self.target.reach(z.abs(), down).hypot(self.control.reach(z.abs(), !down));
        let estimate = self.target.quantile - self.control.quantile;
        if down { estimate - reach } else { estimate + reach }
    }

    /// As `difference_end`, of ratios above 0; the control's quantile is above 0.
    fn ratio_end(&self, z: f64, below: bool) -> f64 {
        let down = below == (z >= 0.0);
        let (a, b) = (self.target.reach(z.abs(), down), self.control.reach(z.abs(), !down));
        let (t, c) = (self.target.quantile, self.control.quantile);
        // The roots of (t - r c)^2 = a^2 + r^2 b^2; no term of what stands under the square root is negative where it is taken.
        let (square, constant) = ((c - b) * (c + b), (t - a) * (t + a));
        let root = || (a * a * square + b * b * t * t).sqrt();
        if down {
            if t <= a || b.is_infinite() { f64::NEG_INFINITY } else { constant / (t * c + root()) }
        } else if b >= c {
            f64::INFINITY
        } else {
            (t * c + root()) / square
        }
    }
}
