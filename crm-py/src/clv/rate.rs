//! Discount and retention rates, and horizons.

use crm_core::clv::{DiscountRate as Discount, Horizon, RetentionRate as Retention};
use crm_core::customer::TimeUnit;
use pyo3::prelude::*;

use crate::customer::Period;
use crate::error::OrRaise;

/// A period, or no end.
pub(crate) fn horizon(period: Option<&Period>) -> Horizon {
    period.map_or(Horizon::Forever, |period| period.0.into())
}

/// The rate at which later money counts less.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct DiscountRate(pub(crate) Discount);

#[pymethods]
impl DiscountRate {
    #[staticmethod]
    fn annual(py: Python<'_>, rate: f64) -> PyResult<Self> {
        Discount::annual(rate).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn per(py: Python<'_>, rate: f64, unit: &str) -> PyResult<Self> {
        TimeUnit::from_name(unit).and_then(|unit| Discount::per(rate, unit)).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn continuous_per(py: Python<'_>, rate: f64, unit: &str) -> PyResult<Self> {
        TimeUnit::from_name(unit).and_then(|unit| Discount::continuous_per(rate, unit)).or_raise(py).map(Self)
    }

    fn continuous(&self, py: Python<'_>, unit: &str) -> PyResult<f64> {
        TimeUnit::from_name(unit).or_raise(py).map(|unit| self.0.continuous(unit))
    }

    fn effective(&self, py: Python<'_>, unit: &str) -> PyResult<f64> {
        TimeUnit::from_name(unit).or_raise(py).map(|unit| self.0.effective(unit))
    }
}

/// The share of customers who stay.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RetentionRate(pub(crate) Retention);

#[pymethods]
impl RetentionRate {
    #[new]
    fn new(py: Python<'_>, rate: f64, unit: &str) -> PyResult<Self> {
        TimeUnit::from_name(unit).and_then(|unit| Retention::new(rate, unit)).or_raise(py).map(Self)
    }

    fn per(&self, py: Python<'_>, unit: &str) -> PyResult<f64> {
        TimeUnit::from_name(unit).or_raise(py).map(|unit| self.0.per(unit))
    }

    fn expected_lifetime(&self, py: Python<'_>, unit: &str) -> PyResult<Option<f64>> {
        TimeUnit::from_name(unit).or_raise(py).map(|unit| self.0.expected_lifetime(unit))
    }
}
