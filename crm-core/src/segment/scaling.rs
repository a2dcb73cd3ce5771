//! Scaling that is fitted once and applied to later customers in the same way.
//!
//! Money never shows its unit: each column of it is divided by an order statistic of its own before anything else, and the quotient of
//! two exact amounts has the same bits in units as in cents. Everything after that sees equal bits and so gives equal bits.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::Matrix;
use super::column_scaler::ColumnScaler;
use super::feature::FeatureUnit;
use super::feature_table::FeatureTable;
use super::scaling_options::{ColumnScaling, MissingValues, ScalingOptions};
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};
use crate::parallel::Threads;

const NAME: &str = "feature_scaler";
const VERSION: u32 = 1;

/// Something about a column that its user should know.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ScalingWarning {
    /// All values are the same, so the scaled column is 0 for everybody.
    Constant {
        /// The column.
        column: String,
    },
    /// The quartiles are the same, so the standard deviation took the place of the range between them.
    NoQuartileRange {
        /// The column.
        column: String,
    },
    /// Missing values took the median.
    Imputed {
        /// The column.
        column: String,
        /// How many did.
        rows: u64,
    },
}

impl fmt::Display for ScalingWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Constant { column } => {
                write!(f, "{column}: all values are the same, so it tells no customers apart")
            }
            Self::NoQuartileRange { column } => {
                write!(f, "{column}: both quartiles are the same, so it is spread by its standard deviation")
            }
            Self::Imputed { column, rows } => write!(f, "{column}: {rows} missing values took the median"),
        }
    }
}

/// Fitted scaling: what makes the columns of a table comparable, and later tables comparable with it.
///
/// ```
/// use crm_core::segment::{FeatureScaler, FeatureTable, FeatureUnit, ScalingOptions};
/// let table = FeatureTable::new(4)?.with_column("visits", FeatureUnit::Number, &[1.0, 2.0, 3.0, 6.0])?;
/// let scaler = FeatureScaler::fit(&table, &ScalingOptions::default())?;
/// let scaled = scaler.apply(&table)?;
/// // The mean is 3, the standard deviation of all four sqrt(3.5).
/// assert!((scaled.column(0)[3] - 3.0 / 3.5_f64.sqrt()).abs() < 1e-15);
/// assert_eq!(scaler.invert(&[0.0])?, [3.0]);
/// assert_eq!(FeatureScaler::from_json(&scaler.to_json()?)?, scaler);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FeatureScaler {
    model: String,
    version: u32,
    as_of: Option<Day>,
    window_days: Option<u32>,
    rows: u64,
    missing: MissingValues,
    columns: Vec<ColumnScaler>,
    warnings: Vec<ScalingWarning>,
}

/// Scaled columns: what is clustered.
#[derive(Clone, Debug, PartialEq)]
pub struct ScaledFeatures {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
    imputed: Vec<u64>,
}

impl ScaledFeatures {
    /// The names of the columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Number of customers.
    pub fn rows(&self) -> usize {
        self.columns.first().map_or(0, Vec::len)
    }

    /// The scaled values of a column, which must be in range.
    pub fn column(&self, place: usize) -> &[f64] {
        &self.columns[place]
    }

    /// How many missing values of each column took the median.
    pub fn imputed(&self) -> &[u64] {
        &self.imputed
    }

    /// The columns as a matrix to cluster, borrowed.
    ///
    /// # Errors
    /// `OutOfRange` for values above 1e140 in magnitude, which only a table has that is nothing like the one fitted.
    pub fn matrix(&self) -> Result<Matrix<'_>> {
        let columns: Vec<&[f64]> = self.columns.iter().map(Vec::as_slice).collect();
        Matrix::from_columns(&columns)
    }
}

impl FeatureScaler {
    /// Fits the scaling of every column of a table.
    ///
    /// # Errors
    /// `Empty` for a table without columns; `MissingColumn` for options of a column that the table does not have; `InvalidArgument` for
    /// weights and shares that make no sense, and if all weights are 0; `MissingValue` with the row for a missing value under
    /// [`MissingValues::Raise`], and for a column that has no value at all.
    pub fn fit(table: &FeatureTable, options: &ScalingOptions) -> Result<Self> {
        Self::fit_apply(table, options).map(|(scaler, _)| scaler)
    }

