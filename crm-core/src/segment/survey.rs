//! What one look at all rows tells.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::Matrix;
use super::exact_sum::Grid;
use super::kernel::Frame;

/// Rows of one partial sum: fixed, so that sums do not depend on threads.
const BLOCK: usize = 4096;
/// Rows that are read at a time; their values stay in a near cache.
const SPAN: usize = 512;
/// Sums that are kept side by side: one would wait for its own additions.
const LANES: usize = 8;

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

/// What [`Survey`] keeps of a feature, of every eighth row.
struct Lanes {
    lowest: [f64; LANES],
    highest: [f64; LANES],
    largest: [f64; LANES],
    sum: [f64; LANES],
    square: [f64; LANES],
}

impl Lanes {
    #[inline(always)]
    fn add(&mut self, values: &[f64; LANES], weights: &[f64; LANES], first: f64) {
        for lane in 0..LANES {
            let (value, weight) = (values[lane], weights[lane]);
            // Comparisons, not `f64::min`, whose care for NaN takes instructions: values are finite.
            self.lowest[lane] = if value < self.lowest[lane] { value } else { self.lowest[lane] };
            self.highest[lane] = if value > self.highest[lane] { value } else { self.highest[lane] };
            let size = (weight * value).abs();
            self.largest[lane] = if size > self.largest[lane] { size } else { self.largest[lane] };
            let difference = value - first;
            self.sum[lane] += weight * difference;
            self.square[lane] += weight * difference * difference;
        }
    }
}

/// Takes in a span, whose values stand feature by feature.
struct Add<'a> {
    survey: &'a mut Survey,
    values: &'a [f64],
    rows: usize,
    first: &'a [f64],
    weights: Option<&'a [f64]>,
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.survey.add(self.values, self.rows, self.first, self.weights);
    }
}

impl Survey {
    pub(super) fn new(matrix: &Matrix<'_>, weights: Option<&[f64]>) -> Self {
        let features = matrix.features();
        let mut first = vec![0.0; features];
        matrix.read_row(0, &mut first);
        let arch = Arch::new();
        let blocks: Vec<Self> = (0..matrix.rows())
            .into_par_iter()
            .step_by(BLOCK)
            .map(|start| {
                let mut survey = Self::empty(features);
                let mut values = vec![0.0; features * SPAN];
                let end = matrix.rows().min(start + BLOCK);
                for start in (start..end).step_by(SPAN) {
                    let rows = start..end.min(start + SPAN);
                    matrix.read_span(rows.clone(), &mut values, SPAN);
                    let weights = weights.map(|weights| &weights[rows.clone()]);
                    let (rows, first, values) = (rows.len(), &first, &values);
                    arch.dispatch(Add { survey: &mut survey, values, rows, first, weights });
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

    #[inline(always)]
    fn add(&mut self, values: &[f64], rows: usize, first: &[f64], given: Option<&[f64]>) {
        let mut weights = [0.0; SPAN];
        if let Some(given) = given {
            weights[..rows].copy_from_slice(given);
            self.weight += given.iter().sum::<f64>();
            self.heaviest = given.iter().fold(self.heaviest, |heaviest, &weight| heaviest.max(weight));
        } else {
            weights[..rows].fill(1.0);
            self.weight += rows as f64;
            self.heaviest = 1.0;
        }
        for (feature, values) in values.chunks_exact(SPAN).enumerate() {
            let first = first[feature];
            let mut lanes = Lanes {
                lowest: [values[0]; LANES],
                highest: [values[0]; LANES],
                largest: [0.0; LANES],
                sum: [0.0; LANES],
                square: [0.0; LANES],
            };
            let (chunks, rest) = values[..rows].as_chunks();
            let (weights, _) = weights.as_chunks();
            for (values, weights) in chunks.iter().zip(weights) {
                lanes.add(values, weights, first);
            }
            if !rest.is_empty() {
                // Filled up with a value that there is, of no weight.
                let mut values = [first; LANES];
                values[..rest.len()].copy_from_slice(rest);
                lanes.add(&values, &weights[chunks.len()], first);
            }
            for lane in 0..LANES {
                self.lowest[feature] = self.lowest[feature].min(lanes.lowest[lane]);
                self.highest[feature] = self.highest[feature].max(lanes.highest[lane]);
                self.largest[feature] = self.largest[feature].max(lanes.largest[lane]);
                self.sums[feature] += lanes.sum[lane];
                self.squares[feature] += lanes.square[lane];
            }
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

    /// How far the values of each feature reach from an origin.
    pub(super) fn reaches(&self, origin: &[f64]) -> Vec<f64> {
        let ends = self.lowest.iter().zip(&self.highest);
        ends.zip(origin).map(|((low, high), origin)| (high - origin).max(origin - low)).collect()
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
