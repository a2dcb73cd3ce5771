//! Rewards.

use crm_core::campaign::Levels;
use crm_core::customer::Money;
use crm_core::loyalty::{
    RewardCatalogue as CoreCatalogue, RewardGrant, RewardMember, RewardObstacle, RewardObstacles,
};
use crm_core::{Error, ErrorKind, Result};
use pyo3::prelude::*;

use super::tiers::{Given, day, floats, integers, texts};
use crate::column::{Column, whole};
use crate::error::OrRaise;
use crate::table::{Columns, Table};

/// What rewards look at in members, a row a member.
#[pyclass(frozen, module = "crm._crm")]
pub(crate) struct RewardMembers {
    rows: usize,
    tier: Option<Levels>,
    segment: Option<Levels>,
    qualifying_points: Option<Given<i64>>,
    spend: Option<Given<f64>>,
    orders: Option<Given<i64>>,
    points_balance: Option<Given<i64>>,
    score: Option<Given<f64>>,
}

#[pymethods]
impl RewardMembers {
    #[new]
    #[allow(clippy::too_many_arguments)] // One for each column.
    #[pyo3(signature = (tier, segment, qualifying_points, spend, orders, points_balance, score))]
    fn new(
        py: Python<'_>,
        tier: Option<&Column>,
        segment: Option<&Column>,
        qualifying_points: Option<&Column>,
        spend: Option<&Column>,
        orders: Option<&Column>,
        points_balance: Option<&Column>,
        score: Option<&Column>,
    ) -> PyResult<Self> {
        let text =
            |name: &str, column: Option<&Column>| column.map(|column| texts(py, name, column)).transpose();
        let count =
            |name: &str, column: Option<&Column>| column.map(|column| integers(py, name, column)).transpose();
        let number =
            |name: &str, column: Option<&Column>| column.map(|column| floats(py, name, column)).transpose();
        let given = [tier, segment, qualifying_points, spend, orders, points_balance, score];
        let Some(first) = given.into_iter().flatten().next() else {
            let error = Error::argument("members", "no column", "one column at least");
            return Err(error).or_raise(py);
        };
        let members = Self {
            rows: first.length(py)?,
            tier: text("tier", tier)?,
            segment: text("segment", segment)?,
            qualifying_points: count("qualifying_points", qualifying_points)?,
            spend: number("spend", spend)?,
            orders: count("orders", orders)?,
            points_balance: count("points_balance", points_balance)?,
            score: number("score", score)?,
        };
        members.check().or_raise(py)?;
        Ok(members)
    }

    fn __len__(&self) -> usize {
        self.rows
    }
}

impl RewardMembers {
    fn check(&self) -> Result<()> {
        for (name, has) in [
            ("tier", self.tier.as_ref().map(Levels::len)),
            ("segment", self.segment.as_ref().map(Levels::len)),
            ("qualifying_points", self.qualifying_points.as_ref().map(Given::len)),
            ("spend", self.spend.as_ref().map(Given::len)),
            ("orders", self.orders.as_ref().map(Given::len)),
            ("points_balance", self.points_balance.as_ref().map(Given::len)),
            ("score", self.score.as_ref().map(Given::len)),
        ] {
            if let Some(has) = has.filter(|&has| has != self.rows) {
                let message = format!("has {has} rows, but there are {} members", self.rows);
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
            }
        }
        Ok(())
    }

    fn members(&self) -> Result<Vec<RewardMember<'_>>> {
        let count =
            |column: &Option<Given<i64>>, row: usize| column.as_ref().and_then(|column| column.get(row));
        let number =
            |column: &Option<Given<f64>>, row: usize| column.as_ref().and_then(|column| column.get(row));
        let member = |row: usize| {
            let spend = number(&self.spend, row).unwrap_or(0.0);
            Ok(RewardMember {
                tier: self.tier.as_ref().and_then(|names| names.get(row)),
                segment: self.segment.as_ref().and_then(|names| names.get(row)),
                qualifying_points: count(&self.qualifying_points, row).unwrap_or(0),
                spend: Money::from_f64(spend).map_err(|error| error.on("spend").at_row(row as u64))?,
                orders: count(&self.orders, row).unwrap_or(0),
                points_balance: count(&self.points_balance, row).unwrap_or(0),
                score: number(&self.score, row),
            })
        };
        (0..self.rows).map(member).collect()
    }
}

/// Members, rewards by their places, and quantities.
type Grants<'a> = (PyRef<'a, Column>, PyRef<'a, Column>, PyRef<'a, Column>);

