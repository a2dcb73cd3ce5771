//! Ratio metrics, and adjustment by what was known before.
//!
//! - Deng, Xu, Kohavi and Walker (2013), "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data", WSDM.
//! - Deng, Knoblich and Lu (2018), "Applying the delta method in metric analytics: a practical guide with novel ideas", KDD.

use serde::{Deserialize, Serialize};

use super::comparison::{Adjusted, Estimate, Pair, skewness_of_all, unanswered};
use super::cornish_fisher::tails_over_deals;
use super::fraction::Common;
use super::joint_arm::JointArm;
use super::linear::Linear;
use super::mean_arm::MeanArm;
use super::mean_method::{MeanMethod, MeanTest};
use super::split_check::SplitCheck;
use super::test_options::TestOptions;
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, Result};
use crate::math::{cholesky, solve};
use crate::named::named;

/// Which variation the coefficients of an adjustment are estimated from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum ThetaMethod {
    /// From variation within the arms, which no effect of the treatment gets into: the analysis of covariance.
    #[default]
    Within = 0,
    /// From all rows as one sample. What the treatment adds to the value counts as variation.
    Total = 1,
    /// Those that make the standard error of the difference smallest.
    LeastVariance = 2,
}

named! { ThetaMethod, "theta", { Within: "within", Total: "total", LeastVariance: "least_variance" } }

/// A test of values adjusted by covariates, with the unadjusted one beside it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adjustment {
    /// The test of the adjusted values.
    pub result: TestResult,
    /// The test of the values as they are.
    pub unadjusted: TestResult,
    /// The coefficient of each covariate; 0 for one that does not vary or that follows from those before it.
    pub theta: Vec<f64>,
    /// The share of the variance of the difference that the adjustment takes away; NaN where there is no variance.
    pub variance_reduction: f64,
}

/// Tests a ratio of means, such as revenue per session, of a target against that of a control.
///
/// ```text
/// R = mean y / mean d,  var R = (s_yy - 2 R s_yd + R^2 s_dd) / (n mean(d)^2)
/// ```
///
/// Rows are the units that were dealt to the arms (customers), value and denominator are sums over what belongs to one (orders, sessions). Contrasts,
/// methods and degrees of freedom are those of [`compare_means`](super::compare_means()). Denominators that sum to 0 give the status `Undefined`.
///
/// # Errors
/// `Incompatible` for arms of different columns, `InvalidArgument` for arms without a denominator and for options out of range.
///
/// ```
/// use crm_core::experiment::{JointArm, MeanMethod, Measures, TestOptions, compare_ratios};
/// let target = JointArm::from_measures(&Measures::of(&[9.0, 4.0, 7.0]).denominator(&[3.0, 1.0, 2.0]))?;
/// let control = JointArm::from_measures(&Measures::of(&[5.0, 2.0, 8.0]).denominator(&[2.0, 1.0, 3.0]))?;
/// let result = compare_ratios(&target, &control, MeanMethod::Welch, &TestOptions::default())?;
/// assert_eq!((result.target, result.control), (20.0 / 6.0, 2.5));
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Deng, Knoblich and Lu (2018), eq. 6.
pub fn compare_ratios(
    target: &JointArm,
    control: &JointArm,
    test: impl Into<MeanTest>,
    options: &TestOptions,
) -> Result<TestResult> {
    let test = test.into().without_score("ratios of means")?;
    check_arms(target, control, options)?;
    if !target.has_denominator() {
        return Err(Error::argument("denominator", "none", "there for a ratio"));
    }
    let split = SplitCheck::of_two(target.count(), control.count(), options)?;
    Ok(Arms::new(target, control, test)
        .adjusted(test, options, &vec![0.0; target.covariates()], None, 1.0, split)?
        .0)
}

