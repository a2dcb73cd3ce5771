//! What customers spend on a purchase.

use crm_core::clv::SpendModel as Model;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::data::SpendData;
use super::report::FitReport;
use crate::column::{Column, whole};
use crate::error::OrRaise;
use crate::ingest::{seed, threads};
use crate::integer::Integer;
use crate::table::writable;

/// The Gamma-Gamma model.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct SpendModel(pub(crate) Model);

#[pymethods]
impl SpendModel {
    #[staticmethod]
    fn fit(py: Python<'_>, data: &SpendData, l2: f64, threads: Integer) -> PyResult<Self> {
        let threads = self::threads(threads).or_raise(py)?;
        py.detach(|| Model::fit(&data.0, l2, threads)).or_raise(py).map(Self)
    }

    #[staticmethod]
    #[pyo3(signature = (p, q, v, currency))]
    fn from_parameters(py: Python<'_>, p: f64, q: f64, v: f64, currency: Option<&str>) -> PyResult<Self> {
        let model = Model::from_parameters(p, q, v).or_raise(py)?;
        Ok(Self(match currency {
            Some(currency) => model.in_currency(currency),
            None => model,
        }))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Model::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        vec![("p", self.0.p()), ("q", self.0.q()), ("v", self.0.v())]
    }

    fn currency(&self) -> Option<String> {
        self.0.currency().map(str::to_owned)
    }

    fn excluded(&self) -> u64 {
        self.0.excluded()
    }

    fn correlation(&self) -> Option<f64> {
        self.0.correlation()
    }

    fn report(&self) -> Option<FitReport> {
        self.0.report().cloned().map(FitReport)
    }

    fn log_likelihood(&self, py: Python<'_>, data: &SpendData) -> PyResult<f64> {
        py.detach(|| self.0.log_likelihood(&data.0)).or_raise(py)
    }

    fn population_mean(&self, py: Python<'_>) -> PyResult<f64> {
        self.0.population_mean().or_raise(py)
    }

    fn expected_mean_spend<'py>(
        &self,
        py: Python<'py>,
        data: &SpendData,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let (purchases, mean) = (data.0.repeat_purchases(), data.0.mean_spend());
        let values = py.detach(|| self.0.expected_mean_spend(&purchases, &mean)).or_raise(py)?;
        Ok(writable(py, &values))
    }

    /// NaN where there is no expectation.
    fn expected_mean_spend_where_defined<'py>(
        &self,
        py: Python<'py>,
        data: &SpendData,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let (purchases, mean) = (data.0.repeat_purchases(), data.0.mean_spend());
        let values =
            py.detach(|| self.0.expected_mean_spend_where_defined(&purchases, &mean)).or_raise(py)?;
        let values: Vec<f64> = values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect();
        Ok(writable(py, &values))
    }

    fn simulate<'py>(
        &self,
        py: Python<'py>,
        repeat_purchases: &Column,
        seed: Integer,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let purchases = whole(py, "repeat_purchases", repeat_purchases)?;
        let seed = self::seed(seed).or_raise(py)?;
        Ok(writable(py, &py.detach(|| self.0.simulate(&purchases, seed))))
    }
}
