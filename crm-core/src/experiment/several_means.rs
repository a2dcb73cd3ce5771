//! More than two arms.
//!
//! Welch (1951), "On the comparison of several mean values: an alternative approach", Biometrika 38.

use serde::{Deserialize, Serialize};

use super::mean_arm::MeanArm;
use super::mean_method::MeanTest;
use super::mean_test::compare_means;
use super::multiplicity::{AdjustedFamily, MultiplicityMethod};
use super::sample_ratio::SampleRatio;
use super::split_check::{SeveralArms, SplitCheck};
use super::test_options::TestOptions;
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{f_upper, ln_f_upper};
use crate::named::named;

/// How several means are tested at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum AnovaMethod {
    /// A variance for each arm (Welch 1951).
    #[default]
    Welch = 0,
    /// One variance for all arms (Fisher). Wrong for unequal variances in arms of unequal size.
    Classic = 1,
}

named! { AnovaMethod, "method", { Welch: "welch", Classic: "classic" } }

/// A test of the equality of several means.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Anova {
    /// The method.
    pub method: AnovaMethod,
    /// F.
    pub statistic: f64,
    /// Degrees of freedom above the line, arms less 1.
    pub degrees_between: f64,
    /// Degrees of freedom below the line.
    pub degrees_within: f64,
    /// The p-value.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// The share of the sum of squares that lies between the arms.
    pub eta_squared: f64,
    /// Whether the data could answer.
    pub status: TestStatus,
    /// Whether the rows were split as planned: look at this first.
    pub split: SplitCheck,
}

/// Several arms of one experiment against its control.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeveralMeans {
    /// Each arm but the control against it, in the order of the arms. Interval, p-value and whether it rejects belong together, and are those of
    /// this test alone: the interval excludes the null if and only if `p_value`, not the adjusted one, is below alpha.
    pub comparisons: Vec<TestResult>,
    /// How the p-values are adjusted for their number.
    pub multiplicity: MultiplicityMethod,
    /// The p-values of the comparisons, adjusted for their number: one at most alpha is rejected at the level alpha for all. They have no
    /// intervals. NaN where there is no p-value, which then does not count.
    pub adjusted_p_values: Vec<f64>,
    /// Their natural logarithms.
    pub ln_adjusted_p_values: Vec<f64>,
    /// Whether the rows were split as planned: look at this first.
    pub sample_ratio: SampleRatio,
}

/// Tests each arm against the one at `control`, in the order of the arms, the control left out, and checks the split of their rows.
///
/// `weights` is the planned split of all arms, of any scale; each comparison has the check of its two arms. Without it the finding is
/// `Unplanned`. The p-values of the comparisons are those of single tests, as their intervals are; beside them stand the p-values
/// adjusted by `multiplicity`, such as Holm's.
///
/// # Errors
/// `LengthMismatch` for another number of weights, `InvalidArgument` for a control that is not one of the arms and for a planned share among the
/// options, else as [`compare_means`] and [`sample_ratio`](super::sample_ratio()).
pub fn compare_several_means(
    arms: &[MeanArm],
    control: usize,
    weights: Option<&[f64]>,
    test: impl Into<MeanTest>,
    multiplicity: MultiplicityMethod,
    options: &TestOptions,
) -> Result<SeveralMeans> {
    let test = test.into();
    let rows: Vec<u64> = arms.iter().map(MeanArm::count).collect();
    let split = SeveralArms::new(&rows, weights, Some(options))?;
    let Some(baseline) = arms.get(control) else {
        return Err(Error::argument(
            "control",
            control,
            &format!("below {}, the number of arms", arms.len()),
        ));
    };
    let others = arms.iter().enumerate().filter(|(place, _)| *place != control);
    let comparisons = others.map(|(place, arm)| {
        let result = compare_means(arm, baseline, test, options)?;
        Ok(TestResult { split: split.pair(place, control)?, ..result })
    });
    // First all weights, whose rows are those of the caller.
    let sample_ratio = split.sample_ratio()?;
    let comparisons = comparisons.collect::<Result<Vec<TestResult>>>()?;
    let adjusted = AdjustedFamily::of(&comparisons, multiplicity)?;
    Ok(SeveralMeans {
        comparisons,
        multiplicity,
        adjusted_p_values: adjusted.p_values,
        ln_adjusted_p_values: adjusted.ln_p_values,
        sample_ratio,
    })
}

