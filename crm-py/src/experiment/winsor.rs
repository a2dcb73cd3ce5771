//! Extreme values moved to bounds that both arms share.

use crm_core::experiment::Winsor as Bounds;
use pyo3::prelude::*;

use super::mean_arm::{JointArm, MeanArm, Numbers};
use crate::column::{Accept, Column};
use crate::error::OrRaise;

/// Bounds that values are moved to.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Winsor(Bounds);

#[pymethods]
impl Winsor {
    #[new]
    #[pyo3(signature = (lower, upper))]
    fn new(py: Python<'_>, lower: f64, upper: f64) -> PyResult<Self> {
        Bounds::new(lower, upper).or_raise(py).map(Self)
    }

    #[staticmethod]
    fn fit(
        py: Python<'_>,
        columns: Vec<PyRef<'_, Column>>,
        lower_share: f64,
        upper_share: f64,
    ) -> PyResult<Self> {
        let columns = columns.iter().enumerate();
        let columns: Vec<_> = columns
            .map(|(place, column)| column.numbers(py, &format!("columns[{place}]"), Accept::Numbers))
            .collect::<PyResult<_>>()?;
        let fit = || {
            let columns: Vec<&[f64]> = columns.iter().map(AsRef::as_ref).collect();
            Bounds::fit(&columns, lower_share, upper_share)
        };
        py.detach(fit).or_raise(py).map(Self)
    }

    fn lower(&self) -> f64 {
        self.0.lower()
    }

    fn upper(&self) -> f64 {
        self.0.upper()
    }

    /// The values, and how many were below and above the bounds.
    fn apply(&self, py: Python<'_>, values: &Column) -> PyResult<(Vec<f64>, u64, u64)> {
        let values = values.numbers(py, "values", Accept::Numbers)?;
        let found = py.detach(|| self.0.apply(&values)).or_raise(py)?;
        Ok((found.values, found.below, found.above))
    }

    fn mean_arm(&self, py: Python<'_>, values: &Column) -> PyResult<MeanArm> {
        let values = values.numbers(py, "values", Accept::Numbers)?;
        py.detach(|| self.0.mean_arm(&values)).or_raise(py).map(MeanArm)
    }

    fn joint_arm(
        &self,
        py: Python<'_>,
        value: &Column,
        denominator: Option<&Column>,
        covariates: Vec<PyRef<'_, Column>>,
    ) -> PyResult<JointArm> {
        let numbers = Numbers::of(py, value, denominator, &covariates)?;
        py.detach(|| self.0.joint_arm(&numbers.measures())).or_raise(py).map(JointArm)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Bounds::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}
