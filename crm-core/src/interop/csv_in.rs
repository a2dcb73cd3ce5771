//! Transactions from CSV files, streamed.

use std::borrow::Cow;
use std::path::Path;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::arrow_in::ColumnNames;
use super::instant::{TextTime, parse_time};
use super::{OnProgress, Progress};
use crate::customer::{
    AmountColumn, Column, HistoryBuilder, IdColumn, IdKind, IngestOptions, Policy, PurchaseHistory,
    TextOffsets, TimeColumn, TimeResolution, Transactions, Validity, not_utf8, parse_micros,
};
use crate::error::{Error, ErrorKind, Result};

/// How a CSV file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CsvOptions {
    /// Between fields; a comma unless it is another ASCII character.
    pub delimiter: u8,
    /// Whether customer ids are text (default: `007` stays `007`) or integers.
    pub id_kind: IdKind,
}

impl Default for CsvOptions {
    fn default() -> Self {
        Self { delimiter: b',', id_kind: IdKind::Text }
    }
}

/// Rows that are read before they are added to the history.
const BATCH: usize = 1 << 16;

/// The purchase history of a CSV file with a header line (RFC 4180; UTF-8).
///
/// Times are ISO 8601 dates or times; those with an offset need a business time zone. Amounts are decimal numbers and
/// are read exactly. An empty field is a missing value. `amount_scale` divides integers as in other sources.
///
/// # Errors
/// `Io` if the file cannot be read; `MissingColumn`; `Parse` or `NotUtf8` with the line for fields that cannot be read or
/// lines with another number of fields than the header; those of [`HistoryBuilder::push`], with the line; whatever
/// `on_progress` returns.
pub fn read_csv(
    path: &Path,
    names: &ColumnNames,
    csv: &CsvOptions,
    options: IngestOptions,
    on_progress: &mut OnProgress<'_>,
) -> Result<PurchaseHistory> {
    let file = std::fs::File::open(path).map_err(|error| file_error(path, &error))?;
    if !csv.delimiter.is_ascii() || matches!(csv.delimiter, b'"' | b'\n' | b'\r' | 0) {
        let given = format!("byte {}", csv.delimiter);
        return Err(Error::argument(
            "delimiter",
            given,
            "one ASCII character other than a quote or a line end",
        ));
    }
    let mut reader = ReaderBuilder::new()
        .delimiter(csv.delimiter)
        .from_reader(std::io::BufReader::with_capacity(1 << 18, file));
    let places = Places::find(&mut reader, names)?;
    let mut batch = Batch::new(csv.id_kind, names, &options);
    let mut builder = HistoryBuilder::new(options)?;
    let mut record = ByteRecord::new();
    loop {
        let more = reader.read_byte_record(&mut record).map_err(|error| csv_error(path, &error))?;
        if more {
            let line = record.position().map_or(0, csv::Position::line);
            batch.push(&record, &places, line).map_err(|error| error.at_line(line))?;
        }
        if batch.lines.len() == BATCH || !more {
            batch.add_to(&mut builder)?;
            on_progress(Progress { rows: builder.rows(), total: None })?;
            batch.clear();
        }
        if !more {
            return builder.finish();
        }
    }
}

pub(super) fn file_error(path: &Path, error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Io, format!("{}: {error}", path.display())).on("path")
}

fn csv_error(path: &Path, error: &csv::Error) -> Error {
    match error.kind() {
        csv::ErrorKind::Io(error) => file_error(path, error),
        csv::ErrorKind::UnequalLengths { pos, expected_len, len } => {
            let message = format!("has {len} fields, but the header has {expected_len}");
            let error = Error::new(ErrorKind::Parse, message);
            match pos {
                Some(pos) => error.at_line(pos.line()),
                None => error,
            }
        }
        _ => Error::new(ErrorKind::Parse, error.to_string()),
    }
}

/// Where the columns stand.
struct Places {
    customer_id: usize,
    time: usize,
    amount: Option<usize>,
    order_id: Option<usize>,
}

