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
        let (total, change): (fn(&mut VintageTotals) -> &mut i128, i128) = match entry.kind {
            EntryKind::Earned => (|totals| &mut totals.earned, points),
            EntryKind::Redeemed => (|totals| &mut totals.redeemed, points),
            EntryKind::Restored => (|totals| &mut totals.redeemed, -points),
            EntryKind::Expired => (|totals| &mut totals.expired, points),
            EntryKind::Reversed | EntryKind::Settled => (|totals| &mut totals.reversed, points),
            _ => return Ok(()),
        };
        let total = total(self.months.entry(entry.vintage).or_default());
        *total = total.checked_add(change).ok_or_else(|| {
            Error::new(ErrorKind::OutOfRange, "the points of a month do not fit 128 bits").on("points")
        })?;
        Ok(())
    }

    /// Counts what an account has as earned.
    pub(super) fn hold(&mut self, account: &PointsAccount) {
        for lot in &account.lots {
            self.months.entry(lot.vintage).or_default().earned += i128::from(lot.points);
        }
    }

    /// Adds other totals.
    pub(super) fn add(&mut self, other: &Self) -> Result<()> {
        for (&month, more) in &other.months {
            let totals = self.months.entry(month).or_default();
            let sum = |one: i128, other: i128| {
                one.checked_add(other).ok_or_else(|| {
                    Error::new(ErrorKind::OutOfRange, "the points of a month do not fit 128 bits")
                        .on("points")
                })
            };
            *totals = VintageTotals {
                earned: sum(totals.earned, more.earned)?,
                redeemed: sum(totals.redeemed, more.redeemed)?,
                expired: sum(totals.expired, more.expired)?,
                reversed: sum(totals.reversed, more.reversed)?,
            };
        }
        Ok(())
    }

    /// Checks that what is outstanding is what members have.
    pub(super) fn verify(&self, held: &Self) -> Result<()> {
        let mut held: BTreeMap<i32, i128> =
            held.months.iter().map(|(&month, totals)| (month, totals.earned)).collect();
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
