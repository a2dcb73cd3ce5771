//! The table of models.

use crm_core::clv::MODELS;
use pyo3::prelude::*;

use crate::table::{Columns, Table};

/// Every model, a row each.
#[pyfunction]
pub(crate) fn clv_models(py: Python<'_>) -> PyResult<Table> {
    Columns::new()
        .texts("model", MODELS.iter().map(|model| model.name))
        .texts("title", MODELS.iter().map(|model| model.title))
        .texts("describes", MODELS.iter().map(|model| format!("{:?}", model.family).to_lowercase()))
        .texts("parameters", MODELS.iter().map(|model| model.parameters.join(", ")))
        .texts("source", MODELS.iter().map(|model| model.source))
        .finish(py)
}