/// Tests a mean, or a ratio of means where the arms have a denominator, adjusted by covariates known before the experiment (CUPED).
///
/// ```text
/// theta = V^-1 c
/// within:          V = sum_i (n_i - 1) Var_i(x),  c = sum_i (n_i - 1) Cov_i(x, y)
/// total:           Var and Cov of all rows as one sample
/// least variance:  V = sum_i Var_i(x) / n_i,      c = sum_i Cov_i(x, y) / n_i
/// adjusted mean_i = mean_i(y) - theta (mean_i(x) - mean(x)),  adjusted variance_i = Var_i(y - theta x)
/// ```
///
/// `mean(x)` is over both arms. Ratios and lifts know that it is part of both adjusted means. For a ratio of means, y is its linear expansion.
/// By the score test ([`MeanMethod::Score`]) the variance of what the adjustment leaves follows the means. [`MeanMethod::SkewnessCorrected`] needs rows,
/// which such arms do not keep.
/// Covariates must not be touched by the treatment. The effect size is in standard deviations of the unadjusted values.
///
/// # Errors
/// `Incompatible` for arms of different columns, `InvalidArgument` for arms without a covariate and for options out of range.
///
/// ```
/// use crm_core::experiment::{JointArm, MeanMethod, Measures, TestOptions, ThetaMethod, compare_adjusted};
/// let target = JointArm::from_measures(&Measures::of(&[3.0, 5.0, 8.0, 9.0]).covariate(&[1.0, 2.0, 4.0, 5.0]))?;
/// let control = JointArm::from_measures(&Measures::of(&[2.0, 4.0, 5.0, 9.0]).covariate(&[1.0, 3.0, 4.0, 6.0]))?;
/// let adjusted = compare_adjusted(&target, &control, ThetaMethod::Within, MeanMethod::Welch, &TestOptions::default())?;
/// assert!(adjusted.variance_reduction > 0.9 && adjusted.result.rejects() && !adjusted.unadjusted.rejects());
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Deng, Xu, Kohavi and Walker (2013), section 3.2.
pub fn compare_adjusted(
    target: &JointArm,
    control: &JointArm,
    theta: ThetaMethod,
    test: impl Into<MeanTest>,
    options: &TestOptions,
) -> Result<Adjustment> {
    let test = test.into();
    if test.method == MeanMethod::SkewnessCorrected {
        let accepted = "welch, student, z or score: these arms do not know their skewness";
        return Err(Error::argument("method", test.method.name(), accepted));
    }
    Ok(compare_adjusted_rows(target, control, theta, test, options, |_| None)?.0)
}

/// As [`compare_adjusted`], by a test that may look at the adjusted values of both arms together, which `rows` gives for coefficients.
///
/// What a covariate leaves of values that are mostly 0 has long tails on both sides. So not only the skewness over all ways to deal these rows is corrected
/// for, as for values that are not adjusted, but their tails too. The share of customers who have nothing tells how the variance follows the mean.
pub(crate) fn compare_adjusted_rows(
    target: &JointArm,
    control: &JointArm,
    theta: ThetaMethod,
    mut test: MeanTest,
    options: &TestOptions,
    rows: impl Fn(&[f64]) -> Option<Vec<f64>>,
) -> Result<(Adjustment, Adjusted)> {
    if target.has_denominator() {
        test = test.without_score("ratios of means")?;
    }
    check_arms(target, control, options)?;
    if target.covariates() == 0 {
        return Err(Error::argument("covariates", 0, "at least 1"));
    }
    let split = SplitCheck::of_two(target.count(), control.count(), options)?;
    let arms = Arms::new(target, control, test);
    let none = vec![0.0; target.covariates()];
    let theta = arms.theta(theta).unwrap_or_else(|| none.clone());
    let zeros = rows(&none).map_or(1.0, |values| {
        values.iter().filter(|&&value| value == 0.0).count() as f64 / values.len() as f64
    });
    let adjusted = |theta: &[f64]| arms.adjusted(test, options, theta, rows(theta).as_deref(), zeros, split);
    let ((unadjusted, error, _), (result, adjusted_error, shape)) = (adjusted(&none)?, adjusted(&theta)?);
    let variance_reduction = 1.0 - (adjusted_error / error).powi(2);
    Ok((Adjustment { result, unadjusted, theta, variance_reduction }, shape))
}

fn check_arms(target: &JointArm, control: &JointArm, options: &TestOptions) -> Result<()> {
    options.check()?;
    target.check_columns(control)?;
    target.check()?;
    control.check()
}

/// Target and control, or why they cannot be compared.
enum Arms<'a> {
    Both(Linear<'a>, Linear<'a>),
    Neither(f64, f64, TestStatus),
}

impl<'a> Arms<'a> {
    fn new(target: &'a JointArm, control: &'a JointArm, test: MeanTest) -> Self {
        let (t, c) = (target.count(), control.count());
        let few = match test.method {
            _ if test.method.is_pooled() => t == 0 || c == 0 || t == 1 && c == 1,
            _ => t < 2 || c < 2,
        };
        let linear = |arm: &'a JointArm| if arm.count() == 0 { None } else { Linear::of(arm) };
        let status = if few { TestStatus::TooFew } else { TestStatus::Undefined };
        match (linear(target), linear(control)) {
            (Some(target), Some(control)) if !few => Self::Both(target, control),
            (target, control) => {
                let value = |arm: Option<Linear<'_>>| arm.map_or(f64::NAN, |arm| arm.value.high);
                Self::Neither(value(target), value(control), status)
            }
        }
    }

