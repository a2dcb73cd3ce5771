//! The columns of a base as plain arrays.

use crm_core::customer::{CustomerBase, Money};
use crm_core::{Error, ErrorKind};

use super::base::crm_base;
use crate::guard::guard;
use crate::handle;
use crate::pointer::{Places, choice, places};
use crate::status::{Failure, Outcome, crm_status};

/// The columns of a base, a row a customer, in the order of the ids.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_base_column {
    /// First day with a purchase, counted from 1970-01-01.
    FirstPurchase = 0,
    /// Last day with a purchase, counted from 1970-01-01.
    LastPurchase = 1,
    /// Orders (rows, where the log has no order ids).
    Orders = 2,
    /// Days with a purchase.
    PurchaseDays = 3,
    /// Rows of returns.
    ReturnRows = 4,
    /// The amount of purchases, returns not subtracted.
    PurchaseAmount = 5,
    /// The amount of returns: zero or negative.
    ReturnAmount = 6,
    /// Purchases less returns.
    NetAmount = 7,
    /// Time since the last purchase (RFM recency), in the base's time unit.
    TimeSinceLastPurchase = 8,
    /// Days with a purchase after the first one (BTYD x).
    RepeatPurchases = 9,
    /// Time from the first to the last purchase (BTYD t_x), in the base's time unit.
    LastPurchaseAge = 10,
    /// Time from the first purchase to the base's date (BTYD T), in the base's time unit.
    Age = 11,
    /// Mean amount of the purchase days after the first one; 0 without a repeat purchase (BTYD z-bar).
    MeanRepeatAmount = 12,
}

const COLUMNS: [crm_base_column; 13] = [
    crm_base_column::FirstPurchase,
    crm_base_column::LastPurchase,
    crm_base_column::Orders,
    crm_base_column::PurchaseDays,
    crm_base_column::ReturnRows,
    crm_base_column::PurchaseAmount,
    crm_base_column::ReturnAmount,
    crm_base_column::NetAmount,
    crm_base_column::TimeSinceLastPurchase,
    crm_base_column::RepeatPurchases,
    crm_base_column::LastPurchaseAge,
    crm_base_column::Age,
    crm_base_column::MeanRepeatAmount,
];

/// Copies a column, a `crm_base_column`, as doubles to `out`, which has room for `capacity` values, at least
/// `crm_base_length`. Amounts are in currency units.
///
/// Fails with `CRM_STATUS_MISSING_COLUMN` for amounts of a log without any, and `CRM_STATUS_LENGTH_MISMATCH` for too
/// little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_column_double(
    base: *const crm_base,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let base = handle::get("base", base)?;
        let column = chosen(base, column)?;
        let out = places("out", out, capacity, base.len())?;
        doubles(base, column, out);
        Ok(())
    })
}

/// Copies a column of whole numbers, a `crm_base_column`, to `out`, which has room for `capacity` values, at least
/// `crm_base_length`. Amounts are exact, in micro-units (1/1,000,000 of the currency unit).
///
/// Fails with `CRM_STATUS_WRONG_TYPE` for columns that are not whole numbers, `CRM_STATUS_OUT_OF_RANGE` if an amount needs
/// more than 64 bits, `CRM_STATUS_MISSING_COLUMN` for amounts of a log without any, and `CRM_STATUS_LENGTH_MISMATCH` for
/// too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_base_column_int64(
    base: *const crm_base,
    column: i32,
    out: *mut i64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let base = handle::get("base", base)?;
        let column = chosen(base, column)?;
        let out = places("out", out, capacity, base.len())?;
        integers(base, column, out)
    })
}

/// The column of a code, if the base has it.
fn chosen(base: &CustomerBase, code: i32) -> Outcome<crm_base_column> {
    use crm_base_column as C;
    let column = choice("column", code, &COLUMNS)?;
    let is_amount =
        matches!(column, C::PurchaseAmount | C::ReturnAmount | C::NetAmount | C::MeanRepeatAmount);
    if is_amount && !base.has_amounts() {
        return Err(Error::new(ErrorKind::MissingColumn, "the log has no amounts").on("amount").into());
    }
    Ok(column)
}

