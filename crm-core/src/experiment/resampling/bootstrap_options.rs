//! What the bootstrap is asked.

use serde::{Deserialize, Serialize};

use super::check_resamples;
use crate::error::{Error, Result};
use crate::named::named;
use crate::parallel::Threads;

/// What is estimated of each arm.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum BootstrapStatistic {
    /// The mean of the values.
    #[default]
    Mean = 0,
    /// The sum of the values by the sum of a second column.
    RatioOfSums = 1,
    /// A quantile of the values, by definition 7 of Hyndman and Fan (1996).
    Quantile = 2,
}

named! { BootstrapStatistic, "statistic", { Mean: "mean", RatioOfSums: "ratio_of_sums", Quantile: "quantile" } }

/// How an interval is read off the resamples.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum BootstrapInterval {
    /// Quantiles of the resamples' estimates, corrected for bias and for acceleration (Efron 1987).
    #[default]
    Bca = 0,
    /// Quantiles of the resamples' estimates.
    Percentile = 1,
    /// Twice the estimate less those quantiles.
    Basic = 2,
    /// The estimate less quantiles of `(estimate of the resample - estimate) / its standard error`, times the standard error; not for quantiles.
    Studentised = 3,
}

named! { BootstrapInterval, "bootstrap interval", {
    Bca: "bca", Percentile: "percentile", Basic: "basic", Studentised: "studentised",
} }

/// What is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum Resampling {
    /// As many rows as there are, each draw any row with equal probability: the bootstrap of Efron (1979).
    #[default]
    Multinomial = 0,
    /// Each row as often as an independent Poisson number of mean 1 says, as engines do that see rows only once. The number of draws is then a Poisson number of
    /// mean n, and given it the draws are those of `Multinomial`; so it is drawn here.
    Poisson = 1,
}

named! { Resampling, "resampling", { Multinomial: "multinomial", Poisson: "poisson" } }

/// What the bootstrap is asked.
///
/// ```
/// use crm_core::experiment::{BootstrapInterval, BootstrapOptions};
/// let options = BootstrapOptions::default().interval(BootstrapInterval::Studentised).seed(7);
/// assert_eq!((options.resamples, options.seed), (10_000, 7));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BootstrapOptions {
    /// What is estimated of each arm.
    pub statistic: BootstrapStatistic,
    /// The probability of the quantile, inside (0, 1); for other statistics it is not read.
    pub probability: f64,
    /// How the interval is read.
    pub interval: BootstrapInterval,
    /// What is drawn.
    pub resampling: Resampling,
    /// How many resamples, 1 to 10,000,000.
    pub resamples: u32,
    /// The seed: equal seeds give equal bits, for any order of the rows and number of threads.
    pub seed: u64,
    /// How many threads may work.
    pub threads: Threads,
}

impl Default for BootstrapOptions {
    fn default() -> Self {
        Self {
            statistic: BootstrapStatistic::Mean,
            probability: 0.5,
            interval: BootstrapInterval::Bca,
            resampling: Resampling::Multinomial,
            resamples: 10_000,
            seed: 0,
            threads: Threads::Available,
        }
    }
}

impl BootstrapOptions {
    /// Sets the statistic.
    #[must_use]
    pub fn statistic(mut self, statistic: BootstrapStatistic) -> Self {
        self.statistic = statistic;
        self
    }

    /// Asks for the quantile of a probability.
    #[must_use]
    pub fn quantile(mut self, probability: f64) -> Self {
        (self.statistic, self.probability) = (BootstrapStatistic::Quantile, probability);
        self
    }

    /// Sets how the interval is read.
    #[must_use]
    pub fn interval(mut self, interval: BootstrapInterval) -> Self {
        self.interval = interval;
        self
    }

    /// Sets what is drawn.
    #[must_use]
    pub fn resampling(mut self, resampling: Resampling) -> Self {
        self.resampling = resampling;
        self
    }

    /// Sets the number of resamples.
    #[must_use]
    pub fn resamples(mut self, resamples: u32) -> Self {
        self.resamples = resamples;
        self
    }

    /// Sets the seed.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Sets the threads.
    #[must_use]
    pub fn threads(mut self, threads: Threads) -> Self {
        self.threads = threads;
        self
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for a number of resamples or a probability out of range, and for a studentised interval of a quantile.
    pub fn check(&self) -> Result<()> {
        check_resamples(self.resamples)?;
        if self.statistic != BootstrapStatistic::Quantile {
            return Ok(());
        }
        if !(self.probability > 0.0 && self.probability < 1.0) {
            return Err(Error::argument("probability", self.probability, "inside (0, 1)"));
        }
        if self.interval == BootstrapInterval::Studentised {
            let accepted = "bca, percentile or basic: a quantile has no standard error without a density";
            return Err(Error::argument("interval", self.interval.name(), accepted));
        }
        Ok(())
    }
}
