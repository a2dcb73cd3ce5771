//! Building a history from batches.

use crm_core::customer::{HistoryBuilder, PurchaseHistory};
use crm_core::{Error, ErrorKind};

use super::history::crm_history;
use super::options::crm_ingest_options;
use super::transactions::crm_transactions;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::status::{Failure, Outcome, crm_status};

/// Builds a purchase history from batches, in any order and number. Free with `crm_history_builder_free`. One thread at
/// a time may use it.
pub struct crm_history_builder {
    _opaque: (),
}

// None once the history is finished, or if a call did not return.
handles! { crm_history_builder holds Option<HistoryBuilder>, tag b"crmBUILD"; }

fn finished() -> Failure {
    let message = "the builder has been finished: make a new one";
    Error::new(ErrorKind::InvalidArgument, message).on("builder").into()
}

/// A builder that reads rows as the options say; NULL options are the defaults.
///
/// `out` receives the builder, NULL if the call fails. Fails with `CRM_STATUS_INVALID_ARGUMENT` for options that make no
/// sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_builder_new(
    options: *const crm_ingest_options,
    out: *mut *mut crm_history_builder,
) -> crm_status {
    // SAFETY: the caller gives options with their texts and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = crm_ingest_options::take(options)?;
        out.put(Some(HistoryBuilder::new(options)?));
        Ok(())
    })
}

/// Adds a batch; the arrays are read during the call only. After an error nothing of it has been added.
///
/// Fails with the status of the first row that a policy refuses, whose number over all batches is
/// `crm_last_error_row()`; `CRM_STATUS_INCOMPATIBLE` if the batch has other kinds of columns than those before;
/// `CRM_STATUS_MISSING_COLUMN` without ids or times.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_builder_push(
    builder: *mut crm_history_builder,
    transactions: *const crm_transactions,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses, and a batch whose arrays are as long as it says.
    guard(|| unsafe {
        let place = handle::get_mut("builder", builder)?;
        // Taken out, so that a builder whose call did not return is not used again.
        let mut taken = place.take().ok_or_else(finished)?;
        let pushed = crm_transactions::read(transactions, taken.rows(), |batch| Ok(taken.push(batch)?));
        *place = Some(taken);
        pushed
    })
}

/// Rows read so far; 0, with the thread's last error set, if `builder` is NULL, no such handle or finished.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_builder_rows(builder: *const crm_history_builder) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("builder", builder)?.as_ref().ok_or_else(finished)?.rows()) })
}

/// The history of all batches, after which the builder is empty and only to be freed, whether the call succeeds or not.
///
/// `out` receives the history, NULL if the call fails; the caller frees it with `crm_history_free`. Fails with
/// `CRM_STATUS_INVALID_VALUE` for equal rows if `duplicates` is raise.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_builder_finish(
    builder: *mut crm_history_builder,
    out: *mut *mut crm_history,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(finish(handle::get_mut("builder", builder)?)?);
        Ok(())
    })
}

fn finish(place: &mut Option<HistoryBuilder>) -> Outcome<PurchaseHistory> {
    Ok(place.take().ok_or_else(finished)?.finish()?)
}

/// Frees a builder; NULL is accepted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_builder_free(builder: *mut crm_history_builder) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("builder", builder) });
}
