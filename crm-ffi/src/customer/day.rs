//! Calendar days, which cross as their number.

use std::ffi::c_char;

use crm_core::customer::Day;

use crate::guard::guard;
use crate::pointer::{place, places, text};
use crate::status::crm_status;

/// Bytes that `crm_day_format` writes: ten characters and the closing zero.
pub const CRM_DAY_TEXT_SIZE: usize = 11;

/// The number of a day, counted from 1970-01-01 (day 0), from ISO text such as "2024-02-29".
///
/// Fails with `CRM_STATUS_PARSE` for another form and `CRM_STATUS_OUT_OF_RANGE` for a day that does not exist or lies
/// outside years 1 to 9999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_day_parse(iso_text: *const c_char, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let day = Day::parse(text("iso_text", iso_text)?).map_err(|error| error.on("iso_text"))?;
        out.fill(std::iter::once(day.number()));
        Ok(())
    })
}

/// The number of a day from its year, month (1 to 12) and day of the month.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a day that does not exist or lies outside years 1 to 9999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_day_from_ymd(year: i32, month: u32, day: u32, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let day = Day::from_ymd(year, month, day).map_err(|error| error.on("day"))?;
        out.fill(std::iter::once(day.number()));
        Ok(())
    })
}

/// Writes a day as ISO text with a closing zero; `capacity` is at least `CRM_DAY_TEXT_SIZE` bytes.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` outside years 1 to 9999 and `CRM_STATUS_LENGTH_MISMATCH` for too few bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_day_format(day: i32, out: *mut c_char, capacity: usize) -> crm_status {
    // SAFETY: the caller gives `capacity` writable bytes, or null.
    guard(|| unsafe {
        let out = places("out", out, capacity, CRM_DAY_TEXT_SIZE)?;
        let iso = Day::from_number(day).map_err(|error| error.on("day"))?.to_string();
        out.fill(iso.bytes().chain([0]).map(|byte| byte as c_char));
        Ok(())
    })
}
