//! Columns of dimensions, a row a customer, as of one date.

use std::ffi::c_char;

use crm_core::customer::Day;
use crm_core::loyalty::{Dimension, DimensionTable};

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, places, text};
use crate::status::crm_status;

/// Which end of a dimension is the loyal one.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_direction {
    /// More is better: orders, value, tenure.
    Higher = 0,
    /// Less is better: days since the last visit, complaints.
    Lower = 1,
}

/// Customers with what was measured of them up to the end of a day: a column a dimension, a row a customer. Free with `crm_dimension_table_free`. It is
/// filled by one thread; after that any number of threads may use it at once.
pub struct crm_dimension_table {
    _opaque: (),
}

handles! { crm_dimension_table holds DimensionTable<'static>, tag b"crmDIMTB"; }

/// A table of so many customers, as of the end of a day (counted from 1970-01-01), without a column yet.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_dimension_table_free`. Fails with `CRM_STATUS_EMPTY` for 0 rows and
/// `CRM_STATUS_OUT_OF_RANGE` for more than 4294967295, or a day outside the years 1 to 9999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dimension_table_new(
    as_of: i32,
    rows: usize,
    out: *mut *mut crm_dimension_table,
) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let day = Day::from_number(as_of).map_err(|error| error.on("as_of"))?;
        out.put(DimensionTable::new(day, rows)?);
        Ok(())
    })
}

/// Adds a column: what it measures, as JSON text, and its `length` values, which are copied; NaN stands for a value that is not known.
///
/// `dimension` has `name` and `unit`, and may have `direction` ("higher" or "lower"), `window_days`, `decay` ("none", {"half_life": {"days": 90}},
/// {"linear": {"days": 90}} or {"window": {"days": 90}}) and `normalization` ({"mid_rank": {"resolution": 65536}}, {"min_max": {"tail": 0.01}}, "z_score",
/// "robust_z" or {"anchors": {"low": 0, "high": 10}}).
///
/// Fails with `CRM_STATUS_PARSE` for a text that is no dimension, `CRM_STATUS_INVALID_ARGUMENT` for values that make no sense, a name that the table has and
/// more than 64 columns, `CRM_STATUS_LENGTH_MISMATCH` for another length than the table's, and `CRM_STATUS_INVALID_VALUE` with the row for a value that is
/// infinite. A table stays as it was if the call fails.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dimension_table_add(
    table: *mut crm_dimension_table,
    dimension: *const c_char,
    values: *const f64,
    length: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string and `length` values, or null.
    guard(|| unsafe {
        let table = handle::get_mut("table", table)?;
        let dimension = Dimension::from_json(text("dimension", dimension)?)?;
        table.push(dimension, array("values", values, length)?.to_vec().into())?;
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dimension_table_rows(table: *const crm_dimension_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.rows()) })
}

/// Number of dimensions; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dimension_table_columns(table: *const crm_dimension_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.names().len()) })
}

/// Frees a table; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dimension_table_free(table: *mut crm_dimension_table) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("table", table) });
}

/// The value of each customer from events: the sum of `amounts`, each by the dimension's decay at its age, over the events within the dimension's window.
///
/// `dimension` is as for `crm_dimension_table_add`. `rows` holds the customer of each of `events` events, from 0 to `customers` - 1, and `ages_days` its age at the
/// date of the score. `out` has room for `capacity`, at least `customers`; customers without events get 0. The order of the events changes nothing.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a customer that there is not, `CRM_STATUS_INVALID_VALUE` with the row for an age that is negative or not finite and
/// an amount that is not finite, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dimension_decayed_sum(
    dimension: *const c_char,
    customers: usize,
    rows: *const u32,
    ages_days: *const f64,
    amounts: *const f64,
    events: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a terminated string, arrays of `events` values and `capacity` places, or null.
    guard(|| unsafe {
        let dimension = Dimension::from_json(text("dimension", dimension)?)?;
        let out = places("out", out, capacity, customers)?;
        let (rows, ages) = (array("rows", rows, events)?, array("ages_days", ages_days, events)?);
        let sums = dimension.decayed_sum(customers, rows, ages, array("amounts", amounts, events)?)?;
        out.fill(sums.into_iter());
        Ok(())
    })
}
