//! The postings of a batch as columns.

use super::points_entry::{EntryKind, PointsEntry};
use super::points_event::EventId;
use crate::customer::{CustomerId, IdList};
use crate::error::Result;

/// Postings as columns, in the order in which they were made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsEntries {
    /// The row of the event that brought the posting, counted over all batches; of [`advance`](super::PointsLedger::advance) the number
    /// of rows before it.
    pub rows: Vec<u64>,
    /// The member's place in the ledger.
    pub members: Vec<u32>,
    /// What it says.
    pub kinds: Vec<EntryKind>,
    /// When it takes effect, in microseconds since 1970-01-01T00:00Z.
    pub times: Vec<i64>,
    /// How many points; negative if the posting takes back an earlier one.
    pub points: Vec<i64>,
    /// Whether the points were pending.
    pub pending: Vec<bool>,
    /// Whether it corrects an earlier posting.
    pub corrections: Vec<bool>,
    /// When the points were earned.
    pub earned_at: Vec<i64>,
    /// When they lapse; `i64::MAX` if never.
    pub expires_at: Vec<i64>,
    /// The member of each posting.
    pub customer_ids: IdList,
    /// The event that each posting belongs to; of lapsed and released points the accrual.
    pub event_ids: IdList,
    /// The accrual that the points of each posting come from.
    pub lot_ids: IdList,
}

impl Default for PointsEntries {
    fn default() -> Self {
        Self {
            rows: Vec::new(),
            members: Vec::new(),
            kinds: Vec::new(),
            times: Vec::new(),
            points: Vec::new(),
            pending: Vec::new(),
            corrections: Vec::new(),
            earned_at: Vec::new(),
            expires_at: Vec::new(),
            customer_ids: IdList::empty(),
            event_ids: IdList::empty(),
            lot_ids: IdList::empty(),
        }
    }
}

pub(super) fn as_id(id: &EventId) -> CustomerId<'_> {
    match id {
        EventId::Integer(id) => CustomerId::Integer(*id),
        EventId::Text(id) => CustomerId::Text(id),
    }
}

impl PointsEntries {
    /// Makes room for more postings.
    pub(super) fn reserve(&mut self, more: usize) {
        self.rows.reserve(more);
        self.members.reserve(more);
        self.kinds.reserve(more);
        self.times.reserve(more);
        self.points.reserve(more);
        self.pending.reserve(more);
        self.corrections.reserve(more);
        self.earned_at.reserve(more);
        self.expires_at.reserve(more);
    }

    pub(super) fn push(&mut self, row: u64, customer: &EventId, entry: &PointsEntry) {
        self.rows.push(row);
        self.members.push(entry.member);
        self.kinds.push(entry.kind);
        self.times.push(entry.time);
        self.points.push(entry.points);
        self.pending.push(entry.pending);
        self.corrections.push(entry.correction);
        self.earned_at.push(entry.earned_at);
        self.expires_at.push(entry.expires_at);
        self.customer_ids.push(as_id(customer));
        self.event_ids.push(as_id(&entry.event));
        self.lot_ids.push(as_id(&entry.lot));
    }

    /// Whether a posting is one of a member.
    pub(super) fn is_of(&self, place: usize, customer: CustomerId<'_>) -> bool {
        self.customer_ids.at(place) == customer
    }

    /// Number of postings.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn ids(&self) -> [&IdList; 3] {
        [&self.customer_ids, &self.event_ids, &self.lot_ids]
    }

    /// By how much each posting changes the available, the pending and the owed points.
    pub fn changes(&self) -> PointsChanges {
        let mut changes = PointsChanges::default();
        for row in 0..self.len() {
            let (kind, points, pending) = (self.kinds[row], self.points[row], self.pending[row]);
            changes.available.push(kind.available_change(points, pending));
            changes.pending.push(kind.pending_change(points, pending));
            changes.owed.push(kind.owed_change(points));
        }
        changes
    }

    /// Takes postings of the same ledger over.
    pub(super) fn take(&mut self, other: Self) -> Result<()> {
        if self.is_empty() {
            *self = other;
            return Ok(());
        }
        self.append(&other)
    }

    /// Appends other postings.
    ///
    /// # Errors
    /// `Incompatible` for postings of ledgers whose ids are of another kind.
    pub fn append(&mut self, other: &Self) -> Result<()> {
        for (mine, theirs) in self.ids().into_iter().zip(other.ids()) {
            mine.check_kind(theirs)?;
        }
        self.customer_ids.append(&other.customer_ids)?;
        self.event_ids.append(&other.event_ids)?;
        self.lot_ids.append(&other.lot_ids)?;
        self.rows.extend_from_slice(&other.rows);
        self.members.extend_from_slice(&other.members);
        self.kinds.extend_from_slice(&other.kinds);
        self.times.extend_from_slice(&other.times);
        self.points.extend_from_slice(&other.points);
        self.pending.extend_from_slice(&other.pending);
        self.corrections.extend_from_slice(&other.corrections);
        self.earned_at.extend_from_slice(&other.earned_at);
        self.expires_at.extend_from_slice(&other.expires_at);
        Ok(())
    }
}

/// What postings do to balances.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PointsChanges {
    /// To the available points.
    pub available: Vec<i64>,
    /// To the pending points.
    pub pending: Vec<i64>,
    /// To the owed points.
    pub owed: Vec<i64>,
}
