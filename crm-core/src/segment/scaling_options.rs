//! How the columns of a feature table are made comparable.

use serde::{Deserialize, Serialize};

use super::feature::FeatureUnit;
use crate::error::{Error, Result};

/// What happens to a value before it is centred.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Transform {
    /// Nothing.
    #[default]
    None,
    /// The signed logarithm `sign(x) ln(1 + |x|)`: what is k times as much lies about ln(k) further, and negative amounts keep their place.
    Log1p,
}

/// How a column is centred and spread.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScalingMethod {
    /// Not at all.
    None,
    /// `(x - mean) / sd`, with the standard deviation of all n (not n - 1).
    #[default]
    ZScore,
    /// `(x - median) / (IQR / 1.3489795)`: as a z-score for normal values, and blind to how far away the farthest are.
    ///
    /// Quartiles are of definition 7 of Hyndman and Fan. Where both are the same although the values are not (a column of which most
    /// values are equal), the standard deviation takes the place of the range, and a warning says so.
    Robust,
    /// The mid-rank percentile `(2 less + equal) / (2 n)`, between 0 and 1: equal values get equal percentiles.
    ///
    /// The reference is saved with the model: later values are placed between the fitted ones by linear interpolation, and those
    /// beyond the ends get the percentile of the end. It is exact for the fitted values as long as at most 4,096 are distinct, and
    /// within 1/4096 otherwise. The percentiles' variance is about 1/12: a weight of 12 gives such a column as much say as a z-score.
    Rank,
}

impl Transform {
    /// Every transform.
    pub const ALL: [Self; 2] = [Self::None, Self::Log1p];

    /// The name: `none` or `log1p`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Log1p => "log1p",
        }
    }

    /// A transform from its name.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn from_name(name: &str) -> Result<Self> {
        let unknown = || Error::argument("transform", format!("{name:?}"), "none or log1p");
        Self::ALL.into_iter().find(|transform| transform.name() == name).ok_or_else(unknown)
    }

    pub(super) fn forward(self, x: f64) -> f64 {
        match self {
            Self::None => x,
            Self::Log1p => libm::copysign(libm::log1p(x.abs()), x),
        }
    }

    pub(super) fn backward(self, y: f64) -> f64 {
        match self {
            Self::None => y,
            Self::Log1p => libm::copysign(libm::expm1(y.abs()), y),
        }
    }
}

impl ScalingMethod {
    /// Every method.
    pub const ALL: [Self; 4] = [Self::None, Self::ZScore, Self::Robust, Self::Rank];

    /// The name: `none`, `z_score`, `robust` or `rank`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ZScore => "z_score",
            Self::Robust => "robust",
            Self::Rank => "rank",
        }
    }

    /// A method from its name.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn from_name(name: &str) -> Result<Self> {
        let unknown = || Error::argument("method", format!("{name:?}"), "none, z_score, robust or rank");
        Self::ALL.into_iter().find(|method| method.name() == name).ok_or_else(unknown)
    }
}

/// What becomes of missing values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum MissingValues {
    /// An error that names the column and the row.
    #[default]
    Raise,
    /// They take the median of the column's fitted values, and are counted.
    Median,
}

impl MissingValues {
    /// Every policy.
    pub const ALL: [Self; 2] = [Self::Raise, Self::Median];

    /// The name: `raise` or `median`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raise => "raise",
            Self::Median => "median",
        }
    }

    /// A policy from its name.
    ///
    /// # Errors
    /// `InvalidArgument` for an unknown name.
    pub fn from_name(name: &str) -> Result<Self> {
        let unknown = || Error::argument("missing", format!("{name:?}"), "raise or median");
        Self::ALL.into_iter().find(|policy| policy.name() == name).ok_or_else(unknown)
    }
}

