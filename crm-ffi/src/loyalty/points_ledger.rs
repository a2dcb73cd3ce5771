//! The points ledger.

use std::ffi::c_char;

use crm_core::customer::{CustomerId, Money};
use crm_core::loyalty::{Breakage, Decimal, MemberStatement, PointsLedger};
use crm_core::{Error, ErrorKind, Threads};

use super::points_entries::crm_points_entries;
use super::points_events::crm_points_events;
use super::points_program::crm_loyalty_program;
use super::points_revenue::crm_points_liability;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, optional_text, places};
use crate::sized::{self, sized_structs};
use crate::status::{Failure, Outcome, crm_status};

/// The points of many members. Free with `crm_points_ledger_free`. One thread at a time may apply events and let time pass; while none does, any number of
/// threads may ask.
pub struct crm_points_ledger {
    _opaque: (),
}

/// What a member has, with its lots. Free with `crm_points_statement_free`. Immutable: any number of threads may use it at once.
pub struct crm_points_statement {
    _opaque: (),
}

handles! {
    crm_points_ledger holds PointsLedger, tag b"crmPLEDG";
    crm_points_statement holds MemberStatement, tag b"crmPSTAT";
}

/// The columns of balances, a row a member in the order of joining.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_points_balance_column {
    /// Points that can be spent.
    Available = 0,
    /// Points that were earned and cannot be spent yet.
    Pending = 1,
    /// Points that are owed.
    Owed = 2,
    /// When points lapse next, in microseconds since 1970-01-01T00:00Z; INT64_MAX if none do.
    NextExpiryAt = 3,
    /// How many lapse then.
    NextExpiryPoints = 4,
    /// The place of the member that has the points: another than the row's own after a merge.
    Holder = 5,
}

/// The columns of the lots of a statement, in the order in which they are spent.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_points_lot_column {
    /// How many points.
    Points = 0,
    /// When they were earned, in microseconds since 1970-01-01T00:00Z.
    EarnedAt = 1,
    /// When they become available; INT64_MIN if they are.
    AvailableAt = 2,
    /// When they lapse; INT64_MAX if never.
    ExpiresAt = 3,
}

/// What a member has, and what became of all points since joining: earned + restored + received = available + pending + spent + expired + reversed + settled +
/// sent, and owed_in_all + debt_received = owed + settled + debt_sent.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_points_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Points that can be spent.
    pub available: i64,
    /// Points that were earned and cannot be spent yet.
    pub pending: i64,
    /// Points that are owed.
    pub owed: i64,
    /// Earned by purchases and bonuses.
    pub earned: i64,
    /// Come back from cancelled redemptions.
    pub restored: i64,
    /// Come from other members by merges.
    pub received: i64,
    /// Spent, cancelled redemptions included.
    pub spent: i64,
    /// Lapsed.
    pub expired: i64,
    /// Taken back by refunds and cancelled accruals.
    pub reversed: i64,
    /// Taken for points that were owed.
    pub settled: i64,
    /// Gone to other members by merges.
    pub sent: i64,
    /// Come to be owed.
    pub owed_in_all: i64,
    /// Forgiven.
    pub forgiven: i64,
    /// Owed points come from other members.
    pub debt_received: i64,
    /// Owed points gone to other members.
    pub debt_sent: i64,
    /// Number of lots.
    pub lots: usize,
}

sized_structs!(crm_points_summary);

/// A ledger without members.
///
/// `out` receives the ledger, NULL if the call fails; the caller frees it with `crm_points_ledger_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_new(
    program: *const crm_loyalty_program,
    out: *mut *mut crm_points_ledger,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(PointsLedger::new(handle::get("program", program)?.clone()));
        Ok(())
    })
}

