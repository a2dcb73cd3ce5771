"""Named segments: maps from cells of scores to names, and tables about them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.customer import CustomerBase
from crm.error import WrongTypeError
from crm.rfm.model import RfmScores
from crm.table import Table

__all__ = [
    "Cell",
    "MapAudit",
    "Rule",
    "SegmentMap",
    "Segments",
    "customer_table",
    "migration",
    "segment_summary",
]

ScoreRange = int | tuple[int, int]
"""One score, or the lowest and the highest of several."""
Ends = tuple[int, int]
Block = tuple[str, Ends, Ends, Ends | None]


class Rule(NamedTuple):
    """A block of cells with a name; each range is one score, or the lowest and the highest.

    >>> Rule("Champions", recency=5, frequency=(4, 5)).monetary is None
    True
    """

    segment: str
    """The name of the segment."""
    recency: ScoreRange
    """Recency scores."""
    frequency: ScoreRange
    """Frequency scores."""
    monetary: ScoreRange | None = None
    """Monetary scores; `None`: any."""


class Cell(NamedTuple):
    """One combination of scores."""

    recency: int
    """Recency score."""
    frequency: int
    """Frequency score."""
    monetary: int
    """Monetary score."""


class MapAudit(NamedTuple):
    """What a list of rules leaves open and what it covers twice."""

    uncovered: list[Cell]
    """Cells that no rule covers."""
    overlapping: list[tuple[Cell, str, str]]
    """Cells that several rules cover, with the names of the first two."""
    never_assigned: list[str]
    """Segments that no cell is left for when the first rule wins."""


class SegmentMap:
    """A map from every cell of scores to a segment: exhaustive and without overlaps.

    >>> two = SegmentMap.from_rules([Rule("gone", 1, (1, 2)), Rule("here", 2, (1, 2))], bins=2)
    >>> two.names
    ['gone', 'here']
    >>> SegmentMap.from_rules([Rule("gone", 1, (1, 2))], bins=2)
    Traceback (most recent call last):
    crm.error.InvalidArgumentError: rules: 4 cells are covered by no rule: 2-1-1, 2-1-2, 2-2-1, 2-2-2 (R-F-M)
    """

    __slots__ = ("_arguments", "_native")
    _native: _crm.SegmentMap
    _arguments: tuple[Any, ...] | None

    @classmethod
    def _of(cls, native: _crm.SegmentMap, arguments: tuple[Any, ...] | None) -> SegmentMap:
        built = cls.__new__(cls)
        built._native = native
        built._arguments = arguments
        return built

    @classmethod
    def standard(cls) -> SegmentMap:
        """The standard map of 25 recency and frequency cells, for five scores.

        >>> SegmentMap.standard().segment_of(5, 5, 1)
        'Champions'
        """
        return cls._of(_crm.SegmentMap.standard(), None)

    @classmethod
    def from_rules(
        cls,
        rules: Iterable[Rule],
        bins: int = 5,
        first_match: bool = False,
        otherwise: str | None = None,
    ) -> SegmentMap:
        """A map from rules that cover each cell exactly once, or of which the first that covers a cell wins.

        Args:
            rules: The rules.
            bins: The highest score, 2 to 10.
            first_match: Whether the first rule wins where several cover a cell; otherwise that is an error.
            otherwise: The segment of cells that no rule covers, with `first_match`; without it they are an error.

        Raises:
            InvalidArgumentError: A rule is outside the scores, or cells are covered by no rule or by several.

        >>> rules = [Rule("best", 2, 2), Rule("good", 2, (1, 2))]
        >>> SegmentMap.from_rules(rules, bins=2, first_match=True, otherwise="rest").names
        ['best', 'good', 'rest']
        """
        blocks = _blocks(rules)
        native = _crm.SegmentMap.from_rules(blocks, bins, first_match, otherwise)
        return cls._of(native, ([Rule(*block) for block in blocks], bins, first_match, otherwise))

    @staticmethod
    def audit(rules: Iterable[Rule], bins: int = 5) -> MapAudit:
        """What rules leave open and what they cover twice.

        Args:
            rules: The rules.
            bins: The highest score, 2 to 10.

        Raises:
            InvalidArgumentError: A rule is outside the scores.

        >>> SegmentMap.audit([Rule("gone", 1, (1, 2)), Rule("here", (1, 2), 2)], bins=2).uncovered
        [Cell(recency=2, frequency=1, monetary=1), Cell(recency=2, frequency=1, monetary=2)]
        """
        uncovered, overlapping, never_assigned = _crm.audit(_blocks(rules), bins)
        twice = [(Cell(*cell), one, other) for cell, one, other in overlapping]
        return MapAudit([Cell(*cell) for cell in uncovered], twice, never_assigned)

    @property
    def bins(self) -> int:
        """The highest score that the map is for."""
        return self._native.bins()

    @property
    def names(self) -> list[str]:
        """The names of the segments, in the order of the rules."""
        return self._native.names()

    def segment_of(self, recency: int, frequency: int, monetary: int) -> str | None:
        """The segment of a cell; `None` if the cell lies outside the map's scores.

        >>> SegmentMap.standard().segment_of(6, 1, 1) is None
        True
        """
        scores = (recency, frequency, monetary)
        return self._native.segment_of(*scores) if all(1 <= score <= self.bins for score in scores) else None

    def assign(self, scores: RfmScores) -> Segments:
        """The segment of every customer.

        Raises:
            IncompatibleError: The scores have another highest score than the map.
        """
        return Segments._of(self._native.assign(scores._native))

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, SegmentMap) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __reduce__(self) -> tuple[Any, ...]:
        if self._arguments is None:
            return SegmentMap.standard, ()
        return SegmentMap.from_rules, self._arguments

    def __repr__(self) -> str:
        return f"<SegmentMap: {len(self.names)} segments, scores 1 to {self.bins}>"


class Segments:
    """The segment of every customer, in the order of the base."""

    __slots__ = ("_native",)
    _native: _crm.Segments

    @classmethod
    def _of(cls, native: _crm.Segments) -> Segments:
        segments = cls.__new__(cls)
        segments._native = native
        return segments

    def __len__(self) -> int:
        return len(self._native)

    @property
    def names(self) -> list[str]:
        """The names of the segments of the map, in its order."""
        return self._native.names()

    @property
    def codes(self) -> npt.NDArray[np.uint8]:
        """The position in `names` of each customer's segment."""
        return np.frombuffer(self._native.codes(), dtype=np.uint8)

    def to_list(self) -> list[str]:
        """The name of each customer's segment."""
        names = self.names
        return [names[code] for code in self._native.codes()]

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, Segments) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Segments: {len(self):,} customers in {len(self.names)} segments>"


