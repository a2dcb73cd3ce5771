//! sBG: how long customers with a contract stay.

use std::ffi::c_char;

use crm_core::clv::RetentionModel;

use super::report::{Report, crm_fit_report};
use super::retention_data::crm_retention_data;
use super::time::{crm_discount_rate, crm_horizon, unit};
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, place, places, text};
use crate::status::{Outcome, crm_status};

/// The shifted beta-geometric model of contract lengths, with its parameters and the length of its periods. Free with
/// `crm_retention_model_free`. Immutable: any number of threads may use it at once.
pub struct crm_retention_model {
    _opaque: (),
}

handles! { crm_retention_model holds RetentionModel, tag b"crmRETMO"; }

/// A value for each of some numbers of periods.
///
/// # Safety
/// `model` is null or a live handle, and the arrays are null or as long as `length` says.
unsafe fn each(
    model: *const crm_retention_model,
    argument: &str,
    periods: *const u32,
    length: usize,
    out: *mut f64,
    value: impl Fn(&RetentionModel, u32) -> f64,
) -> Outcome<()> {
    // SAFETY: as the caller promises.
    unsafe {
        let model = handle::get("model", model)?;
        let periods = array(argument, periods, length)?;
        places("out", out, length, length)?.fill(periods.iter().map(|&period| value(model, period)));
    }
    Ok(())
}

/// Fits the model by maximum likelihood; `l2` above 0 subtracts so many times the sum of the squared log-parameters from the
/// log-likelihood per customer.
///
/// Data without a maximum inside the range of the parameters are a success whose report warns: nobody or everybody left, or
/// churn does not fall from period to period.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_retention_model_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a penalty that is negative or not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_fit(
    data: *const crm_retention_data,
    l2: f64,
    out: *mut *mut crm_retention_model,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(RetentionModel::fit(handle::get("data", data)?, l2)?);
        Ok(())
    })
}

/// The model with given parameters, for periods of a `crm_time_unit`.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_retention_model_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for parameters that are not finite and above 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_from_parameters(
    alpha: f64,
    beta: f64,
    time_unit: i32,
    out: *mut *mut crm_retention_model,
) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(RetentionModel::from_parameters(alpha, beta, unit("time_unit", time_unit)?)?);
        Ok(())
    })
}

/// The first parameter of the distribution of churn probabilities; NaN, with the thread's last error set, if `model` is NULL
/// or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_alpha(model: *const crm_retention_model) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("model", model)?.alpha()) })
}

/// The second parameter of the distribution of churn probabilities; NaN, with the thread's last error set, if `model` is
/// NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_beta(model: *const crm_retention_model) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("model", model)?.beta()) })
}

/// The length of a period, a `crm_time_unit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_time_unit(
    model: *const crm_retention_model,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.unit() as i32));
        Ok(())
    })
}

/// How the model was fitted, as a report of its own.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_fit_report_free`. Fails with
/// `CRM_STATUS_MISSING_VALUE` for a model with given parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_report(
    model: *const crm_retention_model,
    out: *mut *mut crm_fit_report,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Report::of(handle::get("model", model)?.report())?);
        Ok(())
    })
}

