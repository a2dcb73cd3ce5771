//! Bayesian comparisons.

use crm_core::Error;
use crm_core::experiment::{
    BayesOptions, BayesResult, BestArms, BetaPosterior, BetaPrior, Contrast, CredibleKind, EffectPosterior,
    NormalPrior, best_effect, best_rate, compare_rates_bayes,
};

use crate::guard::guard;
use crate::pointer::{array, optional_places, place};
use crate::sized::{self, sized_structs};
use crate::status::{Failure, Outcome, crm_status};

/// Which interval of a posterior is told.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_credible_kind {
    /// Equal probability on both sides.
    EqualTailed = 0,
    /// The shortest: all values inside are more probable than those outside.
    HighestDensity = 1,
}

/// A beta distribution: what is known of a rate. {1, 1} is uniform, {0.5, 0.5} Jeffreys' prior. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_beta {
    /// The first parameter, from 0.1 to 1e15: prior and conversions.
    pub alpha: f64,
    /// The second parameter, from 0.1 to 1e15: prior and failures.
    pub beta: f64,
}

impl crm_beta {
    /// # Safety
    /// `beta` is null or points to a distribution.
    unsafe fn read(argument: &str, beta: *const Self) -> Outcome<BetaPosterior> {
        if beta.is_null() {
            return Err(Failure::null(argument));
        }
        // SAFETY: not null, so a distribution, as the caller promises.
        unsafe { beta.read() }.checked(argument)
    }

    fn checked(self, argument: &str) -> Outcome<BetaPosterior> {
        let named = |error: Error| {
            let field = error.argument_name().unwrap_or_default().to_owned();
            error.on(format!("{argument}.{field}"))
        };
        Ok(BetaPosterior::from_parameters(self.alpha, self.beta).map_err(named)?)
    }
}

impl From<BetaPosterior> for crm_beta {
    fn from(posterior: BetaPosterior) -> Self {
        let (alpha, beta) = posterior.parameters();
        Self { alpha, beta }
    }
}

/// What is known of a rate after `conversions` of `trials`; `prior` may be NULL for the uniform one, and `out` may be it.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for more conversions than trials and a prior that makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_beta_after(
    prior: *const crm_beta,
    conversions: u64,
    trials: u64,
    out: *mut crm_beta,
) -> crm_status {
    // SAFETY: the caller gives a distribution and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let mut known = BetaPrior::default();
        if !prior.is_null() {
            (known.alpha, known.beta) = crm_beta::read("prior", prior)?.parameters();
        }
        out.fill(std::iter::once(BetaPosterior::new(conversions, trials, &known)?.into()));
        Ok(())
    })
}

/// The interval of a `crm_credible_kind` that holds the rate with probability 1 - alpha.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for parameters, a level or a kind that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_beta_interval(
    rate: *const crm_beta,
    alpha: f64,
    kind: i32,
    lower: *mut f64,
    upper: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a distribution and places, or null.
    guard(|| unsafe {
        let (lower, upper) = (place("lower", lower)?, place("upper", upper)?);
        let interval = crm_beta::read("rate", rate)?.interval(alpha, CredibleKind::from_code(kind)?)?;
        lower.fill(std::iter::once(interval.lower));
        upper.fill(std::iter::once(interval.upper));
        Ok(())
    })
}

/// What a Bayesian comparison is asked. Fill with `crm_bayes_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_bayes_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_contrast` for the interval and the region: the difference (default) or the lift, which is for rates only.
    pub contrast: i32,
    /// A `crm_credible_kind` (default `CRM_CREDIBLE_KIND_EQUAL_TAILED`).
    pub credible_interval: i32,
    /// 1 less the probability that the interval holds; inside (0, 1) (default 0.05).
    pub alpha: f64,
    /// The region of practical equivalence: from this value of the contrast (default 0) ...
    pub rope_lower: f64,
    /// ... to this one (default 0).
    pub rope_upper: f64,
}

/// What is known of an effect, and what either choice risks. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_bayes_result {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The posterior mean of the contrast; infinite for the lift over a control whose first parameter is at most 1.
    pub estimate: f64,
    /// The posterior standard deviation of the difference.
    pub deviation: f64,
    /// The lower end of what holds the contrast with probability 1 - alpha.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// P(target above control).
    pub p_target_better: f64,
    /// Its natural logarithm.
    pub ln_p_target_better: f64,
    /// P(control above target).
    pub p_control_better: f64,
    /// Its natural logarithm.
    pub ln_p_control_better: f64,
    /// What choosing the target is expected to lose.
    pub loss_target: f64,
    /// What choosing the control is expected to lose.
    pub loss_control: f64,
    /// P(contrast below the region of practical equivalence).
    pub p_below_rope: f64,
    /// P(contrast in the region of practical equivalence).
    pub p_in_rope: f64,
    /// P(contrast above the region of practical equivalence).
    pub p_above_rope: f64,
}

sized_structs!(crm_bayes_options, crm_bayes_result);

