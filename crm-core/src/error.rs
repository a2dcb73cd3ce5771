//! One error for the whole engine, with stable codes.
//!
//! The same [`ErrorKind`] becomes one Python exception class and one C status code. A code is never
//! reused for another meaning.

use std::fmt;

/// What went wrong, as a stable code shared by Rust, Python and C.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i32)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An option has a value that makes no sense, or two options contradict each other.
    InvalidArgument = 1,
    /// A value in the data is not acceptable (NaN, infinite, refused by a policy).
    InvalidValue = 2,
    /// A value lies outside the range that can be represented exactly.
    OutOfRange = 3,
    /// A value that must be present is null.
    MissingValue = 4,
    /// A column or value has a type that is not accepted.
    WrongType = 5,
    /// Columns of one table differ in length.
    LengthMismatch = 6,
    /// There is nothing to compute from.
    Empty = 7,
    /// A named column does not exist.
    MissingColumn = 8,
    /// Text could not be read as the value that it should hold.
    Parse = 9,
    /// The operating system refused to read or write.
    Io = 10,
    /// A file or serialised value is damaged or truncated.
    Corrupt = 11,
    /// Two values do not fit together: other units, other id types, another format version.
    Incompatible = 12,
    /// The caller asked to stop.
    Interrupted = 13,
    /// Text is not valid UTF-8.
    NotUtf8 = 14,
}

impl ErrorKind {
    /// Every kind, in the order of the codes.
    pub const ALL: [Self; 14] = [
        Self::InvalidArgument,
        Self::InvalidValue,
        Self::OutOfRange,
        Self::MissingValue,
        Self::WrongType,
        Self::LengthMismatch,
        Self::Empty,
        Self::MissingColumn,
        Self::Parse,
        Self::Io,
        Self::Corrupt,
        Self::Incompatible,
        Self::Interrupted,
        Self::NotUtf8,
    ];

    /// The stable numeric code.
    pub fn code(self) -> i32 {
        self as i32
    }
}

/// An error that names the argument, the row, the value and the bound where there are such.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.text())]
pub struct Error {
    kind: ErrorKind,
    message: String,
    argument: Option<String>,
    row: Option<u64>,
    line: Option<u64>,
}

/// A result of the engine.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error of a kind with a message.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), argument: None, row: None, line: None }
    }

    /// An option that makes no sense: names it, the value given and what is accepted.
    pub fn argument(name: &str, value: impl fmt::Display, accepted: &str) -> Self {
        Self::new(ErrorKind::InvalidArgument, format!("{value} is not accepted: must be {accepted}")).on(name)
    }

    /// Names the argument or column that the error is about.
    #[must_use]
    pub fn on(mut self, argument: impl Into<String>) -> Self {
        self.argument = Some(argument.into());
        self
    }

    /// Names the row, counted from 0 over all batches of the input.
    #[must_use]
    pub fn at_row(mut self, row: u64) -> Self {
        self.row = Some(row);
        self
    }

    /// Names the line of a text file, counted from 1 (the header is line 1).
    #[must_use]
    pub fn at_line(mut self, line: u64) -> Self {
        self.line = Some(line);
        self
    }

    /// The stable kind.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The argument or column that the error is about, if one is.
    pub fn argument_name(&self) -> Option<&str> {
        self.argument.as_deref()
    }

    /// The row that the error is about, counted from 0 over all batches of the input.
    pub fn row(&self) -> Option<u64> {
        self.row
    }

    /// The line of the text file that the error is about, counted from 1.
    pub fn line(&self) -> Option<u64> {
        self.line
    }

    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(argument) = &self.argument {
            text.push_str(argument);
        }
        for (label, place) in [("line", self.line), ("row", self.row)] {
            if let Some(place) = place {
                if !text.is_empty() {
                    text.push_str(", ");
                }
                text += label;
                text.push(' ');
                text += &place.to_string();
            }
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text + &self.message
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::new(ErrorKind::Io, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn message_names_argument_line_row_and_value() {
        let error = Error::new(ErrorKind::OutOfRange, "1e30 is above 9223372036854.775807")
            .on("amount")
            .at_line(3)
            .at_row(1);
        assert_eq!(error.to_string(), "amount, line 3, row 1: 1e30 is above 9223372036854.775807");
        assert_eq!((error.row(), error.line(), error.argument_name()), (Some(1), Some(3), Some("amount")));
    }

    #[test]
    fn codes_are_distinct_and_positive() {
        let mut codes: Vec<i32> = ErrorKind::ALL.iter().map(|kind| kind.code()).collect();
        codes.dedup();
        assert_eq!(codes, (1..=14).collect::<Vec<_>>());
    }
}
