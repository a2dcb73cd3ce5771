//! Repeat purchases over time, beside what a purchase model expects.

use crm_core::clv::{Tracking, TrackingRow, expected_repeat_purchases};

use super::purchase_model::crm_purchase_model;
use crate::customer::activity::crm_period_activity;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, places};
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// Actual against expected repeat purchases of a cohort, by period. Free with `crm_tracking_free`. Immutable: any number of
/// threads may use it at once.
pub struct crm_tracking {
    _opaque: (),
}

handles! { crm_tracking holds Tracking, tag b"crmTRACK"; }

/// One period of a tracking. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_tracking_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The last day of the period, counted from 1970-01-01.
    pub last_day: i32,
    /// 1 if the period was over, 0 if not; only the last row can be incomplete.
    pub is_complete: i32,
    /// Repeat purchases in the period.
    pub actual: u64,
    /// Expected repeat purchases in the period.
    pub expected: f64,
    /// Repeat purchases up to the end of the period.
    pub actual_cumulative: u64,
    /// Expected repeat purchases up to the end of the period.
    pub expected_cumulative: f64,
}

sized_structs!(crm_tracking_row);

impl From<&TrackingRow> for crm_tracking_row {
    fn from(row: &TrackingRow) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            last_day: row.last_day.number(),
            is_complete: row.is_complete.into(),
            actual: row.actual,
            expected: row.expected,
            actual_cumulative: row.actual_cumulative,
            expected_cumulative: row.expected_cumulative,
        }
    }
}

/// Joins what a cohort did with what a model expects of it: at the end of a day, the sum of E[X(t)] over the customers who
/// have come, t being the days since the first purchase of each.
///
/// `out` receives the tracking, NULL if the call fails; the caller frees it with `crm_tracking_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a model with covariates, whose newcomers differ, and for BG/BB, whose times are counts
/// of opportunities.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tracking_new(
    activity: *const crm_period_activity,
    model: *const crm_purchase_model,
    out: *mut *mut crm_tracking,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let activity = handle::get("activity", activity)?;
        let model = &handle::get("model", model)?.model;
        out.put(model.track(activity)?);
        Ok(())
    })
}

/// Number of periods, those of the activity; 0, with the thread's last error set, if `tracking` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tracking_length(tracking: *const crm_tracking) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("tracking", tracking)?.rows().len()) })
}

/// One period: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_tracking_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tracking_period(
    tracking: *const crm_tracking,
    index: usize,
    out: *mut crm_tracking_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(handle::get("tracking", tracking)?.rows(), index)?.into())
    })
}

/// Frees a tracking; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tracking_free(tracking: *mut crm_tracking) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("tracking", tracking) });
}

/// Repeat purchases that a model expects up to each of `ends_length` times of customers who came at each of `starts_length`
/// times: the sum of E[X(end - start)] over those who had come. All times are in the model's unit, from any origin. `out`
/// has room for `ends_length` values.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` with the row for times that are not finite, and otherwise as `crm_tracking_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_model_expected_repeat_purchases(
    model: *const crm_purchase_model,
    starts: *const f64,
    starts_length: usize,
    ends: *const f64,
    ends_length: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of these lengths, or null.
    guard(|| unsafe {
        let newcomer = handle::get("model", model)?.model.newcomer()?;
        let starts = array("starts", starts, starts_length)?;
        let ends = array("ends", ends, ends_length)?;
        let out = places("out", out, ends_length, ends_length)?;
        out.fill(expected_repeat_purchases(starts, ends, newcomer)?.into_iter());
        Ok(())
    })
}
