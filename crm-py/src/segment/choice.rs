//! How many clusters, or that there are none.

use crm_core::segment::{ChoiceOptions, ClusterChoice as Choice};
use pyo3::prelude::*;

use super::kmeans::count;
use super::quality::{GapArguments, StabilityArguments, gap_options, silhouette_options, stability_options};
use super::rows::Rows;
use crate::error::OrRaise;
use crate::ingest::{seed, threads};
use crate::integer::{Integer, within};
use crate::table::{Columns, Table};

/// Numbers of clusters compared.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct ClusterChoice(Choice);

#[pymethods]
impl ClusterChoice {
    #[new]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn new(
        py: Python<'_>,
        rows: &Rows,
        clusters: (Integer, Integer),
        start_count: Integer,
        silhouette_sample: Integer,
        gap: GapArguments,
        stability: StabilityArguments,
        seed: Integer,
        threads: Integer,
    ) -> PyResult<Self> {
        let options = || {
            let prefixed = |prefix: &'static str| {
                move |error: crm_core::Error| match error.argument_name() {
                    Some(name @ ("sample" | "start_count" | "reference" | "references" | "pairs")) => {
                        let name = format!("{prefix}_{name}");
                        error.on(name)
                    }
                    _ => error,
                }
            };
            let accepted = "two numbers of clusters, the lower one first";
            let from = within("clusters", clusters.0, accepted)?;
            let to = within("clusters", clusters.1, accepted)?;
            Ok(ChoiceOptions::default()
                .clusters(from, to)
                .starts(count("start_count", start_count)?)
                .silhouette(
                    silhouette_options(silhouette_sample, seed.clone(), threads.clone())
                        .map_err(prefixed("silhouette"))?,
                )
                .gap(gap_options(&gap, seed.clone(), threads.clone()).map_err(prefixed("gap"))?)
                .stability(
                    stability_options(stability, seed.clone(), threads.clone())
                        .map_err(prefixed("stability"))?,
                )
                .seed(self::seed(seed)?)
                .threads(self::threads(threads)?))
        };
        let options = options().or_raise(py)?;
        let choice = py.detach(|| rows.read(|matrix| Choice::evaluate(matrix, &options)));
        let choice = choice.map_err(|error| match error.argument_name() {
            Some("from" | "to") => error.on("clusters"),
            _ => error,
        });
        choice.or_raise(py).map(Self)
    }

    fn recommended(&self) -> Option<usize> {
        self.0.recommended
    }

    fn runner_up(&self) -> Option<usize> {
        self.0.runner_up
    }

    fn reasons(&self) -> Vec<String> {
        self.0.reasons.clone()
    }

    fn votes(&self) -> Vec<(&'static str, Option<usize>)> {
        self.0.votes.iter().map(|vote| (vote.criterion.name(), vote.clusters)).collect()
    }

    fn total(&self) -> f64 {
        self.0.total
    }

    fn gap_of_one(&self) -> Option<f64> {
        self.0.gap_of_one
    }

    fn gap_choice(&self) -> Option<usize> {
        self.0.gap_choice
    }

    fn knee(&self) -> Option<usize> {
        self.0.knee
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let rows = || self.0.rows.iter();
        Columns::new()
            .integers("clusters", rows().map(|row| row.clusters))
            .floats("inertia", rows().map(|row| row.inertia))
            .floats("silhouette", rows().map(|row| row.silhouette))
            .floats("silhouette_standard_error", rows().map(|row| row.silhouette_standard_error))
            .floats("calinski_harabasz", rows().map(|row| row.calinski_harabasz))
            .floats("davies_bouldin", rows().map(|row| row.davies_bouldin))
            .optional_floats("gap", rows().map(|row| row.gap))
            .optional_floats("gap_standard_error", rows().map(|row| row.gap_standard_error))
            .optional_floats("reference_silhouette", rows().map(|row| row.reference_silhouette))
            .optional_floats("reference_silhouette_error", rows().map(|row| row.reference_silhouette_error))
            .floats("stability", rows().map(|row| row.stability))
            .floats("stability_standard_deviation", rows().map(|row| row.stability_standard_deviation))
            .floats("smallest_share", rows().map(|row| row.smallest_share))
            .truths("supported", rows().map(|row| row.supported))
            .finish(py)
    }
}
