//! Quantiles of arms, from summaries that merge.

use crm_core::experiment::{
    QuantileArm as Arm, QuantileArmOptions, compare_quantiles as compare, quantile_interval as single,
};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::test_options::TestOptions;
use super::test_result::fields;
use crate::column::{Accept, Column};
use crate::error::{OrRaise, exception};
use crate::integer::{Integer, within};

/// The values of an arm as its quantiles need them.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct QuantileArm(pub(super) Arm);

fn options(most_distinct: Integer, relative_error: f64) -> Result<QuantileArmOptions> {
    let most_distinct = within("most_distinct", most_distinct, "between 0 and 10000000")?;
    Ok(QuantileArmOptions { most_distinct, relative_error })
}

#[pymethods]
impl QuantileArm {
    #[new]
    fn new(py: Python<'_>, values: &Column, most_distinct: Integer, relative_error: f64) -> PyResult<Self> {
        let options = options(most_distinct, relative_error).or_raise(py)?;
        let values = values.numbers(py, "values", Accept::Truths)?;
        py.detach(|| Arm::from_values(&values, &options)).or_raise(py).map(Self)
    }

    /// From values with how often each came.
    #[staticmethod]
    fn from_counts(
        py: Python<'_>,
        values: &Column,
        counts: &Column,
        most_distinct: Integer,
        relative_error: f64,
    ) -> PyResult<Self> {
        let options = options(most_distinct, relative_error).or_raise(py)?;
        let values = values.numbers(py, "values", Accept::Truths)?;
        let counts = counts.numbers(py, "counts", Accept::Numbers)?;
        // A count above 2^53 would not be exact as a number; no table has as many rows.
        let whole = |(row, &count): (usize, &f64)| {
            if count.fract() == 0.0 && (0.0..=9_007_199_254_740_992.0).contains(&count) {
                return Ok(count as u64);
            }
            let message = format!("{count} is no whole number from 0 to 2^53");
            Err(exception(py, &Error::new(ErrorKind::InvalidValue, message).on("counts").at_row(row as u64)))
        };
        let counts = counts.iter().enumerate().map(whole).collect::<PyResult<Vec<u64>>>()?;
        py.detach(|| Arm::from_counts(&values, &counts, &options)).or_raise(py).map(Self)
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let mut merged = self.0.clone();
        merged.merge(&other.0).or_raise(py)?;
        Ok(Self(merged))
    }

    fn count(&self) -> u64 {
        self.0.count()
    }

    fn is_exact(&self) -> bool {
        self.0.is_exact()
    }

    fn quantile(&self, py: Python<'_>, probability: f64) -> PyResult<f64> {
        self.0.quantile(probability).or_raise(py)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Arm::from_json(text).or_raise(py).map(Self)
    }
}

#[pyfunction]
pub(crate) fn compare_quantiles<'py>(
    py: Python<'py>,
    target: &QuantileArm,
    control: &QuantileArm,
    probability: f64,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let found = py.detach(|| compare(&target.0, &control.0, probability, &options.0)).or_raise(py)?;
    fields(py, &found)
}

#[pyfunction]
pub(crate) fn quantile_interval<'py>(
    py: Python<'py>,
    arm: &QuantileArm,
    probability: f64,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let found = py.detach(|| single(&arm.0, probability, &options.0)).or_raise(py)?;
    fields(py, &found)
}
