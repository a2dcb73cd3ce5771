//! Sums of members that are exact, so that no order of adding changes a bit.
//!
//! Each feature has a scale, a power of two, by which its values become integers of at most 62 bits; they are added in 128 bits. A value within
//! 2^-9 of the largest keeps all its digits, and the others lose less than 2^-62 of the largest. So members can also be taken out of a sum
//! again, and only those that change their cluster are touched.

/// Scales that turn the values of a matrix, times their weights, into integers.
pub(super) struct Grid {
    scales: Vec<f64>,
    /// One over the scale of each feature.
    units: Vec<f64>,
    weight_scale: f64,
}

/// Sums of the members of each cluster.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Sums {
    /// By cluster and feature.
    values: Vec<i128>,
    weights: Vec<i128>,
}

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

impl Sums {
    pub(super) fn new(clusters: usize, features: usize) -> Self {
        Self { values: vec![0; clusters * features], weights: vec![0; clusters] }
    }

    /// Takes a row into a cluster (`sign` 1) or out of it (-1).
    pub(super) fn count(&mut self, grid: &Grid, cluster: usize, row: &[f64], weight: f64, sign: i64) {
        let sums = &mut self.values[cluster * row.len()..][..row.len()];
        for ((sum, value), scale) in sums.iter_mut().zip(row).zip(&grid.scales) {
            *sum += i128::from(sign * (weight * value * scale) as i64);
        }
        self.weights[cluster] += i128::from(sign * (weight * grid.weight_scale) as i64);
    }

    /// Moves a row from a cluster to another.
    pub(super) fn relocate(&mut self, grid: &Grid, from: usize, to: usize, row: &[f64], weight: f64) {
        self.count(grid, from, row, weight, -1);
        self.count(grid, to, row, weight, 1);
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.values.iter_mut().zip(&other.values).for_each(|(sum, value)| *sum += value);
        self.weights.iter_mut().zip(&other.weights).for_each(|(sum, value)| *sum += value);
    }

    /// The weight of a cluster.
    pub(super) fn weight(&self, grid: &Grid, cluster: usize) -> f64 {
        self.weights[cluster] as f64 / grid.weight_scale
    }

    /// Whether nothing counts in a cluster.
    pub(super) fn is_empty(&self, cluster: usize) -> bool {
        self.weights[cluster] == 0
    }

    /// Writes the means of the clusters that are not empty.
    pub(super) fn means(&self, grid: &Grid, centres: &mut [f64]) {
        let features = grid.scales.len();
        for cluster in (0..self.weights.len()).filter(|&cluster| !self.is_empty(cluster)) {
            let weight = self.weight(grid, cluster);
            for feature in 0..features {
                let place = cluster * features + feature;
                centres[place] = self.values[place] as f64 / weight * grid.units[feature];
            }
        }
    }
}
