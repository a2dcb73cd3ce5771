//! The purchase history.

use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::customer::{Day, PurchaseHistory};
use crm_core::interop::account_table;
use crm_core::{Error, ErrorKind};

use super::account::{crm_row_account, crm_row_total, exclusion};
use super::options::crm_ingest_options;
use super::transactions::crm_transactions;
use crate::arrow::OutStream;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, place};
use crate::sized;
use crate::status::{Outcome, crm_status};

/// Per customer, the days with a purchase, the orders and the amount of each, and the returns. Free with
/// `crm_history_free`. Immutable: any number of threads may use it at once.
pub struct crm_history {
    _opaque: (),
}

handles! { crm_history holds PurchaseHistory, tag b"crmHISTO"; }

/// The history of one batch of arrays; NULL options are the defaults. The arrays are read during the call only.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`. Fails as
/// `crm_history_builder_push` and `crm_history_builder_finish` do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_from_arrays(
    transactions: *const crm_transactions,
    options: *const crm_ingest_options,
    out: *mut *mut crm_history,
) -> crm_status {
    // SAFETY: the caller gives a batch whose arrays are as long as it says, options and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = crm_ingest_options::take(options)?;
        options.check()?;
        let mut history = PurchaseHistory::empty();
        crm_transactions::read(transactions, 0, |batch| {
            history = PurchaseHistory::from_transactions(batch, &options)?;
            Ok(())
        })?;
        out.put(history);
        Ok(())
    })
}

/// A history without rows, the neutral element of `crm_history_merge`.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_empty(out: *mut *mut crm_history) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        Out::new("out", out)?.put(PurchaseHistory::empty());
        Ok(())
    })
}

/// The history of the rows of both, which stay as they are; the order does not matter.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`. Fails with
/// `CRM_STATUS_INCOMPATIBLE` if they were read with other kinds of columns, time zones, currencies or policies, and
/// `CRM_STATUS_INVALID_VALUE` if equal rows meet and `duplicates` is raise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_merge(
    history: *const crm_history,
    other: *const crm_history,
    out: *mut *mut crm_history,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("history", history)?.merge(handle::get("other", other)?)?);
        Ok(())
    })
}

/// The history as bytes, which name the version of their layout; equal histories give equal bytes.
///
/// `out` receives the bytes, NULL if the call fails; the caller frees them with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_to_bytes(
    history: *const crm_history,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("history", history)?.to_bytes()?));
        Ok(())
    })
}

/// A history from its bytes, which are read during the call only.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the bytes are damaged, truncated or something else, and `CRM_STATUS_INCOMPATIBLE` for a later
/// layout.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_from_bytes(
    bytes: *const u8,
    length: usize,
    out: *mut *mut crm_history,
) -> crm_status {
    // SAFETY: the caller gives `length` bytes and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(PurchaseHistory::from_bytes(array("bytes", bytes, length)?)?);
        Ok(())
    })
}

/// Number of customers, those with nothing but returns included; 0, with the thread's last error set, if `history` is
/// NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_customers(history: *const crm_history) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("history", history)?.customers()) })
}

/// Number of days with a purchase, summed over customers; 0, with the thread's last error set, if `history` is NULL or
/// no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_purchase_days(history: *const crm_history) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("history", history)?.purchase_days()) })
}

/// Number of orders, summed over customers; 0, with the thread's last error set, if `history` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_orders(history: *const crm_history) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("history", history)?.orders()) })
}

/// The first day with a row that is used, as its number from 1970-01-01.
///
/// Fails with `CRM_STATUS_EMPTY` if the history has no rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_first_day(history: *const crm_history, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(day(handle::get("history", history)?.first_day())?));
        Ok(())
    })
}

/// The last day with a row that is used, as its number from 1970-01-01.
///
/// Fails with `CRM_STATUS_EMPTY` if the history has no rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_last_day(history: *const crm_history, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(day(handle::get("history", history)?.last_day())?));
        Ok(())
    })
}

fn day(day: Option<Day>) -> Outcome<i32> {
    let empty = || Error::new(ErrorKind::Empty, "the history has no rows").on("history");
    Ok(day.ok_or_else(empty)?.number())
}

/// What became of every row: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_account(
    history: *const crm_history,
    out: *mut crm_row_account,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(handle::get("history", history)?.account().into())
    })
}

/// Rows left out for a reason, a `crm_exclusion`, and what they amount to.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a code that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_excluded(
    history: *const crm_history,
    reason: i32,
    out: *mut crm_row_total,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let account = handle::get("history", history)?.account();
        out.fill(std::iter::once(account.excluded(exclusion(reason)?).into()));
        Ok(())
    })
}

/// What became of every row, as a table: `what`, `rows`, `amount`.
///
/// `out` receives the stream, marked as released if the call fails; the caller releases it. What it held is overwritten.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_account_to_arrow_stream(
    history: *const crm_history,
    out: *mut FFI_ArrowArrayStream,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = OutStream::new(out)?;
        out.put(account_table(handle::get("history", history)?.account())?);
        Ok(())
    })
}

/// Frees a history; NULL is accepted. No thread may use it any more; what was made from it lives on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_free(history: *mut crm_history) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("history", history) });
}
