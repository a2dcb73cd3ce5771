"""What the customers of each segment are like, in numbers and in words."""

from __future__ import annotations

from collections.abc import Sequence

from crm import _crm
from crm.column import ColumnLike, name_list, number_column
from crm.customer import CustomerBase
from crm.segment.feature import FeatureTable, native_features
from crm.table import Table

__all__ = ["SegmentProfiles"]


class SegmentProfiles:
    """What the customers of each segment are like, against all others. `print` shows a report.

    Args:
        data: Features, or a base, which stands for its default features.
        labels: The segment of each customer, from 0 on.
        names: The names of the segments; without them names are made up of what distinguishes the segments.

    Raises:
        LengthMismatchError: There is another number of labels than customers.
        InvalidValueError: A label is no whole number below 65,536, or beyond the names.
        InvalidArgumentError: A name is empty or given twice.

    >>> import crm
    >>> table = crm.FeatureTable({"orders": [12, 10, 2, 1, 3]}, units={"orders": "count"})
    >>> profiles = SegmentProfiles(table, [0, 0, 1, 1, 1])
    >>> profiles.names
    ['Frequent', 'Rare']
    >>> print(profiles)
    2 segments of 5 customers
    <BLANKLINE>
    0 Frequent: 2 customers (40.0 %)
      orders 11.0 against 2.0 on average: much more
    <BLANKLINE>
    1 Rare: 3 customers (60.0 %)
      orders 2.0 against 11.0 on average: much fewer
    <BLANKLINE>

    Source: Cohen (1988), *Statistical power analysis for the behavioral sciences*, for the size of differences.
    """

    __slots__ = ("_native",)
    _native: _crm.SegmentProfiles

    def __init__(
        self, data: FeatureTable | CustomerBase, labels: ColumnLike, names: Sequence[str] | None = None
    ) -> None:
        given = None if names is None else name_list("names", names)
        self._native = _crm.SegmentProfiles(native_features(data), number_column("labels", labels), given)

    @classmethod
    def _of(cls, native: _crm.SegmentProfiles) -> SegmentProfiles:
        profiles = cls.__new__(cls)
        profiles._native = native
        return profiles

    def __len__(self) -> int:
        return len(self._native)

    @property
    def names(self) -> list[str]:
        """The names of the segments, in the order of their labels."""
        return self._native.names()

    @property
    def suggested_names(self) -> list[str]:
        """Names by what distinguishes the segments, each different, the same for the same numbers."""
        return self._native.suggested_names()

    def distinguishing(self, label: int, most: int = 3) -> list[str]:
        """What distinguishes a segment, in words: up to `most` features, those of the largest differences first.

        Raises:
            InvalidArgumentError: There is no such segment.
        """
        return self._native.distinguishing(label, most)

    @property
    def report(self) -> str:
        """A report of some lines a segment."""
        return self._native.report()

    def segments(self) -> Table:
        """One row a segment: `label`, `segment` (its name), `customers`, `customer_share` and `distinguishing`, in words."""
        return Table(self._native.segments())

    def to_table(self) -> Table:
        """One row a segment and feature, in the feature's unit; missing where there is no number.

        `label`, `segment`, `feature`, `unit`, `customers` (who have a value), `mean`, `median`, `standard_deviation` (of all n),
        `mean_of_others`, `difference` (Cohen's d against all other customers), `effect_size` ("negligible", "small", "medium" or "large"),
        `share_of_total` (for counts and for money that adds up) and `words`.
        """
        return Table(self._native.table())

    def __str__(self) -> str:
        return self.report

    def __repr__(self) -> str:
        return f"<SegmentProfiles: {len(self)} segments: {', '.join(map(repr, self.names))}>"
