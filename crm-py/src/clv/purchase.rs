//! Purchase models: fits, predictions, samples.

use crm_core::clv::{
    Bootstrap as Refits, FitOptions, PurchaseKind, PurchaseModel as Model, Simulation as Drawn,
};
use crm_core::customer::TimeUnit;
use crm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::data::PurchaseData;
use super::interval::interval_table;
use super::prediction::Prediction;
use super::report::FitReport;
use crate::column::{Accept, Column};
use crate::customer::Period;
use crate::error::OrRaise;
use crate::ingest::{seed, threads};
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

/// A model of purchases with its parameters.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct PurchaseModel(pub(crate) Model);

fn options(
    l2: f64,
    most_evaluations: Integer,
    covariates: (Vec<String>, Vec<String>),
    count: Integer,
) -> Result<FitOptions> {
    let mut options = FitOptions::default()
        .with_l2(l2)
        .with_covariates(covariates.0, covariates.1)
        .on_threads(threads(count)?);
    options.most_evaluations = within("most_evaluations", most_evaluations, "at least 1")?;
    Ok(options)
}

#[pymethods]
impl PurchaseModel {
    #[staticmethod]
    #[pyo3(signature = (data, model, l2, most_evaluations, covariates, threads))]
    fn fit(
        py: Python<'_>,
        data: &PurchaseData,
        model: &str,
        l2: f64,
        most_evaluations: Integer,
        covariates: (Vec<String>, Vec<String>),
        threads: Integer,
    ) -> PyResult<Self> {
        let kind = PurchaseKind::from_name(model).or_raise(py)?;
        let options = options(l2, most_evaluations, covariates, threads).or_raise(py)?;
        py.detach(|| Model::fit(kind, &data.data, &options)).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_parameters(py: Python<'_>, model: &str, parameters: Vec<f64>, time_unit: &str) -> PyResult<Self> {
        let build = || {
            let (kind, unit) = (PurchaseKind::from_name(model)?, TimeUnit::from_name(time_unit)?);
            Model::from_parameters(kind, &parameters, unit)
        };
        build().or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Model::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }

    /// The names of the parameters of a model.
    #[staticmethod]
    fn parameter_names(py: Python<'_>, model: &str) -> PyResult<Vec<&'static str>> {
        PurchaseKind::from_name(model).or_raise(py).map(|kind| kind.info().parameters.to_vec())
    }

    fn model(&self) -> &'static str {
        self.0.kind().name()
    }

    fn title(&self) -> &'static str {
        self.0.kind().info().title
    }

