//! Thousands of pairs of rates at once, and several arms against one control.

use rayon::prelude::*;
use serde::Serialize;

use super::binary_arm::BinaryArm;
use super::multiplicity::{AdjustedFamily, MultiplicityMethod};
use super::proportion::{Comparison, ProportionMethod, compare_proportions};
use super::sample_ratio::SampleRatio;
use super::split_check::{SeveralArms, SplitCheck};
use super::test_columns::{TestColumns, TestRows};
use super::test_options::TestOptions;
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{chi_square_upper, ln_chi_square_upper};
use crate::parallel::Threads;

/// Counts of many pairs of arms: four columns, one row a test.
#[derive(Clone, Copy, Debug)]
pub struct ProportionColumns<'a> {
    /// Conversions of the targets.
    pub target_conversions: &'a [u64],
    /// Trials of the targets.
    pub target_trials: &'a [u64],
    /// Conversions of the controls.
    pub control_conversions: &'a [u64],
    /// Trials of the controls.
    pub control_trials: &'a [u64],
}

/// Tests that a thread takes at once: enough that handing them out costs nothing beside them, and columns that stay in the cache.
const AT_ONCE: usize = 1024;

impl ProportionColumns<'_> {
    pub(super) fn check_lengths(&self) -> Result<()> {
        let rows = self.target_conversions.len();
        for (name, column) in [
            ("target_trials", self.target_trials),
            ("control_conversions", self.control_conversions),
            ("control_trials", self.control_trials),
        ] {
            if column.len() != rows {
                let message = format!("{} rows, but target_conversions has {rows}", column.len());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
            }
        }
        Ok(())
    }

    fn compare_row(&self, row: usize, comparison: &Comparison) -> Result<TestResult> {
        let arm = |side: &str, conversions: u64, trials: u64| {
            BinaryArm::new(conversions, trials).map_err(|error| {
                let field = error.argument_name().unwrap_or_default().to_owned();
                error.on(format!("{side}_{field}")).at_row(row as u64)
            })
        };
        let target = arm("target", self.target_conversions[row], self.target_trials[row])?;
        let control = arm("control", self.control_conversions[row], self.control_trials[row])?;
        comparison.of(&target, &control).map_err(|error| match error.kind() {
            ErrorKind::OutOfRange => error.at_row(row as u64),
            _ => error,
        })
    }

    /// Compares the rates of every row, as [`compare_proportions`]; the result does not depend on the number of threads.
    ///
    /// # Errors
    /// `LengthMismatch` for columns that differ in length, and as [`compare_proportions`], naming the row for counts that make no sense.
    ///
    /// ```
    /// use crm_core::Threads;
    /// use crm_core::experiment::{ProportionColumns, ProportionMethod, TestOptions};
    /// let counts = ProportionColumns {
    ///     target_conversions: &[56, 5],
    ///     target_trials: &[70, 56],
    ///     control_conversions: &[48, 0],
    ///     control_trials: &[80, 29],
    /// };
    /// let results = counts.compare(ProportionMethod::Newcombe, &TestOptions::default(), Threads::Available)?;
    /// assert!((results.lower[0] - 0.0524).abs() < 5e-5 && (results.lower[1] + 0.0381).abs() < 5e-5);
    /// assert_eq!(results.rejects, [true, false]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn compare(
        &self,
        method: ProportionMethod,
        options: &TestOptions,
        threads: Threads,
    ) -> Result<TestColumns> {
        self.check_lengths()?;
        let comparison = Comparison::new(method, options)?;
        let rows = self.target_conversions.len();
        let part = |(place, mut part): (usize, TestRows<'_>)| {
            (0..part.len()).try_for_each(|row| {
                part.set(row, &self.compare_row(place * AT_ONCE + row, &comparison)?);
                Ok(())
            })
        };
        let mut results = TestColumns::blank(rows, options.target_share.is_some());
        let parts = results.parts(AT_ONCE);
        let done: Vec<Result<()>> = threads.run(|| parts.into_par_iter().enumerate().map(part).collect())?;
        // The first error by row, whichever thread met one first.
        done.into_iter().collect::<Result<()>>()?;
        Ok(results)
    }
}

