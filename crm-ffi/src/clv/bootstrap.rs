//! Refits of a purchase model to samples of its customers.

use crm_core::clv::Bootstrap;

use super::interval::crm_intervals;
use super::predict::crm_prediction;
use super::purchase_data::crm_purchase_data;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{element, place, places};
use crate::status::crm_status;

/// Refits of a purchase model to samples of its customers. Free with `crm_bootstrap_free`. Immutable: any number of threads
/// may use it at once.
pub struct crm_bootstrap {
    _opaque: (),
}

handles! { crm_bootstrap holds Bootstrap, tag b"crmBOOTS"; }

/// Number of refits that converged; 0, with the thread's last error set, if `bootstrap` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_length(bootstrap: *const crm_bootstrap) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("bootstrap", bootstrap)?.replicates().len()) })
}

/// Number of refits that did not converge and are left out.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_failed(bootstrap: *const crm_bootstrap, out: *mut u32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("bootstrap", bootstrap)?.failed()));
        Ok(())
    })
}

/// Copies the estimates of a refit to `out`, which has room for `capacity` values, at least `crm_purchase_model_length` of
/// the model.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_bootstrap_length`, and
/// `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_replicate(
    bootstrap: *const crm_bootstrap,
    index: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let estimates = element(handle::get("bootstrap", bootstrap)?.replicates(), index)?;
        places("out", out, capacity, estimates.len())?.fill(estimates.iter().copied());
        Ok(())
    })
}

/// The estimates of the model with their bootstrap standard errors and percentile intervals. `confidence_level` is 0.95 for
/// 95 %.
///
/// `out` receives the intervals, NULL if the call fails; the caller frees them with `crm_intervals_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a level outside 0 to 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_estimate_intervals(
    bootstrap: *const crm_bootstrap,
    confidence_level: f64,
    out: *mut *mut crm_intervals,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("bootstrap", bootstrap)?.estimate_intervals(confidence_level)?);
        Ok(())
    })
}

/// Predictions of the model with their bootstrap standard errors and percentile intervals. `confidence_level` is 0.95 for
/// 95 %.
///
/// `out` receives the intervals, NULL if the call fails; the caller frees them with `crm_intervals_free`. Fails as
/// `crm_purchase_model_predict`, and with `CRM_STATUS_INVALID_ARGUMENT` for a level outside 0 to 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_confidence_intervals(
    bootstrap: *const crm_bootstrap,
    data: *const crm_purchase_data,
    prediction: *const crm_prediction,
    confidence_level: f64,
    out: *mut *mut crm_intervals,
) -> crm_status {
    // SAFETY: the caller gives live handles, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let bootstrap = handle::get("bootstrap", bootstrap)?;
        let data = handle::get("data", data)?;
        let prediction = crm_prediction::take(prediction)?;
        out.put(bootstrap.confidence_intervals(data, prediction, confidence_level)?);
        Ok(())
    })
}

/// Frees refits; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_free(bootstrap: *mut crm_bootstrap) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("bootstrap", bootstrap) });
}
