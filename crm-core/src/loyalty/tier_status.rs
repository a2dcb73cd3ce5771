//! Where a member stands: until when, what is missing to keep the tier and to reach the next, what comes if nothing more happens.

use super::tier_event::{TierHoldKind, TierReason};
use super::tier_measure::TierTotals;
use super::tier_qualification::TierGap;
use super::tier_rules::{TierDowngrade, TierRules};
use super::tier_state::TierState;
use crate::customer::{Day, Money};
use crate::error::Result;

/// A member's standing on a day.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TierStatus {
    /// The tier, counted from the lowest, 0; `None` for none.
    pub tier: Option<usize>,
    /// The first day of the tier, without a break.
    pub since: Day,
    /// The first day on which the member has a lower tier if nothing more happens; `None` if that never comes.
    pub expires: Option<Day>,
    /// What is still missing to keep the tier: at the end of this period, within grace, or in a rolling window on the day on which the tier
    /// expires. For a tier held only by hand, what is missing to enter it.
    pub to_keep: TierGap,
    /// What is missing to enter the next tier; `None` in the highest.
    pub to_next: Option<TierGap>,
    /// The tier on `projected_day` if nothing more happens.
    pub projected_tier: Option<usize>,
    /// The end of this period; for a rolling period without review and for all time, the first day on which the tier changes by itself; `None`
    /// if there is no such day.
    pub projected_day: Option<Day>,
    /// The day on which grace ends, if the member is in grace.
    pub grace_ends: Option<Day>,
    /// Why the member has the tier, or what happened to it last.
    pub reason: TierReason,
}

impl TierRules {
    /// A member's standing on a day, as if nothing happened from the state's day to then.
    ///
    /// # Errors
    /// Those of [`advance`](Self::advance).
    pub fn status(&self, state: &TierState, day: Day) -> Result<TierStatus> {
        self.check(state, day)?;
        let mut now = state.clone();
        self.pass(&mut now, day);
        let expires = self.next_where(&now, |tier| tier < now.tier);
        let projected_day = match now.boundary {
            Some(boundary) => Some(boundary),
            None => self.next_where(&now, |tier| tier != now.tier),
        };
        let mut then = now.clone();
        self.pass(&mut then, projected_day.unwrap_or(day));
        let next = now.tier.map_or(0, |tier| usize::from(tier) + 1);
        Ok(TierStatus {
            tier: now.tier(),
            since: now.since,
            expires,
            to_keep: self.to_keep(&now, expires),
            to_next: self.tiers().get(next).map(|tier| tier.entry.missing(&now.levels())),
            projected_tier: then.tier(),
            projected_day,
            grace_ends: now.grace_ends,
            reason: now.reason,
        })
    }

    /// The first day on which the shown tier is one that is looked for, if nothing more happens.
    fn next_where(&self, state: &TierState, looked_for: impl Fn(Option<u16>) -> bool) -> Option<Day> {
        let mut ahead = state.clone();
        let mut changes = Vec::new();
        while let Some(day) = ahead.next_tick() {
            // Once nothing is left that could run out, one more end of a period tells them all.
            let empty = ahead.current == TierTotals::ZERO
                && ahead.previous.is_none_or(|before| before == TierTotals::ZERO)
                && ahead.window.is_empty()
                && ahead.hold.and_then(|hold| hold.until).is_none();
            let before = (ahead.earned, ahead.grace_ends);
            self.tick(&mut ahead, day, &mut changes);
            changes.clear();
            if looked_for(ahead.tier) {
                return Some(day);
            }
            if empty && before == (ahead.earned, ahead.grace_ends) && ahead.grace_ends.is_none() {
                return None;
            }
        }
        None
    }

