//! Intervals as tables.

use arrow_array::ArrayRef;
use crm_core::clv::Intervals;
use pyo3::prelude::*;

use crate::table::{Columns, Table};

/// Estimates, standard errors and ends, a row a customer.
pub(crate) fn interval_table(
    py: Python<'_>,
    ids: Option<&ArrayRef>,
    intervals: Intervals,
) -> PyResult<Table> {
    Columns::of_customers(ids)
        .floats("estimate", intervals.estimate)
        .floats("standard_error", intervals.standard_error)
        .floats("lower", intervals.lower)
        .floats("upper", intervals.upper)
        .finish(py)
}
