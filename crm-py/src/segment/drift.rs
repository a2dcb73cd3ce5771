//! How segments have moved between two dates.

use crm_core::segment::{Matching, Matrix, PopulationShift, SegmentDrift as Drift, SegmentSnapshot};
use crm_core::{Error, Result};
use pyo3::prelude::*;

use super::agreement::CrossTable;
use super::rows::Rows;
use crate::column::{Column, whole};
use crate::error::OrRaise;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table};

/// Sizes and centres of the segments of one clustering at two dates.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct SegmentDrift {
    drift: Drift,
    names: Option<Vec<String>>,
}

/// Rows of the earlier and of the later date that are the same customers.
type Pairs<'py> = (PyRef<'py, Column>, PyRef<'py, Column>);

fn named(error: Error) -> Error {
    match error.argument_name() {
        Some("before.labels") => error.on("before"),
        Some("after.labels") => error.on("after"),
        Some("before.features" | "after.features") => error.on("features"),
        Some("matching.before" | "matching.after") => error.on("matching"),
        _ => error,
    }
}

#[pymethods]
impl SegmentDrift {
    #[new]
    #[pyo3(signature = (segments, before, after, features, by_row, pairs))]
    #[allow(clippy::too_many_arguments)] // One for each argument.
    fn new(
        py: Python<'_>,
        segments: Integer,
        before: &Column,
        after: &Column,
        features: Option<(PyRef<'_, Rows>, PyRef<'_, Rows>)>,
        by_row: bool,
        pairs: Option<Pairs<'_>>,
    ) -> PyResult<Self> {
        let segments = within("segments", segments, "from 1 to 4096").or_raise(py)?;
        let (before, after) = (whole(py, "before", before)?, whole(py, "after", after)?);
        let pairs = pairs.map(|(one, other)| {
            Ok::<_, PyErr>((whole(py, "matching", &one)?, whole(py, "matching", &other)?))
        });
        let pairs = pairs.transpose()?;
        let matching = match &pairs {
            Some((before, after)) => Matching::Pairs { before, after },
            None if by_row => Matching::ByRow,
            None => Matching::Unknown,
        };
        let names = features.as_ref().and_then(|(earlier, _)| earlier.column_names());
        let compare = |matrices: Option<(&Matrix<'_>, &Matrix<'_>)>| -> Result<Drift> {
            let (mut earlier, mut later) = (SegmentSnapshot::new(&before), SegmentSnapshot::new(&after));
            if let Some((one, other)) = matrices {
                (earlier, later) = (earlier.features(one), later.features(other));
            }
            Drift::new(segments, earlier, later, matching)
        };
        let drift = match features.as_ref().map(|(earlier, later)| (&**earlier, &**later)) {
            None => py.detach(|| compare(None)),
            Some((earlier, later)) => {
                py.detach(|| earlier.read(|one| later.read(|other| compare(Some((one, other))))))
            }
        };
        Ok(Self { drift: drift.map_err(named).or_raise(py)?, names })
    }

    fn sizes(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Table> {
        let sizes = || self.drift.sizes().iter();
        Columns::new()
            .integers("label", sizes().map(|size| size.segment))
            .texts("segment", &names)
            .integers("customers_before", sizes().map(|size| size.customers_before))
            .integers("customers_after", sizes().map(|size| size.customers_after))
            .floats("share_before", sizes().map(|size| size.share_before))
            .floats("share_after", sizes().map(|size| size.share_after))
            .floats("change", sizes().map(|size| size.change))
            .floats("stability_term", sizes().map(|size| size.stability_term))
            .finish(py)
    }

    fn centre_moves(&self, py: Python<'_>, names: Vec<String>) -> PyResult<Table> {
        let moves = || self.drift.centre_moves().iter();
        let feature = |place: usize| {
            let name = self.names.as_ref().and_then(|names| names.get(place));
            name.cloned().unwrap_or_else(|| format!("feature {place}"))
        };
        Columns::new()
            .integers("label", moves().map(|row| row.segment))
            .texts("segment", moves().map(|row| &names[row.segment as usize]))
            .texts("feature", moves().map(|row| feature(row.feature)))
            .optional_floats("mean_before", moves().map(|row| row.mean_before))
            .optional_floats("mean_after", moves().map(|row| row.mean_after))
            .optional_floats("pooled_standard_deviation", moves().map(|row| row.pooled_standard_deviation))
            .optional_floats("standardized_difference", moves().map(|row| row.standardized_difference))
            .finish(py)
    }

    fn migration(&self) -> Option<CrossTable> {
        self.drift.migration().cloned().map(CrossTable)
    }

    fn population_stability_index(&self) -> f64 {
        self.drift.population_stability_index()
    }

    fn population_shift(&self) -> &'static str {
        match self.drift.population_shift() {
            PopulationShift::Insignificant => "insignificant",
            PopulationShift::Moderate => "moderate",
            PopulationShift::Significant => "significant",
        }
    }
}
