//! Columns of what members did, for tiers, and columns of what became of them.

use super::event_columns::{check, check_amounts, micros_at, present};
use super::tier_event::{TierChange, TierReason};
use super::tier_measure::TierMeasures;
use super::tier_status::TierStatus;
use crate::customer::{AmountColumn, Column, Day, IdColumn, IdList, Money, RawId};
use crate::error::{Error, ErrorKind, Result};

/// What members did: one row a member and day, in the order of days for each member.
///
/// A missing addition is 0; a missing level, and a score that is NaN, leaves the level as it was.
///
/// ```
/// use crm_core::customer::IdColumn;
/// use crm_core::loyalty::TierColumns;
/// let (days, points) = ([19_700, 19_701], [120, 80]);
/// let rows = TierColumns::new(IdColumn::Text(&["ann", "bob"]), days.as_slice().into())?
///     .with_qualifying_points(points.as_slice().into())?;
/// assert_eq!(rows.len(), 2);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct TierColumns<'a> {
    members: IdColumn<'a>,
    days: Column<'a, i32>,
    qualifying_points: Option<Column<'a, i64>>,
    spend: Option<AmountColumn<'a>>,
    orders: Option<Column<'a, i64>>,
    points_balance: Option<Column<'a, i64>>,
    scores: Option<Column<'a, f64>>,
}

impl<'a> TierColumns<'a> {
    /// Rows of members and days, counted from 1970-01-01.
    ///
    /// # Errors
    /// `LengthMismatch` if the columns, or the flags of one, differ in length; so for all columns below.
    pub fn new(members: IdColumn<'a>, days: Column<'a, i32>) -> Result<Self> {
        members.check_validity("customer_id")?;
        check(members.len(), "day", days.values.len(), days.check_validity("day"))?;
        Ok(Self {
            members,
            days,
            qualifying_points: None,
            spend: None,
            orders: None,
            points_balance: None,
            scores: None,
        })
    }

    /// Adds qualifying points that come on top.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_qualifying_points(mut self, points: Column<'a, i64>) -> Result<Self> {
        let name = "qualifying_points";
        check(self.len(), name, points.values.len(), points.check_validity(name))?;
        self.qualifying_points = Some(points);
        Ok(self)
    }

    /// Adds money that is spent on top, in currency units.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_spend(mut self, spend: AmountColumn<'a>) -> Result<Self> {
        check(self.len(), "spend", spend.len(), check_amounts(&spend, "spend"))?;
        self.spend = Some(spend);
        Ok(self)
    }

    /// Adds orders that come on top.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_orders(mut self, orders: Column<'a, i64>) -> Result<Self> {
        check(self.len(), "orders", orders.values.len(), orders.check_validity("orders"))?;
        self.orders = Some(orders);
        Ok(self)
    }

    /// Adds new balances of spendable points.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_points_balance(mut self, balance: Column<'a, i64>) -> Result<Self> {
        let name = "points_balance";
        check(self.len(), name, balance.values.len(), balance.check_validity(name))?;
        self.points_balance = Some(balance);
        Ok(self)
    }

    /// Adds new scores.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_scores(mut self, scores: Column<'a, f64>) -> Result<Self> {
        check(self.len(), "score", scores.values.len(), scores.check_validity("score"))?;
        self.scores = Some(scores);
        Ok(self)
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn member(&self, row: usize) -> Result<RawId<'_>> {
        present(self.members.get(row), "customer_id", "the id is missing")
    }

    pub(super) fn day(&self, row: usize) -> Result<Day> {
        day_at(&self.days, row, "day")?
            .ok_or_else(|| Error::new(ErrorKind::MissingValue, "the day is missing").on("day"))
    }

    pub(super) fn measures(&self, row: usize) -> Result<TierMeasures> {
        let at = |column: &Option<Column<'_, i64>>| column.as_ref().and_then(|column| column.get(row));
        let spend = self.spend.as_ref().map_or(Ok(None), |column| micros_at(column, row, "spend"))?;
        Ok(TierMeasures {
            qualifying_points: at(&self.qualifying_points).unwrap_or(0),
            spend: Money::from_micros(spend.unwrap_or(0).into()),
            orders: at(&self.orders).unwrap_or(0),
            points_balance: at(&self.points_balance),
            score: self.scores.as_ref().and_then(|column| column.get(row)).filter(|score| !score.is_nan()),
        })
    }
}

