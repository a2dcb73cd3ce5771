//! What a purchase model needs to know of each customer.

use std::ffi::c_char;

use crm_core::clv::{DataWindow, PurchaseData};
use crm_core::{Error, ErrorKind};

use super::time::unit;
use crate::customer::base::crm_base;
use crate::customer::opportunities::crm_opportunities;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, place, places, text};
use crate::status::{Outcome, crm_status};

/// What purchase data know of each customer.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_purchase_column {
    /// Days with a purchase after the first, x; for BG/BB opportunities taken.
    RepeatPurchases = 0,
    /// Time from the first purchase to the last, `t_x`.
    LastPurchaseAge = 1,
    /// Time from the first purchase to the end of the data, T; for BG/BB the number of opportunities, n.
    Age = 2,
    /// How often the row counts: 1 without weights.
    Weight = 3,
}

/// Repeat purchases, age at the last one and age of each customer, with the unit of the ages. Free with
/// `crm_purchase_data_free`. Immutable: any number of threads may use it at once.
pub struct crm_purchase_data {
    _opaque: (),
}

handles! { crm_purchase_data holds PurchaseData, tag b"crmPURDA"; }

/// Hands out the days of a window, if there is one.
///
/// # Safety
/// Both are null or valid for writing.
pub(crate) unsafe fn put_window(
    argument: &str,
    window: Option<DataWindow>,
    data_start: *mut i32,
    as_of: *mut i32,
) -> Outcome<()> {
    // SAFETY: as the caller promises.
    let (start, end) = unsafe { (place("data_start", data_start)?, place("as_of", as_of)?) };
    let window = window.ok_or_else(|| {
        let message = "was not made from a base, so that its days are not known";
        Error::new(ErrorKind::MissingValue, message).on(argument)
    })?;
    start.fill(std::iter::once(window.start.number()));
    end.fill(std::iter::once(window.as_of.number()));
    Ok(())
}

/// The data of a base, in its time unit.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_purchase_data_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_from_base(
    base: *const crm_base,
    out: *mut *mut crm_purchase_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(PurchaseData::from_base(handle::get("base", base)?));
        Ok(())
    })
}

/// The data of opportunities for BG/BB: purchases are opportunities taken, ages their numbers.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_purchase_data_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_from_opportunities(
    opportunities: *const crm_opportunities,
    out: *mut *mut crm_purchase_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(PurchaseData::from_opportunities(handle::get("opportunities", opportunities)?));
        Ok(())
    })
}

/// Data from columns of `length` values each, which are copied: repeat purchases (x), age at the last one (`t_x`, 0 without
/// repeat purchases) and age (T), the ages in `time_unit`, a `crm_time_unit`.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_purchase_data_free`. Fails with
/// `CRM_STATUS_EMPTY` for a length of 0, and `CRM_STATUS_INVALID_VALUE` with the row for numbers that no customer can have:
/// NaN, infinite or negative ones, fractional counts, a last purchase after the end or, with repeat purchases, at age 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_new(
    repeat_purchases: *const f64,
    last_purchase_age: *const f64,
    age: *const f64,
    length: usize,
    time_unit: i32,
    out: *mut *mut crm_purchase_data,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let repeat_purchases = array("repeat_purchases", repeat_purchases, length)?;
        let last_purchase_age = array("last_purchase_age", last_purchase_age, length)?;
        let age = array("age", age, length)?;
        let time_unit = unit("time_unit", time_unit)?;
        out.put(PurchaseData::new(repeat_purchases, last_purchase_age, age, time_unit)?);
        Ok(())
    })
}

