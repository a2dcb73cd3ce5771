//! What a loyalty score looks at: one measured side of a customer.

use serde::{Deserialize, Serialize};

use super::decay::{Decay, check_days};
use super::normalization::Normalization;
use crate::error::{Error, ErrorKind, Result};
use crate::math::ordered_bits;
use crate::named::named;

/// Which end of a dimension is the loyal one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Direction {
    /// More is better: orders, value, tenure.
    #[default]
    Higher = 0,
    /// Less is better: days since the last visit, complaints.
    Lower = 1,
}

named! { Direction, "direction", { Higher: "higher", Lower: "lower" } }

/// One side of a customer that a score looks at, with all that its numbers mean.
///
/// Name, direction, unit, window and decay are what a column was measured by: a score refuses a column that was measured otherwise than
/// the one that it was fitted to. The normalisation says how values become numbers from 0 to 1, and only matters when a score is fitted.
///
/// ```
/// use crm_core::loyalty::{Decay, Dimension, Direction, Normalization};
/// let orders = Dimension::new("orders", "orders")?.window(365.0)?.decay(Decay::HalfLife { days: 90.0 })?;
/// let complaints = Dimension::new("complaints", "tickets")?
///     .direction(Direction::Lower)
///     .normalization(Normalization::Anchors { low: 0.0, high: 5.0 })?;
/// assert_eq!((orders.name(), complaints.unit()), ("orders", "tickets"));
/// // Three customers; an event of today, of 90 days ago, and of 400 days ago, which is out of the window.
/// assert_eq!(orders.decayed_sum(3, &[0, 0, 2], &[0.0, 90.0, 400.0], &[1.0, 1.0, 1.0])?, [1.5, 0.0, 0.0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dimension {
    name: String,
    unit: String,
    #[serde(default)]
    direction: Direction,
    #[serde(default)]
    window_days: Option<f64>,
    #[serde(default)]
    decay: Decay,
    #[serde(default)]
    normalization: Normalization,
}

impl Dimension {
    /// A dimension by its name and the unit of its values: more is better, all days count alike, normalised by mid-ranks.
    ///
    /// # Errors
    /// `InvalidArgument` for an empty name or unit.
    pub fn new(name: &str, unit: &str) -> Result<Self> {
        let dimension = Self {
            name: name.to_owned(),
            unit: unit.to_owned(),
            direction: Direction::default(),
            window_days: None,
            decay: Decay::default(),
            normalization: Normalization::default(),
        };
        dimension.check().map(|()| dimension)
    }

    /// A dimension from JSON text; all but `name` and `unit` may be left out.
    ///
    /// ```
    /// use crm_core::loyalty::Dimension;
    /// let text = r#"{"name": "visits", "unit": "visits", "window_days": 90, "decay": {"linear": {"days": 90}},
    ///     "direction": "higher", "normalization": {"min_max": {"tail": 0.05}}}"#;
    /// assert_eq!(Dimension::from_json(text)?.window_days(), Some(90.0));
    /// assert!(Dimension::from_json(r#"{"name": "visits", "unit": ""}"#).is_err());
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// `Parse` if the text is no dimension, `InvalidArgument` for values that make no sense.
    pub fn from_json(text: &str) -> Result<Self> {
        let dimension: Self = serde_json::from_str(text)
            .map_err(|error| Error::new(ErrorKind::Parse, error.to_string()).on("dimension"))?;
        dimension.check().map(|()| dimension)
    }

    /// The dimension as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// Says which end is the loyal one.
    #[must_use]
    pub fn direction(mut self, direction: Direction) -> Self {
        self.direction = direction;
        self
    }

    /// Says how many days up to the date of the score its values are measured over.
    ///
    /// # Errors
    /// `InvalidArgument` unless the number is positive.
    pub fn window(mut self, days: f64) -> Result<Self> {
        self.window_days = Some(days);
        self.check().map(|()| self)
    }

