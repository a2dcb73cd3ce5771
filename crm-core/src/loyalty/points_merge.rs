//! Merging two members, and taking a merge back.

use serde::{Deserialize, Serialize};

use super::points_account::{PointsAccount, Portion};
use super::points_entry::{EntryKind, PointsEntry};
use super::points_event::EventId;
use super::points_fold::{Step, refused};
use super::program::LoyaltyProgram;
use crate::error::{ErrorKind, Result};

/// The log of one merge: what taking it back needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct MergeRecord {
    pub(super) event: EventId,
    /// The member that was merged into another.
    pub(super) other: u32,
    /// What it owed.
    debt: i64,
    /// Points of the one that paid what the other owed.
    settled: Vec<Portion>,
}

/// Two accounts, a time and the event that concerns them.
pub(super) struct Pair<'a> {
    pub(super) program: &'a LoyaltyProgram,
    pub(super) event: &'a EventId,
    pub(super) time: i64,
    pub(super) entries: &'a mut Vec<PointsEntry>,
}

impl Pair<'_> {
    fn step<'s>(&'s mut self, account: &'s mut PointsAccount) -> Step<'s> {
        Step {
            program: self.program,
            via: account.member,
            account,
            time: self.time,
            event: self.event.clone(),
            entries: self.entries,
        }
    }

    fn advance(&mut self, account: &mut PointsAccount) -> Result<()> {
        if self.time < account.clock {
            let message =
                format!("time {} is before {}, that of a member's newest event", self.time, account.clock);
            return Err(refused(ErrorKind::InvalidValue, "time", &self.event.to_string(), &message));
        }
        let time = self.time;
        self.step(account).advance(time);
        account.clock = time;
        Ok(())
    }

    /// Moves everything of `other` to `root`.
    pub(super) fn merge(
        &mut self,
        root: &mut PointsAccount,
        other: &mut PointsAccount,
    ) -> Result<MergeRecord> {
        self.advance(root)?;
        self.advance(other)?;
        self.check_ids(root, other)?;
        let debt = other.debt;
        self.transfer(other, root, debt, |_| true)?;
        let event = self.event.clone();
        let time = self.time;
        let settled = self.step(root).settle(&event, time);
        root.check_laws()?;
        other.check_laws()?;
        Ok(MergeRecord { event, other: other.member, debt, settled })
    }

    /// Moves what came through some members from `root` back to `other`, as far as it is still there.
    pub(super) fn unmerge(
        &mut self,
        record: &MergeRecord,
        root: &mut PointsAccount,
        other: &mut PointsAccount,
        is_of_other: impl Fn(u32) -> bool,
    ) -> Result<()> {
        self.advance(root)?;
        self.advance(other)?;
        // What the points of one paid for the other is owed again, and the points are back.
        let first = self.entries.len();
        for portion in record.settled.clone() {
            let points = portion.lot.points;
            root.totals.settled -= points;
            root.debt += points;
            let event = self.event.clone();
            self.step(root).give_back(EntryKind::Settled, &event, portion, -1)?;
        }
        for entry in &mut self.entries[first..] {
            entry.correction = true;
        }
        let debt = record.debt.min(root.debt);
        self.transfer(root, other, debt, is_of_other)?;
        let (event, time) = (self.event.clone(), self.time);
        self.step(root).settle(&event, time);
        self.step(other).settle(&event, time);
        root.check_laws()?;
        other.check_laws()
    }

    fn transfer(
        &mut self,
        from: &mut PointsAccount,
        to: &mut PointsAccount,
        debt: i64,
        moves: impl Fn(u32) -> bool,
    ) -> Result<()> {
        let (event, time) = (self.event.clone(), self.time);
        let (moved, kept) = std::mem::take(&mut from.lots).into_iter().partition(|lot| moves(lot.origin));
        from.lots = kept;
        for lot in moved {
            let points = lot.points;
            if lot.is_pending() {
                from.pending -= points;
            } else {
                from.available -= points;
            }
            from.totals.sent += points;
            self.step(from).post(EntryKind::Sent, &event, time, &lot, points);
            to.check_room(points)?;
            to.totals.received += points;
            self.step(to).post(EntryKind::Received, &event, time, &lot, points);
            to.insert(lot, self.program.rules().burn_order);
        }
        to.accruals.extend(from.accruals.extract_if(.., |accrual| moves(accrual.origin)));
        to.redemptions.extend(from.redemptions.extract_if(.., |redemption| moves(redemption.via)));
        to.remembered.extend(from.remembered.extract_if(.., |event| moves(event.via)));
        if debt > 0 {
            let come =
                to.totals.owed.checked_add(to.totals.debt_received).and_then(|come| come.checked_add(debt));
            if come.is_none() {
                let message = format!("{debt} owed points more take the total beyond 64 bits");
                return Err(refused(ErrorKind::OutOfRange, "points", &event.to_string(), &message));
            }
            from.debt -= debt;
            from.totals.debt_sent += debt;
            self.step(from).post_debt(EntryKind::DebtSent, debt)?;
            to.debt += debt;
            to.totals.debt_received += debt;
            self.step(to).post_debt(EntryKind::DebtReceived, debt)?;
        }
        for account in [from, to] {
            account.refresh_due();
            account.refresh_close();
        }
        Ok(())
    }

    /// Refuses two members with accruals or redemptions of one id: nobody could tell which a later refund means.
    fn check_ids(&self, root: &PointsAccount, other: &PointsAccount) -> Result<()> {
        let ids = |account: &'_ PointsAccount| -> Vec<EventId> {
            let accruals = account.accruals.iter().filter(|accrual| accrual.until > self.time);
            let redemptions = account.redemptions.iter().filter(|redemption| redemption.until > self.time);
            let ids =
                accruals.map(|accrual| &accrual.event).chain(redemptions.map(|redemption| &redemption.event));
            ids.cloned().collect()
        };
        let known = ids(root);
        match ids(other).into_iter().find(|id| known.contains(id)) {
            None => Ok(()),
            Some(id) => {
                let message = format!("both members have an event {id}");
                Err(refused(ErrorKind::InvalidValue, "event_id", &self.event.to_string(), &message))
            }
        }
    }
}
