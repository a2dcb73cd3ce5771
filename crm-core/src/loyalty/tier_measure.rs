//! What tiers are granted for: a score, points, spend and orders, and what an event adds to them.

use serde::{Deserialize, Serialize};

use crate::customer::Money;
use crate::error::{Error, ErrorKind, Result};
use crate::named::named;

/// What a tier asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum TierMeasure {
    /// Points that count for tiers, apart from the spendable ones: burning points does not lower them.
    QualifyingPoints = 0,
    /// Money spent, in currency units.
    Spend = 1,
    /// Number of orders.
    Orders = 2,
    /// The spendable points at this moment.
    PointsBalance = 3,
    /// A score at this moment, such as the loyalty score.
    Score = 4,
}

named!(TierMeasure, "tier_measure", {
    QualifyingPoints: "qualifying_points",
    Spend: "spend",
    Orders: "orders",
    PointsBalance: "points_balance",
    Score: "score",
});

impl TierMeasure {
    /// Whether the measure adds up over a period; the others are levels that hold until the next one is given.
    pub fn adds_up(self) -> bool {
        matches!(self, Self::QualifyingPoints | Self::Spend | Self::Orders)
    }
}

/// The greatest total of a member's life: twice it still fits, so that no difference of totals can overflow.
pub(super) const GREATEST_TOTAL: i64 = i64::MAX / 2;

/// What one event brings a member: additions to the measures that add up, new levels of the others.
///
/// ```
/// use crm_core::customer::Money;
/// use crm_core::loyalty::TierMeasures;
/// let order = TierMeasures { qualifying_points: 120, spend: Money::from_micros(119_900_000), orders: 1, ..Default::default() };
/// assert_eq!(order.score, None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TierMeasures {
    /// Qualifying points added; negative when an accrual is taken back.
    pub qualifying_points: i64,
    /// Money added; negative for a refund.
    pub spend: Money,
    /// Orders added; negative for a cancelled one.
    pub orders: i64,
    /// The new balance of spendable points; `None` leaves it as it was. It is 0 before the first one.
    pub points_balance: Option<i64>,
    /// The new score; `None` leaves it as it was. Before the first one, a condition on the score does not hold.
    pub score: Option<f64>,
}

impl TierMeasures {
    /// The additions, unless one does not fit or a level is no number.
    pub(super) fn added(&self) -> Result<TierTotals> {
        if let Some(score) = self.score.filter(|score| !score.is_finite()) {
            return Err(
                Error::new(ErrorKind::InvalidValue, format!("{score} is not a finite number")).on("score")
            );
        }
        let spend =
            i64::try_from(self.spend.micros()).map_err(|_| out_of_range("spend", self.spend.micros()))?;
        Ok(TierTotals { points: self.qualifying_points, spend, orders: self.orders })
    }
}

fn out_of_range(name: &str, value: i128) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("the total {value} is outside ±{GREATEST_TOTAL}")).on(name)
}

/// Totals of the measures that add up; money in micro-units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TierTotals {
    pub(super) points: i64,
    pub(super) spend: i64,
    pub(super) orders: i64,
}

impl TierTotals {
    pub(super) const ZERO: Self = Self { points: 0, spend: 0, orders: 0 };

    /// The totals of a life with some more, unless one leaves its range.
    pub(super) fn checked_plus(self, more: Self) -> Result<Self> {
        let sum = |name: &str, a: i64, b: i64| {
            let sum = i128::from(a) + i128::from(b);
            let fits = sum.unsigned_abs() <= GREATEST_TOTAL.unsigned_abs().into();
            if fits { Ok(sum as i64) } else { Err(out_of_range(name, sum)) }
        };
        Ok(Self {
            points: sum("qualifying_points", self.points, more.points)?,
            spend: sum("spend", self.spend, more.spend)?,
            orders: sum("orders", self.orders, more.orders)?,
        })
    }

    /// The sum of two runs of a life whose totals were checked; it stays at the ends of the range in states that no events lead to.
    pub(super) fn plus(self, more: Self) -> Self {
        Self {
            points: self.points.saturating_add(more.points),
            spend: self.spend.saturating_add(more.spend),
            orders: self.orders.saturating_add(more.orders),
        }
    }

    pub(super) fn minus(self, less: Self) -> Self {
        Self {
            points: self.points.saturating_sub(less.points),
            spend: self.spend.saturating_sub(less.spend),
            orders: self.orders.saturating_sub(less.orders),
        }
    }
}

/// Everything that a qualification looks at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TierLevels {
    pub(super) totals: TierTotals,
    pub(super) balance: i64,
    pub(super) score: Option<f64>,
}

impl TierLevels {
    /// The value of an integer measure; `None` for the score.
    pub(super) fn integer(&self, measure: TierMeasure) -> Option<i64> {
        match measure {
            TierMeasure::QualifyingPoints => Some(self.totals.points),
            TierMeasure::Spend => Some(self.totals.spend),
            TierMeasure::Orders => Some(self.totals.orders),
            TierMeasure::PointsBalance => Some(self.balance),
            TierMeasure::Score => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_are_refused_before_they_overflow() {
        let full = TierTotals { points: GREATEST_TOTAL, ..TierTotals::ZERO };
        let error = full.checked_plus(TierTotals { points: 1, ..TierTotals::ZERO }).unwrap_err();
        assert_eq!((error.kind(), error.argument_name()), (ErrorKind::OutOfRange, Some("qualifying_points")));
        assert_eq!(full.checked_plus(TierTotals::ZERO).unwrap(), full);
        assert!(full.checked_plus(TierTotals { points: i64::MAX, ..TierTotals::ZERO }).is_err());
        assert!(TierTotals::ZERO.checked_plus(TierTotals { orders: i64::MIN, ..TierTotals::ZERO }).is_err());
    }

    #[test]
    fn levels_must_be_numbers() {
        for score in [f64::NAN, f64::INFINITY] {
            let error = TierMeasures { score: Some(score), ..Default::default() }.added().unwrap_err();
            assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidValue, Some("score")));
        }
        let wide = TierMeasures { spend: Money::from_micros(i128::MAX), ..Default::default() };
        assert_eq!(wide.added().unwrap_err().argument_name(), Some("spend"));
    }

    #[test]
    fn names_and_codes_agree() {
        for (code, &measure) in TierMeasure::ALL.iter().enumerate() {
            assert_eq!(TierMeasure::from_code(code as i32).unwrap(), measure);
            assert_eq!(TierMeasure::from_name(measure.name()).unwrap(), measure);
        }
        assert!(TierMeasure::from_name("karma").is_err());
    }
}
