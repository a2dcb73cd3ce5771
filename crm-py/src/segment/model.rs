//! Named segments that customers of any date can be assigned to.

use crm_core::segment::{FittedSegments, SegmentModel as Model};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::feature::FeatureTable;
use super::kmeans::{KMeans, KMeansOptions, renamed, sample_weights};
use super::profile::SegmentProfiles;
use super::scaling::{FeatureScaler, Scalings, row_table, scaling_options};
use crate::column::{Column, whole};
use crate::error::OrRaise;
use crate::table::{Columns, Table, writable};

/// A scaling, clusters and their names.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct SegmentModel(Model);

/// The model and the labels, as bytes of `int32`.
type Fitted<'py> = (SegmentModel, Bound<'py, PyByteArray>);

fn parts(py: Python<'_>, fitted: FittedSegments) -> Fitted<'_> {
    let labels = writable(py, &fitted.labels);
    (SegmentModel(fitted.model), labels)
}

#[pymethods]
impl SegmentModel {
    #[staticmethod]
    #[pyo3(signature = (table, weights, scalings, options, order_by, descending))]
    fn fit<'py>(
        py: Python<'py>,
        table: &FeatureTable,
        weights: Option<&Column>,
        scalings: Scalings,
        options: &KMeansOptions,
        order_by: &str,
        descending: bool,
    ) -> PyResult<Fitted<'py>> {
        let weights = sample_weights(py, weights)?;
        let fitted = py.detach(|| {
            let table = &table.table;
            let order = table.order_by(order_by, descending).map_err(|error| error.on("order_by"))?;
            let options = options.0.clone().order(order);
            let scaling = scaling_options(table, &scalings)?;
            match &weights {
                Some(weights) => Model::fit_weighted(table, weights, &scaling, &options),
                None => Model::fit(table, &scaling, &options),
            }
            .map_err(renamed)
        });
        fitted.or_raise(py).map(|fitted| parts(py, fitted))
    }

    #[staticmethod]
    fn from_parts<'py>(
        py: Python<'py>,
        table: &FeatureTable,
        scaler: &FeatureScaler,
        clusters: &KMeans,
    ) -> PyResult<Fitted<'py>> {
        let fitted = py.detach(|| Model::from_parts(&table.table, scaler.0.clone(), clusters.0.clone()));
        fitted.or_raise(py).map(|fitted| parts(py, fitted))
    }

    fn with_names(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Self> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        self.0.clone().with_names(&names).or_raise(py).map(Self)
    }

    fn assign(&self, py: Python<'_>, table: &FeatureTable) -> PyResult<Table> {
        let found = py.detach(|| self.0.assign(&table.table)).or_raise(py)?;
        let names = self.0.names();
        Columns::of_customers(table.ids.as_ref())
            .integers("label", found.labels.iter().copied())
            .texts("segment", found.labels.iter().map(|&label| &names[label as usize]))
            .floats("distance", found.distances)
            .integers("next_label", found.next_labels.iter().copied())
            .texts("next_segment", found.next_labels.iter().map(|&label| &names[label as usize]))
            .floats("next_distance", found.next_distances)
            .floats("border", found.border)
            .finish(py)
    }

    /// As bytes of `int32`.
    fn predict<'py>(&self, py: Python<'py>, table: &FeatureTable) -> PyResult<Bound<'py, PyByteArray>> {
        let labels = py.detach(|| self.0.clusters().predict(&self.0.scaler().apply(&table.table)?.matrix()?));
        Ok(writable(py, &labels.or_raise(py)?))
    }

    #[pyo3(signature = (table, labels))]
    fn profiles(
        &self,
        py: Python<'_>,
        table: &FeatureTable,
        labels: Option<&Column>,
    ) -> PyResult<SegmentProfiles> {
        let labels = labels.map(|labels| whole(py, "labels", labels)).transpose()?;
        py.detach(|| {
            let table = &table.table;
            let labels = match labels {
                Some(labels) => labels,
                None => self.0.clusters().predict(&self.0.scaler().apply(table)?.matrix()?)?,
            };
            self.0.profiles(table, &labels)
        })
        .or_raise(py)
        .map(SegmentProfiles)
    }

    fn centres(&self, py: Python<'_>) -> PyResult<Table> {
        let values = self.0.original_centres().or_raise(py)?;
        let segments = 0..self.0.segments();
        let start = Columns::new().integers("label", segments).texts("segment", self.0.names());
        row_table(py, start, &self.features(), &values)
    }

    fn segments(&self) -> usize {
        self.0.segments()
    }

    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    fn features(&self) -> Vec<String> {
        self.0.features().into_iter().map(str::to_owned).collect()
    }

    fn units(&self) -> Vec<String> {
        self.0.units().into_iter().map(ToString::to_string).collect()
    }

    fn as_of(&self) -> Option<String> {
        self.0.as_of().map(|day| day.to_string())
    }

    fn scaler(&self) -> FeatureScaler {
        FeatureScaler(self.0.scaler().clone())
    }

    fn clusters(&self) -> KMeans {
        KMeans(self.0.clusters().clone())
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Model::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}
