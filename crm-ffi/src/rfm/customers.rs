//! The table of scored customers, as a stream and as files.

use std::ffi::c_char;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::interop::{customer_table, write_csv, write_parquet};

use super::scores::crm_rfm_scores;
use super::segment::crm_segments;
use crate::arrow::OutStream;
use crate::customer::base::crm_base;
use crate::guard::guard;
use crate::handle;
use crate::pointer::text;
use crate::status::{Outcome, crm_status};

unsafe fn table(
    base: *const crm_base,
    scores: *const crm_rfm_scores,
    segments: *const crm_segments,
) -> Outcome<RecordBatch> {
    // SAFETY: the caller gives live handles or null.
    unsafe {
        let base = handle::get("base", base)?;
        let scores = handle::get("scores", scores)?;
        Ok(customer_table(base, scores, &handle::get("segments", segments)?.value)?)
    }
}

/// The base with scores and segments as a table of one row a customer: the columns of the base, `recency_score`,
/// `frequency_score`, `monetary_score`, `rfm_score` (the composite) and `segment`.
///
/// `out` receives the stream, marked as released if the call fails; the caller releases it. What it held is overwritten.
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` if scores or segments are those of another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customers_to_arrow_stream(
    base: *const crm_base,
    scores: *const crm_rfm_scores,
    segments: *const crm_segments,
    out: *mut FFI_ArrowArrayStream,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = OutStream::new(out)?;
        out.put(table(base, scores, segments)?);
        Ok(())
    })
}

/// Writes the table of `crm_customers_to_arrow_stream` as a CSV file with a header line. `path` is UTF-8; a file there is
/// overwritten.
///
/// Fails with `CRM_STATUS_IO` if the file cannot be written, and `CRM_STATUS_LENGTH_MISMATCH` if scores or segments are
/// those of another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customers_write_csv(
    base: *const crm_base,
    scores: *const crm_rfm_scores,
    segments: *const crm_segments,
    path: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives live handles and a terminated string, or null.
    guard(|| unsafe {
        let path = Path::new(text("path", path)?);
        Ok(write_csv(&table(base, scores, segments)?, path)?)
    })
}

/// Writes the table of `crm_customers_to_arrow_stream` as a Parquet file. `path` is UTF-8; a file there is overwritten.
///
/// Fails with `CRM_STATUS_IO` if the file cannot be written, and `CRM_STATUS_LENGTH_MISMATCH` if scores or segments are
/// those of another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customers_write_parquet(
    base: *const crm_base,
    scores: *const crm_rfm_scores,
    segments: *const crm_segments,
    path: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives live handles and a terminated string, or null.
    guard(|| unsafe {
        let path = Path::new(text("path", path)?);
        Ok(write_parquet(&table(base, scores, segments)?, path)?)
    })
}
