//! Columns from lists and from buffers (`NumPy` arrays).
//!
//! Buffers are copied a slice at a time while the interpreter is held: other Python threads may write to them whenever
//! it is not.

use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Decimal128Type, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type, UInt8Type,
    UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{
    Array, ArrayRef, Date32Array, Decimal128Array, Float64Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, TimestampMillisecondArray, TimestampNanosecondArray, TimestampSecondArray,
    UInt8Array,
};
use arrow_buffer::ScalarBuffer;
use arrow_schema::{DataType, Field};
use crm_core::clv::Numbers;
use crm_core::customer::Money;
use crm_core::{Error, ErrorKind, Result};
use pyo3::buffer::{Element, PyBuffer};
use pyo3::exceptions::PyOverflowError;
use pyo3::prelude::*;
use pyo3::types::{PyBool, PyFloat, PyInt, PyList, PySlice, PyString, PyType};

use crate::capsule::{Arrays, check_plain};
use crate::error::{OrRaise, exception};

/// One column of transactions.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct Column(Values);

/// A column of a table: its name, and the column or why it is none.
type Named = (String, Option<Column>, Option<String>);

/// Arrays, or arrays of `NumPy`: contiguous, of one dimension, of 64-bit values.
enum Values {
    Arrays(Vec<ArrayRef>),
    Integers(Py<PyAny>),
    Floats(Py<PyAny>),
    Times(Py<PyAny>, Unit),
}

/// The unit of `NumPy` times.
#[derive(Clone, Copy)]
enum Unit {
    Day,
    Second,
    Millisecond,
    Microsecond,
    Nanosecond,
}

#[pymethods]
impl Column {
    /// Arrays of an Arrow column; `None` for an object that is none.
    #[staticmethod]
    fn from_arrow(py: Python<'_>, argument: &str, data: &Bound<'_, PyAny>) -> PyResult<Option<Self>> {
        let Some(mut source) = Arrays::of(argument, data)? else {
            return Ok(None);
        };
        let arrays = py.detach(|| {
            check_plain(argument, source.field())?;
            let mut arrays = Vec::new();
            while let Some(array) = source.next().map_err(|error| error.on(argument))? {
                arrays.push(array);
            }
            // A column without a row still has a type.
            if arrays.is_empty() {
                arrays.push(arrow_array::new_empty_array(source.field().data_type()));
            }
            Ok(arrays)
        });
        arrays.or_raise(py).map(|arrays| Some(Self(Values::Arrays(arrays))))
    }

    #[staticmethod]
    fn integers(values: Py<PyAny>) -> Self {
        Self(Values::Integers(values))
    }

    /// Small integers of a `NumPy` array, or truth values seen as such.
    #[staticmethod]
    fn bytes(values: &Bound<'_, PyAny>) -> PyResult<Self> {
        let array = UInt8Array::from(copied::<u8>(values, 0, usize::MAX)?);
        Ok(Self(Values::Arrays(vec![Arc::new(array)])))
    }

    #[staticmethod]
    fn floats(values: Py<PyAny>) -> Self {
        Self(Values::Floats(values))
    }

    /// Times since 1970 in one of the units D, s, ms, us or ns; the smallest integer is a missing time.
    #[staticmethod]
    fn times(py: Python<'_>, values: Py<PyAny>, unit: &str) -> PyResult<Self> {
        let unit = match unit {
            "D" => Unit::Day,
            "s" => Unit::Second,
            "ms" => Unit::Millisecond,
            "us" => Unit::Microsecond,
            "ns" => Unit::Nanosecond,
            _ => {
                return Err(exception(py, &Error::argument("unit", unit, "D, s, ms, us or ns")));
            }
        };
        Ok(Self(Values::Times(values, unit)))
    }

    /// Microseconds since 1970-01-01T00:00Z, `None` where missing.
    #[staticmethod]
    fn instants(values: Vec<Option<i64>>) -> Self {
        let array = TimestampMicrosecondArray::from(values).with_timezone("UTC");
        Self(Values::Arrays(vec![Arc::new(array)]))
    }