impl crm_bayes_options {
    fn new() -> Self {
        let core = BayesOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            contrast: core.contrast as i32,
            credible_interval: core.credible_interval as i32,
            alpha: core.alpha,
            rope_lower: core.rope_lower,
            rope_upper: core.rope_upper,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<BayesOptions> {
        if options.is_null() {
            return Ok(BayesOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        Ok(BayesOptions {
            contrast: Contrast::from_code(given.contrast)?,
            alpha: given.alpha,
            credible_interval: CredibleKind::from_code(given.credible_interval)?,
            rope_lower: given.rope_lower,
            rope_upper: given.rope_upper,
        })
    }
}

impl From<BayesResult> for crm_bayes_result {
    fn from(result: BayesResult) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            estimate: result.estimate,
            deviation: result.deviation,
            lower: result.interval.lower,
            upper: result.interval.upper,
            p_target_better: result.p_target_better,
            ln_p_target_better: result.ln_p_target_better,
            p_control_better: result.p_control_better,
            ln_p_control_better: result.ln_p_control_better,
            loss_target: result.loss_target,
            loss_control: result.loss_control,
            p_below_rope: result.p_below_rope,
            p_in_rope: result.p_in_rope,
            p_above_rope: result.p_above_rope,
        }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bayes_options_init(
    options: *mut crm_bayes_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_bayes_options::new()) })
}

/// Compares what is known of two rates: who is better, what either choice risks, and by how much they differ. `options` may be
/// NULL; set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for distributions and options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_rates_bayes(
    target: *const crm_beta,
    control: *const crm_beta,
    options: *const crm_bayes_options,
    out: *mut crm_bayes_result,
) -> crm_status {
    // SAFETY: the caller gives distributions and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) = (crm_beta::read("target", target)?, crm_beta::read("control", control)?);
        out.put(compare_rates_bayes(&target, &control, &crm_bayes_options::take(options)?)?.into())
    })
}

/// An effect, target minus control, as it was estimated, and what was known before. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_effect {
    /// The estimate.
    pub estimate: f64,
    /// Its standard error; above 0.
    pub standard_error: f64,
    /// Degrees of freedom of the variance, above 1; INFINITY if it is known, or as good as, and with a prior.
    pub degrees_of_freedom: f64,
    /// The prior's mean; used if `prior_deviation` is above 0.
    pub prior_mean: f64,
    /// The prior's standard deviation; 0 for a flat prior.
    pub prior_deviation: f64,
}

impl crm_effect {
    fn posterior(self) -> Outcome<EffectPosterior> {
        let prior = NormalPrior { mean: self.prior_mean, deviation: self.prior_deviation };
        let prior = (self.prior_deviation != 0.0).then_some(&prior);
        let (estimate, error) = (self.estimate, self.standard_error);
        Ok(EffectPosterior::of_estimate(estimate, error, self.degrees_of_freedom, prior)?)
    }

    /// # Safety
    /// `effect` is null or points to an effect.
    unsafe fn read(effect: *const Self) -> Outcome<EffectPosterior> {
        if effect.is_null() {
            return Err(Failure::null("effect"));
        }
        // SAFETY: not null, so an effect, as the caller promises.
        unsafe { effect.read() }.posterior()
    }
}

/// Who is better, what either choice risks and how large the effect is. `options` may be NULL; set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an effect and options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_decide_effect(
    effect: *const crm_effect,
    options: *const crm_bayes_options,
    out: *mut crm_bayes_result,
) -> crm_status {
    // SAFETY: the caller gives an effect and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(crm_effect::read(effect)?.decide(&crm_bayes_options::take(options)?)?.into())
    })
}

/// Fills the columns that are asked for.
///
/// # Safety
/// The pointers are null or hold as many places as there are arms.
unsafe fn put(best: BestArms, p_best: *mut f64, ln_p_best: *mut f64, expected_loss: *mut f64) -> Outcome<()> {
    let arms = best.p_best.len();
    // SAFETY: as the caller promises.
    let columns = unsafe {
        [
            (optional_places("p_best", p_best, arms)?, best.p_best),
            (optional_places("ln_p_best", ln_p_best, arms)?, best.ln_p_best),
            (optional_places("expected_loss", expected_loss, arms)?, best.expected_loss),
        ]
    };
    for (column, values) in columns {
        if let Some(column) = column {
            column.fill(values.into_iter());
        }
    }
    Ok(())
}

/// How probable it is that each of `count` rates is the largest, and what choosing it is expected to lose. Each of the arrays
/// holds `count` places, or is NULL.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for fewer than two arms or more than 1,000, and for parameters that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_best_rate(
    arms: *const crm_beta,
    count: usize,
    p_best: *mut f64,
    ln_p_best: *mut f64,
    expected_loss: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length, or null.
    guard(|| unsafe {
        let arms: Vec<BetaPosterior> =
            array("arms", arms, count)?.iter().map(|arm| arm.checked("arms")).collect::<Outcome<_>>()?;
        put(best_rate(&arms)?, p_best, ln_p_best, expected_loss)
    })
}

/// How probable it is that each of `count` independent effects is the largest, as `crm_best_rate`.
///
/// Fails as `crm_best_rate`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_best_effect(
    arms: *const crm_effect,
    count: usize,
    p_best: *mut f64,
    ln_p_best: *mut f64,
    expected_loss: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length, or null.
    guard(|| unsafe {
        let arms: Vec<EffectPosterior> =
            array("arms", arms, count)?.iter().map(|arm| arm.posterior()).collect::<Outcome<_>>()?;
        put(best_effect(&arms)?, p_best, ln_p_best, expected_loss)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_codes_are_those_of_the_core() {
        let options = crm_bayes_options::new();
        // SAFETY: the struct is as long as it says.
        assert_eq!(unsafe { crm_bayes_options::take(&raw const options) }.unwrap(), BayesOptions::default());
        let kinds = [crm_credible_kind::EqualTailed, crm_credible_kind::HighestDensity];
        let known = kinds.map(|code| CredibleKind::from_code(code as i32).unwrap());
        assert_eq!(known, *CredibleKind::ALL);
    }
}
