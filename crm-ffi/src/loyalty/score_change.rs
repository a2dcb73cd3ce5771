//! Why scores changed between two dates.

use crm_core::Threads;
use crm_core::loyalty::ScoreChange;

use super::dimension_table::crm_dimension_table;
use super::score::crm_loyalty_score;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, places};
use crate::status::crm_status;

/// A column of a change of scores.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_score_change_column {
    /// The scores at the first date.
    Before = 0,
    /// The scores at the second date.
    After = 1,
    /// What the customer's own values changed.
    Value = 2,
    /// What the population that values are compared with changed.
    Reference = 3,
    /// What the weights changed.
    Weight = 4,
}

/// Scores of the same customers at two dates, and what changed them: value, reference and weight effects sum to the difference of the scores, exactly. Free with
/// `crm_score_change_free`. Immutable: any number of threads may use it at once.
pub struct crm_score_change {
    _opaque: (),
}

handles! { crm_score_change holds ScoreChange, tag b"crmSCOCH"; }

/// The change of scores from a score and its table to a later score and its table, whose rows are the same customers in the same order, on `threads` threads, 0 for
/// all.
///
/// `out` receives the change, NULL if the call fails; the caller frees it with `crm_score_change_free`. Fails with `CRM_STATUS_LENGTH_MISMATCH` for tables of different
/// lengths, `CRM_STATUS_INCOMPATIBLE` for scores of other dimensions or options or of an earlier date, and as `crm_loyalty_score_apply` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_new(
    score: *const crm_loyalty_score,
    table: *const crm_dimension_table,
    later_score: *const crm_loyalty_score,
    later_table: *const crm_dimension_table,
    threads: usize,
    out: *mut *mut crm_score_change,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (score, table) = (handle::get("score", score)?, handle::get("table", table)?);
        let (later, later_table) =
            (handle::get("later_score", later_score)?, handle::get("later_table", later_table)?);
        let threads = Threads::from_count(threads)?;
        out.put(score.value.change(table, &later.value, later_table, threads)?);
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `change` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_length(change: *const crm_score_change) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("change", change)?.before.len()) })
}

/// Copies a `crm_score_change_column` to `out`, which has room for `capacity`, at least `crm_score_change_length`; NaN where there is no score.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_values(
    change: *const crm_score_change,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let found = handle::get("change", change)?;
        let columns = [&found.before, &found.after, &found.value, &found.reference, &found.weight];
        let values = choice("column", column, &columns)?;
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Frees a change; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_free(change: *mut crm_score_change) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("change", change) });
}
