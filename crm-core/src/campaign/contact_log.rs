//! Who was contacted when, for limits on contacts.

use crate::customer::{Column, Day, IdColumn, IdList};
use crate::error::{Error, ErrorKind, Result};

/// Contacts of the past: a customer and a day each, in any order.
///
/// ```
/// use crm_core::campaign::ContactLog;
/// use crm_core::customer::IdColumn;
/// let days = [20_000, 20_003];
/// let log = ContactLog::new(&IdColumn::Text(&["ann", "ann"]), &days.as_slice().into())?;
/// assert_eq!(log.len(), 2);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactLog {
    ids: IdList,
    days: Vec<i32>,
}

impl ContactLog {
    /// A log from a column of customers and one of days since 1970-01-01.
    ///
    /// # Errors
    /// Those of [`IdList::new`]; `LengthMismatch`; `MissingValue` with the row of a missing day.
    pub fn new(ids: &IdColumn<'_>, days: &Column<'_, i32>) -> Result<Self> {
        let ids = IdList::new(ids)?;
        days.check_validity("day")?;
        let day = |row: usize| {
            let missing =
                || Error::new(ErrorKind::MissingValue, "the day is missing").on("day").at_row(row as u64);
            days.get(row).ok_or_else(missing)
        };
        let days = (0..days.values.len()).map(day).collect::<Result<_>>()?;
        Self::of(ids, days)
    }

    /// A log from customers and days since 1970-01-01.
    ///
    /// # Errors
    /// `LengthMismatch`.
    pub fn of(ids: IdList, days: Vec<i32>) -> Result<Self> {
        if days.len() != ids.len() {
            let message = format!("has {} rows, but customer_id has {}", days.len(), ids.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("day"));
        }
        Ok(Self { ids, days })
    }

    /// Number of contacts.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// For each row of a list of customers, how many contacts it has on the `within_days` days up to and with `as_of`.
    pub(super) fn counts(
        &self,
        ids: &IdList,
        order: &[u32],
        as_of: Day,
        within_days: u32,
    ) -> Result<Vec<u32>> {
        let last = i64::from(as_of.number());
        let first = last - i64::from(within_days) + 1;
        let mut counts = vec![0_u32; ids.len()];
        ids.matches(order, &self.ids, |row, contact| {
            let counted = (first..=last).contains(&i64::from(self.days[contact]));
            counts[row] = counts[row].saturating_add(u32::from(counted));
        })?;
        Ok(counts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_ends_with_its_day() {
        let days = vec![9, 10, 11, 12, 13, 12];
        let log = ContactLog::new(&IdColumn::Text(&["a", "a", "a", "a", "a", "z"]), &(&days).into()).unwrap();
        let ids = IdList::new(&IdColumn::Text(&["b", "a"])).unwrap();
        let counts = |within| {
            log.counts(&ids, &ids.distinct_order().unwrap(), Day::from_number(12).unwrap(), within).unwrap()
        };
        assert_eq!((counts(1), counts(3), counts(4)), (vec![0, 1], vec![0, 3], vec![0, 4]));
        assert_eq!(counts(u32::MAX), [0, 4]);
    }
}
