//! What a retention model needs to know: at each period, how many customers could leave and how many did.

use crate::customer::TimeUnit;
use crate::error::{Error, ErrorKind, Result};

/// The most periods of a contract.
const MOST_PERIODS: u32 = 100_000;
/// The most customers of a row.
const MOST_CUSTOMERS: f64 = 1e15;

/// Customers of contracts: how long each was observed, and whether they left.
///
/// A customer who renews t - 1 times and then leaves *churned in period t*; one who is still there after n renewal decisions is *active
/// after n periods*. Cohorts of different ages go into the same data. All that the likelihood needs is kept: the number of customers at
/// risk in each period, and how many of them left.
///
/// ```
/// use crm_core::{clv::RetentionData, customer::TimeUnit};
/// // Of 1,000 customers, 869 renew once, 743 twice and 653 three times.
/// let data = RetentionData::from_survivors(&[1000.0, 869.0, 743.0, 653.0], TimeUnit::YearMean)?;
/// assert_eq!(data.at_risk(), [1000.0, 869.0, 743.0]);
/// assert_eq!(data.churned(), [131.0, 126.0, 90.0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct RetentionData {
    unit: TimeUnit,
    at_risk: Vec<f64>,
    churned: Vec<f64>,
}

impl RetentionData {
    /// Data from rows: periods observed (1 or more), whether the customer left in the last of them, and how many such customers there
    /// are. `unit` is the length of a period.
    ///
    /// # Errors
    /// `Empty` without rows or if all counts are 0; `LengthMismatch`; `InvalidValue` with the row for periods outside 1 to 100,000 and for
    /// counts that are negative or not finite.
    pub fn new(periods: &[u32], churned: &[bool], counts: &[f64], unit: TimeUnit) -> Result<Self> {
        for (argument, length) in [("churned", churned.len()), ("counts", counts.len())] {
            if length != periods.len() {
                let message = format!("has {length} rows where periods has {}", periods.len());
                return Err(Error::new(ErrorKind::LengthMismatch, message).on(argument));
            }
        }
        for (row, (&period, &count)) in periods.iter().zip(counts).enumerate() {
            if !(1..=MOST_PERIODS).contains(&period) {
                let message = format!("{period} is not a number of periods from 1 to {MOST_PERIODS}");
                return Err(Error::new(ErrorKind::InvalidValue, message).on("periods").at_row(row as u64));
            }
            check_count("counts", row, count)?;
        }
        let length =
            periods.iter().zip(counts).filter(|(_, count)| **count > 0.0).map(|(period, _)| *period).max();
        let Some(length) = length else {
            return Err(Error::new(ErrorKind::Empty, "there are no customers").on("counts"));
        };
        let (mut last_seen, mut lost) = (vec![0.0; length as usize], vec![0.0; length as usize]);
        // Sums of counts depend on their order once they are fractions: rows are added up in the order of their values.
        let mut order: Vec<usize> = (0..periods.len()).filter(|&row| counts[row] > 0.0).collect();
        order.sort_by(|&a, &b| counts[a].total_cmp(&counts[b]));
        for row in order {
            let place = periods[row] as usize - 1;
            last_seen[place] += counts[row];
            if churned[row] {
                lost[place] += counts[row];
            }
        }
        let mut still = 0.0;
        for seen in last_seen.iter_mut().rev() {
            still += *seen;
            *seen = still;
        }
        Ok(Self { unit, at_risk: last_seen, churned: lost })
    }

    /// Data of one cohort from its number of survivors: S(0) customers to begin with, of whom S(t) are there after t renewal decisions.
    ///
    /// # Errors
    /// Those of [`from_cohorts`](Self::from_cohorts).
    pub fn from_survivors(survivors: &[f64], unit: TimeUnit) -> Result<Self> {
        Self::from_cohorts(&[survivors], unit)
    }

