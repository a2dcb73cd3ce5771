//! Clusters around centres.

use arrow_buffer::ScalarBuffer;
use crm_core::segment::{
    KMeans as Model, KMeansOptions as Options, LabelOrder, Matrix, MiniBatchKMeans as Learner, Starts,
};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::rows::Rows;
use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::ingest::{seed, threads};
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

/// A number of starts, of which there is at least one.
pub(super) fn count(argument: &str, value: Integer) -> Result<u32> {
    let accepted = "at least 1";
    match within(argument, value, accepted)? {
        0 => Err(Error::argument(argument, 0, accepted)),
        count => Ok(count),
    }
}

/// All values of a matrix, row by row.
pub(super) fn values_of(matrix: &Matrix<'_>) -> Vec<f64> {
    (0..matrix.rows())
        .flat_map(|row| (0..matrix.features()).map(move |feature| matrix.value(row, feature)))
        .collect()
}

/// The order of the clusters by the number of a feature.
pub(super) fn order(feature: Integer, descending: bool) -> Result<LabelOrder> {
    Ok(LabelOrder { feature: within("order_by", feature, "the number of a feature")?, descending })
}

/// How k-means is run.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct KMeansOptions(pub(super) Options);

#[pymethods]
impl KMeansOptions {
    /// `given` are the centres to start from where `starts` is given.
    #[new]
    #[pyo3(signature = (clusters, starts, start_count, given, most_iterations, tolerance, seed, threads))]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn new(
        py: Python<'_>,
        clusters: Integer,
        starts: &str,
        start_count: Integer,
        given: Option<&Rows>,
        most_iterations: Integer,
        tolerance: f64,
        seed: Integer,
        threads: Integer,
    ) -> PyResult<Self> {
        let build = || {
            let clusters = within("clusters", clusters, "from 1 to 65536")?;
            let starts = match (starts, given) {
                ("k-means++", None) => Starts::PlusPlus { count: count("start_count", start_count)? },
                ("random", None) => Starts::Random { count: count("start_count", start_count)? },
                (_, Some(given)) => {
                    let centres = given.read(|matrix| {
                        if matrix.rows() == clusters {
                            return Ok(values_of(matrix));
                        }
                        let message =
                            format!("has {} rows where there are {clusters} clusters", matrix.rows());
                        Err(Error::new(ErrorKind::LengthMismatch, message))
                    });
                    Starts::Given(centres.map_err(|error| error.on("starts"))?)
                }
                (starts, None) => {
                    let accepted = "k-means++, random or an array of centres";
                    return Err(Error::argument("starts", format!("{starts:?}"), accepted));
                }
            };
            Ok(Options::new(clusters)
                .starts(starts)
                .most_iterations(count("most_iterations", most_iterations)?)
                .tolerance(tolerance)
                .seed(self::seed(seed)?)
                .threads(self::threads(threads)?))
        };
        build().or_raise(py).map(Self)
    }
}

impl KMeansOptions {
    /// The same with clusters numbered by a feature of these rows.
    pub(super) fn ordered(&self, feature: Integer, descending: bool) -> Result<Options> {
        Ok(self.0.clone().order(order(feature, descending)?))
    }
}

/// The argument of Python that an error is about.
pub(super) fn renamed(error: Error) -> Error {
    match error.argument_name() {
        Some("order") => error.on("order_by"),
        Some("weights") => error.on("sample_weight"),
        _ => error,
    }
}

/// How often rows count, if they do not count once each.
pub(super) fn sample_weights(
    py: Python<'_>,
    weights: Option<&Column>,
) -> PyResult<Option<ScalarBuffer<f64>>> {
    weights.map(|weights| weights.numbers(py, "sample_weight", Accept::Numbers)).transpose()
}

/// Fitted clusters.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct KMeans(pub(super) Model);

