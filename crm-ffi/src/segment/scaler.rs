//! Fitted scaling.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::segment::FeatureScaler;
use crm_core::{Error, ErrorKind};

use super::feature_table::{crm_feature_table, day};
use super::names;
use super::scaled_features::{Scaled, crm_scaled_features};
use super::scaling::{crm_column_scaling, crm_scaling_options, missing_code};
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, place, places, text};
use crate::status::crm_status;

/// Fitted scaling: what makes the columns of a table comparable, and later tables comparable with it. Free with
/// `crm_feature_scaler_free`. Immutable: any number of threads may use it at once.
pub struct crm_feature_scaler {
    _opaque: (),
}

pub(crate) struct Scaler {
    pub(crate) value: FeatureScaler,
    names: Vec<CString>,
    units: Vec<CString>,
    warnings: Vec<CString>,
}

handles! { crm_feature_scaler holds Scaler, tag b"crmFEASC"; }

impl Scaler {
    pub(super) fn new(scaler: FeatureScaler) -> Self {
        let names = names::kept(scaler.names());
        let units = names::kept(scaler.units().iter().map(ToString::to_string));
        let warnings = names::kept(scaler.warnings().iter().map(ToString::to_string));
        Self { value: scaler, names, units, warnings }
    }
}

/// Fits the scaling of every column of a table; NULL options are the defaults.
///
/// `out` receives the scaling, NULL if the call fails; the caller frees it with `crm_feature_scaler_free`. Fails with
/// `CRM_STATUS_EMPTY` for a table without columns, `CRM_STATUS_MISSING_COLUMN` for options of a column that the table does not
/// have, `CRM_STATUS_INVALID_ARGUMENT` for weights and shares that make no sense, and if all weights are 0, and
/// `CRM_STATUS_MISSING_VALUE` with the row for a missing value if `missing` is raise, or for a column that has no value at all.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_fit(
    table: *const crm_feature_table,
    options: *const crm_scaling_options,
    out: *mut *mut crm_feature_scaler,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let table = &handle::get("table", table)?.value;
        out.put(Scaler::new(FeatureScaler::fit(table, &crm_scaling_options::take(options)?)?));
        Ok(())
    })
}

/// Scales a table by what was fitted: the one fitted, or one of another date.
///
/// `out` receives the scaled columns, NULL if the call fails; the caller frees them with `crm_scaled_features_free`. Fails
/// with `CRM_STATUS_INCOMPATIBLE` if the table has other columns, units, currencies or another window, and
/// `CRM_STATUS_MISSING_VALUE` with the row for a missing value if it was fitted with `missing` raise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_apply(
    scaler: *const crm_feature_scaler,
    table: *const crm_feature_table,
    out: *mut *mut crm_scaled_features,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let scaler = &handle::get("scaler", scaler)?.value;
        out.put(Scaled::new(scaler.apply(&handle::get("table", table)?.value)?));
        Ok(())
    })
}

/// The original values of scaled ones: `length` numbers row by row, each row with a number for every column, such as centres
/// of clusters. Copies as many to `out`, which has room for `capacity` numbers.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` if the last row is incomplete, or for too little room, and
/// `CRM_STATUS_INVALID_VALUE` with the row for numbers that are not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_invert(
    scaler: *const crm_feature_scaler,
    scaled: *const f64,
    length: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of that length and `capacity` places, or null.
    guard(|| unsafe {
        let scaler = &handle::get("scaler", scaler)?.value;
        let original = scaler.invert(array("scaled", scaled, length)?)?;
        places("out", out, capacity, original.len())?.fill(original.into_iter());
        Ok(())
    })
}

/// The scaling as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_to_json(
    scaler: *const crm_feature_scaler,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("scaler", scaler)?.value.to_json()?));
        Ok(())
    })
}

