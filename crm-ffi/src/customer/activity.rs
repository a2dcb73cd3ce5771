//! Activity over time: repeat purchases of a cohort by period.

use crm_core::customer::{ActivityRow, Day, PeriodActivity};

use super::history::crm_history;
use super::money::crm_money;
use crate::clv::time::crm_period;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{element, places};
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// Repeat purchases of a cohort by period, and when its customers came. Free with `crm_period_activity_free`. Immutable:
/// any number of threads may use it at once.
pub struct crm_period_activity {
    _opaque: (),
}

handles! { crm_period_activity holds PeriodActivity, tag b"crmACTIV"; }

/// What the customers of a cohort did in one period. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_activity_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The first day of the period, counted from 1970-01-01.
    pub first_day: i32,
    /// The last day of the period that is counted.
    pub last_day: i32,
    /// 1 if the period was over by the end of the last day counted, else 0; only the last row can be incomplete.
    pub is_complete: i32,
    /// Zero.
    pub reserved: i32,
    /// Days with a purchase after the customer's first, summed over customers.
    pub repeat_purchases: u64,
    /// Customers with such a day.
    pub repeat_buyers: u64,
    /// Amount of those days' purchases, returns not subtracted.
    pub repeat_amount: crm_money,
    /// Customers whose first purchase lies in the period.
    pub new_customers: u64,
    /// Purchases less returns, first purchases included.
    pub net_amount: crm_money,
}

sized_structs!(crm_activity_row);

impl From<&ActivityRow> for crm_activity_row {
    fn from(row: &ActivityRow) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            first_day: row.first_day.number(),
            last_day: row.last_day.number(),
            is_complete: row.is_complete.into(),
            reserved: 0,
            repeat_purchases: row.repeat_purchases,
            repeat_buyers: row.repeat_buyers,
            repeat_amount: row.repeat_amount.into(),
            new_customers: row.new_customers,
            net_amount: row.net_amount.into(),
        }
    }
}

/// What the customers who first bought on or before the day `cohort_until` did from the first day of the log to the end of
/// the day `until`, by periods that follow each other from the first day of the log. Days are counted from 1970-01-01.
///
/// `out` receives the activity, NULL if the call fails; the caller frees it with `crm_period_activity_free`. Fails with
/// `CRM_STATUS_EMPTY` if nobody bought by `cohort_until`, and `CRM_STATUS_INVALID_ARGUMENT` if it is after `until`, if
/// `until` is after the last day of the log (everybody would seem to have stopped), or for periods shorter than a day.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_repeat_purchases_by_period(
    history: *const crm_history,
    cohort_until: i32,
    period: *const crm_period,
    until: i32,
    out: *mut *mut crm_period_activity,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a period and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let history = handle::get("history", history)?;
        let cohort_until = Day::from_number(cohort_until).map_err(|error| error.on("cohort_until"))?;
        let until = Day::from_number(until).map_err(|error| error.on("until"))?;
        let period = crm_period::read("period", period)?;
        out.put(history.repeat_purchases_by_period(cohort_until, period, until)?);
        Ok(())
    })
}

/// Number of periods; 0, with the thread's last error set, if `activity` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_period_activity_length(activity: *const crm_period_activity) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("activity", activity)?.rows().len()) })
}

/// One period: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_period_activity_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_period_activity_row(
    activity: *const crm_period_activity,
    index: usize,
    out: *mut crm_activity_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(handle::get("activity", activity)?.rows(), index)?.into())
    })
}

/// Number of customers in the cohort; 0, with the thread's last error set, if `activity` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_period_activity_customers(activity: *const crm_period_activity) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("activity", activity)?.customers()) })
}

/// Number of days on which customers of the cohort first bought; 0, with the thread's last error set, if `activity` is NULL
/// or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_period_activity_first_purchase_days(
    activity: *const crm_period_activity,
) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("activity", activity)?.first_purchases().len()) })
}

/// Copies the days on which customers of the cohort first bought, ascending and counted from 1970-01-01, to `days`, and how
/// many did to `customers`; each has room for `capacity` values, at least `crm_period_activity_first_purchase_days`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_period_activity_first_purchases(
    activity: *const crm_period_activity,
    days: *mut i32,
    customers: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and twice `capacity` places, or null.
    guard(|| unsafe {
        let firsts = handle::get("activity", activity)?.first_purchases();
        let days = places("days", days, capacity, firsts.len())?;
        let customers = places("customers", customers, capacity, firsts.len())?;
        days.fill(firsts.iter().map(|(day, _)| day.number()));
        customers.fill(firsts.iter().map(|(_, customers)| *customers));
        Ok(())
    })
}

/// Frees an activity; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_period_activity_free(activity: *mut crm_period_activity) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("activity", activity) });
}
