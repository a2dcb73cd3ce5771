//! Rates compared: one pair, thousands, several arms; one rate.

use std::fmt::Display;

use crm_core::experiment::{
    Alternative, Homogeneity, ProportionColumns, ProportionMethod, RateMethod,
    compare_proportions as compare, compare_several_proportions as compare_several, homogeneity,
    rate_interval as interval_of, test_rate as test_one,
};
use crm_core::{Error, ErrorKind};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::binary_arm::BinaryArm;
use super::test_columns::table;
use super::test_options::TestOptions;
use super::test_result::{checked, ends, fields};
use super::user_split;
use crate::column::{Accept, Column};
use crate::error::{OrRaise, exception};
use crate::ingest::threads as threads_of;
use crate::integer::{Integer, within};
use crate::table::Table;

/// The fields of a `crm.TestResult`.
#[pyfunction]
pub(crate) fn compare_proportions<'py>(
    py: Python<'py>,
    target: &BinaryArm,
    control: &BinaryArm,
    method: &str,
    options: &TestOptions,
) -> PyResult<Bound<'py, PyDict>> {
    let method = ProportionMethod::from_name(method).or_raise(py)?;
    let result = py.detach(|| compare(&target.0, &control.0, method, &options.0)).or_raise(py)?;
    fields(py, &result)
}

/// Counts: whole numbers from 0 up to 2^53.
pub(super) fn counts(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Vec<u64>> {
    let refused = |row: usize, value: &dyn Display| {
        let message = format!("{value} is not a whole number from 0 to 2^53");
        exception(py, &Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64))
    };
    if let Some(values) = column.whole_numbers(py)? {
        let bad = values.iter().position(|value| !(0..=MOST).contains(value));
        return match bad {
            None => Ok(values.iter().map(|value| *value as u64).collect()),
            Some(row) => Err(refused(row, &values[row])),
        };
    }
    let values = column.numbers(py, argument, Accept::Numbers)?;
    let convert = |(row, &value): (usize, &f64)| {
        let whole = value as u64;
        if whole as f64 == value && whole <= MOST as u64 { Ok(whole) } else { Err(refused(row, &value)) }
    };
    values.iter().enumerate().map(convert).collect()
}

/// Up to here floats hold every whole number.
const MOST: i64 = 1 << 53;

/// A row a pair.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // Four columns, and one for each option.
pub(crate) fn compare_proportion_columns(
    py: Python<'_>,
    target_conversions: &Column,
    target_trials: &Column,
    control_conversions: &Column,
    control_trials: &Column,
    method: &str,
    options: &TestOptions,
    threads: Integer,
) -> PyResult<Table> {
    let method = ProportionMethod::from_name(method).or_raise(py)?;
    let threads = threads_of(threads).or_raise(py)?;
    let (x1, n1) =
        (counts(py, "target_conversions", target_conversions)?, counts(py, "target_trials", target_trials)?);
    let (x0, n0) = (
        counts(py, "control_conversions", control_conversions)?,
        counts(py, "control_trials", control_trials)?,
    );
    let columns = ProportionColumns {
        target_conversions: &x1,
        target_trials: &n1,
        control_conversions: &x0,
        control_trials: &n0,
    };
    let results = py.detach(|| columns.compare(method, &options.0, threads)).or_raise(py)?;
    table(py, results)
}

/// The fields of `crm.Homogeneity`, in their order.
pub(super) type Same = (f64, f64, f64, f64, &'static str, (f64, f64, &'static str, bool));

pub(super) fn same_of(found: &Homogeneity) -> Same {
    let (statistic, degrees_of_freedom) = (found.statistic, found.degrees_of_freedom);
    (
        statistic,
        degrees_of_freedom,
        found.p_value,
        found.ln_p_value,
        found.status.name(),
        checked(&found.split),
    )
}

/// Comparisons, adjusted p-values and their logarithms, homogeneity and split.
type Several<'py> = (Vec<Bound<'py, PyDict>>, Vec<f64>, Vec<f64>, Same, Bound<'py, PyDict>);

/// The fields of a `crm.SeveralProportions`.
#[pyfunction]
#[pyo3(signature = (arms, control, weights, method, multiplicity, options))]
pub(crate) fn compare_several_proportions<'py>(
    py: Python<'py>,
    arms: Vec<PyRef<'py, BinaryArm>>,
    control: Integer,
    weights: Option<Vec<f64>>,
    method: &str,
    multiplicity: &str,
    options: &TestOptions,
) -> PyResult<Several<'py>> {
    let arms: Vec<_> = arms.iter().map(|arm| arm.0).collect();
    let method = ProportionMethod::from_name(method).or_raise(py)?;
    let control = within("control", control, "the place of an arm, from 0 on").or_raise(py)?;
    let multiplicity = super::multiplicity::multiplicity(multiplicity).or_raise(py)?;
    let compare = || compare_several(&arms, control, weights.as_deref(), method, multiplicity, &options.0);
    let all = py.detach(compare).or_raise(py)?;
    let comparisons = all.comparisons.iter().map(|result| fields(py, result)).collect::<PyResult<_>>()?;
    let split = user_split::fields(py, &all.sample_ratio)?;
    Ok((comparisons, all.adjusted_p_values, all.ln_adjusted_p_values, same_of(&all.homogeneity), split))
}

/// The fields of a `crm.Homogeneity`.
#[pyfunction]
#[pyo3(signature = (arms, weights))]
pub(crate) fn proportion_homogeneity<'py>(
    py: Python<'py>,
    arms: Vec<PyRef<'py, BinaryArm>>,
    weights: Option<Vec<f64>>,
) -> PyResult<Same> {
    let arms: Vec<_> = arms.iter().map(|arm| arm.0).collect();
    Ok(same_of(&homogeneity(&arms, weights.as_deref()).or_raise(py)?))
}

/// The fields of a `crm.Interval`.
#[pyfunction]
pub(crate) fn rate_interval(
    py: Python<'_>,
    arm: &BinaryArm,
    method: &str,
    alpha: f64,
) -> PyResult<(f64, f64, &'static str)> {
    let method = RateMethod::from_name(method).or_raise(py)?;
    let interval = py.detach(|| interval_of(&arm.0, method, alpha)).or_raise(py)?;
    Ok(ends(&interval))
}

/// The fields of a `crm.RateTest`.
#[pyfunction]
pub(crate) fn test_rate<'py>(
    py: Python<'py>,
    arm: &BinaryArm,
    null: f64,
    method: &str,
    alternative: &str,
    alpha: f64,
) -> PyResult<Bound<'py, PyDict>> {
    let method = RateMethod::from_name(method).or_raise(py)?;
    let alternative = Alternative::from_name(alternative).or_raise(py)?;
    let result = py.detach(|| test_one(&arm.0, null, method, alternative, alpha)).or_raise(py)?;
    let fields = PyDict::new(py);
    fields.set_item("method", result.method)?;
    fields.set_item("alternative", result.alternative.name())?;
    fields.set_item("alpha", result.alpha)?;
    fields.set_item("null", result.null)?;
    fields.set_item("rate", result.rate)?;
    fields.set_item("interval", ends(&result.interval))?;
    fields.set_item("statistic", result.statistic)?;
    fields.set_item("p_value", result.p_value)?;
    fields.set_item("ln_p_value", result.ln_p_value)?;
    fields.set_item("status", result.status.name())?;
    fields.set_item("rejects", result.rejects())?;
    Ok(fields)
}