    /// Says how the say of an event fades with its age.
    ///
    /// # Errors
    /// `InvalidArgument` for a span of days that is not positive.
    pub fn decay(mut self, decay: Decay) -> Result<Self> {
        self.decay = decay;
        self.check().map(|()| self)
    }

    /// Says how values become numbers from 0 to 1.
    ///
    /// # Errors
    /// `InvalidArgument` for parameters out of their bounds.
    pub fn normalization(mut self, normalization: Normalization) -> Result<Self> {
        self.normalization = normalization;
        self.check().map(|()| self)
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unit of the values.
    pub fn unit(&self) -> &str {
        &self.unit
    }

    /// Which end is the loyal one.
    pub fn better(&self) -> Direction {
        self.direction
    }

    /// How many days the values are measured over, if not all.
    pub fn window_days(&self) -> Option<f64> {
        self.window_days
    }

    /// How the say of an event fades.
    pub fn fading(&self) -> Decay {
        self.decay
    }

    /// How values become numbers from 0 to 1.
    pub fn normalized_by(&self) -> Normalization {
        self.normalization
    }

    /// The value of each customer from events: `x = sum a_i w(age_i)` over the events within the window, w the decay.
    ///
    /// `rows` holds the customer of each event, from 0 to `customers - 1`, `ages_days` its age at the date of the score and `amounts` what it
    /// counts when new. An event is within the window if its age is below it. Customers without events get 0. The order of the events changes
    /// nothing: amounts are added in ascending order of age, then of amount.
    ///
    /// # Errors
    /// `LengthMismatch` for columns of different lengths; `OutOfRange` for a customer that there is not; `InvalidValue` for an age that is negative
    /// (an event after the date) or not finite, and an amount that is not finite.
    pub fn decayed_sum(
        &self,
        customers: usize,
        rows: &[u32],
        ages_days: &[f64],
        amounts: &[f64],
    ) -> Result<Vec<f64>> {
        for (column, length) in [("ages_days", ages_days.len()), ("amounts", amounts.len())] {
            if length != rows.len() {
                let message = format!("has {length} events, rows has {}", rows.len());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(column));
            }
        }
        if u32::try_from(rows.len()).is_err() {
            let message = format!("{} events are above {} in one call", rows.len(), u32::MAX);
            return Err(Error::new(ErrorKind::OutOfRange, message).on("rows"));
        }
        for event in 0..rows.len() {
            let (row, age, amount) = (rows[event], ages_days[event], amounts[event]);
            let wrong = |kind, message: String, column: &str| {
                Err(Error::new(kind, message).on(column).at_row(event as u64))
            };
            if row as usize >= customers {
                return wrong(ErrorKind::OutOfRange, format!("{row} is not below {customers}"), "rows");
            }
            if !(age >= 0.0 && age.is_finite()) {
                let message = format!("{age} is not an age of 0 or more days");
                return wrong(ErrorKind::InvalidValue, message, "ages_days");
            }
            if !amount.is_finite() {
                return wrong(ErrorKind::InvalidValue, format!("{amount} is not finite"), "amounts");
            }
        }
        let window = self.window_days.unwrap_or(f64::INFINITY);
        let mut order: Vec<u32> =
            (0..rows.len() as u32).filter(|&event| ages_days[event as usize] < window).collect();
        order.sort_unstable_by_key(|&event| {
            let event = event as usize;
            (rows[event], ordered_bits(ages_days[event]), ordered_bits(amounts[event]))
        });
        let mut sums = vec![0.0; customers];
        for event in order.into_iter().map(|event| event as usize) {
            sums[rows[event] as usize] += amounts[event] * self.decay.weight(ages_days[event]);
        }
        match sums.iter().position(|sum| !sum.is_finite()) {
            Some(row) => {
                let message = format!("the sum of customer {row} is too large");
                Err(Error::new(ErrorKind::OutOfRange, message).on("amounts"))
            }
            None => Ok(sums),
        }
    }

