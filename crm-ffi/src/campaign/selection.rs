//! A plan of whom to contact.

use std::ffi::c_char;

use crm_core::Result;
use crm_core::campaign::{ContactLog, Holdout, RankOrder, Rule, Selection, TieBreak};
use crm_core::customer::Day;

use super::ids::crm_ids;
use super::selected::crm_selected;
use super::target_table::crm_target_table;
use crate::guard::{guard, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, text};
use crate::status::{Outcome, crm_status};

/// Which values of the ranking column come first.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_rank_order {
    /// High ones.
    Descending = 0,
    /// Low ones.
    Ascending = 1,
}

/// A plan of whom to contact. Steps are asked in the order in which they are added; the first that a customer fails is the first reason. Free
/// with `crm_selection_free`. It is changed by one thread; after that any number of threads may select with it.
pub struct crm_selection {
    _opaque: (),
}

handles! { crm_selection holds Selection, tag b"crmSELPL"; }

/// Replaces the plan by what a step makes of it; a step that fails leaves it.
///
/// # Safety
/// `selection` is null or a live handle that nobody else uses.
unsafe fn change(
    selection: *mut crm_selection,
    step: impl FnOnce(Selection) -> Outcome<Selection>,
) -> Outcome<()> {
    // SAFETY: as the caller promises.
    let selection = unsafe { handle::get_mut("selection", selection) }?;
    *selection = step(selection.clone())?;
    Ok(())
}

/// A plan that selects everybody.
///
/// `out` receives the plan, NULL if the call fails; the caller frees it with `crm_selection_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_new(out: *mut *mut crm_selection) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        Out::new("out", out)?.put(Selection::new());
        Ok(())
    })
}

/// Keeps customers for whom a rule is true; it being false and it having no answer are two reasons. The rule is JSON text, such as
/// `{"all": [{"compare": {"column": "score", "is": ">=", "value": 0.7}}, {"not": {"missing": {"column": "email"}}}]}`: `all`, `any`, `not`,
/// `compare` (`<`, `<=`, `==`, `!=`, `>=`, `>`), `between` (`from`, `to`), `in` (`values`), `missing`.
///
/// Fails with `CRM_STATUS_PARSE` for text that is no rule, and, here and in all other steps, with `CRM_STATUS_INVALID_ARGUMENT` for a name that is
/// empty or taken.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_add_rule(
    selection: *mut crm_selection,
    name: *const c_char,
    rule: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and terminated strings, or null.
    guard(|| unsafe {
        let (name, rule) = (text("name", name)?, Rule::from_json(text("rule", rule)?)?);
        change(selection, |plan| Ok(plan.rule(name, rule)?))
    })
}

/// Keeps customers who agreed: those with a 1 in the column. 0 and missing are no agreement.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_add_opted_in(
    selection: *mut crm_selection,
    name: *const c_char,
    column: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and terminated strings, or null.
    guard(|| unsafe {
        let (name, column) = (text("name", name)?, text("column", column)?);
        change(selection, |plan| Ok(plan.opted_in(name, column)?))
    })
}

/// Keeps customers who did not object: all but those with a 1 in the column.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_add_not_opted_out(
    selection: *mut crm_selection,
    name: *const c_char,
    column: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and terminated strings, or null.
    guard(|| unsafe {
        let (name, column) = (text("name", name)?, text("column", column)?);
        change(selection, |plan| Ok(plan.not_opted_out(name, column)?))
    })
}

/// Leaves out the customers of a list of those not to contact.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_add_do_not_contact(
    selection: *mut crm_selection,
    name: *const c_char,
    ids: *const crm_ids,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string and a column, or null.
    guard(|| unsafe {
        let (name, ids) = (text("name", name)?, crm_ids::list("ids", ids)?);
        change(selection, |plan| Ok(plan.do_not_contact(name, ids)?))
    })
}

/// Leaves out the customers of a campaign that is running.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_add_not_in_campaign(
    selection: *mut crm_selection,
    name: *const c_char,
    ids: *const crm_ids,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string and a column, or null.
    guard(|| unsafe {
        let (name, ids) = (text("name", name)?, crm_ids::list("ids", ids)?);
        change(selection, |plan| Ok(plan.not_in_campaign(name, ids)?))
    })
}

