//! What a permutation test is asked.

use serde::{Deserialize, Serialize};

use super::check_resamples;
use crate::error::{Error, Result};
use crate::experiment::test_options::Contrast;
use crate::named::named;
use crate::parallel::Threads;

/// By what the arms are told apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(i32)]
pub enum PermutationStatistic {
    /// The difference of the means.
    #[default]
    DifferenceOfMeans = 0,
    /// The difference of the means by its standard error, which stays valid if the variances differ (Janssen 1997).
    StudentisedDifference = 1,
    /// The difference of quantiles of one probability.
    DifferenceOfQuantiles = 2,
    /// The ratio of the means of values that are not negative.
    RatioOfMeans = 3,
}

named! { PermutationStatistic, "statistic", {
    DifferenceOfMeans: "difference_of_means", StudentisedDifference: "studentised_difference",
    DifferenceOfQuantiles: "difference_of_quantiles", RatioOfMeans: "ratio_of_means",
} }

/// What a permutation test is asked.
///
/// ```
/// use crm_core::experiment::{PermutationOptions, PermutationStatistic};
/// let options = PermutationOptions::default().statistic(PermutationStatistic::StudentisedDifference).seed(7);
/// assert_eq!((options.resamples, options.exact_up_to), (10_000, 1_000_000));
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PermutationOptions {
    /// By what the arms are told apart.
    pub statistic: PermutationStatistic,
    /// The probability of the quantiles, inside (0, 1); for other statistics it is not read.
    pub probability: f64,
    /// All assignments are taken if there are at most so many, up to 10,000,000; 0 for never.
    pub exact_up_to: u32,
    /// How many random assignments are drawn otherwise, 1 to 10,000,000.
    pub resamples: u32,
    /// The seed of random assignments.
    pub seed: u64,
    /// How many threads may work; the result does not depend on it.
    pub threads: Threads,
}

impl Default for PermutationOptions {
    fn default() -> Self {
        Self {
            statistic: PermutationStatistic::DifferenceOfMeans,
            probability: 0.5,
            exact_up_to: 1_000_000,
            resamples: 10_000,
            seed: 0,
            threads: Threads::Available,
        }
    }
}

impl PermutationOptions {
    /// Sets the statistic.
    #[must_use]
    pub fn statistic(mut self, statistic: PermutationStatistic) -> Self {
        self.statistic = statistic;
        self
    }

    /// Asks for the difference of the quantiles of a probability.
    #[must_use]
    pub fn quantiles(mut self, probability: f64) -> Self {
        (self.statistic, self.probability) = (PermutationStatistic::DifferenceOfQuantiles, probability);
        self
    }

    /// Sets up to how many assignments all are taken.
    #[must_use]
    pub fn exact_up_to(mut self, assignments: u32) -> Self {
        self.exact_up_to = assignments;
        self
    }

    /// Sets the number of random assignments.
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

    /// The contrast that the statistic measures.
    pub fn contrast(&self) -> Contrast {
        match self.statistic {
            PermutationStatistic::RatioOfMeans => Contrast::Ratio,
            _ => Contrast::Difference,
        }
    }

    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for a number of assignments or a probability out of range.
    pub fn check(&self) -> Result<()> {
        check_resamples(self.resamples)?;
        if self.exact_up_to > super::MOST_RESAMPLES {
            return Err(Error::argument("exact_up_to", self.exact_up_to, "at most 10000000"));
        }
        let quantiles = self.statistic == PermutationStatistic::DifferenceOfQuantiles;
        if quantiles && !(self.probability > 0.0 && self.probability < 1.0) {
            return Err(Error::argument("probability", self.probability, "inside (0, 1)"));
        }
        Ok(())
    }
}
