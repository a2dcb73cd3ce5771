//! Tiers of customers: by value, and by value, potential and risk.

use arrow_buffer::ScalarBuffer;
use crm_core::segment::{
    BandReport, CustomerTier, CustomerTierOptions, CustomerTiers as Customers, RiskColumn, ShareBand,
    TierBacktest as Backtest, TierBands, TierSplit, ValueTierOptions, ValueTierSummary, ValueTiers as Values,
};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;
use pyo3::types::PyByteArray;

use super::agreement::CrossTable;
use crate::column::{Accept, Column, whole};
use crate::error::OrRaise;
use crate::table::{Columns, Table, writable};

/// Tiers by lower bounds of a value.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct ValueTiers(Values);

#[pymethods]
impl ValueTiers {
    /// The model, the tiers as bytes of `int32`, and their summary.
    #[staticmethod]
    fn fit<'py>(
        py: Python<'py>,
        values: &Column,
        by: &str,
        shares: Vec<f64>,
        names: Vec<String>,
    ) -> PyResult<(Self, Bound<'py, PyByteArray>, Table)> {
        let split = match by {
            "customers" => TierSplit::CustomerShares(shares),
            "value" => TierSplit::ValueShares(shares),
            _ => return Err(Error::argument("by", format!("{by:?}"), "customers or value")).or_raise(py),
        };
        let values = values.numbers(py, "values", Accept::Numbers)?;
        let options = ValueTierOptions::new(split).names(names);
        let fitted = py.detach(|| Values::fit(&values, &options)).or_raise(py)?;
        let tiers = writable(py, &fitted.tiers);
        Ok((Self(fitted.model), tiers, summary_table(py, &fitted.summary)?))
    }

    #[staticmethod]
    fn from_lower_bounds(py: Python<'_>, lower_bounds: Vec<f64>, names: Vec<String>) -> PyResult<Self> {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        Values::from_lower_bounds(&lower_bounds, &names).or_raise(py).map(Self)
    }

    /// As bytes of `int32`.
    fn assign<'py>(&self, py: Python<'py>, values: &Column) -> PyResult<Bound<'py, PyByteArray>> {
        let values = values.numbers(py, "values", Accept::Numbers)?;
        let tiers = py.detach(|| self.0.assign(&values)).or_raise(py)?;
        Ok(writable(py, &tiers))
    }

    /// A row a customer.
    fn table(&self, py: Python<'_>, values: &Column) -> PyResult<Table> {
        let values = values.numbers(py, "values", Accept::Numbers)?;
        let tiers = py.detach(|| self.0.assign(&values)).or_raise(py)?;
        let names = self.0.names();
        Columns::new()
            .integers("tier", tiers.iter().copied())
            .texts("name", tiers.iter().map(|&tier| &names[tier as usize]))
            .finish(py)
    }

    fn summary(&self, py: Python<'_>, values: &Column) -> PyResult<Table> {
        let values = values.numbers(py, "values", Accept::Numbers)?;
        let summary = py.detach(|| self.0.summary(&values)).or_raise(py)?;
        summary_table(py, &summary)
    }

    fn names(&self) -> Vec<String> {
        self.0.names().to_vec()
    }

    fn lower_bounds(&self) -> Vec<Option<f64>> {
        self.0.lower_bounds().to_vec()
    }

    /// By what tiers were split, and the shares; `None` if bounds were given.
    fn split(&self) -> Option<(&'static str, Vec<f64>)> {
        match self.0.split()? {
            TierSplit::ValueShares(shares) => Some(("value", shares.clone())),
            TierSplit::CustomerShares(shares) => Some(("customers", shares.clone())),
            _ => None,
        }
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Values::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}

