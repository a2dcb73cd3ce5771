//! The states of all members, packed, and going back to what they were before a batch.
//!
//! Nothing is overwritten: a state that changes is packed anew at the end of a segment, and its slot points there. What a batch replaced stays
//! where it was until the batch is done, so that a refused batch only puts slots back. When more bytes are dead than alive, all states are
//! copied in the order of members; a batch that is run in that order then reads memory from one end to the other.

use super::points_account::PointsAccount;
use super::points_history::History;
use super::points_packed::{pack, unpack};
use super::program::LoyaltyProgram;
use crate::error::{Error, ErrorKind, Result};

/// One member of the ledger, at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) account: PointsAccount,
    /// The newest events, if events may be backdated.
    pub(super) history: Option<Box<History>>,
}

impl Member {
    /// Somebody to whom nothing has happened yet.
    pub(super) fn new(place: u32, program: &LoyaltyProgram) -> Self {
        let account = PointsAccount::new(place);
        let backdates = program.rules().backdating_days > 0;
        let history = backdates.then(|| Box::new(History::new(account.clone())));
        Self { account, history }
    }
}

/// Where a state stands; a length of 0 is that of [`Member::new`].
#[derive(Clone, Copy, Debug, Default)]
struct Slot {
    segment: u32,
    start: u32,
    length: u32,
}

/// New states of some members, in a segment of their own.
#[derive(Debug, Default)]
pub(super) struct Packed {
    bytes: Vec<u8>,
    /// The places of the members, and where their states end.
    ends: Vec<(u32, u32)>,
}

/// A segment that is longer takes no further state.
const LONGEST: usize = 1 << 26;
/// As long as fewer bytes are dead, nothing is copied.
const LEAST_DEAD: usize = 1 << 20;

#[derive(Clone, Debug, Default)]
pub(super) struct Store {
    segments: Vec<Vec<u8>>,
    slots: Vec<Slot>,
    alive: usize,
    dead: usize,
    /// What the running batch replaced, the newest last.
    replaced: Vec<(u32, Slot)>,
}

/// The ends of everything before a batch.
pub(super) struct Mark {
    segments: usize,
    length: usize,
    slots: usize,
    alive: usize,
}

impl PartialEq for Store {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && (0..self.len() as u32).all(|place| self.state(place) == other.state(place))
    }
}

impl Packed {
    /// Packs the state of a member.
    pub(super) fn push(&mut self, member: &Member) -> Result<()> {
        pack(&member.account, &mut self.bytes);
        if let Some(history) = &member.history {
            let bytes =
                postcard::to_stdvec(history).map_err(|error| broken(member.account.member, &error))?;
            self.bytes.extend_from_slice(&bytes);
        }
        let end = u32::try_from(self.bytes.len()).map_err(|_| {
            Error::new(ErrorKind::OutOfRange, "the members of a batch take more than 4 GB").on("events")
        })?;
        self.ends.push((member.account.member, end));
        Ok(())
    }
}

impl Store {
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// A member more.
    pub(super) fn add(&mut self) {
        self.slots.push(Slot::default());
    }

    fn state(&self, place: u32) -> &[u8] {
        let slot = self.slots[place as usize];
        &self.tail(slot)[..slot.length as usize]
    }

    /// The bytes from the start of a state to the end of its segment: groups are read faster if more follows.
    fn tail(&self, slot: Slot) -> &[u8] {
        self.segments.get(slot.segment as usize).map_or(&[], |segment| &segment[slot.start as usize..])
    }

    /// Reads a member.
    pub(super) fn read(&self, place: u32, program: &LoyaltyProgram) -> Result<Member> {
        let mut member = Member::new(place, program);
        self.read_into(place, &mut member)?;
        Ok(member)
    }

    /// Reads a member over another one of the same ledger.
    pub(super) fn read_into(&self, place: u32, member: &mut Member) -> Result<()> {
        let slot = self.slots[place as usize];
        if slot.length == 0 {
            member.account.clear(place);
            if let Some(history) = &mut member.history {
                **history = History::new(PointsAccount::new(place));
            }
            return Ok(());
        }
        let rest = unpack(self.tail(slot), place, &mut member.account);
        if let Some(history) = &mut member.history {
            **history = postcard::take_from_bytes(rest).map_err(|error| broken(place, &error))?.0;
        }
        Ok(())
    }

    /// Writes a member.
    pub(super) fn write(&mut self, member: &Member) -> Result<()> {
        let mut packed = Packed::default();
        if self.segments.last().is_some_and(|segment| segment.len() < LONGEST)
            && let Some(last) = self.segments.pop()
        {
            packed.bytes = last;
        }
        let start = packed.bytes.len();
        let result = packed.push(member);
        self.take(packed, start);
        result
    }

    /// Takes new states over.
    pub(super) fn adopt(&mut self, packed: Packed) {
        if !packed.ends.is_empty() {
            self.take(packed, 0);
        }
    }

    fn take(&mut self, packed: Packed, mut start: usize) {
        let segment = self.segments.len() as u32;
        for (place, end) in packed.ends {
            let slot = Slot { segment, start: start as u32, length: end - start as u32 };
            start = end as usize;
            let old = std::mem::replace(&mut self.slots[place as usize], slot);
            self.replaced.push((place, old));
            self.alive += slot.length as usize;
        }
        self.segments.push(packed.bytes);
    }

    /// The start of a batch.
    pub(super) fn mark(&mut self) -> Mark {
        self.replaced.clear();
        let length = self.segments.last().map_or(0, Vec::len);
        Mark { segments: self.segments.len(), length, slots: self.slots.len(), alive: self.alive }
    }

    /// Everything as it was at the start of the batch.
    pub(super) fn go_back(&mut self, mark: &Mark) {
        while let Some((place, slot)) = self.replaced.pop() {
            self.slots[place as usize] = slot;
        }
        self.slots.truncate(mark.slots);
        self.segments.truncate(mark.segments);
        if let Some(last) = self.segments.last_mut() {
            last.truncate(mark.length);
        }
        self.alive = mark.alive;
    }

    /// The end of a batch: what it replaced is dead.
    pub(super) fn settle(&mut self) {
        let dead: usize = self.replaced.drain(..).map(|(_, slot)| slot.length as usize).sum();
        self.dead += dead;
        self.alive -= dead;
        if self.dead > self.alive.max(LEAST_DEAD) {
            self.compact();
        }
    }

    fn compact(&mut self) {
        let mut segments = Vec::new();
        let mut bytes = Vec::with_capacity(self.alive.min(LONGEST));
        for place in 0..self.slots.len() {
            let state = self.state(place as u32);
            if !bytes.is_empty() && bytes.len() + state.len() > LONGEST {
                segments.push(std::mem::take(&mut bytes));
            }
            let start = bytes.len() as u32;
            bytes.extend_from_slice(state);
            let slot = &mut self.slots[place];
            (slot.segment, slot.start) = (segments.len() as u32, start);
        }
        segments.push(bytes);
        self.dead = 0;
        self.segments = segments;
    }
}

fn broken(place: u32, error: &postcard::Error) -> Error {
    let message = format!("the newest events of member {place} cannot be kept: {error}");
    Error::new(ErrorKind::Corrupt, message).on("events")
}
