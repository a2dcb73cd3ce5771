//! How good clusters are.

use crm_core::segment::{
    Dispersion, Gap, GapOptions, GapReference, Silhouette, SilhouetteOptions, Stability, StabilityOptions,
    silhouette_values as silhouettes,
};
use crm_core::{Error, Result};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::kmeans::count;
use super::rows::Rows;
use crate::column::{Column, whole};
use crate::error::OrRaise;
use crate::ingest::{seed, threads};
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

/// Mean, standard error, share below 0, rows looked at, and the clusters.
type Silhouettes = (f64, f64, f64, u64, Table);

pub(super) fn silhouette_options(
    sample: Integer,
    seed: Integer,
    threads: Integer,
) -> Result<SilhouetteOptions> {
    Ok(SilhouetteOptions::default()
        .sample(within("sample", sample, "at least 1")?)
        .seed(self::seed(seed)?)
        .threads(self::threads(threads)?))
}

/// The mean silhouette of rows with labels.
#[pyfunction]
pub(crate) fn silhouette(
    py: Python<'_>,
    rows: &Rows,
    labels: &Column,
    sample: Integer,
    seed: Integer,
    threads: Integer,
) -> PyResult<Silhouettes> {
    let options = silhouette_options(sample, seed, threads).or_raise(py)?;
    let labels = whole(py, "labels", labels)?;
    let found =
        py.detach(|| rows.read(|matrix| Silhouette::evaluate(matrix, &labels, &options))).or_raise(py)?;
    let clusters = || found.clusters.iter();
    let table = Columns::new()
        .integers("cluster", clusters().map(|row| row.cluster))
        .integers("rows", clusters().map(|row| row.rows))
        .integers("sampled_rows", clusters().map(|row| row.sampled_rows))
        .optional_floats("mean", clusters().map(|row| row.mean))
        .finish(py)?;
    Ok((found.mean, found.standard_error, found.negative_share, found.sampled_rows, table))
}

/// The silhouette of each row.
#[pyfunction]
pub(crate) fn silhouette_values<'py>(
    py: Python<'py>,
    rows: &Rows,
    labels: &Column,
    threads: Integer,
) -> PyResult<Bound<'py, PyByteArray>> {
    let threads = self::threads(threads).or_raise(py)?;
    let labels = whole(py, "labels", labels)?;
    let values = py.detach(|| rows.read(|matrix| silhouettes(matrix, &labels, threads))).or_raise(py)?;
    Ok(writable(py, &values))
}

/// Clusters, total, within, between, Calinski-Harabasz and Davies-Bouldin.
#[pyfunction]
pub(crate) fn dispersion(
    py: Python<'_>,
    rows: &Rows,
    labels: &Column,
    threads: Integer,
) -> PyResult<(usize, f64, f64, f64, f64, f64)> {
    let threads = self::threads(threads).or_raise(py)?;
    let labels = whole(py, "labels", labels)?;
    let of = py.detach(|| rows.read(|matrix| Dispersion::evaluate(matrix, &labels, threads))).or_raise(py)?;
    Ok((of.clusters, of.total, of.within, of.between, of.calinski_harabasz, of.davies_bouldin))
}

/// Reference, number of references, sample and starts.
pub(super) type GapArguments = (String, Integer, Integer, Integer);

pub(super) fn gap_options(arguments: &GapArguments, seed: Integer, threads: Integer) -> Result<GapOptions> {
    let (reference, references, sample, start_count) = arguments;
    let reference = match reference.as_str() {
        "principal_components" => GapReference::PrincipalComponents,
        "feature_ranges" => GapReference::FeatureRanges,
        other => {
            let accepted = "principal_components or feature_ranges";
            return Err(Error::argument("reference", format!("{other:?}"), accepted));
        }
    };
    Ok(GapOptions::default()
        .reference(reference)
        .references(within("references", references, "at least 2")?)
        .sample(within("sample", sample, "at least 2")?)
        .starts(count("start_count", start_count.clone())?)
        .seed(self::seed(seed)?)
        .threads(self::threads(threads)?))
}

/// The rows, the choice and how many rows were looked at.
#[pyfunction]
pub(crate) fn gap(
    py: Python<'_>,
    rows: &Rows,
    most_clusters: Integer,
    arguments: GapArguments,
    seed: Integer,
    threads: Integer,
) -> PyResult<(Table, Option<usize>, u64)> {
    let options = gap_options(&arguments, seed, threads).or_raise(py)?;
    let most_clusters = within("most_clusters", most_clusters, "at least 2").or_raise(py)?;
    let found =
        py.detach(|| rows.read(|matrix| Gap::evaluate(matrix, most_clusters, &options))).or_raise(py)?;
    let rows = || found.rows.iter();
    let table = Columns::new()
        .integers("clusters", rows().map(|row| row.clusters))
        .floats("gap", rows().map(|row| row.gap))
        .floats("standard_error", rows().map(|row| row.standard_error))
        .optional_floats("silhouette", rows().map(|row| row.silhouette))
        .optional_floats("reference_silhouette", rows().map(|row| row.reference_silhouette))
        .optional_floats("reference_silhouette_error", rows().map(|row| row.reference_silhouette_error))
        .finish(py)?;
    Ok((table, found.choice, found.sampled_rows))
}

/// Pairs, sample and starts.
pub(super) type StabilityArguments = (Integer, Integer, Integer);

pub(super) fn stability_options(
    (pairs, sample, start_count): StabilityArguments,
    seed: Integer,
    threads: Integer,
) -> Result<StabilityOptions> {
    Ok(StabilityOptions::default()
        .pairs(within("pairs", pairs, "at least 2")?)
        .sample(within("sample", sample, "at least 2")?)
        .starts(count("start_count", start_count)?)
        .seed(self::seed(seed)?)
        .threads(self::threads(threads)?))
}

/// Mean, standard deviation, the value of each pair, and the rows of a resample.
type Stabilities<'py> = (f64, f64, Bound<'py, PyByteArray>, u64);

/// How far clusters of resampled rows agree.
#[pyfunction]
pub(crate) fn stability<'py>(
    py: Python<'py>,
    rows: &Rows,
    clusters: Integer,
    arguments: StabilityArguments,
    seed: Integer,
    threads: Integer,
) -> PyResult<Stabilities<'py>> {
    let options = stability_options(arguments, seed, threads).or_raise(py)?;
    let clusters = within("clusters", clusters, "at least 2").or_raise(py)?;
    let of =
        py.detach(|| rows.read(|matrix| Stability::evaluate(matrix, clusters, &options))).or_raise(py)?;
    Ok((of.mean, of.standard_deviation, writable(py, &of.values), of.sampled_rows))
}
