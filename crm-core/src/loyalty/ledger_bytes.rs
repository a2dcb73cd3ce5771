//! Saved ledgers: all members and their rules as bytes with a checksum.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::points_event::EventId;
use super::points_ledger::{Member, PointsLedger};
use super::points_merge::MergeRecord;
use super::program::LoyaltyProgram;
use super::vintage::VintageTable;
use crate::error::{Error, ErrorKind, Result};

/// What saved ledgers start with, and the version of their layout.
const MAGIC: [u8; 4] = *b"CRMP";
const VERSION: u16 = 1;
const HEADER: usize = 10;

#[derive(Serialize, Deserialize)]
struct Stored<'a> {
    program: Cow<'a, str>,
    ids: Cow<'a, [EventId]>,
    members: Cow<'a, [Member]>,
    merges: Cow<'a, [MergeRecord]>,
    vintages: Cow<'a, VintageTable>,
    rows: u64,
    events_are_text: Option<bool>,
}

impl PointsLedger {
    /// The ledger as bytes: its rules, every member's state and the log of merges.
    ///
    /// # Errors
    /// `OutOfRange` if the ledger does not fit memory once more.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let stored = Stored {
            program: self.program().to_json().into(),
            ids: (&self.ids).into(),
            members: (&self.members).into(),
            merges: (&self.merges).into(),
            vintages: Cow::Borrowed(&self.vintages),
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
        let (stored, rest): (Stored<'_>, _) =
            postcard::take_from_bytes(payload).map_err(|error| corrupt(&error.to_string()))?;
        if !rest.is_empty() || stored.members.len() != stored.ids.len() {
            return Err(corrupt("has members without an id, or more than one ledger"));
        }
        let count = stored.members.len() as u32;
        for (place, member) in stored.members.iter().enumerate() {
            // Merged members stand below each other without a ring, as each was merged once.
            let mut steps = 0;
            let mut at = Some(place as u32);
            while let Some(here) = at {
                let Some(member) = stored.members.get(here as usize).filter(|_| steps <= count) else {
                    return Err(corrupt("a member is merged into itself or into nobody"));
                };
                at = member.merged_into;
                steps += 1;
            }
            if member.account.member != place as u32
                || member.account.lots.iter().any(|lot| lot.origin >= count)
            {
                return Err(corrupt("a member stands in another's place"));
            }
        }
        if stored.merges.iter().any(|merge| merge.other >= count) {
            return Err(corrupt("a merge is of nobody"));
        }
        let program = LoyaltyProgram::from_json(&stored.program)?;
        let ledger = Self::assemble(
            program,
            stored.ids.into_owned(),
            stored.members.into_owned(),
            stored.merges.into_owned(),
            stored.vintages.into_owned(),
            stored.rows,
            stored.events_are_text,
        );
        ledger.verify().map_err(|error| corrupt(&error.to_string()))?;
        Ok(ledger)
    }
}
