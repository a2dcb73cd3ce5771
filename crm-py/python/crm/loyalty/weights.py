"""Weights of dimensions: from comparisons, from data, in proportion, learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from crm import _crm
from crm.column import ColumnLike, number_column, number_list, number_rows

__all__ = ["Ahp", "Learned", "ObjectiveWeighting", "ObjectiveWeights", "RandomIndex", "objective_weights", "proportional_weights"]

RandomIndex: TypeAlias = Literal["saaty_2005", "saaty_1980", "alonso_lamata_2006"]
ObjectiveWeighting: TypeAlias = Literal[
    "entropy", "critic", "standard_deviation", "variance", "gini", "angular", "cilos", "principal_component"
]


@dataclass(frozen=True)
class Ahp:
    """Weights from pairwise comparisons (analytic hierarchy process), with what the comparisons are worth.

    >>> import crm
    >>> ahp = crm.Ahp.from_upper([0.25, 4, 9])
    >>> [round(weight, 3) for weight in ahp.weights], round(ahp.consistency_ratio, 3)
    ([0.217, 0.717, 0.066], 0.035)
    """

    weights: list[float]
    """The principal eigenvector, with sum 1."""
    largest_eigenvalue: float
    """The number of sides if all comparisons agree."""
    consistency_index: float
    """(largest_eigenvalue - n) / (n - 1)."""
    consistency_ratio: float
    """The consistency index by that of random comparisons; 0 for one and two sides."""
    random_index: RandomIndex
    """Whose table of random indices the ratio refers to: 0.52, 0.58 or 0.5245 for three sides."""

    @classmethod
    def from_matrix(
        cls, comparisons: Sequence[Sequence[float]], *, random_index: RandomIndex = "saaty_2005", accept_inconsistency: bool = False
    ) -> Ahp:
        """Weights from a matrix whose rows say how many times a side matters as much as that of each column.

        Raises:
            InvalidArgumentError: A value is not positive and finite, the diagonal is not 1, a pair is not reciprocal, there are more sides than the table has,
                or the consistency ratio is above 0.1 and not accepted.
        """
        values = [value for row in number_rows("comparisons", comparisons) for value in row]
        return cls._of(values, upper=False, random_index=random_index, accept=accept_inconsistency)

    @classmethod
    def from_upper(
        cls, upper: Sequence[float], *, random_index: RandomIndex = "saaty_2005", accept_inconsistency: bool = False
    ) -> Ahp:
        """Weights from the comparisons above the diagonal, row by row. Errors as for `from_matrix`."""
        return cls._of(number_list("upper", upper), upper=True, random_index=random_index, accept=accept_inconsistency)

    @classmethod
    def _of(cls, values: list[float], *, upper: bool, random_index: RandomIndex, accept: bool) -> Ahp:
        return cls(*_crm.ahp_weights(values, upper, random_index, "accept" if accept else "refuse"), random_index)

    @staticmethod
    def synthesis(criteria: Sequence[float], local: Sequence[Sequence[float]]) -> list[float]:
        """Weights over two levels: the sum over criteria of their weight times the weights under each.

        Raises:
            LengthMismatchError: There are not as many lists as criteria, or lists of different lengths.
            InvalidArgumentError: Weights are negative or do not sum to 1.

        >>> import crm
        >>> crm.Ahp.synthesis([0.75, 0.25], [[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
        [0.375, 0.375, 0.25]
        """
        return _crm.ahp_synthesis(number_list("criteria", criteria), number_rows("local", local))


@dataclass(frozen=True)
class Learned:
    """Weights to be learned from who was still there in the next period, by a logistic regression without negative coefficients."""

    retained: ColumnLike
    """A flag for each row of the table."""
    penalty: float = 1e-3
    """The mean log-loss plus penalty / 2 times the sum of squared coefficients is minimised."""


@dataclass(frozen=True)
class ObjectiveWeights:
    """Weights that follow from how columns differ."""

    weights: list[float]
    """The weights, which sum to 1."""
    rows: int
    """Rows without a missing value: the others were not looked at."""
    explained: float | None
    """The share of all variance that the first principal component explains, if that was asked for."""
    mixed_signs: bool
    """Whether the first principal component has loadings of both signs: it then measures no common thing, and its weights should not be used."""


def objective_weights(weighting: ObjectiveWeighting, columns: Sequence[ColumnLike]) -> ObjectiveWeights:
    """Weights from columns by one of the objective methods, which reward differences and redundancy, not importance.

    Args:
        weighting: "entropy", "gini" and "angular" look at relative differences; "standard_deviation", "variance" and "critic" (times conflict with other columns) at
            those by the range; "cilos" at relative losses where another column is best; "principal_component" at the squared loadings of the first.
        columns: The columns; None and NaN are missing.

    Raises:
        EmptyError: Fewer than two rows have no missing value.
        InvalidValueError: A value is infinite, or negative where shares are taken; or no column differs.
        LengthMismatchError: The columns differ in length.

    >>> import crm
    >>> weights = crm.objective_weights("critic", [[2.9, 1.2, 0.3], [2.31, 1.34, 2.48], [0.56, 0.21, 1.75], [1.89, 2.48, 1.69]]).weights
    >>> [round(weight, 5) for weight in weights]
    [0.22514, 0.2177, 0.24376, 0.3134]
    """
    given = [number_column(f"column {place}", values) for place, values in enumerate(columns)]
    return ObjectiveWeights(*_crm.objective_weights(weighting, given))


def proportional_weights(proportions: Sequence[float]) -> list[float]:
    """Weights in these proportions, which sum to 1.

    Raises:
        InvalidArgumentError: There are none, one is negative or not finite, or all are 0.

    >>> import crm
    >>> crm.proportional_weights([5, 3, 2])
    [0.5, 0.3, 0.2]
    """
    return _crm.proportional_weights(number_list("proportions", proportions))
