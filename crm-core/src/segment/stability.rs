//! Whether other rows of the same kind would have given the same clusters.
//!
//! Fang and Wang (2012), "Selection of the number of clusters via the bootstrap method", Computational Statistics and Data Analysis 56(3), with the
//! adjusted Rand index of Hubert and Arabie (1985) as measure of agreement, which chance does not raise; Hennig (2007), "Cluster-wise assessment of cluster
//! stability", Computational Statistics and Data Analysis 52(1).

use rand::RngExt;
use rayon::prelude::*;

use super::agreement::adjusted_rand_index;
use super::{KMeans, KMeansOptions, Matrix, Starts, sample};
use crate::error::{Error, Result};
use crate::math::stream;
use crate::parallel::Threads;

/// Options of [`Stability::evaluate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StabilityOptions {
    pub(super) pairs: u32,
    pub(super) sample: usize,
    pub(super) starts: u32,
    pub(super) seed: u64,
    pub(super) threads: Threads,
}

impl Default for StabilityOptions {
    /// 20 pairs of resamples, at most 2,000 rows each, 3 starts, seed 0.
    fn default() -> Self {
        Self { pairs: 20, sample: 2_000, starts: 3, seed: 0, threads: Threads::Available }
    }
}

impl StabilityOptions {
    /// How many pairs of resamples are clustered, at least 2.
    #[must_use]
    pub fn pairs(self, pairs: u32) -> Self {
        Self { pairs, ..self }
    }

    /// The most rows of a resample, and of the rows that are labelled, at least 2. Fewer rows than there are make clusters less stable, never more.
    #[must_use]
    pub fn sample(self, sample: usize) -> Self {
        Self { sample, ..self }
    }

    /// How many starts of k-means each fit has, at least 1.
    #[must_use]
    pub fn starts(self, starts: u32) -> Self {
        Self { starts, ..self }
    }

    /// The seed of the resamples and the starts.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// How many threads work; the result does not depend on it.
    #[must_use]
    pub fn threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }
}

/// How far clusters of resampled rows agree.
///
/// For each pair, two resamples are drawn with replacement and clustered by k-means; both models label the same rows, and the adjusted Rand index says how
/// far the labels agree: 1 if they are equal up to their numbers, about 0 if they agree by chance only. A resample with fewer distinct rows than clusters is
/// clustered into as many as it has.
///
/// ```
/// use crm_core::segment::{Matrix, Stability, StabilityOptions};
/// let values: Vec<f64> = (0..40).map(|i| f64::from(i % 20) / 20.0 + if i < 20 { 0.0 } else { 9.0 }).collect();
/// let matrix = Matrix::from_rows(&values, 1)?;
/// let two = Stability::evaluate(&matrix, 2, &StabilityOptions::default())?;
/// assert_eq!((two.mean, two.standard_deviation), (1.0, 0.0));
/// let five = Stability::evaluate(&matrix, 5, &StabilityOptions::default())?;
/// assert!(five.mean < 0.9);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Stability {
    /// Number of clusters.
    pub clusters: usize,
    /// The mean of the adjusted Rand indices.
    pub mean: f64,
    /// Their standard deviation.
    pub standard_deviation: f64,
    /// The adjusted Rand index of each pair.
    pub values: Vec<f64>,
    /// Number of rows of a resample, and of the rows labelled.
    pub sampled_rows: u64,
}

impl Stability {
    /// The stability of so many clusters by k-means.
    ///
    /// # Errors
    /// `InvalidArgument` for fewer than 2 clusters or more than there are distinct rows, and for options that make no sense.
    pub fn evaluate(matrix: &Matrix<'_>, clusters: usize, options: &StabilityOptions) -> Result<Self> {
        options.check()?;
        if clusters < 2 {
            return Err(Error::argument("clusters", clusters, "at least 2"));
        }
        let distinct = sample::distinct_rows(matrix, clusters);
        if distinct < clusters {
            let accepted = format!("at most the number of distinct rows, {distinct}");
            return Err(Error::argument("clusters", clusters, &accepted));
        }
        options.threads.run(|| evaluate(matrix, clusters, options))?
    }
}

impl StabilityOptions {
    fn check(&self) -> Result<()> {
        for (name, value, least) in [
            ("pairs", self.pairs as usize, 2),
            ("sample", self.sample, 2),
            ("starts", self.starts as usize, 1),
        ] {
            if value < least {
                return Err(Error::argument(name, value, &format!("at least {least}")));
            }
        }
        Ok(())
    }
}

fn evaluate(matrix: &Matrix<'_>, clusters: usize, options: &StabilityOptions) -> Result<Stability> {
    let (rows, features) = (matrix.rows(), matrix.features());
    let size = rows.min(options.sample);
    let drawn = sample::without_replacement(rows, size, &mut stream(options.seed, 0));
    let labelled = sample::values_of(matrix, &drawn);
    let labelled = Matrix::from_rows(&labelled, features)?;
    // Resample 0 and 1 make the first pair, and so on.
    let labels = |resample: u64| {
        let mut rng = stream(options.seed, 1 + resample);
        let values = sample::values_of(matrix, &sample::with_replacement(rows, size, &mut rng));
        let resampled = Matrix::from_rows(&values, features)?;
        let kmeans = KMeansOptions::new(sample::distinct_rows(&resampled, clusters))
            .starts(Starts::PlusPlus { count: options.starts })
            .seed(rng.random())
            .threads(options.threads);
        KMeans::fit(&resampled, &kmeans)?.model.predict(&labelled)
    };
    let pair = |pair: u64| adjusted_rand_index(&labels(2 * pair)?, &labels(2 * pair + 1)?);
    let values: Vec<f64> = (0..u64::from(options.pairs)).into_par_iter().map(pair).collect::<Result<_>>()?;
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
    Ok(Stability {
        clusters,
        mean,
        standard_deviation: (squares / (count - 1.0)).sqrt(),
        values,
        sampled_rows: size as u64,
    })
}
