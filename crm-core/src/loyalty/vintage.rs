//! What became of points, by the month in which they were earned.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::points_account::PointsAccount;
use super::points_entry::{EntryKind, PointsEntry};
use crate::error::{Error, ErrorKind, Result};

/// Totals of the points of one month of earning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct VintageTotals {
    pub(super) earned: i128,
    /// Spent less restored.
    pub(super) redeemed: i128,
    pub(super) expired: i128,
    /// Taken back, and taken for what was owed.
    pub(super) reversed: i128,
}

impl VintageTotals {
    pub(super) fn outstanding(&self) -> i128 {
        self.earned - self.redeemed - self.expired - self.reversed
    }
}

/// Totals by month of earning, counted from January 1970.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct VintageTable {
    pub(super) months: BTreeMap<i32, VintageTotals>,
}

impl VintageTable {
    pub(super) fn count(&mut self, entry: &PointsEntry) -> Result<()> {
        let points = i128::from(entry.points);
        let totals = self.months.entry(entry.vintage).or_default();
        let (total, change) = match entry.kind {
            EntryKind::Earned => (&mut totals.earned, points),
            EntryKind::Redeemed => (&mut totals.redeemed, points),
            EntryKind::Restored => (&mut totals.redeemed, -points),
            EntryKind::Expired => (&mut totals.expired, points),
            EntryKind::Reversed | EntryKind::Settled => (&mut totals.reversed, points),
            _ => return Ok(()),
        };
        *total = total.checked_add(change).ok_or_else(|| {
            Error::new(ErrorKind::OutOfRange, "the points of a month do not fit 128 bits").on("points")
        })?;
        Ok(())
    }

    /// Checks that what is outstanding is what members have.
    pub(super) fn verify<'a>(&self, accounts: impl Iterator<Item = &'a PointsAccount>) -> Result<()> {
        let mut held: BTreeMap<i32, i128> = BTreeMap::new();
        for lot in accounts.flat_map(|account| &account.lots) {
            *held.entry(lot.vintage).or_default() += i128::from(lot.points);
        }
        for (month, totals) in &self.months {
            let (counted, held) = (totals.outstanding(), held.remove(month).unwrap_or(0));
            if counted != held {
                let message = format!("month {month}: {counted} points are outstanding, members have {held}");
                return Err(Error::new(ErrorKind::Corrupt, message).on("points"));
            }
        }
        match held.first_key_value() {
            Some((month, points)) => {
                let message = format!("month {month}: members have {points} points that were never earned");
                Err(Error::new(ErrorKind::Corrupt, message).on("points"))
            }
            None => Ok(()),
        }
    }
}
