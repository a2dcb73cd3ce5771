//! What a spend model needs to know of each customer.

use super::data::same_length;
use super::numbers::Numbers;
use crate::customer::{CustomerBase, Policy};
use crate::error::{Error, ErrorKind, Result};

/// The most purchases of one customer.
const MOST_PURCHASES: f64 = 1e9;

/// Number of repeat purchases and their mean amount, of each customer.
///
/// Customers without a repeat purchase stay in the data and out of the likelihood; their mean is not kept. A purchase of amount 0 counts:
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
    repeat_purchases: Numbers,
    /// Of those with repeat purchases, in their order.
    means: Vec<f64>,
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
        Self::from_numbers(repeat_purchases.into(), mean_spend.to_vec(), without_spend)
    }

    /// [`new`](Self::new) from columns that are not needed any more, counts collected piece by piece.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn from_numbers(
        repeat_purchases: Numbers,
        mean_spend: Vec<f64>,
        without_spend: Policy,
    ) -> Result<Self> {
        let excluded = check(&repeat_purchases, mean_spend.len(), |row| mean_spend[row], without_spend)?;
        let returned = || (0..repeat_purchases.len()).filter(|&row| repeat_purchases.get(row) > 0.0);
        let count = returned().count();
        let means = if count == mean_spend.len() {
            mean_spend
        } else {
            let mut means = Vec::with_capacity(count);
            means.extend(returned().map(|row| mean_spend[row]));
            means
        };
        Ok(Self { repeat_purchases, means, weights: None, currency: None, excluded })
    }

    /// The data of a customer base: repeat purchases and their mean amount, returns not subtracted.
    ///
    /// # Errors
    /// Those of [`new`](Self::new); `MissingColumn` if the log has no amounts.
    pub fn from_base(base: &CustomerBase, without_spend: Policy) -> Result<Self> {
        if !base.has_amounts() {
            return Err(Error::new(ErrorKind::MissingColumn, "the log has no amounts").on("amount"));
        }
        let rows = 0..base.len();
        let repeat_purchases = rows.clone().map(|row| f64::from(base.repeat_purchases(row))).collect();
        let mean = |row| base.mean_repeat_amount(row);
        let excluded = check(&repeat_purchases, base.len(), mean, without_spend)?;
        let mut means: Vec<f64> = rows.filter(|&row| base.repeat_purchases(row) > 0).map(mean).collect();
        means.shrink_to_fit();
        let currency = base.currency().map(str::to_owned);
        Ok(Self { repeat_purchases, means, weights: None, currency, excluded })
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
        self.len() == 0
    }

    /// Customers with repeat purchases of a mean of 0 or less, which are left out of the likelihood.
    pub fn excluded(&self) -> u64 {
        self.excluded
    }

    /// Purchases after the first, of each customer, written out.
    pub fn repeat_purchases(&self) -> Vec<f64> {
        self.repeat_purchases.to_vec()
    }

    /// The mean amount of these, of each customer, written out; 0 for those without any.
    pub fn mean_spend(&self) -> Vec<f64> {
        self.rows().map(|(_, mean)| mean).collect()
    }

    /// Repeat purchases and their mean amount, of each customer.
    pub(super) fn rows(&self) -> impl ExactSizeIterator<Item = (f64, f64)> + '_ {
        let mut means = self.means.iter().copied();
        (0..self.len()).map(move |row| {
            let x = self.repeat_purchases.get(row);
            // Those with repeat purchases have a mean each.
            (x, if x > 0.0 { means.next().unwrap_or(0.0) } else { 0.0 })
        })
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

/// How many customers are left out, if the data are fine; so many rows have a mean.
fn check(
    repeat_purchases: &Numbers,
    rows: usize,
    mean: impl Fn(usize) -> f64,
    without_spend: Policy,
) -> Result<u64> {
    if without_spend == Policy::Keep {
        let accepted = "exclude or raise: the model has no place for a mean of 0 or less";
        return Err(Error::argument("without_spend", "keep", accepted));
    }
    same_length("mean_spend", rows, repeat_purchases.len())?;
    if rows == 0 {
        return Err(Error::new(ErrorKind::Empty, "there are no customers").on("repeat_purchases"));
    }
    let mut excluded = 0;
    for row in 0..rows {
        let (x, mean) = (repeat_purchases.get(row), mean(row));
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
    Ok(excluded)
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
