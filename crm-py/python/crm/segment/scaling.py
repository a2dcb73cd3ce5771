"""Scaling that is fitted once and applied to later customers in the same way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Literal, Self, TypedDict

from crm import _crm
from crm.customer import CustomerBase
from crm.error import InvalidArgumentError, WrongTypeError
from crm.estimator import Estimator
from crm.segment.feature import FeatureTable, native_features
from crm.segment.rows import Matrix, native_rows
from crm.table import Table

__all__ = ["ColumnScaling", "FeatureScaler", "Scaling", "native_scalings"]

Method = Literal["none", "z_score", "robust", "rank"]
Transform = Literal["none", "log1p"]
MissingValues = Literal["raise", "median"]


class ColumnScaling(TypedDict, total=False):
    """How a column is scaled: `sqrt(weight) * centred(transform(clipped(x / reference)))`.

    Without a method and a transform, they are the default for the column's unit: z-scores, of logarithms for money and counts.
    """

    method: Method
    """"none"; "z_score"; "robust": by median and interquartile range; "rank": mid-rank percentiles."""
    transform: Transform
    """"none"; "log1p": `sign(x) ln(1 + |x|)`."""
    winsorise: tuple[float, float] | None
    """The shares of the values, at the lower and at the upper end, that are moved to the quantile where the share ends."""
    weight: float
    """How many times the column counts in squared distances: from 0 to 1e6."""


Scaling = ColumnScaling | Method
"""How a column is scaled, or the name of its method."""


class FeatureScaler(Estimator[_crm.FeatureScaler]):
    """Makes the columns of a feature table comparable, and later tables comparable with it.

    An estimator with the manners of scikit-learn. Money is divided by an amount of its own first, so that neither currencies nor cents change
    a bit. Columns are scaled by the default for their unit unless something else is asked for: z-scores, of logarithms for money and counts.

    Args:
        default: The scaling of every column that has none of its own, such as `"robust"` or `{"method": "rank", "weight": 12}`; see `ColumnScaling`.
        columns: The scaling of single columns, by name.
        missing: What becomes of missing values: "raise", or "median": they take the median of the fitted values.

    Attributes:
        model_: The fitted scaling of the engine.

    >>> import crm
    >>> table = crm.FeatureTable({"visits": [1, 2, 3, 6]})
    >>> scaler = FeatureScaler().fit(table)
    >>> scaler.transform(table)["visits"].round(3)
    array([-1.069, -0.535,  0.   ,  1.604])
    >>> scaler.inverse_transform([[0.0]])["visits"]
    array([3.])
    >>> FeatureScaler(columns={"orders": "rank"}).fit(table)
    Traceback (most recent call last):
    crm.error.MissingColumnError: orders: there is no such column among visits
    """

    _PARAMETERS = ("default", "columns", "missing")
    _NATIVE = _crm.FeatureScaler

    def __init__(
        self,
        *,
        default: Scaling | None = None,
        columns: Mapping[str, Scaling] | None = None,
        missing: MissingValues = "raise",
    ) -> None:
        self.default = default
        self.columns = columns
        self.missing = missing

    def fit(self, data: FeatureTable | CustomerBase, y: object = None) -> Self:
        """Fits the scaling of every column.

        Args:
            data: Features, or a base, which stands for its default features.
            y: Ignored; there for pipelines of scikit-learn.

        Raises:
            EmptyError: The table has no columns.
            MissingColumnError: A column with a scaling of its own does not exist.
            InvalidArgumentError: A scaling makes no sense, or all weights are 0.
            MissingValueError: A value is missing under "raise", or a column has none at all.
        """
        del y
        self.model_ = _crm.FeatureScaler.fit(native_features(data), native_scalings(self))
        return self

    def transform(self, data: FeatureTable | CustomerBase) -> Table:
        """The scaled columns, in the order of the customers: what is clustered.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
            IncompatibleError: The table has other columns, units, currencies or another window than the one fitted.
            MissingValueError: A value is missing under "raise".
        """
        return Table(self._fitted().apply(native_features(data)))

    def fit_transform(self, data: FeatureTable | CustomerBase, y: object = None) -> Table:
        """Fits the scaling and applies it to the same table, in less time than one after the other. Errors as for `fit`."""
        del y
        self.model_, scaled = _crm.FeatureScaler.fit_apply(native_features(data), native_scalings(self))
        return Table(scaled)

    def inverse_transform(self, scaled: Matrix) -> Table:
        """The original values of scaled ones, such as centres.

        Percentiles come back by the quantiles of the fitted values; a column of weight 0 gives its fitted centre.

        Args:
            scaled: Rows of scaled columns.

        Raises:
            IncompatibleError: There is another number of columns.
            InvalidValueError: A value is not finite.
        """
        return Table(self._fitted().invert(native_rows("scaled", scaled)))

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A fitted scaling from its JSON text, with the scaling of every column in `columns`.

        Raises:
            CorruptError: The text is no scaling.
            IncompatibleError: It is one of a later version.

        >>> import crm
        >>> table = crm.FeatureTable({"visits": [1, 2, 3, 6]})
        >>> FeatureScaler.from_json(FeatureScaler().fit(table).to_json())
        FeatureScaler(columns={'visits': {'method': 'z_score', 'transform': 'none', 'winsorise': None, 'weight': 1.0}})
        """
        return cls._with(_crm.FeatureScaler.from_json(text))

    @classmethod
    def _with(cls, native: _crm.FeatureScaler) -> Self:
        scaler = cls(columns=_scalings(native), missing=native.missing())
        scaler.model_ = native
        return scaler

    @property
    def scalings_(self) -> dict[str, ColumnScaling]:
        """How each column is scaled, by name."""
        return _scalings(self._fitted())

    @property
    def references_(self) -> dict[str, float]:
        """What each column is divided by first, by name: 1 for everything but money."""
        native = self._fitted()
        return dict(zip(native.names(), native.references(), strict=True))

    @property
    def feature_names_in_(self) -> list[str]:
        """The names of the columns."""
        return self._fitted().names()

    @property
    def units_(self) -> dict[str, str]:
        """The unit of each column, by name."""
        native = self._fitted()
        return dict(zip(native.names(), native.units(), strict=True))

    @property
    def as_of_(self) -> date | None:
        """The day that the base it was fitted on describes, if there was one."""
        day = self._fitted().as_of()
        return None if day is None else date.fromisoformat(day)

    @property
    def window_days_(self) -> int | None:
        """The window in days of the base that it was fitted on, if it had one."""
        return self._fitted().window_days()

    @property
    def customers_(self) -> int:
        """Number of customers that it was fitted on."""
        return self._fitted().customers()

    @property
    def warnings_(self) -> list[str]:
        """What its user should know, in words: constant columns, missing values."""
        return self._fitted().warnings()


