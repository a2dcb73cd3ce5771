//! Models of how often customers buy, fitted or given, and what they predict.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::clv::{PurchaseKind, PurchaseModel};

use super::bootstrap::crm_bootstrap;
use super::interval::crm_intervals;
use super::options::crm_fit_options;
use super::predict::crm_prediction;
use super::purchase_data::{crm_purchase_data, put_window};
use super::report::{Report, crm_fit_report};
use super::simulate::crm_simulation;
use super::time::{crm_period, unit};
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, element, place, places, text};
use crate::status::{Outcome, c_text, crm_status};

/// A model of how often customers buy who do not say when they leave.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_purchase_kind {
    /// Customers may leave after each repeat purchase. Parameters r, alpha, a, b.
    BgNbd = 0,
    /// Customers may leave after each purchase, the first included. Parameters r, alpha, a, b.
    MbgNbd = 1,
    /// Customers may leave at any time. Parameters r, alpha, s, beta.
    ParetoNbd = 2,
    /// Customers buy or not at fixed opportunities, such as once a year. Parameters alpha, beta, gamma, delta.
    BgBb = 3,
}

/// A purchase model with its parameters, the unit of its times and the days that it was fitted on. Free with
/// `crm_purchase_model_free`. Immutable: any number of threads may use it at once.
pub struct crm_purchase_model {
    _opaque: (),
}

/// What a purchase model holds, with its names as C sees them.
pub(crate) struct Model {
    pub(crate) model: PurchaseModel,
    names: Vec<CString>,
}

impl Model {
    fn new(model: PurchaseModel) -> Self {
        let parameters = model.kind().info().parameters.iter().map(|name| c_text(name));
        let coefficients = model.coefficients();
        let names = parameters.chain(coefficients.iter().map(|(name, _)| c_text(name))).collect();
        Self { model, names }
    }

    fn estimates(&self) -> Vec<f64> {
        let coefficients = self.model.coefficients();
        self.model
            .parameters()
            .iter()
            .copied()
            .chain(coefficients.into_iter().map(|(_, value)| value))
            .collect()
    }
}

handles! { crm_purchase_model holds Model, tag b"crmPURMO"; }

fn kind(code: i32) -> Outcome<PurchaseKind> {
    choice("kind", code, &PurchaseKind::ALL)
}

/// Fits a model, a `crm_purchase_kind`, by maximum likelihood. `options` may be NULL for the defaults.
///
/// A fit without a maximum inside the range of the parameters, or one that the data do not identify, is a success whose
/// report warns: see `crm_fit_summary.is_sound`.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_purchase_model_free`. Fails with
/// `CRM_STATUS_INVALID_VALUE` if no customer has a repeat purchase, or for opportunities that are not whole,
/// `CRM_STATUS_MISSING_COLUMN` for an unknown covariate, and `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_fit(
    kind: i32,
    data: *const crm_purchase_data,
    options: *const crm_fit_options,
    out: *mut *mut crm_purchase_model,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let kind = self::kind(kind)?;
        let data = handle::get("data", data)?;
        out.put(Model::new(PurchaseModel::fit(kind, data, &crm_fit_options::take(options)?)?));
        Ok(())
    })
}

/// A model, a `crm_purchase_kind`, with given parameters, `count` of them in the order of `crm_model_parameter`.
/// `time_unit`, a `crm_time_unit`, is that of the parameters which are times, and for BG/BB the time between opportunities.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_purchase_model_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` unless there are four parameters above 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_from_parameters(
    kind: i32,
    parameters: *const f64,
    count: usize,
    time_unit: i32,
    out: *mut *mut crm_purchase_model,
) -> crm_status {
    // SAFETY: the caller gives an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let kind = self::kind(kind)?;
        let parameters = array("parameters", parameters, count)?;
        let time_unit = unit("time_unit", time_unit)?;
        out.put(Model::new(PurchaseModel::from_parameters(kind, parameters, time_unit)?));
        Ok(())
    })
}

/// Which model it is, a `crm_purchase_kind`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_kind(
    model: *const crm_purchase_model,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.model.kind() as i32));
        Ok(())
    })
}

/// The unit of its times, a `crm_time_unit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_time_unit(
    model: *const crm_purchase_model,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.model.unit() as i32));
        Ok(())
    })
}

