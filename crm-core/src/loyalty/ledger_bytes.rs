//! Saved ledgers: all members and their rules as bytes with a checksum.

use serde::ser::SerializeSeq;
use serde::{Deserialize, Serialize, Serializer};

use super::points_account::PointsAccount;
use super::points_event::EventId;
use super::points_history::History;
use super::points_ledger::PointsLedger;
use super::points_merge::MergeRecord;
use super::points_store::Member;
use super::program::LoyaltyProgram;
use super::vintage::VintageTable;
use crate::error::{Error, ErrorKind, Result};

/// What saved ledgers start with, and the version of their layout.
const MAGIC: [u8; 4] = *b"CRMP";
const VERSION: u16 = 1;
const HEADER: usize = 10;

#[derive(Serialize, Deserialize)]
struct Stored<M> {
    program: String,
    ids: Vec<EventId>,
    members: M,
    merges: Vec<MergeRecord>,
    vintages: VintageTable,
    rows: u64,
    events_are_text: Option<bool>,
}

#[derive(Serialize, Deserialize)]
struct StoredMember {
    account: PointsAccount,
    merged_into: Option<u32>,
    history: Option<Box<History>>,
}

/// The members of a ledger, unpacked one at a time.
struct Members<'a>(&'a PointsLedger);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut members = serializer.serialize_seq(Some(self.0.len()))?;
        for place in 0..self.0.len() as u32 {
            let Member { account, history } =
                self.0.members.read(place, self.0.program()).map_err(serde::ser::Error::custom)?;
            let merged_into = self.0.merged.get(&place).copied();
            members.serialize_element(&StoredMember { account, merged_into, history })?;
        }
        members.end()
    }
}

impl PointsLedger {
    /// The ledger as bytes: its rules, every member's state and the log of merges.
    ///
    /// # Errors
    /// `OutOfRange` if the ledger does not fit memory once more.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let stored = Stored {
            program: self.program().to_json(),
            ids: self.ids.clone(),
            members: Members(self),
            merges: self.merges.clone(),
            vintages: self.vintages.clone(),
            rows: self.rows,
            events_are_text: self.events_are_text,
        };
        let payload = postcard::to_stdvec(&stored)
            .map_err(|error| Error::new(ErrorKind::OutOfRange, error.to_string()).on("ledger"))?;
        let mut bytes = Vec::with_capacity(HEADER + payload.len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&payload).to_le_bytes());
        bytes.extend_from_slice(&payload);
        Ok(bytes)
    }

    /// A ledger from its bytes; it goes on where the saved one stood.
    ///
    /// # Errors
    /// `Corrupt` for bytes that are not a whole saved ledger or break its laws, `Incompatible` for one of a later version.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let corrupt = |message: &str| Error::new(ErrorKind::Corrupt, message.to_owned()).on("bytes");
        if bytes.len() < HEADER || bytes[..4] != MAGIC {
            return Err(corrupt("is not a saved points ledger"));
        }
        let version = u16::from_le_bytes([bytes[4], bytes[5]]);
        if version != VERSION {
            let message = format!("the ledger has version {version}, this release reads version {VERSION}");
            return Err(Error::new(ErrorKind::Incompatible, message).on("bytes"));
        }
        let (sum, payload) = ([bytes[6], bytes[7], bytes[8], bytes[9]], &bytes[HEADER..]);
        if crc32fast::hash(payload) != u32::from_le_bytes(sum) {
            return Err(corrupt("the checksum does not fit"));
        }
        let (stored, rest): (Stored<Vec<StoredMember>>, _) =
            postcard::take_from_bytes(payload).map_err(|error| corrupt(&error.to_string()))?;
        if !rest.is_empty() || stored.members.len() != stored.ids.len() {
            return Err(corrupt("has members without an id, or more than one ledger"));
        }
        let mut ledger = Self::of_members(LoyaltyProgram::from_json(&stored.program)?, stored.ids);
        let backdates = ledger.program().rules().backdating_days > 0;
        let count = stored.members.len() as u32;
        for (place, member) in stored.members.into_iter().enumerate() {
            let StoredMember { account, merged_into, history } = member;
            if account.member != place as u32 || account.lots.iter().any(|lot| lot.origin >= count) {
                return Err(corrupt("a member stands in another's place"));
            }
            if history.is_some() != backdates {
                return Err(corrupt(
                    "a member has events to be replayed that the rules do not allow, or none",
                ));
            }
            if let Some(into) = merged_into {
                ledger.merged.insert(place as u32, into);
            }
            let member = Member { account, history };
            ledger.members.write(&member)?;
            if ledger.members.read(place as u32, ledger.program())? != member {
                return Err(corrupt("a member has an instant outside the calendar"));
            }
        }
        for &place in ledger.merged.keys() {
            // Merged members stand below each other without a ring, as each was merged once.
            let (mut at, mut steps) = (place, 0);
            while let Some(&into) = ledger.merged.get(&at) {
                if into >= count || steps > ledger.merged.len() {
                    return Err(corrupt("a member is merged into itself or into nobody"));
                }
                (at, steps) = (into, steps + 1);
            }
        }
        if stored.merges.iter().any(|merge| merge.other >= count) {
            return Err(corrupt("a merge is of nobody"));
        }
        (ledger.merges, ledger.vintages) = (stored.merges, stored.vintages);
        (ledger.rows, ledger.events_are_text) = (stored.rows, stored.events_are_text);
        ledger.members.settle();
        ledger.verify().map_err(|error| corrupt(&error.to_string()))?;
        Ok(ledger)
    }
}
