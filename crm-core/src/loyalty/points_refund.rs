//! Refunds and cancellations: points that are taken back, and points that come back.

use super::points_account::{Accrual, Portion, Redemption};
use super::points_entry::EntryKind;
use super::points_event::EventId;
use super::points_fold::Step;
use super::refund_rule::{AfterSpending, LapsedPoints, RefundBasis};
use crate::customer::Money;
use crate::error::{ErrorKind, Result};

impl Step<'_> {
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

    pub(super) fn refund(&mut self, of: &EventId, amount: Option<i64>) -> Result<()> {
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

    pub(super) fn cancel_accrual(&mut self, of: &EventId) -> Result<()> {
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

    pub(super) fn cancel_redemption(&mut self, of: &EventId) -> Result<()> {
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
        self.account.refresh_close();
        for portion in redemption.portions {
            self.check_room(portion.lot.points)?;
            self.account.totals.restored += portion.lot.points;
            let event = self.event.clone();
            self.give_back(EntryKind::Restored, &event, portion, 1)?;
        }
        self.settle_now();
        Ok(())
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
}
