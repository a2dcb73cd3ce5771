"""Days as arguments."""

from __future__ import annotations

from datetime import date, datetime

from crm.error import WrongTypeError

__all__ = ["iso_text"]


def iso_text(argument: str, day: date | str) -> str:
    """A day as ISO text; a time of day is refused, because it would be dropped."""
    if isinstance(day, str):
        return day
    if isinstance(day, date) and not isinstance(day, datetime):
        return day.isoformat()
    hint = ": take its .date()" if isinstance(day, datetime) else ""
    message = f"{argument}: {type(day).__name__} is not accepted: must be a date or ISO text (YYYY-MM-DD){hint}"
    raise WrongTypeError(message, argument=argument)
