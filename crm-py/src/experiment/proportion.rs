//! Two rates compared.

use crm_core::experiment::{ProportionMethod, compare_proportions as compare};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::binary_arm::BinaryArm;
use super::test_options::TestOptions;
use super::test_result::fields;
use crate::error::OrRaise;

/// The fields of a `crm.TestResult`.
#[pyfunction]
pub(crate) fn compare_proportions<'py>(
    py: Python<'py>,
    target: &BinaryArm,
    control: &BinaryArm,
    method: &str,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let method = ProportionMethod::from_name(method).or_raise(py)?;
    let result = py.detach(|| compare(&target.0, &control.0, method, &options.0)).or_raise(py)?;
    fields(py, &result)
}
