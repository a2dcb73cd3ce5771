//! What a test says.

use serde::{Deserialize, Serialize};

use super::interval::Interval;
use super::split_check::SplitCheck;
use super::test_options::{Alternative, Contrast};
use crate::named::named;

/// Whether the data could answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum TestStatus {
    /// Nothing unusual.
    #[default]
    Ok = 0,
    /// No arm varies, so a statistic on the variance is undefined.
    NoVariance = 1,
    /// Nobody in either arm converted.
    NoConversions = 2,
    /// Everybody in both arms converted.
    AllConverted = 3,
    /// An arm has too few observations, or conversions, for a variance.
    TooFew = 4,
    /// The control's value is 0, so a relative contrast is undefined.
    ZeroBaseline = 5,
    /// The control cannot be told from 0, so the interval of a relative contrast has no end.
    Unbounded = 6,
    /// What the method compares does not exist for these data: a ratio with denominators of 0, a logarithm of what is not positive.
    Undefined = 7,
}

named! { TestStatus, "status", {
    Ok: "ok", NoVariance: "no_variance", NoConversions: "no_conversions", AllConverted: "all_converted", TooFew: "too_few",
    ZeroBaseline: "zero_baseline", Unbounded: "unbounded",
    Undefined: "undefined",
} }

/// The outcome of a test of target against control.
///
/// The interval holds every value of the contrast that the same statistic would not reject: a test rejects its null if and only if the
/// interval excludes it. What is undefined for the data is NaN and `status` says why; the interval is then the whole line, and
/// the test does not reject.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TestResult {
    /// The method's name.
    pub method: &'static str,
    /// In what terms the arms were compared.
    pub contrast: Contrast,
    /// Which deviations counted.
    pub alternative: Alternative,
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
    /// The values of the contrast that the test does not reject at this level.
    pub interval: Interval,
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
    /// Whether the data could answer.
    pub status: TestStatus,
    /// Whether the customers were split as planned: look at this first.
    pub split: SplitCheck,
}

impl TestResult {
    /// Whether the null is rejected at the level asked for.
    pub fn rejects(&self) -> bool {
        !self.interval.contains(self.null)
    }
}
