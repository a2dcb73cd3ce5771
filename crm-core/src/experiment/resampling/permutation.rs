//! The permutation test.
//!
//! Pitman (1937), "Significance tests which may be applied to samples from any populations", Supplement to the JRSS 4(1); Janssen (1997),
//! "Studentized permutation tests for non-i.i.d. hypotheses", Statistics & Probability Letters 36(1); Phipson and Smyth (2010), "Permutation
//! p-values should never be zero", SAGMB 9(1); for the inversion Garthwaite (1996), "Confidence intervals from randomization tests", Biometrics
//! 52(4), whose search is not needed here.

use super::inversion::{Inversion, Level};
use super::permutation_draws::{assignments, every, random};
use super::permutation_options::{PermutationOptions, PermutationStatistic};
use super::{Resampled, p_value_error};
use crate::error::{Error, ErrorKind, Result};
use crate::experiment::interval::IntervalKind;
use crate::experiment::sample::{check_contrast, sorted, unanswered};
use crate::experiment::split_check::SplitCheck;
use crate::experiment::test_options::{Alternative, TestOptions};
use crate::experiment::test_result::{TestResult, TestStatus};
use crate::math::quantile_type_7;

/// Statistics that differ by less than this share of the largest value count as equal, so that sums in another order tie.
const TIED: f64 = 1e-12;

/// Tests whether the arms differ, by all assignments of their values to arms of the same sizes, or by random ones.
///
/// Under the null, the target less the null (or divided by it, for a ratio) and the control are one sample, so each assignment of the pooled
/// values is as likely. p is the share of assignments, the data among them, whose statistic is at least as far out: in absolute value with two
/// sides. With m random assignments it is `(b + 1) / (m + 1)`.
///
/// The interval is coherent: it excludes the null exactly if the test rejects.
/// - Difference of means: the exact set of shifts that the same assignments do not reject. An assignment that exchanges k values is at least as
///   far out from the shift on that is the mean of the targets taken out less the mean of the controls put in; with two sides there is a second
///   such shift. The ends are order statistics of these.
/// - Studentised difference: `difference ± c se`, with c from the permutation distribution of the studentised statistic at the null. The test is
///   exact if the arms differ by the null shift alone, and valid in large samples whatever the variances.
/// - Difference of quantiles: `difference ± c`; ratio of means: `ratio / e^c` to `ratio e^c`, with c from the permutation distribution at the null.
///
/// The contrast follows from the statistic: leave it as `Difference`, or name `Ratio` for the ratio of means. Constant data have the status
/// `NoVariance`; an arm of one value has `TooFew` for the studentised difference; a mean of 0 has `ZeroBaseline` for the ratio. Then there is no
/// answer.
///
/// # Errors
/// `Empty`, `InvalidValue` and `OutOfRange` for a column that cannot be used, or holds a negative value where a ratio is asked for;
/// `InvalidArgument` for an option that makes no sense.
///
/// ```
/// use crm_core::experiment::{PermutationOptions, TestOptions, permutation_test};
/// let (target, control) = ([1.0, 4.0, 7.0, 9.0], [2.0, 3.0, 5.0]);
/// let found = permutation_test(&target, &control, &PermutationOptions::default(), &TestOptions::default())?;
/// assert!(found.exact && (found.test.p_value - 16.0 / 35.0).abs() < 1e-15);
/// # Ok::<(), crm_core::Error>(())
/// ```
pub fn permutation_test(
    target: &[f64],
    control: &[f64],
    permutation: &PermutationOptions,
    options: &TestOptions,
) -> Result<Resampled> {
    let asked = TestOptions { contrast: permutation.contrast(), ..*options };
    // The contrast of the options may be left at its default.
    if options.contrast != crate::experiment::Contrast::Difference {
        check_contrast(options, &[permutation.contrast()])?;
    }
    asked.check()?;
    permutation.check()?;
    let targets = sorted(target, "target", permutation.threads)?;
    let controls = sorted(control, "control", permutation.threads)?;
    if permutation.statistic == PermutationStatistic::RatioOfMeans {
        refuse_negative(target, "target")?;
        refuse_negative(control, "control")?;
    }
    let arms = Arms::new(&targets, &controls, permutation, asked.null_value());
    let split = SplitCheck::of_two(targets.len() as u64, controls.len() as u64, &asked)?;
    let mut test = arms.start(&asked, split);
    if test.status != TestStatus::Ok {
        return Ok(Resampled { test, resamples: 0, exact: false, p_value_error: f64::NAN, bias: f64::NAN });
    }
    let (all, part) = (arms.pooled.len(), targets.len().min(controls.len()));
    let exact = assignments(all, part, permutation.exact_up_to).is_some();
    let spans: Vec<(f64, f64)> = if exact {
        every(all, part, |places| arms.span(places, &test))
    } else {
        let of = |places: &[u32]| arms.span(places, &test);
        let drawn = random((all, part), permutation.resamples, permutation.seed, permutation.threads, of)?;
        // The data themselves count against every shift.
        drawn.into_iter().map(|span| span.unwrap_or((f64::NEG_INFINITY, f64::INFINITY))).collect()
    };
    let (lows, highs) = spans.into_iter().unzip();
    let inversion = Inversion::new(lows, highs, Level::Share, 1.0, asked.alternative);
    test.p_value = inversion.p_value(test.null);
    test.ln_p_value = test.p_value.ln();
    test.interval = inversion.interval(asked.alpha);
    if test.interval.kind == IntervalKind::Unbounded {
        test.status = TestStatus::Unbounded;
    }
    let resamples = inversion.lows.len() as u64;
    let error = if exact { 0.0 } else { p_value_error(test.p_value, 1.0, resamples) };
    Ok(Resampled { test, resamples, exact, p_value_error: error, bias: f64::NAN })
}

