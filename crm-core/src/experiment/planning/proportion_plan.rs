//! Plans of tests of two rates.
//!
//! - Farrington and Manning (1990), "Test statistics and sample size formulae for comparative binomial trials with null hypothesis of
//!   non-zero risk difference or non-unity relative risk", Statistics in Medicine 9.
//! - Fleiss, Levin and Paik (2003), "Statistical Methods for Rates and Proportions", third edition, chapter 4.
//! - Cohen (1988), "Statistical Power Analysis for the Behavioral Sciences", second edition, chapter 6.

use serde::{Deserialize, Serialize};

use super::super::proportion::rates::{Rates, Relative};
use super::super::test_options::Contrast;
use super::chance::{Chance, Planned, normal_chance, normal_equivalence};
use super::plan_options::PlanOptions;
use super::solve::{Design, EffectDirection, SampleSize};
use crate::error::{Error, Result};
use crate::named::named;

/// Which test of two rates is planned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum ProportionPlanMethod {
    /// The score test: its standard error is that of the most likely rates under the null (Farrington and Manning 1990). Without a margin the
    /// same as `Pooled`.
    #[default]
    Score = 0,
    /// The z test with the pooled rate, for the null of no effect.
    Pooled = 1,
    /// The z test with the rates as they are.
    Unpooled = 2,
    /// The test of the difference of arcsines, for the null of no effect (Cohen 1988).
    Arcsine = 3,
}

named! { ProportionPlanMethod, "method", { Score: "score", Pooled: "pooled", Unpooled: "unpooled", Arcsine: "arcsine" } }

/// A planned test of the rate of a target against that of a control.
///
/// ```text
/// power = P(Z <= (d - z se0) / se1),  d = p_t - p_c - null,  or p_t - r p_c for a null ratio r
/// se1^2 = p_t q_t / n_t + r^2 p_c q_c / n_c
/// score:    se0 with the most likely rates under the null
/// pooled:   se0^2 = p q (1/n_t + 1/n_c),  p = (n_t p_t + n_c p_c) / (n_t + n_c)
/// unpooled: se0 = se1
/// arcsine:  d = 2 asin sqrt(p_t) - 2 asin sqrt(p_c),  se0^2 = se1^2 = 1/n_t + 1/n_c
/// ```
///
/// ```
/// use crm_core::experiment::{EffectDirection, PlanOptions, ProportionPlan, ProportionPlanMethod};
/// let plan = ProportionPlan::new(0.05, ProportionPlanMethod::Score, PlanOptions::default())?;
/// // To see a rise from 5 % to 5.5 % with a power of 80 %.
/// let size = plan.sample_size(0.055, 0.8)?;
/// assert_eq!((size.target_count, size.control_count), (31_234, 31_234));
/// assert!((plan.power(0.055, size.target)? - 0.8).abs() < 1e-13);
/// assert!((plan.detectable(size.target, 0.8, EffectDirection::Increase)? - 0.055).abs() < 1e-13);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: Farrington and Manning (1990), eq. 4; Fleiss, Levin and Paik (2003), eq. 4.14; Cohen (1988), eq. 6.2.1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProportionPlan {
    control_rate: f64,
    method: ProportionPlanMethod,
    options: PlanOptions,
    nulls: (f64, f64),
}

impl ProportionPlan {
    /// A plan for a control of a rate inside (0, 1).
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside (0, 1), a null or margins that no rates have, for options that make no sense and for a null other than
    /// "no effect" with
    /// methods that have none.
    pub fn new(control_rate: f64, method: ProportionPlanMethod, options: PlanOptions) -> Result<Self> {
        options.check()?;
        if options.contrast == Contrast::OddsRatio {
            return Err(Error::argument("contrast", options.contrast.name(), "difference, lift or ratio"));
        }
        if !(control_rate > 0.0 && control_rate < 1.0) {
            return Err(Error::argument("control_rate", control_rate, "inside (0, 1)"));
        }
        let rate = |value: f64| match options.contrast {
            Contrast::Difference => control_rate + value,
            Contrast::Lift => control_rate * (1.0 + value),
            _ => control_rate * value,
        };
        let nulls = match options.margins {
            Some((lower, upper)) => (rate(lower), rate(upper)),
            None => (rate(options.null_value()), rate(options.null_value())),
        };
        let names =
            if options.margins.is_some() { ["lower_margin", "upper_margin"] } else { ["null", "null"] };
        for (null, name) in [nulls.0, nulls.1].into_iter().zip(names) {
            // Differences beyond -1 and 1, and ratios that are not positive, are those of no rates.
            let fits = match options.contrast {
                Contrast::Difference => (null - control_rate).abs() < 1.0,
                _ => null > 0.0,
            };
            if !fits {
                return Err(Error::argument(
                    name,
                    format_args!("a rate of {null}"),
                    "one that two rates can have",
                ));
            }
        }
        let plain = options.margins.is_none() && options.null_value() == options.contrast.no_effect();
        if !plain && matches!(method, ProportionPlanMethod::Pooled | ProportionPlanMethod::Arcsine) {
            return Err(Error::argument(
                "method",
                method.name(),
                "score or unpooled, for a null other than no effect",
            ));
        }
        Ok(Self { control_rate, method, options, nulls })
    }

