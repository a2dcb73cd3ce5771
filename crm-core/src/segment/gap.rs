//! Whether clusters are tighter than those of rows without any.
//!
//! Tibshirani, Walther and Hastie (2001), "Estimating the number of clusters in a data set via the gap statistic", Journal of the Royal Statistical
//! Society B 63(2).

use rand::RngExt;
use rayon::prelude::*;

use super::{KMeans, KMeansOptions, Matrix, Silhouette, SilhouetteOptions, Starts, dispersion, sample};
use crate::error::{Error, Result};
use crate::math::{principal_axes, stream};
use crate::parallel::Threads;

/// Where the rows without clusters are drawn from, uniformly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum GapReference {
    /// A box around the rows along their principal components (the paper's choice b): features that go together are no clusters.
    #[default]
    PrincipalComponents,
    /// A box from the lowest to the highest value of each feature (the paper's choice a).
    FeatureRanges,
}

/// Options of [`Gap::evaluate`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GapOptions {
    pub(super) reference: GapReference,
    pub(super) references: u32,
    pub(super) sample: usize,
    pub(super) starts: u32,
    pub(super) seed: u64,
    pub(super) threads: Threads,
}

impl Default for GapOptions {
    /// 20 references along the principal components, a sample of at most 5,000 rows, 3 starts, seed 0.
    fn default() -> Self {
        Self {
            reference: GapReference::PrincipalComponents,
            references: 20,
            sample: 5_000,
            starts: 3,
            seed: 0,
            threads: Threads::Available,
        }
    }
}

impl GapOptions {
    /// Where the rows without clusters are drawn from.
    #[must_use]
    pub fn reference(self, reference: GapReference) -> Self {
        Self { reference, ..self }
    }

    /// How many data sets without clusters are drawn, at least 2.
    #[must_use]
    pub fn references(self, references: u32) -> Self {
        Self { references, ..self }
    }

    /// The most rows that are looked at, at least 2; of more rows so many are drawn at random.
    #[must_use]
    pub fn sample(self, sample: usize) -> Self {
        Self { sample, ..self }
    }

    /// How many starts of k-means each fit has, at least 1.
    #[must_use]
    pub fn starts(self, starts: u32) -> Self {
        Self { starts, ..self }
    }

    /// The seed of the sample, the references and the starts.
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

/// How far the sum of squares within clusters lies below that of rows without clusters, by number of clusters.
///
/// `W_k` is the sum of squared distances to the nearest of `k` centres, of the rows and of `B` references, as many points drawn uniformly from a box
/// around the rows:
///
/// ```text
/// Gap(k) = mean over the references of log W*_k - log W_k
/// s_k    = sd of the log W*_k · sqrt(1 + 1/B)
/// choice = the smallest k with Gap(k) ≥ Gap(k + 1) - s_(k+1)
/// ```
///
/// The choice may be 1: then nothing speaks for clusters. Of many rows a sample is looked at; what the statistic compares, shares of the spread, does
/// not depend on their number. Where `W_k` is 0, the gap is infinite.
///
/// ```
/// use crm_core::segment::{Gap, GapOptions, Matrix};
/// let two: Vec<f64> = (0..40).map(|i| f64::from(i % 20) / 20.0 + if i < 20 { 0.0 } else { 9.0 }).collect();
/// let gap = Gap::evaluate(&Matrix::from_rows(&two, 1)?, 4, &GapOptions::default())?;
/// assert_eq!(gap.choice, Some(2));
/// let one: Vec<f64> = (0..40).map(f64::from).collect();
/// let gap = Gap::evaluate(&Matrix::from_rows(&one, 1)?, 4, &GapOptions::default())?;
/// assert_eq!(gap.choice, Some(1));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Gap {
    /// A row for each number of clusters, from 1 on.
    pub rows: Vec<GapRow>,
    /// The smallest number of clusters that the rule accepts; none if the gap grows up to the last one.
    pub choice: Option<usize>,
    /// Number of rows looked at.
    pub sampled_rows: u64,
}

/// The gap of one number of clusters.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct GapRow {
    /// Number of clusters.
    pub clusters: usize,
    /// `Gap(k)`.
    pub gap: f64,
    /// `s_k`, the standard error that the references leave, which includes their own sampling.
    pub standard_error: f64,
    /// The mean silhouette of the rows looked at; none for one cluster.
    pub silhouette: Option<f64>,
    /// The mean over the references of their mean silhouette; none for one cluster.
    pub reference_silhouette: Option<f64>,
    /// The standard deviation of that over the references, times `sqrt(1 + 1/B)`.
    pub reference_silhouette_error: Option<f64>,
}

