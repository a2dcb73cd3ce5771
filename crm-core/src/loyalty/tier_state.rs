//! One member's standing: a pure fold of events under tier rules.
//!
//! Time in the fold is the business day. Within a day everything that the calendar brings comes before the events: what leaves a rolling window,
//! the end of a period, the end of grace, the end of a hold. An event on the first day of a period belongs to it.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::tier_measure::{GREATEST_TOTAL, TierLevels, TierMeasures, TierTotals};
use super::tier_period::{TierPeriod, TierTotalsAtUpgrade};
use super::tier_rules::{TierDowngrade, TierLanding, TierRules, TierUpgrade};
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};
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

/// One member under tier rules; equal histories give equal states, to the last bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TierState {
    pub(super) joined: Day,
    pub(super) today: Day,
    /// The tier that shows: what is earned, held for life and held by hand together.
    pub(super) tier: Option<u16>,
    pub(super) since: Day,
    pub(super) reason: TierReason,
    pub(super) earned: Option<u16>,
    pub(super) for_life: Option<u16>,
    pub(super) hold: Option<TierHold>,
    pub(super) life: TierTotals,
    /// Of this period, of the window, or of all time.
    pub(super) current: TierTotals,
    /// Of the period before; `None` in the first one, and where totals do not start again.
    pub(super) previous: Option<TierTotals>,
    pub(super) balance: i64,
    pub(super) score: Option<f64>,
    /// Periods are counted from here.
    pub(super) origin: Day,
    pub(super) number: i32,
    /// The first day of the next period.
    pub(super) boundary: Option<Day>,
    /// What is in the rolling window, by the day on which it leaves.
    pub(super) window: VecDeque<(Day, TierTotals)>,
    pub(super) grace_ends: Option<Day>,
}

impl TierState {
    /// The tier, counted from the lowest, 0; `None` for none.
    pub fn tier(&self) -> Option<usize> {
        self.tier.map(usize::from)
    }

    /// The first day of the tier, without a break.
    pub fn since(&self) -> Day {
        self.since
    }

    /// The day of joining.
    pub fn joined(&self) -> Day {
        self.joined
    }

    /// The day up to which the state is known.
    pub fn today(&self) -> Day {
        self.today
    }

    /// Why the member has the tier, or what happened to it last.
    pub fn reason(&self) -> TierReason {
        self.reason
    }

    /// The hold, if there is one.
    pub fn hold(&self) -> Option<TierHold> {
        self.hold
    }

    pub(super) fn levels_of(&self, totals: TierTotals) -> TierLevels {
        TierLevels { totals, balance: self.balance, score: self.score }
    }

    pub(super) fn levels(&self) -> TierLevels {
        self.levels_of(self.current)
    }

    /// The next day on which the calendar brings something.
    pub(super) fn next_tick(&self) -> Option<Day> {
        let leaves = self.window.front().map(|&(day, _)| day);
        let hold_ends = self.hold.and_then(|hold| hold.until);
        [leaves, self.boundary, self.grace_ends, hold_ends].into_iter().flatten().min()
    }

    fn shown(&self) -> Option<u16> {
        let own = self.earned.max(self.for_life);
        match self.hold {
            None => own,
            Some(TierHold { tier, kind: TierHoldKind::Exactly, .. }) => tier.map(|tier| tier as u16),
            Some(TierHold { tier, kind: TierHoldKind::AtLeast, .. }) => own.max(tier.map(|tier| tier as u16)),
        }
    }

    /// Brings the shown tier in line, and reports a change, or a notice about a tier that stays.
    fn settle(&mut self, day: Day, reason: TierReason, notice: bool, changes: &mut Vec<TierChange>) {
        let (from, to) = (self.tier, self.shown());
        if from != to {
            (self.tier, self.since) = (to, day);
        }
        if from != to || notice {
            self.reason = reason;
            let tier = |tier: Option<u16>| tier.map(usize::from);
            changes.push(TierChange { day, from: tier(from), to: tier(to), reason });
        }
    }

    /// A notice about the earned tier is news only where it is the one that shows.
    fn notice(&mut self, day: Day, reason: TierReason, changes: &mut Vec<TierChange>) {
        if self.earned == self.tier {
            self.settle(day, reason, true, changes);
        }
    }
}

