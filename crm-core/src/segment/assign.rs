//! Rows and the centres next to them.

use pulp::Arch;
use rayon::prelude::*;

use super::Matrix;
use super::distance::squared_distance;
use super::kernel::{Exact, Filter, Filtered, Frame, Nearest, Packed, TILE, Tile};

/// Rows that one thread takes at a time.
const BLOCK: usize = 4096;

/// Where rows lie between their own centre and the next one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Assignment {
    /// The cluster of each row: the nearest centre, of equally near ones that of the lower number.
    pub labels: Vec<u32>,
    /// The distance to its centre.
    pub distances: Vec<f64>,
    /// The cluster of the next centre; the same one if there is only one.
    pub next_labels: Vec<u32>,
    /// The distance to the next centre; infinite if there is only one cluster.
    pub next_distances: Vec<f64>,
}

impl Assignment {
    /// How near each row is to the border with the next cluster: 0 at its own centre, 1 midway between the two.
    ///
    /// The share `d / d'` of the distances to the own and the next centre; rows at which both are 0 count as on the border, and with a single
    /// cluster nothing is.
    ///
    /// ```
    /// use crm_core::segment::{KMeans, KMeansOptions, Matrix};
    /// let model = KMeans::fit(&Matrix::from_rows(&[0.0, 0.0, 10.0, 10.0], 1)?, &KMeansOptions::new(2))?.model;
    /// let rows = [0.0, 2.0, 5.0];
    /// assert_eq!(model.assign(&Matrix::from_rows(&rows, 1)?)?.border(), [0.0, 0.25, 1.0]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn border(&self) -> Vec<f64> {
        let share = |(&own, &next): (&f64, &f64)| if next == 0.0 { 1.0 } else { own / next };
        self.distances.iter().zip(&self.next_distances).map(share).collect()
    }
}

/// Centres for rows that come later.
pub(super) struct Assigner<'a> {
    pub(super) centres: &'a [f64],
    pub(super) features: usize,
}

impl Assigner<'_> {
    fn numbers(start: usize, rows: usize) -> [u32; TILE] {
        let mut numbers = [0; TILE];
        for (number, row) in numbers.iter_mut().zip(start..rows.min(start + TILE)) {
            *number = row as u32;
        }
        numbers
    }

    /// The nearest centre of each row.
    pub(super) fn labels(&self, matrix: &Matrix<'_>) -> Vec<u32> {
        let frame = self.frame();
        let mut packed = Packed::new(self.features);
        packed.pack(self.centres, &frame);
        let arch = Arch::new();
        let mut labels = vec![0; matrix.rows()];
        labels.par_chunks_mut(BLOCK).enumerate().for_each(|(block, labels)| {
            let (mut tile, mut moved) = (Tile::new(self.features), Vec::new());
            let (mut found, mut nearest) = (Filtered::new(), Nearest::new());
            for (place, labels) in labels.chunks_mut(TILE).enumerate() {
                let numbers = Self::numbers(block * BLOCK + place * TILE, matrix.rows());
                tile.read(matrix, &numbers[..labels.len()]);
                arch.dispatch(Filter {
                    packed: &packed,
                    frame: &frame,
                    tile: &tile,
                    moved: &mut moved,
                    found: &mut found,
                });
                labels.copy_from_slice(&found.cluster[..labels.len()]);
                if !found.sure[..labels.len()].iter().all(|&sure| sure) {
                    arch.dispatch(Exact { centres: self.centres, tile: &tile, nearest: &mut nearest });
                    labels.copy_from_slice(&nearest.cluster[..labels.len()]);
                }
            }
        });
        labels
    }

    /// The middle and the size of what the centres span.
    fn frame(&self) -> Frame {
        let column = |feature: usize| self.centres.iter().skip(feature).step_by(self.features);
        let lowest = |feature| column(feature).fold(f64::INFINITY, |low, &value| low.min(value));
        let highest = |feature| column(feature).fold(f64::NEG_INFINITY, |high, &value| high.max(value));
        let ranges = (0..self.features).map(|feature| (lowest(feature), highest(feature)));
        let origin = ranges.clone().map(|(low, high)| low / 2.0 + high / 2.0).collect();
        let widest = ranges.fold(0.0, |widest: f64, (low, high)| widest.max(high - low));
        let (_, exponent) = libm::frexp(widest);
        Frame { origin, scale: if widest > 0.0 { libm::ldexp(1.0, (-exponent).min(1000)) } else { 1.0 } }
    }

    /// The nearest and the next centre of each row.
    pub(super) fn assignment(&self, matrix: &Matrix<'_>) -> Assignment {
        let rows = matrix.rows();
        let mut found = Assignment {
            labels: vec![0; rows],
            distances: vec![0.0; rows],
            next_labels: vec![0; rows],
            next_distances: vec![0.0; rows],
        };
        let arch = Arch::new();
        let own = found.labels.par_chunks_mut(BLOCK).zip(found.distances.par_chunks_mut(BLOCK));
        let next = found.next_labels.par_chunks_mut(BLOCK).zip(found.next_distances.par_chunks_mut(BLOCK));
        own.zip(next).enumerate().for_each(
            |(block, ((labels, distances), (next_labels, next_distances)))| {
                let (mut tile, mut nearest) = (Tile::new(self.features), Nearest::new());
                for start in (0..labels.len()).step_by(TILE) {
                    let count = TILE.min(labels.len() - start);
                    tile.read(matrix, &Self::numbers(block * BLOCK + start, rows)[..count]);
                    arch.dispatch(Exact { centres: self.centres, tile: &tile, nearest: &mut nearest });
                    let places = start..start + count;
                    labels[places.clone()].copy_from_slice(&nearest.cluster[..count]);
                    next_labels[places.clone()].copy_from_slice(&nearest.next_cluster[..count]);
                    for (into, square) in distances[places.clone()].iter_mut().zip(&nearest.distance) {
                        *into = square.sqrt();
                    }
                    for (into, square) in next_distances[places].iter_mut().zip(&nearest.next_distance) {
                        *into = square.sqrt();
                    }
                }
            },
        );
        found
    }

    /// The distances of each row to all centres, row by row.
    pub(super) fn distances(&self, matrix: &Matrix<'_>) -> Vec<f64> {
        let clusters = self.centres.len() / self.features;
        let mut distances = vec![0.0; matrix.rows() * clusters];
        distances.par_chunks_mut(BLOCK * clusters).enumerate().for_each(|(block, distances)| {
            let mut row = vec![0.0; self.features];
            for (place, distances) in distances.chunks_exact_mut(clusters).enumerate() {
                matrix.read_row(block * BLOCK + place, &mut row);
                for (distance, centre) in distances.iter_mut().zip(self.centres.chunks_exact(self.features)) {
                    *distance = squared_distance(&row, centre).sqrt();
                }
            }
        });
        distances
    }
}
