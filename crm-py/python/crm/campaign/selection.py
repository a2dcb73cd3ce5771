"""Whom a campaign contacts: rules, suppression, quotas and ranking."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.campaign.rule import rule_json
from crm.campaign.target_table import TargetTable
from crm.column import ColumnLike, id_column, time_column
from crm.customer.day import iso_text
from crm.error import MissingColumnError
from crm.instance import must_be
from crm.table import Table

__all__ = ["Selected", "Selection"]


class Selection:
    """A plan of whom to contact. Every method gives a new plan with one more step.

    Steps are asked in the order in which they are added; the first that a customer fails is the first reason. Every step is asked of every
    customer, so that all reasons can be counted. Who passes is ranked, and quotas are filled from the best downwards. There may be any number of
    rules, lists and holdouts, but one ranking, one order of ties, one quota and one set of quotas of segments.

    >>> import crm
    >>> table = crm.TargetTable(
    ...     {"customer_id": ["ann", "bob", "cat", "dan"], "score": [0.9, 0.8, 0.7, 0.1], "consent": [True, False, True, True]}
    ... )
    >>> plan = (
    ...     crm.Selection()
    ...     .opted_in("consent", "consent")
    ...     .rule("score", {"compare": {"column": "score", "is": ">=", "value": 0.5}})
    ...     .rank_by("score")
    ...     .quota(1)
    ... )
    >>> selected = plan.select(table)
    >>> selected.rows
    array([0], dtype=uint32)
    >>> dict(zip(selected.reasons["kind"].tolist(), selected.reasons["first"].tolist()))
    {'no_opt_in': 1, 'rule': 1, 'missing_value': 0, 'quota': 1}
    """

    __slots__ = ("_native",)
    _native: _crm.Selection

    def __init__(self) -> None:
        self._native = _crm.Selection()

    @classmethod
    def _of(cls, native: _crm.Selection) -> Selection:
        selection = cls.__new__(cls)
        selection._native = native
        return selection

    def rule(self, name: str, rule: Mapping[str, Any] | str) -> Selection:
        """Keeps customers for whom a rule is true. It being false and it having no answer are two reasons.

        A comparison with a missing value is neither true nor false, and so is its negation, as in SQL.

        Args:
            name: The name of the step, which no other has; so in all other steps.
            rule: An object with one key, or its JSON text: `{"all": [...]}`, `{"any": [...]}`, `{"not": {...}}`,
                `{"compare": {"column": ..., "is": ">=", "value": ...}}` (also <, <=, ==, !=, >),
                `{"between": {"column": ..., "from": ..., "to": ...}}`, `{"in": {"column": ..., "values": [...]}}`,
                `{"missing": {"column": ...}}`. Values are numbers, truth values and texts, also of NumPy; those of `in` are a list, tuple, set
                or array.

        Raises:
            ParseError: That is no rule.
            WrongTypeError: A value is neither a number nor a truth value nor a text.
            InvalidValueError: A value is missing or not finite.
            InvalidArgumentError: The name is empty or taken; so in all other steps.
        """
        return Selection._of(self._native.rule(name, rule_json(name, rule)))

    def opted_in(self, name: str, column: str) -> Selection:
        """Keeps customers who agreed: those with a 1 in the column. 0 and missing are no agreement."""
        return Selection._of(self._native.opted_in(name, column))

    def not_opted_out(self, name: str, column: str) -> Selection:
        """Keeps customers who did not object: all but those with a 1 in the column."""
        return Selection._of(self._native.not_opted_out(name, column))

    def do_not_contact(self, name: str, customers: ColumnLike) -> Selection:
        """Leaves out the customers of a list of those not to contact."""
        return Selection._of(self._native.do_not_contact(name, id_column("customers", customers)))

    def not_in_campaign(self, name: str, customers: ColumnLike) -> Selection:
        """Leaves out the customers of a campaign that is running."""
        return Selection._of(self._native.not_in_campaign(name, id_column("customers", customers)))

    def contacts_at_most(
        self,
        name: str,
        customer_id: ColumnLike,
        day: ColumnLike,
        *,
        as_of: date | str,
        at_most: int,
        within_days: int,
    ) -> Selection:
        """Leaves out customers whom a contact more would give above `at_most` contacts within so many days.

        Args:
            name: The name of the step.
            customer_id: Who was contacted in the past, a row a contact.
            day: When.
            as_of: The last day that counts.
            at_most: So many contacts are enough.
            within_days: The length of the window that ends with `as_of`.

        Raises:
            LengthMismatchError: There is not a day for each customer.
            WrongTypeError: The days have a zone.
            InvalidArgumentError: The limit or the number of days is below 1.
        """
        ids, days = id_column("customer_id", customer_id), time_column("day", day)
        day_text = iso_text("as_of", as_of)
        return Selection._of(self._native.contacts_at_most(name, ids, days, day_text, at_most, within_days))

    def without(self, name: str, *, salt: str, share: float) -> Selection:
        """Leaves out the customers of a holdout: the share of all that a salt draws, the same customers as in `Split.without`.

        Raises:
            InvalidArgumentError: The salt is empty, or the share outside [0, 1].
        """
        return Selection._of(self._native.without(name, salt, share))

    def rank_by(self, column: str, order: Literal["descending", "ascending"] = "descending") -> Selection:
        """Ranks customers by a column of numbers; missing ones come last. Without it, ties decide alone.

        Raises:
            InvalidArgumentError: There is a ranking already.
        """
        return Selection._of(self._native.rank_by(column, order))

    def ties_by_hash(self, salt: str) -> Selection:
        """Puts customers of equal rank in the order of their numbers under a salt; without it the lower id comes first.

        These are other numbers than those that the salt deals arms by. Integers are ordered by their number and texts by their bytes, so that 9
        comes before 10 but "10" before "9"; by hash an integer and its text fall alike.

        Raises:
            InvalidArgumentError: The salt is empty, or there is an order of ties already.
        """
        return Selection._of(self._native.ties_by_hash(salt))

    def quota(self, customers: int) -> Selection:
        """Takes at most so many customers, the best.

        Raises:
            InvalidArgumentError: The number is negative, or there is a quota already.
        """
        return Selection._of(self._native.quota(customers))

    def segment_quotas(self, column: str, quotas: Mapping[str, int] | None = None, others: int | None = None) -> Selection:
        """Takes at most so many customers of each segment.

        Args:
            column: A column of texts.
            quotas: The limit of each segment that is listed.
            others: The limit of each other one, customers without a segment being one together; `None` is no limit.

        Raises:
            InvalidArgumentError: A limit is negative, or there are quotas of segments already.
        """
        return Selection._of(self._native.segment_quotas(column, list((quotas or {}).items()), others))

    def select(self, table: TargetTable) -> Selected:
        """Selects from a table.

        Raises:
            MissingColumnError: There is no such column.
            WrongTypeError: A column holds something else.
            InvalidValueError: A consent is neither 0, 1 nor missing.
            IncompatibleError: A list has ids of another kind than the table.
            InvalidArgumentError: A rule makes no sense, or there are more than 64 reasons.
        """
        must_be(TargetTable, table=table)
        try:
            return Selected._of(self._native.select(table._native), table)
        except MissingColumnError as error:
            raise table._explained(error) from None


class Selected:
    """Who was selected, best first, and the reasons of the others.

    >>> import crm
    >>> crm.Selection().quota(2).select(crm.TargetTable({"customer_id": [3, 1, 2]}))
    <Selected: 2 of 3 customers; quota: 1>
    """

    __slots__ = ("_native", "_table")
    _native: _crm.Selected
    _table: TargetTable

    def __init__(self) -> None:
        raise TypeError("made by Selection.select")

    @classmethod
    def _of(cls, native: _crm.Selected, table: TargetTable) -> Selected:
        selected = cls.__new__(cls)
        selected._native = native
        selected._table = table
        return selected

    @property
    def rows(self) -> npt.NDArray[np.uint32]:
        """The selected rows, best first."""
        return np.frombuffer(self._native.rows(), dtype=np.uint32)

    @property
    def ids(self) -> npt.NDArray[Any]:
        """The ids of the selected, best first: integers, or texts as objects.

        >>> import crm
        >>> table = crm.TargetTable({"customer_id": [3, 1, 2], "score": [0.1, 0.9, 0.5]})
        >>> crm.Selection().rank_by("score").quota(2).select(table).ids
        array([1, 2])
        """
        return self._table.ids[self.rows]

    def to_table(self) -> Table:
        """Every customer of the table, in its order: `row`, `customer_id`, `selected`, `rank` (from 0 for the best, missing for who is not
        selected), and the first `reason` of who is not, by the name of the step, with its `kind`.

        >>> import crm
        >>> table = crm.TargetTable({"customer_id": [3, 1, 2], "score": [0.1, 0.9, 0.5]})
        >>> every = crm.Selection().rank_by("score").quota(2).select(table).to_table()
        >>> every["customer_id"], every["rank"], every["reason"]
        (array([3, 1, 2]), array([nan,  0.,  1.]), array(['quota', None, None], dtype=object))
        """
        return Table(self._native.table(self._table._native))

    @property
    def customers(self) -> int:
        """Number of customers."""
        return self._native.customers()

    def __len__(self) -> int:
        return self._native.selected()

    @property
    def reasons(self) -> Table:
        """The reasons in the order in which they are asked: `name` of the step, `kind`, `first` (customers whose first reason it is; these
        add up to all who are excluded) and `any` (customers for whom it is one of the reasons)."""
        return Table(self._native.reasons())

    @property
    def first_reasons(self) -> npt.NDArray[np.int32]:
        """For each row the place of its first reason, -1 for who is selected."""
        return np.frombuffer(self._native.first_reasons(), dtype=np.int32)

    @property
    def reason_bits(self) -> npt.NDArray[np.uint64]:
        """For each row all its reasons: bit k is the reason in place k."""
        return np.frombuffer(self._native.reason_bits(), dtype=np.uint64)

    def __repr__(self) -> str:
        reasons = self.reasons
        counts = ", ".join(f"{name}: {first}" for name, first in zip(reasons["name"], reasons["first"], strict=True) if first > 0)
        return f"<Selected: {len(self)} of {self.customers} customers{'; ' if counts else ''}{counts}>"
