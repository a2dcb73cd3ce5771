//! Tests and bounds that may be looked at any time.

use crm_core::Error;
use crm_core::experiment::{
    Alternative, AlwaysValid, AlwaysValidMethod, AlwaysValidOptions, MixtureBound, MixtureKind, Stitching,
    always_valid, bernoulli_sequence, empirical_process_bound, quantile_sequence_p_value, stitched_bound,
};

use crate::guard::guard;
use crate::pointer::{array, optional_places, place};
use crate::sized::{self, sized_structs};
use crate::status::{Failure, Outcome, crm_status};

/// How evidence adds up.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_always_valid_method {
    /// The mixture sequential probability ratio test, with a normal prior on the effect.
    Msprt = 0,
    /// The asymptotic confidence sequence.
    Asymptotic = 1,
}

/// The tails that a sum may have, and the prior that is mixed over.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_mixture_kind {
    /// Sub-Gaussian sums, a normal prior; bounds the modulus.
    Normal = 0,
    /// Sub-Gaussian sums, a half-normal prior; bounds from above.
    NormalOneSided = 1,
    /// Sub-exponential sums of scale `scale`, a gamma prior; bounds from above.
    GammaExponential = 2,
    /// Sub-Poisson sums of scale `scale`, a gamma prior; bounds from above.
    GammaPoisson = 3,
    /// Sums of increments between `-scale` and `other_scale`, a beta prior.
    BetaBinomial = 4,
    /// The same with the prior on one side; bounds from above.
    BetaBinomialOneSided = 5,
}

/// What an always-valid test is asked. Fill with `crm_always_valid_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_always_valid_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_always_valid_method` (default `CRM_ALWAYS_VALID_METHOD_ASYMPTOTIC`).
    pub method: i32,
    /// A `crm_alternative`: two-sided (default), greater or less.
    pub alternative: i32,
    /// `Msprt`: the deviation of the prior, about the size of effects that matter. `Asymptotic`: the number of observations of
    /// all arms together at which the interval is nearly tightest (default 10,000). Above 0.
    pub tuning: f64,
    /// The probability of ever rejecting a null that is true; inside (0, 1) (default 0.05).
    pub alpha: f64,
    /// The effect under the null (default 0).
    pub null: f64,
    /// The planned share of the target, of target and control together, inside (0, 1), that a sequential test holds the arms of its looks
    /// against; NaN (default) for no plan. Looks by estimates, which know no customers, refuse one.
    pub target_share: f64,
}

/// What an always-valid test says at one moment. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_always_valid_result {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// (Estimate - null) / standard error.
    pub statistic: f64,
    /// The logarithm of the evidence against the null.
    pub ln_evidence: f64,
    /// min(1, 1 / evidence): under the null, ever at most alpha with probability at most alpha.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// The lower end of the confidence sequence here, which excludes the null if and only if the p-value is at most alpha.
    pub lower: f64,
    /// Its upper end.
    pub upper: f64,
    /// A `crm_test_status`: whether the data could answer.
    pub status: i32,
    /// 0.
    pub reserved: i32,
}

sized_structs!(crm_always_valid_options, crm_always_valid_result);

impl crm_always_valid_options {
    fn new() -> Self {
        let core = AlwaysValidOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            method: core.method as i32,
            alternative: core.alternative as i32,
            tuning: core.tuning,
            alpha: core.alpha,
            null: core.null,
            target_share: f64::NAN,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    pub(super) unsafe fn take(options: *const Self) -> Outcome<AlwaysValidOptions> {
        if options.is_null() {
            return Ok(AlwaysValidOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        Ok(AlwaysValidOptions {
            method: AlwaysValidMethod::from_code(given.method)?,
            tuning: given.tuning,
            alpha: given.alpha,
            alternative: Alternative::from_code(given.alternative)?,
            null: given.null,
            target_share: (!given.target_share.is_nan()).then_some(given.target_share),
        })
    }
}

impl From<AlwaysValid> for crm_always_valid_result {
    fn from(now: AlwaysValid) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            statistic: now.statistic,
            ln_evidence: now.ln_evidence,
            p_value: now.p_value,
            ln_p_value: now.ln_p_value,
            lower: now.interval.lower,
            upper: now.interval.upper,
            status: now.status as i32,
            reserved: 0,
        }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_always_valid_options_init(
    options: *mut crm_always_valid_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_always_valid_options::new()) })
}

/// What an always-valid test says about an effect with its standard error, after `observations` in all arms together (needed
/// for `Asymptotic` only). `options` may be NULL; set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for numbers and options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_always_valid(
    estimate: f64,
    standard_error: f64,
    observations: f64,
    options: *const crm_always_valid_options,
    out: *mut crm_always_valid_result,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let options = crm_always_valid_options::take(options)?;
        out.put(always_valid(estimate, standard_error, observations, &options)?.into())
    })
}

/// A mixture, tuned to be nearly tightest where the variance so far is `v_opt`. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_mixture {
    /// A `crm_mixture_kind`.
    pub kind: i32,
    /// Must be 0.
    pub reserved: i32,
    /// The variance so far at which the bound is nearly tightest; above 0.
    pub v_opt: f64,
    /// The level at which it is; inside (0, 1), one-sided (0, 0.5).
    pub alpha_opt: f64,
    /// That of the gamma mixtures, or the largest fall of a beta-binomial increment; above 0.
    pub scale: f64,
    /// The largest rise of a beta-binomial increment; above 0.
    pub other_scale: f64,
}

