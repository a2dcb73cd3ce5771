//! Reading the rows of a batch: types, nulls, ranges and policies, row by row.

use std::ops::Range;

use super::id::{CustomerId, IdKind};
use super::line::OrderKey;
use super::money::{ROW_BOUND, micros_from_f64, micros_from_scaled, small_micros_from_f64};
use super::options::{Exclusion, IngestOptions, Policy, RowAccount};
use super::period::Day;
use super::transaction::{
    AmountColumn, Column, IdColumn, PlainTexts, RawId, TimeColumn, Transactions, Validity,
};
use super::zone::{DayFinder, MICROS_PER_DAY};
use crate::error::{Error, ErrorKind, Result};

/// One row that is used.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Row<'t> {
    pub(crate) id: CustomerId<'t>,
    pub(crate) day: i32,
    pub(crate) time: i64,
    pub(crate) micros: i64,
    /// Position within the batch.
    pub(crate) index: usize,
}

/// Rows that are converted at a time: their columns stay in the first-level cache.
const BLOCK: usize = 1024;

/// The ids of a block without surprises.
enum PlainIds<'t> {
    Integer(&'t [i64]),
    Text(PlainTexts<'t>),
}

/// A block of converted columns.
struct Block {
    length: usize,
    days: [i32; BLOCK],
    times: [i64; BLOCK],
    micros: [i64; BLOCK],
}

impl Default for Block {
    fn default() -> Self {
        Self { length: 0, days: [0; BLOCK], times: [0; BLOCK], micros: [0; BLOCK] }
    }
}

impl Block {
    /// Converts the rows; `false` if any of them is not plain.
    fn read(&mut self, scanner: &Scanner<'_>, rows: &Range<usize>) -> bool {
        self.length = rows.len();
        self.read_times(scanner, rows) && self.read_amounts(scanner, rows)
    }

    fn read_times(&mut self, scanner: &Scanner<'_>, rows: &Range<usize>) -> bool {
        let slots = self.days.iter_mut().zip(&mut self.times);
        let mut plain = true;
        match &scanner.batch.times {
            TimeColumn::Day(Column { values, validity: Validity::All }) => {
                for ((day, time), &value) in slots.zip(&values[rows.clone()]) {
                    (*day, *time) = (value, i64::from(value).wrapping_mul(MICROS_PER_DAY));
                }
            }
            TimeColumn::Local(Column { values, validity: Validity::All }, resolution) => {
                for ((day, time), &value) in slots.zip(&values[rows.clone()]) {
                    let micros = resolution.to_micros(value);
                    *time = micros.unwrap_or(i64::MIN);
                    let number = time.div_euclid(MICROS_PER_DAY);
                    *day = number as i32;
                    plain &= i64::from(*day) == number;
                }
            }
            TimeColumn::Instant(Column { values, validity: Validity::All }, resolution) => {
                let Some(finder) = scanner.finder else {
                    return false;
                };
                for ((day, time), &value) in slots.zip(&values[rows.clone()]) {
                    *time = resolution.to_micros(value).unwrap_or(i64::MIN);
                    *day = finder.day_of(*time).unwrap_or(i32::MIN);
                }
            }
            _ => return false,
        }
        plain
            && self.days[..rows.len()].iter().all(|day| (Day::MIN.number()..=Day::MAX.number()).contains(day))
    }

    fn read_amounts(&mut self, scanner: &Scanner<'_>, rows: &Range<usize>) -> bool {
        let mut plain = true;
        match &scanner.batch.amounts {
            None => {
                self.micros = [0; BLOCK];
                return true;
            }
            Some(AmountColumn::Float(Column { values, validity: Validity::All })) => {
                for (micros, &amount) in self.micros.iter_mut().zip(&values[rows.clone()]) {
                    let (value, exact) = small_micros_from_f64(amount);
                    *micros = value;
                    plain &= exact;
                }
            }
            Some(AmountColumn::Scaled(Column { values, validity: Validity::All }, scale @ 0..=6)) => {
                let factor = 10i64.pow(6 - *scale as u32);
                for (micros, &amount) in self.micros.iter_mut().zip(&values[rows.clone()]) {
                    let (value, overflow) = amount.overflowing_mul(factor);
                    *micros = value;
                    plain &= !overflow && value != i64::MIN;
                }
            }
            Some(_) => return false,
        }
        let micros = &self.micros[..rows.len()];
        plain
            && (scanner.options.returns == Policy::Keep || micros.iter().all(|&micros| micros >= 0))
            && (scanner.options.zero_amounts == Policy::Keep || micros.iter().all(|&micros| micros != 0))
    }

    #[inline]
    fn each<'t>(
        &self,
        start: usize,
        account: &mut RowAccount,
        id: impl Fn(usize) -> CustomerId<'t>,
        use_row: &mut impl FnMut(Row<'t>) -> bool,
    ) -> bool {
        for place in 0..self.length {
            let (day, time, micros) = (self.days[place], self.times[place], self.micros[place]);
            if micros < 0 {
                account.returns.add(micros);
            } else {
                account.purchases.add(micros);
            }
            if !use_row(Row { id: id(place), day, time, micros, index: start + place }) {
                return false;
            }
        }
        true
    }
}

/// What a row holds in one of its columns.
enum Cell<T> {
    Value(T),
    Missing,
    Invalid,
}

/// Reads rows of one batch.
pub(crate) struct Scanner<'t> {
    pub(crate) batch: &'t Transactions<'t>,
    pub(crate) options: &'t IngestOptions,
    /// Present when instants have to be turned into days.
    pub(crate) finder: Option<&'t DayFinder>,
    /// The row number of the batch's first row within the whole input.
    pub(crate) first_row: u64,
}

