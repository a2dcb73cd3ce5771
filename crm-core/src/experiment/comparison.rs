//! Two estimates with standard errors, compared in any contrast.

use super::cornish_fisher::CornishFisher;
use super::fraction::{Common, Fraction};
use super::interval::{Interval, IntervalKind};
use super::mean_method::{LiftMethod, MeanMethod, MeanTest};
use super::mean_score::MeanScore;
use super::moments::Mean;
use super::split_check::SplitCheck;
use super::t_statistic::{critical_value, p_values, symmetric_interval};
use super::test_options::{Alternative, Contrast, TestOptions};
use super::test_result::{TestResult, TestStatus};
use crate::error::Result;

/// The estimate of one arm.
#[derive(Clone, Copy, Debug)]
pub(super) struct Estimate {
    pub(super) value: Mean,
    pub(super) standard_error: f64,
    /// The degrees of freedom of the standard error.
    pub(super) df: f64,
}

/// How the target's mean varies other than a null implies for its values, because of a cost that goes along with them; the score tests look at it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Own {
    /// What is left of the variance that the null implies, and of the third central moment.
    pub(super) share: f64,
    pub(super) third_share: f64,
    /// What is added to the variance of the mean, not below 0, and to its third central moment.
    pub(super) variance: f64,
    pub(super) third: f64,
}

impl Own {
    /// As the null implies.
    pub(super) const NOTHING: Self = Self { share: 1.0, third_share: 1.0, variance: 0.0, third: 0.0 };
}

/// What an adjustment by covariates makes of two means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adjusted {
    /// What both estimates share, in the direction of their sum; it is not in their standard errors and cancels in the difference.
    pub(super) common: Common,
    /// The tails that the difference has at "no effect", other than go along with its skewness; 0 for tests that do not ask for them.
    pub(super) tails: f64,
    /// The share of values that are 0, before they are adjusted; 1 where it is not known.
    pub(super) zeros: f64,
}

impl Adjusted {
    /// Means as they are.
    pub(crate) const NOTHING: Self = Self { common: Common::NOTHING, tails: 0.0, zeros: 1.0 };

    pub(super) fn is_some(&self) -> bool {
        self.common.sign != 0.0
    }
}

/// Two estimates and what they share.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pair {
    pub(super) target: Estimate,
    pub(super) control: Estimate,
    pub(super) adjusted: Adjusted,
    /// The skewness that the mean of as many values as both arms have has; 0 for tests that do not ask for it.
    pub(super) skewness: f64,
    pub(super) own: Own,
    pub(super) effect_size: f64,
}

/// The degrees of freedom of a difference of independent means (Welch 1947), from standard errors and the degrees of freedom of each.
///
/// The ratio of the variances comes first, so the unit of the values drops out before anything is squared twice.
pub(super) fn welch_degrees(first: f64, first_df: f64, second: f64, second_df: f64) -> f64 {
    let (large, large_df, small, small_df) = if first >= second {
        (first, first_df, second, second_df)
    } else {
        (second, second_df, first, first_df)
    };
    let ratio = (small / large).powi(2);
    (1.0 + ratio).powi(2) / (1.0 / large_df + ratio * ratio / small_df)
}

/// The skewness of the mean of `count` values of a skewness with divisor n, from that of a sample without its bias,
/// `g sqrt(n (n - 1)) / (n - 2)`, over the root of n.
pub(super) fn skewness_of_all(skewness: f64, count: f64) -> f64 {
    if count > 2.0 { skewness * (count - 1.0).sqrt() / (count - 2.0) } else { 0.0 }
}

/// A result that says only why there is none.
pub(super) fn unanswered(
    test: MeanTest,
    options: &TestOptions,
    target: f64,
    control: f64,
    status: TestStatus,
    split: SplitCheck,
) -> Result<TestResult> {
    let difference = target - control;
    let lift = difference / control.abs();
    let estimate = match options.contrast {
        Contrast::Difference => difference,
        Contrast::Lift => lift,
        _ => target / control,
    };
    Ok(TestResult {
        method: test.name(options.contrast)?,
        contrast: options.contrast,
        alternative: options.alternative,
        alpha: options.alpha,
        null: options.null_value(),
        target,
        control,
        difference,
        lift,
        estimate: if estimate.is_finite() { estimate } else { f64::NAN },
        standard_error: f64::NAN,
        interval: Interval::unbounded(),
        statistic: f64::NAN,
        degrees_of_freedom: f64::NAN,
        p_value: f64::NAN,
        ln_p_value: f64::NAN,
        effect_size: f64::NAN,
        status,
        split,
    })
}

impl Pair {
    /// Independent estimates.
    pub(super) fn independent(target: Estimate, control: Estimate, effect_size: f64) -> Self {
        let (adjusted, own) = (Adjusted::NOTHING, Own::NOTHING);
        Self { target, control, adjusted, skewness: 0.0, own, effect_size }
    }

