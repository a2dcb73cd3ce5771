//! Arrow data in and out through the `PyCapsule` interface: with `buffer.rs` the only places with `unsafe`.
//!
//! <https://arrow.apache.org/docs/format/CDataInterface/PyCapsuleInterface.html>

use std::ffi::CStr;
use std::ptr::NonNull;
use std::sync::Arc;

use arrow_array::ffi::{FFI_ArrowArray, FFI_ArrowSchema, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{
    Array, ArrayRef, NullArray, RecordBatch, RecordBatchIterator, RecordBatchOptions, StructArray, make_array,
};
use arrow_schema::{ArrowError, DataType, Field, Schema, SchemaRef};
use crm_core::{Error, ErrorKind, Result};
use pyo3::exceptions::{PyTypeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyCapsule;

use crate::error::{OrRaise, exception};

const STREAM: &CStr = c"arrow_array_stream";
const SCHEMA: &CStr = c"arrow_schema";
const ARRAY: &CStr = c"arrow_array";

/// Arrays of one type that another library hands over, one at a time.
pub(crate) struct Arrays {
    field: Field,
    source: Source,
}

enum Source {
    Stream(FFI_ArrowArrayStream),
    Single(Option<FFI_ArrowArray>),
}

impl Arrays {
    /// The arrays of an object with `__arrow_c_stream__` or `__arrow_c_array__`; `None` if it has neither.
    pub(crate) fn of(argument: &str, data: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let py = data.py();
        let arrays = if data.hasattr("__arrow_c_stream__")? {
            let capsule = call(argument, data, "__arrow_c_stream__")?.cast_into::<PyCapsule>()?;
            let stream: FFI_ArrowArrayStream = {
                let pointer = capsule.pointer_checked(Some(STREAM))?.cast();
                // SAFETY: a capsule of this name points to an `ArrowArrayStream` by the PyCapsule interface. The call
                // moves it out and marks the capsule's as released, so that nothing is released twice.
                unsafe { FFI_ArrowArrayStream::from_raw(pointer.as_ptr()) }
            };
            Self::from_stream(stream).map_err(|error| error.on(argument)).or_raise(py)?
        } else if data.hasattr("__arrow_c_array__")? {
            let pair = call(argument, data, "__arrow_c_array__")?;
            let (schema, array): (Bound<'_, PyCapsule>, Bound<'_, PyCapsule>) = pair.extract()?;
            let schema: NonNull<FFI_ArrowSchema> = schema.pointer_checked(Some(SCHEMA))?.cast();
            // SAFETY: a capsule of this name points to an `ArrowSchema`, which lives as long as the capsule, that is to the
            // end of this block; it is only read.
            let field = Field::try_from(unsafe { schema.as_ref() });
            let field = field.map_err(|error| schema_error(&error).on(argument)).or_raise(py)?;
            let array = {
                let pointer = array.pointer_checked(Some(ARRAY))?.cast();
                // SAFETY: as for the stream: the array is moved out and the capsule's marked as released.
                unsafe { FFI_ArrowArray::from_raw(pointer.as_ptr()) }
            };
            if array.is_released() {
                return Err(exception(py, &consumed().on(argument)));
            }
            Self { field, source: Source::Single(Some(array)) }
        } else {
            return Ok(None);
        };
        Ok(Some(arrays))
    }

    fn from_stream(mut stream: FFI_ArrowArrayStream) -> Result<Self> {
        if stream.release.is_none() {
            return Err(consumed());
        }
        let read = stream.get_schema.ok_or_else(incomplete)?;
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: the stream is live, so its callbacks may be called with it; `schema` is ours to be filled in.
        if unsafe { read(&raw mut stream, &raw mut schema) } != 0 {
            return Err(stream_error(&mut stream));
        }
        let field = Field::try_from(&schema).map_err(|error| schema_error(&error))?;
        Ok(Self { field, source: Source::Stream(stream) })
    }

    /// The type of the arrays.
    pub(crate) fn field(&self) -> &Field {
        &self.field
    }

    /// The columns of tables, which are arrays of structs.
    pub(crate) fn schema(&self) -> Result<SchemaRef> {
        match self.field.data_type() {
            DataType::Struct(fields) => Ok(Arc::new(Schema::new(fields.clone()))),
            other => Err(Error::new(
                ErrorKind::WrongType,
                format!("{other} is not accepted: must be a table of columns"),
            )),
        }
    }

    /// The next array, if there is one.
    pub(crate) fn next(&mut self) -> Result<Option<ArrayRef>> {
        let array = match &mut self.source {
            Source::Single(array) => array.take(),
            Source::Stream(stream) => {
                let next = stream.get_next.ok_or_else(incomplete)?;
                let mut array = FFI_ArrowArray::empty();
                // SAFETY: the stream is live, so its callbacks may be called with it; `array` is ours to be filled in.
                if unsafe { next(&raw mut *stream, &raw mut array) } != 0 {
                    return Err(stream_error(stream));
                }
                (!array.is_released()).then_some(array)
            }
        };
        let Some(array) = array else { return Ok(None) };
        if *self.field.data_type() == DataType::Null {
            // Polars gives such an array a buffer, which by the interface it has not.
            return Ok(Some(Arc::new(NullArray::new(array.len()))));
        }
        // SAFETY: by the C data interface the array has the type that came with it.
        let data = unsafe { from_ffi_and_data_type(array, self.field.data_type().clone()) };
        data.map(|data| Some(make_array(data))).map_err(|error| arrow_error(&error))
    }

    /// The next array as a table with the columns of `schema`.
    pub(crate) fn next_batch(&mut self, schema: &SchemaRef) -> Result<Option<RecordBatch>> {
        let Some(array) = self.next()? else {
            return Ok(None);
        };
        let Some(rows) = array.as_any().downcast_ref::<StructArray>() else {
            return Err(incomplete());
        };
        if rows.null_count() > 0 {
            let message = "whole rows are null: remove them, or take the columns out of the struct";
            return Err(Error::new(ErrorKind::MissingValue, message));
        }
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        RecordBatch::try_new_with_options(Arc::clone(schema), rows.columns().to_vec(), &options)
            .map(Some)
            .map_err(|error| arrow_error(&error))
    }
}

/// Calls an export method; what a library cannot express in Arrow types is a wrong type.
fn call<'py>(argument: &str, data: &Bound<'py, PyAny>, method: &str) -> PyResult<Bound<'py, PyAny>> {
    let py = data.py();
    data.call_method0(method).map_err(|cause| {
        if !(cause.is_instance_of::<PyTypeError>(py) || cause.is_instance_of::<PyValueError>(py)) {
            return cause;
        }
        let message = format!("a column cannot be read as one Arrow type: {}", cause.value(py));
        let error = exception(py, &Error::new(ErrorKind::WrongType, message).on(argument));
        error.set_cause(py, Some(cause));
        error
    })
}

