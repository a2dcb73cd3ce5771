"""Splits of customers into target arms and a control, by keyed hash."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.campaign.target_table import TargetTable
from crm.column import ColumnLike, id_column, name_list, number_list
from crm.error import InvalidArgumentError, MissingColumnError
from crm.instance import all_of, must_be

__all__ = ["Arm", "Assignment", "BucketHash", "Split", "buckets"]

BucketHash: TypeAlias = Literal["xxh3", "growthbook_v1", "growthbook_v2"]
"""How a salt and a customer become a number in [0, 1): `xxh3` is (XXH3-64 of salt, a zero byte and id >> 11) / 2^53; the others are
GrowthBook's, for assignments that it made. Holdouts and namespaces have keys of their own, whatever the hash of the arms."""


@dataclass(frozen=True)
class Arm:
    """An arm: a target that gets something, or the control that gets nothing."""

    name: str
    """The name."""
    weight: float = 1.0
    """How many customers it gets, in proportion to the weights of the others."""
    control: bool = False
    """Whether it is the control."""


def native_arms(arms: Sequence[Arm]) -> list[tuple[str, float, bool]]:
    """Arms for the engine."""
    listed = all_of(Arm, "arms", arms)
    weights = number_list("arms", [arm.weight for arm in listed])
    return [(arm.name, weight, arm.control) for arm, weight in zip(listed, weights, strict=True)]


def buckets(salt: str, customer_id: ColumnLike, *, hash: BucketHash = "xxh3") -> npt.NDArray[np.float64]:
    """The number in [0, 1) of each customer under a salt. The integer 17 and the text "17" are one customer.

    Raises:
        MissingValueError: An id is missing.

    >>> bool(buckets("s", [17])[0] == buckets("s", ["17"])[0])
    True
    >>> buckets("seed", ["a", "b"], hash="growthbook_v2")
    array([0.0505, 0.2696])
    """
    return np.frombuffer(_crm.buckets(hash, salt, id_column("customer_id", customer_id)))


class Split:
    """Who gets what: a salt, arms with their parts of [0, 1), and whom the campaign may not use.

    An assignment depends on nothing but salt, id and plan: not on other customers, the order of rows, or the language. Give each campaign a
    salt of its own.

    Args:
        salt: A text of its own for each campaign.
        arms: One control and at least one target.
        hash: How customers become numbers.

    Raises:
        InvalidArgumentError: The salt is empty, there is not exactly one control, a name is empty or repeated, or a weight makes no sense.

    >>> split = Split("spring-2026", [Arm("mail", 9), Arm("none", 1, control=True)])
    >>> split.assign(range(10_000)).counts
    {'mail': 9015, 'none': 985}
    """

    __slots__ = ("_native",)
    _native: _crm.Split

    def __init__(self, salt: str, arms: Sequence[Arm], *, hash: BucketHash = "xxh3") -> None:
        self._native = _crm.Split(salt, native_arms(arms), hash)

    @classmethod
    def _of(cls, native: _crm.Split) -> Split:
        split = cls.__new__(cls)
        split._native = native
        return split

    @classmethod
    def from_json(cls, text: str) -> Split:
        """A plan from its JSON text.

        Raises:
            CorruptError: That is no plan.
            IncompatibleError: It is of a later version, or of version 1 with a holdout or a namespace, which were drawn by another key then.
        """
        return cls._of(_crm.Split.from_json(text))

    def to_json(self) -> str:
        """The plan as JSON text, to be kept with the campaign."""
        return self._native.to_json()

    def with_coverage(self, coverage: float) -> Split:
        """The plan for a share of each arm's part; the other customers are in no arm. Raising it moves nobody between arms, within strata of
        one table neither.

        Raises:
            InvalidArgumentError: It is outside [0, 1], or shares were changed before.
        """
        return Split._of(self._native.with_coverage(coverage))

    def with_shares(self, shares: Mapping[str, float]) -> Split:
        """The plan with other shares of all customers, so that as few customers as possible change.

        An arm that shrinks gives up its last ones, and only those and customers without an arm go to the arms that grow.

        Args:
            shares: The share of each arm; what is left of 1 is in no arm.

        Raises:
            InvalidArgumentError: A share is negative, their sum above 1, or there is no such arm.
            KeyError: An arm is missing.
        """
        unknown = [name for name in shares if name not in self.names]
        if unknown:
            message = f"shares: {unknown[0]!r} is not accepted: must be one of the arms {', '.join(self.names)}"
            raise InvalidArgumentError(message, argument="shares")
        return Split._of(self._native.with_shares(number_list("shares", [shares[name] for name in self.names])))

    def within(self, salt: str, start: float, end: float) -> Split:
        """The plan for the part of a namespace from `start` to before `end` only.

        Raises:
            InvalidArgumentError: The salt is empty, the ends are not 0 <= start < end <= 1, or there is a namespace already.
        """
        return Split._of(self._native.within(salt, start, end))

    def without(self, salt: str, share: float) -> Split:
        """The plan without the customers of a holdout: the share of all that a salt draws, the same customers as in `Selection.without`.

        Several holdouts are all kept: who is in any of them is held out.

        Raises:
            InvalidArgumentError: The salt is empty, or the share outside [0, 1].

        >>> plan = Split("s", [Arm("mail"), Arm("none", control=True)]).without("2026", 0.5).without("always", 0.1)
        >>> plan.assign(range(1000)).outside["held_out"] > 500
        True
        """
        return Split._of(self._native.without(salt, share))

    @property
    def salt(self) -> str:
        """The salt."""
        return self._native.salt()

    @property
    def names(self) -> list[str]:
        """The names of the arms."""
        return self._native.names()

    @property
    def control(self) -> str:
        """The name of the control."""
        return self.names[self._native.control()]

    @property
    def shares(self) -> dict[str, float]:
        """The share of all customers that each arm is planned to have."""
        return dict(zip(self.names, self._native.shares(), strict=True))

    def assign(self, customer_id: ColumnLike | range) -> Assignment:
        """The arm of each customer, by the customer's own number alone.

        Raises:
            MissingValueError: An id is missing.
        """
        ids = np.asarray(customer_id) if isinstance(customer_id, range) else customer_id
        return Assignment._of(self._native.assign(id_column("customer_id", ids)))

    def assign_stratified(self, table: TargetTable, columns: Sequence[str]) -> Assignment:
        """The arm of each customer with exact shares within each stratum, a combination of texts in the columns.

        Of n customers of a stratum an arm with share s gets floor(n s) or ceil(n s); within m of n s after `with_shares`, where the arm's part has m
        ranges. It depends on who else is in the table: a customer more may move others. Assign once and keep the result.

        Raises:
            MissingColumnError: There is no such column.
            WrongTypeError: A column holds numbers.
        """
        must_be(TargetTable, table=table)
        try:
            return Assignment._of(self._native.assign_stratified(table._native, name_list("columns", columns)))
        except MissingColumnError as error:
            raise table._explained(error) from None

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Split) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[object, ...]:
        return Split.from_json, (self.to_json(),)

    def __repr__(self) -> str:
        arms = ", ".join(f"{name} {share:.6g}" for name, share in self.shares.items())
        return f"<Split {self.salt!r}: {arms}>"


