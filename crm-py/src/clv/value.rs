//! Lifetime value: discounted purchases times what a purchase is worth.

use crm_core::Result;
use crm_core::clv::{CustomerValueModel as Model, ValueOptions};
use pyo3::prelude::*;

use super::data::{PurchaseData, SpendData};
use super::interval::interval_table;
use super::purchase::PurchaseModel;
use super::rate::{DiscountRate, horizon};
use super::spend::SpendModel;
use crate::customer::Period;
use crate::error::OrRaise;
use crate::ingest::seed;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table};

/// A purchase model and a spend model.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct CustomerValueModel(Model);

fn options(period: Option<&Period>, discount_rate: &DiscountRate, margin: f64) -> Result<ValueOptions> {
    ValueOptions::new(horizon(period), discount_rate.0).with_margin(margin)
}

#[pymethods]
impl CustomerValueModel {
    #[new]
    fn new(purchases: &PurchaseModel, spend: &SpendModel) -> Self {
        Self(Model::new(purchases.0.clone(), spend.0.clone()))
    }

    #[pyo3(signature = (purchases, spend, horizon, discount_rate, margin))]
    fn values(
        &self,
        py: Python<'_>,
        purchases: &PurchaseData,
        spend: &SpendData,
        horizon: Option<&Period>,
        discount_rate: &DiscountRate,
        margin: f64,
    ) -> PyResult<Table> {
        let options = options(horizon, discount_rate, margin).or_raise(py)?;
        let values = py.detach(|| self.0.values(&purchases.data, &spend.0, &options)).or_raise(py)?;
        Columns::of_customers(purchases.ids.as_ref())
            .floats("p_alive", values.p_alive)
            .floats("discounted_purchases", values.discounted_purchases)
            .floats("expected_spend", values.expected_spend)
            .floats("value", values.value)
            .finish(py)
    }

    #[pyo3(signature = (purchases, spend, horizon, discount_rate, margin, confidence_level))]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn confidence_intervals(
        &self,
        py: Python<'_>,
        purchases: &PurchaseData,
        spend: &SpendData,
        horizon: Option<&Period>,
        discount_rate: &DiscountRate,
        margin: f64,
        confidence_level: f64,
    ) -> PyResult<Table> {
        let options = options(horizon, discount_rate, margin).or_raise(py)?;
        let intervals =
            py.detach(|| self.0.confidence_intervals(&purchases.data, &spend.0, &options, confidence_level));
        interval_table(py, purchases.ids.as_ref(), intervals.or_raise(py)?)
    }

    #[pyo3(signature = (purchases, spend, horizon, discount_rate, margin, level, draws, seed))]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn predictive_intervals(
        &self,
        py: Python<'_>,
        purchases: &PurchaseData,
        spend: &SpendData,
        horizon: Option<&Period>,
        discount_rate: &DiscountRate,
        margin: f64,
        level: f64,
        draws: Integer,
        seed: Integer,
    ) -> PyResult<Table> {
        let options = options(horizon, discount_rate, margin).or_raise(py)?;
        let draws = within("draws", draws, "at least 100").or_raise(py)?;
        let seed = self::seed(seed).or_raise(py)?;
        let intervals = py
            .detach(|| self.0.predictive_intervals(&purchases.data, &spend.0, &options, level, draws, seed));
        interval_table(py, purchases.ids.as_ref(), intervals.or_raise(py)?)
    }
}