    /// Ids from a list of integers or of text, with missing ones.
    #[staticmethod]
    fn ids(argument: &str, values: &Bound<'_, PyList>) -> PyResult<Self> {
        let accepted = "integers or text, and all of one kind";
        let first = values.iter().find(|value| !is_missing(value));
        let array: ArrayRef = if first.is_some_and(|value| value.is_instance_of::<PyString>()) {
            Arc::new(StringArray::from(converted(argument, values, accepted, is_missing, text)?))
        } else {
            Arc::new(Int64Array::from(converted(argument, values, accepted, is_missing, integer)?))
        };
        Ok(Self(Values::Arrays(vec![array])))
    }

    /// Amounts from a list of integers, floats or decimals, with missing ones.
    ///
    /// Integers among floats are floats, and among decimals decimals; floats and decimals do not mix.
    #[staticmethod]
    fn amounts(argument: &str, values: &Bound<'_, PyList>) -> PyResult<Self> {
        let py = values.py();
        let decimal = py.import("decimal")?.getattr("Decimal")?.cast_into::<PyType>()?;
        let mut is_float = false;
        for value in values {
            if value.is_exact_instance_of::<PyFloat>() {
                is_float = true;
                continue;
            }
            if value.is_instance(&decimal)? {
                return decimals(argument, values, &decimal).map(|arrays| Self(Values::Arrays(arrays)));
            }
            is_float |= value.is_instance_of::<PyFloat>();
        }
        let accepted = "floats, integers or decimals, and floats and decimals not mixed";
        let array: ArrayRef = if is_float {
            Arc::new(Float64Array::from(converted(argument, values, accepted, is_absent, float)?))
        } else {
            Arc::new(Int64Array::from(converted(argument, values, accepted, is_absent, integer)?))
        };
        Ok(Self(Values::Arrays(vec![array])))
    }

    /// The columns of an Arrow table by name, each a column or the reason why it is none; `None` for an object that is no table.
    #[staticmethod]
    fn of_table(argument: &str, data: &Bound<'_, PyAny>) -> PyResult<Option<Vec<Named>>> {
        let py = data.py();
        let Some(mut source) = Arrays::of(argument, data)? else {
            return Ok(None);
        };
        let columns = py.detach(|| {
            let schema = source.schema().map_err(|error| error.on(argument))?;
            let mut columns: Vec<Vec<ArrayRef>> = vec![Vec::new(); schema.fields().len()];
            // A column without a row still has a type.
            let mut batch = Some(RecordBatch::new_empty(Arc::clone(&schema)));
            while let Some(rows) = batch {
                for (column, array) in columns.iter_mut().zip(rows.columns()) {
                    column.push(Arc::clone(array));
                }
                batch = source.next_batch(&schema).map_err(|error| error.on(argument))?;
            }
            let named = |(field, arrays): (&Arc<Field>, Vec<ArrayRef>)| {
                let name = field.name().clone();
                match check_plain(&name, field) {
                    Ok(()) => (name, Some(Self(Values::Arrays(arrays))), None),
                    Err(error) => (name, None, Some(error.to_string())),
                }
            };
            Ok(schema.fields().iter().zip(columns).map(named).collect())
        });
        columns.or_raise(py).map(Some)
    }

    /// All values as numbers, none of them missing.
    #[pyo3(name = "numbers")]
    fn number_list(&self, py: Python<'_>, argument: &str) -> PyResult<Vec<f64>> {
        self.numbers(py, argument, Accept::Numbers).map(|values| values.to_vec())
    }

    /// Whether it is an Arrow column of truth values.
    fn is_truths(&self) -> bool {
        matches!(&self.0, Values::Arrays(arrays) if arrays.iter().all(|array| *array.data_type() == DataType::Boolean))
    }

