//! Sums of members that are exact, so that no order of adding changes a bit.
//!
//! Each feature has a scale, a power of two, by which its values become integers of at most 62 bits. A value within 2^-9 of the largest keeps all its
//! digits, and the others lose at most 2^-62 of the largest. Integers are added as floats, in two halves of 31 bits, which leaves floats room for 2^22 of
//! each before they would round; then they go into 128 bits. So members can also be taken out of a sum again, and only those that change their
//! cluster are touched.

use pulp::{Simd, WithSimd};

/// Values that are added side by side.
pub(super) const LANES: usize = 4;
/// Halves that can be added to a sum of halves: one has 31 bits and a float holds 53.
const ROOM: usize = 1 << 22;
/// Added and taken away again, it rounds to a multiple of 2^31: floats from 2^83 to 2^84 lie so far apart.
const TO_HALF: f64 = 1.5 * (1_u128 << 83) as f64;
/// The same, to an integer.
const TO_INTEGER: f64 = 1.5 * (1_u128 << 52) as f64;

/// Scales that turn the values of a matrix, times their weights, into integers.
pub(super) struct Grid {
    /// Of the features, then of the weight, in lanes.
    scales: Vec<[f64; LANES]>,
    /// One over the scale of each feature.
    units: Vec<f64>,
    weight_scale: f64,
}

/// A row that leaves a cluster, if it had one, for another.
#[derive(Clone, Copy)]
pub(super) struct Relocation {
    pub(super) row: u32,
    pub(super) from: u16,
    pub(super) to: u16,
}

impl Relocation {
    /// Gives a row another label.
    #[inline(always)]
    pub(super) fn of(row: u32, label: &mut u16, to: u16) -> Self {
        Self { row, from: std::mem::replace(label, to), to }
    }
}

/// Sums of the members of each cluster: the features and then the weight.
#[derive(Clone)]
pub(super) struct Sums {
    /// By cluster, in lanes.
    exact: Vec<[i128; LANES]>,
    /// What is not in them yet: upper halves and lower ones.
    halves: Vec<[[f64; LANES]; 2]>,
    /// At most so many members were added to a half, or taken out.
    pending: usize,
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

/// Groups of lanes that the features and the weight of a row take.
pub(super) fn groups_of(features: usize) -> usize {
    (features + 1).div_ceil(LANES)
}

impl Grid {
    /// Scales for values times weights of at most these magnitudes, and for weights of at most that.
    pub(super) fn new(largest: &[f64], heaviest: Option<f64>) -> Self {
        let weight_scale = heaviest.map_or(1.0, scale_of);
        let of_values: Vec<f64> = largest.iter().copied().map(scale_of).collect();
        let units = of_values.iter().map(|scale| 1.0 / scale).collect();
        let mut scales = vec![[0.0; LANES]; groups_of(largest.len())];
        let all = of_values.into_iter().chain([weight_scale]);
        scales.as_flattened_mut().iter_mut().zip(all).for_each(|(into, scale)| *into = scale);
        Self { scales, units, weight_scale }
    }
}

/// Moves rows out of their old clusters, if they had one, and into new ones.
pub(super) struct Relocate<'a> {
    pub(super) sums: &'a mut Sums,
    pub(super) grid: &'a Grid,
    pub(super) rows: &'a [Relocation],
    /// Whether they come from a cluster.
    pub(super) leave: bool,
    /// Row by row, in lanes: the features times the weight, then the weight.
    pub(super) values: &'a [[f64; LANES]],
}

impl WithSimd for Relocate<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { sums, grid, rows, leave, values } = self;
        sums.make_room(rows.len());
        let groups = grid.scales.len();
        for (row, values) in rows.iter().zip(values.chunks_exact(groups)) {
            for (group, (values, scales)) in values.iter().zip(&grid.scales).enumerate() {
                let (mut upper, mut lower) = ([0.0; LANES], [0.0; LANES]);
                for lane in 0..LANES {
                    let value = values[lane] * scales[lane];
                    upper[lane] = (value + TO_HALF) - TO_HALF;
                    lower[lane] = ((value - upper[lane]) + TO_INTEGER) - TO_INTEGER;
                }
                let to = &mut sums.halves[row.to as usize * groups + group];
                for lane in 0..LANES {
                    to[0][lane] += upper[lane];
                    to[1][lane] += lower[lane];
                }
                if leave {
                    let from = &mut sums.halves[row.from as usize * groups + group];
                    for lane in 0..LANES {
                        from[0][lane] -= upper[lane];
                        from[1][lane] -= lower[lane];
                    }
                }
            }
        }
    }
}

impl Sums {
    pub(super) fn new(clusters: usize, features: usize) -> Self {
        let size = clusters * groups_of(features);
        Self { exact: vec![[0; LANES]; size], halves: vec![[[0.0; LANES]; 2]; size], pending: 0 }
    }

    /// Makes sure that so many members can be added.
    fn make_room(&mut self, members: usize) {
        if self.pending + members > ROOM {
            self.settle();
        }
        self.pending += members;
    }

    /// Takes the halves into the exact sums, as all that follows wants it.
    pub(super) fn settle(&mut self) {
        self.pending = 0;
        for (sums, halves) in self.exact.iter_mut().zip(&mut self.halves) {
            let [upper, lower] = std::mem::take(halves);
            for ((sum, upper), lower) in sums.iter_mut().zip(upper).zip(lower) {
                *sum += upper as i128 + lower as i128;
            }
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        let sums = self.exact.as_flattened_mut().iter_mut();
        sums.zip(other.exact.as_flattened()).for_each(|(sum, value)| *sum += value);
    }

    /// Whether nothing counts in a cluster.
    pub(super) fn is_empty(&self, cluster: usize, features: usize) -> bool {
        self.exact.as_flattened()[cluster * groups_of(features) * LANES + features] == 0
    }

    /// Writes the means of the clusters that are not empty.
    pub(super) fn means(&self, grid: &Grid, centres: &mut [f64]) {
        let features = grid.units.len();
        let sums = self.exact.chunks_exact(groups_of(features));
        for (centre, sums) in centres.chunks_exact_mut(features).zip(sums) {
            let sums = sums.as_flattened();
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

#[cfg(test)]
mod tests {
    use pulp::Arch;

    use super::*;

    /// Moves a row of one feature.
    fn relocate(sums: &mut Sums, value: f64, leave: bool, to: u16) {
        let (grid, values) = (&Grid::new(&[0.6], None), &[[value, 1.0, 0.0, 0.0]]);
        let rows = &[Relocation { row: 0, from: 1 - to, to }];
        Arch::new().dispatch(Relocate { sums, grid, rows, leave, values });
    }

    #[test]
    fn sums_are_exact_however_often_they_are_settled() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * 7919 % 1009) / 1009.0 - 0.4).collect();
        let integer = |value: &f64| (value * scale_of(0.6)).round_ties_even() as i128;
        let expected: i128 = values.iter().map(integer).sum();
        for pending in [0, ROOM - 500] {
            let mut sums = Sums::new(2, 1);
            sums.pending = pending;
            for &value in &values {
                relocate(&mut sums, value, false, 1);
            }
            assert!(sums.pending <= ROOM);
            sums.settle();
            assert_eq!(sums.exact, [[0; LANES], [expected, 1000, 0, 0]]);
            for &value in &values {
                relocate(&mut sums, value, true, 0);
            }
            sums.settle();
            assert_eq!(sums.exact, [[expected, 1000, 0, 0], [0; LANES]]);
        }
    }
}
