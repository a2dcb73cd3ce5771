//! The bootstrap: how estimates and predictions vary over samples of customers.
//!
//! Customers are drawn with replacement, which for distinct rows means multinomial weights; each refit starts from the estimates.
//! Efron and Tibshirani (1993), *An Introduction to the Bootstrap*, chapter 13 (percentile intervals).

use rand_distr::{Binomial, Distribution};
use rand_pcg::Pcg64;
use rayon::prelude::*;

use super::fit::with_objective;
use super::interval::Intervals;
use super::predict::Prediction;
use super::purchase_model::PurchaseModel;
use super::report::two_sided_quantile;
use super::{FitOptions, PurchaseData};
use crate::error::{Error, Result};
use crate::math::{quantile_type_7, stream};

/// Customers of which all replicates are predicted at a time.
const BLOCK: usize = 4096;

/// Refits of a model to samples of its customers.
#[derive(Clone, Debug, PartialEq)]
pub struct Bootstrap {
    model: PurchaseModel,
    replicates: Vec<Vec<f64>>,
    failed: u32,
}

impl PurchaseModel {
    /// Refits the model to so many samples of the customers that it was fitted on, with the penalty and threads of the options.
    ///
    /// Weights are taken for numbers of customers, and rounded. The same seed gives the same samples on every machine, for any number
    /// of threads.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict) for data that do not fit the model, and `InvalidArgument` for fewer than two replicates.
    pub fn bootstrap(
        &self,
        data: &PurchaseData,
        options: &FitOptions,
        replicates: u32,
        seed: u64,
    ) -> Result<Bootstrap> {
        options.check()?;
        self.check_data(data)?;
        if replicates < 2 {
            return Err(Error::argument("replicates", replicates, "at least 2"));
        }
        let estimates = self.estimates();
        let refits: Vec<Option<Vec<f64>>> = options.threads.run(|| {
            with_objective(self.kind(), data, self.effects(), options.l2, |objective| {
                let start = objective.point(&estimates);
                let weights = &objective.distinct.weights;
                let all = objective.maximize(weights, &start, None, options.most_evaluations);
                let refit = |replicate: u32| {
                    let mut rng = stream(seed, u64::from(replicate));
                    let sample = multinomial(weights, &mut rng);
                    let maximum =
                        objective.maximize(&sample, &all.point, Some(&all.hessian), options.most_evaluations);
                    maximum.converged.then(|| objective.estimates(&maximum.point))
                };
                (0..replicates).into_par_iter().map(refit).collect()
            })
        })??;
        let failed = refits.iter().filter(|refit| refit.is_none()).count() as u32;
        let replicates: Vec<Vec<f64>> = refits.into_iter().flatten().collect();
        if replicates.len() < 2 {
            let accepted = "data of which samples can be fitted";
            return Err(Error::argument("data", "a sample of which hardly any refit converged", accepted));
        }
        Ok(Bootstrap { model: self.clone(), replicates, failed })
    }
}

impl Bootstrap {
    /// The estimates of each refit that converged: parameters, then coefficients.
    pub fn replicates(&self) -> &[Vec<f64>] {
        &self.replicates
    }

    /// Refits that did not converge and are left out.
    pub fn failed(&self) -> u32 {
        self.failed
    }

    /// The estimates of the model with their bootstrap standard errors and percentile intervals.
    ///
    /// # Errors
    /// `InvalidArgument` for a level outside (0, 1).
    pub fn estimate_intervals(&self, confidence_level: f64) -> Result<Intervals> {
        let estimates = self.model.estimates();
        let columns = (0..estimates.len()).map(|at| self.replicates.iter().map(|refit| refit[at]).collect());
        percentiles(estimates.clone(), columns.collect(), confidence_level)
    }

    /// Predictions of the model with their bootstrap standard errors and percentile intervals.
    ///
    /// # Errors
    /// Those of [`PurchaseModel::predict`]; `InvalidArgument` for a level outside (0, 1).
    pub fn confidence_intervals(
        &self,
        data: &PurchaseData,
        prediction: Prediction,
        confidence_level: f64,
    ) -> Result<Intervals> {
        let estimate = self.model.predict(data, prediction)?;
        let mut columns: Vec<Vec<f64>> = Vec::with_capacity(data.len());
        let mut all = Intervals {
            estimate: Vec::new(),
            standard_error: Vec::new(),
            lower: Vec::new(),
            upper: Vec::new(),
        };
        let models: Vec<PurchaseModel> =
            self.replicates.iter().map(|estimates| self.model.with_estimates(estimates)).collect();
        for start in (0..data.len()).step_by(BLOCK) {
            let rows = start..data.len().min(start + BLOCK);
            let block = data.slice(rows.clone());
            columns.clear();
            columns.resize(rows.len(), Vec::with_capacity(models.len()));
            for model in &models {
                for (column, value) in columns.iter_mut().zip(model.predict(&block, prediction)?) {
                    column.push(value);
                }
            }
            let part = percentiles(estimate[rows].to_vec(), std::mem::take(&mut columns), confidence_level)?;
            all.estimate.extend(part.estimate);
            all.standard_error.extend(part.standard_error);
            all.lower.extend(part.lower);
            all.upper.extend(part.upper);
        }
        Ok(all)
    }
}

fn percentiles(estimate: Vec<f64>, columns: Vec<Vec<f64>>, confidence_level: f64) -> Result<Intervals> {
    two_sided_quantile(confidence_level)?;
    let tail = f64::midpoint(1.0, -confidence_level);
    let mut intervals =
        Intervals { estimate, standard_error: Vec::new(), lower: Vec::new(), upper: Vec::new() };
    for mut column in columns {
        column.sort_unstable_by(f64::total_cmp);
        let count = column.len() as f64;
        let mean = column.iter().sum::<f64>() / count;
        let variance = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
        intervals.standard_error.push(variance.sqrt());
        // At least two refits converged, so there is a quantile.
        let quantile = |share: f64| quantile_type_7(&column, share).unwrap_or(mean);
        intervals.lower.push(quantile(tail));
        intervals.upper.push(quantile(1.0 - tail));
    }
    Ok(intervals)
}

/// As many draws as the weights sum to, spread over the rows by chances that are the weights: a chain of binomials.
fn multinomial(weights: &[f64], rng: &mut Pcg64) -> Vec<f64> {
    let mut chances: f64 = weights.iter().sum();
    let mut draws = chances.round() as u64;
    let mut sample = Vec::with_capacity(weights.len());
    for &weight in weights {
        let share = (weight / chances).clamp(0.0, 1.0);
        let drawn = Binomial::new(draws, share).map_or(0, |binomial| binomial.sample(rng));
        sample.push(drawn as f64);
        draws -= drawn;
        chances = (chances - weight).max(0.0);
        if draws == 0 || chances == 0.0 {
            break;
        }
    }
    sample.resize(weights.len(), 0.0);
    sample
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_have_as_many_customers_as_the_data() {
        let weights = [5.0, 1.0, 0.0, 3.0, 91.0];
        for seed in 0..50 {
            let sample = multinomial(&weights, &mut stream(seed, 1));
            assert_eq!(sample.iter().sum::<f64>(), 100.0);
            assert_eq!(sample[2], 0.0);
        }
        let mean = |row: usize| {
            (0..4000).map(|index| multinomial(&weights, &mut stream(1, index))[row]).sum::<f64>() / 4000.0
        };
        assert!((mean(0) - 5.0).abs() < 0.15 && (mean(4) - 91.0).abs() < 0.2, "{} {}", mean(0), mean(4));
    }
}
