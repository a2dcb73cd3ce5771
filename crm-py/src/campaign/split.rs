//! Customers dealt to arms.

use crm_core::campaign::{Arm, Assignment as CoreAssignment, BucketHash, Holdout, Namespace, Split as Core};
use crm_core::{Result, campaign};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::target_table::{TargetTable, ids};
use crate::column::Column;
use crate::error::OrRaise;
use crate::table::writable;

/// Arms as Python gives them: name, weight, whether it is the control.
pub(super) fn arms(arms: Vec<(String, f64, bool)>) -> Vec<Arm> {
    arms.into_iter().map(|(name, weight, control)| Arm { name, weight, control }).collect()
}

/// The number in [0, 1) of each customer under a salt.
#[pyfunction]
pub(crate) fn buckets<'py>(
    py: Python<'py>,
    hash: &str,
    salt: &str,
    customer_id: &Column,
) -> PyResult<Bound<'py, PyByteArray>> {
    let hash = BucketHash::from_name(hash).or_raise(py)?;
    let ids = ids(py, "customer_id", customer_id)?;
    let values: Vec<f64> = py.detach(|| ids.iter().map(|id| hash.bucket(salt, id)).collect());
    Ok(writable(py, &values))
}

/// The plan of a split.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct Split(campaign::Split);

impl Split {
    fn next(&self, py: Python<'_>, with: impl FnOnce(Core) -> Result<Core>) -> PyResult<Self> {
        with(self.0.clone()).or_raise(py).map(Self)
    }
}

#[pymethods]
impl Split {
    #[new]
    fn new(py: Python<'_>, salt: &str, arms: Vec<(String, f64, bool)>, hash: &str) -> PyResult<Self> {
        let build = || Ok(Core::new(salt, &self::arms(arms))?.with_hash(BucketHash::from_name(hash)?));
        build().or_raise(py).map(Self)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Core::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self) -> String {
        self.0.to_json()
    }

    fn with_coverage(&self, py: Python<'_>, coverage: f64) -> PyResult<Self> {
        self.next(py, |plan| plan.with_coverage(coverage))
    }

    fn with_shares(&self, py: Python<'_>, shares: Vec<f64>) -> PyResult<Self> {
        self.next(py, |plan| plan.with_shares(&shares))
    }

    fn within(&self, py: Python<'_>, salt: &str, start: f64, end: f64) -> PyResult<Self> {
        self.next(py, |plan| plan.within(Namespace::new(salt, start, end)?))
    }

    fn without(&self, py: Python<'_>, salt: &str, share: f64) -> PyResult<Self> {
        self.next(py, |plan| Ok(plan.without(Holdout::new(salt, share)?)))
    }

    fn salt(&self) -> &str {
        self.0.salt()
    }

    fn names(&self) -> Vec<String> {
        self.0.names().into_iter().map(str::to_owned).collect()
    }

    fn shares(&self) -> Vec<f64> {
        self.0.shares()
    }

    fn control(&self) -> usize {
        self.0.control()
    }

    fn assign(&self, py: Python<'_>, customer_id: &Column) -> PyResult<Assignment> {
        let ids = ids(py, "customer_id", customer_id)?;
        py.detach(|| self.0.assign(&ids)).or_raise(py).map(Assignment)
    }

    fn assign_stratified(
        &self,
        py: Python<'_>,
        table: &TargetTable,
        columns: Vec<String>,
    ) -> PyResult<Assignment> {
        let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
        py.detach(|| self.0.assign_stratified(&table.0, &columns)).or_raise(py).map(Assignment)
    }
}

/// Customers dealt to the arms of a split.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct Assignment(pub(super) CoreAssignment);

#[pymethods]
impl Assignment {
    fn __len__(&self) -> usize {
        self.0.arms().len()
    }

    fn arms<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.arms())
    }

    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    fn counts(&self) -> Vec<u64> {
        self.0.counts().to_vec()
    }

    /// Customers whom no arm covers, outside the namespace, and in the holdout.
    fn outside(&self) -> (u64, u64, u64) {
        (self.0.not_covered(), self.0.outside_namespace(), self.0.held_out())
    }

    fn rows<'py>(&self, py: Python<'py>, arm: usize) -> Bound<'py, PyByteArray> {
        writable(py, &self.0.rows(arm))
    }
}