fn refuse_negative(values: &[f64], name: &str) -> Result<()> {
    let Some(row) = values.iter().position(|&value| value < 0.0) else {
        return Ok(());
    };
    let message = format!("{} is negative, and a ratio of means takes none", values[row]);
    Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row as u64))
}

/// Pooled values, those of the smaller arm first.
struct Arms<'a> {
    options: &'a PermutationOptions,
    alternative_values: [&'a [f64]; 2],
    /// The target as it is for the difference of means, else as the null moves it; less the middle of all, except for ratios and quantiles.
    pooled: Vec<f64>,
    /// The places of the pooled values in ascending order, for quantiles.
    order: Vec<u32>,
    /// How many values the smaller arm has.
    part: usize,
    target_is_part: bool,
    total: f64,
    total_squares: f64,
    part_sum: f64,
    largest: f64,
}

impl<'a> Arms<'a> {
    fn new(target: &'a [f64], control: &'a [f64], options: &'a PermutationOptions, null: f64) -> Self {
        use PermutationStatistic::{
            DifferenceOfMeans, DifferenceOfQuantiles, RatioOfMeans, StudentisedDifference,
        };
        let moved = |value: f64| match options.statistic {
            DifferenceOfMeans => value,
            StudentisedDifference | DifferenceOfQuantiles => value - null,
            RatioOfMeans => value / null,
        };
        let target_is_part = target.len() <= control.len();
        let targets = target.iter().map(|&value| moved(value));
        let mut pooled: Vec<f64> = if target_is_part {
            targets.chain(control.iter().copied()).collect()
        } else {
            control.iter().copied().chain(targets).collect()
        };
        let part = target.len().min(control.len());
        if matches!(options.statistic, DifferenceOfMeans | StudentisedDifference) {
            let middle = pooled.iter().sum::<f64>() / pooled.len() as f64;
            for value in &mut pooled {
                *value -= middle;
            }
        }
        let mut order: Vec<u32> = Vec::new();
        if options.statistic == DifferenceOfQuantiles {
            order = (0..pooled.len() as u32).collect();
            order.sort_by(|&a, &b| pooled[a as usize].total_cmp(&pooled[b as usize]));
        }
        Self {
            options,
            alternative_values: [target, control],
            part,
            target_is_part,
            total: pooled.iter().sum(),
            total_squares: pooled.iter().map(|value| value * value).sum(),
            part_sum: pooled[..part].iter().sum(),
            largest: pooled.iter().fold(0.0, |most, value| value.abs().max(most)),
            order,
            pooled,
        }
    }

