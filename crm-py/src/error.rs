//! Errors of the engine as exceptions of `crm.error`.

use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use crate::integer::Integer;

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

/// An integer within the range of the type that the engine takes.
///
/// What is accepted says "between" or "from" where it has a bound above of its own; that of the type is told otherwise.
pub(crate) fn within<T: TryFrom<i128>>(argument: &str, value: Integer, accepted: &str) -> Result<T> {
    T::try_from(value.get()).map_err(|_| {
        let most = most::<T>();
        if value.get() <= most || accepted.contains("between ") || accepted.contains("from ") {
            return Error::argument(argument, value, accepted);
        }
        Error::argument(argument, value, &format!("{accepted}, and at most {most}"))
    })
}

/// A count of customers, of whom the engine takes so many that one too great for its type is out of range too.
pub(crate) fn count_of(argument: &str, value: Integer, accepted: &str) -> Result<u64> {
    let most = most::<u64>();
    if value.get() > most {
        return Err(Error::new(ErrorKind::OutOfRange, format!("{value} is above {most}")).on(argument));
    }
    within(argument, value, accepted)
}

/// The greatest integer of a type.
fn most<T: TryFrom<i128>>() -> i128 {
    let is_signed = T::try_from(-1).is_ok();
    (1 << (8 * size_of::<T>() - usize::from(is_signed))) - 1
}

/// Name and code of every kind of error.
#[pyfunction]
pub(crate) fn error_kinds() -> Vec<(String, i32)> {
    ErrorKind::ALL.iter().map(|kind| (format!("{kind:?}"), kind.code())).collect()
}
