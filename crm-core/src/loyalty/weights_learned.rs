//! Weights learned from who was retained: a logistic regression whose coefficients may not be negative.
//!
//! References:
//! - Hosmer, D. W., Lemeshow, S. and Sturdivant, R. X. (2013), *Applied Logistic Regression*, Wiley.
//! - le Cessie, S. and van Houwelingen, J. C. (1992), "Ridge estimators in logistic regression", Applied Statistics 41(1), 191-201.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result};
use crate::math::maximize;

/// Options of weights that are learned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedOptions {
    /// What the squares of the coefficients cost: the mean log-loss plus `penalty / 2` times their sum is minimised. At least 0; the default is 0.001.
    pub penalty: f64,
}

impl Default for LearnedOptions {
    fn default() -> Self {
        Self { penalty: 1e-3 }
    }
}

/// Weights learned from retention, with the regression behind them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedWeights {
    /// The coefficients divided by their sum.
    pub weights: Vec<f64>,
    /// What a dimension at its best adds to the log-odds of being retained over its worst; 0 or more.
    pub coefficients: Vec<f64>,
    /// The log-odds of being retained with every dimension at its worst.
    pub intercept: f64,
    /// The minimum: mean log-loss and penalty.
    pub loss: f64,
    /// Which coefficients the bound of 0 holds: their dimension goes with leaving rather than staying, beside the others.
    pub held_at_zero: Vec<bool>,
    /// The number of customers that were learned from: those of whom every dimension is known.
    pub customers: u64,
    /// How many of them were retained.
    pub retained: u64,
    /// Whether the gradient vanishes at the minimum.
    pub converged: bool,
}

/// Rows whose sums are kept in 64 bits.
const CHUNK: usize = 4096;
/// Terms are summed in units of this, so that the order of the rows changes no bit.
const UNITS: f64 = (1u64 << 40) as f64;
/// No coefficient nor intercept goes beyond: with an unpenalised, separable sample they would never stop.
const MOST: f64 = 100.0;
/// The most evaluations of the loss.
const EVALUATIONS: u32 = 2_000;

/// Learns from numbers between 0 and 1, a list a dimension, and who was retained.
pub(super) fn learn(
    numbers: &[Vec<f64>],
    retained: &[bool],
    options: LearnedOptions,
) -> Result<LearnedWeights> {
    if !(options.penalty >= 0.0 && options.penalty.is_finite()) {
        return Err(Error::argument("penalty", options.penalty, "0 or more and finite"));
    }
    let size = numbers.len();
    let complete: Vec<usize> =
        (0..retained.len()).filter(|&row| numbers.iter().all(|column| !column[row].is_nan())).collect();
    let stayed = complete.iter().filter(|&&row| retained[row]).count();
    let wrong = |kind, message: String| Err(Error::new(kind, message).on("retained"));
    if complete.is_empty() {
        return wrong(ErrorKind::Empty, "no customer is known in every dimension".to_owned());
    }
    if stayed == 0 || stayed == complete.len() {
        let all = if stayed == 0 { "none" } else { "all" };
        let message =
            format!("{all} of {} customers were retained: there is nothing to learn", complete.len());
        return wrong(ErrorKind::InvalidValue, message);
    }
    // A row after another, so that a row's numbers are read together.
    let rows: Vec<f64> =
        complete.iter().flat_map(|&row| numbers.iter().map(move |column| column[row])).collect();
    let outcomes: Vec<bool> = complete.iter().map(|&row| retained[row]).collect();
    let count = outcomes.len() as f64;
    let mut objective = |point: &[f64], gradient: &mut [f64]| {
        let sums = totals(&rows, &outcomes, point);
        let mean = |sum: i128| sum as f64 / (UNITS * count);
        let (coefficients, penalty) = (&point[1..], options.penalty);
        for (place, (part, sum)) in gradient.iter_mut().zip(&sums[1..]).enumerate() {
            let shrink = if place == 0 { 0.0 } else { penalty * coefficients[place - 1] };
            *part = -mean(*sum) - shrink;
        }
        let squares: f64 = coefficients.iter().map(|coefficient| coefficient * coefficient).sum();
        -mean(sums[0]) - penalty / 2.0 * squares
    };
    let odds = (stayed as f64 / (count - stayed as f64)).ln();
    let mut start = vec![0.1; size + 1];
    start[0] = odds;
    let mut lower = vec![0.0; size + 1];
    lower[0] = -MOST;
    let found = maximize(&mut objective, &start, &lower, &vec![MOST; size + 1], EVALUATIONS);
    let coefficients = found.point[1..].to_vec();
    let sum: f64 = coefficients.iter().sum();
    // Coefficients that only a rounding error is left of are none.
    if sum < 1e-9 {
        let message = "no dimension goes with being retained: all coefficients are held at 0";
        return wrong(ErrorKind::InvalidValue, message.to_owned());
    }
    Ok(LearnedWeights {
        weights: coefficients.iter().map(|coefficient| coefficient / sum).collect(),
        held_at_zero: coefficients.iter().map(|&coefficient| coefficient == 0.0).collect(),
        coefficients,
        intercept: found.point[0],
        loss: -found.value,
        customers: outcomes.len() as u64,
        retained: stayed as u64,
        converged: found.converged,
    })
}