    /// The result before any assignment: estimates, statistic and status.
    fn start(&self, options: &TestOptions, split: SplitCheck) -> TestResult {
        use PermutationStatistic::{
            DifferenceOfMeans, DifferenceOfQuantiles, RatioOfMeans, StudentisedDifference,
        };
        let (method, of_arm): (_, OfArm<'_>) = match self.options.statistic {
            DifferenceOfMeans => ("permutation_difference_of_means", &mean),
            StudentisedDifference => ("permutation_studentised_difference", &mean),
            RatioOfMeans => ("permutation_ratio_of_means", &mean),
            DifferenceOfQuantiles => ("permutation_difference_of_quantiles", &|sorted| {
                quantile_type_7(sorted, self.options.probability).unwrap_or(f64::NAN)
            }),
        };
        let [target, control] = self.alternative_values.map(of_arm);
        let mut test = unanswered(method, options, target, control, TestStatus::Ok, split);
        let [targets, controls] = self.alternative_values;
        let constant = |sorted: &[f64]| sorted[0] == sorted[sorted.len() - 1];
        let ratio = self.options.statistic == RatioOfMeans;
        test.estimate = if ratio { target / control } else { target - control };
        test.statistic = test.estimate;
        if ratio && !(target > 0.0 && control > 0.0) {
            test.status = TestStatus::ZeroBaseline;
        } else if constant(targets) && constant(controls) && targets[0] == controls[0] {
            test.status = TestStatus::NoVariance;
        } else if self.options.statistic == StudentisedDifference {
            if targets.len() < 2 || controls.len() < 2 {
                test.status = TestStatus::TooFew;
            } else if constant(targets) && constant(controls) {
                test.status = TestStatus::NoVariance;
            }
            test.standard_error = (mean_variance(targets) + mean_variance(controls)).sqrt();
            test.statistic = (test.estimate - test.null) / test.standard_error;
        }
        test
    }

    /// From which shift to which an assignment of the places to the smaller arm is at least as far out as the data; `None` for the data themselves.
    fn span(&self, places: &[u32], test: &TestResult) -> Option<(f64, f64)> {
        let kept = places.iter().filter(|&&place| (place as usize) < self.part).count();
        let exchanged = self.part - kept;
        if exchanged == 0 {
            return None;
        }
        if self.options.statistic == PermutationStatistic::DifferenceOfMeans {
            return Some(self.shift_span(places, exchanged, test));
        }
        let (from_null, unit) = match self.options.statistic {
            PermutationStatistic::StudentisedDifference => (self.studentised(places), test.standard_error),
            PermutationStatistic::DifferenceOfQuantiles => (self.quantiles(places), 1.0),
            _ => (self.ln_ratio(places), 1.0),
        };
        let ratio = self.options.statistic == PermutationStatistic::RatioOfMeans;
        let centre = if ratio { test.estimate.ln() } else { test.estimate };
        let scale = if ratio { 1.0 + centre.abs() } else { self.largest };
        // Undefined is as far out as anything.
        let reach = if from_null.is_nan() { f64::INFINITY } else { from_null * unit };
        let (low, high) = match test.alternative {
            Alternative::TwoSided => (centre - reach.abs(), centre + reach.abs()),
            Alternative::Greater | Alternative::Less => (centre - reach, centre - reach),
        };
        let (low, high) = widened(low, high, scale);
        Some(if ratio { (low.exp(), high.exp()) } else { (low, high) })
    }

