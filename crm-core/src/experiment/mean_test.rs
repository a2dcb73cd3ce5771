//! Tests of two means.
//!
//! - Welch (1947), "The generalization of Student's problem when several different population variances are involved", Biometrika 34.
//! - `McCullagh` and Nelder (1989), "Generalized Linear Models", chapter 9.
//! - Gart and Nam (1988), "Approximate interval estimation of the ratio of binomial parameters", Biometrics 44, for the correction of skewness.
//! - Fieller (1954), "Some problems in interval estimation", Journal of the Royal Statistical Society B 16(2).
//! - Hedges (1981), "Distribution theory for Glass's estimator of effect size and related estimators", Journal of Educational Statistics 6(2).

use super::comparison::{Adjusted, Estimate, Own, Pair, skewness_of_all, unanswered};
use super::mean_arm::{MeanArm, skewness_together};
use super::mean_method::{MeanMethod, MeanTest};
use super::mean_score::MeanScore;
use super::split_check::SplitCheck;
use super::test_options::TestOptions;
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::math::ln_rising;

/// Tests the mean of a target against that of a control.
///
/// ```text
/// difference:  t = (mean_t - mean_c - null) / se,          se^2 = s_t^2 / n_t + s_c^2 / n_c
/// ratio:       t = (mean_t - r mean_c) / se(r),            se(r)^2 = s_t^2 / n_t + r^2 s_c^2 / n_c   (Fieller)
/// lift:        as the ratio, with r = 1 + null for a positive control; (mean_t - mean_c) / |mean_c|
/// Welch:       df = (v_t + v_c)^2 / (v_t^2 / (n_t - 1) + v_c^2 / (n_c - 1)),  v = s^2 / n
/// Student:     both variances are (m2_t + m2_c) / df,  df = n_t + n_c - 2
/// score:       both variances are Student's times m / mean: the mean that is most likely under the null over that of both arms
/// skewness_corrected:  w with w + A (w^2 - 1) = t, t of the score test and A a sixth of the skewness of its deviation under the null;
///              from where the slope in w is a quarter, w goes up with t one by one
/// ```
///
/// `test` is a [`MeanMethod`], or a [`MeanTest`] to choose how ratios and lifts are judged. Their degrees of freedom are those of the difference, so
/// that the interval does not depend on the null. The effect size is Cohen's d. Arms too small for a variance, arms without any variance and
/// a control of 0 under a ratio or lift give a status and no p-value.
///
/// Welch's test is the default, and right for values that most customers have. Of revenue, which is 0 for most, it takes chance for success
/// where the control is small: without an effect it rejects 12 of 100 times at a level of 5 %, with 90 buyers beside 10. There the score test
/// keeps its level, because it takes the variance that the null implies, as the score test of rates does. With fewer buyers than some ten among the
/// controls, at small levels and against one side it needs the correction for skewness. Means below 0 are judged as by Student's test, less
/// the skewness at "no effect" where it is asked for.
///
/// # Errors
/// `InvalidArgument` for options out of range, for odds ratios and for arms that do not know the skewness that `SkewnessCorrected` asks for; `OutOfRange` for values so close together that their squares underflow.
///
/// ```
/// use crm_core::experiment::{Contrast, MeanArm, MeanMethod, TestOptions, compare_means};
/// let target = MeanArm::from_moments(100, 10.5, 4.0)?;
/// let control = MeanArm::from_moments(120, 9.8, 5.0)?;
/// let result = compare_means(&target, &control, MeanMethod::Welch, &TestOptions::default())?;
/// assert!((result.p_value - 0.015_098_740_769_700_076).abs() < 1e-15);
/// let lift = compare_means(&target, &control, MeanMethod::Welch, &TestOptions::default().contrast(Contrast::Lift))?;
/// // At "no effect" the lift is judged by the same statistic as the difference.
/// assert!((lift.p_value / result.p_value - 1.0).abs() < 1e-12 && lift.rejects());
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Welch (1947); Fieller (1954).
pub fn compare_means(
    target: &MeanArm,
    control: &MeanArm,
    test: impl Into<MeanTest>,
    options: &TestOptions,
) -> Result<TestResult> {
    compare(target, control, Own::NOTHING, Adjusted::NOTHING, test.into(), options)
}