class Assignment:
    """Customers dealt to the arms of a split, in the order of their rows."""

    __slots__ = ("_native",)
    _native: _crm.Assignment

    def __init__(self) -> None:
        raise TypeError("made by Split.assign and Split.assign_stratified")

    @classmethod
    def _of(cls, native: _crm.Assignment) -> Assignment:
        assignment = cls.__new__(cls)
        assignment._native = native
        return assignment

    def __len__(self) -> int:
        return len(self._native)

    @property
    def arms(self) -> npt.NDArray[np.int32]:
        """For each row the arm's place in the plan, or -1 not covered, -2 outside the namespace, -3 held out."""
        return np.frombuffer(self._native.arms(), dtype=np.int32)

    @property
    def names(self) -> list[str]:
        """The names of the arms."""
        return self._native.names()

    @property
    def counts(self) -> dict[str, int]:
        """Customers in each arm."""
        return dict(zip(self.names, self._native.counts(), strict=True))

    @property
    def outside(self) -> dict[str, int]:
        """Customers in no arm: `not_covered`, `outside_namespace` and `held_out`."""
        return dict(zip(("not_covered", "outside_namespace", "held_out"), self._native.outside(), strict=True))

    def rows(self, arm: str) -> npt.NDArray[np.uint32]:
        """The rows of an arm, ascending.

        Raises:
            ValueError: There is no such arm.
        """
        return np.frombuffer(self._native.rows(self.names.index(arm)), dtype=np.uint32)

    def to_list(self) -> list[str | None]:
        """The name of the arm of each row, `None` for a customer in no arm.

        >>> Split("s", [Arm("mail"), Arm("none", control=True)]).assign([1, 2, 3]).to_list()
        ['mail', 'mail', 'mail']
        """
        names = self.names
        return [names[arm] if arm >= 0 else None for arm in self.arms.tolist()]

    def __repr__(self) -> str:
        counts = ", ".join(f"{name} {count}" for name, count in self.counts.items())
        return f"<Assignment: {counts}>"
