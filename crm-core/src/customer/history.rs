//! The purchase history: one compact index that answers every later question at memory speed.

use serde::{Deserialize, Serialize};

use super::builder::HistoryBuilder;
use super::id::{CustomerIds, IdKind, check_kinds};
use super::ledger::{CustomerDays, DayLedger};
use super::line::Lines;
use super::money::Money;
use super::options::{IngestOptions, Policy, RowAccount, RowTotal};
use super::period::Day;
use super::transaction::Transactions;
use crate::error::{Error, ErrorKind, Result};

/// The kind of time that a history was read in: days and wall-clock times are one kind, a day being its midnight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub(crate) enum TimeKind {
    Local,
    Instant,
}

/// What two histories must share to merge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) id_kind: IdKind,
    pub(crate) time_kind: TimeKind,
    pub(crate) time_zone: Option<String>,
    pub(crate) currency: Option<String>,
    pub(crate) has_amounts: bool,
    pub(crate) has_orders: bool,
    pub(crate) keeps_lines: bool,
    pub(crate) returns: Policy,
    pub(crate) zero_amounts: Policy,
    pub(crate) duplicates: Policy,
}

impl Settings {
    pub(crate) fn check_same(&self, other: &Self) -> Result<()> {
        let differ = |name: &str, one: &dyn std::fmt::Debug, two: &dyn std::fmt::Debug| {
            Err(Error::new(ErrorKind::Incompatible, format!("differs: {one:?} before, {two:?} now")).on(name))
        };
        if self.id_kind != other.id_kind {
            return differ("customer_id", &self.id_kind, &other.id_kind);
        }
        if self.time_kind != other.time_kind {
            return differ("time", &self.time_kind, &other.time_kind);
        }
        if self.time_zone != other.time_zone {
            return differ("time_zone", &self.time_zone, &other.time_zone);
        }
        if self.currency != other.currency {
            return differ("currency", &self.currency, &other.currency);
        }
        if self.has_amounts != other.has_amounts {
            return differ("amount", &self.has_amounts, &other.has_amounts);
        }
        if self.has_orders != other.has_orders {
            return differ("order_id", &self.has_orders, &other.has_orders);
        }
        for (name, one, two) in [
            ("returns", self.returns, other.returns),
            ("zero_amounts", self.zero_amounts, other.zero_amounts),
            ("duplicates", self.duplicates, other.duplicates),
        ] {
            if one != two {
                return differ(name, &one, &two);
            }
        }
        Ok(())
    }
}

/// Per customer, the days with a purchase, the orders and the amount of each, and the returns.
///
/// Histories merge: associatively, commutatively and with an empty element, so that any batching, any order and any
/// number of threads give the same bits. Customers stand in canonical order (integers ascending, text by its bytes).
///
/// ```
/// use crm_core::customer::{AmountColumn, Day, IdColumn, IngestOptions, PurchaseHistory, TimeColumn, Transactions};
/// let (ids, days, amounts) = ([7, 3, 3], [19_700, 19_701, 19_704], [12.5, 7.0, -2.0]);
/// let log = Transactions::new(
///     IdColumn::Integer(ids.as_slice().into()),
///     TimeColumn::Day(days.as_slice().into()),
///     Some(AmountColumn::Float(amounts.as_slice().into())),
/// )?;
/// let history = PurchaseHistory::from_transactions(&log, &IngestOptions::default())?;
/// assert_eq!(history.customers(), 2);
/// assert_eq!(history.first_day(), Some(Day::from_number(19_700)?));
/// assert_eq!(PurchaseHistory::from_bytes(&history.to_bytes()?)?, history);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PurchaseHistory {
    settings: Option<Settings>,
    account: RowAccount,
    days: std::sync::Arc<CustomerDays>,
    lines: Option<Lines>,
    /// First and last day with a row that is used.
    span: Option<(Day, Day)>,
}

/// The serialised form, in the order of its fields.
#[derive(Serialize, Deserialize)]
struct Stored {
    settings: Option<Settings>,
    account: RowAccount,
    days: CustomerDays,
    lines: Option<Lines>,
}

