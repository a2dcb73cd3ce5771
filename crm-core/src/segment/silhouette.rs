//! How much nearer rows are to their own cluster than to the next one.
//!
//! Rousseeuw (1987), "Silhouettes: a graphical aid to the interpretation and validation of cluster analysis", Journal of Computational and Applied
//! Mathematics 20. A sample of rows, each compared with all rows, is drawn without replacement; the error of its mean is that of Cochran (1977),
//! "Sampling Techniques", section 2.6.

use rayon::prelude::*;

use super::members::{Members, TILE};
use super::{Matrix, sample};
use crate::error::{Error, Result};
use crate::math::stream;
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
        if options.sample == 0 {
            return Err(Error::argument("sample", 0, "at least 1"));
        }
        let members = Members::new(matrix, labels)?;
        options.threads.run(|| evaluate(matrix, labels, &members, options))
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
/// assert_eq!(values, [7.0 / 8.0, 6.0 / 7.0, 0.0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// # Errors
/// Those of [`Silhouette::evaluate`].
pub fn silhouette_values(matrix: &Matrix<'_>, labels: &[u32], threads: Threads) -> Result<Vec<f64>> {
    let members = Members::new(matrix, labels)?;
    let all: Vec<u32> = (0..labels.len() as u32).collect();
    threads.run(|| values_of(matrix, labels, &members, &all))
}

fn evaluate(
    matrix: &Matrix<'_>,
    labels: &[u32],
    members: &Members,
    options: &SilhouetteOptions,
) -> Silhouette {
    let rows = sample::without_replacement(matrix.rows(), options.sample, &mut stream(options.seed, 0));
    let values = values_of(matrix, labels, members, &rows);
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    let standard_error = match values.len() {
        all if all == matrix.rows() => 0.0,
        1 => f64::INFINITY,
        _ => ((1.0 - count / matrix.rows() as f64) * squares / (count - 1.0) / count).sqrt(),
    };
    let negative = values.iter().filter(|&&value| value < 0.0).count();
    let most = labels.iter().max().map_or(0, |&most| most as usize + 1);
    let mut sums = vec![(0.0, 0_u64); most];
    for (value, &row) in values.iter().zip(&rows) {
        let (sum, sampled) = &mut sums[labels[row as usize] as usize];
        *sum += value;
        *sampled += 1;
    }
    let cluster = |(cluster, size): (u32, usize)| {
        let (sum, sampled_rows) = sums[cluster as usize];
        let mean = (sampled_rows > 0).then(|| sum / sampled_rows as f64);
        ClusterSilhouette { cluster, rows: size as u64, sampled_rows, mean }
    };
    Silhouette {
        mean,
        standard_error,
        negative_share: negative as f64 / count,
        sampled_rows: values.len() as u64,
        clusters: members.sizes().map(cluster).collect(),
    }
}

/// Sums that are held at a time, of the distances of a row to a tile.
const SUMS: usize = 1 << 22;

/// The silhouettes of some rows against all rows.
fn values_of(matrix: &Matrix<'_>, labels: &[u32], members: &Members, rows: &[u32]) -> Vec<f64> {
    let tiles = members.tiles();
    let sizes: Vec<(u32, usize)> = members.sizes().collect();
    let mut values = Vec::with_capacity(rows.len());
    for rows in rows.chunks((SUMS / tiles.len()).max(1)) {
        let points = sample::values_of(matrix, rows);
        let distances = |&(_, tile): &(usize, &[u32])| tile_sums(matrix, tile, &points);
        let sums: Vec<Vec<f64>> = tiles.par_iter().map(distances).collect();
        let value = |(place, &row): (usize, &u32)| {
            let own = labels[row as usize];
            let (mut a, mut b) = (0.0, f64::INFINITY);
            let mut tile = 0;
            for &(cluster, size) in &sizes {
                let next = tile + size.div_ceil(TILE);
                let sum: f64 = sums[tile..next].iter().map(|sums| sums[place]).sum();
                tile = next;
                match (cluster == own, size) {
                    (true, 1) => return 0.0,
                    (true, _) => a = sum / (size - 1) as f64,
                    (false, _) => b = b.min(sum / size as f64),
                }
            }
            let larger = a.max(b);
            if larger == 0.0 { 0.0 } else { (b - a) / larger }
        };
        values.par_extend(rows.par_iter().enumerate().map(value));
    }
    values
}

/// Rows whose distances are computed side by side; also the partial sums, so that every processor adds in the same order.
const LANES: usize = 8;

/// The sum of the distances to the rows of a tile, for each point.
fn tile_sums(matrix: &Matrix<'_>, tile: &[u32], points: &[f64]) -> Vec<f64> {
    let features = matrix.features();
    // Blocks of as many rows as there are lanes, each column by column; the last one may be filled up with zeros.
    let mut columns = vec![0.0; tile.len().div_ceil(LANES) * LANES * features];
    let mut row = vec![0.0; features];
    for (place, &number) in tile.iter().enumerate() {
        matrix.read_row(number as usize, &mut row);
        let start = place / LANES * LANES * features + place % LANES;
        for (feature, value) in row.iter().enumerate() {
            columns[start + feature * LANES] = *value;
        }
    }
    pulp::Arch::new().dispatch(TileSums { columns: &columns, rows: tile.len(), features, points })
}

/// Compiled for the instructions of newer processors too, one of which is chosen at run time (a third of the time with AVX-512 as with SSE2). No product is fused
/// with a sum, so that all give the same bits.
struct TileSums<'a> {
    columns: &'a [f64],
    rows: usize,
    features: usize,
    points: &'a [f64],
}

impl pulp::WithSimd for TileSums<'_> {
    type Output = Vec<f64>;

    // Only what is inlined is compiled for the processor that was found.
    #[allow(clippy::inline_always)]
    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, _: S) -> Vec<f64> {
        let block = LANES * self.features;
        let (whole, rest) = self.columns.split_at(self.rows / LANES * block);
        let mut sums = vec![0.0; self.points.len() / self.features];
        for (sum, point) in sums.iter_mut().zip(self.points.chunks_exact(self.features)) {
            let mut lanes = [0.0; LANES];
            for block in whole.chunks_exact(block) {
                let distances = distances(block, point);
                for lane in 0..LANES {
                    lanes[lane] += distances[lane];
                }
            }
            if !rest.is_empty() {
                let distances = distances(rest, point);
                for lane in 0..self.rows % LANES {
                    lanes[lane] += distances[lane];
                }
            }
            *sum = lanes.iter().sum();
        }
        sums
    }
}

/// The distances of a block of rows to a point.
#[allow(clippy::inline_always)]
#[inline(always)]
fn distances(block: &[f64], point: &[f64]) -> [f64; LANES] {
    let mut squares = [0.0; LANES];
    for (column, value) in block.chunks_exact(LANES).zip(point) {
        for lane in 0..LANES {
            let difference = column[lane] - value;
            squares[lane] += difference * difference;
        }
    }
    for square in &mut squares {
        *square = square.sqrt();
    }
    squares
}
