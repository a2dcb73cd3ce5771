//! Sums of members that are exact, so that no order of adding changes a bit.
//!
//! Each feature has a scale, a power of two, by which its values become integers of at most 62 bits; they are added in 128 bits. A value within
//! 2^-9 of the largest keeps all its digits, and the others lose less than 2^-62 of the largest. So members can also be taken out of a sum
//! again, and only those that change their cluster are touched.

use pulp::{Simd, WithSimd};

use super::kernel::TILE;

/// Scales that turn the values of a matrix, times their weights, into integers.
pub(super) struct Grid {
    scales: Vec<f64>,
    /// One over the scale of each feature.
    units: Vec<f64>,
    weight_scale: f64,
}

/// No cluster.
pub(super) const NOWHERE: u32 = u32::MAX;

/// A row that leaves a cluster, if it had one, for another.
#[derive(Clone, Copy)]
pub(super) struct Relocation {
    pub(super) row: u32,
    pub(super) from: u32,
    pub(super) to: u32,
}

impl Relocation {
    /// Gives a row another label.
    #[inline(always)]
    pub(super) fn of(row: u32, label: &mut u32, to: u32) -> Self {
        Self { row, from: std::mem::replace(label, to), to }
    }
}

/// Sums of the members of each cluster.
///
/// By cluster, the features and then the weight.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Sums(Vec<i128>);

/// The power of two that takes `largest` to at most 62 bits.
fn scale_of(largest: f64) -> f64 {
    if largest == 0.0 {
        return 1.0;
    }
    let (_, exponent) = libm::frexp(largest);
    // Beyond 2^1000 the scale itself would overflow; values that small have no digits to lose.
    libm::ldexp(1.0, (62 - exponent).min(1000))
}

impl Grid {
    /// Scales for values times weights of at most these magnitudes, and for weights of at most that.
    pub(super) fn new(largest: &[f64], heaviest: Option<f64>) -> Self {
        let scales: Vec<f64> = largest.iter().copied().map(scale_of).collect();
        let units = scales.iter().map(|scale| 1.0 / scale).collect();
        Self { scales, units, weight_scale: heaviest.map_or(1.0, scale_of) }
    }
}

/// Moves the rows of a tile out of their old clusters, if they had one, and into new ones.
pub(super) struct Relocate<'a> {
    pub(super) sums: &'a mut Sums,
    pub(super) grid: &'a Grid,
    pub(super) rows: &'a [Relocation],
    pub(super) weights: &'a [f64; TILE],
    /// Feature by feature.
    pub(super) values: &'a [f64],
    /// Room for the integers.
    pub(super) integers: &'a mut Vec<i64>,
}

impl WithSimd for Relocate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { sums, grid, rows, weights, values, integers } = self;
        let size = grid.scales.len() + 1;
        integers.resize(size * TILE, 0);
        let (of_values, of_weights) = integers.split_at_mut((size - 1) * TILE);
        for ((integers, values), scale) in
            of_values.as_chunks_mut::<TILE>().0.iter_mut().zip(values.as_chunks::<TILE>().0).zip(&grid.scales)
        {
            for ((integer, value), weight) in integers.iter_mut().zip(values).zip(weights) {
                *integer = (weight * value * scale) as i64;
            }
        }
        for (integer, weight) in of_weights.iter_mut().zip(weights) {
            *integer = (weight * grid.weight_scale) as i64;
        }
        for (lane, row) in rows.iter().enumerate().take(TILE) {
            let integers =
                || integers.as_chunks::<TILE>().0.iter().map(|integers| i128::from(integers[lane]));
            let to = &mut sums.0[row.to as usize * size..][..size];
            to.iter_mut().zip(integers()).for_each(|(sum, integer)| *sum += integer);
            if row.from != NOWHERE {
                let from = &mut sums.0[row.from as usize * size..][..size];
                from.iter_mut().zip(integers()).for_each(|(sum, integer)| *sum -= integer);
            }
        }
    }
}

impl Sums {
    pub(super) fn new(clusters: usize, features: usize) -> Self {
        Self(vec![0; clusters * (features + 1)])
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.0.iter_mut().zip(&other.0).for_each(|(sum, value)| *sum += value);
    }

    /// Whether nothing counts in a cluster.
    pub(super) fn is_empty(&self, cluster: usize, features: usize) -> bool {
        self.0[cluster * (features + 1) + features] == 0
    }

    /// Writes the means of the clusters that are not empty.
    pub(super) fn means(&self, grid: &Grid, centres: &mut [f64]) {
        let features = grid.scales.len();
        for (centre, sums) in centres.chunks_exact_mut(features).zip(self.0.chunks_exact(features + 1)) {
            if sums[features] == 0 {
                continue;
            }
            let weight = sums[features] as f64 / grid.weight_scale;
            for ((value, &sum), unit) in centre.iter_mut().zip(sums).zip(&grid.units) {
                *value = sum as f64 / weight * unit;
            }
        }
    }
}
