//! Columns of dimensions, a row a customer, as of one date.

use std::borrow::Cow;

use super::dimension::Dimension;
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};

/// The most dimensions of a table.
pub(super) const MOST_DIMENSIONS: usize = 64;

/// Customers with what was measured of them up to the end of a day: a column a dimension, a row a customer.
///
/// NaN means that a value is not known. Columns may be borrowed or owned.
///
/// ```
/// use crm_core::customer::Day;
/// use crm_core::loyalty::{Dimension, DimensionTable};
/// let orders = Dimension::new("orders", "orders")?.window(365.0)?;
/// let advice = Dimension::new("advice", "points of 10")?;
/// let table = DimensionTable::new(Day::parse("2025-12-31")?, 3)?
///     .with_column(orders.clone(), &[4.0, 1.0, 9.0])?
///     .with_column(advice, vec![9.0, f64::NAN, 7.0])?;
/// assert_eq!((table.rows(), table.names()), (3, vec!["orders", "advice"]));
/// assert!(table.with_column(orders, &[0.0; 3]).is_err());
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct DimensionTable<'a> {
    as_of: Day,
    rows: usize,
    columns: Vec<(Dimension, Cow<'a, [f64]>)>,
}

impl<'a> DimensionTable<'a> {
    /// A table of so many customers, as of the end of a day, without a column yet.
    ///
    /// # Errors
    /// `Empty` for 0 rows, `OutOfRange` for more than 4,294,967,295.
    pub fn new(as_of: Day, rows: usize) -> Result<Self> {
        if rows == 0 {
            return Err(Error::new(ErrorKind::Empty, "there are no customers").on("rows"));
        }
        if u32::try_from(rows).is_err() {
            return Err(Error::new(ErrorKind::OutOfRange, format!("{rows} is above {}", u32::MAX)).on("rows"));
        }
        Ok(Self { as_of, rows, columns: Vec::new() })
    }

    /// The table with one column more.
    ///
    /// # Errors
    /// `LengthMismatch` for a column of another length than the table; `InvalidValue` for an infinite value, naming its row; `InvalidArgument` for a name
    /// that the table has, and for more than 64 columns.
    pub fn with_column(mut self, dimension: Dimension, values: impl Into<Cow<'a, [f64]>>) -> Result<Self> {
        self.push(dimension, values.into())?;
        Ok(self)
    }

    /// Adds a column, as [`with_column`](Self::with_column) does; on an error the table stays as it was.
    ///
    /// # Errors
    /// Those of [`with_column`](Self::with_column).
    pub fn push(&mut self, dimension: Dimension, values: Cow<'a, [f64]>) -> Result<()> {
        let name = dimension.name();
        if self.columns.iter().any(|(known, _)| known.name() == name) {
            return Err(Error::argument(name, "a second column", "one column of this name"));
        }
        if self.columns.len() == MOST_DIMENSIONS {
            let given = format!("column {}", MOST_DIMENSIONS + 1);
            return Err(Error::argument(name, given, &format!("among at most {MOST_DIMENSIONS} columns")));
        }
        if values.len() != self.rows {
            let message = format!("has {} values, the table {} rows", values.len(), self.rows);
            return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
        }
        // Blocks without a bad value, which are nearly all, are read by a loop that vectorises.
        for (block, values) in values.chunks(1024).enumerate() {
            if values.iter().fold(false, |any, value| any | value.is_infinite())
                && let Some(place) = values.iter().position(|value| value.is_infinite())
            {
                let message =
                    format!("{} is not finite; NaN stands for a value that is not known", values[place]);
                let row = (block * 1024 + place) as u64;
                return Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row));
            }
        }
        self.columns.push((dimension, values));
        Ok(())
    }

    /// The day at whose end the customers were measured.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The number of customers.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The names of the dimensions, in the order of the columns.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|(dimension, _)| dimension.name()).collect()
    }

    /// The dimensions, in the order of the columns.
    pub fn dimensions(&self) -> impl Iterator<Item = &Dimension> {
        self.columns.iter().map(|(dimension, _)| dimension)
    }

    /// The values of a dimension by its name.
    pub fn values(&self, name: &str) -> Option<&[f64]> {
        self.columns.iter().find(|(dimension, _)| dimension.name() == name).map(|(_, values)| &**values)
    }

    /// The columns of a score's dimensions, in the score's order.
    ///
    /// # Errors
    /// `MissingColumn` for a dimension that the table lacks, `Incompatible` for one that was measured otherwise.
    pub(super) fn columns_of<'b>(
        &'b self,
        wanted: impl Iterator<Item = &'b Dimension>,
    ) -> Result<Vec<&'b [f64]>> {
        wanted
            .map(|wanted| {
                let found = self.columns.iter().find(|(dimension, _)| dimension.name() == wanted.name());
                let Some((dimension, values)) = found else {
                    let message = "the score was fitted to a column of this name, and there is none";
                    return Err(Error::new(ErrorKind::MissingColumn, message).on(wanted.name()));
                };
                wanted.means_the_same(dimension)?;
                Ok(&**values)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dimension(name: &str) -> Dimension {
        Dimension::new(name, "units").unwrap()
    }

    #[test]
    fn bad_columns_are_named_and_leave_the_table_as_it_was() {
        let mut table = DimensionTable::new(Day::MIN, 2000).unwrap();
        table.push(dimension("a"), vec![0.0; 2000].into()).unwrap();
        let before = table.clone();
        let mut values = vec![f64::NAN; 2000];
        values[1500] = f64::NEG_INFINITY;
        values[1999] = f64::INFINITY;
        let error = table.push(dimension("b"), values.into()).unwrap_err();
        assert_eq!((error.argument_name(), error.row()), (Some("b"), Some(1500)));
        let error = table.push(dimension("b"), vec![0.0; 3].into()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LengthMismatch);
        assert!(table.push(dimension("a"), vec![0.0; 2000].into()).is_err());
        assert_eq!(table, before);
        for place in 1..MOST_DIMENSIONS {
            table.push(dimension(&format!("d{place}")), vec![0.0; 2000].into()).unwrap();
        }
        assert!(table.push(dimension("one more"), vec![0.0; 2000].into()).is_err());
    }

    #[test]
    fn nobody_is_no_population() {
        assert_eq!(DimensionTable::new(Day::MIN, 0).unwrap_err().kind(), ErrorKind::Empty);
    }
}
