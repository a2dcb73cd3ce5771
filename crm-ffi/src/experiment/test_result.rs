//! What a test says.

use std::ffi::c_char;

use crm_core::experiment::TestResult;

use super::names::name;
use super::sample_ratio::split_fields;
use crate::sized::sized_structs;

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

#[cfg(test)]
mod tests {
    use crm_core::experiment::{IntervalKind, TestStatus};

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
