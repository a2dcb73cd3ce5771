"""K-means clusters."""

from __future__ import annotations

from typing import Any, Literal, Self

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.error import InvalidArgumentError
from crm.estimator import Estimator
from crm.segment.rows import Floats, Labels, Matrix, check_names, feature_number, labels_array, native_rows, numbers_array
from crm.table import Table

__all__ = ["KMeans", "MiniBatchKMeans", "Starts", "native_options", "sample_weights"]

Starts = Literal["k-means++", "random"] | Matrix
"""Where the iterations begin: a method, or centres, a row each."""


def native_options(
    clusters: int,
    starts: Starts,
    start_count: int,
    most_iterations: int,
    tolerance: float,
    seed: int,
    threads: int,
) -> _crm.KMeansOptions:
    """How k-means is run."""
    method, given = (starts, None) if isinstance(starts, str) else ("given", native_rows("starts", starts))
    return _crm.KMeansOptions(clusters, method, start_count, given, most_iterations, tolerance, seed, threads)


class _Centres(Estimator[_crm.KMeans]):
    """What clusters around centres have in common."""

    _NATIVE = _crm.KMeans

    _PARAMETERS = (
        "clusters",
        "starts",
        "start_count",
        "most_iterations",
        "tolerance",
        "seed",
        "order_by",
        "descending",
        "threads",
    )

    def __init__(
        self,
        clusters: int,
        *,
        starts: Starts = "k-means++",
        start_count: int = 10,
        most_iterations: int = 300,
        tolerance: float = 1e-4,
        seed: int = 0,
        order_by: int | str = 0,
        descending: bool = False,
        threads: int = 0,
    ) -> None:
        self.clusters = clusters
        self.starts = starts
        self.start_count = start_count
        self.most_iterations = most_iterations
        self.tolerance = tolerance
        self.seed = seed
        self.order_by = order_by
        self.descending = descending
        self.threads = threads

    def predict(self, X: Matrix) -> Labels:
        """The cluster of each row: the nearest centre, of equally near ones that of the lower number.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
            IncompatibleError: The rows have other features than those fitted.
            InvalidValueError: A value is not finite.
            MissingValueError: A value is null.
        """
        return labels_array(self._fitted().predict(self._rows(X), self.threads))

    def transform(self, X: Matrix) -> Floats:
        """The distance of each row to every centre, a row a row and a column a cluster. Errors as for `predict`."""
        model = self._fitted()
        return numbers_array(model.distances(self._rows(X), self.threads), model.clusters())

    def assign(self, X: Matrix) -> Table:
        """The nearest and the next centre: `cluster`, `distance`, `next_cluster`, `next_distance`, `border`. Errors as for `predict`.

        `border` is the first distance divided by the second: 0 in the centre, 1 midway between two. With one cluster the next one is the same,
        infinitely far. The table starts with `customer_id` where features come from a base.
        """
        return Table(self._fitted().assign(self._rows(X), self.threads))

    @property
    def cluster_centers_(self) -> Floats:
        """The centres, a row each."""
        model = self._fitted()
        return numbers_array(model.centres(), model.features())

    @property
    def inertia_(self) -> float:
        """The sum of weighted squared distances to the nearest centre."""
        return self._fitted().inertia()

    @property
    def n_iter_(self) -> int:
        """Iterations of the start that was kept."""
        return self._fitted().iterations()

    @property
    def converged_(self) -> bool:
        """Whether that start ended by its tolerance, not by the limit of iterations."""
        return self._fitted().converged()

    @property
    def n_features_in_(self) -> int:
        """Number of features."""
        return self._fitted().features()

    @property
    def sizes_(self) -> Table:
        """The clusters: `cluster`, `rows`, `weight` and `within`, the sum of weighted squared distances to the centre."""
        return Table(self._fitted().table())

    @property
    def feature_names_in_(self) -> list[str] | None:
        """The names of the columns that it was fitted to; `None` if they had none, or the model comes from JSON."""
        self._fitted()
        names: list[str] | None = self.__dict__.get("_names")
        return names

    def _rows(self, X: Matrix) -> _crm.Rows:
        rows = native_rows("X", X)
        check_names(self.feature_names_in_, rows)
        return rows

    def _options(self) -> _crm.KMeansOptions:
        return native_options(
            self.clusters,
            self.starts,
            self.start_count,
            self.most_iterations,
            self.tolerance,
            self.seed,
            self.threads,
        )


