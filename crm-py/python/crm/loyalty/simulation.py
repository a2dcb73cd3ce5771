"""Other rules over the same history: who would stand where, and what it would have cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, TypedDict, Unpack

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, id_column, number_column, time_column
from crm.loyalty.events import PointsEventColumns, instant_of, native_columns
from crm.loyalty.points import LoyaltyProgram
from crm.loyalty.tiers import TierRules
from crm.table import Table

__all__ = ["ProgramSimulation", "ScoreObservations", "SimulatedProgram", "WinnersAndLosers", "simulate_program"]


@dataclass(frozen=True)
class SimulatedProgram:
    """What a history comes to under one set of rules."""

    tiers: list[str]
    """The names of the tiers, from low to high."""
    members: list[int]
    """Members in each tier at the end: those in none first, then from low to high. Members merged into others do not count."""
    tier_changes: int
    """Changes of tier along the way."""
    issued: int
    """Points earned."""
    burned: int
    """Points spent, less those that came back."""
    expired: int
    """Points that lapsed."""
    reversed: int
    """Points taken back by refunds and cancelled accruals."""
    outstanding: int
    """Points that members still have."""
    liability: float | None
    """The liability for them; None if no month of earning is old enough to tell which share is never redeemed."""
    cost: float
    """What the points spent cost."""
    unfit_burns: int
    """Burns of the history that no longer fit, and are left out."""
    unfit_points: int
    """Their points."""
    refused_rows: int
    """Other rows that these rules refuse, or that refer to a row left out, and are left out."""
    ignored_tier_events: int
    """Events `set_tier` that are left out because tiers follow from rules."""
    unused_scores: int
    """Scores that tiers would ask for, one a customer and day, of customers who are no members or are merged into others."""
    close_to_next: int
    """Members close to entering the next tier."""
    close_to_keep: int
    """Members that lack something to keep their tier, and are close to it."""


class ScoreObservations(TypedDict):
    """Scores as they were observed, a row a customer and day, in any order.

    A score holds from the start of its day, before the events of the day, until the next one; of two of one day the later row holds. Customers who join
    later bring the score that they have by then."""

    customer_id: ColumnLike
    """The customers."""
    day: ColumnLike
    """The days."""
    score: ColumnLike
    """The scores; a missing one, or NaN, leaves the one before."""


@dataclass(frozen=True)
class WinnersAndLosers:
    """Members that gain, lose or neither."""

    winners: int
    """Members that gain."""
    losers: int
    """Members that lose."""
    unchanged: int
    """Members for whom nothing changes."""


@dataclass(frozen=True)
class ProgramSimulation:
    """The same history under two sets of rules."""

    before: SimulatedProgram
    """Under the first rules."""
    after: SimulatedProgram
    """Under the other rules."""
    migration: npt.NDArray[np.int64]
    """Members by the tier before (rows) and after (columns); the first row and column are those in no tier."""
    by_tier: WinnersAndLosers
    """By the place of the tier."""
    by_points: WinnersAndLosers
    """By the points earned, less those taken back."""
    members: Table
    """A row a member: `customer_id`, tiers, points earned and available points before and after."""
    statement: str
    """What the numbers mean and do not mean: behaviour is held fixed."""


def simulate_program(
    before: LoyaltyProgram | Mapping[str, Any] | str,
    after: LoyaltyProgram | Mapping[str, Any] | str,
    *,
    as_of: date | str,
    scores: ScoreObservations | None = None,
    tiers_before: TierRules | None = None,
    tiers_after: TierRules | None = None,
    cost_per_point: Decimal | float | str = 0,
    value_per_point: Decimal | float | str = 0,
    breakage: Decimal | float | str | None = None,
    close_points: int | None = None,
    close_spend: Decimal | float | str | None = None,
    close_orders: int | None = None,
    close_balance: int | None = None,
    close_score: float | None = None,
    **events: Unpack[PointsEventColumns],
) -> ProgramSimulation:
    """Runs the events of a history under two sets of rules, and compares what comes of it.

    Behaviour is held fixed: the same purchases, refunds and burns happen, and the same scores are observed, under both. Burns that no longer fit are
    counted and left out, not shrunk or moved.

    Args:
        before: The rules in force.
        after: The other rules.
        as_of: The day up to whose start time passes.
        scores: The scores that were observed, for tiers that ask for one; nobody reaches those without.
        tiers_before: The rules of tiers in force; the events `set_tier` count without them, and are left out with them.
        tiers_after: The other rules of tiers.
        cost_per_point: What one redeemed point costs.
        value_per_point: The stand-alone price of one point, for the liability.
        breakage: The share that is never redeemed; that of the months all of whose points would have lapsed if not given.
        close_points: What counts as close to a threshold: at most so many qualifying points missing.
        close_spend: Or so much money.
        close_orders: Or so many orders.
        close_balance: Or so many spendable points.
        close_score: Or so many units of the score.
        **events: The columns of the events by name, as `PointsEventColumns` lists them.

    Raises:
        InvalidValueError: A row is wrong under both rules, a score is infinite, or `as_of` is before an event or a score.
        OutOfRangeError: The same, or totals do not fit.

    >>> history = {
    ...     "customer_id": ["ann", "ann", "ann"],
    ...     "event_id": [1, 2, 3],
    ...     "time": [date(2024, 1, 1), date(2024, 2, 1), date(2024, 3, 1)],
    ...     "kind": ["join", "purchase", "redeem"],
    ...     "amount": [None, 120.0, None],
    ...     "points": [None, None, 100],
    ... }
    >>> found = simulate_program({}, {"earn": {"per": 2}}, as_of="2024-12-31", **history)
    >>> found.before.burned, found.after.burned, found.after.unfit_burns, found.by_points.losers
    (100, 0, 1, 1)
    """
    rules = [program if isinstance(program, LoyaltyProgram) else LoyaltyProgram(program) for program in (before, after)]
    columns, amount_scale = native_columns("simulate_program", events)
    observed = None
    if scores is not None:
        days = time_column("scores.day", scores["day"])
        observed = (id_column("scores.customer_id", scores["customer_id"]), days, number_column("scores.score", scores["score"]))
    close = (close_points, None if close_spend is None else str(close_spend), close_orders, close_balance, close_score)
    one, other, migration, by_tier, by_points, members, statement = _crm.simulate_program(
        columns,
        amount_scale,
        observed,
        rules[0]._native,
        None if tiers_before is None else tiers_before._native,
        rules[1]._native,
        None if tiers_after is None else tiers_after._native,
        instant_of(rules[0]._native, "as_of", as_of),
        str(cost_per_point),
        str(value_per_point),
        None if breakage is None else str(breakage),
        close,
    )
    sides = SimulatedProgram(**one), SimulatedProgram(**other)
    matrix = np.array(migration, dtype=np.int64).reshape(len(sides[0].members), len(sides[1].members))
    return ProgramSimulation(*sides, matrix, WinnersAndLosers(*by_tier), WinnersAndLosers(*by_points), Table(members), statement)
