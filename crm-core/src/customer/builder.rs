//! Building a history from batches of rows.
//!
//! Rows that come in order of customers and days, as a warehouse exports them, go straight into the compressed
//! history. From the first row out of order on, rows are buffered (24 bytes each, 64 with order lines) and sorted
//! once at the end.

use std::ops::Range;

use rayon::prelude::*;

use super::history::{PurchaseHistory, Settings, TimeKind};
use super::id::{CustomerId, IdKind, Ids, TextColumn};
use super::intern::Interner;
use super::ledger::{CustomerDays, DayEntry};
use super::line::{Line, Lines};
use super::options::{IngestOptions, Policy, RowAccount};
use super::ordered::{Ordered, ranges};
use super::scan::{Row, Scanner};
use super::sort::{Keyed, sorted_parts};
use super::transaction::{AmountColumn, TimeColumn, Transactions};
use super::zone::DayFinder;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// Builds a purchase history from batches, in any order and number.
///
/// ```
/// use crm_core::customer::{AmountColumn, HistoryBuilder, IdColumn, IngestOptions, TimeColumn, Transactions};
/// let mut builder = HistoryBuilder::new(IngestOptions::default())?;
/// for (ids, days, amounts) in [([7, 3], [19_700, 19_701], [12.5, 7.0]), ([3, 7], [19_703, 19_700], [1.0, 2.0])] {
///     builder.push(&Transactions::new(
///         IdColumn::Integer(ids.as_slice().into()),
///         TimeColumn::Day(days.as_slice().into()),
///         Some(AmountColumn::Float(amounts.as_slice().into())),
///     )?)?;
/// }
/// let history = builder.finish()?;
/// assert_eq!((history.customers(), history.purchase_days()), (2, 3));
/// # Ok::<(), crm_core::Error>(())
/// ```
pub struct HistoryBuilder {
    options: IngestOptions,
    settings: Option<Settings>,
    finder: Option<DayFinder>,
    rows: u64,
    account: RowAccount,
    /// What came in order so far.
    ordered: Option<Ordered>,
    /// What did not, from the first such row on.
    days: Option<Buffer<DayAmount>>,
    /// Everything, where lines are kept.
    lines: Option<Buffer<Line>>,
}

#[derive(Clone, Copy)]
struct DayAmount {
    day: i32,
    micros: i64,
}

/// Rows in the order in which they came.
type Chunks<P> = Vec<Vec<Keyed<P>>>;

/// Rows with text ids as codes.
struct Buffer<P> {
    chunks: Chunks<P>,
    interner: Option<Interner>,
}

impl HistoryBuilder {
    /// A builder that reads rows as the options say.
    ///
    /// # Errors
    /// `InvalidArgument` for options that contradict themselves.
    pub fn new(options: IngestOptions) -> Result<Self> {
        options.check()?;
        let account = RowAccount::default();
        Ok(Self {
            options,
            settings: None,
            finder: None,
            rows: 0,
            account,
            ordered: None,
            days: None,
            lines: None,
        })
    }

