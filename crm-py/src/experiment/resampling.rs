//! Tests on resamples.

use crm_core::Result;
use crm_core::experiment::{
    BootstrapColumn, BootstrapInterval, BootstrapOptions as Bootstrap, BootstrapStatistic,
    PermutationOptions as Permutation, PermutationStatistic, Resampled, Resampling, bootstrap as two,
    bootstrap_one as one, permutation_test as permute,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::test_options::TestOptions;
use super::test_result::fields;
use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::ingest::{seed, threads};
use crate::integer::{Integer, within};

/// The fields of the test, resamples, whether these are all, the standard error of p and the bias.
type Answer<'py> = (Bound<'py, PyDict>, u64, bool, f64, f64);

fn answer<'py>(py: Python<'py>, found: &Resampled) -> PyResult<Answer<'py>> {
    Ok((fields(py, &found.test)?, found.resamples, found.exact, found.p_value_error, found.bias))
}

/// What the bootstrap is asked.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct BootstrapOptions(Bootstrap);

#[pymethods]
impl BootstrapOptions {
    #[new]
    #[allow(clippy::too_many_arguments)]
    fn new(
        py: Python<'_>,
        statistic: &str,
        probability: f64,
        interval: &str,
        resampling: &str,
        resamples: Integer,
        seed: Integer,
        threads: Integer,
    ) -> PyResult<Self> {
        let build = || -> Result<Bootstrap> {
            Ok(Bootstrap {
                statistic: BootstrapStatistic::from_name(statistic)?,
                probability,
                interval: BootstrapInterval::from_name(interval)?,
                resampling: Resampling::from_name(resampling)?,
                resamples: within("resamples", resamples, "between 1 and 10000000")?,
                seed: self::seed(seed)?,
                threads: self::threads(threads)?,
            })
        };
        build().or_raise(py).map(Self)
    }
}

/// Values, and for a ratio of sums their denominators.
type Columns<'py> = (Bound<'py, Column>, Option<Bound<'py, Column>>);

#[pyfunction]
#[allow(clippy::needless_pass_by_value)]
pub(crate) fn bootstrap<'py>(
    py: Python<'py>,
    target: Columns<'py>,
    control: Option<Columns<'py>>,
    bootstrap: &BootstrapOptions,
    options: &TestOptions,
) -> PyResult<Answer<'py>> {
    let read = |name: &str, column: &Bound<'py, Column>| column.get().numbers(py, name, Accept::Truths);
    let name = if control.is_some() { "target" } else { "sample" };
    let values = read(name, &target.0)?;
    let below = target.1.as_ref().map(|column| read(name, column)).transpose()?;
    let control = match &control {
        None => None,
        Some((values, below)) => {
            let below = below.as_ref().map(|column| read("control", column)).transpose()?;
            Some((read("control", values)?, below))
        }
    };
    let found = py.detach(|| {
        let target = BootstrapColumn { values: &values, denominators: below.as_deref() };
        match &control {
            None => one(&target, &bootstrap.0, &options.0),
            Some((values, below)) => {
                let control = BootstrapColumn { values, denominators: below.as_deref() };
                two(&target, &control, &bootstrap.0, &options.0)
            }
        }
    });
    answer(py, &found.or_raise(py)?)
}

/// What a permutation test is asked.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct PermutationOptions(Permutation);

#[pymethods]
impl PermutationOptions {
    #[new]
    fn new(
        py: Python<'_>,
        statistic: &str,
        probability: f64,
        exact_up_to: Integer,
        resamples: Integer,
        seed: Integer,
        threads: Integer,
    ) -> PyResult<Self> {
        let build = || -> Result<Permutation> {
            Ok(Permutation {
                statistic: PermutationStatistic::from_name(statistic)?,
                probability,
                exact_up_to: within("exact_up_to", exact_up_to, "between 0 and 10000000")?,
                resamples: within("resamples", resamples, "between 1 and 10000000")?,
                seed: self::seed(seed)?,
                threads: self::threads(threads)?,
            })
        };
        build().or_raise(py).map(Self)
    }
}

#[pyfunction]
pub(crate) fn permutation_test<'py>(
    py: Python<'py>,
    target: &Column,
    control: &Column,
    permutation: &PermutationOptions,
    options: &TestOptions,
) -> PyResult<Answer<'py>> {
    let target = target.numbers(py, "target", Accept::Truths)?;
    let control = control.numbers(py, "control", Accept::Truths)?;
    let found = py.detach(|| permute(&target, &control, &permutation.0, &options.0)).or_raise(py)?;
    answer(py, &found)
}
