//! Backdated events: replay in event time, and what must be posted again.

use serde::{Deserialize, Serialize};

use super::points_account::PointsAccount;
use super::points_entry::PointsEntry;
use super::points_event::PointsEvent;
use super::points_fold::refused;
use super::points_store::Member;
use super::program::LoyaltyProgram;
use crate::customer::MICROS_PER_DAY;
use crate::error::{ErrorKind, Result};

/// The newest events of a member, and the account before them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct History {
    base: PointsAccount,
    /// In the order of time, equal times in that of arrival; each with the member through whom it came.
    events: Vec<(PointsEvent, u32)>,
}

impl Member {
    /// What an event does to a member, who is left in between on an error.
    pub(super) fn fold(
        &mut self,
        program: &LoyaltyProgram,
        event: &PointsEvent,
        via: u32,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        match &mut self.history {
            Some(history) if event.time < self.account.clock => {
                history.backdate(program, &mut self.account, event, via, entries)
            }
            Some(history) => {
                program.fold(&mut self.account, event, via, entries)?;
                history.push(program, event.clone(), via)
            }
            None => program.fold(&mut self.account, event, via, entries),
        }
    }
}

/// Fewest events that are taken into the base at once.
const LEAST_TRIMMED: usize = 16;

impl History {
    /// Nothing can be backdated before the time of this account.
    pub(super) fn new(base: PointsAccount) -> Self {
        Self { base, events: Vec::new() }
    }

    /// Keeps the newest event, and takes those into the base that are too old for anything to come before them.
    pub(super) fn push(&mut self, program: &LoyaltyProgram, event: PointsEvent, via: u32) -> Result<()> {
        let limit = oldest(program, event.time);
        self.events.push((event, via));
        let old = self.events.partition_point(|(event, _)| event.time < limit);
        if old >= LEAST_TRIMMED && old * 2 >= self.events.len() {
            let mut discarded = Vec::new();
            for (event, via) in self.events.drain(..old) {
                program.fold(&mut self.base, &event, via, &mut discarded)?;
                discarded.clear();
            }
        }
        Ok(())
    }

    /// Puts an event in its place in time and replays what came after it: the account as it would be had it come in time. Posts the
    /// difference: what is no longer so with its points negative, and what is so instead.
    pub(super) fn backdate(
        &mut self,
        program: &LoyaltyProgram,
        account: &mut PointsAccount,
        event: &PointsEvent,
        via: u32,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        let limit = oldest(program, account.clock).max(self.base.clock);
        if event.time < limit {
            let message = format!(
                "time {} is before {limit}: the member's newest event is of {}, events may be {} days older and must not be before a merge",
                event.time,
                account.clock,
                program.rules().backdating_days
            );
            return Err(refused(ErrorKind::InvalidValue, "time", &event.shown(), &message));
        }
        let place = self.events.partition_point(|(other, _)| other.time <= event.time);
        let mut discarded = Vec::new();
        let mut before = self.base.clone();
        for (earlier, via) in &self.events[..place] {
            program.fold(&mut before, earlier, *via, &mut discarded)?;
        }
        let replay = |state: &mut PointsAccount, posted: &mut Vec<PointsEntry>| -> Result<()> {
            for (later, via) in &self.events[place..] {
                program.fold(state, later, *via, posted).map_err(|error| {
                    let message = format!("it came too late, as then {error}");
                    refused(error.kind(), error.argument_name().unwrap_or("time"), &event.shown(), &message)
                })?;
            }
            Ok(())
        };
        let (mut posted, mut right) = (Vec::new(), Vec::new());
        replay(&mut before.clone(), &mut posted)?;
        program.fold(&mut before, event, via, &mut right)?;
        replay(&mut before, &mut right)?;
        *account = before;
        self.events.insert(place, (event.clone(), via));
        difference(posted, right, event, entries);
        Ok(())
    }
}

/// The oldest time that an event may have, given the newest.
fn oldest(program: &LoyaltyProgram, newest: i64) -> i64 {
    newest.saturating_sub(i64::from(program.rules().backdating_days) * MICROS_PER_DAY)
}

/// Posts the old entries that are not among the new ones as taken back, then the new ones that are not among the old.
fn difference(
    mut old: Vec<PointsEntry>,
    mut new: Vec<PointsEntry>,
    event: &PointsEvent,
    entries: &mut Vec<PointsEntry>,
) {
    old.sort_unstable();
    new.sort_unstable();
    let mut right = Vec::new();
    let mut old = old.into_iter().peekable();
    for entry in new {
        while let Some(wrong) = old.next_if(|other| *other < entry) {
            entries.push(taken_back(wrong));
        }
        if old.next_if_eq(&entry).is_none() {
            let correction = event.id.as_ref() != Some(&entry.event);
            right.push(PointsEntry { correction, ..entry });
        }
    }
    entries.extend(old.map(taken_back));
    entries.append(&mut right);
}

fn taken_back(entry: PointsEntry) -> PointsEntry {
    PointsEntry { points: -entry.points, correction: true, ..entry }
}