    /// Rows read so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// Adds a batch. After an error nothing of it has been added.
    ///
    /// # Errors
    /// The first row that a policy refuses, with its number over all batches; `Incompatible` if the batch has
    /// other kinds of columns than those before; `InvalidArgument` if instants come without a business time zone.
    pub fn push(&mut self, batch: &Transactions<'_>) -> Result<()> {
        let settings = self.check_settings(batch)?;
        let scanner =
            Scanner { batch, options: &self.options, finder: self.finder.as_ref(), first_row: self.rows };
        let account = if settings.keeps_lines {
            let read = |row: Row<'_>| {
                let order = scanner.order(row.index)?;
                Ok(Line { order, time: row.time, micros: row.micros, day: row.day })
            };
            Buffer::push(&mut self.lines, &scanner, read)?
        } else {
            let ordered = self.ordered.get_or_insert_with(|| Ordered::new(batch.ids.kind()));
            let in_order = if self.days.is_none() { ordered.push(&scanner)? } else { None };
            if let Some(account) = in_order {
                account
            } else {
                let read = |row: Row<'_>| Ok(DayAmount { day: row.day, micros: row.micros });
                Buffer::push(&mut self.days, &scanner, read)?
            }
        };
        self.account.merge(&account);
        self.settings = Some(settings);
        self.rows += batch.len() as u64;
        Ok(())
    }

    /// The history of all batches.
    ///
    /// # Errors
    /// `InvalidValue` for equal rows if `duplicates` is raise.
    pub fn finish(self) -> Result<PurchaseHistory> {
        let Self { options, settings, mut account, ordered, days, lines, .. } = self;
        let Some(settings) = settings else {
            return Ok(PurchaseHistory::empty());
        };
        if let Some(buffer) = lines {
            let (ids, lines) = buffer.into_lines(&options, &mut account)?;
            let days = lines.days(&ids, i32::MIN..=i32::MAX);
            return PurchaseHistory::from_parts(settings, account, days, Some(lines));
        }
        let sorted = days.map(|buffer| buffer.into_days(options.threads)).transpose()?;
        let ordered = ordered.map(Ordered::finish).filter(|ordered| ordered.len() > 0);
        let days = match (ordered, sorted) {
            (Some(ordered), Some(sorted)) => ordered.merge(&sorted),
            (Some(days), None) | (None, Some(days)) => days,
            (None, None) => CustomerDays::new(settings.id_kind),
        };
        PurchaseHistory::from_parts(settings, account, days.into_canonical(), None)
    }

    /// The settings of the batch, which must be those of the batches before.
    fn check_settings(&mut self, batch: &Transactions<'_>) -> Result<Settings> {
        let time_kind = match batch.times {
            TimeColumn::Day(_) | TimeColumn::Local(..) => TimeKind::Local,
            TimeColumn::Instant(..) => TimeKind::Instant,
        };
        if let Some(AmountColumn::Scaled(_, scale) | AmountColumn::Decimal(_, scale)) = &batch.amounts
            && !(-38..=38).contains(scale)
        {
            return Err(Error::argument("scale", scale, "between -38 and 38 decimal digits"));
        }
        let settings = Settings {
            id_kind: batch.ids.kind(),
            time_kind,
            time_zone: self.options.time_zone.map(|zone| zone.name().to_owned()),
            currency: self.options.currency.clone(),
            has_amounts: batch.amounts.is_some(),
            has_orders: batch.order_ids.is_some(),
            keeps_lines: batch.order_ids.is_some() || self.options.duplicates != Policy::Keep,
            returns: self.options.returns,
            zero_amounts: self.options.zero_amounts,
            duplicates: self.options.duplicates,
        };
        if let Some(before) = &self.settings {
            before.check_same(&settings)?;
        }
        if time_kind == TimeKind::Instant && self.finder.is_none() {
            let zone = self.options.time_zone.ok_or_else(|| {
                let message = "the times are instants of a time zone: name the business time zone that decides the day, \
                               for example \"UTC\" or \"Europe/Berlin\"";
                Error::new(ErrorKind::InvalidArgument, message).on("time_zone")
            })?;
            self.finder = Some(DayFinder::new(zone));
        }
        Ok(settings)
    }
}

impl<P: Copy + Send + Sync> Buffer<P> {
    /// Adds the rows of a batch.
    fn push<'t>(
        buffer: &mut Option<Self>,
        scanner: &Scanner<'t>,
        payload: impl Fn(Row<'t>) -> Result<P> + Sync,
    ) -> Result<RowAccount> {
        let threads = scanner.options.threads;
        let Gathered { mut rows, texts, account } = gather(scanner, payload)?;
        let buffer = buffer.get_or_insert_with(|| Self {
            chunks: Vec::new(),
            interner: (scanner.id_kind() == IdKind::Text).then(Interner::new),
        });
        if let Some(interner) = &mut buffer.interner {
            let codes = interner.codes(&texts, threads)?;
            for (row, code) in rows.iter_mut().flatten().zip(codes) {
                row.id = code;
            }
        }
        buffer.chunks.append(&mut rows);
        Ok(account)
    }

    /// The rows with the ranks of their ids in place of codes, and the distinct texts.
    fn ranked(self, threads: Threads) -> Result<(Chunks<P>, Option<TextColumn>)> {
        let Self { mut chunks, interner } = self;
        let Some(interner) = interner else {
            return Ok((chunks, None));
        };
        let ranking = interner.rank(threads)?;
        threads.run(|| {
            chunks.par_iter_mut().flatten().for_each(|row| row.id = ranking.rank(row.id));
        })?;
        Ok((chunks, Some(ranking.texts)))
    }
}

