//! Loyalty scores.

use std::borrow::Cow;

use crm_core::customer::Day;
use crm_core::loyalty::{
    Combination, Dimension, DimensionTable as CoreTable, FittedScore, LearnedOptions,
    LoyaltyScore as CoreScore, LoyaltyScores as CoreScores, ScoreChange, ScoreChangeParts, ScoreOptions,
    Weighting, WeightingKind, WeightingReport,
};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyDict};

use crate::column::{Accept, Column, whole};
use crate::error::{OrRaise, exception};
use crate::ingest::threads;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table, writable};

/// A dimension's JSON text with everything that may be left out.
#[pyfunction]
pub(crate) fn dimension_json(py: Python<'_>, text: &str) -> PyResult<String> {
    Dimension::from_json(text).and_then(|dimension| dimension.to_json()).or_raise(py)
}

#[pyfunction]
pub(crate) fn decayed_sum<'py>(
    py: Python<'py>,
    dimension: &str,
    customers: Integer,
    rows: &Column,
    ages_days: &Column,
    amounts: &Column,
) -> PyResult<Bound<'py, PyByteArray>> {
    let rows = whole(py, "rows", rows)?;
    let ages = ages_days.numbers(py, "ages_days", Accept::Numbers)?;
    let amounts = amounts.numbers(py, "amounts", Accept::Numbers)?;
    let find = || -> Result<Vec<f64>> {
        let customers = within("customers", customers, "0 or more")?;
        Dimension::from_json(dimension)?.decayed_sum(customers, &rows, &ages, &amounts)
    };
    let sums = py.detach(find).or_raise(py)?;
    Ok(writable(py, &sums))
}

/// Customers with what was measured of them.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct DimensionTable(CoreTable<'static>);

#[pymethods]
impl DimensionTable {
    #[new]
    fn new(py: Python<'_>, as_of: &str, columns: Vec<(String, PyRef<'_, Column>)>) -> PyResult<Self> {
        let mut given = Vec::with_capacity(columns.len());
        for (text, column) in &columns {
            let dimension = Dimension::from_json(text).or_raise(py)?;
            let values = column.numbers(py, dimension.name(), Accept::Missing)?;
            given.push((dimension, values));
        }
        let build = || -> Result<CoreTable<'static>> {
            let day = Day::parse(as_of).map_err(|error| error.on("as_of"))?;
            let mut table = CoreTable::new(day, given.first().map_or(0, |(_, values)| values.len()))?;
            for (dimension, values) in given {
                table.push(dimension, Cow::Owned(Vec::from(values)))?;
            }
            Ok(table)
        };
        py.detach(build).or_raise(py).map(Self)
    }

    fn __len__(&self) -> usize {
        self.0.rows()
    }

    fn as_of(&self) -> String {
        self.0.as_of().to_string()
    }

    fn dimensions(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        self.0.dimensions().map(Dimension::to_json).collect::<Result<_>>().or_raise(py)
    }
}

/// Scores of customers.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct LoyaltyScores(CoreScores);

#[pymethods]
impl LoyaltyScores {
    fn __len__(&self) -> usize {
        self.0.scores().len()
    }

    fn scores<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.scores())
    }

    fn coverage<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        writable(py, self.0.coverage())
    }

    fn ranks<'py>(&self, py: Python<'py>) -> Bound<'py, PyByteArray> {
        let ranks = py.detach(|| self.0.ranks());
        writable(py, &ranks)
    }

    fn population_mean(&self) -> f64 {
        self.0.population_mean()
    }
}

/// A fitted score.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct LoyaltyScore(CoreScore);

/// Truth values.
fn flags(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Vec<bool>> {
    let values = column.numbers(py, argument, Accept::Truths)?;
    let flag = |(row, &value): (usize, &f64)| {
        if value == 0.0 || value == 1.0 {
            return Ok(value == 1.0);
        }
        let message = format!("{value} is neither 0 nor 1");
        Err(exception(py, &Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64)))
    };
    values.iter().enumerate().map(flag).collect()
}

