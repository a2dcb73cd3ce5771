//! Rows that come in order of customers and days, appended straight to the compressed history.

use std::ops::Range;

use rayon::prelude::*;

use super::id::{CustomerId, IdKind};
use super::ledger::{CustomerDays, DayEntry, DayLedger};
use super::options::RowAccount;
use super::scan::Scanner;
use crate::error::Result;

/// Rows of a batch that one thread reads at a time.
const MORSEL: usize = 1 << 15;

/// The morsels of a batch.
pub(super) fn ranges(rows: usize) -> Vec<Range<usize>> {
    (0..rows).step_by(MORSEL).map(|start| start..(start + MORSEL).min(rows)).collect()
}

/// What came in order so far.
pub(super) struct Ordered {
    days: CustomerDays,
    /// The runs of the last batch: they are appended while the next one is read, because appending is one thread's
    /// work, most of it first touching memory (measured at 10M rows: a third less wall time).
    waiting: Vec<Run>,
}

impl Ordered {
    pub(super) fn new(kind: IdKind) -> Self {
        Self { days: CustomerDays::new(kind), waiting: Vec::new() }
    }

    /// Adds a batch that goes on in order; `None`, without a change, if it does not or has a row that is refused: reading it
    /// again in the other way then tells which row is the first.
    pub(super) fn push(&mut self, scanner: &Scanner<'_>) -> Result<Option<RowAccount>> {
        let ranges = ranges(scanner.batch.len());
        let read = |range| Run::read(scanner, range).unwrap_or(None);
        let runs: Vec<Option<Run>> = if ranges.len() <= 1 {
            self.append_waiting();
            ranges.into_iter().map(read).collect()
        } else {
            let append = || self.append_waiting();
            scanner
                .options
                .threads
                .run(|| rayon::join(append, || ranges.into_par_iter().map(read).collect()).1)?
        };
        let Some(runs) = runs.into_iter().collect::<Option<Vec<Run>>>() else { return Ok(None) };
        let mut account = RowAccount::default();
        let mut last = end_of(&self.days);
        for run in &runs {
            account.merge(&run.account);
            if let (Some(start), Some(end)) = (start_of(&run.days), end_of(&run.days)) {
                if last.is_some_and(|last| last > start) {
                    return Ok(None);
                }
                last = Some(end);
            }
        }
        self.waiting = runs;
        Ok(Some(account))
    }

    pub(super) fn finish(mut self) -> CustomerDays {
        self.append_waiting();
        self.days
    }

    fn append_waiting(&mut self) {
        for run in std::mem::take(&mut self.waiting) {
            self.days.append(&run.days);
        }
    }
}

/// Rows of one morsel that came in order.
struct Run {
    days: CustomerDays,
    account: RowAccount,
}

impl Run {
    /// Reads rows as long as they come in order; `None` if they do not.
    fn read(scanner: &Scanner<'_>, range: Range<usize>) -> Result<Option<Self>> {
        let mut days = CustomerDays::new(scanner.id_kind());
        days.purchases.reserve(range.len());
        let (mut last, mut in_order) = (None, true);
        let account = scanner.rows(range, |row| {
            let open = match last {
                Some((id, day)) if id == row.id => {
                    in_order = day <= row.day;
                    false
                }
                Some((id, _)) => {
                    in_order = id < row.id;
                    true
                }
                None => true,
            };
            if in_order {
                if open {
                    days.open(row.id);
                }
                days.add(DayEntry { day: row.day, count: 1, micros: row.micros, is_return: row.micros < 0 });
                last = Some((row.id, row.day));
            }
            in_order
        })?;
        Ok(in_order.then_some(Self { days, account }))
    }
}

/// The first customer and day.
fn start_of(days: &CustomerDays) -> Option<(CustomerId<'_>, i32)> {
    if days.len() == 0 {
        return None;
    }
    let first = |ledger: &DayLedger| ledger.days[ledger.range(0)].first().copied();
    let day = [first(&days.purchases), first(&days.returns)].into_iter().flatten().min()?;
    Some((days.ids.get(0), day))
}

/// The last customer and day.
fn end_of(days: &CustomerDays) -> Option<(CustomerId<'_>, i32)> {
    let customer = days.len().checked_sub(1)?;
    let last = |ledger: &DayLedger| ledger.days[ledger.range(customer)].last().copied();
    let day = [last(&days.purchases), last(&days.returns)].into_iter().flatten().max()?;
    Some((days.ids.get(customer), day))
}