    fn time_unit(&self) -> &'static str {
        self.0.unit().name()
    }

    fn window(&self) -> Option<(String, String)> {
        self.0.window().map(|window| (window.start.to_string(), window.as_of.to_string()))
    }

    fn parameters(&self) -> Vec<(&'static str, f64)> {
        let names = self.0.kind().info().parameters.iter().copied();
        names.zip(self.0.parameters().iter().copied()).collect()
    }

    fn coefficients(&self) -> Vec<(String, f64)> {
        self.0.coefficients()
    }

    fn report(&self) -> Option<FitReport> {
        self.0.report().cloned().map(FitReport)
    }

    fn log_likelihood(&self, py: Python<'_>, data: &PurchaseData) -> PyResult<f64> {
        py.detach(|| self.0.log_likelihood(&data.data)).or_raise(py)
    }

    fn log_likelihoods<'py>(
        &self,
        py: Python<'py>,
        data: &PurchaseData,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let values = py.detach(|| self.0.log_likelihoods(&data.data)).or_raise(py)?;
        Ok(writable(py, &values))
    }

    fn predict<'py>(
        &self,
        py: Python<'py>,
        data: &PurchaseData,
        prediction: &Prediction,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let values = py.detach(|| self.0.predict(&data.data, prediction.0)).or_raise(py)?;
        Ok(writable(py, &values))
    }

    fn confidence_intervals(
        &self,
        py: Python<'_>,
        data: &PurchaseData,
        prediction: &Prediction,
        confidence_level: f64,
    ) -> PyResult<Table> {
        let intervals = py.detach(|| self.0.confidence_intervals(&data.data, prediction.0, confidence_level));
        interval_table(py, data.ids.as_ref(), intervals.or_raise(py)?)
    }

    fn predictive_intervals(
        &self,
        py: Python<'_>,
        data: &PurchaseData,
        period: &Period,
        level: f64,
    ) -> PyResult<Table> {
        let intervals =
            py.detach(|| self.0.predictive_intervals(&data.data, period.0, level)).or_raise(py)?;
        Columns::of_customers(data.ids.as_ref())
            .integers("lower", intervals.lower)
            .integers("upper", intervals.upper)
            .finish(py)
    }

    #[pyo3(signature = (data, replicates, seed, l2, most_evaluations, threads))]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn bootstrap(
        &self,
        py: Python<'_>,
        data: &PurchaseData,
        replicates: Integer,
        seed: Integer,
        l2: f64,
        most_evaluations: Integer,
        threads: Integer,
    ) -> PyResult<Bootstrap> {
        let replicates = within("replicates", replicates, "at least 2").or_raise(py)?;
        let seed = self::seed(seed).or_raise(py)?;
        let options = options(l2, most_evaluations, (Vec::new(), Vec::new()), threads).or_raise(py)?;
        py.detach(|| self.0.bootstrap(&data.data, &options, replicates, seed)).or_raise(py).map(Bootstrap)
    }

    fn simulate(
        &self,
        py: Python<'_>,
        ages: &Column,
        holdout: &Period,
        seed: Integer,
    ) -> PyResult<Simulation> {
        let ages = ages.numbers(py, "ages", Accept::Numbers)?;
        let seed = self::seed(seed).or_raise(py)?;
        py.detach(|| self.0.simulate(&ages, holdout.0, seed)).or_raise(py).map(Simulation)
    }
}

/// Refits of a model to samples of its customers.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Bootstrap(Refits);

#[pymethods]
impl Bootstrap {
    fn __len__(&self) -> usize {
        self.0.replicates().len()
    }

    fn failed(&self) -> u32 {
        self.0.failed()
    }

    /// Row-major, one row a refit.
    fn replicates<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.0.replicates().concat())
    }

    fn estimate_intervals(
        &self,
        py: Python<'_>,
        names: Vec<String>,
        confidence_level: f64,
    ) -> PyResult<Table> {
        let intervals = py.detach(|| self.0.estimate_intervals(confidence_level)).or_raise(py)?;
        Columns::new()
            .texts("parameter", names)
            .floats("estimate", intervals.estimate)
            .floats("standard_error", intervals.standard_error)
            .floats("lower", intervals.lower)
            .floats("upper", intervals.upper)
            .finish(py)
    }

    fn confidence_intervals(
        &self,
        py: Python<'_>,
        data: &PurchaseData,
        prediction: &Prediction,
        confidence_level: f64,
    ) -> PyResult<Table> {
        let intervals = py.detach(|| self.0.confidence_intervals(&data.data, prediction.0, confidence_level));
        interval_table(py, data.ids.as_ref(), intervals.or_raise(py)?)
    }
}

/// Purchases of simulated customers.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Simulation(Drawn);

#[pymethods]
impl Simulation {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn purchases<'py>(&self, py: Python<'py>, customer: Integer) -> PyResult<Bound<'py, PyByteArray>> {
        let accepted = format!("from 0 to below the number of customers, {}", self.0.len());
        let place: usize = within("customer", &customer, &accepted).or_raise(py)?;
        if place >= self.0.len() {
            return Err(Error::argument("customer", customer, &accepted)).or_raise(py);
        }
        Ok(writable(py, self.0.purchases(place)))
    }

    /// One row a purchase.
    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let customers = || 0..self.0.len();
        let count = |customer| std::iter::repeat_n(customer as u64, self.0.purchases(customer).len());
        Columns::new()
            .integers("customer", customers().flat_map(count))
            .floats("age", customers().flat_map(|customer| self.0.purchases(customer).iter().copied()))
            .finish(py)
    }

    fn left<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.left())
    }

    fn holdout_purchases<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.0.holdout_purchases())
    }

    fn data(&self, py: Python<'_>) -> PyResult<PurchaseData> {
        self.0.data().or_raise(py).map(PurchaseData::unnamed)
    }
}
