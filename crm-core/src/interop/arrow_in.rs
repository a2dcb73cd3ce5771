//! Transactions from Arrow record batches.
//!
//! Only types that say what is meant are accepted: a blanket cast turns text that cannot be read into nulls, truth
//! values into amounts, and the ordinals of periods into days of 1970.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowDictionaryKeyType, ArrowPrimitiveType, Date32Type, Date64Type, Decimal32Type, Decimal64Type,
    Decimal128Type, Decimal256Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
    UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, DictionaryArray, RecordBatch};
use arrow_buffer::NullBuffer;
use arrow_schema::{DataType, TimeUnit as ArrowUnit};

use crate::customer::not_utf8;
use crate::customer::{
    AmountColumn, Column, HistoryBuilder, IdColumn, TextOffsets, TimeColumn, TimeResolution, Transactions,
    Validity,
};
use crate::error::{Error, ErrorKind, Result};

/// Which columns hold what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnNames {
    /// The customer id: integers, text, or a dictionary of either.
    pub customer_id: String,
    /// The time: a date or a timestamp.
    pub time: String,
    /// The amount: floats, integers or decimals; `None` for a log without amounts.
    pub amount: Option<String>,
    /// The order id, if lines belong to orders.
    pub order_id: Option<String>,
    /// Decimal digits of integer amounts: 0 for whole units, 2 for cents.
    pub amount_scale: i8,
}

impl Default for ColumnNames {
    fn default() -> Self {
        Self {
            customer_id: "customer_id".to_owned(),
            time: "time".to_owned(),
            amount: Some("amount".to_owned()),
            order_id: None,
            amount_scale: 0,
        }
    }
}

/// Rows that are read at a time: bounds the memory that converted columns take.
const SLICE: usize = 1 << 20;

impl HistoryBuilder {
    /// Adds a record batch, a million rows at a time; `between` is called after each with the rows read so far.
    ///
    /// # Errors
    /// Those of [`transactions`] and [`push`](Self::push), and any that `between` returns.
    pub fn push_arrow(
        &mut self,
        batch: &RecordBatch,
        names: &ColumnNames,
        mut between: impl FnMut(u64) -> Result<()>,
    ) -> Result<()> {
        // An empty batch still says what kinds of columns there are.
        for start in (0..batch.num_rows().max(1)).step_by(SLICE) {
            let slice = batch.slice(start, SLICE.min(batch.num_rows() - start));
            let first_row = self.rows();
            let columns = transactions(&slice, names).map_err(|error| match error.row() {
                Some(row) => error.at_row(row + first_row),
                None => error,
            })?;
            self.push(&columns)?;
            between(self.rows())?;
        }
        Ok(())
    }
}

/// The columns of a record batch as transactions, borrowed where their layout allows.
///
/// # Errors
/// `MissingColumn` for a name that the batch does not have or has twice; `WrongType` for a type that is not accepted;
/// `OutOfRange` for an unsigned id above 2^63 - 1 or a decimal beyond 128 bits; `NotUtf8` for broken text.
pub fn transactions<'a>(batch: &'a RecordBatch, names: &ColumnNames) -> Result<Transactions<'a>> {
    let ids = id_column(column(batch, "customer_id", &names.customer_id)?)
        .map_err(|error| error.on("customer_id"))?;
    let times = time_column(column(batch, "time", &names.time)?).map_err(|error| error.on("time"))?;
    let amounts = match &names.amount {
        None => None,
        Some(name) => {
            let array = column(batch, "amount", name)?;
            Some(amount_column(array, names.amount_scale).map_err(|error| error.on("amount"))?)
        }
    };
    let transactions = Transactions::new(ids, times, amounts)?;
    match &names.order_id {
        None => Ok(transactions),
        Some(name) => {
            let array = column(batch, "order_id", name)?;
            transactions.with_order_ids(id_column(array).map_err(|error| error.on("order_id"))?)
        }
    }
}

