//! Columns of transactions as the caller holds them: borrowed, of several types, with nulls.

use std::borrow::Cow;

use crate::error::{Error, ErrorKind, Result};

/// Which rows of a column hold a value.
#[derive(Clone, Copy, Debug)]
pub enum Validity<'a> {
    /// Every row.
    All,
    /// `true` where there is a value.
    Flags(&'a [bool]),
    /// One bit a row, least significant first, from bit `offset` on (Arrow's layout); 1 where there is a value.
    Bits {
        /// The bytes.
        bytes: &'a [u8],
        /// The bit of the first row.
        offset: usize,
    },
}

impl Validity<'_> {
    #[inline]
    pub(crate) fn has(&self, row: usize) -> bool {
        match self {
            Self::All => true,
            Self::Flags(flags) => flags[row],
            Self::Bits { bytes, offset } => bytes[(row + offset) / 8] >> ((row + offset) % 8) & 1 == 1,
        }
    }

    fn covers(&self, rows: usize) -> bool {
        match self {
            Self::All => true,
            Self::Flags(flags) => flags.len() == rows,
            Self::Bits { bytes, offset } => {
                rows.checked_add(*offset).is_some_and(|bits| bits.div_ceil(8) <= bytes.len())
            }
        }
    }
}

/// A column of fixed-width values with nulls.
#[derive(Clone, Debug)]
pub struct Column<'a, T: Clone> {
    /// The values; those of null rows mean nothing.
    pub values: Cow<'a, [T]>,
    /// Which rows hold a value.
    pub validity: Validity<'a>,
}

impl<'a, T: Clone> From<&'a [T]> for Column<'a, T> {
    fn from(values: &'a [T]) -> Self {
        Self { values: Cow::Borrowed(values), validity: Validity::All }
    }
}

impl<'a, T: Clone> From<&'a Vec<T>> for Column<'a, T> {
    fn from(values: &'a Vec<T>) -> Self {
        values.as_slice().into()
    }
}

impl<T: Copy> Column<'_, T> {
    #[inline]
    pub(crate) fn get(&self, row: usize) -> Option<T> {
        if self.validity.has(row) { Some(self.values[row]) } else { None }
    }

    /// Refuses a column that has fewer flags than rows.
    pub(crate) fn check_validity(&self, name: &str) -> Result<()> {
        let rows = self.values.len();
        check_column(name, rows, rows, self.validity.covers(rows))
    }
}

/// The offsets of a text column, one more than rows.
#[derive(Clone, Copy, Debug)]
pub enum TextOffsets<'a> {
    /// Of 32 bits (Arrow `Utf8`).
    Small(&'a [i32]),
    /// Of 64 bits (Arrow `LargeUtf8`).
    Large(&'a [i64]),
}

impl TextOffsets<'_> {
    fn rows(&self) -> usize {
        match self {
            Self::Small(offsets) => offsets.len().saturating_sub(1),
            Self::Large(offsets) => offsets.len().saturating_sub(1),
        }
    }

    #[inline]
    fn at(&self, row: usize) -> Option<usize> {
        match self {
            Self::Small(offsets) => usize::try_from(offsets[row]).ok(),
            Self::Large(offsets) => usize::try_from(offsets[row]).ok(),
        }
    }

    fn range(&self, row: usize) -> Option<std::ops::Range<usize>> {
        Some(self.at(row)?..self.at(row + 1)?)
    }
}

/// Texts of a block of rows, known to be valid UTF-8 and not empty.
#[derive(Clone, Copy)]
pub(crate) struct PlainTexts<'a> {
    offsets: TextOffsets<'a>,
    first_row: usize,
    /// Where the block's text starts within the column's.
    start: usize,
    text: &'a str,
}

impl<'a> PlainTexts<'a> {
    /// The texts of these rows, checked all at once; `None` if one of them is empty or broken.
    pub(crate) fn new(
        offsets: TextOffsets<'a>,
        bytes: &'a [u8],
        rows: &std::ops::Range<usize>,
    ) -> Option<Self> {
        let (start, end) = (offsets.at(rows.start)?, offsets.at(rows.end)?);
        let text = std::str::from_utf8(bytes.get(start..end)?).ok()?;
        let plain = Self { offsets, first_row: rows.start, start, text };
        let sound = |row: usize| {
            let (from, to) = (offsets.at(row)?, offsets.at(row + 1)?);
            (from < to && text.is_char_boundary(from - start)).then_some(())
        };
        rows.clone().try_for_each(sound)?;
        Some(plain)
    }

