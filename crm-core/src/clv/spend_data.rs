//! What a spend model needs to know of each customer.

use crate::customer::{CustomerBase, Policy};
use crate::error::{Error, ErrorKind, Result};

/// The most purchases of one customer.
const MOST_PURCHASES: f64 = 1e9;

/// Number of repeat purchases and their mean amount, of each customer.
///
/// Customers without a repeat purchase stay in the data and out of the likelihood; their mean is not read. A purchase of amount 0 counts:
/// `x` is the number of repeat days, and the mean is over all of them. A customer whose mean is 0 or negative has no place in a model of
/// positive amounts: a policy says whether to leave such customers out of the likelihood, and count them, or to refuse the data.
///
/// ```
/// use crm_core::{clv::SpendData, customer::Policy};
/// let data = SpendData::new(&[2.0, 0.0, 1.0, 3.0], &[22.35, 0.0, 0.0, 14.77], Policy::Exclude)?;
/// assert_eq!((data.len(), data.excluded()), (4, 1));
/// let refused = SpendData::new(&[2.0, 1.0], &[22.35, -3.0], Policy::Raise).unwrap_err();
/// assert_eq!(refused.to_string(), "mean_spend, row 1: -3 is not above 0");
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SpendData {
    repeat_purchases: Vec<f64>,
    mean_spend: Vec<f64>,
    weights: Option<Vec<f64>>,
    currency: Option<String>,
    excluded: u64,
}

impl SpendData {
    /// Data from columns of equal length. `without_spend` says what to do with customers whose repeat purchases have a mean of 0 or
    /// less: exclude them from the likelihood, or raise.
    ///
    /// # Errors
    /// `Empty` without rows; `LengthMismatch`; `InvalidArgument` for the policy `Keep`; `InvalidValue` with the row for counts that are not
    /// whole, means that are not finite, and means of 0 or less if the policy is to raise.
    pub fn new(repeat_purchases: &[f64], mean_spend: &[f64], without_spend: Policy) -> Result<Self> {
        Self::check(repeat_purchases.to_vec(), mean_spend.to_vec(), None, without_spend)
    }

    /// The data of a customer base: repeat purchases and their mean amount, returns not subtracted.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); `MissingColumn` if the log has no amounts.
    pub fn from_base(base: &CustomerBase, without_spend: Policy) -> Result<Self> {
        if !base.has_amounts() {
            return Err(Error::new(ErrorKind::MissingColumn, "the log has no amounts").on("amount"));
        }
        let customers = 0..base.len();
        let counts = customers.clone().map(|customer| f64::from(base.repeat_purchases(customer))).collect();
        let means = customers.map(|customer| base.mean_repeat_amount(customer)).collect();
        Self::check(counts, means, base.currency().map(str::to_owned), without_spend)
    }

