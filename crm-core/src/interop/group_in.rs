//! Arms of experiments from Arrow.

use std::borrow::Cow;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::DataType;

use crate::error::{Error, ErrorKind, Result};
use crate::experiment::{ArmTable, GroupColumn, GroupLabel, Measures};
use crate::parallel::Threads;

/// A column of arms or strata out of Arrow arrays: truth values, integers, text, or a dictionary of either.
pub struct Groups<'a>(Kind<'a>);

enum Kind<'a> {
    Bytes(Vec<u8>),
    Integers(Cow<'a, [i64]>),
    Texts(Vec<&'a str>),
    Codes(Vec<u32>, Vec<GroupLabel>),
}

impl<'a> Groups<'a> {
    /// Reads arrays of one type; a single array of 64-bit integers is not copied.
    ///
    /// # Errors
    /// `WrongType` for other types, `MissingValue` with the row for a null, `OutOfRange` for integers beyond 64 bits with sign.
    pub fn from_arrays(arrays: &'a [ArrayRef]) -> Result<Self> {
        let mut start = 0;
        for array in arrays {
            if let Some(nulls) = array.logical_nulls()
                && let Some(row) = (0..nulls.len()).find(|&row| nulls.is_null(row))
            {
                return Err(Error::new(ErrorKind::MissingValue, "is missing").at_row((start + row) as u64));
            }
            start += array.len();
        }
        let Some(first) = arrays.first() else { return Ok(Self(Kind::Bytes(Vec::new()))) };
        let kind = match first.data_type() {
            DataType::Boolean => Kind::Bytes(arrays.iter().flat_map(|array| bits(array.as_ref())).collect()),
            DataType::UInt8 => Kind::Bytes(all::<UInt8Type>(arrays).collect()),
            DataType::Int8 => integers::<Int8Type>(arrays),
            DataType::Int16 => integers::<Int16Type>(arrays),
            DataType::Int32 => integers::<Int32Type>(arrays),
            DataType::UInt16 => integers::<UInt16Type>(arrays),
            DataType::UInt32 => integers::<UInt32Type>(arrays),
            DataType::Int64 => match arrays {
                [only] => Kind::Integers(Cow::Borrowed(only.as_primitive::<Int64Type>().values())),
                _ => integers::<Int64Type>(arrays),
            },
            DataType::UInt64 => Kind::Integers(large(arrays)?.into()),
            DataType::Dictionary(..) => coded(arrays)?,
            _ => Kind::Texts(
                arrays.iter().map(|array| texts(array.as_ref())).collect::<Result<Vec<_>>>()?.concat(),
            ),
        };
        Ok(Self(kind))
    }

    /// The column, borrowed.
    pub fn column(&self) -> GroupColumn<'_> {
        match &self.0 {
            Kind::Bytes(values) => GroupColumn::Bytes(values),
            Kind::Integers(values) => GroupColumn::Integers(values),
            Kind::Texts(values) => GroupColumn::Texts(values),
            Kind::Codes(codes, labels) => GroupColumn::Codes(codes, labels),
        }
    }
}

fn bits(array: &dyn Array) -> impl Iterator<Item = u8> + '_ {
    array.as_boolean().values().iter().map(u8::from)
}

fn all<T: ArrowPrimitiveType>(arrays: &[ArrayRef]) -> impl Iterator<Item = T::Native> + '_ {
    arrays.iter().flat_map(|array| array.as_primitive::<T>().values().iter().copied())
}

fn integers<T>(arrays: &[ArrayRef]) -> Kind<'_>
where
    T: ArrowPrimitiveType,
    T::Native: Into<i64>,
{
    Kind::Integers(all::<T>(arrays).map(Into::into).collect())
}

fn large(arrays: &[ArrayRef]) -> Result<Vec<i64>> {
    let convert = |(row, value): (usize, u64)| {
        i64::try_from(value).map_err(|_| {
            Error::new(ErrorKind::OutOfRange, format!("{value} is above {}", i64::MAX)).at_row(row as u64)
        })
    };
    all::<UInt64Type>(arrays).enumerate().map(convert).collect()
}

fn texts(array: &dyn Array) -> Result<Vec<&str>> {
    Ok(match array.data_type() {
        DataType::Utf8 => array.as_string::<i32>().iter().map(Option::unwrap_or_default).collect(),
        DataType::LargeUtf8 => array.as_string::<i64>().iter().map(Option::unwrap_or_default).collect(),
        DataType::Utf8View => array.as_string_view().iter().map(Option::unwrap_or_default).collect(),
        other => {
            let message = format!("{other} is not accepted: must be truth values, integers or text");
            return Err(Error::new(ErrorKind::WrongType, message));
        }
    })
}

/// Codes of dictionaries, which may differ from array to array.
fn coded(arrays: &[ArrayRef]) -> Result<Kind<'static>> {
    let (mut codes, mut labels) = (Vec::new(), Vec::new());
    for array in arrays {
        let dictionary = array.as_any_dictionary();
        let values: [ArrayRef; 1] = [std::sync::Arc::clone(dictionary.values())];
        let start = labels.len();
        if values[0].null_count() > 0 {
            return Err(Error::new(ErrorKind::MissingValue, "the dictionary holds a missing value"));
        }
        match Groups::from_arrays(&values)?.0 {
            Kind::Bytes(values) => {
                labels.extend(values.iter().map(|&value| GroupLabel::Integer(i64::from(value))));
            }
            Kind::Integers(values) => labels.extend(values.iter().map(|&value| GroupLabel::Integer(value))),
            Kind::Texts(values) => labels.extend(values.iter().map(|&value| GroupLabel::from(value))),
            Kind::Codes(..) => {
                return Err(Error::new(ErrorKind::WrongType, "a dictionary of dictionaries is not accepted"));
            }
        }
        codes.extend(dictionary.normalized_keys().into_iter().map(|key| (start + key) as u32));
    }
    Ok(Kind::Codes(codes, labels))
}

