//! Segments of customers: scaling and clusters as one model.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::feature::FeatureUnit;
use super::feature_table::FeatureTable;
use super::kmeans::{KMeans, check_weights};
use super::kmeans_options::KMeansOptions;
use super::profile::SegmentProfiles;
use super::scaling::FeatureScaler;
use super::scaling_options::ScalingOptions;
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};

const NAME: &str = "segments";
const VERSION: u32 = 1;

/// Named segments that customers of any date can be assigned to: a [`FeatureScaler`] and the [`KMeans`] that was fitted behind it.
///
/// ```
/// use crm_core::segment::{FeatureTable, FeatureUnit, KMeansOptions, ScalingOptions, SegmentModel};
/// let table = FeatureTable::new(6)?
///     .with_column("visits", FeatureUnit::Count, &[1.0, 2.0, 1.0, 30.0, 28.0, 33.0])?;
/// let options = KMeansOptions::new(2).order(table.order_by("visits", true)?);
/// let fitted = SegmentModel::fit(&table, &ScalingOptions::default(), &options)?;
/// assert_eq!(fitted.labels, [1, 1, 1, 0, 0, 0]);
/// assert_eq!(fitted.model.names(), ["High visits", "Low visits"]);
/// let later = FeatureTable::new(2)?.with_column("visits", FeatureUnit::Count, &[25.0, 7.0])?;
/// let assigned = fitted.model.assign(&later)?;
/// assert_eq!(assigned.labels, [0, 1]);
/// assert!(assigned.border[0] < 0.1 && assigned.border[1] > 0.8);
/// assert_eq!(SegmentModel::from_json(&fitted.model.to_json()?)?, fitted.model);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SegmentModel {
    model: String,
    version: u32,
    names: Vec<String>,
    scaler: FeatureScaler,
    #[serde(serialize_with = "write_clusters", deserialize_with = "read_clusters")]
    clusters: KMeans,
}

/// The saved form of the clusters is their own, which checks itself.
fn write_clusters<S: Serializer>(clusters: &KMeans, to: S) -> std::result::Result<S::Ok, S::Error> {
    let text = clusters.to_json().map_err(serde::ser::Error::custom)?;
    let value: serde_json::Value = serde_json::from_str(&text).map_err(serde::ser::Error::custom)?;
    value.serialize(to)
}

fn read_clusters<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<KMeans, D::Error> {
    let value = serde_json::Value::deserialize(from)?;
    KMeans::from_json(&value.to_string()).map_err(serde::de::Error::custom)
}

/// A fitted model with the segments of the customers that it was fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedSegments {
    /// The model.
    pub model: SegmentModel,
    /// The segment of each customer.
    pub labels: Vec<u32>,
}

/// The segments of customers, and how near each customer is to another one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SegmentAssignment {
    /// The segment of each customer.
    pub labels: Vec<u32>,
    /// The distance to its centre, in scaled features.
    pub distances: Vec<f64>,
    /// The next segment; the same one if there is only one.
    pub next_labels: Vec<u32>,
    /// The distance to the centre of the next segment; infinite if there is only one.
    pub next_distances: Vec<f64>,
    /// How near the customer is to the border, from 0 (in the centre of its segment) to 1 (as near to the next): the distance to the
    /// own centre divided by that to the next. It is one less the simplified silhouette (Hruschka, de Castro and Campello 2004,
    /// "Evolutionary algorithms for clustering gene-expression data").
    pub border: Vec<f64>,
    /// How many missing values of each column took the median.
    pub imputed: Vec<u64>,
}

impl SegmentModel {
    /// Scales a table, clusters it, and names the segments by what [distinguishes](SegmentProfiles::suggested_names) them.
    ///
    /// Segments are numbered by the feature that `clusters` [orders](KMeansOptions::order) by; [`FeatureTable::order_by`] finds it by
    /// its name.
    ///
    /// # Errors
    /// Those of [`FeatureScaler::fit`] and [`KMeans::fit`].
    pub fn fit(
        table: &FeatureTable,
        scaling: &ScalingOptions,
        clusters: &KMeansOptions,
    ) -> Result<FittedSegments> {
        let (scaler, scaled) = FeatureScaler::fit_apply(table, scaling)?;
        let fitted = KMeans::fit(&scaled.matrix()?, clusters)?;
        Self::bundle(table, scaler, fitted.model, fitted.labels)
    }

    /// Fits segments to customers that count `weights` times in the clusters, such as customers of a sample that stand for others; fractions are
    /// allowed, and customers of weight 0 only get a segment.
    ///
    /// Scaling, profiles and names describe the customers that are there, each once: a whole weight equals so many customers of the same scaled
    /// features.
    ///
    /// ```
    /// use crm_core::segment::{
    ///     ColumnScaling, FeatureTable, FeatureUnit, KMeansOptions, ScalingMethod, ScalingOptions, SegmentModel,
    /// };
    /// let table = FeatureTable::new(3)?.with_column("visits", FeatureUnit::Number, &[1.0, 4.0, 20.0])?;
    /// let scaling = ScalingOptions::new().every(ColumnScaling::new(ScalingMethod::None));
    /// let fitted = SegmentModel::fit_weighted(&table, &[2.0, 1.0, 1.0], &scaling, &KMeansOptions::new(2))?;
    /// assert_eq!(fitted.model.clusters().centres(), [2.0, 20.0]);
    /// # Ok::<(), crm_core::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`FeatureScaler::fit`] and [`KMeans::fit_weighted`].
    pub fn fit_weighted(
        table: &FeatureTable,
        weights: &[f64],
        scaling: &ScalingOptions,
        clusters: &KMeansOptions,
    ) -> Result<FittedSegments> {
        check_weights(weights, table.rows())?;
        let (scaler, scaled) = FeatureScaler::fit_apply(table, scaling)?;
        let fitted = KMeans::fit_weighted(&scaled.matrix()?, weights, clusters)?;
        Self::bundle(table, scaler, fitted.model, fitted.labels)
    }

