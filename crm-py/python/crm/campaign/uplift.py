"""Uplift curves: does a score put those first whom a campaign moves?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.experiment.options import Alternative, native_options
from crm.experiment.result import TestResult
from crm.table import Table

__all__ = ["UpliftCurve", "UpliftInterval", "UpliftScore"]

CurveKind: TypeAlias = Literal["qini", "gain"]
Scale: TypeAlias = Literal["optimum", "optimum_without_harm", "end", "customers", "area"]


@dataclass(frozen=True)
class UpliftScore:
    """A Qini coefficient, or an area under the uplift curve, in a named scale."""

    value: float
    """(area - random_area) / divisor; NaN if the status says so."""
    area: float
    """The area under the curve, in customers times outcomes."""
    random_area: float
    """The area under the straight line to the curve's end, which is what a random order has on average."""
    divisor: float
    """What the difference is divided by."""
    status: str
    """"ok", "no_overall_uplift" or "no_optimum"."""


@dataclass(frozen=True)
class UpliftInterval:
    """Resamples of an uplift score."""

    lower: float
    """The lower end of the percentile interval."""
    upper: float
    """Its upper end."""
    standard_error: float
    """The standard deviation over the resamples."""
    replicates: int
    """Resamples with a defined score."""
    undefined: int
    """Resamples without, which are left out."""


class UpliftCurve:
    """Customers in the order of a score, highest first, with what became of them. Customers of one score are one group.

    Args:
        score: A score for each customer.
        target: Whether each was a target, otherwise a control.
        outcome: 0 or 1, or an amount.

    Raises:
        InvalidValueError: A score is NaN, or an outcome not finite.
        EmptyError: There are no targets, or no controls.
        LengthMismatchError: The columns differ in length.

    >>> curve = UpliftCurve([0.9, 0.8, 0.8, 0.3, 0.2, 0.1], [1, 1, 0, 0, 1, 0], [1, 1, 0, 0, 0, 1])
    >>> curve.customers.tolist()
    [0, 1, 3, 4, 5, 6]
    >>> curve.heights("qini").tolist()
    [0.0, 1.0, 2.0, 2.0, 2.0, 1.0]
    >>> score = curve.score("qini", scale="area")
    >>> score.value, score.area, score.random_area
    (6.0, 9.0, 3.0)
    """

    __slots__ = ("_native",)
    _native: _crm.UpliftCurve

    def __init__(self, score: ColumnLike, target: ColumnLike, outcome: ColumnLike) -> None:
        self._native = _crm.UpliftCurve(
            number_column("score", score),
            number_column("target", target, truths=True),
            number_column("outcome", outcome, truths=True),
        )

    @property
    def customers(self) -> npt.NDArray[np.uint64]:
        """Customers up to each point: 0, then up to the end of each group of equal scores."""
        return np.frombuffer(self._native.customers(), dtype=np.uint64)

    @property
    def scores(self) -> npt.NDArray[np.float64]:
        """The scores of the groups, descending; one fewer than points."""
        return np.frombuffer(self._native.scores())

    def heights(self, kind: CurveKind = "qini") -> npt.NDArray[np.float64]:
        """The height at each point: `qini` is Y_t - Y_c n_t / n_c (Radcliffe 2007), `gain` (Y_t / n_t - Y_c / n_c)(n_t + n_c)."""
        return np.frombuffer(self._native.heights(kind))

    def score(self, kind: CurveKind = "qini", *, scale: Scale = "optimum") -> UpliftScore:
        """The area between the curve and chance, divided by what `scale` names. Packages differ here, and figures of different scales cannot be
        compared.

        Args:
            kind: The curve.
            scale: "optimum": the area of the conventional perfect order (Radcliffe's Q, scikit-uplift), which some data have better ones than;
                "optimum_without_harm": of that if contact harms nobody (Radcliffe's q0); "end": customers times the curve's end (causalml's
                normalised curves); "customers", which gives the mean height above chance over all depths; "area".

        Raises:
            InvalidArgumentError: An optimum is asked for outcomes that are not 0 or 1, or one without harm for the gain curve.
        """
        return UpliftScore(*self._native.score(kind, scale))

    def interval(
        self,
        kind: CurveKind = "qini",
        *,
        scale: Scale = "optimum",
        alpha: float = 0.05,
        replicates: int = 1000,
        seed: int,
        threads: int = 0,
    ) -> UpliftInterval:
        """The bootstrap interval of a score; the score that made the order is taken as given.

        Args:
            kind: The curve.
            scale: As in `score`.
            alpha: 1 less the confidence, inside (0, 1).
            replicates: Resamples, at least 100.
            seed: The same seed gives the same interval.
            threads: Threads to use, 0 for all there are; the result does not depend on it.

        Raises:
            InvalidArgumentError: An option makes no sense.
        """
        return UpliftInterval(*self._native.interval(kind, scale, alpha, replicates, seed, threads))

    def top(
        self,
        share: float,
        *,
        of: Literal["everybody", "each_arm"] = "everybody",
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        target_share: float | None = None,
    ) -> TestResult:
        """The uplift among a share of the customers, those with the highest scores.

        Args:
            share: Above 0 and at most 1; customers of one score are never split, so that more may be taken.
            of: Of all customers in one order, or of targets and controls each in their own.
            alternative: Which deviations from no uplift count.
            alpha: The level of the test.
            target_share: The planned share of the target, of target and control together: `split` says whether it was kept; `None` is no plan.

        Raises:
            InvalidArgumentError: An option makes no sense.

        >>> UpliftCurve([3, 2, 1, 0], [1, 0, 1, 0], [1, 0, 0, 0]).top(0.5).difference
        1.0
        """
        options = native_options("difference", alternative, alpha, None, target_share)
        return TestResult._of(self._native.top(share, of, options))

    def bands(
        self,
        bands: int = 10,
        *,
        alternative: Alternative = "two_sided",
        alpha: float = 0.05,
        target_share: float | None = None,
    ) -> Table:
        """The uplift in bands of about equally many customers, from the highest scores down.

        With the planned share of the target `split_p_value` and `split_finding` say whether each band was split so.

        Raises:
            InvalidArgumentError: There are no bands, or more than 1,000.
        """
        return Table(self._native.bands(bands, native_options("difference", alternative, alpha, None, target_share)))

    def __repr__(self) -> str:
        targets, controls = self._native.counts()
        return f"<UpliftCurve: {targets} targets, {controls} controls, {len(self.scores)} scores>"