/// The log-likelihood of some data under the model.
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` if their periods have another length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_log_likelihood(
    model: *const crm_retention_model,
    data: *const crm_retention_data,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let model = handle::get("model", model)?;
        out.fill(std::iter::once(model.log_likelihood(handle::get("data", data)?)?));
        Ok(())
    })
}

/// The share of a cohort that is there after each of `length` numbers of renewal decisions, 1 after none. `out` has room for
/// `length` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_survival(
    model: *const crm_retention_model,
    periods: *const u32,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of that length, or null.
    guard(|| unsafe { each(model, "periods", periods, length, out, RetentionModel::survival) })
}

/// P(there after each of `length` numbers of further renewal decisions | there after `renewals`). `out` has room for
/// `length` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_residual_survival(
    model: *const crm_retention_model,
    renewals: u32,
    further: *const u32,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of that length, or null.
    guard(|| unsafe {
        each(model, "further", further, length, out, |model, further| {
            model.residual_survival(renewals, further)
        })
    })
}

/// The share that renews in each of `length` periods (from 1) of those who are there, 1 for period 0. `out` has room for
/// `length` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_retention_rate(
    model: *const crm_retention_model,
    periods: *const u32,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of that length, or null.
    guard(|| unsafe { each(model, "periods", periods, length, out, RetentionModel::retention_rate) })
}

/// The share of a cohort that leaves in each of `length` periods (from 1), 0 for period 0. `out` has room for `length`
/// values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_churn_probability(
    model: *const crm_retention_model,
    periods: *const u32,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of that length, or null.
    guard(|| unsafe { each(model, "periods", periods, length, out, RetentionModel::churn_probability) })
}

/// The expected number of periods of a new customer, the first included; infinite unless alpha is above 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_expected_lifetime(
    model: *const crm_retention_model,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.expected_lifetime()));
        Ok(())
    })
}

/// The expected number of further renewals of customers who have renewed so often, for each of `length` numbers; infinite
/// unless alpha is above 1. `out` has room for `length` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_expected_residual_lifetime(
    model: *const crm_retention_model,
    renewals: *const u32,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of that length, or null.
    guard(|| unsafe {
        each(model, "renewals", renewals, length, out, RetentionModel::expected_residual_lifetime)
    })
}

/// The discounted expected lifetime of a new customer (DEL): payments at the start of each period within the horizon, the
/// first of which is due now. Infinite for an endless horizon without discount unless alpha is above 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_discounted_lifetime(
    model: *const crm_retention_model,
    horizon: *const crm_horizon,
    discount_rate: *const crm_discount_rate,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, structs and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let model = handle::get("model", model)?;
        let horizon = crm_horizon::read("horizon", horizon)?;
        let rate = crm_discount_rate::read("discount_rate", discount_rate)?;
        out.fill(std::iter::once(model.discounted_lifetime(horizon, rate)));
        Ok(())
    })
}

/// The discounted expected residual lifetime (DERL) of customers who have renewed so often, for each of `length` numbers:
/// payments of the renewals within the horizon, of which the next one is due now, and not yet certain. `out` has room for
/// `length` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_discounted_residual_lifetime(
    model: *const crm_retention_model,
    renewals: *const u32,
    length: usize,
    horizon: *const crm_horizon,
    discount_rate: *const crm_discount_rate,
    out: *mut f64,
) -> crm_status {
    // SAFETY: as the caller promises there. A margin of 1 leaves the lifetimes as they are.
    unsafe { crm_retention_model_residual_values(model, renewals, length, 1.0, horizon, discount_rate, out) }
}

/// `crm_retention_model_discounted_residual_lifetime` of each of `length` customers, times the margin of a period: what they
/// will bring. `out` has room for `length` values.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a margin that is not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_residual_values(
    model: *const crm_retention_model,
    renewals: *const u32,
    length: usize,
    margin_per_period: f64,
    horizon: *const crm_horizon,
    discount_rate: *const crm_discount_rate,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, structs and arrays of that length, or null.
    guard(|| unsafe {
        let model = handle::get("model", model)?;
        let renewals = array("renewals", renewals, length)?;
        let horizon = crm_horizon::read("horizon", horizon)?;
        let rate = crm_discount_rate::read("discount_rate", discount_rate)?;
        let out = places("out", out, length, length)?;
        out.fill(model.residual_values(renewals, margin_per_period, horizon, rate)?.into_iter());
        Ok(())
    })
}

/// `crm_retention_model_discounted_lifetime` times the margin of a period: what a new customer is worth.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a margin that is not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_new_customer_value(
    model: *const crm_retention_model,
    margin_per_period: f64,
    horizon: *const crm_horizon,
    discount_rate: *const crm_discount_rate,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, structs and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let model = handle::get("model", model)?;
        let horizon = crm_horizon::read("horizon", horizon)?;
        let rate = crm_discount_rate::read("discount_rate", discount_rate)?;
        out.fill(std::iter::once(model.new_customer_value(margin_per_period, horizon, rate)?));
        Ok(())
    })
}

/// Draws the period in which each of `customers` new customers leaves, 0 for those who are there after `periods`. The same
/// seed gives the same customers on every machine. `out` has room for `customers` values.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_simulate(
    model: *const crm_retention_model,
    customers: usize,
    periods: u32,
    seed: u64,
    out: *mut u32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and an array of that length, or null.
    guard(|| unsafe {
        let model = handle::get("model", model)?;
        let out = places("out", out, customers, customers)?;
        out.fill(model.simulate(customers, periods, seed).into_iter().map(|left| left.unwrap_or(0)));
        Ok(())
    })
}

/// The model as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_to_json(
    model: *const crm_retention_model,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("model", model)?.to_json()?));
        Ok(())
    })
}

/// A model from its JSON text, a terminated string that is read during the call only.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_retention_model_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not such a model, and `CRM_STATUS_INCOMPATIBLE` if it is one of another version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_from_json(
    json: *const c_char,
    out: *mut *mut crm_retention_model,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(RetentionModel::from_json(text("json", json)?)?);
        Ok(())
    })
}

/// Frees a model; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_model_free(model: *mut crm_retention_model) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("model", model) });
}
