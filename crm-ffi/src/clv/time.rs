//! Lengths of time, horizons and discount rates, each with its unit: no bare number is a time.
//!
//! These structs have no `struct_size`: they are values, embedded in options, and never grow.

use crm_core::clv::{DiscountRate, Horizon};
use crm_core::customer::{Period, TimeUnit};

use crate::pointer::{array, choice};
use crate::status::Outcome;

/// A length of time with its unit, as in `{52.0, CRM_TIME_UNIT_WEEK}`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct crm_period {
    /// How many units: finite, 0 or more.
    pub length: f64,
    /// A `crm_time_unit`.
    pub unit: i32,
}

/// Whether a horizon ends.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_horizon_kind {
    /// After the horizon's length, from the end of the data.
    Within = 0,
    /// Never; length and unit are not looked at. Sums over it are finite only when they are discounted.
    Forever = 1,
}

/// How far a prediction looks ahead, as in `{1.0, CRM_TIME_UNIT_YEAR_MEAN, CRM_HORIZON_KIND_WITHIN}`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct crm_horizon {
    /// How many units: finite, 0 or more.
    pub length: f64,
    /// A `crm_time_unit`.
    pub unit: i32,
    /// A `crm_horizon_kind`.
    pub kind: i32,
}

/// How a discount rate is compounded.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_compounding {
    /// Once a unit: money due a unit later counts `1 / (1 + rate)`.
    Effective = 0,
    /// Continuously: money due a unit later counts `exp(-rate)`. The `delta` of the papers.
    Continuous = 1,
}

/// The rate at which later money counts less, as in `{0.1, CRM_TIME_UNIT_YEAR_MEAN, CRM_COMPOUNDING_EFFECTIVE}` for 10 % a
/// year. All zeros: no discounting. Units convert by their days, whatever unit a model was fitted in.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(C)]
pub struct crm_discount_rate {
    /// Finite, 0 or more; 0.1 for 10 %.
    pub rate: f64,
    /// The `crm_time_unit` that the rate is quoted for.
    pub unit: i32,
    /// A `crm_compounding`.
    pub compounding: i32,
}

/// The struct behind a pointer that must not be null.
///
/// # Safety
/// `value` is null or points to a struct.
pub(crate) unsafe fn value<T: Copy>(argument: &str, value: *const T) -> Outcome<T> {
    // SAFETY: one value, as the caller promises.
    unsafe { array(argument, value, 1).map(|values| values[0]) }
}

/// A unit from its code; `argument` is what holds it.
pub(crate) fn unit(argument: &str, code: i32) -> Outcome<TimeUnit> {
    choice(argument, code, &TimeUnit::ALL)
}

impl crm_period {
    /// The core's period; `argument` is the name of the struct in messages.
    pub(crate) fn take(self, argument: &str) -> Outcome<Period> {
        let unit = unit(&format!("{argument}.unit"), self.unit)?;
        Ok(Period::new(self.length, unit).map_err(|error| error.on(argument))?)
    }

    /// The core's period behind a pointer.
    ///
    /// # Safety
    /// `period` is null or points to a period.
    pub(crate) unsafe fn read(argument: &str, period: *const Self) -> Outcome<Period> {
        // SAFETY: as the caller promises.
        unsafe { value(argument, period) }?.take(argument)
    }
}

impl crm_horizon {
    /// One that is refused, for options that have no default.
    pub(crate) fn unset() -> Self {
        Self { length: f64::NAN, unit: 0, kind: crm_horizon_kind::Within as i32 }
    }

    /// The core's horizon; `argument` is the name of the struct in messages.
    pub(crate) fn take(self, argument: &str) -> Outcome<Horizon> {
        let kinds = [crm_horizon_kind::Within, crm_horizon_kind::Forever];
        match choice(&format!("{argument}.kind"), self.kind, &kinds)? {
            crm_horizon_kind::Forever => Ok(Horizon::Forever),
            crm_horizon_kind::Within => {
                let period = crm_period { length: self.length, unit: self.unit };
                period.take(argument).map(Horizon::Within)
            }
        }
    }

