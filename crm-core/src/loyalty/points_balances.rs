//! Balances of all members as columns.

use super::points_entries::as_id;
use super::points_entry::PointsEntry;
use super::points_event::PointsEvent;
use super::points_ledger::PointsLedger;
use super::points_store::Member;
use super::program::LoyaltyProgram;
use crate::customer::{Day, IdList};
use crate::error::{Error, ErrorKind, Result};

/// Balances of all members, in the order in which they joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointsBalances {
    /// The members.
    pub customer_ids: IdList,
    /// Points that can be spent.
    pub available: Vec<i64>,
    /// Points that were earned and cannot be spent yet.
    pub pending: Vec<i64>,
    /// Points that are owed.
    pub owed: Vec<i64>,
    /// When points lapse next, in microseconds since 1970-01-01T00:00Z; `i64::MAX` if none do.
    pub next_expiry_at: Vec<i64>,
    /// How many lapse then.
    pub next_expiry_points: Vec<i64>,
    /// The place of the member that has the points, another than the member's own after a merge.
    pub holders: Vec<u32>,
}

impl LoyaltyProgram {
    /// The first instant of a day of the programme's zone, in microseconds since 1970-01-01T00:00Z.
    ///
    /// # Errors
    /// `Parse` and `OutOfRange`, as for [`Day::parse`].
    pub fn start_of(&self, day: &str) -> Result<i64> {
        self.start_of_day(Day::parse(day).map_err(|error| error.on("day"))?)
    }

    /// The first instant of a day of the programme's zone, in microseconds since 1970-01-01T00:00Z.
    ///
    /// # Errors
    /// None for any day of the calendar.
    pub fn start_of_day(&self, day: Day) -> Result<i64> {
        self.calendar().start_of(day.number())
    }
}

impl PointsLedger {
    /// Reads a member as it is at an instant, if nothing happens until then but what falls due, which is posted.
    pub(super) fn read_at(
        &self,
        place: u32,
        as_of: i64,
        member: &mut Member,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        self.members.read_into(place, member)?;
        let account = &mut member.account;
        if account.clock > as_of {
            let message = format!(
                "{as_of} is before {}, the time of the newest event of member {}",
                account.clock, self.ids[place as usize]
            );
            return Err(Error::new(ErrorKind::InvalidValue, message).on("as_of"));
        }
        if account.next_due > as_of {
            return Ok(());
        }
        self.program().fold(account, &PointsEvent::advance(as_of), place, entries)
    }

    /// The balances of all members at an instant, in microseconds since 1970-01-01T00:00Z: what lapses or becomes available until then has
    /// done so. The ledger does not change.
    ///
    /// # Errors
    /// `InvalidValue` for an instant before the newest event of a member.
    pub fn balances(&self, as_of: i64) -> Result<PointsBalances> {
        let mut ids = IdList::empty();
        let mut columns = PointsBalances {
            customer_ids: IdList::empty(),
            available: Vec::with_capacity(self.len()),
            pending: Vec::with_capacity(self.len()),
            owed: Vec::with_capacity(self.len()),
            next_expiry_at: Vec::with_capacity(self.len()),
            next_expiry_points: Vec::with_capacity(self.len()),
            holders: Vec::with_capacity(self.len()),
        };
        let (mut member, mut entries) = (Member::new(0, self.program()), Vec::new());
        for (place, id) in self.ids.iter().enumerate() {
            entries.clear();
            self.read_at(place as u32, as_of, &mut member, &mut entries)?;
            let account = &member.account;
            let next = account.lots.iter().map(|lot| lot.expires_at).min().unwrap_or(i64::MAX);
            let lapsing = account.lots.iter().filter(|lot| lot.expires_at == next && next != i64::MAX);
            ids.push(as_id(id));
            columns.available.push(account.available);
            columns.pending.push(account.pending);
            columns.owed.push(account.debt);
            columns.next_expiry_at.push(next);
            columns.next_expiry_points.push(lapsing.map(|lot| lot.points).sum());
            columns.holders.push(self.root(place as u32));
        }
        columns.customer_ids = ids;
        Ok(columns)
    }
}
