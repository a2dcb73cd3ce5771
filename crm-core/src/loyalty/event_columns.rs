//! Columns of events of a points programme, as the caller holds them.

use super::calendar::Calendar;
use super::points_event::{EventId, EventKind, PointsAction};
use super::program::LoyaltyProgram;
use crate::customer::{
    AmountColumn, Column, IdColumn, MICROS_PER_DAY, ROW_BOUND, RawId, TimeColumn, micros_from_f64,
    micros_from_scaled,
};
use crate::error::{Error, ErrorKind, Result};

/// A batch of events: one row an event, in the order in which they happen.
///
/// | kind | reads |
/// | --- | --- |
/// | `join`, `extend` | nothing more |
/// | `purchase` | `amount`; `reference` the order of the line, `category` if any |
/// | `bonus`, `redeem` | `points` |
/// | `refund` | `reference` the purchase (or the order, by the rules); `amount`, all that is left if missing |
/// | `cancel_redemption`, `cancel_accrual` | `reference` the redemption, or the purchase or bonus |
/// | `set_tier` | `tier`, no tier if missing |
/// | `merge` | `other_id` the member that is merged into this one |
/// | `unmerge` | `reference` the merge |
///
/// ```
/// use crm_core::customer::{IdColumn, TimeColumn};
/// use crm_core::loyalty::EventColumns;
/// let (members, ids, days) = (["ann", "ann"], [1, 2], [19_700, 19_701]);
/// let (kinds, points) = (["join", "bonus"], [0, 50]);
/// let batch = EventColumns::new(
///     IdColumn::Text(&members),
///     IdColumn::Integer(ids.as_slice().into()),
///     TimeColumn::Day(days.as_slice().into()),
///     IdColumn::Text(&kinds),
/// )?
/// .with_points(points.as_slice().into())?;
/// assert_eq!(batch.len(), 2);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct EventColumns<'a> {
    members: IdColumn<'a>,
    events: IdColumn<'a>,
    times: TimeColumn<'a>,
    kinds: IdColumn<'a>,
    points: Option<Column<'a, i64>>,
    amounts: Option<AmountColumn<'a>>,
    references: Option<IdColumn<'a>>,
    categories: Option<IdColumn<'a>>,
    tiers: Option<IdColumn<'a>>,
    others: Option<IdColumn<'a>>,
}

/// What a row does: to its member, or between two.
pub(super) enum RowAction<'a> {
    Member(PointsAction),
    Merge(RawId<'a>),
    Unmerge(EventId),
}

impl<'a> EventColumns<'a> {
    /// A batch from its members, the ids of its events, their times and kinds ([`EventKind`], by name or by code).
    ///
    /// # Errors
    /// `LengthMismatch` if the columns, or the flags of one, differ in length.
    pub fn new(
        members: IdColumn<'a>,
        events: IdColumn<'a>,
        times: TimeColumn<'a>,
        kinds: IdColumn<'a>,
    ) -> Result<Self> {
        let rows = members.len();
        members.check_validity("customer_id")?;
        check(rows, "event_id", events.len(), events.check_validity("event_id"))?;
        let flags = match &times {
            TimeColumn::Day(column) => column.check_validity("time"),
            TimeColumn::Instant(column, _) | TimeColumn::Local(column, _) => column.check_validity("time"),
        };
        check(rows, "time", times.len(), flags)?;
        check(rows, "kind", kinds.len(), kinds.check_validity("kind"))?;
        let none = || None;
        Ok(Self {
            members,
            events,
            times,
            kinds,
            points: None,
            amounts: None,
            references: none(),
            categories: none(),
            tiers: none(),
            others: none(),
        })
    }

    /// Adds points.
    ///
    /// # Errors
    /// `LengthMismatch`, as for all columns below.
    pub fn with_points(mut self, points: Column<'a, i64>) -> Result<Self> {
        check(self.len(), "points", points.values.len(), points.check_validity("points"))?;
        self.points = Some(points);
        Ok(self)
    }