/// As [`compare_means`] by a score test of the difference, where the target's mean varies by something of its own as well, or of adjusted values.
pub(super) fn compare_means_with_own(
    target: &MeanArm,
    control: &MeanArm,
    own: Own,
    adjusted: Adjusted,
    method: MeanMethod,
    options: &TestOptions,
) -> Result<TestResult> {
    compare(target, control, own, adjusted, method.into(), options)
}

/// The statistic of [`compare_means_with_own`] against a difference; NaN where there is none.
pub(super) fn score_statistic(
    target: &MeanArm,
    control: &MeanArm,
    own: Own,
    adjusted: Adjusted,
    method: MeanMethod,
    null: f64,
) -> f64 {
    let pair = scored(target, control, own, adjusted, method).ok().flatten();
    pair.and_then(|pair| MeanScore::new(&pair)).map_or(f64::NAN, |score| score.statistic(null))
}

fn compare(
    target: &MeanArm,
    control: &MeanArm,
    own: Own,
    adjusted: Adjusted,
    test: MeanTest,
    options: &TestOptions,
) -> Result<TestResult> {
    options.check()?;
    target.check("target")?;
    control.check("control")?;
    let split = SplitCheck::of_two(target.count(), control.count(), options)?;
    match scored(target, control, own, adjusted, test.method)? {
        Some(pair) => pair.test(test, options, split),
        None => unanswered(test, options, target.mean(), control.mean(), TestStatus::TooFew, split),
    }
}

/// Both means with all that the method asks for; `None` for arms that are too small.
pub(super) fn scored(
    target: &MeanArm,
    control: &MeanArm,
    own: Own,
    adjusted: Adjusted,
    method: MeanMethod,
) -> Result<Option<Pair>> {
    let Some(pair) = pair(target, control, method) else { return Ok(None) };
    let corrected = method == MeanMethod::SkewnessCorrected;
    let skewness = if corrected { skewness_of_mean(target, control)? } else { 0.0 };
    Ok(Some(Pair { adjusted, skewness, own, ..pair }))
}

/// The skewness of the mean of all values of two arms that are not empty.
fn skewness_of_mean(target: &MeanArm, control: &MeanArm) -> Result<f64> {
    for (name, arm) in [("target", target), ("control", control)] {
        if arm.skewness().is_nan() {
            let message = "does not know its skewness, which skewness_corrected needs: make it from values, or tell the skewness";
            return Err(Error::new(ErrorKind::InvalidArgument, message).on(name));
        }
    }
    let (larger, smaller) =
        if target.count() >= control.count() { (target, control) } else { (control, target) };
    let all = larger.count() as f64 + smaller.count() as f64;
    Ok(skewness_together(larger, smaller).map_or(0.0, |skewness| skewness_of_all(skewness, all)))
}

/// Both means with their standard errors; `None` for arms that are too small.
fn pair(target: &MeanArm, control: &MeanArm, method: MeanMethod) -> Option<Pair> {
    let effect_size = cohens_d(target, control);
    if method.is_pooled() {
        let df = pooled_degrees(target, control)?;
        let spread = pooled_deviation(target, control);
        let of = |arm: &MeanArm| Estimate {
            value: arm.exact_mean(),
            standard_error: spread / (arm.count() as f64).sqrt(),
            df,
        };
        return Some(Pair::independent(of(target), of(control), effect_size));
    }
    if target.count() < 2 || control.count() < 2 {
        return None;
    }
    let of = |arm: &MeanArm| Estimate {
        value: arm.exact_mean(),
        standard_error: arm.standard_error(),
        df: (arm.count() - 1) as f64,
    };
    Some(Pair::independent(of(target), of(control), effect_size))
}

/// The degrees of freedom of one variance for both arms; `None` if there are none, or an arm is empty.
pub(super) fn pooled_degrees(target: &MeanArm, control: &MeanArm) -> Option<f64> {
    let degrees = (target.count() as f64 - 1.0) + (control.count() as f64 - 1.0);
    (target.count() > 0 && control.count() > 0 && degrees > 0.0).then_some(degrees)
}

/// The standard deviation within both arms.
pub(super) fn pooled_deviation(target: &MeanArm, control: &MeanArm) -> f64 {
    let degrees = pooled_degrees(target, control).unwrap_or(f64::NAN);
    // Roots first, so that squares of large values do not overflow in their sum.
    target.m2().sqrt().hypot(control.m2().sqrt()) / degrees.sqrt()
}

