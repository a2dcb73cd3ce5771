//! One set of rules run over a history: what it does row by row, with the tiers that it gives on the way.

use std::collections::HashSet;

use super::event_columns::{EventColumns, RowAction, owned};
use super::points_account::PointsAccount;
use super::points_entry::{EntryKind, PointsEntry};
use super::points_event::{EventId, EventKind, PointsAction};
use super::points_ledger::PointsLedger;
use super::program::LoyaltyProgram;
use super::simulated_scores::ScoreTimelines;
use super::tier_measure::{TierMeasure, TierMeasures};
use super::tier_rules::TierRules;
use super::tier_state::TierState;
use crate::customer::{Day, Money};
use crate::error::{Error, ErrorKind, Result};

/// What became of a row under one set of rules.
pub(super) enum RowOutcome {
    Done,
    /// A burn of so many points that the member does not have.
    Unfit(i64),
    /// It refers to a row that was not done.
    Dependent,
    Refused(Error),
}

/// A history under one set of rules.
pub(super) struct Run<'a> {
    program: &'a LoyaltyProgram,
    tiers: Option<&'a TierRules>,
    /// The programme's place of each tier, for bonuses and extensions; `None` for one that the programme does not name.
    places: Vec<Option<u16>>,
    follows_balance: bool,
    /// The scores, if tiers ask for one.
    scores: Option<&'a ScoreTimelines>,
    /// How many scores of each member have been looked at.
    observed: Vec<usize>,
    pub(super) ledger: PointsLedger,
    pub(super) states: Vec<TierState>,
    balances: Vec<i64>,
    /// Rows of members that were not done.
    undone: HashSet<(EventId, EventId)>,
    pub(super) changes: u64,
    pub(super) ignored: u64,
}

impl<'a> Run<'a> {
    pub(super) fn new(
        program: &'a LoyaltyProgram,
        tiers: Option<&'a TierRules>,
        scores: &'a ScoreTimelines,
    ) -> Self {
        let uses = |measure: TierMeasure| tiers.is_some_and(|rules| rules.uses(measure));
        let names = &program.rules().tiers;
        let place = |name: &str| names.iter().position(|tier| tier == name).map(|place| place as u16);
        Self {
            program,
            tiers,
            places: tiers
                .map_or(Vec::new(), |rules| rules.tiers().iter().map(|tier| place(&tier.name)).collect()),
            follows_balance: uses(TierMeasure::PointsBalance),
            scores: uses(TierMeasure::Score).then_some(scores),
            observed: Vec::new(),
            ledger: PointsLedger::new(program.clone()),
            states: Vec::new(),
            balances: Vec::new(),
            undone: HashSet::new(),
            changes: 0,
            ignored: 0,
        }
    }

    fn day_of(&self, time: i64) -> Result<Day> {
        Day::from_number(self.program.calendar().day_of(time)?)
    }

