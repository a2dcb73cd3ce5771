//! What one look at all rows tells.

use rayon::prelude::*;

use super::Matrix;
use super::exact_sum::Grid;
use super::kernel::Frame;

/// Rows of one partial sum: fixed, so that sums do not depend on threads.
const BLOCK: usize = 4096;

/// Ranges and moments of the features.
pub(super) struct Survey {
    lowest: Vec<f64>,
    highest: Vec<f64>,
    /// The largest magnitude of a value times its weight.
    largest: Vec<f64>,
    /// Weighted sums of the differences from the first row, and of their squares.
    sums: Vec<f64>,
    squares: Vec<f64>,
    weight: f64,
    heaviest: f64,
}

impl Survey {
    pub(super) fn new(matrix: &Matrix<'_>, weights: Option<&[f64]>) -> Self {
        let features = matrix.features();
        let mut first = vec![0.0; features];
        matrix.read_row(0, &mut first);
        let blocks: Vec<Self> = (0..matrix.rows())
            .into_par_iter()
            .step_by(BLOCK)
            .map(|start| {
                let mut survey = Self::empty(features);
                let mut row = vec![0.0; features];
                for place in start..matrix.rows().min(start + BLOCK) {
                    matrix.read_row(place, &mut row);
                    survey.add(&row, &first, weights.map_or(1.0, |weights| weights[place]));
                }
                survey
            })
            .collect();
        let mut survey = Self::empty(features);
        for block in &blocks {
            survey.merge(block);
        }
        survey
    }

    fn empty(features: usize) -> Self {
        Self {
            lowest: vec![f64::INFINITY; features],
            highest: vec![f64::NEG_INFINITY; features],
            largest: vec![0.0; features],
            sums: vec![0.0; features],
            squares: vec![0.0; features],
            weight: 0.0,
            heaviest: 0.0,
        }
    }

    fn add(&mut self, row: &[f64], first: &[f64], weight: f64) {
        self.weight += weight;
        self.heaviest = self.heaviest.max(weight);
        let Self { lowest, highest, largest, sums, squares, .. } = self;
        for (feature, (&value, first)) in row.iter().zip(first).enumerate() {
            lowest[feature] = lowest[feature].min(value);
            highest[feature] = highest[feature].max(value);
            largest[feature] = largest[feature].max((weight * value).abs());
            let difference = value - first;
            sums[feature] += weight * difference;
            squares[feature] += weight * difference * difference;
        }
    }

    fn merge(&mut self, other: &Self) {
        let features = 0..self.sums.len();
        for feature in features {
            self.lowest[feature] = self.lowest[feature].min(other.lowest[feature]);
            self.highest[feature] = self.highest[feature].max(other.highest[feature]);
            self.largest[feature] = self.largest[feature].max(other.largest[feature]);
            self.sums[feature] += other.sums[feature];
            self.squares[feature] += other.squares[feature];
        }
        self.weight += other.weight;
        self.heaviest = self.heaviest.max(other.heaviest);
    }

    /// Scales for exact sums.
    pub(super) fn grid(&self, weighted: bool) -> Grid {
        Grid::new(&self.largest, weighted.then_some(self.heaviest))
    }

    /// The middle of the ranges, and the scale that brings every value within 1 of it.
    pub(super) fn frame(&self) -> Frame {
        let origin: Vec<f64> =
            self.lowest.iter().zip(&self.highest).map(|(low, high)| low / 2.0 + high / 2.0).collect();
        let (_, exponent) = libm::frexp(self.spread());
        Frame { origin, scale: libm::ldexp(1.0, (-exponent).min(1000)) }
    }

    /// The widest range.
    pub(super) fn spread(&self) -> f64 {
        self.lowest.iter().zip(&self.highest).fold(0.0, |widest, (low, high)| widest.max(high - low))
    }

    /// No inertia about centres within the ranges is above this.
    pub(super) fn largest_inertia(&self) -> f64 {
        self.spread() * self.spread() * self.sums.len() as f64 * self.weight
    }

    /// The mean over the features of their variances.
    pub(super) fn mean_variance(&self) -> f64 {
        let of = |(sum, square): (&f64, &f64)| (square - sum * sum / self.weight).max(0.0) / self.weight;
        self.sums.iter().zip(&self.squares).map(of).sum::<f64>() / self.sums.len() as f64
    }
}
