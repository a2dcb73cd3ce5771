//! What a test says.

use crm_core::experiment::{Interval, SplitCheck, TestResult};
use pyo3::prelude::*;
use pyo3::types::PyDict;

/// The fields of `crm.TestResult`, by name.
pub(crate) fn fields<'py>(py: Python<'py>, result: &TestResult) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("method", result.method)?;
    fields.set_item("contrast", result.contrast.name())?;
    fields.set_item("alternative", result.alternative.name())?;
    fields.set_item("alpha", result.alpha)?;
    fields.set_item("null", result.null)?;
    fields.set_item("target", result.target)?;
    fields.set_item("control", result.control)?;
    fields.set_item("difference", result.difference)?;
    fields.set_item("lift", result.lift)?;
    fields.set_item("estimate", result.estimate)?;
    fields.set_item("standard_error", result.standard_error)?;
    fields.set_item("interval", ends(&result.interval))?;
    fields.set_item("statistic", result.statistic)?;
    fields.set_item("degrees_of_freedom", result.degrees_of_freedom)?;
    fields.set_item("p_value", result.p_value)?;
    fields.set_item("ln_p_value", result.ln_p_value)?;
    fields.set_item("effect_size", result.effect_size)?;
    fields.set_item("status", result.status.name())?;
    fields.set_item("rejects", result.rejects())?;
    fields.set_item("split", checked(&result.split))?;
    Ok(fields)
}

/// The fields of `crm.SplitCheck`, in their order.
pub(super) fn checked(split: &SplitCheck) -> (f64, f64, &'static str, bool) {
    (split.p_value, split.ln_p_value, split.finding.name(), split.is_flagged())
}

/// The fields of `crm.Interval`, in their order.
pub(super) fn ends(interval: &Interval) -> (f64, f64, &'static str) {
    (interval.lower, interval.upper, interval.kind.name())
}