/// Refuses columns whose values mean something else than their type says, such as pandas periods in integers.
pub(crate) fn check_plain(argument: &str, field: &Field) -> Result<()> {
    match field.metadata().get("ARROW:extension:name") {
        Some(name) if !name.is_empty() => {
            let message =
                format!("Arrow extension type {name:?} is not accepted: convert the column to a plain type");
            Err(Error::new(ErrorKind::WrongType, message).on(argument))
        }
        _ => Ok(()),
    }
}

fn stream_error(stream: &mut FFI_ArrowArrayStream) -> Error {
    let message = stream.get_last_error.and_then(|last_error| {
        // SAFETY: the stream is live; the text, if any, is valid until the next call, and is copied here.
        let text = unsafe {
            let text = last_error(&raw mut *stream);
            (!text.is_null()).then(|| CStr::from_ptr(text))
        };
        text.map(|text| text.to_string_lossy().into_owned())
    });
    Error::new(
        ErrorKind::Io,
        message.unwrap_or_else(|| "the Arrow stream failed without saying why".to_owned()),
    )
}

fn consumed() -> Error {
    Error::new(ErrorKind::Empty, "the Arrow data was consumed before: it can be read only once")
}

fn incomplete() -> Error {
    Error::new(ErrorKind::Corrupt, "the Arrow stream does not keep to the C stream interface")
}

/// A type that this version of Arrow does not know is a wrong type, such as Polars' integers of 128 bits.
fn schema_error(error: &ArrowError) -> Error {
    match error {
        ArrowError::CDataInterface(message) if message.contains("not supported") => {
            Error::new(ErrorKind::WrongType, message.clone())
        }
        _ => arrow_error(error),
    }
}

pub(crate) fn arrow_error(error: &ArrowError) -> Error {
    Error::new(ErrorKind::Corrupt, error.to_string())
}

/// A table as a capsule that any Arrow library reads.
pub(crate) fn export_stream<'py>(py: Python<'py>, batch: &RecordBatch) -> PyResult<Bound<'py, PyCapsule>> {
    let reader = RecordBatchIterator::new([Ok(batch.clone())], batch.schema());
    PyCapsule::new_with_value(py, FFI_ArrowArrayStream::new(Box::new(reader)), STREAM)
}

/// The columns of a table as a capsule.
pub(crate) fn export_schema<'py>(py: Python<'py>, schema: &Schema) -> PyResult<Bound<'py, PyCapsule>> {
    let schema = FFI_ArrowSchema::try_from(schema).map_err(|error| arrow_error(&error)).or_raise(py)?;
    PyCapsule::new_with_value(py, schema, SCHEMA)
}