impl Buffer<DayAmount> {
    fn into_days(self, threads: Threads) -> Result<CustomerDays> {
        let (chunks, texts) = self.ranked(threads)?;
        let mut sorted = CustomerDays::new(IdKind::Integer);
        let take = |part: CustomerDays| {
            sorted.append(&part);
            Ok(())
        };
        sorted_parts(chunks, day_key, days_of_part, take, threads)?;
        if let Some(texts) = texts {
            sorted.ids = Ids::Text(texts);
        }
        Ok(sorted)
    }
}

impl Buffer<Line> {
    fn into_lines(self, options: &IngestOptions, account: &mut RowAccount) -> Result<(Ids, Lines)> {
        let (chunks, texts) = self.ranked(options.threads)?;
        let (mut ids, mut lines) = (Vec::new(), Lines::default());
        let split = |rows: &[Keyed<Line>]| -> Vec<(i64, Vec<Line>)> {
            let groups = rows.chunk_by(|a, b| a.id == b.id);
            groups.map(|group| (group[0].id, group.iter().map(|row| row.payload).collect())).collect()
        };
        let take = |groups: Vec<(i64, Vec<Line>)>| {
            for (id, mut group) in groups {
                let name = texts
                    .as_ref()
                    .map_or(CustomerId::Integer(id), |texts| CustomerId::Text(texts.get(id as usize)));
                lines.push(name, &mut group, options.duplicates, account)?;
                ids.push(id);
            }
            Ok(())
        };
        sorted_parts(chunks, |row| (row.id, row.payload), split, take, options.threads)?;
        Ok((texts.map_or(Ids::Integer(ids), Ids::Text), lines))
    }
}

/// Reads morsels of rows side by side; the first error in order of the rows is the one reported.
fn morsels<T: Send>(
    rows: usize,
    threads: Threads,
    read: impl Fn(Range<usize>) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let ranges = ranges(rows);
    let results: Vec<Result<T>> = if ranges.len() <= 1 {
        ranges.into_iter().map(read).collect()
    } else {
        threads.run(|| ranges.into_par_iter().map(&read).collect())?
    };
    results.into_iter().collect()
}

/// Rows of a batch with, for text ids, their texts beside them.
struct Gathered<'t, P> {
    rows: Vec<Vec<Keyed<P>>>,
    texts: Vec<&'t str>,
    account: RowAccount,
}

fn gather<'t, P: Send>(
    scanner: &Scanner<'t>,
    payload: impl Fn(Row<'t>) -> Result<P> + Sync,
) -> Result<Gathered<'t, P>> {
    let parts = morsels(scanner.batch.len(), scanner.options.threads, |range| {
        let mut rows = Vec::with_capacity(range.len());
        let mut texts = Vec::new();
        let mut outcome = Ok(());
        let account = scanner.rows(range, |row| match payload(row) {
            Ok(payload) => {
                let id = match row.id {
                    CustomerId::Integer(id) => id,
                    CustomerId::Text(text) => {
                        texts.push(text);
                        0
                    }
                };
                rows.push(Keyed { id, payload });
                true
            }
            Err(error) => {
                outcome = Err(error);
                false
            }
        })?;
        outcome?;
        Ok((rows, texts, account))
    })?;
    let mut gathered = Gathered { rows: Vec::new(), texts: Vec::new(), account: RowAccount::default() };
    for (rows, texts, account) in parts {
        gathered.rows.push(rows);
        gathered.texts.extend(texts);
        gathered.account.merge(&account);
    }
    Ok(gathered)
}

/// One number that sorts by id, then by day: one comparison without a branch.
fn day_key(row: &Keyed<DayAmount>) -> u128 {
    let shifted = |value: i64| (value as u64) ^ 1 << 63;
    u128::from(shifted(row.id)) << 64 | u128::from(shifted(i64::from(row.payload.day)))
}

fn days_of_part(rows: &[Keyed<DayAmount>]) -> CustomerDays {
    let mut days = CustomerDays::new(IdKind::Integer);
    let mut last = None;
    for Keyed { id, payload: DayAmount { day, micros } } in rows {
        if last != Some(*id) {
            days.open(CustomerId::Integer(*id));
            last = Some(*id);
        }
        days.add(DayEntry { day: *day, count: 1, micros: *micros, is_return: *micros < 0 });
    }
    days
}