/// The first and the last day of the data that the model was fitted on, counted from 1970-01-01.
///
/// Fails with `CRM_STATUS_MISSING_VALUE` unless it was fitted on data from a base.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_window(
    model: *const crm_purchase_model,
    data_start: *mut i32,
    as_of: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and places, or null.
    guard(|| unsafe { put_window("model", handle::get("model", model)?.model.window(), data_start, as_of) })
}

/// Number of estimates: four parameters, then the coefficients of covariates. 0, with the thread's last error set, if
/// `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_length(model: *const crm_purchase_model) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.names.len()) })
}

/// The name of an estimate, such as "alpha" or "alpha:gender", which belongs to the model and lives as long. NULL, with the
/// thread's last error set, for an index that is not below `crm_purchase_model_length`, or if `model` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_name(
    model: *const crm_purchase_model,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("model", model)?.names, index)?.as_ptr()) })
}

/// Copies the estimates, parameters first, to `out`, which has room for `capacity` values, at least
/// `crm_purchase_model_length`. With covariates, the parameters are those of a customer whose covariates are 0.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_estimates(
    model: *const crm_purchase_model,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let estimates = handle::get("model", model)?.estimates();
        places("out", out, capacity, estimates.len())?.fill(estimates.into_iter());
        Ok(())
    })
}

/// How the model was fitted, as a report of its own.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_fit_report_free`. Fails with
/// `CRM_STATUS_MISSING_VALUE` for a model with given parameters.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_report(
    model: *const crm_purchase_model,
    out: *mut *mut crm_fit_report,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Report::of(handle::get("model", model)?.model.report())?);
        Ok(())
    })
}

/// Predicts something of each customer, in the order of the data, and puts it into `out`, which has room for `capacity`
/// values, at least `crm_purchase_data_length`. Of a newcomer, who is of age 0, expected purchases are the model's E[X(t)].
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` for data in another unit than the model's, `CRM_STATUS_MISSING_COLUMN` without the
/// model's covariates, `CRM_STATUS_INVALID_ARGUMENT` for a prediction that makes no sense, `CRM_STATUS_INVALID_VALUE` for
/// opportunities that are not whole, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_predict(
    model: *const crm_purchase_model,
    data: *const crm_purchase_data,
    prediction: *const crm_prediction,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives live handles, a struct of the size that it says and `capacity` places, or null.
    guard(|| unsafe {
        let model = &handle::get("model", model)?.model;
        let data = handle::get("data", data)?;
        let prediction = crm_prediction::take(prediction)?;
        let out = places("out", out, capacity, data.len())?;
        out.fill(model.predict(data, prediction)?.into_iter());
        Ok(())
    })
}

/// The log-likelihood of some data, as papers print it.
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` for data in another unit, and `CRM_STATUS_MISSING_COLUMN` without the model's
/// covariates.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_log_likelihood(
    model: *const crm_purchase_model,
    data: *const crm_purchase_data,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let model = &handle::get("model", model)?.model;
        out.fill(std::iter::once(model.log_likelihood(handle::get("data", data)?)?));
        Ok(())
    })
}

/// The log-likelihood of each customer, not weighted, put into `out`, which has room for `capacity` values, at least
/// `crm_purchase_data_length`.
///
/// Fails as `crm_purchase_model_log_likelihood`, and with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_log_likelihoods(
    model: *const crm_purchase_model,
    data: *const crm_purchase_data,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives live handles and `capacity` places, or null.
    guard(|| unsafe {
        let model = &handle::get("model", model)?.model;
        let data = handle::get("data", data)?;
        let out = places("out", out, capacity, data.len())?;
        out.fill(model.log_likelihoods(data)?.into_iter());
        Ok(())
    })
}

