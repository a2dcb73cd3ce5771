//! Time-uniform bounds by the method of mixtures.
//!
//! For a sum `S` with intrinsic time `V` (the variance so far), `exp(lambda S - psi(lambda) V)` is a supermartingale for each lambda, and so is its
//! mixture m(S, V) over a prior on lambda. By Ville's inequality, m ever reaches 1/alpha with probability at most alpha: a bound that holds at all
//! times at once.
//!
//! Howard, Ramdas, `McAuliffe` and Sekhon (2021), "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49(2):
//! propositions 4 to 7 of the section on conjugate mixtures. The mixtures are written with the logarithms of normalised densities, in
//! which nothing large cancels.

use std::f64::consts::LN_2;

use serde::{Deserialize, Serialize};

use super::test_options::check_alpha;
use crate::error::{Error, Result};
use crate::math::{
    ln_beta_kernel, ln_beta_reg, ln_gamma_kernel, ln_gamma_reg_lower, ln_gamma_reg_upper,
    ln_normal_probability, root_between,
};
use crate::named::named;

/// The tails that a sum may have, and the prior that is mixed over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum MixtureKind {
    /// Sub-Gaussian sums, a normal prior; bounds the modulus.
    #[default]
    Normal = 0,
    /// Sub-Gaussian sums, a half-normal prior; bounds from above.
    NormalOneSided = 1,
    /// Sub-exponential sums of scale `scale` (Bernstein's condition), a gamma prior; bounds from above.
    GammaExponential = 2,
    /// Sub-Poisson sums of scale `scale` (increments at most `scale`), a gamma prior; bounds from above.
    GammaPoisson = 3,
    /// Sums of increments between `-scale` and `other_scale`, a beta prior; bounds from above and, with the scales exchanged, from below.
    BetaBinomial = 4,
    /// The same with the prior on positive lambda only; bounds from above.
    BetaBinomialOneSided = 5,
}

named! { MixtureKind, "mixture", {
    Normal: "normal", NormalOneSided: "normal_one_sided", GammaExponential: "gamma_exponential", GammaPoisson: "gamma_poisson",
    BetaBinomial: "beta_binomial", BetaBinomialOneSided: "beta_binomial_one_sided",
} }

/// Larger variances and sums leave no digits of what the mixtures take the difference of.
const MOST: f64 = 1e18;

/// The precision of the prior that makes a two-sided normal mixture bound nearly tightest at `v_opt`:
/// `v_opt / (2 ln(1/alpha) + ln(1 + 2 ln(1/alpha)))`.
///
/// Howard et al. (2021), section 3.5.
pub(super) fn best_precision(v_opt: f64, alpha: f64) -> f64 {
    let twice = -2.0 * alpha.ln();
    v_opt / (twice + twice.ln_1p())
}

/// A mixture with its prior: p-values and bounds that hold at all times at once.
///
/// ```text
/// m(s, v) = integral of exp(lambda s - psi(lambda) v) over the prior of lambda
/// p(s, v) = min(1, 1 / m(s, v))          bound(v) = the s with m(s, v) = 1 / alpha
/// ```
///
/// ```
/// use crm_core::experiment::{MixtureBound, MixtureKind};
/// // Tuned to be tightest around a variance of 100.
/// let mixture = MixtureBound::new(MixtureKind::Normal, 100.0, 0.05, 1.0, 1.0)?;
/// assert!((mixture.bound(100.0, 0.05)? - 30.352_089_903_762_53).abs() < 1e-9);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Howard, Ramdas, `McAuliffe` and Sekhon (2021), section 3 and appendix A.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct MixtureBound {
    kind: MixtureKind,
    precision: f64,
    scale: f64,
    other_scale: f64,
}