    fn check(
        repeat_purchases: Vec<f64>,
        mean_spend: Vec<f64>,
        currency: Option<String>,
        without_spend: Policy,
    ) -> Result<Self> {
        if without_spend == Policy::Keep {
            let accepted = "exclude or raise: the model has no place for a mean of 0 or less";
            return Err(Error::argument("without_spend", "keep", accepted));
        }
        same_length("mean_spend", mean_spend.len(), repeat_purchases.len())?;
        if repeat_purchases.is_empty() {
            return Err(Error::new(ErrorKind::Empty, "there are no customers").on("repeat_purchases"));
        }
        let mut excluded = 0;
        for (row, (&x, &mean)) in repeat_purchases.iter().zip(&mean_spend).enumerate() {
            let refuse = |argument: &str, message: String| {
                Err(Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64))
            };
            if !((0.0..=MOST_PURCHASES).contains(&x) && x.fract() == 0.0) {
                let message = format!("{x} is not a whole number from 0 to {MOST_PURCHASES}");
                return refuse("repeat_purchases", message);
            }
            if x > 0.0 && !mean.is_finite() {
                return refuse("mean_spend", format!("{mean} is not finite"));
            }
            if x > 0.0 && mean <= 0.0 {
                if without_spend == Policy::Raise {
                    return refuse("mean_spend", format!("{mean} is not above 0"));
                }
                excluded += 1;
            }
        }
        Ok(Self { repeat_purchases, mean_spend, weights: None, currency, excluded })
    }

    /// Counts each row so many times; fractions are allowed.
    ///
    /// # Errors
    /// `LengthMismatch`; `InvalidValue` with the row for weights that are negative or not finite.
    pub fn with_weights(mut self, weights: &[f64]) -> Result<Self> {
        same_length("weights", weights.len(), self.len())?;
        if let Some(row) = weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
            let message = format!("{} is not a finite weight of 0 or more", weights[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on("weights").at_row(row as u64));
        }
        self.weights = Some(weights.to_vec());
        Ok(self)
    }

    /// Names the currency of the amounts.
    #[must_use]
    pub fn in_currency(mut self, currency: &str) -> Self {
        self.currency = Some(currency.to_owned());
        self
    }

    /// Number of customers.
    pub fn len(&self) -> usize {
        self.repeat_purchases.len()
    }

    /// Whether there are none; there always are.
    pub fn is_empty(&self) -> bool {
        self.repeat_purchases.is_empty()
    }

    /// Customers with repeat purchases of a mean of 0 or less, which are left out of the likelihood.
    pub fn excluded(&self) -> u64 {
        self.excluded
    }

    /// Purchases after the first, of each customer.
    pub fn repeat_purchases(&self) -> &[f64] {
        &self.repeat_purchases
    }

    /// The mean amount of these, of each customer.
    pub fn mean_spend(&self) -> &[f64] {
        &self.mean_spend
    }

    /// How often each row counts, if not once.
    pub fn weights(&self) -> Option<&[f64]> {
        self.weights.as_deref()
    }

    /// The currency of the amounts, if it is known.
    pub fn currency(&self) -> Option<&str> {
        self.currency.as_deref()
    }
}

fn same_length(argument: &str, length: usize, rows: usize) -> Result<()> {
    if length == rows {
        return Ok(());
    }
    let message = format!("has {length} rows where repeat_purchases has {rows}");
    Err(Error::new(ErrorKind::LengthMismatch, message).on(argument))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn impossible_customers_are_refused_by_row_and_value() {
        let new = |x: f64, mean: f64| {
            SpendData::new(&[1.0, x], &[5.0, mean], Policy::Raise).map(|_| ()).unwrap_err().to_string()
        };
        assert_eq!(new(0.5, 1.0), "repeat_purchases, row 1: 0.5 is not a whole number from 0 to 1000000000");
        assert_eq!(
            new(f64::NAN, 1.0),
            "repeat_purchases, row 1: NaN is not a whole number from 0 to 1000000000"
        );
        assert_eq!(new(1.0, f64::NAN), "mean_spend, row 1: NaN is not finite");
        assert_eq!(new(1.0, 0.0), "mean_spend, row 1: 0 is not above 0");
        assert!(SpendData::new(&[0.0], &[f64::NAN], Policy::Raise).is_ok());
        assert_eq!(
            SpendData::new(&[1.0], &[1.0], Policy::Keep).unwrap_err().kind(),
            ErrorKind::InvalidArgument
        );
        assert_eq!(SpendData::new(&[], &[], Policy::Raise).unwrap_err().kind(), ErrorKind::Empty);
        assert_eq!(SpendData::new(&[1.0], &[], Policy::Raise).unwrap_err().kind(), ErrorKind::LengthMismatch);
        let data = SpendData::new(&[1.0], &[1.0], Policy::Raise).unwrap();
        assert_eq!(data.clone().with_weights(&[-1.0]).unwrap_err().kind(), ErrorKind::InvalidValue);
        assert_eq!(data.with_weights(&[]).unwrap_err().kind(), ErrorKind::LengthMismatch);
    }
}
