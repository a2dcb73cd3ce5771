//! The numbers that are clustered, from wherever they lie.

use std::sync::Arc;

use arrow_array::{ArrayRef, RecordBatch};
use arrow_buffer::ScalarBuffer;
use crm_core::segment::{FeatureColumn, FeatureTable as Features, Matrix};
use crm_core::{Error, Result};
use pyo3::prelude::*;

use super::feature::FeatureTable;
use crate::buffer::InPlace;
use crate::capsule::{Arrays, check_plain};
use crate::column::{Accept, Column, numbers};
use crate::error::OrRaise;

/// Rows of numbers: arrays of `NumPy`, columns of Arrow and feature tables are read in place.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct Rows {
    values: Values,
    names: Option<Vec<String>>,
    ids: Option<ArrayRef>,
}

enum Values {
    Array(InPlace),
    Columns(Vec<ScalarBuffer<f64>>),
    Features(Py<FeatureTable>),
}

#[pymethods]
impl Rows {
    /// An array of 64-bit floats of two dimensions without gaps.
    #[staticmethod]
    fn from_array(argument: &str, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let values = Values::Array(InPlace::of(argument, values)?);
        Ok(Self { values, names: None, ids: None })
    }

    #[staticmethod]
    #[pyo3(signature = (names, columns))]
    fn from_columns(
        py: Python<'_>,
        names: Option<Vec<String>>,
        columns: Vec<PyRef<'_, Column>>,
    ) -> PyResult<Self> {
        let name = |place: usize| match &names {
            Some(names) => names.get(place).cloned().unwrap_or_default(),
            None => format!("feature {place}"),
        };
        let columns = columns.iter().enumerate();
        let columns = columns.map(|(place, column)| column.numbers(py, &name(place), Accept::Numbers));
        let columns = columns.collect::<PyResult<_>>()?;
        Ok(Self { values: Values::Columns(columns), names, ids: None })
    }

    /// The columns of an Arrow table; `None` for an object that is none.
    #[staticmethod]
    fn from_arrow(py: Python<'_>, argument: &str, data: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let Some(mut source) = Arrays::of(argument, data)? else {
            return Ok(None);
        };
        let read = || {
            let schema = source.schema().map_err(|error| error.on(argument))?;
            let mut batches: Vec<RecordBatch> = Vec::new();
            while let Some(batch) = source.next_batch(&schema).map_err(|error| error.on(argument))? {
                batches.push(batch);
            }
            if batches.is_empty() {
                batches.push(RecordBatch::new_empty(Arc::clone(&schema)));
            }
            let column = |(place, field): (usize, &Arc<arrow_schema::Field>)| {
                check_plain(field.name(), field)?;
                // Empty batches would be a reason to copy.
                let full = batches.iter().filter(|batch| batch.num_rows() > 0);
                let mut arrays: Vec<ArrayRef> = full.map(|batch| Arc::clone(batch.column(place))).collect();
                if arrays.is_empty() {
                    arrays.push(Arc::clone(batches[0].column(place)));
                }
                numbers(&arrays, Accept::Numbers).map_err(|error| error.on(field.name()))
            };
            let columns = schema.fields().iter().enumerate().map(column).collect::<Result<_>>()?;
            let names = schema.fields().iter().map(|field| field.name().clone()).collect();
            Ok(Self { values: Values::Columns(columns), names: Some(names), ids: None })
        };
        py.detach(read).or_raise(py).map(Some)
    }

    #[staticmethod]
    fn from_features(table: Py<FeatureTable>) -> Self {
        let features = table.get();
        let names = features.table.names().into_iter().map(str::to_owned).collect();
        Self { names: Some(names), ids: features.ids.clone(), values: Values::Features(table) }
    }

    fn __len__(&self) -> usize {
        match &self.values {
            Values::Array(array) => array.rows(),
            Values::Columns(columns) => columns.first().map_or(0, ScalarBuffer::len),
            Values::Features(table) => table.get().table.rows(),
        }
    }

    fn features(&self) -> usize {
        match &self.values {
            Values::Array(array) => array.columns(),
            Values::Columns(columns) => columns.len(),
            Values::Features(table) => table.get().table.columns().len(),
        }
    }

    fn names(&self) -> Option<Vec<String>> {
        self.column_names()
    }

    /// Where the numbers lie, array by array: whether they were copied.
    fn addresses(&self) -> Vec<usize> {
        let address = |values: &[f64]| values.as_ptr() as usize;
        match &self.values {
            Values::Array(array) => vec![address(array.values())],
            Values::Columns(columns) => columns.iter().map(|column| address(column)).collect(),
            Values::Features(table) => columns(&table.get().table).into_iter().map(address).collect(),
        }
    }
}

impl Rows {
    /// The names of the columns, where they have any.
    pub(crate) fn column_names(&self) -> Option<Vec<String>> {
        self.names.clone()
    }

    /// Ids of customers, where they are known.
    pub(crate) fn ids(&self) -> Option<&ArrayRef> {
        self.ids.as_ref()
    }

    /// What the engine makes of the rows; errors name their columns.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Matrix<'_>) -> Result<T>) -> Result<T> {
        let matrix = match &self.values {
            Values::Array(array) if array.is_by_column() && array.rows() > 0 => {
                Matrix::from_columns(&array.values().chunks_exact(array.rows()).collect::<Vec<_>>())
            }
            Values::Array(array) => Matrix::from_rows(array.values(), array.columns()),
            Values::Columns(columns) => {
                Matrix::from_columns(&columns.iter().map(|column| &column[..]).collect::<Vec<_>>())
            }
            Values::Features(table) => Matrix::from_columns(&columns(&table.get().table)),
        };
        matrix.and_then(|matrix| read(&matrix)).map_err(|error| self.named(error))
    }

    fn named(&self, error: Error) -> Error {
        match error.argument_name() {
            Some("features" | "values" | "matrix") => error.on("X"),
            Some(argument) => {
                let place = argument.strip_prefix("feature ").and_then(|place| place.parse::<usize>().ok());
                match place.and_then(|place| self.names.as_ref()?.get(place)) {
                    Some(name) => error.on(name.clone()),
                    None => error,
                }
            }
            None => error,
        }
    }
}

fn columns(table: &Features) -> Vec<&[f64]> {
    table.columns().iter().map(FeatureColumn::values).collect()
}
