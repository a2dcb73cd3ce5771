//! linfa: its traits for our k-means, and its Gaussian mixtures.
//!
//! [`KMeansOptions`] is a set of parameters to linfa, and [`KMeans`] a fitted model: what works with linfa's k-means works with this one.
//!
//! ```
//! use crm_core::interop::linfa::linfa::prelude::*;
//! use crm_core::interop::linfa::ndarray::array;
//! use crm_core::segment::{KMeans, KMeansOptions};
//! let data = DatasetBase::from(array![[0.0, 0.0], [0.1, 0.2], [5.0, 5.0], [5.1, 4.9]]);
//! let model: KMeans = KMeansOptions::new(2).fit(&data)?;
//! let labels = Predict::predict(&model, data.records());
//! assert_eq!(labels.to_vec(), [0, 0, 1, 1]);
//! # Ok::<(), crm_core::Error>(())
//! ```

use ::linfa::DatasetBase;
use ::linfa::traits::{Fit, PredictInplace, Transformer};
use linfa_clustering::{GaussianMixtureModel, GmmError};
use ndarray_0_16::{Array1, Array2, ArrayBase, Data, Ix2};
use rand_xoshiro::Xoshiro256Plus;
use rand_xoshiro::rand_core::SeedableRng;

use crate::error::{Error, ErrorKind, Result};
use crate::segment::{GaussianMixture, KMeans, KMeansOptions, Matrix, MixtureOptions};

pub use ::linfa;
pub use ndarray_0_16 as ndarray;

impl From<::linfa::Error> for Error {
    fn from(error: ::linfa::Error) -> Self {
        Self::new(ErrorKind::InvalidArgument, error.to_string())
    }
}

/// The values row by row, copied only if they lie otherwise.
fn rows<D: Data<Elem = f64>>(records: &ArrayBase<D, Ix2>) -> std::borrow::Cow<'_, [f64]> {
    match records.as_slice() {
        Some(values) => values.into(),
        None => records.iter().copied().collect::<Vec<f64>>().into(),
    }
}

impl<D: Data<Elem = f64>, T> Fit<ArrayBase<D, Ix2>, T, Error> for KMeansOptions {
    type Object = KMeans;

    fn fit(&self, dataset: &DatasetBase<ArrayBase<D, Ix2>, T>) -> Result<KMeans> {
        let records = dataset.records();
        let weights =
            dataset.weights().map(|weights| weights.iter().map(|&weight| f64::from(weight)).collect());
        let values = rows(records);
        let matrix = Matrix::from_rows(&values, records.ncols())?;
        let weights: Option<Vec<f64>> = weights;
        let fitted = match weights {
            Some(weights) => KMeans::fit_weighted(&matrix, &weights, self),
            None => KMeans::fit(&matrix, self),
        };
        Ok(fitted?.model)
    }
}

impl<D: Data<Elem = f64>> PredictInplace<ArrayBase<D, Ix2>, Array1<usize>> for KMeans {
    /// # Panics
    /// As linfa's own models do, where shapes do not fit; [`KMeans::predict`] returns an error instead.
    fn predict_inplace(&self, records: &ArrayBase<D, Ix2>, labels: &mut Array1<usize>) {
        assert_eq!(records.nrows(), labels.len(), "the numbers of rows and labels must match");
        let values = rows(records);
        let found = Matrix::from_rows(&values, records.ncols()).and_then(|matrix| self.predict(&matrix));
        match found {
            Ok(found) => labels.iter_mut().zip(found).for_each(|(label, found)| *label = found as usize),
            Err(error) => panic!("{error}"),
        }
    }

    fn default_target(&self, records: &ArrayBase<D, Ix2>) -> Array1<usize> {
        Array1::zeros(records.nrows())
    }
}

impl<D: Data<Elem = f64>> Transformer<&ArrayBase<D, Ix2>, Array1<f64>> for KMeans {
    /// The squared distance of each row to its centre, as linfa's k-means gives.
    ///
    /// # Panics
    /// As linfa's own models do, where shapes do not fit; [`KMeans::assign`] returns an error instead.
    fn transform(&self, records: &ArrayBase<D, Ix2>) -> Array1<f64> {
        let values = rows(records);
        let found = Matrix::from_rows(&values, records.ncols()).and_then(|matrix| self.assign(&matrix));
        match found {
            Ok(found) => found.distances.into_iter().map(|distance| distance * distance).collect(),
            Err(error) => panic!("{error}"),
        }
    }
}

