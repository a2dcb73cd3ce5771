//! Means and products of deviations: of a block of rows, and of two parts together.
//!
//! Chan, Golub and `LeVeque` (1983), "Algorithms for computing the sample variance: analysis and recommendations", The American
//! Statistician 37(3): the corrected two-pass algorithm (eq. 1.7) inside a block, the pairwise update (eq. 2.1) between blocks. Means carry what
//! rounding took from them, so that differences of means are right even where all values are large.

use pulp::{Arch, Simd, WithSimd};

use crate::error::{Error, ErrorKind, Result};

/// Rows that are reduced at once: a few columns of them stay in the first-level cache.
pub(super) const BLOCK: usize = 512;

/// Squares below this have lost digits to underflow: 2^-1022 over the precision of a double.
const LEAST_SQUARES: f64 = f64::MIN_POSITIVE / f64::EPSILON;

/// A mean in two parts, the second of which is below half a unit in the last place of the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Mean {
    pub(super) high: f64,
    pub(super) low: f64,
}

impl Mean {
    pub(super) fn of(value: f64) -> Self {
        Self { high: value, low: 0.0 }
    }

    /// The sum of two numbers, with what rounding takes from it (Knuth's two-sum).
    pub(super) fn sum(a: f64, b: f64) -> Self {
        let high = a + b;
        let of_b = high - a;
        let low = (a - (high - of_b)) + (b - of_b);
        Self { high, low: if high.is_finite() { low } else { 0.0 } }
    }

    pub(super) fn plus(self, step: f64) -> Self {
        let sum = Self::sum(self.high, step);
        Self::sum(sum.high, sum.low + self.low)
    }

    /// This less the other, rounded once.
    pub(super) fn less(self, other: Self) -> f64 {
        let difference = Self::sum(self.high, -other.high);
        difference.high + (difference.low + (self.low - other.low))
    }
}

/// What merging adds to means and products: the share of the smaller part, and the weight of the product of two differences.
#[derive(Clone, Copy)]
pub(super) struct Shares {
    pub(super) of_smaller: f64,
    pub(super) product: f64,
}

impl Shares {
    /// For a larger and a smaller count, both above 0.
    pub(super) fn new(larger: u64, smaller: u64) -> Self {
        let (larger, smaller) = (larger as f64, smaller as f64);
        let of_smaller = smaller / (larger + smaller);
        Self { of_smaller, product: larger * of_smaller }
    }
}

/// The place of a pair of columns, `second <= first`, in a packed lower triangle.
pub(super) fn packed(first: usize, second: usize) -> usize {
    first * (first + 1) / 2 + second
}

/// Means and products of deviations of the columns of one block.
pub(super) struct Block {
    pub(super) means: Vec<Mean>,
    /// Packed lower triangle.
    pub(super) products: Vec<f64>,
    sums: Vec<f64>,
    /// The vector instructions of this machine; sums have the same lanes under all of them, and so the same bits.
    arch: Arch,
}

impl Block {
    pub(super) fn new(columns: usize) -> Self {
        let pairs = packed(columns, 0);
        Self {
            means: vec![Mean::default(); columns],
            products: vec![0.0; pairs],
            sums: vec![0.0; columns],
            arch: Arch::new(),
        }
    }

    /// Reduces columns of equal length of at least one row, which hold deviations from their means afterwards.
    pub(super) fn reduce(&mut self, columns: &mut [&mut [f64]]) {
        self.arch.dispatch(Reduce { block: self, columns });
    }

    /// The skewness of a single column, from the deviations that [`Block::reduce`] left in it.
    pub(super) fn skewness(&self, deviations: &[f64]) -> f64 {
        let rows = deviations.len() as f64;
        let unit = (self.products[0] / rows).sqrt();
        if unit == 0.0 {
            return 0.0;
        }
        // Units of the deviation first: cubes of values could overflow. They are off the mean by what their sum is off 0.
        let cubes = lane_sum(deviations, |deviation| {
            let of_unit = deviation / unit;
            of_unit * of_unit * of_unit
        });
        cubes / rows - 3.0 * (self.sums[0] / rows / unit)
    }
}

struct Reduce<'a, 'b> {
    block: &'a mut Block,
    columns: &'a mut [&'b mut [f64]],
}

impl WithSimd for Reduce<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Self { block, columns } = self;
        let rows = columns.first().map_or(0, |column| column.len()) as f64;
        for (place, column) in columns.iter_mut().enumerate() {
            // Deviations from the first value are exact for close values, whatever their size.
            let shift = column[0];
            let centre = lane_sum(column, |value| value - shift) / rows;
            column.iter_mut().for_each(|value| *value = (*value - shift) - centre);
            block.sums[place] = lane_sum(column, |deviation| deviation);
            block.means[place] = Mean::sum(shift, centre).plus(block.sums[place] / rows);
        }
        for first in 0..columns.len() {
            for second in 0..=first {
                let correction = block.sums[first] * (block.sums[second] / rows);
                let product = lane_dot(columns[first], columns[second]) - correction;
                block.products[packed(first, second)] = product;
            }
            // Squares that underflow must not pass for constant values.
            let square = &mut block.products[packed(first, first)];
            if *square < LEAST_SQUARES && columns[first].iter().any(|&deviation| deviation != 0.0) {
                *square = square.max(f64::MIN_POSITIVE);
            }
        }
    }
}

/// Lanes of a sum: independent additions keep the processor busy, and their fixed order keeps the bits.
const LANES: usize = 8;

