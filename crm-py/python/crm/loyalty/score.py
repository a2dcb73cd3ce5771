"""The loyalty score: fitted once, applied to any later table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import number_column, number_list
from crm.loyalty.dimension import Dimension, DimensionTable
from crm.loyalty.weights import Ahp, Learned, ObjectiveWeighting, ObjectiveWeights
from crm.table import Table

__all__ = [
    "Combination",
    "FittedScore",
    "LearnedWeights",
    "LoyaltyScore",
    "LoyaltyScores",
    "ScoreChangeParts",
    "ScoreContributions",
    "WeightingReport",
    "judge_weightings",
]

Combination: TypeAlias = Literal["arithmetic", "geometric"]


class LoyaltyScores:
    """Scores of customers, a row each."""

    __slots__ = ("_native",)

    def __init__(self, native: _crm.LoyaltyScores) -> None:
        self._native = native

    def __len__(self) -> int:
        return len(self._native)

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """The scores from 0 to 100, rounded to 2**-24 points; NaN where too little is known."""
        return np.frombuffer(self._native.scores())

    @property
    def coverage(self) -> npt.NDArray[np.float64]:
        """The share of the weight that is known of each customer."""
        return np.frombuffer(self._native.coverage())

    @property
    def ranks(self) -> npt.NDArray[np.uint32]:
        """1 plus the number of customers with a higher score, so equal scores share a rank; 0 without a score."""
        return np.frombuffer(self._native.ranks(), dtype=np.uint32)

    @property
    def population_mean(self) -> float:
        """The mean score of the population that the score was fitted to."""
        return self._native.population_mean()


@dataclass(frozen=True)
class ScoreContributions:
    """What each dimension contributes: a row's contributions and its baseline sum to its score less the population's mean, exactly, added in any order."""

    columns: dict[str, npt.NDArray[np.float64]]
    """A column a dimension, in points; 0 where it is not known, NaN without a score."""
    baseline: npt.NDArray[np.float64]
    """What a customer has of whom the same dimensions are known and who is average in each of them, less the population's mean. 0 if everything is known of
    everybody and the combination is arithmetic."""
    scores: LoyaltyScores
    """The scores that are explained."""


@dataclass(frozen=True)
class ScoreChangeParts:
    """A change of scores, and what each dimension has of each of its effects: the dimensions sum to the effect exactly, added in any order."""

    change: Table
    """As `LoyaltyScore.change` gives it."""
    value: dict[str, npt.NDArray[np.float64]]
    """Of what the customer's own values changed, and whether they are known: a column a dimension, NaN without a score."""
    reference: dict[str, npt.NDArray[np.float64]]
    """Of what the population that values are compared with changed."""
    weight: dict[str, npt.NDArray[np.float64]]
    """Of what the weights changed."""


@dataclass(frozen=True)
class LearnedWeights:
    """Weights learned from retention, with the regression behind them."""

    weights: list[float]
    """The coefficients divided by their sum."""
    coefficients: list[float]
    """What a dimension at its best adds to the log-odds of being retained over its worst; 0 or more."""
    intercept: float
    """The log-odds of being retained with every dimension at its worst."""
    loss: float
    """The minimum: mean log-loss and penalty."""
    held_at_zero: list[bool]
    """Which coefficients the bound of 0 holds."""
    customers: int
    """The customers that were learned from: those of whom every dimension is known."""
    retained: int
    """How many of them were retained."""
    converged: bool
    """Whether the gradient vanishes at the minimum."""