    /// Fits the scaling and applies it to the same table, in less time than one after the other.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit).
    pub fn fit_apply(table: &FeatureTable, options: &ScalingOptions) -> Result<(Self, ScaledFeatures)> {
        if table.columns().is_empty() {
            return Err(Error::new(ErrorKind::Empty, "the table has no columns").on("table"));
        }
        for (name, _) in &options.columns {
            table.column(name)?;
        }
        let scalings: Vec<ColumnScaling> =
            table.columns().iter().map(|column| options.of(column.name(), column.unit())).collect();
        for (column, scaling) in table.columns().iter().zip(&scalings) {
            scaling.check(column.name())?;
        }
        if scalings.iter().all(|scaling| scaling.weight == 0.0) {
            return Err(Error::argument("weight", "0 for every column", "positive for at least one"));
        }
        let fitted: Result<Vec<_>> = Threads::Available.run(|| {
            let pairs = table.columns().par_iter().zip(&scalings);
            pairs.map(|(column, scaling)| ColumnScaler::fit(column, *scaling, options.missing)).collect()
        })?;
        let (mut columns, mut warnings) = (Vec::new(), Vec::new());
        let mut scaled = ScaledFeatures { names: Vec::new(), columns: Vec::new(), imputed: Vec::new() };
        for (column, fit) in table.columns().iter().zip(fitted?) {
            let name = || column.name().to_owned();
            if fit.scaler.is_constant() {
                warnings.push(ScalingWarning::Constant { column: name() });
            }
            if fit.no_quartile_range {
                warnings.push(ScalingWarning::NoQuartileRange { column: name() });
            }
            if fit.imputed > 0 {
                warnings.push(ScalingWarning::Imputed { column: name(), rows: fit.imputed });
            }
            scaled.names.push(name());
            scaled.columns.push(fit.scaled);
            scaled.imputed.push(fit.imputed);
            columns.push(fit.scaler);
        }
        let scaler = Self {
            model: NAME.to_owned(),
            version: VERSION,
            as_of: table.as_of(),
            window_days: table.window_days(),
            rows: table.rows() as u64,
            missing: options.missing,
            columns,
            warnings,
        };
        Ok((scaler, scaled))
    }

    /// Scales a table by what was fitted: the one fitted, or one of another date.
    ///
    /// # Errors
    /// `Incompatible` if the table has other columns, units, currencies or another window; `MissingValue` with the row under
    /// [`MissingValues::Raise`].
    pub fn apply(&self, table: &FeatureTable) -> Result<ScaledFeatures> {
        self.fits(table)?;
        let columns: Result<Vec<(Vec<f64>, u64)>> = Threads::Available.run(|| {
            let pairs = self.columns.par_iter().zip(table.columns());
            pairs.map(|(scaler, column)| scaler.apply(column, self.missing)).collect()
        })?;
        let (columns, imputed) = columns?.into_iter().unzip();
        Ok(ScaledFeatures { names: self.names().into_iter().map(str::to_owned).collect(), columns, imputed })
    }

    fn fits(&self, table: &FeatureTable) -> Result<()> {
        let incompatible =
            |what: &str, message: String| Err(Error::new(ErrorKind::Incompatible, message).on(what));
        if table.names() != self.names() {
            let message = format!(
                "the table has the columns {}, the scaling was fitted to {}",
                table.names().join(", "),
                self.names().join(", ")
            );
            return incompatible("columns", message);
        }
        for (column, scaler) in table.columns().iter().zip(&self.columns) {
            if column.unit() != scaler.unit() {
                let message = format!("is in {}, the scaling was fitted in {}", column.unit(), scaler.unit());
                return incompatible(column.name(), message);
            }
        }
        // Own columns alone have no window.
        if table.as_of().is_some() == self.as_of.is_some() && table.window_days() == self.window_days {
            return Ok(());
        }
        let show = |as_of: Option<Day>, window: Option<u32>| match (as_of, window) {
            (None, _) => "no base".to_owned(),
            (_, None) => "a base of all days".to_owned(),
            (_, Some(days)) => format!("a base of {days} days"),
        };
        let message = format!(
            "the table comes from {}, the scaling was fitted to {}",
            show(table.as_of(), table.window_days()),
            show(self.as_of, self.window_days)
        );
        incompatible("window_days", message)
    }

