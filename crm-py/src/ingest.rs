//! How transactions are read, and how reading is watched from Python.

use crm_core::customer::{BusinessZone, IngestOptions as Options, Policy};
use crm_core::interop::{ColumnNames as Names, Progress};
use crm_core::{Error, ErrorKind, Result, Threads};
use pyo3::exceptions::PyKeyboardInterrupt;
use pyo3::prelude::*;

use crate::error::OrRaise;
use crate::integer::{Integer, within};

/// Threads from a number that Python gave.
pub(crate) fn threads(count: Integer) -> Result<Threads> {
    within("threads", count, "between 0 (all) and 1024").and_then(Threads::from_count)
}

/// A seed from a number that Python gave.
pub(crate) fn seed(seed: Integer) -> Result<u64> {
    within("seed", seed, "between 0 and 18446744073709551615")
}

/// Options of reading.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct IngestOptions(pub(crate) Options);

#[pymethods]
impl IngestOptions {
    #[new]
    #[pyo3(signature = (
        *, time_zone=None, missing_id="exclude", missing_time="raise", invalid_time="raise", missing_amount="raise",
        invalid_amount="raise", returns="keep", zero_amounts="keep", duplicates="keep", currency=None,
        threads=Integer::ZERO,
    ))]
    #[allow(clippy::too_many_arguments)] // One for each option, all of them keywords.
    fn new(
        py: Python<'_>,
        time_zone: Option<&str>,
        missing_id: &str,
        missing_time: &str,
        invalid_time: &str,
        missing_amount: &str,
        invalid_amount: &str,
        returns: &str,
        zero_amounts: &str,
        duplicates: &str,
        currency: Option<String>,
        threads: Integer,
    ) -> PyResult<Self> {
        let options = || {
            let options = Options {
                time_zone: time_zone.map(BusinessZone::new).transpose()?,
                missing_id: Policy::from_name("missing_id", missing_id)?,
                missing_time: Policy::from_name("missing_time", missing_time)?,
                invalid_time: Policy::from_name("invalid_time", invalid_time)?,
                missing_amount: Policy::from_name("missing_amount", missing_amount)?,
                invalid_amount: Policy::from_name("invalid_amount", invalid_amount)?,
                returns: Policy::from_name("returns", returns)?,
                zero_amounts: Policy::from_name("zero_amounts", zero_amounts)?,
                duplicates: Policy::from_name("duplicates", duplicates)?,
                currency,
                threads: self::threads(threads)?,
            };
            options.check()?;
            Ok(options)
        };
        options().or_raise(py).map(Self)
    }
}

/// Which columns hold what.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct ColumnNames(pub(crate) Names);

#[pymethods]
impl ColumnNames {
    #[new]
    #[pyo3(signature = (customer_id, time, amount, order_id, amount_scale))]
    fn new(
        py: Python<'_>,
        customer_id: String,
        time: String,
        amount: Option<String>,
        order_id: Option<String>,
        amount_scale: Integer,
    ) -> PyResult<Self> {
        let amount_scale = scale(amount_scale).or_raise(py)?;
        Ok(Self(Names { customer_id, time, amount, order_id, amount_scale }))
    }
}

/// Decimal digits of integer amounts from a number that Python gave.
pub(crate) fn scale(digits: Integer) -> Result<i8> {
    within("amount_scale", digits, "between -38 and 38 decimal digits")
}

/// Lets Ctrl-C end the reading, and reports progress, between batches.
pub(crate) struct Watch {
    progress: Option<Py<PyAny>>,
    total: Option<u64>,
    raised: Option<PyErr>,
}

impl Watch {
    /// `progress` is called with the rows read and the rows in all, or `None`.
    pub(crate) fn new(progress: Option<Py<PyAny>>, total: Option<u64>) -> Self {
        Self { progress, total, raised: None }
    }

    /// Says how many rows were read; an error asks to stop.
    pub(crate) fn rows(&mut self, rows: u64) -> Result<()> {
        self.report(Progress { rows, total: self.total })
    }

    /// Says how far reading has come; an error asks to stop.
    pub(crate) fn report(&mut self, at: Progress) -> Result<()> {
        let outcome = Python::attach(|py| {
            py.check_signals()?;
            match &self.progress {
                Some(progress) => progress.call1(py, (at.rows, at.total)).map(drop),
                None => Ok(()),
            }
        });
        outcome.map_err(|raised| {
            self.raised = Some(raised);
            Error::new(ErrorKind::Interrupted, "reading was stopped")
        })
    }

    /// The result for Python: what was raised on the way goes first.
    pub(crate) fn finish<T>(self, py: Python<'_>, result: Result<T>) -> PyResult<T> {
        match (result, self.raised) {
            (Err(_), Some(raised)) => Err(raised),
            // Ctrl-C while another library was producing data: a stream passes on no exception, only its text.
            (Err(error), None)
                if error.kind() == ErrorKind::Io
                    && error.to_string().trim_end().ends_with("KeyboardInterrupt") =>
            {
                Err(PyKeyboardInterrupt::new_err(()))
            }
            (result, _) => result.or_raise(py),
        }
    }
}