/// A model, the scores of its customers, and what is known of its weights.
fn handed_out(
    py: Python<'_>,
    fitted: FittedScore,
) -> PyResult<(LoyaltyScore, LoyaltyScores, Bound<'_, PyDict>)> {
    let about = PyDict::new(py);
    if let Some(found) = fitted.objective {
        about.set_item("weights", found.weights)?;
        about.set_item("rows", found.rows)?;
        about.set_item("explained", found.explained)?;
        about.set_item("mixed_signs", found.mixed_signs)?;
    }
    if let Some(found) = fitted.learned {
        about.set_item("weights", found.weights)?;
        about.set_item("coefficients", found.coefficients)?;
        about.set_item("intercept", found.intercept)?;
        about.set_item("loss", found.loss)?;
        about.set_item("held_at_zero", found.held_at_zero)?;
        about.set_item("customers", found.customers)?;
        about.set_item("retained", found.retained)?;
        about.set_item("converged", found.converged)?;
    }
    Ok((LoyaltyScore(fitted.model), LoyaltyScores(fitted.scores), about))
}

fn options(combination: &str, minimum_coverage: f64) -> Result<ScoreOptions> {
    Ok(ScoreOptions { combination: Combination::from_name(combination)?, minimum_coverage })
}

#[pymethods]
impl LoyaltyScore {
    #[staticmethod]
    fn fit<'py>(
        py: Python<'py>,
        table: &DimensionTable,
        weights: Vec<f64>,
        combination: &str,
        minimum_coverage: f64,
        threads: Integer,
    ) -> PyResult<(Self, LoyaltyScores, Bound<'py, PyDict>)> {
        let fit = || -> Result<FittedScore> {
            let options = options(combination, minimum_coverage)?;
            CoreScore::fit(&table.0, Weighting::Given(&weights), options, self::threads(threads)?)
        };
        handed_out(py, py.detach(fit).or_raise(py)?)
    }

    #[staticmethod]
    fn fit_objective<'py>(
        py: Python<'py>,
        table: &DimensionTable,
        weighting: &str,
        combination: &str,
        minimum_coverage: f64,
        threads: Integer,
    ) -> PyResult<(Self, LoyaltyScores, Bound<'py, PyDict>)> {
        let fit = || -> Result<FittedScore> {
            let options = options(combination, minimum_coverage)?;
            let weighting = Weighting::Objective(WeightingKind::from_name(weighting)?);
            CoreScore::fit(&table.0, weighting, options, self::threads(threads)?)
        };
        handed_out(py, py.detach(fit).or_raise(py)?)
    }

    #[staticmethod]
    #[allow(clippy::too_many_arguments)] // One for each option.
    fn fit_learned<'py>(
        py: Python<'py>,
        table: &DimensionTable,
        retained: &Column,
        penalty: f64,
        combination: &str,
        minimum_coverage: f64,
        threads: Integer,
    ) -> PyResult<(Self, LoyaltyScores, Bound<'py, PyDict>)> {
        let retained = flags(py, "retained", retained)?;
        let fit = || -> Result<FittedScore> {
            let options = options(combination, minimum_coverage)?;
            let weighting = Weighting::Learned { retained: &retained, options: LearnedOptions { penalty } };
            CoreScore::fit(&table.0, weighting, options, self::threads(threads)?)
        };
        handed_out(py, py.detach(fit).or_raise(py)?)
    }

    fn score(&self, py: Python<'_>, table: &DimensionTable, threads: Integer) -> PyResult<LoyaltyScores> {
        py.detach(|| self.0.score(&table.0, self::threads(threads)?)).or_raise(py).map(LoyaltyScores)
    }

    /// Names, columns, baseline and scores.
    #[allow(clippy::type_complexity)] // What Python takes apart at once.
    fn contributions<'py>(
        &self,
        py: Python<'py>,
        table: &DimensionTable,
        threads: Integer,
    ) -> PyResult<(Vec<String>, Vec<Bound<'py, PyByteArray>>, Bound<'py, PyByteArray>, LoyaltyScores)> {
        let found = py.detach(|| self.0.contributions(&table.0, self::threads(threads)?)).or_raise(py)?;
        let columns = found.columns.iter().map(|column| writable(py, column)).collect();
        Ok((found.names, columns, writable(py, &found.baseline), LoyaltyScores(found.scores)))
    }

    fn change(
        &self,
        py: Python<'_>,
        table: &DimensionTable,
        later: &Self,
        later_table: &DimensionTable,
        threads: Integer,
    ) -> PyResult<Table> {
        let find = || self.0.change(&table.0, &later.0, &later_table.0, self::threads(threads)?);
        change_table(py, py.detach(find).or_raise(py)?)
    }

    /// The change, and a table of the dimensions for each of its effects.
    fn change_by_dimension(
        &self,
        py: Python<'_>,
        table: &DimensionTable,
        later: &Self,
        later_table: &DimensionTable,
        threads: Integer,
    ) -> PyResult<[Table; 4]> {
        let find = || self.0.change_by_dimension(&table.0, &later.0, &later_table.0, self::threads(threads)?);
        let ScoreChangeParts { names, change, value, reference, weight } = py.detach(find).or_raise(py)?;
        let by_name = |columns: Vec<Vec<f64>>| {
            let columns = names.iter().zip(columns);
            columns.fold(Columns::new(), |table, (name, column)| table.floats(name, column)).finish(py)
        };
        Ok([change_table(py, change)?, by_name(value)?, by_name(reference)?, by_name(weight)?])
    }

    /// Date, customers, those with a score, their mean, and the kind of the weights.
    fn summary(&self) -> (String, u64, u64, f64, &'static str) {
        let model = &self.0;
        let kind = model.weighting().name();
        (model.as_of().to_string(), model.customers(), model.scored(), model.population_mean(), kind)
    }

    fn options(&self) -> (&'static str, f64) {
        let options = self.0.options();
        (options.combination.name(), options.minimum_coverage)
    }

    fn weights(&self) -> Vec<f64> {
        self.0.weights()
    }

    fn dimensions(&self, py: Python<'_>) -> PyResult<Vec<String>> {
        let found = self.0.dimensions();
        found.iter().map(|summary| summary.dimension.to_json()).collect::<Result<_>>().or_raise(py)
    }

    fn dimension_table(&self, py: Python<'_>) -> PyResult<Table> {
        let found = self.0.dimensions();
        let rows = || found.iter();
        Columns::new()
            .texts("name", rows().map(|row| row.dimension.name()))
            .texts("unit", rows().map(|row| row.dimension.unit()))
            .texts("direction", rows().map(|row| row.dimension.better().name()))
            .floats("weight", rows().map(|row| row.weight))
            .floats("mean", rows().map(|row| row.mean))
            .integers("known", rows().map(|row| row.known))
            .texts("status", rows().map(|row| row.status.name()))
            .finish(py)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        CoreScore::from_json(text).or_raise(py).map(Self)
    }
}

