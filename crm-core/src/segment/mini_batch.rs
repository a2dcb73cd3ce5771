//! K-means for data that do not fit in memory.

use super::distance::squared_distance;
use super::kmeans::check_weights;
use super::kmeans_options::KMeansOptions;
use super::{KMeans, Matrix};
use crate::error::{Error, ErrorKind, Result};

/// Clusters that learn from one batch of rows after the other.
///
/// Sculley (2010), "Web-scale k-means clustering", WWW: each centre is the mean of all rows that were assigned to it when they came. The first
/// batch is clustered as a whole and gives the starts. Batches should be samples of the same customers, not one segment after the other; several
/// passes over the data help. The centres are near those of [`KMeans::fit`], not equal to them, and depend on the order of the batches.
///
/// ```
/// use crm_core::segment::{KMeansOptions, Matrix, MiniBatchKMeans};
/// let mut learner = MiniBatchKMeans::new(&KMeansOptions::new(2));
/// for batch in [[1.0, 9.0, 1.2, 8.8], [0.8, 1.1, 9.3, 9.1]] {
///     learner.update(&Matrix::from_rows(&batch, 1)?)?;
/// }
/// let model = learner.finish()?;
/// assert_eq!(model.rows(), [4, 4]);
/// assert!((model.centre(0)[0] - 1.025).abs() < 1e-12);
/// let resumed = MiniBatchKMeans::resume(&KMeansOptions::new(2), model.clone(), learner.batches())?;
/// assert_eq!((resumed.batches(), resumed.finish()?), (2, model));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct MiniBatchKMeans {
    options: KMeansOptions,
    model: Option<KMeans>,
    batches: u32,
}

impl MiniBatchKMeans {
    /// A learner that has seen nothing. The limit of iterations and the tolerance are for the first batch.
    pub fn new(options: &KMeansOptions) -> Self {
        Self { options: options.clone(), model: None, batches: 0 }
    }

    /// A learner that goes on from a model, such as one that was saved after so many batches: its rows count beside those to come.
    ///
    /// # Errors
    /// `Incompatible` if the model has another number of clusters than the options; `InvalidArgument` for options that make no sense.
    pub fn resume(options: &KMeansOptions, model: KMeans, batches: u32) -> Result<Self> {
        options.check(model.features())?;
        if model.clusters() != options.clusters {
            let message =
                format!("has {} clusters where the options have {}", model.clusters(), options.clusters);
            return Err(Error::new(ErrorKind::Incompatible, message).on("model"));
        }
        Ok(Self { options: options.clone(), model: Some(model), batches })
    }

    /// Learns from a batch; the first one must hold at least as many distinct rows as there are clusters.
    ///
    /// # Errors
    /// Those of [`KMeans::fit`] for the first batch; `Incompatible` if the rows have another number of features. The learner stays as it was.
    pub fn update(&mut self, batch: &Matrix<'_>) -> Result<()> {
        self.learn(batch, None)
    }

    /// Learns from a batch whose rows count `weights` times; fractions are allowed, and rows of weight 0 move no centre.
    ///
    /// ```
    /// use crm_core::segment::{KMeansOptions, Matrix, MiniBatchKMeans};
    /// let mut learner = MiniBatchKMeans::new(&KMeansOptions::new(2));
    /// learner.update_weighted(&Matrix::from_rows(&[1.0, 2.0, 9.0], 1)?, &[3.0, 1.0, 2.0])?;
    /// learner.update_weighted(&Matrix::from_rows(&[8.0, 100.0], 1)?, &[2.0, 0.0])?;
    /// let model = learner.finish()?;
    /// assert_eq!(model.centres(), [1.25, 8.5]);
    /// assert_eq!((model.weights(), model.rows()), (&[4.0, 4.0][..], &[2, 3][..]));
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`update`](Self::update) and of [`KMeans::fit_weighted`]. The learner stays as it was.
    pub fn update_weighted(&mut self, batch: &Matrix<'_>, weights: &[f64]) -> Result<()> {
        check_weights(weights, batch.rows())?;
        self.learn(batch, Some(weights))
    }

    fn learn(&mut self, batch: &Matrix<'_>, weights: Option<&[f64]>) -> Result<()> {
        let Some(model) = &mut self.model else {
            let first = match weights {
                Some(weights) => KMeans::fit_weighted(batch, weights, &self.options)?,
                None => KMeans::fit(batch, &self.options)?,
            };
            self.model = Some(first.model);
            self.batches = 1;
            return Ok(());
        };
        let labels = model.predict(batch)?;
        let features = model.features;
        let mut sums = vec![0.0; model.centres.len()];
        let mut gained = vec![0.0; model.weights.len()];
        let mut row = vec![0.0; features];
        for (place, &label) in labels.iter().enumerate() {
            let cluster = label as usize;
            batch.read_row(place, &mut row);
            let centre = cluster * features..(cluster + 1) * features;
            let weight = weights.map_or(1.0, |weights| weights[place]);
            model.within[cluster] += weight * squared_distance(&row, &model.centres[centre.clone()]);
            // Differences from the centre: large offsets do not cost digits.
            for ((sum, value), centre) in
                sums[centre.clone()].iter_mut().zip(&row).zip(&model.centres[centre])
            {
                *sum += weight * (value - centre);
            }
            gained[cluster] += weight;
            model.rows[cluster] += 1;
        }
        for cluster in (0..gained.len()).filter(|&cluster| gained[cluster] > 0.0) {
            model.weights[cluster] += gained[cluster];
            let centre = cluster * features..(cluster + 1) * features;
            for (value, sum) in model.centres[centre.clone()].iter_mut().zip(&sums[centre]) {
                *value += sum / model.weights[cluster];
            }
        }
        self.batches += 1;
        Ok(())
    }

    /// Batches seen so far.
    pub fn batches(&self) -> u32 {
        self.batches
    }

    /// The model so far, its clusters numbered. Its inertia sums the squared distances from the centres as they were when the rows came.
    ///
    /// # Errors
    /// `Empty` before the first batch.
    pub fn finish(&self) -> Result<KMeans> {
        let Some(model) = &self.model else {
            return Err(Error::new(ErrorKind::Empty, "there was no batch").on("batch"));
        };
        let places = self.options.order.places(&model.centres, model.features);
        let mut sorted = model.clone();
        for (number, &place) in places.iter().enumerate() {
            let (to, from) = (number * model.features, place * model.features);
            sorted.centres[to..to + model.features].copy_from_slice(&model.centres[from..][..model.features]);
            sorted.rows[number] = model.rows[place];
            sorted.weights[number] = model.weights[place];
            sorted.within[number] = model.within[place];
        }
        Ok(sorted)
    }
}
