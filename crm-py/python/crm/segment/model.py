"""Named segments that customers of any date can be assigned to."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Self

from crm import _crm
from crm.column import ColumnLike, name_list, number_column
from crm.customer import CustomerBase
from crm.error import InvalidArgumentError, WrongTypeError
from crm.estimator import Estimator
from crm.segment.feature import FeatureTable, native_features
from crm.segment.kmeans import KMeans, Starts, native_options, sample_weights
from crm.segment.profile import SegmentProfiles
from crm.segment.rows import Labels, labels_array
from crm.segment.scaling import FeatureScaler, native_scalings
from crm.table import Table

__all__ = ["SegmentModel"]


class SegmentModel(Estimator[_crm.SegmentModel]):
    """Segments of customers: a scaling, the clusters behind it, and their names, as one model.

    An estimator with the manners of scikit-learn. Segments are numbered by a feature and named by what distinguishes them.

    Args:
        clusters: Number of segments.
        scaling: How features are made comparable; `None`: the default of `FeatureScaler` for each unit.
        order_by: The name of the feature by which segments are numbered.
        descending: Whether segment 0 is the one of the highest value, not the lowest.
        starts: Where the iterations begin: "k-means++", "random", or an array of centres of scaled features, a row each.
        start_count: How many starts "k-means++" or "random" make.
        most_iterations: The most iterations of a start.
        tolerance: When a start stops, as for `KMeans`.
        seed: The seed of the starts.
        threads: Threads of the clustering, 0 for all there are; the result does not depend on it.

    Attributes:
        model_: The fitted model of the engine.

    >>> import crm
    >>> table = crm.FeatureTable({"visits": [1, 2, 1, 30, 28, 33]}, units={"visits": "count"})
    >>> model = SegmentModel(2, order_by="visits").fit(table)
    >>> model.labels_.tolist(), model.names_
    ([1, 1, 1, 0, 0, 0], ['High visits', 'Low visits'])
    >>> later = crm.FeatureTable({"visits": [25, 7]}, units={"visits": "count"})
    >>> model.assign(later)["segment"].tolist()
    ['High visits', 'Low visits']
    >>> SegmentModel(2).fit(table)
    Traceback (most recent call last):
    crm.error.MissingColumnError: order_by: there is no such column among visits
    """

    _PARAMETERS = (
        "clusters",
        "scaling",
        "order_by",
        "descending",
        "starts",
        "start_count",
        "most_iterations",
        "tolerance",
        "seed",
        "threads",
    )
    _NATIVE = _crm.SegmentModel

    def __init__(
        self,
        clusters: int,
        *,
        scaling: FeatureScaler | None = None,
        order_by: str = "net_amount",
        descending: bool = True,
        starts: Starts = "k-means++",
        start_count: int = 10,
        most_iterations: int = 300,
        tolerance: float = 1e-4,
        seed: int = 0,
        threads: int = 0,
    ) -> None:
        self.clusters = clusters
        self.scaling = scaling
        self.order_by = order_by
        self.descending = descending
        self.starts = starts
        self.start_count = start_count
        self.most_iterations = most_iterations
        self.tolerance = tolerance
        self.seed = seed
        self.threads = threads

    def fit(
        self, data: FeatureTable | CustomerBase, y: object = None, sample_weight: ColumnLike | None = None
    ) -> Self:
        """Scales features, clusters them, and names the segments.

        Args:
            data: Features, or a base, which stands for its default features.
            y: Ignored; there for pipelines of scikit-learn.
            sample_weight: Counts each customer so many times in the clusters; fractions are allowed, and customers of weight 0 only get a
                segment. Scaling, profiles and names describe each customer once.

        Raises:
            InvalidArgumentError: An option makes no sense, or there are more segments than distinct rows.
            MissingColumnError: There is no column to order by, or none of a name that has a scaling.
            MissingValueError: A value is missing, and the scaling does not fill it.
            LengthMismatchError: There is another number of weights than customers.
            InvalidValueError: A weight is negative or not finite, or all are 0.
        """
        del y
        if not isinstance(self.scaling, FeatureScaler | None):
            message = f"scaling: {self.scaling!r} is not accepted: must be a crm.FeatureScaler"
            raise WrongTypeError(message, argument="scaling")
        scalings = native_scalings(FeatureScaler() if self.scaling is None else self.scaling)
        options = native_options(
            self.clusters,
            self.starts,
            self.start_count,
            self.most_iterations,
            self.tolerance,
            self.seed,
            self.threads,
        )
        table = native_features(data)
        weights = sample_weights(sample_weight)
        self.model_, labels = _crm.SegmentModel.fit(
            table, weights, scalings, options, self.order_by, self.descending
        )
        self._labels = labels_array(labels)
        return self

    def fit_predict(
        self, data: FeatureTable | CustomerBase, y: object = None, sample_weight: ColumnLike | None = None
    ) -> Labels:
        """Fits segments and gives that of each customer. Errors as for `fit`."""
        return self.fit(data, y, sample_weight).labels_

    @classmethod
    def from_parts(cls, data: FeatureTable | CustomerBase, scaler: FeatureScaler, kmeans: KMeans) -> Self:
        """Segments of a fitted scaling and of clusters that were fitted to what it gave for the data, such as those of weighted customers.

        Raises:
            InvalidArgumentError: The scaling or the clusters are not fitted yet.
            IncompatibleError: They do not fit the data or each other.
        """
        native, labels = _crm.SegmentModel.from_parts(native_features(data), scaler._fitted(), kmeans._fitted())
        model = cls._with(native)
        model._labels = labels_array(labels)
        return model

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A fitted model from its JSON text, with the scaling of every column.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.
        """
        return cls._with(_crm.SegmentModel.from_json(text))

    @classmethod
    def _with(cls, native: _crm.SegmentModel) -> Self:
        model = cls(native.segments(), scaling=FeatureScaler._with(native.scaler()))
        model.model_ = native
        return model

    def with_names(self, names: Sequence[str]) -> Self:
        """The same segments under other names.

        Raises:
            LengthMismatchError: There is another number of names than segments.
            InvalidArgumentError: A name is empty or given twice.
        """
        native = self._fitted().with_names(name_list("names", names))
        model = type(self)(**self.get_params(deep=False))
        model.model_ = native
        if "_labels" in self.__dict__:
            model._labels = self._labels
        return model

    def predict(self, data: FeatureTable | CustomerBase) -> Labels:
        """The segment of each customer, of any date.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
            IncompatibleError: The table has other columns, units, currencies or another window than the one fitted.
            MissingValueError: A value is missing, and the scaling does not fill it.
        """
        return labels_array(self._fitted().predict(native_features(data)))

    def assign(self, data: FeatureTable | CustomerBase) -> Table:
        """The segment of each customer and how near another one is. Errors as for `predict`.

        `customer_id` where features come from a base, `label`, `segment` (its name), `distance` to its centre in scaled features, `next_label`,
        `next_segment`, `next_distance`, and `border`: the first distance divided by the second, from 0 in the centre to 1 midway between both.
        """
        return Table(self._fitted().assign(native_features(data)))

    def profiles(
        self, data: FeatureTable | CustomerBase, labels: ColumnLike | None = None
    ) -> SegmentProfiles:
        """What the customers of each segment are like.

        Args:
            data: The customers.
            labels: Their segments; without them each customer is in the segment that `predict` says.

        Raises:
            LengthMismatchError: There is another number of labels than customers.
            InvalidValueError: A label is no segment.
        """
        column = None if labels is None else number_column("labels", labels)
        return SegmentProfiles._of(self._fitted().profiles(native_features(data), column))

    @property
    def labels_(self) -> Labels:
        """The segment of each customer that it was fitted to.

        Raises:
            InvalidArgumentError: Nothing was fitted yet, or the model comes from JSON, which has no customers.
        """
        self._fitted()
        labels: Labels | None = self.__dict__.get("_labels")
        if labels is None:
            message = "the labels of this SegmentModel are not known, as it was not fitted here: call predict"
            raise InvalidArgumentError(message, argument="self")
        return labels

    @property
    def names_(self) -> list[str]:
        """The names of the segments, in the order of their labels."""
        return self._fitted().names()

    @property
    def centres_(self) -> Table:
        """The centres in the units of the features: `label`, `segment` and the features.

        Through a logarithm a centre comes back as a kind of geometric mean; `profiles` has the arithmetic one.
        """
        return Table(self._fitted().centres())

    @property
    def feature_names_in_(self) -> list[str]:
        """The names of the features."""
        return self._fitted().features()

    @property
    def units_(self) -> dict[str, str]:
        """The unit of each feature, by name."""
        return dict(zip(self._fitted().features(), self._fitted().units(), strict=True))

    @property
    def as_of_(self) -> date | None:
        """The day that the base it was fitted on describes, if there was one."""
        day = self._fitted().as_of()
        return None if day is None else date.fromisoformat(day)

    @property
    def scaler_(self) -> FeatureScaler:
        """The fitted scaling."""
        return FeatureScaler._with(self._fitted().scaler())

    @property
    def kmeans_(self) -> KMeans:
        """The fitted clusters of scaled features."""
        return KMeans._with(self._fitted().clusters())