    /// Whether it is an Arrow column of text, or of categories.
    fn is_text(&self) -> bool {
        let text = |array: &ArrayRef| match array.data_type() {
            DataType::Dictionary(_, values) => values.is_string() || values.is_integer(),
            kind => kind.is_string(),
        };
        matches!(&self.0, Values::Arrays(arrays) if !arrays.is_empty() && arrays.iter().all(text))
    }

    /// Whether it can be read as numbers, truth values among them.
    fn is_numeric(&self) -> bool {
        match &self.0 {
            Values::Floats(_) | Values::Integers(_) => true,
            Values::Times(..) => false,
            Values::Arrays(arrays) => arrays.iter().all(|array| is_number(array.data_type())),
        }
    }

    /// The type of the values, for a message.
    fn type_name(&self) -> String {
        match &self.0 {
            Values::Floats(_) => DataType::Float64.to_string(),
            Values::Integers(_) => DataType::Int64.to_string(),
            Values::Times(..) => "a time".to_owned(),
            Values::Arrays(arrays) => {
                arrays.first().map_or(DataType::Null, |array| array.data_type().clone()).to_string()
            }
        }
    }

    fn __len__(&self, py: Python<'_>) -> PyResult<usize> {
        self.length(py)
    }
}

impl Column {
    /// Number of rows.
    pub(crate) fn length(&self, py: Python<'_>) -> PyResult<usize> {
        match &self.0 {
            Values::Arrays(arrays) => Ok(arrays.iter().map(Array::len).sum()),
            Values::Integers(values) | Values::Floats(values) | Values::Times(values, _) => {
                values.bind(py).len()
            }
        }
    }
}

impl Column {
    /// Rows from `start` on, as many as one array has, and at most `rows`.
    pub(crate) fn piece(&self, py: Python<'_>, start: usize, rows: usize) -> PyResult<ArrayRef> {
        Ok(match &self.0 {
            Values::Arrays(arrays) => {
                let mut start = start;
                for array in arrays {
                    if start < array.len() {
                        return Ok(array.slice(start, rows.min(array.len() - start)));
                    }
                    start -= array.len();
                }
                arrays
                    .last()
                    .map_or_else(|| arrow_array::new_empty_array(&DataType::Null), |array| array.slice(0, 0))
            }
            Values::Integers(values) => {
                Arc::new(Int64Array::from(copied::<i64>(values.bind(py), start, rows)?))
            }
            Values::Floats(values) => {
                Arc::new(Float64Array::from(copied::<f64>(values.bind(py), start, rows)?))
            }
            Values::Times(values, unit) => times(&copied(values.bind(py), start, rows)?, *unit),
        })
    }
}

/// What a column may hold beside numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Accept {
    Numbers,
    /// Missing values are NaN, for the engine to treat.
    Missing,
    /// Truth values are 0 and 1.
    Truths,
    /// Both.
    Flags,
}

impl Column {
    /// All values as numbers; one array of floats is not copied.
    pub(crate) fn numbers(
        &self,
        py: Python<'_>,
        argument: &str,
        accept: Accept,
    ) -> PyResult<ScalarBuffer<f64>> {
        match &self.0 {
            Values::Floats(values) => Ok(copied::<f64>(values.bind(py), 0, usize::MAX)?.into()),
            Values::Integers(values) => {
                let values = copied::<i64>(values.bind(py), 0, usize::MAX)?;
                Ok(values.into_iter().map(|value| value as f64).collect::<Vec<f64>>().into())
            }
            Values::Times(..) => Err(exception(py, &no_number("times").on(argument))),
            Values::Arrays(arrays) => {
                py.detach(|| numbers(arrays, accept).map_err(|error| error.on(argument))).or_raise(py)
            }
        }
    }
}

impl Column {
    /// The values of 64-bit integers without missing ones in one piece; `None` for what is no such column.
    pub(crate) fn whole_numbers(&self, py: Python<'_>) -> PyResult<Option<ScalarBuffer<i64>>> {
        match &self.0 {
            Values::Integers(values) => Ok(Some(copied::<i64>(values.bind(py), 0, usize::MAX)?.into())),
            Values::Arrays(arrays) => Ok(match &arrays[..] {
                [array] if array.null_count() == 0 => {
                    array.as_primitive_opt::<Int64Type>().map(|array| array.values().clone())
                }
                _ => None,
            }),
            _ => Ok(None),
        }
    }