/// The day of a row, if it has one.
pub(super) fn day_at(days: &Column<'_, i32>, row: usize, name: &str) -> Result<Option<Day>> {
    days.get(row).map(Day::from_number).transpose().map_err(|error| error.on(name))
}

/// Changes of tiers as columns, in the order in which they happened row by row, or member by member.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TierChanges {
    /// The member's place in the roster.
    pub members: Vec<u32>,
    /// The day.
    pub days: Vec<Day>,
    /// The tier before, counted from the lowest, 0; `None` for none.
    pub from: Vec<Option<usize>>,
    /// The tier from that day on; the one before where a tier is only kept or grace begins.
    pub to: Vec<Option<usize>>,
    /// Why.
    pub reasons: Vec<TierReason>,
}

impl TierChanges {
    pub(super) fn extend(&mut self, member: u32, changes: &[TierChange]) {
        for change in changes {
            self.members.push(member);
            self.days.push(change.day);
            self.from.push(change.from);
            self.to.push(change.to);
            self.reasons.push(change.reason);
        }
    }

    /// Number of changes.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}

/// What is missing of each measure alone, as columns; see [`TierGap`](super::TierGap).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TierGaps {
    /// Qualifying points.
    pub qualifying_points: Vec<Option<i64>>,
    /// Money.
    pub spend: Vec<Option<Money>>,
    /// Orders.
    pub orders: Vec<Option<i64>>,
    /// Spendable points.
    pub points_balance: Vec<Option<i64>>,
    /// Units of the score.
    pub score: Vec<Option<f64>>,
}

impl TierGaps {
    fn push(&mut self, gap: super::TierGap) {
        self.qualifying_points.push(gap.qualifying_points);
        self.spend.push(gap.spend);
        self.orders.push(gap.orders);
        self.points_balance.push(gap.points_balance);
        self.score.push(gap.score);
    }
}

/// The standing of all members as columns, in the order in which they joined; see [`TierStatus`].
#[derive(Clone, Debug, PartialEq)]
pub struct TierStandings {
    /// The members.
    pub customer_ids: IdList,
    /// The tier, counted from the lowest, 0; `None` for none.
    pub tier: Vec<Option<usize>>,
    /// The first day of the tier.
    pub since: Vec<Day>,
    /// The first day on which the member has a lower tier if nothing more happens.
    pub expires: Vec<Option<Day>>,
    /// What is missing to keep the tier.
    pub to_keep: TierGaps,
    /// What is missing to enter the next tier; `None` of all measures in the highest.
    pub to_next: TierGaps,
    /// The tier on `projected_day` if nothing more happens.
    pub projected_tier: Vec<Option<usize>>,
    /// The end of the period, or the first day on which the tier changes by itself.
    pub projected_day: Vec<Option<Day>>,
    /// The day on which grace ends.
    pub grace_ends: Vec<Option<Day>>,
    /// Why the member has the tier, or what happened to it last.
    pub reasons: Vec<TierReason>,
}

impl TierStandings {
    pub(super) fn new(customer_ids: IdList) -> Self {
        Self {
            customer_ids,
            tier: Vec::new(),
            since: Vec::new(),
            expires: Vec::new(),
            to_keep: TierGaps::default(),
            to_next: TierGaps::default(),
            projected_tier: Vec::new(),
            projected_day: Vec::new(),
            grace_ends: Vec::new(),
            reasons: Vec::new(),
        }
    }

    pub(super) fn push(&mut self, status: &TierStatus) {
        self.tier.push(status.tier);
        self.since.push(status.since);
        self.expires.push(status.expires);
        self.to_keep.push(status.to_keep);
        self.to_next.push(status.to_next.unwrap_or_default());
        self.projected_tier.push(status.projected_tier);
        self.projected_day.push(status.projected_day);
        self.grace_ends.push(status.grace_ends);
        self.reasons.push(status.reason);
    }
}