impl TierRules {
    /// A member who joins: it has the highest tier that asks for nothing, or none.
    pub fn start(&self, joined: Day) -> TierState {
        let mut state = TierState {
            joined,
            today: joined,
            tier: None,
            since: joined,
            reason: TierReason::Joined,
            earned: None,
            for_life: None,
            hold: None,
            life: TierTotals::ZERO,
            current: TierTotals::ZERO,
            previous: None,
            balance: 0,
            score: None,
            origin: joined,
            number: 0,
            boundary: None,
            window: VecDeque::new(),
            grace_ends: None,
        };
        if let TierPeriod::Fixed { start, length } = self.options().period {
            (state.origin, state.number) = (start, length.number_of(start, joined));
        }
        self.set_boundary(&mut state);
        state.earned = self.entered(&state.levels());
        state.tier = state.earned;
        state
    }

    /// Lets time pass up to a day, and returns what happened.
    ///
    /// # Errors
    /// `OutOfRange` for a day before the state's; `Incompatible` for a state of other rules. The state stays as it was.
    pub fn advance(&self, state: &mut TierState, to: Day) -> Result<Vec<TierChange>> {
        self.check(state, to)?;
        Ok(self.pass(state, to))
    }

    /// Takes up what a member did on a day, and returns what happened up to then.
    ///
    /// # Errors
    /// Those of [`advance`](Self::advance); `InvalidValue` for a score that is no finite number, `OutOfRange` for totals beyond ±4,611,686,018,427,387,903
    /// (points, orders, micro-units of money). The state stays as it was.
    pub fn qualify(
        &self,
        state: &mut TierState,
        day: Day,
        measures: &TierMeasures,
    ) -> Result<Vec<TierChange>> {
        self.check(state, day)?;
        let added = measures.added()?;
        let life = state.life.checked_plus(added)?;
        let mut changes = self.pass(state, day);
        self.add(state, day, added);
        state.life = life;
        state.balance = measures.points_balance.unwrap_or(state.balance);
        // Adding 0 turns -0 into 0.
        state.score = measures.score.map(|score| score + 0.0).or(state.score);
        self.evaluate(state, day, &mut changes);
        let for_life = self.for_life(&state.levels_of(state.life));
        if for_life > state.for_life {
            state.for_life = for_life;
            state.settle(day, TierReason::ReachedForLife, true, &mut changes);
        }
        Ok(changes)
    }

    /// Takes up an event on a day, and returns what happened up to then.
    ///
    /// # Errors
    /// Those of [`qualify`](Self::qualify); `InvalidArgument` for a hold on an unknown tier, or that ends on its first day or before. The state stays as it
    /// was.
    pub fn apply(&self, state: &mut TierState, day: Day, event: &TierEvent) -> Result<Vec<TierChange>> {
        let hold = match event {
            TierEvent::Measures(measures) => return self.qualify(state, day, measures),
            TierEvent::Hold(hold) => Some(*hold),
            TierEvent::Release => None,
        };
        self.check(state, day)?;
        if let Some(hold) = &hold {
            self.check_hold(hold, day)?;
        }
        let mut changes = self.pass(state, day);
        let had = state.hold.is_some();
        state.hold = hold;
        if hold.is_some() {
            state.settle(day, TierReason::HoldPlaced, true, &mut changes);
        } else if had {
            state.settle(day, TierReason::HoldReleased, true, &mut changes);
        }
        Ok(changes)
    }

    fn check_hold(&self, hold: &TierHold, day: Day) -> Result<()> {
        if let Some(tier) = hold.tier.filter(|&tier| tier >= self.tiers().len()) {
            let accepted = format!("a tier from 0 to {}", self.tiers().len() - 1);
            return Err(Error::argument("hold", tier, &accepted));
        }
        match hold.until {
            Some(until) if until <= day => {
                Err(Error::argument("until", until, &format!("after the day of the hold, {day}")))
            }
            _ => Ok(()),
        }
    }

