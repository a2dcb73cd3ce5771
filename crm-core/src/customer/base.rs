//! The customer base: one row a customer, as of a date.

use std::sync::Arc;

use rayon::prelude::*;

use super::history::PurchaseHistory;
use super::id::{CustomerIds, Ids};
use super::ledger::CustomerDays;
use super::money::{Money, MoneyColumn};
use super::options::{Policy, RowAccount};
use super::period::{Day, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// How a customer base is read from a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BaseOptions {
    /// The day whose end the base describes; nothing reads the clock.
    pub as_of: Day,
    /// Only the last so many days up to `as_of` count, as if the log had started there; `None`: all.
    pub window_days: Option<u32>,
    /// The unit of ages.
    pub time_unit: TimeUnit,
    /// Rows after `as_of`: exclude (default; they are counted) or raise.
    pub rows_after: Policy,
    /// Threads to use; the result does not depend on it.
    pub threads: Threads,
}

impl BaseOptions {
    /// Everything up to the end of a day, ages in days.
    pub fn as_of(as_of: Day) -> Self {
        let (time_unit, rows_after, threads) = (TimeUnit::Day, Policy::Exclude, Threads::Available);
        Self { as_of, window_days: None, time_unit, rows_after, threads }
    }

    /// Counts ages in this unit.
    #[must_use]
    pub fn in_unit(self, time_unit: TimeUnit) -> Self {
        Self { time_unit, ..self }
    }

    /// Only the last so many days count.
    #[must_use]
    pub fn within_days(self, window_days: u32) -> Self {
        Self { window_days: Some(window_days), ..self }
    }

    fn range(&self) -> Result<std::ops::RangeInclusive<i32>> {
        let as_of = self.as_of.number();
        match self.window_days {
            None => Ok(i32::MIN..=as_of),
            Some(0) => Err(Error::argument("window_days", 0, "at least 1")),
            Some(days) => {
                Ok((i64::from(as_of) - i64::from(days) + 1).max(i64::from(i32::MIN)) as i32..=as_of)
            }
        }
    }
}

/// What of a history a base describes, and what not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BaseAccount {
    /// What became of the rows when the history was built.
    pub rows: RowAccount,
    /// Used rows after `as_of`, which the base leaves out.
    pub rows_after: u64,
    /// Used rows before the window, which the base leaves out.
    pub rows_before: u64,
    /// Customers of the history without a purchase in the time described (later ones, and those who only return).
    pub customers_without_purchase: u64,
    /// The net amount of those customers in the time described.
    pub amount_without_purchase: Money,
}

/// One row a customer who has a purchase by `as_of`, in canonical order of the ids.
///
/// Marketing and "buy till you die" models use the words recency, frequency and T for different things, so columns are
/// called what they are:
///
/// | column | marketing | BTYD | unit |
/// | --- | --- | --- | --- |
/// | `time_since_last_purchase` | recency | `T - t_x` | time unit |
/// | `orders` | frequency | | orders |
/// | `purchase_days` | | x + 1 | days with a purchase |
/// | `net_amount` | monetary | | currency |
/// | `repeat_purchases` | | x | days with a purchase after the first |
/// | `last_purchase_age` | | `t_x` | time unit since the first purchase |
/// | `age` | | T | time unit since the first purchase |
/// | `mean_repeat_amount` | | `m_x`, z-bar | currency a repeat purchase day |
///
/// Source of the BTYD statistics: Fader, Hardie and Lee (2005), "Counting your customers the easy way", Marketing Science
/// 24(2), section 2.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CustomerBase {
    ids: Source,
    options: BaseOptions,
    history_start: Day,
    has_amounts: bool,
    currency: Option<String>,
    stats: Stats,
    account: BaseAccount,
}

/// The ids of a base: those of the history when every customer is in it.
#[derive(Clone, Debug)]
enum Source {
    Shared(Arc<CustomerDays>),
    Own(Ids),
}