impl Places {
    fn find<R: std::io::Read>(reader: &mut Reader<R>, names: &ColumnNames) -> Result<Self> {
        let header = reader
            .byte_headers()
            .map_err(|error| Error::new(ErrorKind::Parse, error.to_string()).at_line(1))?;
        let find = |argument: &str, name: &str| {
            let mut places = header.iter().enumerate().filter(|(_, field)| *field == name.as_bytes());
            match (places.next(), places.next()) {
                (Some((place, _)), None) => Ok(place),
                (Some(_), Some(_)) => {
                    Err(Error::new(ErrorKind::MissingColumn, format!("there are several columns {name:?}"))
                        .on(argument)
                        .at_line(1))
                }
                (None, _) => {
                    let known: Vec<Cow<'_, str>> = header.iter().map(String::from_utf8_lossy).collect();
                    let message =
                        format!("there is no column {name:?}; the columns are {}", known.join(", "));
                    Err(Error::new(ErrorKind::MissingColumn, message).on(argument).at_line(1))
                }
            }
        };
        Ok(Self {
            customer_id: find("customer_id", &names.customer_id)?,
            time: find("time", &names.time)?,
            amount: names.amount.as_deref().map(|name| find("amount", name)).transpose()?,
            order_id: names.order_id.as_deref().map(|name| find("order_id", name)).transpose()?,
        })
    }
}

/// Text fields in one run of bytes.
struct Texts {
    offsets: Vec<i64>,
    bytes: Vec<u8>,
}

impl Texts {
    fn new() -> Self {
        Self { offsets: vec![0], bytes: Vec::new() }
    }

    fn push(&mut self, text: &str) {
        self.bytes.extend_from_slice(text.as_bytes());
        self.offsets.push(self.bytes.len() as i64);
    }

    fn clear(&mut self) {
        self.offsets.truncate(1);
        self.bytes.clear();
    }

    fn column(&self) -> IdColumn<'_> {
        IdColumn::Packed {
            offsets: TextOffsets::Large(&self.offsets),
            bytes: &self.bytes,
            validity: Validity::All,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Zoned {
    Yes,
    No,
}

/// Rows as they are collected.
struct Batch {
    lines: Vec<u64>,
    id_kind: IdKind,
    integers: Vec<i64>,
    has_integer: Vec<bool>,
    texts: Texts,
    zoned: Option<Zoned>,
    times: Vec<i64>,
    has_time: Vec<bool>,
    amount_scale: i8,
    /// Micro-units; out of any range where a policy excludes what could not be read.
    amounts: Option<Vec<i128>>,
    has_amount: Vec<bool>,
    orders: Option<Texts>,
    invalid_time: Policy,
    invalid_amount: Policy,
}

impl Batch {
    fn new(id_kind: IdKind, names: &ColumnNames, options: &IngestOptions) -> Self {
        Self {
            lines: Vec::with_capacity(BATCH),
            id_kind,
            integers: Vec::new(),
            has_integer: Vec::new(),
            texts: Texts::new(),
            zoned: None,
            times: Vec::with_capacity(BATCH),
            has_time: Vec::with_capacity(BATCH),
            amount_scale: names.amount_scale,
            amounts: names.amount.is_some().then(Vec::new),
            has_amount: Vec::new(),
            orders: names.order_id.is_some().then(Texts::new),
            invalid_time: options.invalid_time,
            invalid_amount: options.invalid_amount,
        }
    }

    fn push(&mut self, record: &ByteRecord, places: &Places, line: u64) -> Result<()> {
        let field = |place: usize, name: &str| {
            let bytes = record.get(place).unwrap_or_default();
            std::str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error).on(name))
        };
        self.push_id(field(places.customer_id, "customer_id")?).map_err(|error| error.on("customer_id"))?;
        self.push_time(field(places.time, "time")?).map_err(|error| error.on("time"))?;
        if let Some(place) = places.amount {
            self.push_amount(field(place, "amount")?).map_err(|error| error.on("amount"))?;
        }
        if let (Some(place), Some(orders)) = (places.order_id, &mut self.orders) {
            orders.push(field(place, "order_id")?);
        }
        self.lines.push(line);
        Ok(())
    }

