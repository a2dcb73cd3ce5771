//! Plans of exact tests of two rates.

use crm_core::experiment::{EffectDirection, ExactProportionPlan, ProportionMethod};

use super::planning::{crm_plan_options, crm_sample_size, put};
use crate::guard::guard;
use crate::sized;
use crate::status::{Outcome, crm_status};

/// # Safety
/// As [`crm_plan_options::take`].
unsafe fn exact(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
) -> Outcome<ExactProportionPlan> {
    // SAFETY: as the caller promises.
    let options = unsafe { crm_plan_options::take(options) }?;
    Ok(ExactProportionPlan::new(control_rate, ProportionMethod::from_code(method)?, options)?)
}

/// The power of an exact test of two rates, by a `crm_proportion_method` that is exact, summed over all tables that the test
/// rejects; the control has `control_per_target` times the size of the target, rounded up. `options` may be NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for rates outside their range, a size of 0, a method that is not exact and options
/// that make no sense, and with `CRM_STATUS_OUT_OF_RANGE` for sizes that the test does not take.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_exact_power(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
    target_rate: f64,
    target_count: u64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        put(out, || Ok(exact(control_rate, method, options)?.power(target_rate, target_count)?))
    })
}

/// The least sizes from which on an exact test of two rates keeps a power, which is a saw tooth. Set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a rate on the null or its wrong side, a power outside (alpha, 1) and what
/// `crm_plan_exact_power` refuses, and with `CRM_STATUS_OUT_OF_RANGE` where more customers are needed than the test takes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_exact_sample_size(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
    target_rate: f64,
    power: f64,
    out: *mut crm_sample_size,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(exact(control_rate, method, options)?.sample_size(target_rate, power)?.into())
    })
}

/// The rate of the target next to the null, in a `crm_effect_direction`, that an exact test finds with that power.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a power that no rate reaches, a direction that the alternative does not look
/// for, and what `crm_plan_exact_power` refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_exact_detectable(
    control_rate: f64,
    method: i32,
    options: *const crm_plan_options,
    target_count: u64,
    power: f64,
    direction: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        put(out, || {
            let direction = EffectDirection::from_code(direction)?;
            Ok(exact(control_rate, method, options)?.detectable(target_count, power, direction)?)
        })
    })
}
