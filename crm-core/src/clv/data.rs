//! What a purchase model needs to know of each customer.

use super::numbers::Numbers;
use super::process::Row;
use crate::customer::{CustomerBase, Day, Opportunities, TimeUnit};
use crate::error::{Error, ErrorKind, Result};

/// The most repeat purchases of one customer.
const MOST_PURCHASES: f64 = 1e9;
/// The largest age.
const LONGEST_AGE: f64 = 1e15;

/// The days that data describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct DataWindow {
    /// The first day of the log.
    pub start: Day,
    /// The day whose end the data describe.
    pub as_of: Day,
}

/// Repeat purchases, age at the last one and age of each customer, with the unit of the ages.
///
/// Counts, and ages in days, take one or two bytes each as long as there are no more than 65,535 different ones; others take eight.
///
/// | column | papers | unit |
/// | --- | --- | --- |
/// | `repeat_purchases` | x | days with a purchase after the first; for BG/BB opportunities taken |
/// | `last_purchase_age` | `t_x` | time unit from the first purchase to the last |
/// | `age` | T, for BG/BB n | time unit from the first purchase to the end of the data |
///
/// ```
/// use crm_core::{clv::PurchaseData, customer::TimeUnit};
/// let data = PurchaseData::new(&[2.0, 0.0], &[30.43, 0.0], &[38.86, 38.86], TimeUnit::Week)?;
/// assert_eq!(data.len(), 2);
/// let wrong = PurchaseData::new(&[2.0], &[40.0], &[38.86], TimeUnit::Week).unwrap_err();
/// assert_eq!(wrong.to_string(), "last_purchase_age, row 0: 40 is above the age, 38.86");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct PurchaseData {
    unit: TimeUnit,
    window: Option<DataWindow>,
    repeat_purchases: Numbers,
    last_purchase_age: Numbers,
    age: Numbers,
    weights: Option<Vec<f64>>,
    covariates: Vec<(String, Vec<f64>)>,
}

impl PurchaseData {
    /// Data from columns of equal length.
    ///
    /// # Errors
    /// `Empty` without rows; `LengthMismatch`; `InvalidValue` with the row for numbers that no customer can have: NaN, infinite or
    /// negative ones, fractional counts, a last purchase after the end or, with repeat purchases, at age 0.
    pub fn new(
        repeat_purchases: &[f64],
        last_purchase_age: &[f64],
        age: &[f64],
        unit: TimeUnit,
    ) -> Result<Self> {
        Self::from_numbers(repeat_purchases.into(), last_purchase_age.into(), age.into(), unit)
    }