def _scalings(native: _crm.FeatureScaler) -> dict[str, ColumnScaling]:
    scalings: dict[str, ColumnScaling] = {}
    for name, (method, transform, winsorise, weight) in zip(native.names(), native.scalings(), strict=True):
        scalings[name] = {"method": method, "transform": transform, "winsorise": winsorise, "weight": weight}
    return scalings


_NativeScaling = tuple[str | None, str | None, tuple[float, float] | None, float | None]
_KEYS = tuple(ColumnScaling.__annotations__)


def native_scalings(
    scaler: FeatureScaler,
) -> tuple[_NativeScaling | None, list[tuple[str, _NativeScaling]], str]:
    """The options of a scaler."""
    default = None if scaler.default is None else _native_scaling("default", scaler.default)
    columns = {} if scaler.columns is None else scaler.columns
    if not isinstance(columns, Mapping):
        message = f"columns: {type(columns).__name__} is not accepted: must be a dictionary of scalings by name"
        raise WrongTypeError(message, argument="columns")
    return default, [(name, _native_scaling(name, scaling)) for name, scaling in columns.items()], scaler.missing


def _native_scaling(argument: str, scaling: Scaling) -> _NativeScaling:
    if isinstance(scaling, str):
        return scaling, None, None, None
    if not isinstance(scaling, Mapping):
        message = f'{argument}: {scaling!r} is not accepted: must be a method such as "rank", or a dictionary'
        raise WrongTypeError(message, argument=argument)
    for key in scaling:
        if key not in _KEYS:
            message = f"{argument}: {key!r} is not accepted: must be one of {', '.join(_KEYS)}"
            raise InvalidArgumentError(message, argument=argument)
    given: Mapping[str, Any] = scaling
    winsorise = given.get("winsorise")
    if winsorise is not None:
        if not isinstance(winsorise, (tuple, list)) or len(winsorise) != 2:
            message = f"{argument}: {winsorise!r} is not accepted: must be the shares at the lower and at the upper end"
            raise WrongTypeError(message, argument=argument)
        winsorise = (winsorise[0], winsorise[1])
    return given.get("method"), given.get("transform"), winsorise, given.get("weight")
