//! Tiers day by day: every day looks at the whole history again, too simple to be wrong.

use crm_core::customer::Day;
use crm_core::loyalty::{
    Tier, TierChange, TierDowngrade, TierEvent, TierHold, TierHoldKind, TierLanding, TierLength, TierMeasure,
    TierOptions, TierPeriod, TierQualification, TierReason, TierRules, TierTotalsAtUpgrade, TierUpgrade,
};

/// Any of some sets of bounds, all of a set.
pub(crate) type Ways = Vec<Vec<(TierMeasure, i64)>>;

/// A tier: its entry, what keeps it, and what its totals of a life must be.
#[derive(Clone, Debug)]
pub(crate) struct PlainTier {
    pub(crate) entry: Ways,
    pub(crate) keep: Ways,
    pub(crate) lifetime: Option<Ways>,
}

#[derive(Clone, Debug)]
pub(crate) struct PlainRules {
    pub(crate) tiers: Vec<PlainTier>,
    pub(crate) options: TierOptions,
}

fn qualification(ways: &Ways) -> TierQualification {
    let bound =
        |&(measure, value): &(TierMeasure, i64)| TierQualification::at_least(measure, value as f64).unwrap();
    TierQualification::any(ways.iter().map(|way| TierQualification::all(way.iter().map(bound))))
}

impl PlainRules {
    /// The same rules for the engine.
    pub(crate) fn rules(&self) -> TierRules {
        let tier = |(place, tier): (usize, &PlainTier)| Tier {
            name: format!("tier {place}"),
            entry: qualification(&tier.entry),
            keep: Some(qualification(&tier.keep)),
            lifetime: tier.lifetime.as_ref().map(qualification),
        };
        TierRules::new(self.tiers.iter().enumerate().map(tier), self.options).unwrap()
    }
}

/// The day `times` lengths later, by counting on the calendar.
pub(crate) fn later(day: Day, length: TierLength, times: i32) -> Day {
    match length {
        TierLength::Days(days) => day.plus(days as i32 * times).unwrap(),
        TierLength::Months(months) => {
            let text = day.to_string();
            let number = |range: std::ops::Range<usize>| text[range].parse::<i32>().unwrap();
            let month = number(0..4) * 12 + number(5..7) - 1 + months as i32 * times;
            let on = |date: i32| Day::from_ymd(month / 12, (month % 12 + 1) as u32, date as u32).ok();
            (1..=number(8..10)).rev().find_map(on).unwrap()
        }
    }
}

/// Points, spend in micro-units, orders, balance, score.
type Levels = [Option<f64>; 5];

fn holds(ways: &Ways, levels: &Levels) -> bool {
    let reached = |&(measure, bound): &(TierMeasure, i64)| {
        levels[measure as usize].is_some_and(|level| level >= bound as f64)
    };
    ways.iter().any(|way| way.iter().all(reached))
}

pub(crate) struct Outcome {
    pub(crate) changes: Vec<TierChange>,
    /// The tier at the end of each day from joining on.
    pub(crate) tiers: Vec<Option<usize>>,
    pub(crate) since: Day,
}

struct Member<'a> {
    rules: &'a PlainRules,
    events: &'a [(Day, TierEvent)],
    joined: Day,
    last: Day,
    /// Events that have happened.
    happened: usize,
    /// The events of this period and of the one before.
    this: usize,
    before: Option<(usize, usize)>,
    ends: Vec<Day>,
    earned: Option<usize>,
    for_life: Option<usize>,
    hold: Option<TierHold>,
    grace: Option<Day>,
    shown: Option<usize>,
    since: Day,
    changes: Vec<TierChange>,
}

/// A member's life from joining to the last day.
pub(crate) fn live(rules: &PlainRules, joined: Day, events: &[(Day, TierEvent)], last: Day) -> Outcome {
    let mut member = Member {
        rules,
        events,
        joined,
        last,
        happened: 0,
        this: 0,
        before: None,
        ends: Vec::new(),
        earned: None,
        for_life: None,
        hold: None,
        grace: None,
        shown: None,
        since: joined,
        changes: Vec::new(),
    };
    member.count_periods_from(joined);
    member.earned = member.entered(&member.levels(member.current(joined)));
    member.shown = member.earned;
    let mut tiers = Vec::new();
    let mut day = joined;
    while day <= last {
        if day > joined {
            member.morning(day);
        }
        while member.happened < events.len() && events[member.happened].0 == day {
            member.happened += 1;
            member.event(day);
        }
        tiers.push(member.shown);
        day = day.plus(1).unwrap();
    }
    Outcome { changes: member.changes, tiers, since: member.since }
}

