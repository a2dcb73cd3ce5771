//! Arms of a table of rows.

use crm_core::experiment::{ArmTable as Table, GroupLabel};
use crm_core::interop::Groups;
use crm_core::{Error, Threads};
use pyo3::IntoPyObjectExt;
use pyo3::prelude::*;
use pyo3::types::{PyInt, PyString};

use super::mean_arm::{JointArm, MeanArm, Numbers};
use crate::column::Column;
use crate::error::{OrRaise, exception};
use crate::integer::{Integer, too_wide, within};

/// An arm for each label.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct ArmTable(Table);

fn label(value: &Bound<'_, PyAny>) -> PyResult<GroupLabel> {
    if let Ok(text) = value.cast::<PyString>() {
        return Ok(GroupLabel::Text(text.to_str()?.to_owned()));
    }
    if let Ok(Ok(number)) = value.cast::<PyInt>().map(|number| number.extract::<i64>()) {
        return Ok(GroupLabel::Integer(number));
    }
    if let Ok(number) = value.cast::<PyInt>() {
        return Err(exception(value.py(), &too_wide("arm", &number.extract()?)));
    }
    Err(exception(value.py(), &Error::argument("arm", value.repr()?, "an integer or a text")))
}

fn objects(py: Python<'_>, labels: &[GroupLabel]) -> PyResult<Vec<Py<PyAny>>> {
    labels
        .iter()
        .map(|label| match label {
            GroupLabel::Integer(label) => label.into_py_any(py),
            GroupLabel::Text(label) => label.into_py_any(py),
        })
        .collect()
}

#[pymethods]
impl ArmTable {
    #[staticmethod]
    #[pyo3(signature = (arm, value, denominator, covariates, stratum, threads))]
    fn from_columns(
        py: Python<'_>,
        arm: &Column,
        value: &Column,
        denominator: Option<&Column>,
        covariates: Vec<PyRef<'_, Column>>,
        stratum: Option<&Column>,
        threads: Integer,
    ) -> PyResult<Self> {
        let threads = within("threads", threads, "between 0 (all) and 1024")
            .and_then(Threads::from_count)
            .or_raise(py)?;
        let numbers = Numbers::of(py, value, denominator, &covariates)?;
        let arms = arm.arrays(py)?;
        let strata = stratum.map(|column| column.arrays(py)).transpose()?;
        let build = || {
            let arm = Groups::from_arrays(&arms).map_err(|error| error.on("arm"))?;
            let strata = strata.as_ref().map(|arrays| Groups::from_arrays(arrays)).transpose();
            let strata = strata.map_err(|error| error.on("stratum"))?;
            Table::from_rows(&numbers.measures(), arm.column(), strata.as_ref().map(Groups::column), threads)
        };
        py.detach(build).or_raise(py).map(Self)
    }

    fn labels(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        objects(py, self.0.labels())
    }

    fn strata(&self, py: Python<'_>) -> PyResult<Vec<Py<PyAny>>> {
        objects(py, self.0.strata())
    }

    fn arm(&self, py: Python<'_>, label: &Bound<'_, PyAny>) -> PyResult<JointArm> {
        self.0.arm(&self::label(label)?).or_raise(py).map(JointArm)
    }

    /// The arms of the value, one for each stratum.
    fn values_of(&self, py: Python<'_>, label: &Bound<'_, PyAny>) -> PyResult<Vec<MeanArm>> {
        let arms = self.0.values_of(&self::label(label)?).or_raise(py)?;
        Ok(arms.into_iter().map(MeanArm).collect())
    }

    fn merge(&self, py: Python<'_>, other: &Self) -> PyResult<Self> {
        let mut merged = self.0.clone();
        merged.merge(&other.0).or_raise(py)?;
        Ok(Self(merged))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Table::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}
