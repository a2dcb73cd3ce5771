//! Weightings side by side.

use std::ffi::c_char;

use crm_core::Threads;
use crm_core::loyalty::{LoyaltyScore, WeightingReport};

use super::dimension_table::crm_dimension_table;
use super::score::crm_loyalty_score;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Whether a score could be judged.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_weighting_status {
    /// It could.
    Judged = 0,
    /// Nobody has a score.
    NoScores = 1,
    /// All customers with a score were retained, or none.
    OneOutcome = 2,
}

/// One score of a report. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_weighting_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Customers with a score.
    pub scored: u64,
    /// The area under the ROC curve: 1/2 for chance, 1 for scores that put all retained customers first; NaN if not judged.
    pub auc: f64,
    /// The retention of the top share of the scores, divided by that of all; NaN if not judged.
    pub lift: f64,
    /// The retention of the top share.
    pub top_retention: f64,
    /// A `crm_weighting_kind`.
    pub weighting: i32,
    /// A `crm_weighting_status`.
    pub status: i32,
}

sized_structs!(crm_weighting_row);

/// Scores judged by who was retained, side by side. Free with `crm_weighting_report_free`. Immutable: any number of threads may use it at once.
pub struct crm_weighting_report {
    _opaque: (),
}

handles! { crm_weighting_report holds WeightingReport, tag b"crmWEIRE"; }

/// Judges `count` scores, with their names, by the customers of a table and who of them was still there after its date: a byte for each of `length` customers, 0 for
/// those who left. `top_share`, in (0, 1], is the share of the scored customers that lift looks at; `threads` is 0 for all.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_weighting_report_free`. Fails with `CRM_STATUS_INVALID_ARGUMENT` for no score, a
/// name that comes twice and a share out of bounds, `CRM_STATUS_LENGTH_MISMATCH` for flags of another length than the table, `CRM_STATUS_INCOMPATIBLE` for a
/// learned score that is judged on its own date, and as `crm_loyalty_score_apply` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_weighting_report_new(
    names: *const *const c_char,
    scores: *const *const crm_loyalty_score,
    count: usize,
    table: *const crm_dimension_table,
    retained: *const u8,
    length: usize,
    top_share: f64,
    threads: usize,
    out: *mut *mut crm_weighting_report,
) -> crm_status {
    // SAFETY: the caller gives `count` terminated strings and live handles, a live handle, `length` flags and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (names, scores) = (array("names", names, count)?, array("scores", scores, count)?);
        let models: Vec<(&str, &LoyaltyScore)> = names
            .iter()
            .zip(scores)
            .map(|(&name, &score)| Ok((text("names", name)?, &handle::get("scores", score)?.value)))
            .collect::<Outcome<_>>()?;
        let retained: Vec<bool> =
            array("retained", retained, length)?.iter().map(|&flag| flag != 0).collect();
        let (table, threads) = (handle::get("table", table)?, Threads::from_count(threads)?);
        out.put(WeightingReport::judge(&models, table, &retained, top_share, threads)?);
        Ok(())
    })
}

/// Number of scores; 0, with the thread's last error set, if `report` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_weighting_report_length(report: *const crm_weighting_report) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("report", report)?.rows.len()) })
}

/// A score of a report, by its place from 0 on: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a place beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_weighting_report_row(
    report: *const crm_weighting_report,
    index: usize,
    out: *mut crm_weighting_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size it says, or null.
    guard(|| unsafe {
        let row = element(&handle::get("report", report)?.rows, index)?;
        sized::place("out", out)?.put(crm_weighting_row {
            struct_size: 0,
            scored: row.scored,
            auc: row.auc,
            lift: row.lift,
            top_retention: row.top_retention,
            weighting: row.weighting as i32,
            status: row.status as i32,
        })
    })
}

/// Copies Spearman's rank correlations between the scores of each pair, row by row, to `out`, which has room for `capacity`, at least the square of
/// `crm_weighting_report_length`; NaN if one does not differ.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_weighting_report_rank_correlation(
    report: *const crm_weighting_report,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = &handle::get("report", report)?.rank_correlation;
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Frees a report; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_weighting_report_free(report: *mut crm_weighting_report) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("report", report) });
}
