//! The members of the clusters, and how far they are from the centres.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::Matrix;
use super::exact_sum::{LANES, groups_of};
use super::kernel::TILE;

/// Rows of one partial sum: fixed, so that sums do not depend on threads.
const BLOCK: usize = 4096;

/// What is counted of each cluster.
pub(super) struct Tally {
    /// Weighted squared distances to the centre.
    pub(super) within: Vec<f64>,
    pub(super) weights: Vec<f64>,
    pub(super) rows: Vec<u64>,
}

/// Takes in a tile.
struct Add<'a> {
    tally: &'a mut Tally,
    /// In lanes that have the same number, 0, where there is no feature.
    values: &'a [[f64; LANES]],
    centres: &'a [[f64; LANES]],
    labels: &'a [u16],
    weights: Option<&'a [f64]>,
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { tally, values, centres, labels, weights } = self;
        let groups = values.len() / TILE;
        for (row, (values, label)) in values.chunks_exact(groups).zip(labels).enumerate() {
            let cluster = *label as usize;
            let mut distance = 0.0;
            for (values, centre) in values.iter().zip(&centres[cluster * groups..]) {
                for lane in 0..LANES {
                    let difference = values[lane] - centre[lane];
                    distance += difference * difference;
                }
            }
            tally.rows[cluster] += 1;
            if let Some(weights) = weights {
                tally.weights[cluster] += weights[row];
                distance *= weights[row];
            }
            tally.within[cluster] += distance;
        }
    }
}

impl Tally {
    /// Counts all rows.
    pub(super) fn new(matrix: &Matrix<'_>, weights: Option<&[f64]>, centres: &[f64], labels: &[u16]) -> Self {
        let features = matrix.features();
        let (groups, clusters) = (groups_of(features), centres.len() / features);
        let mut in_lanes = vec![[0.0; LANES]; groups * clusters];
        for (lanes, centre) in in_lanes.chunks_exact_mut(groups).zip(centres.chunks_exact(features)) {
            lanes.as_flattened_mut()[..features].copy_from_slice(centre);
        }
        let arch = Arch::new();
        let parts: Vec<Self> = labels
            .par_chunks(BLOCK)
            .enumerate()
            .map(|(block, labels)| {
                let mut tally = Self::empty(clusters);
                let mut values = vec![[0.0; LANES]; groups * TILE];
                for (tile, labels) in labels.chunks(TILE).enumerate() {
                    let start = block * BLOCK + tile * TILE;
                    let rows = start as u32..(start + labels.len()) as u32;
                    matrix.read_rows(rows, values.as_flattened_mut(), groups * LANES);
                    let weights = weights.map(|weights| &weights[start..start + labels.len()]);
                    let (tally, values, centres) = (&mut tally, &values, &in_lanes);
                    arch.dispatch(Add { tally, values, centres, labels, weights });
                }
                tally
            })
            .collect();
        let mut tally = Self::empty(clusters);
        for part in &parts {
            tally.merge(part);
        }
        if weights.is_none() {
            tally.weights = tally.rows.iter().map(|&rows| rows as f64).collect();
        }
        tally
    }

    fn empty(clusters: usize) -> Self {
        Self { within: vec![0.0; clusters], weights: vec![0.0; clusters], rows: vec![0; clusters] }
    }

    fn merge(&mut self, other: &Self) {
        for cluster in 0..self.rows.len() {
            self.within[cluster] += other.within[cluster];
            self.weights[cluster] += other.weights[cluster];
            self.rows[cluster] += other.rows[cluster];
        }
    }
}
