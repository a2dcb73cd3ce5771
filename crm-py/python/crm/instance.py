"""Arguments that must be objects of a class of this library."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from crm.error import WrongTypeError

__all__ = ["all_of", "must_be"]

T = TypeVar("T")


def must_be(kind: type, **arguments: object) -> None:
    """Refuses arguments that are not of that class.

    Raises:
        WrongTypeError: One is something else.
    """
    for argument, value in arguments.items():
        if not isinstance(value, kind):
            message = f"{argument}: {type(value).__name__} is not accepted: must be a crm.{kind.__name__}"
            raise WrongTypeError(message, argument=argument)


def all_of(kind: type[T], argument: str, values: Iterable[T]) -> list[T]:
    """The values as a list, if all are of that class.

    Raises:
        WrongTypeError: One is something else, or they are no list.
    """
    if isinstance(values, (str, bytes)) or not isinstance(values, Iterable):
        message = f"{argument}: {type(values).__name__} is not accepted: must be a list of crm.{kind.__name__}"
        raise WrongTypeError(message, argument=argument)
    listed = list(values)
    for row, value in enumerate(listed):
        if not isinstance(value, kind):
            message = f"{argument}, row {row}: {type(value).__name__} is not accepted: must be a crm.{kind.__name__}"
            raise WrongTypeError(message, argument=argument, row=row)
    return listed
