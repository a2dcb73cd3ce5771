//! Which of several arms is best.

use serde::Serialize;

use super::beta_posterior::{BetaPosterior, from_logit};
use super::effect_posterior::EffectPosterior;
use super::log_integral::{Bend, ln_integral};
use crate::error::{Error, ErrorKind, Result};
use crate::math::LONGEST_PANEL;

/// How probable it is that each arm is best, and what choosing it is expected to lose.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BestArms {
    /// P(arm has the largest value of all); they add up to 1.
    pub p_best: Vec<f64>,
    /// Its natural logarithm.
    pub ln_p_best: Vec<f64>,
    /// `E(largest value of all - value of the arm)`.
    pub expected_loss: Vec<f64>,
}

impl BestArms {
    /// Shares of the traffic by Thompson's rule: each arm by its probability of being best, and none below `least`.
    ///
    /// `least + (1 - arms * least) * p_best`.
    ///
    /// ```
    /// use crm_core::experiment::{BetaPosterior, BetaPrior, best_rate};
    /// let prior = BetaPrior::default();
    /// let arms = [BetaPosterior::new(12, 100, &prior)?, BetaPosterior::new(9, 100, &prior)?];
    /// let shares = best_rate(&arms)?.allocation(0.1)?;
    /// assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12 && shares[0] > shares[1]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `InvalidArgument` for `least` outside [0, 1 / arms].
    ///
    /// Thompson (1933), Biometrika 25(3/4).
    pub fn allocation(&self, least: f64) -> Result<Vec<f64>> {
        let arms = self.p_best.len() as f64;
        if !(least >= 0.0 && least * arms <= 1.0) {
            return Err(Error::argument("least", least, "between 0 and 1 / arms"));
        }
        Ok(self.p_best.iter().map(|p| least + (1.0 - arms * least) * p).collect())
    }
}

/// Which of several rates is largest: `P(arm i best) = integral of f_i(x) product of P(arm j < x) dx`.
///
/// The integrals are numerical and exact to about ten digits, the small ones too; nothing is sampled.
///
/// ```
/// use crm_core::experiment::{BetaPosterior, BetaPrior, best_rate};
/// let prior = BetaPrior::default();
/// let arms = [BetaPosterior::new(1, 1, &prior)?, BetaPosterior::new(0, 1, &prior)?];
/// assert!((best_rate(&arms)?.p_best[0] - 5.0 / 6.0).abs() < 1e-12);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for fewer than two arms, or more than 1,000.
pub fn best_rate(arms: &[BetaPosterior]) -> Result<BestArms> {
    check_count(arms.len())?;
    let bends: Vec<Bend> = arms.iter().map(BetaPosterior::bend).collect();
    let means: Vec<f64> = arms.iter().map(BetaPosterior::mean).collect();
    let family = Family {
        bends: &bends,
        longest: LONGEST_PANEL,
        ln_density: &|arm, v| {
            let (x, y) = from_logit(v);
            arms[arm].ln_density(x, y)
        },
        ln_below: &|arm, v| {
            let (x, y) = from_logit(v);
            arms[arm].ln_below(x, y)
        },
        ln_above: &|arm, v| {
            let (x, y) = from_logit(v);
            arms[arm].ln_above(x, y)
        },
        ln_slope: &|v| {
            let (x, y) = from_logit(v);
            x.ln() + y.ln()
        },
    };
    Ok(family.best(&means))
}

