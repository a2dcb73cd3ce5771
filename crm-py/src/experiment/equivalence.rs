//! Two one-sided tests, against either margin.

use crm_core::Result;
use crm_core::experiment::{
    Alternative, Contrast, Equivalence, Interval, IntervalKind, SplitCheck, SplitFinding, TestResult,
    TestStatus, check_margins as check,
};
use pyo3::prelude::*;

use super::test_result::ends;
use crate::error::OrRaise;

/// What of a `crm.Interval` is read.
#[derive(FromPyObject)]
struct GivenInterval {
    lower: f64,
    upper: f64,
    kind: String,
}

/// What of a `crm.SplitCheck` is read.
#[derive(FromPyObject)]
struct GivenSplit {
    p_value: f64,
    ln_p_value: f64,
    finding: String,
}

/// What of a `crm.TestResult` is read: all but the name of its method.
#[derive(FromPyObject)]
pub(crate) struct GivenResult {
    contrast: String,
    alternative: String,
    alpha: f64,
    null: f64,
    target: f64,
    control: f64,
    difference: f64,
    lift: f64,
    estimate: f64,
    standard_error: f64,
    interval: GivenInterval,
    statistic: f64,
    degrees_of_freedom: f64,
    p_value: f64,
    ln_p_value: f64,
    effect_size: f64,
    status: String,
    split: GivenSplit,
}

impl GivenResult {
    fn take(&self) -> Result<TestResult> {
        let (interval, split) = (&self.interval, &self.split);
        Ok(TestResult {
            method: "",
            contrast: Contrast::from_name(&self.contrast)?,
            alternative: Alternative::from_name(&self.alternative)?,
            alpha: self.alpha,
            null: self.null,
            target: self.target,
            control: self.control,
            difference: self.difference,
            lift: self.lift,
            estimate: self.estimate,
            standard_error: self.standard_error,
            interval: Interval {
                lower: interval.lower,
                upper: interval.upper,
                kind: IntervalKind::from_name(&interval.kind)?,
            },
            statistic: self.statistic,
            degrees_of_freedom: self.degrees_of_freedom,
            p_value: self.p_value,
            ln_p_value: self.ln_p_value,
            effect_size: self.effect_size,
            status: TestStatus::from_name(&self.status)?,
            split: SplitCheck {
                p_value: split.p_value,
                ln_p_value: split.ln_p_value,
                finding: SplitFinding::from_name(&split.finding)?,
            },
        })
    }
}

/// Refuses margins that are not finite or not in order.
#[pyfunction]
pub(crate) fn check_margins(py: Python<'_>, lower_margin: f64, upper_margin: f64) -> PyResult<()> {
    check(lower_margin, upper_margin).or_raise(py)
}

/// p-value and its logarithm, the interval, and whether the effect lies between the margins.
type Verdict = (f64, f64, (f64, f64, &'static str), bool);

/// Both tests together.
#[pyfunction]
pub(crate) fn equivalence_of(py: Python<'_>, above: GivenResult, below: GivenResult) -> PyResult<Verdict> {
    let both = || Equivalence::of(above.take()?, below.take()?);
    let found = both().or_raise(py)?;
    Ok((found.p_value, found.ln_p_value, ends(&found.interval), found.is_equivalent()))
}
