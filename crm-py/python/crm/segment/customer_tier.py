"""Core, important, basic and at risk: tiers of customers by value, potential and risk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from crm import _crm
from crm.column import ColumnLike, number_column, number_pair
from crm.error import InvalidArgumentError
from crm.estimator import Estimator
from crm.segment.agreement import CrossTable
from crm.segment.rows import Labels, labels_array
from crm.table import Table

__all__ = ["BandReport", "CustomerTiers", "TierBacktest"]

_KEYS = ("core", "important", "basic", "at_risk")


@dataclass(frozen=True)
class BandReport:
    """Which bands of shares are kept, which are missed by how much, and why. `print` says it in words."""

    tiers: Table
    """`tier`, `name`, `lowest_share`, `highest_share`, `customers`, `share`, and `missed_by`: below 0 if the share is too small."""
    feasible: bool
    """Whether all shares lie in their bands."""
    indicator_correlation: float | None
    """The correlation of high value with high potential among customers who are not at risk; `None` if either has no or all customers."""
    required_correlation: float | None
    """The least such correlation at which the bands can be kept; `None` if they cannot at this share at risk."""
    optimality_gap: float
    """How much nearer to the centres of the bands another solution can be at most; 0 if none is nearer."""
    text: str
    """The same in words."""

    def __str__(self) -> str:
        return self.text


class CustomerTiers(Estimator[_crm.CustomerTiers]):
    """Four tiers of customers by two thresholds and a rule for risk: 0 core, 1 important, 2 basic, 3 at risk.

    Whoever is at risk is at risk, whatever else. Of the others, those of high value and high potential are core, those of either important, the
    rest basic. Thresholds are those whose shares of all customers keep all bands and lie nearest to the bands' centres; if none keep all, the
    nearest, and the report says what is missed and why. With value and potential independent the default bands cannot be kept.

    Args:
        bands: The lowest and the highest share of each tier, `{"core": ..., "important": ..., "basic": ..., "at_risk": ...}`; by default 10 to
            15 %, 30 to 35 %, 40 to 45 % and 5 to 10 %.
        risk_threshold: Customers of at least this score of risk are at risk, instead of the riskiest within their band.

    Attributes:
        model_: The fitted thresholds of the engine.

    >>> value = list(range(40))
    >>> potential = [i * 9 % 40 + 0.5 * i for i in range(40)]
    >>> risk = [float(i * 7 % 40) for i in range(40)]
    >>> tiers = CustomerTiers().fit(value, potential, risk)
    >>> print(tiers.report_)
    all shares lie in their bands
    >>> tiers.report_.tiers["customers"].tolist(), tiers.names_[tiers.tiers_[17]]
    ([5, 13, 18, 4], 'at risk')
    """

    _PARAMETERS = ("bands", "risk_threshold")
    _NATIVE = _crm.CustomerTiers

    def __init__(
        self, *, bands: Mapping[str, tuple[float, float]] | None = None, risk_threshold: float | None = None
    ) -> None:
        self.bands = bands
        self.risk_threshold = risk_threshold

    def fit(self, value: ColumnLike, potential: ColumnLike, risk: ColumnLike) -> Self:
        """Fits the thresholds to customers.

        Args:
            value: What each customer is worth, of any unit.
            potential: What each could be worth, of any unit.
            risk: Truth values: who is at risk; or scores, the higher the riskier, of which the riskiest are.

        Raises:
            InvalidArgumentError: Bands are not from a share to a larger one or cannot sum to 1, or a threshold stands beside truth values.
            EmptyError: There are no customers.
            LengthMismatchError: The columns differ in length.
            InvalidValueError: A value is not finite.
            MissingValueError: A value is null.
        """
        columns = _columns(value, potential, risk)
        self.model_, tiers, report = _crm.CustomerTiers.fit(*columns, self._bands(), self.risk_threshold)
        self._tiers, self._report = labels_array(tiers), _report(report)
        return self

    def _bands(self) -> list[tuple[float, float]] | None:
        if self.bands is None:
            return None
        if not isinstance(self.bands, Mapping) or set(self.bands) != set(_KEYS):
            message = f"bands: must be a dictionary with the keys {', '.join(_KEYS)}"
            raise InvalidArgumentError(message, argument="bands")
        return [number_pair(f"bands.{key}", self.bands[key]) for key in _KEYS]

    def predict(self, value: ColumnLike, potential: ColumnLike, risk: ColumnLike) -> Labels:
        """The tier of each customer, by comparison with the fitted thresholds alone.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
            IncompatibleError: Risk is truth values where the model was fitted to scores, or the other way round.
            LengthMismatchError: The columns differ in length.
            InvalidValueError: A value is not finite.
        """
        return labels_array(self._fitted().assign(*_columns(value, potential, risk)))

    def report(self, value: ColumnLike, potential: ColumnLike, risk: ColumnLike) -> BandReport:
        """The shares of these customers against the bands. Errors as for `predict`."""
        return _report(self._fitted().report(*_columns(value, potential, risk)))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Fitted tiers from their JSON text.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.
        """
        native = _crm.CustomerTiers.from_json(text)
        tiers = cls(bands=dict(zip(_KEYS, native.bands(), strict=True)))
        tiers.model_ = native
        return tiers

    @property
    def tiers_(self) -> Labels:
        """The tier of each customer that it was fitted to.

        Raises:
            InvalidArgumentError: Nothing was fitted yet, or the model comes from JSON.
        """
        tiers: Labels = self._known("_tiers")
        return tiers

    @property
    def report_(self) -> BandReport:
        """The shares of the customers that it was fitted to, and what became of their bands.

        Raises:
            InvalidArgumentError: Nothing was fitted yet, or the model was saved since.
        """
        report: BandReport = self._known("_report")
        return report

    def _known(self, name: str) -> Any:
        self._fitted()
        if name not in self.__dict__:
            message = f"the {name[1:]} of these CustomerTiers is not known, as they were not fitted here: call predict or report"
            raise InvalidArgumentError(message, argument="self")
        return self.__dict__[name]

    @property
    def names_(self) -> list[str]:
        """The names of the tiers, in the order of their numbers."""
        return _crm.customer_tier_names()

    @property
    def value_threshold_(self) -> float | None:
        """The lowest high value; `None` if no value is high."""
        return self._fitted().value_threshold()

    @property
    def potential_threshold_(self) -> float | None:
        """The lowest high potential; `None` if none is high."""
        return self._fitted().potential_threshold()

    @property
    def risk_threshold_(self) -> float | None:
        """The lowest score at risk; `None` if no score is, or if truth values say who is."""
        return self._fitted().risk_threshold()

    def __getstate__(self) -> dict[str, Any]:
        state = super().__getstate__()
        state.pop("_report", None)
        return state


