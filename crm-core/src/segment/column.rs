//! A column of numbers of customers: what is refused, and sums that no order of the rows changes.

use crate::error::{Error, ErrorKind, Result};

/// The largest magnitude of a value: its square and sums of it stay finite.
pub(super) const LARGEST: f64 = 1e140;

/// Refuses columns without rows, with more rows than 32 bits number, and with values that are not finite or above 1e140.
pub(super) fn check(name: &str, values: &[f64]) -> Result<()> {
    check_rows(name, values.len())?;
    let fine = |value: f64| value.abs() <= LARGEST;
    if values.iter().fold(true, |all, &value| all & fine(value)) {
        return Ok(());
    }
    let row = values.iter().position(|&value| !fine(value)).unwrap_or(0);
    let value = values[row];
    let error = if value.is_finite() {
        Error::new(ErrorKind::OutOfRange, format!("{value:e} is above {LARGEST:e} in magnitude"))
    } else {
        Error::new(ErrorKind::InvalidValue, format!("{value} is not finite"))
    };
    Err(error.on(name).at_row(row as u64))
}

/// Refuses no rows and more than 32 bits number.
pub(super) fn check_rows(name: &str, rows: usize) -> Result<()> {
    if rows == 0 {
        return Err(Error::new(ErrorKind::Empty, "there are no rows").on(name));
    }
    if rows >= u32::MAX as usize {
        let message = format!("{rows} rows are above {}", u32::MAX - 1);
        return Err(Error::new(ErrorKind::OutOfRange, message).on(name));
    }
    Ok(())
}

/// Refuses a column of another length than the first one.
pub(super) fn check_length(name: &str, rows: usize, first: &str, first_rows: usize) -> Result<()> {
    if rows == first_rows {
        return Ok(());
    }
    let message = format!("has {rows} rows where {first} has {first_rows}");
    Err(Error::new(ErrorKind::LengthMismatch, message).on(name))
}

/// A power of two that turns values of at most some magnitude into integers of 62 bits, whose 128-bit sums are exact.
///
/// A value within 2^-9 of the largest keeps all its digits, the others lose less than 2^-62 of the largest.
#[derive(Clone, Copy, Debug)]
pub(super) struct FixedPoint {
    scale: f64,
}

impl FixedPoint {
    /// For values of at most this magnitude.
    pub(super) fn new(largest: f64) -> Self {
        if largest == 0.0 {
            return Self { scale: 1.0 };
        }
        let (_, exponent) = libm::frexp(largest);
        // Beyond 2^1000 the scale itself would overflow: values below 1e-283 lose digits, and those below 1e-301 count as 0.
        Self { scale: libm::ldexp(1.0, (62 - exponent).min(1000)) }
    }

    /// For the values of a column.
    pub(super) fn of(values: &[f64]) -> Self {
        Self::new(values.iter().fold(0.0, |largest: f64, value| largest.max(value.abs())))
    }

    /// A value as an integer.
    pub(super) fn integer(self, value: f64) -> i128 {
        i128::from((value * self.scale) as i64)
    }

    /// A sum of such integers as a value.
    pub(super) fn value(self, sum: i128) -> f64 {
        sum as f64 / self.scale
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_of_whole_cents_are_exact_in_any_order() {
        let values: Vec<f64> = (0..1000).map(|i| f64::from(i * 37 % 1009) - 300.0).collect();
        let point = FixedPoint::of(&values);
        let sum: i128 = values.iter().map(|&value| point.integer(value)).sum();
        let expected: i64 = (0..1000i64).map(|i| i * 37 % 1009 - 300).sum();
        assert_eq!(point.value(sum), expected as f64);
        for largest in [0.0, 1e-282, 1e-200, 1.0, LARGEST, 1e281] {
            let point = FixedPoint::new(largest);
            assert_eq!(point.value(point.integer(largest) + point.integer(-largest)), 0.0);
            assert!((point.value(point.integer(largest)) - largest).abs() <= 1e-18 * largest);
        }
    }
}
