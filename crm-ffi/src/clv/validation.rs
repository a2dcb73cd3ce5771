//! Predictions beside what customers went on to do.

use crm_core::clv::{BinEdges, BinnedComparison, ComparisonBin, HoldoutAccuracy};

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How far predictions for single customers were from what they did. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_holdout_accuracy {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of customers.
    pub customers: u64,
    /// MAE: the mean of |prediction - actual value|.
    pub mean_absolute_error: f64,
    /// RMSE: the root of the mean of the squares.
    pub root_mean_squared_error: f64,
    /// Bias: the mean of prediction less actual value, above 0 if too much was predicted.
    pub mean_error: f64,
    /// Sum of the predictions.
    pub total_predicted: f64,
    /// Sum of the actual values.
    pub total_actual: f64,
    /// Total predicted over total actual, less 1 (0.05: 5 % too much); NaN if the actual total is not above 0.
    pub total_error: f64,
    /// Pearson's correlation of both; NaN if either is the same for all customers.
    pub correlation: f64,
}

/// Customers put together, with what was expected of them and what they did. Set `struct_size` before the call that fills
/// it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_comparison_bin {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The lowest value of the bin.
    pub from: f64,
    /// The upper end: for frequencies the highest, which is infinite for the last bin; for other values the next bin's
    /// lowest.
    pub to: f64,
    /// Number of customers.
    pub customers: u64,
    /// Mean of what they did; NaN without customers, as the other mean.
    pub mean_actual: f64,
    /// Mean of the predictions.
    pub mean_predicted: f64,
}

sized_structs!(crm_holdout_accuracy, crm_comparison_bin);

/// Actual against expected behaviour by bins of what was known before; bins without customers included. Free with
/// `crm_binned_comparison_free`. Immutable: any number of threads may use it at once.
pub struct crm_binned_comparison {
    _opaque: (),
}

handles! { crm_binned_comparison holds BinnedComparison, tag b"crmBINCO"; }

impl From<&ComparisonBin> for crm_comparison_bin {
    fn from(bin: &ComparisonBin) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            from: bin.from,
            to: bin.to,
            customers: bin.customers,
            mean_actual: bin.mean_actual.unwrap_or(f64::NAN),
            mean_predicted: bin.mean_predicted.unwrap_or(f64::NAN),
        }
    }
}

/// What is compared, of each customer.
///
/// # Safety
/// Both are null or point to `length` values that live, unchanged, as long as the result.
pub(super) unsafe fn pair<'a>(
    predicted: *const f64,
    actual: *const f64,
    length: usize,
) -> Outcome<(&'a [f64], &'a [f64])> {
    // SAFETY: as the caller promises.
    unsafe { Ok((array("predicted", predicted, length)?, array("actual", actual, length)?)) }
}

/// Compares predictions with what customers did: set `out->struct_size` first. `predicted` and `actual` have `length`
/// values, one a customer.
///
/// Fails with `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_INVALID_VALUE` with the row for values that are not
/// finite, and `CRM_STATUS_OUT_OF_RANGE` if their squares add up to more than a double holds.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_holdout_accuracy_of(
    predicted: *const f64,
    actual: *const f64,
    length: usize,
    out: *mut crm_holdout_accuracy,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (predicted, actual) = pair(predicted, actual, length)?;
        let accuracy = HoldoutAccuracy::new(predicted, actual)?;
        out.put(crm_holdout_accuracy {
            struct_size: size_of::<crm_holdout_accuracy>(),
            customers: accuracy.customers,
            mean_absolute_error: accuracy.mean_absolute_error,
            root_mean_squared_error: accuracy.root_mean_squared_error,
            mean_error: accuracy.mean_error,
            total_predicted: accuracy.total_predicted,
            total_actual: accuracy.total_actual,
            total_error: accuracy.total_error.unwrap_or(f64::NAN),
            correlation: accuracy.correlation.unwrap_or(f64::NAN),
        })
    })
}

/// Compares by repeat purchases in the calibration period: one bin for each of 0, 1, 2 ... and a last one for `last` and
/// more. The arrays have `length` values, one a customer.
///
/// `out` receives the comparison, NULL if the call fails; the caller frees it with `crm_binned_comparison_free`. Fails with
/// `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_INVALID_VALUE` with the row for values that are not finite or
/// frequencies that are not whole numbers of 0 or more, and `CRM_STATUS_INVALID_ARGUMENT` if `last` is above 9,999.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binned_comparison_by_frequency(
    repeat_purchases: *const f64,
    predicted: *const f64,
    actual: *const f64,
    length: usize,
    last: u32,
    out: *mut *mut crm_binned_comparison,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let repeat_purchases = array("repeat_purchases", repeat_purchases, length)?;
        let (predicted, actual) = pair(predicted, actual, length)?;
        out.put(BinnedComparison::by_frequency(repeat_purchases, predicted, actual, last)?);
        Ok(())
    })
}

/// Compares by so many bins of equal width from the lowest to the highest value; one bin if all values are equal. A value
/// on an edge belongs to the bin above, the highest to the last bin. The arrays have `length` values, one a customer.
///
/// `out` receives the comparison, NULL if the call fails; the caller frees it with `crm_binned_comparison_free`. Fails with
/// `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_INVALID_VALUE` with the row for values that are not finite, and
/// `CRM_STATUS_INVALID_ARGUMENT` for no bins or more than 10,000.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binned_comparison_by_width(
    values: *const f64,
    predicted: *const f64,
    actual: *const f64,
    length: usize,
    bins: u32,
    out: *mut *mut crm_binned_comparison,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let values = array("values", values, length)?;
        let (predicted, actual) = pair(predicted, actual, length)?;
        out.put(BinnedComparison::by_value(values, BinEdges::EqualWidth(bins), predicted, actual)?);
        Ok(())
    })
}

/// Compares by bins between `edge_count` ascending edges, one more than bins, which must hold all values. A value on an
/// edge belongs to the bin above, the last edge to the last bin. The other arrays have `length` values, one a customer.
///
/// `out` receives the comparison, NULL if the call fails; the caller frees it with `crm_binned_comparison_free`. Fails with
/// `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_INVALID_VALUE` with the row for values that are not finite or outside
/// the edges, and `CRM_STATUS_INVALID_ARGUMENT` for edges that do not ascend, are fewer than 2 or more than 10,001.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binned_comparison_by_edges(
    values: *const f64,
    predicted: *const f64,
    actual: *const f64,
    length: usize,
    edges: *const f64,
    edge_count: usize,
    out: *mut *mut crm_binned_comparison,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let values = array("values", values, length)?;
        let edges = BinEdges::At(array("edges", edges, edge_count)?);
        let (predicted, actual) = pair(predicted, actual, length)?;
        out.put(BinnedComparison::by_value(values, edges, predicted, actual)?);
        Ok(())
    })
}

/// Number of bins; 0, with the thread's last error set, if `comparison` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binned_comparison_length(comparison: *const crm_binned_comparison) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("comparison", comparison)?.bins().len()) })
}

/// One bin: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_binned_comparison_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binned_comparison_bin(
    comparison: *const crm_binned_comparison,
    index: usize,
    out: *mut crm_comparison_bin,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(handle::get("comparison", comparison)?.bins(), index)?.into())
    })
}

/// Frees a comparison; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binned_comparison_free(comparison: *mut crm_binned_comparison) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("comparison", comparison) });
}
