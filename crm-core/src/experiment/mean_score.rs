//! The score tests of means that are mostly 0, such as revenue for each contact.
//!
//! - `McCullagh` and Nelder (1989), "Generalized Linear Models", 2nd edition, chapter 9: quasi-likelihood with a variance proportional to the mean.
//! - Miettinen and Nurminen (1985), "Comparative analysis of two rates", Statistics in Medicine 4: the variance that the null implies.
//! - Gart and Nam (1988), "Approximate interval estimation of the ratio of binomial parameters", Biometrics 44: score tests less their skewness.

use super::comparison::{Own, Pair, power_of_two};
use super::cornish_fisher::CornishFisher;
use super::fraction::Common;
use super::interval::Interval;
use super::proportion::score::falling_root;
use super::t_statistic::critical_value;
use super::test_options::{Alternative, Contrast, TestOptions};
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, Result};

/// Ratios are looked for between e^-600 and e^600.
const LOG_RATIO: f64 = 600.0;

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
///
/// Of values y less what goes along with a covariate, `e = y - theta x`, the null moves y and what it has in common with x, not x. With the variance R of e
/// within the arms, E of `theta x` and `p = m / mean` of an arm, its `var e = p R + (1 - p) E` if the null takes customers away, and `p^2 R + (1 - p)^2 E` if it
/// takes a part of what each spends. With the share z of values that are 0, of whom there are more in the first case only, `p R + k E` is taken, and the mean
/// of `theta x` over all N rows is part of both means:
///
/// ```text
/// k = (1 - p) (z + (1 - z) (1 - p)) for p < 1, else 0
/// var(T - C - d) = (p_t R + k_t E) / n_t + (p_c R + k_c E) / n_c
/// var(T - r C) = r R (1 / n_t + 1 / n_c) + k_t E / n_t + r^2 k_c E / n_c + (1 - r)^2 E / N - 2 (1 - r) (k_t - r k_c) E / N
/// ```
///
/// and so with the covariances of e and `theta x`, for coefficients that leave any.
///
/// Sums of a random number of like amounts have not only a variance but also a third moment in proportion to the mean. With the skewness g of all rows,
/// without its bias, the deviation then has the skewness `6 A`, and the corrected statistic is the W with `W + A (W^2 - 1) = T`:
///
/// ```text
/// 6 A(d) = g sqrt(mean) (m_t / n_t^2 - m_c / n_c^2) / (m_t / n_t + m_c / n_c)^(3/2)
/// 6 A(r) = g (n_c - r n_t) / sqrt(r n_t n_c (n_t + n_c))
/// ```
///
/// At "no effect" `6 A` is exactly the skewness of the difference over all deals of the rows to the arms. Rows that lean to the left are not mostly 0:
/// for them that is taken under every null.
#[derive(Clone, Copy, Debug)]
pub(super) struct MeanScore {
    unit: f64,
    target: f64,
    control: f64,
    difference: f64,
    /// The variance of each mean by the pooled deviation.
    target_variance: f64,
    control_variance: f64,
    /// The skewness of the mean of all rows, if it is to be corrected for, and the tails that the difference has beside it.
    skewness: f64,
    tails: f64,
    /// What is added, in the variance of the mean of all rows and in the cube of its deviation.
    own: Own,
    /// What an adjustment puts into both means.
    common: Common,
    /// The share of values that are 0, before they are adjusted.
    zeros: f64,
}

impl MeanScore {
    /// `None` where the variance does not follow the means, so that Student's test is all there is: for a mean below 0, and where neither is above.
    pub(super) fn new(pair: &Pair) -> Option<Self> {
        let [target, control] = [&pair.target, &pair.control];
        let (t, c) = (target.value.high, control.value.high);
        let errors =
            target.standard_error.max(control.standard_error).max(pair.adjusted.common.variance.sqrt());
        let unit = power_of_two(t.max(c).max(errors));
        // The standard error of the mean of all rows.
        let error = target.standard_error
            * (control.standard_error / target.standard_error.hypot(control.standard_error));
        let part =
            |of: f64, power: i32| if of == 0.0 { 0.0 } else { (0..power).fold(of, |of, _| of / error) };
        let third = if pair.skewness == 0.0 { 0.0 } else { part(pair.own.third, 3) };
        let in_unit = |covariance: f64| covariance / unit / unit;
        (t.min(c) >= 0.0 && t.max(c) > 0.0).then(|| Self {
            unit,
            target: t / unit,
            control: c / unit,
            difference: target.value.less(control.value) / unit,
            target_variance: (target.standard_error / unit).powi(2),
            control_variance: (control.standard_error / unit).powi(2),
            skewness: pair.skewness,
            tails: pair.adjusted.tails,
            own: Own { variance: part(pair.own.variance, 2), third, ..pair.own },
            common: Common {
                variance: (pair.adjusted.common.variance.sqrt() / unit).powi(2),
                with_target: in_unit(pair.adjusted.common.with_target),
                with_control: in_unit(pair.adjusted.common.with_control),
                ..pair.adjusted.common
            },
            zeros: pair.adjusted.zeros,
        })
    }

