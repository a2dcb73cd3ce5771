//! Why scores changed between two dates.

use crm_core::loyalty::{DimensionTable, LoyaltyScore, ScoreChange, ScoreChangeParts};
use crm_core::{Error, Threads};

use super::dimension_table::crm_dimension_table;
use super::score::crm_loyalty_score;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, element, places};
use crate::status::{Outcome, crm_status};

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

/// What each dimension has of the effects of a change: for each effect its dimensions sum to it, exactly. Free with `crm_score_change_parts_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_score_change_parts {
    _opaque: (),
}

handles! {
    crm_score_change holds ScoreChange, tag b"crmSCOCH";
    crm_score_change_parts holds ScoreChangeParts, tag b"crmSCOCP";
}

type Ends<'a> =
    (&'a LoyaltyScore, &'a DimensionTable<'static>, &'a LoyaltyScore, &'a DimensionTable<'static>);

/// The scores and tables of two dates.
///
/// # Safety
/// Each is a live handle or null.
unsafe fn ends<'a>(
    score: *const crm_loyalty_score,
    table: *const crm_dimension_table,
    later_score: *const crm_loyalty_score,
    later_table: *const crm_dimension_table,
) -> Outcome<Ends<'a>> {
    // SAFETY: as the caller promises.
    unsafe {
        let (score, table) = (handle::get("score", score)?, handle::get("table", table)?);
        let (later, later_table) =
            (handle::get("later_score", later_score)?, handle::get("later_table", later_table)?);
        Ok((&score.value, table, &later.value, later_table))
    }
}

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
        let (score, table, later, later_table) = ends(score, table, later_score, later_table)?;
        out.put(score.change(table, later, later_table, Threads::from_count(threads)?)?);
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

/// The change of scores as `crm_score_change_new` gives it, split by dimension. A dimension's part of a score is 100 w n / sum w over the known dimensions.
///
/// `out` receives the parts, NULL if the call fails; the caller frees them with `crm_score_change_parts_free`. Fails as `crm_score_change_new` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_parts_new(
    score: *const crm_loyalty_score,
    table: *const crm_dimension_table,
    later_score: *const crm_loyalty_score,
    later_table: *const crm_dimension_table,
    threads: usize,
    out: *mut *mut crm_score_change_parts,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (score, table, later, later_table) = ends(score, table, later_score, later_table)?;
        out.put(score.change_by_dimension(table, later, later_table, Threads::from_count(threads)?)?);
        Ok(())
    })
}

/// Number of dimensions, in the order of the earlier score; 0, with the thread's last error set, if `parts` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_parts_dimensions(parts: *const crm_score_change_parts) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("parts", parts)?.names.len()) })
}

/// Copies what a dimension has of an effect, `CRM_SCORE_CHANGE_COLUMN_VALUE` or one of the two after it, to `out`, which has room for `capacity`, at
/// least the number of customers; NaN where there is no score.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for another column, `CRM_STATUS_OUT_OF_RANGE` for a place beyond the last, and
/// `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_parts_values(
    parts: *const crm_score_change_parts,
    column: i32,
    dimension: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let found = handle::get("parts", parts)?;
        let columns = [None, None, Some(&found.value), Some(&found.reference), Some(&found.weight)];
        let Some(columns) = choice("column", column, &columns)? else {
            return Err(Error::argument("column", column, "the code of an effect, from 2 to 4").into());
        };
        let values = element(columns, dimension)?;
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Frees parts; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_change_parts_free(parts: *mut crm_score_change_parts) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("parts", parts) });
}