    /// Refuses a day in the past, and a state that cannot come from these rules.
    pub(super) fn check(&self, state: &TierState, day: Day) -> Result<()> {
        if day < state.today {
            let message = format!("{day} is before {}, up to which the member is known", state.today);
            return Err(Error::new(ErrorKind::OutOfRange, message).on("day"));
        }
        let held = state.hold.and_then(|hold| hold.tier);
        let known =
            [state.tier, state.earned, state.for_life].into_iter().flatten().map(usize::from).chain(held);
        if known.max().is_some_and(|tier| tier >= self.tiers().len()) {
            let message = "the member has a tier that these rules do not have";
            return Err(Error::new(ErrorKind::Incompatible, message).on("state"));
        }
        Ok(())
    }

    fn set_boundary(&self, state: &mut TierState) {
        let step = self.options().period.step();
        state.boundary = step.and_then(|step| step.after(state.origin, state.number.saturating_add(1)));
    }

    /// Whether something keeps the member in a tier.
    fn kept(&self, state: &TierState, tier: u16) -> bool {
        let Some(keep) = self.keep(tier) else { return false };
        let holds = |totals: TierTotals| keep.holds(&state.levels_of(totals));
        // A tested period that missed is open for the length of the grace.
        let open = self.options().downgrade == TierDowngrade::PeriodEnd && state.grace_ends.is_some();
        holds(state.current)
            || state.previous.is_some_and(|before| holds(before) || open && holds(before.plus(state.current)))
    }

    fn add(&self, state: &mut TierState, day: Day, added: TierTotals) {
        state.current = state.current.plus(added);
        let Some(leaves) = self.options().period.window().and_then(|length| length.after(day, 1)) else {
            return;
        };
        match state.window.back_mut() {
            Some((last, totals)) if *last == leaves => *totals = totals.plus(added),
            _ if added == TierTotals::ZERO => {}
            _ => state.window.push_back((leaves, added)),
        }
    }

    /// Everything that the calendar brings up to and with a day.
    pub(super) fn pass(&self, state: &mut TierState, to: Day) -> Vec<TierChange> {
        let mut changes = Vec::new();
        while let Some(day) = state.next_tick().filter(|&day| day <= to) {
            self.tick(state, day, &mut changes);
        }
        state.today = to;
        changes
    }

    /// What the calendar brings on one day.
    pub(super) fn tick(&self, state: &mut TierState, day: Day, changes: &mut Vec<TierChange>) {
        state.today = day;
        while let Some(&(leaves, totals)) = state.window.front() {
            if leaves > day {
                break;
            }
            state.window.pop_front();
            state.current = state.current.minus(totals);
        }
        if state.boundary.is_some_and(|boundary| boundary <= day) {
            self.end_period(state, day, changes);
        }
        if state.grace_ends.is_some_and(|ends| ends <= day) {
            if state.earned.is_none_or(|earned| self.kept(state, earned)) {
                state.grace_ends = None;
                state.notice(day, TierReason::KeptInGrace, changes);
            } else {
                self.land(state, day, TierReason::GraceEnded, changes);
            }
        }
        self.evaluate(state, day, changes);
        if state.hold.and_then(|hold| hold.until).is_some_and(|until| until <= day) {
            state.hold = None;
            state.settle(day, TierReason::HoldEnded, true, changes);
        }
    }

    fn end_period(&self, state: &mut TierState, day: Day, changes: &mut Vec<TierChange>) {
        let options = self.options();
        let closing = state.levels();
        if options.period.restarts() {
            state.previous = Some(state.current);
            state.current = TierTotals::ZERO;
        }
        state.number = state.number.saturating_add(1);
        self.set_boundary(state);
        if options.upgrade == TierUpgrade::PeriodEnd {
            let entered = self.entered(&closing);
            if entered > state.earned {
                return self.rise(state, day, entered, TierReason::EntryAtPeriodEnd, changes);
            }
        }
        let Some(earned) = state.earned.filter(|_| options.downgrade != TierDowngrade::Never) else { return };
        if self.kept(state, earned) {
            let graceful = state.grace_ends.take().is_some();
            let reason = if graceful { TierReason::KeptInGrace } else { TierReason::KeptAtPeriodEnd };
            state.notice(day, reason, changes);
        } else if state.grace_ends.is_none() {
            self.fall(state, day, TierReason::KeepMissedAtPeriodEnd, changes);
        }
    }