#[inline(always)]
fn lane_sum(values: &[f64], of: impl Fn(f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f64 = chunks.remainder().iter().map(|&value| of(value)).sum();
    for chunk in chunks {
        for (lane, &value) in lanes.iter_mut().zip(chunk) {
            *lane += of(value);
        }
    }
    folded(lanes) + rest
}

#[inline(always)]
fn lane_dot(first: &[f64], second: &[f64]) -> f64 {
    let mut lanes = [0.0; LANES];
    let (left, right) = (first.chunks_exact(LANES), second.chunks_exact(LANES));
    let rest: f64 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += a * b;
        }
    }
    folded(lanes) + rest
}

#[inline(always)]
fn folded(lanes: [f64; LANES]) -> f64 {
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7]))
}

/// The sum of two counts.
pub(super) fn counted(one: u64, other: u64) -> Result<u64> {
    one.checked_add(other).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange, format!("more than {} observations", u64::MAX)).on("count")
    })
}

/// Refuses means or squares that overflowed.
pub(super) fn check_finite(column: &str, mean: f64, squares: f64) -> Result<()> {
    if mean.is_finite() && squares.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::OutOfRange, "values lie too far apart: squares of deviations above 1.8e308")
        .on(column))
}

/// Refuses squares that lost digits to underflow.
pub(super) fn check_scale(column: &str, squares: f64) -> Result<()> {
    if squares == 0.0 || squares >= LEAST_SQUARES {
        return Ok(());
    }
    let message = "values lie too close together: squares of deviations below 1e-292; change the unit";
    Err(Error::new(ErrorKind::OutOfRange, message).on(column))
}

/// Refuses a value that is NaN or infinite.
pub(super) fn check_value(column: &str, row: u64, value: f64) -> Result<()> {
    if value.is_finite() {
        return Ok(());
    }
    Err(Error::new(ErrorKind::InvalidValue, format!("{value} is not a finite number")).on(column).at_row(row))
}

/// Squares of deviations from a sum and a sum of squares of `count` values less a shift; what cancels decides whether they are told.
///
/// Sums that are whole numbers below 2^53 count as exact. Others are taken to be right to about 1e-14, and must leave 1e-6 of the sum
/// of squares.
pub(super) fn squares_from_sums(column: &str, count: u64, sum: f64, square: f64) -> Result<f64> {
    let exact = |value: f64| value.fract() == 0.0 && value.abs() < 9_007_199_254_740_992.0;
    // count * square - sum * sum, with the digits that rounding takes from both products.
    let n = count as f64;
    let (left, right) = (n * square, sum * sum);
    let lost = n.mul_add(square, -left) - sum.mul_add(sum, -right);
    let squares = ((left - right) + lost) / n;
    if squares.is_nan() || square < 0.0 {
        return Err(Error::argument(column, square, "a finite sum of squares, not negative"));
    }
    if exact(sum) && exact(square) && squares >= 0.0 {
        return Ok(squares);
    }
    if squares < -1e-9 * square {
        let message =
            format!("a sum of squares of {square} is too small for {count} values with the sum {sum}");
        return Err(Error::new(ErrorKind::InvalidArgument, message).on(column));
    }
    if squares < 1e-6 * square {
        let message = format!(
            "sums of {count} values cancel: {squares:e} of {square:e} is left; give a shift close to the mean, or the variance"
        );
        return Err(Error::new(ErrorKind::OutOfRange, message).on(column));
    }
    Ok(squares)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_of_close_and_large_values() {
        let values: Vec<f64> = (0..101).map(|j| 1e15 + f64::from(j * 7919 % 101)).collect();
        let mut copy = values.clone();
        let mut block = Block::new(1);
        block.reduce(&mut [&mut copy]);
        assert_eq!((block.means[0].high, block.means[0].low), (1e15 + 50.0, 0.0));
        // The sum of (j - 50)^2 over 0..=100.
        assert_eq!(block.products[0], 85_850.0);
    }

    #[test]
    fn constants_have_no_squares_at_all() {
        let mut column = [0.1; 77];
        let mut block = Block::new(1);
        block.reduce(&mut [&mut column]);
        assert_eq!((block.means[0], block.products[0]), (Mean::of(0.1), 0.0));
    }

    #[test]
    fn underflow_is_not_constancy() {
        let mut column = [0.0, 1e-200];
        let mut block = Block::new(1);
        block.reduce(&mut [&mut column]);
        assert!(check_scale("values", block.products[0]).is_err());
        assert!(check_scale("values", 0.0).is_ok());
    }

    #[test]
    fn sums_are_taken_only_if_they_can_be_right() {
        // 1, 2, 3: whole sums. Ten ones: nothing is left, and that is exact.
        assert_eq!(squares_from_sums("a", 3, 6.0, 14.0).unwrap(), 2.0);
        assert_eq!(squares_from_sums("a", 10, 10.0, 10.0).unwrap(), 0.0);
        assert!((squares_from_sums("a", 2, 0.5, 0.17).unwrap() - 0.045).abs() < 1e-16);
        let cancelled = squares_from_sums("a", 2, 2e9 + 0.5, 2e18 + 1e9).unwrap_err();
        assert_eq!(cancelled.kind(), ErrorKind::OutOfRange);
        assert_eq!(squares_from_sums("a", 2, 4.0, 1.0).unwrap_err().kind(), ErrorKind::InvalidArgument);
        assert!(squares_from_sums("a", 2, f64::NAN, 1.0).is_err());
    }

    #[test]
    fn means_keep_what_rounding_takes() {
        let mean = Mean::of(1e16).plus(0.25).plus(0.5);
        assert_eq!(mean.less(Mean::of(1e16)), 0.75);
    }
}