/// Sums over rows of the log-loss, and of its derivatives by the intercept and by each coefficient.
fn totals(rows: &[f64], outcomes: &[bool], point: &[f64]) -> Vec<i128> {
    let size = point.len() - 1;
    let (intercept, coefficients) = (point[0], &point[1..]);
    let width = size.max(1);
    let add = |mut one: Vec<i128>, other: Vec<i128>| {
        one.iter_mut().zip(other).for_each(|(mine, theirs)| *mine += theirs);
        one
    };
    rows.par_chunks(CHUNK * width)
        .zip(outcomes.par_chunks(CHUNK))
        .map(|(rows, outcomes)| {
            let mut sums = vec![0i64; size + 2];
            let count = |term: f64| (term * UNITS).round_ties_even() as i64;
            for (numbers, &stayed) in rows.chunks_exact(width).zip(outcomes) {
                let score: f64 = numbers.iter().zip(coefficients).map(|(number, by)| number * by).sum();
                // The log-odds of what did not happen.
                let against = if stayed { -(intercept + score) } else { intercept + score };
                let smaller = (-against.abs()).exp();
                let loss = against.max(0.0) + smaller.ln_1p();
                let missed = if against > 0.0 { 1.0 / (1.0 + smaller) } else { smaller / (1.0 + smaller) };
                let slope = if stayed { -missed } else { missed };
                sums[0] += count(loss);
                sums[1] += count(slope);
                for (sum, number) in sums[2..].iter_mut().zip(numbers) {
                    *sum += count(slope * number);
                }
            }
            sums.into_iter().map(i128::from).collect()
        })
        .reduce(|| vec![0; size + 2], add)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [f64; 3] = [-0.236_270_782_954_951_77, 0.480_585_943_733_825_4, 0.679_133_629_078_942_9];

    /// Twelve customers, two dimensions of which the second goes with leaving.
    fn sample() -> (Vec<Vec<f64>>, Vec<bool>) {
        let first = vec![0.05, 0.1, 0.2, 0.3, 0.35, 0.4, 0.55, 0.6, 0.7, 0.8, 0.9, 0.95];
        let second = vec![0.9, 0.2, 0.8, 0.3, 0.7, 0.6, 0.5, 0.4, 0.45, 0.1, 0.15, 0.3];
        let retained = [0, 0, 1, 0, 0, 1, 0, 1, 1, 1, 0, 1].map(|stayed| stayed == 1).to_vec();
        (vec![first, second], retained)
    }

    #[test]
    fn one_dimension_against_an_independent_minimum() {
        // mpmath, 30 digits: minimum of mean(log(1 + exp(-s z))) + 0.05 b^2, z = a + b x.
        let (numbers, retained) = sample();
        let found = learn(&numbers[..1], &retained, LearnedOptions { penalty: 0.1 }).unwrap();
        assert!(found.converged);
        assert!((found.coefficients[0] - KNOWN[1]).abs() < 1e-8, "{found:?}");
        assert!((found.intercept - KNOWN[0]).abs() < 1e-8, "{found:?}");
        assert!((found.loss - KNOWN[2]).abs() < 1e-11, "{found:?}");
        assert_eq!((found.customers, found.retained), (12, 6));
    }

    #[test]
    fn a_dimension_that_goes_with_leaving_is_held_at_zero() {
        let (numbers, retained) = sample();
        let alone = learn(&numbers[..1], &retained, LearnedOptions::default()).unwrap();
        let both = learn(&numbers, &retained, LearnedOptions::default()).unwrap();
        if both.held_at_zero[1] {
            assert!((both.coefficients[0] - alone.coefficients[0]).abs() < 1e-7);
        }
        let leaving = vec![numbers[0].iter().map(|number| 1.0 - number).collect::<Vec<_>>()];
        let error = learn(&leaving, &retained, LearnedOptions::default()).unwrap_err();
        assert!(error.to_string().contains("no dimension goes with being retained"), "{error}");
    }

    #[test]
    fn samples_that_teach_nothing_are_named() {
        let (numbers, retained) = sample();
        let error = |retained: &[bool], penalty: f64| {
            learn(&numbers, retained, LearnedOptions { penalty }).unwrap_err().to_string()
        };
        assert!(error(&[true; 12], 0.1).contains("all of 12 customers"));
        assert!(error(&[false; 12], 0.1).contains("none of 12"));
        assert!(error(&retained, -1.0).contains("penalty"));
        assert!(error(&retained, f64::NAN).contains("penalty"));
        let unknown = vec![vec![f64::NAN; 12]];
        assert!(learn(&unknown, &retained, LearnedOptions::default()).is_err());
    }

    #[test]
    fn a_separable_sample_ends_at_the_bound() {
        let numbers = vec![vec![0.0, 0.1, 0.9, 1.0]];
        let found = learn(&numbers, &[false, false, true, true], LearnedOptions { penalty: 0.0 }).unwrap();
        assert!(found.weights == [1.0] && found.coefficients[0] <= MOST);
    }
}
