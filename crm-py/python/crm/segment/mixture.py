"""Gaussian mixtures: segments that customers belong to by degrees."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

import numpy as np

from crm import _crm
from crm.column import number_list
from crm.estimator import Estimator
from crm.segment.rows import Floats, Labels, Matrix, check_names, feature_number, labels_array, native_rows, numbers_array

__all__ = ["GaussianMixture"]


class GaussianMixture(Estimator[_crm.GaussianMixture]):
    """Segments as normal distributions, each with its share of the customers, its mean and its full covariance.

    Where k-means draws a border, a mixture says how sure it is. An estimator with the manners of scikit-learn, fitted by expectation and
    maximisation on standardised features.

    Args:
        components: Number of components.
        start_count: How many starts from k-means; the one of the highest likelihood is kept.
        most_iterations: The most iterations of a start.
        tolerance: Stops when the mean log-likelihood of a row changes by less.
        ridge: Added to the variances of standardised features, so that no component shrinks to a point.
        seed: The seed of the starts.
        order_by: The name or the number of the feature by whose mean components are numbered.
        descending: Whether component 0 is the one of the highest mean, not the lowest.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Attributes:
        model_: The fitted mixture of the engine.

    >>> mixture = GaussianMixture.from_parameters([0.5, 0.5], [[0.0], [4.0]], [[[1.0]], [[1.0]]])
    >>> mixture.predict_proba([[0.0], [2.0]]).round(3).tolist()
    [[1.0, 0.0], [0.5, 0.5]]

    Source: McLachlan and Peel (2000), *Finite Mixture Models*.
    """

    _PARAMETERS = (
        "components",
        "start_count",
        "most_iterations",
        "tolerance",
        "ridge",
        "seed",
        "order_by",
        "descending",
        "threads",
    )
    _NATIVE = _crm.GaussianMixture

    def __init__(
        self,
        components: int,
        *,
        start_count: int = 10,
        most_iterations: int = 500,
        tolerance: float = 1e-6,
        ridge: float = 1e-6,
        seed: int = 0,
        order_by: int | str = 0,
        descending: bool = False,
        threads: int = 0,
    ) -> None:
        self.components = components
        self.start_count = start_count
        self.most_iterations = most_iterations
        self.tolerance = tolerance
        self.ridge = ridge
        self.seed = seed
        self.order_by = order_by
        self.descending = descending
        self.threads = threads

    def fit(self, X: Matrix, y: object = None) -> Self:
        """Fits a mixture to rows.

        Args:
            X: The rows: a table whose columns are features, or an array of two dimensions.
            y: Ignored; there for pipelines of scikit-learn.

        Raises:
            InvalidArgumentError: An option makes no sense, there are more components than distinct rows, or a feature does not vary.
            InvalidValueError: A value is not finite, or no start comes to an end: there are fewer segments than asked for, or outliers.
            EmptyError: There are no rows.
        """
        del y
        rows = native_rows("X", X)
        self.model_ = _crm.GaussianMixture.fit(
            rows,
            self.components,
            self.start_count,
            self.most_iterations,
            self.tolerance,
            self.ridge,
            self.seed,
            feature_number("order_by", self.order_by, rows.names()),
            self.descending,
            self.threads,
        )
        self._names = rows.names()
        return self

    @classmethod
    def from_parameters(cls, weights: Sequence[float], means: Matrix, covariances: Sequence[Matrix]) -> Self:
        """A mixture of known components.

        Args:
            weights: The share of each component.
            means: The mean of each, a row each.
            covariances: The covariance matrix of each.

        Raises:
            LengthMismatchError: There is another number of means or matrices.
            InvalidValueError: Weights are not positive or do not sum to 1, or a matrix is not symmetric and positive definite.
        """
        matrices = [native_rows("covariances", matrix) for matrix in covariances]
        native = _crm.GaussianMixture.from_parameters(number_list("weights", weights), native_rows("means", means), matrices)
        return cls._with(native)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """A fitted mixture from its JSON text; how it was fitted is not in it.

        Raises:
            CorruptError: The text is no model.
            IncompatibleError: It is one of a later version.
        """
        return cls._with(_crm.GaussianMixture.from_json(text))

    @classmethod
    def _with(cls, native: _crm.GaussianMixture) -> Self:
        mixture = cls(native.components())
        mixture.model_ = native
        return mixture

    def predict(self, X: Matrix) -> Labels:
        """The most probable component of each row.

        Raises:
            InvalidArgumentError: Nothing was fitted yet.
            IncompatibleError: The rows have other features than those fitted.
            InvalidValueError: A value is not finite.
        """
        return labels_array(self._fitted().predict(self._rows(X), self.threads))

    def fit_predict(self, X: Matrix, y: object = None) -> Labels:
        """Fits a mixture to rows and gives the most probable component of each. Errors as for `fit`."""
        return self.fit(X, y).predict(X)

    def predict_proba(self, X: Matrix) -> Floats:
        """The probabilities of the components, a row a row and a column a component. Errors as for `predict`."""
        model = self._fitted()
        return numbers_array(model.probabilities(self._rows(X), self.threads), model.components())

    def score_samples(self, X: Matrix) -> Floats:
        """The logarithm of the mixture's density at each row. Errors as for `predict`."""
        return np.frombuffer(self._fitted().ln_density(self._rows(X), self.threads))

    @property
    def weights_(self) -> Floats:
        """The share of each component."""
        return np.frombuffer(self._fitted().weights())

    @property
    def means_(self) -> Floats:
        """The means, a row each."""
        model = self._fitted()
        return numbers_array(model.means(), model.features())

    @property
    def covariances_(self) -> Floats:
        """The covariance matrices, one after the other."""
        model = self._fitted()
        return np.frombuffer(model.covariances()).reshape(-1, model.features(), model.features())

    def _rows(self, X: Matrix) -> _crm.Rows:
        rows = native_rows("X", X)
        check_names(self.__dict__.get("_names"), rows)
        return rows
