//! One rate: its interval, and tests against a rate that is given.

use std::ffi::c_char;

use crm_core::experiment::{Alternative, RateMethod, RateTest, rate_interval, test_rate};

use super::binary_arm::crm_binary_arm;
use super::names::name;
use crate::guard::guard;
use crate::pointer::place;
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// How one rate is estimated and tested. Each method has the p-value and the interval of one statistic.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_rate_method {
    /// The score test (Wilson 1927); the default.
    Wilson = 0,
    /// Exact, twice the smaller tail (Clopper and Pearson 1934).
    ClopperPearson = 1,
    /// Exact, what is not more likely (Sterne 1954).
    MinimumLikelihood = 2,
    /// Exact with what was seen counted half.
    MidP = 3,
    /// Equal tails of the posterior Beta(x + 1/2, n - x + 1/2).
    Jeffreys = 4,
    /// Jeffreys's with the ends of Brown, Cai and DasGupta (2001).
    JeffreysModified = 5,
    /// Wald's about Wilson's centre (Agresti and Coull 1998).
    AgrestiCoull = 6,
    /// The standard error of the estimate; for comparison with other tools only.
    Wald = 7,
}

/// The interval of a rate by a `crm_rate_method`, with confidence 1 - `alpha`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a level outside (0, 1) and for an arm without trials or with more conversions
/// than trials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rate_interval(
    arm: *const crm_binary_arm,
    method: i32,
    alpha: f64,
    lower: *mut f64,
    upper: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives an arm and places, or null.
    guard(|| unsafe {
        let (lower, upper) = (place("lower", lower)?, place("upper", upper)?);
        let arm = crm_binary_arm::read("arm", arm)?;
        let interval = rate_interval(&arm, RateMethod::from_code(method)?, alpha)?;
        lower.fill(std::iter::once(interval.lower));
        upper.fill(std::iter::once(interval.upper));
        Ok(())
    })
}

/// The outcome of a test of one rate. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_rate_test {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The method's name; it belongs to the library and is never freed.
    pub method: *const c_char,
    /// The `crm_alternative`.
    pub alternative: i32,
    /// The shape of the interval, a `crm_interval_kind`.
    pub interval_kind: i32,
    /// A `crm_test_status`: whether the data could answer.
    pub status: i32,
    /// 1 if the null is rejected at the level asked for, else 0.
    pub rejects: i32,
    /// The level of the test; the interval has confidence 1 - alpha.
    pub alpha: f64,
    /// The rate under the null.
    pub null: f64,
    /// Conversions over trials.
    pub rate: f64,
    /// The lower end of the rates that the test does not reject.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// z for methods that are near normal, else NaN.
    pub statistic: f64,
    /// The p-value.
    pub p_value: f64,
    /// The natural logarithm of the p-value, which does not underflow.
    pub ln_p_value: f64,
}

sized_structs!(crm_rate_test);

impl From<&RateTest> for crm_rate_test {
    fn from(result: &RateTest) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            method: name(result.method),
            alternative: result.alternative as i32,
            interval_kind: result.interval.kind as i32,
            status: result.status as i32,
            rejects: i32::from(result.rejects()),
            alpha: result.alpha,
            null: result.null,
            rate: result.rate,
            lower: result.interval.lower,
            upper: result.interval.upper,
            statistic: result.statistic,
            p_value: result.p_value,
            ln_p_value: result.ln_p_value,
        }
    }
}

/// Tests a rate against one that is given, by a `crm_rate_method` and a `crm_alternative`: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a level or a rate under the null outside (0, 1) and for an arm without trials or
/// with more conversions than trials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_rate(
    arm: *const crm_binary_arm,
    null: f64,
    method: i32,
    alternative: i32,
    alpha: f64,
    out: *mut crm_rate_test,
) -> crm_status {
    // SAFETY: the caller gives an arm and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let arm = crm_binary_arm::read("arm", arm)?;
        let (method, alternative) = (RateMethod::from_code(method)?, Alternative::from_code(alternative)?);
        out.put((&test_rate(&arm, null, method, alternative, alpha)?).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_rate_method as M;
        let methods = [
            M::Wilson,
            M::ClopperPearson,
            M::MinimumLikelihood,
            M::MidP,
            M::Jeffreys,
            M::JeffreysModified,
            M::AgrestiCoull,
            M::Wald,
        ];
        let codes = methods.map(|method| RateMethod::from_code(method as i32).unwrap());
        assert_eq!(codes, *RateMethod::ALL);
    }
}
