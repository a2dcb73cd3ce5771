"""What a model expected against what customers did."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from crm import _crm
from crm.clv.data import Floats
from crm.clv.purchase import PurchaseModel
from crm.column import ColumnLike, number_column, number_list
from crm.customer import PeriodActivity
from crm.table import Table

__all__ = [
    "HoldoutAccuracy",
    "RankingQuality",
    "compare_by_frequency",
    "compare_by_value",
    "expected_repeat_purchases",
    "holdout_accuracy",
    "tracking",
]


@dataclass(frozen=True)
class HoldoutAccuracy:
    """How far predictions for single customers were from what they did."""

    customers: int
    """Number of customers."""
    mean_absolute_error: float
    """MAE: sum |p - a| / n."""
    root_mean_squared_error: float
    """RMSE: sqrt(sum (p - a)^2 / n)."""
    mean_error: float
    """Bias, above 0 if too much was predicted: sum (p - a) / n."""
    total_predicted: float
    """Sum of the predictions."""
    total_actual: float
    """Sum of the actual values."""
    total_error: float | None
    """Total predicted over total actual, less 1 (0.05: 5 % too much); `None` if the actual total is not above 0."""
    correlation: float | None
    """Pearson's correlation of both; `None` if either is the same for all customers."""


def holdout_accuracy(predicted: ColumnLike, actual: ColumnLike) -> HoldoutAccuracy:
    """Compares predictions with what customers did.

    Args:
        predicted: One prediction a customer.
        actual: What they did, in the same order and unit.

    Raises:
        EmptyError: There are no customers.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: A value is not finite.

    >>> accuracy = holdout_accuracy([1.0, 2.0], [0, 4])
    >>> accuracy.mean_absolute_error, accuracy.mean_error, accuracy.total_error
    (1.5, -0.5, -0.25)
    """
    return HoldoutAccuracy(*_crm.holdout_accuracy(*_pair(predicted, actual)))


def compare_by_frequency(
    repeat_purchases: ColumnLike, predicted: ColumnLike, actual: ColumnLike, *, last: int = 7
) -> Table:
    """Actual against expected behaviour by repeat purchases in the calibration period: 0, 1, 2, ..., and `last` and more.

    `from`, `to` (infinite for the last), `customers`, `mean_predicted`, `mean_actual`; means of bins without customers are missing.

    Args:
        repeat_purchases: Repeat purchases of each customer.
        predicted: One prediction a customer.
        actual: What they did.
        last: Where the last bin begins.

    Raises:
        EmptyError: There are no customers.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: A value is not finite, or a frequency not whole.

    >>> compare_by_frequency([0, 0, 5], [0.1, 0.3, 2.0], [0, 1, 3], last=1)["mean_actual"]
    array([0.5, 3. ])
    """
    column = number_column("repeat_purchases", repeat_purchases)
    return Table(_crm.compare_by_frequency(column, *_pair(predicted, actual), last))


def compare_by_value(
    values: ColumnLike,
    predicted: ColumnLike,
    actual: ColumnLike,
    *,
    bins: int = 10,
    edges: Sequence[float] | None = None,
) -> Table:
    """Actual against expected behaviour by bins of any value, such as the age at the last purchase or the time since.

    `from`, `to` (the next bin's lowest), `customers`, `mean_predicted`, `mean_actual`.

    Args:
        values: The value of each customer.
        predicted: One prediction a customer.
        actual: What they did.
        bins: So many of equal width, from the lowest to the highest value.
        edges: Ascending edges instead, one more than bins, which must hold all values.

    Raises:
        EmptyError: There are no customers.
        LengthMismatchError: The columns differ in length.
        InvalidArgumentError: Edges do not ascend, or bins are not between 1 and 10,000.
        InvalidValueError: A value is not finite, or outside the edges.

    >>> compare_by_value([1.0, 2.0, 9.0], [0.1, 0.3, 2.0], [0, 1, 3], edges=[0, 5, 10])["customers"]
    array([2, 1])
    """
    ends = None if edges is None else number_list("edges", edges)
    return Table(_crm.compare_by_value(number_column("values", values), *_pair(predicted, actual), bins, ends))


