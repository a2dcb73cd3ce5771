//! Transactions as plain arrays.

use std::ffi::{CStr, c_char};

use crm_core::customer::{
    AmountColumn, Column, IdColumn, TimeColumn, TimeResolution, Transactions, Validity,
};
use crm_core::{Error, ErrorKind};

use crate::pointer::{array, choice, not_utf8};
use crate::sized::{self, sized_structs};
use crate::status::{Failure, Outcome};

/// The resolution of integer times.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_time_resolution {
    /// Seconds.
    Second = 0,
    /// Milliseconds.
    Millisecond = 1,
    /// Microseconds.
    Microsecond = 2,
    /// Nanoseconds, floored to microseconds.
    Nanosecond = 3,
}

/// A batch of transactions as arrays of `length` rows: a row is a purchase, a return or an order line.
///
/// Zero the struct, set `struct_size` and `length`, then the columns that there are:
/// - one of `customer_id_int64` and `customer_id_text`;
/// - one of `time_days` and `time_values`;
/// - one of `amount_double` and `amount_int64`, or none for a log that counts purchases only;
/// - one of `order_id_int64` and `order_id_text` if several lines can belong to one order.
///
/// Arrays of flags are optional: a row whose flag is 0 has no value in that column. A NULL among texts, and an empty
/// text, is a missing id. Everything belongs to the caller and is read during the call only.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_transactions {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Rows.
    pub length: usize,
    /// Customer ids as integers.
    pub customer_id_int64: *const i64,
    /// Customer ids as UTF-8 text.
    pub customer_id_text: *const *const c_char,
    /// Which rows have a customer id.
    pub customer_id_valid: *const u8,
    /// Days, counted from 1970-01-01.
    pub time_days: *const i32,
    /// Times, counted from 1970-01-01T00:00 in `time_resolution`.
    pub time_values: *const i64,
    /// Which rows have a time.
    pub time_valid: *const u8,
    /// A `crm_time_resolution`.
    pub time_resolution: i32,
    /// For `time_values`: 1 if they are instants (UTC), whose day the business time zone decides; 0 if they are
    /// wall-clock times of the business.
    pub time_is_instant: i32,
    /// Amounts in currency units; negative amounts are returns.
    pub amount_double: *const f64,
    /// Amounts as integers with `amount_scale` decimal digits.
    pub amount_int64: *const i64,
    /// Which rows have an amount.
    pub amount_valid: *const u8,
    /// Decimal digits of `amount_int64`: 0 for whole units, 2 for cents.
    pub amount_scale: i32,
    /// Must be 0.
    pub reserved: i32,
    /// Order ids as integers.
    pub order_id_int64: *const i64,
    /// Order ids as UTF-8 text.
    pub order_id_text: *const *const c_char,
    /// Which rows have an order id.
    pub order_id_valid: *const u8,
}

sized_structs!(crm_transactions);

impl crm_transactions {
    /// Calls `use_batch` with the batch; not for a batch that has neither rows nor ids.
    ///
    /// # Safety
    /// `batch` is null or points to a struct of the size that its first field says, whose arrays have `length` rows.
    pub(crate) unsafe fn read(
        batch: *const Self,
        rows_before: u64,
        use_batch: impl FnOnce(&Transactions<'_>) -> Outcome<()>,
    ) -> Outcome<()> {
        // SAFETY: as the caller promises. Zero is a valid value of every field.
        let columns = unsafe { sized::read("transactions", batch, std::mem::zeroed::<Self>()) }?;
        if columns.reserved != 0 {
            return Err(Error::argument("reserved", columns.reserved, "0").into());
        }
        let rows = columns.length;
        if rows == 0 && columns.customer_id_int64.is_null() && columns.customer_id_text.is_null() {
            return Ok(());
        }
        // SAFETY: as the caller promises, each array has as many rows.
        let [with_id, with_time, with_amount, with_order] = unsafe {
            [
                flags("customer_id_valid", columns.customer_id_valid, rows)?,
                flags("time_valid", columns.time_valid, rows)?,
                flags("amount_valid", columns.amount_valid, rows)?,
                flags("order_id_valid", columns.order_id_valid, rows)?,
            ]
        };
        let given = Ids { rows, rows_before };
        // SAFETY: as above.
        let ids = unsafe {
            given.column(
                "customer_id",
                columns.customer_id_int64,
                columns.customer_id_text,
                with_id.as_deref(),
            )?
        };
        let ids = ids.ok_or_else(|| absent("customer_id", "customer_id_int64 or customer_id_text"))?;
        // SAFETY: as above.
        let (times, amounts) = unsafe {
            (columns.times().read(with_time.as_deref())?, columns.amounts().read(with_amount.as_deref())?)
        };
        // SAFETY: as above.
        let orders = unsafe {
            given.column("order_id", columns.order_id_int64, columns.order_id_text, with_order.as_deref())?
        };
        let mut transactions = Transactions::new(ids, times, amounts)?;
        if let Some(orders) = orders {
            transactions = transactions.with_order_ids(orders)?;
        }
        use_batch(&transactions)
    }

    fn amounts(&self) -> Amounts {
        let Self { amount_double: double, amount_int64: int64, amount_scale: scale, length, .. } = *self;
        Amounts { double, int64, scale, length }
    }

    fn times(&self) -> Times {
        let Self { time_days: days, time_values: values, length, .. } = *self;
        Times { days, values, resolution: self.time_resolution, is_instant: self.time_is_instant, length }
    }
}

/// Times in one of the two ways in which columns give them.
pub(crate) struct Times {
    pub(crate) days: *const i32,
    pub(crate) values: *const i64,
    pub(crate) resolution: i32,
    pub(crate) is_instant: i32,
    pub(crate) length: usize,
}

impl Times {
    /// The column.
    ///
    /// # Safety
    /// Each array is null or has `length` values that live as long as the result.
    pub(crate) unsafe fn read<'a>(&self, valid: Option<&'a [bool]>) -> Outcome<TimeColumn<'a>> {
        match (self.days.is_null(), self.values.is_null()) {
            (true, true) => Err(absent("time", "time_days or time_values")),
            (false, false) => Err(twice("time", "time_days and time_values")),
            (false, true) => {
                // SAFETY: as the caller promises.
                let days = unsafe { array("time_days", self.days, self.length) }?;
                Ok(TimeColumn::Day(column(days, valid)))
            }
            (true, false) => {
                let resolutions = [
                    TimeResolution::Second,
                    TimeResolution::Millisecond,
                    TimeResolution::Microsecond,
                    TimeResolution::Nanosecond,
                ];
                let resolution = choice("time_resolution", self.resolution, &resolutions)?;
                // SAFETY: as the caller promises.
                let values = unsafe { array("time_values", self.values, self.length) }?;
                let times = column(values, valid);
                let kinds = [TimeColumn::Local, TimeColumn::Instant];
                Ok(choice("time_is_instant", self.is_instant, &kinds)?(times, resolution))
            }
        }
    }
}

