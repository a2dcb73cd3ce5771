//! What the customers of each segment are like, in numbers and in words.
//!
//! Cohen (1988), "Statistical power analysis for the behavioral sciences", 2nd edition, section 2.2: the standardised difference d, of which
//! 0.2 is small, 0.5 medium and 0.8 large.

use std::fmt;

use rayon::prelude::*;

use super::column_scaler::mean_and_deviation;
use super::exact_amount::ExactAmount;
use super::feature::FeatureUnit;
use super::feature_table::{FeatureColumn, FeatureTable};
use super::segment_model::check_names;
use super::segment_names;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

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
        let count = names.map_or_else(
            || labels.iter().max().map_or(0, |&most| (most as usize).saturating_add(1)),
            <[&str]>::len,
        );
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
        let members = Members::new(labels, count);
        let customers = labels.len() as f64;
        let columns: Vec<Vec<FeatureProfile>> = Threads::Available
            .run(|| table.columns().par_iter().map(|column| members.profiles(column)).collect())?;
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        let segments = (0..count).map(|segment| {
            let size = members.of(segment).len();
            SegmentProfile {
                name: segment.to_string(),
                customers: size as u64,
                customer_share: size as f64 / customers,
                features: columns.iter_mut().filter_map(Iterator::next).collect(),
            }
        });
        Ok(Self { segments: segments.collect() })
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
        self.by_difference()
            .into_iter()
            .filter(|feature| feature.effect_size() > EffectSize::Negligible)
            .take(most)
            .map(FeatureProfile::in_words)
            .collect()
    }

    /// The features in descending order of the magnitude of their difference, in the order of the table where it is the same.
    pub(super) fn by_difference(&self) -> Vec<&FeatureProfile> {
        let size = |feature: &FeatureProfile| {
            if feature.difference.is_nan() { 0.0 } else { feature.difference.abs() }
        };
        let mut features: Vec<&FeatureProfile> = self.features.iter().collect();
        features.sort_by(|left, right| size(right).total_cmp(&size(left)));
        features
    }
}

impl FeatureProfile {
    /// How large the difference to the other customers is.
    pub fn effect_size(&self) -> EffectSize {
        EffectSize::of(self.difference)
    }

    /// The comparison with the other customers in words, such as `orders 12.3 against 4.1 on average: much more`.
    pub fn in_words(&self) -> String {
        let (more, less) = match self.unit {
            FeatureUnit::Time(_) => ("longer", "shorter"),
            FeatureUnit::Count => ("more", "fewer"),
            FeatureUnit::Money { .. } => ("more", "less"),
            FeatureUnit::Share | FeatureUnit::Number => ("higher", "lower"),
        };
        let degree = match self.effect_size() {
            EffectSize::Negligible => "",
            EffectSize::Small => "slightly ",
            EffectSize::Medium => "clearly ",
            EffectSize::Large => "much ",
        };
        let (degree, direction) = match degree {
            "" => ("", "about the same"),
            degree => (degree, if self.difference > 0.0 { more } else { less }),
        };
        let (name, own) = (self.feature.replace('_', " "), self.unit.with_value(self.mean));
        let others = self.unit.with_value(self.mean_of_others);
        format!("{name} {own} against {others} on average: {degree}{direction}")
    }
}

impl fmt::Display for SegmentProfiles {
    /// A report of some lines a segment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let customers: u64 = self.segments.iter().map(|segment| segment.customers).sum();
        writeln!(f, "{} segments of {customers} customers", self.segments.len())?;
        for (label, segment) in self.segments.iter().enumerate() {
            let share = FeatureUnit::Share.with_value(segment.customer_share);
            writeln!(f, "\n{label} {}: {} customers ({share})", segment.name, segment.customers)?;
            for words in segment.distinguishing(3) {
                writeln!(f, "  {words}")?;
            }
            let money = segment.features.iter().filter(|feature| feature.unit.is_money());
            for feature in money.filter(|feature| !feature.share_of_total.is_nan()) {
                let share = FeatureUnit::Share.with_value(feature.share_of_total);
                writeln!(f, "  {share} of all {}", feature.feature.replace('_', " "))?;
            }
        }
        Ok(())
    }
}

/// Differences that rounding alone could make, relative to the numbers that are compared.
const ROUNDING: f64 = 8.0 * f64::EPSILON;

/// The customers of each segment, segment after segment.
struct Members {
    starts: Vec<usize>,
    rows: Vec<u32>,
}

impl Members {
    /// From labels below `count`.
    fn new(labels: &[u32], count: usize) -> Self {
        let mut starts = vec![0; count + 1];
        for &label in labels {
            starts[label as usize + 1] += 1;
        }
        for segment in 0..count {
            starts[segment + 1] += starts[segment];
        }
        let (mut next, mut rows) = (starts.clone(), vec![0; labels.len()]);
        for (row, &label) in (0..).zip(labels) {
            let place = &mut next[label as usize];
            rows[*place] = row;
            *place += 1;
        }
        Self { starts, rows }
    }

