//! How tight clusters are beside how far apart their centres lie.
//!
//! Caliński and Harabasz (1974), "A dendrite method for cluster analysis", Communications in Statistics 3(1); Davies and Bouldin (1979), "A cluster
//! separation measure", IEEE Transactions on Pattern Analysis and Machine Intelligence 1(2).

use super::Matrix;
use crate::error::Result;
use crate::parallel::Threads;

/// Sums of squares within and between clusters, and the two indices made of spread and separation.
///
/// With `n` rows, `k` clusters of `n_c` rows around their means `m_c`, and the mean `m` of all rows:
///
/// ```text
/// total   = Σ ||x - m||²   = within + between
/// within  = Σ ||x - m_c||²
/// between = Σ n_c ||m_c - m||²
///
/// Calinski-Harabasz = (between / (k - 1)) / (within / (n - k))            higher is better
/// Davies-Bouldin    = mean over c of max over d ≠ c of (s_c + s_d) / ||m_c - m_d||   lower is better
/// ```
///
/// where `s_c` is the mean distance of the rows of a cluster to its mean. As in scikit-learn, Calinski-Harabasz is 1 if `within` is 0, pairs of clusters
/// with equal means do not count in Davies-Bouldin, and that is 0 if all `s_c` are 0 or all means are equal.
///
/// ```
/// use crm_core::Threads;
/// use crm_core::segment::{Dispersion, Matrix};
/// let matrix = Matrix::from_rows(&[1.0, 3.0, 9.0, 11.0], 1)?;
/// let dispersion = Dispersion::evaluate(&matrix, &[0, 0, 1, 1], Threads::Available)?;
/// assert_eq!((dispersion.total, dispersion.within, dispersion.between), (68.0, 4.0, 64.0));
/// assert_eq!(dispersion.calinski_harabasz, 64.0 / (4.0 / 2.0));
/// assert_eq!(dispersion.davies_bouldin, (1.0 + 1.0) / 8.0);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dispersion {
    /// Number of clusters that have rows.
    pub clusters: usize,
    /// The sum of squared distances to the mean of all rows.
    pub total: f64,
    /// The sum of squared distances to the mean of the own cluster.
    pub within: f64,
    /// The sum of squared distances between the mean of the own cluster and that of all rows.
    pub between: f64,
    /// The index of Caliński and Harabasz; higher is better.
    pub calinski_harabasz: f64,
    /// The index of Davies and Bouldin; lower is better.
    pub davies_bouldin: f64,
}

impl Dispersion {
    /// The dispersion of rows with these labels.
    ///
    /// `labels` has the cluster of each row, from 0 to 65,535; numbers without rows are no clusters.
    ///
    /// # Errors
    /// `LengthMismatch` unless each row has a label; `InvalidValue` with the row for a label above 65,535; `InvalidArgument` unless there are at least 2
    /// clusters and fewer than rows.
    pub fn evaluate(matrix: &Matrix<'_>, labels: &[u32], threads: Threads) -> Result<Self> {
        todo!("{} {} {threads:?}", matrix.rows(), labels.len())
    }
}