class KMeans(_Centres):
    """Clusters around centres: each row belongs to the nearest.

    An estimator with the manners of scikit-learn. Lloyd's iterations from several starts minimise the sum of squared distances, and the labels
    are those that plain iterations give, whatever the number of threads. Clusters are numbered by the value of a feature, so that their numbers
    mean the same in every run. An empty cluster takes the row that is farthest from its centre.

    64-bit floats are read where they lie, without a copy: do not write to an array while it is clustered.

    Args:
        clusters: Number of clusters.
        starts: Where the iterations begin: "k-means++", "random", or an array of centres, a row each.
        start_count: How many starts "k-means++" or "random" make; the one of the lowest inertia is kept.
        most_iterations: The most iterations of a start.
        tolerance: Stops when the centres' squared moves sum to at most this share of the mean variance of the features; with 0 only when no
            label changes.
        seed: The seed of the starts.
        order_by: The name or the number of the feature by which clusters are numbered.
        descending: Whether cluster 0 is the one of the highest value, not the lowest.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Attributes:
        model_: The fitted clusters of the engine.

    >>> import numpy as np
    >>> rows = np.array([[1.0], [1.2], [0.8], [9.0], [9.4], [8.9]])
    >>> kmeans = KMeans(2).fit(rows)
    >>> kmeans.labels_
    array([0, 0, 0, 1, 1, 1], dtype=int32)
    >>> kmeans.cluster_centers_.round(3).tolist()
    [[1.0], [9.1]]
    >>> kmeans.predict([[2.0], [7.0]]).tolist()
    [0, 1]

    Sources: Lloyd (1982), "Least squares quantization in PCM"; Arthur and Vassilvitskii (2007), "k-means++: the advantages of careful seeding".
    """

    def fit(self, X: Matrix, y: object = None, sample_weight: ColumnLike | None = None) -> Self:
        """Fits clusters to rows.

        Args:
            X: The rows: a table whose columns are features, or an array of two dimensions.
            y: Ignored; there for pipelines of scikit-learn.
            sample_weight: Counts each row so many times; fractions are allowed, and rows of weight 0 only get a label.

        Raises:
            InvalidArgumentError: An option makes no sense, or there are more clusters than distinct rows.
            EmptyError: There are no rows.
            LengthMismatchError: Weights or given starts are of another size.
            InvalidValueError: A value or a weight is not finite, or a weight is negative.
            MissingValueError: A value is null.
            WrongTypeError: A column holds no numbers, or the array has not two dimensions.

        >>> KMeans(1).fit([[1.0, 2.0], [float("nan"), 2.0]])
        Traceback (most recent call last):
        crm.error.InvalidValueError: feature 0, row 1: NaN is not finite
        """
        del y
        rows = native_rows("X", X)
        order = feature_number("order_by", self.order_by, rows.names())
        weights = sample_weights(sample_weight)
        self.model_, labels = _crm.KMeans.fit(rows, weights, self._options(), order, self.descending)
        self._names, self._labels = rows.names(), labels_array(labels)
        return self

    def fit_predict(self, X: Matrix, y: object = None, sample_weight: ColumnLike | None = None) -> Labels:
        """Fits clusters to rows and gives the cluster of each. Errors as for `fit`."""
        return self.fit(X, y, sample_weight).labels_

    def fit_transform(self, X: Matrix, y: object = None, sample_weight: ColumnLike | None = None) -> Floats:
        """Fits clusters to rows and gives the distance of each row to every centre. Errors as for `fit`."""
        return self.fit(X, y, sample_weight).transform(X)

    @property
    def labels_(self) -> Labels:
        """The cluster of each row that it was fitted to.

        Raises:
            InvalidArgumentError: Nothing was fitted yet, or the model comes from JSON, which has no rows.
        """
        self._fitted()
        return _labels(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Fitted clusters from their JSON text; how they were fitted is not in it.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.

        >>> KMeans.from_json(KMeans(2).fit([[1.0], [2.0], [8.0]]).to_json()).predict([[7.0]])
        array([1], dtype=int32)
        """
        return cls._with(_crm.KMeans.from_json(text))

    @classmethod
    def _with(cls, native: _crm.KMeans) -> Self:
        kmeans = cls(native.clusters())
        kmeans.model_ = native
        return kmeans


def sample_weights(sample_weight: ColumnLike | None) -> _crm.Column | None:
    """How often rows count, if they do not count once each."""
    return None if sample_weight is None else number_column("sample_weight", sample_weight)


def _labels(estimator: Any) -> Labels:
    """The labels of the rows that an estimator was fitted to."""
    labels: Labels | None = estimator.__dict__.get("_labels")
    if labels is None:
        message = f"the labels of this {type(estimator).__name__} are not known, as it was not fitted here: call predict"
        raise InvalidArgumentError(message, argument="self")
    return labels


class MiniBatchKMeans(_Centres):
    """Clusters that learn from one batch of rows after the other, for rows that do not fit in memory.

    The first batch is clustered as a whole and gives the starts; later each centre is the mean of all rows that were assigned to it when they
    came. Batches should be samples of the same customers, not one segment after the other; several passes over the data help. The centres are
    near those of `KMeans`, not equal to them, and depend on the order of the batches.

    Args:
        clusters: Number of clusters.
        starts: Where the iterations over the first batch begin: "k-means++", "random", or an array of centres, a row each.
        start_count: How many starts "k-means++" or "random" make.
        most_iterations: The most iterations of a start.
        tolerance: When a start stops, as for `KMeans`.
        seed: The seed of the starts.
        order_by: The name or the number of the feature by which clusters are numbered.
        descending: Whether cluster 0 is the one of the highest value, not the lowest.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Attributes:
        model_: The clusters so far.

    >>> learner = MiniBatchKMeans(2)
    >>> for batch in ([[1.0], [9.0], [1.2], [8.8]], [[0.8], [1.1], [9.3], [9.1]]):
    ...     learner = learner.partial_fit(batch)
    >>> learner.cluster_centers_.round(3).tolist(), learner.n_batches_
    ([[1.025], [9.05]], 2)

    Source: Sculley (2010), "Web-scale k-means clustering".
    """

    def partial_fit(self, X: Matrix, y: object = None, sample_weight: ColumnLike | None = None) -> Self:
        """Learns from a batch; the first one must hold at least as many distinct rows as there are clusters.

        What was learnt so far stays as it is if a batch is refused.

        Args:
            X: The rows of the batch.
            y: Ignored; there for pipelines of scikit-learn.
            sample_weight: Counts each row so many times; fractions are allowed, and rows of weight 0 move no centre.

        Raises:
            InvalidArgumentError: An option makes no sense, or the first batch has fewer distinct rows than clusters.
            IncompatibleError: The rows have other features than those before, or the number of clusters was changed.
            EmptyError: There are no rows.
            LengthMismatchError: There is another number of weights than rows.
            InvalidValueError: A value or a weight is not finite, or a weight is negative.

        >>> learner = MiniBatchKMeans(2).partial_fit([[1.0], [2.0], [9.0]], sample_weight=[3, 1, 2])
        >>> learner.partial_fit([[8.0], [100.0]], sample_weight=[2, 0]).cluster_centers_.tolist()
        [[1.25], [8.5]]
        """
        del y
        rows = native_rows("X", X)
        names: list[str] | None = self.__dict__.get("_names") or rows.names()
        order = feature_number("order_by", self.order_by, names)
        if "model_" in self.__dict__:
            check_names(self.feature_names_in_, rows)
            learner = _crm.MiniBatchKMeans.resume(
                self._options(), order, self.descending, self.model_, self._batches
            )
        else:
            learner = _crm.MiniBatchKMeans(self._options(), order, self.descending)
        learner = learner.updated(rows, sample_weights(sample_weight))
        self.model_ = learner.finish()
        self._names = names
        self._batches: int = learner.batches()
        return self

    def fit(self, X: Matrix, y: object = None, sample_weight: ColumnLike | None = None) -> Self:
        """Forgets what was learnt and learns from rows as the first batch. Errors as for `partial_fit`."""
        for learnt in ("model_", "_names", "_batches"):
            self.__dict__.pop(learnt, None)
        return self.partial_fit(X, y, sample_weight)

    @property
    def n_batches_(self) -> int:
        """Batches seen so far."""
        self._fitted()
        return self._batches

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Clusters from their JSON text, which go on learning; the batches seen before are not counted.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.
        """
        native = _crm.KMeans.from_json(text)
        learner = cls(native.clusters())
        learner.model_, learner._batches = native, 0
        return learner
