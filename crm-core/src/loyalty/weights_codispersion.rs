//! How columns vary, alone and together, by sums that no order of the rows changes.

use rayon::prelude::*;

/// Values from 0 to 1 are counted in units of this: products of two, summed over all rows that there can be, fit 128 bits.
const UNITS: f64 = (1u64 << 47) as f64;

/// Variances and covariances of columns after `(x - min) / (max - min)`.
#[derive(Clone, Debug)]
pub(super) struct Codispersion {
    size: usize,
    /// Sums of products of deviations, divided by the number of rows, row by row.
    products: Vec<f64>,
}

impl Codispersion {
    pub(super) fn of(columns: Vec<Vec<f64>>) -> Self {
        let (size, rows) = (columns.len(), columns.first().map_or(0, Vec::len));
        let steps: Vec<Vec<i64>> = columns.into_iter().map(|column| centred(&column)).collect();
        let pairs: Vec<(usize, usize)> =
            (0..size).flat_map(|one| (0..=one).map(move |other| (one, other))).collect();
        let sums: Vec<f64> = pairs
            .par_iter()
            .map(|&(one, other)| {
                let sum = |a: &[i64], b: &[i64]| -> i128 {
                    a.iter().zip(b).map(|(&a, &b)| i128::from(a) * i128::from(b)).sum()
                };
                let chunks = steps[one].par_chunks(1 << 14).zip(steps[other].par_chunks(1 << 14));
                let product: i128 = chunks.map(|(a, b)| sum(a, b)).sum();
                // Centres are whole units: what they miss of the means is taken out here.
                let total = |column: &[i64]| column.iter().map(|&step| i128::from(step)).sum::<i128>() as f64;
                let rest = total(&steps[one]) / rows as f64 * total(&steps[other]);
                (product as f64 - rest) / (rows as f64 * UNITS * UNITS)
            })
            .collect();
        let mut products = vec![0.0; size * size];
        for (&(one, other), sum) in pairs.iter().zip(sums) {
            products[one * size + other] = sum;
            products[other * size + one] = sum;
        }
        Self { size, products }
    }

    pub(super) fn size(&self) -> usize {
        self.size
    }

    pub(super) fn variances(&self) -> Vec<f64> {
        (0..self.size).map(|one| self.products[one * self.size + one].max(0.0)).collect()
    }

    pub(super) fn deviations(&self) -> Vec<f64> {
        self.variances().into_iter().map(f64::sqrt).collect()
    }

    /// The correlation of two columns, unless one of them does not vary.
    pub(super) fn correlation(&self, one: usize, other: usize) -> Option<f64> {
        let variance = |place: usize| self.products[place * self.size + place];
        let (mine, theirs) = (variance(one), variance(other));
        if mine <= 0.0 || theirs <= 0.0 {
            return None;
        }
        if one == other {
            return Some(1.0);
        }
        Some((self.products[one * self.size + other] / (mine.sqrt() * theirs.sqrt())).clamp(-1.0, 1.0))
    }
}

/// Values in units of their range, less about their mean.
fn centred(column: &[f64]) -> Vec<i64> {
    let (low, high) = column
        .iter()
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), &value| (low.min(value), high.max(value)));
    if low >= high {
        return vec![0; column.len()];
    }
    // The difference of two large numbers may overflow, that of their halves does not.
    let scale = if (high - low).is_finite() { 1.0 } else { 0.5 };
    let (low, width) = (low * scale, high * scale - low * scale);
    let steps: Vec<i64> =
        column.iter().map(|value| ((value * scale - low) / width * UNITS).round_ties_even() as i64).collect();
    let mean = steps.iter().map(|&step| i128::from(step)).sum::<i128>() / steps.len().max(1) as i128;
    steps.into_iter().map(|step| step - mean as i64).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn correlations_and_variances_of_numpy() {
        // numpy.corrcoef and numpy.var of the columns by their range.
        let spread = Codispersion::of(vec![vec![1.0, 2.0, 4.0, 8.0], vec![1.0, 3.0, 2.0, 9.0], vec![7.0; 4]]);
        assert!((spread.correlation(0, 1).unwrap() - 0.921_277_240_115_960_1).abs() < 1e-13);
        let known = [0.146_683_673_469_387_77, 0.151_367_187_5, 0.0];
        assert!(spread.variances().iter().zip(known).all(|(found, known)| (found - known).abs() < 1e-14));
        assert_eq!(spread.correlation(0, 2), None);
    }

    #[test]
    fn the_ends_of_the_range_do_not_overflow() {
        let spread = Codispersion::of(vec![vec![-f64::MAX, f64::MAX, 0.0], vec![0.0, 5e-324, 0.0]]);
        assert!(spread.variances().iter().all(|variance| variance.is_finite() && *variance > 0.0));
        assert!(spread.correlation(0, 1).unwrap().abs() <= 1.0);
    }
}