    /// All values as arrays of Arrow; those of Arrow are not copied.
    pub(crate) fn arrays(&self, py: Python<'_>) -> PyResult<Vec<ArrayRef>> {
        match &self.0 {
            Values::Arrays(arrays) => Ok(arrays.clone()),
            _ => Ok(vec![self.piece(py, 0, usize::MAX)?]),
        }
    }
}

/// Rows of a buffer that are copied at once.
const PIECE: usize = 1 << 16;

impl Column {
    /// All values as numbers, in as few bytes as they take; buffers are read piece by piece.
    pub(crate) fn compact(&self, py: Python<'_>, argument: &str) -> PyResult<Numbers> {
        let (Values::Floats(values) | Values::Integers(values)) = &self.0 else {
            let numbers = self.numbers(py, argument, Accept::Numbers)?;
            return Ok(py.detach(|| Numbers::from(&numbers[..])));
        };
        let values = values.bind(py);
        let rows = values.len()?;
        let mut builder = Numbers::builder(rows);
        for start in (0..rows).step_by(PIECE) {
            if matches!(self.0, Values::Floats(_)) {
                builder.extend(copied::<f64>(values, start, PIECE)?);
            } else {
                builder.extend(copied::<i64>(values, start, PIECE)?.into_iter().map(|value| value as f64));
            }
        }
        Ok(py.detach(|| builder.finish()))
    }
}

/// Whole numbers: of periods, purchases or groups.
pub(crate) fn whole(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Vec<u32>> {
    let values = column.numbers(py, argument, Accept::Numbers)?;
    let convert = |(row, &value): (usize, &f64)| {
        let whole = value as u32;
        if f64::from(whole) == value {
            return Ok(whole);
        }
        let message = format!("{value} is not a whole number from 0 to {}", u32::MAX);
        Err(exception(py, &Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64)))
    };
    values.iter().enumerate().map(convert).collect()
}

/// The types that [`numbers`] reads.
fn is_number(kind: &DataType) -> bool {
    use DataType::{Boolean, Decimal128, Float32, Float64, Null};
    kind.is_integer() || matches!(kind, Float32 | Float64 | Decimal128(..) | Boolean | Null)
}

fn no_number(given: &str) -> Error {
    Error::new(ErrorKind::WrongType, format!("{given} is not accepted: must be numbers"))
}

