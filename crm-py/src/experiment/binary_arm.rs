//! One arm of an experiment whose outcome is yes or no.

use crm_core::Result;
use crm_core::experiment::BinaryArm as Arm;
use crm_core::{Error, ErrorKind};
use pyo3::prelude::*;

use crate::column::{Accept, Column};
use crate::error::{OrRaise, exception};
use crate::integer::{Integer, count_of, within};

/// Conversions out of trials.
#[pyclass(frozen, eq, hash, module = "crm._crm")]
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct BinaryArm(pub(super) Arm);

#[pymethods]
impl BinaryArm {
    #[new]
    fn new(py: Python<'_>, conversions: Integer, trials: Integer) -> PyResult<Self> {
        let build = || -> Result<Arm> {
            let conversions = within("conversions", conversions, "at least 0")?;
            Arm::new(conversions, count_of("trials", trials, "at least 1")?)
        };
        build().or_raise(py).map(Self)
    }

    /// From a column of truth values, or of 0 and 1.
    #[staticmethod]
    fn from_flags(py: Python<'_>, converted: &Column) -> PyResult<Self> {
        let flags = flags(py, "converted", converted)?;
        py.detach(|| Arm::from_flags(&flags)).or_raise(py).map(Self)
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        self.0.merge(other.0).or_raise(py).map(Self)
    }

    fn conversions(&self) -> u64 {
        self.0.conversions()
    }

    fn trials(&self) -> u64 {
        self.0.trials()
    }

    fn rate(&self) -> f64 {
        self.0.rate()
    }
}

/// Truth values.
fn flags(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Vec<bool>> {
    let values = column.numbers(py, argument, Accept::Truths)?;
    let convert = |(row, &value): (usize, &f64)| {
        if value == 0.0 || value == 1.0 {
            return Ok(value == 1.0);
        }
        let message = format!("{value} is neither 0 nor 1");
        Err(exception(py, &Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64)))
    };
    values.iter().enumerate().map(convert).collect()
}