impl Source {
    fn ids(&self) -> &Ids {
        match self {
            Self::Shared(days) => &days.ids,
            Self::Own(ids) => ids,
        }
    }
}

impl PartialEq for Source {
    fn eq(&self, other: &Self) -> bool {
        self.ids() == other.ids()
    }
}

impl Eq for Source {}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Stats {
    first: Vec<i32>,
    last: Vec<i32>,
    orders: Vec<u32>,
    purchase_days: Vec<u32>,
    purchase_amounts: MoneyColumn,
    first_amounts: MoneyColumn,
    /// Empty if there are no returns.
    return_rows: Vec<u32>,
    /// Empty if there are no returns.
    return_amounts: MoneyColumn,
}

impl PurchaseHistory {
    /// The customer base as of a date.
    ///
    /// # Errors
    /// `Empty` if no customer has a purchase by then; `InvalidValue` if there are rows after `as_of` and
    /// `rows_after` is raise; `InvalidArgument` for a window of 0 days.
    pub fn base(&self, options: BaseOptions) -> Result<CustomerBase> {
        let (range, (rows_before, rows_after)) = self.days_described(&options)?;
        // An order that started before the window would not count on a day within it: such windows go back to the lines.
        let windowed = match self.lines() {
            Some(lines) if options.window_days.is_some() => {
                Some(Arc::new(lines.days(&self.days().ids, range.clone())))
            }
            _ => None,
        };
        let days = windowed.as_ref().unwrap_or_else(|| self.days());
        let stats = options.threads.run(|| match Stats::read::<i64>(days, &range) {
            Some(stats) => stats,
            // Some total needs more than 64 bits: rare, and worth a second pass rather than a check on every path.
            None => Stats::read::<i128>(days, &range).unwrap_or_default(),
        })?;
        if stats.orders.contains(&u32::MAX) || stats.return_rows.contains(&u32::MAX) {
            let message = "one customer has more than 4294967294 orders or returns";
            return Err(Error::new(ErrorKind::OutOfRange, message).on("orders"));
        }
        let mut account = BaseAccount {
            rows: self.account().clone(),
            rows_after,
            rows_before,
            customers_without_purchase: 0,
            amount_without_purchase: Money::ZERO,
        };
        let bought = stats.purchase_days.iter().filter(|&&days| days > 0).count();
        let (ids, stats) = if bought == days.len() {
            (Source::Shared(Arc::clone(days)), stats)
        } else {
            account.customers_without_purchase = (days.len() - bought) as u64;
            account.amount_without_purchase = stats.amount_without_purchase();
            let (ids, stats) = stats.with_purchase(&days.ids, bought);
            (Source::Own(ids), stats)
        };
        let Some(history_start) = self.first_day().filter(|_| bought > 0) else {
            return Err(self.nobody_bought(options.as_of));
        };
        let currency = self.currency().map(str::to_owned);
        // Equal bases are equal however many threads read them.
        let options = BaseOptions { threads: Threads::Available, ..options };
        Ok(CustomerBase {
            ids,
            options,
            history_start,
            has_amounts: self.has_amounts(),
            currency,
            stats,
            account,
        })
    }

    /// The days that a base with these options describes, and the used rows before and after them.
    pub(super) fn days_described(
        &self,
        options: &BaseOptions,
    ) -> Result<(std::ops::RangeInclusive<i32>, (u64, u64))> {
        let range = options.range()?;
        if options.rows_after == Policy::Keep {
            return Err(Error::argument(
                "rows_after",
                "keep",
                "exclude or raise: a base knows nothing of later rows",
            ));
        }
        let (rows_before, rows_after) = self.rows_outside(&range);
        if rows_after > 0 && options.rows_after == Policy::Raise {
            let last = self.last_day().unwrap_or(options.as_of);
            let message = format!(
                "{rows_after} rows lie after {} (the last on {last}), and rows_after is raise",
                options.as_of
            );
            return Err(Error::new(ErrorKind::InvalidValue, message).on("as_of"));
        }
        Ok((range, (rows_before, rows_after)))
    }

