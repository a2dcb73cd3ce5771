//! Tests of an effect that may be looked at after every observation.
//!
//! Robbins (1970), Annals of Mathematical Statistics 41(5); Johari, Koomen, Pekelis and Walsh (2022), "Always valid inference: continuous
//! monitoring of A/B tests", Operations Research 70(3); Waudby-Smith, Arbour, Sinha, Kennedy and Ramdas (2024), "Time-uniform central limit theory
//! and asymptotic confidence sequences", Annals of Statistics 52(6).

use std::f64::consts::LN_2;

use serde::{Deserialize, Serialize};

use super::group_sequential_look::check_effect;
use super::interval::Interval;
use super::mixture_bound::{MixtureBound, MixtureKind, best_precision};
use super::test_options::{Alternative, check_alpha, check_share};
use super::test_result::TestStatus;
use crate::error::{Error, Result};
use crate::named::named;

/// How evidence adds up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum AlwaysValidMethod {
    /// The mixture sequential probability ratio test: a normal prior on the effect, whose deviation is `tuning`, in units of the effect. The default.
    #[default]
    Msprt = 0,
    /// The asymptotic confidence sequence, nearly tightest at `tuning` observations.
    Asymptotic = 1,
}

named! { AlwaysValidMethod, "method", { Msprt: "msprt", Asymptotic: "asymptotic" } }

/// What an always-valid test is asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct AlwaysValidOptions {
    /// How evidence adds up.
    pub method: AlwaysValidMethod,
    /// `Msprt`: the deviation of the prior, about the size of effects that matter. `Asymptotic`: the number of observations (of all arms together) at
    /// which the interval is nearly tightest. Above 0.
    pub tuning: f64,
    /// The probability of ever rejecting a null that is true; inside (0, 1), below 0.5 for one-sided `Asymptotic`.
    pub alpha: f64,
    /// Which deviations count.
    pub alternative: Alternative,
    /// The effect under the null.
    pub null: f64,
    /// The planned share of the target, of target and control together, that a [`SequentialTest`](super::SequentialTest) holds the arms of its
    /// looks against; inside (0, 1). `None` is not checked.
    #[serde(default)]
    pub target_share: Option<f64>,
}

impl AlwaysValidOptions {
    /// Two-sided at 0.05 against no effect.
    pub fn new(method: AlwaysValidMethod, tuning: f64) -> Self {
        Self {
            method,
            tuning,
            alpha: 0.05,
            alternative: Alternative::TwoSided,
            null: 0.0,
            target_share: None,
        }
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for a tuning that is not above 0 and finite, a level or a planned share outside its range, and a null that is not finite.
    pub fn check(&self) -> Result<()> {
        check_alpha(self.alpha)?;
        check_share(self.target_share)?;
        if !(self.tuning > 0.0 && self.tuning.is_finite()) {
            return Err(Error::argument("tuning", self.tuning, "above 0 and finite"));
        }
        if !self.null.is_finite() {
            return Err(Error::argument("null", self.null, "finite"));
        }
        let asymptotic_side =
            self.method == AlwaysValidMethod::Asymptotic && self.alternative != Alternative::TwoSided;
        if asymptotic_side && self.alpha >= 0.5 {
            return Err(Error::argument(
                "alpha",
                self.alpha,
                "below 0.5 for a one-sided asymptotic sequence",
            ));
        }
        Ok(())
    }
}

/// What an always-valid test says at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct AlwaysValid {
    /// (Estimate - null) / standard error.
    pub statistic: f64,
    /// The logarithm of the evidence against the null: of the mixture likelihood ratio, or for the one-sided asymptotic sequence of what bounds it.
    pub ln_evidence: f64,
    /// `min(1, 1 / evidence)`: under the null, ever at most alpha with probability at most alpha.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// The confidence sequence here: all moments together cover with probability at least 1 - alpha. Excludes the null if and only if the p-value is at
    /// most alpha.
    pub interval: Interval,
    /// Whether the data could answer.
    pub status: TestStatus,
}

