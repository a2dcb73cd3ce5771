//! Validation: what a model expected against what customers did.
//!
//! All of it is arithmetic on columns, one row a customer, whatever model the expectations come from. Sums carry their rounding
//! errors along, so the order of customers changes results by a unit in the last place at most.

use crate::customer::{Day, PeriodActivity, TimeUnit};
use crate::error::{Error, ErrorKind, Result};

/// A sum with the error of each addition kept (Neumaier 1974, "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher
/// Summen", ZAMM 54(1)).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    sum: f64,
    lost: f64,
}

impl Sum {
    pub(super) fn add(&mut self, value: f64) {
        let sum = self.sum + value;
        self.lost +=
            if self.sum.abs() >= value.abs() { self.sum - sum + value } else { value - sum + self.sum };
        self.sum = sum;
    }

    pub(super) fn value(self) -> f64 {
        // Past the largest double the lost part is infinity minus infinity.
        if self.sum.is_finite() { self.sum + self.lost } else { self.sum }
    }

    pub(super) fn of(values: impl IntoIterator<Item = f64>) -> f64 {
        let mut sum = Self::default();
        for value in values {
            sum.add(value);
        }
        sum.value()
    }
}

fn check_column(argument: &str, values: &[f64], rows: usize) -> Result<()> {
    if values.len() != rows {
        let message = format!("has {} rows where predicted has {rows}", values.len());
        return Err(Error::new(ErrorKind::LengthMismatch, message).on(argument));
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(row) => {
            let message = format!("{} is not finite", values[row]);
            Err(Error::new(ErrorKind::InvalidValue, message).on(argument).at_row(row as u64))
        }
        None => Ok(()),
    }
}

pub(super) fn check_pair(predicted: &[f64], actual: &[f64]) -> Result<()> {
    if predicted.is_empty() {
        return Err(Error::new(ErrorKind::Empty, "there are no customers").on("predicted"));
    }
    check_column("predicted", predicted, predicted.len())?;
    check_column("actual", actual, predicted.len())
}

/// How far predictions for single customers were from what they did.
///
/// With p the predictions, a the actual values and n customers:
///
/// - mean absolute error: `sum |p - a| / n`
/// - root mean squared error: `sqrt(sum (p - a)^2 / n)`
/// - mean error (bias): `sum (p - a) / n`, above 0 if too much was predicted
/// - total error: `sum p / sum a - 1`
///
/// ```
/// use crm_core::clv::HoldoutAccuracy;
/// let accuracy = HoldoutAccuracy::new(&[1.0, 2.0], &[0.0, 4.0])?;
/// assert_eq!((accuracy.mean_absolute_error, accuracy.mean_error), (1.5, -0.5));
/// assert_eq!(accuracy.total_error, Some(-0.25));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct HoldoutAccuracy {
    /// Number of customers.
    pub customers: u64,
    /// MAE.
    pub mean_absolute_error: f64,
    /// RMSE.
    pub root_mean_squared_error: f64,
    /// Bias: prediction less actual value.
    pub mean_error: f64,
    /// Sum of the predictions.
    pub total_predicted: f64,
    /// Sum of the actual values.
    pub total_actual: f64,
    /// Total predicted over total actual, less 1 (0.05: 5 % too much); `None` if the actual total is not above 0.
    pub total_error: Option<f64>,
    /// Pearson's correlation of both; `None` if either is the same for all customers.
    pub correlation: Option<f64>,
}

