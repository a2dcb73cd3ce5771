//! What is known of an effect whose estimate is about normal.

use std::f64::consts::PI;

use serde::{Deserialize, Serialize};

use super::bayes_result::{BayesOptions, BayesResult, between};
use super::group_sequential_look::check_effect;
use super::interval::Interval;
use super::log_integral::{Bend, ln_integral};
use super::test_options::Contrast;
use crate::error::{Error, Result};
use crate::math::{
    ln_normal_upper, ln_rising, ln_student_t_upper, normal_quantile, normal_upper, student_t_quantile,
    student_t_upper,
};

/// What is known of an effect before the experiment: normal around `mean`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct NormalPrior {
    /// The mean.
    pub mean: f64,
    /// The standard deviation; above 0.
    pub deviation: f64,
}

/// What is known of an effect: a normal distribution, or Student's where the variance was estimated from few data.
///
/// ```
/// use crm_core::experiment::{EffectPosterior, NormalPrior};
/// let prior = NormalPrior { mean: 0.0, deviation: 0.03 };
/// let effect = EffectPosterior::with_prior(0.05, 0.04, &prior)?;
/// // Precisions add up: 625 and 1111.1.
/// assert!((effect.mean() - 0.018).abs() < 1e-15 && (effect.scale() - 0.024).abs() < 1e-15);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Gelman et al. (2013), "Bayesian Data Analysis", third edition, sections 2.5 and 3.2.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EffectPosterior {
    mean: f64,
    scale: f64,
    degrees_of_freedom: f64,
}

impl EffectPosterior {
    /// From an estimate and its standard error alone, under a flat prior: N(estimate, `standard_error^2`), or Student's distribution with that scale
    /// where the variance has few degrees of freedom (infinite: known).
    ///
    /// # Errors
    /// `InvalidArgument` for an estimate that is not finite, a standard error not above 0, and degrees of freedom of at most 1 (the expected loss
    /// would be infinite).
    pub fn new(estimate: f64, standard_error: f64, degrees_of_freedom: f64) -> Result<Self> {
        check_effect(estimate, standard_error, 0.0)?;
        if standard_error == 0.0 {
            return Err(Error::argument("standard_error", 0, "above 0"));
        }
        if degrees_of_freedom.is_nan() || degrees_of_freedom <= 1.0 {
            return Err(Error::argument("degrees_of_freedom", degrees_of_freedom, "above 1, or infinite"));
        }
        Ok(Self { mean: estimate, scale: standard_error, degrees_of_freedom })
    }

    /// From an estimate and a normal prior, the standard error taken as known: precisions `1 / deviation^2` add up.
    ///
    /// # Errors
    /// As [`EffectPosterior::new`], and for a prior whose mean is not finite or whose deviation is not above 0 and finite.
    pub fn with_prior(estimate: f64, standard_error: f64, prior: &NormalPrior) -> Result<Self> {
        let flat = Self::new(estimate, standard_error, f64::INFINITY)?;
        if !prior.mean.is_finite() {
            return Err(Error::argument("prior_mean", prior.mean, "finite"));
        }
        if !(prior.deviation > 0.0 && prior.deviation.is_finite()) {
            return Err(Error::argument("prior_deviation", prior.deviation, "above 0 and finite"));
        }
        // The data's weight, free of the unit.
        let weight = 1.0 / (1.0 + (standard_error / prior.deviation).powi(2));
        let mean = prior.mean + weight * (estimate - prior.mean);
        Ok(Self { mean, scale: weight.sqrt() * flat.scale, degrees_of_freedom: f64::INFINITY })
    }

    /// From an estimate, and a prior if there is one: [`EffectPosterior::with_prior`], else [`EffectPosterior::new`].
    ///
    /// # Errors
    /// As those, and `InvalidArgument` for finite degrees of freedom together with a prior, which takes the standard error as known.
    pub fn of_estimate(
        estimate: f64,
        standard_error: f64,
        degrees_of_freedom: f64,
        prior: Option<&NormalPrior>,
    ) -> Result<Self> {
        let Some(prior) = prior else { return Self::new(estimate, standard_error, degrees_of_freedom) };
        if degrees_of_freedom != f64::INFINITY {
            let accepted = "infinite together with a prior";
            return Err(Error::argument("degrees_of_freedom", degrees_of_freedom, accepted));
        }
        Self::with_prior(estimate, standard_error, prior)
    }

