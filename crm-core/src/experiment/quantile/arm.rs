//! A summary of a column from which its quantiles can be read.
//!
//! Up to a number of distinct values they are all counted; beyond, values are counted in buckets of equal ratio.
//!
//! Masson, Rim and Lee (2019), "`DDSketch`: a fast and fully-mergeable quantile sketch with relative-error guarantees", Proceedings of the VLDB
//! Endowment 12(12).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ranked::Ranked;
use crate::error::{Error, ErrorKind, Result};
use crate::experiment::sample::{LARGEST, check_column};

/// The name in saved summaries.
const MODEL: &str = "quantile_arm";
const VERSION: u32 = 1;
/// Values nearer to 0 count as 0 in buckets.
const SMALLEST: f64 = 1e-150;

/// How a quantile summary counts.
///
/// ```
/// use crm_core::experiment::QuantileArmOptions;
/// assert_eq!(QuantileArmOptions::default().most_distinct, 65_536);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantileArmOptions {
    /// Up to how many distinct values all are counted, so that quantiles are exact; 0 for buckets from the start, at most 10,000,000.
    pub most_distinct: u64,
    /// By how much a quantile from buckets may differ from the value that it stands for, as a share of it; inside (0.0001, 0.5).
    pub relative_error: f64,
}

impl Default for QuantileArmOptions {
    fn default() -> Self {
        Self { most_distinct: 65_536, relative_error: 0.005 }
    }
}

impl QuantileArmOptions {
    /// Refuses what makes no sense.
    ///
    /// # Errors
    /// `InvalidArgument` for an option out of range.
    pub fn check(&self) -> Result<()> {
        if self.most_distinct > 10_000_000 {
            return Err(Error::argument("most_distinct", self.most_distinct, "at most 10000000"));
        }
        if !(self.relative_error > 1e-4 && self.relative_error < 0.5) {
            return Err(Error::argument("relative_error", self.relative_error, "inside (0.0001, 0.5)"));
        }
        Ok(())
    }
}

/// How often each value, or each bucket of values, came.
#[derive(Clone, Debug, PartialEq)]
enum Counts {
    /// By the place of the value in the order of doubles.
    Values(BTreeMap<i64, u64>),
    /// By sign and number of the bucket: negative buckets have keys below 0, 0 is key 0.
    Buckets(BTreeMap<i64, u64>),
}

/// The values of an arm as its quantiles need them: mergeable, with a result that is the same for any partition of the rows.
///
/// As long as there are at most `most_distinct` distinct values their counts are kept. Beyond, a value x is counted in the bucket
/// `ceil(ln |x| / ln g)` of its sign, `g = (1 + e) / (1 - e)`, and stands for `2 g^i / (g + 1)`, which differs from it by the share e at most;
/// values below 1e-150 count as 0. Which of the two it is depends on the distinct values of all rows alone, so equal rows give equal summaries.
///
/// ```
/// use crm_core::experiment::{QuantileArm, QuantileArmOptions};
/// let options = QuantileArmOptions::default();
/// let mut arm = QuantileArm::from_values(&[1.0, 2.0], &options)?;
/// arm.merge(&QuantileArm::from_values(&[4.0, 3.0], &options)?)?;
/// assert_eq!((arm.count(), arm.quantile(0.25)?), (4, 1.75));
/// # Ok::<(), crm_core::Error>(())
/// ```
///
/// Masson, Rim and Lee (2019), section 2.
#[derive(Clone, Debug, PartialEq)]
pub struct QuantileArm {
    options: QuantileArmOptions,
    counts: Counts,
    lowest: f64,
    highest: f64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    model: String,
    version: u32,
    options: QuantileArmOptions,
    lowest: Option<f64>,
    highest: Option<f64>,
    /// Distinct values, or none if buckets are counted.
    values: Option<Vec<f64>>,
    /// Numbers of buckets, or none if values are counted.
    buckets: Option<Vec<i64>>,
    counts: Vec<u64>,
}

impl QuantileArm {
    /// A summary without rows.
    ///
    /// # Errors
    /// `InvalidArgument` for an option out of range.
    pub fn new(options: &QuantileArmOptions) -> Result<Self> {
        options.check()?;
        let counts = if options.most_distinct == 0 {
            Counts::Buckets(BTreeMap::new())
        } else {
            Counts::Values(BTreeMap::new())
        };
        Ok(Self { options: *options, counts, lowest: f64::INFINITY, highest: f64::NEG_INFINITY })
    }

    /// The summary of a column.
    ///
    /// # Errors
    /// As [`QuantileArm::new`] and [`QuantileArm::push_slice`].
    pub fn from_values(values: &[f64], options: &QuantileArmOptions) -> Result<Self> {
        let mut arm = Self::new(options)?;
        arm.push_slice(values)?;
        Ok(arm)
    }

