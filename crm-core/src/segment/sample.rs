//! Rows drawn at random.

use std::collections::{BTreeSet, HashSet};

use rand::RngExt;
use rand_pcg::Pcg64;

use super::Matrix;

/// `size` different rows out of `rows`, ascending; all if there are no more.
///
/// Floyd's method: Bentley and Floyd (1987), "A sample of brilliance", Communications of the ACM 30(9).
pub(super) fn without_replacement(rows: usize, size: usize, rng: &mut Pcg64) -> Vec<u32> {
    if size >= rows {
        return (0..rows as u32).collect();
    }
    let mut drawn = BTreeSet::new();
    for last in (rows - size) as u32..rows as u32 {
        let row = rng.random_range(0..=last);
        if !drawn.insert(row) {
            drawn.insert(last);
        }
    }
    drawn.into_iter().collect()
}

/// `size` rows out of `rows`, any of them as often as it comes.
pub(super) fn with_replacement(rows: usize, size: usize, rng: &mut Pcg64) -> Vec<u32> {
    (0..size).map(|_| rng.random_range(0..rows as u32)).collect()
}

/// The values of these rows, row by row.
pub(super) fn values_of(matrix: &Matrix<'_>, rows: &[u32]) -> Vec<f64> {
    let mut values = vec![0.0; rows.len() * matrix.features()];
    for (values, &row) in values.chunks_exact_mut(matrix.features()).zip(rows) {
        matrix.read_row(row as usize, values);
    }
    values
}

/// The number of distinct rows, up to `enough`.
pub(super) fn distinct_rows(matrix: &Matrix<'_>, enough: usize) -> usize {
    let mut seen = HashSet::new();
    for row in 0..matrix.rows() {
        // Adding 0 turns -0 into 0.
        seen.insert(matrix.row(row).map(|value| (value + 0.0).to_bits()).collect::<Vec<_>>());
        if seen.len() >= enough {
            break;
        }
    }
    seen.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::stream;

    #[test]
    fn every_row_is_as_likely_as_another() {
        let mut counts = [0_u32; 10];
        for index in 0..20_000 {
            let rows = without_replacement(10, 4, &mut stream(7, index));
            assert!(rows.len() == 4 && rows.is_sorted_by(|left, right| left < right));
            for &row in &rows {
                counts[row as usize] += 1;
            }
        }
        // 8,000 each are expected, with a standard deviation of 69.
        assert!(counts.iter().all(|&count| (7_650..8_350).contains(&count)), "{counts:?}");
        assert_eq!(without_replacement(3, 3, &mut stream(0, 0)), [0, 1, 2]);
    }
}
