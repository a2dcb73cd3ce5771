//! The segments of customers, and how near each is to another one.

use std::ffi::c_char;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::interop::{segment_table, write_csv, write_parquet};
use crm_core::segment::SegmentAssignment;

use crate::arrow::OutStream;
use crate::customer::base::crm_base;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{choice, places, text};
use crate::status::{Outcome, crm_status};

/// What is known of a customer's place between two segments.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_assignment_column {
    /// The distance to the centre of the segment, in scaled features.
    Distance = 0,
    /// The distance to the centre of the next segment; infinite if there is only one.
    NextDistance = 1,
    /// How near the customer is to the border: the first divided by the second, from 0 (in the centre) to 1 (as near to the
    /// next).
    Border = 2,
}

/// The segment of each customer of a table, in its order. Free with `crm_segment_assignment_free`. Immutable: any number of
/// threads may use it at once.
pub struct crm_segment_assignment {
    _opaque: (),
}

pub(crate) struct Assigned {
    pub(super) assignment: SegmentAssignment,
    /// Of the segments.
    pub(super) names: Vec<String>,
}

handles! { crm_segment_assignment holds Assigned, tag b"crmSEGAS"; }

/// Number of customers; 0, with the thread's last error set, if `assignment` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_length(assignment: *const crm_segment_assignment) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("assignment", assignment)?.assignment.labels.len()) })
}

/// Copies the number of each customer's segment to `out`, which has room for `capacity` numbers, at least
/// `crm_segment_assignment_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_labels(
    assignment: *const crm_segment_assignment,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let labels = &handle::get("assignment", assignment)?.assignment.labels;
        places("out", out, capacity, labels.len())?.fill(labels.iter().copied());
        Ok(())
    })
}

/// Copies the number of each customer's next segment, the same one if there is only one, to `out`, which has room for
/// `capacity` numbers, at least `crm_segment_assignment_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_next_labels(
    assignment: *const crm_segment_assignment,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let labels = &handle::get("assignment", assignment)?.assignment.next_labels;
        places("out", out, capacity, labels.len())?.fill(labels.iter().copied());
        Ok(())
    })
}

/// Copies a column, a `crm_assignment_column`, to `out`, which has room for `capacity` values, at least
/// `crm_segment_assignment_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_column(
    assignment: *const crm_segment_assignment,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    use crm_assignment_column as C;
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let assignment = &handle::get("assignment", assignment)?.assignment;
        let column = match choice("column", column, &[C::Distance, C::NextDistance, C::Border])? {
            C::Distance => &assignment.distances,
            C::NextDistance => &assignment.next_distances,
            C::Border => &assignment.border,
        };
        places("out", out, capacity, column.len())?.fill(column.iter().copied());
        Ok(())
    })
}

/// Copies how many missing values of each feature took the median to `out`, which has room for `capacity` counts, at least
/// `crm_segment_model_feature_count` of the model.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_imputed(
    assignment: *const crm_segment_assignment,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let imputed = &handle::get("assignment", assignment)?.assignment.imputed;
        places("out", out, capacity, imputed.len())?.fill(imputed.iter().copied());
        Ok(())
    })
}

unsafe fn table(base: *const crm_base, assignment: *const crm_segment_assignment) -> Outcome<RecordBatch> {
    // SAFETY: the caller gives live handles or null.
    unsafe {
        let base = handle::get("base", base)?;
        let Assigned { assignment, names } = handle::get("assignment", assignment)?;
        Ok(segment_table(base, names, assignment)?)
    }
}

/// The segments as a table of one row a customer of the base behind the features: `customer_id`, `label`, `segment` (its
/// name), `distance`, `next_label`, `next_segment`, `next_distance` and `border`.
///
/// `out` receives the stream, marked as released if the call fails; the caller releases it. What it held is overwritten.
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` if the segments are those of another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_to_arrow_stream(
    base: *const crm_base,
    assignment: *const crm_segment_assignment,
    out: *mut FFI_ArrowArrayStream,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = OutStream::new(out)?;
        out.put(table(base, assignment)?);
        Ok(())
    })
}

/// Writes the table of `crm_segment_assignment_to_arrow_stream` as a CSV file with a header line. `path` is UTF-8; a file
/// there is overwritten.
///
/// Fails with `CRM_STATUS_IO` if the file cannot be written, and `CRM_STATUS_LENGTH_MISMATCH` if the segments are those of
/// another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_write_csv(
    base: *const crm_base,
    assignment: *const crm_segment_assignment,
    path: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives live handles and a terminated string, or null.
    guard(|| unsafe {
        let path = Path::new(text("path", path)?);
        Ok(write_csv(&table(base, assignment)?, path)?)
    })
}

/// Writes the table of `crm_segment_assignment_to_arrow_stream` as a Parquet file. `path` is UTF-8; a file there is
/// overwritten.
///
/// Fails with `CRM_STATUS_IO` if the file cannot be written, and `CRM_STATUS_LENGTH_MISMATCH` if the segments are those of
/// another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_write_parquet(
    base: *const crm_base,
    assignment: *const crm_segment_assignment,
    path: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives live handles and a terminated string, or null.
    guard(|| unsafe {
        let path = Path::new(text("path", path)?);
        Ok(write_parquet(&table(base, assignment)?, path)?)
    })
}

/// Frees an assignment; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_assignment_free(assignment: *mut crm_segment_assignment) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("assignment", assignment) });
}
