//! The points ledger: many members, columns of events in and columns of postings out.

use std::collections::BTreeMap;

use hashbrown::HashTable;

use super::event_columns::{EventColumns, owned};
use super::points_account::PointsAccount;
use super::points_entries::PointsEntries;
use super::points_entry::PointsEntry;
use super::points_event::{EventId, EventKind, PointsAction, PointsEvent};
use super::points_fold::refused;
use super::points_history::History;
use super::points_merge::{MergeRecord, Pair};
use super::points_store::{Member, Packed, Store};
use super::program::{Enrollment, LoyaltyProgram};
use super::vintage::VintageTable;
use crate::customer::RawId;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// The points of many members.
///
/// Events come in columns and any batches; postings come back in columns. A batch is applied in whole or not at all: on an error the
/// ledger stays as it was before the batch, and the error names the row, the event, the value and the bound. Batching does not matter:
/// the same events in the same order give the same state to the last bit.
///
/// Memory is bounded for each member: see [`PointsAccount`].
///
/// ```
/// use crm_core::customer::{AmountColumn, IdColumn, TimeColumn};
/// use crm_core::loyalty::{EventColumns, LoyaltyProgram, PointsLedger};
/// let program = LoyaltyProgram::from_json(r#"{"expiry": {"months": 12, "rounding": "month"}}"#)?;
/// let mut ledger = PointsLedger::new(program);
/// let (members, ids, days) = (["ann"; 3], [1, 2, 3], [18_449, 18_449, 18_460]);
/// let batch = EventColumns::new(
///     IdColumn::Text(&members),
///     IdColumn::Integer(ids.as_slice().into()),
///     TimeColumn::Day(days.as_slice().into()),
///     IdColumn::Text(&["join", "purchase", "redeem"]),
/// )?
/// .with_amounts(AmountColumn::Float([0.0, 120.5, 0.0].as_slice().into()))?
/// .with_points([0, 0, 20].as_slice().into())?;
/// let entries = ledger.apply(&batch)?;
/// assert_eq!(entries.points, [120, 20]);
/// let balances = ledger.balances(ledger.program().start_of("2021-07-31")?)?;
/// assert_eq!((balances.available[0], balances.next_expiry_points[0]), (100, 100));
/// let balances = ledger.balances(ledger.program().start_of("2021-08-01")?)?;
/// assert_eq!(balances.available[0], 0);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PointsLedger {
    program: LoyaltyProgram,
    pub(super) ids: Vec<EventId>,
    /// The key of each id, and its place.
    places: HashTable<(u64, u32)>,
    pub(super) members: Store,
    /// The members that were merged into others.
    pub(super) merged: BTreeMap<u32, u32>,
    pub(super) merges: Vec<MergeRecord>,
    pub(super) vintages: VintageTable,
    pub(super) rows: u64,
    /// Whether event ids are texts, once there is one.
    pub(super) events_are_text: Option<bool>,
    pub(super) threads: Threads,
}

impl PartialEq for PointsLedger {
    fn eq(&self, other: &Self) -> bool {
        (
            &self.program,
            &self.ids,
            &self.members,
            &self.merged,
            &self.merges,
            &self.vintages,
            self.rows,
            self.events_are_text,
        ) == (
            &other.program,
            &other.ids,
            &other.members,
            &other.merged,
            &other.merges,
            &other.vintages,
            other.rows,
            other.events_are_text,
        )
    }
}

pub(super) fn hash(id: RawId<'_>) -> u64 {
    match id {
        RawId::Integer(id) => xxhash_rust::xxh3::xxh3_64(&id.to_le_bytes()),
        RawId::Text(id) => xxhash_rust::xxh3::xxh3_64(id.as_bytes()),
        RawId::Missing => 0,
    }
}

/// What ids are told apart by: integers by themselves, texts by their hash first.
fn key(id: RawId<'_>) -> u64 {
    match id {
        RawId::Integer(id) => id as u64,
        id => hash(id),
    }
}

/// A key with its bits mixed: tables use the lowest and the highest.
fn spread(key: u64) -> u64 {
    let mixed = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed ^ (mixed >> 32)
}