    /// The test for given coefficients, the standard error of the difference, and what the adjustment makes of the means.
    fn adjusted(
        &self,
        test: MeanTest,
        options: &TestOptions,
        theta: &[f64],
        rows: Option<&[f64]>,
        zeros: f64,
        split: SplitCheck,
    ) -> Result<(TestResult, f64, Adjusted)> {
        let (target, control) = match self {
            Self::Both(target, control) => (target, control),
            Self::Neither(target, control, status) => {
                let result = unanswered(test, options, *target, *control, *status, split)?;
                return Ok((result, f64::NAN, Adjusted::NOTHING));
            }
        };
        let all = target.count + control.count;
        let degrees = (target.count - 1.0) + (control.count - 1.0);
        let squares = Linear::adjusted([target, control], theta);
        let pooled = squares[0].sqrt().hypot(squares[1].sqrt()) / degrees.sqrt();
        let estimate = |arm: &Linear<'_>, other: &Linear<'_>, squares: f64| {
            let above: f64 =
                theta.iter().enumerate().map(|(place, of)| of * arm.covariate_above(other, place)).sum();
            let value = arm.value.plus(-above * (other.count / all));
            let standard_error = match test.method {
                method if method.is_pooled() => pooled / arm.count.sqrt(),
                _ => (squares / (arm.count - 1.0)).sqrt() / arm.count.sqrt(),
            };
            let df = if test.method.is_pooled() { degrees } else { arm.count - 1.0 };
            Estimate { value, standard_error, df }
        };
        let mut pair = Pair {
            adjusted: Adjusted {
                common: common(target, control, theta, test.method.is_pooled()),
                tails: 0.0,
                zeros,
            },
            ..Pair::independent(
                estimate(target, control, squares[0]),
                estimate(control, target, squares[1]),
                0.0,
            )
        };
        if let Some(rows) = rows {
            let values = MeanArm::from_values(rows)?;
            pair.skewness = skewness_of_all(values.skewness(), all);
            // Coefficients of 0 leave the values as they are, and their test.
            if theta.iter().any(|&of| of != 0.0) {
                let sizes = [target.count, control.count];
                pair.adjusted.tails = tails_over_deals(kurtosis(rows, &values), sizes, pair.lean());
            }
        }
        let spread = target.squares.sqrt().hypot(control.squares.sqrt()) / degrees.sqrt();
        let difference = pair.target.value.less(pair.control.value);
        pair.effect_size = if spread > 0.0 { difference / spread } else { f64::NAN };
        let error = pair.target.standard_error.hypot(pair.control.standard_error);
        Ok((pair.test(test, options, split)?, error, pair.adjusted))
    }

    /// The coefficients; `None` for arms that cannot be compared.
    fn theta(&self, method: ThetaMethod) -> Option<Vec<f64>> {
        let Self::Both(target, control) = self else { return None };
        let weight = |arm: &Linear<'_>| match method {
            // Divided by the square of the larger count, which drops out.
            ThetaMethod::LeastVariance => {
                let most = target.count.max(control.count);
                if arm.count < 2.0 { 0.0 } else { most / arm.count * (most / (arm.count - 1.0)) }
            }
            ThetaMethod::Within | ThetaMethod::Total => 1.0,
        };
        let (t, c) = (weight(target), weight(control));
        let between = match method {
            ThetaMethod::Total => target.count * (control.count / (target.count + control.count)),
            ThetaMethod::Within | ThetaMethod::LeastVariance => 0.0,
        };
        let size = target.products.len();
        let above: Vec<f64> = (0..size).map(|place| target.covariate_above(control, place)).collect();
        let value_above = target.value.less(control.value);
        let products: Vec<f64> = (0..size)
            .map(|i| t * target.products[i] + c * control.products[i] + between * value_above * above[i])
            .collect();
        let squares: Vec<f64> = (0..size * size)
            .map(|place| {
                let (i, j) = (place / size, place % size);
                t * target.covariates(i, j) + c * control.covariates(i, j) + between * above[i] * above[j]
            })
            .collect();
        Some(coefficients(&squares, &products))
    }
}

