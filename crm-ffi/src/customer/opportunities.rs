//! Opportunities to buy, for models in discrete time.

use crm_core::customer::{Day, Opportunities};

use super::history::crm_history;
use crate::clv::time::unit;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, places};
use crate::status::{Outcome, crm_status};

/// What is known of the opportunities of a customer.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_opportunity_column {
    /// Opportunities taken (BG/BB x).
    Taken = 0,
    /// The last opportunity taken, 0 if none was (BG/BB t_x).
    LastTaken = 1,
    /// Opportunities that are over (BG/BB n).
    Available = 2,
}

/// Opportunities to buy, and how often each customer took one. Free with `crm_opportunities_free`. Immutable: any number of
/// threads may use it at once.
pub struct crm_opportunities {
    _opaque: (),
}

handles! { crm_opportunities holds Opportunities, tag b"crmOPPOR"; }

fn chosen(code: i32, opportunities: &Opportunities) -> Outcome<&[u32]> {
    use crm_opportunity_column as C;
    Ok(match choice("column", code, &[C::Taken, C::LastTaken, C::Available])? {
        C::Taken => opportunities.taken(),
        C::LastTaken => opportunities.last_taken(),
        C::Available => opportunities.available(),
    })
}

/// Opportunities of every customer who has a purchase by the end of the day `as_of`, counted from 1970-01-01: those of the
/// base of that day (`crm_history_base`), in its order, which has their ids.
///
/// Opportunity k of a customer is the k-th whole `crm_time_unit` after the day of the first purchase, which itself is none.
/// It is taken if there is a purchase on one of its days, and counts when it is over by the end of `as_of`.
///
/// `out` receives the opportunities, NULL if the call fails; the caller frees them with `crm_opportunities_free`. Fails
/// with `CRM_STATUS_EMPTY` if there is no such customer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_history_opportunities(
    history: *const crm_history,
    as_of: i32,
    time_unit: i32,
    out: *mut *mut crm_opportunities,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let history = handle::get("history", history)?;
        let as_of = Day::from_number(as_of).map_err(|error| error.on("as_of"))?;
        out.put(history.opportunities(as_of, unit("time_unit", time_unit)?)?);
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `opportunities` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_opportunities_length(opportunities: *const crm_opportunities) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("opportunities", opportunities)?.len()) })
}

/// Copies a column, a `crm_opportunity_column`, as doubles to `out`, which has room for `capacity` values, at least
/// `crm_opportunities_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_opportunities_column_double(
    opportunities: *const crm_opportunities,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = chosen(column, handle::get("opportunities", opportunities)?)?;
        places("out", out, capacity, values.len())?.fill(values.iter().map(|&count| count.into()));
        Ok(())
    })
}

/// Copies a column, a `crm_opportunity_column`, to `out`, which has room for `capacity` values, at least
/// `crm_opportunities_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_opportunities_column_int64(
    opportunities: *const crm_opportunities,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = chosen(column, handle::get("opportunities", opportunities)?)?;
        places("out", out, capacity, values.len())?.fill(values.iter().map(|&count| count.into()));
        Ok(())
    })
}

/// Frees opportunities; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_opportunities_free(opportunities: *mut crm_opportunities) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("opportunities", opportunities) });
}
