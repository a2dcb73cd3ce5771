//! Lifetime value: discounted purchases times what a purchase is worth.
//!
//! The purchase model and the spend model are independent (Fader, Hardie and Lee 2005, "RFM and CLV", section 3): the value of a customer
//! is margin × expected discounted purchases (DECT, or DERT without end) × expected mean spend. It is residual: the value of what is still to come.

use rand::RngExt;
use rand_distr::{Distribution, Gamma};
use rayon::prelude::*;

use super::discount::{DiscountRate, Horizon};
use super::interval::Intervals;
use super::predict::{Prediction, p_alive};
use super::process::{Future, Process};
use super::report::two_sided_quantile;
use super::simple::check_margin;
use super::{
    BgBb, BgNbd, MbgNbd, ParetoNbd, PurchaseData, PurchaseModel, SpendData, SpendModel, with_process,
};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{quantile_type_7, stream};
use crate::parallel::Threads;

/// What of a purchase counts, how far ahead, and at which rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ValueOptions {
    horizon: Horizon,
    discount_rate: DiscountRate,
    margin: f64,
}

impl ValueOptions {
    /// All of the spend (a margin of 1) up to a horizon.
    pub fn new(horizon: impl Into<Horizon>, discount_rate: DiscountRate) -> Self {
        Self { horizon: horizon.into(), discount_rate, margin: 1.0 }
    }

    /// Only a share of the spend is earned.
    ///
    /// # Errors
    /// `InvalidArgument` unless the share is between 0 and 1.
    pub fn with_margin(self, margin: f64) -> Result<Self> {
        Ok(Self { margin: check_margin(margin)?, ..self })
    }

    fn prediction(&self) -> Prediction {
        Prediction::DiscountedPurchases(self.horizon, self.discount_rate)
    }
}

/// The residual value of each customer and what it is made of, in the order of the data.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct LifetimeValues {
    /// P(still a customer at the end of the data).
    pub p_alive: Vec<f64>,
    /// Expected discounted purchases.
    pub discounted_purchases: Vec<f64>,
    /// Expected mean spend of a purchase, in currency units.
    pub expected_spend: Vec<f64>,
    /// Margin times discounted purchases times expected spend, in currency units.
    pub value: Vec<f64>,
}

/// A purchase model and a spend model.
///
/// ```
/// use crm_core::clv::{CustomerValueModel, DiscountRate, PurchaseData, PurchaseKind, PurchaseModel, SpendData, SpendModel, ValueOptions};
/// use crm_core::customer::{Period, Policy, TimeUnit};
/// let model = CustomerValueModel::new(
///     PurchaseModel::from_parameters(PurchaseKind::BgNbd, &[0.243, 4.414, 0.793, 2.426], TimeUnit::Week)?,
///     SpendModel::from_parameters(6.25, 3.74, 15.44)?,
/// );
/// let purchases = PurchaseData::new(&[2.0], &[30.43], &[38.86], TimeUnit::Week)?;
/// let spend = SpendData::new(&[2.0], &[22.35], Policy::Exclude)?;
/// let options = ValueOptions::new(Period::new(12.0, TimeUnit::MonthMean)?, DiscountRate::annual(0.1)?).with_margin(0.3)?;
/// let values = model.values(&purchases, &spend, &options)?;
/// assert!(values.value[0] > 10.0 && values.value[0] < 12.0);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct CustomerValueModel {
    purchases: PurchaseModel,
    spend: SpendModel,
}

impl CustomerValueModel {
    /// Joins the two.
    pub fn new(purchases: PurchaseModel, spend: SpendModel) -> Self {
        Self { purchases, spend }
    }

    /// The purchase model.
    pub fn purchases(&self) -> &PurchaseModel {
        &self.purchases
    }

    /// The spend model.
    pub fn spend(&self) -> &SpendModel {
        &self.spend
    }

    /// The residual value of each customer.
    ///
    /// # Errors
    /// Those of [`PurchaseModel::predict`] and [`SpendModel::expected_mean_spend`]; `Incompatible` for spend in another currency;
    /// `InvalidArgument` for an infinite horizon without discounting.
    pub fn values(
        &self,
        purchases: &PurchaseData,
        spend: &SpendData,
        options: &ValueOptions,
    ) -> Result<LifetimeValues> {
        if purchases.len() != spend.len() {
            let message = format!("has {} rows where the purchases have {}", spend.len(), purchases.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("spend"));
        }
        let (p_alive, discounted_purchases) =
            self.purchases.alive_and_discounted(purchases, options.horizon, options.discount_rate)?;
        let expected_spend = self.spend.expected_spend(spend)?;
        let value = discounted_purchases
            .iter()
            .zip(&expected_spend)
            .map(|(purchases, spend)| options.margin * purchases * spend)
            .collect();
        Ok(LifetimeValues { p_alive, discounted_purchases, expected_spend, value })
    }

