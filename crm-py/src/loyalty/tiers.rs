//! Tiers.

use std::sync::{Arc, Mutex, PoisonError};

use arrow_array::{ArrayRef, Int64Array, LargeStringArray};
use crm_core::campaign::Levels;
use crm_core::customer::{
    AmountColumn, Column as CoreColumn, CustomerId, Day, IdColumn, IdList, Money, Validity,
};
use crm_core::interop::{days, id_list, levels};
use crm_core::loyalty::{
    TierChanges, TierColumns, TierGaps, TierHoldKind, TierMeasure, TierOptions, TierQuota, TierQuotas,
    TierRoster as CoreRoster, TierRules as CoreRules,
};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use crate::column::{Accept, Column};
use crate::error::OrRaise;
use crate::table::{Columns, Table};

/// Rules of tiers.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct TierRules(pub(super) CoreRules);

#[pymethods]
impl TierRules {
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        CoreRules::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self) -> String {
        self.0.to_json()
    }

    fn names(&self) -> Vec<String> {
        self.0.tiers().iter().map(|tier| tier.name.clone()).collect()
    }
}

/// The customers of a column.
pub(super) fn ids(py: Python<'_>, argument: &str, column: &Column) -> PyResult<IdList> {
    let arrays = column.arrays(py)?;
    py.detach(|| id_list(&arrays).map_err(|error| error.on(argument))).or_raise(py)
}

