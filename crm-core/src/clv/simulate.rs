//! Customers drawn from a model: for tests, for planning, and to see what a model believes.

use rand::RngExt;
use rayon::prelude::*;

use super::process::{Future, Process};
use super::purchase_model::PurchaseModel;
use super::{BgBb, BgNbd, MbgNbd, ParetoNbd, PurchaseData, with_process};
use crate::customer::{Period, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::math::stream;
use crate::parallel::Threads;

/// Purchases of simulated customers, by age: times since each customer's first purchase.
#[derive(Clone, Debug, PartialEq)]
pub struct Simulation {
    unit: TimeUnit,
    ages: Vec<f64>,
    /// Where each customer's times start, and where the last one's end.
    offsets: Vec<usize>,
    times: Vec<f64>,
    left: Vec<f64>,
}

impl PurchaseModel {
    /// Simulates customers of given ages, in the model's unit, and what they do in a period after that.
    ///
    /// Each customer has a random stream of their own: the same seed gives the same customers for any number of threads, and
    /// more customers do not change the first ones.
    ///
    /// # Errors
    /// `InvalidArgument` for a model with covariates; `InvalidValue` for ages that are negative, not finite or, for BG/BB, not whole; `OutOfRange`
    /// if customers would make more than a billion purchases.
    pub fn simulate(&self, ages: &[f64], holdout: Period, seed: u64) -> Result<Simulation> {
        if !self.effects().is_empty() {
            let accepted = "a model without covariates";
            return Err(Error::argument("model", "a model with covariates", accepted));
        }
        let is_wrong = |age: &f64| {
            !(age.is_finite() && *age >= 0.0) || (self.kind().is_discrete() && age.fract() != 0.0)
        };
        if let Some(row) = ages.iter().position(is_wrong) {
            let message = format!("{} is not an age", ages[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on("age").at_row(row as u64));
        }
        let beyond = holdout.in_unit(self.unit());
        let parameters: [f64; 4] = std::array::from_fn(|i| self.parameters()[i]);
        let draw = |(index, &age): (usize, &f64)| -> (Vec<f64>, f64) {
            let mut rng = stream(seed, index as u64);
            let mut times = Vec::new();
            let left = with_process!(self.kind(), P => {
                let (stays, future) = P::new(parameters, 0).newcomer();
                if stays < 1.0 && rng.random::<f64>() >= stays {
                    0.0
                } else {
                    future.simulate(age + beyond, &mut rng, &mut times)
                }
            });
            (times, left)
        };
        let expected: f64 = with_process!(self.kind(), P => {
            let oldest = ages.iter().fold(0.0f64, |oldest, &age| oldest.max(age));
            let (stays, future) = P::new(parameters, 0).newcomer();
            stays * future.expected(oldest + beyond) * ages.len() as f64
        });
        if expected > 1e9 {
            let message = format!("about {expected:.1e} purchases are too many to hold");
            return Err(Error::new(ErrorKind::OutOfRange, message).on("age"));
        }
        let drawn: Vec<(Vec<f64>, f64)> =
            Threads::Available.run(|| ages.par_iter().enumerate().map(draw).collect())?;
        let mut simulation = Simulation {
            unit: self.unit(),
            ages: ages.to_vec(),
            offsets: vec![0],
            times: Vec::with_capacity(drawn.iter().map(|(times, _)| times.len()).sum()),
            left: Vec::with_capacity(drawn.len()),
        };
        for (times, left) in drawn {
            simulation.times.extend(times);
            simulation.offsets.push(simulation.times.len());
            simulation.left.push(left);
        }
        Ok(simulation)
    }
}

impl Simulation {
    /// Number of customers.
    pub fn len(&self) -> usize {
        self.ages.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.ages.is_empty()
    }

    /// The ages at which a customer buys again, in order, in the holdout period too.
    pub fn purchases(&self, customer: usize) -> &[f64] {
        &self.times[self.offsets[customer]..self.offsets[customer + 1]]
    }

    /// The age at which each customer leaves; infinite if after the holdout period.
    pub fn left(&self) -> &[f64] {
        &self.left
    }

    /// How many of a customer's purchases come by the age that was asked for.
    fn observed(&self, customer: usize) -> usize {
        self.purchases(customer).partition_point(|&time| time <= self.ages[customer])
    }

    /// What is seen of the customers at the ages that were asked for.
    ///
    /// # Errors
    /// `Empty` without customers.
    pub fn data(&self) -> Result<PurchaseData> {
        let observed: Vec<usize> = (0..self.len()).map(|customer| self.observed(customer)).collect();
        let counts: Vec<f64> = observed.iter().map(|&count| count as f64).collect();
        let last: Vec<f64> = observed
            .iter()
            .enumerate()
            .map(|(customer, &count)| if count == 0 { 0.0 } else { self.purchases(customer)[count - 1] })
            .collect();
        PurchaseData::new(&counts, &last, &self.ages, self.unit)
    }

    /// The number of purchases of each customer in the holdout period.
    pub fn holdout_purchases(&self) -> Vec<f64> {
        (0..self.len())
            .map(|customer| (self.purchases(customer).len() - self.observed(customer)) as f64)
            .collect()
    }
}
