//! Plans of tests of two means.
//!
//! - Cohen (1988), "Statistical Power Analysis for the Behavioral Sciences", second edition, chapter 2.
//! - Deng, Xu, Kohavi and Walker (2013), "Improving the sensitivity of online controlled experiments by utilizing pre-experiment data", WSDM.
//! - Cochran (1977), "Sampling Techniques", third edition, chapter 6: the variance of a ratio.

use super::super::comparison::welch_degrees;
use super::super::mean_method::MeanMethod;
use super::super::test_options::Contrast;
use super::chance::{
    Chance, Planned, normal_chance, normal_equivalence, student_chance, student_equivalence,
};
use super::plan_options::PlanOptions;
use super::solve::{Design, EffectDirection, SampleSize};
use crate::error::{Error, Result};

/// A planned test of the mean of a target against that of a control, in terms of their difference.
///
/// ```text
/// z:       power = P(Z <= (d - null) / se - z),  se^2 = s_t^2 / n_t + s_c^2 / n_c
/// student: power = P(T > t),  T non-central t with delta = (d - null) / se and df = n_t + n_c - 2
/// welch:   the same with the degrees of freedom of Welch for the standard deviations planned
/// ```
///
/// With several targets and Dunnett's level one variance is taken for all arms, `df = targets (n_t - 1) + n_c - 1`. Equivalence by t tests is exact
/// (Owen 1965).
///
/// ```
/// use crm_core::experiment::{CountedTails, MeanMethod, MeanPlan, PlanOptions};
/// let options = PlanOptions::default().tails(CountedTails::Both);
/// let plan = MeanPlan::new(1.0, 1.0, MeanMethod::Student, options)?;
/// // Half a standard deviation: 64 in each arm (Cohen 1988, table 2.3.5).
/// assert!((plan.power(0.5, 64.0)? - 0.801_459_557_922_254).abs() < 1e-12);
/// assert_eq!(plan.sample_size(0.5, 0.8)?.target_count, 64);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Cohen (1988), eq. 2.3.2; Owen (1965).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MeanPlan {
    target_deviation: f64,
    control_deviation: f64,
    method: MeanMethod,
    options: PlanOptions,
    nulls: (f64, f64),
}

impl MeanPlan {
    /// A plan for arms of these standard deviations.
    ///
    /// # Errors
    /// `InvalidArgument` for deviations that are not positive or, for Student's test and Dunnett's level, not the same, for a contrast other
    /// than the difference and for options that make no sense.
    pub fn new(
        target_deviation: f64,
        control_deviation: f64,
        method: MeanMethod,
        options: PlanOptions,
    ) -> Result<Self> {
        options.check()?;
        if options.contrast != Contrast::Difference {
            return Err(Error::argument("contrast", options.contrast.name(), "difference"));
        }
        check_deviation("target_deviation", target_deviation)?;
        check_deviation("control_deviation", control_deviation)?;
        if method.is_score() {
            return Err(Error::argument(
                "method",
                method.name(),
                "welch, student or z: at no effect the score test is student, and so it is in large arms less their skewness",
            ));
        }
        let one = method == MeanMethod::Student || options.is_joint();
        if one && target_deviation != control_deviation {
            let accepted = format!("that of the target, {target_deviation}, for one variance of all arms");
            return Err(Error::argument("control_deviation", control_deviation, &accepted));
        }
        let nulls = options.margins.unwrap_or((options.null_value(), options.null_value()));
        Ok(Self { target_deviation, control_deviation, method, options, nulls })
    }

    /// A plan for a metric that is adjusted for a covariate (CUPED): the variances shrink by `1 - correlation^2`.
    ///
    /// # Errors
    /// `InvalidArgument` for a correlation outside (-1, 1).
    ///
    /// ```
    /// use crm_core::experiment::{MeanMethod, MeanPlan, PlanOptions};
    /// let plain = MeanPlan::new(95.0, 95.0, MeanMethod::Z, PlanOptions::default())?;
    /// let adjusted = plain.with_covariate(0.7)?;
    /// let saved = adjusted.sample_size(2.0, 0.8)?.target / plain.sample_size(2.0, 0.8)?.target;
    /// assert!((saved - (1.0 - 0.49)).abs() < 1e-12);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// Source: Deng et al. (2013), eq. 4.
    pub fn with_covariate(mut self, correlation: f64) -> Result<Self> {
        self.target_deviation = Self::covariate_deviation(self.target_deviation, correlation)?;
        self.control_deviation = Self::covariate_deviation(self.control_deviation, correlation)?;
        Ok(self)
    }

    /// The standard deviation that a covariate leaves, `s sqrt(1 - correlation^2)`.
    ///
    /// # Errors
    /// `InvalidArgument` for a deviation that is not positive and a correlation outside (-1, 1).
    pub fn covariate_deviation(deviation: f64, correlation: f64) -> Result<f64> {
        check_deviation("deviation", deviation)?;
        if !(correlation > -1.0 && correlation < 1.0) {
            return Err(Error::argument("correlation", correlation, "inside (-1, 1)"));
        }
        Ok(deviation * ((1.0 - correlation) * (1.0 + correlation)).sqrt())
    }

