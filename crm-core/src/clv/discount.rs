//! Horizons and discount rates that carry their unit.

use serde::{Deserialize, Serialize};

use crate::customer::{Period, TimeUnit};
use crate::error::{Error, Result};

/// How far a prediction looks ahead.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Horizon {
    /// So long from the end of the data.
    Within(Period),
    /// Without end; sums over it are finite only when they are discounted.
    Forever,
}

impl Horizon {
    /// The length in a unit; infinite for [`Forever`](Self::Forever).
    pub fn in_unit(self, unit: TimeUnit) -> f64 {
        match self {
            Self::Within(period) => period.in_unit(unit),
            Self::Forever => f64::INFINITY,
        }
    }
}

impl From<Period> for Horizon {
    fn from(period: Period) -> Self {
        Self::Within(period)
    }
}

/// The rate at which later money counts less, with the time that it is quoted for.
///
/// A rate of `i` per period is the continuous rate `ln(1 + i)` per period; units convert by their days, so discounting to a date gives
/// the same factor whatever unit a model was fitted in.
///
/// ```
/// use crm_core::{clv::DiscountRate, customer::TimeUnit};
/// let rate = DiscountRate::annual(0.15)?;
/// let weeks = 365.25 / 7.0;
/// assert!((rate.continuous(TimeUnit::Week) - 1.15f64.ln() / weeks).abs() < 1e-15);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DiscountRate {
    /// Continuous, per `unit`.
    rate: f64,
    unit: TimeUnit,
}

impl DiscountRate {
    /// No discounting.
    pub const NONE: Self = Self { rate: 0.0, unit: TimeUnit::Day };

    /// An effective rate a year of 365.25 days: money due a year later counts `1 / (1 + rate)`.
    ///
    /// # Errors
    /// `InvalidArgument` if the rate is negative or not finite.
    pub fn annual(rate: f64) -> Result<Self> {
        Self::per(rate, TimeUnit::YearMean)
    }

    /// An effective rate per unit of time.
    ///
    /// # Errors
    /// `InvalidArgument` if the rate is negative or not finite.
    pub fn per(rate: f64, unit: TimeUnit) -> Result<Self> {
        Ok(Self { rate: check(rate)?.ln_1p(), unit })
    }

    /// A continuously compounded rate per unit of time, the `delta` of the papers.
    ///
    /// # Errors
    /// `InvalidArgument` if the rate is negative or not finite.
    pub fn continuous_per(rate: f64, unit: TimeUnit) -> Result<Self> {
        Ok(Self { rate: check(rate)?, unit })
    }

    /// The continuous rate per unit of time.
    pub fn continuous(self, unit: TimeUnit) -> f64 {
        if unit == self.unit { self.rate } else { self.rate * unit.days() / self.unit.days() }
    }

    /// The effective rate per unit of time.
    pub fn effective(self, unit: TimeUnit) -> f64 {
        self.continuous(unit).exp_m1()
    }
}

fn check(rate: f64) -> Result<f64> {
    if rate.is_finite() && rate >= 0.0 {
        Ok(rate + 0.0)
    } else {
        Err(Error::argument("discount_rate", rate, "a finite rate of 0 or more (0.1 for 10 %)"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_a_year_in_every_unit() {
        let rate = DiscountRate::annual(0.1).unwrap();
        for unit in TimeUnit::ALL {
            let year = Period::new(1.0, TimeUnit::YearMean).unwrap().in_unit(unit);
            let factor = (-rate.continuous(unit) * year).exp();
            assert!((factor - 1.0 / 1.1).abs() < 1e-15, "{unit}: {factor}");
        }
        assert!((rate.effective(TimeUnit::YearMean) - 0.1).abs() < 1e-16);
    }

    #[test]
    fn rates_below_zero_are_refused() {
        for rate in [-0.01, f64::NAN, f64::INFINITY] {
            assert!(DiscountRate::annual(rate).is_err());
            assert!(DiscountRate::continuous_per(rate, TimeUnit::Week).is_err());
        }
    }
}
