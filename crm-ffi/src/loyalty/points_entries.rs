//! The postings of a points ledger.

use std::ffi::c_char;

use crm_core::customer::{CustomerId, IdKind, IdList};
use crm_core::loyalty::PointsEntries;
use crm_core::{Error, ErrorKind};

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{choice, place, places};
use crate::status::{Outcome, crm_status};

/// Postings, in the order in which they were made. Free with `crm_points_entries_free`. Immutable: any number of threads may use it at once.
pub struct crm_points_entries {
    _opaque: (),
}

handles! { crm_points_entries holds PointsEntries, tag b"crmPENTR"; }

/// What a posting says.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_points_entry_kind {
    /// Points were earned, pending or available.
    Earned = 0,
    /// Pending points became available.
    Released = 1,
    /// Points were spent.
    Redeemed = 2,
    /// Points of a cancelled redemption came back.
    Restored = 3,
    /// Points lapsed.
    Expired = 4,
    /// Points were taken back by a refund or a cancelled accrual.
    Reversed = 5,
    /// Points that a refund did not find are owed.
    Owed = 6,
    /// Available points paid what was owed.
    Settled = 7,
    /// Points that a refund did not find were forgiven.
    Forgiven = 8,
    /// Points lapse at a later time.
    Extended = 9,
    /// Points left for another member by a merge, or back.
    Sent = 10,
    /// Points came from another member.
    Received = 11,
    /// Owed points left for another member.
    DebtSent = 12,
    /// Owed points came from another member.
    DebtReceived = 13,
}

/// The columns of postings that are whole numbers. Times are in microseconds since 1970-01-01T00:00Z, INT64_MAX for never.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_points_entry_column {
    /// The row of the event that brought the posting, counted over all batches.
    Row = 0,
    /// The member's place in the ledger.
    Member = 1,
    /// A `crm_points_entry_kind`.
    Kind = 2,
    /// When it takes effect.
    Time = 3,
    /// How many points; negative if the posting takes back an earlier one.
    Points = 4,
    /// By how much the available points change.
    AvailableChange = 5,
    /// By how much the pending points change.
    PendingChange = 6,
    /// By how much the owed points change.
    OwedChange = 7,
    /// When the points were earned.
    EarnedAt = 8,
    /// When they lapse.
    ExpiresAt = 9,
    /// 1 if it corrects an earlier posting.
    Correction = 10,
}

/// The columns of postings that are ids.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_points_entry_id {
    /// The member.
    Customer = 0,
    /// The event that the posting belongs to; of lapsed and released points the accrual.
    Event = 1,
    /// The accrual that the points come from.
    Lot = 2,
}

/// Number of postings; 0, with the thread's last error set, if `entries` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_entries_length(entries: *const crm_points_entries) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("entries", entries)?.len()) })
}

/// Copies a column, a `crm_points_entry_column`, to `out`, which has room for `capacity`, at least `crm_points_entries_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_entries_column(
    entries: *const crm_points_entries,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    use crm_points_entry_column as C;
    const COLUMNS: [C; 11] = [
        C::Row,
        C::Member,
        C::Kind,
        C::Time,
        C::Points,
        C::AvailableChange,
        C::PendingChange,
        C::OwedChange,
        C::EarnedAt,
        C::ExpiresAt,
        C::Correction,
    ];
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let entries = handle::get("entries", entries)?;
        let column = choice("column", column, &COLUMNS)?;
        let out = places("out", out, capacity, entries.len())?;
        match column {
            // Rows are counted far below 2^63.
            C::Row => out.fill(entries.rows.iter().map(|&row| row as i64)),
            C::Member => out.fill(entries.members.iter().map(|&member| member.into())),
            C::Kind => out.fill(entries.kinds.iter().map(|&kind| kind as i64)),
            C::Time => out.fill(entries.times.iter().copied()),
            C::Points => out.fill(entries.points.iter().copied()),
            C::AvailableChange => out.fill(entries.changes().available.into_iter()),
            C::PendingChange => out.fill(entries.changes().pending.into_iter()),
            C::OwedChange => out.fill(entries.changes().owed.into_iter()),
            C::EarnedAt => out.fill(entries.earned_at.iter().copied()),
            C::ExpiresAt => out.fill(entries.expires_at.iter().copied()),
            C::Correction => out.fill(entries.corrections.iter().map(|&correction| correction.into())),
        }
        Ok(())
    })
}

fn ids(entries: &PointsEntries, which: i32) -> Outcome<&IdList> {
    let columns = [&entries.customer_ids, &entries.event_ids, &entries.lot_ids];
    choice("which", which, &columns)
}

/// Copies a column of ids, a `crm_points_entry_id`, to `out`, which has room for `capacity`, at least `crm_points_entries_length`.
///
/// Fails with `CRM_STATUS_WRONG_TYPE` if they are text, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_entries_ids_int64(
    entries: *const crm_points_entries,
    which: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let ids = ids(handle::get("entries", entries)?, which)?;
        let out = places("out", out, capacity, ids.len())?;
        if ids.kind() == IdKind::Text {
            let message = "the ids are text: ask for each with crm_points_entries_id_text";
            return Err(Error::new(ErrorKind::WrongType, message).on("which").into());
        }
        out.fill(ids.iter().map(|id| match id {
            CustomerId::Integer(id) => id,
            CustomerId::Text(_) => 0,
        }));
        Ok(())
    })
}

/// An id, of the column `which` (a `crm_points_entry_id`) at `index`, as text: its first byte and its length in bytes, without a closing zero. The text belongs to
/// the postings and lives as long.
///
/// Fails with `CRM_STATUS_WRONG_TYPE` if ids are integers, and `CRM_STATUS_OUT_OF_RANGE` for an index beyond the postings.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_entries_id_text(
    entries: *const crm_points_entries,
    which: i32,
    index: usize,
    text: *mut *const c_char,
    length: *mut usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and places, or null.
    guard(|| unsafe {
        let (text, length) = (place("text", text)?, place("length", length)?);
        let ids = ids(handle::get("entries", entries)?, which)?;
        match ids.get(index) {
            None => {
                let message = format!("{index} is not below {}", ids.len());
                Err(Error::new(ErrorKind::OutOfRange, message).on("index").into())
            }
            Some(CustomerId::Integer(_)) => {
                let message = "the ids are integers: ask for them with crm_points_entries_ids_int64";
                Err(Error::new(ErrorKind::WrongType, message).on("which").into())
            }
            Some(CustomerId::Text(id)) => {
                text.fill(std::iter::once(id.as_ptr().cast()));
                length.fill(std::iter::once(id.len()));
                Ok(())
            }
        }
    })
}

/// Frees postings; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_entries_free(entries: *mut crm_points_entries) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("entries", entries) });
}
