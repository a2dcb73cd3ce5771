"""How good clusters are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from crm import _crm
from crm.column import ColumnLike, number_column
from crm.segment.rows import Floats, Matrix, native_rows
from crm.table import Table

__all__ = [
    "Dispersion",
    "Gap",
    "GapReference",
    "Silhouette",
    "Stability",
    "dispersion",
    "gap",
    "silhouette",
    "silhouette_values",
    "stability",
]

GapReference = Literal["principal_components", "feature_ranges"]


@dataclass(frozen=True)
class Silhouette:
    """How well rows fit their clusters, on average."""

    mean: float
    """The mean over the rows looked at."""
    standard_error: float
    """The standard error of the mean; 0 if all rows were looked at, infinite if only one of several was."""
    negative_share: float
    """The share of the rows looked at whose value is below 0."""
    sampled_rows: int
    """Number of rows looked at."""
    clusters: Table
    """The clusters that have rows: `cluster`, `rows`, `sampled_rows` and `mean`, missing if no row was looked at."""


@dataclass(frozen=True)
class Dispersion:
    """How tight clusters are beside how far apart their centres lie."""

    clusters: int
    """Number of clusters that have rows."""
    total: float
    """The sum of squared distances to the mean of all rows."""
    within: float
    """The sum of squared distances to the mean of the own cluster."""
    between: float
    """The sum of squared distances between the mean of the own cluster and that of all rows."""
    calinski_harabasz: float
    """The index of Caliński and Harabasz; higher is better."""
    davies_bouldin: float
    """The index of Davies and Bouldin; lower is better."""


@dataclass(frozen=True)
class Gap:
    """How far the sum of squares within clusters lies below that of rows without clusters, by number of clusters."""

    rows: Table
    """`clusters` from 1 on, `gap`, `standard_error`, `silhouette`, `reference_silhouette`, `reference_silhouette_error`; missing for one cluster."""
    choice: int | None
    """The smallest number of clusters that the rule accepts; `None` if the gap grows up to the last one."""
    sampled_rows: int
    """Number of rows looked at."""


@dataclass(frozen=True)
class Stability:
    """How far clusters of resampled rows agree."""

    clusters: int
    """Number of clusters."""
    mean: float
    """The mean of the adjusted Rand indices."""
    standard_deviation: float
    """Their standard deviation."""
    values: Floats
    """The adjusted Rand index of each pair of resamples."""
    sampled_rows: int
    """Number of rows of a resample, and of the rows labelled."""


def silhouette(
    X: Matrix, labels: ColumnLike, *, sample: int = 1000, seed: int = 0, threads: int = 0
) -> Silhouette:
    """The mean silhouette of rows with labels, from a sample if there are many rows.

    The value of a row is `(b - a) / max(a, b)`, where a is its mean distance to the other rows of its cluster and b the lowest mean distance to the
    rows of another cluster; 0 for a row that is alone.

    Args:
        X: The rows.
        labels: The cluster of each row, from 0 to 65,535.
        sample: How many rows are looked at, each compared with all rows; all of them if there are no more.
        seed: The seed of the sample.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        LengthMismatchError: There is another number of labels than rows.
        InvalidValueError: A label is no whole number up to 65,535, or a value is not finite.
        InvalidArgumentError: There are not at least 2 clusters and fewer than rows, or the sample is empty.

    >>> silhouette([[1.0], [2.0], [8.0], [9.0]], [0, 0, 1, 1]).mean.__round__(6)
    0.85641

    Source: Rousseeuw (1987), "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis".
    """
    found = _crm.silhouette(native_rows("X", X), number_column("labels", labels), sample, seed, threads)
    return Silhouette(*found[:4], Table(found[4]))


def silhouette_values(X: Matrix, labels: ColumnLike, *, threads: int = 0) -> Floats:
    """The silhouette of each row; the work is the square of the number of rows. Errors as for `silhouette`.

    >>> silhouette_values([[1.0], [2.0], [9.0]], [0, 0, 1]).round(3)
    array([0.875, 0.857, 0.   ])
    """
    return np.frombuffer(_crm.silhouette_values(native_rows("X", X), number_column("labels", labels), threads))


def dispersion(X: Matrix, labels: ColumnLike, *, threads: int = 0) -> Dispersion:
    """Sums of squares within and between clusters, and the two indices made of spread and separation.

    Args:
        X: The rows.
        labels: The cluster of each row, from 0 to 65,535.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        LengthMismatchError: There is another number of labels than rows.
        InvalidValueError: A label is no whole number up to 65,535, or a value is not finite.
        InvalidArgumentError: There are not at least 2 clusters and fewer than rows.

    >>> of = dispersion([[1.0], [3.0], [9.0], [11.0]], [0, 0, 1, 1])
    >>> of.within, of.between, of.calinski_harabasz, of.davies_bouldin
    (4.0, 64.0, 32.0, 0.25)

    Sources: Caliński and Harabasz (1974); Davies and Bouldin (1979).
    """
    return Dispersion(*_crm.dispersion(native_rows("X", X), number_column("labels", labels), threads))


def gap(
    X: Matrix,
    most_clusters: int,
    *,
    reference: GapReference = "principal_components",
    references: int = 20,
    sample: int = 5000,
    start_count: int = 3,
    seed: int = 0,
    threads: int = 0,
) -> Gap:
    """The gap statistic of 1 to `most_clusters` clusters by k-means: the choice may be 1, if nothing speaks for clusters.

    Args:
        X: The rows.
        most_clusters: The largest number of clusters, at least 2.
        reference: Where rows without clusters are drawn from: a box along the "principal_components", or the "feature_ranges".
        references: How many data sets without clusters are drawn.
        sample: The most rows that are looked at.
        start_count: How many starts of k-means each fit has.
        seed: The seed of all that is drawn.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        InvalidArgumentError: There are fewer distinct rows than clusters, or an option makes no sense.
        InvalidValueError: A value is not finite.

    >>> two = [[i % 20 / 20 + (9 if i < 20 else 0)] for i in range(40)]
    >>> gap(two, 4).choice
    2

    Source: Tibshirani, Walther and Hastie (2001), "Estimating the number of clusters in a data set via the gap statistic".
    """
    arguments = reference, references, sample, start_count
    rows, choice, sampled_rows = _crm.gap(native_rows("X", X), most_clusters, arguments, seed, threads)
    return Gap(Table(rows), choice, sampled_rows)


def stability(
    X: Matrix,
    clusters: int,
    *,
    pairs: int = 20,
    sample: int = 2000,
    start_count: int = 3,
    seed: int = 0,
    threads: int = 0,
) -> Stability:
    """How far clusters of resampled rows agree: 1 if they are the same, about 0 if they agree by chance only.

    Args:
        X: The rows.
        clusters: Number of clusters, at least 2.
        pairs: How many pairs of resamples are clustered.
        sample: The most rows of a resample.
        start_count: How many starts of k-means each fit has.
        seed: The seed of the resamples and the starts.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        InvalidArgumentError: There are fewer distinct rows than clusters, or an option makes no sense.
        InvalidValueError: A value is not finite.

    >>> stability([[i % 20 / 20 + (9 if i < 20 else 0)] for i in range(40)], 2).mean
    1.0

    Source: Fang and Wang (2012), "Selection of the number of clusters via the bootstrap method".
    """
    arguments = pairs, sample, start_count
    mean, deviation, values, rows = _crm.stability(native_rows("X", X), clusters, arguments, seed, threads)
    return Stability(clusters, mean, deviation, np.frombuffer(values), rows)