/// Applies a batch of events: all of them, or none if the call fails.
///
/// `out` receives the postings, NULL if the call fails; the caller frees them with `crm_points_entries_free`. Fails with `CRM_STATUS_INVALID_VALUE` for somebody who
/// is no member, an id that came before, a time that goes backwards, and something to refund or to cancel that there is not; `CRM_STATUS_OUT_OF_RANGE` for points
/// below 1 or above those available and a refund above what is left; `CRM_STATUS_MISSING_VALUE` for a row that lacks what its kind needs. The error has the row,
/// counted over all batches.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_apply(
    ledger: *mut crm_points_ledger,
    events: *const crm_points_events,
    out: *mut *mut crm_points_entries,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, a batch and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let ledger = handle::get_mut("ledger", ledger)?;
        let before = ledger.rows();
        out.put(crm_points_events::read(events, before, |batch| Ok(ledger.apply(batch)?))?);
        Ok(())
    })
}

/// Sets how many threads run a batch, 0 for as many as there are, which is the default; what comes out does not depend on it.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` above 1024.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_set_threads(
    ledger: *mut crm_points_ledger,
    threads: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses, or null.
    guard(|| unsafe {
        let ledger = handle::get_mut("ledger", ledger)?;
        ledger.set_threads(Threads::from_count(threads)?);
        Ok(())
    })
}

/// Lets time pass for every member up to an instant, in microseconds since 1970-01-01T00:00Z.
///
/// `out` receives the postings of what lapses or becomes available until then, NULL if the call fails; the caller frees them with `crm_points_entries_free`. Fails
/// with `CRM_STATUS_INVALID_VALUE` if a member has an event after that time; then nothing changes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_advance(
    ledger: *mut crm_points_ledger,
    to: i64,
    out: *mut *mut crm_points_entries,
) -> crm_status {
    // SAFETY: the caller gives a live handle that nobody else uses and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get_mut("ledger", ledger)?.advance(to)?);
        Ok(())
    })
}

/// Number of members, those merged into others included; 0, with the thread's last error set, if `ledger` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_length(ledger: *const crm_points_ledger) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("ledger", ledger)?.len()) })
}

/// Number of rows applied so far; 0, with the thread's last error set, if `ledger` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_rows(ledger: *const crm_points_ledger) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("ledger", ledger)?.rows()) })
}

/// Copies a column of the balances at an instant, a `crm_points_balance_column`, to `out`, which has room for `capacity`, at least `crm_points_ledger_length`. What
/// falls due until then has happened; the ledger does not change.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` if a member has an event after that time, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_balances(
    ledger: *const crm_points_ledger,
    as_of: i64,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    use crm_points_balance_column as C;
    const COLUMNS: [C; 6] =
        [C::Available, C::Pending, C::Owed, C::NextExpiryAt, C::NextExpiryPoints, C::Holder];
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let ledger = handle::get("ledger", ledger)?;
        let column = choice("column", column, &COLUMNS)?;
        let out = places("out", out, capacity, ledger.len())?;
        let found = ledger.balances(as_of)?;
        match column {
            C::Available => out.fill(found.available.into_iter()),
            C::Pending => out.fill(found.pending.into_iter()),
            C::Owed => out.fill(found.owed.into_iter()),
            C::NextExpiryAt => out.fill(found.next_expiry_at.into_iter()),
            C::NextExpiryPoints => out.fill(found.next_expiry_points.into_iter()),
            C::Holder => out.fill(found.holders.into_iter().map(i64::from)),
        }
        Ok(())
    })
}

/// What a member has at an instant; of a merged member what the holder of its points has. The member is `customer_text`, or `customer` if that is NULL.
///
/// `out` receives the statement, NULL if the call fails; the caller frees it with `crm_points_statement_free`. Fails with `CRM_STATUS_INVALID_VALUE` for somebody who is
/// no member, and if the member has an event after that time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_statement(
    ledger: *const crm_points_ledger,
    customer: i64,
    customer_text: *const c_char,
    as_of: i64,
    out: *mut *mut crm_points_statement,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let id = optional_text("customer_text", customer_text)?;
        let id = id.map_or(CustomerId::Integer(customer), CustomerId::Text);
        out.put(handle::get("ledger", ledger)?.statement(id, as_of)?);
        Ok(())
    })
}