    /// The standard deviation to plan a ratio of means with, such as revenue per visit: that of `(y - r x) / mean(x)`, `r = mean(y) / mean(x)`.
    ///
    /// ```text
    /// s^2 = (s_y^2 - 2 r rho s_y s_x + r^2 s_x^2) / mean(x)^2
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for a mean of the denominator that is 0, negative deviations, a correlation outside [-1, 1] and numbers that are not finite.
    ///
    /// ```
    /// use crm_core::experiment::MeanPlan;
    /// let deviation = MeanPlan::ratio_deviation((12.0, 30.0), (3.0, 2.0), 0.5)?;
    /// assert!((deviation - (900.0f64 - 240.0 + 64.0).sqrt() / 3.0).abs() < 1e-14);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// Source: Cochran (1977), eq. 6.4.
    pub fn ratio_deviation(numerator: (f64, f64), denominator: (f64, f64), correlation: f64) -> Result<f64> {
        let ((mean, deviation), (base, spread)) = (numerator, denominator);
        if !mean.is_finite() {
            return Err(Error::argument("numerator_mean", mean, "finite"));
        }
        if !(base.is_finite() && base != 0.0) {
            return Err(Error::argument("denominator_mean", base, "finite, and other than 0"));
        }
        for (name, value) in [("numerator_deviation", deviation), ("denominator_deviation", spread)] {
            if !(value >= 0.0 && value.is_finite()) {
                return Err(Error::argument(name, value, "at least 0 and finite"));
            }
        }
        if !(-1.0..=1.0).contains(&correlation) {
            return Err(Error::argument("correlation", correlation, "between -1 and 1"));
        }
        let scaled = mean / base * spread;
        // (s_y - rho r s_x)^2 + (1 - rho^2) (r s_x)^2: a sum of squares.
        let own = ((1.0 - correlation) * (1.0 + correlation)).sqrt() * scaled;
        Ok((deviation - correlation * scaled).hypot(own) / base.abs())
    }

    /// The power for a difference, target minus control, and a size of the target; the control has `control_per_target` times the size.
    ///
    /// # Errors
    /// `InvalidArgument` for a difference that is not finite and a size that is not positive.
    pub fn power(&self, difference: f64, target_count: f64) -> Result<f64> {
        Design::power(self, difference, target_count)
    }

    /// The least sizes for a power.
    ///
    /// # Errors
    /// `InvalidArgument` for a difference on the null or its wrong side and a power outside (alpha, 1); `OutOfRange` where more customers are needed
    /// than can be counted.
    pub fn sample_size(&self, difference: f64, power: f64) -> Result<SampleSize> {
        Design::sample_size(self, difference, power)
    }

    /// The difference next to the null that is found with that power.
    ///
    /// # Errors
    /// `InvalidArgument` for a size too small for a variance, a power outside (alpha, 1), a direction that the alternative does not look for, and
    /// margins.
    pub fn detectable(&self, target_count: f64, power: f64, direction: EffectDirection) -> Result<f64> {
        Design::detectable(self, target_count, power, direction)
    }

    /// Degrees of freedom; NaN for arms too small.
    fn degrees(&self, target: f64, control: f64) -> f64 {
        if self.method == MeanMethod::Z {
            return f64::INFINITY;
        }
        let degrees = if self.options.is_joint() {
            f64::from(self.options.targets) * (target - 1.0) + (control - 1.0)
        } else if self.method == MeanMethod::Student {
            target + control - 2.0
        } else if target > 1.0 && control > 1.0 {
            let error = |deviation: f64, count: f64| deviation / count.sqrt();
            let (first, second) =
                (error(self.target_deviation, target), error(self.control_deviation, control));
            welch_degrees(first, target - 1.0, second, control - 1.0)
        } else {
            f64::NAN
        };
        if degrees >= 1.0 { degrees } else { f64::NAN }
    }
}

pub(super) fn check_deviation(name: &str, value: f64) -> Result<()> {
    if value > 1e-150 && value < 1e150 {
        return Ok(());
    }
    Err(Error::argument(name, value, "above 0, between 1e-150 and 1e150"))
}

impl Design for MeanPlan {
    fn options(&self) -> &PlanOptions {
        &self.options
    }

    fn chance(&self, effect: f64, target: f64, control: f64) -> Chance {
        let df = self.degrees(target, control);
        if df.is_nan() {
            return Chance::NEVER;
        }
        let error = (self.target_deviation / target.sqrt()).hypot(self.control_deviation / control.sqrt());
        let critical = self.options.critical(target, control, df);
        let planned = |distance: f64| Planned { distance, null_error: error, error };
        let (lower, upper) = self.nulls;
        if self.options.margins.is_some() {
            let (above, below) = (planned(effect - lower), planned(upper - effect));
            return if df == f64::INFINITY {
                normal_equivalence(above, below, critical)
            } else {
                student_equivalence(above, below, critical, df)
            };
        }
        let planned = planned(self.options.sign(effect - lower) * (effect - lower));
        if df == f64::INFINITY {
            normal_chance(planned, critical, &self.options)
        } else {
            student_chance(planned, critical, df, &self.options)
        }
    }

    fn nulls(&self) -> (f64, f64) {
        self.nulls
    }

    fn effect_name(&self) -> &'static str {
        "difference"
    }

    fn range(&self) -> (f64, f64) {
        (f64::NEG_INFINITY, f64::INFINITY)
    }

    fn unit(&self) -> f64 {
        self.target_deviation.hypot(self.control_deviation / self.options.control_per_target.sqrt())
    }
}
