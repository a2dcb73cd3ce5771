//! What the customers of each segment are like, in numbers and in words.
//!
//! Cohen (1988), "Statistical power analysis for the behavioral sciences", 2nd edition, section 2.2: the standardised difference d, of which
//! 0.2 is small, 0.5 medium and 0.8 large.

use std::fmt;

use super::feature::FeatureUnit;
use super::feature_table::{FeatureColumn, FeatureTable};
use super::segment_model::check_names;
use super::segment_names;
use crate::error::{Error, ErrorKind, Result};

/// Segments of a table; labels of more would tell nobody anything.
const MOST_SEGMENTS: u32 = 65_536;

/// How large a standardised difference is, in the words of Cohen (1988).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EffectSize {
    /// Below 0.2 in magnitude, or not defined.
    Negligible,
    /// From 0.2.
    Small,
    /// From 0.5.
    Medium,
    /// From 0.8.
    Large,
}

impl EffectSize {
    /// The size of a standardised difference.
    pub fn of(difference: f64) -> Self {
        match difference.abs() {
            size if size >= 0.8 => Self::Large,
            size if size >= 0.5 => Self::Medium,
            size if size >= 0.2 => Self::Small,
            _ => Self::Negligible,
        }
    }

    /// The name: `negligible`, `small`, `medium` or `large`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Negligible => "negligible",
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
        }
    }
}

/// One feature of one segment, in the feature's unit; missing values do not count, and NaN says that there is no number.
#[derive(Clone, Debug, PartialEq)]
pub struct FeatureProfile {
    /// The feature.
    pub feature: String,
    /// Its unit.
    pub unit: FeatureUnit,
    /// Customers of the segment who have a value.
    pub customers: u64,
    /// The mean; NaN if nobody has a value.
    pub mean: f64,
    /// The median (definition 7 of Hyndman and Fan); NaN if nobody has a value.
    pub median: f64,
    /// The standard deviation of all n; NaN if nobody has a value.
    pub standard_deviation: f64,
    /// The mean of the customers of all other segments; NaN if there is none with a value.
    pub mean_of_others: f64,
    /// Cohen's d of the segment against all other customers: the difference of the means divided by the pooled standard deviation
    /// `sqrt((Σ (x - mean)² + Σ (y - mean_of_others)²) / (n + n_others - 2))`.
    ///
    /// Infinite if the means differ and nothing varies around them, 0 if they are the same; NaN without others.
    pub difference: f64,
    /// The segment's share of the total of all customers, for counts and for money that adds up (a mean an order does not); NaN otherwise,
    /// or if the total is 0.
    pub share_of_total: f64,
}

/// One segment.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentProfile {
    /// The name.
    pub name: String,
    /// Number of customers.
    pub customers: u64,
    /// Their share of all customers.
    pub customer_share: f64,
    /// The features, in the order of the table.
    pub features: Vec<FeatureProfile>,
}

/// What the customers of each segment are like, against all others.
///
/// ```
/// use crm_core::segment::{FeatureTable, FeatureUnit, SegmentProfiles};
/// let table = FeatureTable::new(5)?
///     .with_column("orders", FeatureUnit::Count, &[12.0, 10.0, 2.0, 1.0, 3.0])?;
/// let profiles = SegmentProfiles::new(&table, &[0, 0, 1, 1, 1], None)?;
/// let orders = &profiles.segments()[0].features[0];
/// assert_eq!((orders.mean, orders.mean_of_others, orders.share_of_total), (11.0, 2.0, 22.0 / 28.0));
/// assert_eq!(profiles.segments()[0].distinguishing(3), ["orders 11.0 against 2.0 on average: much more"]);
/// assert_eq!(profiles.suggested_names(), ["Frequent", "Rare"]);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentProfiles {
    segments: Vec<SegmentProfile>,
}

impl SegmentProfiles {
    /// Profiles of the segments 0 to the largest label, or of as many as there are names.
    ///
    /// # Errors
    /// `LengthMismatch` for another number of labels than customers; `InvalidValue` with the row for labels from 65,536 on, or beyond the
    /// names; `InvalidArgument` for names that are empty or given twice; `Empty` for a table without columns.
    pub fn new(table: &FeatureTable, labels: &[u32], names: Option<&[&str]>) -> Result<Self> {
        let count =
            names.map_or_else(|| labels.iter().max().map_or(0, |&most| most as usize + 1), <[&str]>::len);
        if let Some(names) = names {
            check_names(names, count)?;
        }
        let mut profiles = Self::of_segments(table, labels, count)?;
        let suggested = names.is_none().then(|| profiles.suggested_names());
        for (place, segment) in profiles.segments.iter_mut().enumerate() {
            segment.name = match (&suggested, names) {
                (Some(suggested), _) => suggested[place].clone(),
                (None, names) => names.map_or_else(String::new, |names| names[place].to_owned()),
            };
        }
        Ok(profiles)
    }

    /// Profiles of so many segments, numbered.
    pub(super) fn of_segments(table: &FeatureTable, labels: &[u32], count: usize) -> Result<Self> {
        if labels.len() != table.rows() {
            let message = format!("has {} rows where the table has {}", labels.len(), table.rows());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("labels"));
        }
        if table.columns().is_empty() {
            return Err(Error::new(ErrorKind::Empty, "the table has no columns").on("table"));
        }
        let end = MOST_SEGMENTS.min(u32::try_from(count).unwrap_or(MOST_SEGMENTS));
        if let Some(row) = labels.iter().position(|&label| label >= end) {
            let message = format!("{} is not a segment below {end}", labels[row]);
            return Err(Error::new(ErrorKind::InvalidValue, message).on("labels").at_row(row as u64));
        }
        let _ = (table, labels);
        todo!()
    }

    /// The segments, in the order of their labels.
    pub fn segments(&self) -> &[SegmentProfile] {
        &self.segments
    }

    /// Names by what distinguishes the segments, each different: deterministic, and the same for the same numbers.
    ///
    /// Recency, frequency and monetary value come first, by the first feature of each kind that the table has; then up to three words in
    /// all from the other features, by the size of their difference. A feature has a word from a medium difference on (0.5). What has
    /// none is `Average`, and an empty segment `Empty`. Segments whose words are the same are told apart by the mean of the first feature that differs.
    pub fn suggested_names(&self) -> Vec<String> {
        segment_names::suggested(&self.segments)
    }
}

impl SegmentProfile {
    /// What distinguishes the segment, in words: up to `most` features, those of the largest standardised differences first.
    ///
    /// A feature whose difference is negligible (below 0.2) is not named.
    pub fn distinguishing(&self, most: usize) -> Vec<String> {
        let _ = most;
        todo!()
    }
}

impl FeatureProfile {
    /// How large the difference to the other customers is.
    pub fn effect_size(&self) -> EffectSize {
        EffectSize::of(self.difference)
    }

    /// The comparison with the other customers in words, such as `orders 12.3 against 4.1 on average: much more`.
    pub fn in_words(&self) -> String {
        todo!()
    }
}

impl fmt::Display for SegmentProfiles {
    /// A report of some lines a segment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let _ = f;
        todo!()
    }
}
