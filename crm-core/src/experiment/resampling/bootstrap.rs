//! The bootstrap of one sample and of two.
//!
//! Efron (1979), "Bootstrap methods: another look at the jackknife", Annals of Statistics 7(1); Efron (1987), "Better bootstrap confidence
//! intervals", Journal of the American Statistical Association 82(397); Davison and Hinkley (1997), "Bootstrap Methods and their Application",
//! chapter 5; for the Poisson bootstrap Chamandy, Muralidharan, Najmi and Naidu (2012), "Estimating uncertainty for massive data streams".

use rayon::prelude::*;

use super::bootstrap_arm::{Arm, Estimate};
use super::bootstrap_options::{BootstrapInterval, BootstrapOptions, BootstrapStatistic};
use super::deal::TOGETHER;
use super::inversion::{Inversion, Level};
use super::jackknife::acceleration;
use super::{Resampled, p_value_error};
use crate::error::Result;
use crate::experiment::interval::IntervalKind;
use crate::experiment::sample::{check_contrast, unanswered};
use crate::experiment::split_check::{SplitCheck, refuse_share};
use crate::experiment::test_options::{Alternative, Contrast, TestOptions};
use crate::experiment::test_result::{TestResult, TestStatus};
use crate::math::normal_quantile;

/// The rows of a sample: values, and for a ratio of sums their denominators.
#[derive(Clone, Copy, Debug)]
pub struct BootstrapColumn<'a> {
    /// A value for each row.
    pub values: &'a [f64],
    /// The second column of a ratio of sums, as long as the first; else none.
    pub denominators: Option<&'a [f64]>,
}

impl<'a> BootstrapColumn<'a> {
    /// Values alone.
    pub fn new(values: &'a [f64]) -> Self {
        Self { values, denominators: None }
    }

    /// Values and their denominators, such as revenue and orders of each customer.
    pub fn ratio(values: &'a [f64], denominators: &'a [f64]) -> Self {
        Self { values, denominators: Some(denominators) }
    }
}

/// Compares two independent samples by the bootstrap: difference, lift or ratio of means, of ratios of sums, or of quantiles.
///
/// Each resample draws from either arm as many rows as it has, with replacement, and computes the contrast (see
/// [`Resampling`](super::Resampling) for the Poisson bootstrap). With m resamples, b of which lie at or below a value, the one-sided p-value of
/// that value is `(b + 1) / (m + 1)`, corrected for `Bca`, and twice the smaller one with two sides. The interval ends at the order statistics
/// where p crosses alpha, so a null is rejected exactly if the interval excludes it. The smallest p is `2 / (m + 1)`: for a smaller alpha the
/// interval is the whole line.
///
/// Memory is that of the sorted rows and of one number a resample. If no arm varies the status is `NoVariance`, if the control's value is 0 a
/// lift or ratio has `ZeroBaseline`: neither has an answer. Resamples whose control is 0 over 0 count against every null; if they reach into the
/// interval, its end is infinite and the status `Unbounded`. A studentised interval of an arm with one row has `TooFew`.
///
/// # Errors
/// `Empty`, `InvalidValue`, `OutOfRange` and `LengthMismatch` for columns that cannot be used; `InvalidArgument` for an option that makes no sense.
///
/// ```
/// use crm_core::experiment::{BootstrapColumn, BootstrapOptions, TestOptions, bootstrap};
/// let target: Vec<f64> = (0..200).map(|row| f64::from(row % 17)).collect();
/// let control: Vec<f64> = (0..100).map(|row| f64::from(row % 11)).collect();
/// let columns = (BootstrapColumn::new(&target), BootstrapColumn::new(&control));
/// let found = bootstrap(&columns.0, &columns.1, &BootstrapOptions::default(), &TestOptions::default())?;
/// assert!(found.test.rejects() && found.test.p_value < 0.01);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Davison and Hinkley (1997), sections 5.2 and 5.3.
pub fn bootstrap(
    target: &BootstrapColumn<'_>,
    control: &BootstrapColumn<'_>,
    bootstrap: &BootstrapOptions,
    options: &TestOptions,
) -> Result<Resampled> {
    check_contrast(options, &[Contrast::Difference, Contrast::Lift, Contrast::Ratio])?;
    bootstrap.check()?;
    let arms = vec![Arm::new(target, "target", bootstrap)?, Arm::new(control, "control", bootstrap)?];
    let split = SplitCheck::of_two(target.values.len() as u64, control.values.len() as u64, options)?;
    resampled(&arms, bootstrap, options, split)
}

