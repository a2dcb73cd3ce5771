//! Scores of customers.

use crm_core::rfm::RfmScores;

use super::model::{crm_rfm_dimension, dimension};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::places;
use crate::status::crm_status;

/// The scores of a base, in the order of its customers: from 1 (worst) to the highest of the model. Free with
/// `crm_rfm_scores_free`. Immutable: any number of threads may use it at once.
pub struct crm_rfm_scores {
    _opaque: (),
}

handles! { crm_rfm_scores holds RfmScores, tag b"crmRFMSC"; }

/// Number of customers; 0, with the thread's last error set, if `scores` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_scores_length(scores: *const crm_rfm_scores) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scores", scores)?.len()) })
}

/// The highest score; 0, with the thread's last error set, if `scores` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_scores_bins(scores: *const crm_rfm_scores) -> u8 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scores", scores)?.bins()) })
}

/// Copies the scores of a dimension, a `crm_rfm_dimension`, to `out`, which has room for `capacity` scores, at least
/// `crm_rfm_scores_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_scores_column(
    scores: *const crm_rfm_scores,
    dimension: i32,
    out: *mut u8,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let scores = handle::get("scores", scores)?;
        let column = match self::dimension(dimension)? {
            crm_rfm_dimension::Recency => scores.recency(),
            crm_rfm_dimension::Frequency => scores.frequency(),
            crm_rfm_dimension::Monetary => scores.monetary(),
        };
        places("out", out, capacity, column.len())?.fill(column.iter().copied());
        Ok(())
    })
}

/// Copies the composite scores, the weighted means of the three, to `out`, which has room for `capacity` values, at least
/// `crm_rfm_scores_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_scores_composite(
    scores: *const crm_rfm_scores,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let scores = handle::get("scores", scores)?;
        let out = places("out", out, capacity, scores.len())?;
        out.fill((0..scores.len()).map(|customer| scores.composite(customer)));
        Ok(())
    })
}

/// Frees scores; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_scores_free(scores: *mut crm_rfm_scores) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("scores", scores) });
}
