"""Rewards: what a programme offers, who may have it, and what a plan costs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from operator import index
from typing import Any, Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, id_column, name_list, number_column
from crm.error import InvalidArgumentError, WrongTypeError
from crm.loyalty.tiers import Qualification
from crm.table import Table

__all__ = ["Reward", "RewardCatalogue", "RewardGrant", "RewardKind", "RewardMembers", "RewardObstacle", "RewardPlan"]

RewardKind: TypeAlias = Literal["material", "status", "opportunity"]
"""What sort of incentive a reward is: goods and vouchers, recognition, or a chance such as early access."""
RewardObstacle: TypeAlias = Literal[
    "not_yet_valid", "no_longer_valid", "tier", "segment", "threshold", "member_cap", "total_cap", "points"
]
"""Why a member may not have a reward."""
RewardGrant: TypeAlias = tuple[int, str, int]
"""A member by its row, a reward by its name, and how many."""


@dataclass(frozen=True)
class Reward:
    """One reward."""

    name: str
    """The name."""
    unit_cost: float
    """What one costs the company."""
    kind: RewardKind = "material"
    """What sort of incentive it is."""
    points_price: int = 0
    """What one costs the member in points."""
    perceived_value: float = 0.0
    """What one is worth to the member."""
    tiers: Sequence[str] = field(default_factory=tuple)
    """The tiers that may have it; all members, with or without a tier, if empty."""
    segments: Sequence[str] = field(default_factory=tuple)
    """The segments that may have it; all members if empty."""
    threshold: Qualification | None = None
    """What the member's measures must reach."""
    cap_per_member: int | None = None
    """Most for one member."""
    cap_total: int | None = None
    """Most for all members together."""
    valid_from: date | str | None = None
    """The first day on which it is offered."""
    valid_until: date | str | None = None
    """The first day on which it is offered no more."""


class RewardMembers:
    """What rewards look at in members, a row a member; what is not given is 0, or none.

    Args:
        tier: Names of tiers, null for none.
        segment: Names of segments, null for none.
        qualifying_points: Qualifying points.
        spend: Money spent.
        orders: Orders.
        points_balance: Spendable points, with which rewards are paid.
        score: Scores.

    Raises:
        InvalidArgumentError: There is no column.
        LengthMismatchError: Columns differ in length.
    """

    __slots__ = ("_native",)
    _native: _crm.RewardMembers

    def __init__(
        self,
        *,
        tier: ColumnLike | None = None,
        segment: ColumnLike | None = None,
        qualifying_points: ColumnLike | None = None,
        spend: ColumnLike | None = None,
        orders: ColumnLike | None = None,
        points_balance: ColumnLike | None = None,
        score: ColumnLike | None = None,
    ) -> None:
        texts = {"tier": tier, "segment": segment}
        numbers = {
            "qualifying_points": qualifying_points,
            "spend": spend,
            "orders": orders,
            "points_balance": points_balance,
            "score": score,
        }
        columns = [None if values is None else id_column(name, values) for name, values in texts.items()]
        columns += [None if values is None else number_column(name, values) for name, values in numbers.items()]
        self._native = _crm.RewardMembers(*columns)

    def __len__(self) -> int:
        return len(self._native)


@dataclass(frozen=True)
class RewardPlan:
    """What a plan of rewards comes to."""

    wishes: Table
    """A row a wish: `member`, `reward`, `quantity`, `granted`, and a column of truth values for each `RewardObstacle`."""
    rewards: Table
    """A row a reward: units `granted`, `members` with at least one, `cost`, `points` that members pay, `perceived_value`."""
    balances: list[int]
    """Each member's points after the plan."""
    cost: float
    """What the plan costs the company."""