def segment_summary(base: CustomerBase, segments: Segments) -> Table:
    """One row a segment: customers, net amount, shares and means; means of empty segments are missing.

    Args:
        base: The customers.
        segments: Their segments.

    Raises:
        LengthMismatchError: The segments are those of another number of customers.

    >>> from datetime import date
    >>> import crm
    >>> base = crm.PurchaseHistory.from_columns([7, 3], [date(2024, 3, 1), date(2024, 3, 5)], [1.0, 2.0]).base("2024-03-31")
    >>> segments = crm.SegmentMap.standard().assign(crm.Rfm().fit_score(base))
    >>> segment_summary(base, segments).columns[:3]
    ['segment', 'customers', 'customer_share']
    """
    return Table(_crm.segment_summary(base._native, segments._native))


def migration(earlier: tuple[CustomerBase, Segments], later: tuple[CustomerBase, Segments]) -> Table:
    """Customers by their segment at two dates: `from`, `to`, `customers`; missing stands for not being in that base.

    Args:
        earlier: A base and its segments.
        later: The same of a later date.

    Raises:
        LengthMismatchError: Segments are not those of their base.
        IncompatibleError: One base has integer ids and the other text.
        InvalidArgumentError: The later base is not later.

    >>> from datetime import date
    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 3], [date(2024, 3, 1), date(2024, 3, 5)], [1.0, 2.0])
    >>> bases = [history.base("2024-03-06"), history.base("2024-03-31")]
    >>> rfm, segment_map = crm.Rfm().fit(bases[0]), crm.SegmentMap.standard()
    >>> march = [(base, segment_map.assign(rfm.score(base))) for base in bases]
    >>> int(migration(*march)["customers"].sum())
    2
    """
    before, after = ((base._native, segments._native) for base, segments in (earlier, later))
    return Table(_crm.migration(before, after))


def customer_table(base: CustomerBase, scores: RfmScores, segments: Segments) -> Table:
    """The base with scores and segments, a row a customer.

    The columns of the base, then `recency_score`, `frequency_score`, `monetary_score`, `rfm_score` (the composite) and
    `segment`.

    Args:
        base: The customers.
        scores: Their scores.
        segments: Their segments.

    Raises:
        LengthMismatchError: Scores or segments are those of another number of customers.

    >>> from datetime import date
    >>> import crm
    >>> base = crm.PurchaseHistory.from_columns([7], [date(2024, 3, 1)], [1.0]).base("2024-03-31")
    >>> scores = crm.Rfm().fit_score(base)
    >>> customer_table(base, scores, crm.SegmentMap.standard().assign(scores)).columns[-1]
    'segment'
    """
    return Table(_crm.customer_table(base._native, scores._native, segments._native))


def _blocks(rules: Iterable[Rule]) -> list[Block]:
    return [_block(Rule(*rule)) for rule in rules]


def _block(rule: Rule) -> Block:
    monetary = None if rule.monetary is None else _ends(rule.monetary)
    return rule.segment, _ends(rule.recency), _ends(rule.frequency), monetary


def _ends(scores: ScoreRange) -> Ends:
    if isinstance(scores, int):
        return scores, scores
    if not isinstance(scores, (tuple, list)) or len(scores) != 2:
        message = f"rules: {scores!r} is not accepted: must be a score, or the lowest and the highest of several"
        raise WrongTypeError(message, argument="rules")
    low, high = scores
    return low, high
