//! Order lines: kept by histories that need more than days to merge exactly.
//!
//! The number of distinct orders, and which rows repeat another, cannot be added up over batches. A history that
//! counts order ids or removes duplicates therefore keeps its lines, and its days follow from them.

use serde::{Deserialize, Serialize};

use super::id::Ids;
use super::ledger::{CustomerDays, DayEntry};
use super::options::{Exclusion, Policy, RowAccount};
use super::transaction::RawId;
use crate::error::{Error, ErrorKind, Result};

/// An order id as 128 bits: an integer itself, a text as its XXH3 hash (two of a billion texts collide with a
/// probability below 1e-20); 0 is no order id, each such line being an order of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct OrderKey(u128);

impl OrderKey {
    pub(crate) const NONE: Self = Self(0);
    /// Marks integers, so that they never meet a hash.
    const INTEGER: u128 = 1 << 127;

    pub(crate) fn new(id: RawId<'_>) -> Self {
        Self(match id {
            RawId::Missing => 0,
            RawId::Integer(id) => Self::INTEGER | u128::from(id as u64),
            RawId::Text(text) => (xxhash_rust::xxh3::xxh3_128(text.as_bytes()) & !Self::INTEGER).max(1),
        })
    }
}

/// One line, ordered by order, time and amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) order: OrderKey,
    /// Microseconds, in the kind of time that the history was read in.
    pub(crate) time: i64,
    pub(crate) micros: i64,
    pub(crate) day: i32,
}

/// The lines of each customer, sorted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Lines {
    /// Where each customer's lines start; as many as customers.
    pub(crate) starts: Vec<u64>,
    pub(crate) lines: Vec<Line>,
}

impl Lines {
    pub(crate) fn of(&self, customer: usize) -> &[Line] {
        let end = self.starts.get(customer + 1).map_or(self.lines.len(), |&end| end as usize);
        &self.lines[self.starts[customer] as usize..end]
    }

    /// Adds a customer with these lines, sorting them and treating equal ones as `duplicates` says.
    pub(crate) fn push(
        &mut self,
        id: impl std::fmt::Display,
        lines: &mut Vec<Line>,
        duplicates: Policy,
        account: &mut RowAccount,
    ) -> Result<()> {
        lines.sort_unstable();
        if duplicates != Policy::Keep {
            let mut previous = None;
            let mut twice = None;
            lines.retain(|line| {
                let repeats = previous == Some(*line);
                if repeats {
                    twice = Some(*line);
                    let total = if line.micros < 0 { &mut account.returns } else { &mut account.purchases };
                    total.rows -= 1;
                    total.amount -= super::money::Money::from_micros(i128::from(line.micros));
                    account.exclude(Exclusion::Duplicate, line.micros);
                }
                previous = Some(*line);
                !repeats
            });
            if let (Policy::Raise, Some(line)) = (duplicates, twice) {
                let amount = super::money::Money::from_micros(i128::from(line.micros));
                let day = super::period::Day::from_number(line.day)?;
                let message = format!("customer {id} has equal rows of {amount} on {day}");
                return Err(Error::new(ErrorKind::InvalidValue, message).on("duplicates"));
            }
        }
        self.starts.push(self.lines.len() as u64);
        self.lines.extend_from_slice(lines);
        Ok(())
    }

    /// The days that follow from the lines of days within a range.
    ///
    /// A line counts on its own day; an order counts once, on the day of its first purchase line.
    pub(crate) fn days(&self, ids: &Ids, range: std::ops::RangeInclusive<i32>) -> CustomerDays {
        let mut days = CustomerDays::new(ids.kind());
        let mut entries = Vec::new();
        for customer in 0..ids.len() {
            entries.clear();
            let mut counted = None;
            for line in self.of(customer).iter().filter(|line| range.contains(&line.day)) {
                let is_return = line.micros < 0;
                let is_first = line.order == OrderKey::NONE || counted != Some(line.order);
                if !is_return && is_first {
                    counted = Some(line.order);
                }
                let count = u32::from(is_return || is_first);
                entries.push(DayEntry { day: line.day, count, micros: line.micros, is_return });
            }
            entries.sort_by_key(|entry| entry.day);
            days.open(ids.get(customer));
            for &entry in &entries {
                days.add(entry);
            }
        }
        days.into_canonical()
    }

    /// Rows of days within a range.
    pub(crate) fn rows(&self, range: std::ops::RangeInclusive<i32>) -> u64 {
        self.lines.iter().filter(|line| range.contains(&line.day)).count() as u64
    }

    pub(crate) fn merge(
        (one, one_ids): (&Self, &Ids),
        (other, other_ids): (&Self, &Ids),
        duplicates: Policy,
        account: &mut RowAccount,
    ) -> Result<(Ids, Self)> {
        let mut ids = Ids::new(if one_ids.len() > 0 { one_ids.kind() } else { other_ids.kind() });
        let mut merged = Self::default();
        let mut outcome = Ok(());
        let mut both = Vec::new();
        one_ids.merge(other_ids, |id, mine, theirs| {
            both.clear();
            both.extend_from_slice(mine.map_or(&[], |customer| one.of(customer)));
            both.extend_from_slice(theirs.map_or(&[], |customer| other.of(customer)));
            ids.push(id);
            if outcome.is_ok() {
                outcome = merged.push(id, &mut both, duplicates, account);
            }
        });
        outcome.map(|()| (ids, merged))
    }

    pub(crate) fn check(&self, customers: usize) -> Result<()> {
        let sound = self.starts.len() == customers
            && self.starts.first().copied().unwrap_or(0) == 0
            && self.starts.windows(2).all(|pair| pair[0] <= pair[1])
            && self.starts.last().copied().unwrap_or(0) <= self.lines.len() as u64
            && (customers > 0 || self.lines.is_empty())
            && (0..customers).all(|customer| self.of(customer).is_sorted())
            && self.lines.iter().all(|line| super::period::Day::from_number(line.day).is_ok());
        if sound {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Corrupt, "the history's order lines are not in order"))
        }
    }
}