class LoyaltyScore:
    """A loyalty score: dimensions with their saved normalisation, weights, and the fitted population's mean.

    `score = 100 sum w n / sum w` over the dimensions that are known of a customer, where n are the normalised values. Nothing is filled in for what is not known;
    the share of the weight that is known is published as coverage.

    >>> import crm
    >>> table = crm.DimensionTable(
    ...     "2025-12-31",
    ...     {crm.Dimension("orders", "orders"): [1, 2, 2, 9], crm.Dimension("advice", "points of 10"): [9, 3, None, 8]},
    ... )
    >>> fitted = crm.LoyaltyScore.fit(table, [0.75, 0.25])
    >>> fitted.scores.scores[2:], fitted.scores.coverage, fitted.scores.ranks
    (array([50.   , 78.125]), array([1.  , 1.  , 0.75, 1.  ]), array([4, 3, 2, 1], dtype=uint32))
    >>> again = crm.LoyaltyScore.from_json(fitted.model.to_json())
    >>> bool((again.score(table).scores == fitted.scores.scores).all())
    True
    >>> parts = fitted.model.contributions(table)
    >>> (sum(parts.columns.values()) + parts.baseline == fitted.scores.scores - fitted.model.population_mean).tolist()
    [True, True, True, True]
    """

    __slots__ = ("_native",)

    def __init__(self, native: _crm.LoyaltyScore) -> None:
        self._native = native

    @classmethod
    def fit(
        cls,
        table: DimensionTable,
        weights: Sequence[float] | Ahp | ObjectiveWeighting | Learned,
        *,
        combination: Combination = "arithmetic",
        minimum_coverage: float = 0.0,
        threads: int = 0,
    ) -> FittedScore:
        """Fits normalisation, weights and the population's mean to a table, and scores its customers.

        Args:
            table: The customers.
            weights: A weight for each dimension of the table, not negative and with sum 1; comparisons; the name of an objective method, which looks at the
                normalised columns (mid-ranks differ all alike: use a min-max normalisation with these); or `Learned`.
            combination: "arithmetic", or "geometric": a side at 0 is a score of 0, and imbalance costs.
            minimum_coverage: The share of the weight that must be known of a customer; below it there is no score.
            threads: How many threads may be used, 0 for all. Results do not depend on it.

        Raises:
            InvalidArgumentError: There is another number of weights, they are negative or do not sum to 1.
            InvalidValueError: No column differs, or retention teaches nothing.
            LengthMismatchError: Flags of retention have another length than the table.
        """
        rest = (combination, minimum_coverage, threads)
        if isinstance(weights, str):
            native, scores, about = _crm.LoyaltyScore.fit_objective(table._native, weights, *rest)
            return FittedScore(cls(native), LoyaltyScores(scores), ObjectiveWeights(**about), None)
        if isinstance(weights, Learned):
            retained = number_column("retained", weights.retained, truths=True)
            native, scores, about = _crm.LoyaltyScore.fit_learned(table._native, retained, weights.penalty, *rest)
            return FittedScore(cls(native), LoyaltyScores(scores), None, LearnedWeights(**about))
        given = weights.weights if isinstance(weights, Ahp) else number_list("weights", weights)
        native, scores, _ = _crm.LoyaltyScore.fit(table._native, given, *rest)
        return FittedScore(cls(native), LoyaltyScores(scores), None, None)

    def score(self, table: DimensionTable, *, threads: int = 0) -> LoyaltyScores:
        """Scores the customers of a table by the saved normalisation and weights.

        Raises:
            MissingColumnError: The table lacks a dimension.
            IncompatibleError: A dimension has another unit, direction, window or decay than the one fitted to.
        """
        return LoyaltyScores(self._native.score(table._native, threads))

    def contributions(self, table: DimensionTable, *, threads: int = 0) -> ScoreContributions:
        """Scores the customers of a table and says what each dimension contributes. Errors as for `score`."""
        names, columns, baseline, scores = self._native.contributions(table._native, threads)
        arrays = {name: np.frombuffer(column) for name, column in zip(names, columns, strict=True)}
        return ScoreContributions(arrays, np.frombuffer(baseline), LoyaltyScores(scores))

    def change(self, table: DimensionTable, later: LoyaltyScore, later_table: DimensionTable, *, threads: int = 0) -> Table:
        """The change of scores to a later score and its table, whose rows are the same customers in the same order.

        Columns `before`, `after`, and the effects `value`, `reference` (the population that values are compared with) and `weight`, which sum to the difference
        exactly. Each is the mean over the six orders in which the three could have changed (Shapley).

        Raises:
            LengthMismatchError: The tables differ in length.
            IncompatibleError: The scores have other dimensions or options, or the later one is earlier.
        """
        return Table(self._native.change(table._native, later._native, later_table._native, threads))

    def change_by_dimension(
        self, table: DimensionTable, later: LoyaltyScore, later_table: DimensionTable, *, threads: int = 0
    ) -> ScoreChangeParts:
        """The change of scores, as `change` gives it, split by dimension.

        A dimension's part of a score is `100 w n / sum w` over the known dimensions, 0 where it is not known; its part of an effect is the mean over the
        six orders of what that changes by. A dimension that becomes known, or gets more weight, takes from the others. Errors as for `change`.
        """
        native = self._native.change_by_dimension(table._native, later._native, later_table._native, threads)
        change, value, reference, weight = (Table(one) for one in native)
        return ScoreChangeParts(change, value.to_dict(), reference.to_dict(), weight.to_dict())

    @property
    def as_of(self) -> date:
        """The date of the fitted table."""
        return date.fromisoformat(self._native.summary()[0])

    @property
    def customers(self) -> int:
        """The fitted customers."""
        return self._native.summary()[1]

    @property
    def scored(self) -> int:
        """How many of them have a score."""
        return self._native.summary()[2]

    @property
    def population_mean(self) -> float:
        """The mean of these scores."""
        return self._native.summary()[3]

    @property
    def weighting(self) -> str:
        """Where the weights come from."""
        return self._native.summary()[4]

    @property
    def weights(self) -> dict[str, float]:
        """The weight of each dimension."""
        return dict(zip((dimension.name for dimension in self.dimensions), self._native.weights(), strict=True))

    @property
    def dimensions(self) -> list[Dimension]:
        """The dimensions."""
        return [Dimension.from_json(text) for text in self._native.dimensions()]

    def to_table(self) -> Table:
        """The dimensions in numbers: `name`, `unit`, `direction`, `weight`, `mean` of the normalised values, `known` customers, `status`."""
        return Table(self._native.dimension_table())

    def to_json(self) -> str:
        """The score as JSON text."""
        return self._native.to_json()

    @classmethod
    def from_json(cls, text: str) -> LoyaltyScore:
        """A score from its JSON text.

        Raises:
            CorruptError: The text is no score.
            IncompatibleError: It is one of a later version.
        """
        return cls(_crm.LoyaltyScore.from_json(text))


