//! Exact money: integer micro-units, summed in 128 bits.
//!
//! Sums of integers do not depend on their order, so totals have the same bits for any batching, any number
//! of threads and any merge order. One row holds up to ±9,223,372,036,854.775807 currency units.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};

/// Micro-units in one currency unit.
pub const MICROS_PER_UNIT: i64 = 1_000_000;

/// The bound of one row's amount as it is written in messages.
pub(crate) const ROW_BOUND: &str = "within ±9223372036854.775807";

/// An exact amount of money in micro-units (1/1,000,000 of the currency unit).
///
/// ```
/// use crm_core::customer::Money;
/// let total: Money = ["0.1", "0.2"].iter().map(|text| Money::parse(text).unwrap()).sum();
/// assert_eq!(total, Money::parse("0.3").unwrap());
/// assert_eq!(total.to_f64(), 0.3);
/// assert_eq!(total.to_string(), "0.30");
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// An amount from micro-units.
    pub const fn from_micros(micros: i128) -> Self {
        Self(micros)
    }

    /// The amount in micro-units.
    pub const fn micros(self) -> i128 {
        self.0
    }

    /// The amount in currency units, as the nearest double (exact integers up to 2^53 micro-units are divided
    /// once, so equal amounts give equal doubles and the order is kept).
    pub fn to_f64(self) -> f64 {
        self.divided_by(1)
    }

    /// The amount in currency units divided by a count, rounded once: equal quotients give equal doubles.
    pub fn divided_by(self, count: u32) -> f64 {
        // Almost every total fits 64 bits, and the conversion of 128 is a library call.
        let micros = i64::try_from(self.0).map_or_else(|_| self.0 as f64, |micros| micros as f64);
        micros / (f64::from(count) * MICROS_PER_UNIT as f64)
    }

    /// The amount nearest to a double in currency units; halves of a micro-unit go to the even one.
    ///
    /// # Errors
    /// `OutOfRange` for a number that is not finite, or outside one row's range.
    pub fn from_f64(amount: f64) -> Result<Self> {
        micros_from_f64(amount)
            .map(|micros| Self(micros.into()))
            .ok_or_else(|| Error::new(ErrorKind::OutOfRange, format!("{amount} is not a number {ROW_BOUND}")))
    }

    /// The amount nearest to a decimal number such as `-1234.5`; halves of a micro-unit go to the even one.
    ///
    /// `None` if the text is not a decimal number or lies outside one row's range.
    pub fn parse(text: &str) -> Option<Self> {
        parse_micros(text).map(|micros| Self(i128::from(micros)))
    }
}

/// Micro-units of one row from a double; `None` if it is NaN, infinite or out of range.
#[inline]
pub(crate) fn micros_from_f64(amount: f64) -> Option<i64> {
    // 2^63 is a double and the largest magnitude that the cast could not hold.
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    let micros = (amount * MICROS_PER_UNIT as f64).round_ties_even();
    // NaN fails the comparison too.
    if micros.abs() < LIMIT { Some(micros as i64) } else { None }
}

/// Micro-units from a double of ordinary size, and whether that is what [`micros_from_f64`] gives; without a branch or a call,
/// so that loops over it vectorise.
#[inline]
pub(crate) fn small_micros_from_f64(amount: f64) -> (i64, bool) {
    // Adding 1.5 * 2^52 leaves no bits for a fraction, so the sum is rounded to an integer, halves to the even one; the
    // integer is then the difference of the bit patterns.
    const SHIFT: f64 = 6_755_399_441_055_744.0;
    let scaled = amount * MICROS_PER_UNIT as f64;
    let micros = (scaled + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits()) as i64;
    (micros, scaled.abs() < 1_125_899_906_842_624.0)
}

/// Micro-units of one row from an integer with `scale` decimal digits.
#[inline]
pub(crate) fn micros_from_scaled(value: i128, scale: i8) -> Option<i64> {
    if value == 0 {
        return Some(0);
    }
    let exponent = 6 - i32::from(scale);
    let micros = if exponent >= 0 {
        value.checked_mul(10i128.checked_pow(exponent as u32)?)?
    } else {
        let unit = 10i128.checked_pow(exponent.unsigned_abs());
        // Beyond 38 digits every i128 is less than half a micro-unit.
        unit.map_or(0, |unit| round_half_even(value, unit))
    };
    i64::try_from(micros).ok().filter(|&micros| micros != i64::MIN)
}

