//! Whole numbers of Python, which have any size.

use std::borrow::Borrow;
use std::fmt;

use crm_core::{Error, ErrorKind, Result};
use pyo3::exceptions::{PyOverflowError, PyTypeError};
use pyo3::prelude::*;

/// What is given where a whole number is wanted.
///
/// `PyO3` itself would refuse a number that does not fit, or what is none, by errors that do not say which argument it is about. So anything is
/// taken here, and [`within`] refuses by name.
#[derive(Clone)]
pub(crate) enum Integer {
    /// The number, or the last on its side that 128 bits hold.
    Whole(i128),
    /// The type of what is no whole number.
    Other(String),
}

impl Integer {
    pub(crate) const ZERO: Self = Self::Whole(0);

    /// The number, or the last on its side that 128 bits hold.
    pub(crate) fn get(&self, argument: &str) -> Result<i128> {
        match self {
            Self::Whole(value) => Ok(*value),
            Self::Other(given) => {
                let message = format!("{given} is not accepted: must be a whole number");
                Err(Error::new(ErrorKind::WrongType, message).on(argument))
            }
        }
    }
}

impl FromPyObject<'_, '_> for Integer {
    type Error = PyErr;

    fn extract(object: Borrowed<'_, '_, PyAny>) -> PyResult<Self> {
        match object.extract::<i128>() {
            Err(error) if error.is_instance_of::<PyOverflowError>(object.py()) => {
                Ok(Self::Whole(if object.lt(0)? { i128::MIN } else { i128::MAX }))
            }
            Err(error) if error.is_instance_of::<PyTypeError>(object.py()) => {
                Ok(Self::Other(object.get_type().name()?.to_string()))
            }
            found => found.map(Self::Whole),
        }
    }
}

impl fmt::Display for Integer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(i128::MAX) => formatter.write_str("a number of more than 38 digits"),
            Self::Whole(i128::MIN) => formatter.write_str("a negative number of more than 38 digits"),
            Self::Whole(value) => value.fmt(formatter),
            Self::Other(given) => formatter.write_str(given),
        }
    }
}

/// An integer within the range of the type that the engine takes.
///
/// What is accepted says "between" or "from" where it has a bound above of its own; that of the type is told otherwise.
pub(crate) fn within<T: TryFrom<i128>>(
    argument: &str,
    given: impl Borrow<Integer>,
    accepted: &str,
) -> Result<T> {
    let given = given.borrow();
    let value = given.get(argument)?;
    T::try_from(value).map_err(|_| {
        let most = most::<T>();
        if value <= most || accepted.contains("between ") || accepted.contains("from ") {
            return Error::argument(argument, given, accepted);
        }
        Error::argument(argument, given, &format!("{accepted}, and at most {most}"))
    })
}

/// Integers within that range, by their places.
pub(crate) fn all_within<T: TryFrom<i128>>(
    argument: &str,
    given: Vec<Integer>,
    accepted: &str,
) -> Result<Vec<T>> {
    let each =
        |(place, value)| within(argument, value, accepted).map_err(|error: Error| error.at_row(place as u64));
    given.into_iter().enumerate().map(each).collect()
}

/// A count of customers, of whom the engine takes so many that one too great for its type is out of range too.
pub(crate) fn count_of(argument: &str, given: Integer, accepted: &str) -> Result<u64> {
    let most = most::<u64>();
    if given.get(argument)? > most {
        return Err(Error::new(ErrorKind::OutOfRange, format!("{given} is above {most}")).on(argument));
    }
    within(argument, given, accepted)
}

/// A number that is no id, for ids have 64 bits.
pub(crate) fn too_wide(argument: &str, given: &Integer) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("{given} does not fit 64 bits")).on(argument)
}

/// The greatest integer of a type.
fn most<T: TryFrom<i128>>() -> i128 {
    let is_signed = T::try_from(-1).is_ok();
    (1 << (8 * size_of::<T>() - usize::from(is_signed))) - 1
}
