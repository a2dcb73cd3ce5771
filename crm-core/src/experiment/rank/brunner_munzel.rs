//! The test of Brunner and Munzel.
//!
//! Brunner and Munzel (2000), "The nonparametric Behrens-Fisher problem: asymptotic theory and a small-sample approximation", Biometrical
//! Journal 42(1).

use super::pairs::Pairs;
use crate::error::{Error, Result};
use crate::experiment::sample::{check_contrast, sorted_arms, unanswered};
use crate::experiment::split_check::SplitCheck;
use crate::experiment::test_options::{Alternative, Contrast, TestOptions};
use crate::experiment::test_result::{TestResult, TestStatus};
use crate::experiment::{Interval, sample};
use crate::math::{ln_student_t_upper, quantile_type_7, student_t_quantile, student_t_upper};
use crate::parallel::Threads;

/// Tests the probability that a target value is above a control value, whatever the shapes and variances of the two.
///
/// `theta = P(x > y) + P(x = y) / 2`, estimated by the mean of the placements `V[i]`, the share of control values below `x[i]` (ties one half);
/// `W[j]` likewise is the share of target values below `y[j]`. `t = (theta - null) / sqrt(var(V) / m + var(W) / n)` has a t distribution with
/// the degrees of freedom of Satterthwaite. The interval is `theta ± t se`, cut at 0 and 1 if it has two ends.
///
/// `target` and `control` are the columns, at least two values each; the contrast is the difference; the null is a probability inside (0, 1), by
/// default 1/2. In the result `estimate` and `effect_size` are theta, `target` and `control` the medians. If the placements do not vary, as when
/// the arms do not overlap or are constant, the status is `NoVariance` and there is no answer; the exact Mann-Whitney test has one.
///
/// # Errors
/// `Empty`, `InvalidValue` and `OutOfRange` for a column that cannot be used; `InvalidArgument` for an option that makes no sense.
///
/// ```
/// use crm_core::Threads;
/// use crm_core::experiment::{TestOptions, brunner_munzel};
/// let (target, control) = ([1.0, 4.0, 7.0, 9.0], [2.0, 3.0, 5.0]);
/// let found = brunner_munzel(&target, &control, &TestOptions::default(), Threads::Available)?;
/// assert!((found.estimate - 2.0 / 3.0).abs() < 1e-15 && !found.rejects());
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Brunner and Munzel (2000), eqs. 3.5 and 3.6.
pub fn brunner_munzel(
    target: &[f64],
    control: &[f64],
    options: &TestOptions,
    threads: Threads,
) -> Result<TestResult> {
    let options = options.null(options.null.unwrap_or(0.5));
    check_contrast(&options, &[Contrast::Difference])?;
    let null = options.null_value();
    if !(null > 0.0 && null < 1.0) {
        return Err(Error::argument("null", null, "a probability inside (0, 1)"));
    }
    let (target, control) = sorted_arms(target, control, threads)?;
    let pairs = Pairs::new(&target, &control);
    let theta = threads.run(|| pairs.twice_u(0.0))? as f64 / (2 * pairs.count()) as f64;
    let median = |sorted: &[f64]| quantile_type_7(sorted, 0.5).unwrap_or(f64::NAN);
    let split = SplitCheck::of_two(target.len() as u64, control.len() as u64, &options)?;
    let mut test =
        unanswered("brunner_munzel", &options, median(&target), median(&control), TestStatus::TooFew, split);
    (test.estimate, test.effect_size) = (theta, theta);
    if target.len() < 2 || control.len() < 2 {
        return Ok(test);
    }
    let (v, w) = (mean_variance(&target, &control), mean_variance(&control, &target));
    let variance = v + w;
    if variance == 0.0 {
        test.status = TestStatus::NoVariance;
        return Ok(test);
    }
    // Shares of the variance first, so that nothing underflows.
    let (share_v, share_w) = (v / variance, w / variance);
    let df = 1.0
        / (share_v * share_v / (target.len() - 1) as f64 + share_w * share_w / (control.len() - 1) as f64);
    let error = variance.sqrt();
    let t = (theta - null) / error;
    let at = if options.alternative == Alternative::TwoSided { 0.5 } else { 1.0 } * options.alpha;
    let reach = -student_t_quantile(at, df) * error;
    (test.interval, (test.p_value, test.ln_p_value)) = match options.alternative {
        Alternative::TwoSided => (
            Interval::bounded((theta - reach).max(0.0), (theta + reach).min(1.0)),
            (
                (2.0 * student_t_upper(t.abs(), df)).min(1.0),
                (ln_student_t_upper(t.abs(), df) + std::f64::consts::LN_2).min(0.0),
            ),
        ),
        Alternative::Greater => (
            sample::interval(theta - reach, f64::INFINITY),
            (student_t_upper(t, df), ln_student_t_upper(t, df)),
        ),
        Alternative::Less => (
            sample::interval(f64::NEG_INFINITY, theta + reach),
            (student_t_upper(-t, df), ln_student_t_upper(-t, df)),
        ),
    };
    test.interval = test.interval.agreeing(null, test.p_value <= test.alpha);
    (test.statistic, test.degrees_of_freedom, test.standard_error) = (t, df, error);
    test.status = TestStatus::Ok;
    Ok(test)
}

/// The variance of the mean of the placements of `values` among `others`; both ascend.
fn mean_variance(values: &[f64], others: &[f64]) -> f64 {
    let (mut less, mut at_most) = (0, 0);
    // Twice the numbers of others below, as integers: their sums are exact up to 2^128.
    let (mut sum, mut squares) = (0_u128, 0_u128);
    for &value in values {
        while less < others.len() && others[less] < value {
            less += 1;
        }
        at_most = at_most.max(less);
        while at_most < others.len() && others[at_most] <= value {
            at_most += 1;
        }
        let placement = (less + at_most) as u128;
        sum += placement;
        squares += placement * placement;
    }
    let count = values.len() as u128;
    // count * squares - sum^2 is exact up to 4e9 values.
    let spread = (count * squares - sum * sum) as f64;
    let (count, scale) = (count as f64, 2.0 * others.len() as f64);
    spread / (scale * scale) / count / (count - 1.0) / count
}
