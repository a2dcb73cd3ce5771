//! Lifetime value: discounted purchases times what a purchase is worth.

use std::ffi::c_char;
use std::path::Path;

use arrow_array::RecordBatch;
use arrow_array::ffi_stream::FFI_ArrowArrayStream;
use crm_core::Error;
use crm_core::clv::{CustomerValueModel, LifetimeValues, ValueOptions};
use crm_core::interop::{value_table, write_csv, write_parquet};

use super::interval::crm_intervals;
use super::purchase_data::crm_purchase_data;
use super::purchase_model::crm_purchase_model;
use super::spend_data::crm_spend_data;
use super::spend_model::crm_spend_model;
use super::time::{crm_discount_rate, crm_horizon};
use crate::arrow::OutStream;
use crate::customer::base::crm_base;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What of a purchase counts, how far ahead, and at which rate. Fill with `crm_value_options_init`, then set horizon and
/// discount rate.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_value_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// How far ahead, from the end of the data. Starts as NaN, which is refused: it must be set.
    pub horizon: crm_horizon,
    /// Starts as NaN, which is refused: it must be set; 0 for no discounting, which a horizon without end cannot do with.
    pub discount_rate: crm_discount_rate,
    /// The share of the spend that is earned, from 0 to 1 (default 1).
    pub margin: f64,
}

sized_structs!(crm_value_options);

impl crm_value_options {
    fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            horizon: crm_horizon::unset(),
            discount_rate: crm_discount_rate::unset(),
            margin: 1.0,
        }
    }

    /// The options that C gives.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<ValueOptions> {
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        let horizon = given.horizon.take("options.horizon")?;
        let discount_rate = given.discount_rate.take("options.discount_rate")?;
        Ok(ValueOptions::new(horizon, discount_rate).with_margin(given.margin)?)
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_options_init(
    options: *mut crm_value_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_value_options::new()) })
}

/// What the value of a customer is made of.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_value_column {
    /// P(still a customer at the end of the data).
    PAlive = 0,
    /// Expected discounted purchases.
    DiscountedPurchases = 1,
    /// Expected mean spend of a purchase, in currency units.
    ExpectedSpend = 2,
    /// Margin times discounted purchases times expected spend, in currency units.
    Value = 3,
}

/// The residual value of each customer, that of what is still to come, and what it is made of, in the order of the data. Free
/// with `crm_customer_values_free`. Immutable: any number of threads may use it at once.
pub struct crm_customer_values {
    _opaque: (),
}

handles! { crm_customer_values holds LifetimeValues, tag b"crmVALUE"; }

/// Both models.
unsafe fn joined(
    purchase_model: *const crm_purchase_model,
    spend_model: *const crm_spend_model,
) -> Outcome<CustomerValueModel> {
    // SAFETY: the caller gives live handles or null.
    unsafe {
        let purchases = handle::get("purchase_model", purchase_model)?.model.clone();
        Ok(CustomerValueModel::new(purchases, handle::get("spend_model", spend_model)?.model.clone()))
    }
}

/// The residual value of each customer, from a purchase model and a spend model. Both data are of the same customers, in the
/// same order.
///
/// `out` receives the values, NULL if the call fails; the caller frees them with `crm_customer_values_free`. Fails as
/// `crm_purchase_model_predict` and `crm_spend_model_expected_mean_spend`, with `CRM_STATUS_LENGTH_MISMATCH` for data of
/// other numbers of customers, `CRM_STATUS_INCOMPATIBLE` for spend in another currency, and `CRM_STATUS_INVALID_ARGUMENT` for
/// an infinite horizon without discounting, and for horizon and discount rate that were not set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_new(
    purchase_model: *const crm_purchase_model,
    spend_model: *const crm_spend_model,
    purchases: *const crm_purchase_data,
    spend: *const crm_spend_data,
    options: *const crm_value_options,
    out: *mut *mut crm_customer_values,
) -> crm_status {
    // SAFETY: the caller gives live handles, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = joined(purchase_model, spend_model)?;
        let purchases = handle::get("purchases", purchases)?;
        let spend = &handle::get("spend", spend)?.data;
        out.put(model.values(purchases, spend, &crm_value_options::take(options)?)?);
        Ok(())
    })
}

/// Confidence intervals of the values by the delta method: what the uncertainty of both models' parameters leaves open about
/// the expected value. `confidence_level` is 0.95 for 95 %.
///
/// `out` receives the intervals, NULL if the call fails; the caller frees them with `crm_intervals_free`. Fails as
/// `crm_customer_values_new`, and with `CRM_STATUS_INVALID_ARGUMENT` for a level outside 0 to 1 and unless both models were
/// fitted and have a covariance.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_confidence_intervals(
    purchase_model: *const crm_purchase_model,
    spend_model: *const crm_spend_model,
    purchases: *const crm_purchase_data,
    spend: *const crm_spend_data,
    options: *const crm_value_options,
    confidence_level: f64,
    out: *mut *mut crm_intervals,
) -> crm_status {
    // SAFETY: the caller gives live handles, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = joined(purchase_model, spend_model)?;
        let purchases = handle::get("purchases", purchases)?;
        let spend = &handle::get("spend", spend)?.data;
        let options = crm_value_options::take(options)?;
        out.put(model.confidence_intervals(purchases, spend, &options, confidence_level)?);
        Ok(())
    })
}