/// Names of the columns of arms in a table.
#[derive(Clone, Debug, Default)]
pub struct ArmColumns<'a> {
    /// Which arm a row belongs to.
    pub arm: &'a str,
    /// The value.
    pub value: &'a str,
    /// What the value is divided by in a ratio.
    pub denominator: Option<&'a str>,
    /// Quantities known before.
    pub covariates: Vec<&'a str>,
    /// Which stratum a row belongs to.
    pub stratum: Option<&'a str>,
}

/// The arms of a record batch; those of several batches are put together by [`ArmTable::merge`]. Columns of 64-bit floats are not copied.
///
/// # Errors
/// `MissingColumn` for a name that the batch does not have, `WrongType`, and `MissingValue` with column and row for a null; else as
/// [`ArmTable::from_rows`].
pub fn arms_of_batch(batch: &RecordBatch, columns: &ArmColumns<'_>, threads: Threads) -> Result<ArmTable> {
    let find = |name: &str| {
        let missing = || Error::new(ErrorKind::MissingColumn, "the table has no such column").on(name);
        batch.column_by_name(name).ok_or_else(missing)
    };
    let group = |name: &str| find(name).map(std::slice::from_ref);
    let number = |name: &str| numbers(find(name)?.as_ref()).map_err(|error| error.on(name));
    let value = number(columns.value)?;
    let denominator = columns.denominator.map(number).transpose()?;
    let covariates = columns.covariates.iter().map(|&name| number(name)).collect::<Result<Vec<_>>>()?;
    let mut measures = Measures::of(&value);
    if let Some(denominator) = &denominator {
        measures = measures.denominator(denominator);
    }
    for covariate in &covariates {
        measures = measures.covariate(covariate);
    }
    let arm = Groups::from_arrays(group(columns.arm)?).map_err(|error| error.on(columns.arm))?;
    let stratum =
        columns.stratum.map(|name| Groups::from_arrays(group(name)?).map_err(|error| error.on(name)));
    let stratum = stratum.transpose()?;
    ArmTable::from_rows(&measures, arm.column(), stratum.as_ref().map(Groups::column), threads)
}

fn numbers(array: &dyn Array) -> Result<Cow<'_, [f64]>> {
    if let Some(nulls) = array.logical_nulls()
        && let Some(row) = (0..nulls.len()).find(|&row| nulls.is_null(row))
    {
        return Err(Error::new(ErrorKind::MissingValue, "is missing").at_row(row as u64));
    }
    macro_rules! converted {
        ($type:ty, $convert:expr) => {
            Cow::Owned(array.as_primitive::<$type>().values().iter().map($convert).collect())
        };
    }
    Ok(match array.data_type() {
        DataType::Float64 => Cow::Borrowed(array.as_primitive::<Float64Type>().values()),
        DataType::Float32 => converted!(Float32Type, |value| f64::from(*value)),
        DataType::Int8 => converted!(Int8Type, |value| f64::from(*value)),
        DataType::Int16 => converted!(Int16Type, |value| f64::from(*value)),
        DataType::Int32 => converted!(Int32Type, |value| f64::from(*value)),
        DataType::Int64 => converted!(Int64Type, |value| *value as f64),
        DataType::UInt8 => converted!(UInt8Type, |value| f64::from(*value)),
        DataType::UInt16 => converted!(UInt16Type, |value| f64::from(*value)),
        DataType::UInt32 => converted!(UInt32Type, |value| f64::from(*value)),
        DataType::UInt64 => converted!(UInt64Type, |value| *value as f64),
        DataType::Boolean => Cow::Owned(bits(array).map(f64::from).collect()),
        other => {
            return Err(Error::new(
                ErrorKind::WrongType,
                format!("{other} is not accepted: must be numbers"),
            ));
        }
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow_array::{BooleanArray, DictionaryArray, Float64Array, Int64Array, StringArray};

    use super::*;

    fn labels(array: ArrayRef) -> Result<Vec<GroupLabel>> {
        let value: ArrayRef = Arc::new(Float64Array::from(vec![1.0; array.len()]));
        let batch = RecordBatch::try_from_iter([("arm", array), ("revenue", value)]).unwrap();
        let columns = ArmColumns { arm: "arm", value: "revenue", ..ArmColumns::default() };
        arms_of_batch(&batch, &columns, Threads::Available).map(|table| table.labels().to_vec())
    }

    #[test]
    fn arms_of_every_kind() {
        let dictionary: DictionaryArray<arrow_array::types::Int8Type> =
            vec!["b", "对照", "b"].into_iter().collect();
        assert_eq!(labels(Arc::new(dictionary)).unwrap(), ["b".into(), "对照".into()]);
        assert_eq!(labels(Arc::new(StringArray::from(vec!["b", "a"]))).unwrap(), ["a".into(), "b".into()]);
        assert_eq!(labels(Arc::new(BooleanArray::from(vec![true, false]))).unwrap(), [0.into(), 1.into()]);
        assert_eq!(labels(Arc::new(Int64Array::from(vec![5, -3]))).unwrap(), [(-3).into(), 5.into()]);
        let missing = labels(Arc::new(Int64Array::from(vec![Some(5), None]))).unwrap_err();
        assert_eq!(
            (missing.kind(), missing.argument_name(), missing.row()),
            (ErrorKind::MissingValue, Some("arm"), Some(1))
        );
        assert_eq!(labels(Arc::new(Float64Array::from(vec![1.0]))).unwrap_err().kind(), ErrorKind::WrongType);
    }
}
