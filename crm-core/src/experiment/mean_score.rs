//! The score test of means that are mostly 0, such as revenue for each contact.
//!
//! - `McCullagh` and Nelder (1989), "Generalized Linear Models", 2nd edition, chapter 9: quasi-likelihood with a variance proportional to the mean.
//! - Miettinen and Nurminen (1985), "Comparative analysis of two rates", Statistics in Medicine 4: the variance that the null implies.

use super::comparison::{Pair, power_of_two};
use super::interval::Interval;
use super::proportion::score::falling_root;
use super::t_statistic::critical_value;
use super::test_options::{Alternative, Contrast, TestOptions};
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, Result};

/// Two means with the variance that they have by one deviation of all rows, in units in which nothing overflows.
///
/// Where most rows are 0 and the others alike, the variance of a mean rises with the mean. A small control whose few buyers happen to be
/// missing then has a mean and a variance that are too low together, and a test by its own variance takes chance for success. The score
/// statistic takes the variance that the null implies: with the means `m` that are most likely under it and the pooled variance `s^2`,
///
/// ```text
/// T(d) = (mean_t - mean_c - d) / sqrt(s^2 / mean (m_t / n_t + m_c / n_c)),   m_t = m_c + d,  mean over both arms
/// T(r) = (mean_t - r mean_c) / sqrt(r s^2 (1 / n_t + 1 / n_c))               for the ratio r: m_t = r m_c
/// ```
///
/// At "no effect" that is Student's statistic.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeanScore {
    unit: f64,
    target: f64,
    control: f64,
    difference: f64,
    /// The variance of each mean by the pooled deviation.
    target_variance: f64,
    control_variance: f64,
}

impl MeanScore {
    /// `None` where the variance does not follow the means, so that Student's test is all there is: for a mean below 0, where neither is above, and for
    /// ratios of means that share an adjustment.
    pub(super) fn new(pair: &Pair, result: &TestResult) -> Option<Self> {
        let [target, control] = [&pair.target, &pair.control];
        let (t, c) = (target.value.high, control.value.high);
        let unit = power_of_two(t.max(c).max(target.standard_error).max(control.standard_error));
        let apart = result.contrast == Contrast::Difference || pair.common.sign == 0.0;
        (apart && t.min(c) >= 0.0 && t.max(c) > 0.0).then(|| Self {
            unit,
            target: t / unit,
            control: c / unit,
            difference: result.difference / unit,
            target_variance: (target.standard_error / unit).powi(2),
            control_variance: (control.standard_error / unit).powi(2),
        })
    }

    /// Statistic, standard error under the null, interval and status.
    pub(super) fn judge(&self, options: &TestOptions, result: &mut TestResult) -> Result<()> {
        let null = options.null_value();
        let critical = critical_value(options.alpha, result.degrees_of_freedom, options.alternative);
        let shift = f64::from(options.contrast == Contrast::Lift);
        if options.contrast == Contrast::Difference {
            let null = null / self.unit;
            result.standard_error = self.error_at(null) * self.unit;
            result.statistic = (self.difference - null) / self.error_at(null);
            // The upper end is the lower one of exchanged arms, to the last bit.
            let (lower, upper) =
                (|| self.difference_end(critical), || -self.exchanged().difference_end(critical));
            result.interval = ends(options.alternative, || lower() * self.unit, || upper() * self.unit);
            return Ok(());
        }
        if null <= -shift {
            return Err(Error::argument(
                "null",
                null,
                "above -1 for the lift of means that are not negative",
            ));
        }
        if self.control == 0.0 {
            (result.status, result.standard_error) = (TestStatus::ZeroBaseline, f64::NAN);
            return Ok(());
        }
        let ratio = null + shift;
        let error = (ratio * (self.target_variance + self.control_variance)).sqrt();
        result.estimate = self.target / self.control - shift;
        result.standard_error = error / self.control;
        let above = if shift == 1.0 {
            self.difference - null * self.control
        } else {
            self.target - ratio * self.control
        };
        result.statistic = above / error;
        let end = |critical: f64| self.ratio_end(critical) - shift;
        result.interval = ends(options.alternative, || end(critical), || end(-critical));
        Ok(())
    }

    fn exchanged(&self) -> Self {
        Self {
            target: self.control,
            control: self.target,
            difference: -self.difference,
            target_variance: self.control_variance,
            control_variance: self.target_variance,
            ..*self
        }
    }

