//! Plans of tests of one rate.

use crm_core::experiment::{Alternative, CountedTails, EffectDirection, RateMethod, RatePlan};

use super::planning::put;
use crate::guard::guard;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// A size with which a test of one rate has the power asked for. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_rate_sample_size {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Customers.
    pub count: u64,
    /// The power with them: at least what was asked for, as it is with every larger size.
    pub power: f64,
}

sized_structs!(crm_rate_sample_size);

fn plan(null: f64, method: i32, alternative: i32, alpha: f64, tails: i32) -> Outcome<RatePlan> {
    let (method, alternative) = (RateMethod::from_code(method)?, Alternative::from_code(alternative)?);
    Ok(RatePlan::new(null, method, alternative, alpha, CountedTails::from_code(tails)?)?)
}

/// The exact power of a test of one rate against `null`, by a `crm_rate_method`, a `crm_alternative`, a level up to 0.3 and
/// `crm_counted_tails`, for a rate and a number of customers.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for rates and levels outside their range and no customers, and with
/// `CRM_STATUS_OUT_OF_RANGE` for more than 2^53 of them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_rate_power(
    null: f64,
    method: i32,
    alternative: i32,
    alpha: f64,
    tails: i32,
    rate: f64,
    count: u64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe { put(out, || Ok(plan(null, method, alternative, alpha, tails)?.power(rate, count)?)) })
}

/// The least size from which on a test of one rate keeps a power, which is a saw tooth. Set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a rate on the null or its wrong side, a power outside (alpha, 1) and what
/// `crm_plan_rate_power` refuses, and with `CRM_STATUS_OUT_OF_RANGE` where more than ten million customers are needed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_rate_sample_size(
    null: f64,
    method: i32,
    alternative: i32,
    alpha: f64,
    tails: i32,
    rate: f64,
    power: f64,
    out: *mut crm_rate_sample_size,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let size = plan(null, method, alternative, alpha, tails)?.sample_size(rate, power)?;
        out.put(crm_rate_sample_size {
            struct_size: size_of::<crm_rate_sample_size>(),
            count: size.count,
            power: size.power,
        })
    })
}

/// The rate next to the null, in a `crm_effect_direction`, that a test of one rate finds with that power.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a power that no rate reaches, a direction that the alternative does not look
/// for, and what `crm_plan_rate_power` refuses.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_plan_rate_detectable(
    null: f64,
    method: i32,
    alternative: i32,
    alpha: f64,
    tails: i32,
    count: u64,
    power: f64,
    direction: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        put(out, || {
            let direction = EffectDirection::from_code(direction)?;
            Ok(plan(null, method, alternative, alpha, tails)?.detectable(count, power, direction)?)
        })
    })
}
