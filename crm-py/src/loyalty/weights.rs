//! Weights of dimensions.

use arrow_buffer::ScalarBuffer;
use crm_core::Result;
use crm_core::loyalty::{Ahp, Inconsistency, RandomIndex, WeightingKind};
use pyo3::prelude::*;

use crate::column::{Accept, Column};
use crate::error::OrRaise;

/// Weights, largest eigenvalue, consistency index and ratio; from a triangle or a whole matrix.
#[pyfunction]
pub(crate) fn ahp_weights(
    py: Python<'_>,
    comparisons: Vec<f64>,
    upper: bool,
    random_index: &str,
    inconsistency: &str,
) -> PyResult<(Vec<f64>, f64, f64, f64)> {
    let find = || -> Result<Ahp> {
        let (table, rule) = (RandomIndex::from_name(random_index)?, Inconsistency::from_name(inconsistency)?);
        if upper { Ahp::from_upper(&comparisons, table, rule) } else { Ahp::new(&comparisons, table, rule) }
    };
    let ahp = find().or_raise(py)?;
    Ok((ahp.weights().to_vec(), ahp.largest_eigenvalue(), ahp.consistency_index(), ahp.consistency_ratio()))
}

#[pyfunction]
pub(crate) fn ahp_synthesis(py: Python<'_>, criteria: Vec<f64>, local: Vec<Vec<f64>>) -> PyResult<Vec<f64>> {
    let lists: Vec<&[f64]> = local.iter().map(Vec::as_slice).collect();
    Ahp::synthesis(&criteria, &lists).or_raise(py)
}

#[pyfunction]
pub(crate) fn proportional_weights(py: Python<'_>, proportions: Vec<f64>) -> PyResult<Vec<f64>> {
    crm_core::loyalty::proportional_weights(&proportions).or_raise(py)
}

/// Weights, complete rows, explained share and whether signs are mixed.
#[pyfunction]
pub(crate) fn objective_weights(
    py: Python<'_>,
    weighting: &str,
    columns: Vec<PyRef<'_, Column>>,
) -> PyResult<(Vec<f64>, usize, Option<f64>, bool)> {
    let mut buffers: Vec<ScalarBuffer<f64>> = Vec::with_capacity(columns.len());
    for (place, column) in columns.iter().enumerate() {
        buffers.push(column.numbers(py, &format!("column {place}"), Accept::Missing)?);
    }
    let find = || -> Result<_> {
        let slices: Vec<&[f64]> = buffers.iter().map(|buffer| &buffer[..]).collect();
        crm_core::loyalty::objective_weights(WeightingKind::from_name(weighting)?, &slices)
    };
    let found = py.detach(find).or_raise(py)?;
    Ok((found.weights, found.rows, found.explained, found.mixed_signs))
}
