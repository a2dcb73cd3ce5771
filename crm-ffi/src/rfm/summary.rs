//! Segments in a few numbers each.

use std::ffi::{CString, c_char};

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::interop::summary_table;
use crm_core::rfm::SegmentSummary;

use super::segment::crm_segments;
use crate::arrow::OutStream;
use crate::customer::base::crm_base;
use crate::customer::money::crm_money;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::element;
use crate::sized::{self, sized_structs};
use crate::status::{c_text, crm_status};

/// One segment in numbers. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_segment_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The name, UTF-8: belongs to the summary and lives as long.
    pub segment: *const c_char,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, in 0 to 1.
    pub customer_share: f64,
    /// Net amount of its customers.
    pub net_amount: crm_money,
    /// Share of the net amount of all customers; 0 if that is zero. Returns can push it outside 0 to 1.
    pub amount_share: f64,
    /// Mean number of days since the last purchase; NaN for a segment without customers, as the other means.
    pub mean_days_since_last_purchase: f64,
    /// Mean number of orders.
    pub mean_orders: f64,
    /// Mean net amount, in currency units.
    pub mean_net_amount: f64,
}

sized_structs!(crm_segment_row);

/// Every segment of a map in numbers, in the order of the map; those without customers included. Free with
/// `crm_segment_summary_free`. Immutable: any number of threads may use it at once.
pub struct crm_segment_summary {
    _opaque: (),
}

pub(crate) struct Summary {
    summary: SegmentSummary,
    names: Vec<CString>,
}

handles! { crm_segment_summary holds Summary, tag b"crmSUMMA"; }

/// Summarises the segments of a base.
///
/// `out` receives the summary, NULL if the call fails; the caller frees it with `crm_segment_summary_free`. Fails with
/// `CRM_STATUS_LENGTH_MISMATCH` if the segments are those of another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_summary_new(
    base: *const crm_base,
    segments: *const crm_segments,
    out: *mut *mut crm_segment_summary,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let segments = &handle::get("segments", segments)?.value;
        let summary = SegmentSummary::new(handle::get("base", base)?, segments)?;
        let names = summary.rows().iter().map(|row| c_text(&row.segment)).collect();
        out.put(Summary { summary, names });
        Ok(())
    })
}

/// Number of segments; 0, with the thread's last error set, if `summary` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_summary_length(summary: *const crm_segment_summary) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("summary", summary)?.names.len()) })
}

/// One segment in numbers: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_segment_summary_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_summary_row(
    summary: *const crm_segment_summary,
    index: usize,
    out: *mut crm_segment_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let summary = handle::get("summary", summary)?;
        let row = element(summary.summary.rows(), index)?;
        out.put(crm_segment_row {
            struct_size: size_of::<crm_segment_row>(),
            segment: element(&summary.names, index)?.as_ptr(),
            customers: row.customers,
            customer_share: row.customer_share,
            net_amount: row.net_amount.into(),
            amount_share: row.amount_share,
            mean_days_since_last_purchase: row.mean_days_since_last_purchase.unwrap_or(f64::NAN),
            mean_orders: row.mean_orders.unwrap_or(f64::NAN),
            mean_net_amount: row.mean_net_amount.unwrap_or(f64::NAN),
        })
    })
}

/// The summary as a table of one row a segment, with the columns of `crm_segment_row`; means of empty segments are null.
///
/// `out` receives the stream, marked as released if the call fails; the caller releases it. What it held is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_summary_to_arrow_stream(
    summary: *const crm_segment_summary,
    out: *mut FFI_ArrowArrayStream,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = OutStream::new(out)?;
        out.put(summary_table(&handle::get("summary", summary)?.summary)?);
        Ok(())
    })
}

/// Frees a summary; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_summary_free(summary: *mut crm_segment_summary) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("summary", summary) });
}
