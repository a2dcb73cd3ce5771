//! Customers dealt to the arms of a split.

use crm_core::campaign::Assignment;

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::places;
use crate::status::crm_status;

/// The arm of each customer, in the order of the rows. Free with `crm_assignment_free`. Immutable: any number of threads may use it at once.
pub struct crm_assignment {
    _opaque: (),
}

handles! { crm_assignment holds Assignment, tag b"crmASGMT"; }

/// Number of customers; 0, with the thread's last error set, if `assignment` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_assignment_length(assignment: *const crm_assignment) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("assignment", assignment)?.arms().len()) })
}

/// Copies for each row the arm's place in the plan, or -1 for a customer whom no arm covers, -2 outside the campaign's part of the namespace, -3
/// in the holdout, to `out`, which has room for `capacity`, at least `crm_assignment_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_assignment_arms(
    assignment: *const crm_assignment,
    out: *mut i32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let arms = handle::get("assignment", assignment)?.arms();
        places("out", out, capacity, arms.len())?.fill(arms.iter().copied());
        Ok(())
    })
}

/// Copies the number of customers in each arm to `out`, which has room for `capacity`, at least the number of arms.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_assignment_counts(
    assignment: *const crm_assignment,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let counts = handle::get("assignment", assignment)?.counts();
        places("out", out, capacity, counts.len())?.fill(counts.iter().copied());
        Ok(())
    })
}

/// Frees an assignment; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_assignment_free(assignment: *mut crm_assignment) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("assignment", assignment) });
}
