//! How sure predictions are: of the estimate (delta method), and of what a single customer does (predictive).

use super::discount::Horizon;
use super::predict::Prediction;
use super::process::Future;
use super::purchase_model::PurchaseModel;
use super::report::two_sided_quantile;
use super::{BgBb, BgNbd, MbgNbd, ParetoNbd, PurchaseData, with_process};
use crate::customer::Period;
use crate::error::{Error, ErrorKind, Result};

/// Step of the numerical derivatives, in log-parameters.
const STEP: f64 = 1e-4;

/// Purchases of one customer that are summed over.
const MOST: u32 = 100_000;

/// Estimates with their uncertainty, in the order of the data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Intervals {
    /// The predictions.
    pub estimate: Vec<f64>,
    /// Their standard errors.
    pub standard_error: Vec<f64>,
    /// Lower ends.
    pub lower: Vec<f64>,
    /// Upper ends.
    pub upper: Vec<f64>,
}

/// Numbers of purchases that single customers stay within.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct PredictiveIntervals {
    /// The smallest number of purchases whose probability of being reached from below is above half of what is left out.
    pub lower: Vec<u32>,
    /// The smallest number of purchases that is exceeded with at most half of the probability that is left out.
    pub upper: Vec<u32>,
}

impl PurchaseModel {
    /// Confidence intervals of predictions by the delta method: what the uncertainty of the parameters leaves open about the *expected* value.
    /// Single customers vary around it far more, see [`predictive_intervals`](Self::predictive_intervals).
    ///
    /// Symmetric in the logit for probabilities and in the logarithm for everything else, so that no end leaves the range. A value
    /// that no parameter changes (0, 1, or infinite) has no uncertainty here.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict); `InvalidArgument` for a level outside (0, 1), and for a model without a covariance: with given
    /// parameters, or whose fit left it undefined.
    pub fn confidence_intervals(
        &self,
        data: &PurchaseData,
        prediction: Prediction,
        confidence_level: f64,
    ) -> Result<Intervals> {
        let z = two_sided_quantile(confidence_level)?;
        let estimate = self.predict(data, prediction)?;
        let variance = self.delta_variance(data, prediction)?;
        Ok(Intervals::new(estimate, variance, z, prediction.is_probability()))
    }

    /// The variance of predictions by the delta method.
    pub(super) fn delta_variance(&self, data: &PurchaseData, prediction: Prediction) -> Result<Vec<f64>> {
        let covariance = self.report().and_then(|report| report.log_covariance()).ok_or_else(|| {
            let accepted = "a fitted model whose likelihood is curved in every direction";
            Error::argument("model", "a model without a covariance of its estimates", accepted)
        })?;
        let estimates = self.estimates();
        let size = estimates.len();
        let mut slopes: Vec<Vec<f64>> = Vec::with_capacity(size);
        for at in 0..size {
            let moved = |step: f64| {
                let mut estimates = estimates.clone();
                if at < 4 {
                    estimates[at] *= step.exp();
                } else {
                    estimates[at] += step;
                }
                self.with_estimates(&estimates).predict(data, prediction)
            };
            let (high, low) = (moved(STEP)?, moved(-STEP)?);
            slopes.push(high.into_iter().zip(low).map(|(high, low)| (high - low) / (2.0 * STEP)).collect());
        }
        let variance = |row: usize| -> f64 {
            let slope = |at: usize| slopes[at][row];
            (0..size * size)
                .map(|at| covariance[at] * slope(at / size) * slope(at % size))
                .sum::<f64>()
                .max(0.0)
        };
        Ok((0..data.len()).map(variance).collect())
    }

    /// Predictive intervals of single customers: how many purchases within a period, with at least the given probability.
    ///
    /// Exact for the parameters as they are, whose own uncertainty is small beside that of a customer.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict); `InvalidArgument` for a level outside (0, 1); `OutOfRange` for customers of whom more than
    /// 100,000 purchases would have to be summed over.
    pub fn predictive_intervals(
        &self,
        data: &PurchaseData,
        period: Period,
        level: f64,
    ) -> Result<PredictiveIntervals> {
        two_sided_quantile(level)?;
        // Also checks period and data.
        let alive = self.predict(data, Prediction::AliveAfter(period)).and_then(|_| self.p_alive(data))?;
        let time = Horizon::Within(period).in_unit(self.unit());
        let tail = f64::midpoint(1.0, -level);
        let quantile = |target: f64| {
            with_process!(self.kind(), P => {
                self.each_future::<P>(data, |row, future| count_quantile(&future, alive[row], target, time))
            })
        };
        let (lower, upper) = (quantile(tail)?, quantile(1.0 - tail)?);
        let whole = |values: Vec<f64>| -> Result<Vec<u32>> {
            if let Some(row) = values.iter().position(|value| value.is_nan()) {
                let message = format!("more than {MOST} purchases would have to be summed over");
                return Err(Error::new(ErrorKind::OutOfRange, message).on("period").at_row(row as u64));
            }
            Ok(values.into_iter().map(|value| value as u32).collect())
        };
        Ok(PredictiveIntervals { lower: whole(lower)?, upper: whole(upper)? })
    }
}

impl Intervals {
    /// Intervals from variances; in the logit for probabilities, else in the logarithm.
    pub(super) fn new(estimate: Vec<f64>, variance: Vec<f64>, z: f64, is_probability: bool) -> Self {
        let rows = estimate.len();
        let mut intervals = Self {
            estimate,
            standard_error: Vec::with_capacity(rows),
            lower: Vec::with_capacity(rows),
            upper: Vec::with_capacity(rows),
        };
        for (row, variance) in variance.into_iter().enumerate() {
            let value = intervals.estimate[row];
            let error = variance.sqrt();
            let (error, lower, upper) = if !error.is_finite() || value == 0.0 {
                (0.0, value, value)
            } else if !is_probability {
                let width = z * error / value;
                (error, value * (-width).exp(), value * width.exp())
            } else if value >= 1.0 {
                (0.0, value, value)
            } else {
                let odds = value / (1.0 - value);
                let width = z * error / (value * (1.0 - value));
                let probability = |odds: f64| if odds.is_finite() { odds / (1.0 + odds) } else { 1.0 };
                (error, probability(odds * (-width).exp()), probability(odds * width.exp()))
            };
            intervals.standard_error.push(error);
            intervals.lower.push(lower);
            intervals.upper.push(upper);
        }
        intervals
    }
}

/// The smallest number of purchases whose cumulative probability reaches a target; NaN beyond [`MOST`].
fn count_quantile<F: Future>(future: &F, alive: f64, target: f64, time: f64) -> f64 {
    let mut below = 1.0 - alive;
    for n in 0..MOST {
        below += alive * future.probability(n, time);
        // Sums of rounded probabilities end a little below 1.
        if below >= target * (1.0 - 1e-12) {
            return f64::from(n);
        }
    }
    f64::NAN
}