def _report(report: tuple[_crm.Table, bool, float | None, float | None, float, str]) -> BandReport:
    return BandReport(Table(report[0]), *report[1:])


def _columns(
    value: ColumnLike, potential: ColumnLike, risk: ColumnLike
) -> tuple[_crm.Column, _crm.Column, _crm.Column, bool]:
    column = number_column("risk", risk, truths=True)
    if isinstance(risk, np.ndarray):
        flags = risk.dtype.kind == "b"
    elif isinstance(risk, (list, tuple)):
        flags = len(risk) > 0 and all(isinstance(flag, (bool, np.bool_)) for flag in risk)
    else:
        flags = column.is_truths()
    return number_column("value", value), number_column("potential", potential), column, flags


class TierBacktest:
    """Tiers of one date against those of the same customers, in the same order, a period later.

    Args:
        before: The tier of each customer at the earlier date, 0 to 3.
        after: The same at the later date.
        target: The agreement that is asked for, above 0 and up to 1.

    Raises:
        LengthMismatchError: One has more customers than the other.
        EmptyError: There are no customers.
        InvalidValueError: A number is no tier.
        InvalidArgumentError: The target is outside (0, 1].

    >>> backtest = TierBacktest([0, 2, 2, 3], [0, 2, 3, 3])
    >>> backtest.agreement, backtest.reaches_target
    (0.75, False)
    >>> backtest.to_table()["kept"].tolist()
    [1, 0, 1, 1]

    Source: Cohen (1960), "A coefficient of agreement for nominal scales".
    """

    __slots__ = ("_native",)

    def __init__(self, before: ColumnLike, after: ColumnLike, *, target: float = 0.9) -> None:
        self._native = _crm.TierBacktest(number_column("before", before), number_column("after", after), target)

    @property
    def agreement(self) -> float:
        """The share of customers with the same tier."""
        return self._native.agreement()

    @property
    def chance_agreement(self) -> float:
        """The agreement that chance would give."""
        return self._native.chance_agreement()

    @property
    def kappa(self) -> float | None:
        """Cohen's kappa; `None` if all customers are in one and the same tier at both dates."""
        return self._native.kappa()

    @property
    def target(self) -> float:
        """The agreement that was asked for."""
        return self._native.target()

    @property
    def reaches_target(self) -> bool:
        """Whether it is reached."""
        return self._native.reaches_target()

    @property
    def cross_table(self) -> CrossTable:
        """Customers by earlier tier (rows) and later tier (columns)."""
        names = _crm.customer_tier_names()
        return CrossTable._of(self._native.cross_table(), names, names)

    def to_table(self) -> Table:
        """One row a tier: `tier`, `name`, `customers` then, `kept`: those still in it, and `agreement`: their share."""
        return Table(self._native.table())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, TierBacktest) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<TierBacktest: agreement {self.agreement:.3f}, target {self.target}>"
