//! Batches of events, member by member.
//!
//! ```text
//! rows ──► members' places ──► events, column after column ──► ordered by member ──► parts, a thread each ──► postings, in the order of rows
//! ```
//!
//! Between two merges members do not depend on each other. The rows of a batch are therefore run in the order of members, each member's in the
//! order of the batch: a state is unpacked and packed once a batch and not once a row, and members are met in the order in which they stand in
//! memory. Columns are read before that, in the order of rows (in the order of members every value of a row was a place in memory of its own, and
//! took half as long again). What comes out, the first error included, is what the order of rows gives, whatever the number of threads.

use std::ops::Range;

use rayon::prelude::*;

use super::event_columns::{EventColumns, RowAction};
use super::points_entries::PointsEntries;
use super::points_entry::PointsEntry;
use super::points_event::{EventId, EventKind, PointsEvent};
use super::points_fold::refused;
use super::points_ledger::{PointsLedger, raw, unknown};
use super::points_store::{Member, Packed};
use super::vintage::VintageTable;
use crate::error::{Error, ErrorKind, Result};

/// A row of a member: what happens, through whom it came, and who has the points.
struct MemberRow {
    event: PointsEvent,
    via: u32,
    root: u32,
}

/// Rows that were read, in blocks of [`BLOCK`].
struct Blocks(Vec<Vec<MemberRow>>);

impl Blocks {
    fn row(&self, place: usize) -> &MemberRow {
        &self.0[place / BLOCK][place % BLOCK]
    }