    /// Data of cohorts, each from its number of survivors S(0), S(1), ...; younger cohorts have shorter rows.
    ///
    /// # Errors
    /// `Empty` without a cohort that has customers and a period; `InvalidValue`, the row being the period, for numbers of survivors that are
    /// negative, not finite, or grow.
    pub fn from_cohorts(cohorts: &[&[f64]], unit: TimeUnit) -> Result<Self> {
        let longest = cohorts.iter().map(|cohort| cohort.len()).max().unwrap_or(0);
        if longest.saturating_sub(1) > MOST_PERIODS as usize {
            return Err(Error::argument("survivors", longest, "at most 100001 numbers"));
        }
        let mut at_risk = vec![0.0; longest.saturating_sub(1)];
        let mut churned = at_risk.clone();
        for cohort in cohorts {
            for (period, &count) in cohort.iter().enumerate() {
                check_count("survivors", period, count)?;
                if period > 0 {
                    let before = cohort[period - 1];
                    if count > before {
                        let message =
                            format!("{count} survivors are more than the {before} of the period before");
                        let error = Error::new(ErrorKind::InvalidValue, message);
                        return Err(error.on("survivors").at_row(period as u64));
                    }
                    at_risk[period - 1] += before;
                    churned[period - 1] += before - count;
                }
            }
        }
        while at_risk.last() == Some(&0.0) {
            at_risk.pop();
            churned.pop();
        }
        if at_risk.is_empty() {
            let message = "there is no cohort with customers and a period after the first number";
            return Err(Error::new(ErrorKind::Empty, message).on("survivors"));
        }
        Ok(Self { unit, at_risk, churned })
    }

    /// The length of a period.
    pub fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// Number of periods observed.
    pub fn periods(&self) -> usize {
        self.at_risk.len()
    }

    /// Customers who were there at the start of period 1, 2, ..., and observed in it.
    pub fn at_risk(&self) -> &[f64] {
        &self.at_risk
    }

    /// Customers who left in period 1, 2, ...
    pub fn churned(&self) -> &[f64] {
        &self.churned
    }

    /// All customers.
    pub fn customers(&self) -> f64 {
        self.at_risk[0]
    }
}

fn check_count(argument: &str, row: usize, count: f64) -> Result<()> {
    if (0.0..=MOST_CUSTOMERS).contains(&count) {
        return Ok(());
    }
    let message = format!("{count} is not a number of customers from 0 to {MOST_CUSTOMERS:e}");
    Err(Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_survivors_say_the_same() {
        let rows = RetentionData::new(
            &[2, 1, 3, 3, 2],
            &[true, true, true, false, false],
            &[126.0, 131.0, 90.0, 653.0, 10.0],
            TimeUnit::YearMean,
        )
        .unwrap();
        let old = [1000.0, 869.0, 743.0, 653.0];
        let young = [10.0, 10.0, 10.0];
        let cohorts = RetentionData::from_cohorts(&[&young, &old], TimeUnit::YearMean).unwrap();
        assert_eq!(rows, cohorts);
        assert_eq!((rows.customers(), rows.periods()), (1010.0, 3));
    }

    #[test]
    fn impossible_data_are_refused_by_row_and_value() {
        let new = |periods: &[u32], counts: &[f64]| {
            RetentionData::new(periods, &vec![true; periods.len()], counts, TimeUnit::Week)
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            new(&[1, 0], &[1.0, 1.0]),
            "periods, row 1: 0 is not a number of periods from 1 to 100000"
        );
        assert_eq!(new(&[1], &[-1.0]), "counts, row 0: -1 is not a number of customers from 0 to 1e15");
        assert_eq!(new(&[1], &[f64::NAN]), "counts, row 0: NaN is not a number of customers from 0 to 1e15");
        assert_eq!(new(&[], &[]), "counts: there are no customers");
        assert_eq!(new(&[5], &[0.0]), "counts: there are no customers");
        assert_eq!(new(&[5], &[]), "counts: has 0 rows where periods has 1");
        let survivors =
            |counts: &[f64]| RetentionData::from_survivors(counts, TimeUnit::Week).unwrap_err().to_string();
        assert_eq!(
            survivors(&[10.0, 11.0]),
            "survivors, row 1: 11 survivors are more than the 10 of the period before"
        );
        let none = "survivors: there is no cohort with customers and a period after the first number";
        assert_eq!(survivors(&[10.0]), none);
        assert_eq!(survivors(&[0.0, 0.0]), none);
        assert_eq!(survivors(&[]), none);
    }
}