/// The values of arrays of numbers; one array of floats without missing values is not copied.
pub(crate) fn numbers(arrays: &[ArrayRef], accept: Accept) -> Result<ScalarBuffer<f64>> {
    if let [array] = arrays
        && array.null_count() == 0
        && let Some(array) = array.as_primitive_opt::<Float64Type>()
    {
        return Ok(array.values().clone());
    }
    let mut all: Vec<f64> = Vec::with_capacity(arrays.iter().map(Array::len).sum());
    for array in arrays {
        let start = all.len();
        macro_rules! extend {
            ($type:ty, $convert:expr) => {
                all.extend(array.as_primitive::<$type>().values().iter().map($convert))
            };
        }
        match array.data_type() {
            DataType::Float64 => extend!(Float64Type, |value| *value),
            DataType::Float32 => extend!(Float32Type, |value| f64::from(*value)),
            DataType::Int8 => extend!(Int8Type, |value| f64::from(*value)),
            DataType::Int16 => extend!(Int16Type, |value| f64::from(*value)),
            DataType::Int32 => extend!(Int32Type, |value| f64::from(*value)),
            DataType::Int64 => extend!(Int64Type, |value| *value as f64),
            DataType::UInt8 => extend!(UInt8Type, |value| f64::from(*value)),
            DataType::UInt16 => extend!(UInt16Type, |value| f64::from(*value)),
            DataType::UInt32 => extend!(UInt32Type, |value| f64::from(*value)),
            DataType::UInt64 => extend!(UInt64Type, |value| *value as f64),
            DataType::Decimal128(_, scale) => {
                // Up to 2^53 both are exact, so that the quotient is the nearest float.
                let array = array.as_primitive::<Decimal128Type>();
                let divisor = 10f64.powi(i32::from(*scale));
                all.extend(array.values().iter().map(|value| *value as f64 / divisor));
            }
            DataType::Boolean if matches!(accept, Accept::Truths | Accept::Flags) => {
                all.extend(array.as_boolean().values().iter().map(|value| f64::from(u8::from(value))));
            }
            DataType::Null => all.resize(start + array.len(), f64::NAN),
            other => return Err(no_number(&other.to_string())),
        }
        let nulls = array.logical_nulls();
        for row in nulls.iter().flat_map(|nulls| (0..nulls.len()).filter(|&row| nulls.is_null(row))) {
            if !matches!(accept, Accept::Missing | Accept::Flags) {
                let error = Error::new(ErrorKind::MissingValue, "is missing");
                return Err(error.at_row((start + row) as u64));
            }
            all[start + row] = f64::NAN;
        }
    }
    Ok(all.into())
}

/// A field for the array of a column.
pub(crate) fn field(name: &str, array: &ArrayRef) -> Field {
    Field::new(name, array.data_type().clone(), true)
}

fn copied<T: Element>(values: &Bound<'_, PyAny>, start: usize, rows: usize) -> PyResult<Vec<T>> {
    let end = start.saturating_add(rows).min(values.len()?);
    let slice = PySlice::new(values.py(), start as isize, end as isize, 1);
    PyBuffer::<T>::get(&values.get_item(slice)?)?.to_vec(values.py())
}

fn times(values: &[i64], unit: Unit) -> ArrayRef {
    // NumPy's "not a time".
    let present = |&value: &i64| (value != i64::MIN).then_some(value);
    match unit {
        Unit::Day => {
            // What does not fit 32 bits is as far outside the calendar as the nearest that does.
            let day = |value: i64| value.clamp(i64::from(i32::MIN), i64::from(i32::MAX)) as i32;
            Arc::new(values.iter().map(|value| present(value).map(day)).collect::<Date32Array>())
        }
        Unit::Second => Arc::new(values.iter().map(present).collect::<TimestampSecondArray>()),
        Unit::Millisecond => Arc::new(values.iter().map(present).collect::<TimestampMillisecondArray>()),
        Unit::Microsecond => Arc::new(values.iter().map(present).collect::<TimestampMicrosecondArray>()),
        Unit::Nanosecond => Arc::new(values.iter().map(present).collect::<TimestampNanosecondArray>()),
    }
}

/// Whether a value of a list stands for a missing one: `None`, NaN, pandas' `NA` and `NaT`.
fn is_missing(value: &Bound<'_, PyAny>) -> bool {
    is_absent(value)
        || value.cast::<PyFloat>().is_ok_and(|value| value.extract::<f64>().is_ok_and(f64::is_nan))
}

/// As [`is_missing`], but NaN is a value: an amount that is not finite.
fn is_absent(value: &Bound<'_, PyAny>) -> bool {
    let absent = |name: Bound<'_, PyString>| name == "NAType" || name == "NaTType";
    value.is_none() || (!value.is_instance_of::<PyInt>() && value.get_type().name().is_ok_and(absent))
}

/// Why a value cannot be used.
enum Refused {
    Type,
    Range,
    Encoding,
}

/// An integer of 64 bits; truth values are none.
fn integer(value: &Bound<'_, PyAny>) -> std::result::Result<i64, Refused> {
    if value.is_instance_of::<PyBool>() {
        return Err(Refused::Type);
    }
    value.extract::<i64>().map_err(|error| {
        if error.is_instance_of::<PyOverflowError>(value.py()) { Refused::Range } else { Refused::Type }
    })
}