impl HoldoutAccuracy {
    /// Compares predictions with what customers did.
    ///
    /// # Errors
    /// `Empty` without customers; `LengthMismatch`; `InvalidValue` with the row for values that are not finite; `OutOfRange` if
    /// their squares add up to more than a double holds.
    pub fn new(predicted: &[f64], actual: &[f64]) -> Result<Self> {
        check_pair(predicted, actual)?;
        let n = predicted.len() as f64;
        let pairs = || predicted.iter().zip(actual);
        let total_predicted = Sum::of(predicted.iter().copied());
        let total_actual = Sum::of(actual.iter().copied());
        let squares = Sum::of(pairs().map(|(p, a)| (p - a) * (p - a)));
        let absolute = Sum::of(pairs().map(|(p, a)| (p - a).abs()));
        let (mean_p, mean_a) = (total_predicted / n, total_actual / n);
        let moment = |x: fn(f64, f64) -> f64| Sum::of(pairs().map(|(p, a)| x(p - mean_p, a - mean_a)));
        let (spread_p, spread_a, joint) = (moment(|p, _| p * p), moment(|_, a| a * a), moment(|p, a| p * a));
        if ![squares, absolute, spread_p, spread_a, joint].iter().all(|sum| sum.is_finite()) {
            return Err(
                Error::new(ErrorKind::OutOfRange, "squares add up to more than 1.8e308").on("predicted")
            );
        }
        let constant = |values: &[f64]| values.iter().all(|value| *value == values[0]);
        let scale = spread_p.sqrt() * spread_a.sqrt();
        let correlation = (!constant(predicted) && !constant(actual) && scale > 0.0)
            .then(|| (joint / scale).clamp(-1.0, 1.0));
        Ok(Self {
            customers: predicted.len() as u64,
            mean_absolute_error: absolute / n,
            root_mean_squared_error: (squares / n).sqrt(),
            mean_error: Sum::of(pairs().map(|(p, a)| p - a)) / n,
            total_predicted,
            total_actual,
            total_error: (total_actual > 0.0)
                .then(|| total_predicted / total_actual - 1.0)
                .filter(|error| error.is_finite()),
            correlation,
        })
    }
}

/// Customers put together, with what was expected of them and what they did.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ComparisonBin {
    /// The lowest value of the bin.
    pub from: f64,
    /// The upper end of the bin: for frequencies the highest, which is infinite for the last; for other values the next bin's lowest.
    pub to: f64,
    /// Number of customers.
    pub customers: u64,
    /// Mean of what they did; `None` without customers, as the other mean.
    pub mean_actual: Option<f64>,
    /// Mean of the predictions.
    pub mean_predicted: Option<f64>,
}

/// Where bins lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum BinEdges<'a> {
    /// So many bins of equal width from the lowest to the highest value; one bin if all values are equal.
    EqualWidth(u32),
    /// Ascending edges, one more than bins, which must hold all values.
    At(&'a [f64]),
}

/// Actual against expected behaviour by bins of what was known before.
#[derive(Clone, Debug, PartialEq)]
pub struct BinnedComparison {
    bins: Vec<ComparisonBin>,
}

/// The most bins that one table has.
const MOST_BINS: u32 = 10_000;

impl BinnedComparison {
    /// By repeat purchases in the calibration period: one bin for each of 0, 1, 2 ... and a last one for `last` and more.
    ///
    /// # Errors
    /// `Empty` without customers; `LengthMismatch`; `InvalidValue` with the row for values that are not finite or frequencies that
    /// are not whole numbers of 0 or more; `InvalidArgument` if `last` is above 9,999.
    pub fn by_frequency(
        repeat_purchases: &[f64],
        predicted: &[f64],
        actual: &[f64],
        last: u32,
    ) -> Result<Self> {
        check_pair(predicted, actual)?;
        check_column("repeat_purchases", repeat_purchases, predicted.len())?;
        if last >= MOST_BINS {
            return Err(Error::argument("last", last, "at most 9999"));
        }
        if let Some(row) = repeat_purchases.iter().position(|x| *x < 0.0 || x.fract() != 0.0) {
            let message = format!("{} is not a whole number of 0 or more", repeat_purchases[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message)
                .on("repeat_purchases")
                .at_row(row as u64));
        }
        let bounds = (0..=last).map(|x| (f64::from(x), if x == last { f64::INFINITY } else { f64::from(x) }));
        let place = |row: usize| repeat_purchases[row].min(f64::from(last)) as usize;
        Ok(Self::collect(bounds.collect(), place, predicted, actual))
    }

