//! Plans of tests of ranks.

use crm_core::Threads;
use crm_core::experiment::{EffectDirection, RankPlan, RankPlanMethod};

use super::planning::{crm_plan_options, crm_sample_size, put};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::array;
use crate::sized;
use crate::status::crm_status;

/// Which test of ranks is planned, and with which variance.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_rank_plan_method {
    /// Mann and Whitney's test, with its variance under the null and that of its statistic as it will be.
    MannWhitney = 0,
    /// The test of Brunner and Munzel.
    BrunnerMunzel = 1,
    /// Mann and Whitney's test with the variance under the null for both, in large samples (Noether 1987).
    Noether = 2,
}

/// A planned test of ranks. The effect is the probability of superiority: that a target value is above a control value, ties one
/// half; 1/2 is none. Free with `crm_rank_plan_free`. Immutable: any number of threads may use it at once.
pub struct crm_rank_plan {
    _opaque: (),
}

handles! { crm_rank_plan holds RankPlan, tag b"crmRPLAN"; }

/// A plan by a `crm_rank_plan_method` for values that are normal after some rising transformation, with these standard
/// deviations. `options` may be NULL for the defaults; their null is a probability of superiority, by default 1/2.
///
/// `out` receives the plan, NULL if the call fails; the caller frees it with `crm_rank_plan_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for deviations that are not positive, margins, Dunnett's level, a null other than 1/2 for Mann
/// and Whitney's test, and options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_normal(
    target_deviation: f64,
    control_deviation: f64,
    method: i32,
    options: *const crm_plan_options,
    out: *mut *mut crm_rank_plan,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (options, method) = (crm_plan_options::take(options)?, RankPlanMethod::from_code(method)?);
        out.put(RankPlan::normal(target_deviation, control_deviation, method, options)?);
        Ok(())
    })
}

/// A plan for `length` ordered categories: shares or counts of both arms in each, from the lowest category to the highest.
///
/// Of other effects than theirs it is supposed that a part of the target's customers is as the target given, and the rest as the
/// control. The shares are taken as exact, however few customers they were counted from: arms of other sizes than a pilot's, and
/// effects other than its own, are extrapolated from it.
///
/// As `crm_rank_plan_normal`; fails with `CRM_STATUS_INVALID_VALUE` too for shares that are negative or not finite and for arms
/// of which neither tends to be higher, and with `CRM_STATUS_EMPTY` for an arm without any.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_from_categories(
    target: *const f64,
    control: *const f64,
    length: usize,
    method: i32,
    options: *const crm_plan_options,
    out: *mut *mut crm_rank_plan,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (target, control) = (array("target", target, length)?, array("control", control, length)?);
        let (options, method) = (crm_plan_options::take(options)?, RankPlanMethod::from_code(method)?);
        out.put(RankPlan::from_categories(target, control, method, options)?);
        Ok(())
    })
}

/// A plan for arms as in a pilot: values of both, in any order. `threads` is 0 for as many as there are.
///
/// As `crm_rank_plan_normal`; fails with `CRM_STATUS_EMPTY`, `CRM_STATUS_INVALID_VALUE` or `CRM_STATUS_OUT_OF_RANGE` for a
/// column that cannot be used, and for arms of which neither tends to be higher.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_from_samples(
    target: *const f64,
    target_length: usize,
    control: *const f64,
    control_length: usize,
    method: i32,
    options: *const crm_plan_options,
    threads: usize,
    out: *mut *mut crm_rank_plan,
) -> crm_status {
    // SAFETY: the caller gives arrays of those lengths, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let target = array("target", target, target_length)?;
        let control = array("control", control, control_length)?;
        let (options, method) = (crm_plan_options::take(options)?, RankPlanMethod::from_code(method)?);
        out.put(RankPlan::from_samples(target, control, method, options, Threads::from_count(threads)?)?);
        Ok(())
    })
}

/// The probability of superiority of the categories or samples given; NaN for normal values and for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_superiority(plan: *const crm_rank_plan) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("plan", plan)?.superiority().unwrap_or(f64::NAN)) })
}

/// The power for a probability of superiority and a size of the target; the control has `control_per_target` times the size.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an effect outside the range of the distributions and a size that is not positive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_power(
    plan: *const crm_rank_plan,
    superiority: f64,
    target_count: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe { put(out, || Ok(handle::get("plan", plan)?.power(superiority, target_count)?)) })
}

/// The least sizes for a power. Set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an effect on the null or its wrong side, a power outside (alpha, 1) and what
/// `crm_rank_plan_power` refuses, and with `CRM_STATUS_OUT_OF_RANGE` where more customers are needed than can be counted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_sample_size(
    plan: *const crm_rank_plan,
    superiority: f64,
    power: f64,
    out: *mut crm_sample_size,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(handle::get("plan", plan)?.sample_size(superiority, power)?.into())
    })
}

/// The probability of superiority next to the null, in a `crm_effect_direction`, that is found with that power.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a power that no effect reaches, a direction that the alternative does not look
/// for, and what `crm_rank_plan_sample_size` refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_detectable(
    plan: *const crm_rank_plan,
    target_count: f64,
    power: f64,
    direction: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        put(out, || {
            let direction = EffectDirection::from_code(direction)?;
            Ok(handle::get("plan", plan)?.detectable(target_count, power, direction)?)
        })
    })
}

/// Frees a plan; NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rank_plan_free(plan: *mut crm_rank_plan) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("plan", plan) });
}

/// The probability of superiority of normal values whose means differ so much.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a difference that is not finite and deviations that are not positive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_normal_superiority(
    difference: f64,
    target_deviation: f64,
    control_deviation: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        put(out, || Ok(RankPlan::normal_superiority(difference, target_deviation, control_deviation)?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_rank_plan_method as M;
        let codes = [M::MannWhitney, M::BrunnerMunzel, M::Noether].map(|code| code as i32);
        assert_eq!(codes.map(|code| RankPlanMethod::from_code(code).unwrap()), *RankPlanMethod::ALL);
    }
}