    /// The standard error of the difference where it has a value.
    fn error_at(&self, difference: f64) -> f64 {
        // Weights in proportion to the customers.
        let (t, c) = (self.control_variance, self.target_variance);
        let mean = (t * self.target + c * self.control) / (t + c);
        // The mean of the arm with the smaller one, and what the other lies above.
        let gap = difference.abs();
        let above = if difference < 0.0 {
            (c, self.control, t, self.target)
        } else {
            (t, self.target, c, self.control)
        };
        let (larger_weight, larger, smaller_weight, smaller) = above;
        let slope = larger_weight * (larger - gap) + smaller_weight * (smaller - gap);
        let product = 4.0 * (t + c) * smaller_weight * smaller * gap;
        let root = slope.hypot(product.sqrt());
        let low = if slope >= 0.0 {
            0.5 * (slope + root) / (t + c)
        } else {
            2.0 * smaller_weight * smaller * gap / (root - slope)
        };
        let (of_target, of_control) = if difference < 0.0 { (low, low + gap) } else { (low + gap, low) };
        (self.target_variance * (of_target / mean) + self.control_variance * (of_control / mean)).sqrt()
    }

    /// The difference whose statistic is critical.
    fn difference_end(&self, critical: f64) -> f64 {
        let error = (self.target_variance + self.control_variance).sqrt();
        let at = |difference: f64| (self.difference - difference) / self.error_at(difference) - critical;
        falling_root(at, self.difference - critical * error, error, (-f64::MAX, f64::MAX))
    }

    /// The ratio whose statistic is critical: the square root of r solves `mean_c r + critical sqrt(v r) - mean_t = 0`.
    fn ratio_end(&self, critical: f64) -> f64 {
        let reach = critical * (self.target_variance + self.control_variance).sqrt();
        let root = reach.hypot(2.0 * (self.target * self.control).sqrt());
        let end = if reach > 0.0 {
            2.0 * self.target / (root + reach)
        } else {
            0.5 * (root - reach) / self.control
        };
        end * end
    }
}

/// The interval with those ends that the alternative leaves.
fn ends(alternative: Alternative, lower: impl FnOnce() -> f64, upper: impl FnOnce() -> f64) -> Interval {
    let lower = if alternative == Alternative::Less { f64::NEG_INFINITY } else { lower() };
    let upper = if alternative == Alternative::Greater { f64::INFINITY } else { upper() };
    Interval::bounded(lower, upper)
}

#[cfg(test)]
mod tests {
    use crate::experiment::{
        Alternative, BinaryArm, Contrast, MeanArm, MeanMethod, ProportionMethod, TestOptions, TestStatus,
        compare_means, compare_proportions,
    };

    fn arm(count: u64, mean: f64, variance: f64) -> MeanArm {
        MeanArm::from_moments(count, mean, variance).unwrap()
    }

    #[test]
    fn at_no_effect_it_is_students_test() {
        let (target, control) = (arm(9000, 0.61, 52.0), arm(1000, 0.43, 31.0));
        for contrast in [Contrast::Difference, Contrast::Lift, Contrast::Ratio] {
            let options = TestOptions::default();
            let student = compare_means(&target, &control, MeanMethod::Student, &options).unwrap();
            let score =
                compare_means(&target, &control, MeanMethod::Score, &options.contrast(contrast)).unwrap();
            assert!((score.statistic / student.statistic - 1.0).abs() < 1e-13, "{contrast:?}");
            assert!((score.p_value / student.p_value - 1.0).abs() < 1e-12);
            assert_eq!((score.method, score.degrees_of_freedom), ("score", 9998.0));
        }
    }

    /// Poisson counts: each arm's variance is near its mean, and the ends are those of the score interval by hand.
    #[test]
    fn the_ends_solve_the_equation() {
        let (target, control) = (arm(400, 0.30, 0.30), arm(100, 0.20, 0.20));
        let pooled = (399.0 * 0.3 + 99.0 * 0.2) / 498.0;
        let ratio = TestOptions::default().contrast(Contrast::Ratio);
        let found = compare_means(&target, &control, MeanMethod::Score, &ratio).unwrap();
        for end in [found.interval.lower, found.interval.upper] {
            let statistic = (0.3 - end * 0.2) / (end * pooled * (1.0 / 400.0 + 1.0 / 100.0)).sqrt();
            assert!((statistic.abs() - 1.964_738_895_963_5).abs() < 1e-6, "{statistic}");
        }
        let found = compare_means(&target, &control, MeanMethod::Score, &TestOptions::default()).unwrap();
        let overall = (400.0 * 0.3 + 100.0 * 0.2) / 500.0;
        for end in [found.interval.lower, found.interval.upper] {
            // The most likely means by bisection of the score equation.
            let (mut low, mut high) = ((-end).max(0.0) + 1e-12, 10.0);
            for _ in 0..200 {
                let middle = 0.5 * (low + high);
                let up = 400.0 * (0.3 / (middle + end) - 1.0) + 100.0 * (0.2 / middle - 1.0);
                if up > 0.0 { low = middle } else { high = middle }
            }
            let variance = pooled / overall * ((low + end) / 400.0 + low / 100.0);
            let statistic = (0.1 - end) / variance.sqrt();
            assert!((statistic.abs() - 1.964_738_895_963_5).abs() < 1e-6, "{end} {statistic}");
        }
    }

