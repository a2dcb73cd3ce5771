//! How long customers with a contract stay.

use crm_core::clv::RetentionModel as Model;
use crm_core::customer::TimeUnit;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::data::RetentionData;
use super::rate::{DiscountRate, horizon};
use super::report::FitReport;
use crate::column::{Column, whole};
use crate::customer::Period;
use crate::error::OrRaise;
use crate::ingest::seed;
use crate::integer::{Integer, within};
use crate::table::writable;

/// The shifted beta-geometric model.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RetentionModel(Model);

impl RetentionModel {
    /// A value for each of some numbers of periods.
    fn each<'py>(
        &self,
        py: Python<'py>,
        argument: &str,
        periods: &Column,
        value: impl Fn(&Model, u32) -> f64 + Sync,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let periods = whole(py, argument, periods)?;
        let values: Vec<f64> = py.detach(|| periods.iter().map(|&period| value(&self.0, period)).collect());
        Ok(writable(py, &values))
    }
}

#[pymethods]
impl RetentionModel {
    #[staticmethod]
    fn fit(py: Python<'_>, data: &RetentionData, l2: f64) -> PyResult<Self> {
        py.detach(|| Model::fit(&data.0, l2)).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_parameters(py: Python<'_>, alpha: f64, beta: f64, time_unit: &str) -> PyResult<Self> {
        TimeUnit::from_name(time_unit)
            .and_then(|unit| Model::from_parameters(alpha, beta, unit))
            .or_raise(py)
            .map(Self)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Model::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        vec![("alpha", self.0.alpha()), ("beta", self.0.beta())]
    }

    fn time_unit(&self) -> &'static str {
        self.0.unit().name()
    }

    fn report(&self) -> Option<FitReport> {
        self.0.report().cloned().map(FitReport)
    }

    fn log_likelihood(&self, py: Python<'_>, data: &RetentionData) -> PyResult<f64> {
        self.0.log_likelihood(&data.0).or_raise(py)
    }

    fn survival<'py>(&self, py: Python<'py>, period: &Column) -> PyResult<Bound<'py, PyByteArray>> {
        self.each(py, "period", period, Model::survival)
    }

    fn residual_survival<'py>(
        &self,
        py: Python<'py>,
        renewals: &Column,
        further: Integer,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let further = within("further", further, "a number of renewals of 0 or more").or_raise(py)?;
        self.each(py, "renewals", renewals, |model, renewals| model.residual_survival(renewals, further))
    }

    fn retention_rate<'py>(&self, py: Python<'py>, period: &Column) -> PyResult<Bound<'py, PyByteArray>> {
        self.each(py, "period", period, Model::retention_rate)
    }

    fn churn_probability<'py>(&self, py: Python<'py>, period: &Column) -> PyResult<Bound<'py, PyByteArray>> {
        self.each(py, "period", period, Model::churn_probability)
    }

    fn expected_lifetime(&self) -> f64 {
        self.0.expected_lifetime()
    }

    fn expected_residual_lifetime<'py>(
        &self,
        py: Python<'py>,
        renewals: &Column,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        self.each(py, "renewals", renewals, Model::expected_residual_lifetime)
    }

    #[pyo3(signature = (horizon, discount_rate))]
    fn discounted_lifetime(&self, horizon: Option<&Period>, discount_rate: &DiscountRate) -> f64 {
        self.0.discounted_lifetime(self::horizon(horizon), discount_rate.0)
    }

    #[pyo3(signature = (renewals, horizon, discount_rate))]
    fn discounted_residual_lifetime<'py>(
        &self,
        py: Python<'py>,
        renewals: &Column,
        horizon: Option<&Period>,
        discount_rate: &DiscountRate,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        self.residual_values(py, renewals, 1.0, horizon, discount_rate)
    }

    #[pyo3(signature = (renewals, margin_per_period, horizon, discount_rate))]
    fn residual_values<'py>(
        &self,
        py: Python<'py>,
        renewals: &Column,
        margin_per_period: f64,
        horizon: Option<&Period>,
        discount_rate: &DiscountRate,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let renewals = whole(py, "renewals", renewals)?;
        let horizon = self::horizon(horizon);
        let values =
            py.detach(|| self.0.residual_values(&renewals, margin_per_period, horizon, discount_rate.0));
        Ok(writable(py, &values.or_raise(py)?))
    }

    #[pyo3(signature = (margin_per_period, horizon, discount_rate))]
    fn new_customer_value(
        &self,
        py: Python<'_>,
        margin_per_period: f64,
        horizon: Option<&Period>,
        discount_rate: &DiscountRate,
    ) -> PyResult<f64> {
        self.0.new_customer_value(margin_per_period, self::horizon(horizon), discount_rate.0).or_raise(py)
    }

    /// NaN for customers who are still there.
    fn simulate<'py>(
        &self,
        py: Python<'py>,
        customers: Integer,
        periods: Integer,
        seed: Integer,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let customers = within("customers", customers, "at least 0").or_raise(py)?;
        let periods = within("periods", periods, "a number of periods of 0 or more").or_raise(py)?;
        let seed = self::seed(seed).or_raise(py)?;
        let left = py.detach(|| self.0.simulate(customers, periods, seed));
        let left: Vec<f64> = left.into_iter().map(|period| period.map_or(f64::NAN, f64::from)).collect();
        Ok(writable(py, &left))
    }
}
