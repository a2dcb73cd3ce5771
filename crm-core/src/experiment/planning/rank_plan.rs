//! Plans of tests of ranks.
//!
//! - Noether (1987), "Sample size determination for some common nonparametric tests", Journal of the American Statistical Association 82.
//! - Lehmann (1975), "Nonparametrics: Statistical Methods Based on Ranks", section 2.3; Wang, Chen and Chow (2003), "Sample size determination
//!   based on rank tests in clinical trials", Journal of Biopharmaceutical Statistics 13.
//! - Zhao, Rahardja and Qu (2008), "Sample size calculation for the Wilcoxon-Mann-Whitney test adjusting for ties", Statistics in Medicine 27.
//! - Happ, Bathke and Brunner (2019), "Optimal sample size planning for the Wilcoxon-Mann-Whitney test", Statistics in Medicine 38: pilot samples.
//! - Brunner and Munzel (2000), "The nonparametric Behrens-Fisher problem", Biometrical Journal 42.

use serde::{Deserialize, Serialize};

use super::super::sample::sorted;
use super::super::test_options::Contrast;
use super::chance::{Chance, Planned, normal_chance, student_chance};
use super::mean_plan::check_deviation;
use super::plan_options::{LevelSharing, PlanOptions};
use super::rank_family::{Placements, RankFamily, standardised};
use super::solve::{Design, EffectDirection, SampleSize};
use crate::error::{Error, ErrorKind, Result};
use crate::math::normal_probability;
use crate::named::named;
use crate::parallel::Threads;

/// Which test of ranks is planned, and with which variance.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum RankPlanMethod {
    /// Mann and Whitney's test, with its variance under the null and that of its statistic as it will be (Lehmann 1975).
    #[default]
    MannWhitney = 0,
    /// The test of Brunner and Munzel: Student's distribution, and placements as they will be.
    BrunnerMunzel = 1,
    /// Mann and Whitney's test with the variance under the null for both, in large samples (Noether 1987; with ties Zhao and others 2008):
    /// nothing but the effect need be known, and the size is mostly a little too large.
    Noether = 2,
}

named! { RankPlanMethod, "method", {
    MannWhitney: "mann_whitney", BrunnerMunzel: "brunner_munzel", Noether: "noether",
} }

/// A planned test of ranks: Mann and Whitney's, or that of Brunner and Munzel.
///
/// The effect is the probability of superiority, `theta = P(x > y) + P(x = y) / 2` for a target value x and a control value y: 1/2 is none.
///
/// ```text
/// power = P(Z <= (|theta - 1/2| - z se0) / se1)
/// se1^2 = (pair + (n_c - 1) target + (n_t - 1) control) / (n_t n_c)
/// mann_whitney:   se0^2 = (N + 1 - (N - 2) sum(p^3) - 3 sum(p^2)) / (12 n_t n_c),  N = n_t + n_c
/// noether:        se0^2 = se1^2 = N (1 - sum(p^3)) / (12 n_t n_c)
/// brunner_munzel: se0^2 = (2 pair + (n_c - 2) target + (n_t - 2) control) / (n_t n_c),  and t for z
/// ```
///
/// `pair`, `target` and `control` are the variances of `1(x > y) + 1(x = y) / 2`, of its mean over all y and of its mean over all x; p are the
/// shares of tied values in both arms. They follow from the distributions: normal ones, categories or pilot samples.
///
/// ```
/// use crm_core::experiment::{PlanOptions, RankPlan, RankPlanMethod};
/// let plan = RankPlan::normal(1.0, 1.0, RankPlanMethod::MannWhitney, PlanOptions::default())?;
/// // Half a standard deviation: 68 in each arm, where Student's test needs 64.
/// let effect = RankPlan::normal_superiority(0.5, 1.0, 1.0)?;
/// assert!((effect - 0.638_163).abs() < 1e-6);
/// assert_eq!(plan.sample_size(effect, 0.8)?.target_count, 68);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Lehmann (1975), eq. 2.21; Noether (1987), eq. 10; Zhao, Rahardja and Qu (2008), eq. 9; Brunner and Munzel (2000).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RankPlan {
    family: RankFamily,
    method: RankPlanMethod,
    options: PlanOptions,
    null: f64,
}

impl RankPlan {
    /// A plan for values that are normal after some rising transformation, with these standard deviations.
    ///
    /// # Errors
    /// `InvalidArgument` for deviations that are not positive, a contrast other than the difference, margins, Dunnett's level, and a null other
    /// than 1/2; with Brunner and Munzel's test it may be any probability inside the range of the effect.
    pub fn normal(
        target_deviation: f64,
        control_deviation: f64,
        method: RankPlanMethod,
        options: PlanOptions,
    ) -> Result<Self> {
        check_deviation("target_deviation", target_deviation)?;
        check_deviation("control_deviation", control_deviation)?;
        Self::new(RankFamily::normal(target_deviation, control_deviation), method, options)
    }