    fn degrees(&self, method: MeanMethod) -> f64 {
        match method {
            MeanMethod::Z => f64::INFINITY,
            // Both standard errors come from one variance.
            MeanMethod::Student | MeanMethod::Score | MeanMethod::SkewnessCorrected => self.target.df,
            MeanMethod::Welch => welch_degrees(
                self.target.standard_error,
                self.target.df,
                self.control.standard_error,
                self.control.df,
            ),
        }
    }

    /// The test of the contrast.
    pub(super) fn test(
        &self,
        test: MeanTest,
        options: &TestOptions,
        split: SplitCheck,
    ) -> Result<TestResult> {
        options.check()?;
        let (target, control) = (self.target.value.high, self.control.value.high);
        let difference = self.target.value.less(self.control.value);
        let error = self.target.standard_error.hypot(self.control.standard_error);
        let mut result = unanswered(test, options, target, control, TestStatus::Ok, split)?;
        result.difference = difference;
        result.lift = difference / control.abs();
        if options.contrast == Contrast::Difference {
            result.estimate = difference;
        }
        if error == 0.0 {
            result.status = TestStatus::NoVariance;
            return Ok(result);
        }
        result.standard_error = error;
        result.degrees_of_freedom = self.degrees(test.method);
        result.effect_size = self.effect_size;
        let critical = critical_value(options.alpha, result.degrees_of_freedom, options.alternative);
        let score = if test.method.is_score() { MeanScore::new(self) } else { None };
        let shape = self.shape();
        match (options.contrast, test.lift) {
            _ if score.is_some() => {
                if let Some(score) = score {
                    score.judge(options, &mut result)?;
                }
                if result.status != TestStatus::Ok {
                    return Ok(result);
                }
            }
            _ if shape != CornishFisher::NORMAL
                && (options.contrast == Contrast::Difference || control != 0.0) =>
            {
                self.shaped(shape, critical, options, &mut result);
            }
            (Contrast::Difference, _) => {
                result.statistic = (difference - options.null_value()) / error;
                result.interval = symmetric_interval(difference, error, critical, options.alternative);
            }
            _ if control == 0.0 => {
                let standard =
                    TestResult { standard_error: f64::NAN, effect_size: self.effect_size, ..result };
                return Ok(TestResult { status: TestStatus::ZeroBaseline, ..standard });
            }
            (_, LiftMethod::Log) if target == 0.0 || (target > 0.0) != (control > 0.0) => {
                return Ok(TestResult { status: TestStatus::Undefined, standard_error: f64::NAN, ..result });
            }
            (_, method) => self.relate(method, critical, options, &mut result),
        }
        if result.statistic.is_nan() {
            result.interval = Interval::unbounded();
            return Ok(TestResult { status: TestStatus::Undefined, ..result });
        }
        (result.p_value, result.ln_p_value) =
            p_values(result.statistic, result.degrees_of_freedom, options.alternative);
        let (null, rejected) = (result.null, result.p_value < result.alpha);
        let hull = test.method.is_score() && result.interval.kind == IntervalKind::Bounded;
        result.interval = if hull {
            // Far out the skewness under the null may change faster than the statistic, and next to a ratio of 0 the error of what both means share.
            result.interval.hull_agreeing(null, rejected, result.estimate, options.alternative)
        } else {
            result.interval.agreeing(null, rejected)
        };
        Ok(result)
    }

    /// The shape of the difference at "no effect".
    pub(super) fn shape(&self) -> CornishFisher {
        CornishFisher { lean: self.lean(), tails: self.adjusted.tails }
    }

    /// A sixth of the skewness of the difference at "no effect".
    pub(super) fn lean(&self) -> f64 {
        // Standard errors by one deviation tell the sizes of the arms.
        let (target, control) = (self.target.standard_error, self.control.standard_error);
        if self.skewness == 0.0 { 0.0 } else { self.skewness / 6.0 * (target / control - control / target) }
    }

    /// Student's test, and Fieller's by its standard errors, of a difference with this shape at "no effect".
    fn shaped(&self, shape: CornishFisher, critical: f64, options: &TestOptions, result: &mut TestResult) {
        let (lower, upper) = (shape.statistic(critical), -shape.statistic(-critical));
        let (null, alternative) = (options.null_value(), options.alternative);
        let ends = if options.contrast == Contrast::Difference {
            let error = result.standard_error;
            result.statistic = (result.difference - null) / error;
            [result.difference - lower * error, result.difference + upper * error]
        } else {
            let (fraction, scale) = self.fraction(options.contrast, result.difference);
            result.estimate = fraction.estimate() * scale;
            result.standard_error = fraction.delta_error() * scale;
            result.statistic = fraction.statistic(null / scale);
            // What one side does not reject, or everything where that has a gap or no end.
            let mut side = |critical: f64, side: Alternative| {
                let interval = fraction.interval(critical, side);
                if interval.kind == IntervalKind::Bounded {
                    return [interval.lower * scale, interval.upper * scale];
                }
                if alternative == Alternative::TwoSided || alternative == side {
                    result.status = TestStatus::Unbounded;
                }
                [f64::NEG_INFINITY, f64::INFINITY]
            };
            let (above, below) = (side(lower, Alternative::Greater), side(upper, Alternative::Less));
            [above[0].max(below[0]), above[1].min(below[1])]
        };
        result.statistic = shape.deviate(result.statistic);
        result.interval = Interval::bounded(
            if alternative == Alternative::Less { f64::NEG_INFINITY } else { ends[0] },
            if alternative == Alternative::Greater { f64::INFINITY } else { ends[1] },
        );
    }

