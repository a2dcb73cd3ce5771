//! Quotients of exact amounts: the same bits whatever unit the money is counted in.

use std::cmp::Ordering;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The largest integer up to which all integers are doubles.
const EXACT: u128 = 1 << 53;

/// An amount in micro-units divided by a count: `micros / per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ExactAmount {
    #[serde(serialize_with = "write_digits", deserialize_with = "read_digits")]
    pub(super) micros: i128,
    /// At least 1.
    pub(super) per: u32,
}

/// JSON numbers of other programs end at 64 bits or before: digits as text do not.
fn write_digits<S: Serializer>(micros: &i128, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(micros)
}

fn read_digits<'de, D: Deserializer<'de>>(from: D) -> Result<i128, D::Error> {
    String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
}

impl ExactAmount {
    /// Its magnitude.
    fn abs(self) -> Self {
        Self { micros: self.micros.saturating_abs(), ..self }
    }

    /// Compares the values of two amounts.
    fn cmp_value(&self, other: &Self) -> Ordering {
        if self.per == other.per {
            return self.micros.cmp(&other.micros);
        }
        let crossed = |one: &Self, two: &Self| one.micros.checked_mul(i128::from(two.per));
        match (crossed(self, other), crossed(other, self)) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Beyond 2^95 micro-units.
            _ => (self.micros as f64 / f64::from(self.per))
                .total_cmp(&(other.micros as f64 / f64::from(other.per))),
        }
    }

    /// The quotient of two amounts; `other` is not 0. Equal quotients give equal doubles, so a factor of both changes no bit.
    ///
    /// Numerator and denominator are integers; those that are no doubles are first reduced by their greatest common divisor,
    /// after which they do not depend on a common factor any more.
    pub(super) fn over(self, other: Self) -> f64 {
        let parts = self
            .micros
            .checked_mul(i128::from(other.per))
            .zip(other.micros.checked_mul(i128::from(self.per)));
        let Some((above, below)) = parts else {
            return self.micros as f64 / other.micros as f64 * (f64::from(other.per) / f64::from(self.per));
        };
        if above.unsigned_abs() <= EXACT && below.unsigned_abs() <= EXACT {
            // 64 bits convert in one instruction.
            return above as i64 as f64 / below as i64 as f64;
        }
        let divisor = greatest_common_divisor(above.unsigned_abs(), below.unsigned_abs()).max(1);
        let size = (above.unsigned_abs() / divisor) as f64 / (below.unsigned_abs() / divisor) as f64;
        if above != 0 && (above < 0) != (below < 0) { -size } else { size }
    }
}

fn greatest_common_divisor(mut one: u128, mut other: u128) -> u128 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// The lower median of the magnitudes that are not 0: one of them, by whose value no order of the rows matters.
pub(super) fn typical(amounts: impl Iterator<Item = ExactAmount>) -> Option<ExactAmount> {
    let mut sizes: Vec<ExactAmount> =
        amounts.filter(|amount| amount.micros != 0).map(ExactAmount::abs).collect();
    let middle = sizes.len().checked_sub(1)? / 2;
    Some(*sizes.select_nth_unstable_by(middle, ExactAmount::cmp_value).1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn amount(micros: i128, per: u32) -> ExactAmount {
        ExactAmount { micros, per }
    }

    #[test]
    fn a_factor_of_both_changes_no_bit() {
        for (one, other) in [
            (amount(123_456_789, 7), amount(98_765, 3)),
            (amount(-(1 << 60) - 1, 1), amount((1 << 61) + 12_345, 11)),
            (amount(i128::from(i64::MAX), 3), amount(1, u32::MAX)),
            (amount(0, 1), amount(5, 1)),
        ] {
            let expected = one.over(other);
            for factor in [2, 3, 100, 999_983, 1_000_000_007] {
                let scaled = |amount: ExactAmount| ExactAmount { micros: amount.micros * factor, ..amount };
                assert_eq!(scaled(one).over(scaled(other)).to_bits(), expected.to_bits(), "{one:?} {factor}");
            }
        }
        assert_eq!(amount(1 << 100, 1).over(amount(1 << 99, 1)), 2.0);
        assert_eq!(amount(-(1 << 100), 1).over(amount(1 << 99, 1)), -2.0);
    }

    #[test]
    fn the_typical_amount_is_the_lower_median_of_what_is_not_nothing() {
        let amounts =
            [(0, 1), (-8, 1), (9, 3), (0, 5), (10, 2), (1, 1)].map(|(micros, per)| amount(micros, per));
        assert_eq!(typical(amounts.into_iter()), Some(amount(9, 3)));
        assert_eq!(typical([amount(0, 3)].into_iter()), None);
        assert_eq!(typical(std::iter::empty()), None);
    }

    #[test]
    fn extremes_do_not_overflow() {
        for micros in [i128::MIN, i128::MAX, 1] {
            let (one, other) = (amount(micros, u32::MAX), amount(i128::MAX, u32::MAX - 1));
            assert!(one.over(other).is_finite());
            assert!(typical([one, other].into_iter()).is_some());
        }
    }
}
