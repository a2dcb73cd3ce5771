//! What the customers of each segment are like.

use crm_core::Error;
use crm_core::segment::{FeatureProfile, SegmentProfile, SegmentProfiles as Profiles};
use pyo3::prelude::*;

use super::feature::FeatureTable;
use crate::column::{Column, whole};
use crate::error::OrRaise;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table};

/// Profiles of segments.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct SegmentProfiles(pub(super) Profiles);

impl SegmentProfiles {
    /// Each feature of each segment, segment by segment.
    fn pairs(&self) -> impl Iterator<Item = (usize, &SegmentProfile, &FeatureProfile)> {
        let segments = self.0.segments().iter().enumerate();
        segments.flat_map(|(label, segment)| {
            segment.features.iter().map(move |feature| (label, segment, feature))
        })
    }

    fn numbers(&self, value: impl Fn(&FeatureProfile) -> f64) -> impl Iterator<Item = Option<f64>> {
        self.pairs().map(move |(_, _, feature)| Some(value(feature)).filter(|value| !value.is_nan()))
    }
}

#[pymethods]
impl SegmentProfiles {
    #[new]
    #[pyo3(signature = (table, labels, names))]
    fn new(
        py: Python<'_>,
        table: &FeatureTable,
        labels: &Column,
        names: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let labels = whole(py, "labels", labels)?;
        let names: Option<Vec<&str>> = names.as_ref().map(|names| names.iter().map(String::as_str).collect());
        py.detach(|| Profiles::new(&table.table, &labels, names.as_deref())).or_raise(py).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.segments().len()
    }

    fn names(&self) -> Vec<String> {
        self.0.segments().iter().map(|segment| segment.name.clone()).collect()
    }

    fn suggested_names(&self) -> Vec<String> {
        self.0.suggested_names()
    }

    fn distinguishing(&self, py: Python<'_>, label: Integer, most: Integer) -> PyResult<Vec<String>> {
        let segments = self.0.segments();
        let accepted = format!("from 0 to {}", segments.len().saturating_sub(1));
        let find = || {
            let place: usize = within("label", &label, &accepted)?;
            let segment = segments.get(place).ok_or_else(|| Error::argument("label", label, &accepted))?;
            Ok(segment.distinguishing(within("most", most, "a number of features")?))
        };
        find().or_raise(py)
    }

    fn segments(&self, py: Python<'_>) -> PyResult<Table> {
        let segments = || self.0.segments().iter();
        Columns::new()
            .integers("label", 0..self.0.segments().len())
            .texts("segment", segments().map(|segment| &segment.name))
            .integers("customers", segments().map(|segment| segment.customers))
            .floats("customer_share", segments().map(|segment| segment.customer_share))
            .texts("distinguishing", segments().map(|segment| segment.distinguishing(3).join("; ")))
            .finish(py)
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        Columns::new()
            .integers("label", self.pairs().map(|(label, ..)| label))
            .texts("segment", self.pairs().map(|(_, segment, _)| &segment.name))
            .texts("feature", self.pairs().map(|(_, _, feature)| &feature.feature))
            .texts("unit", self.pairs().map(|(_, _, feature)| feature.unit.to_string()))
            .integers("customers", self.pairs().map(|(_, _, feature)| feature.customers))
            .optional_floats("mean", self.numbers(|feature| feature.mean))
            .optional_floats("median", self.numbers(|feature| feature.median))
            .optional_floats("standard_deviation", self.numbers(|feature| feature.standard_deviation))
            .optional_floats("mean_of_others", self.numbers(|feature| feature.mean_of_others))
            .optional_floats("difference", self.numbers(|feature| feature.difference))
            .texts("effect_size", self.pairs().map(|(_, _, feature)| feature.effect_size().name()))
            .optional_floats("share_of_total", self.numbers(|feature| feature.share_of_total))
            .texts("words", self.pairs().map(|(_, _, feature)| feature.in_words()))
            .finish(py)
    }

    fn report(&self) -> String {
        self.0.to_string()
    }
}
