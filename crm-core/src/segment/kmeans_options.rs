//! How k-means is run.

use std::cmp::Ordering;

use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

/// Where the iterations begin.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Starts {
    /// Greedy k-means++ (Arthur and Vassilvitskii 2007), so many times; the result of the lowest inertia is kept, the first of equals.
    PlusPlus {
        /// Number of starts, at least 1.
        count: u32,
    },
    /// Rows drawn at random, so many times.
    Random {
        /// Number of starts, at least 1.
        count: u32,
    },
    /// These centres, row by row: `clusters` times the number of features.
    Given(Vec<f64>),
}

/// By which feature clusters are numbered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LabelOrder {
    /// The number of the feature; where centres tie in it, the features after it decide, then those before.
    pub feature: usize,
    /// Whether cluster 0 is the one of the highest value, not the lowest.
    pub descending: bool,
}

impl LabelOrder {
    /// The clusters in the order of their numbers.
    pub(super) fn places(self, centres: &[f64], features: usize) -> Vec<usize> {
        let centre = |cluster: usize| &centres[cluster * features..][..features];
        let mut places: Vec<usize> = (0..centres.len() / features).collect();
        places.sort_by(|&left, &right| {
            let (left, right) = (centre(left), centre(right));
            let compared = (self.feature..features)
                .chain(0..self.feature)
                .fold(Ordering::Equal, |found, place| found.then(left[place].total_cmp(&right[place])));
            if self.descending { compared.reverse() } else { compared }
        });
        places
    }
}

/// Options of [`KMeans::fit`](super::KMeans::fit).
#[derive(Clone, Debug, PartialEq)]
pub struct KMeansOptions {
    pub(super) clusters: usize,
    pub(super) starts: Starts,
    pub(super) most_iterations: u32,
    pub(super) tolerance: f64,
    pub(super) seed: u64,
    pub(super) order: LabelOrder,
    pub(super) threads: Threads,
}

impl KMeansOptions {
    /// So many clusters; ten starts of k-means++, at most 300 iterations of each, tolerance 1e-4, seed 0, clusters in ascending order of the
    /// first feature.
    pub fn new(clusters: usize) -> Self {
        Self {
            clusters,
            starts: Starts::PlusPlus { count: 10 },
            most_iterations: 300,
            tolerance: 1e-4,
            seed: 0,
            order: LabelOrder::default(),
            threads: Threads::Available,
        }
    }

    /// Where the iterations begin.
    #[must_use]
    pub fn starts(self, starts: Starts) -> Self {
        Self { starts, ..self }
    }

    /// The most iterations of a start, at least 1.
    #[must_use]
    pub fn most_iterations(self, most_iterations: u32) -> Self {
        Self { most_iterations, ..self }
    }

    /// Stops when the centres' squared moves sum to at most this share of the mean variance of the features; with 0 only when no label
    /// changes.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// The seed of the starts.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// By which feature clusters are numbered.
    #[must_use]
    pub fn order(self, order: LabelOrder) -> Self {
        Self { order, ..self }
    }

    /// How many threads work; the result does not depend on it.
    #[must_use]
    pub fn threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    /// The number of clusters.
    pub fn clusters(&self) -> usize {
        self.clusters
    }

    pub(super) fn check(&self, features: usize) -> Result<()> {
        if self.clusters == 0 || self.clusters > MOST_CLUSTERS {
            let accepted = format!("from 1 to {MOST_CLUSTERS}");
            return Err(Error::argument("clusters", self.clusters, &accepted));
        }
        if self.most_iterations == 0 {
            return Err(Error::argument("most_iterations", 0, "at least 1"));
        }
        if !(self.tolerance.is_finite() && self.tolerance >= 0.0) {
            return Err(Error::argument("tolerance", self.tolerance, "a finite number of 0 or more"));
        }
        if self.order.feature >= features {
            let accepted = format!("below the number of features, {features}");
            return Err(Error::argument("order", self.order.feature, &accepted));
        }
        match &self.starts {
            Starts::PlusPlus { count: 0 } | Starts::Random { count: 0 } => {
                Err(Error::argument("starts", 0, "at least 1"))
            }
            Starts::Given(centres) if centres.len() != self.clusters * features => {
                let message = format!(
                    "{} values are not {} centres of {features} features",
                    centres.len(),
                    self.clusters
                );
                Err(Error::new(ErrorKind::LengthMismatch, message).on("starts"))
            }
            Starts::Given(centres) => {
                match centres.iter().position(|value| value.abs().is_nan() || value.abs() > 1e140) {
                    Some(place) => {
                        let message = format!("{} is not a finite number up to 1e140", centres[place]);
                        let row = (place / features) as u64;
                        Err(Error::new(ErrorKind::InvalidValue, message).on("starts").at_row(row))
                    }
                    None => Ok(()),
                }
            }
            _ => Ok(()),
        }
    }
}

/// The most clusters; labels of more would tell nobody anything.
pub(super) const MOST_CLUSTERS: usize = 65_536;
