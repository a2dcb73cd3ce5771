//! The fitted scaling of one column.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::exact_amount::{ExactAmount, typical};
use super::feature::FeatureUnit;
use super::feature_table::{FeatureColumn, LARGEST};
use super::rank_reference::RankReference;
use super::scaling_options::{ColumnScaling, MissingValues, ScalingMethod};
use crate::customer::Money;
use crate::error::{Error, ErrorKind, Result};
use crate::math::quantile_type_7;

/// The range between the quartiles of a standard normal variable.
const NORMAL_QUARTILE_RANGE: f64 = 1.348_979_500_392_163_4;

/// Values that one task scales.
const ROWS_A_TASK: usize = 1 << 14;

/// What values are divided by first.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reference {
    One,
    /// An amount of the log.
    Exact(ExactAmount),
    /// Money that was given as doubles.
    Value(f64),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ColumnScaler {
    name: String,
    unit: FeatureUnit,
    scaling: ColumnScaling,
    reference: Reference,
    /// Where the ends are clipped, after the division.
    bounds: Option<(f64, f64)>,
    /// What missing values become, after the division; only if they become something.
    median: Option<f64>,
    /// After the transform.
    centre: f64,
    /// After the transform; 0 for a column whose values are all the same.
    spread: f64,
    ranks: Option<RankReference>,
}

/// What fitting a column gives.
pub(super) struct ColumnFit {
    pub(super) scaler: ColumnScaler,
    pub(super) scaled: Vec<f64>,
    pub(super) imputed: u64,
    pub(super) no_quartile_range: bool,
}

impl ColumnScaler {
    pub(super) fn fit(
        column: &FeatureColumn,
        scaling: ColumnScaling,
        missing: MissingValues,
    ) -> Result<ColumnFit> {
        let reference = Reference::of(column);
        let mut values = reference.quotients(column);
        let mut scaler = Self {
            name: column.name().to_owned(),
            unit: column.unit().clone(),
            scaling,
            reference,
            bounds: None,
            median: None,
            centre: 0.0,
            spread: 1.0,
            ranks: None,
        };
        if scaling.winsorise.is_some() || missing == MissingValues::Median {
            let sorted = ascending(values.iter().copied().filter(|value| !value.is_nan()));
            let quantile = |share: f64| quantile_type_7(&sorted, share);
            if missing == MissingValues::Median {
                scaler.median = quantile(0.5);
            }
            scaler.bounds =
                scaling.winsorise.and_then(|(lower, upper)| quantile(lower).zip(quantile(1.0 - upper)));
        }
        let imputed = scaler.prepare(&mut values)?;
        let no_quartile_range = scaler.centre_on(&values);
        scaler.finish(&mut values);
        Ok(ColumnFit { scaler, scaled: values, imputed, no_quartile_range })
    }

    /// The scaled values, and how many of them were missing.
    pub(super) fn apply(&self, column: &FeatureColumn, missing: MissingValues) -> Result<(Vec<f64>, u64)> {
        let mut values = self.reference.quotients(column);
        debug_assert!(missing == MissingValues::Raise || self.median.is_some());
        let imputed = self.prepare(&mut values)?;
        self.finish(&mut values);
        Ok((values, imputed))
    }

    /// Fills, clips and transforms quotients; returns how many were missing.
    fn prepare(&self, values: &mut [f64]) -> Result<u64> {
        let mut imputed = 0;
        if let Some(row) = values.iter().position(|value| value.is_nan()) {
            let Some(median) = self.median else {
                return Err(self.missing_at(row, values));
            };
            for value in values.iter_mut().filter(|value| value.is_nan()) {
                *value = median;
                imputed += 1;
            }
        }
        values.par_chunks_mut(ROWS_A_TASK).for_each(|chunk| {
            for value in chunk {
                *value = self.transformed(*value);
            }
        });
        Ok(imputed)
    }

    fn transformed(&self, value: f64) -> f64 {
        let clipped = match self.bounds {
            Some((low, high)) => value.clamp(low, high),
            None => value,
        };
        self.scaling.transform.forward(clipped)
    }

    fn missing_at(&self, row: usize, values: &[f64]) -> Error {
        let missing = values.iter().filter(|value| value.is_nan()).count();
        let message = if missing == values.len() {
            "every value is missing: leave the column out".to_owned()
        } else {
            format!(
                "the value is missing, as {missing} of {} are: leave the column out, or let missing values take the median",
                values.len()
            )
        };
        Error::new(ErrorKind::MissingValue, message).on(self.name.as_str()).at_row(row as u64)
    }