/// The rows of a report, rank correlations row by row, customers and retained ones.
#[pyfunction]
pub(crate) fn judge_weightings(
    py: Python<'_>,
    models: Vec<(String, PyRef<'_, LoyaltyScore>)>,
    table: &DimensionTable,
    retained: &Column,
    top_share: f64,
    threads: Integer,
) -> PyResult<(Table, Vec<f64>, u64, u64)> {
    let retained = flags(py, "retained", retained)?;
    let models: Vec<(&str, &CoreScore)> =
        models.iter().map(|(name, model)| (name.as_str(), &model.0)).collect();
    let find = || WeightingReport::judge(&models, &table.0, &retained, top_share, self::threads(threads)?);
    let found = py.detach(find).or_raise(py)?;
    let rows = || found.rows.iter();
    let table = Columns::new()
        .texts("name", rows().map(|row| &row.name))
        .texts("weighting", rows().map(|row| row.weighting.name()))
        .integers("scored", rows().map(|row| row.scored))
        .floats("auc", rows().map(|row| row.auc))
        .floats("lift", rows().map(|row| row.lift))
        .floats("top_retention", rows().map(|row| row.top_retention))
        .texts("status", rows().map(|row| row.status.name()))
        .finish(py)?;
    Ok((table, found.rank_correlation, found.customers, found.retained))
}

fn change_table(py: Python<'_>, change: ScoreChange) -> PyResult<Table> {
    Columns::new()
        .floats("before", change.before)
        .floats("after", change.after)
        .floats("value", change.value)
        .floats("reference", change.reference)
        .floats("weight", change.weight)
        .finish(py)
}
