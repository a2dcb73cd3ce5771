//! Predictions for many customers at once.

use std::collections::HashMap;

use rayon::prelude::*;

use super::discount::{DiscountRate, Horizon};
use super::fit::check_opportunities;
use super::numbers::Xxh3;
use super::process::{Future, Process, Row};
use super::purchase_model::PurchaseModel;
use super::{BgBb, BgNbd, MbgNbd, ParetoNbd, PurchaseData, Tracking, with_process};
use crate::customer::{Period, PeriodActivity, TimeUnit};
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// Something to predict of each customer.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Prediction {
    /// P(still a customer at the end of the data).
    Alive,
    /// P(still a customer so long after the end of the data).
    AliveAfter(Period),
    /// Expected purchases within a period after the end of the data.
    Purchases(Period),
    /// The same, each purchase discounted from when it is made: DECT within a period, DERT forever.
    DiscountedPurchases(Horizon, DiscountRate),
    /// P(so many purchases within a period).
    PurchaseProbability(u32, Period),
    /// P(at least one more purchase within a horizon).
    BuysWithin(Horizon),
    /// The time to the next purchase, in the model's unit, that so large a share of those who buy again stay within: 0.5 is the median.
    TimeToNext(f64),
    /// The mean time to the next purchase, in the model's unit, of those who buy again; infinite where the distribution has no mean.
    MeanTimeToNext,
}

impl Prediction {
    /// Whether it is a probability.
    pub(super) fn is_probability(self) -> bool {
        matches!(
            self,
            Self::Alive | Self::AliveAfter(_) | Self::PurchaseProbability(..) | Self::BuysWithin(_)
        )
    }

    /// What of it depends on the model's unit, in that unit.
    fn check(self, unit: TimeUnit, is_discrete: bool) -> Result<()> {
        match self {
            Self::DiscountedPurchases(Horizon::Forever, rate) if rate.continuous(unit) == 0.0 => {
                Err(Error::argument(
                    "discount_rate",
                    0,
                    "above 0 for an infinite horizon: the sum may be infinite",
                ))
            }
            Self::TimeToNext(share) if !(share > 0.0 && share < 1.0) => {
                Err(Error::argument("quantile", share, "above 0 and below 1"))
            }
            Self::AliveAfter(period)
            | Self::Purchases(period)
            | Self::PurchaseProbability(_, period)
            | Self::DiscountedPurchases(Horizon::Within(period), _)
            | Self::BuysWithin(Horizon::Within(period))
                if is_discrete && period.in_unit(unit).fract() != 0.0 =>
            {
                let accepted = format!("a whole number of opportunities, one each {unit}");
                Err(Error::argument("period", period, &accepted))
            }
            _ => Ok(()),
        }
    }
}

impl PurchaseModel {
    /// A prediction for each customer, in the order of the data.
    ///
    /// # Errors
    /// `Incompatible` for data in another unit than the model's; `MissingColumn` without the model's covariates; `InvalidArgument` for
    /// a prediction that makes no sense; `InvalidValue` for opportunities that are not whole.
    pub fn predict(&self, data: &PurchaseData, prediction: Prediction) -> Result<Vec<f64>> {
        let (unit, is_discrete) = (self.unit(), self.kind().is_discrete());
        prediction.check(unit, is_discrete)?;
        let values = with_process!(self.kind(), P => match prediction {
            Prediction::Alive => self.alive::<P>(data),
            Prediction::AliveAfter(period) => {
                let time = period.in_unit(unit);
                self.of_future::<P>(data, |future| future.survival(time))
            }
            Prediction::Purchases(period) => {
                let time = period.in_unit(unit);
                self.of_future::<P>(data, |future| future.expected(time))
            }
            Prediction::DiscountedPurchases(horizon, rate) => {
                let (time, rate) = (horizon.in_unit(unit), rate.continuous(unit));
                self.of_future::<P>(data, |future| future.discounted(time, rate))
            }
            Prediction::PurchaseProbability(n, period) => {
                let time = period.in_unit(unit);
                let of_alive = self.of_future::<P>(data, |future| future.probability(n, time))?;
                if n > 0 {
                    return Ok(of_alive);
                }
                // Those who left buy nothing for sure.
                let alive = self.alive::<P>(data)?;
                Ok(of_alive.iter().zip(&alive).map(|(of_alive, alive)| (of_alive + (1.0 - alive)).min(1.0)).collect())
            }
            Prediction::BuysWithin(horizon) => {
                let time = horizon.in_unit(unit);
                self.of_future::<P>(data, |future| future.buys_within(time))
            }
            Prediction::TimeToNext(share) => self.once_per_future::<P>(data, |future| time_to_next(future, share)),
            Prediction::MeanTimeToNext => self.once_per_future::<P>(data, Future::mean_time_to_next),
        })?;
        Ok(values)
    }

