//! The customer base.

use std::ffi::c_char;

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::customer::{BaseOptions, CustomerBase, CustomerId, Day, IdKind, Policy, TimeUnit};
use crm_core::interop::base_table;
use crm_core::{Error, ErrorKind, Threads};

use super::account::crm_base_left_out;
use super::history::crm_history;
use super::money::crm_money;
use super::read::crm_id_kind;
use crate::arrow::OutStream;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, place, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// The unit that ages are counted in.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_time_unit {
    /// One day.
    Day = 0,
    /// Seven days.
    Week = 1,
    /// Thirty days.
    Month30 = 2,
    /// A twelfth of 365.25 days.
    MonthMean = 3,
    /// 365 days.
    Year365 = 4,
    /// 365.25 days.
    YearMean = 5,
}

/// How a base is read from a history. Fill with `crm_base_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_base_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The day whose end the base describes, counted from 1970-01-01; nothing reads the clock.
    pub as_of: i32,
    /// A `crm_time_unit`: the unit of ages (default: days).
    pub time_unit: i32,
    /// Only the last so many days up to `as_of` count, as if the log had started there; -1 (default) for all.
    pub window_days: i64,
    /// A `crm_policy` for rows after `as_of`: exclude (default; they are counted) or raise.
    pub rows_after: i32,
    /// Must be 0.
    pub reserved: i32,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

sized_structs!(crm_base_options);

impl crm_base_options {
    fn new(as_of: i32) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            as_of,
            time_unit: crm_time_unit::Day as i32,
            window_days: -1,
            rows_after: Policy::Exclude as i32,
            reserved: 0,
            threads: 0,
        }
    }

    pub(crate) unsafe fn take(options: *const Self) -> Outcome<BaseOptions> {
        // SAFETY: the caller gives a struct of the size that it says, or null.
        let given = unsafe { sized::read("options", options, Self::new(0)) }?;
        if given.reserved != 0 {
            return Err(Error::argument("reserved", given.reserved, "0").into());
        }
        let window = (given.window_days != -1).then(|| u32::try_from(given.window_days)).transpose();
        Ok(BaseOptions {
            as_of: Day::from_number(given.as_of).map_err(|error| error.on("as_of"))?,
            window_days: window.map_err(|_| {
                Error::argument(
                    "window_days",
                    given.window_days,
                    "between 1 and 4294967295, or -1 for all days",
                )
            })?,
            time_unit: choice("time_unit", given.time_unit, &TimeUnit::ALL)?,
            rows_after: Policy::from_code("rows_after", given.rows_after)?,
            threads: Threads::from_count(given.threads)?,
        })
    }
}

/// One row a customer who has a purchase by a date, in canonical order of the ids: integers ascending, text by its bytes.
/// Free with `crm_base_free`. Immutable: any number of threads may use it at once.
pub struct crm_base {
    _opaque: (),
}

handles! { crm_base holds CustomerBase, tag b"crmBASE-"; }

/// Fills options with their defaults for a base as of a day, counted from 1970-01-01; `struct_size` is
/// `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_options_init(
    options: *mut crm_base_options,
    struct_size: usize,
    as_of: i32,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_base_options::new(as_of)) })
}

/// The customer base of a history as of a date; the history may be freed before it.
///
/// `out` receives the base, NULL if the call fails; the caller frees it with `crm_base_free`. Fails with
/// `CRM_STATUS_EMPTY` if no customer has a purchase by then, `CRM_STATUS_INVALID_VALUE` if there are rows after `as_of`
/// and `rows_after` is raise, and `CRM_STATUS_INVALID_ARGUMENT` for a window of 0 days.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_base(
    history: *const crm_history,
    options: *const crm_base_options,
    out: *mut *mut crm_base,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("history", history)?.base(crm_base_options::take(options)?)?);
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `base` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_length(base: *const crm_base) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("base", base)?.len()) })
}

/// The day whose end the base describes, counted from 1970-01-01.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_as_of(base: *const crm_base, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("base", base)?.as_of().number()));
        Ok(())
    })
}

/// The first day of the data behind the base, counted from 1970-01-01: that of the log, or of the window where it starts
/// later.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_data_start(base: *const crm_base, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("base", base)?.data_start().number()));
        Ok(())
    })
}

/// The kind of the customer ids, a `crm_id_kind`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_id_kind(base: *const crm_base, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let kind = match handle::get("base", base)?.customer_ids().kind() {
            IdKind::Integer => crm_id_kind::Integer,
            IdKind::Text => crm_id_kind::Text,
        };
        out.fill(std::iter::once(kind as i32));
        Ok(())
    })
}

/// Copies the customer ids to `out`, which has room for `capacity` ids, at least `crm_base_length`.
///
/// Fails with `CRM_STATUS_WRONG_TYPE` if they are text, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_ids_int64(
    base: *const crm_base,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let ids = handle::get("base", base)?.customer_ids();
        let out = places("out", out, capacity, ids.len())?;
        let integers = ids.as_integers().ok_or_else(|| {
            Error::new(ErrorKind::WrongType, "the ids are text: ask for each with crm_base_id_text")
                .on("customer_id")
        })?;
        out.fill(integers.iter().copied());
        Ok(())
    })
}

/// The id of the customer at `index` as text: its first byte and its length in bytes, without a closing zero. The text
/// belongs to the base and lives as long.
///
/// Fails with `CRM_STATUS_WRONG_TYPE` if ids are integers, and `CRM_STATUS_OUT_OF_RANGE` for an index beyond the
/// customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_id_text(
    base: *const crm_base,
    index: usize,
    text: *mut *const c_char,
    length: *mut usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and places, or null.
    guard(|| unsafe {
        let (text, length) = (place("text", text)?, place("length", length)?);
        let ids = handle::get("base", base)?.customer_ids();
        match ids.get(index) {
            None => Err(Error::new(ErrorKind::OutOfRange, format!("{index} is not below {}", ids.len()))
                .on("index")
                .into()),
            Some(CustomerId::Integer(_)) => {
                let message = "the ids are integers: ask for them with crm_base_ids_int64";
                Err(Error::new(ErrorKind::WrongType, message).on("customer_id").into())
            }
            Some(CustomerId::Text(id)) => {
                text.fill(std::iter::once(id.as_ptr().cast()));
                length.fill(std::iter::once(id.len()));
                Ok(())
            }
        }
    })
}

/// The net amount of all customers, exactly.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_total_net_amount(base: *const crm_base, out: *mut crm_money) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("base", base)?.total_net_amount().into()));
        Ok(())
    })
}

/// What of its history the base leaves out: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_account(base: *const crm_base, out: *mut crm_base_left_out) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(handle::get("base", base)?.account().into())
    })
}

/// The base as a table of one row a customer, with the columns of `crm_base_column` after `customer_id`.
///
/// `out` receives the stream, marked as released if the call fails; the caller releases it. What it held is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_to_arrow_stream(
    base: *const crm_base,
    out: *mut FFI_ArrowArrayStream,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = OutStream::new(out)?;
        out.put(base_table(handle::get("base", base)?)?);
        Ok(())
    })
}

/// Frees a base; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_free(base: *mut crm_base) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("base", base) });
}
