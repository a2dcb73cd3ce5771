//! What a test says.

use std::ffi::c_char;

use crm_core::experiment::{
    Alternative, Contrast, Interval, IntervalKind, SplitCheck, SplitFinding, TestResult, TestStatus,
};

use super::names::name;
use super::sample_ratio::split_fields;
use crate::sized::{self, sized_structs};
use crate::status::Outcome;

/// The shape of an interval.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_interval_kind {
    /// From the lower to the upper end, both included; either may be infinite.
    Bounded = 0,
    /// Everything but what lies between the ends (Fieller): at most the lower, or at least the upper.
    Exclusive = 1,
    /// The whole line: the data rule nothing out.
    Unbounded = 2,
}

/// Whether the data could answer.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_test_status {
    /// Nothing unusual.
    Ok = 0,
    /// No arm varies, so a statistic on the variance is undefined.
    NoVariance = 1,
    /// Nobody in either arm converted.
    NoConversions = 2,
    /// Everybody in both arms converted.
    AllConverted = 3,
    /// An arm is too small for a variance.
    TooFew = 4,
    /// The control's value is 0, so a relative contrast is undefined.
    ZeroBaseline = 5,
    /// The control cannot be told from 0, so the interval of a relative contrast has no end.
    Unbounded = 6,
    /// What the method compares does not exist for these data: a ratio with denominators of 0, a logarithm of what is not positive.
    Undefined = 7,
}

/// The outcome of a test of target against control. Set `struct_size` before the call that fills it.
///
/// The interval holds every value of the contrast that the same statistic would not reject: a test rejects its null if and
/// only if the interval excludes it. What is undefined for the data is NaN and `status` says why.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_test_result {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The method's name; it belongs to the library and is never freed.
    pub method: *const c_char,
    /// The `crm_contrast` in whose terms the arms were compared.
    pub contrast: i32,
    /// The `crm_alternative`.
    pub alternative: i32,
    /// A `crm_test_status`: whether the data could answer.
    pub status: i32,
    /// 1 if the null is rejected at the level asked for, else 0.
    pub rejects: i32,
    /// The level of the test; the interval has confidence 1 - alpha.
    pub alpha: f64,
    /// The value of the contrast under the null.
    pub null: f64,
    /// The target's rate, mean or ratio.
    pub target: f64,
    /// The control's rate, mean or ratio.
    pub control: f64,
    /// Target minus control.
    pub difference: f64,
    /// (Target minus control) / |control|; infinite or NaN where the control is 0.
    pub lift: f64,
    /// The estimate of the contrast.
    pub estimate: f64,
    /// The standard error of the estimate; NaN for methods that have none.
    pub standard_error: f64,
    /// The lower end of the interval, or for an exclusive one the end of its lower part.
    pub lower: f64,
    /// The upper end of the interval, or for an exclusive one the start of its upper part.
    pub upper: f64,
    /// The shape of the interval, a `crm_interval_kind`.
    pub interval_kind: i32,
    /// 0.
    pub reserved: i32,
    /// The statistic at the null: z, t, or what the method names; NaN for exact tests.
    pub statistic: f64,
    /// Degrees of freedom where the statistic has some, else infinite.
    pub degrees_of_freedom: f64,
    /// The p-value.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
    /// The standardised effect: Cohen's h for rates, Cohen's d for means, the probability of superiority for ranks.
    pub effect_size: f64,
    /// The p-value of the split of the customers, against the plan of the options; NaN without one. Look at the split first.
    pub split_p_value: f64,
    /// Its natural logarithm.
    pub split_ln_p_value: f64,
    /// A `crm_split_finding`: `CRM_SPLIT_FINDING_UNPLANNED` if no plan was given, so that nothing was checked.
    pub split_finding: i32,
    /// 1 if something is wrong with the split, else 0.
    pub split_is_flagged: i32,
}

sized_structs!(crm_test_result);