fn doubles(base: &CustomerBase, column: crm_base_column, out: Places<'_, f64>) {
    use crm_base_column as C;
    let all = 0..base.len();
    match column {
        C::FirstPurchase => out.fill(base.first_purchase().iter().map(|&day| f64::from(day))),
        C::LastPurchase => out.fill(base.last_purchase().iter().map(|&day| f64::from(day))),
        C::Orders => out.fill(base.orders().iter().map(|&orders| f64::from(orders))),
        C::PurchaseDays => out.fill(base.purchase_days().iter().map(|&days| f64::from(days))),
        C::ReturnRows => out.fill(all.map(|customer| f64::from(base.return_rows(customer)))),
        C::PurchaseAmount => out.fill(all.map(|customer| base.purchase_amount(customer).to_f64())),
        C::ReturnAmount => out.fill(all.map(|customer| base.return_amount(customer).to_f64())),
        C::NetAmount => out.fill(all.map(|customer| base.net_amount(customer).to_f64())),
        C::TimeSinceLastPurchase => out.fill(all.map(|customer| base.time_since_last_purchase(customer))),
        C::RepeatPurchases => out.fill(all.map(|customer| f64::from(base.repeat_purchases(customer)))),
        C::LastPurchaseAge => out.fill(all.map(|customer| base.last_purchase_age(customer))),
        C::Age => out.fill(all.map(|customer| base.age(customer))),
        C::MeanRepeatAmount => out.fill(all.map(|customer| base.mean_repeat_amount(customer))),
    }
}

fn integers(base: &CustomerBase, column: crm_base_column, out: Places<'_, i64>) -> Outcome<()> {
    use crm_base_column as C;
    let all = 0..base.len();
    match column {
        C::FirstPurchase => out.fill(base.first_purchase().iter().map(|&day| i64::from(day))),
        C::LastPurchase => out.fill(base.last_purchase().iter().map(|&day| i64::from(day))),
        C::Orders => out.fill(base.orders().iter().map(|&orders| i64::from(orders))),
        C::PurchaseDays => out.fill(base.purchase_days().iter().map(|&days| i64::from(days))),
        C::ReturnRows => out.fill(all.map(|customer| i64::from(base.return_rows(customer)))),
        C::PurchaseAmount => out.fill(micros(all.map(|customer| base.purchase_amount(customer)))?),
        C::ReturnAmount => out.fill(micros(all.map(|customer| base.return_amount(customer)))?),
        C::NetAmount => out.fill(micros(all.map(|customer| base.net_amount(customer)))?),
        C::RepeatPurchases => out.fill(all.map(|customer| i64::from(base.repeat_purchases(customer)))),
        C::TimeSinceLastPurchase | C::LastPurchaseAge | C::Age | C::MeanRepeatAmount => {
            return Err(not_whole());
        }
    }
    Ok(())
}

fn not_whole() -> Failure {
    let message = "the column does not consist of whole numbers: ask for doubles";
    Error::new(ErrorKind::WrongType, message).on("column").into()
}

/// Amounts in micro-units, all of which must fit 64 bits.
pub(crate) fn micros(amounts: impl Iterator<Item = Money> + Clone) -> Outcome<impl Iterator<Item = i64>> {
    let too_large = |amount: &Money| i64::try_from(amount.micros()).is_err();
    if let Some((row, amount)) = amounts.clone().enumerate().find(|(_, amount)| too_large(amount)) {
        let message = format!("{amount} needs more than 64 bits in micro-units: ask for doubles");
        return Err(Error::new(ErrorKind::OutOfRange, message).on("amount").at_row(row as u64).into());
    }
    Ok(amounts.map(|amount| amount.micros() as i64))
}
