//! Gaussian mixtures: segments that customers belong to by degrees.
//!
//! `McLachlan` and Peel (2000), *Finite Mixture Models*. Where k-means draws a border, a mixture says how sure it is. The fit is linfa's
//! (feature `linfa`, see [`interop`](crate::interop)); what is computed from a fitted mixture is written here, in logarithms, so that
//! rows far from every segment have probabilities too.

use std::f64::consts::PI;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::{LabelOrder, Matrix};
use crate::error::{Error, ErrorKind, Result};
use crate::math::cholesky;
use crate::parallel::Threads;

/// The version of the saved form.
const VERSION: u32 = 1;

/// Segments as normal distributions, each with its share of the customers, its mean and its full covariance.
///
/// ```
/// use crm_core::segment::{GaussianMixture, Matrix};
/// let mixture = GaussianMixture::from_parameters(&[0.5, 0.5], &[0.0, 4.0], &[1.0, 1.0])?;
/// let rows = [0.0, 2.0, 100.0];
/// let shares = mixture.probabilities(&Matrix::from_rows(&rows, 1)?)?;
/// assert!((shares[0] - 1.0 / (1.0 + (-8.0_f64).exp())).abs() < 1e-15);
/// assert_eq!(&shares[2..], [0.5, 0.5, (-392.0_f64).exp(), 1.0]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GaussianMixture {
    model: String,
    version: u32,
    features: usize,
    weights: Vec<f64>,
    means: Vec<f64>,
    covariances: Vec<f64>,
    #[serde(skip)]
    factors: Vec<Factor>,
    #[serde(skip)]
    threads: Threads,
}

/// A component as densities need it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Factor {
    /// The Cholesky factor of the covariance.
    lower: Vec<f64>,
    /// The logarithm of weight times density at the mean.
    peak: f64,
}

/// Options of `GaussianMixture::fit`.
#[derive(Clone, Debug, PartialEq)]
pub struct MixtureOptions {
    pub(crate) components: usize,
    pub(crate) starts: u32,
    pub(crate) most_iterations: u32,
    pub(crate) tolerance: f64,
    pub(crate) ridge: f64,
    pub(crate) seed: u64,
    pub(crate) order: LabelOrder,
    pub(crate) threads: Threads,
}

impl MixtureOptions {
    /// So many components; ten starts, at most 500 iterations of each, tolerance 1e-6, ridge 1e-6, seed 0, components in ascending order of the first
    /// feature's mean.
    pub fn new(components: usize) -> Self {
        Self {
            components,
            starts: 10,
            most_iterations: 500,
            tolerance: 1e-6,
            ridge: 1e-6,
            seed: 0,
            order: LabelOrder::default(),
            threads: Threads::Available,
        }
    }

    /// How many starts from k-means, at least 1; the one of the highest likelihood is kept.
    #[must_use]
    pub fn starts(self, starts: u32) -> Self {
        Self { starts, ..self }
    }

    /// The most iterations of a start, at least 1.
    #[must_use]
    pub fn most_iterations(self, most_iterations: u32) -> Self {
        Self { most_iterations, ..self }
    }

    /// Stops when the mean log-likelihood of a row changes by less.
    #[must_use]
    pub fn tolerance(self, tolerance: f64) -> Self {
        Self { tolerance, ..self }
    }

    /// Added to the variances of standardised features, so that no component shrinks to a point.
    #[must_use]
    pub fn ridge(self, ridge: f64) -> Self {
        Self { ridge, ..self }
    }

    /// The seed of the starts.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// By which feature's mean components are numbered.
    #[must_use]
    pub fn order(self, order: LabelOrder) -> Self {
        Self { order, ..self }
    }

    /// How many threads work; the result does not depend on it.
    #[must_use]
    pub fn threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    /// Refuses options that make no sense for these rows.
    #[cfg(feature = "linfa")]
    pub(crate) fn check(&self, matrix: &Matrix<'_>) -> Result<()> {
        if self.components == 0 {
            return Err(Error::argument("components", 0, "at least 1"));
        }
        let distinct = super::kmeans::distinct_rows(matrix, None, self.components);
        if distinct < self.components {
            let accepted = format!("at most the number of distinct rows, {distinct}");
            return Err(Error::argument("components", self.components, &accepted));
        }
        for (name, count) in [("starts", self.starts), ("most_iterations", self.most_iterations)] {
            if count == 0 {
                return Err(Error::argument(name, 0, "at least 1"));
            }
        }
        for (name, value) in [("tolerance", self.tolerance), ("ridge", self.ridge)] {
            if !(value.is_finite() && value > 0.0) {
                return Err(Error::argument(name, value, "a finite number above 0"));
            }
        }
        if self.order.feature >= matrix.features() {
            let accepted = format!("below the number of features, {}", matrix.features());
            return Err(Error::argument("order", self.order.feature, &accepted));
        }
        Ok(())
    }
}

