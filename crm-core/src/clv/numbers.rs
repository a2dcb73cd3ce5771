//! Columns in which many rows share few values.

use std::hash::{BuildHasher, Hasher};
use std::ops::Range;

use xxhash_rust::xxh3::xxh3_64_with_seed;

/// The most values that have codes.
const MOST: usize = u16::MAX as usize;

/// A column of numbers, each in one or two bytes where at most 65,535 of them differ, as counts and ages in days do, and in eight elsewhere.
///
/// Equal numbers make equal columns; -0 counts as 0.
///
/// ```
/// use crm_core::clv::{Numbers, PurchaseData};
/// use crm_core::customer::TimeUnit;
/// let mut purchases = Numbers::builder(3);
/// purchases.extend([2.0, 0.0]);
/// purchases.extend([1.0]);
/// let (last, age) = (Numbers::from(&[30.43, 0.0, 1.71][..]), Numbers::from(&[38.86; 3][..]));
/// let data = PurchaseData::from_numbers(purchases.finish(), last, age, TimeUnit::Week)?;
/// assert_eq!(data.repeat_purchases(), [2.0, 0.0, 1.0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Numbers {
    /// Of each code, in the order of their bits.
    distinct: Vec<f64>,
    rows: Rows,
}

#[derive(Clone, Debug, PartialEq)]
enum Rows {
    Bytes(Vec<u8>),
    Words(Vec<u16>),
    Values(Vec<f64>),
}

/// Numbers as they are collected, piece by piece.
#[derive(Debug)]
pub struct NumbersBuilder {
    expected: usize,
    seen: hashbrown::HashMap<u64, u16, Xxh3>,
    distinct: Vec<f64>,
    /// In the order in which they were first seen.
    codes: Vec<u16>,
    /// All numbers, once too many of them differ.
    values: Option<Vec<f64>>,
}

impl Extend<f64> for NumbersBuilder {
    fn extend<I: IntoIterator<Item = f64>>(&mut self, numbers: I) {
        let mut numbers = numbers.into_iter();
        while self.values.is_none()
            && let Some(number) = numbers.next()
        {
            self.push(number);
        }
        if let Some(values) = &mut self.values {
            values.extend(numbers.map(|number| number + 0.0));
        }
    }
}

impl NumbersBuilder {
    #[inline]
    fn push(&mut self, number: f64) {
        // Adding 0 turns -0 into 0, so that equal values have equal bits.
        let number = number + 0.0;
        let next = self.distinct.len() as u16;
        let code = *self.seen.entry(number.to_bits()).or_insert(next);
        if code == next {
            if self.distinct.len() == MOST {
                let mut values = self.written_out();
                values.push(number);
                self.values = Some(values);
                return;
            }
            self.distinct.push(number);
        }
        self.codes.push(code);
    }

    fn written_out(&mut self) -> Vec<f64> {
        let codes = std::mem::take(&mut self.codes);
        let mut values = Vec::with_capacity(self.expected.max(codes.len() + 1));
        values.extend(codes.iter().map(|&code| self.distinct[usize::from(code)]));
        values
    }

    /// The numbers.
    pub fn finish(mut self) -> Numbers {
        if let Some(values) = self.values {
            return Numbers { distinct: Vec::new(), rows: Rows::Values(values) };
        }
        // Codes pay where values repeat.
        if self.distinct.len() > self.codes.len() * 3 / 4 {
            return Numbers { distinct: Vec::new(), rows: Rows::Values(self.written_out()) };
        }
        let mut order: Vec<u16> = (0..self.distinct.len() as u16).collect();
        order.sort_unstable_by_key(|&code| self.distinct[usize::from(code)].to_bits());
        let mut place = vec![0; order.len()];
        for (at, &code) in order.iter().enumerate() {
            place[usize::from(code)] = at as u16;
        }
        let distinct: Vec<f64> = order.iter().map(|&code| self.distinct[usize::from(code)]).collect();
        let mut codes = self.codes;
        let rows = if distinct.len() <= 256 {
            Rows::Bytes(codes.iter().map(|&code| place[usize::from(code)] as u8).collect())
        } else {
            for code in &mut codes {
                *code = place[usize::from(*code)];
            }
            Rows::Words(codes)
        };
        Numbers { distinct, rows }
    }
}

impl FromIterator<f64> for Numbers {
    fn from_iter<I: IntoIterator<Item = f64>>(numbers: I) -> Self {
        let numbers = numbers.into_iter();
        let mut builder = Self::builder(numbers.size_hint().0);
        builder.extend(numbers);
        builder.finish()
    }
}

