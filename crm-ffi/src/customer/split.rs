//! Calibration and holdout.

use crm_core::customer::{CalibrationHoldout, Day};

use super::base::{crm_base, crm_base_options};
use super::column::micros;
use super::history::crm_history;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, place, places};
use crate::status::{Outcome, crm_status};

/// What the customers of a calibration base did in the holdout period after it.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_holdout_column {
    /// Days with a purchase.
    PurchaseDays = 0,
    /// Orders.
    Orders = 1,
    /// Net amount.
    NetAmount = 2,
}

/// A base as of the end of the calibration period, and what its customers did in the holdout period after it. Free with
/// `crm_split_free`. Immutable: any number of threads may use it at once.
pub struct crm_split {
    _opaque: (),
}

handles! { crm_split holds CalibrationHoldout, tag b"crmSPLIT"; }

fn chosen(code: i32) -> Outcome<crm_holdout_column> {
    use crm_holdout_column as C;
    choice("column", code, &[C::PurchaseDays, C::Orders, C::NetAmount])
}

/// Splits a history after the calibration period, which the options describe; the holdout period ends with the day
/// `holdout_end`, counted from 1970-01-01.
///
/// `out` receives the split, NULL if the call fails; the caller frees it with `crm_split_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` if the holdout does not end after the calibration, or after the last day of the log;
/// otherwise as `crm_history_base`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_split(
    history: *const crm_history,
    calibration: *const crm_base_options,
    holdout_end: i32,
    out: *mut *mut crm_split,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let history = handle::get("history", history)?;
        let calibration = crm_base_options::take(calibration)?;
        let holdout_end = Day::from_number(holdout_end).map_err(|error| error.on("holdout_end"))?;
        out.put(history.split(calibration, holdout_end)?);
        Ok(())
    })
}

/// A copy of the base at the end of the calibration period, which lives on without the split.
///
/// `out` receives the base, NULL if the call fails; the caller frees it with `crm_base_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_split_base(split: *const crm_split, out: *mut *mut crm_base) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("split", split)?.calibration().clone());
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `split` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_split_length(split: *const crm_split) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("split", split)?.calibration().len()) })
}

/// The length of the holdout period, in the base's time unit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_split_holdout_length(split: *const crm_split, out: *mut f64) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("split", split)?.holdout_length()));
        Ok(())
    })
}

/// Copies a column of the holdout period, a `crm_holdout_column`, as doubles to `out`, which has room for `capacity`
/// values, at least `crm_split_length`. Amounts are in currency units.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_split_column_double(
    split: *const crm_split,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let split = handle::get("split", split)?;
        let column = chosen(column)?;
        let out = places("out", out, capacity, split.calibration().len())?;
        match column {
            crm_holdout_column::PurchaseDays => {
                out.fill(split.purchase_days().iter().map(|&days| f64::from(days)));
            }
            crm_holdout_column::Orders => out.fill(split.orders().iter().map(|&orders| f64::from(orders))),
            crm_holdout_column::NetAmount => {
                out.fill(split.net_amounts().iter().map(|amount| amount.to_f64()));
            }
        }
        Ok(())
    })
}

/// Copies a column of the holdout period, a `crm_holdout_column`, to `out`, which has room for `capacity` values, at least
/// `crm_split_length`. Amounts are exact, in micro-units (1/1,000,000 of the currency unit).
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` if an amount needs more than 64 bits, and `CRM_STATUS_LENGTH_MISMATCH` for too
/// little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_split_column_int64(
    split: *const crm_split,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let split = handle::get("split", split)?;
        let column = chosen(column)?;
        let out = places("out", out, capacity, split.calibration().len())?;
        match column {
            crm_holdout_column::PurchaseDays => {
                out.fill(split.purchase_days().iter().map(|&days| i64::from(days)));
            }
            crm_holdout_column::Orders => out.fill(split.orders().iter().map(|&orders| i64::from(orders))),
            crm_holdout_column::NetAmount => out.fill(micros(split.net_amounts().iter().copied())?),
        }
        Ok(())
    })
}

/// Frees a split; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_split_free(split: *mut crm_split) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("split", split) });
}