    fn to_keep(&self, state: &TierState, expires: Option<Day>) -> TierGap {
        let Some(tier) = state.tier else { return TierGap::NOTHING };
        let exact = state.hold.is_some_and(|hold| hold.kind == TierHoldKind::Exactly);
        if !exact && state.for_life >= state.tier {
            return TierGap::NOTHING;
        }
        if state.earned < state.tier {
            let entry = self.tiers().get(usize::from(tier)).map(|tier| &tier.entry);
            return entry.map_or(TierGap::NOTHING, |entry| entry.missing(&state.levels()));
        }
        let Some(keep) = self.keep(tier).filter(|_| self.options().downgrade != TierDowngrade::Never) else {
            return TierGap::NOTHING;
        };
        let mut remaining = state.current;
        if let Some(expires) = expires {
            for (_, totals) in state.window.iter().take_while(|(leaves, _)| *leaves <= expires) {
                remaining = remaining.minus(*totals);
            }
        }
        let gap = keep.missing(&state.levels_of(remaining));
        let open = state.grace_ends.is_some() && self.options().downgrade == TierDowngrade::PeriodEnd;
        match state.previous.filter(|_| open) {
            Some(before) => gap.least(&keep.missing(&state.levels_of(before.plus(state.current)))),
            None => gap,
        }
    }
}