/// Amounts of money in one of the two ways in which columns give them.
pub(crate) struct Amounts {
    pub(crate) double: *const f64,
    pub(crate) int64: *const i64,
    pub(crate) scale: i32,
    pub(crate) length: usize,
}

impl Amounts {
    /// The column, if there is one.
    ///
    /// # Safety
    /// Each array is null or has `length` values that live as long as the result.
    pub(crate) unsafe fn read<'a>(&self, valid: Option<&'a [bool]>) -> Outcome<Option<AmountColumn<'a>>> {
        match (self.double.is_null(), self.int64.is_null()) {
            (true, true) => Ok(None),
            (false, false) => Err(twice("amount", "amount_double and amount_int64")),
            (false, true) => {
                // SAFETY: as the caller promises.
                let values = unsafe { array("amount_double", self.double, self.length) }?;
                Ok(Some(AmountColumn::Float(column(values, valid))))
            }
            (true, false) => {
                let scale = scale(self.scale)?;
                // SAFETY: as the caller promises.
                let values = unsafe { array("amount_int64", self.int64, self.length) }?;
                Ok(Some(AmountColumn::Scaled(column(values, valid), scale)))
            }
        }
    }
}

/// Decimal digits, as far as they fit the core's type; it knows the bounds.
pub(crate) fn scale(digits: i32) -> Outcome<i8> {
    i8::try_from(digits)
        .map_err(|_| Error::argument("amount_scale", digits, "between -38 and 38 decimal digits").into())
}

/// How many ids there are, and how many came before.
pub(crate) struct Ids {
    pub(crate) rows: usize,
    pub(crate) rows_before: u64,
}

impl Ids {
    /// A column of ids, or none.
    ///
    /// # Safety
    /// Each array is null or has as many rows.
    pub(crate) unsafe fn column<'a>(
        &self,
        name: &str,
        integers: *const i64,
        texts: *const *const c_char,
        valid: Option<&'a [bool]>,
    ) -> Outcome<Option<IdColumn<'a>>> {
        match (integers.is_null(), texts.is_null()) {
            (true, true) => Ok(None),
            (false, false) => Err(twice(name, &format!("{name}_int64 and {name}_text"))),
            (false, true) => {
                // SAFETY: the caller of `read` promises as many rows.
                let integers = unsafe { array(&format!("{name}_int64"), integers, self.rows) }?;
                Ok(Some(IdColumn::Integer(column(integers, valid))))
            }
            (true, false) => {
                // SAFETY: the caller of `read` promises as many rows.
                let pointers = unsafe { array(&format!("{name}_text"), texts, self.rows) }?;
                let mut texts = Vec::with_capacity(self.rows);
                for (row, &pointer) in pointers.iter().enumerate() {
                    if pointer.is_null() || !valid.is_none_or(|valid| valid[row]) {
                        texts.push(None);
                        continue;
                    }
                    // SAFETY: not null, so a terminated string, as the caller of `read` promises.
                    let bytes = unsafe { CStr::from_ptr::<'a>(pointer) };
                    let at_row =
                        |error| not_utf8(bytes, error).on(name).at_row(self.rows_before + row as u64);
                    texts.push(Some(bytes.to_str().map_err(at_row)?));
                }
                Ok(Some(IdColumn::OptionalText(texts)))
            }
        }
    }
}

/// Flags as truth values.
///
/// # Safety
/// `flags` is null or has `rows` values.
pub(crate) unsafe fn flags(argument: &str, flags: *const u8, rows: usize) -> Outcome<Option<Vec<bool>>> {
    if flags.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller of `read` promises as many rows.
    let flags = unsafe { array(argument, flags, rows) }?;
    Ok(Some(flags.iter().map(|&flag| flag != 0).collect()))
}

pub(crate) fn column<'a, T: Clone>(values: &'a [T], valid: Option<&'a [bool]>) -> Column<'a, T> {
    Column { values: values.into(), validity: valid.map_or(Validity::All, Validity::Flags) }
}

pub(crate) fn absent(name: &str, one_of: &str) -> Failure {
    Error::new(ErrorKind::MissingColumn, format!("there is none: set {one_of}")).on(name).into()
}

pub(crate) fn twice(name: &str, both: &str) -> Failure {
    Error::new(ErrorKind::InvalidArgument, format!("is given twice: {both}")).on(name).into()
}
