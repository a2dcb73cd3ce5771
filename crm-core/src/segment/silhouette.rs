//! How much nearer rows are to their own cluster than to the next one.
//!
//! Rousseeuw (1987), "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", Journal of Computational and Applied
//! Mathematics 20. A sample of rows, each compared with all rows, is drawn without replacement; the error of its mean is that of Cochran (1977),
//! "Sampling Techniques", section 2.6.

use super::Matrix;
use crate::error::Result;
use crate::parallel::Threads;

/// Options of [`Silhouette::evaluate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SilhouetteOptions {
    pub(super) sample: usize,
    pub(super) seed: u64,
    pub(super) threads: Threads,
}

impl Default for SilhouetteOptions {
    /// A sample of 1,000 rows, seed 0.
    fn default() -> Self {
        Self { sample: 1_000, seed: 0, threads: Threads::Available }
    }
}

impl SilhouetteOptions {
    /// How many rows are looked at, at least 1; all of them if there are no more. The work is this number times the number of rows.
    #[must_use]
    pub fn sample(self, sample: usize) -> Self {
        Self { sample, ..self }
    }

    /// The seed of the sample.
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

/// How well rows fit their clusters, on average.
///
/// The value of a row is `s = (b - a) / max(a, b)`, where `a` is its mean distance to the other rows of its cluster and `b` the lowest mean distance to
/// the rows of another cluster: 1 if the clusters are far apart, 0 between two of them, below 0 for a row that is nearer to another one. It is 0 for
/// a row that is alone in its cluster, and if `a` and `b` are both 0.
///
/// Looking at all rows takes the square of their number. By default 1,000 rows are drawn at random and each is compared with all rows, so that
/// the mean is unbiased; its standard error is `sqrt((1 - m/n) v / m)` with `m` of `n` rows drawn and the variance `v` of their values.
///
/// ```
/// use crm_core::segment::{Matrix, Silhouette, SilhouetteOptions};
/// let matrix = Matrix::from_rows(&[1.0, 2.0, 8.0, 9.0], 1)?;
/// let silhouette = Silhouette::evaluate(&matrix, &[0, 0, 1, 1], &SilhouetteOptions::default())?;
/// // Row 0: a = 1, b = 7.5; row 1: a = 1, b = 6.5.
/// assert!((silhouette.mean - (6.5 / 7.5 + 5.5 / 6.5) / 2.0).abs() < 1e-15);
/// assert_eq!((silhouette.standard_error, silhouette.sampled_rows), (0.0, 4));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Silhouette {
    /// The mean over the rows looked at.
    pub mean: f64,
    /// The standard error of the mean; 0 if all rows were looked at, infinite if only one of several was.
    pub standard_error: f64,
    /// The share of the rows looked at whose value is below 0.
    pub negative_share: f64,
    /// Number of rows looked at.
    pub sampled_rows: u64,
    /// The clusters that have rows, in the order of their numbers.
    pub clusters: Vec<ClusterSilhouette>,
}

/// How well the rows of one cluster fit it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ClusterSilhouette {
    /// The number of the cluster.
    pub cluster: u32,
    /// Number of its rows.
    pub rows: u64,
    /// How many of them were looked at.
    pub sampled_rows: u64,
    /// The mean over those; none if no row was looked at.
    pub mean: Option<f64>,
}

impl Silhouette {
    /// The mean silhouette of rows with these labels, from a sample if there are many rows.
    ///
    /// `labels` has the cluster of each row, from 0 to 65,535; numbers without rows are no clusters.
    ///
    /// # Errors
    /// `LengthMismatch` unless each row has a label; `InvalidValue` with the row for a label above 65,535; `InvalidArgument` unless there are at least 2
    /// clusters and fewer than rows, and for a sample of 0 rows.
    pub fn evaluate(matrix: &Matrix<'_>, labels: &[u32], options: &SilhouetteOptions) -> Result<Self> {
        todo!("{} {} {}", matrix.rows(), labels.len(), options.sample)
    }
}

/// The silhouette of each row: see [`Silhouette`]. The work is the square of the number of rows.
///
/// ```
/// use crm_core::Threads;
/// use crm_core::segment::{Matrix, silhouette_values};
/// let matrix = Matrix::from_rows(&[1.0, 2.0, 9.0], 1)?;
/// let values = silhouette_values(&matrix, &[0, 0, 1], Threads::Available)?;
/// // The last row is alone in its cluster.
/// assert_eq!(values, [1.0 - 1.0 / 8.0, 1.0 - 1.0 / 7.0, 0.0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// Those of [`Silhouette::evaluate`].
pub fn silhouette_values(matrix: &Matrix<'_>, labels: &[u32], threads: Threads) -> Result<Vec<f64>> {
    todo!("{} {} {threads:?}", matrix.rows(), labels.len())
}