impl Gap {
    /// The gap of 1 to `most_clusters` clusters by k-means.
    ///
    /// # Errors
    /// `InvalidArgument` for fewer than 2 `most_clusters` or more than there are distinct rows (among those looked at), and for options that make no sense.
    pub fn evaluate(matrix: &Matrix<'_>, most_clusters: usize, options: &GapOptions) -> Result<Self> {
        options.check()?;
        if most_clusters < 2 {
            return Err(Error::argument("most_clusters", most_clusters, "at least 2"));
        }
        options.threads.run(|| {
            let looked_at = LookedAt::new(matrix, options);
            let distinct = looked_at.distinct_rows(most_clusters);
            if distinct < most_clusters {
                let accepted = format!("at most the number of distinct rows looked at, {distinct}");
                return Err(Error::argument("most_clusters", most_clusters, &accepted));
            }
            looked_at.gap(most_clusters, options)
        })?
    }

    /// The numbers of clusters whose gap is at least the next one's but for its standard error, or infinite.
    pub(super) fn accepted(&self) -> impl Iterator<Item = usize> + '_ {
        let next = self.rows.iter().skip(1).map(Some).chain([None]);
        let accepts = |(row, next): &(&GapRow, Option<&GapRow>)| {
            row.gap == f64::INFINITY || next.is_some_and(|next| row.gap >= next.gap - next.standard_error)
        };
        self.rows.iter().zip(next).filter(accepts).map(|(row, _)| row.clusters)
    }

    /// The gap of as many clusters as the rows looked at have distinct ones, up to `most_clusters`; none if they are all equal.
    pub(super) fn as_far_as_possible(
        matrix: &Matrix<'_>,
        most_clusters: usize,
        options: &GapOptions,
    ) -> Result<Option<Self>> {
        options.check()?;
        options.threads.run(|| {
            let looked_at = LookedAt::new(matrix, options);
            match looked_at.distinct_rows(most_clusters) {
                0 | 1 => Ok(None),
                distinct => looked_at.gap(distinct.min(most_clusters), options).map(Some),
            }
        })?
    }
}

