//! The rules of a points programme.

use std::ffi::c_char;

use crm_core::customer::Day;
use crm_core::loyalty::LoyaltyProgram;

use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{place, text};
use crate::status::crm_status;

/// The rules of a points programme: how points are earned, when they lapse, which are spent first, what refunds and cancellations do. Free with
/// `crm_loyalty_program_free`. Immutable: any number of threads may use it at once.
pub struct crm_loyalty_program {
    _opaque: (),
}

handles! { crm_loyalty_program holds LoyaltyProgram, tag b"crmLPROG"; }

/// A programme from the JSON text of its rules, an object whose parts may be left out where they keep their defaults; the guide has all of them.
///
/// `out` receives the programme, NULL if the call fails; the caller frees it with `crm_loyalty_program_free`. Fails with `CRM_STATUS_PARSE` for a text that is no
/// such JSON, and `CRM_STATUS_INVALID_ARGUMENT` for a rule that makes no sense, which the message names.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_program_from_json(
    rules: *const c_char,
    out: *mut *mut crm_loyalty_program,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(LoyaltyProgram::from_json(text("rules", rules)?)?);
        Ok(())
    })
}

/// The rules as JSON text, with every default.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_program_to_json(
    program: *const crm_loyalty_program,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("program", program)?.to_json()));
        Ok(())
    })
}

/// The first instant of a day (counted from 1970-01-01) in the programme's time zone, in microseconds since 1970-01-01T00:00Z.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a day outside the years 1 to 9999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_program_start_of(
    program: *const crm_loyalty_program,
    day: i32,
    out: *mut i64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let day = Day::from_number(day).map_err(|error| error.on("day"))?;
        out.fill(std::iter::once(handle::get("program", program)?.start_of_day(day)?));
        Ok(())
    })
}

/// Frees a programme; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_program_free(program: *mut crm_loyalty_program) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("program", program) });
}
