//! Quantiles of two arms.
//!
//! Woodruff (1952), "Confidence intervals for medians and other position measures", Journal of the American Statistical Association 47(260), for
//! the limits of one arm; Zou and Donner (2008), "Construction of confidence limits about effect measures: a general approach", Statistics in
//! Medicine 27(10), for their difference; Donner and Zou (2012), "Closed-form confidence intervals for functions of the normal mean and standard
//! deviation", Statistical Methods in Medical Research 21(4), for their ratio.

use super::arm::QuantileArm;
use super::ranked::Ranked;
use super::single::check_probability;
use crate::error::{Error, Result};
use crate::experiment::interval::{Interval, IntervalKind};
use crate::experiment::sample::{check_contrast, interval, unanswered};
use crate::experiment::split_check::SplitCheck;
use crate::experiment::test_options::{Alternative, Contrast, TestOptions};
use crate::experiment::test_result::{TestResult, TestStatus};
use crate::math::{ln_normal_upper, normal_quantile, normal_upper};

/// Compares a quantile of two arms, from their summaries: difference, lift or ratio, without a density.
///
/// The limits of one arm at a normal deviate z are its values at the positions `1 + (n - 1) q ± z sqrt(n q (1 - q))` of its order, with straight
/// lines between ranks: those that the score test of a share q does not reject. Limits l, u of two arms with quantiles t and c combine to
///
/// - a difference d, rejected from below if `t - c - d > sqrt((t - l_t)^2 + (u_c - c)^2)`,
/// - a ratio r, rejected from below if `t - r c > sqrt((t - l_t)^2 + r^2 (u_c - c)^2)`; the lift is the ratio less 1,
///
/// and from above with the other limits. p belongs to the largest z that rejects the null, the interval ends where the z of alpha stops
/// rejecting: they agree. Where an arm is too small for its limits the end is infinite.
///
/// `probability` lies inside (0, 1). The status is `NoVariance` if both arms are constant, `ZeroBaseline` if the control's quantile is not above
/// 0 and a lift or a ratio is asked for: neither has an answer; `Unbounded` if an end that was asked for is infinite, or if the ratios that are
/// not rejected are those outside an `Exclusive` interval (both quantiles may be negative).
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
    let split = SplitCheck::of_two(arms.target.ranked.count(), arms.control.ranked.count(), options)?;
    let mut test = unanswered("quantile_limits", options, t, c, TestStatus::Ok, split);
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
    test.interval = if relative {
        arms.ratio_interval(z, options.alternative).shifted(-origin)
    } else {
        arms.difference_interval(z, options.alternative)
    };
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
        Alternative::TwoSided => test.interval.lower.is_infinite() || test.interval.upper.is_infinite(),
        Alternative::Greater => test.interval.lower.is_infinite(),
        Alternative::Less => test.interval.upper.is_infinite(),
    };
    let whole = test.interval.kind == IntervalKind::Bounded && !endless;
    test.status = if whole { TestStatus::Ok } else { TestStatus::Unbounded };
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

    /// The lower limit at z, or the upper one.
    fn limit(&self, z: f64, down: bool) -> Limit {
        let step = if down { -z } else { z } * self.deviation;
        let value = self.ranked.at_position(self.position + step);
        Limit { value, reach: (value - self.quantile).abs() }
    }

    /// The quantile, a limit's reach and the limit over the largest of them, so that no product of two overflows; and that.
    fn in_its_size(&self, limit: Limit) -> ([f64; 3], f64) {
        let size = self.quantile.abs().max(limit.reach).max(limit.value.abs());
        let size = if size > 0.0 { size } else { 1.0 };
        ([self.quantile / size, limit.reach / size, limit.value / size], size)
    }
}

