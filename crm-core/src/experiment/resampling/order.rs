//! Order statistics of rows drawn with replacement, without drawing the rest.
//!
//! With the rows in order, the draws of a resample are split by binomial numbers over two halves; the half that holds the wanted place is split further. About
//! 4 bits a row decide it, and the place has the very distribution that it has in a full resample.

use super::bits::Bits;
use super::deal::halved;

/// Rows of a sorted column, and how many draws fell on them.
#[derive(Clone, Copy)]
struct Range {
    first: usize,
    rows: usize,
    draws: u64,
}

impl Range {
    fn halves(self, bits: &mut Bits) -> (Self, Self) {
        let left = halved(self.rows);
        let inside = bits.split(self.draws, left as u64, self.rows as u64);
        let right = Self { first: self.first + left, rows: self.rows - left, draws: self.draws - inside };
        (Self { first: self.first, rows: left, draws: inside }, right)
    }

    fn constant(self, sorted: &[f64]) -> bool {
        sorted[self.first] == sorted[self.first + self.rows - 1]
    }
}

/// The quantile of definition 7 of `draws` rows drawn with replacement; NaN of none.
pub(super) fn draw_quantile(sorted: &[f64], bits: &mut Bits, draws: u64, probability: f64) -> f64 {
    if draws == 0 {
        return f64::NAN;
    }
    let h = (draws - 1) as f64 * probability;
    let mut place = h.floor() as u64;
    let mut range = Range { first: 0, rows: sorted.len(), draws };
    // Where the next higher draw lies, once it is not in the range.
    let mut next: Option<Range> = None;
    while !range.constant(sorted) {
        let (left, right) = range.halves(bits);
        if place >= left.draws {
            place -= left.draws;
            range = right;
        } else {
            if place + 1 == left.draws && right.draws > 0 {
                next = Some(right);
            }
            range = left;
        }
    }
    let low = sorted[range.first];
    let high =
        if place + 1 < range.draws { low } else { next.map_or(low, |next| lowest(sorted, bits, next)) };
    low + (h - h.floor()) * (high - low)
}

/// The lowest row that was drawn of a range with draws.
fn lowest(sorted: &[f64], bits: &mut Bits, mut range: Range) -> f64 {
    while !range.constant(sorted) {
        let (left, right) = range.halves(bits);
        range = if left.draws > 0 { left } else { right };
    }
    sorted[range.first]
}

/// The quantile of definition 7 without each row in turn: runs of rows with equal results.
pub(super) fn quantiles_without_a_row(sorted: &[f64], probability: f64) -> Vec<(f64, u64)> {
    let count = sorted.len();
    if count < 2 {
        return Vec::new();
    }
    let h = (count - 2) as f64 * probability;
    let place = h.floor() as usize;
    let next = (place + 1).min(count - 2);
    let share = h - h.floor();
    let between = |low: f64, high: f64| low + share * (high - low);
    // A row at or below a place moves what stands there one up.
    let below = between(sorted[place + 1], sorted[next + 1]);
    let middle = between(sorted[place], sorted[next + 1]);
    let above = between(sorted[place], sorted[next]);
    vec![(below, place as u64 + 1), (middle, (next - place) as u64), (above, (count - next - 1) as u64)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::quantile_type_7;

    #[test]
    fn quantiles_without_a_row_are_those_of_the_other_rows() {
        let sorted = [1.0, 2.5, 2.5, 4.0, 7.0, 11.0, 11.5];
        for count in 2..=sorted.len() {
            for step in 0..=20 {
                let probability = f64::from(step) / 20.0;
                let sorted = &sorted[..count];
                let runs = quantiles_without_a_row(sorted, probability);
                let found: Vec<f64> =
                    runs.iter().flat_map(|&(value, rows)| (0..rows).map(move |_| value)).collect();
                assert_eq!(found.len(), count);
                for (row, found) in found.iter().enumerate() {
                    let mut others = sorted.to_vec();
                    others.remove(row);
                    assert_eq!(
                        *found,
                        quantile_type_7(&others, probability).unwrap(),
                        "{count} {probability} {row}"
                    );
                }
            }
        }
    }

    #[test]
    fn a_drawn_median_has_the_distribution_of_one_of_all_draws() {
        // Of 5 rows the median of 5 draws is at or below row r with the binomial probability of at least 3 draws there.
        let sorted = [0.0, 1.0, 2.0, 3.0, 4.0];
        let mut seen = [0.0; 5];
        for index in 0..40_000 {
            seen[draw_quantile(&sorted, &mut Bits::new(8, index), 5, 0.5) as usize] += 1.0;
        }
        let mut at_most = 0.0;
        for (row, seen) in seen.into_iter().enumerate() {
            at_most += seen / 40_000.0;
            let p = (row + 1) as f64 / 5.0;
            let expected: f64 = [(3, 10.0), (4, 5.0), (5, 1.0)]
                .map(|(k, ways)| ways * p.powi(k) * (1.0 - p).powi(5 - k))
                .iter()
                .sum();
            let error = (expected * (1.0 - expected) / 40_000.0).sqrt();
            assert!((at_most - expected).abs() <= 4.5 * error + 1e-12, "{row}: {at_most} {expected}");
        }
    }

    #[test]
    fn between_two_draws() {
        // Two draws of two rows: the median is 0, 1/2 and 1 with probabilities 1/4, 1/2 and 1/4.
        let mut seen = [0.0_f64; 3];
        for index in 0..40_000 {
            seen[(2.0 * draw_quantile(&[0.0, 1.0], &mut Bits::new(4, index), 2, 0.5)) as usize] += 1.0;
        }
        assert!(
            (seen[1] / 40_000.0 - 0.5).abs() < 0.0113 && (seen[0] / 40_000.0 - 0.25).abs() < 0.0098,
            "{seen:?}"
        );
    }
}
