//! The fold of a points programme: state and event to state and postings.

use super::expiry_rule::extended;
use super::points_account::{Accrual, Lot, PointsAccount, Portion, Redemption, Remembered};
use super::points_entry::{EntryKind, PointsEntry};
use super::points_event::{EventId, PointsAction, PointsEvent};
use super::program::{Enrollment, LoyaltyProgram};
use super::refund_rule::AfterSpending;
use crate::customer::{Day, MICROS_PER_DAY, Money};
use crate::error::{Error, ErrorKind, Result};

/// Instants of the years 1 to 9999 in any zone.
const CALENDAR: std::ops::RangeInclusive<i64> =
    (Day::MIN.number() as i64 + 1) * MICROS_PER_DAY..=(Day::MAX.number() as i64 - 1) * MICROS_PER_DAY;

/// An error about a column that names the event.
pub(super) fn refused(kind: ErrorKind, column: &str, event: &str, message: &str) -> Error {
    Error::new(kind, format!("event {event}: {message}")).on(column)
}

/// What an event does to an account, while it does it.
pub(super) struct Step<'a> {
    pub(super) program: &'a LoyaltyProgram,
    pub(super) account: &'a mut PointsAccount,
    pub(super) time: i64,
    /// The member through whom the event came.
    pub(super) via: u32,
    /// The id of the event, as it stands in postings and in messages.
    pub(super) event: EventId,
    pub(super) entries: &'a mut Vec<PointsEntry>,
}

impl LoyaltyProgram {
    /// What an event does to a member: the account as it is afterwards, and the postings.
    ///
    /// The result depends on nothing but the rules, the account and the event. On an error the account stays as it was.
    ///
    /// # Arguments
    /// - `account`: the member's state; [`PointsAccount::default`] before it joins.
    /// - `event`: not before the account's [`clock`](PointsAccount::clock); whatever falls due up to its time happens first.
    ///
    /// # Errors
    /// `InvalidValue` for somebody who is no member, an event that came before, a time before the newest event, and something to refund or to
    /// cancel that is unknown, undone or forgotten; `OutOfRange` for points below 1 or above those available, a refund above what is left
    /// of the purchase, and totals beyond 64 bits. The message names the event, the value and the bound.
    ///
    /// ```
    /// use crm_core::loyalty::{LoyaltyProgram, PointsAccount, PointsAction, PointsEvent};
    /// let program = LoyaltyProgram::from_json("{}")?;
    /// let mut account = PointsAccount::default();
    /// program.apply(&mut account, &PointsEvent::new("a", 0, PointsAction::Join))?;
    /// program.apply(&mut account, &PointsEvent::new("b", 1, PointsAction::Bonus { points: 50 }))?;
    /// let error = program.apply(&mut account, &PointsEvent::new("c", 2, PointsAction::Redeem { points: 60 })).unwrap_err();
    /// assert_eq!(error.to_string(), "points: event c: 60 points are above the 50 available");
    /// assert_eq!((account.available(), account.clock()), (50, 1));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    pub fn apply(&self, account: &mut PointsAccount, event: &PointsEvent) -> Result<Vec<PointsEntry>> {
        let (mut next, mut entries) = (account.clone(), Vec::new());
        let via = next.member;
        self.fold(&mut next, event, via, &mut entries)?;
        *account = next;
        Ok(entries)
    }

    /// The place of a category among those that the rules name; `None` for any other, which all have the base rate.
    pub fn category(&self, name: &str) -> Option<u32> {
        self.earn_table().category(name)
    }

    /// What an event does to an account, which is left in between on an error.
    pub(super) fn fold(
        &self,
        account: &mut PointsAccount,
        event: &PointsEvent,
        via: u32,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        let time = event.time;
        let earns = matches!(event.action, PointsAction::Purchase { .. } | PointsAction::Bonus { .. });
        let joins = event.action == PointsAction::Join
            || (!account.has_joined && earns && self.rules().enrollment == Enrollment::FirstEarn);
        if !account.has_joined && !joins {
            let message = "the customer is not a member at that time";
            return Err(refused(ErrorKind::InvalidValue, "customer_id", &event.shown(), message));
        }
        if account.has_joined && event.action == PointsAction::Join {
            return Err(refused(
                ErrorKind::InvalidValue,
                "customer_id",
                &event.shown(),
                "is a member already",
            ));
        }
        if !CALENDAR.contains(&time) {
            let message = format!("time {time} lies outside the years 1 to 9999");
            return Err(refused(ErrorKind::OutOfRange, "time", &event.shown(), &message));
        }
        if time < account.clock {
            let message =
                format!("time {time} is before {}, that of the member's newest event", account.clock);
            return Err(refused(ErrorKind::InvalidValue, "time", &event.shown(), &message));
        }
        if let Some(id) = &event.id
            && account.remembered.iter().any(|other| other.event == *id && other.until > time)
        {
            let message = "an event of this id came before";
            return Err(refused(ErrorKind::InvalidValue, "event_id", &event.shown(), message));
        }
        account.has_joined = true;
        let id = event.id.clone().unwrap_or(EventId::Integer(0));
        let mut step = Step { program: self, account, time, via, event: id, entries };
        step.advance(time);
        step.account.clock = time;
        step.act(&event.action)?;
        if let Some(id) = &event.id {
            step.remember(id)?;
        }
        if time >= account.next_close {
            account.forget(time, self.rules().burn_order);
        }
        account.check_laws()
    }
}

