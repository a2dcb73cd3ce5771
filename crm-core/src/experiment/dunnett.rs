//! Several targets against one control: Dunnett's test.
//!
//! Dunnett (1955), "A multiple comparison procedure for comparing several treatments with a control", Journal of the American Statistical
//! Association 50; for unequal sizes, Dunnett (1964), "New tables for multiple comparisons with a control", Biometrics 20.

use super::dunnett_tail::ManyToOne;
use super::interval::Interval;
use super::mean_arm::MeanArm;
use super::sample_ratio::SampleRatio;
use super::split_check::{SeveralArms, SplitCheck};
use super::t_statistic::symmetric_interval;
use super::test_options::{Alternative, Contrast, TestOptions};
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, ErrorKind, Result};

/// What Dunnett's test says.
#[derive(Clone, Debug, PartialEq)]
pub struct Dunnett {
    /// Each target against the control, in the order given: p-values are adjusted, intervals hold together with confidence 1 - alpha.
    pub results: Vec<TestResult>,
    /// The statistic beyond which a null is rejected, in the direction of the alternative, or of its absolute value; NaN where the data could not
    /// answer.
    pub critical_value: f64,
    /// Degrees of freedom of the common variance.
    pub degrees_of_freedom: f64,
    /// The standard deviation within the arms.
    pub standard_deviation: f64,
    /// Whether the rows were split as planned, the targets before the control: look at this first.
    pub sample_ratio: SampleRatio,
}

/// Tests several targets against one control, with one level for all of them.
///
/// ```text
/// t(i) = (mean(i) - mean(0) - null) / (s sqrt(1/n(i) + 1/n(0))),  s^2 = sum of m2 / df,  df = sum of (n - 1)
/// p(i) = P(the largest of |T| is at least |t(i)|),  corr(T(i), T(j)) = lambda(i) lambda(j),  lambda(i)^2 = n(i) / (n(i) + n(0))
/// ```
///
/// One variance is taken for all arms. One-sided alternatives take the largest or the smallest T. The intervals are
/// `mean(i) - mean(0) -+ c s sqrt(1/n(i) + 1/n(0))` with c for which p is alpha, so each excludes the null if and only if its p is below alpha.
/// It gains the more over Bonferroni's the larger the targets are beside the control. Too few values and no variance give a status.
/// `weights` is the planned split, of any scale: of each target, then of the control; without it the finding of the split is `Unplanned`.
///
/// # Errors
/// `Empty` for no targets, `LengthMismatch` for another number of weights than arms, `InvalidArgument` for options out of range, for a planned share
/// among them and for contrasts other than the difference; as [`sample_ratio`](super::sample_ratio()) for weights.
///
/// ```
/// use crm_core::experiment::{MeanArm, TestOptions, dunnett_test};
/// // Blood counts, in millions per cubic millimetre: Dunnett (1955), table 1.
/// let control = MeanArm::from_values(&[7.40, 8.50, 7.20, 8.24, 9.84, 8.32])?;
/// let a = MeanArm::from_values(&[9.76, 8.80, 7.68, 9.36])?;
/// let b = MeanArm::from_values(&[12.80, 9.68, 12.16, 9.20, 10.55])?;
/// let test = dunnett_test(&[a, b], &control, None, &TestOptions::default())?;
/// assert!((test.results[0].p_value - 0.620_1).abs() < 1e-4 && (test.results[1].p_value - 0.005_8).abs() < 1e-4);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Dunnett (1955), eq. 3; Dunnett (1964).
pub fn dunnett_test(
    targets: &[MeanArm],
    control: &MeanArm,
    weights: Option<&[f64]>,
    options: &TestOptions,
) -> Result<Dunnett> {
    options.check()?;
    if options.contrast != Contrast::Difference {
        return Err(Error::argument("contrast", options.contrast.name(), "difference"));
    }
    if targets.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "no targets to compare").on("targets"));
    }
    let arms = || targets.iter().chain([control]);
    let rows: Vec<u64> = arms().map(MeanArm::count).collect();
    let split = SeveralArms::new(&rows, weights, Some(options))?;
    let sample_ratio = split.sample_ratio()?;
    let splits =
        (0..targets.len()).map(|place| split.pair(place, targets.len())).collect::<Result<Vec<_>>>()?;
    let df: f64 = arms().map(|arm| (arm.count() as f64 - 1.0).max(0.0)).sum();
    // Roots first: squares of large values would overflow in their sum.
    let spread = arms().map(|arm| arm.m2().sqrt()).fold(0.0f64, f64::hypot) / df.sqrt();
    let status = if df < 1.0 || arms().any(|arm| arm.count() == 0) {
        TestStatus::TooFew
    } else if spread == 0.0 {
        TestStatus::NoVariance
    } else {
        TestStatus::Ok
    };
    if status != TestStatus::Ok {
        let results = targets.iter().zip(splits);
        let results =
            results.map(|(target, split)| unanswered(target, control, options, status, split)).collect();
        return Ok(Dunnett {
            results,
            critical_value: f64::NAN,
            degrees_of_freedom: df,
            standard_deviation: spread,
            sample_ratio,
        });
    }
    let sizes: Vec<f64> = targets.iter().map(|arm| arm.count() as f64).collect();
    let joint = ManyToOne::new(&sizes, control.count() as f64, df);
    // In the direction that counts against the null; below 0 only for one-sided levels near 1.
    let critical = match options.alternative {
        Alternative::Less => -joint.critical_value(options.alpha, options.alternative),
        _ => joint.critical_value(options.alpha, options.alternative),
    };
    let results = targets
        .iter()
        .zip(splits)
        .map(|(target, split)| {
            let mut result = unanswered(target, control, options, TestStatus::Ok, split);
            let null = options.null_value();
            result.standard_error =
                spread * ((target.count() as f64).recip() + (control.count() as f64).recip()).sqrt();
            result.statistic = (result.difference - null) / result.standard_error;
            result.degrees_of_freedom = df;
            result.effect_size = result.difference / spread;
            let beyond = match options.alternative {
                Alternative::TwoSided => result.statistic.abs(),
                _ => result.statistic,
            };
            result.ln_p_value = joint.ln_any_beyond(beyond, options.alternative);
            result.p_value = result.ln_p_value.exp();
            result.interval =
                symmetric_interval(result.difference, result.standard_error, critical, options.alternative)
                    .agreeing(null, result.p_value < options.alpha);
            result
        })
        .collect();
    Ok(Dunnett {
        results,
        critical_value: critical,
        degrees_of_freedom: df,
        standard_deviation: spread,
        sample_ratio,
    })
}

fn unanswered(
    target: &MeanArm,
    control: &MeanArm,
    options: &TestOptions,
    status: TestStatus,
    split: SplitCheck,
) -> TestResult {
    let difference = target.mean() - control.mean();
    TestResult {
        method: "dunnett",
        contrast: options.contrast,
        alternative: options.alternative,
        alpha: options.alpha,
        null: options.null_value(),
        target: target.mean(),
        control: control.mean(),
        difference,
        lift: difference / control.mean().abs(),
        estimate: difference,
        standard_error: f64::NAN,
        interval: Interval::unbounded(),
        statistic: f64::NAN,
        degrees_of_freedom: f64::NAN,
        p_value: f64::NAN,
        ln_p_value: f64::NAN,
        effect_size: f64::NAN,
        status,
        split,
    }
}
