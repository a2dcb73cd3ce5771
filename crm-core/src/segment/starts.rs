//! Where the iterations begin.
//!
//! Arthur and Vassilvitskii (2007), "k-means++: the advantages of careful seeding", SODA: each further centre is a row drawn with a chance
//! proportional to its squared distance from the centres so far. Greedy (their section 4): of several such rows the one that lowers the sum most.

use rand::RngExt;
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::Matrix;
use super::distance::squared_distance;

/// Rows of one partial sum: fixed, so that the sums do not depend on threads.
const BLOCK: usize = 4096;

/// Draws rows with chances proportional to what they hold.
struct Draw {
    /// Sums up to and with each block.
    totals: Vec<f64>,
}

impl Draw {
    fn new(values: &[f64]) -> Self {
        let mut total = 0.0;
        let mut add = |sum: f64| {
            total += sum;
            total
        };
        let sums: Vec<f64> = values.par_chunks(BLOCK).map(|block| block.iter().sum()).collect();
        Self { totals: sums.into_iter().map(&mut add).collect() }
    }

    fn total(&self) -> f64 {
        self.totals.last().copied().unwrap_or(0.0)
    }

    fn row(&self, values: &[f64], rng: &mut Pcg64) -> usize {
        let target = rng.random::<f64>() * self.total();
        let block = self.totals.partition_point(|&total| total <= target).min(self.totals.len() - 1);
        let mut sum = if block == 0 { 0.0 } else { self.totals[block - 1] };
        let start = block * BLOCK;
        let mut last = start;
        for (offset, &value) in values[start..].iter().take(BLOCK).enumerate() {
            if value > 0.0 {
                last = start + offset;
                sum += value;
                if sum > target {
                    break;
                }
            }
        }
        last
    }
}

/// The sum over all rows of the squared distance to the nearest centre, times the weight, once one of the candidates is a centre: for each.
fn potentials(matrix: &Matrix<'_>, weights: Option<&[f64]>, nearest: &[f64], candidates: &[f64]) -> Vec<f64> {
    let features = matrix.features();
    let block_sums = |(block, nearest): (usize, &[f64])| {
        let mut sums = vec![0.0; candidates.len() / features];
        let mut values = vec![0.0; features];
        for (offset, &nearest) in nearest.iter().enumerate() {
            let row = block * BLOCK + offset;
            matrix.read_row(row, &mut values);
            let weight = weights.map_or(1.0, |weights| weights[row]);
            for (sum, centre) in sums.iter_mut().zip(candidates.chunks_exact(features)) {
                *sum += nearest.min(weight * squared_distance(&values, centre));
            }
        }
        sums
    };
    let blocks: Vec<Vec<f64>> = nearest.par_chunks(BLOCK).enumerate().map(block_sums).collect();
    (0..candidates.len() / features).map(|place| blocks.iter().map(|sums| sums[place]).sum()).collect()
}

/// Takes a centre into the distances to the nearest one.
fn approach(matrix: &Matrix<'_>, weights: Option<&[f64]>, nearest: &mut [f64], centre: &[f64]) {
    nearest.par_chunks_mut(BLOCK).enumerate().for_each(|(block, nearest)| {
        let mut values = vec![0.0; matrix.features()];
        for (offset, nearest) in nearest.iter_mut().enumerate() {
            let row = block * BLOCK + offset;
            matrix.read_row(row, &mut values);
            let weight = weights.map_or(1.0, |weights| weights[row]);
            *nearest = nearest.min(weight * squared_distance(&values, centre));
        }
    });
}

/// Greedy k-means++ centres, row by row.
pub(super) fn plus_plus(
    matrix: &Matrix<'_>,
    weights: Option<&[f64]>,
    clusters: usize,
    rng: &mut Pcg64,
) -> Vec<f64> {
    let features = matrix.features();
    // As many candidates as the authors' own experiments take.
    let tries = 2 + (clusters as f64).ln() as usize;
    let first = match weights {
        None => rng.random_range(0..matrix.rows()),
        Some(weights) => Draw::new(weights).row(weights, rng),
    };
    let mut centres: Vec<f64> = matrix.row(first).collect();
    let mut nearest = vec![f64::INFINITY; matrix.rows()];
    approach(matrix, weights, &mut nearest, &centres);
    for _ in 1..clusters {
        let draw = Draw::new(&nearest);
        let rows: Vec<usize> = (0..tries).map(|_| draw.row(&nearest, rng)).collect();
        let candidates: Vec<f64> = rows.iter().flat_map(|&row| matrix.row(row)).collect();
        let sums = potentials(matrix, weights, &nearest, &candidates);
        let best = (0..tries).min_by(|&left, &right| sums[left].total_cmp(&sums[right])).unwrap_or(0);
        let centre = &candidates[best * features..][..features];
        approach(matrix, weights, &mut nearest, centre);
        centres.extend_from_slice(centre);
    }
    centres
}

/// Different rows drawn at random (by weight), as centres row by row.
pub(super) fn random(
    matrix: &Matrix<'_>,
    weights: Option<&[f64]>,
    clusters: usize,
    rng: &mut Pcg64,
) -> Vec<f64> {
    let mut chances = weights.map_or_else(|| vec![1.0; matrix.rows()], <[f64]>::to_vec);
    let mut centres = Vec::with_capacity(clusters * matrix.features());
    for _ in 0..clusters {
        let row = Draw::new(&chances).row(&chances, rng);
        chances[row] = 0.0;
        centres.extend(matrix.row(row));
    }
    centres
}