    /// Whether another dimension's numbers mean the same.
    ///
    /// # Errors
    /// `Incompatible` naming the first thing that differs.
    pub(super) fn means_the_same(&self, other: &Self) -> Result<()> {
        let window = |days: Option<f64>| days.map_or("all days".to_owned(), |days| format!("{days} days"));
        let decay = |decay: Decay| format!("{decay:?}");
        let sides = [
            ("unit", self.unit.clone(), other.unit.clone()),
            ("direction", self.direction.name().to_owned(), other.direction.name().to_owned()),
            ("window", window(self.window_days), window(other.window_days)),
            ("decay", decay(self.decay), decay(other.decay)),
        ];
        match sides.into_iter().find(|(_, mine, theirs)| mine != theirs) {
            None => Ok(()),
            Some((what, mine, theirs)) => {
                let message = format!("has the {what} {theirs}, the score was fitted to {mine}");
                Err(Error::new(ErrorKind::Incompatible, message).on(self.name.clone()))
            }
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        for (argument, text) in [("name", &self.name), ("unit", &self.unit)] {
            if text.trim().is_empty() {
                return Err(Error::argument(argument, format!("{text:?}"), "a text that is not empty"));
            }
        }
        let named = |error: Error| {
            Error::new(error.kind(), format!("of dimension {}: {error}", self.name)).on("dimension")
        };
        self.window_days.map_or(Ok(()), |days| check_days("window_days", days)).map_err(named)?;
        self.decay.check().map_err(named)?;
        self.normalization.check().map_err(named)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_do_not_depend_on_the_order_of_events() {
        let orders =
            Dimension::new("orders", "orders").unwrap().decay(Decay::HalfLife { days: 7.0 }).unwrap();
        let (rows, ages) = ([1, 0, 1, 1, 0], [3.0, 1.0, 0.1, 9.7, 2.0]);
        let amounts = [0.1, 0.2, 0.3, 1e9, 0.7];
        let sums = orders.decayed_sum(2, &rows, &ages, &amounts).unwrap();
        let turned = |column: [f64; 5]| [4, 3, 2, 1, 0].map(|event: usize| column[event]);
        let again = orders.decayed_sum(2, &[0, 1, 1, 0, 1], &turned(ages), &turned(amounts)).unwrap();
        assert_eq!(sums, again);
    }

    #[test]
    fn events_that_cannot_be_are_named() {
        let orders = Dimension::new("orders", "orders").unwrap();
        let error = |rows: &[u32], ages: &[f64], amounts: &[f64]| {
            orders.decayed_sum(2, rows, ages, amounts).unwrap_err().to_string()
        };
        assert_eq!(error(&[0, 2], &[0.0; 2], &[1.0; 2]), "rows, row 1: 2 is not below 2");
        assert!(error(&[0], &[-1.0], &[1.0]).contains("ages_days, row 0"));
        assert!(error(&[0], &[f64::NAN], &[1.0]).contains("ages_days, row 0"));
        assert!(error(&[0], &[1.0], &[f64::INFINITY]).contains("amounts, row 0"));
        assert!(error(&[0, 0], &[1.0; 2], &[f64::MAX; 2]).contains("customer 0"));
        assert!(error(&[0], &[], &[1.0]).contains("has 0 events"));
    }

    #[test]
    fn another_unit_window_direction_or_decay_is_another_dimension() {
        let visits = || Dimension::new("visits", "visits").unwrap().window(90.0).unwrap();
        assert!(visits().means_the_same(&visits()).is_ok());
        for (other, what) in [
            (Dimension::new("visits", "days").unwrap().window(90.0).unwrap(), "unit"),
            (visits().direction(Direction::Lower), "direction"),
            (visits().window(91.0).unwrap(), "window"),
            (visits().decay(Decay::Window { days: 30.0 }).unwrap(), "decay"),
        ] {
            let error = visits().means_the_same(&other).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Incompatible);
            assert!(error.to_string().contains(what), "{error}");
        }
        // How values are normalised is the score's, not the column's.
        let ranked = visits().normalization(Normalization::ZScore).unwrap();
        assert!(visits().means_the_same(&ranked).is_ok());
    }
}