    /// By bins of any value, such as the age at the last purchase or the time since: `from <= value < to`, the last bin with its
    /// upper end.
    ///
    /// # Errors
    /// `Empty` without customers; `LengthMismatch`; `InvalidArgument` for edges that do not ascend or are fewer than two, and for
    /// no bins or more than 10,000; `InvalidValue` with the row for values that are not finite or outside the edges.
    pub fn by_value(values: &[f64], edges: BinEdges<'_>, predicted: &[f64], actual: &[f64]) -> Result<Self> {
        check_pair(predicted, actual)?;
        check_column("values", values, predicted.len())?;
        let edges = match edges {
            BinEdges::EqualWidth(bins) => equal_width(values, bins)?,
            BinEdges::At(edges) => {
                let ascending = edges.windows(2).all(|pair| pair[0] < pair[1]);
                if edges.len() < 2 || edges.len() > MOST_BINS as usize + 1 || !ascending {
                    return Err(Error::argument(
                        "edges",
                        format!("{edges:?}"),
                        "2 to 10001 ascending numbers",
                    ));
                }
                edges.to_vec()
            }
        };
        let (low, high) = (edges[0], edges[edges.len() - 1]);
        if let Some(row) = values.iter().position(|value| *value < low || *value > high) {
            let message = format!("{} is outside the edges, {low} to {high}", values[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on("values").at_row(row as u64));
        }
        let bounds: Vec<(f64, f64)> = match edges.len() {
            1 => vec![(low, low)],
            _ => edges.windows(2).map(|pair| (pair[0], pair[1])).collect(),
        };
        let last = bounds.len() - 1;
        let place =
            |row: usize| edges.partition_point(|edge| *edge <= values[row]).saturating_sub(1).min(last);
        Ok(Self::collect(bounds, place, predicted, actual))
    }

    fn collect(
        bounds: Vec<(f64, f64)>,
        place: impl Fn(usize) -> usize,
        predicted: &[f64],
        actual: &[f64],
    ) -> Self {
        let mut sums = vec![(0u64, Sum::default(), Sum::default()); bounds.len()];
        for row in 0..predicted.len() {
            let sum = &mut sums[place(row)];
            sum.0 += 1;
            sum.1.add(actual[row]);
            sum.2.add(predicted[row]);
        }
        let bins = bounds.into_iter().zip(sums).map(|((from, to), (customers, actual, predicted))| {
            let mean = |sum: Sum| (customers > 0).then(|| sum.value() / customers as f64);
            let (mean_actual, mean_predicted) = (mean(actual), mean(predicted));
            ComparisonBin { from, to, customers, mean_actual, mean_predicted }
        });
        Self { bins: bins.collect() }
    }

    /// The bins in order, those without customers included.
    pub fn bins(&self) -> &[ComparisonBin] {
        &self.bins
    }
}

/// Edges from the lowest to the highest value; one edge if both are equal.
fn equal_width(values: &[f64], bins: u32) -> Result<Vec<f64>> {
    if bins == 0 || bins > MOST_BINS {
        return Err(Error::argument("bins", bins, "between 1 and 10000"));
    }
    let low = values.iter().copied().fold(f64::INFINITY, f64::min) + 0.0;
    let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max) + 0.0;
    // Weights of both ends, because the difference of two finite numbers may be infinite.
    let edge = |k: u32| {
        let share = f64::from(k) / f64::from(bins);
        if k == bins { high } else { low * (1.0 - share) + high * share }
    };
    let mut edges: Vec<f64> = (0..=bins).map(edge).collect();
    edges[0] = low;
    // Values a few units in the last place apart have fewer edges between them.
    edges.dedup();
    Ok(edges)
}

/// One period of a tracking table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TrackingRow {
    /// The last day of the period.
    pub last_day: Day,
    /// Whether the period was over; only the last row can be incomplete.
    pub is_complete: bool,
    /// Repeat purchases in the period.
    pub actual: u64,
    /// Expected repeat purchases in the period.
    pub expected: f64,
    /// Repeat purchases up to the end of the period.
    pub actual_cumulative: u64,
    /// Expected repeat purchases up to the end of the period.
    pub expected_cumulative: f64,
}

/// Actual against expected repeat purchases of a cohort over time.
///
/// At the end of a day the expected number is the sum, over the customers who have come, of E\[X(t)\] of a newcomer, t being the
/// days since their first purchase. That is the age that models are fitted to, so nothing shifts between fit and tracking. (BTYD
/// ends a week a day later, when the first day of the next one begins: [`expected_repeat_purchases`] takes any times.)
#[derive(Clone, Debug, PartialEq)]
pub struct Tracking {
    rows: Vec<TrackingRow>,
}

impl Tracking {
    /// Joins what a cohort did with what a model expects; `expected` is E\[X(t)\] of a newcomer, t in `unit`.
    ///
    /// # Errors
    /// `InvalidValue` if the expectation is not a finite number of 0 or more.
    pub fn new(activity: &PeriodActivity, unit: TimeUnit, expected: impl Fn(f64) -> f64) -> Result<Self> {
        let zero = activity.first_purchases().first().map_or(0, |(day, _)| day.number());
        let starts: Vec<(f64, f64)> = activity
            .first_purchases()
            .iter()
            .map(|(day, customers)| (f64::from(day.number() - zero), *customers as f64))
            .collect();
        let rows = activity.rows();
        let ends: Vec<f64> = rows.iter().map(|row| f64::from(row.last_day.number() - zero)).collect();
        // Differences of whole days are exact, and divided once, as ages are.
        let cumulative = sums_over_starts(&starts, &ends, |days| expected(days / unit.days()))?;
        let (mut actual_cumulative, mut before) = (0, 0.0);
        let rows = rows.iter().zip(cumulative).map(|(row, expected_cumulative)| {
            actual_cumulative += row.repeat_purchases;
            let expected = expected_cumulative - before;
            before = expected_cumulative;
            TrackingRow {
                last_day: row.last_day,
                is_complete: row.is_complete,
                actual: row.repeat_purchases,
                expected,
                actual_cumulative,
                expected_cumulative,
            }
        });
        Ok(Self { rows: rows.collect() })
    }

