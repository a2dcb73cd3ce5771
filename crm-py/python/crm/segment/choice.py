"""How many clusters, or that there are none."""

from __future__ import annotations

from crm import _crm
from crm.column import integer_pair
from crm.segment.quality import GapReference
from crm.segment.rows import Matrix, native_rows
from crm.table import Table

__all__ = ["ClusterChoice", "choose_clusters"]


class ClusterChoice:
    """Numbers of clusters compared, and the one that is recommended, if any is: see `choose_clusters`."""

    __slots__ = ("_native",)
    _native: _crm.ClusterChoice

    @classmethod
    def _of(cls, native: _crm.ClusterChoice) -> ClusterChoice:
        choice = cls.__new__(cls)
        choice._native = native
        return choice

    @property
    def recommended(self) -> int | None:
        """The recommended number of clusters; `None` if the rows have no clusters that can be told from chance."""
        return self._native.recommended()

    @property
    def runner_up(self) -> int | None:
        """The next best number; `None` if no other one has a vote."""
        return self._native.runner_up()

    @property
    def reasons(self) -> list[str]:
        """Why, in words."""
        return self._native.reasons()

    @property
    def votes(self) -> dict[str, int | None]:
        """What each criterion votes for, by its name; nothing if no number of clusters is supported."""
        return dict(self._native.votes())

    @property
    def total(self) -> float:
        """The inertia of one cluster."""
        return self._native.total()

    @property
    def gap_of_one(self) -> float | None:
        """The gap of one cluster; `None` if all rows looked at for it are equal."""
        return self._native.gap_of_one()

    @property
    def gap_choice(self) -> int | None:
        """The smallest number of clusters that the rule of the gap statistic accepts, 1 included."""
        return self._native.gap_choice()

    @property
    def knee(self) -> int | None:
        """The knee of the inertia; `None` if the curve has no bend."""
        return self._native.knee()

    def to_table(self) -> Table:
        """One row a number of clusters; missing where not defined.

        `clusters`, `inertia`, `silhouette`, `silhouette_standard_error`, `calinski_harabasz` (higher is better), `davies_bouldin` (lower is
        better), `gap`, `gap_standard_error`, `reference_silhouette` and `reference_silhouette_error` (of rows without clusters), `stability`,
        `stability_standard_deviation`, `smallest_share` (of the rows, in the smallest cluster) and `supported`.
        """
        return Table(self._native.table())

    def __eq__(self, other: object) -> bool:
        return self._native == other._native if isinstance(other, ClusterChoice) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<ClusterChoice: {self.recommended} recommended: {'; '.join(self.reasons)}>"


def choose_clusters(
    X: Matrix,
    clusters: tuple[int, int] = (2, 10),
    *,
    start_count: int = 5,
    silhouette_sample: int = 1000,
    gap_reference: GapReference = "principal_components",
    gap_references: int = 20,
    gap_sample: int = 5000,
    gap_start_count: int = 3,
    stability_pairs: int = 20,
    stability_sample: int = 2000,
    stability_start_count: int = 3,
    seed: int = 0,
    threads: int = 0,
) -> ClusterChoice:
    """Compares numbers of clusters, and recommends one if the rows have clusters at all.

    K-means finds clusters in anything. A number is supported if its gap is above that of one cluster by more than its error, its silhouette above
    that of rows without clusters by more than twice its error, and resamples agree on the clusters by an adjusted Rand index of at least 0.65.
    Among the supported numbers the silhouette, the Calinski-Harabasz and the Davies-Bouldin index, the gap statistic and the knee of the inertia
    have one vote each.

    Args:
        X: The rows, scaled: what `FeatureScaler.transform` gives.
        clusters: The lowest and the highest number of clusters.
        start_count: How many starts of k-means the fits to all rows have.
        silhouette_sample: How many rows the silhouette looks at.
        gap_reference: Where rows without clusters are drawn from: "principal_components" or "feature_ranges".
        gap_references: How many data sets without clusters are drawn.
        gap_sample: The most rows that the gap looks at.
        gap_start_count: How many starts each fit for the gap has.
        stability_pairs: How many pairs of resamples are clustered.
        stability_sample: The most rows of a resample.
        stability_start_count: How many starts each fit for the stability has.
        seed: The seed of all that is drawn.
        threads: Threads to use, 0 for all there are; the result does not depend on it.

    Raises:
        InvalidArgumentError: The range is empty, starts below 2 or ends above the number of distinct rows; or an option makes no sense.
        InvalidValueError: A value is not finite.

    >>> three = [[i % 30 / 10 + i // 30 * 20] for i in range(90)]
    >>> choice = choose_clusters(three, (2, 6))
    >>> choice.recommended, choice.votes["silhouette"]
    (3, 3)
    >>> choose_clusters([[float(i)] for i in range(90)], (2, 6)).recommended is None
    True

    Sources: `crm.silhouette`, `crm.gap`, `crm.stability`; Steinley (2004), "Properties of the Hubert-Arabie adjusted Rand index".
    """
    native = _crm.ClusterChoice(
        native_rows("X", X),
        integer_pair("clusters", clusters),
        start_count,
        silhouette_sample,
        (gap_reference, gap_references, gap_sample, gap_start_count),
        (stability_pairs, stability_sample, stability_start_count),
        seed,
        threads,
    )
    return ClusterChoice._of(native)
