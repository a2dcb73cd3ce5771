//! How scores are made.

use serde::{Deserialize, Serialize};

use super::measure::{FrequencyMeasure, MonetaryMeasure};
use crate::error::{Error, Result};
use crate::math::ClosedSide;

/// Which end of an interval between two quantile cut points belongs to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Closed {
    /// `[a, b)`: a value equal to a cut point counts above it (R package `rfm`).
    Left,
    /// `(a, b]`: a value equal to a cut point counts below it (pandas `qcut`).
    #[default]
    Right,
}

impl From<Closed> for ClosedSide {
    fn from(closed: Closed) -> Self {
        match closed {
            Closed::Left => Self::Left,
            Closed::Right => Self::Right,
        }
    }
}

/// The company's own bounds, ascending. A value's interval is the number of bounds that it reaches (`value >= bound`).
///
/// Frequency and monetary bounds are the lowest values of scores 2, 3, ... Recency bounds are times since the last
/// purchase in days, of which less is better: a time that reaches none has the highest score.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LowerBounds {
    /// Days since the last purchase.
    pub recency_days: Vec<f64>,
    /// In the unit of the frequency measure.
    pub frequency: Vec<f64>,
    /// In currency units.
    pub monetary: Vec<f64>,
}

/// How values become scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Binning {
    /// Mid-rank quantile bins: of equal size as far as ties allow, and ties never split. The default, with 5.
    MidRank {
        /// Number of scores, 2 to 10.
        bins: u8,
    },
    /// Bins between quantile cut points (definition 7 of Hyndman and Fan).
    Quantiles {
        /// Number of scores, 2 to 10.
        bins: u8,
        /// Which end of an interval belongs to it.
        closed: Closed,
    },
    /// The company's own bounds; each dimension has one fewer than there are scores.
    Bounds(LowerBounds),
}

impl Binning {
    /// Number of scores.
    pub fn bins(&self) -> u8 {
        match self {
            Self::MidRank { bins } | Self::Quantiles { bins, .. } => *bins,
            Self::Bounds(bounds) => bounds.recency_days.len().min(254) as u8 + 1,
        }
    }
}

/// Whether each dimension is binned by itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Nesting {
    /// Each by itself.
    #[default]
    Independent,
    /// Frequency within each recency score, monetary value within each pair of both (Hughes).
    Nested,
}

/// Weights of the composite score; only their proportions matter.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Weights {
    /// Weight of the recency score.
    pub recency: f64,
    /// Weight of the frequency score.
    pub frequency: f64,
    /// Weight of the monetary score.
    pub monetary: f64,
}

impl Default for Weights {
    fn default() -> Self {
        Self { recency: 1.0, frequency: 1.0, monetary: 1.0 }
    }
}

/// How a base is scored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RfmOptions {
    /// How values become scores.
    pub binning: Binning,
    /// Whether each dimension is binned by itself.
    pub nesting: Nesting,
    /// What frequency counts.
    pub frequency: FrequencyMeasure,
    /// What monetary value means.
    pub monetary: MonetaryMeasure,
    /// Weights of the composite score.
    pub weights: Weights,
}

impl Default for RfmOptions {
    fn default() -> Self {
        Self {
            binning: Binning::MidRank { bins: 5 },
            nesting: Nesting::default(),
            frequency: FrequencyMeasure::default(),
            monetary: MonetaryMeasure::default(),
            weights: Weights::default(),
        }
    }
}

impl RfmOptions {
    /// Checks every option.
    ///
    /// # Errors
    /// `InvalidArgument` naming the option, its value and the bound.
    pub fn check(&self) -> Result<()> {
        match &self.binning {
            Binning::MidRank { bins } | Binning::Quantiles { bins, .. } => {
                if !(2..=10).contains(bins) {
                    return Err(Error::argument("bins", bins, "between 2 and 10"));
                }
            }
            Binning::Bounds(bounds) => bounds.check()?,
        }
        if matches!((&self.binning, self.nesting), (Binning::Bounds(_), Nesting::Nested)) {
            return Err(Error::argument(
                "nesting",
                "nested",
                "independent when bounds are given: they are the same in every cell",
            ));
        }
        let Weights { recency, frequency, monetary } = self.weights;
        for (name, weight) in [("recency", recency), ("frequency", frequency), ("monetary", monetary)] {
            if !(weight.is_finite() && (0.0..=1e100).contains(&weight)) {
                return Err(Error::argument(&format!("weights.{name}"), weight, "between 0 and 1e100"));
            }
        }
        if recency + frequency + monetary <= 0.0 {
            return Err(Error::argument("weights", "0, 0, 0", "positive in at least one dimension"));
        }
        Ok(())
    }
}

impl LowerBounds {
    fn check(&self) -> Result<()> {
        let scores = self.recency_days.len() + 1;
        for (name, bounds) in [
            ("recency_days", &self.recency_days),
            ("frequency", &self.frequency),
            ("monetary", &self.monetary),
        ] {
            let argument = format!("bounds.{name}");
            if !(1..=9).contains(&bounds.len()) {
                return Err(Error::argument(
                    &argument,
                    format!("{} bounds", bounds.len()),
                    "1 to 9 bounds (2 to 10 scores)",
                ));
            }
            if bounds.len() + 1 != scores {
                let accepted = format!("{} bounds, as recency_days has", scores - 1);
                return Err(Error::argument(&argument, format!("{} bounds", bounds.len()), &accepted));
            }
            if let Some(bound) = bounds.iter().find(|bound| !bound.is_finite()) {
                return Err(Error::argument(&argument, bound, "finite"));
            }
            if let Some((low, high)) = bounds.iter().zip(&bounds[1..]).find(|(low, high)| low >= high) {
                return Err(Error::argument(&argument, format!("{low} before {high}"), "strictly ascending"));
            }
        }
        Ok(())
    }
}
