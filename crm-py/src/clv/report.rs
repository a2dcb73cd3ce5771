//! What fits found.

use crm_core::clv::FitReport as Report;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use crate::error::OrRaise;
use crate::table::{Columns, Table, writable};

/// How a model was estimated.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct FitReport(pub(crate) Report);

#[pymethods]
impl FitReport {
    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    fn estimates(&self) -> Vec<f64> {
        self.0.estimates().to_vec()
    }

    fn customers(&self) -> f64 {
        self.0.customers()
    }

    fn distinct_rows(&self) -> u64 {
        self.0.distinct_rows()
    }

    fn log_likelihood(&self) -> f64 {
        self.0.log_likelihood()
    }

    fn l2(&self) -> f64 {
        self.0.l2()
    }

    fn aic(&self) -> f64 {
        self.0.aic()
    }

    fn bic(&self) -> f64 {
        self.0.bic()
    }

    fn evaluations(&self) -> u32 {
        self.0.evaluations()
    }

    fn converged(&self) -> bool {
        self.0.converged()
    }

    fn is_sound(&self) -> bool {
        self.0.is_sound()
    }

    fn condition(&self) -> Option<f64> {
        self.0.condition()
    }

    /// Names and texts.
    fn warnings(&self) -> Vec<(&'static str, String)> {
        self.0.warnings().iter().map(|warning| (warning.name(), warning.to_string())).collect()
    }

    fn covariance<'py>(&self, py: Python<'py>) -> Option<Bound<'py, PyByteArray>> {
        self.0.covariance().map(|covariance| writable(py, &covariance))
    }

    fn standard_errors(&self) -> Vec<Option<f64>> {
        self.0.standard_errors()
    }

    fn summary(&self, py: Python<'_>, confidence_level: f64) -> PyResult<Table> {
        let intervals = self.0.confidence_intervals(confidence_level).or_raise(py)?;
        Columns::new()
            .texts("parameter", self.0.names())
            .floats("estimate", self.0.estimates().iter().copied())
            .optional_floats("standard_error", self.0.standard_errors())
            .optional_floats("lower", intervals.iter().map(|interval| interval.map(|(lower, _)| lower)))
            .optional_floats("upper", intervals.iter().map(|interval| interval.map(|(_, upper)| upper)))
            .finish(py)
    }
}
