//! The compressed sparse rows of a purchase history: customers in order, each with its days in order.

use serde::{Deserialize, Serialize};

use super::id::{CustomerId, IdKind, Ids};
use super::money::MoneyColumn;
use super::period::Day;
use crate::error::{Error, ErrorKind, Result};

/// Per customer the days on which something happened, ascending, with a count and an amount each.
///
/// `starts[c]` is where customer `c`'s days start. The column ends with the last customer that has a day, so equal
/// contents have equal representations, and a ledger without entries takes no memory.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct DayLedger {
    starts: Vec<u64>,
    pub(crate) days: Vec<i32>,
    pub(crate) counts: Vec<u32>,
    pub(crate) amounts: MoneyColumn,
}

impl DayLedger {
    pub(crate) fn len(&self) -> usize {
        self.days.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    #[inline]
    fn start(&self, customer: usize) -> usize {
        self.starts.get(customer).map_or(self.days.len(), |&start| start as usize)
    }

    #[inline]
    pub(crate) fn range(&self, customer: usize) -> std::ops::Range<usize> {
        self.start(customer)..self.start(customer + 1)
    }

    pub(crate) fn reserve(&mut self, entries: usize) {
        self.starts.reserve(entries);
        self.days.reserve(entries);
        self.counts.reserve(entries);
        self.amounts.reserve(entries);
    }

    /// Adds to a day of the last customer; `day` must not be before the customer's last.
    #[inline]
    pub(crate) fn add(&mut self, customer: usize, day: i32, count: u32, micros: i128) {
        if self.starts.len() == customer + 1 && self.days.last() == Some(&day) {
            if let Some(last) = self.counts.last_mut() {
                *last = last.saturating_add(count);
            }
            self.amounts.add_to_last(micros);
            return;
        }
        if self.starts.len() <= customer {
            self.starts.resize(customer + 1, self.days.len() as u64);
        }
        self.days.push(day);
        self.counts.push(count);
        self.amounts.push(micros);
    }

    /// Appends another ledger whose customer 0 is this one's customer `base`.
    fn append(&mut self, other: &Self, base: usize) {
        if other.is_empty() {
            return;
        }
        let mut skip = 0;
        if self.starts.len() <= base {
            self.starts.resize(base + 1, self.days.len() as u64);
        } else if !other.range(0).is_empty() && self.days.last() == Some(&other.days[0]) {
            self.add(base, other.days[0], other.counts[0], other.amounts.get(0));
            skip = 1;
        }
        let shift = (self.days.len() - skip) as u64;
        self.starts.extend(other.starts[1..].iter().map(|&start| start + shift));
        self.days.extend_from_slice(&other.days[skip..]);
        self.counts.extend_from_slice(&other.counts[skip..]);
        self.amounts.extend_from(&other.amounts, skip);
    }

    fn copy_customer(&mut self, customer: usize, other: &Self, from: usize) {
        for entry in other.range(from) {
            self.add(customer, other.days[entry], other.counts[entry], other.amounts.get(entry));
        }
    }

    fn merge_customer(&mut self, customer: usize, one: (&Self, usize), other: (&Self, usize)) {
        let (mut left, mut right) = (one.0.range(one.1).peekable(), other.0.range(other.1).peekable());
        loop {
            let from_left = match (left.peek(), right.peek()) {
                (Some(&i), Some(&j)) => one.0.days[i] <= other.0.days[j],
                (Some(_), None) => true,
                (None, Some(_)) => false,
                (None, None) => return,
            };
            let (ledger, entry) = if from_left { (one.0, left.next()) } else { (other.0, right.next()) };
            if let Some(entry) = entry {
                self.add(customer, ledger.days[entry], ledger.counts[entry], ledger.amounts.get(entry));
            }
        }
    }

    fn check(&self, customers: usize) -> Result<()> {
        let sound = self.counts.len() == self.days.len()
            && self.amounts.len() == self.days.len()
            && self.amounts.is_canonical()
            && self.starts.len() <= customers
            && self.starts.first().copied().unwrap_or(0) == 0
            && self.starts.windows(2).all(|pair| pair[0] <= pair[1])
            && self.starts.last().map_or(self.days.is_empty(), |&last| last < self.days.len() as u64)
            && self.days.iter().all(|&day| Day::from_number(day).is_ok())
            && (0..customers)
                .all(|customer| self.days[self.range(customer)].windows(2).all(|pair| pair[0] < pair[1]));
        if sound {
            Ok(())
        } else {
            Err(Error::new(ErrorKind::Corrupt, "the history's days are not in order"))
        }
    }
}

/// Customers in canonical order with the days of their purchases and of their returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CustomerDays {
    pub(crate) ids: Ids,
    pub(crate) purchases: DayLedger,
    pub(crate) returns: DayLedger,
}