    /// The original values of scaled ones, row by row: of centres, for instance.
    ///
    /// Z-scores and robust scores come back exactly but for rounding, percentiles by the quantiles of the fitted values. A constant
    /// column gives its value, and a column of weight 0, of which the scaled value knows nothing, its fitted centre. Through a
    /// logarithm the centre of a cluster comes back as a kind of geometric mean: [profiles](super::SegmentProfiles) have the arithmetic one.
    ///
    /// # Errors
    /// `LengthMismatch` if the last row is incomplete; `InvalidValue` with the row for values that are not finite.
    pub fn invert(&self, scaled: &[f64]) -> Result<Vec<f64>> {
        let features = self.columns.len();
        if !scaled.len().is_multiple_of(features) {
            let message = format!("{} values are no whole number of rows of {features}", scaled.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("scaled"));
        }
        if let Some(place) = scaled.iter().position(|value| !value.is_finite()) {
            let message = format!("{} is not finite", scaled[place]);
            let row = (place / features) as u64;
            let column = self.columns[place % features].name();
            return Err(Error::new(ErrorKind::InvalidValue, message).on(column).at_row(row));
        }
        let invert = |row: &[f64]| -> Vec<f64> {
            self.columns.iter().zip(row).map(|(column, &value)| column.invert(value)).collect()
        };
        Ok(scaled.chunks_exact(features).flat_map(invert).collect())
    }

    /// The names of the columns.
    pub fn names(&self) -> Vec<&str> {
        self.columns.iter().map(ColumnScaler::name).collect()
    }

    /// The units of the columns.
    pub fn units(&self) -> Vec<&FeatureUnit> {
        self.columns.iter().map(ColumnScaler::unit).collect()
    }

    /// How each column is scaled.
    pub fn scalings(&self) -> Vec<ColumnScaling> {
        self.columns.iter().map(ColumnScaler::scaling).collect()
    }

    /// What each column is divided by first, in its unit: 1 for everything but money.
    pub fn references(&self) -> Vec<f64> {
        self.columns.iter().map(ColumnScaler::reference_value).collect()
    }

    /// What becomes of missing values.
    pub fn missing(&self) -> MissingValues {
        self.missing
    }

    /// The day that the base it was fitted on describes, if there was one.
    pub fn as_of(&self) -> Option<Day> {
        self.as_of
    }

    /// The window in days of the base that it was fitted on, if it had one.
    pub fn window_days(&self) -> Option<u32> {
        self.window_days
    }

    /// Number of customers that it was fitted on.
    pub fn customers(&self) -> u64 {
        self.rows
    }

    /// What its user should know.
    pub fn warnings(&self) -> &[ScalingWarning] {
        &self.warnings
    }

    /// The scaling as JSON text.
    ///
    /// # Errors
    /// `Io` if memory runs out.
    pub fn to_json(&self) -> Result<String> {
        serde_json::to_string(self).map_err(|error| Error::new(ErrorKind::Io, error.to_string()))
    }

    /// A scaling from its JSON text.
    ///
    /// # Errors
    /// `Corrupt` if the text is not a scaling; `Incompatible` if it is one of a later version.
    pub fn from_json(text: &str) -> Result<Self> {
        let scaler: Self = crate::saved::from_json(text, VERSION, &[NAME])?;
        if scaler.is_sound() {
            return Ok(scaler);
        }
        Err(Error::new(ErrorKind::Corrupt, "the parts of the scaling do not fit together").on("json"))
    }

    pub(super) fn is_sound(&self) -> bool {
        let names = self.names();
        let distinct: std::collections::BTreeSet<_> = names.iter().collect();
        self.model == NAME
            && (1..=VERSION).contains(&self.version)
            && !names.is_empty()
            && distinct.len() == names.len()
            && self.columns.iter().all(ColumnScaler::is_sound)
            && self.columns.iter().all(|column| column.fills() == (self.missing == MissingValues::Median))
    }
}