    /// P(still a customer) at the end of the data.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict).
    pub fn p_alive(&self, data: &PurchaseData) -> Result<Vec<f64>> {
        self.predict(data, Prediction::Alive)
    }

    /// Expected purchases of each customer within a period after the end of the data. For a row of age 0 this is the expectation of a
    /// newcomer, E[X(t)].
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict).
    pub fn expected_purchases(&self, data: &PurchaseData, period: Period) -> Result<Vec<f64>> {
        self.predict(data, Prediction::Purchases(period))
    }

    /// Expected purchases of each customer, each discounted from when it is made: DECT within a period, DERT forever.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict).
    pub fn discounted_purchases(
        &self,
        data: &PurchaseData,
        horizon: Horizon,
        rate: DiscountRate,
    ) -> Result<Vec<f64>> {
        self.predict(data, Prediction::DiscountedPurchases(horizon, rate))
    }

    /// P(alive) and discounted purchases of each customer.
    pub(super) fn alive_and_discounted(
        &self,
        data: &PurchaseData,
        horizon: Horizon,
        rate: DiscountRate,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let unit = self.unit();
        Prediction::DiscountedPurchases(horizon, rate).check(unit, self.kind().is_discrete())?;
        let (time, rate) = (horizon.in_unit(unit), rate.continuous(unit));
        with_process!(self.kind(), P => {
            self.alive_and_future::<P>(data, |future| future.discounted(time, rate))
        })
    }

    /// Expected purchases of a newcomer within a time in the model's unit, E[X(t)], as a function that can be called at many times.
    ///
    /// # Errors
    /// `InvalidArgument` for a model with covariates, whose newcomers differ, and for BG/BB, whose times are counts of opportunities.
    pub fn newcomer(&self) -> Result<impl Fn(f64) -> f64 + '_> {
        if !self.effects().is_empty() || self.kind().is_discrete() {
            let accepted = "a model of continuous time without covariates";
            return Err(Error::argument("model", format!("{} as fitted", self.kind().name()), accepted));
        }
        let parameters: [f64; 4] = std::array::from_fn(|i| self.parameters()[i]);
        Ok(move |time: f64| {
            with_process!(self.kind(), P => {
                let (stays, future) = P::new(parameters, 0).newcomer();
                stays * future.expected(time)
            })
        })
    }

    /// Actual repeat purchases of a cohort over time against those that the model expects of it.
    ///
    /// # Errors
    /// Those of [`newcomer`](Self::newcomer) and [`Tracking::new`].
    pub fn track(&self, activity: &PeriodActivity) -> Result<Tracking> {
        Tracking::new(activity, self.unit(), self.newcomer()?)
    }

    /// The log-likelihood of each customer.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict).
    pub fn log_likelihoods(&self, data: &PurchaseData) -> Result<Vec<f64>> {
        with_process!(self.kind(), P => {
            self.each::<P>(data, |process, row| process.log_likelihood(row, 0.0, &mut [0.0; 4]))
        })
    }

    /// The data are of the kind that the model was made for.
    pub(super) fn check_data(&self, data: &PurchaseData) -> Result<()> {
        if data.unit() != self.unit() {
            let message = format!("the data are in {}, the model was fitted in {}", data.unit(), self.unit());
            return Err(Error::new(ErrorKind::Incompatible, message).on("time_unit"));
        }
        check_opportunities(self.kind(), data)
    }

    /// The processes of customers with different covariates, and which one each customer follows (empty: all the first).
    pub(super) fn processes<P: Process>(&self, data: &PurchaseData) -> Result<(Vec<P>, Vec<u32>)> {
        self.check_data(data)?;
        let columns: Vec<&[f64]> =
            self.effects().iter().map(|effect| data.covariate(effect.covariate())).collect::<Result<_>>()?;
        let base: [f64; 4] = std::array::from_fn(|i| self.parameters()[i]);
        if columns.is_empty() {
            return Ok((vec![P::new(base, 0)], Vec::new()));
        }
        let mut seen: HashMap<Vec<u64>, u32> = HashMap::new();
        let mut processes = Vec::new();
        let mut of_row = Vec::with_capacity(data.len());
        for row in 0..data.len() {
            let key = columns.iter().map(|column| column[row].to_bits()).collect();
            let next = processes.len() as u32;
            let process = *seen.entry(key).or_insert(next);
            if process == next {
                let mut parameters = base;
                for (effect, column) in self.effects().iter().zip(&columns) {
                    parameters[effect.parameter()] *=
                        (effect.sign() * effect.coefficient() * column[row]).exp();
                }
                let is_beyond = |&at: &usize| !self.kind().range(at).contains(&parameters[at]);
                if let Some(at) = (0..4).find(is_beyond) {
                    let name = self.kind().info().parameters[at];
                    let message = format!("its covariates make {name} {:e}, out of range", parameters[at]);
                    return Err(Error::new(ErrorKind::OutOfRange, message)
                        .on("covariates")
                        .at_row(row as u64));
                }
                processes.push(P::new(parameters, 0));
            }
            of_row.push(process);
        }
        Ok((processes, of_row))
    }

    /// A value of each customer's row.
    pub(super) fn each<P: Process>(
        &self,
        data: &PurchaseData,
        value: impl Fn(&P, Row) -> f64 + Sync + Send,
    ) -> Result<Vec<f64>> {
        let (processes, of_row) = self.processes::<P>(data)?;
        let at = |row: usize| of_row.get(row).map_or(0, |&process| process as usize);
        Threads::Available.run(|| {
            (0..data.len()).into_par_iter().map(|row| value(&processes[at(row)], data.row(row))).collect()
        })
    }

    /// A value of each customer's row and of what they do when alive.
    pub(super) fn each_future<P: Process>(
        &self,
        data: &PurchaseData,
        value: impl Fn(usize, P::Future) -> f64 + Sync + Send,
    ) -> Result<Vec<f64>> {
        let (processes, of_row) = self.processes::<P>(data)?;
        let at = |row: usize| of_row.get(row).map_or(0, |&process| process as usize);
        let of_row = |row: usize| {
            let Row { x, age, .. } = data.row(row);
            value(row, processes[at(row)].future(x, age))
        };
        Threads::Available.run(|| (0..data.len()).into_par_iter().map(of_row).collect())
    }

    /// P(alive) times a value of what the customer does when alive.
    fn of_future<P: Process>(
        &self,
        data: &PurchaseData,
        value: impl Fn(&P::Future) -> f64 + Sync + Send,
    ) -> Result<Vec<f64>> {
        self.alive_and_future::<P>(data, value).map(|(_, values)| values)
    }

    /// P(alive), and P(alive) times a value of what the customer does when alive.
    fn alive_and_future<P: Process>(
        &self,
        data: &PurchaseData,
        value: impl Fn(&P::Future) -> f64 + Sync + Send,
    ) -> Result<(Vec<f64>, Vec<f64>)> {
        let mut values = self.once_per_future::<P>(data, value)?;
        let alive = self.alive::<P>(data)?;
        for (value, &alive) in values.iter_mut().zip(&alive) {
            // Nothing, if they have left, even of what might be infinite.
            *value = if alive == 0.0 { 0.0 } else { *value * alive };
        }
        Ok((alive, values))
    }

    /// P(alive) of each customer.
    fn alive<P: Process>(&self, data: &PurchaseData) -> Result<Vec<f64>> {
        if !P::ODDS_ARE_COSTLY {
            return self.each::<P>(data, p_alive);
        }
        let (processes, of_row) = self.processes::<P>(data)?;
        Shared::new(data, &of_row, true).values(|row, process| p_alive(&processes[process], data.row(row)))
    }

    /// A value of what each customer does when alive. It depends on x and T alone, which many customers share: each pair is computed once.
    fn once_per_future<P: Process>(
        &self,
        data: &PurchaseData,
        value: impl Fn(&P::Future) -> f64 + Sync + Send,
    ) -> Result<Vec<f64>> {
        let (processes, of_row) = self.processes::<P>(data)?;
        Shared::new(data, &of_row, false).values(|row, process| {
            let Row { x, age, .. } = data.row(row);
            value(&processes[process].future(x, age))
        })
    }
}