/// Tests whether several arms have one mean.
///
/// ```text
/// Welch:    w_i = n_i / s_i^2,  m = sum w_i mean_i / W,  L = sum (1 - w_i / W)^2 / (n_i - 1)
///           F = [sum w_i (mean_i - m)^2 / (k - 1)] / [1 + 2 (k - 2) L / (k^2 - 1)],  df = k - 1, (k^2 - 1) / (3 L)
/// classic:  F = [sum n_i (mean_i - mean)^2 / (k - 1)] / [sum m2_i / (n - k)],  df = k - 1, n - k
/// ```
///
/// For two arms F is the square of [`compare_means`]' t. An arm without variance under Welch's weights, or no variance within any arm, gives the status
/// `NoVariance`; arms too small `TooFew`. `weights` is the planned split of the rows, of any scale, that the result is checked for.
///
/// # Errors
/// `Empty` for fewer than two arms, and as [`sample_ratio`](super::sample_ratio()) for weights.
///
/// ```
/// use crm_core::experiment::{AnovaMethod, MeanArm, analysis_of_variance};
/// let arms = [MeanArm::from_values(&[6.0, 8.0, 4.0, 5.0, 3.0, 4.0])?, MeanArm::from_values(&[8.0, 12.0, 9.0, 11.0, 6.0, 8.0])?,
///     MeanArm::from_values(&[13.0, 9.0, 11.0, 8.0, 7.0, 12.0])?];
/// let result = analysis_of_variance(&arms, None, AnovaMethod::Classic)?;
/// assert!((result.statistic - 42.0 / (68.0 / 15.0)).abs() < 1e-14);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Welch (1951), eq. 21 to 24.
pub fn analysis_of_variance(arms: &[MeanArm], weights: Option<&[f64]>, method: AnovaMethod) -> Result<Anova> {
    if arms.len() < 2 {
        return Err(
            Error::new(ErrorKind::Empty, format!("{} arms, at least 2 are needed", arms.len())).on("arms")
        );
    }
    arms.iter().try_for_each(|arm| arm.check("arms"))?;
    let rows: Vec<u64> = arms.iter().map(MeanArm::count).collect();
    let split = SeveralArms::new(&rows, weights, None)?.check()?;
    let k = arms.len() as f64;
    let all = arms.iter().try_fold(MeanArm::default(), |mut all, arm| all.merge(arm).map(|()| all))?;
    let within: f64 = arms.iter().map(MeanArm::m2).sum();
    let mut result = Anova {
        method,
        statistic: f64::NAN,
        degrees_between: k - 1.0,
        degrees_within: f64::NAN,
        p_value: f64::NAN,
        ln_p_value: f64::NAN,
        eta_squared: between(arms, &all) / (between(arms, &all) + within),
        status: TestStatus::Ok,
        split,
    };
    let least = match method {
        AnovaMethod::Welch => 2,
        AnovaMethod::Classic => 1,
    };
    let left = all.count() as f64 - k;
    if arms.iter().any(|arm| arm.count() < least) || left < 1.0 {
        return Ok(Anova { status: TestStatus::TooFew, ..result });
    }
    (result.statistic, result.degrees_within) = match method {
        AnovaMethod::Classic => (between(arms, &all) / (k - 1.0) / (within / left), left),
        AnovaMethod::Welch => welch(arms),
    };
    // 0 / 0, or a constant arm that weighs infinitely much.
    if within == 0.0 || !result.statistic.is_finite() {
        let (statistic, degrees_within) = (f64::NAN, f64::NAN);
        return Ok(Anova { status: TestStatus::NoVariance, statistic, degrees_within, ..result });
    }
    result.p_value = f_upper(result.statistic, result.degrees_between, result.degrees_within);
    result.ln_p_value = ln_f_upper(result.statistic, result.degrees_between, result.degrees_within);
    Ok(result)
}