/// The fourth central moment of values over the square of their variance, both with divisor n; 0 for values that are all the same.
fn kurtosis(values: &[f64], arm: &MeanArm) -> f64 {
    let count = values.len() as f64;
    let (mean, deviation) = (arm.mean(), (arm.m2() / count).sqrt());
    if deviation == 0.0 {
        return 0.0;
    }
    // Units of the deviation first: fourth powers of values could overflow.
    values.iter().map(|value| ((value - mean) / deviation).powi(4)).sum::<f64>() / count
}

/// What the adjustment puts into both means: the mean of the covariates over both arms.
fn common(target: &Linear<'_>, control: &Linear<'_>, theta: &[f64], pooled: bool) -> Common {
    if theta.iter().all(|&of| of == 0.0) {
        return Common::NOTHING;
    }
    let all = target.count + control.count;
    let arms = [target, control];
    // An arm of one row says nothing about its variance.
    let degrees = arms.map(|arm| if arm.count > 1.0 { arm.count - 1.0 } else { f64::INFINITY });
    let explained = arms.map(|arm| arm.explained(theta));
    let left = |place: usize| arms[place].shared(theta) - explained[place];
    if pooled {
        // One variance for both arms is one for all that goes into them: parts of other matrices need not belong together.
        let degrees = (target.count - 1.0) + (control.count - 1.0);
        let with = (left(0) + left(1)) / degrees / all;
        let variance = (explained[0] + explained[1]).max(0.0) / degrees / all;
        return Common { sign: 1.0, variance, with_target: with, with_control: with };
    }
    let with = |place: usize| left(place) / degrees[place] / all;
    let variance = (0..2)
        .map(|place| explained[place].max(0.0) / degrees[place] * (arms[place].count / all))
        .sum::<f64>()
        / all;
    Common { sign: 1.0, variance, with_target: with(0), with_control: with(1) }
}

/// The share of a covariate's variance that must be left after the ones before it.
const COLLINEAR: f64 = 1e-10;

