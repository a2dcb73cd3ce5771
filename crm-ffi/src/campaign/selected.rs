//! Who was selected, and why the others were not.

use std::ffi::{CString, c_char};

use crm_core::campaign::Selected;

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{element, places};
use crate::sized::{self, sized_structs};
use crate::status::{c_text, crm_status};

/// What kind of reason keeps a customer out of a campaign.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_reason_kind {
    /// A rule is false.
    Rule = 0,
    /// A rule has no answer, because a value is missing.
    MissingValue = 1,
    /// The customer has not agreed to be contacted.
    NoOptIn = 2,
    /// The customer has asked not to be contacted.
    OptedOut = 3,
    /// The customer is on a list of those not to contact.
    DoNotContact = 4,
    /// The customer is in a campaign that is running.
    RunningCampaign = 5,
    /// The customer was contacted often enough.
    ContactFatigue = 6,
    /// The customer belongs to a holdout.
    Holdout = 7,
    /// Customers who rank higher fill the segment's quota.
    SegmentQuota = 8,
    /// Customers who rank higher fill the campaign's quota.
    Quota = 9,
}

/// The outcome of a selection: every customer is selected or has a first reason against it. Free with `crm_selected_free`. Immutable: any number
/// of threads may use it at once.
pub struct crm_selected {
    _opaque: (),
}

/// The outcome, with its texts as C sees them.
pub(crate) struct Outcome {
    selected: Selected,
    names: Vec<CString>,
}

handles! { crm_selected holds Outcome, tag b"crmSELED"; }

impl From<Selected> for Outcome {
    fn from(selected: Selected) -> Self {
        let names = selected.reasons().iter().map(|reason| c_text(&reason.name)).collect();
        Self { selected, names }
    }
}

/// A reason, and how many customers it keeps out. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_reason {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The name of the step; it belongs to the outcome and lives as long.
    pub name: *const c_char,
    /// Customers whose first reason it is; these add up to all who are excluded.
    pub first: u64,
    /// Customers for whom it is a reason, be it the first or a later one.
    pub any: u64,
    /// A `crm_reason_kind`.
    pub kind: i32,
    /// 0.
    pub reserved: i32,
}

sized_structs!(crm_reason);

/// Number of customers; 0, with the thread's last error set, if `selected` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_customers(selected: *const crm_selected) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("selected", selected)?.selected.customers()) })
}

/// Number of customers who are selected; 0, with the thread's last error set, if `selected` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_count(selected: *const crm_selected) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("selected", selected)?.selected.selected()) })
}

/// Copies the selected rows, best first, to `out`, which has room for `capacity`, at least `crm_selected_count`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_rows(
    selected: *const crm_selected,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let rows = handle::get("selected", selected)?.selected.rows();
        places("out", out, capacity, rows.len())?.fill(rows.iter().copied());
        Ok(())
    })
}

/// Copies for each row the index of its first reason, -1 for a customer who is selected, to `out`, which has room for `capacity`, at least
/// `crm_selected_customers`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_first_reasons(
    selected: *const crm_selected,
    out: *mut i32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let first = handle::get("selected", selected)?.selected.first_reasons();
        places("out", out, capacity, first.len())?.fill(first.iter().copied());
        Ok(())
    })
}

/// Copies for each row all its reasons, bit k being the reason of index k, to `out`, which has room for `capacity`, at least
/// `crm_selected_customers`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_reason_bits(
    selected: *const crm_selected,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let every = handle::get("selected", selected)?.selected.reason_bits();
        places("out", out, capacity, every.len())?.fill(every.iter().copied());
        Ok(())
    })
}

/// Number of reasons; 0, with the thread's last error set, if `selected` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_reason_count(selected: *const crm_selected) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("selected", selected)?.names.len()) })
}

/// A reason by its index, in the order in which they are asked: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_selected_reason_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_reason(
    selected: *const crm_selected,
    index: usize,
    out: *mut crm_reason,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let selected = handle::get("selected", selected)?;
        let reason = element(selected.selected.reasons(), index)?;
        out.put(crm_reason {
            struct_size: size_of::<crm_reason>(),
            name: element(&selected.names, index)?.as_ptr(),
            first: reason.first,
            any: reason.any,
            kind: reason.kind as i32,
            reserved: 0,
        })
    })
}

/// Frees an outcome; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_selected_free(selected: *mut crm_selected) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("selected", selected) });
}

#[cfg(test)]
mod tests {
    use crm_core::campaign::ReasonKind;

    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_reason_kind as K;
        let kinds = [
            K::Rule,
            K::MissingValue,
            K::NoOptIn,
            K::OptedOut,
            K::DoNotContact,
            K::RunningCampaign,
            K::ContactFatigue,
            K::Holdout,
            K::SegmentQuota,
            K::Quota,
        ];
        assert_eq!(kinds.map(|kind| ReasonKind::from_code(kind as i32).unwrap()), *ReasonKind::ALL);
    }
}