    /// Runs a row.
    pub(super) fn row(&mut self, batch: &EventColumns<'_>, row: usize) -> Result<RowOutcome> {
        let (event, kind, id) = (batch.event(row)?, batch.kind(row)?, batch.member(row)?);
        let time = batch.time(row, self.program.calendar())?;
        let day = self.day_of(time)?;
        if kind == EventKind::SetTier && self.tiers.is_some() {
            self.ignored += 1;
            return Ok(RowOutcome::Done);
        }
        let refers = matches!(
            kind,
            EventKind::Refund | EventKind::CancelRedemption | EventKind::CancelAccrual | EventKind::Unmerge
        );
        if refers
            && let Some(reference) = batch.reference(row)?
            && self.undone.contains(&(owned(id), reference))
        {
            self.undone.insert((owned(id), event));
            return Ok(RowOutcome::Dependent);
        }
        let known = self.ledger.find(id).map(|place| self.ledger.root(place));
        if let Some(place) = known {
            self.pass(place, time)?;
        }
        if let Ok(RowAction::Merge(other)) = batch.action(row, self.program)
            && let Some(place) = self.ledger.find(other).map(|place| self.ledger.root(place))
        {
            // What is merged away stands as of now.
            self.pass(place, time)?;
        }
        let before = known.map_or(Ok(0), |place| self.refunded(place, time))?;
        let orders = self.new_orders(batch, row, known, kind, &event)?;
        let mut entries = Vec::new();
        if let Err(error) = self.ledger.apply_row(batch, row, &mut entries) {
            self.undone.insert((owned(id), event));
            let short = kind == EventKind::Redeem
                && error.kind() == ErrorKind::OutOfRange
                && error.argument_name() == Some("points");
            return Ok(match batch.action(row, self.program) {
                Ok(RowAction::Member(PointsAction::Redeem { points })) if short && points > 0 => {
                    RowOutcome::Unfit(points)
                }
                _ => RowOutcome::Refused(error),
            });
        }
        while self.balances.len() < self.ledger.len() {
            self.balances.push(0);
            self.start(day)?;
        }
        self.take(&entries, time)?;
        let Some(place) = self.ledger.find(id).map(|place| self.ledger.root(place)) else {
            return Ok(RowOutcome::Done);
        };
        let bought = match batch.action(row, self.program)? {
            RowAction::Member(PointsAction::Purchase { amount, .. }) => i128::from(amount),
            _ => 0,
        };
        let refunded = if refers { self.refunded(place, time)? - before } else { 0 };
        let points = |entry: &&PointsEntry| entry.member == place;
        let measures = TierMeasures {
            qualifying_points: total(entries.iter().filter(points).map(qualifying))?,
            spend: Money::from_micros(bought - refunded),
            orders,
            points_balance: Some(self.balances[place as usize]),
            score: None,
        };
        self.qualify(place, day, &measures)?;
        self.bring_tier(place, time)?;
        Ok(RowOutcome::Done)
    }

    /// 1 for a purchase that is no further line of an order that is still open.
    fn new_orders(
        &self,
        batch: &EventColumns<'_>,
        row: usize,
        known: Option<u32>,
        kind: EventKind,
        event: &EventId,
    ) -> Result<i64> {
        if kind != EventKind::Purchase {
            return Ok(0);
        }
        let order = batch.reference(row)?.unwrap_or_else(|| event.clone());
        let Some(place) = known else { return Ok(1) };
        let account = self.ledger.account(place)?;
        Ok(i64::from(!account.accruals.iter().any(|accrual| accrual.order == order)))
    }

    /// Micro-units refunded of the purchases that can still be.
    fn refunded(&self, place: u32, time: i64) -> Result<i128> {
        let account = self.ledger.account(place)?;
        let open = account.accruals.iter().filter(|accrual| accrual.until > time);
        Ok(open.map(|accrual| i128::from(accrual.refunded)).sum())
    }

    /// Begins the tiers of the newest member, with the score that it has by then.
    fn start(&mut self, day: Day) -> Result<()> {
        let Some(rules) = self.tiers else { return Ok(()) };
        let place = self.states.len();
        self.states.push(rules.start(day));
        let scores = self.scores.map_or(&[][..], |scores| scores.of(&self.ledger.ids[place]));
        let known = scores.partition_point(|(of, _)| *of <= day);
        self.observed.push(known);
        match scores[..known].last() {
            Some((_, score)) => self.observe(place as u32, day, *score),
            None => Ok(()),
        }
    }

    fn observe(&mut self, place: u32, day: Day, score: f64) -> Result<()> {
        self.qualify(place, day, &TierMeasures { score: Some(score), ..TierMeasures::default() })
    }

    /// Lets time pass for a member, day by day with a score on the way.
    fn pass(&mut self, place: u32, time: i64) -> Result<()> {
        // A backdated event does not turn time back.
        if time < self.ledger.account(place)?.clock {
            return Ok(());
        }
        if let Some(scores) = self.scores {
            let scores = scores.of(&self.ledger.ids[place as usize]);
            let today = self.day_of(time)?;
            while let Some((day, score)) =
                scores.get(self.observed[place as usize]).filter(|(day, _)| *day <= today)
            {
                self.observed[place as usize] += 1;
                let start = self.program.calendar().start_of(day.number())?;
                let start = start.max(self.ledger.account(place)?.clock);
                self.pass_to(place, start)?;
                self.observe(place, *day, *score)?;
                self.bring_tier(place, start)?;
            }
        }
        self.pass_to(place, time)
    }