impl Step<'_> {
    fn act(&mut self, action: &PointsAction) -> Result<()> {
        match action {
            PointsAction::Join | PointsAction::Advance => Ok(()),
            PointsAction::Purchase { amount, category, order } => {
                if *amount < 0 {
                    let message = format!("{} is below 0: a return is a refund", money(*amount));
                    return Err(self.refuse(ErrorKind::OutOfRange, "amount", &message));
                }
                let tier = self.account.tier;
                let points = self.program.earn_table().points(*amount, *category, tier, self.time);
                let points = points.map_err(|error| self.about(&error))?;
                self.earn(points, Some(*amount), order.as_ref())
            }
            PointsAction::Bonus { points } => {
                self.check_positive(*points)?;
                self.earn(*points, None, None)
            }
            PointsAction::Redeem { points } => self.redeem(*points),
            PointsAction::Refund { of, amount } => self.refund(of, *amount),
            PointsAction::CancelRedemption { of } => self.cancel_redemption(of),
            PointsAction::CancelAccrual { of } => self.cancel_accrual(of),
            PointsAction::Extend => self.extend(),
            PointsAction::SetTier { tier } => {
                let tiers = self.program.rules().tiers.len();
                if let Some(tier) = tier.filter(|&tier| usize::from(tier) >= tiers) {
                    let message = format!("tier {tier} is not below {tiers}");
                    return Err(self.refuse(ErrorKind::OutOfRange, "tier", &message));
                }
                self.account.tier = *tier;
                Ok(())
            }
        }
    }

    pub(super) fn refuse(&self, kind: ErrorKind, column: &str, message: &str) -> Error {
        refused(kind, column, &self.event.to_string(), message)
    }

    fn about(&self, error: &Error) -> Error {
        let column = error.argument_name().unwrap_or("points").to_owned();
        let text = error.to_string();
        self.refuse(error.kind(), &column, text.strip_prefix(&format!("{column}: ")).unwrap_or(&text))
    }

    fn check_positive(&self, points: i64) -> Result<()> {
        if points < 1 {
            return Err(self.refuse(
                ErrorKind::OutOfRange,
                "points",
                &format!("{points} points are below 1"),
            ));
        }
        Ok(())
    }

    pub(super) fn check_room(&self, points: i64) -> Result<()> {
        self.account.check_room(points).map_err(|error| self.about(&error))
    }

    fn remember(&mut self, id: &EventId) -> Result<()> {
        let until = self.program.end_of_window(self.time, self.program.remembered_days())?;
        self.account.remembered.push(Remembered { event: id.clone(), via: self.via, until });
        self.account.next_close = self.account.next_close.min(until);
        Ok(())
    }

    /// Posts what happens to some points of a lot.
    pub(super) fn post(&mut self, kind: EntryKind, event: &EventId, time: i64, lot: &Lot, points: i64) {
        self.entries.push(PointsEntry {
            time,
            member: self.account.member,
            kind,
            event: event.clone(),
            lot: lot.event.clone(),
            earned_at: lot.earned_at,
            expires_at: lot.expires_at,
            vintage: lot.vintage,
            pending: kind != EntryKind::Released && lot.is_pending(),
            points,
            correction: false,
        });
    }

    /// Posts something about points that belong to no lot.
    pub(super) fn post_debt(&mut self, kind: EntryKind, points: i64) -> Result<()> {
        self.entries.push(PointsEntry {
            time: self.time,
            member: self.account.member,
            kind,
            event: self.event.clone(),
            lot: self.event.clone(),
            earned_at: self.time,
            expires_at: i64::MAX,
            vintage: self.program.calendar().month_of(self.time)?,
            pending: false,
            points,
            correction: false,
        });
        Ok(())
    }

    /// Lets points lapse and become available, one lot after the other, in the order of time.
    pub(super) fn advance(&mut self, to: i64) {
        while self.account.next_due <= to && self.account.next_due < i64::MAX {
            let due = self.account.next_due;
            // Of lots that fall due together, those that lapse come first: they cannot pay what is owed any more.
            if let Some(place) = self.account.lots.iter().position(|lot| lot.expires_at == due) {
                self.lapse(place, due);
            } else if let Some(place) = self.account.lots.iter().position(|lot| lot.pending_until == due) {
                self.release(place, due);
            }
            // The lot may have been spent meanwhile: then nothing falls due at that time.
            self.account.refresh_due();
        }
    }

    fn lapse(&mut self, place: usize, time: i64) {
        let lot = self.account.lots.remove(place);
        if lot.is_pending() {
            self.account.pending -= lot.points;
        } else {
            self.account.available -= lot.points;
        }
        self.account.totals.expired += lot.points;
        if let Some(accrual) = self.account.accrual(&lot.event) {
            accrual.lapsed += lot.points;
        }
        self.post(EntryKind::Expired, &lot.event.clone(), time, &lot, lot.points);
    }

    fn release(&mut self, place: usize, time: i64) {
        let mut lot = self.account.lots[place].clone();
        lot.pending_until = i64::MIN;
        self.account.lots[place].pending_until = i64::MIN;
        self.account.pending -= lot.points;
        self.account.available += lot.points;
        self.post(EntryKind::Released, &lot.event.clone(), time, &lot, lot.points);
        self.settle(&lot.event, time);
    }

    /// Takes available points in the order of spending; there are enough of them.
    pub(super) fn burn(&mut self, kind: EntryKind, event: &EventId, time: i64, points: i64) -> Vec<Portion> {
        let (mut portions, mut left, mut place) = (Vec::new(), points, 0);
        while left > 0 && place < self.account.lots.len() {
            let lot = &mut self.account.lots[place];
            if lot.is_pending() {
                place += 1;
                continue;
            }
            let taken = left.min(lot.points);
            let mut portion = lot.clone();
            portion.points = taken;
            lot.points -= taken;
            place += 1;
            left -= taken;
            self.post(kind, event, time, &portion, taken);
            portions.push(Portion { lot: portion });
        }
        self.account.available -= points;
        self.account.lots.retain(|lot| lot.points > 0);
        portions
    }

    /// Pays what is owed from what is available.
    pub(super) fn settle(&mut self, event: &EventId, time: i64) -> Vec<Portion> {
        let points = self.account.debt.min(self.account.available);
        if points == 0 {
            return Vec::new();
        }
        let portions = self.burn(EntryKind::Settled, event, time, points);
        self.account.debt -= points;
        self.account.totals.settled += points;
        portions
    }

    pub(super) fn settle_now(&mut self) {
        let event = self.event.clone();
        self.settle(&event, self.time);
    }

    pub(super) fn expires_at(&self, time: i64) -> Result<i64> {
        self.program
            .rules()
            .expiry
            .map_or(Ok(i64::MAX), |rule| rule.expires_at(self.program.calendar(), time))
    }

    fn earn(&mut self, points: i64, amount: Option<i64>, order: Option<&EventId>) -> Result<()> {
        self.check_room(points)?;
        let (program, time) = (self.program, self.time);
        let until = program.end_of_window(time, program.rules().refund.days)?;
        let days = program.rules().earn.pending_days;
        let mut available_at = time;
        if days > 0 {
            available_at = program.end_of_window(time, days - 1)?;
        }
        if program.rules().refund.after_spending == AfterSpending::Escrow {
            available_at = available_at.max(until);
        }
        if points > 0 {
            let expires_at = self.expires_at(time)?;
            let lot = Lot {
                event: self.event.clone(),
                origin: self.via,
                vintage: program.calendar().month_of(time)?,
                earned_at: time,
                pending_until: if available_at > time { available_at } else { i64::MIN },
                due_at: expires_at,
                expires_at,
                points,
            };
            self.post(EntryKind::Earned, &lot.event.clone(), time, &lot, points);
            self.account.insert(lot, program.rules().burn_order);
            self.account.totals.earned += points;
        }
        self.account.accruals.push(Accrual {
            event: self.event.clone(),
            order: order.unwrap_or(&self.event).clone(),
            origin: self.via,
            is_purchase: amount.is_some(),
            is_undone: false,
            until,
            amount: amount.unwrap_or(0),
            refunded: 0,
            points,
            claimed: 0,
            lapsed: 0,
        });
        self.account.next_close = self.account.next_close.min(until);
        self.settle_now();
        Ok(())
    }

    fn redeem(&mut self, points: i64) -> Result<()> {
        self.check_positive(points)?;
        let available = self.account.available;
        if points > available {
            let debt = self.account.debt;
            let owed = if debt > 0 { format!(", {debt} are owed") } else { String::new() };
            let message = format!("{points} points are above the {available} available{owed}");
            return Err(self.refuse(ErrorKind::OutOfRange, "points", &message));
        }
        let spent = self.account.totals.spent.checked_add(points).ok_or_else(|| {
            self.refuse(
                ErrorKind::OutOfRange,
                "points",
                &format!("{points} points more take the total spent beyond 64 bits"),
            )
        })?;
        let until = self.program.end_of_window(self.time, self.program.rules().cancel.days)?;
        let event = self.event.clone();
        let portions = self.burn(EntryKind::Redeemed, &event, self.time, points);
        self.account.totals.spent = spent;
        self.account.redemptions.push(Redemption { event, via: self.via, until, portions });
        self.account.next_close = self.account.next_close.min(until);
        Ok(())
    }

    fn extend(&mut self) -> Result<()> {
        if self.program.rules().extensions.is_empty() {
            return Err(self.refuse(ErrorKind::InvalidValue, "kind", "the program has no extensions"));
        }
        let Some(months) = self.program.extension_months(self.account.tier) else { return Ok(()) };
        for place in 0..self.account.lots.len() {
            let lot = &self.account.lots[place];
            if lot.due_at == i64::MAX {
                continue;
            }
            let later = extended(self.program.calendar(), lot.due_at, months)?;
            if later > lot.expires_at {
                self.account.lots[place].expires_at = later;
                let (lot, event) = (self.account.lots[place].clone(), self.event.clone());
                self.post(EntryKind::Extended, &event, self.time, &lot, lot.points);
            }
        }
        self.account.sort_lots(self.program.rules().burn_order);
        Ok(())
    }
}

fn money(micros: i64) -> Money {
    Money::from_micros(micros.into())
}
