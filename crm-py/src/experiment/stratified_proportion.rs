//! Two rates compared within strata.

use crm_core::experiment::{ProportionColumns, StratifiedMethod, compare_stratified_proportions as compare};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::proportion::{Same, counts, same_of};
use super::test_options::TestOptions;
use super::test_result::fields;
use crate::column::Column;
use crate::error::OrRaise;

/// The fields of a `crm.TestResult`, and of a `crm.Homogeneity`.
#[pyfunction]
pub(crate) fn compare_stratified_proportions<'py>(
    py: Python<'py>,
    target_conversions: &Column,
    target_trials: &Column,
    control_conversions: &Column,
    control_trials: &Column,
    method: &str,
    options: &TestOptions,
) -> PyResult<(Bound<'py, PyDict>, Same)> {
    let method = StratifiedMethod::from_name(method).or_raise(py)?;
    let (x1, n1) =
        (counts(py, "target_conversions", target_conversions)?, counts(py, "target_trials", target_trials)?);
    let (x0, n0) = (
        counts(py, "control_conversions", control_conversions)?,
        counts(py, "control_trials", control_trials)?,
    );
    let strata = ProportionColumns {
        target_conversions: &x1,
        target_trials: &n1,
        control_conversions: &x0,
        control_trials: &n0,
    };
    let found = py.detach(|| compare(&strata, method, &options.0)).or_raise(py)?;
    Ok((fields(py, &found.comparison)?, same_of(&found.homogeneity)))
}