impl From<&TestResult> for crm_test_result {
    fn from(result: &TestResult) -> Self {
        let (split_p_value, split_ln_p_value, split_finding, split_is_flagged) = split_fields(&result.split);
        Self {
            struct_size: size_of::<Self>(),
            method: name(result.method),
            contrast: result.contrast as i32,
            alternative: result.alternative as i32,
            status: result.status as i32,
            rejects: i32::from(result.rejects()),
            alpha: result.alpha,
            null: result.null,
            target: result.target,
            control: result.control,
            difference: result.difference,
            lift: result.lift,
            estimate: result.estimate,
            standard_error: result.standard_error,
            lower: result.interval.lower,
            upper: result.interval.upper,
            interval_kind: result.interval.kind as i32,
            reserved: 0,
            statistic: result.statistic,
            degrees_of_freedom: result.degrees_of_freedom,
            p_value: result.p_value,
            ln_p_value: result.ln_p_value,
            effect_size: result.effect_size,
            split_p_value,
            split_ln_p_value,
            split_finding,
            split_is_flagged,
        }
    }
}

impl crm_test_result {
    /// Says nothing.
    const EMPTY: Self = Self {
        struct_size: size_of::<Self>(),
        method: std::ptr::null(),
        contrast: 0,
        alternative: 0,
        status: 0,
        rejects: 0,
        alpha: f64::NAN,
        null: f64::NAN,
        target: f64::NAN,
        control: f64::NAN,
        difference: f64::NAN,
        lift: f64::NAN,
        estimate: f64::NAN,
        standard_error: f64::NAN,
        lower: f64::NEG_INFINITY,
        upper: f64::INFINITY,
        interval_kind: IntervalKind::Unbounded as i32,
        reserved: 0,
        statistic: f64::NAN,
        degrees_of_freedom: f64::NAN,
        p_value: f64::NAN,
        ln_p_value: f64::NAN,
        effect_size: f64::NAN,
        split_p_value: f64::NAN,
        split_ln_p_value: f64::NAN,
        split_finding: SplitFinding::Unplanned as i32,
        split_is_flagged: 0,
    };

    /// The result that C gives back. The name of its method is not read.
    ///
    /// # Safety
    /// `result` is null or points to a struct of the size that its first field says.
    pub(super) unsafe fn take(argument: &str, result: *const Self) -> Outcome<TestResult> {
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read(argument, result, Self::EMPTY) }?;
        Ok(TestResult {
            method: "",
            contrast: Contrast::from_code(given.contrast)?,
            alternative: Alternative::from_code(given.alternative)?,
            alpha: given.alpha,
            null: given.null,
            target: given.target,
            control: given.control,
            difference: given.difference,
            lift: given.lift,
            estimate: given.estimate,
            standard_error: given.standard_error,
            interval: Interval {
                lower: given.lower,
                upper: given.upper,
                kind: IntervalKind::from_code(given.interval_kind)?,
            },
            statistic: given.statistic,
            degrees_of_freedom: given.degrees_of_freedom,
            p_value: given.p_value,
            ln_p_value: given.ln_p_value,
            effect_size: given.effect_size,
            status: TestStatus::from_code(given.status)?,
            split: SplitCheck {
                p_value: given.split_p_value,
                ln_p_value: given.split_ln_p_value,
                finding: SplitFinding::from_code(given.split_finding)?,
            },
        })
    }
}

#[cfg(test)]
mod tests {

    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_interval_kind as K;
        use crm_test_status as S;
        let kinds = [K::Bounded, K::Exclusive, K::Unbounded].map(|code| code as i32);
        assert_eq!(kinds.map(|code| IntervalKind::from_code(code).unwrap()), *IntervalKind::ALL);
        let statuses = [
            S::Ok,
            S::NoVariance,
            S::NoConversions,
            S::AllConverted,
            S::TooFew,
            S::ZeroBaseline,
            S::Unbounded,
            S::Undefined,
        ];
        let statuses = statuses.map(|code| TestStatus::from_code(code as i32).unwrap());
        assert_eq!(statuses, *TestStatus::ALL);
    }
}
