"""How the segments of one clustering have moved between two dates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from crm import _crm
from crm.column import ColumnLike, name_list, number_column
from crm.customer import CustomerBase
from crm.error import InvalidArgumentError, LengthMismatchError
from crm.segment.agreement import CrossTable
from crm.segment.feature import FeatureTable
from crm.segment.model import SegmentModel
from crm.segment.rows import Matrix, native_rows
from crm.table import Table

__all__ = ["SegmentDrift"]


class SegmentDrift:
    """Sizes and centres of the segments of one clustering at two dates, and who moved where.

    Args:
        before: The segment of each customer at the earlier date.
        after: The segment of each customer at the later date.
        segments: Number of segments, or their names; they have the same numbers at both dates.
        features: The features of the customers at both dates, if centres are to be compared.
        matching: Which customers are the same: `None`: not known; "by_row": all, in the same order; or the rows of the earlier and of the later
            date that belong together.

    Raises:
        InvalidArgumentError: There are no or more than 4,096 segments.
        EmptyError: There are no customers at a date.
        OutOfRangeError: A label is no segment, or a row is not there.
        InvalidValueError: A customer is paired twice, or a feature is not finite.
        LengthMismatchError: Features, or rows that belong together, are of another number.
        IncompatibleError: The dates have different numbers of features.

    >>> drift = SegmentDrift([0, 0, 0, 1], [0, 0, 1, 1], 2, features=([[1.0], [2.0], [3.0], [9.0]], [[2.0], [4.0], [7.0], [9.0]]), matching="by_row")
    >>> drift.sizes["change"].tolist(), drift.population_shift
    ([-0.25, 0.25], 'significant')
    >>> drift.centre_moves["mean_after"].tolist()
    [3.0, 8.0]
    >>> drift.migration.counts.tolist()
    [[2, 1], [0, 1]]

    Sources: Siddiqi (2006), *Credit Risk Scorecards*; Cohen (1988), *Statistical power analysis for the behavioral sciences*.
    """

    __slots__ = ("_names", "_native")

    def __init__(
        self,
        before: ColumnLike,
        after: ColumnLike,
        segments: int | Sequence[str],
        *,
        features: tuple[Matrix, Matrix] | None = None,
        matching: Literal["by_row"] | tuple[ColumnLike, ColumnLike] | None = None,
    ) -> None:
        names = None if isinstance(segments, int) else name_list("segments", segments)
        count = segments if isinstance(segments, int) else len(names or ())
        rows = None if features is None else (native_rows("features", features[0]), native_rows("features", features[1]))
        pairs = None
        if isinstance(matching, tuple):
            one, other = matching
            pairs = number_column("matching", one), number_column("matching", other)
            if len(pairs[0]) != len(pairs[1]):
                message = f"matching: {len(pairs[0])} rows and {len(pairs[1])} rows are no pairs"
                raise LengthMismatchError(message, argument="matching")
        by_row = isinstance(matching, str) and _checked(matching)
        columns = number_column("before", before), number_column("after", after)
        self._native = _crm.SegmentDrift(count, *columns, rows, by_row, pairs)
        self._names = [str(label) for label in range(count)] if names is None else names

    @classmethod
    def between(
        cls, model: SegmentModel, earlier: FeatureTable | CustomerBase, later: FeatureTable | CustomerBase
    ) -> SegmentDrift:
        """The drift of a model's segments between two dates: centres in scaled features, customers matched by their ids where these are known.

        Raises:
            InvalidArgumentError: The model is not fitted yet.
            IncompatibleError: A table has other columns, units, currencies or another window than the one fitted.

        >>> from datetime import date
        >>> import crm
        >>> days = [date(2024, 3, 1), date(2024, 3, 9), date(2024, 4, 2)]
        >>> history = crm.PurchaseHistory.from_columns(["ann", "bob", "bob"], days, [12.5, 8.0, 30.0])
        >>> base = history.base("2024-03-31")
        >>> model = crm.SegmentModel(2).fit(base)
        >>> SegmentDrift.between(model, base, history.base("2024-04-30")).migration.counts.tolist()
        [[1, 0], [1, 0]]
        """
        scaler = model.scaler_
        tables = [model.assign(data) for data in (earlier, later)]
        features = scaler.transform(earlier), scaler.transform(later)
        matching = None
        if all("customer_id" in table.columns for table in tables):
            earlier_ids, later_ids = (table["customer_id"] for table in tables)
            _, one, other = np.intersect1d(earlier_ids, later_ids, assume_unique=True, return_indices=True)
            matching = (one, other) if len(one) > 0 else None
        return cls(tables[0]["label"], tables[1]["label"], model.names_, features=features, matching=matching)

    @property
    def sizes(self) -> Table:
        """The segments at both dates: `label`, `segment`, `customers_before`, `customers_after`, `share_before`, `share_after`, `change` and
        `stability_term`: what the segment adds to the population stability index.
        """
        return Table(self._native.sizes(self._names))

    @property
    def centre_moves(self) -> Table:
        """The means at both dates, a row a segment and feature: `label`, `segment`, `feature`, `mean_before`, `mean_after`,
        `pooled_standard_deviation`, and `standardized_difference` in its units; no rows without features.
        """
        return Table(self._native.centre_moves(self._names))

    @property
    def migration(self) -> CrossTable | None:
        """Customers of both dates by segment before (rows) and after (columns); `None` without a matching."""
        native = self._native.migration()
        return None if native is None else CrossTable._of(native, self._names, self._names)

    @property
    def population_stability_index(self) -> float:
        """The index of the sizes, `sum of (q - p) ln(q / p)`, at least 0."""
        return self._native.population_stability_index()

    @property
    def population_shift(self) -> Literal["insignificant", "moderate", "significant"]:
        """What the index says by the usual bounds, 0.1 and 0.25: a convention of practice and no test."""
        return self._native.population_shift()

    def __repr__(self) -> str:
        return f"<SegmentDrift: index {self.population_stability_index:.3f}, {self.population_shift}>"


def _checked(matching: str) -> bool:
    if matching == "by_row":
        return True
    message = f"matching: {matching!r} is not accepted: must be None, by_row, or rows of both dates"
    raise InvalidArgumentError(message, argument="matching")
