//! Ranking quality: how much of what customers went on to do is held by those whom a prediction puts first.

use super::validation::{Sum, check_pair};
use crate::error::{Error, ErrorKind, Result};

/// Customers ranked by a prediction, with what they went on to do.
///
/// Let n customers stand in descending order of the prediction, and C(u) be the actual value of the first `u n` of them as a share
/// of the total, for u in \[0, 1\]. Customers with equal predictions share the actual value of their group evenly, and C is
/// linear between whole customers, so no order among equals is ever chosen and no fraction is rounded to a number of customers.
/// C*(u) is the same for the ranking by actual value, the best that there is.
///
/// - share held by the top u: C(u), out of at most C*(u); a random order holds u
/// - Gini: `2 * integral of C(u) du - 1`, 0 for a random order, negative for one that is upside down
/// - normalised Gini: that of the ranking divided by that of the best one, 1 at most
///
/// ```
/// use crm_core::clv::RankingQuality;
/// let ranking = RankingQuality::new(&[3.0, 1.0, 2.0, 0.0], &[6.0, 3.0, 1.0, 0.0])?;
/// assert_eq!(ranking.share_held(0.25)?, 0.6);
/// assert_eq!(ranking.share_held(0.5)?, 0.7);
/// assert_eq!(ranking.best_share(0.5)?, 0.9);
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Source: the concentration curve of Lorenz (1905), "Methods of measuring the concentration of wealth", Publications of the
/// American Statistical Association 9(70), taken in descending order of another variable than the one that is summed.
#[derive(Clone, Debug, PartialEq)]
pub struct RankingQuality {
    predicted: Curve,
    best: Curve,
    total_actual: f64,
}

/// Customers and values held by everyone down to the end of a group of equals.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Step {
    customers: f64,
    actual: f64,
    predicted: f64,
}

/// The steps of a ranking; the first is that of nobody.
#[derive(Clone, Debug, PartialEq)]
struct Curve(Vec<Step>);

/// An equal part of the ranking.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LiftRow {
    /// The part, from 1 for the customers with the highest predictions.
    pub part: u32,
    /// Customers in it, a whole number only if the parts divide them evenly.
    pub customers: f64,
    /// Mean prediction.
    pub mean_predicted: f64,
    /// Mean of what they did.
    pub mean_actual: f64,
    /// Mean of what they did, divided by that of all customers.
    pub lift: f64,
    /// Share of the total actual value.
    pub share: f64,
    /// Share of the total actual value held by this part and those before.
    pub cumulative_share: f64,
    /// What the best ranking would hold there.
    pub best_cumulative_share: f64,
}

impl RankingQuality {
    /// Ranks customers by a prediction.
    ///
    /// # Errors
    /// `Empty` without customers; `LengthMismatch`; `InvalidValue` with the row for values that are not finite, or if the actual
    /// values do not add up to more than 0, so that there are no shares; `OutOfRange` if a double cannot hold the total prediction.
    pub fn new(predicted: &[f64], actual: &[f64]) -> Result<Self> {
        check_pair(predicted, actual)?;
        let by_prediction = Curve::new(predicted, actual);
        let best = Curve::new(actual, actual);
        // Both orders must give a total, even where it is all rounding.
        let (here, total_actual) = (by_prediction.last(), best.last().actual);
        for total in [here.actual, total_actual] {
            if !total.is_finite() || total <= 0.0 {
                let message = format!("adds up to {total}: shares need a finite total above 0");
                return Err(Error::new(ErrorKind::InvalidValue, message).on("actual"));
            }
        }
        if !here.predicted.is_finite() {
            let message = "adds up to more than 1.8e308";
            return Err(Error::new(ErrorKind::OutOfRange, message).on("predicted"));
        }
        Ok(Self { predicted: by_prediction, best, total_actual })
    }

    /// Number of customers.
    pub fn customers(&self) -> usize {
        self.predicted.last().customers as usize
    }

