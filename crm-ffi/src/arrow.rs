//! Tables in and out over the Arrow C stream interface.

use std::ffi::CStr;
use std::ptr;

use arrow_array::ffi::{FFI_ArrowArray, from_ffi_and_data_type};
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use arrow_array::{RecordBatch, RecordBatchIterator, RecordBatchOptions, StructArray};
use arrow_schema::ffi::FFI_ArrowSchema;
use arrow_schema::{DataType, Schema, SchemaRef};
use crm_core::{Error, ErrorKind, Result};

use crate::status::{Failure, Outcome};

/// A stream of another library, owned: it is released when this goes out of scope.
pub(crate) struct Stream {
    stream: FFI_ArrowArrayStream,
    schema: SchemaRef,
}

impl Stream {
    /// Takes the stream over, which marks the caller's struct as released, whatever comes of it.
    ///
    /// # Safety
    /// `stream` is null or points to a struct as the Arrow C stream interface describes it.
    pub(crate) unsafe fn take(stream: *mut FFI_ArrowArrayStream) -> Outcome<Self> {
        if stream.is_null() {
            return Err(Failure::null("stream"));
        }
        // SAFETY: not null, so such a struct, as the caller promises; what stays behind is an empty one.
        let mut stream = unsafe { FFI_ArrowArrayStream::from_raw(stream) };
        let invalid = |message: &str| Error::new(ErrorKind::InvalidArgument, message).on("stream");
        if stream.release.is_none() {
            return Err(invalid("the stream has been released: it can be read only once").into());
        }
        let (Some(get_schema), Some(_)) = (stream.get_schema, stream.get_next) else {
            return Err(invalid("the stream has no get_schema or no get_next").into());
        };
        let mut schema = FFI_ArrowSchema::empty();
        // SAFETY: the stream is not released, and the place for the schema is an empty one.
        let code = unsafe { get_schema(&raw mut stream, &raw mut schema) };
        if code != 0 {
            return Err(failed(&mut stream, code).into());
        }
        let wrong = |error| Error::new(ErrorKind::WrongType, format!("{error}")).on("stream");
        let schema = Schema::try_from(&schema).map_err(wrong)?;
        Ok(Self { stream, schema: schema.into() })
    }

    /// The next batch, `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<RecordBatch>> {
        let Some(get_next) = self.stream.get_next else {
            return Ok(None);
        };
        let mut array = FFI_ArrowArray::empty();
        // SAFETY: the stream is not released, and the place for the array is an empty one.
        let code = unsafe { get_next(&raw mut self.stream, &raw mut array) };
        if code != 0 {
            return Err(failed(&mut self.stream, code));
        }
        if array.is_released() {
            return Ok(None);
        }
        let fields = self.schema.fields();
        if array.num_children() != fields.len() {
            let message =
                format!("a batch has {} columns, the schema {}", array.num_children(), fields.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("stream"));
        }
        let wrong = |error| Error::new(ErrorKind::WrongType, format!("{error}")).on("stream");
        // SAFETY: the producer made the array for this schema, as the interface demands.
        let data =
            unsafe { from_ffi_and_data_type(array, DataType::Struct(fields.clone())) }.map_err(wrong)?;
        let options = RecordBatchOptions::new().with_row_count(Some(data.len()));
        let columns = StructArray::from(data).into_parts().1;
        RecordBatch::try_new_with_options(self.schema.clone(), columns, &options).map(Some).map_err(wrong)
    }
}

/// What the producer says of its failure.
fn failed(stream: &mut FFI_ArrowArrayStream, code: i32) -> Error {
    let said = stream.get_last_error.map_or(ptr::null(), |get_last_error| {
        // SAFETY: the stream is not released, and its last call has failed.
        unsafe { get_last_error(&raw mut *stream) }
    });
    let message = if said.is_null() {
        format!("the producer of the stream failed with code {code}")
    } else {
        // SAFETY: not null, so a terminated string that lives until the next call.
        let said = unsafe { CStr::from_ptr(said) }.to_string_lossy();
        format!("the producer of the stream failed with code {code}: {said}")
    };
    Error::new(ErrorKind::Io, message).on("stream")
}

/// Where a stream of results goes: released until the call has succeeded.
pub(crate) struct OutStream(*mut FFI_ArrowArrayStream);

impl OutStream {
    /// Marks the caller's struct as released; what it holds is overwritten, not released.
    ///
    /// # Safety
    /// `place` is null or valid for writing.
    pub(crate) unsafe fn new(place: *mut FFI_ArrowArrayStream) -> Outcome<Self> {
        if place.is_null() {
            return Err(Failure::null("out"));
        }
        // SAFETY: not null, so valid for writing, as the caller promises.
        unsafe { place.write(FFI_ArrowArrayStream::empty()) };
        Ok(Self(place))
    }

    /// Hands a table out as a stream of one batch, which the caller releases.
    pub(crate) fn put(self, table: RecordBatch) {
        let schema = table.schema();
        let reader = RecordBatchIterator::new(std::iter::once(Ok(table)), schema);
        // SAFETY: `new` has written to the same place within the same call.
        unsafe { self.0.write(FFI_ArrowArrayStream::new(Box::new(reader))) };
    }
}
