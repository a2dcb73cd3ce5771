//! Lengths of time with their unit.

use crm_core::customer::{Period as Length, TimeUnit};
use pyo3::prelude::*;

use crate::error::OrRaise;

/// A length of time with its unit.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Period(pub(crate) Length);

#[pymethods]
impl Period {
    #[new]
    fn new(py: Python<'_>, length: f64, unit: &str) -> PyResult<Self> {
        TimeUnit::from_name(unit).and_then(|unit| Length::new(length, unit)).or_raise(py).map(Self)
    }

    fn length(&self) -> f64 {
        self.0.length()
    }

    fn unit(&self) -> &'static str {
        self.0.unit().name()
    }

    fn in_unit(&self, py: Python<'_>, unit: &str) -> PyResult<f64> {
        TimeUnit::from_name(unit).or_raise(py).map(|unit| self.0.in_unit(unit))
    }

    fn __str__(&self) -> String {
        self.0.to_string()
    }
}