impl From<&[f64]> for Numbers {
    fn from(numbers: &[f64]) -> Self {
        numbers.iter().copied().collect()
    }
}

impl Numbers {
    /// Collects numbers, of which so many are expected.
    pub fn builder(expected: usize) -> NumbersBuilder {
        NumbersBuilder {
            expected,
            seen: hashbrown::HashMap::with_hasher(Xxh3),
            distinct: Vec::new(),
            codes: Vec::with_capacity(expected),
            values: None,
        }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match &self.rows {
            Rows::Bytes(codes) => codes.len(),
            Rows::Words(codes) => codes.len(),
            Rows::Values(values) => values.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All of them, written out.
    pub fn to_vec(&self) -> Vec<f64> {
        (0..self.len()).map(|row| self.get(row)).collect()
    }

    /// The number of a row.
    #[inline]
    pub(super) fn get(&self, row: usize) -> f64 {
        match &self.rows {
            Rows::Bytes(codes) => self.distinct[usize::from(codes[row])],
            Rows::Words(codes) => self.distinct[usize::from(codes[row])],
            Rows::Values(values) => values[row],
        }
    }

    /// Whether rows have codes.
    pub(super) fn is_coded(&self) -> bool {
        !matches!(self.rows, Rows::Values(_))
    }

    /// The code of a row; 0 if there are none.
    #[inline]
    pub(super) fn code(&self, row: usize) -> u16 {
        match &self.rows {
            Rows::Bytes(codes) => u16::from(codes[row]),
            Rows::Words(codes) => codes[row],
            Rows::Values(_) => 0,
        }
    }

    /// The number that a code stands for.
    #[inline]
    pub(super) fn of_code(&self, code: u16) -> f64 {
        self.distinct[usize::from(code)]
    }

    /// Some of the rows, with the same codes.
    pub(super) fn slice(&self, rows: Range<usize>) -> Self {
        let rows = match &self.rows {
            Rows::Bytes(codes) => Rows::Bytes(codes[rows].to_vec()),
            Rows::Words(codes) => Rows::Words(codes[rows].to_vec()),
            Rows::Values(values) => Rows::Values(values[rows].to_vec()),
        };
        Self { distinct: self.distinct.clone(), rows }
    }
}

/// XXH3 as a hasher of the standard's interface.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Xxh3;

/// The hash of what was written so far.
pub(super) struct Written(u64);

impl BuildHasher for Xxh3 {
    type Hasher = Written;

    fn build_hasher(&self) -> Written {
        Written(0)
    }
}

impl Hasher for Written {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bits, and with them the sign of 0 and NaN, are kept but for -0.
    fn check(values: &[f64], bytes_a_row: usize) {
        let column = Numbers::from(values);
        let bits = |values: &[f64]| values.iter().map(|value| (value + 0.0).to_bits()).collect::<Vec<_>>();
        assert_eq!(bits(&column.to_vec()), bits(values));
        assert_eq!(column.len(), values.len());
        let width = match &column.rows {
            Rows::Bytes(_) => 1,
            Rows::Words(_) => 2,
            Rows::Values(_) => 8,
        };
        assert_eq!((width, column.is_coded()), (bytes_a_row, bytes_a_row < 8));
        let middle = values.len() / 3..values.len() / 2;
        assert_eq!(bits(&column.slice(middle.clone()).to_vec()), bits(&values[middle]));
        if column.is_coded() {
            assert!(column.distinct.is_sorted_by(|left, right| left.to_bits() < right.to_bits()));
            for (row, value) in values.iter().enumerate() {
                assert_eq!(column.of_code(column.code(row)), *value);
            }
        }
    }

    #[test]
    fn numbers_come_back_from_any_width() {
        let turns = |distinct: u32, rows: u32| {
            (0..rows).map(|row| f64::from((row * 7919) % distinct) / 7.0).collect::<Vec<f64>>()
        };
        check(&turns(256, 1000), 1);
        check(&turns(257, 1000), 2);
        check(&turns(65_535, 100_000), 2);
        check(&turns(65_536, 100_000), 8);
        check(&turns(75, 100), 1);
        check(&turns(76, 100), 8);
        check(&[2.5], 8);
        check(&[], 1);
        check(&[-0.0, 0.0, -0.0, 1e15], 1);
        assert_eq!(Numbers::from(&[0.0, 0.0][..]), Numbers::from(&[-0.0, 0.0][..]));
    }
}
