//! The gaps between purchases.

use arrow_array::ArrayRef;
use crm_core::customer::Rhythm as Gaps;
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use crate::table::{Columns, Table, writable};

/// The gaps between the purchase days of each customer of a base.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Rhythm {
    pub(crate) rhythm: Gaps,
    pub(crate) ids: Option<ArrayRef>,
}

impl Rhythm {
    fn column<'a>(&'a self, value: impl Fn(&'a Gaps, usize) -> f64 + 'a) -> impl Iterator<Item = f64> + 'a {
        let rhythm = &self.rhythm;
        (0..rhythm.len()).map(move |customer| value(rhythm, customer))
    }

    fn defined<'a>(
        &'a self,
        value: impl Fn(&'a Gaps, usize) -> f64 + 'a,
    ) -> impl Iterator<Item = Option<f64>> + 'a {
        self.column(value).map(|value| Some(value).filter(|value| !value.is_nan()))
    }
}

#[pymethods]
impl Rhythm {
    fn __len__(&self) -> usize {
        self.rhythm.len()
    }

    fn as_of(&self) -> String {
        self.rhythm.as_of().to_string()
    }

    fn window_days(&self) -> Option<u32> {
        self.rhythm.window_days()
    }

    fn time_unit(&self) -> &'static str {
        self.rhythm.time_unit().name()
    }

    fn regularity<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.column(Gaps::regularity).collect::<Vec<f64>>())
    }

    fn mean_gap<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.column(Gaps::mean_gap).collect::<Vec<f64>>())
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        Columns::of_customers(self.ids.as_ref())
            .integers("gaps", self.rhythm.gaps().iter().copied())
            .optional_floats("mean_gap", self.defined(Gaps::mean_gap))
            .optional_floats("median_gap", self.defined(Gaps::median_gap))
            .optional_floats("last_gap", self.defined(Gaps::last_gap))
            .optional_floats("gap_variation", self.defined(Gaps::gap_variation))
            .optional_floats("regularity", self.defined(Gaps::regularity))
            .finish(py)
    }
}