    /// The summary of values with how often each came, as an engine that groups by value has them.
    ///
    /// # Errors
    /// As [`QuantileArm::from_values`]; `LengthMismatch` for columns of different lengths; `OutOfRange` for counts that add up to 2^63 or more.
    pub fn from_counts(values: &[f64], counts: &[u64], options: &QuantileArmOptions) -> Result<Self> {
        let mut arm = Self::new(options)?;
        if values.len() != counts.len() {
            let message = format!("{} values and {} counts", values.len(), counts.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("counts"));
        }
        check_column(values, "values")?;
        let all = counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(count));
        if all.is_none_or(|all| all > i64::MAX as u64) {
            return Err(Error::new(ErrorKind::OutOfRange, "the counts add up to 2^63 or more").on("counts"));
        }
        for (&value, &count) in values.iter().zip(counts) {
            arm.add(value + 0.0, count);
        }
        Ok(arm)
    }

    /// Takes in the rows of a column; none is taken if one cannot be used.
    ///
    /// # Errors
    /// `Empty`, `InvalidValue` and `OutOfRange` for a column that cannot be used.
    pub fn push_slice(&mut self, values: &[f64]) -> Result<()> {
        check_column(values, "values")?;
        for value in values {
            self.add(value + 0.0, 1);
        }
        Ok(())
    }

    /// Takes in the rows of another summary.
    ///
    /// # Errors
    /// `Incompatible` if the other one counts with other options; `OutOfRange` from 2^63 rows on.
    pub fn merge(&mut self, other: &Self) -> Result<()> {
        if self.options != other.options {
            let message = format!("{:?} and {:?} do not merge", self.options, other.options);
            return Err(Error::new(ErrorKind::Incompatible, message).on("other"));
        }
        if self.count().checked_add(other.count()).is_none_or(|all| all > i64::MAX as u64) {
            return Err(Error::new(ErrorKind::OutOfRange, "the summaries have 2^63 rows or more").on("other"));
        }
        if matches!(other.counts, Counts::Buckets(_)) {
            self.count_in_buckets();
        }
        match &other.counts {
            Counts::Values(theirs) => theirs.iter().for_each(|(&key, &count)| self.add(value_of(key), count)),
            Counts::Buckets(theirs) => {
                if let Counts::Buckets(ours) = &mut self.counts {
                    for (&key, &count) in theirs {
                        *ours.entry(key).or_insert(0) += count;
                    }
                }
            }
        }
        self.lowest = self.lowest.min(other.lowest);
        self.highest = self.highest.max(other.highest);
        Ok(())
    }

    /// How many rows there are.
    pub fn count(&self) -> u64 {
        let (Counts::Values(counts) | Counts::Buckets(counts)) = &self.counts;
        counts.values().sum()
    }

    /// Whether all distinct values are counted, so that quantiles are exact.
    pub fn is_exact(&self) -> bool {
        matches!(self.counts, Counts::Values(_))
    }

    /// The quantile of definition 7 of Hyndman and Fan (1996), the default of R and NumPy.
    ///
    /// # Errors
    /// `InvalidArgument` for a probability outside \[0, 1\], `Empty` without rows.
    pub fn quantile(&self, probability: f64) -> Result<f64> {
        if !(0.0..=1.0).contains(&probability) {
            return Err(Error::argument("probability", probability, "between 0 and 1"));
        }
        let ranked = self.ranked("arm")?;
        Ok(ranked.at_position(ranked.position(probability)))
    }

    /// The summary as JSON text.
    ///
    /// # Errors
    /// `Io` if it cannot be written, which does not happen.
    pub fn to_json(&self) -> Result<String> {
        let (Counts::Values(counts) | Counts::Buckets(counts)) = &self.counts;
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        let saved = Saved {
            model: MODEL.to_owned(),
            version: VERSION,
            options: self.options,
            lowest: finite(self.lowest),
            highest: finite(self.highest),
            values: self.is_exact().then(|| counts.keys().map(|&key| value_of(key)).collect()),
            buckets: (!self.is_exact()).then(|| counts.keys().copied().collect()),
            counts: counts.values().copied().collect(),
        };
        serde_json::to_string(&saved).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A summary from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is no summary, `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let saved: Saved = crate::saved::from_json(text, VERSION, &[MODEL])?;
        let corrupt =
            || Error::new(ErrorKind::Corrupt, "the parts of the summary do not fit together").on("json");
        let mut arm = Self::new(&saved.options).map_err(|_| corrupt())?;
        let all =
            saved.counts.iter().try_fold(0_u64, |sum, &count| sum.checked_add(count).filter(|_| count > 0));
        if all.is_none_or(|all| all > i64::MAX as u64) {
            return Err(corrupt());
        }
        let (lowest, highest) =
            (saved.lowest.unwrap_or(f64::INFINITY), saved.highest.unwrap_or(f64::NEG_INFINITY));
        let keys: Vec<i64> = match (saved.values, saved.buckets) {
            (Some(values), None) => {
                let fits = values.iter().all(|value| value.abs() <= LARGEST)
                    && values.first().is_none_or(|&first| first == lowest)
                    && values.last().is_none_or(|&last| last == highest)
                    && values.len() as u64 <= saved.options.most_distinct;
                let keys = values.iter().map(|&value| key_of(value + 0.0)).collect();
                arm.counts = Counts::Values(BTreeMap::new());
                if fits { keys } else { return Err(corrupt()) }
            }
            (None, Some(keys)) => {
                arm.counts = Counts::Buckets(BTreeMap::new());
                let fits = |&end: &i64, value: f64| value.abs() <= LARGEST && end == arm.bucket(value);
                let ends = keys.first().is_none_or(|first| fits(first, lowest))
                    && keys.last().is_none_or(|last| fits(last, highest));
                if ends { keys } else { return Err(corrupt()) }
            }
            _ => return Err(corrupt()),
        };
        let rising = keys.windows(2).all(|pair| pair[0] < pair[1]);
        if !rising || keys.len() != saved.counts.len() || keys.is_empty() != (lowest > highest) {
            return Err(corrupt());
        }
        let (Counts::Values(counts) | Counts::Buckets(counts)) = &mut arm.counts;
        counts.extend(keys.into_iter().zip(saved.counts));
        (arm.lowest, arm.highest) = (lowest, highest);
        Ok(arm)
    }

    /// The values in order; an error without rows.
    pub(super) fn ranked(&self, name: &str) -> Result<Ranked> {
        let ranked = match &self.counts {
            Counts::Values(counts) => Ranked::new(counts.iter().map(|(&key, &count)| (value_of(key), count))),
            Counts::Buckets(counts) => {
                Ranked::new(counts.iter().map(|(&key, &count)| (self.stands_for(key), count)))
            }
        };
        if ranked.count() == 0 {
            return Err(Error::new(ErrorKind::Empty, "the summary has no rows").on(name));
        }
        Ok(ranked)
    }

    fn add(&mut self, value: f64, count: u64) {
        if count == 0 {
            return;
        }
        self.lowest = self.lowest.min(value);
        self.highest = self.highest.max(value);
        let bucket = self.bucket(value);
        match &mut self.counts {
            Counts::Buckets(counts) => *counts.entry(bucket).or_insert(0) += count,
            Counts::Values(counts) => {
                *counts.entry(key_of(value)).or_insert(0) += count;
                if counts.len() as u64 > self.options.most_distinct {
                    self.count_in_buckets();
                }
            }
        }
    }

    fn count_in_buckets(&mut self) {
        let Counts::Values(counts) = &self.counts else {
            return;
        };
        let mut buckets = BTreeMap::new();
        for (&key, &count) in counts {
            *buckets.entry(self.bucket(value_of(key))).or_insert(0) += count;
        }
        self.counts = Counts::Buckets(buckets);
    }

    /// `ln g`.
    fn ln_ratio(&self) -> f64 {
        let e = self.options.relative_error;
        libm::log1p(2.0 * e / (1.0 - e))
    }

    /// The key of a value's bucket: the same on every machine, as libm is the same.
    fn bucket(&self, value: f64) -> i64 {
        if value.abs() < SMALLEST {
            return 0;
        }
        // Numbers of buckets lie within ln(1e150) / ln g of 0; moved to above it, so that the sign is free.
        let offset = (345.5 / self.ln_ratio()).ceil() + 2.0;
        let place = (libm::log(value.abs()) / self.ln_ratio()).ceil() + offset;
        if value > 0.0 { place as i64 } else { -(place as i64) }
    }

    /// The value that a bucket stands for, never beyond the extremes.
    fn stands_for(&self, key: i64) -> f64 {
        if key == 0 {
            return 0.0_f64.clamp(self.lowest, self.highest);
        }
        let offset = (345.5 / self.ln_ratio()).ceil() + 2.0;
        let power = libm::exp((key.unsigned_abs() as f64 - offset) * self.ln_ratio());
        let value = power * (1.0 - self.options.relative_error);
        value.copysign(key as f64).clamp(self.lowest, self.highest)
    }
}

/// The place of a value in the order of doubles.
fn key_of(value: f64) -> i64 {
    let bits = value.to_bits() as i64;
    if bits < 0 { i64::MIN - bits } else { bits }
}

fn value_of(key: i64) -> f64 {
    f64::from_bits(if key < 0 { (i64::MIN - key) as u64 } else { key as u64 })
}
