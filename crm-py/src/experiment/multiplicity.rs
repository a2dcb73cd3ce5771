//! Corrections for many tests, and several targets against one control.

use crm_core::Result;
use crm_core::experiment::{
    MeanArm as Arm, MultiplicityMethod, adjust_ln_p_values as adjust_ln, adjust_p_values as adjust,
    dunnett_test as dunnett,
};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList};

use super::test_options::TestOptions;
use super::test_result::fields;
use super::user_split;
use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// A correction that an option of this name asks for.
pub(crate) fn multiplicity(name: &str) -> Result<MultiplicityMethod> {
    MultiplicityMethod::from_name(name).map_err(|error| error.on("multiplicity"))
}

/// Adjusted p-values, in the order given.
#[pyfunction]
pub(crate) fn adjust_p_values(py: Python<'_>, p_values: &Column, method: &str) -> PyResult<Vec<f64>> {
    let method = MultiplicityMethod::from_name(method).or_raise(py)?;
    let values = p_values.numbers(py, "p_values", Accept::Numbers)?;
    py.detach(|| adjust(&values, method)).or_raise(py)
}

/// Logarithms of adjusted p-values, in the order given.
#[pyfunction]
pub(crate) fn adjust_ln_p_values(py: Python<'_>, ln_p_values: &Column, method: &str) -> PyResult<Vec<f64>> {
    let method = MultiplicityMethod::from_name(method).or_raise(py)?;
    let values = ln_p_values.numbers(py, "ln_p_values", Accept::Numbers)?;
    py.detach(|| adjust_ln(&values, method)).or_raise(py)
}

/// The fields of a `crm.Dunnett`; arms by count, mean and variance.
#[pyfunction]
#[pyo3(signature = (targets, control, weights, options))]
pub(crate) fn dunnett_test<'py>(
    py: Python<'py>,
    targets: Vec<(Integer, f64, f64)>,
    control: (Integer, f64, f64),
    weights: Option<Vec<f64>>,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let arm = |(count, mean, variance): (Integer, f64, f64)| -> Result<Arm> {
        Arm::from_moments(within("count", count, "at least 0")?, mean, variance)
    };
    let targets = targets.into_iter().enumerate();
    let targets = targets.map(|(row, given)| arm(given).map_err(|error| error.at_row(row as u64)));
    let targets = targets.collect::<Result<Vec<_>>>().or_raise(py)?;
    let control = arm(control).or_raise(py)?;
    let test = py.detach(|| dunnett(&targets, &control, weights.as_deref(), &options.0)).or_raise(py)?;
    let results = test.results.iter().map(|result| fields(py, result)).collect::<PyResult<Vec<_>>>()?;
    let all = PyDict::new(py);
    all.set_item("results", PyList::new(py, results)?)?;
    all.set_item("critical_value", test.critical_value)?;
    all.set_item("degrees_of_freedom", test.degrees_of_freedom)?;
    all.set_item("standard_deviation", test.standard_deviation)?;
    all.set_item("sample_ratio", user_split::fields(py, &test.sample_ratio)?)?;
    Ok(all)
}