impl GaussianMixture {
    /// Fits a mixture by expectation and maximisation, from several k-means starts, on standardised features; the start of the highest
    /// likelihood is kept.
    ///
    /// # Errors
    /// `InvalidArgument` for options that make no sense and for features that do not vary; `InvalidValue` if no start comes to an end: there are
    /// fewer segments than asked for, or outliers.
    pub fn fit(matrix: &Matrix<'_>, options: &MixtureOptions) -> Result<Self> {
        options.check(matrix)?;
        let features = matrix.features();
        let (means, scales) = moments(matrix);
        if let Some(feature) = scales.iter().position(|&scale| scale == 0.0) {
            let message = "does not vary: a normal distribution needs features that do";
            return Err(Error::new(ErrorKind::InvalidArgument, message).on(format!("feature {feature}")));
        }
        let standard = Array2::from_shape_fn((matrix.rows(), features), |(row, feature)| {
            (matrix.value(row, feature) - means[feature]) / scales[feature]
        });
        let data = DatasetBase::from(standard);
        let mut best: Option<(f64, Self)> = None;
        let mut failure = None;
        // linfa works in the pool that it is called from.
        options.threads.run(|| {
            for start in 0..options.starts {
                let rng = Xoshiro256Plus::seed_from_u64(options.seed.wrapping_add(u64::from(start) << 32));
                let fitted = GaussianMixtureModel::params_with_rng(options.components, rng)
                    .n_runs(1)
                    .max_n_iterations(u64::from(options.most_iterations))
                    .tolerance(options.tolerance)
                    .reg_covariance(options.ridge)
                    .fit(&data);
                let found = fitted
                    .map_err(|error| described(&error))
                    .and_then(|model| original(&model, &means, &scales));
                let found = found.and_then(|mixture| {
                    let likelihood: f64 = mixture.ln_density(matrix)?.iter().sum();
                    Ok((likelihood, mixture))
                });
                match found {
                    Ok(found) if best.as_ref().is_none_or(|best| found.0 > best.0) => best = Some(found),
                    Ok(_) => {}
                    Err(error) => failure = Some(error),
                }
            }
        })?;
        match (best, failure) {
            (Some((_, mixture)), _) => mixture.on_threads(options.threads).in_order(options.order),
            (None, failure) => {
                Err(failure.unwrap_or_else(|| Error::new(ErrorKind::InvalidValue, "no start came to an end")))
            }
        }
    }
}

fn described(error: &GmmError) -> Error {
    let message = format!("the mixture has no stable fit: {error}");
    Error::new(ErrorKind::InvalidValue, message).on("components")
}

/// Mean and standard deviation of each feature.
fn moments(matrix: &Matrix<'_>) -> (Vec<f64>, Vec<f64>) {
    let rows = matrix.rows() as f64;
    let moment = |feature: usize| {
        let values = || (0..matrix.rows()).map(|row| matrix.value(row, feature));
        let mean = values().sum::<f64>() / rows;
        let deviation = (values().map(|value| (value - mean) * (value - mean)).sum::<f64>() / rows).sqrt();
        // A constant's mean may be off by rounding.
        let constant = values().all(|value| value == matrix.value(0, feature));
        (mean, if constant { 0.0 } else { deviation })
    };
    (0..matrix.features()).map(moment).unzip()
}

/// A mixture of standardised features in the features' own units.
fn original(model: &GaussianMixtureModel<f64>, means: &[f64], scales: &[f64]) -> Result<GaussianMixture> {
    let features = means.len();
    let weights: Vec<f64> = model.weights().to_vec();
    let sum: f64 = weights.iter().sum();
    let weights: Vec<f64> = weights.into_iter().map(|weight| weight / sum).collect();
    let back = |(place, value): (usize, &f64)| value * scales[place % features] + means[place % features];
    let centres: Vec<f64> = model.means().iter().enumerate().map(back).collect();
    let covariances: Vec<f64> = model
        .covariances()
        .indexed_iter()
        .map(|((component, row, column), _)| {
            // Rounding may differ above and below the diagonal.
            let (row, column) = (row.max(column), row.min(column));
            model.covariances()[(component, row, column)] * scales[row] * scales[column]
        })
        .collect();
    GaussianMixture::from_parameters(&weights, &centres, &covariances)
}
