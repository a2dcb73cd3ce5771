"""Segments: features of customers, clusters that can be trusted, and what their customers are like.

    base or history -> FeatureTable -> SegmentModel (FeatureScaler, KMeans, names) -> segments of any later date
                                    -> choose_clusters: how many, or that there are none

>>> import crm
>>> table = crm.FeatureTable({"visits": [1, 2, 1, 30, 28, 33]}, units={"visits": "count"})
>>> crm.SegmentModel(2, order_by="visits").fit(table).centres_["visits"].round(1)
array([30.3,  1.3])
"""

from crm.segment.choice import ClusterChoice, choose_clusters
from crm.segment.feature import FeatureTable, features
from crm.segment.kmeans import KMeans, MiniBatchKMeans
from crm.segment.mixture import GaussianMixture
from crm.segment.model import SegmentModel
from crm.segment.profile import SegmentProfiles
from crm.segment.quality import (
    Dispersion,
    Gap,
    Silhouette,
    Stability,
    adjusted_rand_index,
    dispersion,
    gap,
    silhouette,
    silhouette_values,
    stability,
)
from crm.segment.scaling import FeatureScaler

__all__ = [
    "ClusterChoice",
    "Dispersion",
    "FeatureScaler",
    "FeatureTable",
    "Gap",
    "GaussianMixture",
    "KMeans",
    "MiniBatchKMeans",
    "SegmentModel",
    "SegmentProfiles",
    "Silhouette",
    "Stability",
    "adjusted_rand_index",
    "choose_clusters",
    "dispersion",
    "features",
    "gap",
    "silhouette",
    "silhouette_values",
    "stability",
]