fn round_half_even(value: i128, unit: i128) -> i128 {
    let (floor, rest) = (value.div_euclid(unit), value.rem_euclid(unit));
    match (rest * 2).cmp(&unit) {
        std::cmp::Ordering::Less => floor,
        std::cmp::Ordering::Greater => floor + 1,
        std::cmp::Ordering::Equal => floor + (floor & 1),
    }
}

/// Micro-units from decimal text, without passing through a double unless it has an exponent.
pub(crate) fn parse_micros(text: &str) -> Option<i64> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    if !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        let looks_scientific =
            text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E'));
        return if looks_scientific { text.parse().ok().and_then(micros_from_f64) } else { None };
    }
    let mut micros: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes().chain(std::iter::repeat(b'0')).take(6)) {
        micros = micros * 10 + i128::from(digit - b'0');
        if micros > i128::from(i64::MAX) + 1 {
            return None;
        }
    }
    if let Some(&seventh) = fraction.as_bytes().get(6) {
        let beyond = fraction.as_bytes()[7..].iter().any(|&digit| digit != b'0');
        let up = seventh > b'5' || (seventh == b'5' && (beyond || micros & 1 == 1));
        micros += i128::from(up);
    }
    i64::try_from(if negative { -micros } else { micros }).ok().filter(|&micros| micros != i64::MIN)
}

impl fmt::Display for Money {
    /// At least two and at most six decimals: `12.30`, `-0.000001`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, rest) = (self.0.unsigned_abs() / 1_000_000, self.0.unsigned_abs() % 1_000_000);
        let digits = format!("{rest:06}");
        let kept = digits.trim_end_matches('0').len().max(2);
        f.pad_integral(self.0 >= 0, "", &format!("{units}.{}", &digits[..kept]))
    }
}

impl Add for Money {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

/// A column of exact totals: 64 bits a value until one of them needs 128.
///
/// Which of the two it is follows from the values alone, so equal columns have equal representations.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum MoneyColumn {
    Narrow(Vec<i64>),
    Wide(Vec<i128>),
}

impl Default for MoneyColumn {
    fn default() -> Self {
        Self::Narrow(Vec::new())
    }
}

impl MoneyColumn {
    pub(crate) fn len(&self) -> usize {
        match self {
            Self::Narrow(values) => values.len(),
            Self::Wide(values) => values.len(),
        }
    }

