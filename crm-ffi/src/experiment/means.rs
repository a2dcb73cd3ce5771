//! Tests of means, of ratios of means, and of values adjusted by covariates.

use crm_core::experiment::{
    Anova, AnovaMethod, LiftMethod, MeanArm, MeanMethod, MeanTest, ThetaMethod, analysis_of_variance,
    compare_adjusted, compare_means, compare_ratios, compare_stratified,
};

use super::joint_arm::crm_joint_arm;
use super::mean_arm::crm_mean_arm;
use super::sample_ratio::split_fields;
use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::handle;
use crate::pointer::{array, optional_places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How the variance of a difference of means is estimated, and against which distribution it is held.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_mean_method {
    /// A variance for each arm, Student's distribution with Welch's degrees of freedom.
    Welch = 0,
    /// One variance for both arms, Student's distribution.
    Student = 1,
    /// A variance for each arm, the normal distribution.
    Z = 2,
    /// The variance that the null implies, proportional to the mean, for values that are mostly 0; at "no effect" Student's test. For
    /// two means, adjusted or not; means below 0 are judged as Student's.
    Score = 3,
    /// As score, less the skewness that the difference has under the null: for small controls too, in which a few values decide. Both arms must
    /// know their skewness, as arms from values do. Adjusted values of a campaign are corrected for their kurtosis too.
    SkewnessCorrected = 4,
}

/// How ratios and lifts of means are judged; differences do not look at it.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_lift_method {
    /// By the linear combination that is 0 at the null (Fieller): right however small the control is.
    Fieller = 0,
    /// By a linear expansion.
    Delta = 1,
    /// By a linear expansion of the logarithm of the ratio, for means of one sign.
    Log = 2,
}

/// Which variation the coefficients of an adjustment are estimated from.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_theta_method {
    /// Variation within the arms: the analysis of covariance.
    Within = 0,
    /// All rows as one sample.
    Total = 1,
    /// Whatever makes the standard error of the difference smallest.
    LeastVariance = 2,
}

/// How several means are tested at once.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_anova_method {
    /// A variance for each arm (Welch).
    Welch = 0,
    /// One variance for all arms (Fisher).
    Classic = 1,
}

/// What an adjustment by covariates says besides the test. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_adjustment {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The number of covariates.
    pub covariates: usize,
    /// The share of the variance of the difference that the adjustment takes away; NaN where there is none.
    pub variance_reduction: f64,
}

/// A test of the equality of several means. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_anova {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The `crm_anova_method`.
    pub method: i32,
    /// A `crm_test_status`: whether the data could answer.
    pub status: i32,
    /// F.
    pub statistic: f64,
    /// Degrees of freedom above the line, arms less 1.
    pub degrees_between: f64,
    /// Degrees of freedom below the line.
    pub degrees_within: f64,
    /// The p-value.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// The share of the sum of squares that lies between the arms.
    pub eta_squared: f64,
    /// The p-value of the split of the customers, against the plan of the weights; NaN without one. Look at the split first.
    pub split_p_value: f64,
    /// Its natural logarithm.
    pub split_ln_p_value: f64,
    /// A `crm_split_finding`: `CRM_SPLIT_FINDING_UNPLANNED` if no plan was given, so that nothing was checked.
    pub split_finding: i32,
    /// 1 if something is wrong with the split, else 0.
    pub split_is_flagged: i32,
}

sized_structs!(crm_adjustment, crm_anova);

impl From<Anova> for crm_anova {
    fn from(result: Anova) -> Self {
        let (split_p_value, split_ln_p_value, split_finding, split_is_flagged) = split_fields(&result.split);
        Self {
            struct_size: size_of::<Self>(),
            method: result.method as i32,
            status: result.status as i32,
            statistic: result.statistic,
            degrees_between: result.degrees_between,
            degrees_within: result.degrees_within,
            p_value: result.p_value,
            ln_p_value: result.ln_p_value,
            eta_squared: result.eta_squared,
            split_p_value,
            split_ln_p_value,
            split_finding,
            split_is_flagged,
        }
    }
}

pub(super) fn mean_test(method: i32, lift_method: i32) -> Outcome<MeanTest> {
    Ok(MeanTest::from(MeanMethod::from_code(method)?).lift(LiftMethod::from_code(lift_method)?))
}

/// Compares the means of target and control by a `crm_mean_method` and, for ratios and lifts, a `crm_lift_method`: set `out->struct_size` first.
/// `options` may be NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense and for arms whose numbers do not fit together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_means(
    target: *const crm_mean_arm,
    control: *const crm_mean_arm,
    method: i32,
    lift_method: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives arms and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) =
            (crm_mean_arm::read("target", target)?, crm_mean_arm::read("control", control)?);
        let (test, options) = (mean_test(method, lift_method)?, crm_test_options::take(options)?);
        out.put((&compare_means(&target, &control, test, &options)?).into())
    })
}