    /// The power for a target of that rate and size; the control has `control_per_target` times the size.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside [0, 1] and a size that is not positive.
    pub fn power(&self, target_rate: f64, target_count: f64) -> Result<f64> {
        Design::power(self, target_rate, target_count)
    }

    /// The least sizes for a power.
    ///
    /// # Errors
    /// `InvalidArgument` for a rate outside [0, 1] or on the null or its wrong side, and for a power outside (alpha, 1); `OutOfRange` where more
    /// customers are needed than can be counted.
    pub fn sample_size(&self, target_rate: f64, power: f64) -> Result<SampleSize> {
        Design::sample_size(self, target_rate, power)
    }

    /// The rate of the target next to the null that is found with that power.
    ///
    /// # Errors
    /// `InvalidArgument` for a size that is not positive, a power outside (alpha, 1) or one that no rate reaches, a direction that the
    /// alternative does not look for, and margins.
    pub fn detectable(&self, target_count: f64, power: f64, direction: EffectDirection) -> Result<f64> {
        Design::detectable(self, target_count, power, direction)
    }

    /// Cohen's h of a rate of the target, `2 asin sqrt(p_t) - 2 asin sqrt(p_c)`.
    pub fn cohens_h(&self, target_rate: f64) -> f64 {
        Rates::expected(target_rate, 1.0, self.control_rate, 1.0).cohens_h()
    }

    fn planned(&self, rates: &Rates, null: f64, sign: f64) -> Planned {
        let (target, control) = (rates.p1(), self.control_rate);
        if self.method == ProportionPlanMethod::Arcsine {
            let error = (rates.n1.recip() + rates.n0.recip()).sqrt();
            return Planned { distance: sign * rates.cohens_h(), null_error: error, error };
        }
        let relative = self.options.contrast != Contrast::Difference;
        let ratio = if relative { null / control } else { 1.0 };
        let deviation = |p1: f64, q1: f64, p0: f64, q0: f64| {
            (p1 * q1 / rates.n1 + ratio * ratio * p0 * q0 / rates.n0).sqrt()
        };
        let error = deviation(target, 1.0 - target, control, 1.0 - control);
        let fitted = match self.method {
            ProportionPlanMethod::Unpooled => None,
            _ if null == control => Some(rates.fit_equal()),
            _ if relative => Some(rates.fit_ratio(Relative::of_ratio(ratio))),
            _ => Some(rates.fit_difference(null - control)),
        };
        let null_error = fitted.map_or(error, |fit| deviation(fit.p1, fit.q1, fit.p0, fit.q0));
        Planned { distance: sign * (target - null), null_error, error }
    }
}

impl Design for ProportionPlan {
    fn options(&self) -> &PlanOptions {
        &self.options
    }

    fn chance(&self, effect: f64, target: f64, control: f64) -> Chance {
        let rates = Rates::expected(effect, target, self.control_rate, control);
        let critical = self.options.critical(target, control, f64::INFINITY);
        let (lower, upper) = self.nulls;
        if self.options.margins.is_some() {
            return normal_equivalence(
                self.planned(&rates, lower, 1.0),
                self.planned(&rates, upper, -1.0),
                critical,
            );
        }
        normal_chance(self.planned(&rates, lower, self.options.sign(effect - lower)), critical, &self.options)
    }

    fn nulls(&self) -> (f64, f64) {
        self.nulls
    }

    fn effect_name(&self) -> &'static str {
        "target_rate"
    }

    fn range(&self) -> (f64, f64) {
        (0.0, 1.0)
    }

    fn unit(&self) -> f64 {
        let p = self.control_rate;
        (p * (1.0 - p) * (1.0 + self.options.control_per_target.recip())).sqrt()
    }
}