    /// The error of a base without customers.
    pub(super) fn nobody_bought(&self, as_of: Day) -> Error {
        let message = match self.first_day() {
            None => "the history has no rows".to_owned(),
            Some(first) => {
                format!("no customer has a purchase by {as_of} in the time asked for (first row on {first})")
            }
        };
        Error::new(ErrorKind::Empty, message).on("as_of")
    }

    /// Used rows before and after a range of days.
    fn rows_outside(&self, range: &std::ops::RangeInclusive<i32>) -> (u64, u64) {
        let (start, end) = (*range.start(), *range.end());
        if self.last_day().is_none_or(|last| last.number() <= end)
            && self.first_day().is_none_or(|first| first.number() >= start)
        {
            return (0, 0);
        }
        if let Some(lines) = self.lines() {
            let before = if start == i32::MIN { 0 } else { lines.rows(i32::MIN..=start - 1) };
            return (before, lines.rows(end + 1..=i32::MAX));
        }
        let mut outside = (0, 0);
        for ledger in [&self.days().purchases, &self.days().returns] {
            for (&day, &count) in ledger.days.iter().zip(&ledger.counts) {
                outside.0 += if day < start { u64::from(count) } else { 0 };
                outside.1 += if day > end { u64::from(count) } else { 0 };
            }
        }
        outside
    }
}

/// Customers that one task reads.
pub(super) const CUSTOMERS_A_TASK: usize = 1 << 14;

trait Total: TryFrom<i128> + Copy + Default + Send + Sync {
    fn column(values: Vec<Self>) -> MoneyColumn;
}

impl Total for i64 {
    fn column(values: Vec<Self>) -> MoneyColumn {
        MoneyColumn::Narrow(values)
    }
}

impl Total for i128 {
    fn column(values: Vec<Self>) -> MoneyColumn {
        MoneyColumn::Wide(values).into_canonical()
    }
}

/// The entries of a ledger's customer that lie within a range of days; the ends are checked first because most
/// questions are about all days.
#[inline]
pub(super) fn within(
    days: &[i32],
    entries: std::ops::Range<usize>,
    range: &std::ops::RangeInclusive<i32>,
) -> std::ops::Range<usize> {
    let slice = &days[entries.clone()];
    let (Some(first), Some(last)) = (slice.first(), slice.last()) else {
        return entries;
    };
    let skipped = if first >= range.start() { 0 } else { slice.partition_point(|day| day < range.start()) };
    let kept =
        if last <= range.end() { slice.len() } else { slice.partition_point(|day| day <= range.end()) };
    entries.start + skipped..entries.start + kept.max(skipped)
}