/// Compares ratios of means, of arms with a denominator, by the delta method; else as `crm_compare_means`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for arms without a denominator, and with `CRM_STATUS_INCOMPATIBLE` for arms of other columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_ratios(
    target: *const crm_joint_arm,
    control: *const crm_joint_arm,
    method: i32,
    lift_method: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives live handles and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) = (handle::get("target", target)?, handle::get("control", control)?);
        let (test, options) = (mean_test(method, lift_method)?, crm_test_options::take(options)?);
        out.put((&compare_ratios(target, control, test, &options)?).into())
    })
}

/// Compares means, or ratios of means of arms with a denominator, adjusted by covariates known before (CUPED), by a `crm_theta_method`; else as
/// `crm_compare_means`.
///
/// `theta` has a place for the coefficient of each covariate, or is NULL; `unadjusted` and `adjustment` may be NULL. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for arms without a covariate, and with `CRM_STATUS_INCOMPATIBLE` for arms of other columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_adjusted(
    target: *const crm_joint_arm,
    control: *const crm_joint_arm,
    theta_method: i32,
    method: i32,
    lift_method: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
    unadjusted: *mut crm_test_result,
    theta: *mut f64,
    adjustment: *mut crm_adjustment,
) -> crm_status {
    // SAFETY: the caller gives live handles, structs of the sizes that they say and an array as long as documented, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let plain = if unadjusted.is_null() { None } else { Some(sized::place("unadjusted", unadjusted)?) };
        let more = if adjustment.is_null() { None } else { Some(sized::place("adjustment", adjustment)?) };
        let (target, control) = (handle::get("target", target)?, handle::get("control", control)?);
        let theta = optional_places("theta", theta, target.covariates())?;
        let (test, options) = (mean_test(method, lift_method)?, crm_test_options::take(options)?);
        let found = compare_adjusted(target, control, ThetaMethod::from_code(theta_method)?, test, &options)?;
        out.put((&found.result).into())?;
        if let Some(plain) = plain {
            plain.put((&found.unadjusted).into())?;
        }
        if let Some(more) = more {
            more.put(crm_adjustment {
                struct_size: size_of::<crm_adjustment>(),
                covariates: found.theta.len(),
                variance_reduction: found.variance_reduction,
            })?;
        }
        if let Some(theta) = theta {
            theta.fill(found.theta.into_iter());
        }
        Ok(())
    })
}

unsafe fn arms(argument: &str, given: *const crm_mean_arm, count: usize) -> Outcome<Vec<MeanArm>> {
    // SAFETY: the caller gives an array of that length, or null.
    unsafe { array(argument, given, count) }?.iter().map(|arm| arm.take(argument)).collect()
}

/// Compares means within strata: `targets` and `controls` have an arm for each of `strata`. `weights` are those of the strata in any unit, or NULL
/// for the numbers of rows, which makes it a post-stratification. Else as `crm_compare_means`.
///
/// Fails with `CRM_STATUS_EMPTY` without strata, and with `CRM_STATUS_INVALID_ARGUMENT` for weights that are negative, not finite or all 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_stratified(
    targets: *const crm_mean_arm,
    controls: *const crm_mean_arm,
    weights: *const f64,
    strata: usize,
    method: i32,
    lift_method: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (targets, controls) = (arms("targets", targets, strata)?, arms("controls", controls, strata)?);
        let weights = if weights.is_null() { None } else { Some(array("weights", weights, strata)?) };
        let (test, options) = (mean_test(method, lift_method)?, crm_test_options::take(options)?);
        out.put((&compare_stratified(&targets, &controls, weights, test, &options)?).into())
    })
}

/// Tests whether several arms have one mean, by a `crm_anova_method`: set `out->struct_size` first. `weights` is the planned split of their
/// rows, of any scale, or NULL for no plan.
///
/// Fails with `CRM_STATUS_EMPTY` for fewer than two arms, and as `crm_sample_ratio_of` for the weights.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_analysis_of_variance(
    given: *const crm_mean_arm,
    weights: *const f64,
    count: usize,
    method: i32,
    out: *mut crm_anova,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let weights = if weights.is_null() { None } else { Some(array("weights", weights, count)?) };
        let arms = arms("arms", given, count)?;
        out.put(analysis_of_variance(&arms, weights, AnovaMethod::from_code(method)?)?.into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_anova_method as A;
        use crm_lift_method as L;
        use crm_mean_method as M;
        use crm_theta_method as T;
        let codes = [M::Welch, M::Student, M::Z, M::Score, M::SkewnessCorrected];
        let codes = codes.map(|code| MeanMethod::from_code(code as i32).unwrap());
        assert_eq!(codes, *MeanMethod::ALL);
        let codes = [L::Fieller, L::Delta, L::Log].map(|code| LiftMethod::from_code(code as i32).unwrap());
        assert_eq!(codes, *LiftMethod::ALL);
        let codes = [T::Within, T::Total, T::LeastVariance];
        assert_eq!(codes.map(|code| ThetaMethod::from_code(code as i32).unwrap()), *ThetaMethod::ALL);
        let codes = [A::Welch, A::Classic].map(|code| AnovaMethod::from_code(code as i32).unwrap());
        assert_eq!(codes, *AnovaMethod::ALL);
    }
}