/// The liability at an instant by the month of earning: points still expected to be redeemed, at `value_per_point_micros` millionths of a currency unit each.
///
/// `breakage_micros` is the share that is never redeemed, in millionths; -1 takes that of the months all of whose points would have lapsed. `out` receives the
/// liability, NULL if the call fails; the caller frees it with `crm_points_liability_free`. Fails with `CRM_STATUS_EMPTY` if no month is matured,
/// `CRM_STATUS_OUT_OF_RANGE` for a share above 1 or a value below 0, and `CRM_STATUS_INVALID_VALUE` if a member has an event after that time.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_liability(
    ledger: *const crm_points_ledger,
    as_of: i64,
    value_per_point_micros: i64,
    breakage_micros: i64,
    out: *mut *mut crm_points_liability,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let breakage = match breakage_micros {
            -1 => Breakage::Matured,
            share => Breakage::Given(Decimal::from_micros(share)),
        };
        let value = Money::from_micros(value_per_point_micros.into());
        out.put(handle::get("ledger", ledger)?.liability(as_of, value, breakage)?);
        Ok(())
    })
}

/// Checks the laws of conservation and counts every point again; fails with `CRM_STATUS_CORRUPT` if they do not hold.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_verify(ledger: *const crm_points_ledger) -> crm_status {
    // SAFETY: the caller gives a live handle or null.
    guard(|| unsafe { Ok(handle::get("ledger", ledger)?.verify()?) })
}

/// The ledger as bytes: its rules, members and merges.
///
/// `out` receives the bytes, NULL if the call fails; the caller frees them with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_to_bytes(
    ledger: *const crm_points_ledger,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("ledger", ledger)?.to_bytes()?));
        Ok(())
    })
}

/// A ledger from its bytes, which are read during the call only; it goes on where the saved one stood.
///
/// `out` receives the ledger, NULL if the call fails; the caller frees it with `crm_points_ledger_free`. Fails with `CRM_STATUS_CORRUPT` if the bytes are damaged,
/// truncated or something else, and `CRM_STATUS_INCOMPATIBLE` for another layout.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_from_bytes(
    bytes: *const u8,
    length: usize,
    out: *mut *mut crm_points_ledger,
) -> crm_status {
    // SAFETY: the caller gives `length` bytes and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(PointsLedger::from_bytes(array("bytes", bytes, length)?)?);
        Ok(())
    })
}

/// Frees a ledger; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_ledger_free(ledger: *mut crm_points_ledger) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("ledger", ledger) });
}

/// Fills a summary, whose `struct_size` the caller has set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_statement_summary(
    statement: *const crm_points_statement,
    out: *mut crm_points_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that its first field says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let statement = handle::get("statement", statement)?;
        let totals = &statement.totals;
        let summary = crm_points_summary {
            struct_size: 0,
            available: statement.available,
            pending: statement.pending,
            owed: statement.owed,
            earned: totals.earned,
            restored: totals.restored,
            received: totals.received,
            spent: totals.spent,
            expired: totals.expired,
            reversed: totals.reversed,
            settled: totals.settled,
            sent: totals.sent,
            owed_in_all: totals.owed,
            forgiven: totals.forgiven,
            debt_received: totals.debt_received,
            debt_sent: totals.debt_sent,
            lots: statement.points.len(),
        };
        out.put(summary)
    })
}

/// Copies a column of the lots, a `crm_points_lot_column`, to `out`, which has room for `capacity`, at least the number of lots.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_statement_lots(
    statement: *const crm_points_statement,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let statement = handle::get("statement", statement)?;
        let columns =
            [&statement.points, &statement.earned_at, &statement.available_at, &statement.expires_at];
        let values = choice("column", column, &columns)?;
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Frees a statement; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_statement_free(statement: *mut crm_points_statement) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("statement", statement) });
}

/// Micro-units that must fit 64 bits.
pub(super) fn micros(amount: Money) -> Outcome<i64> {
    i64::try_from(amount.micros()).map_err(|_| -> Failure {
        let message = format!("{amount} needs more than 64 bits in micro-units");
        Error::new(ErrorKind::OutOfRange, message).on("amount").into()
    })
}
