//! The fold of a points programme: state and event to state and postings.

use super::expiry_rule::extended;
use super::points_account::{Accrual, Lot, PointsAccount, Portion, Redemption, Remembered};
use super::points_entry::{EntryKind, PointsEntry};
use super::points_event::{EventId, PointsAction, PointsEvent};
use super::program::{Enrollment, LoyaltyProgram};
use super::refund_rule::{AfterSpending, LapsedPoints, RefundBasis};
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
        step.advance(time)?;
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

    fn refuse(&self, kind: ErrorKind, column: &str, message: &str) -> Error {
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

    fn check_room(&self, points: i64) -> Result<()> {
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
    pub(super) fn advance(&mut self, to: i64) -> Result<()> {
        while self.account.next_due <= to && self.account.next_due < i64::MAX {
            let due = self.account.next_due;
            // Of lots that fall due together, those that lapse come first: they cannot pay what is owed any more.
            let lapses = self.account.lots.iter().position(|lot| lot.expires_at == due);
            match lapses {
                Some(place) => self.lapse(place, due),
                None => {
                    let Some(place) = self.account.lots.iter().position(|lot| lot.pending_until == due)
                    else {
                        self.account.refresh_due();
                        continue;
                    };
                    self.release(place, due)?;
                }
            }
            self.account.refresh_due();
        }
        Ok(())
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

    fn release(&mut self, place: usize, time: i64) -> Result<()> {
        let mut lot = self.account.lots[place].clone();
        lot.pending_until = i64::MIN;
        self.account.lots[place].pending_until = i64::MIN;
        self.account.pending -= lot.points;
        self.account.available += lot.points;
        self.post(EntryKind::Released, &lot.event.clone(), time, &lot, lot.points);
        self.settle(&lot.event, time).map(|_| ())
    }

    /// Takes available points in the order of spending; there are enough of them.
    fn burn(&mut self, kind: EntryKind, event: &EventId, time: i64, points: i64) -> Vec<Portion> {
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
    pub(super) fn settle(&mut self, event: &EventId, time: i64) -> Result<Vec<Portion>> {
        let points = self.account.debt.min(self.account.available);
        if points == 0 {
            return Ok(Vec::new());
        }
        let portions = self.burn(EntryKind::Settled, event, time, points);
        self.account.debt -= points;
        self.account.totals.settled += points;
        Ok(portions)
    }

    fn settle_now(&mut self) -> Result<()> {
        let event = self.event.clone();
        self.settle(&event, self.time).map(|_| ())
    }

    fn expires_at(&self, time: i64) -> Result<i64> {
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
        self.settle_now()
    }

    fn redeem(&mut self, points: i64) -> Result<()> {
        self.check_positive(points)?;
        let available = self.account.available;
        if points > available {
            let mut message = format!("{points} points are above the {available} available");
            if self.account.debt > 0 {
                message += &format!(", {} are owed", self.account.debt);
            }
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

    /// The places of the accruals that a refund is about.
    fn refunded_accruals(&self, of: &EventId) -> Result<Vec<usize>> {
        let open = |place: &usize| {
            let accrual = &self.account.accruals[*place];
            accrual.is_purchase && accrual.until > self.time
        };
        let accruals = &self.account.accruals;
        let line = (0..accruals.len()).filter(open).find(|&place| accruals[place].event == *of);
        let places: Vec<usize> = match (self.program.rules().refund.basis, line) {
            (RefundBasis::Line, line) => line.into_iter().collect(),
            (RefundBasis::ProRata, line) => {
                let order = line.map_or(of, |place| &accruals[place].order);
                (0..accruals.len()).filter(open).filter(|&place| accruals[place].order == *order).collect()
            }
        };
        if places.is_empty() {
            let days = self.program.rules().refund.days;
            let message = format!("no purchase {of} of the member in the last {days} days");
            return Err(self.refuse(ErrorKind::InvalidValue, "reference", &message));
        }
        Ok(places)
    }

    fn refund(&mut self, of: &EventId, amount: Option<i64>) -> Result<()> {
        let places = self.refunded_accruals(of)?;
        let sum = |part: fn(&Accrual) -> i64| -> i128 {
            places.iter().map(|&place| i128::from(part(&self.account.accruals[place]))).sum()
        };
        let (bought, refunded) = (sum(|accrual| accrual.amount), sum(|accrual| accrual.refunded));
        let left = bought - refunded;
        if places.iter().all(|&place| self.account.accruals[place].is_undone) {
            let message = format!("purchase {of} was refunded or cancelled in whole already");
            return Err(self.refuse(ErrorKind::InvalidValue, "reference", &message));
        }
        let amount = amount.map_or(left, i128::from);
        if amount > left || (amount <= 0 && left > 0) {
            let bound = if amount > left { "above" } else { "not above 0 and at most" };
            let message = format!(
                "a refund of {} is {bound} the {} that is left of purchase {of}",
                Money::from_micros(amount),
                Money::from_micros(left)
            );
            return Err(self.refuse(ErrorKind::OutOfRange, "amount", &message));
        }
        let (points, claimed) = (sum(|accrual| accrual.points), sum(|accrual| accrual.claimed));
        let target = if amount == left {
            points
        } else {
            // Of everything refunded so far, so that several refunds add up to one of their sum.
            let numerator = points.checked_mul(refunded + amount).ok_or_else(|| {
                let message = format!("{points} points times {} do not fit 128 bits", refunded + amount);
                self.refuse(ErrorKind::OutOfRange, "amount", &message)
            })?;
            self.program.rules().refund.rounding.divide(numerator, bought)
        };
        let claim = (target - claimed).max(0);
        let mut rest = amount;
        for &place in &places {
            let accrual = &mut self.account.accruals[place];
            // At most the amount of the line.
            let part = rest.min((accrual.amount - accrual.refunded).into());
            accrual.refunded += part as i64;
            rest -= part;
            accrual.is_undone |= amount == left;
        }
        self.claim(&places, claim)
    }

    fn cancel_accrual(&mut self, of: &EventId) -> Result<()> {
        let time = self.time;
        let found = |accrual: &Accrual| accrual.event == *of && accrual.until > time;
        let Some(place) = self.account.accruals.iter().position(found) else {
            let days = self.program.rules().refund.days;
            let message = format!("no purchase or bonus {of} of the member in the last {days} days");
            return Err(self.refuse(ErrorKind::InvalidValue, "reference", &message));
        };
        let accrual = &mut self.account.accruals[place];
        if accrual.is_undone {
            let message = format!("{of} was refunded or cancelled in whole already");
            return Err(self.refuse(ErrorKind::InvalidValue, "reference", &message));
        }
        accrual.is_undone = true;
        accrual.refunded = accrual.amount;
        let claim = accrual.points - accrual.claimed;
        self.claim(&[place], claim.into())
    }

    /// Takes points of some accruals back: their own first, then not those that lapsed, then other available ones; what is missing is owed or
    /// forgiven.
    fn claim(&mut self, places: &[usize], points: i128) -> Result<()> {
        // A share of points that fitted when they were earned, one accrual at a time.
        let mut unclaimed = points;
        for &place in places {
            let accrual = &mut self.account.accruals[place];
            let part = unclaimed.min((accrual.points - accrual.claimed).into());
            accrual.claimed += part as i64;
            unclaimed -= part;
        }
        let mut left = points;
        for &place in places {
            let event = self.account.accruals[place].event.clone();
            left -= i128::from(self.take_own(&event, left));
        }
        for &place in places {
            let accrual = &mut self.account.accruals[place];
            let part = left.min(accrual.lapsed.into());
            accrual.lapsed -= part as i64;
            left -= part;
        }
        let others = left.min(self.account.available.into()) as i64;
        if others > 0 {
            let event = self.event.clone();
            self.burn(EntryKind::Reversed, &event, self.time, others);
            self.account.totals.reversed += others;
            left -= i128::from(others);
        }
        if left > 0 {
            self.miss(left)?;
        }
        self.account.refresh_due();
        Ok(())
    }

    /// Takes up to so many points of the lots of an accrual, whether pending or available.
    fn take_own(&mut self, event: &EventId, most: i128) -> i64 {
        let mut taken_in_all = 0;
        for place in 0..self.account.lots.len() {
            let lot = &mut self.account.lots[place];
            let taken = (most - i128::from(taken_in_all)).min(lot.points.into()) as i64;
            if lot.event != *event || taken <= 0 {
                continue;
            }
            lot.points -= taken;
            taken_in_all += taken;
            let lot = lot.clone();
            if lot.is_pending() {
                self.account.pending -= taken;
            } else {
                self.account.available -= taken;
            }
            self.account.totals.reversed += taken;
            let event = self.event.clone();
            self.post(EntryKind::Reversed, &event, self.time, &lot, taken);
        }
        self.account.lots.retain(|lot| lot.points > 0);
        taken_in_all
    }

    /// Notes points that a refund did not find.
    fn miss(&mut self, points: i128) -> Result<()> {
        let totals = &self.account.totals;
        let fits = |total: i64| i64::try_from(i128::from(total) + points).ok();
        let too_many = || {
            self.refuse(
                ErrorKind::OutOfRange,
                "points",
                &format!("{points} points more take the total owed beyond 64 bits"),
            )
        };
        if self.program.rules().refund.after_spending == AfterSpending::Clamp {
            let forgiven = fits(totals.forgiven).ok_or_else(too_many)?;
            self.account.totals.forgiven = forgiven;
            return self.post_debt(EntryKind::Forgiven, points as i64);
        }
        // With what other members brought it must fit as well.
        let come = totals.owed.checked_add(totals.debt_received);
        if come.and_then(fits).is_none() {
            return Err(too_many());
        }
        self.account.totals.owed += points as i64;
        self.account.debt += points as i64;
        self.post_debt(EntryKind::Owed, points as i64)
    }

    fn cancel_redemption(&mut self, of: &EventId) -> Result<()> {
        let time = self.time;
        let found = |redemption: &Redemption| redemption.event == *of && redemption.until > time;
        let Some(place) = self.account.redemptions.iter().position(found) else {
            let days = self.program.rules().cancel.days;
            let message = format!(
                "no redemption {of} of the member in the last {days} days, or it is cancelled already"
            );
            return Err(self.refuse(ErrorKind::InvalidValue, "reference", &message));
        };
        let redemption = self.account.redemptions.remove(place);
        for portion in redemption.portions {
            self.check_room(portion.lot.points)?;
            self.account.totals.restored += portion.lot.points;
            let event = self.event.clone();
            self.give_back(EntryKind::Restored, &event, portion, 1)?;
        }
        self.settle_now()
    }

    /// Puts points back with their expiry; those that lapsed meanwhile lapse now, unless they are issued again.
    pub(super) fn give_back(
        &mut self,
        kind: EntryKind,
        event: &EventId,
        portion: Portion,
        sign: i64,
    ) -> Result<()> {
        let (mut lot, order) = (portion.lot, self.program.rules().burn_order);
        let lapsed = lot.expires_at <= self.time;
        if lapsed
            && kind == EntryKind::Restored
            && self.program.rules().cancel.lapsed == LapsedPoints::Reissue
        {
            lot.due_at = self.expires_at(self.time)?;
            lot.expires_at = lot.due_at;
        }
        self.post(kind, event, self.time, &lot, sign * lot.points);
        if lot.expires_at > self.time {
            self.account.insert(lot, order);
            return Ok(());
        }
        self.account.totals.expired += lot.points;
        if let Some(accrual) = self.account.accrual(&lot.event) {
            accrual.lapsed += lot.points;
        }
        self.post(EntryKind::Expired, event, self.time, &lot, lot.points);
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
