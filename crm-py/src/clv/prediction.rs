//! What can be predicted of a customer.

use crm_core::clv::Prediction as Wanted;
use pyo3::prelude::*;

use super::rate::{DiscountRate, horizon};
use crate::customer::Period;
use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// Something to predict of each customer.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Prediction(pub(crate) Wanted);

#[pymethods]
impl Prediction {
    #[staticmethod]
    fn alive() -> Self {
        Self(Wanted::Alive)
    }

    #[staticmethod]
    fn alive_after(period: &Period) -> Self {
        Self(Wanted::AliveAfter(period.0))
    }

    #[staticmethod]
    fn purchases(period: &Period) -> Self {
        Self(Wanted::Purchases(period.0))
    }

    #[staticmethod]
    #[pyo3(signature = (period, discount_rate))]
    fn discounted_purchases(period: Option<&Period>, discount_rate: &DiscountRate) -> Self {
        Self(Wanted::DiscountedPurchases(horizon(period), discount_rate.0))
    }

    #[staticmethod]
    fn purchase_probability(py: Python<'_>, n: Integer, period: &Period) -> PyResult<Self> {
        let n = within("n", n, "a number of purchases of 0 or more").or_raise(py)?;
        Ok(Self(Wanted::PurchaseProbability(n, period.0)))
    }

    #[staticmethod]
    #[pyo3(signature = (period))]
    fn buys_within(period: Option<&Period>) -> Self {
        Self(Wanted::BuysWithin(horizon(period)))
    }

    #[staticmethod]
    fn time_to_next(quantile: f64) -> Self {
        Self(Wanted::TimeToNext(quantile))
    }

    #[staticmethod]
    fn mean_time_to_next() -> Self {
        Self(Wanted::MeanTimeToNext)
    }
}