/// Customers of whom the same is to be computed.
struct Shared {
    /// The first customer of each set of equals, and the process that they follow.
    first: Vec<(u32, u32)>,
    /// The set of each customer.
    which: Vec<u32>,
}

impl Shared {
    /// Customers with the same process, x and T, and with the same `t_x` if asked.
    fn new(data: &PurchaseData, of_row: &[u32], by_last: bool) -> Self {
        let mut seen: hashbrown::HashMap<[u64; 3], u32, Xxh3> = hashbrown::HashMap::with_hasher(Xxh3);
        let mut shared = Self { first: Vec::new(), which: Vec::with_capacity(data.len()) };
        for row in 0..data.len() {
            let Row { x, last, age } = data.row(row);
            let process = of_row.get(row).copied().unwrap_or(0);
            let last = if by_last { last.to_bits() } else { 0 };
            let key = [u64::from(process) << 32 | u64::from(x as u32), age.to_bits(), last];
            let next = shared.first.len() as u32;
            let set = *seen.entry(key).or_insert(next);
            if set == next {
                shared.first.push((row as u32, process));
            }
            shared.which.push(set);
        }
        shared
    }

    /// A value for each customer, computed once for each set.
    fn values(&self, value: impl Fn(usize, usize) -> f64 + Sync + Send) -> Result<Vec<f64>> {
        let of_set = |&(row, process): &(u32, u32)| value(row as usize, process as usize);
        let values: Vec<f64> = Threads::Available.run(|| self.first.par_iter().map(of_set).collect())?;
        Ok(self.which.iter().map(|&set| values[set as usize]).collect())
    }
}

/// P(alive) from the odds of having left.
pub(super) fn p_alive<P: Process>(process: &P, row: Row) -> f64 {
    let ln_odds = process.ln_odds_of_having_left(row);
    if ln_odds > 0.0 {
        let alive = (-ln_odds).exp();
        alive / (1.0 + alive)
    } else {
        1.0 / (1.0 + ln_odds.exp())
    }
}

/// The time within which a share of those who buy again do so: bisection over the logarithm of the time, which has 1,000 doublings.
fn time_to_next<F: Future>(future: &F, share: f64) -> f64 {
    let target = share * future.buys_within(f64::INFINITY);
    let (mut low, mut high) = (-700.0f64, 700.0f64);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if future.buys_within(middle.exp()) < target {
            low = middle;
        } else {
            high = middle;
        }
    }
    high.exp()
}