impl Member<'_> {
    fn sum(&self, from: usize, to: usize, counts: impl Fn(Day) -> bool) -> [i128; 3] {
        let mut sum = [0; 3];
        for (day, event) in &self.events[from..to] {
            if let TierEvent::Measures(measures) = event
                && counts(*day)
            {
                sum[0] += i128::from(measures.qualifying_points);
                sum[1] += measures.spend.micros();
                sum[2] += i128::from(measures.orders);
            }
        }
        sum
    }

    fn current(&self, today: Day) -> [i128; 3] {
        match self.rules.options.period {
            TierPeriod::Unbounded => self.sum(0, self.happened, |_| true),
            TierPeriod::Rolling { length, .. } => {
                self.sum(0, self.happened, |day| later(day, length, 1) > today)
            }
            _ => self.sum(self.this, self.happened, |_| true),
        }
    }

    fn levels(&self, totals: [i128; 3]) -> Levels {
        let measures = || {
            self.events[..self.happened].iter().rev().filter_map(|(_, event)| match event {
                TierEvent::Measures(measures) => Some(measures),
                _ => None,
            })
        };
        let balance = measures().find_map(|measures| measures.points_balance).unwrap_or(0);
        let score = measures().find_map(|measures| measures.score);
        [
            Some(totals[0] as f64),
            Some(totals[1] as f64 / 1e6),
            Some(totals[2] as f64),
            Some(balance as f64),
            score,
        ]
    }

    fn entered(&self, levels: &Levels) -> Option<usize> {
        self.rules.tiers.iter().rposition(|tier| holds(&tier.entry, levels))
    }

    fn kept(&self, tier: usize, today: Day) -> bool {
        let keep = &self.rules.tiers[tier].keep;
        let now = self.current(today);
        if holds(keep, &self.levels(now)) {
            return true;
        }
        let Some((from, to)) = self.before else { return false };
        let before = self.sum(from, to, |_| true);
        let open = self.grace.is_some() && self.rules.options.downgrade == TierDowngrade::PeriodEnd;
        let together = [0, 1, 2].map(|measure| before[measure] + now[measure]);
        holds(keep, &self.levels(before)) || open && holds(keep, &self.levels(together))
    }

    fn count_periods_from(&mut self, origin: Day) {
        let (first, length) = match self.rules.options.period {
            TierPeriod::Unbounded => return,
            TierPeriod::Fixed { start, length } => (start, Some(length)),
            TierPeriod::Joining { length } => (self.joined, Some(length)),
            TierPeriod::Tier { length, .. } => (origin, Some(length)),
            TierPeriod::Rolling { review, .. } => (self.joined, review),
        };
        let Some(length) = length else { return };
        // Fixed dates may start long after joining.
        let from = if first > origin { -150 } else { 1 };
        let chain = (from..).map(|times| later(first, length, times)).take_while(|day| *day <= self.last);
        self.ends = chain.filter(|day| *day > origin).collect();
    }

    fn show(&mut self, day: Day, reason: TierReason, notice: bool) {
        let own = self.earned.max(self.for_life);
        let to = match self.hold {
            None => own,
            Some(hold) if hold.kind == TierHoldKind::Exactly => hold.tier,
            Some(hold) => own.max(hold.tier),
        };
        if to != self.shown || notice {
            self.changes.push(TierChange { day, from: self.shown, to, reason });
        }
        if to != self.shown {
            (self.shown, self.since) = (to, day);
        }
    }

    fn notice(&mut self, day: Day, reason: TierReason) {
        if self.shown == self.earned {
            self.show(day, reason, true);
        }
    }

    /// What the calendar brings.
    fn morning(&mut self, day: Day) {
        if self.ends.contains(&day) {
            self.period_ends(day);
        }
        if self.grace == Some(day) {
            if self.kept(self.earned.unwrap(), day) {
                self.grace = None;
                self.notice(day, TierReason::KeptInGrace);
            } else {
                self.land(day, TierReason::GraceEnded);
            }
        }
        self.test(day);
        if self.hold.is_some_and(|hold| hold.until == Some(day)) {
            self.hold = None;
            self.show(day, TierReason::HoldEnded, true);
        }
    }

    fn period_ends(&mut self, day: Day) {
        let options = self.rules.options;
        let closing = self.levels(self.current(day));
        if !matches!(options.period, TierPeriod::Rolling { .. }) {
            self.before = Some((self.this, self.happened));
            self.this = self.happened;
        }
        if options.upgrade == TierUpgrade::PeriodEnd && self.entered(&closing) > self.earned {
            self.earned = self.entered(&closing);
            self.new_tier(day, TierReason::EntryAtPeriodEnd);
            return;
        }
        let Some(earned) = self.earned else { return };
        if options.downgrade == TierDowngrade::Never {
            return;
        }
        match (self.kept(earned, day), self.grace.is_some()) {
            (true, true) => {
                self.grace = None;
                self.notice(day, TierReason::KeptInGrace);
            }
            (true, false) => self.notice(day, TierReason::KeptAtPeriodEnd),
            (false, true) => {}
            (false, false) => self.fall(day, TierReason::KeepMissedAtPeriodEnd),
        }
    }

    /// What can happen on any day.
    fn test(&mut self, day: Day) {
        let options = self.rules.options;
        let entered = self.entered(&self.levels(self.current(day)));
        if options.upgrade == TierUpgrade::Immediate && entered > self.earned {
            if let TierPeriod::Tier { at_upgrade: TierTotalsAtUpgrade::Restart, .. } = options.period {
                self.before = Some((self.this, self.happened));
                self.this = self.happened;
            }
            self.earned = entered;
            self.new_tier(day, TierReason::EntryReached);
            return;
        }
        let Some(earned) = self.earned else { return };
        if self.grace.is_some() {
            if self.kept(earned, day) {
                self.grace = None;
                self.notice(day, TierReason::KeptInGrace);
            }
        } else if options.downgrade == TierDowngrade::Immediate && !self.kept(earned, day) {
            self.fall(day, TierReason::KeepMissed);
        }
    }

    fn fall(&mut self, day: Day, reason: TierReason) {
        match self.rules.options.grace {
            Some(grace) => {
                self.grace = Some(later(day, grace, 1));
                self.notice(day, TierReason::GraceStarted);
            }
            None => self.land(day, reason),
        }
    }

    fn land(&mut self, day: Day, reason: TierReason) {
        let from = self.earned.unwrap();
        self.earned = None;
        if self.rules.options.landing == TierLanding::OneDown {
            self.earned = from.checked_sub(1);
        } else {
            for tier in 0..from {
                if self.kept(tier, day) {
                    self.earned = Some(tier);
                }
            }
        }
        self.new_tier(day, reason);
        let immediate = self.rules.options.downgrade == TierDowngrade::Immediate;
        if let Some(tier) = self.earned
            && immediate
            && !self.kept(tier, day)
        {
            self.fall(day, reason);
        }
    }

    fn new_tier(&mut self, day: Day, reason: TierReason) {
        self.grace = None;
        if matches!(self.rules.options.period, TierPeriod::Tier { .. }) {
            self.count_periods_from(day);
        }
        self.show(day, reason, false);
    }

    fn event(&mut self, day: Day) {
        match self.events[self.happened - 1].1 {
            TierEvent::Measures(_) => {
                self.test(day);
                let life = self.levels(self.sum(0, self.happened, |_| true));
                let reached =
                    |tier: &PlainTier| tier.lifetime.as_ref().is_some_and(|ways| holds(ways, &life));
                let for_life = self.rules.tiers.iter().rposition(reached);
                if for_life > self.for_life {
                    self.for_life = for_life;
                    self.show(day, TierReason::ReachedForLife, true);
                }
            }
            TierEvent::Hold(hold) => {
                self.hold = Some(hold);
                self.show(day, TierReason::HoldPlaced, true);
            }
            TierEvent::Release => {
                if self.hold.take().is_some() {
                    self.show(day, TierReason::HoldReleased, true);
                }
            }
        }
    }
}
