//! The postings of a points ledger.

use serde::{Deserialize, Serialize};

use super::points_event::EventId;
use crate::named::named;

/// What a posting says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum EntryKind {
    /// Points were earned, pending or available.
    Earned = 0,
    /// Pending points became available.
    Released = 1,
    /// Points were spent.
    Redeemed = 2,
    /// Points of a cancelled redemption came back.
    Restored = 3,
    /// Points lapsed.
    Expired = 4,
    /// Points were taken back by a refund or a cancelled accrual.
    Reversed = 5,
    /// Points that a refund did not find are owed.
    Owed = 6,
    /// Available points paid what was owed.
    Settled = 7,
    /// Points that a refund did not find were forgiven.
    Forgiven = 8,
    /// Points lapse at a later time; the entry has the new one.
    Extended = 9,
    /// Points left for another member by a merge, or back.
    Sent = 10,
    /// Points came from another member.
    Received = 11,
    /// Owed points left for another member.
    DebtSent = 12,
    /// Owed points came from another member.
    DebtReceived = 13,
}

named!(EntryKind, "entry_kind", {
    Earned: "earned",
    Released: "released",
    Redeemed: "redeemed",
    Restored: "restored",
    Expired: "expired",
    Reversed: "reversed",
    Owed: "owed",
    Settled: "settled",
    Forgiven: "forgiven",
    Extended: "extended",
    Sent: "sent",
    Received: "received",
    DebtSent: "debt_sent",
    DebtReceived: "debt_received",
});

/// One posting. Postings are never changed: what turns out wrong is posted again with its points negative, then right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PointsEntry {
    /// When it takes effect, in microseconds since 1970-01-01T00:00Z.
    pub time: i64,
    /// The member, as its place in the ledger.
    pub member: u32,
    /// What it says.
    pub kind: EntryKind,
    /// The event that it belongs to; of lapsed and released points the accrual.
    pub event: EventId,
    /// The accrual that the points come from; of owed and forgiven points the event.
    pub lot: EventId,
    /// When the points were earned.
    pub earned_at: i64,
    /// When they lapse; `i64::MAX` if never.
    pub expires_at: i64,
    /// The month in which they were earned, counted from January 1970.
    pub vintage: i32,
    /// Whether the points were pending.
    pub pending: bool,
    /// How many points; negative if the posting takes back an earlier one.
    pub points: i64,
    /// Whether a backdated event, or a merge taken back, made an earlier posting wrong.
    pub correction: bool,
}

impl EntryKind {
    /// By how much a posting of so many points, pending or not, changes the available ones.
    pub fn available_change(self, points: i64, pending: bool) -> i64 {
        match self {
            Self::Released | Self::Restored => points,
            Self::Redeemed | Self::Settled => -points,
            Self::Earned | Self::Received if !pending => points,
            Self::Expired | Self::Reversed | Self::Sent if !pending => -points,
            _ => 0,
        }
    }

    /// By how much it changes the pending ones.
    pub fn pending_change(self, points: i64, pending: bool) -> i64 {
        match self {
            Self::Released => -points,
            Self::Earned | Self::Received if pending => points,
            Self::Expired | Self::Reversed | Self::Sent if pending => -points,
            _ => 0,
        }
    }

    /// By how much it changes the points that are owed.
    pub fn owed_change(self, points: i64) -> i64 {
        match self {
            Self::Owed | Self::DebtReceived => points,
            Self::Settled | Self::DebtSent => -points,
            _ => 0,
        }
    }
}