class RewardCatalogue:
    """What a programme offers.

    Raises:
        InvalidArgumentError: A name is missing or comes twice, or a cost, price, validity or eligibility makes no sense.

    >>> catalogue = RewardCatalogue([Reward("Mug", 3.2, points_price=400), Reward("Lounge", 12.5, kind="status", tiers=["Gold"])])
    >>> members = RewardMembers(tier=["Gold", None], points_balance=[100, 1000])
    >>> table = catalogue.eligibility(members, "2024-05-01")
    >>> table["eligible"].tolist(), table["points"].tolist(), table["tier"].tolist()
    ([False, True, True, False], [True, False, False, False], [False, False, False, True])
    >>> plan = catalogue.plan(members, [(1, "Mug", 2), (1, "Mug", 1), (0, "Lounge", 1)], "2024-05-01")
    >>> plan.wishes["granted"].tolist(), plan.cost, plan.balances
    ([True, False, True], 18.9, [100, 200])
    """

    __slots__ = ("_native",)
    _native: _crm.RewardCatalogue

    def __init__(self, rewards: Sequence[Reward]) -> None:
        saved = {"model": "reward_catalogue", "version": 1, "rewards": [_reward(reward) for reward in rewards]}
        self._native = _crm.RewardCatalogue.from_json(json.dumps(saved))

    @classmethod
    def from_json(cls, text: str) -> RewardCatalogue:
        """A catalogue from what `to_json` gave.

        Raises:
            CorruptError: The text holds no catalogue.
            IncompatibleError: The text is of a later version.
            InvalidArgumentError: The rewards make no sense.
        """
        catalogue = cls.__new__(cls)
        catalogue._native = _crm.RewardCatalogue.from_json(text)
        return catalogue

    def to_json(self) -> str:
        """The catalogue as JSON text."""
        return self._native.to_json()

    @property
    def names(self) -> list[str]:
        """The names of the rewards."""
        return self._native.names()

    def eligibility(self, members: RewardMembers, day: date | str, *, given: Iterable[RewardGrant] = ()) -> Table:
        """For each member and reward, whether the member may have one on a day, and every reason why not: a row a pair, `member`, `reward`,
        `eligible`, and a column of truth values for each `RewardObstacle`.

        Args:
            members: The members.
            day: The day.
            given: What has been given before; it counts for the caps. Its points are paid already.

        Raises:
            OutOfRangeError: There is no such member, or a total is beyond its range.
            InvalidArgumentError: There is no such reward.
        """
        return Table(self._native.eligibility(members._native, str(day), self._grants("given", given)))

    def plan(
        self, members: RewardMembers, wishes: Iterable[RewardGrant], day: date | str, *, given: Iterable[RewardGrant] = ()
    ) -> RewardPlan:
        """Grants wishes in their order, each whole or not at all, and adds up what that costs. What earlier wishes were granted counts: for the caps,
        and for the points that are left. Errors as for `eligibility`.
        """
        native = (self._grants("wishes", wishes), self._grants("given", given))
        rows, rewards, balances, cost = self._native.plan(members._native, str(day), *native)
        return RewardPlan(Table(rows), Table(rewards), balances, cost)

    def _grants(self, name: str, grants: Iterable[RewardGrant]) -> tuple[_crm.Column, _crm.Column, _crm.Column]:
        rows = list(grants)
        members = number_column(f"{name}.member", [member for member, _, _ in rows])
        rewards = number_column(f"{name}.reward", [self._native.place(reward) for _, reward, _ in rows])
        return members, rewards, number_column(f"{name}.quantity", [quantity for _, _, quantity in rows])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RewardCatalogue) and self._native == other._native

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<RewardCatalogue: {', '.join(self.names)}>"


def _reward(reward: Reward) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "name": reward.name,
        "kind": reward.kind,
        "unit_cost": reward.unit_cost,
        "points_price": _whole(reward, "points_price"),
        "perceived_value": reward.perceived_value,
        "tiers": name_list("tiers", reward.tiers),
        "segments": name_list("segments", reward.segments),
    }
    optional = {
        "threshold": reward.threshold,
        "cap_per_member": _whole(reward, "cap_per_member"),
        "cap_total": _whole(reward, "cap_total"),
        "valid_from": None if reward.valid_from is None else str(reward.valid_from),
        "valid_until": None if reward.valid_until is None else str(reward.valid_until),
    }
    return fields | {name: value for name, value in optional.items() if value is not None}


def _whole(reward: Reward, name: str) -> int | None:
    value = getattr(reward, name)
    if value is None:
        return None
    accepted = f"the {name} of {reward.name} must be a whole number"
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise WrongTypeError(f"rewards: {type(value).__name__} is not accepted: {accepted}", argument="rewards")
    whole = index(value)
    if not 0 <= whole < 2**63:
        raise InvalidArgumentError(f"rewards: {value} is not accepted: {accepted} from 0 to {2**63 - 1}", argument="rewards")
    return whole