impl crm_mixture {
    /// # Safety
    /// `mixture` is null or points to a mixture.
    unsafe fn read(mixture: *const Self) -> Outcome<MixtureBound> {
        if mixture.is_null() {
            return Err(Failure::null("mixture"));
        }
        // SAFETY: not null, so a mixture, as the caller promises.
        let given = unsafe { mixture.read() };
        if given.reserved != 0 {
            return Err(Error::argument("reserved", given.reserved, "0").into());
        }
        let kind = MixtureKind::from_code(given.kind)?;
        Ok(MixtureBound::new(kind, given.v_opt, given.alpha_opt, given.scale, given.other_scale)?)
    }
}

/// The logarithm of the evidence that the sum `s` with variance so far `v` gives against a mean of 0.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a mixture that makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mixture_ln_evidence(
    mixture: *const crm_mixture,
    s: f64,
    v: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a mixture and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(crm_mixture::read(mixture)?.ln_mixture(s, v)));
        Ok(())
    })
}

/// What the sum (two-sided: its modulus) exceeds at any time with probability at most `alpha`, at variance so far `v`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a mixture, a variance or a level that makes no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mixture_bound(
    mixture: *const crm_mixture,
    v: f64,
    alpha: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a mixture and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(crm_mixture::read(mixture)?.bound(v, alpha)?));
        Ok(())
    })
}

/// The polynomial stitched bound of a sub-gamma sum at variance so far `v`: `v_min` is the variance below which it stays what
/// it is there, `scale` 0 for sub-Gaussian sums, `exponent` above 1 (1.4 is usual), `ratio` above 1 (2 is usual).
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for numbers that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_stitched_bound(
    v: f64,
    alpha: f64,
    v_min: f64,
    scale: f64,
    exponent: f64,
    ratio: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let bound = stitched_bound(v, alpha, &Stitching { v_min, scale, exponent, ratio })?;
        out.fill(std::iter::once(bound));
        Ok(())
    })
}

/// The radius of a band around the empirical distribution function that holds at all sample sizes from `t_min` on, at size
/// `t`; `a` is above 0.7072 (0.85 is usual).
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for numbers that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_empirical_process_bound(
    t: f64,
    alpha: f64,
    t_min: f64,
    a: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(empirical_process_bound(t, alpha, t_min, a)?));
        Ok(())
    })
}

/// The confidence sequence of one rate: at all sample sizes at once it holds the rate with probability at least 1 - alpha;
/// nearly tightest at `trials_opt` trials.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for more conversions than trials and numbers that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bernoulli_sequence(
    conversions: u64,
    trials: u64,
    alpha: f64,
    trials_opt: f64,
    lower: *mut f64,
    upper: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives places, or null.
    guard(|| unsafe {
        let (lower, upper) = (place("lower", lower)?, place("upper", upper)?);
        let interval = bernoulli_sequence(conversions, trials, alpha, trials_opt)?;
        lower.fill(std::iter::once(interval.lower));
        upper.fill(std::iter::once(interval.upper));
        Ok(())
    })
}

/// The always-valid p-value of equal quantiles of order `p` in two samples, from all values seen so far, and its logarithm
/// (`ln_p_value` may be NULL); nearly most sensitive at `observations_opt` values of an arm.
///
/// Fails with `CRM_STATUS_EMPTY` for an arm without values, `CRM_STATUS_INVALID_VALUE` for NaN, and
/// `CRM_STATUS_INVALID_ARGUMENT` for numbers that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_sequence_p_value(
    target: *const f64,
    target_length: usize,
    control: *const f64,
    control_length: usize,
    p: f64,
    observations_opt: f64,
    p_value: *mut f64,
    ln_p_value: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of those lengths and places, or null.
    guard(|| unsafe {
        let (p_place, ln_place) = (place("p_value", p_value)?, optional_places("ln_p_value", ln_p_value, 1)?);
        let target = array("target", target, target_length)?;
        let control = array("control", control, control_length)?;
        let (value, ln_value) = quantile_sequence_p_value(target, control, p, observations_opt)?;
        p_place.fill(std::iter::once(value));
        if let Some(ln_place) = ln_place {
            ln_place.fill(std::iter::once(ln_value));
        }
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_codes_are_those_of_the_core() {
        use crm_always_valid_method as M;
        use crm_mixture_kind as K;
        let options = crm_always_valid_options::new();
        // SAFETY: the struct is as long as it says.
        let taken = unsafe { crm_always_valid_options::take(&raw const options) }.unwrap();
        assert_eq!(taken, AlwaysValidOptions::default());
        let methods =
            [M::Msprt, M::Asymptotic].map(|code| AlwaysValidMethod::from_code(code as i32).unwrap());
        assert_eq!(methods, *AlwaysValidMethod::ALL);
        let kinds = [
            K::Normal,
            K::NormalOneSided,
            K::GammaExponential,
            K::GammaPoisson,
            K::BetaBinomial,
            K::BetaBinomialOneSided,
        ];
        assert_eq!(kinds.map(|code| MixtureKind::from_code(code as i32).unwrap()), *MixtureKind::ALL);
    }
}
