//! K-means for data that do not fit in memory.

use crm_core::segment::MiniBatchKMeans;
use crm_core::{Error, ErrorKind};

use super::k_means::{crm_k_means, crm_k_means_options};
use super::matrix::matrix;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::array;
use crate::status::{Failure, crm_status};

/// K-means clusters that learn from one batch of rows after the other. Free with `crm_mini_batch_k_means_free`. One thread at
/// a time may use it.
pub struct crm_mini_batch_k_means {
    _opaque: (),
}

// None if a call did not return.
handles! { crm_mini_batch_k_means holds Option<MiniBatchKMeans>, tag b"crmMINIB"; }

fn lost() -> Failure {
    let message = "an earlier call was given up: make a new learner";
    Error::new(ErrorKind::InvalidArgument, message).on("learner").into()
}

/// A learner that has seen nothing. The starts, the limit of iterations and the tolerance are for the first batch, whose fit
/// refuses options that make no sense.
///
/// `out` receives the learner, NULL if the call fails; the caller frees it with `crm_mini_batch_k_means_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for codes that are none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mini_batch_k_means_new(
    options: *const crm_k_means_options,
    out: *mut *mut crm_mini_batch_k_means,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Some(MiniBatchKMeans::new(&crm_k_means_options::take(options)?)));
        Ok(())
    })
}

/// Learns from a batch, whose `rows` times `features` values lie in `values` in a `crm_layout` and are read during the call
/// only. `weights`, one of each row, say how often rows count; NULL for once each. Rows of weight 0 move no centre. Batches
/// should be samples of the same customers, not one segment after the other. After an error nothing has been learned from it.
///
/// Fails for the first batch as `crm_k_means_fit`, which needs as many distinct rows as there are clusters, and for a later one
/// with `CRM_STATUS_INCOMPATIBLE` if it has another number of features, and with `CRM_STATUS_INVALID_VALUE` for weights as
/// `crm_k_means_fit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mini_batch_k_means_update(
    learner: *mut crm_mini_batch_k_means,
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    weights: *const f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses and arrays of these lengths, or null.
    guard(|| unsafe {
        let place = handle::get_mut("learner", learner)?;
        let batch = matrix(values, rows, features, layout)?;
        let weights = (!weights.is_null()).then(|| array("weights", weights, rows)).transpose()?;
        // Taken out, so that a learner whose call did not return is not used again.
        let mut taken = place.take().ok_or_else(lost)?;
        let updated = match weights {
            Some(weights) => taken.update_weighted(&batch, weights),
            None => taken.update(&batch),
        };
        *place = Some(taken);
        Ok(updated?)
    })
}

/// Batches seen so far; 0, with the thread's last error set, if `learner` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mini_batch_k_means_batches(learner: *const crm_mini_batch_k_means) -> u32 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("learner", learner)?.as_ref().ok_or_else(lost)?.batches()) })
}

/// The model so far, its clusters numbered; the learner can go on. The model's inertia sums the squared distances from the
/// centres as they were when the rows came.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_k_means_free`. Fails with
/// `CRM_STATUS_EMPTY` before the first batch.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mini_batch_k_means_finish(
    learner: *const crm_mini_batch_k_means,
    out: *mut *mut crm_k_means,
) -> crm_status {
    // SAFETY: the caller gives a live handle that no other thread uses and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("learner", learner)?.as_ref().ok_or_else(lost)?.finish()?);
        Ok(())
    })
}

/// Frees a learner; NULL is accepted.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mini_batch_k_means_free(learner: *mut crm_mini_batch_k_means) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("learner", learner) });
}