    fn len(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

/// What some members' rows came to.
#[derive(Default)]
struct Part {
    packed: Packed,
    posted: Vec<PointsEntry>,
    /// The rows that posted something, and where their postings end.
    ends: Vec<(u32, u32)>,
    vintages: VintageTable,
    /// The first row that was refused.
    failed: Option<(u32, Error)>,
}

/// Rows that are run together at most: bounds what waits for its turn to be posted.
const MOST_ROWS: usize = 1 << 20;
/// Rows that a thread reads at once.
const BLOCK: usize = 1 << 14;
/// Fewer rows are not worth a second thread.
const LEAST_ROWS: usize = 1 << 12;
/// In place of a member: nobody of that id, and a row between two members.
const NOBODY: u32 = u32::MAX;
const BETWEEN: u32 = u32::MAX - 1;

impl PointsLedger {
    /// Applies batches in whole or not at all; `take` gets the postings in the order of rows, if anybody wants them.
    pub(super) fn apply_to(
        &mut self,
        batches: &[EventColumns<'_>],
        mut take: Option<&mut PointsEntries>,
    ) -> Result<()> {
        let mut number = self.rows;
        self.whole(|ledger| {
            let (mut places, mut entries) = (Vec::new(), Vec::new());
            for batch in batches {
                ledger.expect_event_ids(batch);
                for first in (0..batch.len()).step_by(MOST_ROWS) {
                    let rows = first..batch.len().min(first + MOST_ROWS);
                    ledger.find_all(batch, rows.clone(), &mut places)?;
                    // The rows from here to the one that is looked at have not been run yet.
                    let mut from = first;
                    for row in rows.clone() {
                        let place = &mut places[row - first];
                        if *place == NOBODY
                            && let Ok(new) = ledger.place_of(batch, row)
                        {
                            *place = new;
                        }
                        if *place < BETWEEN {
                            continue;
                        }
                        ledger.run(batch, from..row, &places[from - first..], number, take.as_deref_mut())?;
                        number += (row - from) as u64;
                        ledger.row(batch, row, &mut entries).map_err(|error| error.at_row(number))?;
                        for entry in entries.drain(..) {
                            ledger.vintages.count(&entry)?;
                            if let Some(take) = take.as_deref_mut() {
                                take.push(number, &ledger.ids[entry.member as usize], &entry);
                            }
                        }
                        (from, number) = (row + 1, number + 1);
                    }
                    ledger.run(
                        batch,
                        from..rows.end,
                        &places[from - first..],
                        number,
                        take.as_deref_mut(),
                    )?;
                    number += (rows.end - from) as u64;
                }
            }
            Ok(())
        })?;
        self.rows = number;
        Ok(())
    }

    /// Reads rows of which none is between two members, up to the first that makes no sense.
    fn read(
        &self,
        batch: &EventColumns<'_>,
        rows: Range<usize>,
        places: &[u32],
    ) -> Result<(Blocks, Option<Error>)> {
        let read = |block: usize| {
            let from = rows.start + block * BLOCK;
            let rows = from..rows.end.min(from + BLOCK);
            let mut read = Vec::with_capacity(rows.len());
            for (row, &via) in rows.zip(&places[block * BLOCK..]) {
                match self.event(batch, row) {
                    Ok(event) => read.push(MemberRow { event, via, root: self.root(via) }),
                    Err(error) => return (read, Some(error)),
                }
            }
            (read, None)
        };
        let blocks = rows.len().div_ceil(BLOCK);
        let parts: Vec<_> = if blocks < 2 {
            (0..blocks).map(read).collect()
        } else {
            self.threads.run(|| (0..blocks).into_par_iter().map(read).collect())?
        };
        let mut blocks = Vec::new();
        for (block, error) in parts {
            blocks.push(block);
            if error.is_some() {
                return Ok((Blocks(blocks), error));
            }
        }
        Ok((Blocks(blocks), None))
    }

    /// Runs rows of which none is between two members, and hands on their postings in the order of rows; `start` is the number of the first.
    fn run(
        &mut self,
        batch: &EventColumns<'_>,
        rows: Range<usize>,
        places: &[u32],
        start: u64,
        take: Option<&mut PointsEntries>,
    ) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let (rows, unread) = self.read(batch, rows, places)?;
        let mut order: Vec<u64> = (0..rows.len() as u64)
            .map(|place| u64::from(rows.row(place as usize).root) << 32 | place)
            .collect();
        let threads = if rows.len() < LEAST_ROWS { 1 } else { self.threads.count() };
        let parts: Vec<Part> = if threads == 1 {
            order.sort_unstable();
            vec![self.part(&rows, &order, take.is_some())]
        } else {
            let (ledger, rows, posts) = (&*self, &rows, take.is_some());
            self.threads.run(|| {
                order.par_sort_unstable();
                cut(&order, threads).into_par_iter().map(|codes| ledger.part(rows, codes, posts)).collect()
            })?
        };
        let failed = parts.iter().filter_map(|part| part.failed.as_ref()).min_by_key(|(place, _)| *place);
        if let Some((place, error)) = failed {
            return Err(error.clone().at_row(start + u64::from(*place)));
        }
        if let Some(error) = unread {
            return Err(error.at_row(start + rows.len() as u64));
        }
        let Some(take) = take else {
            for part in parts {
                self.members.adopt(part.packed);
                self.vintages.add(&part.vintages)?;
            }
            return Ok(());
        };
        // Where the postings of each row stand, over all parts.
        let mut places = vec![(0, 0, 0); rows.len()];
        drop(rows);
        let mut posted = Vec::new();
        for (place, part) in parts.into_iter().enumerate() {
            self.members.adopt(part.packed);
            self.vintages.add(&part.vintages)?;
            let mut first = 0;
            for (row, end) in part.ends {
                places[row as usize] = (place, first as usize, end as usize);
                first = end;
            }
            posted.push(part.posted);
        }
        let length = places.len().div_ceil(threads);
        let columns = |(cut, places): (usize, &[(usize, usize, usize)])| {
            let mut columns = PointsEntries::default();
            columns.reserve(places.iter().map(|(_, from, to)| to - from).sum());
            for (row, &(part, from, to)) in places.iter().enumerate() {
                for entry in &posted[part][from..to] {
                    let number = start + (cut * length + row) as u64;
                    columns.push(number, &self.ids[entry.member as usize], entry);
                }
            }
            columns
        };
        let columns: Vec<PointsEntries> = if threads == 1 {
            vec![columns((0, &places))]
        } else {
            self.threads.run(|| places.par_chunks(length).enumerate().map(columns).collect())?
        };
        columns.into_iter().try_for_each(|columns| take.take(columns))
    }

    /// Runs the rows of some members, in the order of members and rows.
    fn part(&self, rows: &Blocks, order: &[u64], posts: bool) -> Part {
        let mut part = Part::default();
        let mut member = Member::new(0, self.program());
        for rows_of_one in order.chunk_by(|one, other| one >> 32 == other >> 32) {
            let mut last = 0;
            let result = (|| {
                self.members.read_into((rows_of_one[0] >> 32) as u32, &mut member)?;
                for code in rows_of_one {
                    last = *code as u32;
                    let MemberRow { event, via, .. } = rows.row(last as usize);
                    let first = part.posted.len();
                    member.fold(self.program(), event, *via, &mut part.posted)?;
                    part.posted[first..].iter().try_for_each(|entry| part.vintages.count(entry))?;
                    if posts && part.posted.len() > first {
                        part.ends.push((last, part.posted.len() as u32));
                    } else if !posts {
                        part.posted.clear();
                    }
                }
                part.packed.push(&member)
            })();
            if let Err(error) = result
                && part.failed.as_ref().is_none_or(|(other, _)| last < *other)
            {
                part.failed = Some((last, error));
            }
        }
        part
    }

    /// The places of the members of some rows: looked up together, as each lookup waits for memory and none for another.
    fn find_all(&self, batch: &EventColumns<'_>, rows: Range<usize>, places: &mut Vec<u32>) -> Result<()> {
        let find = |row| {
            if is_between(batch, row) {
                return BETWEEN;
            }
            batch.member(row).ok().and_then(|id| self.find(id)).unwrap_or(NOBODY)
        };
        places.clear();
        if rows.len() < LEAST_ROWS {
            places.extend(rows.map(find));
            return Ok(());
        }
        self.threads.run(|| rows.into_par_iter().with_min_len(LEAST_ROWS).map(find).collect_into_vec(places))
    }

    /// Applies one row.
    pub(super) fn row(
        &mut self,
        batch: &EventColumns<'_>,
        row: usize,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        self.expect_event_ids(batch);
        if !is_between(batch, row) {
            let via = self.place_of(batch, row)?;
            let event = self.event(batch, row)?;
            return self.apply_event(self.root(via), &event, via, entries);
        }
        let event = self.event_id(batch, row)?;
        let time = batch.time(row, self.program().calendar())?;
        let action = batch.action(row, self.program()).map_err(|error| about(&event, &error))?;
        let id = batch.member(row).map_err(|error| about(&event, &error))?;
        let Some(via) = self.find(id) else { return Err(unknown("customer_id", id, &event)) };
        let root = self.root(via);
        match action {
            RowAction::Merge(other) => {
                let Some(other) = self.find(other) else { return Err(unknown("other_id", other, &event)) };
                self.merge(root, other, &event, time, entries)
            }
            RowAction::Unmerge(of) => {
                self.merged_by(&of, root, &event)?;
                self.unmerge(&of, root, &event, time, entries)
            }
            // The kind was looked at above.
            RowAction::Member(_) => Ok(()),
        }
    }

    /// The event of a row of one member.
    fn event(&self, batch: &EventColumns<'_>, row: usize) -> Result<PointsEvent> {
        let id = self.event_id(batch, row)?;
        let time = batch.time(row, self.program().calendar())?;
        match batch.action(row, self.program()).map_err(|error| about(&id, &error))? {
            RowAction::Member(action) => Ok(PointsEvent { id: Some(id), time, action }),
            // Rows between two members do not come here.
            RowAction::Merge(other) => Err(unknown("other_id", other, &id)),
            RowAction::Unmerge(of) => Err(unknown("reference", raw(&of), &id)),
        }
    }

    /// The member through whom a row comes, who becomes one if the row says so.
    fn place_of(&mut self, batch: &EventColumns<'_>, row: usize) -> Result<u32> {
        let id = batch.member(row)?;
        if let Some(via) = self.find(id) {
            return Ok(via);
        }
        let event = self.event_id(batch, row)?;
        let kind = batch.kind(row).map_err(|error| about(&event, &error))?;
        if !self.joins(kind) {
            batch.time(row, self.program().calendar())?;
            batch.action(row, self.program()).map_err(|error| about(&event, &error))?;
            return Err(unknown("customer_id", id, &event));
        }
        self.enroll(id)
    }

    /// The first batch with events decides whether their ids are texts.
    fn expect_event_ids(&mut self, batch: &EventColumns<'_>) {
        if !batch.is_empty() {
            self.events_are_text.get_or_insert(batch.events_are_text());
        }
    }

    fn event_id(&self, batch: &EventColumns<'_>, row: usize) -> Result<EventId> {
        let event = batch.event(row)?;
        if self.events_are_text.is_none_or(|text| text == matches!(event, EventId::Text(_))) {
            return Ok(event);
        }
        let message = "integer and text ids cannot be mixed: convert one of them";
        Err(Error::new(ErrorKind::Incompatible, message).on("event_id"))
    }
}

/// Whether a row is one of two members.
fn is_between(batch: &EventColumns<'_>, row: usize) -> bool {
    matches!(batch.kind(row), Ok(EventKind::Merge | EventKind::Unmerge))
}

/// Cuts the codes of rows, in the order of members, into about as many parts of one size, none of which ends within a member.
fn cut(order: &[u64], parts: usize) -> Vec<&[u64]> {
    let (mut rest, mut cuts) = (order, Vec::new());
    for left in (1..=parts).rev() {
        let mut end = rest.len() / left;
        while end < rest.len() && end > 0 && rest[end] >> 32 == rest[end - 1] >> 32 {
            end += 1;
        }
        let (part, later) = rest.split_at(end);
        if !part.is_empty() {
            cuts.push(part);
        }
        rest = later;
    }
    cuts
}

/// An error about a row that names the event.
fn about(event: &EventId, error: &Error) -> Error {
    let column = error.argument_name().unwrap_or("kind").to_owned();
    let text = error.to_string();
    let message = text.strip_prefix(&format!("{column}: ")).unwrap_or(&text);
    refused(error.kind(), &column, &event.to_string(), message)
}