/// The bootstrap of one sample: an interval of its mean, ratio of sums or quantile, and the test of a value of it.
///
/// As [`bootstrap`], with the sample's estimate in place of a contrast: `target` and `estimate` are the estimate, `control` is NaN, and the null
/// is a value of the statistic itself, by default 0.
///
/// # Errors
/// As [`bootstrap`]; `InvalidArgument` for a contrast other than the difference, and for a planned share of the one arm.
///
/// ```
/// use crm_core::experiment::{BootstrapColumn, BootstrapOptions, TestOptions, bootstrap_one};
/// let orders = [1.0, 0.0, 2.0, 5.0, 1.0, 0.0, 0.0, 3.0, 1.0, 2.0];
/// let column = BootstrapColumn::new(&orders);
/// let found = bootstrap_one(&column, &BootstrapOptions::default(), &TestOptions::default())?;
/// assert!(found.test.estimate == 1.5 && found.test.interval.contains(1.5));
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn bootstrap_one(
    sample: &BootstrapColumn<'_>,
    bootstrap: &BootstrapOptions,
    options: &TestOptions,
) -> Result<Resampled> {
    check_contrast(options, &[Contrast::Difference])?;
    refuse_share(options)?;
    bootstrap.check()?;
    resampled(&[Arm::new(sample, "sample", bootstrap)?], bootstrap, options, SplitCheck::UNPLANNED)
}

/// The contrast of the arms' estimates, or the one estimate.
fn contrast(estimates: &[Estimate], contrast: Contrast) -> Estimate {
    let [target, control] = estimates else {
        return estimates[0];
    };
    let (t, c) = (target.value, control.value);
    let ratio = t / c;
    // The delta method; exact for the difference.
    let relative = (target.variance + ratio * ratio * control.variance) / (c * c);
    match contrast {
        Contrast::Difference => Estimate { value: t - c, variance: target.variance + control.variance },
        Contrast::Lift => Estimate { value: (t - c) / c.abs(), variance: relative },
        Contrast::Ratio | Contrast::OddsRatio => Estimate { value: ratio, variance: relative },
    }
}

fn resampled(
    arms: &[Arm],
    bootstrap: &BootstrapOptions,
    options: &TestOptions,
    split: SplitCheck,
) -> Result<Resampled> {
    let estimates: Vec<Estimate> = arms.iter().map(Arm::estimate).collect();
    let control = estimates.get(1).map_or(f64::NAN, |estimate| estimate.value);
    let found = contrast(&estimates, options.contrast);
    let studentised = bootstrap.interval == BootstrapInterval::Studentised;
    let mut test = unanswered(name(bootstrap), options, estimates[0].value, control, TestStatus::Ok, split);
    let result = |status, test: &mut TestResult| {
        test.status = status;
        Resampled { test: *test, resamples: 0, exact: false, p_value_error: f64::NAN, bias: f64::NAN }
    };
    if !found.value.is_finite() {
        return Ok(result(TestStatus::ZeroBaseline, &mut test));
    }
    test.estimate = found.value;
    if arms.iter().all(|arm| arm.constant) {
        return Ok(result(TestStatus::NoVariance, &mut test));
    }
    if studentised && !found.variance.is_finite() {
        return Ok(result(TestStatus::TooFew, &mut test));
    }
    let drawn = draw(arms, bootstrap, options.contrast)?;
    let values: Vec<f64> = drawn.iter().map(|estimate| estimate.value).collect();
    let defined: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let mean = defined.iter().map(|value| value - found.value).sum::<f64>() / defined.len() as f64;
    let squares: f64 = defined.iter().map(|value| (value - found.value - mean).powi(2)).sum();
    test.standard_error = (squares / (defined.len() as f64 - 1.0)).sqrt();
    let level = if bootstrap.interval == BootstrapInterval::Bca {
        let without = without_a_row(arms, &estimates, options.contrast);
        Level::Accelerated { bias: bias(&values, found.value), acceleration: acceleration(&without) }
    } else {
        Level::Share
    };
    let replicates: Vec<f64> = match bootstrap.interval {
        BootstrapInterval::Bca | BootstrapInterval::Percentile => values,
        BootstrapInterval::Basic => values.iter().map(|value| 2.0 * found.value - value).collect(),
        BootstrapInterval::Studentised => {
            // Free of the unit: the ratio of the two standard errors first.
            let scaled =
                |drawn: &Estimate| (drawn.value - found.value) * (found.variance / drawn.variance).sqrt();
            drawn.iter().map(|drawn| found.value - scaled(drawn)).collect()
        }
    };
    let inversion = Inversion::new(replicates.clone(), replicates, level, 2.0, options.alternative);
    test.p_value = inversion.p_value(test.null);
    test.ln_p_value = test.p_value.ln();
    test.interval = inversion.interval(options.alpha);
    let endless = test.interval.kind == IntervalKind::Unbounded
        || test.interval.lower == f64::NEG_INFINITY && options.alternative != Alternative::Less
        || test.interval.upper == f64::INFINITY && options.alternative != Alternative::Greater;
    test.status = if endless { TestStatus::Unbounded } else { TestStatus::Ok };
    let resamples = u64::from(bootstrap.resamples);
    let error = p_value_error(test.p_value, inversion.sides, resamples);
    Ok(Resampled { test, resamples, exact: false, p_value_error: error, bias: mean })
}

