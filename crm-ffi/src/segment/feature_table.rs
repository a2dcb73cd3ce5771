//! Features of customers as named columns with units.

use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::LazyLock;

use crm_core::customer::Day;
use crm_core::segment::{Feature, FeatureTable, FeatureUnit};
use crm_core::{Error, ErrorKind};

use super::names;
use crate::bytes::{crm_bytes, with_zero};
use crate::customer::base::{crm_base, crm_base_options};
use crate::customer::history::crm_history;
use crate::customer::rhythm::crm_rhythm;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, element, place, places, text};
use crate::status::{Outcome, c_text, crm_status};

/// A number that a customer base, or the rhythm of its purchases, has for every customer.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_feature {
    /// Time from the last purchase to the date of the base, in the base's time unit.
    TimeSinceLastPurchase = 0,
    /// Orders (rows, where the log has no order ids).
    Orders = 1,
    /// Days with a purchase.
    PurchaseDays = 2,
    /// Purchases less returns, in the currency.
    NetAmount = 3,
    /// Purchases, returns not subtracted, in the currency.
    PurchaseAmount = 4,
    /// The purchase amount divided by the orders, in the currency.
    MeanOrderAmount = 5,
    /// Time from the first purchase to the date of the base, in the base's time unit.
    Age = 6,
    /// How regularly the customer buys, from 0 to 1; NaN below three purchase days. Needs the rhythm of purchases.
    Regularity = 7,
    /// Mean time between purchase days, in the base's time unit; NaN below two purchase days. Needs the rhythm of purchases.
    MeanGap = 8,
    /// The returned share of the purchase amount, from 0 to 1.
    ReturnRate = 9,
}

/// Features of customers: named columns with units, a row a customer in the order of the base. NaN means that a feature is
/// not defined for a customer. Free with `crm_feature_table_free`. Immutable: any number of threads may use it at once.
pub struct crm_feature_table {
    _opaque: (),
}

pub(crate) struct Table {
    pub(crate) value: FeatureTable,
    names: Vec<CString>,
    units: Vec<CString>,
    currency: Option<CString>,
}

handles! { crm_feature_table holds Table, tag b"crmFEATA"; }

impl Table {
    fn new(table: FeatureTable) -> Self {
        let names = names::kept(table.names());
        let units = names::kept(table.columns().iter().map(|column| column.unit().to_string()));
        let currency = table.currency().map(c_text);
        Self { value: table, names, units, currency }
    }
}

/// Features by their codes; the default ones for none.
///
/// # Safety
/// `features` is null or points to `count` codes.
unsafe fn features(features: *const i32, count: usize) -> Outcome<Vec<Feature>> {
    if features.is_null() && count == 0 {
        return Ok(Feature::DEFAULT.to_vec());
    }
    // SAFETY: as the caller promises.
    let codes = unsafe { array("features", features, count) }?;
    codes.iter().map(|&code| choice("features", code, &Feature::ALL)).collect()
}

static NAMES: LazyLock<Vec<CString>> = LazyLock::new(|| names::kept(Feature::ALL.map(Feature::name)));

/// The name of a feature, a `crm_feature`, which is that of its column: text that lives as long as the program. NULL, with
/// the thread's last error set, for a code that is none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_feature_name(feature: i32) -> *const c_char {
    guard_or(ptr::null(), || choice("feature", feature, &Feature::ALL).map(|it| NAMES[it as usize].as_ptr()))
}

/// A value with its unit as people write it, such as "12.3 days" or "56.00 EUR"; "none" for NaN. `unit` is as for
/// `crm_feature_table_with_column`.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a text that is no unit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_value_text(
    unit: *const c_char,
    value: f64,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(FeatureUnit::parse(text("unit", unit)?)?.with_value(value)));
        Ok(())
    })
}

/// A table of so many customers and no column yet, which no base stands behind.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_feature_table_free`. Fails with
/// `CRM_STATUS_EMPTY` for 0 rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_new(rows: usize, out: *mut *mut crm_feature_table) -> crm_status {
    // SAFETY: the caller gives a place or null.
    guard(|| unsafe {
        Out::new("out", out)?.put(Table::new(FeatureTable::new(rows)?));
        Ok(())
    })
}

/// Features of the customers of a base: `count` codes of `crm_feature` in the order of the columns, or NULL and 0 for
/// recency, purchase days and net amount.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_feature_table_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a code that is none, a feature that is asked for twice, and one that needs the rhythm of
/// purchases; and with `CRM_STATUS_MISSING_COLUMN` for one that needs amounts if the log has none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_from_base(
    base: *const crm_base,
    features: *const i32,
    count: usize,
    out: *mut *mut crm_feature_table,
) -> crm_status {
    // SAFETY: the caller gives a live handle, `count` codes and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let base = handle::get("base", base)?;
        out.put(Table::new(FeatureTable::from_base(base, &self::features(features, count)?)?));
        Ok(())
    })
}

/// As `crm_feature_table_from_base`, with the rhythm of the purchases of the same history, read with the same options, so
/// that every feature can be asked for.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_feature_table_free`. Fails as
/// `crm_feature_table_from_base`, and with `CRM_STATUS_INCOMPATIBLE` for a rhythm of another base.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_from_base_and_rhythm(
    base: *const crm_base,
    rhythm: *const crm_rhythm,
    features: *const i32,
    count: usize,
    out: *mut *mut crm_feature_table,
) -> crm_status {
    // SAFETY: the caller gives live handles, `count` codes and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (base, rhythm) = (handle::get("base", base)?, handle::get("rhythm", rhythm)?);
        let features = self::features(features, count)?;
        out.put(Table::new(FeatureTable::from_base_and_rhythm(base, rhythm, &features)?));
        Ok(())
    })
}

