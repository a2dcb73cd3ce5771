//! How far two labelings of the same customers agree.

use crm_core::segment::{CrossTable, normalized_mutual_information};

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, place, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Agreement of the labels themselves, for labelings that number their groups in the same way. Set `struct_size` before the
/// call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_label_agreement {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of customers.
    pub customers: u64,
    /// The share of customers who have the same label in both, from 0 to 1.
    pub agreement: f64,
    /// The agreement that the sizes of the groups alone make likely.
    pub chance_agreement: f64,
    /// Cohen's kappa, `(agreement - chance) / (1 - chance)`; NaN if both put everybody into the same group.
    pub kappa: f64,
}

sized_structs!(crm_label_agreement);

/// Customers counted by two labelings: rows by the one, columns by the other. Free with `crm_cross_table_free`. Immutable: any
/// number of threads may use it at once.
pub struct crm_cross_table {
    _opaque: (),
}

handles! { crm_cross_table holds CrossTable, tag b"crmCROSS"; }

/// Two labelings of the same customers.
///
/// # Safety
/// Both are null or point to `length` labels that live, unchanged, as long as the result.
unsafe fn labelings<'a>(
    names: [&str; 2],
    first: *const u32,
    second: *const u32,
    length: usize,
) -> Outcome<(&'a [u32], &'a [u32])> {
    // SAFETY: as the caller promises.
    unsafe { Ok((array(names[0], first, length)?, array(names[1], second, length)?)) }
}

/// Counts customers by two labels each, numbered from 0. `rows` and `columns` have `length` labels, one a customer; groups
/// without customers are there too if the number of groups is given, 0 for as many as the largest label says.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_cross_table_free`. Fails with
/// `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_OUT_OF_RANGE` with the row for labels above 65,535 or not below the number
/// of their groups, and for more than 16,777,216 cells, and `CRM_STATUS_INVALID_ARGUMENT` for more than 65,536 groups.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_new(
    rows: *const u32,
    columns: *const u32,
    length: usize,
    row_groups: usize,
    column_groups: usize,
    out: *mut *mut crm_cross_table,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (rows, columns) = labelings(["rows", "columns"], rows, columns, length)?;
        if row_groups == 0 && column_groups == 0 {
            out.put(CrossTable::new(rows, columns)?);
            return Ok(());
        }
        let groups = |given: usize, labels: &[u32]| match given {
            0 => labels.iter().max().map_or(1, |&label| label as usize + 1),
            given => given,
        };
        let (row_groups, column_groups) = (groups(row_groups, rows), groups(column_groups, columns));
        out.put(CrossTable::with_groups(rows, columns, row_groups, column_groups)?);
        Ok(())
    })
}

/// Number of rows; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_row_count(table: *const crm_cross_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.row_groups()) })
}

/// Number of columns; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_column_count(table: *const crm_cross_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.column_groups()) })
}

/// Copies the counts row by row to `out`, which has room for `capacity` counts, at least rows times columns.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_counts(
    table: *const crm_cross_table,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let counts = handle::get("table", table)?.counts();
        places("out", out, capacity, counts.len())?.fill(counts.iter().copied());
        Ok(())
    })
}

/// Copies the customers of each row to `out`, which has room for `capacity` counts, at least `crm_cross_table_row_count`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_row_totals(
    table: *const crm_cross_table,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let totals = handle::get("table", table)?.row_totals();
        places("out", out, capacity, totals.len())?.fill(totals.iter().copied());
        Ok(())
    })
}

/// Copies the customers of each column to `out`, which has room for `capacity` counts, at least
/// `crm_cross_table_column_count`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_column_totals(
    table: *const crm_cross_table,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let totals = handle::get("table", table)?.column_totals();
        places("out", out, capacity, totals.len())?.fill(totals.iter().copied());
        Ok(())
    })
}

/// Agreement of the labels themselves: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_agreement(
    table: *const crm_cross_table,
    out: *mut crm_label_agreement,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let table = handle::get("table", table)?;
        out.put(crm_label_agreement {
            struct_size: size_of::<crm_label_agreement>(),
            customers: table.total(),
            agreement: table.agreement(),
            chance_agreement: table.chance_agreement(),
            kappa: table.cohens_kappa().unwrap_or(f64::NAN),
        })
    })
}

/// Frees a table; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cross_table_free(table: *mut crm_cross_table) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("table", table) });
}

/// The normalised mutual information of two labelings of `length` customers, from 0 to 1, which is 1 for the same groups
/// whatever their numbers. It is not corrected for chance: many small groups raise it.
///
/// Fails with `CRM_STATUS_EMPTY` without customers, and `CRM_STATUS_OUT_OF_RANGE` with the row for labels above 65,535.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_normalized_mutual_information(
    first: *const u32,
    second: *const u32,
    length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let (first, second) = labelings(["first", "second"], first, second, length)?;
        out.fill(std::iter::once(normalized_mutual_information(first, second)?));
        Ok(())
    })
}
