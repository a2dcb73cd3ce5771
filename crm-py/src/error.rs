//! Errors of the engine as exceptions of `crm.error`.

use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

/// A result of the engine, to be passed on to Python.
pub(crate) trait OrRaise<T> {
    /// Turns an error into the exception of its kind.
    fn or_raise(self, py: Python<'_>) -> PyResult<T>;
}

impl<T> OrRaise<T> for Result<T> {
    fn or_raise(self, py: Python<'_>) -> PyResult<T> {
        self.map_err(|error| exception(py, &error))
    }
}

/// The exception of an error.
pub(crate) fn exception(py: Python<'_>, error: &Error) -> PyErr {
    let build = || {
        let place = (error.argument_name(), error.row(), error.line());
        let build = py.import("crm.error")?.getattr("from_core")?;
        build.call1((error.kind().code(), error.to_string(), place.0, place.1, place.2))
    };
    build().map_or_else(|failure| failure, PyErr::from_value)
}

/// Name and code of every kind of error.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<(String, i32)> {
    ErrorKind::ALL.iter().map(|kind| (format!("{kind:?}"), kind.code())).collect()
}