impl<'t> Scanner<'t> {
    /// Calls `use_row` for every row that is used, until it answers `false`.
    ///
    /// Blocks in which every row is plain (nothing missing, all in range, nothing that a policy leaves out) are converted
    /// column by column in loops that the compiler vectorises, a third of the time that row by row takes; any other block
    /// is read row by row.
    #[inline]
    pub(crate) fn rows(
        &self,
        range: Range<usize>,
        mut use_row: impl FnMut(Row<'t>) -> bool,
    ) -> Result<RowAccount> {
        let mut account = RowAccount::default();
        let mut block = Block::default();
        for start in range.clone().step_by(BLOCK) {
            let rows = start..(start + BLOCK).min(range.end);
            let go_on = match self.plain_ids(&rows).filter(|_| block.read(self, &rows)) {
                Some(PlainIds::Integer(ids)) => {
                    block.each(start, &mut account, |place| CustomerId::Integer(ids[place]), &mut use_row)
                }
                Some(PlainIds::Text(texts)) => {
                    block.each(start, &mut account, |place| CustomerId::Text(texts.get(place)), &mut use_row)
                }
                None => self.rows_one_by_one(rows, &mut account, &mut use_row)?,
            };
            if !go_on {
                break;
            }
        }
        Ok(account)
    }

    /// The ids of a block if none is missing and none can fail.
    fn plain_ids(&self, rows: &Range<usize>) -> Option<PlainIds<'t>> {
        match &self.batch.ids {
            IdColumn::Integer(Column { values, validity: Validity::All }) => {
                Some(PlainIds::Integer(&values[rows.clone()]))
            }
            IdColumn::Packed { offsets, bytes, validity: Validity::All } => {
                PlainTexts::new(*offsets, bytes, rows).map(PlainIds::Text)
            }
            _ => None,
        }
    }