/// Several arms of one experiment against its control.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeveralProportions {
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
    /// Whether all arms have one rate.
    pub homogeneity: Homogeneity,
    /// Whether the trials were split as planned: look at this first.
    pub sample_ratio: SampleRatio,
}

/// A chi-square test that several arms have one rate (Pearson), or several strata one effect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Homogeneity {
    /// Chi-square.
    pub statistic: f64,
    /// Arms, or strata that say something, less 1.
    pub degrees_of_freedom: f64,
    /// The p-value.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// Whether the data could answer.
    pub status: TestStatus,
    /// Whether the trials were split as planned: look at this first.
    pub split: SplitCheck,
}

/// Compares each arm with the one at `control`, tests whether all have one rate, and checks the split of their trials.
///
/// `weights` is the planned split of all arms, of any scale; each comparison has the check of its two arms. Without it the finding is
/// `Unplanned`. The p-values of the comparisons are those of single tests, as their intervals are; beside them stand the p-values
/// adjusted by `multiplicity`, such as Holm's.
///
/// # Errors
/// `Empty` for fewer than two arms, `LengthMismatch` for another number of weights, `InvalidArgument` for a control that is none of them and for
/// a planned share among the options, and as [`compare_proportions`] and [`sample_ratio`](super::sample_ratio()).
///
/// ```
/// use crm_core::experiment::{BinaryArm, MultiplicityMethod, ProportionMethod, TestOptions, compare_several_proportions};
/// // Hillstrom: visits after a mail with men's, with women's merchandise, and without one.
/// let arms = [BinaryArm::new(3894, 21_307)?, BinaryArm::new(3238, 21_387)?, BinaryArm::new(2262, 21_306)?];
/// let (method, holm) = (ProportionMethod::Score, MultiplicityMethod::Holm);
/// let all = compare_several_proportions(&arms, 2, Some(&[1.0, 1.0, 1.0]), method, holm, &TestOptions::default())?;
/// assert!(all.comparisons.iter().all(|result| result.rejects()) && !all.sample_ratio.is_flagged());
/// assert!(all.adjusted_p_values.iter().all(|p| *p < 1e-30));
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn compare_several_proportions(
    arms: &[BinaryArm],
    control: usize,
    weights: Option<&[f64]>,
    method: ProportionMethod,
    multiplicity: MultiplicityMethod,
    options: &TestOptions,
) -> Result<SeveralProportions> {
    let trials: Vec<u64> = arms.iter().map(BinaryArm::trials).collect();
    let split = SeveralArms::new(&trials, weights, Some(options))?;
    let homogeneity = homogeneity(arms, weights)?;
    let Some(baseline) = arms.get(control) else {
        return Err(Error::argument(
            "control",
            control,
            &format!("below {}, the number of arms", arms.len()),
        ));
    };
    let others = arms.iter().enumerate().filter(|(place, _)| *place != control);
    let comparisons = others.map(|(place, arm)| {
        let result = compare_proportions(arm, baseline, method, options)?;
        Ok(TestResult { split: split.pair(place, control)?, ..result })
    });
    let comparisons = comparisons.collect::<Result<Vec<TestResult>>>()?;
    let adjusted = AdjustedFamily::of(&comparisons, multiplicity)?;
    Ok(SeveralProportions {
        comparisons,
        multiplicity,
        adjusted_p_values: adjusted.p_values,
        ln_adjusted_p_values: adjusted.ln_p_values,
        homogeneity,
        sample_ratio: split.sample_ratio()?,
    })
}

