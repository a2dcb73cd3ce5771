"""The points programme, its ledger, and the liability for points."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from crm import _crm
from crm.column import ColumnLike, amount_column, id_column, time_column
from crm.error import WrongTypeError
from crm.table import Table

__all__ = [
    "LoyaltyProgram",
    "MemberStatement",
    "PointsLedger",
    "PointsLiability",
    "PointsRevenue",
    "PriceAllocation",
    "allocate_price",
    "recognize_points",
]

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MICROSECOND = timedelta(microseconds=1)


class LoyaltyProgram:
    """The rules of a points programme: how points are earned, when they lapse, which are spent first, and what refunds and cancellations do.

    Args:
        rules: A mapping, or its JSON text; every part that keeps its default may be left out. See the guide for all of them.

    Raises:
        ParseError: The text is no JSON of rules, or has a name that is none.
        InvalidArgumentError: A rule makes no sense; it is named.

    >>> program = LoyaltyProgram({"expiry": {"months": 12, "rounding": "month"}})
    >>> LoyaltyProgram(program.to_json()) == program
    True
    """

    __slots__ = ("_native",)

    def __init__(self, rules: Mapping[str, Any] | str | None = None) -> None:
        text = rules if isinstance(rules, str) else json.dumps({} if rules is None else dict(rules), default=str)
        self._native = _crm.LoyaltyProgram(text)

    def to_json(self) -> str:
        """The rules as JSON text, with every default."""
        return self._native.to_json()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, LoyaltyProgram) and self._native == other._native

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class MemberStatement:
    """What a member has."""

    tier: str | None
    """The tier, if the member is in one."""
    available: int
    """Points that can be spent."""
    pending: int
    """Points that were earned and cannot be spent yet."""
    owed: int
    """Points that are owed."""
    totals: dict[str, int]
    """What became of all points since joining: earned + restored + received = available + pending + spent + expired + reversed + settled + sent."""
    lots: Table
    """The points in the order in which they are spent: what they come from, how many, since when, and when they lapse."""


@dataclass(frozen=True)
class PointsLiability:
    """The liability for points, by the month in which they were earned."""

    months: Table
    """A row a month: points earned, redeemed, expired, reversed, outstanding, expected to be redeemed in all, and the value of those still expected."""
    breakage: float
    """The share of points that is expected never to be redeemed."""

    @property
    def total(self) -> float:
        """The liability of all months."""
        return float(sum(self.months["liability"]))


@dataclass(frozen=True)
class PriceAllocation:
    """A price split between the goods and the points that came with them."""

    products: Decimal
    """The part of the goods, revenue at once."""
    points: Decimal
    """The part of the points, deferred."""


@dataclass(frozen=True)
class PointsRevenue:
    """Revenue from points, period by period."""

    revenue: list[Decimal]
    """Revenue of each period."""
    cumulative: list[Decimal]
    """Revenue up to the end of each period."""
    liability: list[Decimal]
    """What is still deferred at the end of each period."""


class PointsLedger:
    """The points of many members: events in, postings out.

    A batch is applied in whole or not at all: on an error the ledger stays as it was, and the error names the row, the event, the value and the
    bound. Batching does not matter. Calls from several threads wait for each other.

    >>> from datetime import date
    >>> ledger = PointsLedger(LoyaltyProgram({"expiry": {"months": 12, "rounding": "month"}}))
    >>> entries = ledger.apply(
    ...     customer_id=["ann", "ann", "ann"],
    ...     event_id=[1, 2, 3],
    ...     time=[date(2020, 7, 6), date(2020, 7, 6), date(2020, 8, 1)],
    ...     kind=["join", "purchase", "redeem"],
    ...     amount=[None, 120.5, None],
    ...     points=[None, None, 20],
    ... )
    >>> [(str(kind), int(points)) for kind, points in zip(entries["kind"], entries["points"])]
    [('earned', 120), ('redeemed', 20)]
    >>> int(ledger.balances("2021-07-31")["available"][0]), int(ledger.balances("2021-08-01")["available"][0])
    (100, 0)
    """

    __slots__ = ("_native", "_program")

    def __init__(self, program: LoyaltyProgram | Mapping[str, Any] | str) -> None:
        self._program = program if isinstance(program, LoyaltyProgram) else LoyaltyProgram(program)
        self._native = _crm.PointsLedger(self._program._native)

    @property
    def program(self) -> LoyaltyProgram:
        """The rules."""
        return self._program

    @property
    def rows(self) -> int:
        """How many rows were applied so far."""
        return self._native.rows()

    def __len__(self) -> int:
        """How many members there are, those merged into others included."""
        return len(self._native)

    def apply(
        self,
        *,
        customer_id: ColumnLike,
        event_id: ColumnLike,
        time: ColumnLike,
        kind: ColumnLike,
        points: ColumnLike | None = None,
        amount: ColumnLike | None = None,
        reference: ColumnLike | None = None,
        category: ColumnLike | None = None,
        tier: ColumnLike | None = None,
        other_id: ColumnLike | None = None,
        amount_scale: int = 0,
    ) -> Table:
        """Applies a batch of events, one a row, and gives the postings.

        Args:
            customer_id: The members: integers or text, all of one kind.
            event_id: The id of each event: integers or text. It names one event of a member.
            time: Dates, or times; those without a zone are of the programme's. They rise for each member, unless events may be backdated.
            kind: `join`, `purchase`, `bonus`, `redeem`, `refund`, `cancel_redemption`, `cancel_accrual`, `extend`, `set_tier`, `merge` or `unmerge`.
            points: For a bonus and a redemption.
            amount: For a purchase; for a refund, all that is left if missing.
            reference: For a purchase the order that the line belongs to; for a refund, a cancellation and an unmerge the event that it is about.
            category: For a purchase.
            tier: For `set_tier`; no tier if missing.
            other_id: For a merge the member that is merged into this one.
            amount_scale: Decimal digits of integer amounts.

        Returns:
            The postings. Those with `correction` take back an earlier posting, with negative points, or replace it, after a backdated event.

        Raises:
            InvalidValueError: Somebody is no member, an id came before, time goes backwards, or there is nothing to refund or to cancel.
            OutOfRangeError: Points are below 1 or above those available, or a refund is above what is left.
            MissingValueError: A row lacks what its kind needs.
            LengthMismatchError: The columns differ in length.
        """
        columns = [
            ("customer_id", id_column("customer_id", customer_id)),
            ("event_id", id_column("event_id", event_id)),
            ("time", time_column("time", time)),
            ("kind", id_column("kind", kind)),
        ]
        if amount is not None:
            columns.append(("amount", amount_column("amount", amount)))
        optional = {"points": points, "reference": reference, "category": category, "tier": tier, "other_id": other_id}
        columns += [(name, id_column(name, values)) for name, values in optional.items() if values is not None]
        return Table(self._native.apply(columns, amount_scale))

    def advance(self, to: date | str) -> Table:
        """Lets time pass for every member up to an instant, and gives the postings of what lapses or becomes available until then.

        Args:
            to: The start of a day, or a `datetime` with a zone.

        Raises:
            InvalidValueError: A member has an event after that time.
        """
        return Table(self._native.advance(self._instant("to", to)))

    def balances(self, as_of: date | str) -> Table:
        """A row a member, in the order of joining: points available, pending and owed, and what lapses next. The ledger does not change.

        Args:
            as_of: The start of a day, or a `datetime` with a zone; what falls due until then has happened.

        Raises:
            InvalidValueError: A member has an event after that time.
        """
        return Table(self._native.balances(self._instant("as_of", as_of)))

    def statement(self, customer_id: int | str, as_of: date | str) -> MemberStatement:
        """What a member has; of a merged member what the holder of its points has.

        Raises:
            InvalidValueError: There is no such member, or it has an event after that time.
        """
        about, lots = self._native.statement(customer_id, self._instant("as_of", as_of))
        return MemberStatement(lots=Table(lots), **about)

    def liability(
        self, as_of: date | str, *, value_per_point: Decimal | float | str, breakage: Decimal | float | str | None = None
    ) -> PointsLiability:
        """The liability by the month of earning: points still expected to be redeemed, at their value.

        Args:
            as_of: As for `balances`.
            value_per_point: The stand-alone price of one point that is redeemed.
            breakage: The share that is never redeemed; that of the months all of whose points would have lapsed if not given.

        Raises:
            EmptyError: No month is matured.
        """
        share = None if breakage is None else str(breakage)
        months, used = self._native.liability(self._instant("as_of", as_of), str(value_per_point), share)
        return PointsLiability(Table(months), used)

    def verify(self) -> None:
        """Checks the laws of conservation and counts every point again.

        Raises:
            CorruptError: They do not hold.
        """
        self._native.verify()

    def to_bytes(self) -> bytes:
        """The ledger with its rules, members and merges."""
        return self._native.to_bytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> PointsLedger:
        """A ledger from its bytes; it goes on where the saved one stood.

        Raises:
            CorruptError: The bytes are damaged or something else.
        """
        ledger = object.__new__(cls)
        ledger._native = _crm.PointsLedger.from_bytes(data)
        ledger._program = LoyaltyProgram(ledger._native.program().to_json())
        return ledger

    def _instant(self, argument: str, value: date | str) -> int:
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise WrongTypeError(f"{argument}: a datetime without a zone is not accepted: give a zone, or a date", argument=argument)
            return (value - _EPOCH) // _MICROSECOND
        return self._program._native.start_of(value if isinstance(value, str) else value.isoformat())


def allocate_price(
    price: Decimal | float | str, *, products_alone: Decimal | float | str, points_alone: Decimal | float | str
) -> PriceAllocation:
    """Splits a price by relative stand-alone prices (IFRS 15): `points = price * points_alone / (products_alone + points_alone)`.

    >>> split = allocate_price(100_000, products_alone=100_000, points_alone=9_500)
    >>> round(split.products), round(split.points)
    (91324, 8676)
    """
    products, points = _crm.allocate_price(str(price), str(products_alone), str(points_alone))
    return PriceAllocation(Decimal(products), Decimal(points))


def recognize_points(allocated: Decimal | float | str, *, redeemed: Sequence[int], expected: Sequence[int]) -> PointsRevenue:
    """Recognises deferred revenue in proportion to the points redeemed so far: `cumulative = allocated * redeemed / expected`.

    Args:
        allocated: The deferred part of the price.
        redeemed: Points redeemed up to the end of each period.
        expected: Points expected to be redeemed in all, as estimated at the end of each period.

    >>> revenue = recognize_points(9_000, redeemed=[4_500, 8_500], expected=[9_700, 9_900])
    >>> [round(year) for year in revenue.revenue]
    [4175, 3552]
    """
    columns = _crm.recognize_points(str(allocated), list(redeemed), list(expected))
    return PointsRevenue(*([Decimal(amount) for amount in column] for column in columns))