pub(super) fn column<'a>(batch: &'a RecordBatch, argument: &str, name: &str) -> Result<&'a dyn Array> {
    let schema = batch.schema_ref();
    let mut places = schema.fields().iter().enumerate().filter(|(_, field)| field.name() == name);
    match (places.next(), places.next()) {
        // The storage of an extension type says nothing of what it means: a period's ordinals are no days.
        (Some((_, field)), None) if field.extension_type_name().is_some() => {
            let kind = field.extension_type_name().unwrap_or_default();
            let message = format!("{name:?} has the extension type {kind}: convert it to a plain type");
            Err(Error::new(ErrorKind::WrongType, message).on(argument))
        }
        (Some((place, _)), None) => Ok(batch.column(place).as_ref()),
        (Some(_), Some(_)) => {
            Err(Error::new(ErrorKind::MissingColumn, format!("there are several columns {name:?}"))
                .on(argument))
        }
        (None, _) => {
            let known: Vec<&str> = schema.fields().iter().map(|field| field.name().as_str()).collect();
            let message = format!("there is no column {name:?}; the columns are {}", known.join(", "));
            Err(Error::new(ErrorKind::MissingColumn, message).on(argument))
        }
    }
}

pub(super) fn wrong_type(array: &dyn Array, accepted: &str) -> Error {
    Error::new(ErrorKind::WrongType, format!("{} is not accepted: must be {accepted}", array.data_type()))
}

fn validity(nulls: Option<&NullBuffer>) -> Validity<'_> {
    match nulls {
        Some(nulls) if nulls.null_count() > 0 => {
            Validity::Bits { bytes: nulls.validity(), offset: nulls.offset() }
        }
        _ => Validity::All,
    }
}

/// A column as it lies in memory.
fn borrowed<T: ArrowPrimitiveType>(array: &dyn Array) -> Column<'_, T::Native> {
    let array = array.as_primitive::<T>();
    Column { values: Cow::Borrowed(array.values()), validity: validity(array.nulls()) }
}

/// A column converted value by value; null slots may hold anything and are not converted.
fn converted<'a, T: ArrowPrimitiveType, V: Clone + Default>(
    array: &'a dyn Array,
    convert: impl Fn(T::Native) -> Option<V>,
    bound: &str,
) -> Result<Column<'a, V>> {
    let array = array.as_primitive::<T>();
    let validity = validity(array.nulls());
    let convert = |(row, &value): (usize, &T::Native)| {
        if !validity.has(row) {
            return Ok(V::default());
        }
        convert(value).ok_or_else(|| {
            Error::new(ErrorKind::OutOfRange, format!("{value:?} is above {bound}")).at_row(row as u64)
        })
    };
    let values: Vec<V> = array.values().iter().enumerate().map(convert).collect::<Result<_>>()?;
    Ok(Column { values: Cow::Owned(values), validity })
}

fn widened<T: ArrowPrimitiveType>(array: &dyn Array) -> Result<Column<'_, i64>>
where
    i64: From<T::Native>,
{
    converted::<T, i64>(array, |value| Some(i64::from(value)), "")
}

const LARGEST: &str = "9223372036854775807";

/// Integers of any width.
pub(super) fn integers(array: &dyn Array) -> Result<Option<Column<'_, i64>>> {
    Ok(Some(match array.data_type() {
        DataType::Int64 => borrowed::<Int64Type>(array),
        DataType::Int32 => widened::<Int32Type>(array)?,
        DataType::Int16 => widened::<Int16Type>(array)?,
        DataType::Int8 => widened::<Int8Type>(array)?,
        DataType::UInt32 => widened::<UInt32Type>(array)?,
        DataType::UInt16 => widened::<UInt16Type>(array)?,
        DataType::UInt8 => widened::<UInt8Type>(array)?,
        DataType::UInt64 => converted::<UInt64Type, i64>(array, |value| i64::try_from(value).ok(), LARGEST)?,
        _ => return Ok(None),
    }))
}

pub(super) fn id_column<'a>(array: &'a dyn Array) -> Result<IdColumn<'a>> {
    if let Some(column) = integers(array)? {
        return Ok(IdColumn::Integer(column));
    }
    match array.data_type() {
        DataType::Utf8 => {
            let text = array.as_string::<i32>();
            let offsets = TextOffsets::Small(text.value_offsets());
            Ok(IdColumn::Packed { offsets, bytes: text.value_data(), validity: validity(text.nulls()) })
        }
        DataType::LargeUtf8 => {
            let text = array.as_string::<i64>();
            let offsets = TextOffsets::Large(text.value_offsets());
            Ok(IdColumn::Packed { offsets, bytes: text.value_data(), validity: validity(text.nulls()) })
        }
        DataType::Utf8View => {
            let text = array.as_string_view();
            // An array that came through the C interface was never checked.
            let checked = |(row, text): (usize, Option<&'a str>)| {
                let Some(bytes) = text.map(str::as_bytes) else {
                    return Ok(None);
                };
                std::str::from_utf8(bytes)
                    .map(Some)
                    .map_err(|error| not_utf8(bytes, error).at_row(row as u64))
            };
            Ok(IdColumn::OptionalText(text.iter().enumerate().map(checked).collect::<Result<_>>()?))
        }
        DataType::Dictionary(key, _) => match key.as_ref() {
            DataType::Int8 => coded::<Int8Type>(array),
            DataType::Int16 => coded::<Int16Type>(array),
            DataType::Int32 => coded::<Int32Type>(array),
            DataType::Int64 => coded::<Int64Type>(array),
            DataType::UInt8 => coded::<UInt8Type>(array),
            DataType::UInt16 => coded::<UInt16Type>(array),
            DataType::UInt32 => coded::<UInt32Type>(array),
            DataType::UInt64 => coded::<UInt64Type>(array),
            _ => Err(wrong_type(array, "a dictionary with integer keys")),
        },
        _ => Err(wrong_type(array, "integers, text, or a dictionary of either")),
    }
}

