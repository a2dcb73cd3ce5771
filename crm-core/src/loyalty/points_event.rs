//! What happens to a member of a points programme.

use serde::{Deserialize, Serialize};

use crate::named::named;

/// The id of an event: an integer or a text. It names one event of a member.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum EventId {
    /// An integer.
    Integer(i64),
    /// A text, compared byte by byte.
    Text(Box<str>),
}

impl From<i64> for EventId {
    fn from(id: i64) -> Self {
        Self::Integer(id)
    }
}

impl From<&str> for EventId {
    fn from(id: &str) -> Self {
        Self::Text(id.into())
    }
}

impl std::fmt::Display for EventId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Integer(id) => id.fmt(f),
            Self::Text(id) => id.fmt(f),
        }
    }
}

/// The kinds of events.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum EventKind {
    /// A customer becomes a member.
    Join = 0,
    /// A purchase, or one line of an order, earns points by the rules.
    Purchase = 1,
    /// Points are given.
    Bonus = 2,
    /// Points are spent.
    Redeem = 3,
    /// A purchase is refunded, in part or in whole.
    Refund = 4,
    /// A redemption is cancelled: its points come back.
    CancelRedemption = 5,
    /// A purchase or bonus is cancelled: its points are taken back.
    CancelAccrual = 6,
    /// The expiry of all points moves by the extension rules.
    Extend = 7,
    /// The member comes into a tier, or leaves all.
    SetTier = 8,
    /// Another member is merged into this one.
    Merge = 9,
    /// A merge is taken back.
    Unmerge = 10,
}

named!(EventKind, "kind", {
    Join: "join",
    Purchase: "purchase",
    Bonus: "bonus",
    Redeem: "redeem",
    Refund: "refund",
    CancelRedemption: "cancel_redemption",
    CancelAccrual: "cancel_accrual",
    Extend: "extend",
    SetTier: "set_tier",
    Merge: "merge",
    Unmerge: "unmerge",
});

/// What an event does to one member; merging is between two and belongs to the [`PointsLedger`](super::PointsLedger).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PointsAction {
    /// Becomes a member.
    Join,
    /// Buys for `amount` micro-units of money.
    Purchase {
        /// Micro-units, not negative.
        amount: i64,
        /// The place of the category among those that the rules name ([`LoyaltyProgram::category`](super::LoyaltyProgram::category)).
        category: Option<u32>,
        /// The order that the line belongs to; it is an order of its own if not given.
        order: Option<EventId>,
    },
    /// Is given points.
    Bonus {
        /// At least 1.
        points: i64,
    },
    /// Spends points.
    Redeem {
        /// At least 1, at most what is available.
        points: i64,
    },
    /// Gets money back.
    Refund {
        /// The purchase; with a basis of the whole order, one of its lines or the order.
        of: EventId,
        /// Micro-units, above 0 and at most what was not refunded yet; all of that if not given.
        amount: Option<i64>,
    },
    /// Takes a redemption back.
    CancelRedemption {
        /// The redemption.
        of: EventId,
    },
    /// Loses the points of a purchase or bonus.
    CancelAccrual {
        /// The purchase or bonus.
        of: EventId,
    },
    /// Has the expiry of all points extended.
    Extend,
    /// Comes into a tier.
    SetTier {
        /// Its place among the tiers of the rules; `None` for no tier.
        tier: Option<u16>,
    },
    /// Time passes up to that of the event.
    Advance,
}

/// One event of a member.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PointsEvent {
    /// Its id; none if only time passes.
    pub id: Option<EventId>,
    /// Microseconds since 1970-01-01T00:00Z.
    pub time: i64,
    /// What happens.
    pub action: PointsAction,
}

impl PointsEvent {
    /// An event.
    pub fn new(id: impl Into<EventId>, time: i64, action: PointsAction) -> Self {
        Self { id: Some(id.into()), time, action }
    }

    /// Nothing but time up to an instant.
    pub fn advance(time: i64) -> Self {
        Self { id: None, time, action: PointsAction::Advance }
    }

    pub(super) fn shown(&self) -> String {
        self.id.as_ref().map_or_else(|| "advance".to_owned(), EventId::to_string)
    }
}