/// Features of the customers of the base that a history has with these options; `features` as for
/// `crm_feature_table_from_base`, of which every one can be asked for.
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_feature_table_free`. Fails as
/// `crm_history_base` and `crm_feature_table_from_base` do.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_from_history(
    history: *const crm_history,
    options: *const crm_base_options,
    features: *const i32,
    count: usize,
    out: *mut *mut crm_feature_table,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size that it says, `count` codes and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let history = handle::get("history", history)?;
        let options = crm_base_options::take(options)?;
        out.put(Table::new(FeatureTable::from_history(history, options, &self::features(features, count)?)?));
        Ok(())
    })
}

/// A copy of a table with one more column, such as a predicted lifetime value. `length` is that of `values`, in which NaN
/// means missing; `name` and `unit` are copied. The unit is "count", "money", "money:" with a currency, "share", "number", or
/// a time: "day", "week", "month30", "month_mean", "year365" or "year_mean".
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_feature_table_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for a text that is no unit and a name that is empty or taken, `CRM_STATUS_LENGTH_MISMATCH`
/// unless there is a value for each row, `CRM_STATUS_INVALID_VALUE` with the row for infinite values, negative counts and
/// shares outside 0 to 1, `CRM_STATUS_OUT_OF_RANGE` above 1e140 in magnitude, and `CRM_STATUS_INCOMPATIBLE` for money in
/// another currency than the table's.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_with_column(
    table: *const crm_feature_table,
    name: *const c_char,
    unit: *const c_char,
    values: *const f64,
    length: usize,
    out: *mut *mut crm_feature_table,
) -> crm_status {
    // SAFETY: the caller gives a live handle, terminated strings, an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let table = &handle::get("table", table)?.value;
        let (name, unit) = (text("name", name)?, FeatureUnit::parse(text("unit", unit)?)?);
        let values = array("values", values, length)?;
        out.put(Table::new(table.clone().with_column(name, unit, values)?));
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_rows(table: *const crm_feature_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.value.rows()) })
}

/// Number of columns; 0, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_column_count(table: *const crm_feature_table) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("table", table)?.names.len()) })
}

/// The name of a column: UTF-8 text that belongs to the table and lives as long. NULL, with the thread's last error set, for
/// an index that is not below `crm_feature_table_column_count`, or if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_name(
    table: *const crm_feature_table,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("table", table)?.names, index)?.as_ptr()) })
}

/// The unit of a column, as `crm_feature_table_with_column` takes it: text that belongs to the table and lives as long. NULL,
/// with the thread's last error set, for an index that is not below `crm_feature_table_column_count`, or if `table` is NULL
/// or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_unit(
    table: *const crm_feature_table,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("table", table)?.units, index)?.as_ptr()) })
}

/// The index of a column from its name.
///
/// Fails with `CRM_STATUS_MISSING_COLUMN` if there is none of that name.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_index(
    table: *const crm_feature_table,
    name: *const c_char,
    out: *mut usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a terminated string and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let table = &handle::get("table", table)?.value;
        let found = table.order_by(text("name", name)?, false)?.feature;
        out.fill(std::iter::once(found));
        Ok(())
    })
}

/// Copies a column to `out`, which has room for `capacity` values, at least `crm_feature_table_rows`.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_feature_table_column_count`, and
/// `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_values(
    table: *const crm_feature_table,
    index: usize,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = element(handle::get("table", table)?.value.columns(), index)?.values();
        places("out", out, capacity, values.len())?.fill(values.iter().copied());
        Ok(())
    })
}

/// How many values of a column are missing.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_feature_table_column_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_missing(
    table: *const crm_feature_table,
    index: usize,
    out: *mut usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(element(handle::get("table", table)?.value.columns(), index)?.missing()));
        Ok(())
    })
}

/// The day of what was made from a base.
pub(super) fn day(argument: &str, day: Option<Day>) -> Outcome<i32> {
    let missing = || {
        let message = "was not made from a base, so that its day is not known";
        Error::new(ErrorKind::MissingValue, message).on(argument)
    };
    Ok(day.ok_or_else(missing)?.number())
}

/// The day whose end the base behind the table describes, counted from 1970-01-01.
///
/// Fails with `CRM_STATUS_MISSING_VALUE` unless the table was made from a base.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_as_of(
    table: *const crm_feature_table,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(day("table", handle::get("table", table)?.value.as_of())?));
        Ok(())
    })
}

/// The currency of the base, or of the first column that has one: text that belongs to the table and lives as long. NULL if
/// there is none; or, with the thread's last error set, if `table` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_currency(table: *const crm_feature_table) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(handle::get("table", table)?.currency.as_ref().map_or(ptr::null(), |currency| currency.as_ptr()))
    })
}

/// Frees a table; NULL is accepted. No thread may use it, or a text of it, any more; what was made from it lives on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_feature_table_free(table: *mut crm_feature_table) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("table", table) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        assert_eq!(crm_feature::ReturnRate as i32, Feature::ReturnRate as i32);
        assert_eq!(Feature::ALL.len(), crm_feature::ReturnRate as usize + 1);
    }
}
