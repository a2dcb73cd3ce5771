//! K-means clusters.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::assign::{Assigner, Assignment};
use super::kmeans_options::{KMeansOptions, LabelOrder, MOST_CLUSTERS, Starts};
use super::lloyd::{MANY_CENTRES, Problem, Run};
use super::screen::Image;
use super::survey::Survey;
use super::tally::Tally;
use super::{Matrix, starts};
use crate::error::{Error, ErrorKind, Result};
use crate::math::stream;
use crate::parallel::Threads;

/// Values that differ by less all over have no squares to compare.
const SMALLEST_SPREAD: f64 = 1e-100;
/// The version of the saved form.
const VERSION: u32 = 1;

/// Clusters around centres: each row belongs to the nearest.
///
/// Minimises the inertia `Σ w ||x - c(x)||²` by Lloyd's iterations from several starts. Clusters are numbered by the centres' value of a feature, so
/// their numbers mean the same in every run. An empty cluster takes the row that is farthest from its centre.
///
/// ```
/// use crm_core::segment::{KMeans, KMeansOptions, Matrix};
/// let values = [1.0, 1.2, 0.8, 9.0, 9.4, 8.9];
/// let matrix = Matrix::from_rows(&values, 1)?;
/// let fitted = KMeans::fit(&matrix, &KMeansOptions::new(2))?;
/// assert_eq!(fitted.labels, [0, 0, 0, 1, 1, 1]);
/// assert!((fitted.model.centre(1)[0] - 9.1).abs() < 1e-15);
/// assert_eq!(fitted.model.predict(&Matrix::from_rows(&[2.0, 7.0], 1)?)?, [0, 1]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KMeans {
    model: String,
    version: u32,
    pub(super) features: usize,
    pub(super) centres: Vec<f64>,
    pub(super) rows: Vec<u64>,
    pub(super) weights: Vec<f64>,
    pub(super) within: Vec<f64>,
    iterations: u32,
    converged: bool,
    order: LabelOrder,
    #[serde(skip)]
    threads: Threads,
}

/// A fitted model with the labels of the rows that it was fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct Clustering {
    /// The model.
    pub model: KMeans,
    /// The cluster of each row.
    pub labels: Vec<u32>,
}

impl KMeans {
    /// Fits clusters to rows that count once each.
    ///
    /// # Errors
    /// `InvalidArgument` for options that make no sense and for more clusters than there are distinct rows; `LengthMismatch` for given starts of
    /// another size.
    pub fn fit(matrix: &Matrix<'_>, options: &KMeansOptions) -> Result<Clustering> {
        Self::fit_with(matrix, None, options)
    }

    /// Fits clusters to rows that count `weights` times; fractions are allowed, and rows of weight 0 only get a label.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit); `LengthMismatch`; `InvalidValue` with the row for weights that are negative, not finite or above 1e140, or if all
    /// are 0.
    pub fn fit_weighted(matrix: &Matrix<'_>, weights: &[f64], options: &KMeansOptions) -> Result<Clustering> {
        check_weights(weights, matrix.rows())?;
        Self::fit_with(matrix, Some(weights), options)
    }

    fn fit_with(matrix: &Matrix<'_>, weights: Option<&[f64]>, options: &KMeansOptions) -> Result<Clustering> {
        options.check(matrix.features())?;
        let distinct = distinct_rows(matrix, weights, options.clusters);
        if distinct < options.clusters {
            let accepted = format!("at most the number of distinct rows, {distinct}");
            return Err(Error::argument("clusters", options.clusters, &accepted));
        }
        options.threads.run(|| best_run(matrix, weights, options))?
    }

    /// The cluster of each row: the nearest centre, of equally near ones that of the lower number.
    ///
    /// # Errors
    /// `Incompatible` if the rows have another number of features.
    pub fn predict(&self, matrix: &Matrix<'_>) -> Result<Vec<u32>> {
        self.fits(matrix)?;
        self.threads.run(|| self.assigner().labels(matrix))
    }

    /// The nearest and the next centre of each row, with the distances.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict).
    pub fn assign(&self, matrix: &Matrix<'_>) -> Result<Assignment> {
        self.fits(matrix)?;
        self.threads.run(|| self.assigner().assignment(matrix))
    }

    /// The distances of each row to all centres, row by row.
    ///
    /// # Errors
    /// Those of [`predict`](Self::predict).
    pub fn distances(&self, matrix: &Matrix<'_>) -> Result<Vec<f64>> {
        self.fits(matrix)?;
        self.threads.run(|| self.assigner().distances(matrix))
    }

    /// Works on this many threads from now on; results do not depend on it.
    #[must_use]
    pub fn on_threads(self, threads: Threads) -> Self {
        Self { threads, ..self }
    }

