//! Two rates compared within strata.

use crm_core::experiment::{ProportionColumns, StratifiedMethod, compare_stratified_proportions};

use super::proportion::crm_homogeneity;
use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::pointer::array;
use crate::sized;
use crate::status::crm_status;

/// How two rates are compared within strata. Each method has the p-value and the interval of one statistic.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_stratified_method {
    /// The stratified score test with the weights of Mantel and Haenszel, for every contrast; the default. At "no effect" it is the
    /// Cochran-Mantel-Haenszel test.
    MantelHaenszel = 0,
    /// The same with the correction for continuity, for the difference and the odds ratio.
    ContinuityCorrected = 1,
    /// The score test of Miettinen and Nurminen with strata that weigh as many trials as they have, for difference, lift and ratio.
    SampleSize = 2,
    /// The exact conditional test, two-sided by minimum likelihood, for the odds ratio.
    Exact = 3,
    /// The exact conditional test, two-sided twice the smaller tail, for the odds ratio.
    ExactCentral = 4,
    /// The exact conditional test with what was seen counted half, for the odds ratio.
    ExactMidP = 5,
}

/// Compares the rates of target and control within strata by a `crm_stratified_method`: the columns have a row of counts for each of `length` strata. Set
/// `out->struct_size` first, and that of `homogeneity`, which says whether the effect is the same in all strata and may be NULL. `options` may be NULL for
/// the defaults.
///
/// A stratum in which an arm has no trials is left out, but counts in the check of the split. Fails with `CRM_STATUS_EMPTY` without strata, with `CRM_STATUS_INVALID_ARGUMENT` and the row for
/// more conversions than trials, with the same for options that make no sense, a contrast that the method does not test and a null that no rates have,
/// and with `CRM_STATUS_OUT_OF_RANGE` for tables too large for an exact method.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_stratified_proportions(
    target_conversions: *const u64,
    target_trials: *const u64,
    control_conversions: *const u64,
    control_trials: *const u64,
    length: usize,
    method: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
    homogeneity: *mut crm_homogeneity,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let same = if homogeneity.is_null() { None } else { Some(sized::place("homogeneity", homogeneity)?) };
        let strata = ProportionColumns {
            target_conversions: array("target_conversions", target_conversions, length)?,
            target_trials: array("target_trials", target_trials, length)?,
            control_conversions: array("control_conversions", control_conversions, length)?,
            control_trials: array("control_trials", control_trials, length)?,
        };
        let (method, options) = (StratifiedMethod::from_code(method)?, crm_test_options::take(options)?);
        let found = compare_stratified_proportions(&strata, method, &options)?;
        if let Some(same) = same {
            same.put((&found.homogeneity).into())?;
        }
        out.put((&found.comparison).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_stratified_method as M;
        let methods = [
            M::MantelHaenszel,
            M::ContinuityCorrected,
            M::SampleSize,
            M::Exact,
            M::ExactCentral,
            M::ExactMidP,
        ];
        let methods = methods.map(|method| StratifiedMethod::from_code(method as i32).unwrap());
        assert_eq!(methods, *StratifiedMethod::ALL);
    }
}