    /// What all customers did.
    pub fn total_actual(&self) -> f64 {
        self.total_actual
    }

    /// The share of the actual value that the given fraction of customers with the highest predictions holds.
    ///
    /// # Errors
    /// `InvalidArgument` for a fraction outside \[0, 1\].
    pub fn share_held(&self, fraction: f64) -> Result<f64> {
        self.predicted.share(fraction)
    }

    /// The share that the best ranking would hold.
    ///
    /// # Errors
    /// `InvalidArgument` for a fraction outside \[0, 1\].
    pub fn best_share(&self, fraction: f64) -> Result<f64> {
        self.best.share(fraction)
    }

    /// The Gini coefficient of the actual values in the order of the predictions.
    pub fn gini(&self) -> f64 {
        self.predicted.gini()
    }

    /// The Gini coefficient of the actual values in their own order.
    pub fn best_gini(&self) -> f64 {
        self.best.gini()
    }

    /// The first divided by the second; `None` if all customers did the same, and no ranking is better than another.
    pub fn normalised_gini(&self) -> Option<f64> {
        (self.best.0.len() > 2).then(|| self.gini() / self.best_gini())
    }

    /// The ranking in equal parts, 10 for deciles, the customers with the highest predictions first.
    ///
    /// # Errors
    /// `InvalidArgument` without parts, or with more parts than customers.
    pub fn lift(&self, parts: u32) -> Result<Vec<LiftRow>> {
        if parts == 0 || parts as usize > self.customers() {
            let accepted = format!("between 1 and the number of customers, {}", self.customers());
            return Err(Error::argument("parts", parts, &accepted));
        }
        let all = self.predicted.last();
        let customers = all.customers / f64::from(parts);
        let mut before = Step::default();
        let rows = (1..=parts).map(|part| {
            let position = all.customers * f64::from(part) / f64::from(parts);
            let (here, best) = (self.predicted.at(position), self.best.at(position));
            let (actual, predicted) = (here.actual - before.actual, here.predicted - before.predicted);
            before = here;
            LiftRow {
                part,
                customers,
                mean_predicted: predicted / customers,
                mean_actual: actual / customers,
                lift: actual / all.actual * f64::from(parts),
                share: actual / all.actual,
                cumulative_share: here.actual / all.actual,
                best_cumulative_share: best.actual / self.best.last().actual,
            }
        });
        Ok(rows.collect())
    }
}

impl Curve {
    fn new(key: &[f64], actual: &[f64]) -> Self {
        // Adding 0 makes equals of 0 and -0. Actual values are ordered within equals, so that sums do not depend on the order of rows.
        let mut rows: Vec<(f64, f64)> =
            key.iter().zip(actual).map(|(key, actual)| (key + 0.0, actual + 0.0)).collect();
        rows.sort_unstable_by(|one, two| two.0.total_cmp(&one.0).then(two.1.total_cmp(&one.1)));
        let mut steps = vec![Step::default()];
        let (mut held, mut hoped, mut customers) = (Sum::default(), Sum::default(), 0);
        for group in rows.chunk_by(|one, two| one.0 == two.0) {
            for (key, actual) in group {
                held.add(*actual);
                hoped.add(*key);
            }
            customers += group.len();
            steps.push(Step { customers: customers as f64, actual: held.value(), predicted: hoped.value() });
        }
        Self(steps)
    }

    fn last(&self) -> Step {
        self.0.last().copied().unwrap_or_default()
    }

    /// What the first so many customers hold.
    fn at(&self, position: f64) -> Step {
        let place = self.0.partition_point(|step| step.customers < position);
        let (Some(&above), Some(&below)) =
            (self.0.get(place), place.checked_sub(1).and_then(|place| self.0.get(place)))
        else {
            return if place == 0 { Step::default() } else { self.last() };
        };
        let part = (position - below.customers) / (above.customers - below.customers);
        if part == 1.0 {
            return above;
        }
        Step {
            customers: position,
            actual: below.actual + part * (above.actual - below.actual),
            predicted: below.predicted + part * (above.predicted - below.predicted),
        }
    }