impl Stats {
    /// Reads every customer; `None` if a total does not fit `T`.
    fn read<T: Total>(days: &CustomerDays, range: &std::ops::RangeInclusive<i32>) -> Option<Self> {
        let customers = days.len();
        let with_returns = if days.returns.is_empty() { 0 } else { customers };
        let (mut first, mut last) = (vec![0; customers], vec![0; customers]);
        let (mut orders, mut purchase_days) = (vec![0; customers], vec![0; customers]);
        let (mut purchase_amounts, mut first_amounts) =
            (vec![T::default(); customers], vec![T::default(); customers]);
        let (mut return_rows, mut return_amounts) = (vec![0; with_returns], vec![T::default(); with_returns]);
        let fits = (
            first.par_chunks_mut(CUSTOMERS_A_TASK),
            last.par_chunks_mut(CUSTOMERS_A_TASK),
            orders.par_chunks_mut(CUSTOMERS_A_TASK),
            purchase_days.par_chunks_mut(CUSTOMERS_A_TASK),
            purchase_amounts.par_chunks_mut(CUSTOMERS_A_TASK),
            first_amounts.par_chunks_mut(CUSTOMERS_A_TASK),
        )
            .into_par_iter()
            .enumerate()
            .map(|(task, (first, last, orders, purchase_days, purchase_amounts, first_amounts))| {
                let ledger = &days.purchases;
                for place in 0..first.len() {
                    let entries = within(&ledger.days, ledger.range(task * CUSTOMERS_A_TASK + place), range);
                    if entries.is_empty() {
                        continue;
                    }
                    first[place] = ledger.days[entries.start];
                    last[place] = ledger.days[entries.end - 1];
                    purchase_days[place] = entries.len() as u32;
                    let total: u64 =
                        ledger.counts[entries.clone()].iter().map(|&count| u64::from(count)).sum();
                    orders[place] = u32::try_from(total).unwrap_or(u32::MAX);
                    let amount: i128 = entries.clone().map(|entry| ledger.amounts.get(entry)).sum();
                    let (Ok(amount), Ok(first_amount)) =
                        (T::try_from(amount), T::try_from(ledger.amounts.get(entries.start)))
                    else {
                        return false;
                    };
                    (purchase_amounts[place], first_amounts[place]) = (amount, first_amount);
                }
                true
            })
            .reduce(|| true, |one, other| one && other);
        let returns_fit =
            (return_rows.par_chunks_mut(CUSTOMERS_A_TASK), return_amounts.par_chunks_mut(CUSTOMERS_A_TASK))
                .into_par_iter()
                .enumerate()
                .map(|(task, (rows, amounts))| {
                    let ledger = &days.returns;
                    for place in 0..rows.len() {
                        let entries =
                            within(&ledger.days, ledger.range(task * CUSTOMERS_A_TASK + place), range);
                        let total: u64 =
                            ledger.counts[entries.clone()].iter().map(|&count| u64::from(count)).sum();
                        rows[place] = u32::try_from(total).unwrap_or(u32::MAX);
                        let Ok(amount) = T::try_from(entries.map(|entry| ledger.amounts.get(entry)).sum())
                        else {
                            return false;
                        };
                        amounts[place] = amount;
                    }
                    true
                })
                .reduce(|| true, |one, other| one && other);
        (fits && returns_fit).then(|| Self {
            first,
            last,
            orders,
            purchase_days,
            purchase_amounts: T::column(purchase_amounts),
            first_amounts: T::column(first_amounts),
            return_rows,
            return_amounts: T::column(return_amounts),
        })
    }

    fn amount_without_purchase(&self) -> Money {
        let without = self.purchase_days.iter().enumerate().filter(|(_, days)| **days == 0);
        without.map(|(customer, _)| self.return_amount(customer)).sum()
    }

    fn return_amount(&self, customer: usize) -> Money {
        Money::from_micros(if self.return_amounts.len() == 0 { 0 } else { self.return_amounts.get(customer) })
    }

    /// The customers who bought, of whom there are `bought`.
    fn with_purchase(&self, ids: &Ids, bought: usize) -> (Ids, Self) {
        let mut kept_ids = Ids::new(ids.kind());
        let mut kept = Self::default();
        for column in [&mut kept.purchase_amounts, &mut kept.first_amounts] {
            column.reserve(bought);
        }
        for customer in (0..ids.len()).filter(|&customer| self.purchase_days[customer] > 0) {
            kept_ids.push(ids.get(customer));
            kept.first.push(self.first[customer]);
            kept.last.push(self.last[customer]);
            kept.orders.push(self.orders[customer]);
            kept.purchase_days.push(self.purchase_days[customer]);
            kept.purchase_amounts.push(self.purchase_amounts.get(customer));
            kept.first_amounts.push(self.first_amounts.get(customer));
            if !self.return_rows.is_empty() {
                kept.return_rows.push(self.return_rows[customer]);
                kept.return_amounts.push(self.return_amounts.get(customer));
            }
        }
        (kept_ids, kept)
    }
}

