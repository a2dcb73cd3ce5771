//! One member's standing, as a value that is saved and replayed.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use super::tier_event::{TierChange, TierHold, TierHoldKind, TierReason};
use super::tier_measure::{GREATEST_TOTAL, TierLevels, TierTotals};
use super::tier_rules::TierRules;
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};

/// One member under tier rules; equal histories give equal states, to the last bit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
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
    pub(super) fn settle(
        &mut self,
        day: Day,
        reason: TierReason,
        notice: bool,
        changes: &mut Vec<TierChange>,
    ) {
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
    pub(super) fn notice(&mut self, day: Day, reason: TierReason, changes: &mut Vec<TierChange>) {
        if self.earned == self.tier {
            self.settle(day, reason, true, changes);
        }
    }
}

impl TierState {
    /// The state as JSON text.
    pub fn to_json(&self) -> String {
        // Numbers, days and enums of our own: nothing that JSON cannot hold.
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl TierRules {
    /// A state from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` for a text that holds no state, `Incompatible` for one that these rules cannot lead to.
    pub fn state_from_json(&self, text: &str) -> Result<TierState> {
        let state: TierState = serde_json::from_str(text)
            .map_err(|error| Error::new(ErrorKind::Corrupt, error.to_string()).on("json"))?;
        self.check_saved(&state)?;
        Ok(state)
    }

    /// Refuses a saved state that no events lead to.
    pub(super) fn check_saved(&self, state: &TierState) -> Result<()> {
        self.check(state, state.today)?;
        let fits = |totals: &TierTotals| totals.checked_plus(TierTotals::ZERO).is_ok();
        let sorted = state.window.iter().zip(state.window.iter().skip(1)).all(|(a, b)| a.0 < b.0);
        let ahead = state.next_tick().is_none_or(|day| day > state.today);
        let score = state.score.is_none_or(f64::is_finite);
        if fits(&state.life) && sorted && ahead && score && state.joined <= state.today {
            return Ok(());
        }
        let message =
            format!("the state is none that events lead to (totals within ±{GREATEST_TOTAL}, days in order)");
        Err(Error::new(ErrorKind::Incompatible, message).on("json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::loyalty::tier_measure::TierMeasure;
    use crate::loyalty::tier_qualification::TierQualification;
    use crate::loyalty::tier_rules::{Tier, TierOptions};

    #[test]
    fn states_that_no_events_lead_to_are_refused() {
        let points = TierQualification::at_least(TierMeasure::QualifyingPoints, 100.0).unwrap();
        let rules = TierRules::new([Tier::new("Silver", points)], TierOptions::default()).unwrap();
        let day = |text: &str| Day::parse(text).unwrap();
        let mut state = rules.start(day("2024-01-15"));
        rules.advance(&mut state, day("2024-03-01")).unwrap();
        let text = state.to_json();
        assert_eq!(rules.state_from_json(&text).unwrap(), state);
        for (from, to, kind) in [
            ("\"tier\":null", "\"tier\":9", ErrorKind::Incompatible),
            ("\"points\":0", "\"points\":9223372036854775807", ErrorKind::Incompatible),
            ("\"boundary\":20103", "\"boundary\":100", ErrorKind::Incompatible),
            ("\"tier\":null", "\"tear\":null", ErrorKind::Corrupt),
        ] {
            let bad = text.replacen(from, to, 1);
            assert_ne!(bad, text);
            assert_eq!(rules.state_from_json(&bad).unwrap_err().kind(), kind, "{bad}");
        }
    }
}
