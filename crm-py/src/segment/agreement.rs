//! How far two labellings agree.

use crm_core::segment::{
    CrossTable as Cross, adjusted_rand_index as rand_index, normalized_mutual_information as information,
};
use crm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use crate::column::{Column, whole};
use crate::error::OrRaise;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

/// Customers counted by two labellings.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct CrossTable(pub(super) Cross);

#[pymethods]
impl CrossTable {
    /// Without numbers of groups there are as many as the labels say.
    #[new]
    #[pyo3(signature = (rows, columns, groups))]
    fn new(
        py: Python<'_>,
        rows: &Column,
        columns: &Column,
        groups: Option<(Integer, Integer)>,
    ) -> PyResult<Self> {
        let (rows, columns) = (whole(py, "rows", rows)?, whole(py, "columns", columns)?);
        let count = || -> Result<Cross> {
            let Some((row_groups, column_groups)) = groups else {
                return Cross::new(&rows, &columns);
            };
            let row_groups = within("row_groups", row_groups, "from 1 to 65536")?;
            let column_groups = within("column_groups", column_groups, "from 1 to 65536")?;
            Cross::with_groups(&rows, &columns, row_groups, column_groups)
        };
        py.detach(count).or_raise(py).map(Self)
    }

    fn row_groups(&self) -> usize {
        self.0.row_groups()
    }

    fn column_groups(&self) -> usize {
        self.0.column_groups()
    }

    /// Row by row, as bytes of `int64`.
    fn counts<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.counts())
    }

    fn total(&self) -> u64 {
        self.0.total()
    }

    fn agreement(&self) -> f64 {
        self.0.agreement()
    }

    fn chance_agreement(&self) -> f64 {
        self.0.chance_agreement()
    }

    fn cohens_kappa(&self) -> Option<f64> {
        self.0.cohens_kappa()
    }

    /// A row a cell, with these names of the groups.
    fn table(&self, py: Python<'_>, rows: Vec<String>, columns: Vec<String>) -> PyResult<Table> {
        let cross = &self.0;
        let cells = || (0..rows.len()).flat_map(|row| (0..columns.len()).map(move |column| (row, column)));
        Columns::new()
            .texts("row", cells().map(|(row, _)| &rows[row]))
            .texts("column", cells().map(|(_, column)| &columns[column]))
            .integers("customers", cells().map(|(row, column)| cross.count(row, column)))
            .floats("share", cells().map(|(row, column)| cross.share(row, column)))
            .optional_floats("row_share", cells().map(|(row, column)| cross.row_share(row, column)))
            .optional_floats("column_share", cells().map(|(row, column)| cross.column_share(row, column)))
            .finish(py)
    }
}

/// A function of two labellings, with errors on their names in Python.
fn compared(
    py: Python<'_>,
    left: &Column,
    right: &Column,
    compare: fn(&[u32], &[u32]) -> Result<f64>,
) -> PyResult<f64> {
    let (left, right) = (whole(py, "left", left)?, whole(py, "right", right)?);
    let named = |error: Error| match error.argument_name() {
        Some("rows" | "first") => error.on("left"),
        Some("columns" | "second") => error.on("right"),
        _ => error,
    };
    py.detach(|| compare(&left, &right)).map_err(named).or_raise(py)
}

/// The adjusted Rand index of two labellings.
#[pyfunction]
pub(crate) fn adjusted_rand_index(py: Python<'_>, left: &Column, right: &Column) -> PyResult<f64> {
    compared(py, left, right, rand_index)
}

/// The normalised mutual information of two labellings.
#[pyfunction]
pub(crate) fn normalized_mutual_information(py: Python<'_>, left: &Column, right: &Column) -> PyResult<f64> {
    compared(py, left, right, information)
}