/// Confidence intervals of predictions by the delta method: what the uncertainty of the parameters leaves open about the
/// expected value. Single customers vary around it far more: see `crm_purchase_model_predictive_intervals`.
/// `confidence_level` is 0.95 for 95 %.
///
/// `out` receives the intervals, NULL if the call fails; the caller frees them with `crm_intervals_free`. Fails as
/// `crm_purchase_model_predict`, and with `CRM_STATUS_INVALID_ARGUMENT` for a level outside 0 to 1 and for a model without a
/// covariance: one with given parameters, or whose fit left it undefined.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_confidence_intervals(
    model: *const crm_purchase_model,
    data: *const crm_purchase_data,
    prediction: *const crm_prediction,
    confidence_level: f64,
    out: *mut *mut crm_intervals,
) -> crm_status {
    // SAFETY: the caller gives live handles, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = &handle::get("model", model)?.model;
        let data = handle::get("data", data)?;
        let prediction = crm_prediction::take(prediction)?;
        out.put(model.confidence_intervals(data, prediction, confidence_level)?);
        Ok(())
    })
}

/// Predictive intervals of single customers: between which numbers of purchases within a period they stay with at least the
/// probability `level`. The ends, which belong to the intervals, go to `lower` and `upper`, which have room for `capacity`
/// values each, at least `crm_purchase_data_length`.
///
/// Fails as `crm_purchase_model_predict`, with `CRM_STATUS_INVALID_ARGUMENT` for a level outside 0 to 1, and
/// `CRM_STATUS_OUT_OF_RANGE` for customers of whom more than a million purchases would have to be summed over.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_predictive_intervals(
    model: *const crm_purchase_model,
    data: *const crm_purchase_data,
    period: *const crm_period,
    level: f64,
    lower: *mut u32,
    upper: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives live handles, a struct and twice `capacity` places, or null.
    guard(|| unsafe {
        let model = &handle::get("model", model)?.model;
        let data = handle::get("data", data)?;
        let period = crm_period::read("period", period)?;
        let lower = places("lower", lower, capacity, data.len())?;
        let upper = places("upper", upper, capacity, data.len())?;
        let intervals = model.predictive_intervals(data, period, level)?;
        lower.fill(intervals.lower.into_iter());
        upper.fill(intervals.upper.into_iter());
        Ok(())
    })
}

/// Refits the model to `replicates` samples of the customers that it was fitted on, with the penalty and threads of the
/// options, which may be NULL for the defaults. The same seed gives the same samples on every machine.
///
/// `out` receives the refits, NULL if the call fails; the caller frees them with `crm_bootstrap_free`. Fails as
/// `crm_purchase_model_predict` for data that do not fit the model, and with `CRM_STATUS_INVALID_ARGUMENT` for fewer than two
/// replicates and for data of which hardly any refit converged.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_bootstrap(
    model: *const crm_purchase_model,
    data: *const crm_purchase_data,
    options: *const crm_fit_options,
    replicates: u32,
    seed: u64,
    out: *mut *mut crm_bootstrap,
) -> crm_status {
    // SAFETY: the caller gives live handles, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = &handle::get("model", model)?.model;
        let data = handle::get("data", data)?;
        let options = crm_fit_options::take(options)?;
        out.put(model.bootstrap(data, &options, replicates, seed)?);
        Ok(())
    })
}

/// Simulates `customers` customers of given ages, in the model's unit, and what they do in a holdout period after that. The
/// same seed gives the same customers on every machine.
///
/// `out` receives the simulation, NULL if the call fails; the caller frees it with `crm_simulation_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a model with covariates, `CRM_STATUS_INVALID_VALUE` with the row for ages that are
/// negative, not finite or, for BG/BB, not whole, and `CRM_STATUS_OUT_OF_RANGE` for more than a billion purchases.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_simulate(
    model: *const crm_purchase_model,
    ages: *const f64,
    customers: usize,
    holdout: *const crm_period,
    seed: u64,
    out: *mut *mut crm_simulation,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of that length, a struct and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = &handle::get("model", model)?.model;
        let ages = array("ages", ages, customers)?;
        out.put(model.simulate(ages, crm_period::read("holdout", holdout)?, seed)?);
        Ok(())
    })
}

/// The model as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_to_json(
    model: *const crm_purchase_model,
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
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_purchase_model_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not such a model, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_from_json(
    json: *const c_char,
    out: *mut *mut crm_purchase_model,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Model::new(PurchaseModel::from_json(text("json", json)?)?));
        Ok(())
    })
}

/// Frees a model; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_free(model: *mut crm_purchase_model) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("model", model) });
}