    /// Conversions are means of 0 and 1: for low rates the score test of rates says the same.
    #[test]
    fn low_rates_are_judged_as_by_the_score_test_of_rates() {
        let (target, control) = (BinaryArm::new(130, 900_000).unwrap(), BinaryArm::new(9, 100_000).unwrap());
        let mean = |arm: &BinaryArm| MeanArm::from_conversions(arm.conversions(), arm.trials()).unwrap();
        let means = (mean(&target), mean(&control));
        for contrast in [Contrast::Difference, Contrast::Ratio] {
            let options = TestOptions::default().contrast(contrast);
            let rates = compare_proportions(&target, &control, ProportionMethod::Score, &options).unwrap();
            let score = compare_means(&means.0, &means.1, MeanMethod::Score, &options).unwrap();
            for (one, other) in [
                (score.p_value, rates.p_value),
                (score.interval.lower, rates.interval.lower),
                (score.interval.upper, rates.interval.upper),
            ] {
                assert!((one / other - 1.0).abs() < 1e-3, "{one} {other}");
            }
        }
    }

    #[test]
    fn a_control_without_buyers_has_a_variance() {
        // Twenty orders of 50 among 900 contacts, none among 100: no proof of anything.
        let (target, control) = (arm(900, 20.0 * 50.0 / 900.0, 54.38), arm(100, 0.0, 0.0));
        let welch = compare_means(&target, &control, MeanMethod::Welch, &TestOptions::default()).unwrap();
        let score = compare_means(&target, &control, MeanMethod::Score, &TestOptions::default()).unwrap();
        assert!(welch.p_value < 1e-5 && score.p_value > 0.1, "{} {}", welch.p_value, score.p_value);
        assert!(score.interval.contains(0.0) && score.interval.upper > score.difference);
        let lift = TestOptions::default().contrast(Contrast::Lift);
        let lifted = compare_means(&target, &control, MeanMethod::Score, &lift).unwrap();
        assert_eq!((lifted.status, lifted.rejects()), (TestStatus::ZeroBaseline, false));
        let nobody = compare_means(&control, &control, MeanMethod::Score, &TestOptions::default()).unwrap();
        assert_eq!(nobody.status, TestStatus::NoVariance);
        // A mean below 0 has no variance in proportion.
        let (one, other) = (arm(9, -1.0, 2.0), arm(9, -2.0, 2.0));
        for options in [TestOptions::default(), lift] {
            let score = compare_means(&one, &other, MeanMethod::Score, &options).unwrap();
            let student = compare_means(&one, &other, MeanMethod::Student, &options).unwrap();
            assert_eq!((score.p_value, score.interval), (student.p_value, student.interval));
        }
        let error = compare_means(&target, &target, MeanMethod::Score, &lift.null(-1.0)).unwrap_err();
        assert_eq!(error.argument_name(), Some("null"));
    }

    #[test]
    fn it_rejects_if_and_only_if_the_interval_excludes_the_null() {
        let arms = [
            arm(900, 1.1, 54.0),
            arm(100, 0.0, 0.0),
            arm(60, 0.2, 3.0),
            arm(50_000, 0.9, 60.0),
            arm(3, 5.0, 0.1),
        ];
        let arms =
            arms.into_iter().chain([arm(40, -0.1, 2.0), arm(70, 1e-200, 1e-200), arm(90, 3e150, 1e302)]);
        let arms: Vec<MeanArm> = arms.collect();
        for (target, control) in
            arms.iter().flat_map(|target| arms.iter().map(move |control| (target, control)))
        {
            for contrast in [Contrast::Difference, Contrast::Lift, Contrast::Ratio] {
                for alternative in Alternative::ALL.iter().copied() {
                    for alpha in [1e-6, 0.05, 0.3, 0.7] {
                        for null in [0.0, 0.4, 1.0, 30.0, -0.5] {
                            let options = TestOptions::default()
                                .contrast(contrast)
                                .alternative(alternative)
                                .alpha(alpha)
                                .null(null);
                            let Ok(result) = compare_means(target, control, MeanMethod::Score, &options)
                            else {
                                assert!(contrast == Contrast::Ratio && null <= 0.0);
                                continue;
                            };
                            if result.p_value.is_nan() {
                                assert!(!result.rejects() && result.status != TestStatus::Ok, "{result:?}");
                            } else {
                                assert_eq!(result.rejects(), result.p_value < alpha, "{result:?}");
                            }
                        }
                    }
                }
            }
        }
    }
}