impl GaussianMixture {
    /// A mixture of known components: `weights` are the shares, `means` stand row by row, `covariances` are one full matrix after the other, row by
    /// row.
    ///
    /// # Errors
    /// `InvalidArgument` without components; `LengthMismatch`; `InvalidValue` for weights that are not positive or do not sum to 1 (within
    /// 1e-9), means that are not finite, and covariances that are not symmetric and positive definite.
    pub fn from_parameters(weights: &[f64], means: &[f64], covariances: &[f64]) -> Result<Self> {
        let bad = |kind, argument: &str, message: String| Err(Error::new(kind, message).on(argument));
        if weights.is_empty() {
            return Err(Error::argument("components", 0, "at least 1"));
        }
        let features = means.len() / weights.len();
        if features == 0 || means.len() != features * weights.len() {
            let message = format!("{} values are no means of {} components", means.len(), weights.len());
            return bad(ErrorKind::LengthMismatch, "means", message);
        }
        if covariances.len() != means.len() * features {
            let message = format!("{} values are not {} matrices", covariances.len(), weights.len());
            return bad(ErrorKind::LengthMismatch, "covariances", message);
        }
        let sum: f64 = weights.iter().sum();
        if !weights.iter().all(|&weight| weight > 0.0)
            || (sum - 1.0).abs().is_nan()
            || (sum - 1.0).abs() > 1e-9
        {
            let message = format!("sum to {sum} and must be positive and sum to 1");
            return bad(ErrorKind::InvalidValue, "weights", message);
        }
        if let Some(mean) = means.iter().find(|mean| mean.is_nan() || mean.abs() > 1e140) {
            return bad(ErrorKind::InvalidValue, "means", format!("{mean} is not finite"));
        }
        let mut factors = Vec::with_capacity(weights.len());
        for (component, (covariance, weight)) in
            covariances.chunks_exact(features * features).zip(weights).enumerate()
        {
            let at = |row: usize, column: usize| covariance[row * features + column];
            let symmetric = (0..features).all(|i| {
                (0..i).all(|j| (at(i, j) - at(j, i)).abs() <= 1e-9 * at(i, j).abs().max(at(j, i).abs()))
            });
            let Some(lower) = cholesky(covariance, features).filter(|_| symmetric) else {
                let message = format!("the matrix of component {component} is not positive definite");
                return bad(ErrorKind::InvalidValue, "covariances", message);
            };
            let ln_root: f64 = (0..features).map(|feature| lower[feature * (features + 1)].ln()).sum();
            let peak = weight.ln() - ln_root - features as f64 / 2.0 * (2.0 * PI).ln();
            factors.push(Factor { lower, peak });
        }
        Ok(Self {
            model: "gaussian_mixture".to_owned(),
            version: VERSION,
            features,
            weights: weights.to_vec(),
            means: means.to_vec(),
            covariances: covariances.to_vec(),
            factors,
            threads: Threads::Available,
        })
    }

    /// The probabilities of the components for each row, row by row.
    ///
    /// `p(k | x) = w_k N(x; m_k, S_k) / Σ_j w_j N(x; m_j, S_j)`
    ///
    /// # Errors
    /// `Incompatible` if the rows have another number of features.
    pub fn probabilities(&self, matrix: &Matrix<'_>) -> Result<Vec<f64>> {
        let components = self.components();
        let mut shares = vec![0.0; matrix.rows() * components];
        self.each_row(matrix, &mut shares, components, |densities, _, shares| {
            let highest = densities.iter().fold(f64::NEG_INFINITY, |high, &ln| high.max(ln));
            let sum: f64 = densities.iter().map(|ln| (ln - highest).exp()).sum();
            for (share, ln) in shares.iter_mut().zip(densities) {
                *share = (ln - highest).exp() / sum;
            }
        })?;
        Ok(shares)
    }