    /// The text of a row, counted from the first of the block.
    #[inline]
    pub(crate) fn get(&self, place: usize) -> &'a str {
        let at = |row: usize| self.offsets.at(row).unwrap_or(self.start) - self.start;
        &self.text[at(self.first_row + place)..at(self.first_row + place + 1)]
    }
}

/// A column of ids: integers or text.
///
/// A null, and an empty text, is a missing id.
#[derive(Clone, Debug)]
pub enum IdColumn<'a> {
    /// Integers.
    Integer(Column<'a, i64>),
    /// Text slices.
    Text(&'a [&'a str]),
    /// Text slices, `None` where missing.
    OptionalText(Vec<Option<&'a str>>),
    /// Text in one run of bytes with offsets.
    Packed {
        /// One more than rows.
        offsets: TextOffsets<'a>,
        /// UTF-8 text; checked on reading.
        bytes: &'a [u8],
        /// Which rows hold a value.
        validity: Validity<'a>,
    },
    /// Codes into a column of distinct values (Arrow dictionaries, pandas categories, factors).
    Coded {
        /// For each row the position of its value.
        codes: Column<'a, i64>,
        /// The values.
        values: Box<IdColumn<'a>>,
    },
}

/// One id as read from a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RawId<'a> {
    Missing,
    Integer(i64),
    Text(&'a str),
}

impl IdColumn<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Integer(column) => column.values.len(),
            Self::Text(values) => values.len(),
            Self::OptionalText(values) => values.len(),
            Self::Packed { offsets, .. } => offsets.rows(),
            Self::Coded { codes, .. } => codes.values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    #[inline]
    pub(crate) fn get(&self, row: usize) -> Result<RawId<'_>> {
        Ok(match self {
            Self::Integer(column) => column.get(row).map_or(RawId::Missing, RawId::Integer),
            Self::Text(values) => text_id(values[row]),
            Self::OptionalText(values) => values[row].map_or(RawId::Missing, text_id),
            Self::Packed { offsets, bytes, validity } => {
                if !validity.has(row) {
                    return Ok(RawId::Missing);
                }
                let slice = offsets.range(row).and_then(|range| bytes.get(range));
                let slice = slice
                    .ok_or_else(|| Error::new(ErrorKind::Corrupt, "text offsets lie outside the text"))?;
                text_id(std::str::from_utf8(slice).map_err(|error| not_utf8(slice, error))?)
            }
            Self::Coded { codes, values } => match codes.get(row) {
                None => RawId::Missing,
                Some(code) => {
                    let place = usize::try_from(code).ok().filter(|&place| place < values.len());
                    values.get(place.ok_or_else(|| {
                        let message =
                            format!("code {code} is outside the {} dictionary values", values.len());
                        Error::new(ErrorKind::OutOfRange, message)
                    })?)?
                }
            },
        })
    }

    /// Refuses a column that has fewer flags than rows.
    pub(crate) fn check_validity(&self, name: &str) -> Result<()> {
        check_column(name, self.len(), self.len(), self.validity_covers())
    }

    fn validity_covers(&self) -> bool {
        match self {
            Self::Integer(column) => column.validity.covers(column.values.len()),
            Self::Packed { offsets, validity, .. } => validity.covers(offsets.rows()),
            Self::Coded { codes, values } => {
                codes.validity.covers(codes.values.len()) && values.validity_covers()
            }
            Self::Text(_) | Self::OptionalText(_) => true,
        }
    }
}

#[inline]
fn text_id(text: &str) -> RawId<'_> {
    if text.is_empty() { RawId::Missing } else { RawId::Text(text) }
}

pub(crate) fn not_utf8(bytes: &[u8], error: std::str::Utf8Error) -> Error {
    let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]);
    Error::new(ErrorKind::NotUtf8, format!("{shown:?} is not UTF-8 at byte {}", error.valid_up_to()))
}

/// The resolution of integer times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TimeResolution {
    /// Seconds.
    Second,
    /// Milliseconds.
    Millisecond,
    /// Microseconds.
    Microsecond,
    /// Nanoseconds, floored to microseconds.
    Nanosecond,
}

impl TimeResolution {
    #[inline]
    pub(crate) fn to_micros(self, value: i64) -> Option<i64> {
        match self {
            Self::Second => value.checked_mul(1_000_000),
            Self::Millisecond => value.checked_mul(1_000),
            Self::Microsecond => Some(value),
            Self::Nanosecond => Some(value.div_euclid(1_000)),
        }
    }
}