fn summary_table(py: Python<'_>, summary: &ValueTierSummary) -> PyResult<Table> {
    let rows = || summary.rows.iter();
    Columns::new()
        .integers("tier", rows().map(|row| row.tier))
        .texts("name", rows().map(|row| &row.name))
        .optional_floats("lower_bound", rows().map(|row| row.lower_bound))
        .integers("customers", rows().map(|row| row.customers))
        .floats("customer_share", rows().map(|row| row.customer_share))
        .floats("value", rows().map(|row| row.value))
        .floats("value_share", rows().map(|row| row.value_share))
        .optional_floats("lowest", rows().map(|row| row.lowest))
        .optional_floats("highest", rows().map(|row| row.highest))
        .optional_floats("asked_share", rows().map(|row| row.asked_share))
        .optional_floats("got_share", rows().map(|row| row.got_share))
        .optional_floats("overshoot", rows().map(crm_core::segment::ValueTierRow::overshoot))
        .finish(py)
}

/// Tiers by value, potential and risk.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct CustomerTiers(Customers);

/// What became of the bands: the table, whether all are kept, the correlations, the gap to the optimum, and the same in words.
type Report = (Table, bool, Option<f64>, Option<f64>, f64, String);
/// The lowest and the highest share of each tier, in the order of the codes.
type Bands = [(f64, f64); 4];

/// The columns that tiers are made of.
struct Known {
    value: ScalarBuffer<f64>,
    potential: ScalarBuffer<f64>,
    risk: Risk,
}

enum Risk {
    Flags(Vec<bool>),
    Scores(ScalarBuffer<f64>),
}

impl Known {
    fn read(
        py: Python<'_>,
        value: &Column,
        potential: &Column,
        risk: &Column,
        flags: bool,
    ) -> PyResult<Self> {
        let value = value.numbers(py, "value", Accept::Numbers)?;
        let potential = potential.numbers(py, "potential", Accept::Numbers)?;
        let numbers = risk.numbers(py, "risk", if flags { Accept::Truths } else { Accept::Numbers })?;
        let risk = if flags {
            Risk::Flags(numbers.iter().map(|&number| number != 0.0).collect())
        } else {
            Risk::Scores(numbers)
        };
        Ok(Self { value, potential, risk })
    }

    fn risk(&self) -> RiskColumn<'_> {
        match &self.risk {
            Risk::Flags(flags) => RiskColumn::Flags(flags),
            Risk::Scores(scores) => RiskColumn::Scores(scores),
        }
    }
}

fn codes<'py>(py: Python<'py>, tiers: &[CustomerTier]) -> Bound<'py, PyByteArray> {
    writable(py, &tiers.iter().map(|tier| tier.code()).collect::<Vec<u32>>())
}

fn report(py: Python<'_>, report: &BandReport) -> PyResult<Report> {
    let tiers = || report.tiers.iter();
    let table = Columns::new()
        .integers("tier", tiers().map(|outcome| outcome.tier.code()))
        .texts("name", tiers().map(|outcome| outcome.tier.name()))
        .floats("lowest_share", tiers().map(|outcome| outcome.band.lowest))
        .floats("highest_share", tiers().map(|outcome| outcome.band.highest))
        .integers("customers", tiers().map(|outcome| outcome.customers))
        .floats("share", tiers().map(|outcome| outcome.share))
        .floats("missed_by", tiers().map(|outcome| outcome.missed_by))
        .finish(py)?;
    Ok((
        table,
        report.feasible,
        report.indicator_correlation,
        report.required_correlation,
        report.optimality_gap,
        report.to_string(),
    ))
}

