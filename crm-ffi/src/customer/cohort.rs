//! Cohorts by the time of their first purchase.

use crm_core::customer::{Cohort, CohortBy, CohortTable, Day};
use crm_core::{Error, ErrorKind};

use super::history::crm_history;
use super::money::crm_money;
use crate::clv::time::crm_period;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, element};
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// What customers are put together by: when they first bought.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_cohort_by {
    /// Calendar weeks, from Monday.
    Week = 0,
    /// Calendar months.
    Month = 1,
    /// Calendar quarters.
    Quarter = 2,
    /// Calendar years.
    Year = 3,
}

/// Cohorts by the time of their first purchase, and what each did at each age since. Free with `crm_cohort_table_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_cohort_table {
    _opaque: (),
}

handles! { crm_cohort_table holds CohortTable, tag b"crmCOHOR"; }

/// Customers who first bought in the same week, month, quarter or year. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_cohort {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The first day of the week, month, quarter or year, counted from 1970-01-01.
    pub first_day: i32,
    /// Zero.
    pub reserved: i32,
    /// Number of customers.
    pub customers: u64,
    /// Number of ages that each of its customers has passed; younger cohorts have fewer, and may have none.
    pub complete_ages: u64,
    /// Customers who bought after the complete ages, so that nothing is lost; they were observed for different times.
    pub incomplete_active_customers: u64,
    /// Days with a purchase after the complete ages, summed over customers.
    pub incomplete_purchase_days: u64,
    /// Purchases less returns after the complete ages.
    pub incomplete_net_amount: crm_money,
}

/// What a cohort did at one age. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_cohort_age {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Customers who bought.
    pub active_customers: u64,
    /// Days with a purchase, summed over customers; at age 0 with the first one.
    pub purchase_days: u64,
    /// Purchases less returns.
    pub net_amount: crm_money,
}

sized_structs!(crm_cohort, crm_cohort_age);

impl From<&Cohort> for crm_cohort {
    fn from(cohort: &Cohort) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            first_day: cohort.first_day().number(),
            reserved: 0,
            customers: cohort.customers(),
            complete_ages: cohort.ages().len() as u64,
            incomplete_active_customers: cohort.incomplete().active_customers,
            incomplete_purchase_days: cohort.incomplete().purchase_days,
            incomplete_net_amount: cohort.incomplete().net_amount.into(),
        }
    }
}

/// The cohorts, each a `crm_cohort_by`, of all customers who bought by the end of the day `as_of`, counted from 1970-01-01,
/// with what they did at each age.
///
/// A customer is at age k (from 0) in the k-th period of length `age_period` since their own first purchase, which is at
/// age 0. An age is complete for a cohort when each of its customers has passed it by the end of `as_of`.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_cohort_table_free`. Fails with
/// `CRM_STATUS_EMPTY` if nobody bought by `as_of`, `CRM_STATUS_INVALID_ARGUMENT` if `as_of` is after the last day of the
/// log (everybody would seem to have stopped) or for periods shorter than a day, and `CRM_STATUS_OUT_OF_RANGE` if the table
/// would have more than 4,194,304 ages.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_cohorts(
    history: *const crm_history,
    as_of: i32,
    cohort_by: i32,
    age_period: *const crm_period,
    out: *mut *mut crm_cohort_table,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a period and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let history = handle::get("history", history)?;
        let as_of = Day::from_number(as_of).map_err(|error| error.on("as_of"))?;
        let cohort_by = choice("cohort_by", cohort_by, &CohortBy::ALL)?;
        let age_period = crm_period::read("age_period", age_period)?;
        out.put(history.cohorts(as_of, cohort_by, age_period)?);
        Ok(())
    })
}

/// Number of cohorts, which are in order of time; 0, with the thread's last error set, if `table` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_table_length(table: *const crm_cohort_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.cohorts().len()) })
}

/// Number of customers in all cohorts; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_table_customers(table: *const crm_cohort_table) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.customers()) })
}

/// Number of ages that some cohort has completed; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_table_complete_ages(table: *const crm_cohort_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.complete_ages()) })
}

/// One cohort: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_cohort_table_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_table_cohort(
    table: *const crm_cohort_table,
    index: usize,
    out: *mut crm_cohort,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(handle::get("table", table)?.cohorts(), index)?.into())
    })
}

/// What the cohort at an index did at an age: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_cohort_table_length`, or an age that is not
/// below the cohort's `complete_ages`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_table_age(
    table: *const crm_cohort_table,
    index: usize,
    age: usize,
    out: *mut crm_cohort_age,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let cohort = element(handle::get("table", table)?.cohorts(), index)?;
        let did = cohort.age(age).ok_or_else(|| {
            let message = format!("{age} is not below {}, the cohort's complete ages", cohort.ages().len());
            Error::new(ErrorKind::OutOfRange, message).on("age")
        })?;
        out.put(crm_cohort_age {
            struct_size: size_of::<crm_cohort_age>(),
            active_customers: did.active_customers,
            purchase_days: did.purchase_days,
            net_amount: did.net_amount.into(),
        })
    })
}

/// Frees a table; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_table_free(table: *mut crm_cohort_table) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("table", table) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_have_the_codes_of_the_core() {
        use crm_cohort_by as C;
        let codes = [C::Week, C::Month, C::Quarter, C::Year].map(|by| by as i32);
        assert_eq!(CohortBy::ALL.map(|by| by as i32), codes);
    }
}