/// How one column is scaled: `sqrt(weight) · centred(transform(clipped(x / reference)))`.
///
/// The reference is 1 for everything but money, which is divided by the lower median of the amounts' magnitudes that are not 0; so
/// money has no unit from there on.
///
/// ```
/// use crm_core::segment::{ColumnScaling, FeatureUnit, ScalingMethod, Transform};
/// let count = ColumnScaling::for_unit(&FeatureUnit::Count);
/// assert_eq!((count.transform, count.method, count.weight), (Transform::Log1p, ScalingMethod::ZScore, 1.0));
/// let ranked = ColumnScaling::new(ScalingMethod::Rank).weight(12.0);
/// let clipped = ColumnScaling::new(ScalingMethod::ZScore).winsorise(0.01, 0.01);
/// assert_eq!((ranked.weight, clipped.winsorise), (12.0, Some((0.01, 0.01))));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnScaling {
    /// What happens to a value before it is centred.
    pub transform: Transform,
    /// The shares of the values, at the lower and at the upper end, that are moved to the quantile where the share ends: each at
    /// least 0, together below 1. `None` moves none.
    pub winsorise: Option<(f64, f64)>,
    /// How the column is centred and spread.
    pub method: ScalingMethod,
    /// How many times the column counts in squared distances: from 0 to 1e6.
    pub weight: f64,
}

impl ColumnScaling {
    /// A method without transform, clipping or weight.
    pub const fn new(method: ScalingMethod) -> Self {
        Self { transform: Transform::None, winsorise: None, method, weight: 1.0 }
    }

    /// The default: z-scores, of logarithms for money and counts, which are skewed, and of the values for everything else.
    pub const fn for_unit(unit: &FeatureUnit) -> Self {
        let scaling = Self::new(ScalingMethod::ZScore);
        match unit {
            FeatureUnit::Money { .. } | FeatureUnit::Count => scaling.transform(Transform::Log1p),
            _ => scaling,
        }
    }

    /// The same with a transform.
    #[must_use]
    pub const fn transform(self, transform: Transform) -> Self {
        Self { transform, ..self }
    }

    /// The same with the ends clipped at these shares.
    #[must_use]
    pub const fn winsorise(self, lower: f64, upper: f64) -> Self {
        Self { winsorise: Some((lower, upper)), ..self }
    }

    /// The same with a weight.
    #[must_use]
    pub const fn weight(self, weight: f64) -> Self {
        Self { weight, ..self }
    }

    pub(super) fn check(&self, column: &str) -> Result<()> {
        if !(0.0..=1e6).contains(&self.weight) {
            return Err(Error::argument(&format!("weight of {column}"), self.weight, "from 0 to 1e6"));
        }
        let Some((lower, upper)) = self.winsorise else {
            return Ok(());
        };
        if lower >= 0.0 && upper >= 0.0 && lower + upper < 1.0 {
            return Ok(());
        }
        let accepted = "two shares of at least 0 that are below 1 together";
        Err(Error::argument(&format!("winsorise of {column}"), format!("({lower}, {upper})"), accepted))
    }
}

/// How the columns of a table are scaled: each by the default for its unit unless it says otherwise.
///
/// ```
/// use crm_core::segment::{ColumnScaling, MissingValues, ScalingMethod, ScalingOptions};
/// let options = ScalingOptions::default()
///     .column("net_amount", ColumnScaling::new(ScalingMethod::Rank).weight(12.0))
///     .missing(MissingValues::Median);
/// # let _ = options;
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ScalingOptions {
    pub(super) every: Option<ColumnScaling>,
    pub(super) columns: Vec<(String, ColumnScaling)>,
    pub(super) missing: MissingValues,
}

impl ScalingOptions {
    /// The default for each unit; missing values are an error.
    pub fn new() -> Self {
        Self::default()
    }

    /// Every column that has no scaling of its own gets this one.
    #[must_use]
    pub fn every(self, scaling: ColumnScaling) -> Self {
        Self { every: Some(scaling), ..self }
    }

    /// A column's own scaling; the last one given for a name counts.
    #[must_use]
    pub fn column(mut self, name: &str, scaling: ColumnScaling) -> Self {
        self.columns.retain(|(other, _)| other != name);
        self.columns.push((name.to_owned(), scaling));
        self
    }

    /// What becomes of missing values.
    #[must_use]
    pub fn missing(self, missing: MissingValues) -> Self {
        Self { missing, ..self }
    }

    pub(super) fn of(&self, name: &str, unit: &FeatureUnit) -> ColumnScaling {
        let own = self.columns.iter().find(|(other, _)| other == name).map(|(_, scaling)| *scaling);
        own.or(self.every).unwrap_or_else(|| ColumnScaling::for_unit(unit))
    }
}