    /// Estimate, statistic and interval of a ratio or lift.
    fn relate(&self, method: LiftMethod, critical: f64, options: &TestOptions, result: &mut TestResult) {
        let (fraction, scale) = self.fraction(options.contrast, result.difference);
        let (null, alternative) = (options.null_value(), options.alternative);
        result.estimate = fraction.estimate() * scale;
        result.standard_error = fraction.delta_error() * scale;
        match method {
            LiftMethod::Fieller => {
                result.statistic = fraction.statistic(null / scale);
                let interval = fraction.interval(critical, alternative);
                result.interval = Interval {
                    lower: interval.lower * scale,
                    upper: interval.upper * scale,
                    kind: interval.kind,
                };
                if interval.kind != IntervalKind::Bounded {
                    result.status = TestStatus::Unbounded;
                }
            }
            LiftMethod::Delta => {
                result.statistic = (result.estimate - null) / result.standard_error;
                result.interval =
                    symmetric_interval(result.estimate, result.standard_error, critical, alternative);
            }
            LiftMethod::Log => {
                let is_lift = options.contrast == Contrast::Lift;
                // A lift over a negative control falls with the ratio.
                let falls = is_lift && self.control.value.high < 0.0;
                let sign = if falls { -1.0 } else { 1.0 };
                let ratio = fraction.target.abs() / fraction.control;
                let error = fraction.delta_error() / ratio;
                let ln_null = if is_lift { (sign * null).max(-1.0).ln_1p() } else { (null / scale).ln() };
                let ln_ratio = if is_lift { (sign * result.estimate).ln_1p() } else { ratio.ln() };
                result.statistic = sign * (ln_ratio - ln_null) / error;
                let interval = symmetric_interval(sign * ln_ratio, error, critical, alternative);
                let back = |end: f64| match (is_lift, falls) {
                    _ if end.is_infinite() && alternative != Alternative::TwoSided => end,
                    (true, false) => end.exp_m1(),
                    (true, true) => -(-end).exp_m1(),
                    (false, _) => end.exp() * scale,
                };
                result.interval = Interval::bounded(back(interval.lower), back(interval.upper));
            }
        }
    }

    /// The ratio behind a contrast in units in which nothing overflows, and what a contrast in those units is multiplied by.
    fn fraction(&self, contrast: Contrast, difference: f64) -> (Fraction, f64) {
        let sign = if self.control.value.high < 0.0 { -1.0 } else { 1.0 };
        let is_lift = contrast == Contrast::Lift;
        // A ratio keeps its sign if both sides are turned round; a lift divides by the size of the control.
        let turned = if is_lift { 1.0 } else { sign };
        let unit = |estimate: &Estimate| power_of_two(estimate.value.high.abs().max(estimate.standard_error));
        let common_error = self.adjusted.common.variance.sqrt();
        let (mut target_unit, mut control_unit) = (unit(&self.target), unit(&self.control));
        if common_error > 0.0 {
            target_unit = target_unit.max(control_unit).max(power_of_two(common_error));
            control_unit = target_unit;
        }
        let control = sign * self.control.value.high / control_unit;
        let target = turned * self.target.value.high / target_unit;
        let offset = if is_lift { sign * (control_unit / target_unit) } else { 0.0 };
        let common = Common {
            sign: if is_lift { sign } else { 1.0 },
            variance: (common_error / target_unit).powi(2),
            with_target: turned * sign * self.adjusted.common.with_target / target_unit / target_unit,
            with_control: self.adjusted.common.with_control / control_unit / control_unit,
        };
        let fraction = Fraction {
            target,
            control,
            numerator: if is_lift { difference / target_unit } else { target },
            offset,
            target_variance: (self.target.standard_error / target_unit).powi(2),
            control_variance: (self.control.standard_error / control_unit).powi(2),
            common,
        };
        (fraction, target_unit / control_unit)
    }
}

/// The power of two next below a positive number, with room to divide by it; 1 for 0.
pub(super) fn power_of_two(value: f64) -> f64 {
    if value == 0.0 { 1.0 } else { libm::ldexp(1.0, libm::ilogb(value).clamp(-1000, 1000)) }
}
