//! Statistics held against Student's distribution, the normal one for infinite degrees of freedom.

use std::f64::consts::LN_2;

use super::interval::Interval;
use super::test_options::Alternative;
use crate::math::{ln_student_t_upper, student_t_quantile, student_t_upper};

/// The p-value of a statistic, and its logarithm.
pub(super) fn p_values(statistic: f64, df: f64, alternative: Alternative) -> (f64, f64) {
    if statistic.is_nan() {
        return (f64::NAN, f64::NAN);
    }
    match alternative {
        Alternative::TwoSided => {
            let size = statistic.abs();
            ((2.0 * student_t_upper(size, df)).min(1.0), (ln_student_t_upper(size, df) + LN_2).min(0.0))
        }
        Alternative::Greater => (student_t_upper(statistic, df), ln_student_t_upper(statistic, df)),
        Alternative::Less => (student_t_upper(-statistic, df), ln_student_t_upper(-statistic, df)),
    }
}

/// The statistic beyond which a test of the level rejects; of its absolute value if two-sided.
pub(super) fn critical_value(alpha: f64, df: f64, alternative: Alternative) -> f64 {
    // From the lower tail, which keeps the digits of small levels.
    -student_t_quantile(if alternative == Alternative::TwoSided { 0.5 * alpha } else { alpha }, df)
}

/// The interval around an estimate whose standard error does not depend on the null.
pub(super) fn symmetric_interval(
    estimate: f64,
    standard_error: f64,
    critical: f64,
    alternative: Alternative,
) -> Interval {
    let reach = critical * standard_error;
    match alternative {
        Alternative::TwoSided => Interval::bounded(estimate - reach, estimate + reach),
        Alternative::Greater => Interval::bounded(estimate - reach, f64::INFINITY),
        Alternative::Less => Interval::bounded(f64::NEG_INFINITY, estimate + reach),
    }
}