impl MixtureBound {
    /// A mixture whose bound at level `alpha_opt` is nearly tightest where the variance so far is `v_opt`.
    ///
    /// `scale` is that of the gamma mixtures, or the largest fall of a beta-binomial increment, whose largest rise is `other_scale`; normal mixtures
    /// use neither. Any choice is valid, a good one is tight.
    ///
    /// # Errors
    /// `InvalidArgument` for a `v_opt` or a scale that is not above 0 and finite, a `v_opt` above 1e18, and `alpha_opt` outside (0, 1), one-sided (0, 0.5).
    pub fn new(kind: MixtureKind, v_opt: f64, alpha_opt: f64, scale: f64, other_scale: f64) -> Result<Self> {
        for (name, value) in [("v_opt", v_opt), ("scale", scale), ("other_scale", other_scale)] {
            if !(value > 0.0 && value.is_finite()) {
                return Err(Error::argument(name, value, "above 0 and finite"));
            }
        }
        if v_opt > MOST {
            return Err(Error::argument("v_opt", v_opt, "at most 1e18"));
        }
        let two_sided = matches!(kind, MixtureKind::Normal | MixtureKind::BetaBinomial);
        let most = if two_sided { 1.0 } else { 0.5 };
        if !(alpha_opt > 0.0 && alpha_opt < most) {
            let accepted = if two_sided { "inside (0, 1)" } else { "inside (0, 0.5)" };
            return Err(Error::argument("alpha_opt", alpha_opt, accepted));
        }
        let mut precision = best_precision(v_opt, if two_sided { alpha_opt } else { 2.0 * alpha_opt });
        if matches!(kind, MixtureKind::BetaBinomial | MixtureKind::BetaBinomialOneSided) {
            // The variance of one increment is part of what a beta prior counts.
            precision = (precision - scale * other_scale).max(1e-3 * scale * other_scale);
        }
        Ok(Self { kind, precision, scale, other_scale })
    }

    /// A mixture whose prior has a given precision; its scales are 1.
    pub(super) fn with_precision(kind: MixtureKind, precision: f64) -> Self {
        Self { kind, precision, scale: 1.0, other_scale: 1.0 }
    }

    /// The precision of the prior, in units of variance.
    pub fn precision(&self) -> f64 {
        self.precision
    }

    /// ln m(s, v): the evidence that the sum `s` with variance so far `v` gives against a mean of 0.
    ///
    /// -infinity where the sum is so low that the mixture's formula ends (gamma mixtures: at `-(v + precision) / scale`), which is no evidence; NaN
    /// for `v` below 0 or above 1e18. Sums beyond 1e18 count as that.
    pub fn ln_mixture(&self, s: f64, v: f64) -> f64 {
        if !(0.0..=MOST).contains(&v) || s.is_nan() {
            return f64::NAN;
        }
        // More of a sum is no less evidence.
        let s = s.clamp(-MOST, MOST);
        let (rho, c) = (self.precision, self.scale);
        match self.kind {
            MixtureKind::Normal => normal(s, v, rho),
            MixtureKind::NormalOneSided => {
                normal(s, v, rho) + LN_2 + ln_normal_probability(s / (v + rho).sqrt())
            }
            MixtureKind::GammaExponential => {
                let (prior, a, b) = (rho / (c * c), (v + rho) / (c * c), (c * s + v + rho) / (c * c));
                if b <= 0.0 {
                    return f64::NEG_INFINITY;
                }
                ln_gamma_reg_lower(a, b) - ln_gamma_kernel(a, b) - ln_gamma_reg_lower(prior, prior)
                    + ln_gamma_kernel(prior, prior)
                    + (prior / a).ln()
            }
            MixtureKind::GammaPoisson => {
                let (prior, a, b) = (rho / (c * c), (c * s + v + rho) / (c * c), (v + rho) / (c * c));
                if a <= 0.0 {
                    return f64::NEG_INFINITY;
                }
                ln_gamma_reg_upper(a, b) - ln_gamma_kernel(a, b) - ln_gamma_reg_upper(prior, prior)
                    + ln_gamma_kernel(prior, prior)
                    + (prior / a).ln()
            }
            MixtureKind::BetaBinomial | MixtureKind::BetaBinomialOneSided => self.beta_binomial(s, v),
        }
    }

    fn beta_binomial(&self, s: f64, v: f64) -> f64 {
        let (fall, rise) = (self.scale, self.other_scale);
        let range = fall + rise;
        let (p, q) = (fall / range, rise / range);
        let (a0, b0) = (self.precision / (rise * range), self.precision / (fall * range));
        let (a, b) = (a0 + (s + v / rise) / range, b0 + (v / fall - s) / range);
        if !(a > 0.0 && b > 0.0) {
            return f64::NAN;
        }
        let both = ln_beta_kernel(a0, b0, p, q) - ln_beta_kernel(a, b, p, q);
        if self.kind == MixtureKind::BetaBinomial {
            return both;
        }
        both + ln_beta_reg(b, a, q, p) - ln_beta_reg(b0, a0, q, p)
    }