    /// Adds amounts of money in currency units.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_amounts(mut self, amounts: AmountColumn<'a>) -> Result<Self> {
        let flags = check_amounts(&amounts, "amount");
        check(self.len(), "amount", amounts.len(), flags)?;
        self.amounts = Some(amounts);
        Ok(self)
    }

    /// Adds what events refer to: ids of orders or of other events.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_references(mut self, references: IdColumn<'a>) -> Result<Self> {
        check(self.len(), "reference", references.len(), references.check_validity("reference"))?;
        self.references = Some(references);
        Ok(self)
    }

    /// Adds the categories of purchases, as text.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_categories(mut self, categories: IdColumn<'a>) -> Result<Self> {
        check(self.len(), "category", categories.len(), categories.check_validity("category"))?;
        self.categories = Some(categories);
        Ok(self)
    }

    /// Adds the tiers that members come into, as text.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_tiers(mut self, tiers: IdColumn<'a>) -> Result<Self> {
        check(self.len(), "tier", tiers.len(), tiers.check_validity("tier"))?;
        self.tiers = Some(tiers);
        Ok(self)
    }

    /// Adds the members that are merged into others.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn with_others(mut self, others: IdColumn<'a>) -> Result<Self> {
        check(self.len(), "other_id", others.len(), others.check_validity("other_id"))?;
        self.others = Some(others);
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

    pub(super) fn event(&self, row: usize) -> Result<EventId> {
        present(self.events.get(row), "event_id", "the id is missing").map(owned)
    }

    /// Whether the ids of events are texts.
    pub(super) fn events_are_text(&self) -> bool {
        fn is_text(ids: &IdColumn<'_>) -> bool {
            match ids {
                IdColumn::Integer(_) => false,
                IdColumn::Coded { values, .. } => is_text(values),
                _ => true,
            }
        }
        is_text(&self.events)
    }

    /// The instant of a row.
    pub(super) fn time(&self, row: usize, calendar: &Calendar) -> Result<i64> {
        let missing = || Error::new(ErrorKind::MissingValue, "the time is missing").on("time");
        let beyond = |value: i64| {
            let message = format!("{value} lies outside the years 1 to 9999");
            Error::new(ErrorKind::OutOfRange, message).on("time")
        };
        match &self.times {
            TimeColumn::Day(column) => {
                calendar.start_of(column.get(row).ok_or_else(missing)?).map_err(|error| error.on("time"))
            }
            TimeColumn::Instant(column, resolution) => {
                let value = column.get(row).ok_or_else(missing)?;
                resolution.to_micros(value).ok_or_else(|| beyond(value))
            }
            TimeColumn::Local(column, resolution) => {
                let value = column.get(row).ok_or_else(missing)?;
                let local = resolution.to_micros(value).ok_or_else(|| beyond(value))?;
                // Before the zone is asked, the day must be one.
                let day = i32::try_from(local.div_euclid(MICROS_PER_DAY)).map_err(|_| beyond(value))?;
                calendar.start_of(day).map_err(|_| beyond(value))?;
                Ok(calendar.zone().first_instant(local))
            }
        }
    }

    /// The kind of a row.
    pub(super) fn kind(&self, row: usize) -> Result<EventKind> {
        match present(self.kinds.get(row), "kind", "the kind is missing")? {
            RawId::Text(name) => EventKind::from_name(name),
            RawId::Integer(code) => EventKind::from_code(i32::try_from(code).unwrap_or(-1)),
            RawId::Missing => Err(Error::new(ErrorKind::MissingValue, "the kind is missing").on("kind")),
        }
    }

    /// What a row refers to, if anything.
    pub(super) fn reference(&self, row: usize) -> Result<Option<EventId>> {
        match text(self.references.as_ref(), row).map_err(|error| error.on("reference"))? {
            RawId::Missing => Ok(None),
            id => Ok(Some(owned(id))),
        }
    }

    /// What a row does.
    pub(super) fn action(&self, row: usize, program: &LoyaltyProgram) -> Result<RowAction<'_>> {
        let kind = self.kind(row)?;
        let reference = || {
            present(text(self.references.as_ref(), row), "reference", "the reference is missing").map(owned)
        };
        let member = match kind {
            EventKind::Join => PointsAction::Join,
            EventKind::Purchase => PointsAction::Purchase {
                amount: self.amount(row)?.ok_or_else(|| {
                    Error::new(ErrorKind::MissingValue, "a purchase needs an amount").on("amount")
                })?,
                category: match text(self.categories.as_ref(), row).map_err(|error| error.on("category"))? {
                    RawId::Text(name) => program.category(name),
                    RawId::Missing => None,
                    RawId::Integer(code) => return Err(not_text("category", code)),
                },
                order: match text(self.references.as_ref(), row).map_err(|error| error.on("reference"))? {
                    RawId::Missing => None,
                    id => Some(owned(id)),
                },
            },
            EventKind::Bonus => PointsAction::Bonus { points: self.points(row, kind)? },
            EventKind::Redeem => PointsAction::Redeem { points: self.points(row, kind)? },
            EventKind::Refund => PointsAction::Refund { of: reference()?, amount: self.amount(row)? },
            EventKind::CancelRedemption => PointsAction::CancelRedemption { of: reference()? },
            EventKind::CancelAccrual => PointsAction::CancelAccrual { of: reference()? },
            EventKind::Extend => PointsAction::Extend,
            EventKind::SetTier => PointsAction::SetTier {
                tier: match text(self.tiers.as_ref(), row).map_err(|error| error.on("tier"))? {
                    RawId::Text(name) => Some(program.tier(name)?),
                    RawId::Missing => None,
                    RawId::Integer(code) => return Err(not_text("tier", code)),
                },
            },
            EventKind::Merge => {
                let other =
                    present(text(self.others.as_ref(), row), "other_id", "the other member is missing")?;
                return Ok(RowAction::Merge(other));
            }
            EventKind::Unmerge => return Ok(RowAction::Unmerge(reference()?)),
        };
        Ok(RowAction::Member(member))
    }

    fn points(&self, row: usize, kind: EventKind) -> Result<i64> {
        self.points.as_ref().and_then(|column| column.get(row)).ok_or_else(|| {
            Error::new(ErrorKind::MissingValue, format!("{} needs points", kind.name())).on("points")
        })
    }

    fn amount(&self, row: usize) -> Result<Option<i64>> {
        self.amounts.as_ref().map_or(Ok(None), |column| micros_at(column, row, "amount"))
    }
}

