//! Arms of a table of rows.

use std::ffi::{CString, c_char};
use std::ptr;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::experiment::{ArmTable, GroupColumn, GroupLabel};
use crm_core::interop::{ArmColumns, arms_of_batch};
use crm_core::{Error, ErrorKind, Threads};

use super::joint_arm::{crm_joint_arm, crm_measures};
use super::mean_arm::crm_mean_arm;
use crate::arrow::Stream;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, optional_text, place, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, c_text, crm_status};

/// An arm for each label, or for each pair of a label and a stratum, in the order of the labels. Free with `crm_arm_table_free`. Immutable: any
/// number of threads may use it at once.
pub struct crm_arm_table {
    _opaque: (),
}

/// Names of the columns of arms in an Arrow table. Set `struct_size` and everything else to 0 first.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_arm_columns {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Which arm a row belongs to: truth values, integers, text or a dictionary.
    pub arm: *const c_char,
    /// The value, or the numerator of a ratio.
    pub value: *const c_char,
    /// What the value is divided by; NULL (default) for none.
    pub denominator: *const c_char,
    /// Which stratum a row belongs to; NULL (default) for none.
    pub stratum: *const c_char,
    /// Quantities known before; NULL (default) for none.
    pub covariates: *const *const c_char,
    /// How many.
    pub covariate_count: usize,
}

pub(crate) struct Table {
    arms: ArmTable,
    labels: Vec<CString>,
    strata: Vec<CString>,
}

sized_structs!(crm_arm_columns);
handles! { crm_arm_table holds Table, tag b"armtable"; }

impl Table {
    fn new(table: ArmTable) -> Self {
        let texts = |labels: &[GroupLabel]| labels.iter().map(|label| c_text(&label.to_string())).collect();
        Self { labels: texts(table.labels()), strata: texts(table.strata()), arms: table }
    }
}

/// The arms of rows: columns of numbers, the arm of each row as an integer, and if wanted its stratum (else NULL). `threads` is 0 for as many
/// as there are; the result does not depend on it.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_arm_table_free`. Fails with `CRM_STATUS_INVALID_VALUE`, column
/// and row for a value that is NaN or infinite, and with `CRM_STATUS_OUT_OF_RANGE` for more than 65,536 groups.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_from_rows(
    measures: *const crm_measures,
    arm: *const i64,
    stratum: *const i64,
    threads: usize,
    out: *mut *mut crm_arm_table,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says, arrays of as many rows, and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let measures = crm_measures::take(measures)?;
        let rows = measures.rows();
        let arms = GroupColumn::Integers(array("arm", arm, rows)?);
        let strata = if stratum.is_null() { None } else { Some(array("stratum", stratum, rows)?) };
        let strata = strata.map(GroupColumn::Integers);
        out.put(Table::new(ArmTable::from_rows(&measures, arms, strata, Threads::from_count(threads)?)?));
        Ok(())
    })
}

/// The arms of an Arrow stream of record batches, which is consumed and released, whatever comes of it.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_arm_table_free`. Fails with `CRM_STATUS_MISSING_COLUMN`,
/// `CRM_STATUS_WRONG_TYPE`, with `CRM_STATUS_MISSING_VALUE` for a null, and as `crm_arm_table_from_rows`; rows are counted over all batches.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_from_arrow(
    stream: *mut FFI_ArrowArrayStream,
    columns: *const crm_arm_columns,
    threads: usize,
    out: *mut *mut crm_arm_table,
) -> crm_status {
    // SAFETY: the caller gives a stream, a struct of the size that it says, and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let mut stream = Stream::take(stream)?;
        let none = crm_arm_columns {
            struct_size: size_of::<crm_arm_columns>(),
            arm: ptr::null(),
            value: ptr::null(),
            denominator: ptr::null(),
            stratum: ptr::null(),
            covariates: ptr::null(),
            covariate_count: 0,
        };
        let given = sized::read("columns", columns, none)?;
        let covariates = array("columns.covariates", given.covariates, given.covariate_count)?;
        let columns = ArmColumns {
            arm: text("columns.arm", given.arm)?,
            value: text("columns.value", given.value)?,
            denominator: optional_text("columns.denominator", given.denominator)?,
            stratum: optional_text("columns.stratum", given.stratum)?,
            covariates: covariates
                .iter()
                .map(|&name| text("columns.covariates", name))
                .collect::<Outcome<_>>()?,
        };
        let threads = Threads::from_count(threads)?;
        let (mut all, mut rows): (Option<ArmTable>, u64) = (None, 0);
        while let Some(batch) = stream.next()? {
            let moved = |error: Error| match error.row() {
                Some(row) => error.at_row(row + rows),
                None => error,
            };
            let part = arms_of_batch(&batch, &columns, threads).map_err(moved)?;
            match &mut all {
                Some(all) => all.merge(&part)?,
                None => all = Some(part),
            }
            rows += batch.num_rows() as u64;
        }
        let empty = || Error::new(ErrorKind::Empty, "the stream holds no batch").on("stream");
        out.put(Table::new(all.ok_or_else(empty)?));
        Ok(())
    })
}

