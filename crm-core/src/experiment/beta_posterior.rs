//! What is known of a rate after trials: a beta distribution.

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use super::log_integral::Bend;
use super::test_options::check_alpha;
use crate::error::{Error, Result};
use crate::math::{
    beta_reg, beta_reg_inverse, beta_reg_inverse_upper, ln_beta_kernel, ln_beta_reg, root_between,
};
use crate::named::named;

/// Which interval of a posterior is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum CredibleKind {
    /// Equal probability on both sides. The default.
    #[default]
    EqualTailed = 0,
    /// The shortest: all values inside are more probable than those outside.
    HighestDensity = 1,
}

named! { CredibleKind, "credible_interval", { EqualTailed: "equal_tailed", HighestDensity: "highest_density" } }

/// What is known of a rate before any trial: Beta(alpha, beta).
///
/// (1, 1), the default, is uniform; (1/2, 1/2) is Jeffreys' prior. A prior counts like `alpha` conversions of `alpha + beta` trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaPrior {
    /// The first parameter; above 0.
    pub alpha: f64,
    /// The second parameter; above 0.
    pub beta: f64,
}

impl Default for BetaPrior {
    fn default() -> Self {
        Self { alpha: 1.0, beta: 1.0 }
    }
}

/// The smallest and largest parameter of a beta distribution.
const SMALLEST: f64 = 1e-3;
const LARGEST: f64 = 1e15;

/// What is known of a rate: `Beta(prior.alpha + conversions, prior.beta + trials - conversions)`.
///
/// ```
/// use crm_core::experiment::{BetaPosterior, BetaPrior, CredibleKind};
/// let rate = BetaPosterior::new(120, 1000, &BetaPrior::default())?;
/// assert_eq!(rate.mean(), 121.0 / 1002.0);
/// let interval = rate.interval(0.05, CredibleKind::EqualTailed)?;
/// assert!((rate.probability_below(interval.lower) - 0.025).abs() < 1e-12);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Gelman et al. (2013), "Bayesian Data Analysis", third edition, section 2.4.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct BetaPosterior {
    pub(super) a: f64,
    pub(super) b: f64,
}

impl BetaPosterior {
    /// After so many conversions of so many trials; none is fine.
    ///
    /// # Errors
    /// `InvalidArgument` for more conversions than trials, more than 2^53 trials, and prior parameters outside [0.001, 1e15].
    pub fn new(conversions: u64, trials: u64, prior: &BetaPrior) -> Result<Self> {
        if conversions > trials {
            return Err(Error::argument(
                "conversions",
                conversions,
                &format!("at most the trials, {trials}"),
            ));
        }
        if trials > 1 << 53 {
            return Err(Error::argument("trials", trials, "at most 2^53"));
        }
        Self::from_parameters(prior.alpha, prior.beta)?;
        Self::from_parameters(prior.alpha + conversions as f64, prior.beta + (trials - conversions) as f64)
    }

    /// Beta(alpha, beta).
    ///
    /// # Errors
    /// `InvalidArgument` for a parameter outside [0.001, 1e15].
    pub fn from_parameters(alpha: f64, beta: f64) -> Result<Self> {
        for (name, value) in [("alpha", alpha), ("beta", beta)] {
            if !(SMALLEST..=LARGEST).contains(&value) {
                return Err(Error::argument(name, value, "between 0.001 and 1e15"));
            }
        }
        Ok(Self { a: alpha, b: beta })
    }

    /// The two parameters.
    pub fn parameters(&self) -> (f64, f64) {
        (self.a, self.b)
    }

    /// The mean, `alpha / (alpha + beta)`.
    pub fn mean(&self) -> f64 {
        self.a / (self.a + self.b)
    }

    /// The variance, `mean (1 - mean) / (alpha + beta + 1)`.
    pub fn variance(&self) -> f64 {
        let total = self.a + self.b;
        self.a / total * (self.b / total) / (total + 1.0)
    }

    /// P(rate <= x).
    pub fn probability_below(&self, x: f64) -> f64 {
        beta_reg(self.a, self.b, x, 1.0 - x)
    }

    /// The rate below which the probability is `p`.
    ///
    /// # Errors
    /// `InvalidArgument` for p outside [0, 1].
    pub fn quantile(&self, p: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&p) {
            return Err(Error::argument("p", p, "between 0 and 1"));
        }
        Ok(beta_reg_inverse(self.a, self.b, p).0)
    }

    /// The interval that holds the rate with probability 1 - alpha.
    ///
    /// The shortest one of a density that is highest at an end starts there. A density that is high at both ends (both parameters at
    /// most 1) has no single shortest interval, and the equal-tailed one is told.
    ///
    /// # Errors
    /// `InvalidArgument` for alpha outside (0, 1).
    pub fn interval(&self, alpha: f64, kind: CredibleKind) -> Result<Interval> {
        check_alpha(alpha)?;
        let quantile = |p: f64| beta_reg_inverse(self.a, self.b, p).0;
        let (rises_from_0, falls_to_1) = (self.a > 1.0, self.b > 1.0);
        if kind == CredibleKind::EqualTailed || !(rises_from_0 || falls_to_1) {
            return Ok(Interval::bounded(quantile(0.5 * alpha), self.upper_quantile(0.5 * alpha)));
        }
        if !rises_from_0 {
            return Ok(Interval::bounded(0.0, self.upper_quantile(alpha)));
        }
        if !falls_to_1 {
            return Ok(Interval::bounded(quantile(alpha), 1.0));
        }
        // Both ends have the same density: the probability below the interval that makes it so.
        let ln_density = |x: f64, y: f64| (self.a - 1.0) * x.ln() + (self.b - 1.0) * y.ln();
        let unequal = |below: f64| {
            let (x, y) = beta_reg_inverse(self.a, self.b, below);
            let (x_high, y_high) = beta_reg_inverse_upper(self.a, self.b, alpha - below);
            ln_density(x, y) - ln_density(x_high, y_high)
        };
        let below = root_between(unequal, 1e-12 * alpha, (1.0 - 1e-12) * alpha);
        Ok(Interval::bounded(quantile(below), self.upper_quantile(alpha - below)))
    }

    /// The rate above which the probability is `q`.
    fn upper_quantile(&self, q: f64) -> f64 {
        beta_reg_inverse_upper(self.a, self.b, q).0
    }

    /// ln P(rate < x), with 1 - x given too.
    pub(super) fn ln_below(&self, x: f64, y: f64) -> f64 {
        ln_beta_reg(self.a, self.b, x, y)
    }

    /// ln P(rate > x), with 1 - x given too.
    pub(super) fn ln_above(&self, x: f64, y: f64) -> f64 {
        ln_beta_reg(self.b, self.a, y, x)
    }

    /// The logarithm of the density of logit(rate).
    pub(super) fn ln_density(&self, x: f64, y: f64) -> f64 {
        ln_beta_kernel(self.a, self.b, x, y)
    }

    /// Where the density of logit(rate) has its peak, and its width.
    pub(super) fn bend(&self) -> Bend {
        Bend { place: (self.a / self.b).ln(), width: (1.0 / self.a + 1.0 / self.b).sqrt() }
    }
}

/// A rate and its complement from the logit.
pub(super) fn from_logit(v: f64) -> (f64, f64) {
    let small = 1.0 / (1.0 + v.abs().exp());
    if v < 0.0 { (small, 1.0 - small) } else { (1.0 - small, small) }
}