    /// One row a period, in order.
    pub fn rows(&self) -> &[TrackingRow] {
        &self.rows
    }
}

/// Expected repeat purchases up to each of some times, of customers who came at times `starts`: `sum over starts <= end of
/// E[X(end - start)]`, `expected` being E\[X(t)\] of a newcomer. All times are in one unit, from any origin.
///
/// Customers who came at the same time are asked for once.
///
/// # Errors
/// `InvalidValue` with the row for times that are not finite, or if the expectation is not a finite number of 0 or more.
pub fn expected_repeat_purchases(
    starts: &[f64],
    ends: &[f64],
    expected: impl Fn(f64) -> f64,
) -> Result<Vec<f64>> {
    check_column("starts", starts, starts.len())?;
    check_column("ends", ends, ends.len())?;
    let mut sorted: Vec<f64> = starts.iter().map(|start| start + 0.0).collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let grouped: Vec<(f64, f64)> =
        sorted.chunk_by(|one, two| one == two).map(|group| (group[0], group.len() as f64)).collect();
    sums_over_starts(&grouped, ends, expected)
}

/// `starts` ascend and come with their number of customers.
fn sums_over_starts(starts: &[(f64, f64)], ends: &[f64], expected: impl Fn(f64) -> f64) -> Result<Vec<f64>> {
    ends.iter()
        .map(|&end| {
            let mut sum = Sum::default();
            for &(start, customers) in starts.iter().take_while(|(start, _)| *start <= end) {
                let value = expected(end - start);
                if !(value.is_finite() && value >= 0.0) {
                    let message =
                        format!("gives {value} at an age of {}: not a number of purchases", end - start);
                    return Err(Error::new(ErrorKind::InvalidValue, message).on("expected"));
                }
                sum.add(customers * value);
            }
            Ok(sum.value())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accuracy_by_hand() {
        // Errors 1, -2, 0, 3: absolute 6, squares 14, sum 2.
        let accuracy = HoldoutAccuracy::new(&[1.0, 0.0, 1.0, 6.0], &[0.0, 2.0, 1.0, 3.0]).unwrap();
        assert_eq!((accuracy.customers, accuracy.mean_absolute_error, accuracy.mean_error), (4, 1.5, 0.5));
        assert_eq!(accuracy.root_mean_squared_error, 3.5f64.sqrt());
        assert_eq!((accuracy.total_predicted, accuracy.total_actual), (8.0, 6.0));
        assert!((accuracy.total_error.unwrap() - 1.0 / 3.0).abs() < 1e-15);
        // Deviations (-1, -2, -1, 4) and (-1.5, .5, -.5, 1.5): joint 7, spreads 22 and 5.
        assert!((accuracy.correlation.unwrap() - 7.0 / 110f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn what_is_not_defined_is_none() {
        let accuracy = HoldoutAccuracy::new(&[0.1, 0.1, 0.1], &[0.0, 0.0, 0.0]).unwrap();
        assert_eq!((accuracy.total_error, accuracy.correlation), (None, None));
        assert!((accuracy.mean_error - 0.1).abs() < 1e-16);
        let bins = BinnedComparison::by_frequency(&[0.0, 5.0], &[1.0, 2.0], &[3.0, 4.0], 2).unwrap();
        assert_eq!(
            (bins.bins()[1].customers, bins.bins()[1].mean_actual, bins.bins()[1].mean_predicted),
            (0, None, None)
        );
    }

    #[test]
    fn bad_columns_are_named_with_row_and_value() {
        for (predicted, actual, text) in [
            (&[][..], &[][..], "predicted: there are no customers"),
            (&[1.0], &[1.0, 2.0], "actual: has 2 rows where predicted has 1"),
            (&[1.0, f64::NAN], &[1.0, 2.0], "predicted, row 1: NaN is not finite"),
            (&[1.0, 1.0], &[1.0, f64::INFINITY], "actual, row 1: inf is not finite"),
            (&[1e200, 1.0], &[1.0, 1.0], "predicted: squares add up to more than 1.8e308"),
        ] {
            assert_eq!(HoldoutAccuracy::new(predicted, actual).unwrap_err().to_string(), text);
        }
        let one = |x| BinnedComparison::by_frequency(&[x], &[1.0], &[1.0], 7).unwrap_err().to_string();
        assert_eq!(one(0.5), "repeat_purchases, row 0: 0.5 is not a whole number of 0 or more");
        assert_eq!(one(-1.0), "repeat_purchases, row 0: -1 is not a whole number of 0 or more");
        let by = |edges| BinnedComparison::by_value(&[5.0], edges, &[1.0], &[1.0]).unwrap_err().to_string();
        assert_eq!(by(BinEdges::At(&[0.0, 4.0])), "values, row 0: 5 is outside the edges, 0 to 4");
        assert_eq!(
            by(BinEdges::At(&[0.0, f64::NAN])),
            "edges: [0.0, NaN] is not accepted: must be 2 to 10001 ascending numbers"
        );
        assert_eq!(by(BinEdges::EqualWidth(0)), "bins: 0 is not accepted: must be between 1 and 10000");
    }

    #[test]
    fn bins_by_frequency_and_value_by_hand() {
        let (x, predicted, actual) =
            ([0.0, 1.0, 0.0, 9.0, 2.0], [0.5, 1.0, 1.5, 8.0, 4.0], [0.0, 2.0, 1.0, 5.0, 3.0]);
        let row =
            |bin: &ComparisonBin| (bin.from, bin.to, bin.customers, bin.mean_actual, bin.mean_predicted);
        let bins = BinnedComparison::by_frequency(&x, &predicted, &actual, 2).unwrap();
        let rows: Vec<_> = bins.bins().iter().map(row).collect();
        assert_eq!(
            rows,
            [
                (0.0, 0.0, 2, Some(0.5), Some(1.0)),
                (1.0, 1.0, 1, Some(2.0), Some(1.0)),
                (2.0, f64::INFINITY, 2, Some(4.0), Some(6.0)),
            ]
        );
        let bins = BinnedComparison::by_value(&x, BinEdges::EqualWidth(3), &predicted, &actual).unwrap();
        let customers: Vec<_> = bins.bins().iter().map(|bin| (bin.from, bin.to, bin.customers)).collect();
        assert_eq!(customers, [(0.0, 3.0, 4), (3.0, 6.0, 0), (6.0, 9.0, 1)]);
        // A value on an edge belongs to the bin above, but the last edge to the last bin.
        let at = BinnedComparison::by_value(&x, BinEdges::At(&[0.0, 1.0, 9.0]), &predicted, &actual).unwrap();
        assert_eq!(at.bins().iter().map(|bin| bin.customers).collect::<Vec<_>>(), [2, 3]);
        let same =
            BinnedComparison::by_value(&[7.0; 5], BinEdges::EqualWidth(3), &predicted, &actual).unwrap();
        assert_eq!(
            same.bins().iter().map(|bin| (bin.from, bin.to, bin.customers)).collect::<Vec<_>>(),
            [(7.0, 7.0, 5)]
        );
    }

    #[test]
    fn expected_sums_start_with_each_customer() {
        // E[X(t)] = 2 t: customers at 0, 1, 1 and 3.
        let sums =
            expected_repeat_purchases(&[1.0, 0.0, 3.0, 1.0], &[0.0, 1.0, 2.5, 4.0], |t| 2.0 * t).unwrap();
        assert_eq!(sums, [0.0, 2.0, 11.0, 22.0]);
        let wrong = expected_repeat_purchases(&[0.0], &[1.0], |_| f64::NAN).unwrap_err();
        assert_eq!(wrong.to_string(), "expected: gives NaN at an age of 1: not a number of purchases");
        assert!(expected_repeat_purchases(&[0.0], &[1.0], |_| -1.0).is_err());
        assert_eq!(expected_repeat_purchases(&[f64::NAN], &[1.0], |t| t).unwrap_err().row(), Some(0));
    }

    #[test]
    fn sums_do_not_lose_small_parts() {
        assert_eq!(Sum::of([1.0, 1e100, 1.0, -1e100]), 2.0);
        assert_eq!(Sum::of([f64::MAX, f64::MAX]), f64::INFINITY);
    }
}
