"""Errors: one class for each kind of the engine, with the argument, the row and the line."""

from __future__ import annotations

import enum

__all__ = [
    "CorruptError",
    "CrmError",
    "EmptyError",
    "ErrorKind",
    "IncompatibleError",
    "InterruptedByCallerError",
    "InvalidArgumentError",
    "InvalidValueError",
    "IoError",
    "LengthMismatchError",
    "MissingColumnError",
    "MissingValueError",
    "NotUtf8Error",
    "OutOfRangeError",
    "ParseError",
    "WrongTypeError",
]


class ErrorKind(enum.IntEnum):
    """What went wrong: codes that are the same in Rust, Python and C, and never reused.

    >>> ErrorKind.MISSING_COLUMN.value
    8
    """

    INVALID_ARGUMENT = 1
    INVALID_VALUE = 2
    OUT_OF_RANGE = 3
    MISSING_VALUE = 4
    WRONG_TYPE = 5
    LENGTH_MISMATCH = 6
    EMPTY = 7
    MISSING_COLUMN = 8
    PARSE = 9
    IO = 10
    CORRUPT = 11
    INCOMPATIBLE = 12
    INTERRUPTED = 13
    NOT_UTF8 = 14


class CrmError(Exception):
    """An error of the engine.

    Attributes:
        kind: What went wrong; `None` for a kind that this version does not know.
        code: Its number.
        argument: The argument or column that the error is about, if one is.
        row: The row, counted from 0 over all batches of the input, if one is to blame.
        line: The line of the text file, counted from 1 (the header is line 1), if there is one.

    >>> import crm
    >>> try:
    ...     crm.PurchaseHistory.from_columns([1], [None], [2.0])
    ... except crm.CrmError as error:
    ...     print(error.kind.name, error.argument, error.row)
    MISSING_VALUE time 0
    """

    kind: ErrorKind | None = None

    def __init__(
        self,
        message: str,
        *,
        argument: str | None = None,
        row: int | None = None,
        line: int | None = None,
        code: int | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code if code is not None else int(self.kind or 0)
        self.argument = argument
        self.row = row
        self.line = line

    def __reduce__(self) -> tuple[object, ...]:
        state = {"argument": self.argument, "row": self.row, "line": self.line, "code": self.code}
        return type(self), self.args, state


class InvalidArgumentError(CrmError, ValueError):
    """An option has a value that makes no sense, or two options contradict each other."""

    kind = ErrorKind.INVALID_ARGUMENT


class InvalidValueError(CrmError, ValueError):
    """A value in the data is not acceptable (NaN, infinite, refused by a policy)."""

    kind = ErrorKind.INVALID_VALUE


class OutOfRangeError(CrmError, ValueError):
    """A value lies outside the range that can be represented exactly."""

    kind = ErrorKind.OUT_OF_RANGE


class MissingValueError(CrmError, ValueError):
    """A value that must be present is null."""

    kind = ErrorKind.MISSING_VALUE


class WrongTypeError(CrmError, TypeError):
    """A column or value has a type that is not accepted."""

    kind = ErrorKind.WRONG_TYPE


class LengthMismatchError(CrmError, ValueError):
    """Columns of one table differ in length."""

    kind = ErrorKind.LENGTH_MISMATCH


class EmptyError(CrmError, ValueError):
    """There is nothing to compute from."""

    kind = ErrorKind.EMPTY


class MissingColumnError(CrmError, LookupError):
    """A named column does not exist."""

    kind = ErrorKind.MISSING_COLUMN


class ParseError(CrmError, ValueError):
    """Text could not be read as the value that it should hold."""

    kind = ErrorKind.PARSE


class IoError(CrmError, OSError):
    """The operating system, or the library that hands over the data, refused to read or write."""

    kind = ErrorKind.IO


class CorruptError(CrmError, ValueError):
    """A file or serialised value is damaged or truncated."""

    kind = ErrorKind.CORRUPT


class IncompatibleError(CrmError, ValueError):
    """Two values do not fit together: other units, other id types, another format version."""

    kind = ErrorKind.INCOMPATIBLE


class InterruptedByCallerError(CrmError):
    """The caller asked to stop. Ctrl-C and errors of a progress callback arrive as they are instead."""

    kind = ErrorKind.INTERRUPTED


class NotUtf8Error(CrmError, ValueError):
    """Text is not valid UTF-8."""

    kind = ErrorKind.NOT_UTF8


_CLASSES: dict[int, type[CrmError]] = {
    int(error.kind): error for error in CrmError.__subclasses__() if error.kind is not None
}


def from_core(
    code: int, message: str, argument: str | None, row: int | None, line: int | None
) -> CrmError:
    """The exception of an error of the engine; a kind that is not known here is a plain `CrmError`."""
    error = _CLASSES.get(code, CrmError)
    return error(message, argument=argument, row=row, line=line, code=code)