/// What an always-valid test says about an effect with its standard error, after `observations` in all arms together.
///
/// With z = (estimate - null) / standard error, and r the prior's variance over that of the estimate (`Msprt`: `(tuning / standard_error)^2`;
/// `Asymptotic`: `observations (2 ln(1/alpha) + ln(1 + 2 ln(1/alpha))) / tuning`, one-sided at 2 alpha in place of alpha):
///
/// ```text
/// two-sided              ln evidence = z^2 r / (2 (1 + r)) - ln(1 + r) / 2
/// one-sided, Msprt       the same + ln(2 Phi(z sqrt(r / (1 + r))))
/// one-sided, Asymptotic  ln(2 (exp(z^2 r / (2 (1 + r))) - 1) / sqrt(1 + r)) for z > 0
/// ```
///
/// The interval holds each effect against which the evidence is below 1/alpha. Evidence of a single moment is returned; for a stream,
/// [`SequentialTest`](super::SequentialTest) keeps the strongest.
///
/// ```
/// use crm_core::experiment::{AlwaysValidMethod, AlwaysValidOptions, always_valid};
/// let options = AlwaysValidOptions::new(AlwaysValidMethod::Msprt, 0.01);
/// let now = always_valid(0.02, (0.18f64 / 5000.0).sqrt(), 5000.0, &options)?;
/// assert!((now.ln_evidence - 3.420_399_346_621_467).abs() < 1e-12);
/// assert!(now.interval.lower > 0.0 && now.p_value < 0.05);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for options that make no sense, an estimate that is not finite, a negative standard error, and a number of observations
/// that is not above 0 (`Asymptotic` only); a planned share, as an estimate knows no customers.
///
/// Johari et al. (2022), section 4; Howard et al. (2021), eq. 3.7 and 3.8; Waudby-Smith et al. (2024), eq. 9 and 134.
pub fn always_valid(
    estimate: f64,
    standard_error: f64,
    observations: f64,
    options: &AlwaysValidOptions,
) -> Result<AlwaysValid> {
    options.check()?;
    if let Some(share) = options.target_share {
        return Err(Error::argument("target_share", share, "none for an estimate, which knows no customers"));
    }
    check_effect(estimate, standard_error, options.null)?;
    let asymptotic = options.method == AlwaysValidMethod::Asymptotic;
    if asymptotic && !(observations > 0.0 && observations.is_finite()) {
        return Err(Error::argument("observations", observations, "above 0 and finite"));
    }
    if standard_error == 0.0 {
        return Ok(undecided(TestStatus::NoVariance));
    }
    let two_sided = options.alternative == Alternative::TwoSided;
    let statistic = (estimate - options.null) / standard_error;
    let ratio = if asymptotic {
        let level = if two_sided { options.alpha } else { 2.0 * options.alpha };
        observations / best_precision(options.tuning, level)
    } else {
        (options.tuning / standard_error).powi(2)
    };
    let goal = -options.alpha.ln();
    let ln_root = 0.5 * ratio.ln_1p();
    let weight = if ratio.is_finite() { ratio / (1.0 + ratio) } else { 1.0 };
    let directed = if options.alternative == Alternative::Less { -statistic } else { statistic };
    let energy = 0.5 * statistic * statistic * weight;
    let (ln_evidence, width) = if two_sided {
        (energy - ln_root, (2.0 * (goal + ln_root) / weight).sqrt())
    } else if asymptotic {
        let ln_evidence = if directed > 0.0 { LN_2 + ln_exp_m1(energy) - ln_root } else { f64::NEG_INFINITY };
        // ln(1 + sqrt(1 + r) / (2 alpha)), which overflows for no r.
        let exponent = goal + ln_root - LN_2;
        let bound = exponent.max(0.0) + (-exponent.abs()).exp().ln_1p();
        (ln_evidence, (2.0 * bound / weight).sqrt())
    } else {
        // In units of the standard error the sum is z, its variance 1 and the prior's precision 1 / r.
        let mixture = MixtureBound::with_precision(MixtureKind::NormalOneSided, 1.0 / ratio);
        (mixture.ln_mixture(directed, 1.0), mixture.bound(1.0, options.alpha)?)
    };
    let half = width * standard_error;
    let interval = match options.alternative {
        Alternative::TwoSided => Interval::bounded(estimate - half, estimate + half),
        Alternative::Greater => Interval::bounded(estimate - half, f64::INFINITY),
        Alternative::Less => Interval::bounded(f64::NEG_INFINITY, estimate + half),
    };
    let ln_p_value = -ln_evidence.max(0.0);
    Ok(AlwaysValid {
        statistic,
        ln_evidence,
        p_value: ln_p_value.exp(),
        ln_p_value,
        interval,
        status: TestStatus::Ok,
    })
}

/// No evidence, for a reason.
pub(super) fn undecided(status: TestStatus) -> AlwaysValid {
    AlwaysValid {
        statistic: f64::NAN,
        ln_evidence: 0.0,
        p_value: 1.0,
        ln_p_value: 0.0,
        interval: Interval::unbounded(),
        status,
    }
}

/// ln(e^x - 1) for x above 0.
fn ln_exp_m1(x: f64) -> f64 {
    if x > 1.0 { x + (-(-x).exp()).ln_1p() } else { x.exp_m1().ln() }
}