fn grants(py: Python<'_>, list: &str, columns: &Grants<'_>) -> PyResult<Vec<RewardGrant>> {
    let (members, rewards, quantities) = columns;
    let members = whole(py, &format!("{list}.member"), members)?;
    let rewards = whole(py, &format!("{list}.reward"), rewards)?;
    let quantities = whole(py, &format!("{list}.quantity"), quantities)?;
    let rows = members.len();
    for (name, has) in [("reward", rewards.len()), ("quantity", quantities.len())] {
        if has != rows {
            let message = format!("has {has} rows, but member has {rows}");
            let error = Error::new(ErrorKind::LengthMismatch, message).on(format!("{list}.{name}"));
            return Err(error).or_raise(py);
        }
    }
    let grant = |((member, reward), quantity): ((u32, u32), u32)| RewardGrant {
        member: member as usize,
        reward: reward as usize,
        quantity: quantity.into(),
    };
    Ok(members.into_iter().zip(rewards).zip(quantities).map(grant).collect())
}

/// One column of truth values for each obstacle.
fn obstacle_columns(columns: Columns, obstacles: &[RewardObstacles]) -> Columns {
    RewardObstacle::ALL.iter().fold(columns, |columns, &obstacle| {
        columns.truths(obstacle.name(), obstacles.iter().map(|set| set.contains(obstacle)))
    })
}

/// What a plan gives: a row a wish, a row a reward, each member's balance after it, and what it costs.
type Plan = (Table, Table, Vec<i64>, f64);

/// Rewards of a programme.
#[pyclass(frozen, eq, module = "crm._crm")]
#[derive(PartialEq)]
pub(crate) struct RewardCatalogue(CoreCatalogue);

#[pymethods]
impl RewardCatalogue {
    #[staticmethod]
    fn from_json(py: Python<'_>, text: &str) -> PyResult<Self> {
        CoreCatalogue::from_json(text).or_raise(py).map(Self)
    }

    fn to_json(&self) -> String {
        self.0.to_json()
    }

    fn names(&self) -> Vec<String> {
        self.0.rewards().iter().map(|reward| reward.name.clone()).collect()
    }

    fn place(&self, py: Python<'_>, name: &str) -> PyResult<usize> {
        self.0.reward_named(name).or_raise(py)
    }

    fn eligibility(
        &self,
        py: Python<'_>,
        members: &RewardMembers,
        on: &str,
        given: Grants<'_>,
    ) -> PyResult<Table> {
        let given = grants(py, "given", &given)?;
        let find = || self.0.eligibility(&members.members()?, &given, day("day", on)?);
        let table = py.detach(find).or_raise(py)?;
        let names = self.names();
        let pairs = || (0..members.rows).flat_map(|member| names.iter().map(move |name| (member, name)));
        let columns = Columns::new()
            .integers("member", pairs().map(|(member, _)| member))
            .texts("reward", pairs().map(|(_, name)| name))
            .truths("eligible", table.obstacles.iter().map(|set| set.is_empty()));
        obstacle_columns(columns, &table.obstacles).finish(py)
    }

    fn plan(
        &self,
        py: Python<'_>,
        members: &RewardMembers,
        on: &str,
        wishes: Grants<'_>,
        given: Grants<'_>,
    ) -> PyResult<Plan> {
        let (wishes, given) = (grants(py, "wishes", &wishes)?, grants(py, "given", &given)?);
        let find = || self.0.plan(&members.members()?, &given, &wishes, day("day", on)?);
        let plan = py.detach(find).or_raise(py)?;
        let (cost, names) = (plan.total_cost().to_f64(), self.names());
        let name = |place: usize| names.get(place).cloned().unwrap_or_default();
        let rows = Columns::new()
            .integers("member", wishes.iter().map(|wish| wish.member))
            .texts("reward", wishes.iter().map(|wish| name(wish.reward)))
            .integers("quantity", wishes.iter().map(|wish| wish.quantity))
            .truths("granted", plan.refused.iter().map(|set| set.is_empty()));
        let rewards = Columns::new()
            .texts("reward", &names)
            .integers("granted", plan.granted)
            .integers("members", plan.members)
            .floats("cost", plan.cost.iter().map(|cost| cost.to_f64()))
            .integers("points", plan.points)
            .floats("perceived_value", plan.perceived_value.iter().map(|value| value.to_f64()));
        let wishes = obstacle_columns(rows, &plan.refused).finish(py)?;
        Ok((wishes, rewards.finish(py)?, plan.balances, cost))
    }
}
