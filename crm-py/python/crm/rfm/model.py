"""Cut points that are fitted once, and the scores that they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import number_list
from crm.customer import CustomerBase
from crm.error import InvalidArgumentError
from crm.estimator import Estimator

__all__ = ["Rfm", "RfmScores"]

_DIMENSIONS = ("recency_days", "frequency", "monetary")

Cuts = list[float | None]


class Rfm(Estimator[_crm.RfmModel]):
    """Scores from 1 (worst) to `bins` (best) for recency, frequency and monetary value.

    An estimator with the manners of scikit-learn: the constructor only stores, `fit` returns the estimator itself, what
    is learnt ends in an underscore. A fitted one scores later data without drift.

    Args:
        bins: Number of scores, 2 to 10 (with own bounds, their number decides).
        binning: "mid_rank": quantile bins of equal size as far as ties allow, and ties never split; "quantiles": bins
            between quantile cut points (definition 7 of Hyndman and Fan, 1996); "bounds": the company's own.
        closed: For "quantiles": whether a value equal to a cut counts below it ("right", as pandas `qcut` does) or above
            ("left").
        bounds: For "bounds": ascending bounds by dimension, `{"recency_days": ..., "frequency": ..., "monetary": ...}`. A
            value's interval is the number of bounds that it reaches; fewer days since the last purchase score higher.
        nesting: "independent", or "nested": frequency within each recency score, monetary value within each pair of both.
        frequency: "orders", "purchase_days" or "orders_per_UNIT", such as "orders_per_week".
        monetary: "net_amount", "mean_per_order" or "mean_per_purchase_day".
        weights: Weights of recency, frequency and monetary score in the composite; only their proportions matter.

    Attributes:
        model_: The fitted cut points.

    >>> import crm
    >>> history = crm.PurchaseHistory.from_columns([7, 3, 3], [date(2024, 3, day) for day in (1, 5, 9)], [12.5, 8, 4])
    >>> base = history.base("2024-03-31")
    >>> rfm = Rfm(bins=2).fit(base)
    >>> rfm.score(base).recency
    array([2, 1], dtype=uint8)
    >>> rfm.recency_cuts_
    [22.0]

    Source: Hughes (1994), *Strategic Database Marketing*.
    """

    _PARAMETERS = ("bins", "binning", "closed", "bounds", "nesting", "frequency", "monetary", "weights")
    _NATIVE = _crm.RfmModel

    def __init__(
        self,
        bins: int = 5,
        binning: Literal["mid_rank", "quantiles", "bounds"] = "mid_rank",
        closed: Literal["right", "left"] = "right",
        bounds: Mapping[str, Sequence[float]] | None = None,
        nesting: Literal["independent", "nested"] = "independent",
        frequency: str = "orders",
        monetary: Literal["net_amount", "mean_per_order", "mean_per_purchase_day"] = "net_amount",
        weights: Sequence[float] = (1, 1, 1),
    ) -> None:
        self.bins = bins
        self.binning = binning
        self.closed = closed
        self.bounds = bounds
        self.nesting = nesting
        self.frequency = frequency
        self.monetary = monetary
        self.weights = weights

    def fit(self, base: CustomerBase, y: object = None) -> Rfm:
        """Fits cut points to a base.

        Args:
            base: The customers.
            y: Ignored; there for pipelines of scikit-learn.

        Raises:
            InvalidArgumentError: An option makes no sense.
            MissingColumnError: The log has no amounts.
        """
        del y
        self.model_ = _crm.RfmModel.fit(
            base._native,
            self.bins,
            self.binning,
            self.closed,
            self._bounds(),
            self.nesting,
            self.frequency,
            self.monetary,
            self._weights(),
        )
        return self

    def score(self, base: CustomerBase) -> RfmScores:
        """Scores a base with the fitted cut points: the one that they were fitted on, or one of another date.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
            IncompatibleError: The base has another window or currency than the one fitted.
        """
        return RfmScores._of(self._fitted().score(base._native))

    def fit_score(self, base: CustomerBase) -> RfmScores:
        """Fits cut points to a base and scores it."""
        return self.fit(base).score(base)

    @classmethod
    def from_json(cls, text: str) -> Rfm:
        """A fitted model from its JSON text.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.

        >>> Rfm.from_json("{}")
        Traceback (most recent call last):
        crm.error.CorruptError: json: not an RFM model
        """
        model = _crm.RfmModel.from_json(text)
        bounds = model.bounds()
        rfm = cls(
            bins=model.bins(),
            binning=model.binning(),
            closed=model.closed(),
            bounds=None if bounds is None else dict(zip(_DIMENSIONS, bounds, strict=True)),
            nesting=model.nesting(),
            frequency=model.frequency(),
            monetary=model.monetary(),
            weights=model.weights(),
        )
        rfm.model_ = model
        return rfm

    @property
    def warnings_(self) -> list[str]:
        """What makes the scores less telling."""
        return self._fitted().warnings()

    @property
    def recency_cuts_(self) -> Cuts:
        """The most days since the last purchase that still earn score 2, 3, ...; `None` where no customer had the score.

        For quantiles closed on the left, and for own bounds, the time must be below the cut.
        """
        return self._fitted().recency_cuts()

    @property
    def frequency_cuts_(self) -> Cuts | None:
        """The frequency from which score 2, 3, ... is earned, or above which for quantiles closed on the right.

        `None` where no customer had the score, and for nested models.
        """
        return self._fitted().frequency_cuts()

    @property
    def monetary_cuts_(self) -> Cuts | None:
        """The monetary value from which score 2, 3, ... is earned, or above which for quantiles closed on the right.

        `None` where no customer had the score, and for nested models.
        """
        return self._fitted().monetary_cuts()

    @property
    def as_of_(self) -> date:
        """The day that the base it was fitted on describes."""
        return date.fromisoformat(self._fitted().as_of())

    @property
    def data_start_(self) -> date:
        """The first day of the data that it was fitted on."""
        return date.fromisoformat(self._fitted().data_start())

    @property
    def customers_(self) -> int:
        """Number of customers that it was fitted on."""
        return self._fitted().customers()

    def _bounds(self) -> tuple[list[float], list[float], list[float]] | None:
        if self.bounds is None:
            return None
        if not isinstance(self.bounds, Mapping) or set(self.bounds) != set(_DIMENSIONS):
            message = f"bounds: must be a dictionary with the keys {', '.join(_DIMENSIONS)}"
            raise InvalidArgumentError(message, argument="bounds")
        recency, frequency, monetary = (number_list(f"bounds.{name}", self.bounds[name]) for name in _DIMENSIONS)
        return recency, frequency, monetary

    def _weights(self) -> tuple[float, float, float]:
        weights = number_list("weights", self.weights)
        if len(weights) != 3:
            raise InvalidArgumentError("weights: must be three numbers: recency, frequency, monetary", argument="weights")
        return weights[0], weights[1], weights[2]


class RfmScores:
    """The scores of a base, in the order of its customers.

    >>> import crm
    >>> base = crm.PurchaseHistory.from_columns([7, 3], [date(2024, 3, 1), date(2024, 3, 5)], [1.0, 2.0]).base("2024-03-31")
    >>> crm.Rfm(bins=2, weights=(2, 1, 1)).fit_score(base).composite
    array([2.  , 1.25])
    """

    __slots__ = ("_native",)
    _native: _crm.RfmScores

    @classmethod
    def _of(cls, native: _crm.RfmScores) -> RfmScores:
        scores = cls.__new__(cls)
        scores._native = native
        return scores

    def __len__(self) -> int:
        return len(self._native)

    @property
    def bins(self) -> int:
        """The highest score."""
        return self._native.bins()

    @property
    def recency(self) -> npt.NDArray[np.uint8]:
        """Recency scores, 1 (long ago) to `bins` (recent)."""
        return np.frombuffer(self._native.recency(), dtype=np.uint8)

    @property
    def frequency(self) -> npt.NDArray[np.uint8]:
        """Frequency scores, 1 to `bins`."""
        return np.frombuffer(self._native.frequency(), dtype=np.uint8)

    @property
    def monetary(self) -> npt.NDArray[np.uint8]:
        """Monetary scores, 1 to `bins`."""
        return np.frombuffer(self._native.monetary(), dtype=np.uint8)

    @property
    def composite(self) -> npt.NDArray[np.float64]:
        """The composite scores, `(w_R R + w_F F + w_M M) / (w_R + w_F + w_M)`: from 1 to `bins`."""
        return np.frombuffer(self._native.composite(), dtype=np.float64)

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, RfmScores) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<RfmScores: {len(self):,} customers, 1 to {self.bins}>"