/// Solves `squares theta = products`, leaving out covariates without variance and those that follow from the ones before.
fn coefficients(squares: &[f64], products: &[f64]) -> Vec<f64> {
    let size = products.len();
    // Correlations, so that units of the covariates do not matter.
    let scale: Vec<f64> = (0..size).map(|i| squares[i * size + i].max(0.0).sqrt()).collect();
    let mut kept: Vec<usize> = Vec::new();
    let mut factor = Vec::new();
    for next in (0..size).filter(|&i| scale[i] > 0.0) {
        let tried: Vec<usize> = kept.iter().copied().chain([next]).collect();
        let matrix: Vec<f64> = tried
            .iter()
            .flat_map(|&i| tried.iter().map(move |&j| (i, j)))
            .map(|(i, j)| if i == j { 1.0 } else { squares[i * size + j] / scale[i] / scale[j] })
            .collect();
        if let Some(found) = cholesky(&matrix, tried.len())
            && found.last().is_some_and(|last| last * last > COLLINEAR)
        {
            (kept, factor) = (tried, found);
        }
    }
    let right: Vec<f64> = kept.iter().map(|&i| products[i] / scale[i]).collect();
    let mut theta = vec![0.0; size];
    for (&place, solution) in kept.iter().zip(solve(&factor, &right)) {
        theta[place] = solution / scale[place];
    }
    theta
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::{Contrast, Measures};

    fn column(seed: usize, rows: usize) -> Vec<f64> {
        (0..rows).map(|j| ((j + 3) * (7919 + 31 * seed) % (101 + seed)) as f64).collect()
    }

    fn arm(seed: usize, rows: usize, covariates: usize) -> JointArm {
        let columns: Vec<Vec<f64>> =
            (0..covariates).map(|place| column(seed + 5 * place + 1, rows)).collect();
        let value: Vec<f64> = (0..rows)
            .map(|j| column(seed + 40, rows)[j] + columns.iter().map(|x| 0.5 * x[j]).sum::<f64>())
            .collect();
        let measures =
            columns.iter().fold(Measures::of(&value), |measures, column| measures.covariate(column));
        JointArm::from_measures(&measures).unwrap()
    }

    /// One buyer, who alone has a covariate: the other one's coefficient is 0 but for rounding, and so is what is left in the other arm.
    #[test]
    fn what_one_covariate_explains_is_explained_beside_another() {
        let one = |rows: usize, amount: f64| -> Vec<f64> {
            (0..rows).map(|row| if row == 3 { amount } else { 0.0 }).collect()
        };
        let arm = |seed: usize, rows: usize, buyer: f64| {
            let (before, visits) = (one(rows, 0.4 * buyer), column(seed, rows));
            let visits: Vec<f64> = visits.iter().map(|visits| 0.1 * visits).collect();
            let value = one(rows, buyer);
            let measures = Measures::of(&value).covariate(&before).covariate(&visits);
            JointArm::from_measures(&measures).unwrap()
        };
        for seed in 1..20 {
            let (target, control) = (arm(seed, 30, 50.0), arm(seed + 3, 10, 0.0));
            for theta in [ThetaMethod::Within, ThetaMethod::Total, ThetaMethod::LeastVariance] {
                for method in [MeanMethod::Welch, MeanMethod::Student, MeanMethod::Z, MeanMethod::Score] {
                    let options = TestOptions::default();
                    let found = compare_adjusted(&target, &control, theta, method, &options).unwrap();
                    assert_eq!(found.result.status, TestStatus::NoVariance, "{seed} {theta:?} {found:?}");
                }
            }
        }
    }

    #[test]
    fn a_covariate_twice_is_a_covariate_once() {
        let double = |seed: usize, rows: usize| {
            let (value, covariate) = (column(seed, rows), column(seed + 9, rows));
            let twice: Vec<f64> = covariate.iter().map(|x| 3.0 - 2.0 * x).collect();
            let constant = vec![7.0; rows];
            let once = Measures::of(&value).covariate(&covariate);
            let more = once.clone().covariate(&constant).covariate(&twice);
            (JointArm::from_measures(&once).unwrap(), JointArm::from_measures(&more).unwrap())
        };
        let ((target, wide_target), (control, wide_control)) = (double(1, 60), double(2, 45));
        let test = |target: &JointArm, control: &JointArm| {
            let options = TestOptions::default();
            compare_adjusted(target, control, ThetaMethod::Within, MeanMethod::Welch, &options).unwrap()
        };
        let (once, more) = (test(&target, &control), test(&wide_target, &wide_control));
        assert_eq!((more.theta[1], more.theta[2]), (0.0, 0.0));
        assert!((more.result.p_value / once.result.p_value - 1.0).abs() < 1e-12);
    }

    #[test]
    fn the_least_variance_is_least() {
        let (target, control) = (arm(1, 50, 3), arm(2, 90, 3));
        let error = |theta: ThetaMethod| {
            let options = TestOptions::default();
            compare_adjusted(&target, &control, theta, MeanMethod::Z, &options).unwrap().result.standard_error
        };
        let least = error(ThetaMethod::LeastVariance);
        assert!(least <= error(ThetaMethod::Within) && least <= error(ThetaMethod::Total));
    }

    #[test]
    fn a_lift_of_none_is_judged_as_the_difference() {
        let (target, control) = (arm(3, 50, 2), arm(4, 90, 2));
        let p = |contrast: Contrast| {
            let options = TestOptions::default().contrast(contrast);
            compare_adjusted(&target, &control, ThetaMethod::Within, MeanMethod::Welch, &options)
                .unwrap()
                .result
                .p_value
        };
        assert!((p(Contrast::Lift) / p(Contrast::Difference) - 1.0).abs() < 1e-11);
        assert!((p(Contrast::Ratio) / p(Contrast::Difference) - 1.0).abs() < 1e-11);
    }

    #[test]
    fn arms_that_do_not_fit() {
        let (one, two) = (arm(1, 9, 1), arm(1, 9, 2));
        let options = TestOptions::default();
        assert!(compare_adjusted(&one, &two, ThetaMethod::Within, MeanMethod::Welch, &options).is_err());
        assert!(compare_ratios(&one, &one, MeanMethod::Welch, &options).is_err());
        let none = arm(1, 9, 0);
        assert!(compare_adjusted(&none, &none, ThetaMethod::Within, MeanMethod::Welch, &options).is_err());
        let zero = JointArm::from_measures(&Measures::of(&[1.0, 2.0]).denominator(&[0.0, 0.0])).unwrap();
        let result = compare_ratios(&zero, &zero, MeanMethod::Welch, &options).unwrap();
        assert_eq!(result.status, TestStatus::Undefined);
        let small = arm(1, 1, 1);
        let result =
            compare_adjusted(&small, &one, ThetaMethod::Within, MeanMethod::Welch, &options).unwrap();
        assert_eq!((result.result.status, result.theta), (TestStatus::TooFew, vec![0.0]));
    }
}
