//! How tight clusters are beside how far apart their centres lie.
//!
//! Caliński and Harabasz (1974), "A dendrite method for cluster analysis", Communications in Statistics 3(1); Davies and Bouldin (1979), "A cluster
//! separation measure", IEEE Transactions on Pattern Analysis and Machine Intelligence 1(2).

use rayon::prelude::*;

use super::Matrix;
use super::distance::squared_distance;
use super::members::Members;
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
        let members = Members::new(matrix, labels)?;
        threads.run(|| evaluate(matrix, &members))
    }
}

/// Means of some rows, and how many they are.
struct Centre {
    rows: f64,
    mean: Vec<f64>,
}

/// Sums over some rows: the values, and the range in which their mean must lie.
#[derive(Clone)]
struct Sums {
    rows: usize,
    values: Vec<f64>,
    lowest: Vec<f64>,
    highest: Vec<f64>,
}

impl Sums {
    fn new(features: usize) -> Self {
        Self {
            rows: 0,
            values: vec![0.0; features],
            lowest: vec![f64::INFINITY; features],
            highest: vec![f64::NEG_INFINITY; features],
        }
    }

    fn merge(&mut self, other: &Self) {
        self.rows += other.rows;
        for feature in 0..self.values.len() {
            self.values[feature] += other.values[feature];
            self.lowest[feature] = self.lowest[feature].min(other.lowest[feature]);
            self.highest[feature] = self.highest[feature].max(other.highest[feature]);
        }
    }

    /// Kept inside the range, so that equal rows have a dispersion of exactly 0.
    fn centre(&self) -> Centre {
        let rows = self.rows as f64;
        let bounds = self.lowest.iter().zip(&self.highest);
        let mean = self.values.iter().zip(bounds).map(|(sum, (low, high))| (sum / rows).clamp(*low, *high));
        Centre { rows, mean: mean.collect() }
    }
}

/// The sums of each cluster: over tiles, then over the tiles in their order.
fn sums(matrix: &Matrix<'_>, members: &Members) -> Vec<Sums> {
    let tiles = members.tiles();
    let tile_sums = |&(_, tile): &(usize, &[u32])| {
        let mut sums = Sums { rows: tile.len(), ..Sums::new(matrix.features()) };
        let mut row = vec![0.0; matrix.features()];
        for &number in tile {
            matrix.read_row(number as usize, &mut row);
            for (feature, &value) in row.iter().enumerate() {
                sums.values[feature] += value;
                sums.lowest[feature] = sums.lowest[feature].min(value);
                sums.highest[feature] = sums.highest[feature].max(value);
            }
        }
        sums
    };
    let parts: Vec<Sums> = tiles.par_iter().map(tile_sums).collect();
    let mut clusters = vec![Sums::new(matrix.features()); members.len()];
    for ((place, _), part) in tiles.iter().zip(&parts) {
        clusters[*place].merge(part);
    }
    clusters
}

/// Of one cluster, around its mean and around that of all rows.
#[derive(Clone, Copy, Default)]
struct Spread {
    distances: f64,
    squares: f64,
    total: f64,
}

fn spreads(matrix: &Matrix<'_>, members: &Members, centres: &[Centre], all: &Centre) -> Vec<Spread> {
    let tiles = members.tiles();
    let tile_spread = |&(place, tile): &(usize, &[u32])| {
        let mut spread = Spread::default();
        let mut row = vec![0.0; matrix.features()];
        for &number in tile {
            matrix.read_row(number as usize, &mut row);
            let square = squared_distance(&row, &centres[place].mean);
            spread.squares += square;
            spread.distances += square.sqrt();
            spread.total += squared_distance(&row, &all.mean);
        }
        spread
    };
    let parts: Vec<Spread> = tiles.par_iter().map(tile_spread).collect();
    let mut spreads = vec![Spread::default(); members.len()];
    for ((place, _), part) in tiles.iter().zip(&parts) {
        spreads[*place].distances += part.distances;
        spreads[*place].squares += part.squares;
        spreads[*place].total += part.total;
    }
    spreads
}

/// The means of the clusters and of all rows, and the spread of each cluster.
fn measure(matrix: &Matrix<'_>, members: &Members) -> (Vec<Centre>, Centre, Vec<Spread>) {
    let sums = sums(matrix, members);
    let mut all = Sums::new(matrix.features());
    for sums in &sums {
        all.merge(sums);
    }
    let all = all.centre();
    let centres: Vec<Centre> = sums.iter().map(Sums::centre).collect();
    let spreads = spreads(matrix, members, &centres, &all);
    (centres, all, spreads)
}

/// The sum of squared distances to the mean of the own cluster, exactly 0 if the rows of each cluster are equal; in the pool of the caller.
pub(super) fn within(matrix: &Matrix<'_>, labels: &[u32]) -> f64 {
    measure(matrix, &Members::group(labels)).2.iter().map(|spread| spread.squares).sum()
}

fn evaluate(matrix: &Matrix<'_>, members: &Members) -> Dispersion {
    let (centres, all, spreads) = measure(matrix, members);
    let within: f64 = spreads.iter().map(|spread| spread.squares).sum();
    let between: f64 =
        centres.iter().map(|centre| centre.rows * squared_distance(&centre.mean, &all.mean)).sum();
    let (rows, clusters) = (matrix.rows() as f64, centres.len() as f64);
    let calinski_harabasz =
        if within == 0.0 { 1.0 } else { between / (clusters - 1.0) / (within / (rows - clusters)) };
    Dispersion {
        clusters: centres.len(),
        total: spreads.iter().map(|spread| spread.total).sum(),
        within,
        between,
        calinski_harabasz,
        davies_bouldin: davies_bouldin(&centres, &spreads),
    }
}

fn davies_bouldin(centres: &[Centre], spreads: &[Spread]) -> f64 {
    let means: Vec<f64> =
        centres.iter().zip(spreads).map(|(centre, spread)| spread.distances / centre.rows).collect();
    let worst = |cluster: usize| {
        let mut worst = 0.0_f64;
        for other in (0..centres.len()).filter(|&other| other != cluster) {
            let distance = squared_distance(&centres[cluster].mean, &centres[other].mean).sqrt();
            if distance > 0.0 {
                worst = worst.max((means[cluster] + means[other]) / distance);
            }
        }
        worst
    };
    let worst: Vec<f64> = (0..centres.len()).into_par_iter().map(worst).collect();
    worst.iter().sum::<f64>() / centres.len() as f64
}
