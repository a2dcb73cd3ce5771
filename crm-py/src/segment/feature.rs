//! Features of customers.

use arrow_array::ArrayRef;
use crm_core::Result;
use crm_core::customer::TimeUnit;
use crm_core::segment::{Feature, FeatureColumn, FeatureTable as Features, FeatureUnit};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use crate::column::{Accept, Column};
use crate::customer::{CustomerBase, PurchaseHistory, Rhythm, base_options};
use crate::error::OrRaise;
use crate::integer::Integer;
use crate::table::{Columns, Table, id_array, writable};

/// Named columns with units, a row a customer, and the ids where they are known.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct FeatureTable {
    pub(crate) table: Features,
    pub(crate) ids: Option<ArrayRef>,
}

fn parsed(features: Vec<String>) -> Result<Vec<Feature>> {
    features.iter().map(|name| Feature::from_name(name)).collect()
}

/// Numbers that are missing where they are not a number.
pub(super) fn defined(values: &[f64]) -> impl Iterator<Item = Option<f64>> + '_ {
    values.iter().map(|value| (!value.is_nan()).then_some(*value))
}

#[pymethods]
impl FeatureTable {
    #[new]
    fn new(py: Python<'_>, rows: usize) -> PyResult<Self> {
        Ok(Self { table: Features::new(rows).or_raise(py)?, ids: None })
    }

    #[staticmethod]
    #[pyo3(signature = (base, rhythm, features))]
    fn from_base(
        py: Python<'_>,
        base: &CustomerBase,
        rhythm: Option<&Rhythm>,
        features: Vec<String>,
    ) -> PyResult<Self> {
        let features = parsed(features).or_raise(py)?;
        py.detach(|| {
            let table = match rhythm {
                Some(rhythm) => Features::from_base_and_rhythm(&base.0, &rhythm.rhythm, &features),
                None => Features::from_base(&base.0, &features),
            };
            Ok(Self { table: table?, ids: Some(id_array(base.0.customer_ids())) })
        })
        .or_raise(py)
    }

    #[staticmethod]
    #[pyo3(signature = (history, as_of, window_days, time_unit, rows_after, threads, features))]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn from_history(
        py: Python<'_>,
        history: &PurchaseHistory,
        as_of: &str,
        window_days: Option<Integer>,
        time_unit: &str,
        rows_after: &str,
        threads: Integer,
        features: Vec<String>,
    ) -> PyResult<Self> {
        let options = base_options(as_of, window_days, time_unit, rows_after, threads).or_raise(py)?;
        let features = parsed(features).or_raise(py)?;
        py.detach(|| {
            let base = history.0.base(options)?;
            let table = if features.iter().any(|feature| feature.needs_rhythm()) {
                Features::from_base_and_rhythm(&base, &history.0.rhythm(options)?, &features)
            } else {
                Features::from_base(&base, &features)
            };
            Ok(Self { table: table?, ids: Some(id_array(base.customer_ids())) })
        })
        .or_raise(py)
    }

    fn with_column(&self, py: Python<'_>, name: &str, unit: &str, values: &Column) -> PyResult<Self> {
        let unit = FeatureUnit::parse(unit).or_raise(py)?;
        let values = values.numbers(py, name, Accept::Missing)?;
        let table = py.detach(|| self.table.clone().with_column(name, unit, &values)).or_raise(py)?;
        Ok(Self { table, ids: self.ids.clone() })
    }

    fn __len__(&self) -> usize {
        self.table.rows()
    }

    fn names(&self) -> Vec<String> {
        self.table.names().into_iter().map(str::to_owned).collect()
    }

    fn units(&self) -> Vec<String> {
        self.table.columns().iter().map(|column| column.unit().to_string()).collect()
    }

    fn missing(&self) -> Vec<usize> {
        self.table.columns().iter().map(FeatureColumn::missing).collect()
    }

    fn column<'py>(&self, py: Python<'py>, name: &str) -> PyResult<Bound<'py, PyByteArray>> {
        self.table.column(name).or_raise(py).map(|column| writable(py, column.values()))
    }

    fn as_of(&self) -> Option<String> {
        self.table.as_of().map(|day| day.to_string())
    }

    fn window_days(&self) -> Option<u32> {
        self.table.window_days()
    }

    fn time_unit(&self) -> Option<&'static str> {
        self.table.time_unit().map(TimeUnit::name)
    }

    fn currency(&self) -> Option<String> {
        self.table.currency().map(str::to_owned)
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let columns = self.table.columns().iter();
        columns
            .fold(Columns::of_customers(self.ids.as_ref()), |table, column| {
                table.optional_floats(column.name(), defined(column.values()))
            })
            .finish(py)
    }
}

/// Every feature, a row each.
#[pyfunction]
pub(crate) fn features(py: Python<'_>) -> PyResult<Table> {
    let all = || Feature::ALL.into_iter();
    let unit = |feature: Feature| match feature.unit(TimeUnit::Day, None) {
        FeatureUnit::Time(_) => "time unit of the base".to_owned(),
        unit => unit.to_string(),
    };
    Columns::new()
        .texts("feature", all().map(Feature::name))
        .texts("unit", all().map(unit))
        .truths("needs_amounts", all().map(Feature::needs_amounts))
        .truths("needs_rhythm", all().map(Feature::needs_rhythm))
        .finish(py)
}
