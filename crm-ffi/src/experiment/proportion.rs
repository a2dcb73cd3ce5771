//! Two rates compared, one pair or thousands; several arms.

use crm_core::Threads;
use crm_core::experiment::{
    BinaryArm, Homogeneity, ProportionColumns, ProportionMethod, compare_proportions, homogeneity,
};

use super::binary_arm::crm_binary_arm;
use super::sample_ratio::split_fields;
use super::test_columns::crm_test_columns;
use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::handle::Out;
use crate::pointer::array;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How two rates are compared. Each method has the p-value and the interval of one statistic.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_proportion_method {
    /// The score test with the variance times N / (N - 1) (Miettinen and Nurminen 1985), for every contrast; the default.
    Score = 0,
    /// The score test without that factor (Mee 1984; Koopman 1984), for every contrast. At "no effect" it is the pooled z-test, whose
    /// square is Pearson's chi-square.
    Pooled = 1,
    /// The likelihood-ratio test with the profile likelihood interval, for every contrast; its square is the G statistic.
    Likelihood = 2,
    /// The pooled z-test with Yates's correction for continuity, for the difference.
    ContinuityCorrected = 3,
    /// Each arm with its own variance (Wald), for the difference and, by the delta method, for lift and ratio.
    Unpooled = 4,
    /// The logarithm of the ratio (Katz), for lift and ratio, or of the odds ratio (Woolf).
    Logarithm = 5,
    /// Wald with a conversion and a failure more in each arm (Agresti and Caffo 2000), for the difference.
    AgrestiCaffo = 6,
    /// Wilson's intervals of both rates put together (Newcombe 1998, method 10), for the difference.
    Newcombe = 7,
    /// Fisher's exact test, two-sided by minimum likelihood, for the odds ratio.
    Fisher = 8,
    /// Fisher's exact test, two-sided twice the smaller tail, for the odds ratio.
    FisherCentral = 9,
    /// Fisher's exact test with what was seen counted half, for the odds ratio.
    FisherMidP = 10,
    /// Barnard's exact unconditional test by the score statistic, for the difference; up to 1,000 trials.
    Barnard = 11,
    /// Boschloo's exact unconditional test, for the odds ratio; up to 1,000 trials.
    Boschloo = 12,
    /// The score test corrected for skewness (Gart and Nam 1988; Laud 2017), for difference, lift and ratio: both tails keep their level
    /// with a small control and few conversions.
    SkewnessCorrected = 13,
}

/// Compares the rates of target and control by a `crm_proportion_method`: set `out->struct_size` first. `options` may be
/// NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense, a contrast that the method does not test, a null
/// that no rates have and an arm without trials or with more conversions than trials, and with `CRM_STATUS_OUT_OF_RANGE` for
/// tables too large for an exact method.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_proportions(
    target: *const crm_binary_arm,
    control: *const crm_binary_arm,
    method: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives arms and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) =
            (crm_binary_arm::read("target", target)?, crm_binary_arm::read("control", control)?);
        let (method, options) = (ProportionMethod::from_code(method)?, crm_test_options::take(options)?);
        out.put((&compare_proportions(&target, &control, method, &options)?).into())
    })
}

/// Compares the rates of many pairs, `length` of them, on so many `threads` (0 for as many as there are); the result does not
/// depend on their number. `options` may be NULL for the defaults.
///
/// `out` receives the results, NULL if the call fails; the caller frees them with `crm_test_columns_free`. Fails as
/// `crm_compare_proportions`, with the row.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_proportion_columns(
    target_conversions: *const u64,
    target_trials: *const u64,
    control_conversions: *const u64,
    control_trials: *const u64,
    length: usize,
    method: i32,
    options: *const crm_test_options,
    threads: usize,
    out: *mut *mut crm_test_columns,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let counts = ProportionColumns {
            target_conversions: array("target_conversions", target_conversions, length)?,
            target_trials: array("target_trials", target_trials, length)?,
            control_conversions: array("control_conversions", control_conversions, length)?,
            control_trials: array("control_trials", control_trials, length)?,
        };
        let (method, options) = (ProportionMethod::from_code(method)?, crm_test_options::take(options)?);
        out.put(counts.compare(method, &options, Threads::from_count(threads)?)?);
        Ok(())
    })
}

/// A chi-square test that several arms have one rate (Pearson), or several strata one effect. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_homogeneity {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Chi-square.
    pub statistic: f64,
    /// Arms, or strata that say something, less 1.
    pub degrees_of_freedom: f64,
    /// The p-value.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// A `crm_test_status`: whether the data could answer.
    pub status: i32,
    /// 0.
    pub reserved: i32,
    /// The p-value of the split of the customers, against the plan of the weights; NaN without one. Look at the split first.
    pub split_p_value: f64,
    /// Its natural logarithm.
    pub split_ln_p_value: f64,
    /// A `crm_split_finding`: `CRM_SPLIT_FINDING_UNPLANNED` if no plan was given, so that nothing was checked.
    pub split_finding: i32,
    /// 1 if something is wrong with the split, else 0.
    pub split_is_flagged: i32,
}

sized_structs!(crm_homogeneity);

impl From<&Homogeneity> for crm_homogeneity {
    fn from(found: &Homogeneity) -> Self {
        let (split_p_value, split_ln_p_value, split_finding, split_is_flagged) = split_fields(&found.split);
        Self {
            struct_size: size_of::<Self>(),
            statistic: found.statistic,
            degrees_of_freedom: found.degrees_of_freedom,
            p_value: found.p_value,
            ln_p_value: found.ln_p_value,
            status: found.status as i32,
            reserved: 0,
            split_p_value,
            split_ln_p_value,
            split_finding,
            split_is_flagged,
        }
    }
}

/// Tests whether `length` arms have one rate: set `out->struct_size` first. `weights` is the planned split of their trials, of any scale, or
/// NULL for no plan.
///
/// Fails with `CRM_STATUS_EMPTY` for fewer than two arms, with `CRM_STATUS_INVALID_ARGUMENT` for an arm without trials or with
/// more conversions than trials, naming it as the row, with `CRM_STATUS_OUT_OF_RANGE` for more than 2^53 trials in all, and as
/// `crm_sample_ratio_of` for the weights.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_proportion_homogeneity(
    arms: *const crm_binary_arm,
    weights: *const f64,
    length: usize,
    out: *mut crm_homogeneity,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let weights = if weights.is_null() { None } else { Some(array("weights", weights, length)?) };
        let arms = array("arms", arms, length)?.iter().enumerate();
        let arms: Outcome<Vec<BinaryArm>> = arms
            .map(|(row, arm)| {
                let named = |error: crm_core::Error| error.at_row(row as u64);
                Ok(BinaryArm::new(arm.conversions, arm.trials).map_err(named)?)
            })
            .collect();
        out.put((&homogeneity(&arms?, weights)?).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_proportion_method as M;
        let methods = [
            M::Score,
            M::Pooled,
            M::Likelihood,
            M::ContinuityCorrected,
            M::Unpooled,
            M::Logarithm,
            M::AgrestiCaffo,
            M::Newcombe,
            M::Fisher,
            M::FisherCentral,
            M::FisherMidP,
            M::Barnard,
            M::Boschloo,
            M::SkewnessCorrected,
        ];
        for (code, method) in methods.iter().enumerate() {
            assert_eq!(*method as usize, code);
            assert_eq!(ProportionMethod::from_code(code as i32).unwrap() as usize, code);
        }
        assert_eq!(methods.len(), ProportionMethod::ALL.len());
    }
}