/// The sum of squares between the arms.
fn between(arms: &[MeanArm], all: &MeanArm) -> f64 {
    let mean = all.exact_mean();
    arms.iter()
        .filter(|arm| arm.count() > 0)
        .map(|arm| arm.count() as f64 * arm.exact_mean().less(mean).powi(2))
        .sum()
}

/// F and the degrees of freedom below the line.
fn welch(arms: &[MeanArm]) -> (f64, f64) {
    let k = arms.len() as f64;
    let least = arms.iter().map(MeanArm::standard_error).fold(f64::INFINITY, f64::min);
    if least == 0.0 {
        return (f64::NAN, f64::NAN);
    }
    // Weights and means in units of the least standard error: nothing depends on the unit of the values.
    let weights: Vec<f64> = arms.iter().map(|arm| (least / arm.standard_error()).powi(2)).collect();
    let base = arms[0].exact_mean();
    let means: Vec<f64> = arms.iter().map(|arm| arm.exact_mean().less(base) / least).collect();
    let sum: f64 = weights.iter().sum();
    let mean = weights.iter().zip(&means).map(|(weight, mean)| weight * mean).sum::<f64>() / sum;
    let spread: f64 = weights.iter().zip(&means).map(|(weight, own)| weight * (own - mean).powi(2)).sum();
    let lambda: f64 = weights
        .iter()
        .zip(arms)
        .map(|(weight, arm)| (1.0 - weight / sum).powi(2) / (arm.count() - 1) as f64)
        .sum();
    let square = k * k - 1.0;
    (spread / (k - 1.0) / (1.0 + 2.0 * (k - 2.0) / square * lambda), square / (3.0 * lambda))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::MeanMethod;

    const HOLM: MultiplicityMethod = MultiplicityMethod::Holm;

    fn arm(count: u64, mean: f64, variance: f64) -> MeanArm {
        MeanArm::from_moments(count, mean, variance).unwrap()
    }

    #[test]
    fn for_two_arms_it_is_the_square_of_t() {
        let arms = [arm(30, 5.0, 2.0), arm(50, 4.0, 9.0)];
        for (method, test) in
            [(AnovaMethod::Welch, MeanMethod::Welch), (AnovaMethod::Classic, MeanMethod::Student)]
        {
            let f = analysis_of_variance(&arms, None, method).unwrap();
            let t = compare_several_means(&arms, 1, None, test, HOLM, &TestOptions::default())
                .unwrap()
                .comparisons[0];
            assert!((f.statistic / t.statistic.powi(2) - 1.0).abs() < 1e-13);
            assert!((f.degrees_within / t.degrees_of_freedom - 1.0).abs() < 1e-13);
            assert!((f.p_value / t.p_value - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn units_change_nothing() {
        let arms = |unit: f64| {
            [(20, 5.0, 2.0), (30, 4.0, 9.0), (25, 6.0, 1.0)]
                .map(|(count, mean, variance)| arm(count, mean * unit, variance * unit * unit))
        };
        let plain = analysis_of_variance(&arms(1.0), None, AnovaMethod::Welch).unwrap();
        for exponent in [-300, 300] {
            let scaled = analysis_of_variance(&arms(2f64.powi(exponent)), None, AnovaMethod::Welch).unwrap();
            assert_eq!((plain.statistic, plain.p_value), (scaled.statistic, scaled.p_value));
        }
    }

    #[test]
    fn arms_that_cannot_tell() {
        let status = |arms: &[MeanArm], method| analysis_of_variance(arms, None, method).unwrap().status;
        let (constant, single) = (arm(9, 1.0, 0.0), arm(1, 1.0, 0.0));
        assert_eq!(status(&[constant, constant], AnovaMethod::Classic), TestStatus::NoVariance);
        assert_eq!(status(&[constant, arm(9, 1.0, 1.0)], AnovaMethod::Welch), TestStatus::NoVariance);
        assert_eq!(status(&[single, arm(9, 1.0, 1.0)], AnovaMethod::Welch), TestStatus::TooFew);
        assert!(analysis_of_variance(&[constant], None, AnovaMethod::Classic).is_err());
        assert!(
            compare_several_means(&[constant], 1, None, MeanMethod::Welch, HOLM, &TestOptions::default())
                .is_err()
        );
    }
}
