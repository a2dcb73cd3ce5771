//! Tests on ranks.

use crm_core::experiment::{MannWhitneyMethod, brunner_munzel as compare, mann_whitney as test};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::test_options::TestOptions;
use super::test_result::fields;
use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::ingest::threads;
use crate::integer::Integer;

/// The fields of the test, U, the probability of superiority, Cliff's delta and whether p is exact.
type Ranks<'py> = (Bound<'py, PyDict>, f64, f64, f64, bool);

#[pyfunction]
pub(crate) fn mann_whitney<'py>(
    py: Python<'py>,
    target: &Column,
    control: &Column,
    method: &str,
    options: &TestOptions,
    threads: Integer,
) -> PyResult<Ranks<'py>> {
    let method = MannWhitneyMethod::from_name(method).or_raise(py)?;
    let threads = self::threads(threads).or_raise(py)?;
    let target = target.numbers(py, "target", Accept::Truths)?;
    let control = control.numbers(py, "control", Accept::Truths)?;
    let found = py.detach(|| test(&target, &control, method, &options.0, threads)).or_raise(py)?;
    let test = fields(py, &found.test)?;
    Ok((test, found.u, found.probability_of_superiority, found.cliffs_delta, found.exact))
}

#[pyfunction]
pub(crate) fn brunner_munzel<'py>(
    py: Python<'py>,
    target: &Column,
    control: &Column,
    options: &TestOptions,
    threads: Integer,
) -> PyResult<Bound<'py, PyDict>> {
    let threads = self::threads(threads).or_raise(py)?;
    let target = target.numbers(py, "target", Accept::Truths)?;
    let control = control.numbers(py, "control", Accept::Truths)?;
    let found = py.detach(|| compare(&target, &control, &options.0, threads)).or_raise(py)?;
    fields(py, &found)
}
