//! Lifetime value without a model of behaviour: what was earned, averages, and the retention formula.

use crm_core::clv::{FirstMargin, OrderAverages, RetentionRate, RetentionValue, historic_values};

use super::time::{crm_discount_rate, crm_horizon, crm_horizon_kind, crm_period, unit, value};
use crate::customer::base::crm_base;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, place, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Historic lifetime value: what each customer of a base has brought so far, net amount times `margin`, the share of the
/// amount that is earned (0 to 1). `out` has room for `capacity` values, at least `crm_base_length`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a margin outside 0 to 1, `CRM_STATUS_MISSING_COLUMN` if the log has no
/// amounts, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_historic_values(
    base: *const crm_base,
    margin: f64,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let base = handle::get("base", base)?;
        let out = places("out", out, capacity, base.len())?;
        out.fill(historic_values(base, margin)?.into_iter());
        Ok(())
    })
}

/// What an average customer of a base orders. Free with `crm_order_averages_free`. Immutable: any number of threads may use
/// it at once.
pub struct crm_order_averages {
    _opaque: (),
}

handles! { crm_order_averages holds OrderAverages, tag b"crmORDAV"; }

/// The averages of a base.
///
/// `out` receives them, NULL if the call fails; the caller frees them with `crm_order_averages_free`. Fails with
/// `CRM_STATUS_MISSING_COLUMN` if the log has no amounts.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_order_averages_new(
    base: *const crm_base,
    out: *mut *mut crm_order_averages,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(OrderAverages::of(handle::get("base", base)?)?);
        Ok(())
    })
}

/// Net amount an order; NaN, with the thread's last error set, if `averages` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_order_averages_order_value(averages: *const crm_order_averages) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("averages", averages)?.average_order_value()) })
}

/// Orders a customer in a `crm_time_unit`: orders over customers over the length of the data.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_order_averages_order_frequency(
    averages: *const crm_order_averages,
    time_unit: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let averages = handle::get("averages", averages)?;
        out.fill(std::iter::once(averages.order_frequency(unit("time_unit", time_unit)?)));
        Ok(())
    })
}

/// The rule of thumb: order value times orders within a lifespan times `margin`, the share of the amounts that is earned.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a margin outside 0 to 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_order_averages_customer_value(
    averages: *const crm_order_averages,
    lifespan: *const crm_period,
    margin: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a period and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let averages = handle::get("averages", averages)?;
        let lifespan = crm_period::read("lifespan", lifespan)?;
        out.fill(std::iter::once(averages.value(lifespan, margin)?));
        Ok(())
    })
}

/// Frees averages; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_order_averages_free(averages: *mut crm_order_averages) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("averages", averages) });
}

/// The share of customers who stay, as in `{0.64, CRM_TIME_UNIT_YEAR_MEAN}` for 64 % a year. A rate of r per unit is
/// `r^(t / unit)` over a time t; units convert by their days. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_retention_rate {
    /// In 0 to 1; 0.8 for 80 %.
    pub rate: f64,
    /// The `crm_time_unit` that the rate is quoted for.
    pub unit: i32,
}

impl crm_retention_rate {
    fn take(self, argument: &str) -> Outcome<RetentionRate> {
        let unit = unit(&format!("{argument}.unit"), self.unit)?;
        Ok(RetentionRate::new(self.rate, unit).map_err(|error| error.on(argument))?)
    }

    /// The core's rate behind a pointer.
    ///
    /// # Safety
    /// `rate` is null or points to a rate.
    unsafe fn read(argument: &str, rate: *const Self) -> Outcome<RetentionRate> {
        // SAFETY: as the caller promises.
        unsafe { value(argument, rate) }?.take(argument)
    }
}

/// The share that stays over another `crm_time_unit`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a rate outside 0 to 1 or a code that is no unit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_rate_per(
    rate: *const crm_retention_rate,
    time_unit: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a rate and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let rate = crm_retention_rate::read("rate", rate)?;
        out.fill(std::iter::once(rate.per(unit("time_unit", time_unit)?)));
        Ok(())
    })
}

