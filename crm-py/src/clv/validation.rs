//! What a model expected against what customers did.

use std::cell::RefCell;

use crm_core::clv::{
    BinEdges, BinnedComparison, HoldoutAccuracy, RankingQuality as Ranking,
    expected_repeat_purchases as expected_by,
};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::purchase::PurchaseModel;
use crate::column::{Accept, Column};
use crate::customer::PeriodActivity;
use crate::error::OrRaise;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

/// Customers, MAE, RMSE, bias, both totals, total error and correlation.
type Accuracy = (u64, f64, f64, f64, f64, f64, Option<f64>, Option<f64>);

/// How far predictions for single customers were from what they did.
#[pyfunction]
pub(crate) fn holdout_accuracy(py: Python<'_>, predicted: &Column, actual: &Column) -> PyResult<Accuracy> {
    let (predicted, actual) = pair(py, predicted, actual)?;
    let of = py.detach(|| HoldoutAccuracy::new(&predicted, &actual)).or_raise(py)?;
    Ok((
        of.customers,
        of.mean_absolute_error,
        of.root_mean_squared_error,
        of.mean_error,
        of.total_predicted,
        of.total_actual,
        of.total_error,
        of.correlation,
    ))
}

type Floats = arrow_buffer::ScalarBuffer<f64>;

fn pair(py: Python<'_>, predicted: &Column, actual: &Column) -> PyResult<(Floats, Floats)> {
    Ok((predicted.numbers(py, "predicted", Accept::Numbers)?, actual.numbers(py, "actual", Accept::Numbers)?))
}

fn bin_table(py: Python<'_>, comparison: &BinnedComparison) -> PyResult<Table> {
    let bins = || comparison.bins().iter();
    Columns::new()
        .floats("from", bins().map(|bin| bin.from))
        .floats("to", bins().map(|bin| bin.to))
        .integers("customers", bins().map(|bin| bin.customers))
        .optional_floats("mean_predicted", bins().map(|bin| bin.mean_predicted))
        .optional_floats("mean_actual", bins().map(|bin| bin.mean_actual))
        .finish(py)
}

/// By repeat purchases in the calibration period.
#[pyfunction]
pub(crate) fn compare_by_frequency(
    py: Python<'_>,
    repeat_purchases: &Column,
    predicted: &Column,
    actual: &Column,
    last: Integer,
) -> PyResult<Table> {
    let purchases = repeat_purchases.numbers(py, "repeat_purchases", Accept::Numbers)?;
    let (predicted, actual) = pair(py, predicted, actual)?;
    let last = within("last", last, "between 0 and 9999").or_raise(py)?;
    let bins = py.detach(|| BinnedComparison::by_frequency(&purchases, &predicted, &actual, last));
    bin_table(py, &bins.or_raise(py)?)
}

/// By bins of any value: so many of equal width, or between edges.
#[pyfunction]
#[pyo3(signature = (values, predicted, actual, bins, edges))]
pub(crate) fn compare_by_value(
    py: Python<'_>,
    values: &Column,
    predicted: &Column,
    actual: &Column,
    bins: Integer,
    edges: Option<Vec<f64>>,
) -> PyResult<Table> {
    let values = values.numbers(py, "values", Accept::Numbers)?;
    let (predicted, actual) = pair(py, predicted, actual)?;
    let bins = within("bins", bins, "between 1 and 10000").or_raise(py)?;
    let edges = edges.as_deref().map_or(BinEdges::EqualWidth(bins), BinEdges::At);
    let bins = py.detach(|| BinnedComparison::by_value(&values, edges, &predicted, &actual));
    bin_table(py, &bins.or_raise(py)?)
}

/// Customers ranked by a prediction.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RankingQuality(Ranking);

#[pymethods]
impl RankingQuality {
    #[new]
    fn new(py: Python<'_>, predicted: &Column, actual: &Column) -> PyResult<Self> {
        let (predicted, actual) = pair(py, predicted, actual)?;
        py.detach(|| Ranking::new(&predicted, &actual)).or_raise(py).map(Self)
    }

    fn customers(&self) -> usize {
        self.0.customers()
    }

    fn total_actual(&self) -> f64 {
        self.0.total_actual()
    }

    fn share_held(&self, py: Python<'_>, fraction: f64) -> PyResult<f64> {
        self.0.share_held(fraction).or_raise(py)
    }

    fn best_share(&self, py: Python<'_>, fraction: f64) -> PyResult<f64> {
        self.0.best_share(fraction).or_raise(py)
    }

    fn gini(&self) -> f64 {
        self.0.gini()
    }

    fn best_gini(&self) -> f64 {
        self.0.best_gini()
    }

    fn normalised_gini(&self) -> Option<f64> {
        self.0.normalised_gini()
    }

    fn lift(&self, py: Python<'_>, parts: Integer) -> PyResult<Table> {
        let rows = within("parts", parts, "at least 1").and_then(|parts| self.0.lift(parts)).or_raise(py)?;
        Columns::new()
            .integers("part", rows.iter().map(|row| row.part))
            .floats("customers", rows.iter().map(|row| row.customers))
            .floats("mean_predicted", rows.iter().map(|row| row.mean_predicted))
            .floats("mean_actual", rows.iter().map(|row| row.mean_actual))
            .floats("lift", rows.iter().map(|row| row.lift))
            .floats("share", rows.iter().map(|row| row.share))
            .floats("cumulative_share", rows.iter().map(|row| row.cumulative_share))
            .floats("best_cumulative_share", rows.iter().map(|row| row.best_cumulative_share))
            .finish(py)
    }
}

/// Actual against expected repeat purchases over time.
#[pyfunction]
pub(crate) fn tracking(py: Python<'_>, activity: &PeriodActivity, model: &PurchaseModel) -> PyResult<Table> {
    let tracking = py.detach(|| model.0.track(&activity.0)).or_raise(py)?;
    let rows = || tracking.rows().iter();
    Columns::new()
        .days("last_day", rows().map(|row| row.last_day))
        .truths("is_complete", rows().map(|row| row.is_complete))
        .integers("actual", rows().map(|row| row.actual))
        .floats("expected", rows().map(|row| row.expected))
        .integers("actual_cumulative", rows().map(|row| row.actual_cumulative))
        .floats("expected_cumulative", rows().map(|row| row.expected_cumulative))
        .finish(py)
}

/// Expected repeat purchases up to some times, by a model or by a function of the time since the first purchase.
#[pyfunction]
pub(crate) fn expected_repeat_purchases<'py>(
    py: Python<'py>,
    starts: &Column,
    ends: &Column,
    expected: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyByteArray>> {
    let starts = starts.numbers(py, "starts", Accept::Numbers)?;
    let ends = ends.numbers(py, "ends", Accept::Numbers)?;
    let values = if let Ok(model) = expected.cast::<PurchaseModel>() {
        let model = model.get();
        py.detach(|| expected_by(&starts, &ends, model.0.newcomer()?)).or_raise(py)?
    } else {
        let raised = RefCell::new(None);
        let call = |time: f64| {
            let value = expected.call1((time,)).and_then(|value| value.extract::<f64>());
            value.unwrap_or_else(|error| {
                raised.borrow_mut().get_or_insert(error);
                f64::NAN
            })
        };
        let values = expected_by(&starts, &ends, call);
        if let Some(error) = raised.into_inner() {
            return Err(error);
        }
        values.or_raise(py)?
    };
    Ok(writable(py, &values))
}