impl Stored {
    /// Whether the rows used are those of the days or lines.
    fn accounts_for_its_rows(&self) -> bool {
        let rows = |ledger: &DayLedger| ledger.counts.iter().map(|&count| u64::from(count)).sum::<u64>();
        let amount = |ledger: &DayLedger| {
            Money::from_micros((0..ledger.len()).map(|entry| ledger.amounts.get(entry)).sum())
        };
        let (purchases, returns) = (&self.days.purchases, &self.days.returns);
        let purchase_rows = match &self.lines {
            Some(lines) => lines.lines.len() as u64 - rows(returns),
            None => rows(purchases),
        };
        let counted = |rows, ledger| RowTotal { rows, amount: amount(ledger) };
        self.account.purchases == counted(purchase_rows, purchases)
            && self.account.returns == counted(rows(returns), returns)
    }
}

/// What serialised histories start with, and the version of their layout.
const MAGIC: [u8; 4] = *b"CRMH";
const VERSION: u16 = 1;

impl PurchaseHistory {
    /// A history without rows: the neutral element of [`merge`](Self::merge).
    pub fn empty() -> Self {
        Self::assemble(None, RowAccount::default(), CustomerDays::new(IdKind::Integer), None)
    }

    /// The history of one batch.
    ///
    /// # Errors
    /// Those of [`HistoryBuilder::push`] and [`HistoryBuilder::finish`].
    pub fn from_transactions(batch: &Transactions<'_>, options: &IngestOptions) -> Result<Self> {
        let mut builder = HistoryBuilder::new(options.clone())?;
        builder.push(batch)?;
        builder.finish()
    }

    pub(crate) fn from_parts(
        settings: Settings,
        account: RowAccount,
        days: CustomerDays,
        lines: Option<Lines>,
    ) -> Result<Self> {
        days.check_counts()?;
        Ok(Self::assemble(Some(settings), account, days, lines))
    }

    fn assemble(
        settings: Option<Settings>,
        account: RowAccount,
        days: CustomerDays,
        lines: Option<Lines>,
    ) -> Self {
        let all = || days.purchases.days.iter().chain(&days.returns.days);
        let day = |number: Option<&i32>| number.and_then(|&number| Day::from_number(number).ok());
        let span = day(all().min()).zip(day(all().max()));
        Self { settings, account, days: std::sync::Arc::new(days), lines, span }
    }

    /// The history of the rows of both.
    ///
    /// # Errors
    /// `Incompatible` if they were read with other kinds of columns, time zones, currencies or policies;
    /// `InvalidValue` if equal rows meet and `duplicates` is raise.
    pub fn merge(&self, other: &Self) -> Result<Self> {
        let (Some(mine), Some(theirs)) = (&self.settings, &other.settings) else {
            return Ok(if self.settings.is_some() { self.clone() } else { other.clone() });
        };
        mine.check_same(theirs)?;
        check_kinds(&self.days.ids, &other.days.ids)?;
        let mut account = self.account.clone();
        account.merge(&other.account);
        let (days, lines) = match (&self.lines, &other.lines) {
            (Some(one), Some(two)) => {
                let pairs = ((one, &self.days.ids), (two, &other.days.ids));
                let (ids, lines) = Lines::merge(pairs.0, pairs.1, mine.duplicates, &mut account)?;
                (lines.days(&ids, i32::MIN..=i32::MAX), Some(lines))
            }
            _ => (self.days.merge(&other.days), None),
        };
        Self::from_parts(mine.clone(), account, days, lines)
    }

    /// What became of every row that was read.
    pub fn account(&self) -> &RowAccount {
        &self.account
    }

    /// Number of customers, those with nothing but returns included.
    pub fn customers(&self) -> usize {
        self.days.len()
    }

    /// Number of days with a purchase, summed over customers.
    pub fn purchase_days(&self) -> usize {
        self.days.purchases.len()
    }

