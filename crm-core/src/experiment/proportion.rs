//! Two rates compared.

use serde::{Deserialize, Serialize};

use super::binary_arm::BinaryArm;
use super::interval::Interval;
use super::test_options::{Alternative, Contrast, TestOptions};
use super::test_result::{TestResult, TestStatus};
use crate::error::{Error, Result};
use crate::math::{normal_probability, normal_quantile};
use crate::named::named;

/// How two rates are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
#[non_exhaustive]
pub enum ProportionMethod {
    /// Each arm has its own variance (Wald).
    #[default]
    Unpooled = 0,
}

named! { ProportionMethod, "method", { Unpooled: "unpooled" } }

/// Compares the rates of target and control.
///
/// # Errors
/// `InvalidArgument` for options that make no sense, and for a contrast that the method does not test.
pub fn compare_proportions(
    target: &BinaryArm,
    control: &BinaryArm,
    method: ProportionMethod,
    options: &TestOptions,
) -> Result<TestResult> {
    options.check()?;
    if options.contrast != Contrast::Difference {
        return Err(Error::argument("contrast", options.contrast.name(), "difference for this method"));
    }
    let (p1, p0) = (target.rate(), control.rate());
    let (difference, null) = (p1 - p0, options.null_value());
    let variance = |arm: &BinaryArm| arm.rate() * (1.0 - arm.rate()) / arm.trials() as f64;
    let error = (variance(target) + variance(control)).sqrt();
    let z = (difference - null) / error;
    let undefined = error == 0.0;
    let (p, interval) = match options.alternative {
        Alternative::TwoSided => {
            let half = normal_quantile(1.0 - options.alpha / 2.0) * error;
            (2.0 * normal_probability(-z.abs()), Interval::bounded(difference - half, difference + half))
        }
        Alternative::Greater => {
            let half = normal_quantile(1.0 - options.alpha) * error;
            (normal_probability(-z), Interval::bounded(difference - half, f64::INFINITY))
        }
        Alternative::Less => {
            let half = normal_quantile(1.0 - options.alpha) * error;
            (normal_probability(z), Interval::bounded(f64::NEG_INFINITY, difference + half))
        }
    };
    let p = if undefined { f64::NAN } else { p };
    Ok(TestResult {
        method: method.name(),
        contrast: options.contrast,
        alternative: options.alternative,
        alpha: options.alpha,
        null,
        target: p1,
        control: p0,
        difference,
        lift: difference / p0,
        estimate: difference,
        standard_error: error,
        interval: if undefined { Interval::unbounded() } else { interval },
        statistic: if undefined { f64::NAN } else { z },
        degrees_of_freedom: f64::INFINITY,
        p_value: p,
        ln_p_value: p.ln(),
        effect_size: 2.0 * (p1.sqrt().asin() - p0.sqrt().asin()),
        status: if undefined { TestStatus::NoVariance } else { TestStatus::Ok },
    })
}