/// The difference of the means in standard deviations within the arms (Cohen 1988).
///
/// ```text
/// d = (mean_t - mean_c) / s,  s^2 = (m2_t + m2_c) / (n_t + n_c - 2)
/// ```
///
/// NaN for arms without a variance.
pub fn cohens_d(target: &MeanArm, control: &MeanArm) -> f64 {
    let spread = pooled_deviation(target, control);
    let difference = target.exact_mean().less(control.exact_mean());
    if spread > 0.0 { difference / spread } else { f64::NAN }
}

/// Cohen's d without its bias.
///
/// ```text
/// g = d J,  J = Gamma(df / 2) / (sqrt(df / 2) Gamma((df - 1) / 2)),  df = n_t + n_c - 2
/// ```
///
/// NaN for arms without a variance, and for fewer than two degrees of freedom.
///
/// Hedges (1981), eq. 6e.
pub fn hedges_g(target: &MeanArm, control: &MeanArm) -> f64 {
    match pooled_degrees(target, control) {
        Some(df) if df >= 2.0 => {
            let half = 0.5 * df;
            cohens_d(target, control) * (ln_rising(half - 0.5, 0.5) - 0.5 * half.ln()).exp()
        }
        _ => f64::NAN,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Alternative, Contrast, LiftMethod};

    fn arm(count: u64, mean: f64, variance: f64) -> MeanArm {
        MeanArm::from_moments(count, mean, variance).unwrap()
    }

    #[test]
    fn what_cannot_be_told_has_a_status() {
        let options = TestOptions::default();
        let status = |target: &MeanArm, control: &MeanArm, options: &TestOptions| {
            let result = compare_means(target, control, MeanMethod::Welch, options).unwrap();
            assert!(result.p_value.is_nan() && !result.rejects(), "{result:?}");
            result.status
        };
        let constant = MeanArm::from_values(&[0.1; 50]).unwrap();
        assert_eq!(status(&constant, &constant, &options), TestStatus::NoVariance);
        assert_eq!(status(&arm(1, 2.0, 0.0), &arm(9, 1.0, 1.0), &options), TestStatus::TooFew);
        assert_eq!(status(&MeanArm::default(), &arm(9, 1.0, 1.0), &options), TestStatus::TooFew);
        let lift = options.contrast(Contrast::Lift);
        assert_eq!(status(&arm(9, 1.0, 1.0), &arm(9, 0.0, 1.0), &lift), TestStatus::ZeroBaseline);
        let log = MeanTest::default().lift(LiftMethod::Log);
        let crossed = compare_means(&arm(9, 1.0, 1.0), &arm(9, -1.0, 1.0), log, &lift).unwrap();
        assert_eq!(crossed.status, TestStatus::Undefined);
    }

    #[test]
    fn one_value_has_a_place_in_a_pooled_test() {
        let result =
            compare_means(&arm(1, 3.0, 0.0), &arm(5, 1.0, 1.0), MeanMethod::Student, &TestOptions::default())
                .unwrap();
        assert_eq!((result.status, result.degrees_of_freedom), (TestStatus::Ok, 4.0));
    }

    #[test]
    fn a_lift_over_a_negative_baseline_keeps_its_direction() {
        // From -10 to -8 is a gain of a fifth.
        let options = TestOptions::default().contrast(Contrast::Lift).alternative(Alternative::Greater);
        for lift in LiftMethod::ALL.iter().copied() {
            let test = MeanTest::default().lift(lift);
            let result = compare_means(&arm(400, -8.0, 4.0), &arm(400, -10.0, 4.0), test, &options).unwrap();
            assert!(
                (result.estimate - 0.2).abs() < 1e-15 && result.rejects() && result.p_value < 1e-10,
                "{result:?}"
            );
            assert!(result.interval.lower > 0.1 && result.interval.lower < 0.2, "{result:?}");
        }
    }

    #[test]
    fn odds_of_means_are_refused() {
        let options = TestOptions::default().contrast(Contrast::OddsRatio);
        assert!(compare_means(&arm(9, 1.0, 1.0), &arm(9, 1.0, 1.0), MeanMethod::Z, &options).is_err());
    }
}