/// Which of several normal effects is largest, as [`best_rate`]; the values of the arms are independent.
///
/// ```
/// use crm_core::experiment::{EffectPosterior, best_effect};
/// let arms = [EffectPosterior::new(1.2, 0.3, f64::INFINITY)?, EffectPosterior::new(1.0, 0.4, f64::INFINITY)?];
/// // P(Z < 0.2 / 0.5).
/// assert!((best_effect(&arms)?.p_best[0] - 0.655_421_741_610_324_2).abs() < 1e-12);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// `InvalidArgument` for fewer than two arms, or more than 1,000.
pub fn best_effect(arms: &[EffectPosterior]) -> Result<BestArms> {
    check_count(arms.len())?;
    let bends: Vec<Bend> = arms.iter().map(|arm| Bend { place: arm.mean(), width: arm.scale() }).collect();
    let means: Vec<f64> = arms.iter().map(EffectPosterior::mean).collect();
    let family = Family {
        bends: &bends,
        longest: f64::INFINITY,
        ln_density: &|arm, v| arms[arm].ln_density(v),
        ln_below: &|arm, v| arms[arm].probability_below(v).1,
        ln_above: &|arm, v| arms[arm].probability_above(v).1,
        ln_slope: &|_| 0.0,
    };
    Ok(family.best(&means))
}

fn check_count(arms: usize) -> Result<()> {
    if arms < 2 {
        return Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("{arms} is not accepted: must be at least 2"),
        )
        .on("arms"));
    }
    if arms > 1000 {
        return Err(Error::argument("arms", arms, "at most 1,000"));
    }
    Ok(())
}

/// Independent values on one scale v.
struct Family<'a> {
    bends: &'a [Bend],
    longest: f64,
    ln_density: &'a dyn Fn(usize, f64) -> f64,
    ln_below: &'a dyn Fn(usize, f64) -> f64,
    ln_above: &'a dyn Fn(usize, f64) -> f64,
    /// ln of what the value itself rises by with v.
    ln_slope: &'a dyn Fn(f64) -> f64,
}

impl Family<'_> {
    fn best(&self, means: &[f64]) -> BestArms {
        let arms = self.bends.len();
        let widest = self.bends.iter().fold(0.0, |widest: f64, bend| widest.max(bend.width));
        let low = self.bends.iter().fold(f64::INFINITY, |low, bend| low.min(bend.place)) - 2.0 * widest;
        let high =
            self.bends.iter().fold(f64::NEG_INFINITY, |high, bend| high.max(bend.place)) + 2.0 * widest;
        let all_below = |v: f64, but: usize| -> f64 {
            (0..arms).filter(|&arm| arm != but).map(|arm| (self.ln_below)(arm, v)).sum()
        };
        let ln_p: Vec<f64> = (0..arms)
            .map(|arm| {
                let log_f = |v: f64| (self.ln_density)(arm, v) + all_below(v, arm);
                ln_integral(&log_f, low, high, self.bends, self.longest)
            })
            .collect();
        // What the best arm loses is small and an integral; the others lose more by the difference of their means.
        let leader = (0..arms).fold(0, |leader, arm| if means[arm] > means[leader] { arm } else { leader });
        let log_loss = |v: f64| {
            // 1 - product of P(arm < v) over the others, from their logarithms; far out it is the sum of the tails.
            let below = all_below(v, leader);
            let ln_some_above = if below < -1e-9 {
                (-below.exp_m1()).ln()
            } else {
                let tails = (0..arms).filter(|&arm| arm != leader).map(|arm| (self.ln_above)(arm, v));
                ln_sum(tails)
            };
            (self.ln_below)(leader, v) + ln_some_above + (self.ln_slope)(v)
        };
        let least = ln_integral(&log_loss, low, high, self.bends, self.longest).exp();
        // What the integrals lack of 1 is rounding.
        let total = ln_sum(ln_p.iter().copied());
        let ln_p_best: Vec<f64> = ln_p.iter().map(|ln_p| ln_p - total).collect();
        BestArms {
            p_best: ln_p_best.iter().map(|ln_p| ln_p.exp()).collect(),
            ln_p_best,
            expected_loss: means.iter().map(|mean| least + (means[leader] - mean)).collect(),
        }
    }
}

/// ln of a sum of exponentials.
fn ln_sum(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let most = values.clone().fold(f64::NEG_INFINITY, f64::max);
    if most == f64::NEG_INFINITY {
        return most;
    }
    most + values.map(|value| (value - most).exp()).sum::<f64>().ln()
}