/// A column of times.
#[derive(Clone, Debug)]
pub enum TimeColumn<'a> {
    /// Calendar days, counted from 1970-01-01.
    Day(Column<'a, i32>),
    /// Instants, counted from 1970-01-01T00:00Z; the business time zone decides their day.
    Instant(Column<'a, i64>, TimeResolution),
    /// Wall-clock times of the business, without a zone, counted from 1970-01-01T00:00.
    Local(Column<'a, i64>, TimeResolution),
}

impl TimeColumn<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Day(column) => column.values.len(),
            Self::Instant(column, _) | Self::Local(column, _) => column.values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn validity_covers(&self) -> bool {
        match self {
            Self::Day(column) => column.validity.covers(column.values.len()),
            Self::Instant(column, _) | Self::Local(column, _) => column.validity.covers(column.values.len()),
        }
    }
}

/// A column of amounts in currency units; negative amounts are returns.
#[derive(Clone, Debug)]
pub enum AmountColumn<'a> {
    /// Doubles, rounded to the micro-unit (halves to the even one), or to the double's own spacing above 9e9 units.
    Float(Column<'a, f64>),
    /// Integers with so many decimal digits (`scale` 2: cents).
    Scaled(Column<'a, i64>, i8),
    /// Decimals of 128 bits with so many decimal digits.
    Decimal(Column<'a, i128>, i8),
}

impl AmountColumn<'_> {
    /// Number of rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Float(column) => column.values.len(),
            Self::Scaled(column, _) => column.values.len(),
            Self::Decimal(column, _) => column.values.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn validity_covers(&self) -> bool {
        match self {
            Self::Float(column) => column.validity.covers(column.values.len()),
            Self::Scaled(column, _) => column.validity.covers(column.values.len()),
            Self::Decimal(column, _) => column.validity.covers(column.values.len()),
        }
    }
}

/// A batch of transactions: one row a purchase, a return or an order line.
///
/// ```
/// use crm_core::customer::{AmountColumn, IdColumn, TimeColumn, Transactions};
/// let (ids, days, amounts) = (["ann", "bob"], [19_700, 19_701], [12.5, 7.0]);
/// let log = Transactions::new(
///     IdColumn::Text(&ids),
///     TimeColumn::Day(days.as_slice().into()),
///     Some(AmountColumn::Float(amounts.as_slice().into())),
/// )?;
/// assert_eq!(log.len(), 2);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Transactions<'a> {
    pub(crate) ids: IdColumn<'a>,
    pub(crate) times: TimeColumn<'a>,
    pub(crate) amounts: Option<AmountColumn<'a>>,
    pub(crate) order_ids: Option<IdColumn<'a>>,
}

impl<'a> Transactions<'a> {
    /// A batch from its columns; a log without amounts counts purchases only.
    ///
    /// # Errors
    /// `LengthMismatch` if the columns, or the flags of one, differ in length.
    pub fn new(ids: IdColumn<'a>, times: TimeColumn<'a>, amounts: Option<AmountColumn<'a>>) -> Result<Self> {
        let rows = ids.len();
        check_column("customer_id", rows, rows, ids.validity_covers())?;
        check_column("time", rows, times.len(), times.validity_covers())?;
        if let Some(amounts) = &amounts {
            check_column("amount", rows, amounts.len(), amounts.validity_covers())?;
        }
        Ok(Self { ids, times, amounts, order_ids: None })
    }

    /// Adds order ids: the lines of one order count as one order, on the day of the first purchase line that a question
    /// covers. A line without one is an order of its own.
    ///
    /// # Errors
    /// `LengthMismatch` if there are not as many as rows.
    pub fn with_order_ids(mut self, order_ids: IdColumn<'a>) -> Result<Self> {
        check_column("order_id", self.len(), order_ids.len(), order_ids.validity_covers())?;
        self.order_ids = Some(order_ids);
        Ok(self)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn check_column(name: &str, rows: usize, has: usize, flags_fit: bool) -> Result<()> {
    if has != rows {
        let message = format!("has {has} rows, but customer_id has {rows}");
        return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
    }
    if !flags_fit {
        return Err(Error::new(ErrorKind::LengthMismatch, "has fewer validity flags than rows").on(name));
    }
    Ok(())
}