    fn of(&self, segment: usize) -> &[u32] {
        &self.rows[self.starts[segment]..self.starts[segment + 1]]
    }

    fn profiles(&self, column: &FeatureColumn) -> Vec<FeatureProfile> {
        let count = self.starts.len() - 1;
        let mut groups = Vec::with_capacity(count);
        let mut medians = Vec::with_capacity(count);
        let mut values = Vec::new();
        for segment in 0..count {
            values.clear();
            let all = self.of(segment).iter().map(|&row| column.values()[row as usize]);
            values.extend(all.filter(|value| !value.is_nan()));
            groups.push(Group::new(&values));
            medians.push(median(&mut values));
        }
        let totals = self.totals(column);
        // Everybody but a segment is who comes before and who comes after it.
        let mut after = vec![Group::default(); count + 1];
        for segment in (0..count).rev() {
            after[segment] = groups[segment].and(after[segment + 1]);
        }
        let mut before = Group::default();
        let mut profiles = Vec::with_capacity(count);
        for (segment, &own) in groups.iter().enumerate() {
            let others = before.and(after[segment + 1]);
            profiles.push(FeatureProfile {
                feature: column.name().to_owned(),
                unit: column.unit().clone(),
                customers: own.customers as u64,
                mean: own.mean_or_none(),
                median: medians[segment],
                standard_deviation: (own.squares / own.customers).sqrt(),
                mean_of_others: others.mean_or_none(),
                difference: own.difference(others),
                share_of_total: totals.as_ref().map_or(f64::NAN, |shares| shares[segment]),
            });
            before = before.and(own);
        }
        profiles
    }

    /// Each segment's share of the total of a column that adds up.
    fn totals(&self, column: &FeatureColumn) -> Option<Vec<f64>> {
        let count = self.starts.len() - 1;
        let adds_up = column.unit().is_money() || *column.unit() == FeatureUnit::Count;
        if !adds_up || column.exact().is_some_and(|exact| !exact.is_total()) {
            return None;
        }
        if let Some(exact) = column.exact() {
            let sum = |segment: usize| -> i128 {
                self.of(segment).iter().map(|&row| exact.get(row as usize).micros).sum()
            };
            let sums: Vec<i128> = (0..count).map(sum).collect();
            let amount = |micros: i128| ExactAmount { micros, per: 1 };
            let total = sums.iter().sum();
            return (total != 0).then(|| sums.iter().map(|&sum| amount(sum).over(amount(total))).collect());
        }
        let value = |&row: &u32| column.values()[row as usize];
        let sum = |segment: usize| -> f64 {
            self.of(segment).iter().map(value).filter(|value| !value.is_nan()).sum()
        };
        let sums: Vec<f64> = (0..count).map(sum).collect();
        let total: f64 = sums.iter().sum();
        (total != 0.0).then(|| sums.iter().map(|sum| sum / total).collect())
    }
}

fn median(values: &mut [f64]) -> f64 {
    if values.is_empty() {
        return f64::NAN;
    }
    let (middle, odd) = (values.len() / 2, values.len() % 2 == 1);
    let (below, &mut upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if odd { upper } else { lower + 0.5 * (upper - lower) }
}

/// How many values there are, their mean and the sum of their squared differences from it.
#[derive(Clone, Copy, Debug, Default)]
struct Group {
    customers: f64,
    mean: f64,
    squares: f64,
}

impl Group {
    fn new(values: &[f64]) -> Self {
        if values.is_empty() {
            return Self::default();
        }
        let customers = values.len() as f64;
        let (mean, deviation) = mean_and_deviation(values);
        Self { customers, mean, squares: deviation * deviation * customers }
    }

    /// Both together (Chan, Golub and `LeVeque` 1983).
    fn and(self, other: Self) -> Self {
        let customers = self.customers + other.customers;
        if customers == 0.0 {
            return self;
        }
        let apart = other.mean - self.mean;
        let squares =
            self.squares + other.squares + apart * apart * (self.customers * other.customers / customers);
        Self { customers, mean: self.mean + apart * (other.customers / customers), squares }
    }

    fn mean_or_none(self) -> f64 {
        if self.customers == 0.0 { f64::NAN } else { self.mean }
    }

    /// Cohen (1988), eq. 2.5.1 and 2.5.2.
    fn difference(self, others: Self) -> f64 {
        if self.customers == 0.0 || others.customers == 0.0 {
            return f64::NAN;
        }
        let rounding = ROUNDING * self.mean.abs().max(others.mean.abs());
        let apart = self.mean - others.mean;
        if apart.abs() <= rounding {
            return 0.0;
        }
        let freedom = self.customers + others.customers - 2.0;
        let pooled = if freedom == 0.0 { 0.0 } else { ((self.squares + others.squares) / freedom).sqrt() };
        if pooled <= rounding { f64::INFINITY.copysign(apart) } else { apart / pooled }
    }
}
