//! What becomes of points when a purchase is refunded or a redemption cancelled.

use serde::{Deserialize, Serialize};

use super::decimal::PointRounding;
use crate::error::{Error, Result};
use crate::named::named;

/// What a partial refund takes its share of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum RefundBasis {
    /// The points of the line that is returned.
    #[default]
    Line = 0,
    /// The points of the whole order, whatever the returned line earned.
    ProRata = 1,
}

named!(RefundBasis, "refund.basis", { Line: "line", ProRata: "pro_rata" });

/// What a refund does about points that were spent already.
///
/// In every case it takes the purchase's own points first, then lets those be that have lapsed, then takes other available points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum AfterSpending {
    /// What is still missing is owed: the next points that become available pay it.
    #[default]
    Debt = 0,
    /// What is still missing is forgiven: a balance is never negative.
    Clamp = 1,
    /// It cannot be: points become available when the time for refunds is over.
    Escrow = 2,
}

named!(AfterSpending, "refund.after_spending", { Debt: "debt", Clamp: "clamp", Escrow: "escrow" });

/// Refunds of purchases and cancelled accruals.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RefundRule {
    /// What a partial refund takes its share of (default: the line).
    pub basis: RefundBasis,
    /// How the points of everything refunded so far are rounded (default: down, so that the member keeps the fraction).
    pub rounding: PointRounding,
    /// What happens to points that were spent (default: they are owed).
    pub after_spending: AfterSpending,
    /// For how many days after its own an accrual can be refunded or cancelled; then it is forgotten (default 90).
    pub days: u32,
}

impl Default for RefundRule {
    fn default() -> Self {
        Self {
            basis: RefundBasis::Line,
            rounding: PointRounding::Down,
            after_spending: AfterSpending::Debt,
            days: 90,
        }
    }
}

/// What a cancelled redemption does about points that would have lapsed meanwhile.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum LapsedPoints {
    /// They lapse at once: the original expiry counts.
    #[default]
    Lapse = 0,
    /// They come back with an expiry as if they were earned on the day of the cancellation.
    Reissue = 1,
}

named!(LapsedPoints, "cancel.lapsed", { Lapse: "lapse", Reissue: "reissue" });

/// Cancelled redemptions: points come back with their original expiry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CancelRule {
    /// For how many days after its own a redemption can be cancelled; then it is forgotten (default 90).
    pub days: u32,
    /// What happens to points whose expiry has passed (default: they lapse).
    pub lapsed: LapsedPoints,
}

impl Default for CancelRule {
    fn default() -> Self {
        Self { days: 90, lapsed: LapsedPoints::Lapse }
    }
}

/// The longest window, a hundred years.
pub(super) const GREATEST_DAYS: u32 = 36_525;

pub(super) fn check_days(name: &str, days: u32) -> Result<()> {
    if days > GREATEST_DAYS { Err(Error::argument(name, days, "at most 36525")) } else { Ok(()) }
}