/// The texts of a column, with missing ones.
pub(super) fn texts(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Levels> {
    let arrays = column.arrays(py)?;
    py.detach(|| levels(argument, &arrays)).or_raise(py)
}

pub(super) fn dates(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Vec<i32>> {
    let arrays = column.arrays(py)?;
    py.detach(|| days(argument, &arrays)).or_raise(py)
}

pub(super) fn day(argument: &str, text: &str) -> Result<Day> {
    Day::parse(text).map_err(|error| error.on(argument))
}

/// Values of a column and which of them are there.
pub(super) struct Given<T> {
    values: Vec<T>,
    flags: Vec<bool>,
}

impl<T: Copy> Given<T> {
    pub(super) fn column(&self) -> CoreColumn<'_, T> {
        CoreColumn { values: self.values.as_slice().into(), validity: Validity::Flags(&self.flags) }
    }

    pub(super) fn get(&self, row: usize) -> Option<T> {
        self.values.get(row).copied().filter(|_| self.flags.get(row).is_some_and(|&there| there))
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// Numbers of a column; missing ones, and NaN, are not there.
pub(super) fn floats(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Given<f64>> {
    let values = column.numbers(py, argument, Accept::Missing)?.to_vec();
    Ok(Given { flags: values.iter().map(|value| !value.is_nan()).collect(), values })
}

/// Whole numbers of a column; missing ones are not there.
pub(super) fn integers(py: Python<'_>, argument: &str, column: &Column) -> PyResult<Given<i64>> {
    // Up to here every whole number is a double of its own.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let Given { values, flags } = floats(py, argument, column)?;
    let convert = |(row, (&value, &there)): (usize, (&f64, &bool))| {
        if !there {
            return Ok(0);
        }
        if value.fract() == 0.0 && value.abs() <= MOST {
            return Ok(value as i64);
        }
        let message = format!("{value} is not a whole number within ±{MOST}");
        Err(Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64))
    };
    let whole = values.iter().zip(&flags).enumerate().map(convert).collect::<Result<_>>().or_raise(py)?;
    Ok(Given { values: whole, flags })
}

/// Members under tier rules.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct TierRoster(Mutex<CoreRoster>);

impl TierRoster {
    fn locked<T>(&self, run: impl FnOnce(&mut CoreRoster) -> T) -> T {
        run(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn change(
        &self,
        py: Python<'_>,
        run: impl FnOnce(&mut CoreRoster) -> Result<TierChanges> + Send,
    ) -> PyResult<Table> {
        let changed = py.detach(|| {
            self.locked(|roster| run(roster).map(|changes| (changes, roster.customer_ids(), names(roster))))
        });
        let (changes, ids, names) = changed.or_raise(py)?;
        let tier = |tier: &Option<usize>| tier.and_then(|tier| names.get(tier).cloned());
        let members = changes.members.iter().filter_map(|&row| ids.get(row as usize));
        Columns::of_customers(Some(&id_array_of(members)))
            .days("day", changes.days)
            .optional_texts("from_tier", changes.from.iter().map(tier))
            .optional_texts("to_tier", changes.to.iter().map(tier))
            .texts("reason", changes.reasons.iter().map(|reason| reason.name()))
            .finish(py)
    }
}

fn names(roster: &CoreRoster) -> Vec<String> {
    roster.rules().tiers().iter().map(|tier| tier.name.clone()).collect()
}

fn gaps(columns: Columns, suffix: &str, gaps: &TierGaps) -> Columns {
    let number = |value: &Option<i64>| value.map(|value| value as f64);
    columns
        .optional_floats(&format!("qualifying_points_{suffix}"), gaps.qualifying_points.iter().map(number))
        .optional_floats(&format!("spend_{suffix}"), gaps.spend.iter().map(|value| value.map(Money::to_f64)))
        .optional_floats(&format!("orders_{suffix}"), gaps.orders.iter().map(number))
        .optional_floats(&format!("points_balance_{suffix}"), gaps.points_balance.iter().map(number))
        .optional_floats(&format!("score_{suffix}"), gaps.score.iter().copied())
}

#[pymethods]
impl TierRoster {
    #[new]
    fn new(rules: &TierRules) -> Self {
        Self(Mutex::new(CoreRoster::new(rules.0.clone())))
    }

    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        py.detach(|| CoreRoster::from_json(text)).or_raise(py).map(|roster| Self(Mutex::new(roster)))
    }

    fn to_json(&self, py: Python<'_>) -> String {
        py.detach(|| self.locked(|roster| roster.to_json()))
    }

    fn rules(&self) -> TierRules {
        TierRules(self.locked(|roster| roster.rules().clone()))
    }

    fn __len__(&self) -> usize {
        self.locked(|roster| roster.len())
    }

    fn join(&self, py: Python<'_>, customer_id: &Column, joined: &Column) -> PyResult<()> {
        let (ids, days) = (ids(py, "customer_id", customer_id)?, dates(py, "joined", joined)?);
        py.detach(|| self.locked(|roster| roster.join(&ids.as_column(), &(&days).into()))).or_raise(py)
    }

    #[allow(clippy::too_many_arguments)] // One for each measure.
    #[pyo3(signature = (customer_id, day, qualifying_points, spend, orders, points_balance, score))]
    fn qualify(
        &self,
        py: Python<'_>,
        customer_id: &Column,
        day: &Column,
        qualifying_points: Option<&Column>,
        spend: Option<&Column>,
        orders: Option<&Column>,
        points_balance: Option<&Column>,
        score: Option<&Column>,
    ) -> PyResult<Table> {
        let (ids, days) = (ids(py, "customer_id", customer_id)?, dates(py, "day", day)?);
        let whole =
            |name: &str, column: Option<&Column>| column.map(|column| integers(py, name, column)).transpose();
        let number =
            |name: &str, column: Option<&Column>| column.map(|column| floats(py, name, column)).transpose();
        let points = whole("qualifying_points", qualifying_points)?;
        let (orders, balance) = (whole("orders", orders)?, whole("points_balance", points_balance)?);
        let (spend, score) = (number("spend", spend)?, number("score", score)?);
        self.change(py, |roster| {
            let mut rows = TierColumns::new(ids.as_column(), (&days).into())?;
            if let Some(points) = &points {
                rows = rows.with_qualifying_points(points.column())?;
            }
            if let Some(spend) = &spend {
                rows = rows.with_spend(AmountColumn::Float(spend.column()))?;
            }
            if let Some(orders) = &orders {
                rows = rows.with_orders(orders.column())?;
            }
            if let Some(balance) = &balance {
                rows = rows.with_points_balance(balance.column())?;
            }
            if let Some(score) = &score {
                rows = rows.with_scores(score.column())?;
            }
            roster.qualify(&rows)
        })
    }

    #[pyo3(signature = (customer_id, day, tier, kind, until))]
    fn hold(
        &self,
        py: Python<'_>,
        customer_id: &Column,
        day: &Column,
        tier: &Column,
        kind: &str,
        until: Option<&Column>,
    ) -> PyResult<Table> {
        let (ids, days) = (ids(py, "customer_id", customer_id)?, dates(py, "day", day)?);
        let tiers = texts(py, "tier", tier)?;
        let until = until.map(|until| dates(py, "until", until)).transpose()?;
        self.change(py, |roster| {
            let tiers = IdColumn::OptionalText((0..tiers.len()).map(|row| tiers.get(row)).collect());
            let until = until.as_ref().map(CoreColumn::from);
            let kind = TierHoldKind::from_name(kind)?;
            roster.hold(&ids.as_column(), &(&days).into(), &tiers, kind, until.as_ref())
        })
    }

    fn release(&self, py: Python<'_>, customer_id: &Column, day: &Column) -> PyResult<Table> {
        let (ids, days) = (ids(py, "customer_id", customer_id)?, dates(py, "day", day)?);
        self.change(py, |roster| roster.release(&ids.as_column(), &(&days).into()))
    }

    fn advance(&self, py: Python<'_>, to: &str) -> PyResult<Table> {
        self.change(py, |roster| roster.advance(day("day", to)?))
    }

    fn standings(&self, py: Python<'_>, on: &str) -> PyResult<Table> {
        let found = py.detach(|| {
            self.locked(|roster| {
                day("day", on).and_then(|day| roster.standings(day)).map(|rows| (rows, names(roster)))
            })
        });
        let (rows, names) = found.or_raise(py)?;
        let tier = |tier: &Option<usize>| tier.and_then(|tier| names.get(tier).cloned());
        let columns = Columns::of_customers(Some(&id_array_of(rows.customer_ids.iter())))
            .optional_texts("tier", rows.tier.iter().map(tier))
            .days("since", rows.since)
            .optional_days("expires", rows.expires)
            .texts("reason", rows.reasons.iter().map(|reason| reason.name()))
            .optional_texts("projected_tier", rows.projected_tier.iter().map(tier))
            .optional_days("projected_day", rows.projected_day)
            .optional_days("grace_ends", rows.grace_ends);
        gaps(gaps(columns, "to_keep", &rows.to_keep), "to_next", &rows.to_next).finish(py)
    }
}

/// Ids one after the other as a column.
pub(super) fn id_array_of<'a>(ids: impl Iterator<Item = CustomerId<'a>>) -> ArrayRef {
    let ids: Vec<CustomerId<'a>> = ids.collect();
    let integer = |id: &CustomerId<'_>| match id {
        CustomerId::Integer(id) => Some(*id),
        CustomerId::Text(_) => None,
    };
    match ids.iter().map(integer).collect::<Option<Vec<i64>>>() {
        Some(integers) => Arc::new(Int64Array::from(integers)),
        None => Arc::new(LargeStringArray::from_iter_values(ids.iter().map(ToString::to_string))),
    }
}

/// What a cut by quotas gives: thresholds, wanted, taken, overshoot, members, missing.
type Cut = (Vec<Option<f64>>, Vec<u64>, Vec<u64>, Vec<u64>, u64, u64);

fn quotas(named: Vec<(String, f64)>) -> Result<TierQuotas> {
    TierQuotas::new(named.into_iter().map(|(name, share)| TierQuota { name, share }))
}

/// Cuts a column by quotas.
#[pyfunction]
pub(crate) fn cut_quotas(py: Python<'_>, named: Vec<(String, f64)>, values: &Column) -> PyResult<Cut> {
    let values = values.numbers(py, "values", Accept::Missing)?;
    let cut = py.detach(|| quotas(named)?.cut(&values)).or_raise(py)?;
    Ok((cut.thresholds, cut.wanted, cut.taken, cut.overshoot, cut.members, cut.missing))
}

/// Rules whose thresholds are the cuts of a column by quotas.
#[pyfunction]
pub(crate) fn quota_rules(
    py: Python<'_>,
    named: Vec<(String, f64)>,
    values: &Column,
    measure: &str,
    options: &str,
) -> PyResult<TierRules> {
    let values = values.numbers(py, "values", Accept::Missing)?;
    let build = || {
        let measure = TierMeasure::from_name(measure)?;
        quotas(named)?.cut(&values)?.rules(measure, TierOptions::from_json(options)?)
    };
    py.detach(build).or_raise(py).map(TierRules)
}
