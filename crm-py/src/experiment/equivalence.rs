//! Two one-sided tests.

use crm_core::experiment::Equivalence;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::test_result::{self, checked, ends};

/// The fields of `crm.Equivalence`, by name.
pub(super) fn fields<'py>(py: Python<'py>, found: &Equivalence) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("above", test_result::fields(py, &found.above)?)?;
    fields.set_item("below", test_result::fields(py, &found.below)?)?;
    fields.set_item("p_value", found.p_value)?;
    fields.set_item("ln_p_value", found.ln_p_value)?;
    fields.set_item("interval", ends(&found.interval))?;
    fields.set_item("is_equivalent", found.is_equivalent())?;
    fields.set_item("split", checked(&found.split))?;
    Ok(fields)
}