/// How predictive intervals of values are drawn. Fill with `crm_draw_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_draw_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The probability of the interval, above 0 and below 1 (default 0.95).
    pub level: f64,
    /// Futures to draw for each customer, at least 100 (default 1,000).
    pub draws: u32,
    /// Must be 0.
    pub reserved: u32,
    /// The same seed gives the same futures on every machine (default 0).
    pub seed: u64,
}

sized_structs!(crm_draw_options);

impl crm_draw_options {
    fn new() -> Self {
        Self { struct_size: size_of::<Self>(), level: 0.95, draws: 1000, reserved: 0, seed: 0 }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_draw_options_init(
    options: *mut crm_draw_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_draw_options::new()) })
}

/// Predictive intervals of single customers: the value that what they do has with at least a given probability, from
/// simulated futures. They are far wider than confidence intervals, and often start at 0. `draw` may be NULL for the
/// defaults.
///
/// `out` receives the intervals, NULL if the call fails; the caller frees them with `crm_intervals_free`. Fails as
/// `crm_customer_values_new`, and with `CRM_STATUS_INVALID_ARGUMENT` for a level outside 0 to 1 or fewer than 100 draws.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_predictive_intervals(
    purchase_model: *const crm_purchase_model,
    spend_model: *const crm_spend_model,
    purchases: *const crm_purchase_data,
    spend: *const crm_spend_data,
    options: *const crm_value_options,
    draw: *const crm_draw_options,
    out: *mut *mut crm_intervals,
) -> crm_status {
    // SAFETY: the caller gives live handles, structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = joined(purchase_model, spend_model)?;
        let purchases = handle::get("purchases", purchases)?;
        let spend = &handle::get("spend", spend)?.data;
        let options = crm_value_options::take(options)?;
        let mut draws = crm_draw_options::new();
        if !draw.is_null() {
            draws = sized::read("draw", draw, draws)?;
        }
        if draws.reserved != 0 {
            return Err(Error::argument("draw.reserved", draws.reserved, "0").into());
        }
        let crm_draw_options { level, draws, seed, .. } = draws;
        out.put(model.predictive_intervals(purchases, spend, &options, level, draws, seed)?);
        Ok(())
    })
}

/// Number of customers; 0, with the thread's last error set, if `values` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_length(values: *const crm_customer_values) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("values", values)?.value.len()) })
}

/// Copies a column, a `crm_value_column`, to `out`, which has room for `capacity` values, at least
/// `crm_customer_values_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_column(
    values: *const crm_customer_values,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    use crm_value_column as C;
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let values = handle::get("values", values)?;
        let columns = [C::PAlive, C::DiscountedPurchases, C::ExpectedSpend, C::Value];
        let column = match choice("column", column, &columns)? {
            C::PAlive => &values.p_alive,
            C::DiscountedPurchases => &values.discounted_purchases,
            C::ExpectedSpend => &values.expected_spend,
            C::Value => &values.value,
        };
        places("out", out, capacity, column.len())?.fill(column.iter().copied());
        Ok(())
    })
}

unsafe fn table(base: *const crm_base, values: *const crm_customer_values) -> Outcome<RecordBatch> {
    // SAFETY: the caller gives live handles or null.
    unsafe { Ok(value_table(handle::get("base", base)?, handle::get("values", values)?)?) }
}

/// The values as a table of one row a customer of a base: `customer_id`, `p_alive`, `discounted_purchases`,
/// `expected_spend` and `value`.
///
/// `out` receives the stream, marked as released if the call fails; the caller releases it. What it held is overwritten.
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` if the values are those of another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_to_arrow_stream(
    base: *const crm_base,
    values: *const crm_customer_values,
    out: *mut FFI_ArrowArrayStream,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = OutStream::new(out)?;
        out.put(table(base, values)?);
        Ok(())
    })
}

/// Writes the table of `crm_customer_values_to_arrow_stream` as a CSV file with a header line. `path` is UTF-8; a file there
/// is overwritten.
///
/// Fails with `CRM_STATUS_IO` if the file cannot be written, and `CRM_STATUS_LENGTH_MISMATCH` if the values are those of
/// another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_write_csv(
    base: *const crm_base,
    values: *const crm_customer_values,
    path: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives live handles and a terminated string, or null.
    guard(|| unsafe {
        let path = Path::new(text("path", path)?);
        Ok(write_csv(&table(base, values)?, path)?)
    })
}

/// Writes the table of `crm_customer_values_to_arrow_stream` as a Parquet file. `path` is UTF-8; a file there is
/// overwritten.
///
/// Fails with `CRM_STATUS_IO` if the file cannot be written, and `CRM_STATUS_LENGTH_MISMATCH` if the values are those of
/// another number of customers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_write_parquet(
    base: *const crm_base,
    values: *const crm_customer_values,
    path: *const c_char,
) -> crm_status {
    // SAFETY: the caller gives live handles and a terminated string, or null.
    guard(|| unsafe {
        let path = Path::new(text("path", path)?);
        Ok(write_parquet(&table(base, values)?, path)?)
    })
}

/// Frees values; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_values_free(values: *mut crm_customer_values) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("values", values) });
}
