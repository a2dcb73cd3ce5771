//! Several arms of one experiment against its control.

use crm_core::Error;
use crm_core::experiment::{
    BinaryArm, MeanArm, MultiplicityMethod, ProportionMethod, SampleRatio, TestResult, compare_several_means,
    compare_several_proportions,
};

use super::binary_arm::crm_binary_arm;
use super::mean_arm::crm_mean_arm;
use super::means::mean_test;
use super::proportion::crm_homogeneity;
use super::sample_ratio::crm_sample_ratio;
use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::pointer::{array, optional_places};
use crate::sized;
use crate::status::{Outcome, crm_status};

/// Compares each of `length` arms with the one at `control`, by a `crm_proportion_method`, and tests whether all have one rate: set the
/// `struct_size` of the first of `comparisons`, of `homogeneity` and of `sample_ratio` first.
///
/// `weights` is the planned split of the trials of all arms, of any scale, or NULL for no plan; each comparison has the check of its two arms, and
/// `sample_ratio` that of all. `options` may be NULL for the defaults; its `target_share` must be NaN. `comparisons` has `length - 1` places, in
/// the order of the arms, the control left out; their intervals, p-values and `rejects` are those of single tests. `adjusted_p_values` and
/// `ln_adjusted_p_values` receive the p-values adjusted for their number by a `crm_multiplicity_method`, to which no intervals belong, and
/// their natural logarithms; each has `length - 1` places, or is NULL. `homogeneity` and `sample_ratio` may be NULL.
///
/// Fails with `CRM_STATUS_EMPTY` for fewer than two arms, with `CRM_STATUS_INVALID_ARGUMENT` for a control that is none of them, and as
/// `crm_compare_proportions` and `crm_sample_ratio_of`, naming a bad arm as the row. Nothing is written then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_several_proportions(
    arms: *const crm_binary_arm,
    weights: *const f64,
    length: usize,
    control: usize,
    method: i32,
    multiplicity: i32,
    options: *const crm_test_options,
    comparisons: *mut crm_test_result,
    adjusted_p_values: *mut f64,
    ln_adjusted_p_values: *mut f64,
    homogeneity: *mut crm_homogeneity,
    sample_ratio: *mut crm_sample_ratio,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let arms = array("arms", arms, length)?.iter().enumerate();
        let named = |row: usize| move |error: Error| error.at_row(row as u64);
        let arms = arms.map(|(row, arm)| BinaryArm::new(arm.conversions, arm.trials).map_err(named(row)));
        let arms = arms.collect::<crm_core::Result<Vec<_>>>()?;
        let weights = if weights.is_null() { None } else { Some(array("weights", weights, length)?) };
        let (method, options) = (ProportionMethod::from_code(method)?, crm_test_options::take(options)?);
        let multiplicity = MultiplicityMethod::from_code(multiplicity)?;
        let all = compare_several_proportions(&arms, control, weights, method, multiplicity, &options)?;
        let same = if homogeneity.is_null() { None } else { Some(sized::place("homogeneity", homogeneity)?) };
        let found = Found {
            comparisons: &all.comparisons,
            adjusted: &all.adjusted_p_values,
            ln_adjusted: &all.ln_adjusted_p_values,
            sample_ratio: &all.sample_ratio,
        };
        found.put(comparisons, adjusted_p_values, ln_adjusted_p_values, sample_ratio)?;
        same.map_or(Ok(()), |place| place.put((&all.homogeneity).into()))
    })
}

/// Compares the mean of each of `length` arms with that of the one at `control`, by a `crm_mean_method` and, for ratios and lifts, a
/// `crm_lift_method`; else as `crm_compare_several_proportions`, with rows for trials. Whether all have one mean is said by
/// `crm_analysis_of_variance`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a control that is none of the arms, and as `crm_compare_means` and `crm_sample_ratio_of`. Nothing is
/// written then.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_several_means(
    arms: *const crm_mean_arm,
    weights: *const f64,
    length: usize,
    control: usize,
    method: i32,
    lift_method: i32,
    multiplicity: i32,
    options: *const crm_test_options,
    comparisons: *mut crm_test_result,
    adjusted_p_values: *mut f64,
    ln_adjusted_p_values: *mut f64,
    sample_ratio: *mut crm_sample_ratio,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let arms: Outcome<Vec<MeanArm>> =
            array("arms", arms, length)?.iter().map(|arm| arm.take("arms")).collect();
        let weights = if weights.is_null() { None } else { Some(array("weights", weights, length)?) };
        let (test, options) = (mean_test(method, lift_method)?, crm_test_options::take(options)?);
        let multiplicity = MultiplicityMethod::from_code(multiplicity)?;
        let all = compare_several_means(&arms?, control, weights, test, multiplicity, &options)?;
        let found = Found {
            comparisons: &all.comparisons,
            adjusted: &all.adjusted_p_values,
            ln_adjusted: &all.ln_adjusted_p_values,
            sample_ratio: &all.sample_ratio,
        };
        found.put(comparisons, adjusted_p_values, ln_adjusted_p_values, sample_ratio)
    })
}

/// What both have found.
struct Found<'a> {
    comparisons: &'a [TestResult],
    adjusted: &'a [f64],
    ln_adjusted: &'a [f64],
    sample_ratio: &'a SampleRatio,
}

impl Found<'_> {
    /// Writes what is asked for, after all places are found to be good.
    ///
    /// # Safety
    /// Each array is as long as there are comparisons, and each struct has the size that it says; all but the first may be null.
    unsafe fn put(
        &self,
        comparisons: *mut crm_test_result,
        adjusted: *mut f64,
        ln_adjusted: *mut f64,
        sample_ratio: *mut crm_sample_ratio,
    ) -> Outcome<()> {
        let count = self.comparisons.len();
        // SAFETY: as the caller promises.
        unsafe {
            let first = sized::place("comparisons", comparisons)?;
            let adjusted = optional_places("adjusted_p_values", adjusted, count)?;
            let ln_adjusted = optional_places("ln_adjusted_p_values", ln_adjusted, count)?;
            let split =
                if sample_ratio.is_null() { None } else { Some(sized::place("sample_ratio", sample_ratio)?) };
            first.put_all(self.comparisons.iter().map(crm_test_result::from))?;
            if let Some(places) = adjusted {
                places.fill(self.adjusted.iter().copied());
            }
            if let Some(places) = ln_adjusted {
                places.fill(self.ln_adjusted.iter().copied());
            }
            split.map_or(Ok(()), |place| place.put(self.sample_ratio.into()))
        }
    }
}