impl CustomerBase {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.stats.first.len()
    }

    /// Whether there are no customers; a base always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The customer ids, in canonical order.
    pub fn customer_ids(&self) -> CustomerIds<'_> {
        CustomerIds(self.ids.ids())
    }

    /// The day whose end the base describes.
    pub fn as_of(&self) -> Day {
        self.options.as_of
    }

    /// The window in days, if only the last days count.
    pub fn window_days(&self) -> Option<u32> {
        self.options.window_days
    }

    /// The unit of ages.
    pub fn time_unit(&self) -> TimeUnit {
        self.options.time_unit
    }

    /// The first day of the data behind the base: that of the log, or of the window where it starts later.
    pub fn data_start(&self) -> Day {
        let window = self.options.range().ok().and_then(|range| Day::from_number(*range.start()).ok());
        window.map_or(self.history_start, |start| start.max(self.history_start))
    }

    /// Whether the log has amounts.
    pub fn has_amounts(&self) -> bool {
        self.has_amounts
    }

    /// The currency label, if one was given.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }

    /// What the base describes, and what not.
    pub fn account(&self) -> &BaseAccount {
        &self.account
    }

    /// First day with a purchase, as the number of days since 1970-01-01.
    pub fn first_purchase(&self) -> &[i32] {
        &self.stats.first
    }

    /// Last day with a purchase, as the number of days since 1970-01-01.
    pub fn last_purchase(&self) -> &[i32] {
        &self.stats.last
    }

    /// Orders (rows, where the log has no order ids).
    pub fn orders(&self) -> &[u32] {
        &self.stats.orders
    }

    /// Days with a purchase.
    pub fn purchase_days(&self) -> &[u32] {
        &self.stats.purchase_days
    }

    /// Rows of returns of a customer.
    pub fn return_rows(&self, customer: usize) -> u32 {
        self.stats.return_rows.get(customer).copied().unwrap_or(0)
    }

    /// The amount of purchases, returns not subtracted.
    pub fn purchase_amount(&self, customer: usize) -> Money {
        Money::from_micros(self.stats.purchase_amounts.get(customer))
    }

    /// The amount of returns: zero or negative.
    pub fn return_amount(&self, customer: usize) -> Money {
        self.stats.return_amount(customer)
    }

    /// Purchases less returns.
    pub fn net_amount(&self, customer: usize) -> Money {
        self.purchase_amount(customer) + self.return_amount(customer)
    }

    /// The net amount of all customers.
    pub fn total_net_amount(&self) -> Money {
        (0..self.len()).map(|customer| self.net_amount(customer)).sum()
    }

    /// Whole days since the last purchase (RFM recency).
    pub fn days_since_last_purchase(&self, customer: usize) -> i32 {
        self.options.as_of.number() - self.stats.last[customer]
    }

    /// Time since the last purchase (RFM recency), in the base's time unit.
    pub fn time_since_last_purchase(&self, customer: usize) -> f64 {
        self.options.time_unit.from_days(self.days_since_last_purchase(customer))
    }

    /// Days with a purchase after the first one (BTYD x).
    pub fn repeat_purchases(&self, customer: usize) -> u32 {
        self.stats.purchase_days[customer] - 1
    }

    /// Time from the first to the last purchase (BTYD `t_x`), in the base's time unit.
    pub fn last_purchase_age(&self, customer: usize) -> f64 {
        self.options.time_unit.from_days(self.stats.last[customer] - self.stats.first[customer])
    }

    /// Time from the first purchase to `as_of` (BTYD T), in the base's time unit.
    pub fn age(&self, customer: usize) -> f64 {
        self.options.time_unit.from_days(self.options.as_of.number() - self.stats.first[customer])
    }

    /// Mean amount of the purchase days after the first one, returns not subtracted; 0 without a repeat purchase
    /// (BTYD z-bar; Fader and Hardie 2013, "The Gamma-Gamma model of monetary value").
    pub fn mean_repeat_amount(&self, customer: usize) -> f64 {
        let repeat = self.stats.purchase_amounts.get(customer) - self.stats.first_amounts.get(customer);
        match self.repeat_purchases(customer) {
            0 => 0.0,
            days => Money::from_micros(repeat).divided_by(days),
        }
    }
}