    fn assigner(&self) -> Assigner<'_> {
        Assigner { centres: &self.centres, features: self.features }
    }

    fn fits(&self, matrix: &Matrix<'_>) -> Result<()> {
        if matrix.features() == self.features {
            return Ok(());
        }
        let message = format!("has {} features where the model has {}", matrix.features(), self.features);
        Err(Error::new(ErrorKind::Incompatible, message).on("matrix"))
    }

    /// Number of clusters.
    pub fn clusters(&self) -> usize {
        self.rows.len()
    }

    /// Number of features.
    pub fn features(&self) -> usize {
        self.features
    }

    /// The centres, row by row.
    pub fn centres(&self) -> &[f64] {
        &self.centres
    }

    /// The centre of a cluster, which must be in range.
    pub fn centre(&self, cluster: usize) -> &[f64] {
        &self.centres[cluster * self.features..][..self.features]
    }

    /// Rows of each cluster, rows of weight 0 included.
    pub fn rows(&self) -> &[u64] {
        &self.rows
    }

    /// Weight of each cluster.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The sum of weighted squared distances to the centre, of each cluster.
    pub fn within(&self) -> &[f64] {
        &self.within
    }

    /// The sum of weighted squared distances to the nearest centre.
    pub fn inertia(&self) -> f64 {
        self.within.iter().sum()
    }

    /// Iterations of the start that was kept.
    pub fn iterations(&self) -> u32 {
        self.iterations
    }

    /// Whether that start ended by its tolerance, not by the limit of iterations.
    pub fn converged(&self) -> bool {
        self.converged
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
        let model: Self = crate::saved::from_json(text, VERSION, &["k_means"])?;
        let clusters = model.rows.len();
        let fits = (1..=MOST_CLUSTERS).contains(&clusters)
            && model.features >= 1
            && clusters.checked_mul(model.features) == Some(model.centres.len())
            && model.weights.len() == clusters
            && model.within.len() == clusters
            && model.centres.iter().all(|value| value.abs() <= 1e140);
        if fits {
            return Ok(model);
        }
        Err(Error::new(ErrorKind::Corrupt, "the parts of the model do not fit together").on("json"))
    }
}

/// Refuses weights that do not say how often rows count.
pub(super) fn check_weights(weights: &[f64], rows: usize) -> Result<()> {
    if weights.len() != rows {
        let message = format!("has {} rows where the matrix has {rows}", weights.len());
        return Err(Error::new(ErrorKind::LengthMismatch, message).on("weights"));
    }
    if let Some(row) = weights.iter().position(|weight| !(0.0..=1e140).contains(weight)) {
        let message = format!("{} is not a weight from 0 to 1e140", weights[row]);
        return Err(Error::new(ErrorKind::InvalidValue, message).on("weights").at_row(row as u64));
    }
    if weights.iter().all(|&weight| weight == 0.0) {
        return Err(Error::new(ErrorKind::InvalidValue, "all weights are 0").on("weights"));
    }
    Ok(())
}

/// The number of distinct rows that count, up to `enough`.
pub(super) fn distinct_rows(matrix: &Matrix<'_>, weights: Option<&[f64]>, enough: usize) -> usize {
    let mut seen = std::collections::HashSet::new();
    for row in (0..matrix.rows()).filter(|&row| weights.is_none_or(|weights| weights[row] > 0.0)) {
        // Adding 0 turns -0 into 0.
        seen.insert(matrix.row(row).map(|value| (value + 0.0).to_bits()).collect::<Vec<_>>());
        if seen.len() == enough {
            break;
        }
    }
    seen.len()
}

fn best_run(matrix: &Matrix<'_>, weights: Option<&[f64]>, options: &KMeansOptions) -> Result<Clustering> {
    let survey = Survey::new(matrix, weights);
    let spread = survey.spread();
    if spread > 0.0 && spread < SMALLEST_SPREAD {
        let message = format!("all features vary by less than {SMALLEST_SPREAD:e}: squares would vanish");
        return Err(Error::new(ErrorKind::OutOfRange, message).on("matrix"));
    }
    if !survey.largest_inertia().is_finite() {
        let message = "weights times squared distances may exceed the largest number";
        return Err(Error::new(ErrorKind::OutOfRange, message).on("weights"));
    }
    let grid = survey.grid(weights.is_some());
    let frame = survey.frame();
    // With one centre there is nothing to find; with many, bounds do better.
    let few = (2..MANY_CENTRES).contains(&options.clusters);
    let image = few.then(|| Image::new(matrix, &frame, &survey.reaches(&frame.origin))).flatten();
    let problem = Problem { matrix, weights, grid, frame, image };
    let tolerance = options.tolerance * survey.mean_variance();
    let count = match &options.starts {
        Starts::PlusPlus { count } | Starts::Random { count } => *count,
        Starts::Given(_) => 1,
    };
    let run = |start: u32| {
        let mut rng = stream(options.seed, u64::from(start));
        let centres = match &options.starts {
            Starts::PlusPlus { .. } => starts::plus_plus(matrix, weights, options.clusters, &mut rng),
            Starts::Random { .. } => starts::random(matrix, weights, options.clusters, &mut rng),
            Starts::Given(centres) => centres.clone(),
        };
        let run = problem.lloyd(centres, tolerance, options.most_iterations, options.order);
        finish(&problem, run, options)
    };
    let mut best = run(0);
    for start in 1..count {
        let other = run(start);
        if other.0.inertia() < best.0.inertia() {
            best = other;
        }
    }
    // Labels take twice the memory now, and the rest is not needed any more.
    drop(problem);
    let (model, labels) = best;
    Ok(Clustering { model, labels: labels.into_par_iter().map(u32::from).collect() })
}

/// The model that a run gives.
fn finish(problem: &Problem<'_>, run: Run, options: &KMeansOptions) -> (KMeans, Vec<u16>) {
    let Run { centres, labels, iterations, converged } = run;
    let Tally { within, weights, rows } = Tally::new(problem.matrix, problem.weights, &centres, &labels);
    let model = KMeans {
        model: "k_means".to_owned(),
        version: VERSION,
        features: problem.matrix.features(),
        rows,
        weights,
        centres,
        within,
        iterations,
        converged,
        order: options.order,
        threads: options.threads,
    };
    (model, labels)
}
