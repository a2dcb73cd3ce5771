//! Whether clusters are tighter than those of rows without any.
//!
//! Tibshirani, Walther and Hastie (2001), "Estimating the number of clusters in a data set via the gap statistic", Journal of the Royal Statistical
//! Society B 63(2).

use super::Matrix;
use crate::error::Result;
use crate::parallel::Threads;

/// Where the rows without clusters are drawn from, uniformly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapReference {
    /// A box around the rows along their principal components (the paper's choice b): features that go together are no clusters.
    #[default]
    PrincipalComponents,
    /// A box from the lowest to the highest value of each feature (the paper's choice a).
    FeatureRanges,
}

/// Options of [`Gap::evaluate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapOptions {
    pub(super) reference: GapReference,
    pub(super) references: u32,
    pub(super) sample: usize,
    pub(super) starts: u32,
    pub(super) seed: u64,
    pub(super) threads: Threads,
}

impl Default for GapOptions {
    /// 20 references along the principal components, a sample of at most 5,000 rows, 3 starts, seed 0.
    fn default() -> Self {
        Self {
            reference: GapReference::PrincipalComponents,
            references: 20,
            sample: 5_000,
            starts: 3,
            seed: 0,
            threads: Threads::Available,
        }
    }
}

impl GapOptions {
    /// Where the rows without clusters are drawn from.
    #[must_use]
    pub fn reference(self, reference: GapReference) -> Self {
        Self { reference, ..self }
    }

    /// How many data sets without clusters are drawn, at least 2.
    #[must_use]
    pub fn references(self, references: u32) -> Self {
        Self { references, ..self }
    }

    /// The most rows that are looked at, at least 2; of more rows so many are drawn at random.
    #[must_use]
    pub fn sample(self, sample: usize) -> Self {
        Self { sample, ..self }
    }

    /// How many starts of k-means each fit has, at least 1.
    #[must_use]
    pub fn starts(self, starts: u32) -> Self {
        Self { starts, ..self }
    }

    /// The seed of the sample, the references and the starts.
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

/// How far the sum of squares within clusters lies below that of rows without clusters, by number of clusters.
///
/// `W_k` is the sum of squared distances to the nearest of `k` centres, of the rows and of `B` references, as many points drawn uniformly from a box
/// around the rows:
///
/// ```text
/// Gap(k) = mean over the references of log W*_k - log W_k
/// s_k    = sd of the log W*_k · sqrt(1 + 1/B)
/// choice = the smallest k with Gap(k) ≥ Gap(k + 1) - s_(k+1)
/// ```
///
/// The choice may be 1: then nothing speaks for clusters. Of many rows a sample is looked at; what the statistic compares, shares of the spread, does
/// not depend on their number. Where `W_k` is 0, the gap is infinite.
///
/// ```
/// use crm_core::segment::{Gap, GapOptions, Matrix};
/// let two: Vec<f64> = (0..40).map(|i| f64::from(i % 20) / 20.0 + if i < 20 { 0.0 } else { 9.0 }).collect();
/// let gap = Gap::evaluate(&Matrix::from_rows(&two, 1)?, 4, &GapOptions::default())?;
/// assert_eq!(gap.choice, Some(2));
/// let one: Vec<f64> = (0..40).map(f64::from).collect();
/// let gap = Gap::evaluate(&Matrix::from_rows(&one, 1)?, 4, &GapOptions::default())?;
/// assert_eq!(gap.choice, Some(1));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// A row for each number of clusters, from 1 on.
    pub rows: Vec<GapRow>,
    /// The smallest number of clusters that the rule accepts; none if the gap grows up to the last one.
    pub choice: Option<usize>,
    /// Number of rows looked at.
    pub sampled_rows: u64,
}

/// The gap of one number of clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GapRow {
    /// Number of clusters.
    pub clusters: usize,
    /// `Gap(k)`.
    pub gap: f64,
    /// `s_k`, the standard error that the references leave, which includes their own sampling.
    pub standard_error: f64,
    /// The mean silhouette of the rows looked at; none for one cluster.
    pub silhouette: Option<f64>,
    /// The mean over the references of their mean silhouette; none for one cluster.
    pub reference_silhouette: Option<f64>,
    /// The standard deviation of that over the references, times `sqrt(1 + 1/B)`.
    pub reference_silhouette_error: Option<f64>,
}

impl Gap {
    /// The gap of 1 to `most_clusters` clusters by k-means.
    ///
    /// # Errors
    /// `InvalidArgument` for fewer than 2 `most_clusters` or more than there are distinct rows (among those looked at), and for options that make no sense.
    pub fn evaluate(matrix: &Matrix<'_>, most_clusters: usize, options: &GapOptions) -> Result<Self> {
        todo!("{} {most_clusters} {}", matrix.rows(), options.sample)
    }
}
