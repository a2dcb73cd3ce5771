//! Scores of customers and what each dimension contributes.

use crm_core::loyalty::{LoyaltyScores, ScoreContributions};

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{element, places};
use crate::status::crm_status;

/// Scores of customers, a row each. Free with `crm_loyalty_scores_free`. Immutable: any number of threads may use it at once.
pub struct crm_loyalty_scores {
    _opaque: (),
}

/// What each dimension contributes to the scores of customers: a row's contributions and its baseline sum to its score less the population's mean, exactly: in
/// doubles, added in any order. Free with `crm_score_contributions_free`. Immutable: any number of threads may use it at once.
pub struct crm_score_contributions {
    _opaque: (),
}

handles! {
    crm_loyalty_scores holds LoyaltyScores, tag b"crmLOYRS";
    crm_score_contributions holds ScoreContributions, tag b"crmSCOCO";
}

/// Number of customers; 0, with the thread's last error set, if `scores` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_scores_length(scores: *const crm_loyalty_scores) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("scores", scores)?.scores().len()) })
}

/// The mean score of the population that the score was fitted to; NaN, with the thread's last error set, if `scores` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_scores_population_mean(scores: *const crm_loyalty_scores) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("scores", scores)?.population_mean()) })
}

/// Copies the scores, from 0 to 100, to `out`, which has room for `capacity`, at least `crm_loyalty_scores_length`; NaN where too little is known.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_scores_values(
    scores: *const crm_loyalty_scores,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = handle::get("scores", scores)?.scores();
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Copies the share of the weight that is known of each customer to `out`; otherwise as `crm_loyalty_scores_values`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_scores_coverage(
    scores: *const crm_loyalty_scores,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = handle::get("scores", scores)?.coverage();
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Copies the ranks by descending score to `out`: 1 plus the number of customers with a higher score, so equal scores share a rank; 0 without a score. Otherwise as
/// `crm_loyalty_scores_values`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_scores_ranks(
    scores: *const crm_loyalty_scores,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let scores = handle::get("scores", scores)?;
        let out = places("out", out, capacity, scores.scores().len())?;
        out.fill(scores.ranks().into_iter());
        Ok(())
    })
}

/// Frees scores; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_scores_free(scores: *mut crm_loyalty_scores) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("scores", scores) });
}

/// Number of dimensions; 0, with the thread's last error set, if `contributions` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_contributions_dimensions(
    contributions: *const crm_score_contributions,
) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("contributions", contributions)?.columns.len()) })
}

/// Copies what a dimension, by its place in the score, contributes to each score, in points, to `out`, which has room for `capacity`, at least the number of
/// customers; 0 where the dimension is not known, NaN without a score.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a place beyond the last, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_contributions_values(
    contributions: *const crm_score_contributions,
    index: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = element(&handle::get("contributions", contributions)?.columns, index)?;
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// Copies the baseline of each customer to `out`: what a customer has of whom the same dimensions are known and who is average in each, less the population's mean.
/// Otherwise as `crm_score_contributions_values`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_contributions_baseline(
    contributions: *const crm_score_contributions,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = &handle::get("contributions", contributions)?.baseline;
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// The scores that are explained.
///
/// `out` receives a copy, NULL if the call fails; the caller frees it with `crm_loyalty_scores_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_contributions_scores(
    contributions: *const crm_score_contributions,
    out: *mut *mut crm_loyalty_scores,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("contributions", contributions)?.scores.clone());
        Ok(())
    })
}

/// Frees contributions; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_contributions_free(contributions: *mut crm_score_contributions) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("contributions", contributions) });
}
