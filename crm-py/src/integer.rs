//! Whole numbers of Python, which have any size.

use std::fmt;

use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;

/// A whole number as an argument; [`crate::error::within`] refuses by the argument's name one that is too great or too small.
///
/// `PyO3` would raise an `OverflowError` that names no argument for a number that does not fit the integer of the engine.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd)]
pub(crate) struct Integer(i128);

impl Integer {
    pub(crate) const ZERO: Self = Self(0);

    /// The number, or the last on its side that 128 bits hold.
    pub(crate) fn get(self) -> i128 {
        self.0
    }
}

impl FromPyObject<'_, '_> for Integer {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match object.extract::<i128>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
                Ok(Self(if object.lt(0)? { i128::MIN } else { i128::MAX }))
            }
            found => found.map(Self),
        }
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            i128::MAX => formatter.write_str("a number of more than 38 digits"),
            i128::MIN => formatter.write_str("a negative number of more than 38 digits"),
            value => value.fmt(formatter),
        }
    }
}
