//! Status codes, and what the last failed call of a thread has to say.

use std::cell::RefCell;
use std::ffi::{CString, c_char};

use crm_core::{Error, ErrorKind};

/// What became of a call. Codes are never reused for another meaning; later versions may add some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i32)]
pub enum crm_status {
    /// It succeeded.
    Ok = 0,
    /// An option has a value that makes no sense, or two options contradict each other.
    InvalidArgument = 1,
    /// A value in the data is not acceptable (NaN, infinite, refused by a policy).
    InvalidValue = 2,
    /// A value lies outside the range that can be represented exactly.
    OutOfRange = 3,
    /// A value that must be present is missing.
    MissingValue = 4,
    /// A column or value has a type that is not accepted.
    WrongType = 5,
    /// Columns, or an array and what it is to hold, differ in length.
    LengthMismatch = 6,
    /// There is nothing to compute from.
    Empty = 7,
    /// A named column does not exist.
    MissingColumn = 8,
    /// Text could not be read as the value that it should hold.
    Parse = 9,
    /// The operating system, or the producer of a stream, refused to read or write.
    Io = 10,
    /// A file or serialised value is damaged or truncated.
    Corrupt = 11,
    /// Two values do not fit together: other units, other id types, another format version.
    Incompatible = 12,
    /// A callback asked to stop.
    Interrupted = 13,
    /// Text is not valid UTF-8.
    NotUtf8 = 14,
    /// A pointer that must not be null is.
    NullPointer = 101,
    /// A handle is of another type, or was freed.
    InvalidHandle = 102,
    /// A bug of the library: the call was given up, the process is intact. Please report the message.
    Panic = 103,
}

impl crm_status {
    fn of(kind: ErrorKind) -> Self {
        match kind {
            ErrorKind::InvalidArgument => Self::InvalidArgument,
            ErrorKind::InvalidValue => Self::InvalidValue,
            ErrorKind::OutOfRange => Self::OutOfRange,
            ErrorKind::MissingValue => Self::MissingValue,
            ErrorKind::WrongType => Self::WrongType,
            ErrorKind::LengthMismatch => Self::LengthMismatch,
            ErrorKind::Empty => Self::Empty,
            ErrorKind::MissingColumn => Self::MissingColumn,
            ErrorKind::Parse => Self::Parse,
            ErrorKind::Io => Self::Io,
            ErrorKind::Corrupt => Self::Corrupt,
            ErrorKind::Incompatible => Self::Incompatible,
            ErrorKind::Interrupted => Self::Interrupted,
            ErrorKind::NotUtf8 => Self::NotUtf8,
            // A test holds the list above to be complete.
            _ => Self::Panic,
        }
    }
}

/// Why a call failed.
#[derive(Debug)]
pub(crate) struct Failure {
    status: crm_status,
    message: String,
    argument: String,
    row: Option<u64>,
    line: Option<u64>,
}

impl Failure {
    pub(crate) fn null(argument: &str) -> Self {
        Self::own(crm_status::NullPointer, argument, "is a null pointer")
    }

    pub(crate) fn handle(argument: &str, expected: &str) -> Self {
        Self::own(crm_status::InvalidHandle, argument, &format!("is not a live {expected} handle"))
    }

    pub(crate) fn panic(what: &str) -> Self {
        Self::own(crm_status::Panic, "", &format!("internal error, please report it: {what}"))
    }

    fn own(status: crm_status, argument: &str, what: &str) -> Self {
        let message = if argument.is_empty() { what.to_owned() } else { format!("{argument}: {what}") };
        Self { status, message, argument: argument.to_owned(), row: None, line: None }
    }

    pub(crate) fn status(&self) -> crm_status {
        self.status
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            status: crm_status::of(error.kind()),
            message: error.to_string(),
            argument: error.argument_name().unwrap_or_default().to_owned(),
            row: error.row(),
            line: error.line(),
        }
    }
}

/// A result of a body.
pub(crate) type Outcome<T> = std::result::Result<T, Failure>;

/// Text for C; a zero byte within, which C could not see past, is shown as the replacement character.
pub(crate) fn c_text(text: &str) -> CString {
    CString::new(text.replace('\0', "\u{fffd}")).unwrap_or_default()
}

#[derive(Default)]
struct Last {
    message: CString,
    argument: CString,
    row: Option<u64>,
    line: Option<u64>,
}

thread_local! {
    static LAST: RefCell<Last> = RefCell::default();
}

/// Keeps what a call has to say; `None` when it succeeded.
pub(crate) fn remember(failure: Option<&Failure>) {
    let last = failure.map_or_else(Last::default, |failure| Last {
        message: c_text(&failure.message),
        argument: c_text(&failure.argument),
        row: failure.row,
        line: failure.line,
    });
    // A thread that is ending has no place for it, and nobody left to ask.
    let _ = LAST.try_with(|place| place.replace(last));
}

fn ask<T>(absent: T, answer: impl FnOnce(&Last) -> T) -> T {
    LAST.try_with(|place| answer(&place.borrow())).unwrap_or(absent)
}

fn number(place: Option<u64>) -> i64 {
    place.map_or(-1, |place| i64::try_from(place).unwrap_or(i64::MAX))
}

/// The message of the calling thread's last call, as UTF-8; an empty string if it succeeded. Names the argument, the
/// row, the value and the bound where there are such.
///
/// The text belongs to the library and lives until the thread's next call of a function that can fail.
#[unsafe(no_mangle)]
pub extern "C" fn crm_last_error_message() -> *const c_char {
    ask(c"".as_ptr(), |last| last.message.as_ptr())
}

/// The argument, option or column that the calling thread's last error is about; an empty string if none is.
///
/// The text belongs to the library and lives until the thread's next call of a function that can fail.
#[unsafe(no_mangle)]
pub extern "C" fn crm_last_error_argument() -> *const c_char {
    ask(c"".as_ptr(), |last| last.argument.as_ptr())
}

/// The row that the calling thread's last error is about, counted from 0 over all batches of the input; -1 if none is.
#[unsafe(no_mangle)]
pub extern "C" fn crm_last_error_row() -> i64 {
    ask(-1, |last| number(last.row))
}

/// The line of the file that the calling thread's last error is about, counted from 1; -1 if none is.
#[unsafe(no_mangle)]
pub extern "C" fn crm_last_error_line() -> i64 {
    ask(-1, |last| number(last.line))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_the_core_keeps_its_code() {
        for kind in ErrorKind::ALL {
            assert_eq!(crm_status::of(kind) as i32, kind.code(), "{kind:?}");
        }
    }

    #[test]
    fn a_zero_byte_does_not_cut_a_message() {
        assert_eq!(c_text("a\0b").to_str(), Ok("a\u{fffd}b"));
    }
}
