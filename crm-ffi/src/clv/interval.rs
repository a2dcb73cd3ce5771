//! Estimates with their uncertainty.

use crm_core::clv::Intervals;

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{choice, places};
use crate::status::crm_status;

/// What intervals consist of.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_interval_column {
    /// The estimates or predictions.
    Estimate = 0,
    /// Their standard errors.
    StandardError = 1,
    /// Lower ends.
    Lower = 2,
    /// Upper ends.
    Upper = 3,
}

/// Estimates or predictions with their uncertainty, in the order of the data. Free with `crm_intervals_free`. Immutable:
/// any number of threads may use it at once.
pub struct crm_intervals {
    _opaque: (),
}

handles! { crm_intervals holds Intervals, tag b"crmINTER"; }

/// Number of rows; 0, with the thread's last error set, if `intervals` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_intervals_length(intervals: *const crm_intervals) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("intervals", intervals)?.estimate.len()) })
}

/// Copies a column, a `crm_interval_column`, to `out`, which has room for `capacity` values, at least
/// `crm_intervals_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_intervals_column(
    intervals: *const crm_intervals,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    use crm_interval_column as C;
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let intervals = handle::get("intervals", intervals)?;
        let column = match choice("column", column, &[C::Estimate, C::StandardError, C::Lower, C::Upper])? {
            C::Estimate => &intervals.estimate,
            C::StandardError => &intervals.standard_error,
            C::Lower => &intervals.lower,
            C::Upper => &intervals.upper,
        };
        places("out", out, capacity, column.len())?.fill(column.iter().copied());
        Ok(())
    })
}

/// Frees intervals; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_intervals_free(intervals: *mut crm_intervals) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("intervals", intervals) });
}