/// Leaves out customers who have `at_most` contacts or more on the `within_days` days that end with `as_of`. `ids` and `days` (since 1970-01-01)
/// are the contacts of the past, a customer and a day each.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` unless there is a day for each id, and `CRM_STATUS_INVALID_ARGUMENT` for a limit or a number of
/// days of 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_add_contact_limit(
    selection: *mut crm_selection,
    name: *const c_char,
    ids: *const crm_ids,
    days: *const i32,
    days_length: usize,
    as_of: i32,
    at_most: u32,
    within_days: u32,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a terminated string, a column and an array of that length, or null.
    guard(|| unsafe {
        let name = text("name", name)?;
        let days = array("days", days, days_length)?.to_vec();
        let log = ContactLog::of(crm_ids::list("ids", ids)?, days)?;
        let as_of = Day::from_number(as_of).map_err(|error| error.on("as_of"))?;
        change(selection, |plan| Ok(plan.contacts_at_most(name, log, as_of, at_most, within_days)?))
    })
}

/// Leaves out the customers of a holdout: the share of all that a salt draws, the same customers as by `crm_campaign_split_add_holdout`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an empty salt and a share outside [0, 1].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_add_holdout(
    selection: *mut crm_selection,
    name: *const c_char,
    salt: *const c_char,
    share: f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and terminated strings, or null.
    guard(|| unsafe {
        let (name, holdout) = (text("name", name)?, Holdout::new(text("salt", salt)?, share)?);
        change(selection, |plan| Ok(plan.without(name, holdout)?))
    })
}

/// Ranks customers by a column of numbers, in a `crm_rank_order`; missing ones come last.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a second ranking.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_rank_by(
    selection: *mut crm_selection,
    column: *const c_char,
    order: i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and a terminated string, or null.
    guard(|| unsafe {
        let (column, order) = (text("column", column)?, RankOrder::from_code(order)?);
        change(selection, |plan| Ok(plan.rank_by(column, order)?))
    })
}

/// Puts customers of equal rank in the order of their numbers under a salt, which are other numbers than those that the salt deals arms by. Without it
/// the lower id comes first: integers by their number, texts by their bytes, so that 9 comes before 10 but "10" before "9".
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an empty salt, and a second time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_ties_by_hash(
    selection: *mut crm_selection,
    salt: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, and a terminated string, or null.
    guard(|| unsafe {
        let salt = text("salt", salt)?.to_owned();
        change(selection, |plan| Ok(plan.ties(TieBreak::Hash(salt))?))
    })
}

/// Takes at most so many customers, the best.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a second quota.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_set_quota(
    selection: *mut crm_selection,
    customers: u64,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, or null.
    guard(|| unsafe { change(selection, |plan| Ok(plan.quota(customers)?)) })
}

/// Takes at most so many customers of each segment, a column of texts: `quotas[k]` of `segments[k]`, and `others` of each that is not listed, or any
/// number if `others` is negative. Customers without a segment are one such segment together.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a segment that is listed twice, and for quotas of segments a second time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_set_segment_quotas(
    selection: *mut crm_selection,
    column: *const c_char,
    segments: *const *const c_char,
    quotas: *const u64,
    count: usize,
    others: i64,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, terminated strings and arrays of that length, or null.
    guard(|| unsafe {
        let column = text("column", column)?;
        let names = array("segments", segments, count)?;
        let names = names.iter().map(|&name| text("segments", name)).collect::<Outcome<Vec<&str>>>()?;
        let quotas: Vec<(&str, u64)> =
            names.into_iter().zip(array("quotas", quotas, count)?.iter().copied()).collect();
        let others = u64::try_from(others).ok();
        change(selection, |plan| Ok(plan.segment_quotas(column, &quotas, others)?))
    })
}

/// Selects from a table.
///
/// `out` receives the outcome, NULL if the call fails; the caller frees it with `crm_selected_free`. Fails with `CRM_STATUS_MISSING_COLUMN` and
/// `CRM_STATUS_WRONG_TYPE` for columns that are not there or hold something else, `CRM_STATUS_INVALID_VALUE` with the row for a consent that is
/// neither 0, 1 nor missing, `CRM_STATUS_INCOMPATIBLE` for lists of ids of another kind than the table's, and `CRM_STATUS_INVALID_ARGUMENT` for
/// rules that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_select(
    selection: *const crm_selection,
    table: *const crm_target_table,
    out: *mut *mut crm_selected,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let selected: Result<_> = handle::get("selection", selection)?.select(handle::get("table", table)?);
        out.put(selected?.into());
        Ok(())
    })
}

/// Frees a plan; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selection_free(selection: *mut crm_selection) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("selection", selection) });
}