/// The expected number of units, of a `crm_time_unit`, that a customer begins, `1 / (1 - r)`; infinite if nobody ever
/// leaves.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a rate outside 0 to 1 or a code that is no unit.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_rate_expected_lifetime(
    rate: *const crm_retention_rate,
    time_unit: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a rate and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let rate = crm_retention_rate::read("rate", rate)?;
        let lifetime = rate.expected_lifetime(unit("time_unit", time_unit)?);
        out.fill(std::iter::once(lifetime.unwrap_or(f64::INFINITY)));
        Ok(())
    })
}

/// Whether the first margin is earned at once.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_first_margin {
    /// After one period, from those who stayed: the value of customers who have just paid.
    AfterOnePeriod = 0,
    /// Now, from everybody: the value of customers about to be acquired.
    Now = 1,
}

impl crm_first_margin {
    const ALL: [FirstMargin; 2] = [FirstMargin::AfterOnePeriod, FirstMargin::Now];
}

/// The retention formula: what a customer is worth who brings a margin each period while they stay. Fill with
/// `crm_retention_value_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_retention_value_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The `crm_time_unit` between payments.
    pub payment_unit: i32,
    /// When the first margin is earned, a `crm_first_margin`: after one period (default) or now.
    pub first_margin: i32,
    /// The share of customers who stay. A rate quoted for another unit is converted to that between payments.
    pub retention_rate: crm_retention_rate,
    /// The discount rate, converted likewise.
    pub discount_rate: crm_discount_rate,
    /// Each margin is `1 + growth_per_payment` times the one before; 0 (default), finite, -1 or more.
    pub growth_per_payment: f64,
    /// Only payments up to this time count, part of a period brings none; forever (default).
    pub horizon: crm_horizon,
}

sized_structs!(crm_retention_value_options);

impl crm_retention_value_options {
    fn new(payment_unit: i32, retention_rate: crm_retention_rate, discount_rate: crm_discount_rate) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            payment_unit,
            first_margin: FirstMargin::default() as i32,
            retention_rate,
            discount_rate,
            growth_per_payment: 0.0,
            horizon: crm_horizon { length: 0.0, unit: 0, kind: crm_horizon_kind::Forever as i32 },
        }
    }

    /// The formula that C describes.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<RetentionValue> {
        // Neither rate has a default.
        let unset = crm_retention_rate { rate: f64::NAN, unit: 0 };
        let default = Self::new(0, unset, crm_discount_rate::unset());
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, default) }?;
        let formula = RetentionValue::new(
            unit("payment_unit", given.payment_unit)?,
            given.retention_rate.take("retention_rate")?,
            given.discount_rate.take("discount_rate")?,
        );
        let first = choice("first_margin", given.first_margin, &crm_first_margin::ALL)?;
        let horizon = given.horizon.take("horizon")?;
        Ok(formula.first_margin(first).growing(given.growth_per_payment)?.within(horizon))
    }
}

/// Fills options with the formula without end or growth, the first margin after one period; `struct_size` is
/// `sizeof *options` and `payment_unit` the `crm_time_unit` between payments.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has. What the rates hold is looked at
/// when the options are used.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_value_options_init(
    options: *mut crm_retention_value_options,
    struct_size: usize,
    payment_unit: i32,
    retention_rate: *const crm_retention_rate,
    discount_rate: *const crm_discount_rate,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size and rates, or null.
    guard(|| unsafe {
        let retention = value("retention_rate", retention_rate)?;
        let discount = value("discount_rate", discount_rate)?;
        let new = crm_retention_value_options::new(payment_unit, retention, discount);
        sized::init("options", options, struct_size, new)
    })
}

/// The value of a customer as a multiple of the first margin (Gupta and Lehmann's margin multiple).
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense, and on "horizon" if the sum does not end and is
/// infinite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_value_margin_multiple(
    options: *const crm_retention_value_options,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(crm_retention_value_options::take(options)?.margin_multiple()?));
        Ok(())
    })
}

/// The value of a customer whose first margin is this amount; below 0 for a customer who costs money.
///
/// Fails as `crm_retention_value_margin_multiple`, and with `CRM_STATUS_INVALID_ARGUMENT` if the margin is not finite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_retention_value_of_margin(
    options: *const crm_retention_value_options,
    margin: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(crm_retention_value_options::take(options)?.of_margin(margin)?));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_have_the_codes_of_the_core() {
        use crm_first_margin as C;
        let codes = [C::AfterOnePeriod, C::Now].map(|first| first as i32);
        assert_eq!(crm_first_margin::ALL.map(|first| first as i32), codes);
    }
}
