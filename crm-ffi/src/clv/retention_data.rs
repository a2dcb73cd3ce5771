//! What a retention model needs to know of customers with a contract.

use crm_core::clv::RetentionData;
use crm_core::{Error, ErrorKind};

use super::time::unit;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, place, places};
use crate::status::{Outcome, crm_status};

/// How many customers could leave in each period of a contract, and how many did. Free with `crm_retention_data_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_retention_data {
    _opaque: (),
}

handles! { crm_retention_data holds RetentionData, tag b"crmRETDA"; }

/// Data from `length` rows: periods observed (1 or more), 1 if the customer left in the last of them or 0 if they are still
/// there after it, and how many such customers there are; `counts` may be NULL for one each. `time_unit`, a
/// `crm_time_unit`, is the length of a period. The arrays are copied.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_retention_data_free`. Fails with
/// `CRM_STATUS_EMPTY` without rows or if all counts are 0, and `CRM_STATUS_INVALID_VALUE` with the row for periods outside 1
/// to 100,000, for `churned` other than 0 and 1, and for counts that are negative or not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_new(
    periods: *const u32,
    churned: *const u8,
    counts: *const f64,
    length: usize,
    time_unit: i32,
    out: *mut *mut crm_retention_data,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let periods = array("periods", periods, length)?;
        let churned = truths("churned", array("churned", churned, length)?)?;
        let time_unit = unit("time_unit", time_unit)?;
        let data = if counts.is_null() {
            RetentionData::new(periods, &churned, &vec![1.0; length], time_unit)
        } else {
            RetentionData::new(periods, &churned, array("counts", counts, length)?, time_unit)
        };
        out.put(data?);
        Ok(())
    })
}

fn truths(argument: &str, values: &[u8]) -> Outcome<Vec<bool>> {
    if let Some(row) = values.iter().position(|&value| value > 1) {
        let message = format!("{} is neither 0 nor 1", values[row]);
        let error = Error::new(ErrorKind::InvalidValue, message);
        return Err(error.on(argument).at_row(row as u64).into());
    }
    Ok(values.iter().map(|&value| value == 1).collect())
}

/// Data of one cohort from `length` numbers of survivors: customers to begin with, and how many of them are there after 1, 2
/// ... renewal decisions. `time_unit`, a `crm_time_unit`, is the length of a period. The array is copied.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_retention_data_free`. Fails with
/// `CRM_STATUS_EMPTY` without customers and a period, and `CRM_STATUS_INVALID_VALUE`, the row being the period, for numbers
/// that are negative, not finite, or grow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_from_survivors(
    survivors: *const f64,
    length: usize,
    time_unit: i32,
    out: *mut *mut crm_retention_data,
) -> crm_status {
    // SAFETY: the caller gives an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let survivors = array("survivors", survivors, length)?;
        out.put(RetentionData::from_survivors(survivors, unit("time_unit", time_unit)?)?);
        Ok(())
    })
}

/// Data of `cohorts` cohorts: `survivors` holds the numbers of the first, then those of the second and so on, and `lengths`
/// how many there are of each; younger cohorts have fewer. `time_unit`, a `crm_time_unit`, is the length of a period. The
/// arrays are copied.
///
/// `out` receives the data, NULL if the call fails; the caller frees them with `crm_retention_data_free`. Fails as
/// `crm_retention_data_from_survivors`, and with `CRM_STATUS_LENGTH_MISMATCH` unless the lengths add up to `length`, that of
/// `survivors`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_from_cohorts(
    survivors: *const f64,
    length: usize,
    lengths: *const usize,
    cohorts: usize,
    time_unit: i32,
    out: *mut *mut crm_retention_data,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let mut rest = array("survivors", survivors, length)?;
        let mut parts = Vec::new();
        let mismatch = || {
            let message = format!("do not add up to {length}, the length of survivors");
            Error::new(ErrorKind::LengthMismatch, message).on("lengths")
        };
        for &part in array("lengths", lengths, cohorts)? {
            let (cohort, later) = rest.split_at_checked(part).ok_or_else(mismatch)?;
            parts.push(cohort);
            rest = later;
        }
        if !rest.is_empty() {
            return Err(mismatch().into());
        }
        out.put(RetentionData::from_cohorts(&parts, unit("time_unit", time_unit)?)?);
        Ok(())
    })
}

/// Number of periods observed; 0, with the thread's last error set, if `data` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_length(data: *const crm_retention_data) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("data", data)?.periods()) })
}

/// Number of customers, the sum of their counts; NaN, with the thread's last error set, if `data` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_customers(data: *const crm_retention_data) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("data", data)?.customers()) })
}

/// The length of a period, a `crm_time_unit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_time_unit(
    data: *const crm_retention_data,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("data", data)?.unit() as i32));
        Ok(())
    })
}

/// Copies the number of customers who were there at the start of period 1, 2, ... and observed in it to `out`, which has
/// room for `capacity` values, at least `crm_retention_data_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_at_risk(
    data: *const crm_retention_data,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let at_risk = handle::get("data", data)?.at_risk();
        places("out", out, capacity, at_risk.len())?.fill(at_risk.iter().copied());
        Ok(())
    })
}

/// Copies the number of customers who left in period 1, 2, ... to `out`, which has room for `capacity` values, at least
/// `crm_retention_data_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_churned(
    data: *const crm_retention_data,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let churned = handle::get("data", data)?.churned();
        places("out", out, capacity, churned.len())?.fill(churned.iter().copied());
        Ok(())
    })
}

/// Frees data; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_data_free(data: *mut crm_retention_data) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("data", data) });
}
