//! Scores as they were observed along a history, for tiers that ask for one.

use std::collections::HashMap;

use super::calendar::Calendar;
use super::event_columns::{check, owned, present};
use super::points_event::EventId;
use super::tier_columns::day_at;
use crate::customer::{Column, Day, IdColumn};
use crate::error::{Error, ErrorKind, Result};

/// Scores as they were observed: one row a customer and day, in any order. A score holds from the start of its day until the next one; of two of
/// one day the later row holds.
///
/// A missing score, and one that is NaN, leaves the one before. Customers who join later bring the score that they have by then.
///
/// ```
/// use crm_core::customer::IdColumn;
/// use crm_core::loyalty::ScoreObservations;
/// let (days, scores) = ([19_700, 19_701], [71.5, 38.0]);
/// let rows = ScoreObservations::new(IdColumn::Text(&["ann", "bob"]), days.as_slice().into(), scores.as_slice().into())?;
/// assert_eq!(rows.len(), 2);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct ScoreObservations<'a> {
    customers: IdColumn<'a>,
    days: Column<'a, i32>,
    scores: Column<'a, f64>,
}

impl<'a> ScoreObservations<'a> {
    /// Customers, days counted from 1970-01-01, and scores.
    ///
    /// # Errors
    /// `LengthMismatch` if the columns, or the flags of one, differ in length.
    pub fn new(customers: IdColumn<'a>, days: Column<'a, i32>, scores: Column<'a, f64>) -> Result<Self> {
        customers.check_validity("scores.customer_id")?;
        check(customers.len(), "scores.day", days.values.len(), days.check_validity("scores.day"))?;
        check(customers.len(), "scores.score", scores.values.len(), scores.check_validity("scores.score"))?;
        Ok(Self { customers, days, scores })
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.customers.len()
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The customer, day and score of a row, if it has a score.
    fn row(&self, row: usize) -> Result<Option<(EventId, Day, f64)>> {
        let customer = present(self.customers.get(row), "scores.customer_id", "the id is missing")?;
        let missing = || Error::new(ErrorKind::MissingValue, "the day is missing").on("scores.day");
        let day = day_at(&self.days, row, "scores.day")?.ok_or_else(missing)?;
        match self.scores.get(row) {
            Some(score) if score.is_infinite() => {
                Err(Error::new(ErrorKind::InvalidValue, format!("{score} is not a finite number"))
                    .on("scores.score"))
            }
            Some(score) if !score.is_nan() => Ok(Some((owned(customer), day, score))),
            _ => Ok(None),
        }
    }
}

/// The scores of each customer, in the order of days.
#[derive(Debug, Default)]
pub(super) struct ScoreTimelines {
    of: HashMap<EventId, Vec<(Day, f64)>>,
    last: Option<Day>,
}

impl ScoreTimelines {
    pub(super) fn new(batches: &[ScoreObservations<'_>]) -> Result<Self> {
        let mut timelines = Self::default();
        let rows = batches.iter().flat_map(|batch| (0..batch.len()).map(move |row| (batch, row)));
        for (number, (batch, row)) in rows.enumerate() {
            let observed = batch.row(row).map_err(|error| error.at_row(number as u64))?;
            if let Some((customer, day, score)) = observed {
                timelines.of.entry(customer).or_default().push((day, score));
                timelines.last = timelines.last.max(Some(day));
            }
        }
        for timeline in timelines.of.values_mut() {
            // Stable, and the first of equal days stays: the later row.
            timeline.reverse();
            timeline.sort_by_key(|(day, _)| *day);
            timeline.dedup_by_key(|(day, _)| *day);
        }
        Ok(timelines)
    }

    /// Refuses scores of a later day than that of an instant.
    pub(super) fn check(&self, calendar: &Calendar, as_of: i64) -> Result<()> {
        match self.last {
            Some(day) if calendar.start_of(day.number())? > as_of => {
                let message = format!("{as_of} is before {day}, the day of a score");
                Err(Error::new(ErrorKind::InvalidValue, message).on("as_of"))
            }
            _ => Ok(()),
        }
    }

    /// All scores of a customer.
    pub(super) fn of(&self, customer: &EventId) -> &[(Day, f64)] {
        self.of.get(customer).map_or(&[], Vec::as_slice)
    }

    /// Number of customers' days with a score.
    pub(super) fn len(&self) -> u64 {
        self.of.values().map(|timeline| timeline.len() as u64).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_make_no_sense_are_named() {
        let ids = [1_i64, 2];
        let customers = || IdColumn::Integer(ids.as_slice().into());
        let (days, scores) = ([19_700, 19_701], [50.0, f64::INFINITY]);
        let short =
            ScoreObservations::new(customers(), days[..1].into(), scores.as_slice().into()).unwrap_err();
        assert_eq!((short.kind(), short.argument_name()), (ErrorKind::LengthMismatch, Some("scores.day")));
        let rows =
            ScoreObservations::new(customers(), days.as_slice().into(), scores.as_slice().into()).unwrap();
        let error = ScoreTimelines::new(std::slice::from_ref(&rows)).unwrap_err();
        assert_eq!(
            (error.kind(), error.argument_name(), error.row()),
            (ErrorKind::InvalidValue, Some("scores.score"), Some(1))
        );
    }

    #[test]
    fn days_are_put_in_order_and_the_later_row_of_a_day_holds() {
        let ids = [1_i64, 1, 1, 1];
        let (days, scores) = ([19_701, 19_700, 19_701, 19_702], [1.0, 2.0, 3.0, f64::NAN]);
        let customers = IdColumn::Integer(ids.as_slice().into());
        let rows =
            ScoreObservations::new(customers, days.as_slice().into(), scores.as_slice().into()).unwrap();
        let timelines = ScoreTimelines::new(std::slice::from_ref(&rows)).unwrap();
        let found: Vec<(i32, f64)> =
            timelines.of(&EventId::Integer(1)).iter().map(|(day, score)| (day.number(), *score)).collect();
        assert_eq!(found, [(19_700, 2.0), (19_701, 3.0)]);
        assert_eq!((timelines.len(), timelines.of(&EventId::Integer(2)).len()), (2, 0));
    }
}
