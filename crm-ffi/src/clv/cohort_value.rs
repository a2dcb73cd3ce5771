//! Cohort-based lifetime value.

use crm_core::clv::{CohortValue, PooledAge};

use super::time::crm_discount_rate;
use crate::customer::cohort::crm_cohort_table;
use crate::customer::money::crm_money;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{element, place, places};
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// Cumulative margin per acquired customer by age, of each cohort of a table and over all of them. Free with
/// `crm_cohort_value_free`. Immutable: any number of threads may use it at once.
pub struct crm_cohort_value {
    _opaque: (),
}

handles! { crm_cohort_value holds CohortValue, tag b"crmCOVAL"; }

/// One age of all cohorts that have completed it. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_pooled_age {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Cohorts that have completed the age.
    pub cohorts: u64,
    /// Their customers.
    pub customers: u64,
    /// What they bought at this age, less returns.
    pub net_amount: crm_money,
    /// Discounted margin at this age per customer acquired, those who left included.
    pub value: f64,
    /// Sum of the values up to this age.
    pub cumulative_value: f64,
}

sized_structs!(crm_pooled_age);

impl From<&PooledAge> for crm_pooled_age {
    fn from(age: &PooledAge) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            cohorts: age.cohorts,
            customers: age.customers,
            net_amount: age.net_amount.into(),
            value: age.value,
            cumulative_value: age.cumulative_value,
        }
    }
}

/// The values of a cohort table; `margin` is the share of the amounts that is earned (0 to 1).
///
/// `out` receives the values, NULL if the call fails; the caller frees them with `crm_cohort_value_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a margin outside 0 to 1, and `CRM_STATUS_EMPTY` if no cohort has completed any age.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_value_new(
    table: *const crm_cohort_table,
    margin: f64,
    discount_rate: *const crm_discount_rate,
    out: *mut *mut crm_cohort_value,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a rate and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let table = handle::get("table", table)?;
        let rate = crm_discount_rate::read("discount_rate", discount_rate)?;
        out.put(CohortValue::new(table, margin, rate)?);
        Ok(())
    })
}

/// Number of ages that some cohort has completed; 0, with the thread's last error set, if `values` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_value_ages(values: *const crm_cohort_value) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("values", values)?.pooled().len()) })
}

/// One age over all cohorts: set `out->struct_size` first. Age 0 has index 0.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_cohort_value_ages`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_value_pooled(
    values: *const crm_cohort_value,
    index: usize,
    out: *mut crm_pooled_age,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(handle::get("values", values)?.pooled(), index)?.into())
    })
}

/// Number of cohorts, those of the table; 0, with the thread's last error set, if `values` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_value_cohorts(values: *const crm_cohort_value) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("values", values)?.cumulative().len()) })
}

/// Number of ages that the cohort at an index has completed, which may be none.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_cohort_value_cohorts`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_value_cohort_ages(
    values: *const crm_cohort_value,
    index: usize,
    out: *mut usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let cumulative = element(handle::get("values", values)?.cumulative(), index)?;
        out.fill(std::iter::once(cumulative.len()));
        Ok(())
    })
}

/// Copies the values of the cohort at an index up to each age that it has completed to `out`, which has room for `capacity`
/// values, at least `crm_cohort_value_cohort_ages`.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_cohort_value_cohorts`, and
/// `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_value_cumulative(
    values: *const crm_cohort_value,
    index: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let cumulative = element(handle::get("values", values)?.cumulative(), index)?;
        places("out", out, capacity, cumulative.len())?.fill(cumulative.iter().copied());
        Ok(())
    })
}

/// Frees values; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cohort_value_free(values: *mut crm_cohort_value) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("values", values) });
}