@dataclass(frozen=True)
class FittedScore:
    """A fitted score with the scores of the customers that it was fitted to."""

    model: LoyaltyScore
    """The score."""
    scores: LoyaltyScores
    """The scores of the fitted customers."""
    objective: ObjectiveWeights | None
    """What objective weights came from, if they did."""
    learned: LearnedWeights | None
    """The regression behind learned weights, if they are."""


@dataclass(frozen=True)
class WeightingReport:
    """Scores judged by who was retained, side by side."""

    rows: Table
    """A row a score: `name`, `weighting`, `scored`, `auc`, `lift`, `top_retention`, `status`."""
    rank_correlation: npt.NDArray[np.float64]
    """Spearman's rank correlations between the scores of each pair; NaN if one does not differ."""
    customers: int
    """The number of customers."""
    retained: int
    """How many of them were retained."""


def judge_weightings(
    models: Mapping[str, LoyaltyScore], table: DimensionTable, retained: Any, *, top_share: float = 0.1, threads: int = 0
) -> WeightingReport:
    """Judges scores by the customers of a table and who of them was still there in the period after its date.

    Args:
        models: Scores by name.
        table: The customers; of a later date than what a learned score learned from.
        retained: A flag for each row.
        top_share: The share of the scored customers that lift looks at.
        threads: How many threads may be used, 0 for all.

    Raises:
        InvalidArgumentError: There is no score, or the share is out of bounds.
        LengthMismatchError: There are not as many flags as rows.
        IncompatibleError: A learned score would be judged on its own date.

    >>> import crm
    >>> table = crm.DimensionTable("2025-12-31", {crm.Dimension("orders", "orders"): [1, 2, 5, 9], crm.Dimension("visits", "visits"): [7, 1, 3, 2]})
    >>> models = {"orders": crm.LoyaltyScore.fit(table, [1, 0]).model, "visits": crm.LoyaltyScore.fit(table, [0, 1]).model}
    >>> report = crm.judge_weightings(models, table, [False, False, True, True], top_share=0.5)
    >>> report.rows["auc"], report.rows["lift"]
    (array([1. , 0.5]), array([2., 1.]))
    """
    given = [(name, model._native) for name, model in models.items()]
    flags = number_column("retained", retained, truths=True)
    rows, correlations, customers, count = _crm.judge_weightings(given, table._native, flags, top_share, threads)
    size = len(given)
    return WeightingReport(Table(rows), np.array(correlations).reshape(size, size), customers, count)
