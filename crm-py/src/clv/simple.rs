//! Lifetime value without a model of behaviour.

use crm_core::clv::{
    CohortValue as ByCohort, FirstMargin, OrderAverages as Averages, RetentionValue as Formula,
    historic_values as earned,
};
use crm_core::customer::{Cohort, Day, TimeUnit};
use crm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::rate::{DiscountRate, RetentionRate, horizon};
use crate::customer::{CohortTable, CustomerBase, Period};
use crate::error::OrRaise;
use crate::table::{Columns, Table, writable};

/// What each customer has brought so far.
#[pyfunction]
pub(crate) fn historic_values<'py>(
    py: Python<'py>,
    base: &CustomerBase,
    margin: f64,
) -> PyResult<Bound<'py, PyByteArray>> {
    let values = py.detach(|| earned(&base.0, margin)).or_raise(py)?;
    Ok(writable(py, &values))
}

/// Average order value and order frequency.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct OrderAverages(Averages);

#[pymethods]
impl OrderAverages {
    #[new]
    fn new(py: Python<'_>, base: &CustomerBase) -> PyResult<Self> {
        Averages::of(&base.0).or_raise(py).map(Self)
    }

    fn average_order_value(&self) -> f64 {
        self.0.average_order_value()
    }

    fn order_frequency(&self, py: Python<'_>, unit: &str) -> PyResult<f64> {
        TimeUnit::from_name(unit).or_raise(py).map(|unit| self.0.order_frequency(unit))
    }

    fn value(&self, py: Python<'_>, lifespan: &Period, margin: f64) -> PyResult<f64> {
        self.0.value(lifespan.0, margin).or_raise(py)
    }
}

/// The margin-retention-discount formula.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RetentionValue(Formula);

#[pymethods]
impl RetentionValue {
    #[new]
    #[pyo3(signature = (paid_each, retention_rate, discount_rate, first_margin, growth_per_payment, horizon))]
    fn new(
        py: Python<'_>,
        paid_each: &str,
        retention_rate: &RetentionRate,
        discount_rate: &DiscountRate,
        first_margin: &str,
        growth_per_payment: f64,
        horizon: Option<&Period>,
    ) -> PyResult<Self> {
        let build = || {
            Formula::new(TimeUnit::from_name(paid_each)?, retention_rate.0, discount_rate.0)
                .first_margin(self::first_margin(first_margin)?)
                .within(self::horizon(horizon))
                .growing(growth_per_payment)
        };
        build().or_raise(py).map(Self)
    }

    fn margin_multiple(&self, py: Python<'_>) -> PyResult<f64> {
        self.0.margin_multiple().or_raise(py)
    }

    fn of_margin(&self, py: Python<'_>, margin: f64) -> PyResult<f64> {
        self.0.of_margin(margin).or_raise(py)
    }
}

fn first_margin(name: &str) -> Result<FirstMargin> {
    match name {
        "after_one_period" => Ok(FirstMargin::AfterOnePeriod),
        "now" => Ok(FirstMargin::Now),
        _ => Err(Error::argument("first_margin", format!("{name:?}"), "after_one_period or now")),
    }
}

/// Cumulative margin per acquired customer by age.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct CohortValue {
    values: ByCohort,
    first_days: Vec<Day>,
}

#[pymethods]
impl CohortValue {
    #[new]
    fn new(
        py: Python<'_>,
        cohorts: &CohortTable,
        margin: f64,
        discount_rate: &DiscountRate,
    ) -> PyResult<Self> {
        let values = ByCohort::new(&cohorts.0, margin, discount_rate.0).or_raise(py)?;
        let first_days = cohorts.0.cohorts().iter().map(Cohort::first_day).collect();
        Ok(Self { values, first_days })
    }

    /// One row a cohort and complete age.
    fn cumulative(&self, py: Python<'_>) -> PyResult<Table> {
        let rows: Vec<_> = self
            .first_days
            .iter()
            .zip(self.values.cumulative())
            .flat_map(|(day, values)| values.iter().enumerate().map(move |(age, value)| (*day, age, *value)))
            .collect();
        Columns::new()
            .days("cohort", rows.iter().map(|(day, ..)| *day))
            .integers("age", rows.iter().map(|(_, age, _)| *age as u64))
            .floats("cumulative_value", rows.iter().map(|(.., value)| *value))
            .finish(py)
    }

    /// One row an age.
    fn pooled(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = || self.values.pooled().iter();
        Columns::new()
            .integers("age", 0..self.values.pooled().len() as u64)
            .integers("cohorts", rows().map(|row| row.cohorts))
            .integers("customers", rows().map(|row| row.customers))
            .floats("net_amount", rows().map(|row| row.net_amount.to_f64()))
            .floats("value", rows().map(|row| row.value))
            .floats("cumulative_value", rows().map(|row| row.cumulative_value))
            .finish(py)
    }
}