/// Tests whether several arms have one rate.
///
/// ```text
/// chi-square = sum over arms of (x_i - n_i p)^2 / (n_i p (1 - p)),  p = sum x_i / sum n_i,  df = arms - 1
/// ```
///
/// For two arms it is the square of the pooled z. `weights` is the planned split of the trials, of any scale, that the result is checked for.
///
/// # Errors
/// `Empty` for fewer than two arms, `OutOfRange` for more than 2^53 trials in all, and as [`sample_ratio`](super::sample_ratio()) for weights.
///
/// Source: Pearson (1900), Philosophical Magazine 50.
pub fn homogeneity(arms: &[BinaryArm], weights: Option<&[f64]>) -> Result<Homogeneity> {
    if arms.len() < 2 {
        let message = format!("{} arms, at least 2 are needed", arms.len());
        return Err(Error::new(ErrorKind::Empty, message).on("arms"));
    }
    let all = arms[1..].iter().try_fold(arms[0], |all, arm| all.merge(*arm))?;
    let trials: Vec<u64> = arms.iter().map(BinaryArm::trials).collect();
    let split = SeveralArms::new(&trials, weights, None)?.check()?;
    let degrees_of_freedom = (arms.len() - 1) as f64;
    let status = match (all.conversions(), all.failures()) {
        (0, _) => TestStatus::NoConversions,
        (_, 0) => TestStatus::AllConverted,
        _ => TestStatus::Ok,
    };
    if status != TestStatus::Ok {
        return Ok(Homogeneity {
            statistic: 0.0,
            degrees_of_freedom,
            p_value: 1.0,
            ln_p_value: 0.0,
            status,
            split,
        });
    }
    let part = |arm: &BinaryArm| {
        let product = |x: u64, n: u64| i128::from(x) * i128::from(n);
        // x_i - n_i p, from whole numbers.
        let excess = product(arm.conversions(), all.trials()) - product(all.conversions(), arm.trials());
        let excess = excess as f64 / all.trials() as f64;
        let variance = arm.trials() as f64 * all.rate() * (all.failures() as f64 / all.trials() as f64);
        excess * (excess / variance)
    };
    let statistic: f64 = arms.iter().map(part).sum();
    Ok(Homogeneity {
        statistic,
        degrees_of_freedom,
        p_value: chi_square_upper(statistic, degrees_of_freedom),
        ln_p_value: ln_chi_square_upper(statistic, degrees_of_freedom),
        status,
        split,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOLM: MultiplicityMethod = MultiplicityMethod::Holm;

    fn arm(conversions: u64, trials: u64) -> BinaryArm {
        BinaryArm::new(conversions, trials).unwrap()
    }

    #[test]
    fn two_arms_give_the_square_of_z() {
        let (target, control) = (arm(56, 70), arm(48, 80));
        let both = homogeneity(&[target, control], None).unwrap();
        // 7.0234..., by mpmath.
        assert!((both.statistic - 7.023_411_371_237_458).abs() < 1e-14 && both.degrees_of_freedom == 1.0);
        assert!((both.p_value - 0.008_045_081_368_196_585).abs() < 1e-16);
        assert_eq!(homogeneity(&[arm(0, 5), arm(0, 9)], None).unwrap().status, TestStatus::NoConversions);
        assert_eq!(homogeneity(&[arm(5, 5), arm(9, 9)], None).unwrap().p_value, 1.0);
        assert_eq!(homogeneity(&[target], None).unwrap_err().kind(), ErrorKind::Empty);
    }

    #[test]
    fn rows_are_named() {
        let columns = |conversions: [u64; 3]| {
            ProportionColumns {
                target_conversions: &[1, 2, 3],
                target_trials: &[4, 4, 4],
                control_conversions: &conversions.clone(),
                control_trials: &[4, 4, 4],
            }
            .compare(ProportionMethod::Score, &TestOptions::default(), Threads::Available)
        };
        assert_eq!(columns([1, 1, 1]).unwrap().len(), 3);
        let error = columns([1, 5, 6]).unwrap_err();
        assert_eq!((error.argument_name(), error.row()), (Some("control_conversions"), Some(1)));
    }

    #[test]
    fn every_arm_meets_the_control() {
        let arms = [arm(30, 100), arm(20, 100), arm(25, 130)];
        let options = TestOptions::default();
        let all =
            compare_several_proportions(&arms, 1, Some(&[1.0; 3]), ProportionMethod::Score, HOLM, &options)
                .unwrap();
        let one =
            compare_proportions(&arms[2], &arms[1], ProportionMethod::Score, &options.target_share(0.5));
        assert_eq!((all.comparisons.len(), all.comparisons[1]), (2, one.unwrap()));
        assert_eq!((all.homogeneity.degrees_of_freedom, all.sample_ratio.observed.len()), (2.0, 3));
        assert!(
            compare_several_proportions(&arms, 3, Some(&[1.0; 3]), ProportionMethod::Score, HOLM, &options)
                .is_err()
        );
    }
}