    #[inline]
    pub(crate) fn get(&self, index: usize) -> i128 {
        match self {
            Self::Narrow(values) => i128::from(values[index]),
            Self::Wide(values) => values[index],
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, micros: i128) {
        if let (Self::Narrow(values), Ok(narrow)) = (&mut *self, i64::try_from(micros)) {
            values.push(narrow);
        } else {
            self.widen().push(micros);
        }
    }

    /// Adds to the last value. The column must not be empty.
    pub(crate) fn add_to_last(&mut self, micros: i128) {
        let sum = match self {
            Self::Narrow(values) => values.pop().map(i128::from),
            Self::Wide(values) => values.pop(),
        };
        self.push(sum.unwrap_or(0) + micros);
    }

    /// Appends the values from `start` on of another column.
    pub(crate) fn extend_from(&mut self, other: &Self, start: usize) {
        match (&mut *self, other) {
            (Self::Narrow(mine), Self::Narrow(theirs)) => mine.extend_from_slice(&theirs[start..]),
            (_, Self::Wide(theirs)) => self.widen().extend_from_slice(&theirs[start..]),
            (Self::Wide(mine), Self::Narrow(theirs)) => {
                mine.extend(theirs[start..].iter().map(|&micros| i128::from(micros)));
            }
        }
    }

    pub(crate) fn reserve(&mut self, more: usize) {
        match self {
            Self::Narrow(values) => values.reserve(more),
            Self::Wide(values) => values.reserve(more),
        }
    }

    /// Whether the representation is the one that the values call for.
    pub(crate) fn is_canonical(&self) -> bool {
        match self {
            Self::Narrow(_) => true,
            Self::Wide(values) => values.iter().any(|&micros| i64::try_from(micros).is_err()),
        }
    }

    /// Back to 64 bits if no value needs more.
    pub(crate) fn into_canonical(self) -> Self {
        match self {
            Self::Wide(values) if values.iter().all(|&micros| i64::try_from(micros).is_ok()) => {
                Self::Narrow(values.into_iter().map(|micros| micros as i64).collect())
            }
            column => column,
        }
    }

    fn widen(&mut self) -> &mut Vec<i128> {
        if let Self::Narrow(values) = self {
            *self = Self::Wide(values.iter().map(|&micros| i128::from(micros)).collect());
        }
        match self {
            Self::Wide(values) => values,
            Self::Narrow(_) => unreachable!("just widened"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_round_to_the_nearest_micro_unit() {
        assert_eq!(micros_from_f64(29.33), Some(29_330_000));
        assert_eq!(micros_from_f64(6.0 * 2.55), Some(15_300_000));
        assert_eq!(micros_from_f64(-0.0), Some(0));
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 9.3e12, -9.3e12, 1e300] {
            assert_eq!(micros_from_f64(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_quick_way_agrees_wherever_it_says_so() {
        let halves = (-2_000..2_000).map(|n| f64::from(n) * 0.000_000_5);
        let sizes = (-60..60).map(|exponent| 1.234_567_89 * 2f64.powi(exponent));
        for amount in halves.chain(sizes).flat_map(|x| [x, -x, x.next_up(), x.next_down()]) {
            let (micros, exact) = small_micros_from_f64(amount);
            assert!(exact || amount.abs() > 1e9, "{amount}");
            assert!(!exact || Some(micros) == micros_from_f64(amount), "{amount}");
        }
        assert!(
            [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1e300]
                .iter()
                .all(|&amount| !small_micros_from_f64(amount).1)
        );
    }

    #[test]
    fn scaled_integers_and_text_are_exact() {
        assert_eq!(micros_from_scaled(330, 2), Some(3_300_000));
        assert_eq!(micros_from_scaled(7, -3), Some(7_000_000_000));
        assert_eq!(micros_from_scaled(25, 7), Some(2));
        assert_eq!(micros_from_scaled(35, 7), Some(4));
        assert_eq!(micros_from_scaled(-25, 7), Some(-2));
        assert_eq!(micros_from_scaled(i128::MAX, 0), None);
        for (text, micros) in [
            ("12345678901.12", Some(12_345_678_901_120_000)),
            ("0.0000005", Some(0)),
            ("0.0000015", Some(2)),
            ("0.00000050001", Some(1)),
            ("-1.5", Some(-1_500_000)),
            (".5", Some(500_000)),
            ("1e3", Some(1_000_000_000)),
            ("", None),
            (".", None),
            ("1,000", None),
            ("nan", None),
            ("inf", None),
            ("9223372036854.775807", Some(i64::MAX)),
            ("9223372036854.775808", None),
        ] {
            assert_eq!(parse_micros(text), micros, "{text}");
        }
    }

    #[test]
    fn columns_widen_only_when_they_must() {
        let mut column = MoneyColumn::default();
        column.push(5);
        assert_eq!(column, MoneyColumn::Narrow(vec![5]));
        column.add_to_last(i128::from(i64::MAX));
        assert_eq!(column, MoneyColumn::Wide(vec![i128::from(i64::MAX) + 5]));
        column.add_to_last(-i128::from(i64::MAX));
        assert_eq!(column.into_canonical(), MoneyColumn::Narrow(vec![5]));
    }

    #[test]
    fn money_reads_as_a_decimal_number() {
        assert_eq!(Money::from_micros(-1).to_string(), "-0.000001");
        assert_eq!(format!("{:>8}", Money::from_micros(12_300_000)), "   12.30");
    }
}
