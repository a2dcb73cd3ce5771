//! How rows are read: explicit policies, and the account of what became of every row.

use serde::{Deserialize, Serialize};

use super::money::Money;
use super::zone::BusinessZone;
use crate::error::{Error, Result};
use crate::parallel::Threads;

/// What to do with rows of some kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Policy {
    /// Use them.
    Keep = 0,
    /// Leave them out and count them in the row account.
    Exclude = 1,
    /// Refuse the input with an error that names the first such row.
    Raise = 2,
}

impl Policy {
    /// A policy from its name: `keep`, `exclude` or `raise`.
    ///
    /// # Errors
    /// `InvalidArgument` for another name; `argument` is the option that it was given for.
    pub fn from_name(argument: &str, name: &str) -> Result<Self> {
        match name {
            "keep" => Ok(Self::Keep),
            "exclude" => Ok(Self::Exclude),
            "raise" => Ok(Self::Raise),
            _ => Err(Error::argument(argument, format!("{name:?}"), "keep, exclude or raise")),
        }
    }

    /// A policy from its code.
    ///
    /// # Errors
    /// `InvalidArgument` for another code; `argument` is the option that it was given for.
    pub fn from_code(argument: &str, code: i32) -> Result<Self> {
        match code {
            0 => Ok(Self::Keep),
            1 => Ok(Self::Exclude),
            2 => Ok(Self::Raise),
            _ => Err(Error::argument(argument, code, "0 (keep), 1 (exclude) or 2 (raise)")),
        }
    }
}

/// How transactions are read.
///
/// Defaults: guests (rows without a customer id) are left out and counted; returns are kept and subtracted; zero
/// amounts and equal rows are kept as the purchases that they mostly are; a missing or impossible time or
/// amount is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IngestOptions {
    /// The zone that decides the day of an instant. Needed for times that carry a zone; times without one are
    /// taken as the wall clock of the business.
    pub time_zone: Option<BusinessZone>,
    /// Rows without a customer id: exclude (default) or raise.
    pub missing_id: Policy,
    /// Rows without a time: raise (default) or exclude.
    pub missing_time: Policy,
    /// Rows whose time is outside years 1 to 9999: raise (default) or exclude.
    pub invalid_time: Policy,
    /// Rows without an amount: raise (default) or exclude.
    pub missing_amount: Policy,
    /// Rows whose amount is NaN, infinite or out of range: raise (default) or exclude.
    pub invalid_amount: Policy,
    /// Rows with a negative amount: keep (default; they lower the net amount and are no purchase), exclude or raise.
    pub returns: Policy,
    /// Rows with amount zero: keep as purchases (default), exclude or raise.
    pub zero_amounts: Policy,
    /// Rows equal to another in customer, time, amount and order: keep (default), exclude or raise.
    pub duplicates: Policy,
    /// The currency, as a label: histories in different currencies do not merge.
    pub currency: Option<String>,
    /// Threads to use; the result does not depend on it.
    pub threads: Threads,
}

impl Default for IngestOptions {
    fn default() -> Self {
        Self {
            time_zone: None,
            missing_id: Policy::Exclude,
            missing_time: Policy::Raise,
            invalid_time: Policy::Raise,
            missing_amount: Policy::Raise,
            invalid_amount: Policy::Raise,
            returns: Policy::Keep,
            zero_amounts: Policy::Keep,
            duplicates: Policy::Keep,
            currency: None,
            threads: Threads::Available,
        }
    }
}

impl IngestOptions {
    /// Checks that no policy asks to keep what cannot be used.
    ///
    /// # Errors
    /// `InvalidArgument` naming the option.
    pub fn check(&self) -> Result<()> {
        for (name, policy) in [
            ("missing_id", self.missing_id),
            ("missing_time", self.missing_time),
            ("invalid_time", self.invalid_time),
            ("missing_amount", self.missing_amount),
            ("invalid_amount", self.invalid_amount),
        ] {
            if policy == Policy::Keep {
                return Err(Error::argument(name, "keep", "exclude or raise: such rows cannot be used"));
            }
        }
        Ok(())
    }
}

/// Why a row was left out. The first reason in this order is the one that counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[repr(i32)]
#[non_exhaustive]
pub enum Exclusion {
    /// No customer id: a guest.
    MissingId = 0,
    /// No time.
    MissingTime = 1,
    /// A time outside years 1 to 9999.
    InvalidTime = 2,
    /// No amount.
    MissingAmount = 3,
    /// An amount that is NaN, infinite or out of range.
    InvalidAmount = 4,
    /// An amount of zero.
    ZeroAmount = 5,
    /// A negative amount.
    Return = 6,
    /// Equal to another row.
    Duplicate = 7,
}

impl Exclusion {
    /// Every reason, in the order of the codes.
    pub const ALL: [Self; 8] = [
        Self::MissingId,
        Self::MissingTime,
        Self::InvalidTime,
        Self::MissingAmount,
        Self::InvalidAmount,
        Self::ZeroAmount,
        Self::Return,
        Self::Duplicate,
    ];

    /// The name used in tables and in Python.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingId => "missing_id",
            Self::MissingTime => "missing_time",
            Self::InvalidTime => "invalid_time",
            Self::MissingAmount => "missing_amount",
            Self::InvalidAmount => "invalid_amount",
            Self::ZeroAmount => "zero_amount",
            Self::Return => "return",
            Self::Duplicate => "duplicate",
        }
    }
}

/// A number of rows and what they amount to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowTotal {
    /// Rows.
    pub rows: u64,
    /// Their net amount (of those that have a valid one).
    pub amount: Money,
}

impl RowTotal {
    #[inline]
    pub(crate) fn add(&mut self, micros: i64) {
        self.rows += 1;
        self.amount += Money::from_micros(i128::from(micros));
    }

    fn merge(&mut self, other: Self) {
        self.rows += other.rows;
        self.amount += other.amount;
    }
}

/// What became of every row: `read = purchases + returns + all exclusions`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RowAccount {
    /// Rows used as purchases (zero amounts included where they are kept).
    pub purchases: RowTotal,
    /// Rows used as returns; the amount is negative.
    pub returns: RowTotal,
    excluded: [RowTotal; Exclusion::ALL.len()],
}

impl RowAccount {
    /// All rows read.
    pub fn read(&self) -> u64 {
        self.used() + self.excluded.iter().map(|total| total.rows).sum::<u64>()
    }

    /// Rows used.
    pub fn used(&self) -> u64 {
        self.purchases.rows + self.returns.rows
    }

    /// Net amount of the rows used.
    pub fn net_amount(&self) -> Money {
        self.purchases.amount + self.returns.amount
    }

    /// Rows left out for a reason, and what they amount to.
    pub fn excluded(&self, reason: Exclusion) -> RowTotal {
        self.excluded[reason as usize]
    }

    #[inline]
    pub(crate) fn exclude(&mut self, reason: Exclusion, micros: i64) {
        self.excluded[reason as usize].add(micros);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.purchases.merge(other.purchases);
        self.returns.merge(other.returns);
        for (mine, theirs) in self.excluded.iter_mut().zip(other.excluded) {
            mine.merge(theirs);
        }
    }
}
