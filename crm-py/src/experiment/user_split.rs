//! Whether users were split as planned.

use std::sync::{Mutex, PoisonError};

use crm_core::Result;
use crm_core::experiment::{
    SAMPLE_RATIO_THRESHOLD, SampleRatio, SequentialSampleRatio as Check, sample_ratio as check,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::error::OrRaise;
use crate::integer::{Integer, all_within};

/// The fields of `crm.SampleRatio`, by name.
pub(super) fn fields<'py>(py: Python<'py>, split: &SampleRatio) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("observed", split.observed.clone())?;
    fields.set_item("expected", split.expected.clone())?;
    fields.set_item("statistic", split.statistic)?;
    fields.set_item("degrees_of_freedom", split.degrees_of_freedom)?;
    fields.set_item("p_value", split.p_value)?;
    fields.set_item("ln_p_value", split.ln_p_value)?;
    fields.set_item("threshold", split.threshold)?;
    fields.set_item("finding", split.finding.name())?;
    fields.set_item("is_flagged", split.is_flagged())?;
    Ok(fields)
}

fn users(observed: Vec<Integer>) -> Result<Vec<u64>> {
    all_within("observed", observed, "at least 0")
}

/// The fields of a `crm.SampleRatio`; without a threshold the core's.
#[pyfunction]
#[pyo3(signature = (observed, weights, threshold))]
pub(crate) fn sample_ratio(
    py: Python<'_>,
    observed: Vec<Integer>,
    weights: Vec<f64>,
    threshold: Option<f64>,
) -> PyResult<Bound<'_, PyDict>> {
    let observed = users(observed).or_raise(py)?;
    let split = check(&observed, &weights, threshold.unwrap_or(SAMPLE_RATIO_THRESHOLD)).or_raise(py)?;
    fields(py, &split)
}

/// A check of the split that may be read after every user.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct SequentialSampleRatio(Mutex<Check>);

#[pymethods]
impl SequentialSampleRatio {
    #[new]
    fn new(py: Python<'_>, weights: Vec<f64>, concentration: f64) -> PyResult<Self> {
        Check::new(&weights, concentration).or_raise(py).map(|check| Self(Mutex::new(check)))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Check::from_json(text).or_raise(py).map(|check| Self(Mutex::new(check)))
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).to_json().or_raise(py)
    }

    /// Logarithm of the Bayes factor, p-value and its logarithm.
    fn look(&self, py: Python<'_>, observed: Vec<Integer>) -> PyResult<(f64, f64, f64)> {
        let observed = users(observed).or_raise(py)?;
        // A look that failed left the check as it was.
        let mut check = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let look = check.look(&observed).or_raise(py)?;
        Ok((look.ln_bayes_factor, look.p_value, look.ln_p_value))
    }
}
