//! Results as tables.

use std::path::PathBuf;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int8Type, Int64Type};
use arrow_array::{Array, RecordBatch};
use arrow_buffer::{ArrowNativeType, Buffer};
use arrow_schema::DataType;
use crm_core::interop::{write_csv, write_parquet};
use crm_core::{Error, ErrorKind};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyBytes, PyCapsule};

use crate::capsule::{export_schema, export_stream};
use crate::error::{OrRaise, exception};

/// Columns of equal length with names.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct Table(pub(crate) RecordBatch);

#[pymethods]
impl Table {
    fn __len__(&self) -> usize {
        self.0.num_rows()
    }

    fn columns(&self) -> Vec<String> {
        self.0.schema_ref().fields().iter().map(|field| field.name().clone()).collect()
    }

    /// A column as the name of a `NumPy` type and bytes, or as `text` and a list.
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<(&'static str, Bound<'py, PyAny>)> {
        let array = self.0.column_by_name(name).ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        let as_bytes = |bytes: &[u8]| PyBytes::new(py, bytes).into_any();
        Ok(match array.data_type() {
            DataType::Int8 => ("int8", as_bytes(array.as_primitive::<Int8Type>().values().inner())),
            DataType::Int64 => ("int64", as_bytes(array.as_primitive::<Int64Type>().values().inner())),
            DataType::Date32 => ("days", as_bytes(array.as_primitive::<Date32Type>().values().inner())),
            DataType::Float64 if array.null_count() > 0 => {
                let column = array.as_primitive::<Float64Type>();
                let values: Vec<f64> = column.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
                ("float64", bytes(py, values).into_any())
            }
            DataType::Float64 => ("float64", as_bytes(array.as_primitive::<Float64Type>().values().inner())),
            DataType::Utf8 => {
                ("text", array.as_string::<i32>().iter().collect::<Vec<_>>().into_pyobject(py)?)
            }
            DataType::LargeUtf8 => {
                ("text", array.as_string::<i64>().iter().collect::<Vec<_>>().into_pyobject(py)?)
            }
            other => {
                let message = format!("{other} has no NumPy type");
                return Err(exception(py, &Error::new(ErrorKind::WrongType, message).on(name)));
            }
        })
    }

    /// Rows from `start` on, at most so many; fewer where the table ends.
    fn slice(&self, start: usize, rows: usize) -> Self {
        let start = start.min(self.0.num_rows());
        Self(self.0.slice(start, rows.min(self.0.num_rows() - start)))
    }

    fn write_csv(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| write_csv(&self.0, &path)).or_raise(py)
    }

    fn write_parquet(&self, py: Python<'_>, path: PathBuf) -> PyResult<()> {
        py.detach(|| write_parquet(&self.0, &path)).or_raise(py)
    }

    #[pyo3(signature = (requested_schema=None))]
    fn __arrow_c_stream__<'py>(
        &self,
        py: Python<'py>,
        requested_schema: Option<&Bound<'py, PyAny>>,
    ) -> PyResult<Bound<'py, PyCapsule>> {
        // The interface leaves it to the producer whether to follow a requested schema.
        let _ = requested_schema;
        export_stream(py, &self.0)
    }

    fn __arrow_c_schema__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyCapsule>> {
        export_schema(py, self.0.schema_ref())
    }
}

/// Values as bytes in the machine's order, for `numpy.frombuffer`.
pub(crate) fn bytes<T: ArrowNativeType>(py: Python<'_>, values: Vec<T>) -> Bound<'_, PyBytes> {
    PyBytes::new(py, &Buffer::from_vec(values))
}
