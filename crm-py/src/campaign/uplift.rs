//! Uplift curves.

use crm_core::campaign::{TopShare, UpliftCurve as Core, UpliftCurveKind, UpliftScale};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict};

use crate::column::{Accept, Column};
use crate::error::{OrRaise, exception};
use crate::experiment::TestOptions;
use crate::experiment::test_result::fields;
use crate::ingest::{seed, threads};
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

fn kind(name: &str) -> Result<UpliftCurveKind> {
    UpliftCurveKind::from_name(name).map_err(|error| error.on("kind"))
}

/// Customers in the order of a score, with what became of them.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct UpliftCurve(Core);

#[pymethods]
impl UpliftCurve {
    #[new]
    fn new(py: Python<'_>, score: &Column, target: &Column, outcome: &Column) -> PyResult<Self> {
        let score = score.numbers(py, "score", Accept::Numbers)?;
        let flags = target.numbers(py, "target", Accept::Truths)?;
        let outcome = outcome.numbers(py, "outcome", Accept::Truths)?;
        if let Some(row) = flags.iter().position(|&flag| flag != 0.0 && flag != 1.0) {
            let message = format!("{} is neither 0 nor 1", flags[row]);
            let error = Error::new(ErrorKind::InvalidValue, message).on("target").at_row(row as u64);
            return Err(exception(py, &error));
        }
        let build =
            || Core::new(&score, &flags.iter().map(|&flag| flag == 1.0).collect::<Vec<_>>(), &outcome);
        py.detach(build).or_raise(py).map(Self)
    }

    fn customers<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, &self.0.customers())
    }

    fn scores<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.scores())
    }

    fn heights<'py>(&self, py: Python<'py>, kind: &str) -> PyResult<Bound<'py, PyByteArray>> {
        let kind = self::kind(kind).or_raise(py)?;
        Ok(writable(py, &self.0.heights(kind)))
    }

    fn counts(&self) -> (u64, u64) {
        (self.0.targets(), self.0.controls())
    }

    /// Value, area, random area, divisor and status.
    fn score(&self, py: Python<'_>, kind: &str, scale: &str) -> PyResult<(f64, f64, f64, f64, &'static str)> {
        let score = || self.0.score(self::kind(kind)?, UpliftScale::from_name(scale)?);
        let score = score().or_raise(py)?;
        Ok((score.value, score.area, score.random_area, score.divisor, score.status.name()))
    }

    /// Lower and upper end, standard error, replicates and those undefined.
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn interval(
        &self,
        py: Python<'_>,
        kind: &str,
        scale: &str,
        alpha: f64,
        replicates: Integer,
        seed: Integer,
        threads: Integer,
    ) -> PyResult<(f64, f64, f64, u64, u64)> {
        let find = || {
            let (kind, scale) = (self::kind(kind)?, UpliftScale::from_name(scale)?);
            let replicates = within("replicates", replicates, "at least 100")?;
            let (seed, threads) = (self::seed(seed)?, self::threads(threads)?);
            self.0.score_interval(kind, scale, alpha, replicates, seed, threads)
        };
        let found = py.detach(find).or_raise(py)?;
        let ends = found.interval;
        Ok((ends.lower, ends.upper, found.standard_error, found.replicates, found.undefined))
    }

    fn top<'py>(
        &self,
        py: Python<'py>,
        share: f64,
        of: &str,
        options: &TestOptions,
    ) -> PyResult<Bound<'py, PyDict>> {
        let top = || self.0.top(share, TopShare::from_name(of)?, &options.0);
        fields(py, &top().or_raise(py)?.result)
    }

    fn bands(&self, py: Python<'_>, bands: Integer, options: &TestOptions) -> PyResult<Table> {
        let find = || self.0.bands(within("bands", bands, "between 1 and 1000")?, &options.0);
        let found = py.detach(find).or_raise(py)?;
        let bands = || found.iter();
        Columns::new()
            .floats("score_from", bands().map(|band| band.score_from))
            .floats("score_to", bands().map(|band| band.score_to))
            .integers("targets", bands().map(|band| band.targets))
            .integers("controls", bands().map(|band| band.controls))
            .floats("target", bands().map(|band| band.result.target))
            .floats("control", bands().map(|band| band.result.control))
            .floats("uplift", bands().map(|band| band.result.difference))
            .floats("lower", bands().map(|band| band.result.interval.lower))
            .floats("upper", bands().map(|band| band.result.interval.upper))
            .floats("p_value", bands().map(|band| band.result.p_value))
            .texts("status", bands().map(|band| band.result.status.name()))
            .floats("split_p_value", bands().map(|band| band.result.split.p_value))
            .texts("split_finding", bands().map(|band| band.result.split.finding.name()))
            .finish(py)
    }
}