    /// The mean.
    pub fn mean(&self) -> f64 {
        self.mean
    }

    /// The standard deviation, or the scale of Student's distribution.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Degrees of freedom; infinite for the normal distribution.
    pub fn degrees_of_freedom(&self) -> f64 {
        self.degrees_of_freedom
    }

    /// The standard deviation: the scale times `sqrt(df / (df - 2))`; infinite for at most 2 degrees of freedom.
    pub fn deviation(&self) -> f64 {
        let df = self.degrees_of_freedom;
        if df.is_infinite() {
            self.scale
        } else if df > 2.0 {
            self.scale * (df / (df - 2.0)).sqrt()
        } else {
            f64::INFINITY
        }
    }

    /// P(effect > value) and its logarithm.
    pub fn probability_above(&self, value: f64) -> (f64, f64) {
        self.upper((value - self.mean) / self.scale)
    }

    /// P(effect < value) and its logarithm.
    pub fn probability_below(&self, value: f64) -> (f64, f64) {
        self.upper((self.mean - value) / self.scale)
    }

    fn upper(&self, z: f64) -> (f64, f64) {
        let df = self.degrees_of_freedom;
        if df.is_infinite() {
            (normal_upper(z), ln_normal_upper(z))
        } else {
            (student_t_upper(z, df), ln_student_t_upper(z, df))
        }
    }

    /// The logarithm of the density.
    pub(super) fn ln_density(&self, value: f64) -> f64 {
        let (z, df) = ((value - self.mean) / self.scale, self.degrees_of_freedom);
        let standard =
            if df.is_infinite() { -0.5 * z * z - 0.5 * (2.0 * PI).ln() } else { ln_student_density(z, df) };
        standard - self.scale.ln()
    }

    /// `E max(effect, 0)`: what doing without the effect is expected to lose.
    pub fn expected_gain(&self) -> f64 {
        self.scale * self.mean_excess(-self.mean / self.scale)
    }

    /// `E max(-effect, 0)`: what going for the effect is expected to lose.
    pub fn expected_loss(&self) -> f64 {
        self.scale * self.mean_excess(self.mean / self.scale)
    }

    /// `E max(Z - z, 0)` of the standard distribution, without cancellation far out.
    fn mean_excess(&self, z: f64) -> f64 {
        if z < 0.0 {
            return self.mean_excess(-z) - z;
        }
        let df = self.degrees_of_freedom;
        if df.is_infinite() {
            return normal_mean_excess(z);
        }
        student_mean_excess(z, df)
    }

    /// The interval that holds the effect with probability 1 - alpha, equal-tailed and shortest at once.
    fn interval(&self, alpha: f64) -> Interval {
        let df = self.degrees_of_freedom;
        let z =
            if df.is_infinite() { normal_quantile(0.5 * alpha) } else { student_t_quantile(0.5 * alpha, df) };
        Interval::bounded(self.mean + z * self.scale, self.mean - z * self.scale)
    }

    /// Who is better, what either choice risks and how large the effect is; the effect is target minus control.
    ///
    /// ```
    /// use crm_core::experiment::{BayesOptions, EffectPosterior};
    /// let effect = EffectPosterior::new(1.0, 0.02, f64::INFINITY)?;
    /// let result = effect.decide(&BayesOptions::default())?;
    /// assert!((result.ln_p_control_better + 1254.831_361_139_42).abs() < 1e-9);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`BayesOptions::check`]; the contrast must be the difference.
    pub fn decide(&self, options: &BayesOptions) -> Result<BayesResult> {
        options.check()?;
        if options.contrast != Contrast::Difference {
            return Err(Error::argument("contrast", options.contrast.name(), "difference"));
        }
        let (p_target_better, ln_p_target_better) = self.probability_above(0.0);
        let (p_control_better, ln_p_control_better) = self.probability_below(0.0);
        let below = |value: f64| self.probability_below(value).0;
        let above = |value: f64| self.probability_above(value).0;
        let (lower, upper) = (options.rope_lower, options.rope_upper);
        Ok(BayesResult {
            contrast: Contrast::Difference,
            estimate: self.mean,
            deviation: self.deviation(),
            interval: self.interval(options.alpha),
            p_target_better,
            ln_p_target_better,
            p_control_better,
            ln_p_control_better,
            loss_target: self.expected_loss(),
            loss_control: self.expected_gain(),
            p_below_rope: below(lower),
            p_in_rope: between(below(lower), above(lower), below(upper), above(upper)),
            p_above_rope: above(upper),
        })
    }
}

