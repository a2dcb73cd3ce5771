//! Comparison within strata.
//!
//! Cochran (1977), "Sampling techniques", 3rd edition, sections 5.3, 5.4 and 5A.9.

use super::comparison::{Estimate, Pair, unanswered};
use super::mean_arm::MeanArm;
use super::mean_method::{MeanMethod, MeanTest};
use super::moments::Mean;
use super::split_check::SplitCheck;
use super::test_options::TestOptions;
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, ErrorKind, Result};

/// Tests the mean of a target against that of a control within strata, such as countries or value tiers.
///
/// ```text
/// mean_i = sum over h of W_h mean_ih,  se_i^2 = sum over h of W_h^2 s_ih^2 / n_ih
/// df_i = (sum g)^2 / sum g^2 / (n_ih - 1),  g = W_h^2 s_ih^2 / n_ih
/// ```
///
/// `targets` and `controls` have an arm for each stratum, in the same order. `weights` are those of the strata, not negative and in any unit; without
/// them a stratum weighs as many rows as both arms have in it, which makes strata formed after the fact a post-stratification. Strata of
/// weight 0 are left out, also of the check of the split. A stratum too small for a variance in one arm gives the status `TooFew`: put it together
/// with another one. Rates are means of 0 and 1, by [`MeanArm::from_conversions`].
///
/// # Errors
/// `LengthMismatch` for columns of different lengths, `Empty` for none; `InvalidArgument` for weights that are negative, not finite or all 0, and
/// for options out of range.
///
/// ```
/// use crm_core::experiment::{MeanArm, MeanMethod, TestOptions, compare_stratified};
/// let targets = [MeanArm::from_moments(50, 3.0, 1.0)?, MeanArm::from_moments(150, 9.0, 1.0)?];
/// let controls = [MeanArm::from_moments(50, 2.0, 1.0)?, MeanArm::from_moments(50, 8.0, 1.0)?];
/// let result = compare_stratified(&targets, &controls, None, MeanMethod::Welch, &TestOptions::default())?;
/// // One more in each stratum, although the arms differ in what they are made of.
/// assert!((result.difference - 1.0).abs() < 1e-14);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Cochran (1977), eq. 5.6, 5.12 and 5.16.
pub fn compare_stratified(
    targets: &[MeanArm],
    controls: &[MeanArm],
    weights: Option<&[f64]>,
    test: impl Into<MeanTest>,
    options: &TestOptions,
) -> Result<TestResult> {
    let test = test.into().without_score("means within strata")?;
    options.check()?;
    let weights = stratum_weights(targets, controls, weights)?;
    for arm in targets.iter().chain(controls) {
        arm.check("stratum")?;
    }
    let strata: Vec<Stratum<'_>> = weights
        .iter()
        .zip(targets.iter().zip(controls))
        .filter(|(weight, _)| **weight > 0.0)
        .map(|(&weight, (target, control))| Stratum { weight, target, control })
        .collect();
    // `SplitCheck` refuses what together is beyond 2^53.
    let count = |arms: for<'a> fn(&Stratum<'a>) -> &'a MeanArm| {
        strata.iter().fold(0, |sum: u64, s| sum.saturating_add(arms(s).count()))
    };
    let split = SplitCheck::of_two(count(|s| s.target), count(|s| s.control), options)?;
    let value = |arms: fn(&Stratum<'_>) -> MeanArm| weighted_mean(strata.iter().map(|s| (s.weight, arms(s))));
    let (target, control) = (value(|s| *s.target), value(|s| *s.control));
    let least = if test.method == MeanMethod::Student { 1 } else { 2 };
    let degrees: f64 =
        strata.iter().map(|s| (s.target.count() as f64 - 1.0) + (s.control.count() as f64 - 1.0)).sum();
    let few = strata.iter().any(|s| s.target.count().min(s.control.count()) < least) || degrees <= 0.0;
    if few {
        return unanswered(test, options, f64::NAN, f64::NAN, TestStatus::TooFew, split);
    }
    let pooled =
        strata.iter().fold(0.0, |sum: f64, s| sum.hypot(s.target.m2().sqrt()).hypot(s.control.m2().sqrt()))
            / degrees.sqrt();
    let estimate = |value: Mean, arms: fn(&Stratum<'_>) -> MeanArm| {
        let parts: Vec<(f64, f64)> = strata
            .iter()
            .map(|stratum| {
                let arm = arms(stratum);
                let count = arm.count() as f64;
                let error = match test.method {
                    MeanMethod::Student => pooled / count.sqrt(),
                    _ => arm.standard_error(),
                };
                (stratum.weight * error, count - 1.0)
            })
            .collect();
        let standard_error = parts.iter().fold(0.0, |sum: f64, (error, _)| sum.hypot(*error));
        let df = if test.method == MeanMethod::Student { degrees } else { satterthwaite(&parts) };
        Estimate { value, standard_error, df }
    };
    let difference = target.less(control);
    let effect_size = if pooled > 0.0 { difference / pooled } else { f64::NAN };
    Pair::independent(estimate(target, |s| *s.target), estimate(control, |s| *s.control), effect_size)
        .test(test, options, split)
}

