//! What happened to a member of a points programme in a period.

use std::ffi::c_char;

use crm_core::customer::CustomerId;
use crm_core::loyalty::{EntryKind, PeriodStatement, PointsEntries};

use super::points_entries::crm_points_entries;
use crate::guard::guard;
use crate::handle;
use crate::pointer::{Places, array, optional_text, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Balances at the start and the end of a period. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_points_period {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Points that could be spent at the start.
    pub opening_available: i64,
    /// Points that could not be spent yet at the start.
    pub opening_pending: i64,
    /// Points that were owed at the start.
    pub opening_owed: i64,
    /// Points that can be spent at the end: those at the start and all postings of the period.
    pub closing_available: i64,
    /// Points that cannot be spent yet at the end.
    pub closing_pending: i64,
    /// Points that are owed at the end.
    pub closing_owed: i64,
    /// Number of postings of the period.
    pub postings: usize,
}

sized_structs!(crm_points_period);

/// The statement of a member for a period, from all of its postings so far: `entries` are `batches` live handles, in the order in which the ledger
/// gave them. Postings of the period are those that take effect from `from` on and before `until`, in microseconds since 1970-01-01T00:00Z. The
/// member is `customer_text`, or `customer` if that is NULL.
///
/// `points`, or NULL, receives the points of the period by `crm_points_entry_kind`, 0 for kinds without postings; it has room for `kinds`, at least
/// 14. `postings`, or NULL, receives the places of the postings of the period in the order of time, counted over all batches; it has room for
/// `capacity`. Ask without it for their number.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room. A stranger has a statement of nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_points_entries_period(
    entries: *const *const crm_points_entries,
    batches: usize,
    customer: i64,
    customer_text: *const c_char,
    from: i64,
    until: i64,
    out: *mut crm_points_period,
    points: *mut i64,
    kinds: usize,
    postings: *mut usize,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives an array of live handles, a terminated string, a struct of the size it says, and places, or null.
    guard(|| unsafe {
        let handles = array("entries", entries, batches)?;
        let entries = handles.iter().map(|&entries| handle::get("entries", entries));
        let entries: Vec<&PointsEntries> = entries.collect::<Outcome<_>>()?;
        let id = optional_text("customer_text", customer_text)?;
        let id = id.map_or(CustomerId::Integer(customer), CustomerId::Text);
        let found = PeriodStatement::over(&entries, id, from, until);
        let out = sized::place("out", out)?;
        let points = room("points", points, kinds, EntryKind::ALL.len())?;
        let postings = room("postings", postings, capacity, found.places.len())?;
        if let Some(points) = points {
            let of = |kind: &EntryKind| found.kinds.iter().position(|other| other == kind);
            points.fill(EntryKind::ALL.iter().map(|kind| of(kind).map_or(0, |place| found.points[place])));
        }
        if let Some(postings) = postings {
            postings.fill(found.places.iter().copied());
        }
        out.put(crm_points_period {
            struct_size: 0,
            opening_available: found.opening.available,
            opening_pending: found.opening.pending,
            opening_owed: found.opening.owed,
            closing_available: found.closing.available,
            closing_pending: found.closing.pending,
            closing_owed: found.closing.owed,
            postings: found.places.len(),
        })
    })
}

/// Places that may be null, or else are enough.
///
/// # Safety
/// `pointer` is null or has `capacity` writable places that nobody else uses during the call.
unsafe fn room<'a, T>(
    argument: &str,
    pointer: *mut T,
    capacity: usize,
    needed: usize,
) -> Outcome<Option<Places<'a, T>>> {
    if pointer.is_null() {
        return Ok(None);
    }
    // SAFETY: as the caller promises.
    unsafe { places(argument, pointer, capacity, needed) }.map(Some)
}
