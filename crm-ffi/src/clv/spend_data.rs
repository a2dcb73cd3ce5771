//! What a spend model needs to know of each customer.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::clv::SpendData;
use crm_core::customer::Policy;

use crate::customer::base::crm_base;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, places, text};
use crate::status::{c_text, crm_status};

/// What spend data know of each customer.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_spend_column {
    /// Purchases after the first.
    RepeatPurchases = 0,
    /// Their mean amount.
    MeanSpend = 1,
    /// How often the row counts: 1 without weights.
    Weight = 2,
}

/// Number of repeat purchases and their mean amount, of each customer. Free with `crm_spend_data_free`. Immutable: any
/// number of threads may use it at once.
pub struct crm_spend_data {
    _opaque: (),
}

/// What spend data hold, with the currency as C sees it.
pub(crate) struct Spend {
    pub(crate) data: SpendData,
    currency: Option<CString>,
}

impl Spend {
    fn new(data: SpendData) -> Self {
        let currency = data.currency().map(c_text);
        Self { data, currency }
    }
}

handles! { crm_spend_data holds Spend, tag b"crmSPEDA"; }

/// The data of a base: repeat purchases and their mean amount, returns not subtracted. `without_spend`, a `crm_policy`, says
/// what to do with customers whose repeat purchases have a mean of 0 or less: `CRM_POLICY_EXCLUDE` leaves them out of the
/// likelihood, `CRM_POLICY_RAISE` refuses the data, and there is no keeping them.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_spend_data_free`. Fails with
/// `CRM_STATUS_MISSING_COLUMN` if the log has no amounts, `CRM_STATUS_INVALID_ARGUMENT` for `CRM_POLICY_KEEP`, and
/// `CRM_STATUS_INVALID_VALUE` with the row for means of 0 or less if the policy is to raise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_from_base(
    base: *const crm_base,
    without_spend: i32,
    out: *mut *mut crm_spend_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let base = handle::get("base", base)?;
        let without_spend = Policy::from_code("without_spend", without_spend)?;
        out.put(Spend::new(SpendData::from_base(base, without_spend)?));
        Ok(())
    })
}

/// Data from columns of `length` values each, which are copied: repeat purchases and their mean amount, which is not read
/// where there are none. `without_spend` is a `crm_policy` as for `crm_spend_data_from_base`.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_spend_data_free`. Fails with
/// `CRM_STATUS_EMPTY` for a length of 0, `CRM_STATUS_INVALID_ARGUMENT` for `CRM_POLICY_KEEP`, and `CRM_STATUS_INVALID_VALUE`
/// with the row for counts that are not whole, means that are not finite, and means of 0 or less if the policy is to raise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_new(
    repeat_purchases: *const f64,
    mean_spend: *const f64,
    length: usize,
    without_spend: i32,
    out: *mut *mut crm_spend_data,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let repeat_purchases = array("repeat_purchases", repeat_purchases, length)?;
        let mean_spend = array("mean_spend", mean_spend, length)?;
        let without_spend = Policy::from_code("without_spend", without_spend)?;
        out.put(Spend::new(SpendData::new(repeat_purchases, mean_spend, without_spend)?));
        Ok(())
    })
}

/// A copy of data in which each row counts so many times; fractions are allowed. `length` is that of `weights`, which
/// replace earlier ones.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_spend_data_free`. Fails with
/// `CRM_STATUS_LENGTH_MISMATCH` unless there is a weight for each row, and `CRM_STATUS_INVALID_VALUE` with the row for
/// weights that are negative or not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_with_weights(
    data: *const crm_spend_data,
    weights: *const f64,
    length: usize,
    out: *mut *mut crm_spend_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let data = &handle::get("data", data)?.data;
        let weights = array("weights", weights, length)?;
        out.put(Spend::new(data.clone().with_weights(weights)?));
        Ok(())
    })
}

/// A copy of data whose amounts are in a currency, UTF-8 and copied: models and data in different currencies do not go
/// together.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_spend_data_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_in_currency(
    data: *const crm_spend_data,
    currency: *const c_char,
    out: *mut *mut crm_spend_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let data = &handle::get("data", data)?.data;
        out.put(Spend::new(data.clone().in_currency(text("currency", currency)?)));
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `data` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_length(data: *const crm_spend_data) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("data", data)?.data.len()) })
}

/// Number of customers with repeat purchases of a mean of 0 or less, who are left out of the likelihood; 0, with the
/// thread's last error set, if `data` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_excluded(data: *const crm_spend_data) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("data", data)?.data.excluded()) })
}

/// The currency of the amounts, which belongs to the data and lives as long; NULL if none was named, and, with the thread's
/// last error set, if `data` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_currency(data: *const crm_spend_data) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(handle::get("data", data)?.currency.as_ref().map_or(ptr::null(), |currency| currency.as_ptr()))
    })
}

/// Copies a column, a `crm_spend_column`, to `out`, which has room for `capacity` values, at least `crm_spend_data_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_column(
    data: *const crm_spend_data,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    use crm_spend_column as C;
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let data = &handle::get("data", data)?.data;
        let column = match choice("column", column, &[C::RepeatPurchases, C::MeanSpend, C::Weight])? {
            C::RepeatPurchases => Some(data.repeat_purchases()),
            C::MeanSpend => Some(data.mean_spend()),
            C::Weight => data.weights().map(<[f64]>::to_vec),
        };
        let out = places("out", out, capacity, data.len())?;
        out.fill(column.unwrap_or_else(|| vec![1.0; data.len()]).into_iter());
        Ok(())
    })
}

/// Frees data; NULL is accepted. No thread may use them, or their currency, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_data_free(data: *mut crm_spend_data) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("data", data) });
}