    /// Bundles a scaling with clusters that were fitted to what it gave for the table, such as those of another start or of weighted
    /// customers.
    ///
    /// # Errors
    /// Those of [`FeatureScaler::apply`]; `Incompatible` if the clusters have another number of features.
    pub fn from_parts(
        table: &FeatureTable,
        scaler: FeatureScaler,
        clusters: KMeans,
    ) -> Result<FittedSegments> {
        let labels = clusters.predict(&scaler.apply(table)?.matrix()?)?;
        Self::bundle(table, scaler, clusters, labels)
    }

    fn bundle(
        table: &FeatureTable,
        scaler: FeatureScaler,
        clusters: KMeans,
        labels: Vec<u32>,
    ) -> Result<FittedSegments> {
        let names = SegmentProfiles::of_segments(table, &labels, clusters.clusters())?.suggested_names();
        let model = Self { model: NAME.to_owned(), version: VERSION, names, scaler, clusters };
        Ok(FittedSegments { model, labels })
    }

    /// The same segments under other names.
    ///
    /// # Errors
    /// `LengthMismatch` for another number of names than segments; `InvalidArgument` for names that are empty or given twice.
    pub fn with_names(mut self, names: &[&str]) -> Result<Self> {
        check_names(names, self.segments())?;
        self.names = names.iter().map(|&name| name.to_owned()).collect();
        Ok(self)
    }

    /// The segment of each customer of a table: the one fitted, or one of another date.
    ///
    /// # Errors
    /// Those of [`FeatureScaler::apply`].
    pub fn assign(&self, table: &FeatureTable) -> Result<SegmentAssignment> {
        let scaled = self.scaler.apply(table)?;
        let assigned = self.clusters.assign(&scaled.matrix()?)?;
        Ok(SegmentAssignment {
            border: assigned.border(),
            labels: assigned.labels,
            distances: assigned.distances,
            next_labels: assigned.next_labels,
            next_distances: assigned.next_distances,
            imputed: scaled.imputed().to_vec(),
        })
    }

    /// The profile of each segment for a table and the labels of its customers.
    ///
    /// # Errors
    /// Those of [`SegmentProfiles::new`].
    pub fn profiles(&self, table: &FeatureTable, labels: &[u32]) -> Result<SegmentProfiles> {
        let names: Vec<&str> = self.names.iter().map(String::as_str).collect();
        SegmentProfiles::new(table, labels, Some(&names))
    }

    /// The centres in the units of the features, row by row; see [`FeatureScaler::invert`].
    ///
    /// # Errors
    /// None for a model that was fitted; those of [`FeatureScaler::invert`].
    pub fn original_centres(&self) -> Result<Vec<f64>> {
        self.scaler.invert(self.clusters.centres())
    }

    /// Number of segments.
    pub fn segments(&self) -> usize {
        self.clusters.clusters()
    }

    /// The names of the segments.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The names of the features.
    pub fn features(&self) -> Vec<&str> {
        self.scaler.names()
    }

    /// The units of the features.
    pub fn units(&self) -> Vec<&FeatureUnit> {
        self.scaler.units()
    }

    /// The day that the base it was fitted on describes, if there was one.
    pub fn as_of(&self) -> Option<Day> {
        self.scaler.as_of()
    }

    /// The scaling.
    pub fn scaler(&self) -> &FeatureScaler {
        &self.scaler
    }

    /// The clusters of scaled features.
    pub fn clusters(&self) -> &KMeans {
        &self.clusters
    }

    /// The model as JSON text.
    ///
    /// # Errors
    /// `Io` if memory runs out.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A model from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is not a model; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let model: Self = crate::saved::from_json(text, VERSION, &[NAME])?;
        let names: Vec<&str> = model.names.iter().map(String::as_str).collect();
        let fits = model.scaler.is_sound()
            && model.clusters.features() == model.scaler.names().len()
            && check_names(&names, model.segments()).is_ok();
        if fits {
            return Ok(model);
        }
        Err(Error::new(ErrorKind::Corrupt, "the parts of the model do not fit together").on("json"))
    }
}

/// Refuses names that do not tell the segments apart.
pub(super) fn check_names(names: &[&str], segments: usize) -> Result<()> {
    if names.len() != segments {
        let message = format!("{} names do not name {segments} segments", names.len());
        return Err(Error::new(ErrorKind::LengthMismatch, message).on("names"));
    }
    let mut seen = std::collections::BTreeSet::new();
    for (place, name) in names.iter().enumerate() {
        if name.trim().is_empty() || !seen.insert(name) {
            let error = Error::argument("names", format!("{name:?}"), "a name that no other segment has");
            return Err(error.at_row(place as u64));
        }
    }
    Ok(())
}
