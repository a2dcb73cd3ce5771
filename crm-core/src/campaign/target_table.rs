//! A scored table: a row a customer, with named columns of numbers and texts.

use super::levels::Levels;
use crate::customer::{IdColumn, IdList};
use crate::error::{Error, ErrorKind, Result};

/// A column of a [`TargetTable`].
#[derive(Clone, Debug, PartialEq)]
pub enum TargetColumn {
    /// Numbers; NaN where missing.
    Number(Vec<f64>),
    /// Texts.
    Text(Levels),
}

/// Customers and what is known of them: scores, segments, consents. Rows keep the caller's order, and nothing depends on it.
///
/// ```
/// use crm_core::campaign::TargetTable;
/// use crm_core::customer::IdColumn;
/// let table = TargetTable::new(&IdColumn::Text(&["bob", "ann"]))?
///     .with_numbers("score", vec![0.4, f64::NAN])?
///     .with_texts("city", &IdColumn::Text(&["Bonn", ""]))?;
/// assert_eq!((table.rows(), table.names()), (2, vec!["score", "city"]));
/// assert_eq!(table.texts("city")?.get(0), Some("Bonn"));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TargetTable {
    ids: IdList,
    /// Rows in canonical order of the ids.
    order: Vec<u32>,
    columns: Vec<(String, TargetColumn)>,
}

impl TargetTable {
    /// A table of customers and no column yet.
    ///
    /// # Errors
    /// Those of [`IdList::new`]; `InvalidValue` with the row of a customer who is named twice; `Empty` without rows.
    pub fn new(ids: &IdColumn<'_>) -> Result<Self> {
        Self::of(IdList::new(ids)?)
    }

    /// A table of customers and no column yet.
    ///
    /// # Errors
    /// `InvalidValue` with the row of a customer who is named twice; `Empty` without rows.
    pub fn of(ids: IdList) -> Result<Self> {
        if ids.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "there are no customers").on("customer_id"));
        }
        let order = ids.distinct_order()?;
        Ok(Self { ids, order, columns: Vec::new() })
    }

    /// The table with a column of numbers; NaN means missing. Flags are 1 and 0.
    ///
    /// # Errors
    /// Those of [`add_numbers`](Self::add_numbers).
    pub fn with_numbers(mut self, name: &str, values: Vec<f64>) -> Result<Self> {
        self.add_numbers(name, values)?;
        Ok(self)
    }

    /// The table with a column of texts; nulls and empty texts are missing, integers count as their decimal text.
    ///
    /// # Errors
    /// Those of [`add_texts`](Self::add_texts) and [`Levels::new`].
    pub fn with_texts(mut self, name: &str, values: &IdColumn<'_>) -> Result<Self> {
        self.add_texts(name, Levels::new(name, values)?)?;
        Ok(self)
    }

    /// Adds a column of numbers; NaN means missing.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is empty or taken; `LengthMismatch`.
    pub fn add_numbers(&mut self, name: &str, values: Vec<f64>) -> Result<()> {
        let rows = values.len();
        self.add(name, rows, TargetColumn::Number(values))
    }

    /// Adds a column of texts.
    ///
    /// # Errors
    /// `InvalidArgument` for a name that is empty or taken; `LengthMismatch`.
    pub fn add_texts(&mut self, name: &str, levels: Levels) -> Result<()> {
        self.add(name, levels.len(), TargetColumn::Text(levels))
    }

    fn add(&mut self, name: &str, rows: usize, column: TargetColumn) -> Result<()> {
        if name.is_empty() {
            return Err(Error::argument("name", "\"\"", "a name"));
        }
        if self.columns.iter().any(|(known, _)| known == name) {
            let message = "there already is a column of this name";
            return Err(Error::new(ErrorKind::InvalidArgument, message).on(name));
        }
        if rows != self.rows() {
            let message = format!("has {rows} rows where the table has {}", self.rows());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on(name));
        }
        self.columns.push((name.to_owned(), column));
        Ok(())
    }

    /// Number of customers.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// The customers, row by row.
    pub fn ids(&self) -> &IdList {
        &self.ids
    }

    /// Rows in canonical order of the ids.
    pub(super) fn order(&self) -> &[u32] {
        &self.order
    }

    /// The names of the columns, in their order.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(|(name, _)| name.as_str()).collect()
    }

    /// A column by its name.
    ///
    /// # Errors
    /// `MissingColumn` with the names that there are.
    pub fn column(&self, name: &str) -> Result<&TargetColumn> {
        let found = self.columns.iter().find(|(known, _)| known == name);
        found.map(|(_, column)| column).ok_or_else(|| {
            let message = format!("there is no such column among {}", self.names().join(", "));
            Error::new(ErrorKind::MissingColumn, message).on(name)
        })
    }

    /// A column of numbers by its name.
    ///
    /// # Errors
    /// `MissingColumn` with the names that there are; `WrongType` for a column of texts.
    pub fn numbers(&self, name: &str) -> Result<&[f64]> {
        match self.column(name)? {
            TargetColumn::Number(values) => Ok(values),
            TargetColumn::Text(_) => Err(wrong_type(name, "texts, not numbers")),
        }
    }

    /// A column of texts by its name.
    ///
    /// # Errors
    /// `MissingColumn` with the names that there are; `WrongType` for a column of numbers.
    pub fn texts(&self, name: &str) -> Result<&Levels> {
        match self.column(name)? {
            TargetColumn::Text(levels) => Ok(levels),
            TargetColumn::Number(_) => Err(wrong_type(name, "numbers, not texts")),
        }
    }

    /// The rows of this table that are asked for, in that order.
    ///
    /// # Errors
    /// `OutOfRange` for a row that the table does not have; `InvalidValue` for one that is named twice; `Empty` for none.
    pub fn take(&self, rows: &[u32]) -> Result<Self> {
        if let Some(row) = rows.iter().find(|&&row| row as usize >= self.rows()) {
            let message = format!("{row} is not below the table's {} rows", self.rows());
            return Err(Error::new(ErrorKind::OutOfRange, message).on("rows"));
        }
        let mut table = Self::of(self.ids.take(rows))?;
        for (name, column) in &self.columns {
            let taken = match column {
                TargetColumn::Number(values) => {
                    TargetColumn::Number(rows.iter().map(|&row| values[row as usize]).collect())
                }
                TargetColumn::Text(levels) => TargetColumn::Text(levels.take(rows)),
            };
            table.columns.push((name.clone(), taken));
        }
        Ok(table)
    }
}