struct Stratum<'a> {
    weight: f64,
    target: &'a MeanArm,
    control: &'a MeanArm,
}

/// Weights that sum to 1.
fn stratum_weights(targets: &[MeanArm], controls: &[MeanArm], given: Option<&[f64]>) -> Result<Vec<f64>> {
    let lengths = [("controls", controls.len()), ("weights", given.map_or(targets.len(), <[f64]>::len))];
    for (name, length) in lengths {
        if length != targets.len() {
            let message = format!("{length} strata, but {} of the target", targets.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
        }
    }
    if targets.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "there are no strata").on("targets"));
    }
    let sizes: Vec<f64> =
        targets.iter().zip(controls).map(|(t, c)| t.count() as f64 + c.count() as f64).collect();
    let weights = given.map_or(sizes, <[f64]>::to_vec);
    for (row, &weight) in weights.iter().enumerate() {
        if !(weight.is_finite() && weight >= 0.0) {
            return Err(Error::argument("weights", weight, "finite and not negative").at_row(row as u64));
        }
    }
    // The largest first, so that sums of large weights do not overflow.
    let largest = weights.iter().copied().fold(0.0, f64::max);
    let sum: f64 = weights.iter().map(|weight| weight / largest).sum();
    if largest == 0.0 {
        return Err(Error::argument("weights", 0, "above 0 for a stratum at least"));
    }
    Ok(weights.iter().map(|weight| weight / largest / sum).collect())
}

/// A mean of means; weights sum to 1.
fn weighted_mean(arms: impl Iterator<Item = (f64, MeanArm)> + Clone) -> Mean {
    // Weighted deviations from one of the means do not round its size.
    let base = arms.clone().next().map_or(Mean::default(), |(_, arm)| arm.exact_mean());
    arms.fold(base, |mean, (weight, arm)| mean.plus(weight * arm.exact_mean().less(base)))
}

/// Degrees of freedom of a sum of squared standard errors (Satterthwaite 1946), from the errors and the degrees of each.
fn satterthwaite(parts: &[(f64, f64)]) -> f64 {
    let largest = parts.iter().fold(0.0, |largest: f64, (error, _)| largest.max(*error));
    if largest == 0.0 {
        return parts.iter().map(|(_, degrees)| degrees).sum();
    }
    let (mut sum, mut of_squares) = (0.0, 0.0);
    for (error, degrees) in parts {
        let share = (error / largest).powi(2);
        sum += share;
        of_squares += share * share / degrees;
    }
    sum * sum / of_squares
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::experiment::compare_means;

    fn arm(count: u64, mean: f64, variance: f64) -> MeanArm {
        MeanArm::from_moments(count, mean, variance).unwrap()
    }

    #[test]
    fn one_stratum_is_no_stratum() {
        let (target, control) = (arm(30, 5.0, 2.0), arm(50, 4.0, 3.0));
        let options = TestOptions::default();
        let score = compare_stratified(&[target], &[control], None, MeanMethod::Score, &options);
        assert_eq!(score.unwrap_err().argument_name(), Some("method"));
        for method in [MeanMethod::Welch, MeanMethod::Student, MeanMethod::Z] {
            let plain = compare_means(&target, &control, method, &options).unwrap();
            let stratified = compare_stratified(&[target], &[control], None, method, &options).unwrap();
            assert!((plain.p_value / stratified.p_value - 1.0).abs() < 1e-14);
            assert!((plain.interval.lower - stratified.interval.lower).abs() < 1e-14);
        }
    }

    #[test]
    fn strata_that_cannot_be_used() {
        let options = TestOptions::default();
        let strata = [arm(30, 5.0, 2.0), arm(1, 4.0, 3.0)];
        let test = |weights: Option<&[f64]>| {
            compare_stratified(&strata, &strata, weights, MeanMethod::Welch, &options)
        };
        assert_eq!(test(None).unwrap().status, TestStatus::TooFew);
        // A stratum without weight is not looked at.
        assert_eq!(test(Some(&[1.0, 0.0])).unwrap().status, TestStatus::Ok);
        assert!(
            test(Some(&[1.0, -1.0])).is_err()
                && test(Some(&[0.0, 0.0])).is_err()
                && test(Some(&[1.0])).is_err()
        );
        assert!(compare_stratified(&[], &[], None, MeanMethod::Welch, &options).is_err());
    }
}