fn float(value: &Bound<'_, PyAny>) -> std::result::Result<f64, Refused> {
    match value.cast::<PyFloat>() {
        Ok(value) => value.extract().map_err(|_| Refused::Type),
        Err(_) => integer(value).map(|value| value as f64),
    }
}

/// Text; a lone half of a surrogate pair has no UTF-8 form.
fn text(value: &Bound<'_, PyAny>) -> std::result::Result<String, Refused> {
    let text = value.cast::<PyString>().map_err(|_| Refused::Type)?;
    text.extract().map_err(|_| Refused::Encoding)
}

fn refuse(argument: &str, row: usize, value: &Bound<'_, PyAny>, why: &Refused, accepted: &str) -> PyErr {
    let shown = value.repr().map_or_else(|_| "a value".to_owned(), |text| text.to_string());
    let (kind, message) = match why {
        Refused::Type => {
            let given = value.get_type().name().map_or_else(|_| "object".to_owned(), |name| name.to_string());
            (ErrorKind::WrongType, format!("{given} is not accepted: must be {accepted}"))
        }
        Refused::Range => (ErrorKind::OutOfRange, format!("{shown} does not fit 64 bits")),
        Refused::Encoding => (ErrorKind::NotUtf8, format!("{shown} cannot be written as UTF-8")),
    };
    exception(value.py(), &Error::new(kind, message).on(argument).at_row(row as u64))
}

fn converted<T>(
    argument: &str,
    values: &Bound<'_, PyList>,
    accepted: &str,
    is_missing: impl Fn(&Bound<'_, PyAny>) -> bool,
    convert: impl Fn(&Bound<'_, PyAny>) -> std::result::Result<T, Refused>,
) -> PyResult<Vec<Option<T>>> {
    let mut converted = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        converted.push(match convert(&value) {
            Ok(value) => Some(value),
            Err(_) if is_missing(&value) => None,
            Err(why) => return Err(refuse(argument, row, &value, &why, accepted)),
        });
    }
    Ok(converted)
}

/// Decimals as exact micro-units; one that has none (NaN, infinite, too large) becomes an array of one float, for the
/// engine's policy to treat.
fn decimals(
    argument: &str,
    values: &Bound<'_, PyList>,
    decimal: &Bound<'_, PyType>,
) -> PyResult<Vec<ArrayRef>> {
    let mut arrays: Vec<ArrayRef> = Vec::new();
    let mut run: Vec<Option<i128>> = Vec::new();
    let finish = |run: &mut Vec<Option<i128>>| -> Result<ArrayRef> {
        let array = Decimal128Array::from(std::mem::take(run)).with_precision_and_scale(38, 6);
        array.map(|array| Arc::new(array) as ArrayRef).map_err(|error| crate::capsule::arrow_error(&error))
    };
    for (row, value) in values.iter().enumerate() {
        let is_decimal = value.is_instance(decimal)?;
        if !is_decimal && is_absent(&value) {
            run.push(None);
            continue;
        }
        if !is_decimal && (value.is_instance_of::<PyBool>() || !value.is_instance_of::<PyInt>()) {
            let accepted = "decimals or integers, as decimals are among them";
            return Err(refuse(argument, row, &value, &Refused::Type, accepted));
        }
        let text: String = if is_decimal {
            value.call_method1("__format__", ("f",))?.extract()?
        } else {
            value.str()?.extract()?
        };
        if let Some(amount) = Money::parse(&text) {
            run.push(Some(amount.micros()));
            continue;
        }
        if !run.is_empty() {
            arrays.push(finish(&mut run).or_raise(values.py())?);
        }
        arrays.push(Arc::new(Float64Array::from(vec![text.parse().unwrap_or(f64::NAN)])));
    }
    if !run.is_empty() || arrays.is_empty() {
        arrays.push(finish(&mut run).or_raise(values.py())?);
    }
    Ok(arrays)
}
