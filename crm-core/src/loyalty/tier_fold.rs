//! The fold of tiers: what the calendar and events make of a member's state.
//!
//! Time in the fold is the business day. Within a day everything that the calendar brings comes before the events: what leaves a rolling window,
//! the end of a period, the end of grace, the end of a hold. An event on the first day of a period belongs to it.

use std::collections::VecDeque;

use super::tier_event::{TierChange, TierEvent, TierHold, TierReason};
use super::tier_measure::{TierMeasures, TierTotals};
use super::tier_period::{TierPeriod, TierTotalsAtUpgrade};
use super::tier_rules::{TierDowngrade, TierLanding, TierRules, TierUpgrade};
use super::tier_state::TierState;
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};

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
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::tier_event::TierHoldKind;
    use crate::loyalty::tier_measure::TierMeasure;
    use crate::loyalty::tier_period::TierLength;
    use crate::loyalty::tier_qualification::TierQualification;
    use crate::loyalty::tier_rules::{Tier, TierOptions};
    use TierReason::{
        EntryAtPeriodEnd, EntryReached, GraceEnded, GraceStarted, HoldEnded, HoldPlaced, KeepMissed,
        KeepMissedAtPeriodEnd, KeptAtPeriodEnd, KeptInGrace, ReachedForLife,
    };

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    /// Silver from 100 points, Gold from 300 and kept with 250, Platinum from 600.
    fn rules(options: TierOptions) -> TierRules {
        let points = |least| TierQualification::at_least(TierMeasure::QualifyingPoints, least).unwrap();
        let gold = Tier {
            keep: Some(points(250.0)),
            lifetime: Some(points(2_000.0)),
            ..Tier::new("Gold", points(300.0))
        };
        let tiers = [Tier::new("Silver", points(100.0)), gold, Tier::new("Platinum", points(600.0))];
        TierRules::new(tiers, options).unwrap()
    }

    fn calendar_years() -> TierOptions {
        let period = TierPeriod::Fixed { start: day("2020-01-01"), length: TierLength::Months(12) };
        TierOptions { period, ..TierOptions::default() }
    }

    type Told = (String, Option<usize>, Option<usize>, TierReason);

    /// The changes of a member who joins on 2024-01-15, earns points on some days, and is looked at on a last one.
    fn story(rules: &TierRules, events: &[(&str, i64)], last: &str) -> Vec<Told> {
        let mut state = rules.start(day("2024-01-15"));
        let mut changes = Vec::new();
        for &(date, points) in events {
            let measures = TierMeasures { qualifying_points: points, ..Default::default() };
            changes.extend(rules.qualify(&mut state, day(date), &measures).unwrap());
        }
        changes.extend(rules.advance(&mut state, day(last)).unwrap());
        changes.iter().map(|change| (change.day.to_string(), change.from, change.to, change.reason)).collect()
    }

    fn told(date: &str, from: Option<usize>, to: Option<usize>, reason: TierReason) -> Told {
        (date.to_owned(), from, to, reason)
    }

    #[test]
    fn an_event_on_the_first_day_of_a_period_belongs_to_it() {
        let rules = rules(calendar_years());
        let changes = story(&rules, &[("2024-12-31", 60), ("2025-01-01", 60)], "2025-01-02");
        assert_eq!(changes, []);
        let changes = story(&rules, &[("2024-12-31", 60), ("2024-12-31", 60)], "2025-01-02");
        assert_eq!(changes[0], told("2024-12-31", None, Some(0), EntryReached));
    }

    #[test]
    fn one_down_and_by_balance_land_on_different_tiers() {
        let events = [("2024-03-01", 700), ("2025-03-01", 120)];
        let by_balance = rules(calendar_years());
        assert_eq!(
            story(&by_balance, &events, "2026-02-01")[2],
            told("2026-01-01", Some(2), Some(0), KeepMissedAtPeriodEnd)
        );
        let one_down = rules(TierOptions { landing: TierLanding::OneDown, ..calendar_years() });
        let changes = story(&one_down, &events, "2028-02-01");
        assert_eq!(
            changes[1..],
            [
                told("2025-01-01", Some(2), Some(2), KeptAtPeriodEnd),
                told("2026-01-01", Some(2), Some(1), KeepMissedAtPeriodEnd),
                told("2027-01-01", Some(1), Some(0), KeepMissedAtPeriodEnd),
                told("2028-01-01", Some(0), None, KeepMissedAtPeriodEnd),
            ]
        );
    }

    #[test]
    fn a_keep_threshold_below_entry_holds_the_tier() {
        let rules = rules(calendar_years());
        let changes = story(&rules, &[("2024-03-01", 300), ("2025-03-01", 250)], "2026-06-01");
        assert_eq!(changes.last().unwrap(), &told("2026-01-01", Some(1), Some(1), KeptAtPeriodEnd));
        let changes = story(&rules, &[("2024-03-01", 300), ("2025-03-01", 249)], "2026-06-01");
        assert_eq!(changes.last().unwrap(), &told("2026-01-01", Some(1), Some(0), KeepMissedAtPeriodEnd));
    }

    #[test]
    fn an_upgrade_can_wait_for_the_end_of_the_period() {
        let rules = rules(TierOptions { upgrade: TierUpgrade::PeriodEnd, ..calendar_years() });
        let changes = story(&rules, &[("2024-03-01", 700)], "2025-06-01");
        assert_eq!(changes, [told("2025-01-01", None, Some(2), EntryAtPeriodEnd)]);
    }

    #[test]
    fn grace_is_more_time_for_the_period_that_ended() {
        let rules = rules(TierOptions { grace: Some(TierLength::Months(2)), ..calendar_years() });
        let start = [("2024-03-01", 300), ("2025-03-01", 200)];
        let changes = story(&rules, &[start[0], start[1], ("2026-02-10", 50)], "2026-06-01");
        assert_eq!(
            changes[2..],
            [
                told("2026-01-01", Some(1), Some(1), GraceStarted),
                told("2026-02-10", Some(1), Some(1), KeptInGrace),
            ]
        );
        let changes = story(&rules, &[start[0], start[1], ("2026-03-01", 50)], "2026-06-01");
        assert_eq!(changes.last().unwrap(), &told("2026-03-01", Some(1), Some(0), GraceEnded));
    }

    #[test]
    fn a_refund_lowers_the_tier_at_once_where_that_is_the_rule() {
        let rules = rules(TierOptions { downgrade: TierDowngrade::Immediate, ..calendar_years() });
        let changes = story(&rules, &[("2024-03-01", 300), ("2024-03-20", -60)], "2024-06-01");
        assert_eq!(changes[1], told("2024-03-20", Some(1), Some(0), KeepMissed));
        // What the year before reached protects until that year's tier ends.
        let changes = story(&rules, &[("2024-03-01", 300), ("2025-03-20", -60)], "2026-06-01");
        assert_eq!(
            changes[1..],
            [
                told("2025-01-01", Some(1), Some(1), KeptAtPeriodEnd),
                told("2026-01-01", Some(1), None, KeepMissedAtPeriodEnd),
            ]
        );
    }

    #[test]
    fn a_rolling_window_counts_its_days_with_today() {
        let period = TierPeriod::Rolling { length: TierLength::Days(30), review: None };
        let rules =
            rules(TierOptions { period, downgrade: TierDowngrade::Immediate, ..TierOptions::default() });
        let changes = story(&rules, &[("2024-02-01", 60), ("2024-03-01", 60)], "2024-06-01");
        // 1 February is the first of the 30 days up to 1 March; on 2 March it has left.
        assert_eq!(
            changes,
            [told("2024-03-01", None, Some(0), EntryReached), told("2024-03-02", Some(0), None, KeepMissed),]
        );
        assert_eq!(story(&rules, &[("2024-02-01", 60), ("2024-03-02", 60)], "2024-06-01"), []);
    }

    #[test]
    fn anniversaries_of_joining_and_of_the_tier_differ() {
        let joining = TierPeriod::Joining { length: TierLength::Months(12) };
        let length = TierLength::Months(12);
        let tier = TierPeriod::Tier { length, at_upgrade: TierTotalsAtUpgrade::Restart };
        let events = [("2024-03-10", 120)];
        let by_joining = rules(TierOptions { period: joining, ..TierOptions::default() });
        assert_eq!(
            story(&by_joining, &events, "2026-12-31")[1..],
            [
                told("2025-01-15", Some(0), Some(0), KeptAtPeriodEnd),
                told("2026-01-15", Some(0), None, KeepMissedAtPeriodEnd),
            ]
        );
        let by_tier = rules(TierOptions { period: tier, ..TierOptions::default() });
        assert_eq!(
            story(&by_tier, &events, "2026-12-31")[1..],
            [told("2025-03-10", Some(0), None, KeepMissedAtPeriodEnd)]
        );
        // The points of the day of the upgrade went into it: Gold asks for 300 more.
        let changes = story(&by_tier, &[("2024-03-10", 120), ("2024-05-01", 200)], "2024-06-01");
        assert_eq!(changes.len(), 1);
        let tier = TierPeriod::Tier { length, at_upgrade: TierTotalsAtUpgrade::Continue };
        let going_on = rules(TierOptions { period: tier, ..TierOptions::default() });
        let changes = story(&going_on, &[("2024-03-10", 120), ("2024-05-01", 200)], "2025-05-01");
        assert_eq!(
            changes[1..],
            [
                told("2024-05-01", Some(0), Some(1), EntryReached),
                told("2025-05-01", Some(1), Some(1), KeptAtPeriodEnd),
            ]
        );
    }

    #[test]
    fn a_lifetime_tier_is_never_lost() {
        let rules = rules(calendar_years());
        let changes = story(&rules, &[("2024-03-01", 1_000), ("2025-03-01", 1_000)], "2030-01-01");
        assert_eq!(changes[2], told("2025-03-01", Some(2), Some(2), ReachedForLife));
        assert_eq!(changes.last().unwrap(), &told("2027-01-01", Some(2), Some(1), KeepMissedAtPeriodEnd));
    }

    #[test]
    fn holds_lie_over_what_is_earned_and_end() {
        let rules = rules(calendar_years());
        let mut state = rules.start(day("2024-01-15"));
        let hold = |tier, kind| TierEvent::Hold(TierHold { tier, kind, until: Some(day("2024-06-01")) });
        let changes =
            rules.apply(&mut state, day("2024-02-01"), &hold(Some(1), TierHoldKind::AtLeast)).unwrap();
        assert_eq!((changes[0].to, changes[0].reason), (Some(1), HoldPlaced));
        let measures = TierMeasures { qualifying_points: 700, ..Default::default() };
        rules.qualify(&mut state, day("2024-03-01"), &measures).unwrap();
        assert_eq!(state.tier(), Some(2));
        // A hold on exactly no tier takes it away until it ends.
        rules.apply(&mut state, day("2024-04-01"), &hold(None, TierHoldKind::Exactly)).unwrap();
        assert_eq!(state.tier(), None);
        let changes = rules.advance(&mut state, day("2024-06-01")).unwrap();
        assert_eq!((changes[0].to, changes[0].reason), (Some(2), HoldEnded));
        assert_eq!((state.since(), state.hold()), (day("2024-06-01"), None));
        assert_eq!(rules.apply(&mut state, day("2024-07-01"), &TierEvent::Release).unwrap(), []);
    }

    #[test]
    fn one_step_down_at_once_takes_a_grace_each() {
        let options = TierOptions {
            downgrade: TierDowngrade::Immediate,
            landing: TierLanding::OneDown,
            grace: Some(TierLength::Days(10)),
            period: TierPeriod::Rolling { length: TierLength::Days(30), review: None },
            ..TierOptions::default()
        };
        let changes = story(&rules(options), &[("2024-02-01", 600)], "2024-06-01");
        let dates: Vec<&str> =
            changes.iter().filter(|told| told.1 > told.2).map(|told| told.0.as_str()).collect();
        assert_eq!(dates, ["2024-03-12", "2024-03-22", "2024-04-01"]);
    }
}