/// The contrasts of all resamples, in their order.
fn draw(arms: &[Arm], bootstrap: &BootstrapOptions, of: Contrast) -> Result<Vec<Estimate>> {
    let resamples = bootstrap.resamples as usize;
    let batches = resamples.div_ceil(TOGETHER);
    let batch = |batch: usize| {
        let first = batch * TOGETHER;
        let count = TOGETHER.min(resamples - first);
        let drawn: Vec<Vec<Estimate>> =
            (0..).zip(arms).map(|(place, arm)| arm.resample(bootstrap, place, first as u64, count)).collect();
        (0..count)
            .map(|place| contrast(&drawn.iter().map(|arm| arm[place]).collect::<Vec<_>>(), of))
            .collect::<Vec<_>>()
    };
    bootstrap.threads.run(|| (0..batches).into_par_iter().flat_map_iter(batch).collect())
}

/// z0 of Efron (1987): how far the estimate lies from the median of its resamples; half of those equal to it count as below.
fn bias(values: &[f64], estimate: f64) -> f64 {
    let below = values.iter().filter(|&&value| value < estimate).count();
    let equal = values.iter().filter(|&&value| value == estimate).count();
    let all = values.len() as f64;
    // The share of all and of none would be infinitely far.
    let share = ((below as f64 + 0.5 * equal as f64) / all).clamp(1.0 / (all + 1.0), all / (all + 1.0));
    normal_quantile(share)
}

/// The contrast without each row of each arm.
fn without_a_row(arms: &[Arm], estimates: &[Estimate], of: Contrast) -> Vec<Vec<(f64, u64)>> {
    let without = |place: usize, arm: &Arm| {
        let mut estimates = estimates.to_vec();
        let rows = arm.without_a_row().into_iter();
        rows.map(|(value, times)| {
            estimates[place] = Estimate { value, variance: f64::NAN };
            (contrast(&estimates, of).value, times)
        })
        .collect()
    };
    arms.iter().enumerate().map(|(place, arm)| without(place, arm)).collect()
}

fn name(options: &BootstrapOptions) -> &'static str {
    use BootstrapInterval::{Basic, Bca, Percentile, Studentised};
    match (options.statistic, options.interval) {
        (BootstrapStatistic::Mean, Bca) => "bootstrap_mean_bca",
        (BootstrapStatistic::Mean, Percentile) => "bootstrap_mean_percentile",
        (BootstrapStatistic::Mean, Basic) => "bootstrap_mean_basic",
        (BootstrapStatistic::Mean, Studentised) => "bootstrap_mean_studentised",
        (BootstrapStatistic::RatioOfSums, Bca) => "bootstrap_ratio_bca",
        (BootstrapStatistic::RatioOfSums, Percentile) => "bootstrap_ratio_percentile",
        (BootstrapStatistic::RatioOfSums, Basic) => "bootstrap_ratio_basic",
        (BootstrapStatistic::RatioOfSums, Studentised) => "bootstrap_ratio_studentised",
        (BootstrapStatistic::Quantile, Percentile) => "bootstrap_quantile_percentile",
        (BootstrapStatistic::Quantile, Basic) => "bootstrap_quantile_basic",
        (BootstrapStatistic::Quantile, Bca | Studentised) => "bootstrap_quantile_bca",
    }
}
