//! Reading the rows of a batch: types, nulls, ranges and policies, row by row.

use std::ops::Range;

use super::id::{CustomerId, IdKind};
use super::line::OrderKey;
use super::money::{ROW_BOUND, micros_from_f64, micros_from_scaled};
use super::options::{Exclusion, IngestOptions, Policy, RowAccount};
use super::period::Day;
use super::transaction::{AmountColumn, IdColumn, RawId, TimeColumn, Transactions};
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
    #[inline]
    pub(crate) fn rows(&self, range: Range<usize>, mut use_row: impl FnMut(Row<'t>) -> bool) -> Result<RowAccount> {
        let mut account = RowAccount::default();
        for index in range {
            let id = match self.batch.ids.get(index).map_err(|error| self.place(error, "customer_id", index))? {
                RawId::Integer(id) => CustomerId::Integer(id),
                RawId::Text(id) => CustomerId::Text(id),
                RawId::Missing => {
                    let amount = match self.amount(index) {
                        Cell::Value(micros) => micros,
                        Cell::Missing | Cell::Invalid => 0,
                    };
                    self.leave_out(Exclusion::MissingId, self.options.missing_id, index, &mut account, amount)?;
                    continue;
                }
            };
            let (day, time) = match self.time(index) {
                Cell::Value(value) => value,
                Cell::Missing => {
                    self.leave_out(Exclusion::MissingTime, self.options.missing_time, index, &mut account, 0)?;
                    continue;
                }
                Cell::Invalid => {
                    self.leave_out(Exclusion::InvalidTime, self.options.invalid_time, index, &mut account, 0)?;
                    continue;
                }
            };
            let micros = match self.amount(index) {
                Cell::Value(micros) => micros,
                Cell::Missing => {
                    self.leave_out(Exclusion::MissingAmount, self.options.missing_amount, index, &mut account, 0)?;
                    continue;
                }
                Cell::Invalid => {
                    self.leave_out(Exclusion::InvalidAmount, self.options.invalid_amount, index, &mut account, 0)?;
                    continue;
                }
            };
            if micros < 0 {
                if self.options.returns != Policy::Keep {
                    self.leave_out(Exclusion::Return, self.options.returns, index, &mut account, micros)?;
                    continue;
                }
                account.returns.add(micros);
            } else {
                if micros == 0 && self.options.zero_amounts != Policy::Keep && self.batch.amounts.is_some() {
                    self.leave_out(Exclusion::ZeroAmount, self.options.zero_amounts, index, &mut account, 0)?;
                    continue;
                }
                account.purchases.add(micros);
            }
            if !use_row(Row { id, day, time, micros, index }) {
                break;
            }
        }
        Ok(account)
    }

    pub(crate) fn id_kind(&self) -> IdKind {
        self.batch.ids.kind()
    }

    /// The order that a row belongs to.
    pub(crate) fn order(&self, index: usize) -> Result<OrderKey> {
        let Some(column) = &self.batch.order_ids else { return Ok(OrderKey::NONE) };
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
            Some(AmountColumn::Decimal(column, scale)) => column.get(index).map(|value| micros_from_scaled(value, *scale)),
        };
        match micros {
            None => Cell::Missing,
            Some(None) => Cell::Invalid,
            Some(Some(micros)) => Cell::Value(micros),
        }
    }

    #[cold]
    fn leave_out(&self, reason: Exclusion, policy: Policy, index: usize, account: &mut RowAccount, micros: i64) -> Result<()> {
        if policy != Policy::Raise {
            account.exclude(reason, micros);
            return Ok(());
        }
        let (kind, column, message) = match reason {
            Exclusion::MissingId => (ErrorKind::MissingValue, "customer_id", "is missing, and missing_id is raise".to_owned()),
            Exclusion::MissingTime => (ErrorKind::MissingValue, "time", "is missing, and missing_time is raise".to_owned()),
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
            Exclusion::ZeroAmount => (ErrorKind::InvalidValue, "amount", "is zero, and zero_amounts is raise".to_owned()),
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
            Some(AmountColumn::Float(column)) => (format!("{:?}", column.values[index]), column.values[index].is_finite()),
            Some(AmountColumn::Scaled(column, scale)) => (format!("{}e-{scale}", column.values[index]), true),
            Some(AmountColumn::Decimal(column, scale)) => (format!("{}e-{scale}", column.values[index]), true),
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