/// `phi(z) - z P(Z > z)` for z of at least 0.
///
/// With Mills' ratio as the continued fraction `1 / (z + 1 / (z + 2 / (z + ...)))` (DLMF 7.9.1), it is `phi(z) k / (z + k)`, `k = 1 / (z + 2 / (z + 3 /
/// ...))`: a product.
fn normal_mean_excess(z: f64) -> f64 {
    let density = (-0.5 * z * z).exp() / (2.0 * PI).sqrt();
    if z < 3.0 {
        return density - z * normal_upper(z);
    }
    let k = (1..=80).rev().fold(0.0, |rest, n| f64::from(n) / (z + rest));
    // The fold ends with 1 / (z + 2 / ...), which is Mills' k.
    density * k / (z + k)
}

/// `E max(T - t, 0)` of Student's distribution for t of at least 0: `f(t) (df + t^2) / (df - 1) - t P(T > t)`.
///
/// Far out the two terms cancel; there the tail is integrated instead.
fn student_mean_excess(t: f64, df: f64) -> f64 {
    let tail = student_t_upper(t, df);
    let first = ln_student_density(t, df).exp() * (df + t * t) / (df - 1.0);
    let difference = first - t * tail;
    if difference > 0.1 * first {
        return difference;
    }
    // Integral of P(T > x) from t on, in the logarithm of x / t, where it falls at least as fast as exp(-(df - 1) u).
    let log_f = |u: f64| {
        if u < 0.0 { f64::NEG_INFINITY } else { ln_student_t_upper(t * u.exp(), df) + u }
    };
    let width = (1.0 / (df.min(t * t) + 1.0)).max(1e-12);
    let bends = [Bend { place: 0.0, width }];
    t * ln_integral(&log_f, 0.0, width, &bends, 1.0).exp()
}

/// The logarithm of the density of Student's distribution.
fn ln_student_density(t: f64, df: f64) -> f64 {
    ln_rising(0.5 * df, 0.5) - 0.5 * (df * PI).ln() - 0.5 * (df + 1.0) * (t * t / df).ln_1p()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_excess_by_mpmath() {
        // quad(lambda x: (x - z) * density(x), [z, inf]) with 40 digits.
        for (z, known) in NORMAL_EXCESS {
            let value = normal_mean_excess(z);
            assert!((value / known - 1.0).abs() < 2e-14, "{z}: {value} {known}");
        }
        for (t, df, known) in STUDENT_EXCESS {
            let value = student_mean_excess(t, df);
            assert!((value / known - 1.0).abs() < 1e-11, "{t} {df}: {value} {known}");
        }
    }

    const NORMAL_EXCESS: [(f64, f64); 6] = [
        (0.0, 0.398_942_280_401_432_7),
        (0.5, 0.197_796_557_401_306_03),
        (2.5, 0.002_004_137_179_128_199_4),
        (3.5, 5.848_091_842_142_244e-5),
        (10.0, 7.474_560_254_589_328e-25),
        (36.0, 1.160_053_933_372_632_9e-285),
    ];
    const STUDENT_EXCESS: [(f64, f64, f64); 8] = [
        (0.0, 5.0, 0.474_508_362_278_118_04),
        (1.0, 1.5, 0.674_086_884_866_414_5),
        (2.0, 30.0, 0.012_029_346_471_662_785),
        (6.0, 8.0, 0.000_162_470_013_449_600_55),
        (12.0, 200.0, 1.721_373_471_084_239_1e-26),
        (40.0, 3.0, 0.000_344_193_424_931_349_8),
        (1000.0, 1.5, 0.023_848_960_978_246_098),
        (30.0, 1000.0, 4.862_775_411_235_992e-143),
    ];
}
