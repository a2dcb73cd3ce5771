//! Mid-rank percentiles that later values can be compared with.

use serde::{Deserialize, Serialize};

/// Distinct values up to which the reference keeps every one; beyond, percentiles are exact to one part in as many.
const FINE: usize = 4096;

/// Values with their mid-rank percentiles, both strictly ascending.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct RankReference {
    values: Vec<f64>,
    percentiles: Vec<f64>,
}

impl RankReference {
    /// The reference of values in ascending order, of which there is at least one.
    ///
    /// With more than 4,096 distinct values those are kept whose percentile lies more than 1/4096 above the one kept before,
    /// and the value just before each of them: so whatever is left out lies between two percentiles that are no further apart.
    pub(super) fn new(sorted: &[f64]) -> Self {
        let size = sorted.len() as f64;
        let mut points = Vec::new();
        let mut less = 0;
        for equal in sorted.chunk_by(|left, right| left == right) {
            let percentile = (2 * less + equal.len()) as f64 / (2.0 * size);
            points.push((equal[0], percentile));
            less += equal.len();
        }
        if points.len() > FINE {
            points = thinned(&points);
        }
        let (values, percentiles) = points.into_iter().unzip();
        Self { values, percentiles }
    }

    /// The percentile of a value.
    pub(super) fn percentile(&self, value: f64) -> f64 {
        between(&self.values, &self.percentiles, value)
    }

    /// The value at a percentile.
    pub(super) fn quantile(&self, percentile: f64) -> f64 {
        between(&self.percentiles, &self.values, percentile)
    }

    /// Whether a value that came from outside can be a reference.
    pub(super) fn is_sound(&self) -> bool {
        let ascends = |points: &[f64]| {
            points.iter().all(|point| point.is_finite()) && points.windows(2).all(|pair| pair[0] < pair[1])
        };
        !self.values.is_empty()
            && self.values.len() == self.percentiles.len()
            && ascends(&self.values)
            && ascends(&self.percentiles)
            && self.percentiles.iter().all(|&point| 0.0 < point && point < 1.0)
    }
}

fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let step = 1.0 / FINE as f64;
    let mut kept = vec![points[0]];
    for (place, &point) in points.iter().enumerate().skip(1) {
        let last = kept[kept.len() - 1];
        if point.1 - last.1 > step {
            let before = points[place - 1];
            if before.0 > last.0 {
                kept.push(before);
            }
            kept.push(point);
        }
    }
    let end = points[points.len() - 1];
    if kept[kept.len() - 1].0 < end.0 {
        kept.push(end);
    }
    kept
}

/// Linear interpolation of `to` at the place of `x` in `from`; the ends hold beyond them.
fn between(from: &[f64], to: &[f64], x: f64) -> f64 {
    let above = from.partition_point(|&point| point < x);
    let (Some(&right), Some(&end)) = (from.get(above), to.get(above)) else {
        return to[to.len() - 1];
    };
    if above == 0 || right == x {
        return end;
    }
    let (left, start) = (from[above - 1], to[above - 1]);
    // Halves keep the difference of two large numbers from overflowing; the clamp keeps rounding inside.
    let share = (x / 2.0 - left / 2.0) / (right / 2.0 - left / 2.0);
    (start + share * (end - start)).clamp(start, end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fitted_values_get_their_mid_ranks() {
        let reference = RankReference::new(&[1.0, 2.0, 2.0, 5.0]);
        assert_eq!(
            [0.0, 1.0, 2.0, 5.0, 9.0].map(|x| reference.percentile(x)),
            [0.125, 0.125, 0.5, 0.875, 0.875]
        );
        assert_eq!(reference.percentile(3.5), 0.6875);
        assert_eq!(reference.quantile(0.6875), 3.5);
        assert_eq!([0.0, 0.5, 1.0].map(|p| reference.quantile(p)), [1.0, 2.0, 5.0]);
    }

    #[test]
    fn many_values_are_thinned_without_moving_a_percentile_far() {
        // Half of the values are one, and the others lie in an uneven run.
        let mut values = vec![0.5; 50_000];
        values.extend((0..50_000).map(|place: i32| f64::from(place).powi(3) / 1e12));
        values.sort_by(f64::total_cmp);
        let (reference, n) = (RankReference::new(&values), values.len() as f64);
        assert!(reference.values.len() <= 2 * FINE + 2, "{}", reference.values.len());
        assert!(reference.is_sound());
        for &value in values.iter().step_by(7) {
            let less = values.partition_point(|&other| other < value);
            let equal = values.partition_point(|&other| other <= value) - less;
            let exact = (2 * less + equal) as f64 / (2.0 * n);
            assert!((reference.percentile(value) - exact).abs() <= 1.0 / FINE as f64 + 1e-15, "{value}");
        }
    }
}