/// One entry of a ledger, as it is added.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DayEntry {
    pub(crate) day: i32,
    /// Orders, or rows of returns.
    pub(crate) count: u32,
    pub(crate) micros: i64,
    pub(crate) is_return: bool,
}

impl CustomerDays {
    pub(crate) fn new(kind: IdKind) -> Self {
        Self { ids: Ids::new(kind), purchases: DayLedger::default(), returns: DayLedger::default() }
    }

    pub(crate) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Starts a customer whose id is above all before.
    #[inline]
    pub(crate) fn open(&mut self, id: CustomerId<'_>) {
        self.ids.push(id);
    }

    /// Adds to the last customer; entries of one kind come in order of their days.
    #[inline]
    pub(crate) fn add(&mut self, entry: DayEntry) {
        let customer = self.ids.len() - 1;
        let ledger = if entry.is_return { &mut self.returns } else { &mut self.purchases };
        ledger.add(customer, entry.day, entry.count, i128::from(entry.micros));
    }

    /// Appends customers that come after these; only the last of these and the first of those may be the same, and
    /// then its days must not go back.
    pub(crate) fn append(&mut self, other: &Self) {
        if other.len() == 0 {
            return;
        }
        let shared = usize::from(self.len() > 0 && self.ids.get(self.len() - 1) == other.ids.get(0));
        let base = self.len() - shared;
        self.purchases.append(&other.purchases, base);
        self.returns.append(&other.returns, base);
        self.ids.extend_from(&other.ids, shared);
    }

    pub(crate) fn merge(&self, other: &Self) -> Self {
        let kind = if self.len() > 0 { self.ids.kind() } else { other.ids.kind() };
        let mut merged = Self::new(kind);
        self.ids.merge(&other.ids, |id, mine, theirs| {
            let customer = merged.len();
            merged.ids.push(id);
            for (ledger, one, two) in [
                (&mut merged.purchases, &self.purchases, &other.purchases),
                (&mut merged.returns, &self.returns, &other.returns),
            ] {
                match (mine, theirs) {
                    (Some(i), Some(j)) => ledger.merge_customer(customer, (one, i), (two, j)),
                    (Some(i), None) => ledger.copy_customer(customer, one, i),
                    (None, Some(j)) => ledger.copy_customer(customer, two, j),
                    (None, None) => {}
                }
            }
        });
        merged.into_canonical()
    }

    /// Sums that passed through 128 bits on their way may need 64 again.
    pub(crate) fn into_canonical(mut self) -> Self {
        self.purchases.amounts = std::mem::take(&mut self.purchases.amounts).into_canonical();
        self.returns.amounts = std::mem::take(&mut self.returns.amounts).into_canonical();
        self
    }

    /// Refuses counts that did not fit into 32 bits.
    pub(crate) fn check_counts(&self) -> Result<()> {
        if self.purchases.counts.contains(&u32::MAX) || self.returns.counts.contains(&u32::MAX) {
            let message = "one customer has more than 4294967294 orders on one day";
            return Err(Error::new(ErrorKind::OutOfRange, message));
        }
        Ok(())
    }

    /// Checks a value that came from outside.
    pub(crate) fn check(&self) -> Result<()> {
        if !self.ids.is_strictly_ascending() {
            return Err(Error::new(ErrorKind::Corrupt, "the history's customers are not in order"));
        }
        self.purchases.check(self.len())?;
        self.returns.check(self.len())?;
        self.check_counts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(rows: &[(i64, i32, i64)]) -> CustomerDays {
        let mut days = CustomerDays::new(IdKind::Integer);
        for &(id, day, micros) in rows {
            if days.len() == 0 || days.ids.get(days.len() - 1) != CustomerId::Integer(id) {
                days.open(CustomerId::Integer(id));
            }
            days.add(DayEntry { day, count: 1, micros, is_return: micros < 0 });
        }
        days
    }

    #[test]
    fn append_at_any_row_equals_the_whole() {
        let rows =
            [(1, 5, 10), (1, 5, 20), (1, 6, -3), (2, 1, 7), (3, 4, -1), (3, 4, -2), (3, 9, 8), (7, 7, 7)];
        let whole = days(&rows);
        whole.check().unwrap();
        for cut in 0..=rows.len() {
            let mut first = days(&rows[..cut]);
            first.append(&days(&rows[cut..]));
            assert_eq!(first, whole, "cut at {cut}");
            assert_eq!(days(&rows[..cut]).merge(&days(&rows[cut..])), whole, "merge at {cut}");
        }
        assert_eq!(whole.purchases.range(0), 0..1);
        assert!(whole.returns.range(3).is_empty());
    }
}
