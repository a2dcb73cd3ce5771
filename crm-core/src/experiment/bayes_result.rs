//! What a Bayesian comparison is asked, and what it says.

use serde::Serialize;

use super::beta_posterior::CredibleKind;
use super::interval::Interval;
use super::test_options::{Contrast, check_alpha};
use crate::error::{Error, Result};

/// What a Bayesian comparison is asked.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BayesOptions {
    /// In what terms the interval and the region of practical equivalence are: a difference or a lift.
    pub contrast: Contrast,
    /// 1 less the probability that the interval holds; inside (0, 1).
    pub alpha: f64,
    /// Which interval is told.
    pub credible_interval: CredibleKind,
    /// The region of practical equivalence: from this value of the contrast ...
    pub rope_lower: f64,
    /// ... to this one; both 0 by default.
    pub rope_upper: f64,
}

impl Default for BayesOptions {
    fn default() -> Self {
        Self {
            contrast: Contrast::Difference,
            alpha: 0.05,
            credible_interval: CredibleKind::EqualTailed,
            rope_lower: 0.0,
            rope_upper: 0.0,
        }
    }
}

impl BayesOptions {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for alpha outside (0, 1), a contrast other than difference and lift, and a region that is no interval.
    pub fn check(&self) -> Result<()> {
        check_alpha(self.alpha)?;
        if !matches!(self.contrast, Contrast::Difference | Contrast::Lift) {
            return Err(Error::argument("contrast", self.contrast.name(), "difference or lift"));
        }
        if !self.rope_lower.is_finite() {
            return Err(Error::argument("rope_lower", self.rope_lower, "finite"));
        }
        if !(self.rope_upper >= self.rope_lower && self.rope_upper.is_finite()) {
            return Err(Error::argument("rope_upper", self.rope_upper, "finite and at least rope_lower"));
        }
        Ok(())
    }
}

/// What is known of an effect, and what either choice risks.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BayesResult {
    /// In what terms the estimate, the interval and the region are.
    pub contrast: Contrast,
    /// The posterior mean of the contrast; infinite for the lift over a control whose rate may be 0 (first parameter at most 1).
    pub estimate: f64,
    /// The posterior standard deviation of the difference.
    pub deviation: f64,
    /// What holds the contrast with probability 1 - alpha.
    pub interval: Interval,
    /// P(target above control).
    pub p_target_better: f64,
    /// Its natural logarithm.
    pub ln_p_target_better: f64,
    /// P(control above target).
    pub p_control_better: f64,
    /// Its natural logarithm.
    pub ln_p_control_better: f64,
    /// What choosing the target is expected to lose: `E max(control - target, 0)`.
    pub loss_target: f64,
    /// What choosing the control is expected to lose: `E max(target - control, 0)`.
    pub loss_control: f64,
    /// P(contrast below the region of practical equivalence).
    pub p_below_rope: f64,
    /// P(contrast in the region of practical equivalence).
    pub p_in_rope: f64,
    /// P(contrast above the region of practical equivalence).
    pub p_above_rope: f64,
}

/// P(between), from the probabilities on both sides of each end, without cancellation.
pub(super) fn between(below_lower: f64, above_lower: f64, below_upper: f64, above_upper: f64) -> f64 {
    let from_left = below_upper - below_lower;
    let from_right = above_lower - above_upper;
    let least_left = below_upper.max(below_lower);
    let least_right = above_lower.max(above_upper);
    let p = if least_left < least_right { from_left } else { from_right };
    p.clamp(0.0, 1.0)
}