impl TierGap {
    /// The smaller of two gaps, measure by measure.
    fn least(&self, other: &Self) -> Self {
        fn least<T: PartialOrd>(a: Option<T>, b: Option<T>) -> Option<T> {
            match (a, b) {
                (Some(a), Some(b)) => Some(if b < a { b } else { a }),
                (a, b) => a.or(b),
            }
        }
        Self {
            qualifying_points: least(self.qualifying_points, other.qualifying_points),
            spend: least::<Money>(self.spend, other.spend),
            orders: least(self.orders, other.orders),
            points_balance: least(self.points_balance, other.points_balance),
            score: least(self.score, other.score),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::tier_event::{TierEvent, TierHold};
    use crate::loyalty::tier_measure::{TierMeasure, TierMeasures};
    use crate::loyalty::tier_period::{TierLength, TierPeriod};
    use crate::loyalty::tier_qualification::TierQualification;
    use crate::loyalty::tier_rules::{Tier, TierOptions};

    fn day(text: &str) -> Day {
        Day::parse(text).unwrap()
    }

    fn points(value: f64) -> TierQualification {
        TierQualification::at_least(TierMeasure::QualifyingPoints, value).unwrap()
    }

    fn rules(options: TierOptions) -> TierRules {
        let silver = Tier::new("Silver", points(100.0));
        let gold = Tier { keep: Some(points(250.0)), ..Tier::new("Gold", points(300.0)) };
        TierRules::new([silver, gold], options).unwrap()
    }

    fn earn(rules: &TierRules, state: &mut TierState, text: &str, points: i64) {
        let measures = TierMeasures { qualifying_points: points, ..Default::default() };
        rules.qualify(state, day(text), &measures).unwrap();
    }

    fn calendar_year() -> TierOptions {
        let period = TierPeriod::Fixed { start: day("2024-01-01"), length: TierLength::Months(12) };
        TierOptions { period, ..TierOptions::default() }
    }

    #[test]
    fn a_calendar_year_tier_lasts_through_the_next_year() {
        let rules = rules(calendar_year());
        let mut state = rules.start(day("2024-03-01"));
        earn(&rules, &mut state, "2024-06-01", 320);
        let status = rules.status(&state, day("2024-07-01")).unwrap();
        assert_eq!(
            (status.tier, status.since, status.reason),
            (Some(1), day("2024-06-01"), TierReason::EntryReached)
        );
        assert_eq!((status.projected_tier, status.projected_day), (Some(1), Some(day("2025-01-01"))));
        assert_eq!(status.expires, Some(day("2026-01-01")));
        assert_eq!((status.to_keep, status.to_next), (TierGap::NOTHING, None));
        // In the next year the points count from 0.
        earn(&rules, &mut state, "2025-02-01", 120);
        let status = rules.status(&state, day("2025-03-01")).unwrap();
        assert_eq!((status.tier, status.to_keep.qualifying_points), (Some(1), Some(130)));
        assert_eq!((status.projected_tier, status.projected_day), (Some(0), Some(day("2026-01-01"))));
        assert_eq!((status.expires, status.reason), (Some(day("2026-01-01")), TierReason::KeptAtPeriodEnd));
    }

    #[test]
    fn a_rolling_tier_expires_when_the_points_leave() {
        let period = TierPeriod::Rolling { length: TierLength::Days(90), review: None };
        let rules =
            rules(TierOptions { period, downgrade: TierDowngrade::Immediate, ..TierOptions::default() });
        let mut state = rules.start(day("2024-01-01"));
        earn(&rules, &mut state, "2024-01-10", 200);
        earn(&rules, &mut state, "2024-02-01", 120);
        let status = rules.status(&state, day("2024-02-01")).unwrap();
        // The 200 points of 10 January leave 90 days later; 120 stay, 130 short of what keeps Gold.
        assert_eq!(status.expires, Some(day("2024-04-09")));
        assert_eq!(status.to_keep.qualifying_points, Some(130));
        assert_eq!((status.projected_tier, status.projected_day), (Some(0), Some(day("2024-04-09"))));
        earn(&rules, &mut state, "2024-02-02", 130);
        let status = rules.status(&state, day("2024-02-02")).unwrap();
        assert_eq!(status.expires, Some(day("2024-05-01")));
    }

    #[test]
    fn points_to_next_count_what_is_there() {
        let rules = rules(calendar_year());
        let mut state = rules.start(day("2024-03-01"));
        assert_eq!(
            rules.status(&state, day("2024-03-01")).unwrap().to_next.unwrap().qualifying_points,
            Some(100)
        );
        earn(&rules, &mut state, "2024-06-01", 180);
        let status = rules.status(&state, day("2024-06-01")).unwrap();
        assert_eq!(status.to_next.unwrap().qualifying_points, Some(120));
    }

    #[test]
    fn grace_shows_the_day_and_what_is_missing_in_the_open_period() {
        let rules = rules(TierOptions { grace: Some(TierLength::Days(60)), ..calendar_year() });
        let mut state = rules.start(day("2024-03-01"));
        earn(&rules, &mut state, "2024-06-01", 300);
        earn(&rules, &mut state, "2025-06-01", 230);
        let status = rules.status(&state, day("2026-01-15")).unwrap();
        assert_eq!((status.tier, status.grace_ends), (Some(1), Some(day("2026-03-02"))));
        assert_eq!((status.expires, status.to_keep.qualifying_points), (Some(day("2026-03-02")), Some(20)));
        assert_eq!(status.reason, TierReason::GraceStarted);
    }

    #[test]
    fn holds_and_lifetime_show_in_the_expiry() {
        let mut tiers = rules(calendar_year()).tiers().to_vec();
        tiers[0].lifetime = Some(points(400.0));
        let rules = TierRules::new(tiers, calendar_year()).unwrap();
        let mut state = rules.start(day("2024-03-01"));
        let hold = TierHold { tier: Some(1), kind: TierHoldKind::AtLeast, until: Some(day("2024-09-01")) };
        rules.apply(&mut state, day("2024-03-05"), &TierEvent::Hold(hold)).unwrap();
        let status = rules.status(&state, day("2024-03-05")).unwrap();
        assert_eq!((status.tier, status.expires), (Some(1), Some(day("2024-09-01"))));
        assert_eq!(status.to_keep.qualifying_points, Some(300));
        earn(&rules, &mut state, "2024-06-01", 400);
        let status = rules.status(&state, day("2026-02-01")).unwrap();
        assert_eq!((status.tier, status.expires, status.to_keep), (Some(0), None, TierGap::NOTHING));
    }
}
