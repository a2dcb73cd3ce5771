//! Segments that customers belong to by degrees.

use crm_core::segment::{GaussianMixture as Model, MixtureOptions};
use crm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::kmeans::{count, order, renamed, values_of};
use super::rows::Rows;
use crate::error::OrRaise;
use crate::ingest::{seed, threads};
use crate::integer::{Integer, within};
use crate::table::writable;

/// A fitted mixture of normal distributions.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct GaussianMixture(Model);

#[pymethods]
impl GaussianMixture {
    #[staticmethod]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn fit(
        py: Python<'_>,
        rows: &Rows,
        components: Integer,
        start_count: Integer,
        most_iterations: Integer,
        tolerance: f64,
        ridge: f64,
        seed: Integer,
        order_by: Integer,
        descending: bool,
        threads: Integer,
    ) -> PyResult<Self> {
        let options = || {
            Ok(MixtureOptions::new(within("components", components, "at least 1")?)
                .starts(count("start_count", start_count)?)
                .most_iterations(count("most_iterations", most_iterations)?)
                .tolerance(tolerance)
                .ridge(ridge)
                .seed(self::seed(seed)?)
                .order(order(order_by, descending)?)
                .threads(self::threads(threads)?))
        };
        let options = options().or_raise(py)?;
        py.detach(|| rows.read(|matrix| Model::fit(matrix, &options)).map_err(renamed)).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_parameters(
        py: Python<'_>,
        weights: Vec<f64>,
        means: &Rows,
        covariances: Vec<PyRef<'_, Rows>>,
    ) -> PyResult<Self> {
        let build = || {
            let on = |name: &'static str| move |error: Error| error.on(name);
            let means = means.read(|matrix| Ok(values_of(matrix))).map_err(on("means"))?;
            let read = |matrix: &PyRef<'_, Rows>| matrix.read(|matrix| Ok(values_of(matrix)));
            let covariances: Result<Vec<Vec<f64>>> = covariances.iter().map(read).collect();
            Model::from_parameters(&weights, &means, &covariances.map_err(on("covariances"))?.concat())
        };
        build().or_raise(py).map(Self)
    }

    /// As bytes of `int32`.
    fn predict<'py>(
        &self,
        py: Python<'py>,
        rows: &Rows,
        threads: Integer,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let model = self.on(threads).or_raise(py)?;
        let labels = py.detach(|| rows.read(|matrix| model.predict(matrix))).or_raise(py)?;
        Ok(writable(py, &labels))
    }

    /// Row by row.
    fn probabilities<'py>(
        &self,
        py: Python<'py>,
        rows: &Rows,
        threads: Integer,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let model = self.on(threads).or_raise(py)?;
        let shares = py.detach(|| rows.read(|matrix| model.probabilities(matrix))).or_raise(py)?;
        Ok(writable(py, &shares))
    }

    fn ln_density<'py>(
        &self,
        py: Python<'py>,
        rows: &Rows,
        threads: Integer,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let model = self.on(threads).or_raise(py)?;
        let densities = py.detach(|| rows.read(|matrix| model.ln_density(matrix))).or_raise(py)?;
        Ok(writable(py, &densities))
    }

    fn components(&self) -> usize {
        self.0.components()
    }

    fn features(&self) -> usize {
        self.0.features()
    }

    fn weights<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.weights())
    }

    /// Row by row.
    fn means<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.means())
    }

    /// One matrix after the other, row by row.
    fn covariances<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.covariances())
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Model::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}

impl GaussianMixture {
    fn on(&self, threads: Integer) -> Result<Model> {
        Ok(self.0.clone().on_threads(self::threads(threads)?))
    }
}
