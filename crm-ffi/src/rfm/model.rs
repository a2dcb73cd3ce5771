//! Fitted cut points.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::rfm::RfmModel;
use crm_core::{Error, ErrorKind};

use super::options::crm_rfm_options;
use super::scores::crm_rfm_scores;
use crate::bytes::{crm_bytes, with_zero};
use crate::customer::base::crm_base;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, element, place, places, text};
use crate::status::{Outcome, c_text, crm_status};

/// A dimension of RFM.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_rfm_dimension {
    /// Recency.
    Recency = 0,
    /// Frequency.
    Frequency = 1,
    /// Monetary value.
    Monetary = 2,
}

/// The fitted cut points of a base: they score it, and later data, without drift. Free with `crm_rfm_model_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_rfm_model {
    _opaque: (),
}

pub(crate) struct Model {
    model: RfmModel,
    warnings: Vec<CString>,
}

handles! { crm_rfm_model holds Model, tag b"crmRFMMO"; }

impl Model {
    fn new(model: RfmModel) -> Self {
        let warnings = model.warnings().iter().map(|warning| c_text(&warning.to_string())).collect();
        Self { model, warnings }
    }
}

pub(crate) fn dimension(code: i32) -> Outcome<crm_rfm_dimension> {
    use crm_rfm_dimension as D;
    choice("dimension", code, &[D::Recency, D::Frequency, D::Monetary])
}

/// Fits cut points to a base; NULL options are the defaults.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_rfm_model_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense, and `CRM_STATUS_MISSING_COLUMN` if the log has no
/// amounts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_fit(
    base: *const crm_base,
    options: *const crm_rfm_options,
    out: *mut *mut crm_rfm_model,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let base = handle::get("base", base)?;
        out.put(Model::new(RfmModel::fit(base, &crm_rfm_options::take(options)?)?));
        Ok(())
    })
}

/// Scores a base with the fitted cut points: that which they were fitted on, or one of another date.
///
/// `out` receives the scores, NULL if the call fails; the caller frees them with `crm_rfm_scores_free`. Fails with
/// `CRM_STATUS_INCOMPATIBLE` if the base has another window or currency than the one fitted, and
/// `CRM_STATUS_MISSING_COLUMN` if its log has no amounts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_score(
    model: *const crm_rfm_model,
    base: *const crm_base,
    out: *mut *mut crm_rfm_scores,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("model", model)?.model.score(handle::get("base", base)?)?);
        Ok(())
    })
}

/// The model as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_to_json(
    model: *const crm_rfm_model,
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
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_rfm_model_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not a model, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_from_json(
    json: *const c_char,
    out: *mut *mut crm_rfm_model,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Model::new(RfmModel::from_json(text("json", json)?)?));
        Ok(())
    })
}

/// The highest score; 0, with the thread's last error set, if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_bins(model: *const crm_rfm_model) -> u8 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.model.bins()) })
}

/// Number of customers that the model was fitted on; 0, with the thread's last error set, if `model` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_customers(model: *const crm_rfm_model) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.model.customers()) })
}

/// The first and the last day of the data that the model was fitted on, counted from 1970-01-01.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_period(
    model: *const crm_rfm_model,
    data_start: *mut i32,
    as_of: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and places, or null.
    guard(|| unsafe {
        let (start, end) = (place("data_start", data_start)?, place("as_of", as_of)?);
        let model = &handle::get("model", model)?.model;
        start.fill(std::iter::once(model.data_start().number()));
        end.fill(std::iter::once(model.as_of().number()));
        Ok(())
    })
}

/// How many things make the scores less telling; 0, with the thread's last error set, if `model` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_warning_count(model: *const crm_rfm_model) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.warnings.len()) })
}

/// A thing that makes the scores less telling, as text that belongs to the model and lives as long. NULL, with the thread's
/// last error set, for an index that is not below `crm_rfm_model_warning_count`, or if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_warning(model: *const crm_rfm_model, index: usize) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("model", model)?.warnings, index)?.as_ptr()) })
}

/// Copies the cut points of a dimension, a `crm_rfm_dimension`, to `out`, which has room for `capacity` values, at least
/// one fewer than `crm_rfm_model_bins`: for recency the most days since the last purchase that still earn score 2, 3, ...;
/// for the others the value from which score 2, 3, ... is earned. NaN where no customer had the score.
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` for frequency and monetary value of a nested model, which has cut points for each
/// cell, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_cuts(
    model: *const crm_rfm_model,
    dimension: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let model = &handle::get("model", model)?.model;
        let out = places("out", out, capacity, usize::from(model.bins()) - 1)?;
        let nested = || {
            let message = "a nested model has cut points for each cell, not for the dimension";
            Error::new(ErrorKind::Incompatible, message).on("dimension")
        };
        let cuts = match self::dimension(dimension)? {
            crm_rfm_dimension::Recency => model.recency_cuts(),
            crm_rfm_dimension::Frequency => model.frequency_cuts().ok_or_else(nested)?.to_vec(),
            crm_rfm_dimension::Monetary => model.monetary_cuts().ok_or_else(nested)?.to_vec(),
        };
        out.fill(cuts.into_iter().map(|cut| cut.unwrap_or(f64::NAN)));
        Ok(())
    })
}

/// Frees a model; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_model_free(model: *mut crm_rfm_model) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("model", model) });
}