/// The micro-units of a row of amounts, if it has one.
pub(super) fn micros_at(amounts: &AmountColumn<'_>, row: usize, name: &str) -> Result<Option<i64>> {
    let (micros, shown) = match amounts {
        AmountColumn::Float(column) => match column.get(row) {
            None => return Ok(None),
            Some(value) => (micros_from_f64(value), value.to_string()),
        },
        AmountColumn::Scaled(column, scale) => match column.get(row) {
            None => return Ok(None),
            Some(value) => (micros_from_scaled(value.into(), *scale), value.to_string()),
        },
        AmountColumn::Decimal(column, scale) => match column.get(row) {
            None => return Ok(None),
            Some(value) => (micros_from_scaled(value, *scale), value.to_string()),
        },
    };
    micros.map(Some).ok_or_else(|| {
        Error::new(ErrorKind::OutOfRange, format!("{shown} is not a number {ROW_BOUND}")).on(name)
    })
}

/// Refuses amounts that have fewer flags than rows.
pub(super) fn check_amounts(amounts: &AmountColumn<'_>, name: &str) -> Result<()> {
    match amounts {
        AmountColumn::Float(column) => column.check_validity(name),
        AmountColumn::Scaled(column, _) => column.check_validity(name),
        AmountColumn::Decimal(column, _) => column.check_validity(name),
    }
}

pub(super) fn owned(id: RawId<'_>) -> EventId {
    match id {
        RawId::Integer(id) => EventId::Integer(id),
        RawId::Text(id) => EventId::Text(id.into()),
        // Whoever calls has looked.
        RawId::Missing => EventId::Text("".into()),
    }
}

fn text<'c>(column: Option<&'c IdColumn<'_>>, row: usize) -> Result<RawId<'c>> {
    column.map_or(Ok(RawId::Missing), |column| column.get(row))
}

pub(super) fn present<'c>(id: Result<RawId<'c>>, column: &str, missing: &str) -> Result<RawId<'c>> {
    match id.map_err(|error| error.on(column))? {
        RawId::Missing => Err(Error::new(ErrorKind::MissingValue, missing).on(column)),
        id => Ok(id),
    }
}

fn not_text(column: &str, code: i64) -> Error {
    Error::new(ErrorKind::WrongType, format!("{code} is not a name")).on(column)
}

pub(super) fn check(rows: usize, name: &str, has: usize, flags: Result<()>) -> Result<()> {
    if has != rows {
        let message = format!("has {has} rows, but customer_id has {rows}");
        return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
    }
    flags
}
