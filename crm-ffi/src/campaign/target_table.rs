//! A scored table: a row a customer.

use std::ffi::c_char;

use crm_core::campaign::TargetTable;

use super::ids::crm_ids;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, text};
use crate::status::crm_status;

/// Customers and what is known of them, in the order of the caller's rows. Free with `crm_target_table_free`. Columns are added by one thread; after
/// that any number of threads may use it at once.
pub struct crm_target_table {
    _opaque: (),
}

handles! { crm_target_table holds TargetTable, tag b"crmTARGT"; }

/// A table of customers and no column yet.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_target_table_free`. Fails with
/// `CRM_STATUS_MISSING_VALUE` with the row of a missing id, `CRM_STATUS_INVALID_VALUE` with the row of a customer who is named twice, and
/// `CRM_STATUS_EMPTY` without rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_target_table_new(
    ids: *const crm_ids,
    out: *mut *mut crm_target_table,
) -> crm_status {
    // SAFETY: the caller gives a column and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(TargetTable::of(crm_ids::list("ids", ids)?)?);
        Ok(())
    })
}

/// Adds a column of numbers, in which NaN means missing; flags are 1 and 0. Name and values are copied.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a name that is empty or taken, and `CRM_STATUS_LENGTH_MISMATCH`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_target_table_add_numbers(
    table: *mut crm_target_table,
    name: *const c_char,
    values: *const f64,
    length: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string and an array of that length, or null.
    guard(|| unsafe {
        let table = handle::get_mut("table", table)?;
        let values = array("values", values, length)?.to_vec();
        Ok(table.add_numbers(text("name", name)?, values)?)
    })
}

/// Adds a column of texts; integers count as their decimal text. Name and texts are copied.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a name that is empty or taken, and `CRM_STATUS_LENGTH_MISMATCH`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_target_table_add_texts(
    table: *mut crm_target_table,
    name: *const c_char,
    values: *const crm_ids,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string and a column, or null.
    guard(|| unsafe {
        let table = handle::get_mut("table", table)?;
        let name = text("name", name)?;
        Ok(table.add_texts(name, crm_ids::levels("values", name, values)?)?)
    })
}

/// Number of customers; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_target_table_rows(table: *const crm_target_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.rows()) })
}

/// Frees a table; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_target_table_free(table: *mut crm_target_table) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("table", table) });
}