/// Both tables as one.
///
/// `out` receives the table, NULL if the call fails. Fails with `CRM_STATUS_INCOMPATIBLE` for tables of other columns, or strata in one only.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_merge(
    table: *const crm_arm_table,
    other: *const crm_arm_table,
    out: *mut *mut crm_arm_table,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let mut merged = handle::get("table", table)?.arms.clone();
        merged.merge(&handle::get("other", other)?.arms)?;
        out.put(Table::new(merged));
        Ok(())
    })
}

/// The number of arms; 0 for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_arm_count(table: *const crm_arm_table) -> usize {
    // SAFETY: the caller gives a live handle, or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.labels.len()) })
}

/// The number of strata; 0 for a table without strata and for an invalid handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_stratum_count(table: *const crm_arm_table) -> usize {
    // SAFETY: the caller gives a live handle, or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.strata.len()) })
}

/// The label of an arm, integers as digits; NULL for a place beyond the last. It belongs to the table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_label(table: *const crm_arm_table, index: usize) -> *const c_char {
    // SAFETY: the caller gives a live handle, or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("table", table)?.labels, index)?.as_ptr()) })
}

/// The label of a stratum, integers as digits; NULL for a place beyond the last. It belongs to the table.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_stratum(table: *const crm_arm_table, index: usize) -> *const c_char {
    // SAFETY: the caller gives a live handle, or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("table", table)?.strata, index)?.as_ptr()) })
}

/// An arm over all strata, by its place.
///
/// `out` receives the arm, NULL if the call fails; the caller frees it with `crm_joint_arm_free`. Fails with `CRM_STATUS_OUT_OF_RANGE` for a place
/// beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_arm(
    table: *const crm_arm_table,
    index: usize,
    out: *mut *mut crm_joint_arm,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let table = &handle::get("table", table)?.arms;
        out.put(table.arm(element(table.labels(), index)?)?);
        Ok(())
    })
}

/// The arm of the value in one stratum, by the places of both; 0 as the stratum of a table without strata.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a place beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_value(
    table: *const crm_arm_table,
    index: usize,
    stratum: usize,
    out: *mut crm_mean_arm,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let table = &handle::get("table", table)?.arms;
        let arms = table.values_of(element(table.labels(), index)?)?;
        out.fill(std::iter::once((*element(&arms, stratum)?).into()));
        Ok(())
    })
}

/// The table as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_to_json(
    table: *const crm_arm_table,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("table", table)?.arms.to_json()?));
        Ok(())
    })
}

/// A table from its JSON text.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_arm_table_free`. Fails with `CRM_STATUS_CORRUPT` for another text, and
/// with `CRM_STATUS_INCOMPATIBLE` for one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_from_json(
    json: *const c_char,
    out: *mut *mut crm_arm_table,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Table::new(ArmTable::from_json(text("json", json)?)?));
        Ok(())
    })
}

/// Frees a table; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_arm_table_free(table: *mut crm_arm_table) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("table", table) });
}
