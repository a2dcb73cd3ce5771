//! Arrays of `NumPy` that are read where they lie: with `capsule.rs` the only places with `unsafe`.

use crm_core::{Error, ErrorKind};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;

use crate::error::exception;

/// An array of 64-bit floats of two dimensions, row by row or column by column without gaps.
///
/// Nobody may write to it while the engine reads it, which the documentation of the Python interface asks for: large tables
/// are clustered without a second copy of them. Numbers that change meanwhile give results that mean nothing, and no more: all
/// that reads them is safe code that stays within the array.
pub(crate) struct InPlace {
    buffer: PyBuffer<f64>,
    by_column: bool,
}

impl InPlace {
    /// The array of an object with the buffer protocol.
    pub(crate) fn of(argument: &str, values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let buffer = PyBuffer::<f64>::get(values)?;
        let is_by_row = buffer.is_c_contiguous();
        if buffer.dimensions() != 2 || !(is_by_row || buffer.is_fortran_contiguous()) {
            let message = "an array with gaps is not accepted: must be one of two dimensions without any";
            return Err(exception(values.py(), &Error::new(ErrorKind::WrongType, message).on(argument)));
        }
        Ok(Self { buffer, by_column: !is_by_row })
    }

    pub(crate) fn rows(&self) -> usize {
        self.buffer.shape().first().copied().unwrap_or(0)
    }

    pub(crate) fn columns(&self) -> usize {
        self.buffer.shape().get(1).copied().unwrap_or(0)
    }

    /// Whether columns lie together, not rows.
    pub(crate) fn is_by_column(&self) -> bool {
        self.by_column
    }

    /// All values in their order.
    pub(crate) fn values(&self) -> &[f64] {
        let pointer =
            if self.by_column { self.buffer.as_fortran_slice_ptr() } else { self.buffer.as_slice_ptr() };
        // SAFETY: the buffer is contiguous in this order and holds floats, which the pointer was checked for, and neither moved
        // nor freed as long as `self` holds it. Nobody writes to it meanwhile: see `InPlace`.
        pointer.map_or(&[], |values| unsafe { values.as_ref() })
    }
}
