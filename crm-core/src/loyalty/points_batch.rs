//! Batches of events, member by member.
//!
//! Between two merges members do not depend on each other. The rows of a batch are therefore run in the order of members, each member's in the
//! order of the batch: a member's state is fetched from memory once a batch and not once a row. What comes out, the first error included, is
//! what the order of rows gives.

use super::event_columns::{EventColumns, RowAction};
use super::points_entries::PointsEntries;
use super::points_entry::PointsEntry;
use super::points_event::{EventId, EventKind, PointsEvent};
use super::points_fold::refused;
use super::points_ledger::{Kept, PointsLedger, unknown};
use crate::error::{Error, ErrorKind, Result};

/// A row of a member: where it stands, and through whom it came.
#[derive(Clone, Copy)]
struct MemberRow {
    batch: u32,
    row: u32,
    via: u32,
    root: u32,
}

/// Rows that are run together at most: bounds what waits for its turn to be posted.
const MOST_ROWS: usize = 1 << 22;

impl PointsLedger {
    /// Applies batches in whole or not at all; `take` gets the postings in the order of rows, if anybody wants them.
    pub(super) fn apply_to(
        &mut self,
        batches: &[EventColumns<'_>],
        mut take: Option<&mut PointsEntries>,
    ) -> Result<()> {
        let first = self.rows;
        let mut number = first;
        self.whole(|ledger, kept| {
            let mut waiting: Vec<MemberRow> = Vec::new();
            let mut entries = Vec::new();
            for (place, batch) in batches.iter().enumerate() {
                for row in 0..batch.len() {
                    let merges = matches!(batch.kind(row), Ok(EventKind::Merge | EventKind::Unmerge));
                    let found = if merges { Ok((0, 0)) } else { ledger.place_of(batch, row) };
                    if merges || found.is_err() || waiting.len() == MOST_ROWS {
                        let start = number - waiting.len() as u64;
                        ledger.run(batches, &waiting, start, kept, take.as_deref_mut())?;
                        waiting.clear();
                    }
                    let (via, root) = found.map_err(|error| error.at_row(number))?;
                    if merges {
                        ledger.row(batch, row, kept, &mut entries).map_err(|error| error.at_row(number))?;
                        for entry in entries.drain(..) {
                            ledger.hand_on(number, &entry, take.as_deref_mut())?;
                        }
                        // A merge stands for itself: the rows that wait are counted from the one after it.
                    } else {
                        waiting.push(MemberRow { batch: place as u32, row: row as u32, via, root });
                    }
                    number += 1;
                }
            }
            let start = number - waiting.len() as u64;
            ledger.run(batches, &waiting, start, kept, take)
        })?;
        self.rows = number;
        Ok(())
    }

    /// Runs rows of which none merges, and hands on their postings in the order of rows; `start` is the number of the first.
    fn run(
        &mut self,
        batches: &[EventColumns<'_>],
        rows: &[MemberRow],
        start: u64,
        kept: &mut Kept,
        mut take: Option<&mut PointsEntries>,
    ) -> Result<()> {
        let mut order: Vec<u64> =
            rows.iter().enumerate().map(|(place, row)| u64::from(row.root) << 32 | place as u64).collect();
        order.sort_unstable();
        let mut posted: Vec<PointsEntry> = Vec::new();
        // The number of the row and the place among those posted.
        let mut places: Vec<u64> = Vec::new();
        let mut entries = Vec::new();
        let mut failed: Option<(u64, Error)> = None;
        let mut failed_member = None;
        for code in order {
            let place = code & u64::from(u32::MAX);
            let row = rows[place as usize];
            if failed_member == Some(row.root) {
                continue;
            }
            let batch = &batches[row.batch as usize];
            self.keep(row.root, kept);
            if let Err(error) = self.member_row(batch, row.row as usize, row.via, row.root, &mut entries) {
                failed_member = Some(row.root);
                if failed.as_ref().is_none_or(|(other, _)| place < *other) {
                    failed = Some((place, error));
                }
            }
            if take.is_some() {
                places.extend((posted.len()..posted.len() + entries.len()).map(|at| place << 32 | at as u64));
                posted.append(&mut entries);
            } else {
                entries.drain(..).try_for_each(|entry| self.vintages.count(&entry))?;
            }
        }
        if let Some((place, error)) = failed {
            return Err(error.at_row(start + place));
        }
        places.sort_unstable();
        for code in places {
            let entry = &posted[(code & u64::from(u32::MAX)) as usize];
            self.hand_on(start + (code >> 32), entry, take.as_deref_mut())?;
        }
        Ok(())
    }

    fn hand_on(&mut self, number: u64, entry: &PointsEntry, take: Option<&mut PointsEntries>) -> Result<()> {
        self.vintages.count(entry)?;
        if let Some(take) = take {
            take.push(number, &self.ids[entry.member as usize], entry);
        }
        Ok(())
    }

    /// Applies one row.
    pub(super) fn row(
        &mut self,
        batch: &EventColumns<'_>,
        row: usize,
        kept: &mut Kept,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        if !matches!(batch.kind(row), Ok(EventKind::Merge | EventKind::Unmerge)) {
            let (via, root) = self.place_of(batch, row)?;
            self.keep(root, kept);
            return self.member_row(batch, row, via, root, entries);
        }
        let event = self.event_of(batch, row)?;
        let time = batch.time(row, self.program().calendar())?;
        let action = batch.action(row, self.program()).map_err(|error| about(&event, &error))?;
        let id = batch.member(row).map_err(|error| about(&event, &error))?;
        let Some(via) = self.find(id) else { return Err(unknown("customer_id", id, &event)) };
        let root = self.root(via);
        self.keep(root, kept);
        match action {
            RowAction::Merge(other) => {
                let Some(other) = self.find(other) else { return Err(unknown("other_id", other, &event)) };
                self.keep(other, kept);
                self.merge(root, other, &event, time, entries)
            }
            RowAction::Unmerge(of) => {
                let other = self.merged_by(&of, root, &event)?;
                self.keep(other, kept);
                self.unmerge(&of, root, &event, time, entries)
            }
            // The kind was looked at above.
            RowAction::Member(_) => Ok(()),
        }
    }

    /// The member through whom a row comes, who becomes one if the row says so, and the one who has the points.
    fn place_of(&mut self, batch: &EventColumns<'_>, row: usize) -> Result<(u32, u32)> {
        let id = batch.member(row)?;
        if let Some(via) = self.find(id) {
            return Ok((via, self.root(via)));
        }
        let event = self.event_of(batch, row)?;
        let kind = batch.kind(row).map_err(|error| about(&event, &error))?;
        if !self.joins(kind) {
            batch.time(row, self.program().calendar())?;
            batch.action(row, self.program()).map_err(|error| about(&event, &error))?;
            return Err(unknown("customer_id", id, &event));
        }
        let place = self.enroll(id)?;
        Ok((place, place))
    }

    fn event_of(&mut self, batch: &EventColumns<'_>, row: usize) -> Result<EventId> {
        let event = batch.event(row)?;
        let is_text = matches!(event, EventId::Text(_));
        if *self.events_are_text.get_or_insert(is_text) == is_text {
            return Ok(event);
        }
        let message = "integer and text ids cannot be mixed: convert one of them";
        Err(Error::new(ErrorKind::Incompatible, message).on("event_id"))
    }

    fn member_row(
        &mut self,
        batch: &EventColumns<'_>,
        row: usize,
        via: u32,
        root: u32,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        let event = self.event_of(batch, row)?;
        let time = batch.time(row, self.program().calendar())?;
        match batch.action(row, self.program()).map_err(|error| about(&event, &error))? {
            RowAction::Member(action) => {
                let event = PointsEvent { id: Some(event), time, action };
                self.fold(root, &event, via, entries)
            }
            // Rows that merge do not come here.
            RowAction::Merge(other) => Err(unknown("other_id", other, &event)),
            RowAction::Unmerge(of) => Err(unknown("reference", super::points_ledger::raw(&of), &event)),
        }
    }
}

/// An error about a row that names the event.
fn about(event: &EventId, error: &Error) -> Error {
    let column = error.argument_name().unwrap_or("kind").to_owned();
    let text = error.to_string();
    let message = text.strip_prefix(&format!("{column}: ")).unwrap_or(&text);
    refused(error.kind(), &column, &event.to_string(), message)
}