    /// Number of orders, summed over customers.
    pub fn orders(&self) -> u64 {
        self.days.purchases.counts.iter().map(|&count| u64::from(count)).sum()
    }

    /// The customer ids in canonical order.
    pub fn customer_ids(&self) -> CustomerIds<'_> {
        CustomerIds(&self.days.ids)
    }

    /// The first day with a row that is used.
    pub fn first_day(&self) -> Option<Day> {
        self.span.map(|(first, _)| first)
    }

    /// The last day with a row that is used.
    pub fn last_day(&self) -> Option<Day> {
        self.span.map(|(_, last)| last)
    }

    /// The currency label, if one was given.
    pub fn currency(&self) -> Option<&str> {
        self.settings.as_ref().and_then(|settings| settings.currency.as_deref())
    }

    /// The business time zone, if one was given.
    pub fn time_zone(&self) -> Option<&str> {
        self.settings.as_ref().and_then(|settings| settings.time_zone.as_deref())
    }

    /// Whether the log has amounts.
    pub fn has_amounts(&self) -> bool {
        self.settings.as_ref().is_none_or(|settings| settings.has_amounts)
    }

    pub(crate) fn days(&self) -> &std::sync::Arc<CustomerDays> {
        &self.days
    }

    pub(crate) fn lines(&self) -> Option<&Lines> {
        self.lines.as_ref()
    }

    /// The history as bytes: magic, layout version, CRC-32 of the rest, and the contents. Equal histories give equal
    /// bytes.
    ///
    /// # Errors
    /// `Io` if memory runs out.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let stored = Stored {
            settings: self.settings.clone(),
            account: self.account.clone(),
            days: (*self.days).clone(),
            lines: self.lines.clone(),
        };
        let body =
            postcard::to_stdvec(&stored).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))?;
        let mut bytes = Vec::with_capacity(body.len() + 10);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&VERSION.to_le_bytes());
        bytes.extend_from_slice(&crc32fast::hash(&body).to_le_bytes());
        bytes.extend_from_slice(&body);
        Ok(bytes)
    }

    /// A history from its bytes.
    ///
    /// # Errors
    /// `Corrupt` if the bytes are damaged, truncated or something else; `Incompatible` for a later layout.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let corrupt = |message: &str| Error::new(ErrorKind::Corrupt, message.to_owned()).on("bytes");
        let (head, body) =
            bytes.split_at_checked(10).ok_or_else(|| corrupt("too short for a purchase history"))?;
        if head[..4] != MAGIC {
            return Err(corrupt("not a purchase history"));
        }
        let version = u16::from_le_bytes([head[4], head[5]]);
        if version != VERSION {
            let message =
                format!("layout version {version} is not {VERSION}, the one that this version reads");
            return Err(Error::new(ErrorKind::Incompatible, message).on("bytes"));
        }
        if u32::from_le_bytes([head[6], head[7], head[8], head[9]]) != crc32fast::hash(body) {
            return Err(corrupt("the checksum does not fit: damaged or truncated"));
        }
        let (stored, rest) =
            postcard::take_from_bytes::<Stored>(body).map_err(|error| corrupt(&error.to_string()))?;
        if !rest.is_empty() {
            return Err(corrupt("bytes follow the end"));
        }
        stored.days.check()?;
        if let Some(lines) = &stored.lines {
            lines.check(stored.days.len())?;
            if lines.days(&stored.days.ids, i32::MIN..=i32::MAX) != stored.days {
                return Err(corrupt("the days do not follow from the order lines"));
            }
        }
        let keeps_lines = stored.settings.as_ref().is_some_and(|settings| settings.keeps_lines);
        if keeps_lines != stored.lines.is_some() || !stored.accounts_for_its_rows() {
            return Err(corrupt("the row account does not fit the rows"));
        }
        Ok(Self::assemble(stored.settings, stored.account, stored.days, stored.lines))
    }
}

impl Default for PurchaseHistory {
    fn default() -> Self {
        Self::empty()
    }
}