class RankingQuality:
    """How much of what customers went on to do is held by those whom a prediction puts first.

    Customers with equal predictions share the actual value of their group evenly, so no order among equals is ever chosen.

    Args:
        predicted: One prediction a customer.
        actual: What they did.

    Raises:
        EmptyError: There are no customers.
        LengthMismatchError: The columns differ in length.
        InvalidValueError: A value is not finite, or the actual values do not add up to more than 0.

    >>> ranking = RankingQuality([3.0, 1.0, 2.0, 0.0], [6, 3, 1, 0])
    >>> ranking.share_held(0.25), ranking.share_held(0.5), ranking.best_share(0.5)
    (0.6, 0.7, 0.9)
    """

    __slots__ = ("_native",)

    def __init__(self, predicted: ColumnLike, actual: ColumnLike) -> None:
        self._native = _crm.RankingQuality(*_pair(predicted, actual))

    @property
    def customers(self) -> int:
        """Number of customers."""
        return self._native.customers()

    @property
    def total_actual(self) -> float:
        """What all customers did."""
        return self._native.total_actual()

    def share_held(self, fraction: float) -> float:
        """The share of the actual value that this fraction of customers, with the highest predictions, holds.

        Raises:
            InvalidArgumentError: The fraction is outside 0 to 1.
        """
        return self._native.share_held(fraction)

    def best_share(self, fraction: float) -> float:
        """The share that the best ranking would hold.

        Raises:
            InvalidArgumentError: The fraction is outside 0 to 1.
        """
        return self._native.best_share(fraction)

    @property
    def gini(self) -> float:
        """The Gini coefficient of the actual values in the order of the predictions: 0 for a random order."""
        return self._native.gini()

    @property
    def best_gini(self) -> float:
        """The Gini coefficient of the actual values in their own order."""
        return self._native.best_gini()

    @property
    def normalised_gini(self) -> float | None:
        """The first divided by the second; `None` if all customers did the same, and no ranking is better than another."""
        return self._native.normalised_gini()

    def lift(self, parts: int = 10) -> Table:
        """The ranking in equal parts, the customers with the highest predictions first.

        `part`, `customers`, `mean_predicted`, `mean_actual`, `lift`, `share`, `cumulative_share`, `best_cumulative_share`.

        Raises:
            InvalidArgumentError: There are no parts, or more than customers.
        """
        return Table(self._native.lift(parts))

    def __repr__(self) -> str:
        return f"<RankingQuality: {self.customers:,} customers, Gini {self.gini:.3f} of {self.best_gini:.3f}>"


def tracking(activity: PeriodActivity, model: PurchaseModel) -> Table:
    """Actual against expected repeat purchases of a cohort over time.

    `last_day` of the period, `is_complete`, `actual`, `expected`, `actual_cumulative`, `expected_cumulative`. At the end of a day the
    expected number is the sum, over the customers who have come, of E[X(t)] of a newcomer, t being the time since their first purchase.

    Args:
        activity: What the cohort did: `history.repeat_purchases_by_period(...)`.
        model: The model.

    Raises:
        InvalidArgumentError: The model has covariates, whose newcomers differ, or is BG/BB, whose times are counts of opportunities.

    >>> from datetime import date
    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 7], [date(2024, 3, 1), date(2024, 3, 9)], [10.0, 8.0])
    >>> activity = history.repeat_purchases_by_period("2024-03-01", crm.Period.weeks(1), "2024-03-09")
    >>> model = crm.PurchaseModel.from_parameters("bg_nbd", [0.243, 4.414, 0.793, 2.426], "week")
    >>> tracking(activity, model)["actual_cumulative"]
    array([0, 1])
    """
    return Table(_crm.tracking(activity._native, model._fitted()))


def expected_repeat_purchases(
    starts: ColumnLike, ends: ColumnLike, expected: PurchaseModel | Callable[[float], float]
) -> Floats:
    """Expected repeat purchases up to some times of customers who came at times `starts`: sum over starts <= end of E[X(end - start)].

    Args:
        starts: When customers came.
        ends: Up to when to count; all times are in one unit (the model's), from any origin.
        expected: A model of continuous time without covariates, or E[X(t)] of a newcomer as a function.

    Raises:
        InvalidArgumentError: The model has covariates, or is BG/BB.
        InvalidValueError: A time is not finite, or the expectation is not a finite number of 0 or more.

    >>> expected_repeat_purchases([0, 0, 3], [2, 5], lambda time: 0.5 * time)
    array([2., 6.])
    """
    by = expected._fitted() if isinstance(expected, PurchaseModel) else expected
    columns = number_column("starts", starts), number_column("ends", ends)
    return np.frombuffer(_crm.expected_repeat_purchases(*columns, by))


def _pair(predicted: ColumnLike, actual: ColumnLike) -> tuple[_crm.Column, _crm.Column]:
    return number_column("predicted", predicted), number_column("actual", actual)