    /// The statistic of a difference.
    pub(super) fn statistic(&self, null: f64) -> f64 {
        self.of_difference(null / self.unit).0
    }

    /// Statistic, standard error under the null, interval and status.
    pub(super) fn judge(&self, options: &TestOptions, result: &mut TestResult) -> Result<()> {
        let null = options.null_value();
        let critical = critical_value(options.alpha, result.degrees_of_freedom, options.alternative);
        if options.contrast == Contrast::Difference {
            let null = null / self.unit;
            (result.statistic, result.standard_error) = self.of_difference(null);
            result.standard_error *= self.unit;
            // The upper end is the lower one of exchanged arms, to the last bit.
            let lower = || self.difference_end(critical);
            let upper = || {
                if self.own == Own::NOTHING {
                    -self.exchanged().difference_end(critical)
                } else {
                    self.difference_end(-critical)
                }
            };
            result.interval = ends(options.alternative, || lower() * self.unit, || upper() * self.unit);
            return Ok(());
        }
        let is_lift = options.contrast == Contrast::Lift;
        let shift = f64::from(is_lift);
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
        result.estimate = self.target / self.control - shift;
        let (statistic, error) = self.of_ratio(if is_lift { null.ln_1p() } else { null.ln() });
        (result.statistic, result.standard_error) = (statistic, error / self.control);
        let plain = self.skewness == 0.0 && self.tails == 0.0 && self.common.sign == 0.0;
        let end = |critical: f64| match (plain, is_lift) {
            (true, true) => (self.root_of_ratio(critical) - 1.0) * (self.root_of_ratio(critical) + 1.0),
            (true, false) => self.root_of_ratio(critical).powi(2),
            (false, true) => self.ln_ratio_end(critical).exp_m1(),
            (false, false) => self.ln_ratio_end(critical).exp(),
        };
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

    /// The means that are most likely under a difference, over the mean of all rows.
    fn fitted(&self, difference: f64) -> (f64, f64) {
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
        (of_target / mean, of_control / mean)
    }

    /// The statistic at a difference, and the standard error there.
    fn of_difference(&self, difference: f64) -> (f64, f64) {
        let (statistic, error) = self.by_variance_at(difference);
        (self.beyond_no_effect(statistic, difference), error)
    }

    /// A statistic at a null, above 0 for those above "no effect". With covariates the variance may rise so fast beyond "no effect" that a null there would be
    /// nearer than none: who rejects "no effect" rejects effects of the other sign.
    fn beyond_no_effect(&self, statistic: f64, null: f64) -> f64 {
        if self.common.sign == 0.0 {
            statistic
        } else if null < 0.0 && self.difference > 0.0 {
            statistic.max(self.by_variance_at(0.0).0)
        } else if null > 0.0 && self.difference < 0.0 {
            statistic.min(self.by_variance_at(0.0).0)
        } else {
            statistic
        }
    }

    fn by_variance_at(&self, difference: f64) -> (f64, f64) {
        let (of_target, of_control) = self.fitted(difference);
        let (target, control) = self.rows();
        // The variance of the mean of all rows is the unit of what the target has of its own.
        let of_all = self.target_variance * target;
        let Own { share, third_share, variance, third: own_third } = self.own;
        let of_values = self.target_variance * of_target * share + self.control_variance * of_control;
        let (more_target, more_control) = (self.uncovered(1.0 - of_target), self.uncovered(1.0 - of_control));
        let of_covariates = self.common.variance * (more_target / target + more_control / control);
        let of_values = of_values + variance * of_all;
        let part = of_values / (of_values + of_covariates);
        let error = (of_values + of_covariates).sqrt();
        let (of_target, of_control) = if self.skewness < 0.0 { (1.0, 1.0) } else { (of_target, of_control) };
        let spread = of_target / target * share + variance + of_control / control;
        let third = of_target / (target * target) * third_share - of_control / (control * control);
        let lean = (self.skewness * third + own_third) / 6.0 / (spread * spread.sqrt());
        let above = self.difference - difference;
        (self.deviate(if above == 0.0 { 0.0 } else { above / error }, lean, part), error)
    }

    /// The share of the variance of what goes along with covariates that is not taken away from values, in an arm whose mean the null makes smaller by a share.
    fn uncovered(&self, smaller: f64) -> f64 {
        let smaller = smaller.max(0.0);
        smaller * (self.zeros + (1.0 - self.zeros) * smaller)
    }

    /// The deviate of a statistic, of whose variance a part is that of values; what covariates add has no moments but a variance.
    fn deviate(&self, statistic: f64, lean: f64, part: f64) -> f64 {
        CornishFisher { lean: lean * part * part.sqrt(), tails: self.tails * part * part }.deviate(statistic)
    }

    /// The part of all rows that each arm has.
    fn rows(&self) -> (f64, f64) {
        let both = self.target_variance + self.control_variance;
        (self.control_variance / both, self.target_variance / both)
    }

    /// The statistic at the logarithm of a ratio, and the standard error of the deviation there.
    fn of_ratio(&self, ln_ratio: f64) -> (f64, f64) {
        let both = self.target_variance + self.control_variance;
        // All is divided by the root of the ratio.
        let root = (0.5 * ln_ratio).exp();
        let above = if ln_ratio.abs() < 0.7 {
            (self.difference - ln_ratio.exp_m1() * self.control) / root
        } else {
            self.target / root - root * self.control
        };
        let (target, control) = self.rows();
        let lean = |root: f64| (control / root - target * root) / (target * control).sqrt();
        let lean = self.skewness / 6.0 * lean(if self.skewness < 0.0 { 1.0 } else { root });
        let spread = both + self.covariates_in_ratio(ln_ratio);
        let statistic = self.deviate(above / spread.sqrt(), lean, both / spread);
        (self.beyond_no_effect(statistic, ln_ratio), spread.sqrt() * root)
    }

    /// What covariates add to the variance of the deviation from a ratio, over the ratio.
    fn covariates_in_ratio(&self, ln_ratio: f64) -> f64 {
        let Common { sign, variance, with_target, with_control } = self.common;
        if sign == 0.0 {
            return 0.0;
        }
        let (target, control) = self.rows();
        let root = (0.5 * ln_ratio).exp();
        // (1 - r) / sqrt(r), and 1 - p of both arms.
        let left = -2.0 * (0.5 * ln_ratio).sinh();
        let all = target * root + control / root;
        let (of_target, of_control) = (control * left / all, -target * left / all);
        let (more_target, more_control) = (self.uncovered(of_target), self.uncovered(of_control));
        let alone = more_target / target / root / root + more_control / control * root * root;
        let along_target = (1.0 - of_target) * with_target - more_target * variance;
        let along_control = (1.0 - of_control) * with_control - more_control * variance;
        let shared = left * (left * variance + 2.0 * (along_target / root - along_control * root));
        // Covariances of other matrices than the variances need not belong to them.
        (alone * variance + shared).max(0.0)
    }

    /// The difference whose statistic is critical; infinite where none is.
    fn difference_end(&self, critical: f64) -> f64 {
        let error = (self.target_variance + self.control_variance).sqrt();
        let at = |difference: f64| self.of_difference(difference).0 - critical;
        let end = falling_root(at, self.difference - critical * error, error, (-f64::MAX, f64::MAX));
        if end.abs() < f64::MAX { end } else { f64::INFINITY.copysign(end) }
    }

    /// The root of the ratio whose statistic is critical, without skewness: it solves `mean_c r + critical sqrt(v r) - mean_t = 0`.
    fn root_of_ratio(&self, critical: f64) -> f64 {
        let reach = critical * (self.target_variance + self.control_variance).sqrt();
        let root = reach.hypot(2.0 * (self.target * self.control).sqrt());
        if reach > 0.0 { 2.0 * self.target / (root + reach) } else { 0.5 * (root - reach) / self.control }
    }

    /// The logarithm of the ratio whose statistic is critical; infinite where none is.
    fn ln_ratio_end(&self, critical: f64) -> f64 {
        let at = |ln_ratio: f64| self.of_ratio(ln_ratio).0 - critical;
        // Next to a mean of 0 every ratio is too large, however the deviation leans.
        if at(-LOG_RATIO) <= 0.0 || (self.target == 0.0 && critical >= 0.0) {
            return f64::NEG_INFINITY;
        }
        if at(LOG_RATIO) >= 0.0 {
            return f64::INFINITY;
        }
        let start = 2.0 * self.root_of_ratio(critical).ln();
        let both = self.target_variance + self.control_variance;
        let step = (both / (self.target * self.control)).sqrt().min(1.0);
        falling_root(at, start.clamp(-LOG_RATIO, LOG_RATIO), step, (-LOG_RATIO, LOG_RATIO))
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
        Alternative, BinaryArm, Contrast, MeanArm, MeanMethod, ProportionMethod, TestOptions, TestResult,
        TestStatus, compare_means, compare_proportions,
    };

    fn arm(count: u64, mean: f64, variance: f64) -> MeanArm {
        MeanArm::from_moments(count, mean, variance).unwrap()
    }

    /// As told, with a skewness.
    fn skewed(count: u64, mean: f64, variance: f64, skewness: f64) -> MeanArm {
        arm(count, mean, variance).with_skewness(skewness).unwrap()
    }

    fn corrected(target: &MeanArm, control: &MeanArm, options: &TestOptions) -> TestResult {
        compare_means(target, control, MeanMethod::SkewnessCorrected, options).unwrap()
    }

    /// Every way to deal ten customers to arms of seven and three: the third moment of the difference over them is what is corrected for.
    #[test]
    fn the_skewness_is_that_over_all_deals() {
        let values = [0.0, 0.0, 3.0, 0.0, 0.0, 11.0, 0.0, 1.0, 0.0, 0.0];
        let split = |deal: u32| {
            let side = |wanted: bool| -> Vec<f64> {
                (0..10)
                    .filter(|place| (deal >> place & 1 == 1) == wanted)
                    .map(|place| values[place])
                    .collect()
            };
            (side(false), side(true))
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let deals: Vec<u32> = (0..1 << 10).filter(|deal: &u32| deal.count_ones() == 3).collect();
        let differences: Vec<f64> =
            deals.iter().map(|&deal| mean(&split(deal).0) - mean(&split(deal).1)).collect();
        let moment = |power| mean(&differences.iter().map(|x| x.powi(power)).collect::<Vec<f64>>());
        let skewness = moment(3) / moment(2).powf(1.5);
        assert!(skewness < -0.5);
        for deal in [7, 0b10_0010_0001, 0b11_1000_0000] {
            let (target, control) = split(deal);
            let arms = (MeanArm::from_values(&target).unwrap(), MeanArm::from_values(&control).unwrap());
            for contrast in [Contrast::Difference, Contrast::Lift, Contrast::Ratio] {
                let options = TestOptions::default().contrast(contrast);
                let student = compare_means(&arms.0, &arms.1, MeanMethod::Student, &TestOptions::default());
                let w = corrected(&arms.0, &arms.1, &options).statistic;
                let t = w + skewness / 6.0 * (w * w - 1.0);
                assert!((t - student.unwrap().statistic).abs() < 1e-12, "{deal} {contrast:?} {w}");
            }
        }
    }

    #[test]
    fn the_corrected_ends_solve_the_equation() {
        let (target, control) = (skewed(400, 0.30, 0.9, 7.0), skewed(100, 0.20, 0.5, 6.0));
        let pooled = (399.0 * 0.9 + 99.0 * 0.5) / 498.0;
        let mean: f64 = (400.0 * 0.3 + 100.0 * 0.2) / 500.0;
        let mut both = target;
        both.merge(&control).unwrap();
        let g = both.skewness() * (500.0 * 499.0_f64).sqrt() / 498.0;
        let critical = 1.964_738_895_963_5;
        let uncorrected = |w: f64, a: f64| w + a * (w * w - 1.0);
        let check = |end: f64, w: f64, t: f64, a: f64| {
            assert!((t - uncorrected(w, a)).abs() < 1e-6, "{end}: {t} {}", uncorrected(w, a));
        };
        let found = corrected(&target, &control, &TestOptions::default());
        for (end, w) in [(found.interval.lower, critical), (found.interval.upper, -critical)] {
            let (mut low, mut high) = ((-end).max(0.0) + 1e-12, 10.0);
            for _ in 0..200 {
                let middle = 0.5 * (low + high);
                let up = 400.0 * (0.3 / (middle + end) - 1.0) + 100.0 * (0.2 / middle - 1.0);
                if up > 0.0 { low = middle } else { high = middle }
            }
            let (m_t, m_c) = (low + end, low);
            let spread = m_t / 400.0 + m_c / 100.0;
            let third = m_t / 400.0 / 400.0 - m_c / 100.0 / 100.0;
            let a = g * mean.sqrt() * third / spread.powf(1.5) / 6.0;
            check(end, w, (0.1 - end) / (pooled / mean * spread).sqrt(), a);
        }
        let found = corrected(&target, &control, &TestOptions::default().contrast(Contrast::Ratio));
        for (r, w) in [(found.interval.lower, critical), (found.interval.upper, -critical)] {
            let a = g * (100.0 - r * 400.0) / (r * 400.0 * 100.0 * 500.0).sqrt() / 6.0;
            check(r, w, (0.3 - r * 0.2) / (r * pooled * (1.0 / 400.0 + 1.0 / 100.0)).sqrt(), a);
        }
    }

    #[test]
    fn what_it_needs_it_asks_for() {
        let (told, not_told) = (skewed(90, 1.0, 9.0, 3.0), arm(90, 1.0, 9.0));
        let method = MeanMethod::SkewnessCorrected;
        for (target, control, name) in [(&told, &not_told, "control"), (&not_told, &told, "target")] {
            let error = compare_means(target, control, method, &TestOptions::default()).unwrap_err();
            assert_eq!(error.argument_name(), Some(name));
        }
        // A mean below 0: Student's statistic less the skewness over all deals.
        let (target, control) = (skewed(60, -1.0, 9.0, 4.0), skewed(20, 0.5, 16.0, 3.0));
        let mut both = target;
        both.merge(&control).unwrap();
        let a = both.skewness() * (80.0 * 79.0_f64).sqrt() / 78.0 * (20.0 - 60.0)
            / (60.0 * 20.0 * 80.0_f64).sqrt()
            / 6.0;
        for contrast in [Contrast::Difference, Contrast::Ratio, Contrast::Lift] {
            let options = TestOptions::default().contrast(contrast);
            let student = compare_means(&target, &control, MeanMethod::Student, &options).unwrap();
            let found = corrected(&target, &control, &options);
            let w = found.statistic;
            assert!((w + a * (w * w - 1.0) - student.statistic).abs() < 1e-12, "{contrast:?} {found:?}");
        }
        // Arms of one size and values without skewness have nothing to correct.
        for (target, control) in
            [(told, skewed(90, 2.0, 8.0, 3.0)), (skewed(90, 2.0, 8.0, 0.0), skewed(40, 2.0, 8.0, 0.0))]
        {
            let student =
                compare_means(&target, &control, MeanMethod::Student, &TestOptions::default()).unwrap();
            let found = corrected(&target, &control, &TestOptions::default());
            assert!((found.p_value / student.p_value - 1.0).abs() < 1e-12, "{found:?}");
            assert_eq!(found.method, "skewness_corrected");
        }
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
        let methods = [
            (ProportionMethod::Score, MeanMethod::Score),
            (ProportionMethod::SkewnessCorrected, MeanMethod::SkewnessCorrected),
        ];
        let contrasts = [Contrast::Difference, Contrast::Ratio];
        for (contrast, (of_rates, of_means)) in
            contrasts.into_iter().flat_map(|one| methods.map(|two| (one, two)))
        {
            let options = TestOptions::default().contrast(contrast);
            let rates = compare_proportions(&target, &control, of_rates, &options).unwrap();
            let score = compare_means(&means.0, &means.1, of_means, &options).unwrap();
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
        let arms: Vec<MeanArm> = arms
            .enumerate()
            .map(|(place, arm)| {
                let most = (arm.count() as f64).sqrt() / 2.0;
                arm.with_skewness(
                    if place % 3 == 2 { -most } else { most }.clamp(-9.0, 9.0)
                        * f64::from(u8::from(arm.count() > 3)),
                )
                .unwrap()
            })
            .collect();
        let methods = [MeanMethod::Score, MeanMethod::SkewnessCorrected];
        let arms: Vec<MeanArm> =
            arms.into_iter().chain([skewed(90, -0.5, 4.0, 7.0), skewed(7, -2.0, 4.0, 1.1)]).collect();
        for (target, control) in
            arms.iter().flat_map(|target| arms.iter().map(move |control| (target, control)))
        {
            let contrasts = [Contrast::Difference, Contrast::Lift, Contrast::Ratio];
            for (contrast, method) in contrasts.into_iter().flat_map(|one| methods.map(|two| (one, two))) {
                for alternative in Alternative::ALL.iter().copied() {
                    for alpha in [1e-6, 0.05, 0.3, 0.7] {
                        for null in [0.0, 0.4, 1.0, 30.0, -0.5] {
                            let options = TestOptions::default()
                                .contrast(contrast)
                                .alternative(alternative)
                                .alpha(alpha)
                                .null(null);
                            let Ok(result) = compare_means(target, control, method, &options) else {
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
