//! Results as tables.

use std::path::PathBuf;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Date32Type, Float64Type, Int8Type, Int64Type, TimestampMicrosecondType};
use arrow_array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int64Array, LargeStringArray, RecordBatch,
    RecordBatchOptions, StringArray, TimestampMicrosecondArray,
};
use arrow_buffer::{ArrowNativeType, Buffer, ToByteSlice};
use arrow_schema::{DataType, Field, Schema, TimeUnit};
use crm_core::customer::{CustomerIds, Day};
use crm_core::interop::{write_csv, write_parquet};
use crm_core::{Error, ErrorKind};
use pyo3::exceptions::PyKeyError;
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyCapsule};

use crate::capsule::{arrow_error, export_schema, export_stream};
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

    /// A column as the name of a `NumPy` type and bytes of its own, or as `text` and a list.
    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<(&'static str, Bound<'py, PyAny>)> {
        let array = self.0.column_by_name(name).ok_or_else(|| PyKeyError::new_err(name.to_owned()))?;
        let as_bytes = |bytes: &[u8]| PyByteArray::new(py, bytes).into_any();
        Ok(match array.data_type() {
            DataType::Int8 => ("int8", as_bytes(array.as_primitive::<Int8Type>().values().inner())),
            DataType::Int64 => ("int64", as_bytes(array.as_primitive::<Int64Type>().values().inner())),
            DataType::Boolean => {
                let values: Vec<u8> = array.as_boolean().values().iter().map(u8::from).collect();
                ("bool", as_bytes(&values))
            }
            DataType::Date32 if array.null_count() > 0 => {
                let days = array.as_primitive::<Date32Type>().iter();
                // NumPy's "not a time".
                let days: Vec<i64> = days.map(|day| day.map_or(i64::MIN, i64::from)).collect();
                ("datetime64[D]", writable(py, &days).into_any())
            }
            DataType::Date32 => ("days", as_bytes(array.as_primitive::<Date32Type>().values().inner())),
            DataType::Timestamp(TimeUnit::Microsecond, _) => {
                // NumPy's "not a time" is the smallest integer.
                let column = array.as_primitive::<TimestampMicrosecondType>();
                let values: Vec<i64> = column.iter().map(|time| time.unwrap_or(i64::MIN)).collect();
                ("datetime64[us]", writable(py, &values).into_any())
            }
            DataType::Float64 if array.null_count() > 0 => {
                let column = array.as_primitive::<Float64Type>();
                let values: Vec<f64> = column.iter().map(|value| value.unwrap_or(f64::NAN)).collect();
                ("float64", writable(py, &values).into_any())
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

/// Values as bytes that Python may write to, for `numpy.frombuffer`.
pub(crate) fn writable<'py, T: ArrowNativeType>(py: Python<'py>, values: &[T]) -> Bound<'py, PyByteArray> {
    PyByteArray::new(py, values.to_byte_slice())
}

/// Columns as they are collected for a table.
#[derive(Default)]
pub(crate) struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Columns that start with the ids of customers, where these are known.
    pub(crate) fn of_customers(ids: Option<&ArrayRef>) -> Self {
        ids.map_or_else(Self::new, |ids| Self::new().add("customer_id", Arc::clone(ids)))
    }

    /// A column that is an array already.
    pub(crate) fn array(self, name: &str, array: ArrayRef) -> Self {
        self.add(name, array)
    }

    /// Microseconds since 1970-01-01T00:00Z, or none.
    pub(crate) fn instants(mut self, name: &str, values: impl IntoIterator<Item = Option<i64>>) -> Self {
        let array = values.into_iter().collect::<TimestampMicrosecondArray>().with_timezone("UTC");
        self.fields.push(Field::new(name, array.data_type().clone(), true));
        self.arrays.push(Arc::new(array));
        self
    }

    /// Days since 1970-01-01.
    pub(crate) fn day_numbers(self, name: &str, values: impl IntoIterator<Item = i32>) -> Self {
        self.add(name, Arc::new(Date32Array::from_iter_values(values)))
    }

    fn add(mut self, name: &str, array: ArrayRef) -> Self {
        self.fields.push(Field::new(name, array.data_type().clone(), array.is_nullable()));
        self.arrays.push(array);
        self
    }

    pub(crate) fn floats(self, name: &str, values: impl IntoIterator<Item = f64>) -> Self {
        // A vector is moved, not copied.
        self.add(name, Arc::new(Float64Array::from(values.into_iter().collect::<Vec<f64>>())))
    }

    pub(crate) fn optional_floats(
        mut self,
        name: &str,
        values: impl IntoIterator<Item = Option<f64>>,
    ) -> Self {
        self.fields.push(Field::new(name, DataType::Float64, true));
        self.arrays.push(Arc::new(values.into_iter().collect::<Float64Array>()));
        self
    }

    pub(crate) fn integers<T: TryInto<i64>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        // Counts of customers, purchases and periods are far below the end of 64 bits.
        let values = values.into_iter().map(|value| value.try_into().unwrap_or(i64::MAX));
        self.add(name, Arc::new(Int64Array::from_iter_values(values)))
    }

    pub(crate) fn texts<T: AsRef<str>>(self, name: &str, values: impl IntoIterator<Item = T>) -> Self {
        // Arrow wants to know how many there are.
        let values: Vec<T> = values.into_iter().collect();
        self.add(name, Arc::new(StringArray::from_iter_values(values)))
    }

    pub(crate) fn days(self, name: &str, values: impl IntoIterator<Item = Day>) -> Self {
        self.add(name, Arc::new(Date32Array::from_iter_values(values.into_iter().map(Day::number))))
    }

    pub(crate) fn optional_days(self, name: &str, values: impl IntoIterator<Item = Option<Day>>) -> Self {
        let days: Date32Array = values.into_iter().map(|day| day.map(Day::number)).collect();
        self.add(name, Arc::new(days))
    }

    pub(crate) fn optional_texts<T: AsRef<str>>(
        self,
        name: &str,
        values: impl IntoIterator<Item = Option<T>>,
    ) -> Self {
        self.add(name, Arc::new(values.into_iter().collect::<StringArray>()))
    }

    pub(crate) fn truths(self, name: &str, values: impl IntoIterator<Item = bool>) -> Self {
        self.add(name, Arc::new(BooleanArray::from(values.into_iter().collect::<Vec<bool>>())))
    }

    pub(crate) fn finish(self, py: Python<'_>) -> PyResult<Table> {
        let rows = self.arrays.first().map_or(0, Array::len);
        let options = RecordBatchOptions::new().with_row_count(Some(rows));
        let schema = Arc::new(Schema::new(self.fields));
        RecordBatch::try_new_with_options(schema, self.arrays, &options)
            .map_err(|error| arrow_error(&error))
            .or_raise(py)
            .map(Table)
    }
}

/// Ids of customers as a column.
pub(crate) fn id_array(ids: CustomerIds<'_>) -> ArrayRef {
    if let Some(values) = ids.as_integers() {
        return Arc::new(Int64Array::from(values.to_vec()));
    }
    let texts: Vec<String> = ids.iter().map(|id| id.to_string()).collect();
    if i32::try_from(texts.iter().map(String::len).sum::<usize>()).is_ok() {
        Arc::new(StringArray::from_iter_values(texts))
    } else {
        Arc::new(LargeStringArray::from_iter_values(texts))
    }
}