pub(super) fn raw(id: &EventId) -> RawId<'_> {
    match id {
        EventId::Integer(id) => RawId::Integer(*id),
        EventId::Text(id) => RawId::Text(id),
    }
}

impl PointsLedger {
    /// A ledger without members.
    pub fn new(program: LoyaltyProgram) -> Self {
        Self {
            program,
            ids: Vec::new(),
            places: HashTable::new(),
            members: Store::default(),
            merged: BTreeMap::new(),
            merges: Vec::new(),
            vintages: VintageTable::default(),
            rows: 0,
            events_are_text: None,
            threads: Threads::Available,
        }
    }

    /// A ledger of these members, to whom nothing has happened.
    pub(super) fn of_members(program: LoyaltyProgram, ids: Vec<EventId>) -> Self {
        let mut ledger = Self::new(program);
        for (place, id) in ids.iter().enumerate() {
            let key = key(raw(id));
            ledger.places.insert_unique(spread(key), (key, place as u32), |&(key, _)| spread(key));
            ledger.members.add();
        }
        ledger.ids = ids;
        ledger
    }

    /// Sets how many threads run a batch; what comes out does not depend on it.
    pub fn set_threads(&mut self, threads: Threads) {
        self.threads = threads;
    }

    /// The rules.
    pub fn program(&self) -> &LoyaltyProgram {
        &self.program
    }

    /// Number of members, those merged into others included.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no members.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// Number of rows applied so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Applies a batch of events and gives the postings.
    ///
    /// Events must come in the order of their times for each member; an event may be older by up to the days that the rules allow, and then
    /// the member's newer events are replayed and the differences posted. An event of a member that was merged into another is one of that
    /// other.
    ///
    /// # Errors
    /// Those of [`LoyaltyProgram::apply`], `MissingValue`, `WrongType`, `LengthMismatch` and `OutOfRange` for columns, with the row. The ledger
    /// stays as it was before the batch.
    pub fn apply(&mut self, batch: &EventColumns<'_>) -> Result<PointsEntries> {
        self.apply_all(std::slice::from_ref(batch))
    }

