//! Scaled columns: what is clustered.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::segment::ScaledFeatures;

use super::names;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{element, places};
use crate::status::crm_status;

/// Scaled columns, a row a customer. Free with `crm_scaled_features_free`. Immutable: any number of threads may use it at
/// once.
pub struct crm_scaled_features {
    _opaque: (),
}

pub(crate) struct Scaled {
    pub(crate) scaled: ScaledFeatures,
    names: Vec<CString>,
}

handles! { crm_scaled_features holds Scaled, tag b"crmSCALD"; }

impl Scaled {
    pub(super) fn new(scaled: ScaledFeatures) -> Self {
        let names = names::kept(scaled.names());
        Self { scaled, names }
    }
}

/// Number of customers; 0, with the thread's last error set, if `scaled` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_scaled_features_rows(scaled: *const crm_scaled_features) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scaled", scaled)?.scaled.rows()) })
}

/// Number of columns; 0, with the thread's last error set, if `scaled` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_scaled_features_column_count(scaled: *const crm_scaled_features) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scaled", scaled)?.names.len()) })
}

/// The name of a column: UTF-8 text that belongs to the columns and lives as long. NULL, with the thread's last error set, for
/// an index that is not below `crm_scaled_features_column_count`, or if `scaled` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_scaled_features_name(
    scaled: *const crm_scaled_features,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("scaled", scaled)?.names, index)?.as_ptr()) })
}

/// Copies a column to `out`, which has room for `capacity` values, at least `crm_scaled_features_rows`.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_scaled_features_column_count`, and
/// `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_scaled_features_values(
    scaled: *const crm_scaled_features,
    index: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let scaled = handle::get("scaled", scaled)?;
        element(&scaled.names, index)?;
        let values = scaled.scaled.column(index);
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Copies how many missing values of each column took the median to `out`, which has room for `capacity` counts, at least
/// `crm_scaled_features_column_count`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_scaled_features_imputed(
    scaled: *const crm_scaled_features,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let imputed = handle::get("scaled", scaled)?.scaled.imputed();
        places("out", out, capacity, imputed.len())?.fill(imputed.iter().copied());
        Ok(())
    })
}

/// Frees scaled columns; NULL is accepted. No thread may use them, or a text of them, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_scaled_features_free(scaled: *mut crm_scaled_features) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("scaled", scaled) });
}