#[pymethods]
impl CustomerTiers {
    /// The model, the tiers as bytes of `int32`, and the report.
    #[staticmethod]
    #[pyo3(signature = (value, potential, risk, flags, bands, risk_threshold))]
    fn fit<'py>(
        py: Python<'py>,
        value: &Column,
        potential: &Column,
        risk: &Column,
        flags: bool,
        bands: Option<Bands>,
        risk_threshold: Option<f64>,
    ) -> PyResult<(Self, Bound<'py, PyByteArray>, Report)> {
        let known = Known::read(py, value, potential, risk, flags)?;
        let mut options = CustomerTierOptions::default();
        if let Some(bands) = bands {
            let [core, important, basic, at_risk] =
                bands.map(|(lowest, highest)| ShareBand::new(lowest, highest));
            options = options.bands(TierBands { core, important, basic, at_risk });
        }
        if let Some(threshold) = risk_threshold {
            options = options.risk_threshold(threshold);
        }
        let fit = || Customers::fit(&known.value, &known.potential, known.risk(), &options);
        let fitted = py.detach(fit).or_raise(py)?;
        let tiers = codes(py, &fitted.tiers);
        Ok((Self(fitted.model), tiers, report(py, &fitted.report)?))
    }

    /// As bytes of `int32`.
    fn assign<'py>(
        &self,
        py: Python<'py>,
        value: &Column,
        potential: &Column,
        risk: &Column,
        flags: bool,
    ) -> PyResult<Bound<'py, PyByteArray>> {
        let known = Known::read(py, value, potential, risk, flags)?;
        let tiers = py.detach(|| self.0.assign(&known.value, &known.potential, known.risk()));
        Ok(codes(py, &tiers.or_raise(py)?))
    }

    fn report(
        &self,
        py: Python<'_>,
        value: &Column,
        potential: &Column,
        risk: &Column,
        flags: bool,
    ) -> PyResult<Report> {
        let known = Known::read(py, value, potential, risk, flags)?;
        let found = py.detach(|| self.0.report(&known.value, &known.potential, known.risk()));
        report(py, &found.or_raise(py)?)
    }

    fn bands(&self) -> Vec<(f64, f64)> {
        self.0.bands().all().iter().map(|band| (band.lowest, band.highest)).collect()
    }

    fn value_threshold(&self) -> Option<f64> {
        self.0.value_threshold()
    }

    fn potential_threshold(&self) -> Option<f64> {
        self.0.potential_threshold()
    }

    fn risk_threshold(&self) -> Option<f64> {
        self.0.risk_threshold()
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        Customers::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self, py: Python<'_>) -> PyResult<String> {
        self.0.to_json().or_raise(py)
    }
}

/// Tiers of one date against those of the same customers later.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct TierBacktest(Backtest);

fn tiers_of(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Vec<CustomerTier>> {
    let codes = whole(py, argument, column)?;
    let tier = |(row, &code): (usize, &u32)| {
        CustomerTier::from_code(code).map_err(|_| {
            let message = format!("{code} is no tier from 0 to 3");
            Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64)
        })
    };
    codes.iter().enumerate().map(tier).collect::<Result<_>>().or_raise(py)
}

#[pymethods]
impl TierBacktest {
    #[new]
    fn new(py: Python<'_>, before: &Column, after: &Column, target: f64) -> PyResult<Self> {
        let (before, after) = (tiers_of(py, "before", before)?, tiers_of(py, "after", after)?);
        py.detach(|| Backtest::new(&before, &after, target)).or_raise(py).map(Self)
    }

    fn cross_table(&self) -> CrossTable {
        CrossTable(self.0.table.clone())
    }

    fn agreement(&self) -> f64 {
        self.0.agreement
    }

    fn chance_agreement(&self) -> f64 {
        self.0.chance_agreement
    }

    fn kappa(&self) -> Option<f64> {
        self.0.kappa
    }

    fn target(&self) -> f64 {
        self.0.target
    }

    fn reaches_target(&self) -> bool {
        self.0.reaches_target
    }

    fn table(&self, py: Python<'_>) -> PyResult<Table> {
        let tiers = || self.0.tiers.iter();
        Columns::new()
            .integers("tier", tiers().map(|row| row.tier.code()))
            .texts("name", tiers().map(|row| row.tier.name()))
            .integers("customers", tiers().map(|row| row.customers))
            .integers("kept", tiers().map(|row| row.kept))
            .optional_floats("agreement", tiers().map(|row| row.agreement))
            .finish(py)
    }
}

/// The names of the four tiers, in the order of the codes.
#[pyfunction]
pub(crate) fn customer_tier_names() -> Vec<&'static str> {
    CustomerTier::ALL.iter().map(|tier| tier.name()).collect()
}