    /// Applies several batches as one: all of them or none.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    pub fn apply_all(&mut self, batches: &[EventColumns<'_>]) -> Result<PointsEntries> {
        let mut columns = PointsEntries::default();
        self.apply_to(batches, Some(&mut columns))?;
        Ok(columns)
    }

    /// Applies batches of events as one, without collecting their postings, for those who only want balances.
    ///
    /// # Errors
    /// Those of [`apply`](Self::apply).
    pub fn replay(&mut self, batches: &[EventColumns<'_>]) -> Result<()> {
        self.apply_to(batches, None)
    }

    /// Lets time pass for every member up to an instant: what lapses or becomes available until then is posted. Later events must not be
    /// older, unless events may be backdated.
    ///
    /// # Errors
    /// `InvalidValue` if a member has an event after that time; the ledger stays as it was.
    pub fn advance(&mut self, to: i64) -> Result<PointsEntries> {
        let mut columns = PointsEntries::default();
        let row = self.rows;
        self.whole(|ledger| {
            let (mut entries, mut packed) = (Vec::new(), Packed::default());
            let mut member = Member::new(0, &ledger.program);
            for place in 0..ledger.len() as u32 {
                ledger.members.read_into(place, &mut member)?;
                let newest = member.account.clock;
                if newest > to {
                    let message = format!(
                        "time {to} is before {newest}, that of the newest event of member {}",
                        ledger.ids[place as usize]
                    );
                    return Err(Error::new(ErrorKind::InvalidValue, message).on("time"));
                }
                member.fold(&ledger.program, &PointsEvent::advance(to), place, &mut entries)?;
                packed.push(&member)?;
                ledger.post(&mut entries, |id, entry| columns.push(row, id, entry))?;
            }
            ledger.members.adopt(packed);
            Ok(())
        })?;
        Ok(columns)
    }

    /// Runs something that must happen in whole or not at all.
    pub(super) fn whole(&mut self, run: impl FnOnce(&mut Self) -> Result<()>) -> Result<()> {
        let (mark, count) = (self.members.mark(), self.ids.len());
        let (merged, merges) = (self.merged.clone(), self.merges.clone());
        let (vintages, events_are_text) = (self.vintages.clone(), self.events_are_text);
        let result = run(self);
        if result.is_ok() {
            self.members.settle();
            return result;
        }
        self.members.go_back(&mark);
        for (place, id) in self.ids.drain(count..).enumerate() {
            let (key, place) = (key(raw(&id)), (count + place) as u32);
            if let Ok(entry) = self.places.find_entry(spread(key), |&(_, other)| other == place) {
                entry.remove();
            }
        }
        (self.merged, self.merges) = (merged, merges);
        (self.vintages, self.events_are_text) = (vintages, events_are_text);
        result
    }

    /// Hands the postings on and counts them by vintage.
    fn post(
        &mut self,
        entries: &mut Vec<PointsEntry>,
        mut take: impl FnMut(&EventId, &PointsEntry),
    ) -> Result<()> {
        for entry in entries.drain(..) {
            self.vintages.count(&entry)?;
            take(&self.ids[entry.member as usize], &entry);
        }
        Ok(())
    }

    /// The member that a merge, not taken back yet, moved into the account of `root`.
    pub(super) fn merged_by(&self, of: &EventId, root: u32, event: &EventId) -> Result<u32> {
        let refuse =
            |message: &str| Err(refused(ErrorKind::InvalidValue, "reference", &event.to_string(), message));
        let Some(record) = self.merges.iter().find(|record| record.event == *of) else {
            return refuse(&format!("there is no merge {of}, or it is taken back already"));
        };
        let (other, holder) = (record.other, self.root(record.other));
        if holder == root {
            return Ok(other);
        }
        let name = |place: u32| &self.ids[place as usize];
        refuse(&format!("merge {of} moved {} into {}, not into {}", name(other), name(holder), name(root)))
    }

    pub(super) fn find(&self, id: RawId<'_>) -> Option<u32> {
        let key = key(id);
        // An integer is its own key, which saves looking at the ids.
        let is_key = matches!((id, self.ids.first()), (RawId::Integer(_), Some(EventId::Integer(_))));
        let is_same =
            |&(other, place): &(u64, u32)| other == key && (is_key || raw(&self.ids[place as usize]) == id);
        self.places.find(spread(key), is_same).map(|&(_, place)| place)
    }

    /// Whether an event of this kind makes somebody a member.
    pub(super) fn joins(&self, kind: EventKind) -> bool {
        let earns = matches!(kind, EventKind::Purchase | EventKind::Bonus);
        kind == EventKind::Join || (earns && self.program.rules().enrollment == Enrollment::FirstEarn)
    }

    /// The place of a new member.
    pub(super) fn enroll(&mut self, id: RawId<'_>) -> Result<u32> {
        if self
            .ids
            .first()
            .is_some_and(|first| matches!(first, EventId::Text(_)) != matches!(id, RawId::Text(_)))
        {
            let message = "integer and text ids cannot be mixed: convert one of them";
            return Err(Error::new(ErrorKind::Incompatible, message).on("customer_id"));
        }
        // The last two places stand for something else while batches are run.
        let place =
            u32::try_from(self.ids.len()).ok().filter(|&place| place < u32::MAX - 1).ok_or_else(|| {
                Error::new(ErrorKind::OutOfRange, "there are more than 4294967294 members").on("customer_id")
            })?;
        self.ids.push(owned(id));
        let key = key(id);
        self.places.insert_unique(spread(key), (key, place), |&(key, _)| spread(key));
        self.members.add();
        Ok(place)
    }

    /// The member that has the points of a member: itself, or the one that it was merged into in the end.
    pub(super) fn root(&self, mut place: u32) -> u32 {
        while let Some(&other) = self.merged.get(&place) {
            place = other;
        }
        place
    }

    /// The account of a member.
    pub(super) fn account(&self, place: u32) -> Result<PointsAccount> {
        Ok(self.members.read(place, &self.program)?.account)
    }

    pub(super) fn merge(
        &mut self,
        root: u32,
        other: u32,
        event: &EventId,
        time: i64,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        let refuse = |column: &str, message: &str| {
            Err(refused(ErrorKind::InvalidValue, column, &event.to_string(), message))
        };
        let (mine, theirs) = (&self.ids[root as usize], &self.ids[other as usize]);
        if let Some(&into) = self.merged.get(&other) {
            return refuse(
                "other_id",
                &format!("{theirs} was merged into {} already", self.ids[into as usize]),
            );
        }
        if root == other {
            return refuse("other_id", &format!("{mine} cannot be merged into itself"));
        }
        if self.merges.iter().any(|record| record.event == *event) {
            return refuse("event_id", "a merge of this id came before");
        }
        let (mut into, mut from) = (self.account(root)?, self.account(other)?);
        let mut pair = Pair { program: &self.program, event, time, entries };
        self.merges.push(pair.merge(&mut into, &mut from)?);
        self.merged.insert(other, root);
        self.put_back(into, from)
    }

    pub(super) fn unmerge(
        &mut self,
        of: &EventId,
        root: u32,
        event: &EventId,
        time: i64,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        let Some(place) = self.merges.iter().position(|record| record.event == *of) else { return Ok(()) };
        let record = self.merges.remove(place);
        let other = record.other;
        self.merged.remove(&other);
        let is_of_other: Vec<bool> = if self.merges.is_empty() {
            Vec::new()
        } else {
            (0..self.len() as u32).map(|place| self.root(place) == other).collect()
        };
        let (mut into, mut from) = (self.account(root)?, self.account(other)?);
        let mut pair = Pair { program: &self.program, event, time, entries };
        pair.unmerge(&record, &mut into, &mut from, |place| {
            if is_of_other.is_empty() { place == other } else { is_of_other[place as usize] }
        })?;
        self.put_back(into, from)
    }

    /// Puts two accounts back; nothing can be backdated before the merge that they come from.
    fn put_back(&mut self, one: PointsAccount, two: PointsAccount) -> Result<()> {
        for account in [one, two] {
            let backdates = self.program.rules().backdating_days > 0;
            let history = backdates.then(|| Box::new(History::new(account.clone())));
            self.members.write(&Member { account, history })?;
        }
        Ok(())
    }

    /// Applies one row, in whole or not at all, for those who count what does not fit.
    pub(super) fn apply_row(
        &mut self,
        batch: &EventColumns<'_>,
        row: usize,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        self.whole(|ledger| {
            ledger.row(batch, row, entries)?;
            entries.iter().try_for_each(|entry| ledger.vintages.count(entry))
        })?;
        self.rows += 1;
        Ok(())
    }

    /// Applies something that has no id to a member that has its own points.
    pub(super) fn apply_own(
        &mut self,
        place: u32,
        time: i64,
        action: PointsAction,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        self.whole(|ledger| {
            ledger.apply_event(place, &PointsEvent { id: None, time, action }, place, entries)?;
            entries.iter().try_for_each(|entry| ledger.vintages.count(entry))
        })
    }

    /// Applies an event to the member that has the points.
    pub(super) fn apply_event(
        &mut self,
        root: u32,
        event: &PointsEvent,
        via: u32,
        entries: &mut Vec<PointsEntry>,
    ) -> Result<()> {
        let mut member = self.members.read(root, &self.program)?;
        member.fold(&self.program, event, via, entries)?;
        self.members.write(&member)
    }

    /// Checks the laws of conservation and counts everything again, for every member.
    ///
    /// # Errors
    /// `Corrupt` with the two sides.
    pub fn verify(&self) -> Result<()> {
        let mut held = VintageTable::default();
        for place in 0..self.len() as u32 {
            let account = self.account(place)?;
            account.verify()?;
            held.hold(&account);
        }
        self.vintages.verify(&held)
    }
}

pub(super) fn unknown(column: &str, id: RawId<'_>, event: &EventId) -> Error {
    let message = format!("{} is not a member", owned(id));
    refused(ErrorKind::InvalidValue, column, &event.to_string(), &message)
}