    fn share(&self, fraction: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&fraction) {
            return Err(Error::argument("fraction", fraction, "between 0 and 1 (0.1 for 10 %)"));
        }
        Ok(self.at(fraction * self.last().customers).actual / self.last().actual)
    }

    /// Trapezoids are exact because the curve is linear between steps: with c the customers of a step, n of all, and A what is
    /// held of the total S, `sum of (c_i - c_(i-1)) / n * (A_i + A_(i-1)) / S - 1`.
    fn gini(&self) -> f64 {
        let all = self.last();
        // Subtracting the diagonal step by step keeps the digits of a small coefficient.
        let area = self.0.windows(2).map(|pair| {
            let width = (pair[1].customers - pair[0].customers) / all.customers;
            let excess = |step: &Step| step.actual / all.actual - step.customers / all.customers;
            width * (excess(&pair[0]) + excess(&pair[1]))
        });
        Sum::of(area)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_and_gini_by_hand() {
        // In order of the prediction: 6, 1, 3, 0 of 10.
        let ranking = RankingQuality::new(&[3.0, 1.0, 2.0, 0.0], &[6.0, 3.0, 1.0, 0.0]).unwrap();
        for (fraction, share, best) in [
            (0.0, 0.0, 0.0),
            (0.125, 0.3, 0.3),
            (0.25, 0.6, 0.6),
            (0.5, 0.7, 0.9),
            (0.625, 0.85, 0.95),
            (1.0, 1.0, 1.0),
        ] {
            assert!((ranking.share_held(fraction).unwrap() - share).abs() < 1e-15, "{fraction}");
            assert!((ranking.best_share(fraction).unwrap() - best).abs() < 1e-15, "{fraction}");
        }
        // Areas under the curve: (0 + .6) / 8 + (.6 + .7) / 8 + (.7 + 1) / 8 + 2 / 8 = 5.6 / 8, and 6 / 8 for the best.
        assert!((ranking.gini() - 0.4).abs() < 1e-15);
        assert!((ranking.best_gini() - 0.5).abs() < 1e-15);
        assert!((ranking.normalised_gini().unwrap() - 0.8).abs() < 1e-15);
        assert_eq!((ranking.customers(), ranking.total_actual()), (4, 10.0));
    }

    #[test]
    fn equals_share_what_their_group_holds() {
        let tied = |actual: &[f64]| RankingQuality::new(&[5.0, 1.0, 1.0, 1.0], actual).unwrap();
        let ranking = tied(&[1.0, 9.0, 0.0, 0.0]);
        assert_eq!(ranking.share_held(0.5).unwrap(), 0.1 + 0.9 / 3.0);
        for order in [[1.0, 0.0, 9.0, 0.0], [1.0, 0.0, 0.0, 9.0]] {
            assert_eq!(tied(&order), ranking);
        }
        // A prediction that tells nobody apart is as good as a random order.
        let blind = RankingQuality::new(&[0.0, -0.0, 0.0], &[1.0, 2.0, 6.0]).unwrap();
        assert_eq!(blind.gini(), 0.0);
        assert!((blind.share_held(0.2).unwrap() - 0.2).abs() < 1e-15);
    }

    #[test]
    fn lift_by_hand() {
        let ranking = RankingQuality::new(&[3.0, 1.0, 2.0, 0.0], &[6.0, 3.0, 1.0, 0.0]).unwrap();
        let rows = ranking.lift(2).unwrap();
        let table: Vec<_> =
            rows.iter().map(|row| (row.part, row.customers, row.mean_predicted, row.mean_actual)).collect();
        assert_eq!(table, [(1, 2.0, 2.5, 3.5), (2, 2.0, 0.5, 1.5)]);
        assert_eq!((rows[0].lift, rows[0].share, rows[0].best_cumulative_share), (1.4, 0.7, 0.9));
        assert_eq!((rows[1].cumulative_share, rows[1].best_cumulative_share), (1.0, 1.0));
        // Three parts of 4/3 customers each: 6 + 1/3, 2/3 + 3 * 2/3, 3 / 3.
        let thirds: Vec<f64> = ranking.lift(3).unwrap().iter().map(|row| row.share * 10.0).collect();
        for (share, by_hand) in thirds.iter().zip([19.0 / 3.0, 8.0 / 3.0, 1.0]) {
            assert!((share - by_hand).abs() < 1e-14, "{thirds:?}");
        }
        assert_eq!(ranking.lift(0).unwrap_err().argument_name(), Some("parts"));
        assert!(ranking.lift(5).is_err());
    }

    #[test]
    fn laws_of_rankings() {
        // A fixed sequence with many ties (x -> 5x + 3 mod 64 runs through all residues).
        let mut x = 7u32;
        let mut draw = |levels: u32| {
            x = (5 * x + 3) % 64;
            f64::from(x % levels)
        };
        let predicted: Vec<f64> = (0..64).map(|_| draw(9)).collect();
        let actual: Vec<f64> = (0..64).map(|_| draw(5) * 0.1).collect();
        let ranking = RankingQuality::new(&predicted, &actual).unwrap();
        // Any increasing change of the predictions, and any order of the rows.
        let scaled: Vec<f64> = predicted.iter().map(|value| value.exp()).collect();
        let other = RankingQuality::new(&scaled, &actual).unwrap();
        let turned = |values: &[f64]| values.iter().rev().copied().collect::<Vec<_>>();
        assert_eq!(RankingQuality::new(&turned(&predicted), &turned(&actual)).unwrap(), ranking);
        assert_eq!(other.gini(), ranking.gini());
        for step in 0..=40 {
            let fraction = f64::from(step) / 40.0;
            let (held, best) = (ranking.share_held(fraction).unwrap(), ranking.best_share(fraction).unwrap());
            assert_eq!(other.share_held(fraction).unwrap(), held);
            assert!((0.0..=1.0).contains(&held) && held <= best + 1e-15 && best >= fraction - 1e-15);
        }
        assert!(ranking.gini().abs() <= ranking.best_gini());
        // Upside down, the coefficient changes its sign.
        let down: Vec<f64> = predicted.iter().map(|value| -value).collect();
        assert!((RankingQuality::new(&down, &actual).unwrap().gini() + ranking.gini()).abs() < 1e-14);
        assert_eq!(RankingQuality::new(&actual, &actual).unwrap().normalised_gini(), Some(1.0));
        let shares: f64 = ranking.lift(10).unwrap().iter().map(|row| row.share).sum();
        assert!((shares - 1.0).abs() < 1e-14);
    }

    #[test]
    fn nothing_to_rank_is_an_error() {
        for actual in [[0.0, 0.0], [1.0, -1.0], [-1.0, 0.0], [f64::MAX, f64::MAX]] {
            let error = RankingQuality::new(&[1.0, 2.0], &actual).unwrap_err();
            assert_eq!((error.kind(), error.argument_name()), (ErrorKind::InvalidValue, Some("actual")));
        }
        let huge = RankingQuality::new(&[f64::MAX, f64::MAX], &[1.0, 2.0]).unwrap_err();
        assert_eq!((huge.kind(), huge.argument_name()), (ErrorKind::OutOfRange, Some("predicted")));
        let same = RankingQuality::new(&[1.0, 2.0], &[3.0, 3.0]).unwrap();
        assert_eq!((same.gini(), same.normalised_gini()), (0.0, None));
        for fraction in [-0.1, 1.1, f64::NAN] {
            assert_eq!(same.share_held(fraction).unwrap_err().argument_name(), Some("fraction"));
        }
    }
}