pub(super) fn wrong_type(column: &str, holds: &str) -> Error {
    Error::new(ErrorKind::WrongType, format!("holds {holds}")).on(column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> TargetTable {
        TargetTable::new(&IdColumn::Text(&["b", "a", "c"]))
            .unwrap()
            .with_numbers("score", vec![2.0, 1.0, 3.0])
            .unwrap()
            .with_texts("segment", &IdColumn::Text(&["x", "y", ""]))
            .unwrap()
    }

    #[test]
    fn rows_are_taken_with_their_columns() {
        let taken = table().take(&[2, 0]).unwrap();
        assert_eq!(taken.numbers("score").unwrap(), [3.0, 2.0]);
        assert_eq!(
            (taken.texts("segment").unwrap().get(0), taken.texts("segment").unwrap().get(1)),
            (None, Some("x"))
        );
        assert_eq!(taken.ids().get(0).unwrap().to_string(), "c");
        assert_eq!(table().take(&[3]).unwrap_err().kind(), ErrorKind::OutOfRange);
        assert_eq!(table().take(&[1, 1]).unwrap_err().kind(), ErrorKind::InvalidValue);
    }

    #[test]
    fn columns_are_asked_for_by_name_and_type() {
        assert_eq!(table().numbers("segment").unwrap_err().kind(), ErrorKind::WrongType);
        assert_eq!(table().texts("score").unwrap_err().kind(), ErrorKind::WrongType);
        assert_eq!(
            table().numbers("sore").unwrap_err().to_string(),
            "sore: there is no such column among score, segment"
        );
        assert_eq!(
            table().with_numbers("score", vec![0.0; 3]).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
        assert_eq!(table().with_numbers("x", vec![0.0; 2]).unwrap_err().kind(), ErrorKind::LengthMismatch);
    }
}
