"""The points programme, its ledger, and the liability for points."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Unpack

from crm import _crm
from crm.column import integer_list
from crm.loyalty.events import PointsEventColumns, instant_of, native_columns
from crm.table import Table

__all__ = [
    "LoyaltyProgram",
    "MemberStatement",
    "PeriodStatement",
    "PointsBalance",
    "PointsLedger",
    "PointsLiability",
    "PointsRevenue",
    "PriceAllocation",
    "allocate_price",
    "recognize_points",
]

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
class PointsBalance:
    """Balances at one moment."""

    available: int
    """Points that can be spent."""
    pending: int
    """Points that cannot be spent yet."""
    owed: int
    """Points that are owed."""


@dataclass(frozen=True)
class PeriodStatement:
    """What happened to a member in a period."""

    opening: PointsBalance
    """Balances at the start."""
    closing: PointsBalance
    """Balances at the end: the opening ones and all postings of the period."""
    points: dict[str, int]
    """The points of each kind of posting that there is in the period."""
    rows: list[int]
    """The rows of its postings, in the order of time; counted over all tables, one after another."""


class PointsLiability:
    """The liability for points, by the month in which they were earned."""

    __slots__ = ("_native",)

    def __init__(self, native: _crm.PointsLiability) -> None:
        self._native = native

    @property
    def months(self) -> Table:
        """A row a month: points earned, redeemed, expired, reversed, outstanding, expected to be redeemed in all, and the value of those still expected."""
        return Table(self._native.months())

    @property
    def breakage(self) -> float:
        """The share of points that is expected never to be redeemed."""
        return self._native.breakage()

    @property
    def total(self) -> float:
        """The liability of all months."""
        return self._native.total()

    def deferred(self, allocated: Sequence[Decimal | float | str]) -> list[Decimal]:
        """What is still deferred of the amounts allocated to the points of each month: `allocated * (1 - redeemed / expected)`.

        Args:
            allocated: The deferred part of the prices of each month, as `allocate_price` splits them.

        Raises:
            LengthMismatchError: There is not one amount a month.
            OutOfRangeError: An amount is below 0; with its row.
        """
        return [Decimal(amount) for amount in self._native.deferred([str(amount) for amount in allocated])]


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

    def __init__(self, program: LoyaltyProgram | Mapping[str, Any] | str, *, threads: int = 0) -> None:
        """A ledger without members.

        Args:
            program: The rules.
            threads: Threads that run a batch, 0 for all there are; what comes out does not depend on it.

        Raises:
            InvalidArgumentError: More than 1024 threads.
        """
        self._program = program if isinstance(program, LoyaltyProgram) else LoyaltyProgram(program)
        self._native = _crm.PointsLedger(self._program._native)
        self._native.set_threads(threads)

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

    def apply(self, **events: Unpack[PointsEventColumns]) -> Table:
        """Applies a batch of events, one a row, and gives the postings.

        Args:
            **events: The columns by name, as `PointsEventColumns` lists them.

        Returns:
            The postings. Those with `correction` take back an earlier posting, with negative points, or replace it, after a backdated event.

        Raises:
            InvalidValueError: Somebody is no member, an id came before, time goes backwards, or there is nothing to refund or to cancel.
            OutOfRangeError: Points are below 1 or above those available, or a refund is above what is left.
            MissingValueError: A row lacks what its kind needs.
            LengthMismatchError: The columns differ in length.
        """
        return Table(self._native.apply(*native_columns("apply", events)))

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

    def period(self, entries: Table | Iterable[Table], customer_id: int | str, start: date | str, until: date | str) -> PeriodStatement:
        """What happened to a member in a period, from all of its postings so far. The ledger keeps no postings: give those that `apply` and `advance` gave.

        Args:
            entries: A table of postings, or several in their order.
            customer_id: The member; a stranger has a statement of nothing.
            start: The start of a day, or a `datetime` with a zone: postings that take effect from then on are of the period.
            until: The first day, or instant, after the period.

        Raises:
            MissingColumnError: A table is not one of postings.

        >>> from datetime import date
        >>> ledger = PointsLedger({})
        >>> days = [date(2024, 1, 1), date(2024, 1, 1), date(2024, 2, 1)]
        >>> entries = ledger.apply(
        ...     customer_id=["ann"] * 3, event_id=[1, 2, 3], time=days, kind=["join", "bonus", "redeem"], points=[None, 50, 20]
        ... )
        >>> february = ledger.period(entries, "ann", "2024-02-01", "2024-03-01")
        >>> february.opening.available, february.points, february.closing.available
        (50, {'redeemed': 20}, 30)
        """
        tables = [entries._native] if isinstance(entries, Table) else [table._native for table in entries]
        first, last = self._instant("start", start), self._instant("until", until)
        opening, closing, points, rows = _crm.points_period(tables, customer_id, first, last)
        return PeriodStatement(PointsBalance(*opening), PointsBalance(*closing), dict(points), rows)

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
        return PointsLiability(self._native.liability(self._instant("as_of", as_of), str(value_per_point), share))

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
    def from_bytes(cls, data: bytes, *, threads: int = 0) -> PointsLedger:
        """A ledger from its bytes; it goes on where the saved one stood, on as many threads as are given here.

        Raises:
            CorruptError: The bytes are damaged or something else.
        """
        ledger = object.__new__(cls)
        ledger._native = _crm.PointsLedger.from_bytes(data)
        ledger._native.set_threads(threads)
        ledger._program = LoyaltyProgram(ledger._native.program().to_json())
        return ledger

    def _instant(self, argument: str, value: date | str) -> int:
        return instant_of(self._program._native, argument, value)


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
    columns = _crm.recognize_points(str(allocated), integer_list("redeemed", redeemed), integer_list("expected", expected))
    return PointsRevenue(*([Decimal(amount) for amount in column] for column in columns))
