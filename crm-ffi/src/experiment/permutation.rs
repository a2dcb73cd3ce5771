//! The permutation test.

use crm_core::Threads;
use crm_core::experiment::{PermutationOptions, PermutationStatistic, permutation_test};

use super::resampled::{Places, crm_resampled};
use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::pointer::array;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// By what the arms of a permutation test are told apart.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_permutation_statistic {
    /// The difference of the means.
    DifferenceOfMeans = 0,
    /// The difference of the means by its standard error, which stays valid if the variances differ.
    StudentisedDifference = 1,
    /// The difference of quantiles of one probability.
    DifferenceOfQuantiles = 2,
    /// The ratio of the means of values that are not negative.
    RatioOfMeans = 3,
}

/// What a permutation test is asked. Fill with `crm_permutation_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_permutation_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_permutation_statistic` (default the difference of the means).
    pub statistic: i32,
    /// All assignments are taken if there are at most so many, up to 10,000,000 (default 1,000,000); 0 for never.
    pub exact_up_to: u32,
    /// How many random assignments are drawn otherwise, 1 to 10,000,000 (default 10,000).
    pub resamples: u32,
    /// Must be 0.
    pub reserved: i32,
    /// The probability of the quantiles, inside (0, 1) (default 0.5).
    pub probability: f64,
    /// The seed of random assignments (default 0).
    pub seed: u64,
    /// How many threads may work, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

sized_structs!(crm_permutation_options);

impl crm_permutation_options {
    fn new() -> Self {
        let core = PermutationOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            statistic: core.statistic as i32,
            exact_up_to: core.exact_up_to,
            resamples: core.resamples,
            reserved: 0,
            probability: core.probability,
            seed: core.seed,
            threads: 0,
        }
    }

    unsafe fn take(options: *const Self) -> Outcome<PermutationOptions> {
        if options.is_null() {
            return Ok(PermutationOptions::default());
        }
        // SAFETY: a struct of the size that its first field says, as the caller promises.
        let given = unsafe { sized::read("permutation", options, Self::new()) }?;
        if given.reserved != 0 {
            return Err(crm_core::Error::argument("reserved", given.reserved, "0").into());
        }
        Ok(PermutationOptions {
            statistic: PermutationStatistic::from_code(given.statistic)?,
            probability: given.probability,
            exact_up_to: given.exact_up_to,
            resamples: given.resamples,
            seed: given.seed,
            threads: Threads::from_count(given.threads)?,
        })
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_permutation_options_init(
    options: *mut crm_permutation_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_permutation_options::new()) })
}

/// Tests whether the arms differ, by all assignments of their values to arms of the same sizes, or by random ones: set
/// `out->struct_size` first, and `resampled->struct_size`, or let `resampled` be NULL. `permutation` and `options` may be NULL
/// for the defaults; the contrast of the options is the difference, or the ratio for the ratio of means.
///
/// Fails with `CRM_STATUS_EMPTY`, `CRM_STATUS_INVALID_VALUE` or `CRM_STATUS_OUT_OF_RANGE` for a column that cannot be used, or
/// has a negative value where a ratio is asked for, and with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_permutation_test(
    target: *const f64,
    target_length: usize,
    control: *const f64,
    control_length: usize,
    permutation: *const crm_permutation_options,
    options: *const crm_test_options,
    out: *mut crm_test_result,
    resampled: *mut crm_resampled,
) -> crm_status {
    // SAFETY: the caller gives arrays of those lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let places = Places::new(out, resampled)?;
        let (target, control) =
            (array("target", target, target_length)?, array("control", control, control_length)?);
        let permutation = crm_permutation_options::take(permutation)?;
        let options = crm_test_options::take(options)?;
        places.put(&permutation_test(target, control, &permutation, &options)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_codes_are_those_of_the_core() {
        use crm_permutation_statistic as S;
        let options = crm_permutation_options::new();
        // SAFETY: the struct is as long as it says.
        assert_eq!(
            // SAFETY: a struct of the size that it says.
            unsafe { crm_permutation_options::take(&raw const options) }.unwrap(),
            PermutationOptions::default()
        );
        let codes =
            [S::DifferenceOfMeans, S::StudentisedDifference, S::DifferenceOfQuantiles, S::RatioOfMeans];
        let codes = codes.map(|code| PermutationStatistic::from_code(code as i32).unwrap());
        assert_eq!(codes, *PermutationStatistic::ALL);
    }
}
