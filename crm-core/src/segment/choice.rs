//! How many clusters, or that there are none.

use super::{GapOptions, Matrix, SilhouetteOptions, StabilityOptions};
use crate::error::Result;
use crate::parallel::Threads;

/// Options of [`ClusterChoice::evaluate`].
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceOptions {
    from: usize,
    to: usize,
    starts: u32,
    silhouette: SilhouetteOptions,
    gap: GapOptions,
    stability: StabilityOptions,
    seed: u64,
    threads: Threads,
}

impl Default for ChoiceOptions {
    /// From 2 to 10 clusters, 5 starts of k-means each; the defaults of the silhouette, the gap and the stability; seed 0.
    fn default() -> Self {
        Self {
            from: 2,
            to: 10,
            starts: 5,
            silhouette: SilhouetteOptions::default(),
            gap: GapOptions::default(),
            stability: StabilityOptions::default(),
            seed: 0,
            threads: Threads::Available,
        }
    }
}

impl ChoiceOptions {
    /// The numbers of clusters that are compared: at least 2, at most the number of distinct rows, and fewer than rows.
    #[must_use]
    pub fn clusters(self, from: usize, to: usize) -> Self {
        Self { from, to, ..self }
    }

    /// How many starts of k-means the fits to all rows have, at least 1.
    #[must_use]
    pub fn starts(self, starts: u32) -> Self {
        Self { starts, ..self }
    }

    /// How the silhouette is sampled. Its seed and threads are those of this comparison.
    #[must_use]
    pub fn silhouette(self, silhouette: SilhouetteOptions) -> Self {
        Self { silhouette, ..self }
    }

    /// How the gap is computed. Its seed and threads are those of this comparison.
    #[must_use]
    pub fn gap(self, gap: GapOptions) -> Self {
        Self { gap, ..self }
    }

    /// How the stability is computed. Its seed and threads are those of this comparison.
    #[must_use]
    pub fn stability(self, stability: StabilityOptions) -> Self {
        Self { stability, ..self }
    }

    /// The seed of all that is drawn.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How many threads work; the result does not depend on it.
    #[must_use]
    pub fn threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }
}

/// A measure that names the number of clusters which it finds best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Criterion {
    /// The highest mean silhouette.
    Silhouette,
    /// The highest index of Caliński and Harabasz.
    CalinskiHarabasz,
    /// The lowest index of Davies and Bouldin.
    DaviesBouldin,
    /// The smallest number that the rule of the gap statistic accepts.
    Gap,
    /// The knee of the inertia.
    Knee,
}

impl Criterion {
    /// Every criterion, in the order in which they vote.
    pub const ALL: [Self; 5] =
        [Self::Silhouette, Self::CalinskiHarabasz, Self::DaviesBouldin, Self::Gap, Self::Knee];

    /// The name, such as `silhouette` or `calinski_harabasz`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Silhouette => "silhouette",
            Self::CalinskiHarabasz => "calinski_harabasz",
            Self::DaviesBouldin => "davies_bouldin",
            Self::Gap => "gap",
            Self::Knee => "knee",
        }
    }
}

/// What a criterion votes for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vote {
    /// The criterion.
    pub criterion: Criterion,
    /// The number of clusters; none if the criterion accepts none of those that are better than chance.
    pub clusters: Option<usize>,
}

/// What speaks for one number of clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChoiceRow {
    /// Number of clusters.
    pub clusters: usize,
    /// The sum of squared distances to the nearest centre.
    pub inertia: f64,
    /// The mean silhouette.
    pub silhouette: f64,
    /// Its standard error; 0 if all rows were looked at.
    pub silhouette_standard_error: f64,
    /// The index of Caliński and Harabasz; higher is better.
    pub calinski_harabasz: f64,
    /// The index of Davies and Bouldin; lower is better.
    pub davies_bouldin: f64,
    /// The gap; none if the rows looked at for it have fewer distinct rows than clusters.
    pub gap: Option<f64>,
    /// The standard error of the gap.
    pub gap_standard_error: Option<f64>,
    /// The mean silhouette of rows without clusters.
    pub reference_silhouette: Option<f64>,
    /// The mean adjusted Rand index of resamples.
    pub stability: f64,
    /// Its standard deviation over the pairs of resamples.
    pub stability_standard_deviation: f64,
    /// The share of the rows that the smallest cluster has.
    pub smallest_share: f64,
    /// Whether the clusters are better than those of rows without clusters, and stable: see [`ClusterChoice`].
    pub supported: bool,
}

/// Numbers of clusters compared, and the one that is recommended, if any is.
#[derive(Clone, Debug, PartialEq)]
pub struct ClusterChoice {
    /// A row for each number of clusters.
    pub rows: Vec<ChoiceRow>,
    /// The sum of squared distances to the mean of all rows: the inertia of one cluster.
    pub total: f64,
    /// The gap of one cluster.
    pub gap_of_one: f64,
    /// The smallest number of clusters that the rule of the gap statistic accepts, 1 included; none if the gap grows up to the last one.
    pub gap_choice: Option<usize>,
    /// The knee of the inertia (Kneedle); none if the curve has no bend.
    pub knee: Option<usize>,
    /// The vote of each criterion; empty if no number of clusters is supported.
    pub votes: Vec<Vote>,
    /// The recommended number of clusters; none if the rows have no clusters that can be told from chance.
    pub recommended: Option<usize>,
    /// The next best number; none if no other one has a vote.
    pub runner_up: Option<usize>,
    /// Why, in words.
    pub reasons: Vec<String>,
}

impl ClusterChoice {
    /// Compares numbers of clusters by k-means.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty range of clusters, for fewer than 2 or more than there are distinct rows, for as many as rows, and for options that make
    /// no sense.
    pub fn evaluate(matrix: &Matrix<'_>, options: &ChoiceOptions) -> Result<Self> {
        todo!("{} {options:?}", matrix.rows())
    }
}
