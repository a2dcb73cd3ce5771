"""Tiers: who is in which, since when and until when, and what is missing to keep it and to rise."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, id_column, number_column, number_list, time_column
from crm.table import Table

__all__ = [
    "Qualification",
    "Tier",
    "TierDowngrade",
    "TierHoldKind",
    "TierLanding",
    "TierLength",
    "TierMeasure",
    "TierPeriod",
    "TierQuotas",
    "TierReason",
    "TierRoster",
    "TierRules",
    "TierUpgrade",
    "all_of",
    "any_of",
    "at_least",
    "fixed_period",
    "joining_period",
    "rolling_period",
    "tier_period",
]

TierMeasure: TypeAlias = Literal["qualifying_points", "spend", "orders", "points_balance", "score"]
"""What a tier asks for. The first three add up over a period; the balance of points and the score are levels."""
TierUpgrade: TypeAlias = Literal["immediate", "period_end"]
TierDowngrade: TypeAlias = Literal["period_end", "immediate", "never"]
TierLanding: TypeAlias = Literal["by_balance", "one_down"]
TierHoldKind: TypeAlias = Literal["at_least", "exactly"]
TierReason: TypeAlias = Literal[
    "joined",
    "entry_reached",
    "entry_at_period_end",
    "keep_missed",
    "keep_missed_at_period_end",
    "grace_ended",
    "reached_for_life",
    "hold_placed",
    "hold_ended",
    "hold_released",
    "kept_at_period_end",
    "grace_started",
    "kept_in_grace",
]
Qualification: TypeAlias = dict[str, Any]
"""What a member must reach: made by `at_least`, `all_of` and `any_of`."""
TierLength: TypeAlias = Mapping[Literal["months", "days"], int]
"""A length of calendar time: `{"months": 12}` or `{"days": 90}`."""
TierPeriod: TypeAlias = dict[str, Any] | Literal["unbounded"]
"""The time over which measures add up: made by the functions `..._period`, or "unbounded" for all time."""


def at_least(measure: TierMeasure, value: float) -> Qualification:
    """At least so much of a measure: points, orders, currency units, or units of the score.

    >>> at_least("spend", 500)
    {'at_least': {'measure': 'spend', 'value': 500}}
    """
    return {"at_least": {"measure": measure, "value": value}}


def all_of(*parts: Qualification) -> Qualification:
    """Every part holds; without parts, everybody qualifies."""
    return {"all": list(parts)}


def any_of(*parts: Qualification) -> Qualification:
    """At least one part holds."""
    return {"any": list(parts)}


def fixed_period(start: date | str, length: TierLength) -> TierPeriod:
    """The same dates for everybody, such as calendar years: the first day of one period, and the length of each."""
    return {"fixed": {"start": str(start), "length": dict(length)}}


def joining_period(length: TierLength) -> TierPeriod:
    """Periods from each anniversary of joining."""
    return {"joining": {"length": dict(length)}}


def tier_period(length: TierLength, *, at_upgrade: Literal["restart", "continue"] = "restart") -> TierPeriod:
    """Periods from each change of tier; at an upgrade the totals start again at 0, or go on."""
    return {"tier": {"length": dict(length), "at_upgrade": at_upgrade}}


def rolling_period(length: TierLength, *, review: TierLength | None = None) -> TierPeriod:
    """The last days or months up to and with today. `review` is the time between the ends of periods, counted from joining; it is needed if something
    waits for the end of a period."""
    window: dict[str, Any] = {"length": dict(length)}
    if review is not None:
        window["review"] = dict(review)
    return {"rolling": window}


@dataclass(frozen=True)
class Tier:
    """One tier."""

    name: str
    """The name."""
    entry: Qualification
    """What a member must reach to come in."""
    keep: Qualification | None = None
    """What keeps a member in; the entry if not given. It must not ask for more than the entry."""
    lifetime: Qualification | None = None
    """What the totals of a whole life must reach to hold the tier for ever."""


class TierRules:
    """The tiers of a programme, from low to high, and their rules.

    Entries must be nested: whoever qualifies for a tier qualifies for each lower one. Below the first tier a member has none.

    Args:
        tiers: The tiers, from low to high.
        period: The time over which measures add up (default: twelve months from each anniversary of joining).
        upgrade: When a member rises.
        downgrade: When a member falls.
        landing: Where a falling member lands.
        grace: For how long a member that would fall stays, and may still make up for it.

    Raises:
        InvalidArgumentError: Tiers overlap or are not in order, a keep condition is above the entry, or options contradict each other.
        CorruptError: A condition or a period is none.

    >>> rules = TierRules(
    ...     [Tier("Silver", at_least("qualifying_points", 100)), Tier("Gold", at_least("qualifying_points", 300))],
    ...     period=fixed_period("2024-01-01", {"months": 12}),
    ... )
    >>> rules.names
    ['Silver', 'Gold']
    """

    __slots__ = ("_native",)
    _native: _crm.TierRules

    def __init__(
        self,
        tiers: Sequence[Tier],
        *,
        period: TierPeriod | None = None,
        upgrade: TierUpgrade = "immediate",
        downgrade: TierDowngrade = "period_end",
        landing: TierLanding = "by_balance",
        grace: TierLength | None = None,
    ) -> None:
        saved = {
            "model": "tier_rules",
            "version": 1,
            "tiers": [_tier(tier) for tier in tiers],
            "options": _options(period, upgrade, downgrade, landing, grace),
        }
        self._native = _crm.TierRules.from_json(json.dumps(saved))

    @classmethod
    def _of(cls, native: _crm.TierRules) -> TierRules:
        rules = cls.__new__(cls)
        rules._native = native
        return rules

    @classmethod
    def from_json(cls, text: str) -> TierRules:
        """Rules from what `to_json` gave.

        Raises:
            CorruptError: The text holds no rules.
            IncompatibleError: The text is of a later version.
            InvalidArgumentError: The rules make no sense.
        """
        return cls._of(_crm.TierRules.from_json(text))

    def to_json(self) -> str:
        """The rules as JSON text."""
        return self._native.to_json()

    @property
    def names(self) -> list[str]:
        """The names of the tiers, from low to high."""
        return self._native.names()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TierRules) and self._native == other._native

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<TierRules: {', '.join(self.names)}>"


def _tier(tier: Tier) -> dict[str, Any]:
    given = {"keep": tier.keep, "lifetime": tier.lifetime}
    return {"name": tier.name, "entry": tier.entry} | {name: part for name, part in given.items() if part is not None}


def _options(
    period: TierPeriod | None, upgrade: TierUpgrade, downgrade: TierDowngrade, landing: TierLanding, grace: TierLength | None
) -> dict[str, Any]:
    options: dict[str, Any] = {"upgrade": upgrade, "downgrade": downgrade, "landing": landing}
    if period is not None:
        options["period"] = period
    if grace is not None:
        options["grace"] = dict(grace)
    return options


class TierRoster:
    """Members under tier rules.

    Rows come in the order of days for each member, in any batches; a batch is taken up in whole or not at all.

    >>> rules = TierRules([Tier("Silver", at_least("qualifying_points", 100))])
    >>> roster = TierRoster(rules)
    >>> roster.join(["ann", "bob"], [date(2024, 1, 5), date(2024, 1, 5)])
    >>> changes = roster.qualify(["ann", "bob"], [date(2024, 2, 1), date(2024, 2, 2)], qualifying_points=[120, 80])
    >>> changes["customer_id"].tolist(), changes["to_tier"].tolist()
    (['ann'], ['Silver'])
    >>> standings = roster.standings("2024-03-01")
    >>> standings["tier"].tolist(), standings["qualifying_points_to_next"].tolist()
    (['Silver', None], [nan, 20.0])
    """

    __slots__ = ("_native",)
    _native: _crm.TierRoster

    def __init__(self, rules: TierRules) -> None:
        self._native = _crm.TierRoster(rules._native)

    @classmethod
    def from_json(cls, text: str) -> TierRoster:
        """A roster, with its rules, from what `to_json` gave.

        Raises:
            CorruptError: The text holds no roster.
            IncompatibleError: The text is of a later version, or a state is none that the rules lead to.
        """
        roster = cls.__new__(cls)
        roster._native = _crm.TierRoster.from_json(text)
        return roster

    def to_json(self) -> str:
        """The roster, with its rules, as JSON text."""
        return self._native.to_json()

    @property
    def rules(self) -> TierRules:
        """The rules."""
        return TierRules._of(self._native.rules())

    def __len__(self) -> int:
        return len(self._native)

    def join(self, customer_id: ColumnLike, joined: ColumnLike) -> None:
        """Takes in members, with the days on which they join.

        Raises:
            InvalidValueError: Somebody is a member already.
        """
        self._native.join(id_column("customer_id", customer_id), time_column("joined", joined))

    def qualify(
        self,
        customer_id: ColumnLike,
        day: ColumnLike,
        *,
        qualifying_points: ColumnLike | None = None,
        spend: ColumnLike | None = None,
        orders: ColumnLike | None = None,
        points_balance: ColumnLike | None = None,
        score: ColumnLike | None = None,
    ) -> Table:
        """Takes up what members did, and gives what happened to their tiers up to then, in columns `customer_id`, `day`, `from_tier`, `to_tier` and
        `reason` (a `TierReason`). Where a tier is only kept, or grace begins, both tiers are the same.

        Args:
            customer_id: The members.
            day: When.
            qualifying_points: Points that come on top, negative when taken back; a missing one is 0, as for the next two.
            spend: Money that comes on top.
            orders: Orders that come on top.
            points_balance: New balances of spendable points; a missing one leaves the balance.
            score: New scores; a missing one, and NaN, leaves the score.

        Raises:
            InvalidValueError: Somebody is no member.
            OutOfRangeError: A day is before one that came before, or a total is beyond its range.
        """
        given = {"qualifying_points": qualifying_points, "spend": spend, "orders": orders}
        levels = {"points_balance": points_balance, "score": score}
        columns = [None if values is None else number_column(name, values) for name, values in (given | levels).items()]
        native = self._native.qualify(id_column("customer_id", customer_id), time_column("day", day), *columns)
        return Table(native)

    def hold(
        self,
        customer_id: ColumnLike,
        day: ColumnLike,
        tier: ColumnLike,
        *,
        kind: TierHoldKind = "at_least",
        until: ColumnLike | None = None,
    ) -> Table:
        """Places holds: from a day on each member has at least, or exactly, a tier, up to the day before `until`; what it earns goes on below. A missing tier is
        none. The table is that of `qualify`.

        Raises:
            InvalidArgumentError: A tier is unknown, or a hold ends on its first day or before.
        """
        ends = None if until is None else time_column("until", until)
        ids, days = id_column("customer_id", customer_id), time_column("day", day)
        return Table(self._native.hold(ids, days, id_column("tier", tier), kind, ends))

    def release(self, customer_id: ColumnLike, day: ColumnLike) -> Table:
        """Releases holds; members without one stay as they are. The table is that of `qualify`."""
        return Table(self._native.release(id_column("customer_id", customer_id), time_column("day", day)))

    def advance(self, day: date | str) -> Table:
        """Lets time pass for every member up to a day. The table is that of `qualify`.

        Raises:
            OutOfRangeError: A member is known beyond that day.
        """
        return Table(self._native.advance(str(day)))

    def standings(self, day: date | str) -> Table:
        """Where every member stands on a day if nothing more happens up to then; the roster does not change.

        Columns: `customer_id`, `tier`, `since`, `expires` (the first day with a lower tier if nothing more happens), `reason`, `projected_tier` and
        `projected_day`, `grace_ends`, and for each measure what is missing of it alone, `..._to_keep` and `..._to_next`: NaN where that
        measure alone cannot do it.

        Raises:
            OutOfRangeError: A member is known beyond that day.
        """
        return Table(self._native.standings(str(day)))

    def __repr__(self) -> str:
        return f"<TierRoster: {len(self)} members>"


@dataclass(frozen=True)
class TierQuotas:
    """Where shares of members cut a column of values, tier by tier from low to high.

    >>> cut = TierQuotas.cut({"Silver": 0.4, "Gold": 0.2}, [50.0, 40.0, 40.0, 30.0, 20.0])
    >>> cut.thresholds, cut.taken, cut.overshoot
    ([40.0, 50.0], [2, 1], [0, 0])
    """

    names: list[str]
    """The names of the tiers."""
    thresholds: list[float | None]
    """The lowest value in the tier; None for an empty tier."""
    wanted: list[int]
    """Places that the shares give."""
    taken: list[int]
    """Members in the tier."""
    overshoot: list[int]
    """Members in this and all higher tiers above the places of these tiers, because a tie is never split."""
    members: int
    """Members with a value."""
    missing: int
    """Members without a value (NaN); they have no tier and do not count for the shares."""

    @classmethod
    def cut(cls, shares: Mapping[str, float], values: ColumnLike) -> TierQuotas:
        """Cuts a column of values by the shares of tiers, from low to high.

        Raises:
            InvalidArgumentError: A share is outside (0, 1], or they sum to more than 1.
            InvalidValueError: A value is infinite.
            EmptyError: There is no value.
        """
        return cls(list(shares), *_crm.cut_quotas(_named(shares), number_column("values", values)))

    @staticmethod
    def rules(
        shares: Mapping[str, float],
        values: ColumnLike,
        measure: TierMeasure,
        *,
        period: TierPeriod | None = None,
        upgrade: TierUpgrade = "immediate",
        downgrade: TierDowngrade = "period_end",
        landing: TierLanding = "by_balance",
        grace: TierLength | None = None,
    ) -> TierRules:
        """Rules whose thresholds are the cuts of a column of a measure; options as for `TierRules`.

        Raises:
            InvalidValueError: A tier is empty: a tie in a higher tier took its places.
            InvalidArgumentError: As for `cut` and `TierRules`.
        """
        options = json.dumps(_options(period, upgrade, downgrade, landing, grace))
        native = _crm.quota_rules(_named(shares), number_column("values", values), measure, options)
        return TierRules._of(native)


def _named(shares: Mapping[str, float]) -> list[tuple[str, float]]:
    return list(zip(shares, number_list("shares", shares.values()), strict=True))