    /// The most probable component of each row, the lower number where two tie.
    ///
    /// # Errors
    /// Those of [`probabilities`](Self::probabilities).
    pub fn predict(&self, matrix: &Matrix<'_>) -> Result<Vec<u32>> {
        let mut labels = vec![0; matrix.rows()];
        self.each_row(matrix, &mut labels, 1, |densities, _, label| {
            let mut best = 0;
            for (component, density) in densities.iter().enumerate() {
                if *density > densities[best] {
                    best = component;
                }
            }
            label[0] = best as u32;
        })?;
        Ok(labels)
    }

    /// The logarithm of the mixture's density at each row.
    ///
    /// # Errors
    /// Those of [`probabilities`](Self::probabilities).
    pub fn ln_density(&self, matrix: &Matrix<'_>) -> Result<Vec<f64>> {
        let mut found = vec![0.0; matrix.rows()];
        self.each_row(matrix, &mut found, 1, |densities, _, density| {
            let highest = densities.iter().fold(f64::NEG_INFINITY, |high, &ln| high.max(ln));
            density[0] = highest + densities.iter().map(|ln| (ln - highest).exp()).sum::<f64>().ln();
        })?;
        Ok(found)
    }

    /// Writes `width` results of each row, from the logarithms of weight times density of the components.
    fn each_row<T: Send>(
        &self,
        matrix: &Matrix<'_>,
        into: &mut [T],
        width: usize,
        write: impl Fn(&[f64], usize, &mut [T]) + Sync,
    ) -> Result<()> {
        const BLOCK: usize = 4096;
        if matrix.features() != self.features {
            let message = format!("has {} features where the model has {}", matrix.features(), self.features);
            return Err(Error::new(ErrorKind::Incompatible, message).on("matrix"));
        }
        self.threads.run(|| {
            into.par_chunks_mut(BLOCK * width).enumerate().for_each(|(block, into)| {
                let mut row = vec![0.0; self.features];
                let mut steps = vec![0.0; self.features];
                let mut densities = vec![0.0; self.components()];
                for (place, into) in into.chunks_exact_mut(width).enumerate() {
                    let place = block * BLOCK + place;
                    matrix.read_row(place, &mut row);
                    for (component, density) in densities.iter_mut().enumerate() {
                        *density = self.ln_component(component, &row, &mut steps);
                    }
                    write(&densities, place, into);
                }
            });
        })
    }

    /// The logarithm of weight times density of a component.
    fn ln_component(&self, component: usize, row: &[f64], steps: &mut [f64]) -> f64 {
        let Factor { lower, peak } = &self.factors[component];
        let mean = self.mean(component);
        let mut square = 0.0;
        for i in 0..self.features {
            let rest: f64 = (0..i).map(|j| lower[i * self.features + j] * steps[j]).sum();
            steps[i] = (row[i] - mean[i] - rest) / lower[i * (self.features + 1)];
            square += steps[i] * steps[i];
        }
        // Infinite squares would make differences of densities NaN.
        peak - square.min(1e300) / 2.0
    }

    /// The same mixture with its components numbered by a feature's mean.
    #[cfg(feature = "linfa")]
    pub(crate) fn in_order(self, order: LabelOrder) -> Result<Self> {
        let places = order.places(&self.means, self.features);
        let parts = |values: &[f64], size: usize| -> Vec<f64> {
            places.iter().flat_map(|&place| values[place * size..][..size].to_vec()).collect()
        };
        let mixture = Self::from_parameters(
            &parts(&self.weights, 1),
            &parts(&self.means, self.features),
            &parts(&self.covariances, self.features * self.features),
        )?;
        Ok(Self { threads: self.threads, ..mixture })
    }

    /// Works on this many threads from now on; results do not depend on it.
    #[must_use]
    pub fn on_threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    /// Number of components.
    pub fn components(&self) -> usize {
        self.weights.len()
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The share of each component.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The means, row by row.
    pub fn means(&self) -> &[f64] {
        &self.means
    }

    /// The mean of a component, which must be in range.
    pub fn mean(&self, component: usize) -> &[f64] {
        &self.means[component * self.features..][..self.features]
    }

    /// The covariance matrices, one after the other, row by row.
    pub fn covariances(&self) -> &[f64] {
        &self.covariances
    }

    /// The model as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A model from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is not a model; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let saved: Self = crate::saved::from_json(text, VERSION, &["gaussian_mixture"])?;
        Self::from_parameters(&saved.weights, &saved.means, &saved.covariances)
            .map_err(|error| Error::new(ErrorKind::Corrupt, error.to_string()).on("json"))
    }
}