    /// Lets time pass for a member: what falls due, then what the calendar does to its tier.
    fn pass_to(&mut self, place: u32, time: i64) -> Result<()> {
        let mut entries = Vec::new();
        self.ledger.apply_own(place, time, PointsAction::Advance, &mut entries)?;
        self.take(&entries, time)?;
        if let (Some(rules), Some(state)) = (self.tiers, self.states.get_mut(place as usize)) {
            let day = Day::from_number(self.program.calendar().day_of(time)?)?.max(state.today());
            let changes = rules.advance(state, day)?;
            self.changes += changes.iter().filter(|change| change.from != change.to).count() as u64;
        }
        self.bring_tier(place, time)
    }

    /// Follows the balances of available points; a balance that changed before `now` is looked at on its own day.
    fn take(&mut self, entries: &[PointsEntry], now: i64) -> Result<()> {
        for entry in entries {
            let balance = &mut self.balances[entry.member as usize];
            *balance += entry.kind.available_change(entry.points, entry.pending);
            if self.follows_balance && entry.time < now && !entry.correction {
                let measures = TierMeasures { points_balance: Some(*balance), ..TierMeasures::default() };
                let day = self.day_of(entry.time)?;
                self.qualify(entry.member, day, &measures)?;
            }
        }
        Ok(())
    }

    fn qualify(&mut self, place: u32, day: Day, measures: &TierMeasures) -> Result<()> {
        if let (Some(rules), Some(state)) = (self.tiers, self.states.get_mut(place as usize)) {
            let changes = rules.qualify(state, day.max(state.today()), measures)?;
            self.changes += changes.iter().filter(|change| change.from != change.to).count() as u64;
        }
        Ok(())
    }

    /// Tells the programme the tier, for bonuses and extensions.
    fn bring_tier(&mut self, place: u32, time: i64) -> Result<()> {
        let Some(state) = self.states.get(place as usize) else { return Ok(()) };
        let tier = state.tier().and_then(|tier| self.places.get(tier).copied().flatten());
        let account = self.ledger.account(place)?;
        if account.tier == tier {
            return Ok(());
        }
        let time = time.max(account.clock);
        self.ledger.apply_own(place, time, PointsAction::SetTier { tier }, &mut Vec::new())
    }

    /// Lets time pass for all members.
    pub(super) fn finish(&mut self, as_of: i64) -> Result<()> {
        for place in 0..self.ledger.len() as u32 {
            let clock = self.ledger.account(place)?.clock;
            if clock > as_of {
                let message = format!("{as_of} is before {clock}, the time of an event");
                return Err(Error::new(ErrorKind::InvalidValue, message).on("as_of"));
            }
            if !self.ledger.merged.contains_key(&place) {
                self.pass(place, as_of)?;
            }
        }
        Ok(())
    }

    /// Scores of customers who are no members, or are merged into others.
    pub(super) fn unused_scores(&self) -> u64 {
        let observed: u64 = self.observed.iter().map(|observed| *observed as u64).sum();
        self.scores.map_or(0, ScoreTimelines::len).saturating_sub(observed)
    }

    /// The tier of a member, by the tier rules or else by the events.
    pub(super) fn tier(&self, place: u32, account: &PointsAccount) -> Option<usize> {
        match self.tiers {
            Some(_) => self.states.get(place as usize).and_then(TierState::tier),
            None => account.tier.map(usize::from),
        }
    }

    /// The names of the tiers.
    pub(super) fn tier_names(&self) -> Vec<String> {
        match self.tiers {
            Some(rules) => rules.tiers().iter().map(|tier| tier.name.clone()).collect(),
            None => self.program.rules().tiers.clone(),
        }
    }
}

/// What a posting does to the points that count for tiers: spending and lapsing do nothing.
fn qualifying(entry: &PointsEntry) -> i64 {
    match entry.kind {
        EntryKind::Earned => entry.points,
        EntryKind::Reversed | EntryKind::Owed | EntryKind::Forgiven => -entry.points,
        _ => 0,
    }
}

fn total(mut points: impl Iterator<Item = i64>) -> Result<i64> {
    points.try_fold(0_i64, i64::checked_add).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange, "the qualifying points of an event do not fit 64 bits").on("points")
    })
}
