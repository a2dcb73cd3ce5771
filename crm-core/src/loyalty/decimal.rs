//! Exact numbers of rules: decimals, fractions and their rounding.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use crate::customer::{MICROS_PER_UNIT, Money, micros_from_f64, parse_micros};
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// A decimal number with up to six digits after the point, held exactly; in JSON a number or a text such as `"1.25"`.
///
/// ```
/// use crm_core::loyalty::Decimal;
/// assert_eq!(Decimal::parse("1.25").unwrap().micros(), 1_250_000);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Decimal(i64);

impl Decimal {
    /// One.
    pub const ONE: Self = Self(MICROS_PER_UNIT);

    /// A number from millionths.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// The number in millionths.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The number of a text; `None` unless it is a decimal number within ±9223372036854.
    pub fn parse(text: &str) -> Option<Self> {
        parse_micros(text).map(Self)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        Money::from_micros(self.0.into()).fmt(f)
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Integer(i64),
            Number(f64),
            Text(String),
        }
        let (value, shown) = match Written::deserialize(deserializer)? {
            Written::Integer(number) => (number.checked_mul(MICROS_PER_UNIT), number.to_string()),
            Written::Number(number) => (micros_from_f64(number), number.to_string()),
            Written::Text(text) => (parse_micros(&text), format!("{text:?}")),
        };
        value
            .map(Self)
            .ok_or_else(|| D::Error::custom(format!("{shown} is not a decimal number within ±9223372036854")))
    }
}

/// How fractions of a point are rounded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum PointRounding {
    /// Down to whole points.
    #[default]
    Down = 0,
    /// To the nearest point, halves up.
    HalfUp = 1,
    /// Up to whole points.
    Up = 2,
}

named!(PointRounding, "rounding", { Down: "down", HalfUp: "half_up", Up: "up" });

impl PointRounding {
    /// `numerator / denominator` in whole points; neither is negative and the denominator is not 0.
    pub(super) fn divide(self, numerator: i128, denominator: i128) -> i128 {
        let (whole, rest) = (numerator / denominator, numerator % denominator);
        let up = match self {
            Self::Down => false,
            Self::HalfUp => rest >= denominator - rest,
            Self::Up => rest > 0,
        };
        whole + i128::from(up)
    }
}

/// A fraction in lowest terms, not negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    pub(super) numerator: i128,
    pub(super) denominator: i128,
}

impl Fraction {
    pub(super) const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// `numerator / denominator`; neither is negative and the denominator is not 0.
    pub(super) fn new(numerator: i128, denominator: i128) -> Self {
        let divisor = greatest_divisor(numerator, denominator).max(1);
        Self { numerator: numerator / divisor, denominator: denominator / divisor }
    }

    pub(super) fn of(factor: Decimal) -> Self {
        Self::new(factor.0.into(), MICROS_PER_UNIT.into())
    }

    pub(super) fn times(self, other: Self) -> Result<Self> {
        // Divided crosswise first, the product is in lowest terms at once.
        let (a, b) =
            (Self::new(self.numerator, other.denominator), Self::new(other.numerator, self.denominator));
        let product = |x: i128, y: i128| x.checked_mul(y).ok_or_else(too_fine);
        Ok(Self {
            numerator: product(a.numerator, b.numerator)?,
            denominator: product(a.denominator, b.denominator)?,
        })
    }

    /// The fraction in whole points.
    pub(super) fn round(self, rounding: PointRounding) -> Result<i64> {
        let points = rounding.divide(self.numerator, self.denominator);
        i64::try_from(points).map_err(|_| {
            let message = format!("{points} points are above {}", i64::MAX);
            Error::new(ErrorKind::OutOfRange, message).on("points")
        })
    }
}

fn too_fine() -> Error {
    Error::new(ErrorKind::OutOfRange, "the product of the factors does not fit 128 bits").on("points")
}

fn greatest_divisor(mut a: i128, mut b: i128) -> i128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_however_written() {
        for (text, micros) in
            [("2", 2_000_000), ("0.1", 100_000), ("\"1.10\"", 1_100_000), ("-3", -3_000_000)]
        {
            assert_eq!(serde_json::from_str::<Decimal>(text).unwrap().micros(), micros, "{text}");
        }
        for text in ["\"x\"", "1e300", "true", "null", "9223372036855"] {
            assert!(serde_json::from_str::<Decimal>(text).is_err(), "{text}");
        }
        assert_eq!(serde_json::to_string(&Decimal(1_250_000)).unwrap(), "\"1.25\"");
    }

    #[test]
    fn points_round_as_named() {
        let round = |rounding: PointRounding| [0, 1, 2, 3, 4, 5, 6].map(|sixths| rounding.divide(sixths, 6));
        assert_eq!(round(PointRounding::Down), [0, 0, 0, 0, 0, 0, 1]);
        assert_eq!(round(PointRounding::HalfUp), [0, 0, 0, 1, 1, 1, 1]);
        assert_eq!(round(PointRounding::Up), [0, 1, 1, 1, 1, 1, 1]);
    }

    #[test]
    fn products_of_fractions_stay_small() {
        let mut product = Fraction::ONE;
        for _ in 0..40 {
            product = product.times(Fraction::new(3, 2)).unwrap().times(Fraction::new(2, 3)).unwrap();
        }
        assert_eq!(product, Fraction::ONE);
        let huge = Fraction { numerator: i128::MAX, denominator: 1 };
        assert!(huge.times(Fraction::new(2, 1)).is_err());
        assert!(huge.round(PointRounding::Down).is_err());
    }
}