fn coded<K: ArrowDictionaryKeyType>(array: &dyn Array) -> Result<IdColumn<'_>> {
    let dictionary: &DictionaryArray<K> = array.as_dictionary::<K>();
    if matches!(dictionary.values().data_type(), DataType::Dictionary(..)) {
        return Err(wrong_type(array, "a dictionary of integers or text"));
    }
    let codes =
        integers(dictionary.keys())?.ok_or_else(|| wrong_type(array, "a dictionary with integer keys"))?;
    Ok(IdColumn::Coded { codes, values: Box::new(id_column(dictionary.values().as_ref())?) })
}

pub(super) fn time_column(array: &dyn Array) -> Result<TimeColumn<'_>> {
    match array.data_type() {
        DataType::Date32 => Ok(TimeColumn::Day(borrowed::<Date32Type>(array))),
        DataType::Date64 => Ok(TimeColumn::Local(borrowed::<Date64Type>(array), TimeResolution::Millisecond)),
        DataType::Timestamp(unit, zone) => {
            let (values, resolution) = match unit {
                ArrowUnit::Second => (borrowed::<TimestampSecondType>(array), TimeResolution::Second),
                ArrowUnit::Millisecond => {
                    (borrowed::<TimestampMillisecondType>(array), TimeResolution::Millisecond)
                }
                ArrowUnit::Microsecond => {
                    (borrowed::<TimestampMicrosecondType>(array), TimeResolution::Microsecond)
                }
                ArrowUnit::Nanosecond => {
                    (borrowed::<TimestampNanosecondType>(array), TimeResolution::Nanosecond)
                }
            };
            Ok(match zone {
                Some(_) => TimeColumn::Instant(values, resolution),
                None => TimeColumn::Local(values, resolution),
            })
        }
        _ => Err(wrong_type(array, "a date or a timestamp")),
    }
}

pub(super) fn amount_column(array: &dyn Array, integer_scale: i8) -> Result<AmountColumn<'_>> {
    if let Some(column) = integers(array)? {
        return Ok(AmountColumn::Scaled(column, integer_scale));
    }
    match array.data_type() {
        DataType::Float64 => Ok(AmountColumn::Float(borrowed::<Float64Type>(array))),
        // The shortest decimal text of a float is what was meant: 19.99, not 19.989999771118164.
        DataType::Float32 => {
            let decimal = |value: f32| value.to_string().parse().ok();
            Ok(AmountColumn::Float(converted::<Float32Type, f64>(array, decimal, "the range of doubles")?))
        }
        DataType::Decimal128(_, scale) => {
            Ok(AmountColumn::Decimal(borrowed::<Decimal128Type>(array), *scale))
        }
        DataType::Decimal64(_, scale) => {
            let wide = converted::<Decimal64Type, i128>(array, |value| Some(i128::from(value)), "")?;
            Ok(AmountColumn::Decimal(wide, *scale))
        }
        DataType::Decimal32(_, scale) => {
            let wide = converted::<Decimal32Type, i128>(array, |value| Some(i128::from(value)), "")?;
            Ok(AmountColumn::Decimal(wide, *scale))
        }
        DataType::Decimal256(_, scale) => {
            let narrow = converted::<Decimal256Type, i128>(array, arrow_buffer::i256::to_i128, "128 bits")?;
            Ok(AmountColumn::Decimal(narrow, *scale))
        }
        _ => Err(wrong_type(array, "floats, integers or decimals")),
    }
}