    /// Confidence intervals of the values by the delta method: what the uncertainty of both models' parameters leaves open about the
    /// *expected* value. Symmetric in the logarithm.
    ///
    /// # Errors
    /// Those of [`values`](Self::values) and [`PurchaseModel::confidence_intervals`]; both models must be fitted.
    pub fn confidence_intervals(
        &self,
        purchases: &PurchaseData,
        spend: &SpendData,
        options: &ValueOptions,
        confidence_level: f64,
    ) -> Result<Intervals> {
        let z = two_sided_quantile(confidence_level)?;
        let values = self.values(purchases, spend, options)?;
        let of_purchases = self.purchases.delta_variance(purchases, options.prediction())?;
        let covariance = self.spend.report().and_then(|report| report.log_covariance()).ok_or_else(|| {
            let accepted = "a fitted model whose likelihood is curved in every direction";
            Error::argument("spend", "a model without a covariance of its estimates", accepted)
        })?;
        let (p, q, v) = (self.spend.p(), self.spend.q(), self.spend.v());
        let spent: Vec<(f64, f64)> = spend.rows().collect();
        let variance = |row: usize| {
            let (x, mean) = (spent[row].0, spent[row].1.max(0.0));
            let excess = p * x + q - 1.0;
            // Derivatives of the logarithm of the expected spend.
            let slopes = [1.0 - p * x / excess, -q / excess, if x > 0.0 { v / (v + x * mean) } else { 1.0 }];
            let of_spend: f64 = (0..9).map(|at| covariance[at] * slopes[at / 3] * slopes[at % 3]).sum();
            let purchases = values.discounted_purchases[row];
            let relative = if purchases > 0.0 { of_purchases[row] / (purchases * purchases) } else { 0.0 };
            values.value[row].powi(2) * (relative + of_spend.max(0.0))
        };
        let variance = (0..purchases.len()).map(variance).collect();
        Ok(Intervals::new(values.value, variance, z, false))
    }

    /// Predictive intervals of single customers: the value that what they do has with at least the given probability, from simulated
    /// futures. They are far wider than [`confidence_intervals`](Self::confidence_intervals), and often start at 0.
    ///
    /// Purchases later than when money counts less than a billionth are left out. Each customer has a random stream of their own.
    ///
    /// # Errors
    /// Those of [`values`](Self::values); `InvalidArgument` for a level outside (0, 1) or fewer than 100 draws.
    pub fn predictive_intervals(
        &self,
        purchases: &PurchaseData,
        spend: &SpendData,
        options: &ValueOptions,
        level: f64,
        draws: u32,
        seed: u64,
    ) -> Result<Intervals> {
        two_sided_quantile(level)?;
        if draws < 100 {
            return Err(Error::argument("draws", draws, "at least 100"));
        }
        let expected = self.values(purchases, spend, options)?;
        let unit = self.purchases.unit();
        let rate = options.discount_rate.continuous(unit);
        let end = options.horizon.in_unit(unit).min(1e9f64.ln() / rate);
        let p = self.spend.p();
        let spent: Vec<(f64, f64)> = spend.rows().collect();
        let amounts = Gamma::new(p, 1.0 / p)
            .map_err(|_| Error::argument("p", p, "a shape that random numbers can be drawn for"))?;
        let parts = with_process!(self.purchases.kind(), P => {
            self.purchases.processes::<P>(purchases).and_then(|(processes, of_row)| {
                let draw_all = |row: usize| -> [f64; 3] {
                    let mut rng = stream(seed, row as u64);
                    let process = &processes[of_row.get(row).map_or(0, |&process| process as usize)];
                    let customer = purchases.row(row);
                    let alive = p_alive(process, customer);
                    let future = process.future(customer.x, customer.age);
                    let (x, mean) = spent[row];
                    let mut times = Vec::new();
                    let mut drawn: Vec<f64> = (0..draws)
                        .map(|_| {
                            times.clear();
                            if rng.random::<f64>() < alive {
                                future.simulate(end, &mut rng, &mut times);
                            }
                            let level = self.spend.draw_mean_spend(x, mean, &mut rng);
                            let discounted: f64 = times
                                .iter()
                                .map(|time| (-rate * time).exp() * amounts.sample(&mut rng))
                                .sum();
                            options.margin * level * discounted
                        })
                        .collect();
                    drawn.sort_unstable_by(f64::total_cmp);
                    let tail = f64::midpoint(1.0, -level);
                    let quantile = |share: f64| quantile_type_7(&drawn, share).unwrap_or(0.0);
                    let mean = drawn.iter().sum::<f64>() / f64::from(draws);
                    let variance = drawn.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
                        / f64::from(draws - 1);
                    [variance.sqrt(), quantile(tail), quantile(1.0 - tail)]
                };
                Threads::Available.run(|| (0..purchases.len()).into_par_iter().map(draw_all).collect::<Vec<_>>())
            })
        })?;
        Ok(Intervals {
            estimate: expected.value,
            standard_error: parts.iter().map(|part| part[0]).collect(),
            lower: parts.iter().map(|part| part[1]).collect(),
            upper: parts.iter().map(|part| part[2]).collect(),
        })
    }
}