    fn push_id(&mut self, text: &str) -> Result<()> {
        match self.id_kind {
            IdKind::Text => self.texts.push(text),
            IdKind::Integer => {
                self.has_integer.push(!text.is_empty());
                self.integers.push(if text.is_empty() {
                    0
                } else {
                    let message = || format!("{text:?} is not an integer of 64 bits");
                    text.parse().map_err(|_| Error::new(ErrorKind::Parse, message()))?
                });
            }
        }
        Ok(())
    }

    fn push_time(&mut self, text: &str) -> Result<()> {
        self.has_time.push(!text.is_empty());
        let micros = match (text.is_empty(), parse_time(text)) {
            (true, _) => 0,
            (_, Ok(TextTime::Local(micros))) => self.in_kind(Zoned::No, micros)?,
            (_, Ok(TextTime::Instant(micros))) => self.in_kind(Zoned::Yes, micros)?,
            (_, Err(_)) if self.invalid_time == Policy::Exclude => i64::MIN,
            (_, Err(error)) => return Err(error),
        };
        self.times.push(micros);
        Ok(())
    }

    fn in_kind(&mut self, zoned: Zoned, micros: i64) -> Result<i64> {
        if *self.zoned.get_or_insert(zoned) == zoned {
            return Ok(micros);
        }
        let message = "times with and without an offset from UTC are mixed: give all of them one, or none";
        Err(Error::new(ErrorKind::Incompatible, message))
    }

    fn push_amount(&mut self, text: &str) -> Result<()> {
        let Some(amounts) = &mut self.amounts else {
            return Ok(());
        };
        self.has_amount.push(!text.is_empty());
        amounts.push(match (text.is_empty(), parse_micros(text)) {
            (true, _) => 0,
            (_, Some(micros)) => i128::from(micros),
            (_, None) if self.invalid_amount == Policy::Exclude => i128::MAX,
            (_, None) => {
                let is_number = text.parse::<f64>().is_ok();
                let kind = match text.parse::<f64>() {
                    Ok(value) if value.is_finite() => ErrorKind::OutOfRange,
                    Ok(_) => ErrorKind::InvalidValue,
                    Err(_) => ErrorKind::Parse,
                };
                let bound = if is_number {
                    "a number within ±9223372036854.775807"
                } else {
                    "a decimal number such as -12.50"
                };
                return Err(Error::new(kind, format!("{text:?} is not {bound}")));
            }
        });
        Ok(())
    }

    fn add_to(&self, builder: &mut HistoryBuilder) -> Result<()> {
        let first_row = builder.rows();
        let flags = Validity::Flags;
        let ids = match self.id_kind {
            IdKind::Text => self.texts.column(),
            IdKind::Integer => IdColumn::Integer(Column {
                values: Cow::Borrowed(&self.integers),
                validity: flags(&self.has_integer),
            }),
        };
        let times = Column { values: Cow::Borrowed(self.times.as_slice()), validity: flags(&self.has_time) };
        let times = match self.zoned {
            Some(Zoned::Yes) => TimeColumn::Instant(times, TimeResolution::Microsecond),
            _ => TimeColumn::Local(times, TimeResolution::Microsecond),
        };
        // The text was read as whole units: a scale moves the point further.
        let amounts = self.amounts.as_ref().map(|amounts| {
            let values =
                Column { values: Cow::Borrowed(amounts.as_slice()), validity: flags(&self.has_amount) };
            AmountColumn::Decimal(values, self.amount_scale.saturating_add(6))
        });
        let mut transactions = Transactions::new(ids, times, amounts)?;
        if let Some(orders) = &self.orders {
            transactions = transactions.with_order_ids(orders.column())?;
        }
        builder.push(&transactions).map_err(|error| {
            let line = error.row().and_then(|row| self.lines.get((row - first_row) as usize));
            match line {
                Some(&line) => error.at_line(line),
                None => error,
            }
        })
    }

    fn clear(&mut self) {
        self.lines.clear();
        self.integers.clear();
        self.has_integer.clear();
        self.texts.clear();
        self.times.clear();
        self.has_time.clear();
        self.amounts.iter_mut().for_each(Vec::clear);
        self.has_amount.clear();
        self.orders.iter_mut().for_each(Texts::clear);
    }
}