impl GapOptions {
    fn check(&self) -> Result<()> {
        for (name, value, least) in [
            ("references", self.references as usize, 2),
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

/// Rows whose silhouette is computed in each fit.
const SILHOUETTES: usize = 500;

/// The rows looked at, in a scale in which nothing overflows: k-means and silhouettes depend neither on the origin nor on the unit.
struct LookedAt {
    values: Vec<f64>,
    features: usize,
}

impl LookedAt {
    fn new(matrix: &Matrix<'_>, options: &GapOptions) -> Self {
        let rows = sample::without_replacement(matrix.rows(), options.sample, &mut stream(options.seed, 0));
        let features = matrix.features();
        let mut values = sample::values_of(matrix, &rows);
        let (lowest, widths) = ranges(&values, features);
        let widest = widths.iter().fold(0.0, |most: f64, &width| most.max(width));
        let unit = if widest > 0.0 { widest } else { 1.0 };
        for row in values.chunks_exact_mut(features) {
            for (value, lowest) in row.iter_mut().zip(&lowest) {
                *value = (*value - lowest) / unit;
            }
        }
        Self { values, features }
    }

    fn distinct_rows(&self, enough: usize) -> usize {
        Matrix::from_rows(&self.values, self.features).map_or(0, |rows| sample::distinct_rows(&rows, enough))
    }

    /// The sides of the box from which references are drawn. Where it lies does not matter, nor how it is turned.
    fn sides(&self, reference: GapReference) -> Vec<f64> {
        match reference {
            GapReference::FeatureRanges => ranges(&self.values, self.features).1,
            GapReference::PrincipalComponents => {
                let axes = principal_axes(&covariance(&self.values, self.features), self.features);
                let mut projected = Vec::with_capacity(self.values.len());
                for row in self.values.chunks_exact(self.features) {
                    let along =
                        |axis: &[f64]| axis.iter().zip(row).map(|(axis, value)| axis * value).sum::<f64>();
                    projected.extend(axes.chunks_exact(self.features).map(along));
                }
                ranges(&projected, self.features).1
            }
        }
    }

    fn gap(&self, most_clusters: usize, options: &GapOptions) -> Result<Gap> {
        let sides = self.sides(options.reference);
        let rows = self.values.len() / self.features;
        // Index 0 is the rows themselves.
        let curve = |index: u32| {
            let mut rng = stream(options.seed, 1 + u64::from(index));
            let seed = rng.random();
            if index == 0 {
                return curve(&self.values, self.features, most_clusters, seed, options);
            }
            let mut drawn = Vec::with_capacity(self.values.len());
            for _ in 0..rows {
                drawn.extend(sides.iter().map(|side| side * rng.random::<f64>()));
            }
            curve(&drawn, self.features, most_clusters, seed, options)
        };
        let curves: Vec<Vec<Fitted>> =
            (0..=options.references).into_par_iter().map(curve).collect::<Result<_>>()?;
        let (own, references) = curves.split_at(1);
        let rows_of = (0..most_clusters).map(|place| row(place, &own[0], references)).collect::<Vec<_>>();
        let mut gap = Gap { rows: rows_of, choice: None, sampled_rows: rows as u64 };
        let choice = gap.accepted().next();
        gap.choice = choice;
        Ok(gap)
    }
}

/// The fit of a number of clusters.
#[derive(Clone, Copy)]
struct Fitted {
    ln_within: f64,
    silhouette: Option<f64>,
}

/// The fits of 1 to `most_clusters` clusters.
fn curve(
    values: &[f64],
    features: usize,
    most_clusters: usize,
    seed: u64,
    options: &GapOptions,
) -> Result<Vec<Fitted>> {
    let matrix = Matrix::from_rows(values, features)?;
    let fit = |clusters: usize| {
        if clusters == 1 {
            let within = dispersion::within(&matrix, &vec![0; matrix.rows()]);
            return Ok(Fitted { ln_within: within.ln(), silhouette: None });
        }
        let kmeans = KMeansOptions::new(clusters)
            .starts(Starts::PlusPlus { count: options.starts })
            .seed(seed)
            .threads(options.threads);
        let labels = KMeans::fit(&matrix, &kmeans)?.labels;
        let looks = SilhouetteOptions::default().sample(SILHOUETTES).seed(seed).threads(options.threads);
        // As many clusters as rows have none.
        let silhouette = Silhouette::evaluate(&matrix, &labels, &looks).ok().map(|found| found.mean);
        Ok(Fitted { ln_within: dispersion::within(&matrix, &labels).ln(), silhouette })
    };
    (1..=most_clusters).into_par_iter().map(fit).collect()
}

fn row(place: usize, own: &[Fitted], references: &[Vec<Fitted>]) -> GapRow {
    let (mean, error) = mean_and_error(references.iter().map(|fits| fits[place].ln_within));
    let silhouettes: Option<Vec<f64>> = references.iter().map(|fits| fits[place].silhouette).collect();
    let silhouettes = silhouettes.map(|values| mean_and_error(values.into_iter()));
    let gap =
        if own[place].ln_within == f64::NEG_INFINITY { f64::INFINITY } else { mean - own[place].ln_within };
    GapRow {
        clusters: place + 1,
        gap,
        standard_error: error,
        silhouette: own[place].silhouette,
        reference_silhouette: silhouettes.map(|(mean, _)| mean),
        reference_silhouette_error: silhouettes.map(|(_, error)| error),
    }
}

/// The mean, and the standard deviation times `sqrt(1 + 1/B)`: the paper divides its squares by B.
fn mean_and_error(values: impl ExactSizeIterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.len() as f64;
    let mean = values.clone().sum::<f64>() / count;
    let variance = values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / count;
    (mean, (variance * (1.0 + 1.0 / count)).sqrt())
}

/// The lowest value of each feature, and how far the highest lies above it.
fn ranges(values: &[f64], features: usize) -> (Vec<f64>, Vec<f64>) {
    let mut lowest = vec![f64::INFINITY; features];
    let mut highest = vec![f64::NEG_INFINITY; features];
    for row in values.chunks_exact(features) {
        for (feature, &value) in row.iter().enumerate() {
            lowest[feature] = lowest[feature].min(value);
            highest[feature] = highest[feature].max(value);
        }
    }
    let widths = lowest.iter().zip(&highest).map(|(low, high)| high - low).collect();
    (lowest, widths)
}

/// Up to a factor.
fn covariance(values: &[f64], features: usize) -> Vec<f64> {
    let mut mean = vec![0.0; features];
    let rows = values.len() as f64 / features as f64;
    for row in values.chunks_exact(features) {
        mean.iter_mut().zip(row).for_each(|(mean, value)| *mean += value / rows);
    }
    let mut covariance = vec![0.0; features * features];
    for row in values.chunks_exact(features) {
        for i in 0..features {
            for j in 0..features {
                covariance[i * features + j] += (row[i] - mean[i]) * (row[j] - mean[j]);
            }
        }
    }
    covariance
}
