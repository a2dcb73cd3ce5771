//! Columns of rows that an arm is made of.

use super::joint_arm::JointArm;
use super::moments::check_value;
use crate::error::{Error, ErrorKind, Result};

/// Columns of rows, of equal length and borrowed: a value, if wanted its denominator, and covariates.
///
/// ```
/// use crm_core::experiment::{JointArm, Measures};
/// let (revenue, before) = ([1.0, 2.0, 6.0], [0.0, 1.0, 5.0]);
/// let arm = JointArm::from_measures(&Measures::of(&revenue).covariate(&before))?;
/// assert_eq!(arm.value().mean(), 3.0);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Measures<'a> {
    columns: Vec<&'a [f64]>,
    denominator: bool,
}

impl<'a> Measures<'a> {
    /// A value a row.
    pub fn of(value: &'a [f64]) -> Self {
        Self { columns: vec![value], denominator: false }
    }

    /// Sets what the value is divided by in a ratio of sums, such as sessions.
    #[must_use]
    pub fn denominator(mut self, denominator: &'a [f64]) -> Self {
        if self.denominator {
            self.columns[1] = denominator;
        } else {
            self.columns.insert(1, denominator);
        }
        self.denominator = true;
        self
    }

    /// Adds a covariate: a quantity known before the experiment.
    #[must_use]
    pub fn covariate(mut self, covariate: &'a [f64]) -> Self {
        self.columns.push(covariate);
        self
    }

    /// The value.
    pub(super) fn value(&self) -> &'a [f64] {
        self.columns[0]
    }

    /// The same columns with another value.
    pub(super) fn with_value<'b>(&self, value: &'b [f64]) -> Measures<'b>
    where
        'a: 'b,
    {
        let mut columns: Vec<&'b [f64]> = self.columns.clone();
        columns[0] = value;
        Measures { columns, denominator: self.denominator }
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.columns[0].len()
    }

    /// The columns, the value first, then the denominator if there is one, then covariates.
    pub(super) fn columns(&self) -> &[&'a [f64]] {
        &self.columns
    }

    /// The empty arm for these columns.
    pub(super) fn empty(&self) -> Result<JointArm> {
        JointArm::new(self.denominator, self.columns.len() - 1 - usize::from(self.denominator))
    }

    /// Refuses columns of different lengths.
    pub(super) fn check(&self) -> Result<()> {
        let shape = self.empty()?;
        for (place, column) in self.columns.iter().enumerate() {
            if column.len() != self.rows() {
                let message = format!("{} rows, but {} values", column.len(), self.rows());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(shape.column_name(place)));
            }
        }
        Ok(())
    }

    /// Refuses the first value that is NaN or infinite, in the order of the rows.
    pub(super) fn check_values(&self) -> Result<()> {
        let shape = self.empty()?;
        let first = |column: &[f64]| column.iter().position(|value| !value.is_finite());
        let bad =
            self.columns.iter().enumerate().filter_map(|(place, column)| Some((first(column)?, place))).min();
        bad.map_or(Ok(()), |(row, place)| {
            check_value(&shape.column_name(place), row as u64, self.columns[place][row])
        })
    }
}