/// Data of so many customers who have just made their first purchase, for predictions of newcomers. `time_unit` is a
/// `crm_time_unit`.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_purchase_data_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for 0 customers, and `CRM_STATUS_OUT_OF_RANGE` for more than 4,294,967,295.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_newcomers(
    customers: usize,
    time_unit: i32,
    out: *mut *mut crm_purchase_data,
) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        // Beyond that, no memory holds them, and to ask for it would end the process.
        if u32::try_from(customers).is_err() {
            let message = format!("{customers} are more than 4,294,967,295");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("customers").into());
        }
        out.put(PurchaseData::newcomers(customers, unit("time_unit", time_unit)?)?);
        Ok(())
    })
}

/// A copy of data in which each row counts so many times; fractions are allowed. `length` is that of `weights`, which
/// replace earlier ones.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_purchase_data_free`. Fails with
/// `CRM_STATUS_LENGTH_MISMATCH` unless there is a weight for each row, and `CRM_STATUS_INVALID_VALUE` with the row for
/// weights that are negative or not finite, or if all are 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_with_weights(
    data: *const crm_purchase_data,
    weights: *const f64,
    length: usize,
    out: *mut *mut crm_purchase_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let data = handle::get("data", data)?;
        let weights = array("weights", weights, length)?;
        out.put(data.clone().with_weights(weights)?);
        Ok(())
    })
}

/// A copy of data with one more column that does not change over time, for models with covariates. Categories come as
/// indicator columns. `length` is that of `values`; `name` is UTF-8 and copied.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_purchase_data_free`. Fails with
/// `CRM_STATUS_LENGTH_MISMATCH` unless there is a value for each row, `CRM_STATUS_INVALID_ARGUMENT` for a name that is empty
/// or taken, and `CRM_STATUS_INVALID_VALUE` with the row for values that are not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_with_covariate(
    data: *const crm_purchase_data,
    name: *const c_char,
    values: *const f64,
    length: usize,
    out: *mut *mut crm_purchase_data,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a terminated string, an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let data = handle::get("data", data)?;
        let name = text("name", name)?;
        let values = array("values", values, length)?;
        out.put(data.clone().with_covariate(name, values)?);
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `data` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_length(data: *const crm_purchase_data) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("data", data)?.len()) })
}

/// The unit of the ages, a `crm_time_unit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_time_unit(
    data: *const crm_purchase_data,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("data", data)?.unit() as i32));
        Ok(())
    })
}

/// The first and the last day that the data describe, counted from 1970-01-01.
///
/// Fails with `CRM_STATUS_MISSING_VALUE` unless the data come from a base.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_window(
    data: *const crm_purchase_data,
    data_start: *mut i32,
    as_of: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and places, or null.
    guard(|| unsafe { put_window("data", handle::get("data", data)?.window(), data_start, as_of) })
}

/// Copies a column, a `crm_purchase_column`, to `out`, which has room for `capacity` values, at least
/// `crm_purchase_data_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_column(
    data: *const crm_purchase_data,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    use crm_purchase_column as C;
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let data = handle::get("data", data)?;
        let columns = [C::RepeatPurchases, C::LastPurchaseAge, C::Age, C::Weight];
        let column = match choice("column", column, &columns)? {
            C::RepeatPurchases => Some(data.repeat_purchases()),
            C::LastPurchaseAge => Some(data.last_purchase_age()),
            C::Age => Some(data.age()),
            C::Weight => data.weights().map(<[f64]>::to_vec),
        };
        let out = places("out", out, capacity, data.len())?;
        out.fill(column.unwrap_or_else(|| vec![1.0; data.len()]).into_iter());
        Ok(())
    })
}

/// Copies a covariate to `out`, which has room for `capacity` values, at least `crm_purchase_data_length`.
///
/// Fails with `CRM_STATUS_MISSING_COLUMN` if there is none of that name, and `CRM_STATUS_LENGTH_MISMATCH` for too little
/// room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_covariate(
    data: *const crm_purchase_data,
    name: *const c_char,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a terminated string and `capacity` places, or null.
    guard(|| unsafe {
        let values = handle::get("data", data)?.covariate(text("name", name)?)?;
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Frees data; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_purchase_data_free(data: *mut crm_purchase_data) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("data", data) });
}
