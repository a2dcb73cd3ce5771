"""Events of a points programme as columns, and instants in its time zone."""

# Annotations are not postponed here: of a postponed one, `TypedDict` could not tell what is required.

from datetime import date, datetime, timedelta, timezone
from typing import TYPE_CHECKING, Required, TypedDict, cast

from crm.column import ColumnLike, amount_column, id_column, time_column
from crm.error import WrongTypeError

if TYPE_CHECKING:
    from crm import _crm

__all__ = ["PointsEventColumns"]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


class PointsEventColumns(TypedDict, total=False):
    """The columns of a batch of events, one event a row: what `PointsLedger.apply` and `simulate_program` take as keyword arguments."""

    customer_id: Required[ColumnLike]
    """The members: integers or text, all of one kind."""
    event_id: Required[ColumnLike]
    """The id of each event: integers or text. It names one event of a member."""
    time: Required[ColumnLike]
    """Dates, or times; those without a zone are of the programme's. They rise for each member, unless events may be backdated."""
    kind: Required[ColumnLike]
    """`join`, `purchase`, `bonus`, `redeem`, `refund`, `cancel_redemption`, `cancel_accrual`, `extend`, `set_tier`, `merge` or `unmerge`."""
    points: ColumnLike | None
    """For a bonus and a redemption."""
    amount: ColumnLike | None
    """For a purchase; for a refund, all that is left if missing."""
    reference: ColumnLike | None
    """For a purchase the order that the line belongs to; for a refund, a cancellation and an unmerge the event that it is about."""
    category: ColumnLike | None
    """For a purchase."""
    tier: ColumnLike | None
    """For `set_tier`; no tier if missing."""
    other_id: ColumnLike | None
    """For a merge the member that is merged into this one."""
    amount_scale: int
    """Decimal digits of integer amounts (default 0)."""


def native_columns(caller: str, events: PointsEventColumns) -> "tuple[list[tuple[str, _crm.Column]], int]":
    """The columns of events by name, and the decimal digits of their amounts.

    Raises:
        TypeError: A column that must be there is not, or a name is none; as for keyword arguments of `caller`.
    """
    if missing := sorted(PointsEventColumns.__required_keys__ - events.keys()):
        raise TypeError(f"{caller}() missing required keyword arguments: {', '.join(missing)}")
    if unknown := sorted(events.keys() - PointsEventColumns.__annotations__.keys()):
        raise TypeError(f"{caller}() got unexpected keyword arguments: {', '.join(unknown)}")
    given = cast("dict[str, ColumnLike | None]", {name: values for name, values in events.items() if name != "amount_scale"})
    readers = {"time": time_column, "amount": amount_column}
    columns = [(name, readers.get(name, id_column)(name, values)) for name, values in given.items() if values is not None]
    return columns, events.get("amount_scale", 0)


def instant_of(program: "_crm.LoyaltyProgram", argument: str, value: date | str) -> int:
    """Microseconds since 1970: of a time with a zone, or of the start of a day in the programme's zone."""
    if not isinstance(value, datetime):
        return program.start_of(value if isinstance(value, str) else value.isoformat())
    if value.tzinfo is None:
        raise WrongTypeError(f"{argument}: a datetime without a zone is not accepted: give a zone, or a date", argument=argument)
    return (value - _EPOCH) // _MICROSECOND
