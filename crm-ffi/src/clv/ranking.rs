//! How well predictions rank customers.

use crm_core::clv::{LiftRow, RankingQuality};

use super::validation::pair;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{element, place};
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// Customers ranked by a prediction, with what they went on to do. Customers with equal predictions share what their group
/// did evenly. Free with `crm_ranking_quality_free`. Immutable: any number of threads may use it at once.
pub struct crm_ranking_quality {
    _opaque: (),
}

/// A ranking in equal parts, the customers with the highest predictions first. Free with `crm_lift_free`. Immutable: any
/// number of threads may use it at once.
pub struct crm_lift {
    _opaque: (),
}

handles! {
    crm_ranking_quality holds RankingQuality, tag b"crmRANKQ";
    crm_lift holds Vec<LiftRow>, tag b"crmLIFTS";
}

/// A ranking in a few numbers. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_ranking_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of customers.
    pub customers: u64,
    /// What all customers did.
    pub total_actual: f64,
    /// The Gini coefficient of the actual values in the order of the predictions: 0 for a random order, negative for one
    /// that is upside down.
    pub gini: f64,
    /// The Gini coefficient of the actual values in their own order, the best that there is.
    pub best_gini: f64,
    /// The first divided by the second, 1 at most; NaN if all customers did the same, and no ranking is better than
    /// another.
    pub normalised_gini: f64,
}

/// An equal part of a ranking. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_lift_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The part, from 1 for the customers with the highest predictions.
    pub part: u64,
    /// Customers in it, a whole number only if the parts divide them evenly.
    pub customers: f64,
    /// Mean prediction.
    pub mean_predicted: f64,
    /// Mean of what they did.
    pub mean_actual: f64,
    /// Mean of what they did, divided by that of all customers.
    pub lift: f64,
    /// Share of the total actual value.
    pub share: f64,
    /// Share of the total actual value held by this part and those before.
    pub cumulative_share: f64,
    /// What the best ranking would hold there.
    pub best_cumulative_share: f64,
}

sized_structs!(crm_ranking_summary, crm_lift_row);

impl From<&LiftRow> for crm_lift_row {
    fn from(row: &LiftRow) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            part: row.part.into(),
            customers: row.customers,
            mean_predicted: row.mean_predicted,
            mean_actual: row.mean_actual,
            lift: row.lift,
            share: row.share,
            cumulative_share: row.cumulative_share,
            best_cumulative_share: row.best_cumulative_share,
        }
    }
}

/// Ranks customers by a prediction. `predicted` and `actual` have `length` values, one a customer.
///
/// `out` receives the ranking, NULL if the call fails; the caller frees it with `crm_ranking_quality_free`. Fails with
/// `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_INVALID_VALUE` with the row for values that are not finite, or if the
/// actual values do not add up to more than 0, and `CRM_STATUS_OUT_OF_RANGE` if a double cannot hold the total prediction.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ranking_quality_new(
    predicted: *const f64,
    actual: *const f64,
    length: usize,
    out: *mut *mut crm_ranking_quality,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (predicted, actual) = pair(predicted, actual, length)?;
        out.put(RankingQuality::new(predicted, actual)?);
        Ok(())
    })
}

/// The ranking in a few numbers: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ranking_quality_summary(
    ranking: *const crm_ranking_quality,
    out: *mut crm_ranking_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let ranking = handle::get("ranking", ranking)?;
        out.put(crm_ranking_summary {
            struct_size: size_of::<crm_ranking_summary>(),
            customers: ranking.customers() as u64,
            total_actual: ranking.total_actual(),
            gini: ranking.gini(),
            best_gini: ranking.best_gini(),
            normalised_gini: ranking.normalised_gini().unwrap_or(f64::NAN),
        })
    })
}

/// The share of the actual value that the fraction (0 to 1) of customers with the highest predictions holds.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a fraction outside 0 to 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ranking_quality_share_held(
    ranking: *const crm_ranking_quality,
    fraction: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("ranking", ranking)?.share_held(fraction)?));
        Ok(())
    })
}

/// The share that the best ranking, by the actual values themselves, would hold.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a fraction outside 0 to 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ranking_quality_best_share(
    ranking: *const crm_ranking_quality,
    fraction: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("ranking", ranking)?.best_share(fraction)?));
        Ok(())
    })
}

/// The ranking in so many equal parts, 10 for deciles.
///
/// `out` receives the parts, NULL if the call fails; the caller frees them with `crm_lift_free`. They live on without the
/// ranking. Fails with `CRM_STATUS_INVALID_ARGUMENT` without parts, or with more parts than customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ranking_quality_lift(
    ranking: *const crm_ranking_quality,
    parts: u32,
    out: *mut *mut crm_lift,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("ranking", ranking)?.lift(parts)?);
        Ok(())
    })
}

/// Frees a ranking; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ranking_quality_free(ranking: *mut crm_ranking_quality) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("ranking", ranking) });
}

/// Number of parts; 0, with the thread's last error set, if `lift` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_lift_length(lift: *const crm_lift) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("lift", lift)?.len()) })
}

/// One part: set `out->struct_size` first. Part 1 has index 0.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_lift_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_lift_part(
    lift: *const crm_lift,
    index: usize,
    out: *mut crm_lift_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(handle::get("lift", lift)?, index)?.into())
    })
}

/// Frees the parts of a ranking; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_lift_free(lift: *mut crm_lift) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("lift", lift) });
}