    /// [`new`](Self::new) from columns that were collected piece by piece.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn from_numbers(
        repeat_purchases: Numbers,
        last_purchase_age: Numbers,
        age: Numbers,
        unit: TimeUnit,
    ) -> Result<Self> {
        let rows = repeat_purchases.len();
        same_length("last_purchase_age", last_purchase_age.len(), rows)?;
        same_length("age", age.len(), rows)?;
        if rows == 0 {
            return Err(Error::new(ErrorKind::Empty, "there are no customers").on("repeat_purchases"));
        }
        let data = Self {
            unit,
            window: None,
            repeat_purchases,
            last_purchase_age,
            age,
            weights: None,
            covariates: Vec::new(),
        };
        for row in 0..rows {
            let Row { x, last, age } = data.row(row);
            let fine = (0.0..=MOST_PURCHASES).contains(&x)
                && x.fract() == 0.0
                && age <= LONGEST_AGE
                && last <= age
                && (if x == 0.0 { last == 0.0 } else { last > 0.0 });
            if !fine {
                return Err(refusal(x, last, age).at_row(row as u64));
            }
        }
        Ok(data)
    }

    /// The data of a customer base, in its time unit.
    pub fn from_base(base: &CustomerBase) -> Self {
        let rows = 0..base.len();
        Self {
            unit: base.time_unit(),
            window: Some(DataWindow { start: base.data_start(), as_of: base.as_of() }),
            repeat_purchases: rows.clone().map(|row| f64::from(base.repeat_purchases(row))).collect(),
            last_purchase_age: rows.clone().map(|row| base.last_purchase_age(row)).collect(),
            age: rows.map(|row| base.age(row)).collect(),
            weights: None,
            covariates: Vec::new(),
        }
    }

    /// The data of opportunities for BG/BB: purchases are opportunities taken, ages their numbers.
    pub fn from_opportunities(opportunities: &Opportunities) -> Self {
        let column = |counts: &[u32]| counts.iter().map(|&count| f64::from(count)).collect();
        Self {
            unit: opportunities.time_unit(),
            window: None,
            repeat_purchases: column(opportunities.taken()),
            last_purchase_age: column(opportunities.last_taken()),
            age: column(opportunities.available()),
            weights: None,
            covariates: Vec::new(),
        }
    }

    /// Data of customers who have just made their first purchase, for predictions of newcomers.
    ///
    /// # Errors
    /// `InvalidArgument` for 0 customers.
    pub fn newcomers(customers: usize, unit: TimeUnit) -> Result<Self> {
        if customers == 0 {
            return Err(Error::argument("customers", 0, "at least 1"));
        }
        let zeros = || std::iter::repeat_n(0.0, customers).collect();
        Self::from_numbers(zeros(), zeros(), zeros(), unit)
    }

    /// Counts each row so many times; fractions are allowed.
    ///
    /// # Errors
    /// `LengthMismatch`; `InvalidValue` with the row for weights that are negative or not finite, or if all are 0.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self> {
        same_length("weights", weights.len(), self.len())?;
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            let message = format!("{} is not a finite weight of 0 or more", weights[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on("weights").at_row(row as u64));
        }
        if weights.iter().all(|&weight| weight == 0.0) {
            return Err(Error::new(ErrorKind::InvalidValue, "all weights are 0").on("weights"));
        }
        self.weights = Some(weights.to_vec());
        Ok(self)
    }

    /// Adds a column that does not change over time, for models with covariates. Categories come as indicator columns.
    ///
    /// # Errors
    /// `LengthMismatch`; `InvalidArgument` for a name that is empty or taken; `InvalidValue` with the row for values that are not finite.
    pub fn with_covariate(mut self, name: &str, values: &[f64]) -> Result<Self> {
        same_length(name, values.len(), self.len())?;
        if name.is_empty() || self.covariates.iter().any(|(taken, _)| taken == name) {
            return Err(Error::argument("covariate", format!("{name:?}"), "a new name for each column"));
        }
        if let Some(row) = values.iter().position(|value| !value.is_finite()) {
            let message = format!("{} is not finite", values[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on(name).at_row(row as u64));
        }
        // Adding 0 turns -0 into 0, so that equal values have equal bits.
        self.covariates.push((name.to_owned(), values.iter().map(|value| value + 0.0).collect()));
        Ok(self)
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.repeat_purchases.len()
    }

    /// Whether there are none; there always are.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The unit of the ages.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// The days that the data describe, if they come from a base.
    pub fn window(&self) -> Option<DataWindow> {
        self.window
    }

    /// Purchases after the first, of each customer, written out.
    pub fn repeat_purchases(&self) -> Vec<f64> {
        self.repeat_purchases.to_vec()
    }

    /// Age at the last purchase, of each customer, written out.
    pub fn last_purchase_age(&self) -> Vec<f64> {
        self.last_purchase_age.to_vec()
    }

    /// Time from the first purchase to the end of the data, of each customer, written out.
    pub fn age(&self) -> Vec<f64> {
        self.age.to_vec()
    }

    /// Some of the rows.
    pub(super) fn slice(&self, rows: std::ops::Range<usize>) -> Self {
        let of = |column: &[f64]| column[rows.clone()].to_vec();
        let covariates = self.covariates.iter().map(|(name, values)| (name.clone(), of(values)));
        Self {
            repeat_purchases: self.repeat_purchases.slice(rows.clone()),
            last_purchase_age: self.last_purchase_age.slice(rows.clone()),
            age: self.age.slice(rows.clone()),
            weights: self.weights.as_deref().map(of),
            covariates: covariates.collect(),
            ..*self
        }
    }

    /// A row as the models see it.
    pub(super) fn row(&self, row: usize) -> Row {
        let (x, last, age) = (&self.repeat_purchases, &self.last_purchase_age, &self.age);
        Row { x: x.get(row), last: last.get(row), age: age.get(row) }
    }

    /// x, T and `t_x`.
    pub(super) fn columns(&self) -> [&Numbers; 3] {
        [&self.repeat_purchases, &self.age, &self.last_purchase_age]
    }

    /// How often each row counts, if not once.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The values of a covariate.
    ///
    /// # Errors
    /// `MissingColumn` if there is none of that name.
    pub fn covariate(&self, name: &str) -> Result<&[f64]> {
        self.covariates
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, values)| values.as_slice())
            .ok_or_else(|| {
                Error::new(ErrorKind::MissingColumn, "the data have no covariate of this name").on(name)
            })
    }
}