    /// Fits centre and spread to transformed values; returns whether there is no range between the quartiles.
    fn centre_on(&mut self, values: &[f64]) -> bool {
        let (least, most) =
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &value| {
                (least.min(value), most.max(value))
            });
        if self.scaling.method == ScalingMethod::None {
            return false;
        }
        let (mean, deviation) = mean_and_deviation(values);
        // Spread that is only rounding would be blown up to unit variance.
        if least == most
            || deviation.is_nan()
            || deviation <= 4.0 * f64::EPSILON * least.abs().max(most.abs())
        {
            (self.centre, self.spread) = (least, 0.0);
            return false;
        }
        (self.centre, self.spread) = (mean, deviation);
        match self.scaling.method {
            ScalingMethod::Robust => {
                let sorted = ascending(values.iter().copied());
                let quantile = |share: f64| quantile_type_7(&sorted, share).unwrap_or(mean);
                self.centre = quantile(0.5);
                let range = quantile(0.75) - quantile(0.25);
                if range > 4.0 * f64::EPSILON * least.abs().max(most.abs()) {
                    self.spread = range / NORMAL_QUARTILE_RANGE;
                    return false;
                }
                true
            }
            ScalingMethod::Rank => {
                self.ranks = Some(RankReference::new(&ascending(values.iter().copied())));
                false
            }
            _ => false,
        }
    }

    /// Centres, spreads and weighs transformed values.
    fn finish(&self, values: &mut [f64]) {
        let root = self.scaling.weight.sqrt();
        values.par_chunks_mut(ROWS_A_TASK).for_each(|chunk| {
            for value in chunk {
                let centred = match &self.ranks {
                    _ if self.is_constant() => 0.0,
                    Some(ranks) => ranks.percentile(*value),
                    None => (*value - self.centre) / self.spread,
                };
                *value = centred * root;
            }
        });
    }

    /// The original value of a scaled one.
    pub(super) fn invert(&self, scaled: f64) -> f64 {
        let root = self.scaling.weight.sqrt();
        let transformed = match &self.ranks {
            _ if self.is_constant() || root == 0.0 => self.centre,
            Some(ranks) => ranks.quantile(scaled / root),
            None => scaled / root * self.spread + self.centre,
        };
        self.scaling.transform.backward(transformed) * self.reference_value()
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn unit(&self) -> &FeatureUnit {
        &self.unit
    }

    pub(super) fn scaling(&self) -> ColumnScaling {
        self.scaling
    }

    pub(super) fn is_constant(&self) -> bool {
        self.spread == 0.0
    }

    pub(super) fn reference_value(&self) -> f64 {
        self.reference.value()
    }

    /// Whether a value that came from outside can be used.
    pub(super) fn is_sound(&self) -> bool {
        let bounds = self.bounds.is_none_or(|(low, high)| low.is_finite() && high.is_finite() && low <= high);
        !self.name.is_empty()
            && self.scaling.check(&self.name).is_ok()
            && bounds
            && self.bounds.is_some() == self.scaling.winsorise.is_some()
            && self.median.is_none_or(f64::is_finite)
            && self.centre.is_finite()
            && self.spread.is_finite()
            && self.spread >= 0.0
            && self.ranks.as_ref().is_none_or(RankReference::is_sound)
            && self.ranks.is_some() == (self.scaling.method == ScalingMethod::Rank && !self.is_constant())
            && self.reference.is_sound()
    }

    /// Whether missing values become something, as they do under one policy only.
    pub(super) fn fills(&self) -> bool {
        self.median.is_some()
    }
}

impl Reference {
    fn of(column: &FeatureColumn) -> Self {
        if !column.unit().is_money() {
            return Self::One;
        }
        if let Some(exact) = column.exact() {
            return typical(exact.iter()).map_or(Self::One, Self::Exact);
        }
        let mut sizes: Vec<f64> =
            column.values().iter().map(|value| value.abs()).filter(|&size| size > 0.0).collect();
        let Some(end) = sizes.len().checked_sub(1) else {
            return Self::One;
        };
        Self::Value(*sizes.select_nth_unstable_by(end / 2, f64::total_cmp).1)
    }

    fn value(self) -> f64 {
        match self {
            Self::One => 1.0,
            Self::Exact(ExactAmount { micros, per }) => Money::from_micros(micros).divided_by(per),
            Self::Value(value) => value,
        }
    }

    /// The values divided by the reference; NaN stays.
    fn quotients(self, column: &FeatureColumn) -> Vec<f64> {
        let values = column.values();
        match (self, column.exact()) {
            (Self::One, _) => values.to_vec(),
            (Self::Exact(reference), Some(exact)) => (0..values.len())
                .into_par_iter()
                .with_min_len(ROWS_A_TASK)
                .map(|row| exact.get(row).over(reference))
                .collect(),
            _ => {
                let reference = self.value();
                // The quotient by the smallest of doubles would overflow.
                values.iter().map(|value| (value / reference).clamp(-LARGEST, LARGEST)).collect()
            }
        }
    }

    fn is_sound(self) -> bool {
        match self {
            Self::One => true,
            Self::Exact(ExactAmount { micros, per }) => micros > 0 && per > 0,
            Self::Value(value) => value.is_finite() && value > 0.0,
        }
    }
}

fn ascending(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.collect();
    sorted.par_sort_unstable_by(f64::total_cmp);
    sorted
}

/// The mean and the standard deviation of all n, in two passes: the second corrects the rounding of the first (Chan, Golub and
/// `LeVeque` 1983, "Algorithms for computing the sample variance", The American Statistician 37(3)).
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let about = values.iter().sum::<f64>() / n;
    let (sum, squares) = values.iter().fold((0.0, 0.0), |(sum, squares), value| {
        let difference = value - about;
        (sum + difference, squares + difference * difference)
    });
    (about + sum / n, ((squares - sum * sum / n) / n).max(0.0).sqrt())
}
