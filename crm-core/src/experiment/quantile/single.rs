//! The quantile of one sample.
//!
//! Conover (1999), "Practical Nonparametric Statistics", third edition, sections 3.1 and 3.2.

use super::arm::QuantileArm;
use crate::error::{Error, Result};
use crate::experiment::sample::{check_contrast, interval, unanswered};
use crate::experiment::split_check::{SplitCheck, refuse_share};
use crate::experiment::test_options::{Alternative, Contrast, TestOptions};
use crate::experiment::test_result::{TestResult, TestStatus};
use crate::math::ln_beta_reg;

/// An interval for a quantile of one sample from its order statistics, and the test of a value of it, without any assumption on the distribution.
///
/// If the quantile of probability q is v, the number of values at most v is at least a binomial number of n and q, and the number of those at
/// least v one of n and 1 - q. The p-values are their lower tails, `P(Bin(n, q) <= #(x <= v))` and `P(Bin(n, 1 - q) <= #(x >= v))`, twice the
/// smaller with two sides; the interval ends at the order statistics where p crosses alpha. Its coverage is at least 1 - alpha.
///
/// `arm` is the summary of the sample; `probability` lies inside (0, 1); the contrast is the difference and the null a value of the quantile, by
/// default 0. Where the sample is too small for an end it is infinite, and the status `Unbounded` if both are. `target` and `estimate` are the
/// quantile, `control` is NaN.
///
/// # Errors
/// `InvalidArgument` for an option that makes no sense, such as a planned share of one arm, `Empty` for a summary without rows.
///
/// ```
/// use crm_core::experiment::{QuantileArm, QuantileArmOptions, TestOptions, quantile_interval};
/// let values: Vec<f64> = (1..=25).map(f64::from).collect();
/// let arm = QuantileArm::from_values(&values, &QuantileArmOptions::default())?;
/// let found = quantile_interval(&arm, 0.5, &TestOptions::default())?;
/// assert_eq!((found.interval.lower, found.estimate, found.interval.upper), (8.0, 13.0, 18.0));
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Conover (1999), section 3.2.
pub fn quantile_interval(arm: &QuantileArm, probability: f64, options: &TestOptions) -> Result<TestResult> {
    check_contrast(options, &[Contrast::Difference])?;
    refuse_share(options)?;
    check_probability(probability)?;
    let ranked = arm.ranked("arm")?;
    let count = ranked.count();
    let quantile = ranked.at_position(ranked.position(probability));
    let split = SplitCheck::UNPLANNED;
    let mut test =
        unanswered("quantile_order_statistics", options, quantile, f64::NAN, TestStatus::Ok, split);
    test.estimate = quantile;
    let sides = if options.alternative == Alternative::TwoSided { 2.0 } else { 1.0 };
    // Logarithms of the p-values of a side: the quantile is above, or below, the value.
    let above = |at_most: u64| ln_binomial_lower(at_most, count, probability, 1.0 - probability);
    let below = |at_least: u64| ln_binomial_lower(at_least, count, 1.0 - probability, probability);
    // So many values at most, less 1, may lie on the wrong side for a rejection.
    let rejected = |tail: &dyn Fn(u64) -> f64| {
        let (mut low, mut high) = (0, count + 1);
        while low < high {
            let middle = low + (high - low) / 2;
            if sides * tail(middle).exp() <= options.alpha { low = middle + 1 } else { high = middle }
        }
        low.min(count)
    };
    let (from_below, from_above) = (rejected(&above), rejected(&below));
    let lower = match options.alternative {
        Alternative::TwoSided | Alternative::Greater if from_below > 0 => ranked.at_rank(from_below),
        _ => f64::NEG_INFINITY,
    };
    let upper = match options.alternative {
        Alternative::TwoSided | Alternative::Less if from_above > 0 => ranked.at_rank(count - from_above + 1),
        _ => f64::INFINITY,
    };
    test.interval = interval(lower, upper);
    let null = test.null;
    let ln_p = match options.alternative {
        Alternative::Greater => above(ranked.at_most(null)),
        Alternative::Less => below(count - ranked.below(null)),
        Alternative::TwoSided => above(ranked.at_most(null)).min(below(count - ranked.below(null))),
    };
    test.ln_p_value = (ln_p + f64::ln(sides)).min(0.0);
    test.p_value = (sides * ln_p.exp()).min(1.0);
    if lower == f64::NEG_INFINITY && upper == f64::INFINITY {
        test.status = TestStatus::Unbounded;
    }
    Ok(test)
}

pub(super) fn check_probability(probability: f64) -> Result<()> {
    if probability > 0.0 && probability < 1.0 {
        Ok(())
    } else {
        Err(Error::argument("probability", probability, "inside (0, 1)"))
    }
}

/// `ln P(Bin(n, p) <= k)`; DLMF 8.17.5.
fn ln_binomial_lower(k: u64, n: u64, p: f64, one_minus_p: f64) -> f64 {
    if k >= n { 0.0 } else { ln_beta_reg((n - k) as f64, k as f64 + 1.0, one_minus_p, p) }
}