/// A scaling from its JSON text, a terminated string that is read during the call only.
///
/// `out` receives the scaling, NULL if the call fails; the caller frees it with `crm_feature_scaler_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not a scaling, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_from_json(
    json: *const c_char,
    out: *mut *mut crm_feature_scaler,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Scaler::new(FeatureScaler::from_json(text("json", json)?)?));
        Ok(())
    })
}

/// Number of customers that it was fitted on; 0, with the thread's last error set, if `scaler` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_customers(scaler: *const crm_feature_scaler) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scaler", scaler)?.value.customers()) })
}

/// Number of columns; 0, with the thread's last error set, if `scaler` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_column_count(scaler: *const crm_feature_scaler) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scaler", scaler)?.names.len()) })
}

/// The name of a column: UTF-8 text that belongs to the scaling and lives as long. NULL, with the thread's last error set, for
/// an index that is not below `crm_feature_scaler_column_count`, or if `scaler` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_name(
    scaler: *const crm_feature_scaler,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("scaler", scaler)?.names, index)?.as_ptr()) })
}

/// The unit of a column: text that belongs to the scaling and lives as long. NULL, with the thread's last error set, for an
/// index that is not below `crm_feature_scaler_column_count`, or if `scaler` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_unit(
    scaler: *const crm_feature_scaler,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("scaler", scaler)?.units, index)?.as_ptr()) })
}

/// How a column is scaled; the name belongs to the scaling and lives as long.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_feature_scaler_column_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_column(
    scaler: *const crm_feature_scaler,
    index: usize,
    out: *mut crm_column_scaling,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let scaler = handle::get("scaler", scaler)?;
        let scaling = *element(&scaler.value.scalings(), index)?;
        let name = element(&scaler.names, index)?.as_ptr();
        out.fill(std::iter::once(crm_column_scaling::from_core(scaling, name)));
        Ok(())
    })
}

/// Copies what each column is divided by first, in its unit (1 for everything but money), to `out`, which has room for
/// `capacity` values, at least `crm_feature_scaler_column_count`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_references(
    scaler: *const crm_feature_scaler,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let references = handle::get("scaler", scaler)?.value.references();
        places("out", out, capacity, references.len())?.fill(references.into_iter());
        Ok(())
    })
}

/// What becomes of missing values, a `crm_missing_values`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_missing(
    scaler: *const crm_feature_scaler,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(missing_code(handle::get("scaler", scaler)?.value.missing())));
        Ok(())
    })
}

/// The day whose end the base that it was fitted on describes, counted from 1970-01-01.
///
/// Fails with `CRM_STATUS_MISSING_VALUE` unless it was fitted on a table from a base.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_as_of(
    scaler: *const crm_feature_scaler,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(day("scaler", handle::get("scaler", scaler)?.value.as_of())?));
        Ok(())
    })
}

/// The window in days of the base that it was fitted on.
///
/// Fails with `CRM_STATUS_MISSING_VALUE` unless it was fitted on a table from a base with a window.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_window_days(
    scaler: *const crm_feature_scaler,
    out: *mut u32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let window = handle::get("scaler", scaler)?.value.window_days();
        let missing = || Error::new(ErrorKind::MissingValue, "was not fitted on a window").on("scaler");
        out.fill(std::iter::once(window.ok_or_else(missing)?));
        Ok(())
    })
}

/// How many things its user should know; 0, with the thread's last error set, if `scaler` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_warning_count(scaler: *const crm_feature_scaler) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scaler", scaler)?.warnings.len()) })
}

/// A thing that its user should know, such as a column whose values are all the same: text that belongs to the scaling and
/// lives as long. NULL, with the thread's last error set, for an index that is not below `crm_feature_scaler_warning_count`,
/// or if `scaler` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_warning(
    scaler: *const crm_feature_scaler,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(element(&handle::get("scaler", scaler)?.warnings, index)?.as_ptr())
    })
}

/// Frees a scaling; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_scaler_free(scaler: *mut crm_feature_scaler) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("scaler", scaler) });
}