    /// The core's horizon behind a pointer.
    ///
    /// # Safety
    /// `horizon` is null or points to a horizon.
    pub(crate) unsafe fn read(argument: &str, horizon: *const Self) -> Outcome<Horizon> {
        // SAFETY: as the caller promises.
        unsafe { value(argument, horizon) }?.take(argument)
    }
}

impl crm_discount_rate {
    /// One that is refused, for options that have no default.
    pub(crate) fn unset() -> Self {
        Self { rate: f64::NAN, unit: 0, compounding: crm_compounding::Effective as i32 }
    }

    /// The core's rate; `argument` is the name of the struct in messages.
    pub(crate) fn take(self, argument: &str) -> Outcome<DiscountRate> {
        let unit = unit(&format!("{argument}.unit"), self.unit)?;
        let kinds = [crm_compounding::Effective, crm_compounding::Continuous];
        let rate = match choice(&format!("{argument}.compounding"), self.compounding, &kinds)? {
            crm_compounding::Effective => DiscountRate::per(self.rate, unit),
            crm_compounding::Continuous => DiscountRate::continuous_per(self.rate, unit),
        };
        Ok(rate.map_err(|error| error.on(argument))?)
    }

    /// The core's rate behind a pointer.
    ///
    /// # Safety
    /// `rate` is null or points to a rate.
    pub(crate) unsafe fn read(argument: &str, rate: *const Self) -> Outcome<DiscountRate> {
        // SAFETY: as the caller promises.
        unsafe { value(argument, rate) }?.take(argument)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::crm_status;

    #[test]
    fn values_are_those_of_the_core() {
        let year = crm_period { length: 52.0, unit: TimeUnit::Week as i32 };
        let period = Period::new(52.0, TimeUnit::Week).unwrap();
        assert_eq!(year.take("period").unwrap(), period);
        let mut horizon = crm_horizon { length: 52.0, unit: TimeUnit::Week as i32, kind: 0 };
        assert_eq!(horizon.take("horizon").unwrap(), Horizon::Within(period));
        horizon.kind = 1;
        assert_eq!(horizon.take("horizon").unwrap(), Horizon::Forever);
        let mut rate = crm_discount_rate { rate: 0.1, unit: TimeUnit::YearMean as i32, compounding: 0 };
        assert_eq!(rate.take("rate").unwrap(), DiscountRate::annual(0.1).unwrap());
        rate.compounding = 1;
        let delta = DiscountRate::continuous_per(0.1, TimeUnit::YearMean).unwrap();
        assert_eq!(rate.take("rate").unwrap(), delta);
        rate = crm_discount_rate { rate: 0.0, unit: 0, compounding: 0 };
        assert_eq!(rate.take("rate").unwrap(), DiscountRate::NONE);
    }

    #[test]
    fn codes_and_numbers_that_are_none_are_refused() {
        let refused = |outcome: Outcome<()>| outcome.unwrap_err().status() == crm_status::InvalidArgument;
        for (length, unit) in [(1.0, 6), (1.0, -1), (-1.0, 0), (f64::NAN, 0)] {
            assert!(refused(crm_period { length, unit }.take("period").map(drop)));
            assert!(refused(crm_horizon { length, unit, kind: 0 }.take("horizon").map(drop)));
            let rate = crm_discount_rate { rate: length, unit, compounding: 0 };
            assert!(refused(rate.take("rate").map(drop)));
        }
        assert!(refused(crm_horizon { length: 1.0, unit: 0, kind: 2 }.take("horizon").map(drop)));
        assert!(refused(crm_discount_rate { rate: 0.1, unit: 0, compounding: 2 }.take("rate").map(drop)));
    }
}