/// Where a limit lies, and how far from the quantile. What is left of a limit near 0 has no digits in `quantile - reach`.
#[derive(Clone, Copy)]
struct Limit {
    value: f64,
    reach: f64,
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
        let sign = if apart > 0.0 { 1.0 } else { -1.0 };
        // |apart|^2 > a^2 + (ratio b)^2 with the larger of the two taken to the left, as the limit that is left of the quantile by it.
        let rejects = |z: f64| {
            let of_target = self.target.limit(z, apart > 0.0);
            let of_control = self.control.limit(z, apart < 0.0);
            let (a, b) = (of_target.reach, ratio * of_control.reach);
            if a.is_infinite() || b.is_infinite() {
                return false;
            }
            let nearest = if a > b {
                of_target.value - ratio * self.control.quantile - shift
            } else {
                self.target.quantile - ratio * of_control.value - shift
            };
            let size = apart.abs() + a.max(b);
            sign * nearest / size > (a.min(b) / size).powi(2)
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

    /// The differences that are not rejected at z.
    fn difference_interval(&self, z: f64, alternative: Alternative) -> Interval {
        let estimate = self.target.quantile - self.control.quantile;
        let end = |below: bool| {
            // Beyond the estimate if z is negative.
            let down = below == (z >= 0.0);
            let reach =
                self.target.limit(z.abs(), down).reach.hypot(self.control.limit(z.abs(), !down).reach);
            if down { estimate - reach } else { estimate + reach }
        };
        let lower = if alternative == Alternative::Less { f64::NEG_INFINITY } else { end(true) };
        let upper = if alternative == Alternative::Greater { f64::INFINITY } else { end(false) };
        interval(lower, upper)
    }

    /// The ratios above 0 that are not rejected at z; the control's quantile is above 0. A one-sided test with a negative z accepts what the
    /// other side rejects.
    fn ratio_interval(&self, z: f64, alternative: Alternative) -> Interval {
        let below = || self.ratios_rejected_below(z.abs());
        let above = || self.ratios_rejected_above(z.abs());
        let without = |lower: f64, [from, to]: [f64; 2]| {
            if to == f64::INFINITY { interval(lower, from) } else { Interval::exclusive(from, to) }
        };
        match alternative {
            Alternative::TwoSided => without(below(), above()),
            Alternative::Less if z >= 0.0 => without(f64::NEG_INFINITY, above()),
            Alternative::Less => interval(f64::NEG_INFINITY, below()),
            Alternative::Greater if z >= 0.0 => interval(below(), f64::INFINITY),
            Alternative::Greater => {
                let [from, to] = above();
                interval(from, to)
            }
        }
    }

    /// All ratios below this one are rejected from below at z.
    ///
    /// The ends of this and of the next are roots of `(t - r c)^2 = a^2 + r^2 b^2`, where no term of what stands under the square root is
    /// negative or none of its roots counts.
    fn ratios_rejected_below(&self, z: f64) -> f64 {
        let (target, control) = (self.target.limit(z, true), self.control.limit(z, false));
        if target.value <= 0.0 || control.reach.is_infinite() {
            return f64::NEG_INFINITY;
        }
        let ([t, a, nearest], unit) = self.target.in_its_size(target);
        let ([c, b, _], baseline) = self.control.in_its_size(control);
        let root = (b * b * nearest * (t + a) + a * a * c * c).sqrt();
        nearest * (t + a) / (t * c + root) * (unit / baseline)
    }

    /// The ratios between these two are rejected from above at z. The second is finite where the control's lower limit is below 0 and so is the
    /// target's upper one: a large ratio of what may be negative is again no contradiction (Fieller 1954).
    fn ratios_rejected_above(&self, z: f64) -> [f64; 2] {
        let none = [f64::INFINITY; 2];
        let (target, control) = (self.target.limit(z, false), self.control.limit(z, true));
        if target.reach.is_infinite() || control.reach.is_infinite() {
            return none;
        }
        let ([t, a, highest], unit) = self.target.in_its_size(target);
        let ([c, b, lowest], baseline) = self.control.in_its_size(control);
        let (square, constant, back) = (lowest * (c + b), highest * (t - a), unit / baseline);
        let root_of = a * a * square + b * b * t * t;
        if square > 0.0 {
            let root = root_of.sqrt();
            let from = if t < 0.0 { constant / (t * c - root) } else { (t * c + root) / square };
            return [back * from, f64::INFINITY];
        }
        if t >= 0.0 || root_of.is_nan() || root_of <= 0.0 {
            return none;
        }
        let far = t * c - root_of.sqrt();
        [back * (constant / far), if square < 0.0 { back * (far / square) } else { f64::INFINITY }]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::quantile::arm::QuantileArmOptions;

    fn arm(from: f64, step: f64) -> QuantileArm {
        let values: Vec<f64> = (0..40).map(|row| from + step * f64::from(row)).collect();
        QuantileArm::from_values(&values, &QuantileArmOptions::default()).unwrap()
    }

    /// Every null is rejected if and only if it lies outside the interval.
    fn holds(target: &QuantileArm, control: &QuantileArm, options: &TestOptions) -> TestResult {
        let whole = compare_quantiles(target, control, 0.5, options).unwrap();
        for null in (1..400).map(|step| 0.05 * f64::from(step)) {
            let there = compare_quantiles(target, control, 0.5, &options.null(null)).unwrap();
            assert_eq!(there.p_value > options.alpha, whole.interval.contains(null), "{null} {whole:?}");
        }
        whole
    }

    #[test]
    fn a_ratio_of_what_may_be_negative_on_both_sides_has_two_parts() {
        let options = TestOptions::default().contrast(Contrast::Ratio);
        // Medians -5 and 2; the limits of the control are on both sides of 0.
        let (target, control) = (arm(-8.9, 0.2), arm(-17.5, 1.0));
        let found = holds(&target, &control, &options);
        assert!(found.interval.kind == IntervalKind::Exclusive && found.interval.upper > 0.5, "{found:?}");
        assert_eq!(found.status, TestStatus::Unbounded);
        // Widely spread targets may be above 0: then no ratio is out of reach.
        let found = holds(&arm(-97.0, 4.7), &control, &options);
        assert!(found.interval.kind == IntervalKind::Unbounded && found.p_value > found.alpha, "{found:?}");
        // A control above 0 leaves one part, below 0.
        let found = holds(&target, &arm(1.0, 0.1), &options);
        assert!(found.interval.kind == IntervalKind::Bounded && found.interval.upper < 0.0, "{found:?}");
        for alternative in [Alternative::Greater, Alternative::Less] {
            for alpha in [0.05, 0.7] {
                holds(&target, &control, &options.alternative(alternative).alpha(alpha));
            }
        }
    }

    #[test]
    fn large_and_small_units_give_the_same_ratios() {
        let options = TestOptions::default().contrast(Contrast::Ratio);
        let plain = compare_quantiles(&arm(3.0, 0.25), &arm(2.0, 0.5), 0.5, &options).unwrap();
        let (huge, tiny) = (2.0_f64.powi(480), 2.0_f64.powi(-480));
        let scaled = |size: f64| {
            compare_quantiles(&arm(3.0 * size, 0.25 * size), &arm(2.0 * size, 0.5 * size), 0.5, &options)
                .unwrap()
        };
        for found in [scaled(huge), scaled(tiny)] {
            assert_eq!((found.p_value, found.interval), (plain.p_value, plain.interval));
        }
    }
}