    /// Of the difference of means, for which the set of shifts is known in closed form.
    fn shift_span(&self, places: &[u32], exchanged: usize, test: &TestResult) -> (f64, f64) {
        let (mut kept, mut put_in) = (0.0, 0.0);
        for &place in places {
            let value = self.pooled[place as usize];
            if (place as usize) < self.part { kept += value } else { put_in += value }
        }
        let count = exchanged as f64;
        let apart = (self.part_sum - kept - put_in) / count;
        let first = if self.target_is_part { apart } else { -apart };
        let (mut low, mut high) = (first, first);
        if test.alternative == Alternative::TwoSided {
            let [targets, controls] = self.alternative_values.map(<[f64]>::len);
            // The difference of means of the assignment less the shift has the opposite sign at the other end.
            let weight = count / targets as f64 + count / controls as f64;
            if exchanged == targets && exchanged == controls {
                return (f64::NEG_INFINITY, f64::INFINITY);
            }
            let second = (2.0 * test.estimate - weight * first) / (2.0 - weight);
            (low, high) = (first.min(second), first.max(second));
        }
        widened(low, high, self.largest)
    }

    /// Sum and sum of squares of the values at places.
    fn sums(&self, places: &[u32]) -> (f64, f64) {
        places
            .iter()
            .map(|&place| self.pooled[place as usize])
            .fold((0.0, 0.0), |(sum, squares), value| (sum + value, squares + value * value))
    }

    fn signed(&self, part_less_rest: f64) -> f64 {
        if self.target_is_part { part_less_rest } else { -part_less_rest }
    }

    fn studentised(&self, places: &[u32]) -> f64 {
        let (sum, squares) = self.sums(places);
        let of = |sum: f64, squares: f64, count: usize| {
            let n = count as f64;
            (sum / n, (squares - sum * sum / n).max(0.0) / (n - 1.0) / n)
        };
        let part = of(sum, squares, self.part);
        let rest = of(self.total - sum, self.total_squares - squares, self.pooled.len() - self.part);
        self.signed((part.0 - rest.0) / (part.1 + rest.1).sqrt())
    }

    fn ln_ratio(&self, places: &[u32]) -> f64 {
        let (sum, _) = self.sums(places);
        let rest = (self.total - sum).max(0.0) / (self.pooled.len() - self.part) as f64;
        self.signed((sum / self.part as f64 / rest).ln())
    }

    fn quantiles(&self, places: &[u32]) -> f64 {
        let mut inside = vec![false; self.pooled.len()];
        for &place in places {
            inside[place as usize] = true;
        }
        let of = |side: bool, count: usize| {
            let h = (count - 1) as f64 * self.options.probability;
            let mut values = self.order.iter().filter(|&&place| inside[place as usize] == side);
            let mut value = || values.next().map(|&place| self.pooled[place as usize]);
            let mut low = None;
            for _ in 0..=h.floor() as usize {
                low = value();
            }
            let low = low.unwrap_or(f64::NAN);
            low + (h - h.floor()) * (value().unwrap_or(low) - low)
        };
        self.signed(of(true, self.part) - of(false, self.pooled.len() - self.part))
    }
}

/// What is computed of an arm's sorted values.
type OfArm<'a> = &'a dyn Fn(&[f64]) -> f64;

fn widened(low: f64, high: f64, scale: f64) -> (f64, f64) {
    (low - TIED * scale, high + TIED * scale)
}

fn mean(sorted: &[f64]) -> f64 {
    let first = sorted.iter().sum::<f64>() / sorted.len() as f64;
    first + sorted.iter().map(|value| value - first).sum::<f64>() / sorted.len() as f64
}

fn mean_variance(sorted: &[f64]) -> f64 {
    let (mean, n) = (mean(sorted), sorted.len() as f64);
    sorted.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0) / n
}
