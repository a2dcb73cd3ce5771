//! The Gamma-Gamma model of what a purchase is worth.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::clv::SpendModel;

use super::options::crm_spend_fit_options;
use super::report::{Report, crm_fit_report};
use super::spend_data::crm_spend_data;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, place, places, text};
use crate::status::{c_text, crm_status};

/// The Gamma-Gamma model of spend per purchase. Free with `crm_spend_model_free`. Immutable: any number of threads may use
/// it at once.
pub struct crm_spend_model {
    _opaque: (),
}

/// What a spend model holds, with the currency as C sees it.
pub(crate) struct Model {
    pub(crate) model: SpendModel,
    currency: Option<CString>,
}

impl Model {
    fn new(model: SpendModel) -> Self {
        let currency = model.currency().map(c_text);
        Self { model, currency }
    }
}

handles! { crm_spend_model holds Model, tag b"crmSPEMO"; }

/// The parameters of a spend model, which are all positive. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_spend_parameters {
    /// The shape of the amounts of a customer.
    pub p: f64,
    /// The shape of the distribution of the customers' rates; spend has a mean over all customers if it is above 1.
    pub q: f64,
    /// The scale of the amounts, in units of money.
    pub v: f64,
}

/// Fits the model by maximum likelihood. `options` may be NULL for the defaults. Data without an interior maximum are fitted
/// at the end of the range, and the report warns: see `crm_fit_summary.is_sound`.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_spend_model_free`. Fails with
/// `CRM_STATUS_EMPTY` if no customer has a repeat purchase with a mean amount above 0, and `CRM_STATUS_INVALID_ARGUMENT` for
/// options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_fit(
    data: *const crm_spend_data,
    options: *const crm_spend_fit_options,
    out: *mut *mut crm_spend_model,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let data = &handle::get("data", data)?.data;
        let (l2, threads) = crm_spend_fit_options::take(options)?;
        out.put(Model::new(SpendModel::fit(data, l2, threads)?));
        Ok(())
    })
}

/// A model with given parameters.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_spend_model_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for parameters that are not finite and positive.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_from_parameters(
    p: f64,
    q: f64,
    v: f64,
    out: *mut *mut crm_spend_model,
) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Model::new(SpendModel::from_parameters(p, q, v)?));
        Ok(())
    })
}

/// A copy of a model whose v is in a currency, UTF-8 and copied: models and data in different currencies do not go together.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_spend_model_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_in_currency(
    model: *const crm_spend_model,
    currency: *const c_char,
    out: *mut *mut crm_spend_model,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = &handle::get("model", model)?.model;
        out.put(Model::new(model.clone().in_currency(text("currency", currency)?)));
        Ok(())
    })
}

/// The parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_parameters(
    model: *const crm_spend_model,
    out: *mut crm_spend_parameters,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let model = &handle::get("model", model)?.model;
        out.fill(std::iter::once(crm_spend_parameters { p: model.p(), q: model.q(), v: model.v() }));
        Ok(())
    })
}

/// The currency of v, which belongs to the model and lives as long; NULL if none was named, and, with the thread's last
/// error set, if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_currency(model: *const crm_spend_model) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(handle::get("model", model)?.currency.as_ref().map_or(ptr::null(), |currency| currency.as_ptr()))
    })
}

/// Number of customers that the fit left out because their mean spend is 0 or less; 0, with the thread's last error set, if
/// `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_excluded(model: *const crm_spend_model) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.model.excluded()) })
}

/// The correlation of number and mean of the purchases in the data of the fit, which the model takes for 0; NaN for a model
/// with given parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_correlation(
    model: *const crm_spend_model,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.model.correlation().unwrap_or(f64::NAN)));
        Ok(())
    })
}

/// How the model was fitted, as a report of its own.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_fit_report_free`. Fails with
/// `CRM_STATUS_MISSING_VALUE` for a model with given parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_report(
    model: *const crm_spend_model,
    out: *mut *mut crm_fit_report,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Report::of(handle::get("model", model)?.model.report())?);
        Ok(())
    })
}

/// The log-likelihood of other data under this model.
///
/// Fails with `CRM_STATUS_EMPTY` if no customer has a repeat purchase with a mean amount above 0, and
/// `CRM_STATUS_INCOMPATIBLE` for data in another currency.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_log_likelihood(
    model: *const crm_spend_model,
    data: *const crm_spend_data,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let model = &handle::get("model", model)?.model;
        out.fill(std::iter::once(model.log_likelihood(&handle::get("data", data)?.data)?));
        Ok(())
    })
}

/// The mean spend over all customers: what to expect of a customer without a repeat purchase.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` if q is 1 or less: there is no mean then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_population_mean(
    model: *const crm_spend_model,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.model.population_mean()?));
        Ok(())
    })
}

/// The expected mean spend of each of `length` customers, from their number of repeat purchases and the mean amount of
/// these, put into `out`, which has room for `length` values. A mean below 0 counts as 0; where there are no repeat
/// purchases it is not read, and the mean over all customers is expected.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` with the row for values that no customer can have, and for customers of whom too
/// little is known to have an expectation: those without repeat purchases if q is 1 or less.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_expected_mean_spend(
    model: *const crm_spend_model,
    repeat_purchases: *const f64,
    mean_spend: *const f64,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, and arrays and places of that length, or null.
    guard(|| unsafe {
        let model = &handle::get("model", model)?.model;
        let repeat_purchases = array("repeat_purchases", repeat_purchases, length)?;
        let mean_spend = array("mean_spend", mean_spend, length)?;
        let out = places("out", out, length, length)?;
        out.fill(model.expected_mean_spend(repeat_purchases, mean_spend)?.into_iter());
        Ok(())
    })
}

/// As `crm_spend_model_expected_mean_spend`, with NaN for customers who have no expectation.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_expected_mean_spend_where_defined(
    model: *const crm_spend_model,
    repeat_purchases: *const f64,
    mean_spend: *const f64,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, and arrays and places of that length, or null.
    guard(|| unsafe {
        let model = &handle::get("model", model)?.model;
        let repeat_purchases = array("repeat_purchases", repeat_purchases, length)?;
        let mean_spend = array("mean_spend", mean_spend, length)?;
        let out = places("out", out, length, length)?;
        let expected = model.expected_mean_spend_where_defined(repeat_purchases, mean_spend)?;
        out.fill(expected.into_iter().map(|mean| mean.unwrap_or(f64::NAN)));
        Ok(())
    })
}

/// Draws the mean amount of each of `length` new customers, given their number of purchases, and puts it into `out`, which
/// has room for `length` values; 0 for those without. The same seed gives the same amounts on every machine.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_simulate(
    model: *const crm_spend_model,
    repeat_purchases: *const u32,
    length: usize,
    seed: u64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, and an array and places of that length, or null.
    guard(|| unsafe {
        let model = &handle::get("model", model)?.model;
        let repeat_purchases = array("repeat_purchases", repeat_purchases, length)?;
        let out = places("out", out, length, length)?;
        out.fill(model.simulate(repeat_purchases, seed).into_iter());
        Ok(())
    })
}

/// The model as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_to_json(
    model: *const crm_spend_model,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("model", model)?.model.to_json()?));
        Ok(())
    })
}

/// A model from its JSON text, a terminated string that is read during the call only.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_spend_model_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not such a model, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_from_json(
    json: *const c_char,
    out: *mut *mut crm_spend_model,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Model::new(SpendModel::from_json(text("json", json)?)?));
        Ok(())
    })
}

/// Frees a model; NULL is accepted. No thread may use it, or its currency, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_model_free(model: *mut crm_spend_model) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("model", model) });
}