    /// What happens without the end of a period.
    fn evaluate(&self, state: &mut TierState, day: Day, changes: &mut Vec<TierChange>) {
        let options = self.options();
        if options.upgrade == TierUpgrade::Immediate {
            let entered = self.entered(&state.levels());
            if entered > state.earned {
                if matches!(options.period, TierPeriod::Tier { at_upgrade: TierTotalsAtUpgrade::Restart, .. })
                {
                    state.previous = Some(state.current);
                    state.current = TierTotals::ZERO;
                }
                return self.rise(state, day, entered, TierReason::EntryReached, changes);
            }
        }
        let tested = options.downgrade == TierDowngrade::Immediate || state.grace_ends.is_some();
        let Some(earned) = state.earned.filter(|_| tested) else { return };
        if self.kept(state, earned) {
            if state.grace_ends.take().is_some() {
                state.notice(day, TierReason::KeptInGrace, changes);
            }
        } else if state.grace_ends.is_none() {
            self.fall(state, day, TierReason::KeepMissed, changes);
        }
    }

    fn rise(
        &self,
        state: &mut TierState,
        day: Day,
        to: Option<u16>,
        reason: TierReason,
        changes: &mut Vec<TierChange>,
    ) {
        state.earned = to;
        state.grace_ends = None;
        self.restart_period(state, day);
        state.settle(day, reason, false, changes);
    }

    /// A member whose tier is not kept: grace begins, or it lands.
    fn fall(&self, state: &mut TierState, day: Day, reason: TierReason, changes: &mut Vec<TierChange>) {
        // Grace beyond the calendar's end is none.
        state.grace_ends = self.options().grace.and_then(|grace| grace.after(day, 1));
        if state.grace_ends.is_some() {
            state.notice(day, TierReason::GraceStarted, changes);
        } else {
            self.land(state, day, reason, changes);
        }
    }

    fn land(&self, state: &mut TierState, day: Day, reason: TierReason, changes: &mut Vec<TierChange>) {
        let earned = state.earned.unwrap_or(0);
        state.earned = match self.options().landing {
            TierLanding::OneDown => earned.checked_sub(1),
            TierLanding::ByBalance => (0..earned).rev().find(|&tier| self.kept(state, tier)),
        };
        state.grace_ends = None;
        self.restart_period(state, day);
        state.settle(day, reason, false, changes);
        // One step down at once may land where nothing keeps the member either: the next grace begins.
        if self.options().downgrade == TierDowngrade::Immediate
            && state.earned.is_some_and(|tier| !self.kept(state, tier))
            && self.options().grace.and_then(|grace| grace.after(day, 1)).is_some()
        {
            self.fall(state, day, reason, changes);
        }
    }

    /// A period of the tier's own starts with each change of tier.
    fn restart_period(&self, state: &mut TierState, day: Day) {
        if matches!(self.options().period, TierPeriod::Tier { .. }) {
            (state.origin, state.number) = (day, 0);
            self.set_boundary(state);
        }
    }

    /// A state from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` for a text that holds no state, `Incompatible` for one that these rules cannot lead to.
    pub fn state_from_json(&self, text: &str) -> Result<TierState> {
        let state: TierState = serde_json::from_str(text)
            .map_err(|error| Error::new(ErrorKind::Corrupt, error.to_string()).on("json"))?;
        self.check(&state, state.today)?;
        let fits = |totals: &TierTotals| totals.checked_plus(TierTotals::ZERO).is_ok();
        let sorted = state.window.iter().zip(state.window.iter().skip(1)).all(|(a, b)| a.0 < b.0);
        let ahead = state.next_tick().is_none_or(|day| day > state.today);
        let score = state.score.is_none_or(f64::is_finite);
        if fits(&state.life) && sorted && ahead && score && state.joined <= state.today {
            return Ok(state);
        }
        let message =
            format!("the state is none that events lead to (totals within ±{GREATEST_TOTAL}, days in order)");
        Err(Error::new(ErrorKind::Incompatible, message).on("json"))
    }
}

impl TierState {
    /// The state as JSON text.
    pub fn to_json(&self) -> String {
        // Numbers, days and enums of our own: nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}
