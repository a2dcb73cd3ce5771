//! The numbers that are clustered, as the caller holds them.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};

/// The largest magnitude of a value; the squares of larger ones overflow.
const LARGEST: f64 = 1e140;

/// Numbers of customers: a row each, a column a feature. Borrowed, in either layout, and checked once.
///
/// ```
/// use crm_core::segment::Matrix;
/// let rows = Matrix::from_rows(&[1.0, 10.0, 2.0, 20.0, 3.0, 30.0], 2)?;
/// let columns = Matrix::from_columns(&[&[1.0, 2.0, 3.0], &[10.0, 20.0, 30.0]])?;
/// assert_eq!((rows.rows(), rows.features(), rows.value(2, 1)), (3, 2, 30.0));
/// assert_eq!(columns.value(2, 1), 30.0);
/// let wrong = Matrix::from_rows(&[1.0, f64::NAN], 1).unwrap_err();
/// assert_eq!(wrong.to_string(), "feature 0, row 1: NaN is not finite");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Matrix<'a> {
    layout: Layout<'a>,
    rows: usize,
    features: usize,
}

#[derive(Clone, Debug)]
enum Layout<'a> {
    Rows(&'a [f64]),
    Columns(Vec<&'a [f64]>),
}

impl<'a> Matrix<'a> {
    /// Values row by row, as NumPy and ndarray hold them by default.
    ///
    /// # Errors
    /// `InvalidArgument` for 0 features; `Empty` without rows; `LengthMismatch` if the last row is incomplete; `InvalidValue` with the row
    /// for values that are not finite; `OutOfRange` above 1e140 in magnitude or from 4,294,967,295 rows on.
    pub fn from_rows(values: &'a [f64], features: usize) -> Result<Self> {
        if features == 0 {
            return Err(Error::argument("features", 0, "at least 1"));
        }
        if !values.len().is_multiple_of(features) {
            let message = format!("{} values are no whole number of rows of {features}", values.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("values"));
        }
        Self { rows: values.len() / features, features, layout: Layout::Rows(values) }.checked()
    }

    /// Values column by column, as tables hold them.
    ///
    /// # Errors
    /// Those of [`from_rows`](Self::from_rows); `LengthMismatch` if columns differ in length.
    pub fn from_columns(columns: &[&'a [f64]]) -> Result<Self> {
        let Some(first) = columns.first() else {
            return Err(Error::argument("features", 0, "at least 1"));
        };
        if let Some(other) = columns.iter().position(|column| column.len() != first.len()) {
            let message = format!("has {} rows where feature 0 has {}", columns[other].len(), first.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on(format!("feature {other}")));
        }
        Self { rows: first.len(), features: columns.len(), layout: Layout::Columns(columns.to_vec()) }
            .checked()
    }

    fn checked(self) -> Result<Self> {
        if self.rows == 0 {
            return Err(Error::new(ErrorKind::Empty, "there are no rows").on("values"));
        }
        if self.rows >= u32::MAX as usize {
            let message = format!("{} rows are above {}", self.rows, u32::MAX - 1);
            return Err(Error::new(ErrorKind::OutOfRange, message).on("values"));
        }
        let fine = |values: &[f64]| values.iter().fold(true, |fine, value| fine & (value.abs() <= LARGEST));
        let fine = match &self.layout {
            Layout::Rows(values) => fine(values),
            Layout::Columns(columns) => columns.iter().all(|column| fine(column)),
        };
        if fine { Ok(self) } else { Err(self.refusal()) }
    }

    /// The first bad value in the order of the rows.
    fn refusal(&self) -> Error {
        for row in 0..self.rows {
            for feature in 0..self.features {
                let value = self.value(row, feature);
                if value.abs() <= LARGEST {
                    continue;
                }
                let (kind, message) = if value.is_finite() {
                    (ErrorKind::OutOfRange, format!("{value:e} is above {LARGEST:e} in magnitude"))
                } else {
                    (ErrorKind::InvalidValue, format!("{value} is not finite"))
                };
                return Error::new(kind, message).on(format!("feature {feature}")).at_row(row as u64);
            }
        }
        Error::new(ErrorKind::InvalidValue, "a value is not finite").on("values")
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of columns.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The value of a row and a feature, which must be in range.
    pub fn value(&self, row: usize, feature: usize) -> f64 {
        match &self.layout {
            Layout::Rows(values) => values[row * self.features + feature],
            Layout::Columns(columns) => columns[feature][row],
        }
    }

    /// The values of a row.
    pub(super) fn row(&self, row: usize) -> impl Iterator<Item = f64> + '_ {
        (0..self.features).map(move |feature| self.value(row, feature))
    }

    /// Writes the values of a row.
    pub(super) fn read_row(&self, row: usize, into: &mut [f64]) {
        match &self.layout {
            Layout::Rows(values) => into.copy_from_slice(&values[row * self.features..][..self.features]),
            Layout::Columns(columns) => {
                for (value, column) in into.iter_mut().zip(columns) {
                    *value = column[row];
                }
            }
        }
    }

    /// The values of a row, in `room` if they do not lie together.
    #[inline(always)]
    pub(super) fn row_in<'b>(&'b self, row: usize, room: &'b mut [f64]) -> &'b [f64] {
        if let Layout::Rows(values) = &self.layout {
            return &values[row * self.features..][..self.features];
        }
        self.read_row(row, room);
        room
    }

    /// Writes the values of rows that lie together feature by feature, `stride` apart.
    pub(super) fn read_span(&self, rows: Range<usize>, into: &mut [f64], stride: usize) {
        match &self.layout {
            Layout::Rows(values) => {
                let values = &values[rows.start * self.features..rows.end * self.features];
                for (feature, into) in into.chunks_exact_mut(stride).enumerate() {
                    for (into, row) in into.iter_mut().zip(values.chunks_exact(self.features)) {
                        *into = row[feature];
                    }
                }
            }
            Layout::Columns(columns) => {
                for (into, column) in into.chunks_exact_mut(stride).zip(columns) {
                    into[..rows.len()].copy_from_slice(&column[rows.clone()]);
                }
            }
        }
    }

    /// Writes the values of these rows row by row, `stride` apart.
    pub(super) fn read_rows(&self, rows: impl Iterator<Item = u32> + Clone, into: &mut [f64], stride: usize) {
        let into = into.chunks_exact_mut(stride);
        match (&self.layout, self.features) {
            (Layout::Rows(values), 1) => copy_rows::<1>(values, into.zip(rows)),
            (Layout::Rows(values), 2) => copy_rows::<2>(values, into.zip(rows)),
            (Layout::Rows(values), 3) => copy_rows::<3>(values, into.zip(rows)),
            (Layout::Rows(values), 4) => copy_rows::<4>(values, into.zip(rows)),
            (Layout::Rows(values), 5) => copy_rows::<5>(values, into.zip(rows)),
            (Layout::Rows(values), 6) => copy_rows::<6>(values, into.zip(rows)),
            (Layout::Rows(values), 7) => copy_rows::<7>(values, into.zip(rows)),
            (Layout::Rows(values), 8) => copy_rows::<8>(values, into.zip(rows)),
            _ => {
                into.zip(rows).for_each(|(into, row)| self.read_row(row as usize, &mut into[..self.features]))
            }
        }
    }

    /// Writes the values of these rows feature by feature, `stride` apart.
    pub(super) fn read_tile(&self, rows: &[u32], into: &mut [f64], stride: usize) {
        if let [first, .., last] = *rows
            && rows.is_sorted_by(|one, other| one < other)
            && (last - first) as usize + 1 == rows.len()
        {
            return self.read_span(first as usize..last as usize + 1, into, stride);
        }
        match &self.layout {
            Layout::Rows(values) => {
                // Feature by feature although rows lie together: they stay in the nearest cache, and a whole column is written.
                for (feature, into) in into.chunks_exact_mut(stride).enumerate() {
                    for (into, &row) in into.iter_mut().zip(rows) {
                        *into = values[row as usize * self.features + feature];
                    }
                }
            }
            Layout::Columns(columns) => {
                for (into, column) in into.chunks_exact_mut(stride).zip(columns) {
                    for (into, &row) in into.iter_mut().zip(rows) {
                        *into = column[row as usize];
                    }
                }
            }
        }
    }
}

/// Copies rows of a few values: known to the compiler, they are copied on the spot.
fn copy_rows<'a, const FEATURES: usize>(values: &[f64], rows: impl Iterator<Item = (&'a mut [f64], u32)>) {
    let (values, _) = values.as_chunks::<FEATURES>();
    for (into, row) in rows {
        if let Some(into) = into.first_chunk_mut() {
            *into = values[row as usize];
        }
    }
}