pub(super) fn same_length(argument: &str, length: usize, rows: usize) -> Result<()> {
    if length == rows {
        return Ok(());
    }
    let message = format!("has {length} rows where repeat_purchases has {rows}");
    Err(Error::new(ErrorKind::LengthMismatch, message).on(argument))
}

/// Says what is wrong with a row.
fn refusal(x: f64, last: f64, age: f64) -> Error {
    let bad = |argument: &str, message: String| Error::new(ErrorKind::InvalidValue, message).on(argument);
    if !((0.0..=MOST_PURCHASES).contains(&x) && x.fract() == 0.0) {
        return bad("repeat_purchases", format!("{x} is not a whole number from 0 to {MOST_PURCHASES}"));
    }
    if !(0.0..=LONGEST_AGE).contains(&age) {
        return bad("age", format!("{age} is not a time from 0 to {LONGEST_AGE:e}"));
    }
    if last > age {
        return bad("last_purchase_age", format!("{last} is above the age, {age}"));
    }
    if x == 0.0 {
        return bad("last_purchase_age", format!("{last} is not 0, and there is no repeat purchase"));
    }
    bad("last_purchase_age", format!("{last} is not a time above 0, and there are {x} repeat purchases"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_customers_are_refused_by_row_and_value() {
        for (x, last, age, text) in [
            (-1.0, 0.0, 1.0, "repeat_purchases, row 1: -1 is not a whole number from 0 to 1000000000"),
            (0.5, 0.1, 1.0, "repeat_purchases, row 1: 0.5 is not a whole number from 0 to 1000000000"),
            (f64::NAN, 0.0, 1.0, "repeat_purchases, row 1: NaN is not a whole number from 0 to 1000000000"),
            (1.0, 0.5, f64::INFINITY, "age, row 1: inf is not a time from 0 to 1e15"),
            (1.0, 0.5, f64::NAN, "age, row 1: NaN is not a time from 0 to 1e15"),
            (0.0, 0.0, -1.0, "age, row 1: -1 is not a time from 0 to 1e15"),
            (1.0, 3.0, 2.0, "last_purchase_age, row 1: 3 is above the age, 2"),
            (0.0, 1.0, 2.0, "last_purchase_age, row 1: 1 is not 0, and there is no repeat purchase"),
            (
                2.0,
                0.0,
                2.0,
                "last_purchase_age, row 1: 0 is not a time above 0, and there are 2 repeat purchases",
            ),
            (
                2.0,
                f64::NAN,
                2.0,
                "last_purchase_age, row 1: NaN is not a time above 0, and there are 2 repeat purchases",
            ),
        ] {
            let error = PurchaseData::new(&[0.0, x], &[0.0, last], &[5.0, age], TimeUnit::Week).unwrap_err();
            assert_eq!(error.to_string(), text);
        }
    }
}