#[pymethods]
impl KMeans {
    /// The model and the labels of the rows, as bytes of `int32`.
    #[staticmethod]
    #[pyo3(signature = (rows, weights, options, order_by, descending))]
    fn fit<'py>(
        py: Python<'py>,
        rows: &Rows,
        weights: Option<&Column>,
        options: &KMeansOptions,
        order_by: Integer,
        descending: bool,
    ) -> PyResult<(Self, Bound<'py, PyByteArray>)> {
        let options = options.ordered(order_by, descending).or_raise(py)?;
        let weights = sample_weights(py, weights)?;
        let fit = |matrix: &Matrix<'_>| match &weights {
            Some(weights) => Model::fit_weighted(matrix, weights, &options),
            None => Model::fit(matrix, &options),
        };
        let fitted = py.detach(|| rows.read(fit).map_err(renamed)).or_raise(py)?;
        let labels = writable(py, &fitted.labels);
        Ok((Self(fitted.model), labels))
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

    fn assign(&self, py: Python<'_>, rows: &Rows, threads: Integer) -> PyResult<Table> {
        let model = self.on(threads).or_raise(py)?;
        let found = py.detach(|| rows.read(|matrix| model.assign(matrix))).or_raise(py)?;
        let border = found.border();
        Columns::of_customers(rows.ids())
            .integers("cluster", found.labels)
            .floats("distance", found.distances)
            .integers("next_cluster", found.next_labels)
            .floats("next_distance", found.next_distances)
            .floats("border", border)
            .finish(py)
    }

    /// Row by row.
    fn distances<'py>(
        &self,
        py: Python<'py>,
        rows: &Rows,
        threads: Integer,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let model = self.on(threads).or_raise(py)?;
        let distances = py.detach(|| rows.read(|matrix| model.distances(matrix))).or_raise(py)?;
        Ok(writable(py, &distances))
    }

    fn clusters(&self) -> usize {
        self.0.clusters()
    }

    fn features(&self) -> usize {
        self.0.features()
    }

    /// Row by row.
    fn centres<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.centres())
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        Columns::new()
            .integers("cluster", 0..self.0.clusters())
            .integers("rows", self.0.rows().iter().copied())
            .floats("weight", self.0.weights().iter().copied())
            .floats("within", self.0.within().iter().copied())
            .finish(py)
    }

    fn inertia(&self) -> f64 {
        self.0.inertia()
    }

    fn iterations(&self) -> u32 {
        self.0.iterations()
    }

    fn converged(&self) -> bool {
        self.0.converged()
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Model::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}

impl KMeans {
    fn on(&self, threads: Integer) -> Result<Model> {
        Ok(self.0.clone().on_threads(self::threads(threads)?))
    }
}

/// Clusters that learn from one batch after the other: each step is a new learner.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct MiniBatchKMeans(Learner);

#[pymethods]
impl MiniBatchKMeans {
    #[new]
    fn new(py: Python<'_>, options: &KMeansOptions, order_by: Integer, descending: bool) -> PyResult<Self> {
        let options = options.ordered(order_by, descending).or_raise(py)?;
        Ok(Self(Learner::new(&options)))
    }

    /// Goes on from a model.
    #[staticmethod]
    fn resume(
        py: Python<'_>,
        options: &KMeansOptions,
        order_by: Integer,
        descending: bool,
        model: &KMeans,
        batches: u32,
    ) -> PyResult<Self> {
        let options = options.ordered(order_by, descending).or_raise(py)?;
        Learner::resume(&options, model.0.clone(), batches).map_err(renamed).or_raise(py).map(Self)
    }

    #[pyo3(signature = (rows, weights))]
    fn updated(&self, py: Python<'_>, rows: &Rows, weights: Option<&Column>) -> PyResult<Self> {
        let mut learner = self.0.clone();
        let weights = sample_weights(py, weights)?;
        let update = |matrix: &Matrix<'_>| match &weights {
            Some(weights) => learner.update_weighted(matrix, weights),
            None => learner.update(matrix),
        };
        py.detach(|| rows.read(update).map_err(renamed)).or_raise(py)?;
        Ok(Self(learner))
    }

    fn batches(&self) -> u32 {
        self.0.batches()
    }

    fn finish(&self, py: Python<'_>) -> PyResult<KMeans> {
        self.0.finish().or_raise(py).map(KMeans)
    }
}