    /// The always-valid p-value of a sum: `min(1, 1 / m(s, v))`, and its logarithm.
    pub fn p_value(&self, s: f64, v: f64) -> (f64, f64) {
        let ln_p = -self.ln_mixture(s, v).max(0.0);
        (ln_p.exp(), ln_p)
    }

    /// What the sum (two-sided: its modulus) exceeds at any time with probability at most alpha, at variance so far `v`.
    ///
    /// Infinite where no sum of that variance could be enough.
    ///
    /// # Errors
    /// `InvalidArgument` for `v` below 0 or above 1e18, and alpha outside (0, 1).
    pub fn bound(&self, v: f64, alpha: f64) -> Result<f64> {
        check_alpha(alpha)?;
        if !(0.0..=MOST).contains(&v) {
            return Err(Error::argument("v", v, "between 0 and 1e18"));
        }
        let goal = -alpha.ln();
        let normal = ((v + self.precision) * (2.0 * goal + (v / self.precision).ln_1p())).sqrt();
        if self.kind == MixtureKind::Normal {
            return Ok(normal);
        }
        let most = match self.kind {
            MixtureKind::BetaBinomial | MixtureKind::BetaBinomialOneSided => v / self.scale,
            _ => f64::INFINITY,
        };
        let mut high = normal.min(most);
        while self.ln_mixture(high, v) < goal {
            if high >= most || high > f64::MAX / 4.0 {
                return Ok(f64::INFINITY);
            }
            high = (2.0 * high).min(most);
        }
        Ok(root_between(|s| self.ln_mixture(s, v) - goal, 0.0, high))
    }
}

/// Howard et al. (2021), eq. 3.7, as a logarithm.
fn normal(s: f64, v: f64, rho: f64) -> f64 {
    0.5 * (s * s / (v + rho) - (v / rho).ln_1p())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixtures_by_mpmath() {
        use MixtureKind::{
            BetaBinomial, BetaBinomialOneSided, GammaExponential, GammaPoisson, NormalOneSided,
        };
        // The closed forms of the paper with 60 digits: (kind, v_opt, scales, s, v).
        for (kind, v_opt, scales, s, v, known) in [
            (NormalOneSided, 100.0, (1.0, 1.0), -60.0, 100.0, -2.970_027_816_275_319_7),
            (NormalOneSided, 100.0, (1.0, 1.0), 500.0, 10_000.0, 9.947_492_719_988_355),
            (GammaExponential, 100.0, (2.0, 1.0), 30.0, 100.0, 2.460_568_422_133_726),
            (GammaExponential, 500.0, (0.5, 1.0), 150.0, 2000.0, 4.326_926_324_926_725),
            (GammaExponential, 100.0, (2.0, 1.0), -20.0, 100.0, -2.119_821_676_953_809_4),
            (GammaPoisson, 100.0, (2.0, 1.0), 30.0, 100.0, 2.955_803_933_018_844),
            (GammaPoisson, 500.0, (0.5, 1.0), 150.0, 2000.0, 4.401_951_591_321_879),
            (GammaPoisson, 100.0, (2.0, 1.0), -20.0, 100.0, -1.917_736_386_552_005),
            (BetaBinomial, 25.0, (0.5, 0.5), 50.0, 250.0, 2.700_262_261_189_87),
            (BetaBinomial, 20.0, (0.05, 0.95), 30.0, 95.0, 2.254_755_986_256_036),
            (BetaBinomial, 20.0, (0.05, 0.95), -8.0, 95.0, -1.492_961_587_621_765),
            (BetaBinomial, 50.0, (2.0, 3.0), 40.0, 1000.0, -4.603_210_407_222_197),
            (BetaBinomialOneSided, 25.0, (0.5, 0.5), 50.0, 250.0, 3.501_753_364_594_998),
            (BetaBinomialOneSided, 20.0, (0.05, 0.95), 30.0, 95.0, 3.185_558_667_039_377),
            (BetaBinomialOneSided, 20.0, (0.05, 0.95), -8.0, 95.0, -2.158_035_442_630_432),
            (BetaBinomialOneSided, 50.0, (2.0, 3.0), 40.0, 1000.0, -2.159_551_816_204_136_5),
        ] {
            let mixture = MixtureBound::new(kind, v_opt, 0.05, scales.0, scales.1).unwrap();
            let value = mixture.ln_mixture(s, v);
            assert!((value - known).abs() < 2e-12, "{} {s} {v}: {value} {known}", kind.name());
        }
    }
}
