//! Results of many tests, as a table.

use crm_core::experiment::TestColumns;
use pyo3::prelude::*;

use crate::table::{Columns, Table};

/// A row a test.
pub(super) fn table(py: Python<'_>, results: TestColumns) -> PyResult<Table> {
    let columns = Columns::new()
        .floats("target", results.target)
        .floats("control", results.control)
        .floats("difference", results.difference)
        .floats("lift", results.lift)
        .floats("estimate", results.estimate)
        .floats("standard_error", results.standard_error)
        .floats("lower", results.lower)
        .floats("upper", results.upper)
        .texts("interval_kind", results.interval_kind.iter().map(|kind| kind.name()))
        .floats("statistic", results.statistic)
        .floats("degrees_of_freedom", results.degrees_of_freedom)
        .floats("p_value", results.p_value)
        .floats("ln_p_value", results.ln_p_value)
        .floats("effect_size", results.effect_size)
        .texts("status", results.status.iter().map(|status| status.name()))
        .truths("rejects", results.rejects);
    if results.split_finding.is_empty() {
        return columns.finish(py);
    }
    columns
        .floats("split_p_value", results.split_p_value)
        .texts("split_finding", results.split_finding.iter().map(|finding| finding.name()))
        .finish(py)
}
