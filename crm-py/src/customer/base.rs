//! Customer bases, and what happened after them.

use crm_core::customer::{CalibrationHoldout as Split, CustomerBase as Base};
use crm_core::interop::{account_table, base_table};
use pyo3::prelude::*;
use pyo3::types::PyBytes;

use crate::error::OrRaise;
use crate::table::{Table, bytes};

/// One row a customer, as of a date.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct CustomerBase(pub(crate) Base);

#[pymethods]
impl CustomerBase {
    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        py.detach(|| base_table(&self.0)).or_raise(py).map(Table)
    }

    fn as_of(&self) -> String {
        self.0.as_of().to_string()
    }

    fn data_start(&self) -> String {
        self.0.data_start().to_string()
    }

    fn window_days(&self) -> Option<u32> {
        self.0.window_days()
    }

    fn time_unit(&self) -> &'static str {
        self.0.time_unit().name()
    }

    fn has_amounts(&self) -> bool {
        self.0.has_amounts()
    }

    fn currency(&self) -> Option<String> {
        self.0.currency().map(str::to_owned)
    }

    fn total_net_amount(&self) -> String {
        self.0.total_net_amount().to_string()
    }

    fn rows(&self, py: Python<'_>) -> PyResult<Table> {
        account_table(&self.0.account().rows).or_raise(py).map(Table)
    }

    fn rows_after(&self) -> u64 {
        self.0.account().rows_after
    }

    fn rows_before(&self) -> u64 {
        self.0.account().rows_before
    }

    fn customers_without_purchase(&self) -> u64 {
        self.0.account().customers_without_purchase
    }

    fn amount_without_purchase(&self) -> String {
        self.0.account().amount_without_purchase.to_string()
    }
}

/// A base, and what its customers did afterwards.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct CalibrationHoldout(pub(crate) Split);

#[pymethods]
impl CalibrationHoldout {
    fn calibration(&self) -> CustomerBase {
        CustomerBase(self.0.calibration().clone())
    }

    fn holdout_end(&self) -> String {
        self.0.holdout_end().to_string()
    }

    fn holdout_length(&self) -> f64 {
        self.0.holdout_length()
    }

    /// As bytes of `uint32`.
    fn purchase_days<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.purchase_days().to_vec())
    }

    /// As bytes of `uint32`.
    fn orders<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.orders().to_vec())
    }

    /// As bytes of `float64`.
    fn net_amount<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        bytes(py, self.0.net_amounts().iter().map(|amount| amount.to_f64()).collect::<Vec<_>>())
    }
}