    /// A plan for ordered categories: shares or counts of both arms in each, from the lowest category to the highest.
    ///
    /// [`superiority`](Self::superiority) is the effect of these shares. Of other effects it is supposed that a part of the target's customers is
    /// as the target given, and the rest as the control. The shares are taken as exact, however few customers they were counted from: arms of other
    /// sizes than a pilot's, and effects other than its own, are extrapolated from it.
    ///
    /// # Errors
    /// As [`normal`](Self::normal); `LengthMismatch` for different numbers of categories, `InvalidValue` for shares that are negative or not
    /// finite and for arms of which neither tends to be higher, `Empty` for an arm without any.
    ///
    /// ```
    /// use crm_core::experiment::{Alternative, PlanOptions, RankPlan, RankPlanMethod};
    /// // From "much worse" to "much better": with the new treatment, and with the old one.
    /// let target = [0.01, 0.03, 0.15, 0.35, 0.30, 0.10, 0.06];
    /// let control = [0.01, 0.04, 0.20, 0.50, 0.20, 0.04, 0.01];
    /// let options = PlanOptions::default().alternative(Alternative::Greater);
    /// let plan = RankPlan::from_categories(&target, &control, RankPlanMethod::MannWhitney, options)?;
    /// let effect = plan.superiority().unwrap_or(f64::NAN);
    /// assert!((effect - 0.61015).abs() < 1e-12);
    /// assert!((plan.power(effect, 125.0)? - 0.942).abs() < 5e-4);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn from_categories(
        target: &[f64],
        control: &[f64],
        method: RankPlanMethod,
        options: PlanOptions,
    ) -> Result<Self> {
        if target.len() != control.len() {
            let message =
                format!("{} categories of the target and {} of the control", target.len(), control.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("control"));
        }
        for (name, shares) in [("target", target), ("control", control)] {
            if let Some(row) = shares.iter().position(|share| !(*share >= 0.0 && *share < 1e150)) {
                let message = format!("{} is not between 0 and 1e150", shares[row]);
                return Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row as u64));
            }
            if shares.iter().all(|share| *share == 0.0) {
                return Err(Error::new(ErrorKind::Empty, "no category has a share").on(name));
            }
        }
        Self::new(RankFamily::weighted(target, control)?, method, options)
    }

    /// A plan for arms as in a pilot: values of both, in any order.
    ///
    /// Customers are supposed to be drawn from the pilot's rows. [`superiority`](Self::superiority) is the effect seen in them; other effects as for
    /// [`from_categories`](Self::from_categories). Without a pilot of the target, last month's control and the same values with the effect hoped
    /// for will do.
    ///
    /// # Errors
    /// As [`normal`](Self::normal); `Empty`, `InvalidValue` and `OutOfRange` for a column that cannot be used, `InvalidValue` for arms of which
    /// neither tends to be higher.
    pub fn from_samples(
        target: &[f64],
        control: &[f64],
        method: RankPlanMethod,
        options: PlanOptions,
        threads: Threads,
    ) -> Result<Self> {
        let target = sorted(target, "target", threads)?;
        let control = sorted(control, "control", threads)?;
        let (mut targets, mut controls) = (Vec::new(), Vec::new());
        let (mut i, mut j) = (0, 0);
        while i < target.len() || j < control.len() {
            let value = match (target.get(i), control.get(j)) {
                (Some(&x), Some(&y)) => x.min(y),
                (Some(&x), None) => x,
                (None, Some(&y)) => y,
                (None, None) => break,
            };
            let run = |values: &[f64], from: usize| {
                values[from..].iter().take_while(|&&other| other == value).count()
            };
            let (own, other) = (run(&target, i), run(&control, j));
            targets.push(own as f64);
            controls.push(other as f64);
            (i, j) = (i + own, j + other);
        }
        Self::new(RankFamily::weighted(&targets, &controls)?, method, options)
    }

    /// The probability of superiority of normal values whose means differ so much, `Phi(d / sqrt(s_t^2 + s_c^2))`.
    ///
    /// # Errors
    /// `InvalidArgument` for a difference that is not finite and deviations that are not positive.
    pub fn normal_superiority(difference: f64, target_deviation: f64, control_deviation: f64) -> Result<f64> {
        check_deviation("target_deviation", target_deviation)?;
        check_deviation("control_deviation", control_deviation)?;
        if !difference.is_finite() {
            return Err(Error::argument("difference", difference, "finite"));
        }
        Ok(normal_probability(standardised(difference, target_deviation, control_deviation)))
    }

    /// The probability of superiority of the categories or samples given; `None` for normal values.
    pub fn superiority(&self) -> Option<f64> {
        self.family.superiority()
    }

    /// The power for a probability of superiority and a size of the target; the control has `control_per_target` times the size.
    ///
    /// # Errors
    /// `InvalidArgument` for an effect outside the range of the distributions and a size that is not positive.
    pub fn power(&self, superiority: f64, target_count: f64) -> Result<f64> {
        Design::power(self, superiority, target_count)
    }

    /// The least sizes for a power.
    ///
    /// # Errors
    /// `InvalidArgument` for an effect outside the range of the distributions, on the null or its wrong side and a power outside (alpha, 1);
    /// `OutOfRange` where more customers are needed than can be counted.
    pub fn sample_size(&self, superiority: f64, power: f64) -> Result<SampleSize> {
        Design::sample_size(self, superiority, power)
    }

    /// The probability of superiority next to the null that is found with that power.
    ///
    /// # Errors
    /// `InvalidArgument` for a size that is not positive, a power outside (alpha, 1) or one that no effect of the distributions reaches, and a
    /// direction that the alternative does not look for.
    pub fn detectable(&self, target_count: f64, power: f64, direction: EffectDirection) -> Result<f64> {
        Design::detectable(self, target_count, power, direction)
    }

    fn new(family: RankFamily, method: RankPlanMethod, options: PlanOptions) -> Result<Self> {
        options.check()?;
        if options.contrast != Contrast::Difference {
            return Err(Error::argument("contrast", options.contrast.name(), "difference"));
        }
        if options.margins.is_some() {
            return Err(Error::argument("margins", "a test of equivalence", "none for tests of ranks"));
        }
        if options.is_joint() {
            return Err(Error::argument(
                "sharing",
                LevelSharing::Dunnett.name(),
                "another one for tests of ranks",
            ));
        }
        let null = options.null.unwrap_or(0.5);
        let (lowest, highest) = family.range();
        if method != RankPlanMethod::BrunnerMunzel && null != 0.5 {
            return Err(Error::argument("null", null, "0.5 for Mann-Whitney's test"));
        }
        if !(null >= lowest && null <= highest) {
            let accepted = format!("a probability of superiority between {lowest} and {highest}");
            return Err(Error::argument("null", null, &accepted));
        }
        Ok(Self { family, method, options, null })
    }

    fn mann_whitney(&self, superiority: f64, target: f64, control: f64) -> Chance {
        let all = target + control;
        let (squares, cubes) = self.family.ties(superiority, target, control);
        let per_pair = |sum: f64| (sum / (target * control)).sqrt();
        let (null_error, error) = if self.method == RankPlanMethod::Noether {
            let error = per_pair(all * (1.0 - cubes) / 12.0);
            (error, error)
        } else {
            let under_null = (all + 1.0 - (all - 2.0).max(0.0) * cubes - 3.0 * squares) / 12.0;
            let Placements { pair, target: own, control: other } = self.family.placements(superiority);
            let sum = pair + (control - 1.0).max(0.0) * own + (target - 1.0).max(0.0) * other;
            (per_pair(under_null.max(0.0)), per_pair(sum))
        };
        let critical = self.options.critical(target, control, f64::INFINITY);
        let planned = self.planned(superiority, null_error, error);
        normal_chance(planned, critical, &self.options)
    }

    fn brunner_munzel(&self, superiority: f64, target: f64, control: f64) -> Chance {
        // Fewer placements have no variance.
        if target < 2.0 || control < 2.0 {
            return Chance::NEVER;
        }
        let Placements { pair, target: own, control: other } = self.family.placements(superiority);
        let pairs = target * control;
        // What the variances of the placements, each over its arm's size, are on the average.
        let of_target = (pair + (control - 1.0) * own - other) / pairs;
        let of_control = (pair + (target - 1.0) * other - own) / pairs;
        let estimated = of_target + of_control;
        // Where arms never overlap the test has no answer.
        if estimated <= 0.0 {
            return Chance::NEVER;
        }
        let (one, rest) = (of_target / estimated, of_control / estimated);
        let df = 1.0 / (one * one / (target - 1.0) + rest * rest / (control - 1.0));
        let variance = (pair + (control - 1.0) * own + (target - 1.0) * other) / pairs;
        let critical = self.options.critical(target, control, df);
        let planned = self.planned(superiority, estimated.sqrt(), variance.sqrt());
        student_chance(planned, critical, df, &self.options)
    }

    fn planned(&self, superiority: f64, null_error: f64, error: f64) -> Planned {
        let distance = superiority - self.null;
        // Values that all lie above the others leave no variance, and no doubt.
        Planned { distance: self.options.sign(distance) * distance, null_error, error: error.max(1e-12) }
    }
}

impl Design for RankPlan {
    fn options(&self) -> &PlanOptions {
        &self.options
    }

    fn chance(&self, effect: f64, target: f64, control: f64) -> Chance {
        if self.method == RankPlanMethod::BrunnerMunzel {
            self.brunner_munzel(effect, target, control)
        } else {
            self.mann_whitney(effect, target, control)
        }
    }

    fn nulls(&self) -> (f64, f64) {
        (self.null, self.null)
    }

    fn effect_name(&self) -> &'static str {
        "superiority"
    }

    fn range(&self) -> (f64, f64) {
        self.family.range()
    }

    fn unit(&self) -> f64 {
        ((1.0 + self.options.control_per_target.recip()) / 12.0).sqrt()
    }
}
