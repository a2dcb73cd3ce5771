//! Who moved between segments from one date to another.

use std::ffi::{CString, c_char};
use std::ptr;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::interop::migration_table;
use crm_core::rfm::Migration;

use super::segment::crm_segments;
use crate::arrow::OutStream;
use crate::customer::base::crm_base;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{element, places};
use crate::status::{c_text, crm_status};

/// A matrix of customers by their segment at an earlier date (rows) and at a later one (columns). The last row holds
/// customers who are only in the later base, the last column those who are only in the earlier one. Free with
/// `crm_migration_free`. Immutable: any number of threads may use it at once.
pub struct crm_migration {
    _opaque: (),
}

pub(crate) struct Moves {
    migration: Migration,
    from: Vec<CString>,
    to: Vec<CString>,
}

handles! { crm_migration holds Moves, tag b"crmMIGRA"; }

fn texts(names: &[String]) -> Vec<CString> {
    names.iter().map(|name| c_text(name)).collect()
}

/// Counts customers by their segments at both dates.
///
/// `out` receives the matrix, NULL if the call fails; the caller frees it with `crm_migration_free`. Fails with
/// `CRM_STATUS_LENGTH_MISMATCH` if segments are not those of their base, `CRM_STATUS_INCOMPATIBLE` if one base has integer
/// ids and the other text, and `CRM_STATUS_INVALID_ARGUMENT` if the later base is not later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_new(
    earlier_base: *const crm_base,
    earlier_segments: *const crm_segments,
    later_base: *const crm_base,
    later_segments: *const crm_segments,
    out: *mut *mut crm_migration,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let earlier = (
            handle::get("earlier_base", earlier_base)?,
            &handle::get("earlier_segments", earlier_segments)?.value,
        );
        let later =
            (handle::get("later_base", later_base)?, &handle::get("later_segments", later_segments)?.value);
        let migration = Migration::new(earlier, later)?;
        let (from, to) = (texts(migration.from_names()), texts(migration.to_names()));
        out.put(Moves { migration, from, to });
        Ok(())
    })
}

/// Number of rows: one more than segments at the earlier date. 0, with the thread's last error set, if `migration` is NULL
/// or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_row_count(migration: *const crm_migration) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("migration", migration)?.from.len() + 1) })
}

/// Number of columns: one more than segments at the later date. 0, with the thread's last error set, if `migration` is
/// NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_column_count(migration: *const crm_migration) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("migration", migration)?.to.len() + 1) })
}

/// The segment of a row: UTF-8 text that belongs to the matrix and lives as long. NULL, with the thread's last error set,
/// for the last row and beyond, or if `migration` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_row_name(
    migration: *const crm_migration,
    row: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(element(&handle::get("migration", migration)?.from, row)?.as_ptr())
    })
}

/// The segment of a column: UTF-8 text that belongs to the matrix and lives as long. NULL, with the thread's last error
/// set, for the last column and beyond, or if `migration` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_column_name(
    migration: *const crm_migration,
    column: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(element(&handle::get("migration", migration)?.to, column)?.as_ptr())
    })
}

/// Copies the matrix row by row to `out`, which has room for `capacity` counts, at least rows times columns.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_counts(
    migration: *const crm_migration,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let counts = handle::get("migration", migration)?.migration.counts();
        places("out", out, capacity, counts.len())?.fill(counts.iter().copied());
        Ok(())
    })
}

/// The matrix as a table in long form: `from`, `to`, `customers`; null stands for not being in the base of that date.
///
/// `out` receives the stream, marked as released if the call fails; the caller releases it. What it held is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_to_arrow_stream(
    migration: *const crm_migration,
    out: *mut FFI_ArrowArrayStream,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = OutStream::new(out)?;
        out.put(migration_table(&handle::get("migration", migration)?.migration)?);
        Ok(())
    })
}

/// Frees a matrix; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_migration_free(migration: *mut crm_migration) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("migration", migration) });
}
