"""Segments: features of customers, clusters that can be trusted, and what their customers are like.

    base or history -> FeatureTable -> SegmentModel (FeatureScaler, KMeans, names) -> segments of any later date
                                    -> choose_clusters: how many, or that there are none
    value, potential, risk -> ValueTiers, CustomerTiers; two dates -> SegmentDrift, cross_table

>>> import crm
>>> table = crm.FeatureTable({"visits": [1, 2, 1, 30, 28, 33]}, units={"visits": "count"})
>>> crm.SegmentModel(2, order_by="visits").fit(table).centres_["visits"].round(1)
array([30.3,  1.3])
"""

from crm.segment.agreement import CrossTable, adjusted_rand_index, cross_table, normalized_mutual_info
from crm.segment.choice import ClusterChoice, choose_clusters
from crm.segment.customer_tier import BandReport, CustomerTiers, TierBacktest
from crm.segment.drift import SegmentDrift
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
    dispersion,
    gap,
    silhouette,
    silhouette_values,
    stability,
)
from crm.segment.scaling import FeatureScaler
from crm.segment.value_tier import ValueTiers

__all__ = [
    "BandReport",
    "ClusterChoice",
    "CrossTable",
    "CustomerTiers",
    "Dispersion",
    "FeatureScaler",
    "FeatureTable",
    "Gap",
    "GaussianMixture",
    "KMeans",
    "MiniBatchKMeans",
    "SegmentDrift",
    "SegmentModel",
    "SegmentProfiles",
    "Silhouette",
    "Stability",
    "TierBacktest",
    "ValueTiers",
    "adjusted_rand_index",
    "choose_clusters",
    "cross_table",
    "dispersion",
    "features",
    "gap",
    "normalized_mutual_info",
    "silhouette",
    "silhouette_values",
    "stability",
]
