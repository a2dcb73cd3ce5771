//! Ids, texts and days from Arrow arrays that stand for themselves.

use arrow_array::{Array, ArrayRef};

use super::arrow_in::{id_column, time_column};
use crate::campaign::Levels;
use crate::customer::{IdColumn, IdList, TimeColumn};
use crate::error::{Error, ErrorKind, Result};

/// The customer ids of arrays, one after the other.
///
/// # Errors
/// `WrongType` for arrays of neither integers nor text; those of [`IdList::from_parts`].
pub fn id_list(arrays: &[ArrayRef]) -> Result<IdList> {
    IdList::from_parts(&id_parts("customer_id", arrays)?)
}

/// The texts of arrays, one after the other.
///
/// # Errors
/// `WrongType` for arrays of neither integers nor text; those of [`Levels::from_parts`].
pub fn levels(name: &str, arrays: &[ArrayRef]) -> Result<Levels> {
    Levels::from_parts(name, &id_parts(name, arrays)?)
}

fn id_parts<'a>(name: &str, arrays: &'a [ArrayRef]) -> Result<Vec<IdColumn<'a>>> {
    let mut start = 0;
    let part = |array: &'a ArrayRef| {
        let first = start;
        start += array.len();
        id_column(array).map_err(|error| match error.row() {
            Some(row) => error.at_row(row + first as u64).on(name),
            None => error.on(name),
        })
    };
    arrays.iter().map(part).collect()
}

/// The days of arrays of dates, or of times without a zone, one after the other.
///
/// # Errors
/// `WrongType` for other arrays, and for instants, whose day depends on a zone; `MissingValue` with the row; `OutOfRange` beyond the calendar.
pub fn days(name: &str, arrays: &[ArrayRef]) -> Result<Vec<i32>> {
    const MICROS_A_DAY: i64 = 86_400_000_000;
    let mut days = Vec::with_capacity(arrays.iter().map(arrow_array::Array::len).sum());
    for array in arrays {
        let column = time_column(array).map_err(|error| error.on(name))?;
        for row in 0..column.len() {
            let at = |kind, message: &str| Error::new(kind, message).on(name).at_row(days.len() as u64);
            let missing = || at(ErrorKind::MissingValue, "the day is missing");
            let day = match &column {
                TimeColumn::Day(days) => days.get(row).ok_or_else(missing)?,
                TimeColumn::Local(times, resolution) => {
                    let micros = resolution.to_micros(times.get(row).ok_or_else(missing)?);
                    let day = micros.and_then(|micros| i32::try_from(micros.div_euclid(MICROS_A_DAY)).ok());
                    day.ok_or_else(|| at(ErrorKind::OutOfRange, "the time is outside the calendar"))?
                }
                TimeColumn::Instant(..) => {
                    let message = "instants have no day without a zone: give dates";
                    return Err(Error::new(ErrorKind::WrongType, message).on(name));
                }
            };
            days.push(day);
        }
    }
    Ok(days)
}
