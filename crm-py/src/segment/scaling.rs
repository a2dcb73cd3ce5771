//! Scaling that is fitted once.

use crm_core::Result;
use crm_core::segment::{
    ColumnScaling, FeatureScaler as Scaler, FeatureTable as Features, FeatureUnit, MissingValues,
    ScaledFeatures, ScalingMethod, ScalingOptions, Transform,
};
use pyo3::prelude::*;

use super::feature::FeatureTable;
use super::rows::Rows;
use crate::error::OrRaise;
use crate::table::{Columns, Table};

/// Method, transform, shares at both ends that are clipped, weight: what is not given is the default.
type Scaling = (Option<String>, Option<String>, Option<(f64, f64)>, Option<f64>);
/// Method, transform, shares at both ends that are clipped, weight.
type FittedScaling = (&'static str, &'static str, Option<(f64, f64)>, f64);
/// The scaling of every column, those of single columns, and what becomes of missing values.
pub(super) type Scalings = (Option<Scaling>, Vec<(String, Scaling)>, String);

/// The options for a table.
pub(super) fn scaling_options(table: &Features, scalings: &Scalings) -> Result<ScalingOptions> {
    let (every, own, missing) = scalings;
    let mut options = ScalingOptions::default().missing(MissingValues::from_name(missing)?);
    for column in table.columns() {
        if let Some(every) = every {
            options = options.column(column.name(), column_scaling(every, column.unit())?);
        }
    }
    for (name, scaling) in own {
        let unit = table.column(name)?.unit();
        options = options.column(name, column_scaling(scaling, unit)?);
    }
    Ok(options)
}

/// Method and transform are those of the unit unless one of them is given.
fn column_scaling(scaling: &Scaling, unit: &FeatureUnit) -> Result<ColumnScaling> {
    let (method, transform, winsorise, weight) = scaling;
    let mut scaling = ColumnScaling::for_unit(unit);
    if method.is_some() || transform.is_some() {
        let method = method.as_deref().map(ScalingMethod::from_name).transpose()?;
        let transform = transform.as_deref().map(Transform::from_name).transpose()?;
        scaling = ColumnScaling::new(method.unwrap_or_default()).transform(transform.unwrap_or_default());
    }
    if let Some((lower, upper)) = winsorise {
        scaling = scaling.winsorise(*lower, *upper);
    }
    Ok(weight.map_or(scaling, |weight| scaling.weight(weight)))
}

fn scaled_table(py: Python<'_>, scaled: &ScaledFeatures) -> PyResult<Table> {
    let columns = scaled.names().iter().enumerate();
    columns
        .fold(Columns::new(), |table, (place, name)| table.floats(name, scaled.column(place).iter().copied()))
        .finish(py)
}

/// Fitted scaling.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct FeatureScaler(pub(super) Scaler);

#[pymethods]
impl FeatureScaler {
    #[staticmethod]
    fn fit(py: Python<'_>, table: &FeatureTable, scalings: Scalings) -> PyResult<Self> {
        py.detach(|| Scaler::fit(&table.table, &scaling_options(&table.table, &scalings)?))
            .or_raise(py)
            .map(Self)
    }

    #[staticmethod]
    fn fit_apply(py: Python<'_>, table: &FeatureTable, scalings: Scalings) -> PyResult<(Self, Table)> {
        let fitted =
            py.detach(|| Scaler::fit_apply(&table.table, &scaling_options(&table.table, &scalings)?));
        let (scaler, scaled) = fitted.or_raise(py)?;
        Ok((Self(scaler), scaled_table(py, &scaled)?))
    }

    fn apply(&self, py: Python<'_>, table: &FeatureTable) -> PyResult<Table> {
        let scaled = py.detach(|| self.0.apply(&table.table)).or_raise(py)?;
        scaled_table(py, &scaled)
    }

    fn invert(&self, py: Python<'_>, rows: &Rows) -> PyResult<Table> {
        let names: Vec<String> = self.names();
        let values = py.detach(|| {
            rows.read(|matrix| {
                let all = (0..matrix.rows())
                    .flat_map(|row| (0..matrix.features()).map(move |place| matrix.value(row, place)));
                if matrix.features() == names.len() {
                    return self.0.invert(&all.collect::<Vec<f64>>());
                }
                let message =
                    format!("has {} features where the scaling has {}", matrix.features(), names.len());
                Err(crm_core::Error::new(crm_core::ErrorKind::Incompatible, message).on("X"))
            })
        });
        row_table(py, Columns::new(), &names, &values.or_raise(py)?)
    }

    fn names(&self) -> Vec<String> {
        self.0.names().into_iter().map(str::to_owned).collect()
    }

    fn units(&self) -> Vec<String> {
        self.0.units().into_iter().map(ToString::to_string).collect()
    }

    fn scalings(&self) -> Vec<FittedScaling> {
        let scalings = self.0.scalings().into_iter();
        scalings
            .map(|scaling| {
                (scaling.method.name(), scaling.transform.name(), scaling.winsorise, scaling.weight)
            })
            .collect()
    }

    fn references(&self) -> Vec<f64> {
        self.0.references()
    }

    fn missing(&self) -> &'static str {
        self.0.missing().name()
    }

    fn as_of(&self) -> Option<String> {
        self.0.as_of().map(|day| day.to_string())
    }

    fn window_days(&self) -> Option<u32> {
        self.0.window_days()
    }

    fn customers(&self) -> u64 {
        self.0.customers()
    }

    fn warnings(&self) -> Vec<String> {
        self.0.warnings().iter().map(ToString::to_string).collect()
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Scaler::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}

/// Numbers row by row as columns of a table.
pub(super) fn row_table(py: Python<'_>, start: Columns, names: &[String], values: &[f64]) -> PyResult<Table> {
    let columns = names.iter().enumerate();
    columns
        .fold(start, |table, (place, name)| {
            table.floats(name, values.iter().skip(place).step_by(names.len()).copied())
        })
        .finish(py)
}
