//! What can happen to a member's tier, and what is reported of it.

use serde::{Deserialize, Serialize};

use super::tier_measure::TierMeasures;
use crate::customer::Day;
use crate::named::named;

/// Why a member has the tier that it has, or what happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum TierReason {
    /// The member joined.
    Joined = 0,
    /// The entry of a higher tier was reached.
    EntryReached = 1,
    /// The totals of a period that ended reach a higher tier.
    EntryAtPeriodEnd = 2,
    /// Nothing keeps the tier any more.
    KeepMissed = 3,
    /// The totals of a period that ended do not keep the tier.
    KeepMissedAtPeriodEnd = 4,
    /// Grace ended and the tier was not kept.
    GraceEnded = 5,
    /// The totals of the member's life give a tier for ever.
    ReachedForLife = 6,
    /// A hold was placed by hand.
    HoldPlaced = 7,
    /// A hold came to its end.
    HoldEnded = 8,
    /// A hold was released by hand.
    HoldReleased = 9,
    /// A period ended and the tier is kept.
    KeptAtPeriodEnd = 10,
    /// The tier is not kept, and grace has begun.
    GraceStarted = 11,
    /// The tier is kept after all, within grace.
    KeptInGrace = 12,
}

named!(TierReason, "tier_reason", {
    Joined: "joined",
    EntryReached: "entry_reached",
    EntryAtPeriodEnd: "entry_at_period_end",
    KeepMissed: "keep_missed",
    KeepMissedAtPeriodEnd: "keep_missed_at_period_end",
    GraceEnded: "grace_ended",
    ReachedForLife: "reached_for_life",
    HoldPlaced: "hold_placed",
    HoldEnded: "hold_ended",
    HoldReleased: "hold_released",
    KeptAtPeriodEnd: "kept_at_period_end",
    GraceStarted: "grace_started",
    KeptInGrace: "kept_in_grace",
});

/// How a hold binds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum TierHoldKind {
    /// The member has at least this tier, and more if it earns more.
    #[default]
    AtLeast = 0,
    /// The member has exactly this tier.
    Exactly = 1,
}

named!(TierHoldKind, "hold", { AtLeast: "at_least", Exactly: "exactly" });

/// A tier given by hand. What the member earns goes on below it and shows when the hold ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierHold {
    /// The tier, counted from the lowest, 0; `None` for none.
    pub tier: Option<usize>,
    /// How it binds.
    pub kind: TierHoldKind,
    /// The first day without the hold; `None` for a hold without end.
    pub until: Option<Day>,
}

/// What can happen to a member.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum TierEvent {
    /// Something that tiers are granted for.
    Measures(TierMeasures),
    /// A hold is placed; it replaces an earlier one.
    Hold(TierHold),
    /// The hold is released, if there is one.
    Release,
}

/// What happened to a member's tier. Where a tier was only kept, or grace began, `from` and `to` are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TierChange {
    /// The day.
    pub day: Day,
    /// The tier before, counted from the lowest, 0; `None` for none.
    pub from: Option<usize>,
    /// The tier from this day on.
    pub to: Option<usize>,
    /// Why.
    pub reason: TierReason,
}