    fn rows_one_by_one(
        &self,
        rows: Range<usize>,
        account: &mut RowAccount,
        use_row: &mut impl FnMut(Row<'t>) -> bool,
    ) -> Result<bool> {
        for index in rows {
            let id =
                match self.batch.ids.get(index).map_err(|error| self.place(error, "customer_id", index))? {
                    RawId::Integer(id) => CustomerId::Integer(id),
                    RawId::Text(id) => CustomerId::Text(id),
                    RawId::Missing => {
                        self.leave_out(Exclusion::MissingId, self.options.missing_id, index, account)?;
                        continue;
                    }
                };
            let (day, time) = match self.time(index) {
                Cell::Value(value) => value,
                Cell::Missing => {
                    self.leave_out(Exclusion::MissingTime, self.options.missing_time, index, account)?;
                    continue;
                }
                Cell::Invalid => {
                    self.leave_out(Exclusion::InvalidTime, self.options.invalid_time, index, account)?;
                    continue;
                }
            };
            let micros = match self.amount(index) {
                Cell::Value(micros) => micros,
                Cell::Missing => {
                    self.leave_out(Exclusion::MissingAmount, self.options.missing_amount, index, account)?;
                    continue;
                }
                Cell::Invalid => {
                    self.leave_out(Exclusion::InvalidAmount, self.options.invalid_amount, index, account)?;
                    continue;
                }
            };
            if micros < 0 {
                if self.options.returns != Policy::Keep {
                    self.leave_out(Exclusion::Return, self.options.returns, index, account)?;
                    continue;
                }
                account.returns.add(micros);
            } else {
                if micros == 0 && self.options.zero_amounts != Policy::Keep && self.batch.amounts.is_some() {
                    self.leave_out(Exclusion::ZeroAmount, self.options.zero_amounts, index, account)?;
                    continue;
                }
                account.purchases.add(micros);
            }
            if !use_row(Row { id, day, time, micros, index }) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) fn id_kind(&self) -> IdKind {
        self.batch.ids.kind()
    }

    /// The order that a row belongs to.
    pub(crate) fn order(&self, index: usize) -> Result<OrderKey> {
        let Some(column) = &self.batch.order_ids else {
            return Ok(OrderKey::NONE);
        };
        column.get(index).map(OrderKey::new).map_err(|error| self.place(error, "order_id", index))
    }

    #[inline]
    fn time(&self, index: usize) -> Cell<(i32, i64)> {
        let (day, micros) = match &self.batch.times {
            TimeColumn::Day(column) => match column.get(index) {
                None => return Cell::Missing,
                Some(day) => (Some(day), i64::from(day).saturating_mul(MICROS_PER_DAY)),
            },
            TimeColumn::Local(column, resolution) => match column.get(index) {
                None => return Cell::Missing,
                Some(value) => match resolution.to_micros(value) {
                    None => return Cell::Invalid,
                    Some(micros) => (i32::try_from(micros.div_euclid(MICROS_PER_DAY)).ok(), micros),
                },
            },
            TimeColumn::Instant(column, resolution) => match column.get(index) {
                None => return Cell::Missing,
                Some(value) => match resolution.to_micros(value) {
                    None => return Cell::Invalid,
                    Some(micros) => (self.finder.and_then(|finder| finder.day_of(micros)), micros),
                },
            },
        };
        match day {
            Some(day) if (Day::MIN.number()..=Day::MAX.number()).contains(&day) => Cell::Value((day, micros)),
            _ => Cell::Invalid,
        }
    }

    #[inline]
    fn amount(&self, index: usize) -> Cell<i64> {
        let micros = match &self.batch.amounts {
            None => return Cell::Value(0),
            Some(AmountColumn::Float(column)) => column.get(index).map(micros_from_f64),
            Some(AmountColumn::Scaled(column, scale)) => {
                column.get(index).map(|value| micros_from_scaled(i128::from(value), *scale))
            }
            Some(AmountColumn::Decimal(column, scale)) => {
                column.get(index).map(|value| micros_from_scaled(value, *scale))
            }
        };
        match micros {
            None => Cell::Missing,
            Some(None) => Cell::Invalid,
            Some(Some(micros)) => Cell::Value(micros),
        }
    }

    #[cold]
    fn leave_out(
        &self,
        reason: Exclusion,
        policy: Policy,
        index: usize,
        account: &mut RowAccount,
    ) -> Result<()> {
        if policy != Policy::Raise {
            let amount = match self.amount(index) {
                Cell::Value(micros) => micros,
                Cell::Missing | Cell::Invalid => 0,
            };
            account.exclude(reason, amount);
            return Ok(());
        }
        let (kind, column, message) = match reason {
            Exclusion::MissingId => {
                (ErrorKind::MissingValue, "customer_id", "is missing, and missing_id is raise".to_owned())
            }
            Exclusion::MissingTime => {
                (ErrorKind::MissingValue, "time", "is missing, and missing_time is raise".to_owned())
            }
            Exclusion::InvalidTime => {
                let message = format!("{} is outside 0001-01-01 to 9999-12-31", self.time_text(index));
                (ErrorKind::OutOfRange, "time", message)
            }
            Exclusion::MissingAmount => {
                (ErrorKind::MissingValue, "amount", "is missing, and missing_amount is raise".to_owned())
            }
            Exclusion::InvalidAmount => {
                let (text, finite) = self.amount_text(index);
                let kind = if finite { ErrorKind::OutOfRange } else { ErrorKind::InvalidValue };
                (kind, "amount", format!("{text} is not a number {ROW_BOUND}"))
            }
            Exclusion::ZeroAmount => {
                (ErrorKind::InvalidValue, "amount", "is zero, and zero_amounts is raise".to_owned())
            }
            Exclusion::Return | Exclusion::Duplicate => {
                let text = self.amount_text(index).0;
                (ErrorKind::InvalidValue, "amount", format!("{text} is negative, and returns is raise"))
            }
        };
        Err(self.place(Error::new(kind, message), column, index))
    }

    fn place(&self, error: Error, column: &str, index: usize) -> Error {
        error.on(column).at_row(self.first_row + index as u64)
    }

    fn time_text(&self, index: usize) -> String {
        match &self.batch.times {
            TimeColumn::Day(column) => format!("day {}", column.values[index]),
            TimeColumn::Local(column, resolution) | TimeColumn::Instant(column, resolution) => {
                format!("{} ({resolution:?}s since 1970-01-01)", column.values[index]).to_lowercase()
            }
        }
    }

    fn amount_text(&self, index: usize) -> (String, bool) {
        match &self.batch.amounts {
            None => (String::new(), true),
            Some(AmountColumn::Float(column)) => {
                (format!("{:?}", column.values[index]), column.values[index].is_finite())
            }
            Some(AmountColumn::Scaled(column, scale)) => {
                (format!("{}e{}", column.values[index], -i32::from(*scale)), true)
            }
            Some(AmountColumn::Decimal(column, scale)) => {
                (format!("{}e{}", column.values[index], -i32::from(*scale)), true)
            }
        }
    }
}

impl IdColumn<'_> {
    /// Integers or text.
    pub fn kind(&self) -> IdKind {
        match self {
            Self::Integer(_) => IdKind::Integer,
            Self::Text(_) | Self::OptionalText(_) | Self::Packed { .. } => IdKind::Text,
            Self::Coded { values, .. } => values.kind(),
        }
    }
}
