//! Other rules over the same history.

use crm_core::Result;
use crm_core::customer::Money;
use crm_core::interop::{event_columns, id_array};
use crm_core::loyalty::{
    Breakage, EventColumns, ProgramSimulation, ScoreObservations, SimulatedProgram, SimulatedRules,
    SimulationOptions, TierGap, WinnersAndLosers,
};
use pyo3::prelude::*;
use pyo3::types::PyDict;

use super::points::{LoyaltyProgram, batches, decimal, money};
use super::tiers::{TierRules, dates, floats, ids};
use crate::column::Column;
use crate::error::OrRaise;
use crate::ingest::scale;
use crate::integer::{Integer, within};
use crate::table::{Columns, Table};

/// What counts as close to a threshold: points, money, orders, balance, score.
type Close = (Option<Integer>, Option<String>, Option<Integer>, Option<Integer>, Option<f64>);

/// What came of both sides: fields of each, the migration matrix, gains by tier and by points, and the members.
type Found<'py> = (Bound<'py, PyDict>, Bound<'py, PyDict>, Vec<u64>, [u64; 3], [u64; 3], Table, &'static str);

fn fields<'py>(py: Python<'py>, side: &SimulatedProgram) -> PyResult<Bound<'py, PyDict>> {
    let fields = PyDict::new(py);
    fields.set_item("tiers", &side.tiers)?;
    fields.set_item("members", &side.members)?;
    fields.set_item("tier_changes", side.tier_changes)?;
    for (name, points) in [
        ("issued", side.issued),
        ("burned", side.burned),
        ("expired", side.expired),
        ("reversed", side.reversed),
        ("outstanding", side.outstanding),
        ("unfit_points", side.unfit_points),
    ] {
        fields.set_item(name, points)?;
    }
    fields.set_item("liability", side.liability.map(Money::to_f64))?;
    fields.set_item("cost", side.cost.to_f64())?;
    fields.set_item("unfit_burns", side.unfit_burns)?;
    fields.set_item("refused_rows", side.refused_rows)?;
    fields.set_item("ignored_tier_events", side.ignored_tier_events)?;
    fields.set_item("unused_scores", side.unused_scores)?;
    fields.set_item("close_to_next", side.close_to_next)?;
    fields.set_item("close_to_keep", side.close_to_keep)?;
    Ok(fields)
}

fn gains(found: WinnersAndLosers) -> [u64; 3] {
    [found.winners, found.losers, found.unchanged]
}

/// Runs events under two sets of rules.
#[pyfunction]
#[allow(clippy::too_many_arguments)] // One for each option.
#[pyo3(signature = (
    columns, amount_scale, scores, before, before_tiers, after, after_tiers, as_of, cost_per_point, value_per_point, breakage,
    close,
))]
pub(crate) fn simulate_program<'py>(
    py: Python<'py>,
    columns: Vec<(String, PyRef<'_, Column>)>,
    amount_scale: Integer,
    scores: Option<(PyRef<'_, Column>, PyRef<'_, Column>, PyRef<'_, Column>)>,
    before: &LoyaltyProgram,
    before_tiers: Option<&TierRules>,
    after: &LoyaltyProgram,
    after_tiers: Option<&TierRules>,
    as_of: i64,
    cost_per_point: &str,
    value_per_point: &str,
    breakage: Option<&str>,
    close: Close,
) -> PyResult<Found<'py>> {
    let scale = scale(amount_scale).or_raise(py)?;
    let batches = batches(py, &columns)?;
    let scores = scores.map(|(customers, days, scores)| {
        let customers = ids(py, "scores.customer_id", &customers)?;
        Ok::<_, PyErr>((customers, dates(py, "scores.day", &days)?, floats(py, "scores.score", &scores)?))
    });
    let scores = scores.transpose()?;
    let run = || {
        let (points, spend, orders, balance, score) = close;
        let whole = |name: &str, given: Option<Integer>| {
            given.map(|given| within::<i64>(name, given, "0 or more")).transpose()
        };
        let spend = spend.map(|spend| money("close_spend", &spend)).transpose()?;
        let options = SimulationOptions {
            as_of,
            cost_per_point: money("cost_per_point", cost_per_point)?,
            value_per_point: money("value_per_point", value_per_point)?,
            breakage: match breakage {
                None => Breakage::Matured,
                Some(text) => Breakage::Given(decimal("breakage", text)?),
            },
            close: TierGap {
                qualifying_points: whole("close_points", points)?,
                spend,
                orders: whole("close_orders", orders)?,
                points_balance: whole("close_balance", balance)?,
                score,
            },
        };
        let events = batches.iter().map(|batch| event_columns(batch, scale));
        let events = events.collect::<Result<Vec<EventColumns<'_>>>>()?;
        let scores = scores.iter().map(|(customers, days, scores)| {
            ScoreObservations::new(customers.as_column(), days.into(), scores.column())
        });
        let scores = scores.collect::<Result<Vec<ScoreObservations<'_>>>>()?;
        let before = SimulatedRules { program: &before.0, tiers: before_tiers.map(|rules| &rules.0) };
        let after = SimulatedRules { program: &after.0, tiers: after_tiers.map(|rules| &rules.0) };
        ProgramSimulation::run(&events, &scores, before, after, &options)
    };
    let found = py.detach(run).or_raise(py)?;
    let name = |names: &[String], tier: &Option<usize>| tier.and_then(|tier| names.get(tier).cloned());
    let members = &found.members;
    let table = Columns::new()
        .array("customer_id", id_array(&members.customer_ids))
        .optional_texts("tier_before", members.tier_before.iter().map(|tier| name(&found.before.tiers, tier)))
        .optional_texts("tier_after", members.tier_after.iter().map(|tier| name(&found.after.tiers, tier)))
        .integers("earned_before", members.earned_before.iter().copied())
        .integers("earned_after", members.earned_after.iter().copied())
        .integers("available_before", members.available_before.iter().copied())
        .integers("available_after", members.available_after.iter().copied())
        .finish(py)?;
    let sides = (fields(py, &found.before)?, fields(py, &found.after)?);
    let (tier, points) = (gains(found.by_tier), gains(found.by_points));
    Ok((sides.0, sides.1, found.migration, tier, points, table, ProgramSimulation::STATEMENT))
}
