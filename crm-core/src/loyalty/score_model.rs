//! The loyalty score: fitted once, applied to any later table.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::dimension::{Dimension, Direction};
use super::dimension_table::{DimensionTable, MOST_DIMENSIONS};
use super::normalization::{DimensionStatus, FittedNormalization, Normalizer};
use super::score_grid::{FULL, mean, points, steps, whole};
use super::score_options::{ScoreOptions, Weighting};
use super::score_pass::{ScorePass, ScoreRule};
use super::score_table::LoyaltyScores;
use super::weights::{WeightingKind, checked};
use super::weights_learned::{LearnedWeights, learn};
use super::weights_objective::{ObjectiveWeights, weigh};
use crate::customer::Day;
use crate::error::{Error, ErrorKind, Result};
use crate::math::ascending;
use crate::parallel::Threads;

/// The version of the saved form.
const VERSION: u32 = 1;
/// The name of the saved form.
const MODEL: &str = "loyalty_score";

/// A dimension with what was fitted to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct FittedDimension {
    pub(super) dimension: Dimension,
    pub(super) normalization: FittedNormalization,
    status: DimensionStatus,
    pub(super) weight: f64,
    /// The mean number of the fitted customers of whom it is known.
    pub(super) mean: f64,
    /// How many these were.
    known: u64,
}

/// A loyalty score: dimensions with their saved normalisation, weights, and the fitted population's mean.
///
/// `score = 100 sum w n / sum w`, over the dimensions that are known of a customer, where `n` are the normalised values from 0 to 1 with 1 the loyal end. Nothing is
/// filled in for what is not known; the share of the weight that is known is published as coverage. Scores are rounded to 2^-24 points (6e-8) and their parts to 2^-44, so
/// that they add up exactly.
///
/// ```
/// use crm_core::Threads;
/// use crm_core::customer::Day;
/// use crm_core::loyalty::{Dimension, DimensionTable, LoyaltyScore, ScoreOptions, Weighting};
/// let table = DimensionTable::new(Day::parse("2025-12-31")?, 4)?
///     .with_column(Dimension::new("orders", "orders")?, &[1.0, 2.0, 2.0, 9.0])?
///     .with_column(Dimension::new("advice", "points of 10")?, &[9.0, 3.0, f64::NAN, 8.0])?;
/// let weighting = Weighting::Given(&[0.75, 0.25]);
/// let fitted = LoyaltyScore::fit(&table, weighting, ScoreOptions::default(), Threads::default())?;
/// // Mid-ranks: orders 1/8, 1/2, 1/2, 7/8; advice 5/6, 1/6, not known, 1/2.
/// assert_eq!(fitted.scores.scores()[2..], [50.0, 78.125]);
/// assert_eq!(fitted.scores.coverage(), [1.0, 1.0, 0.75, 1.0]);
/// assert_eq!(fitted.scores.ranks(), [4, 3, 2, 1]);
/// let again = LoyaltyScore::from_json(&fitted.model.to_json()?)?;
/// assert_eq!(again.score(&table, Threads::default())?, fitted.scores);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoyaltyScore {
    model: String,
    version: u32,
    as_of: Day,
    customers: u64,
    weighting: WeightingKind,
    pub(super) options: ScoreOptions,
    pub(super) dimensions: Vec<FittedDimension>,
    /// In points.
    population_mean: f64,
    /// Of how many customers.
    scored: u64,
}

/// A fitted score with the scores of the customers that it was fitted to.
#[derive(Clone, Debug, PartialEq)]
pub struct FittedScore {
    /// The score.
    pub model: LoyaltyScore,
    /// The scores of the fitted customers.
    pub scores: LoyaltyScores,
    /// What objective weights came from, if they did.
    pub objective: Option<ObjectiveWeights>,
    /// The regression behind learned weights, if they are.
    pub learned: Option<LearnedWeights>,
}

/// One dimension of a fitted score in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct DimensionSummary {
    /// The dimension.
    pub dimension: Dimension,
    /// Its weight.
    pub weight: f64,
    /// The mean of the normalised values of the fitted customers of whom it is known; one half if there are none.
    pub mean: f64,
    /// How many these were.
    pub known: u64,
    /// What is peculiar about it.
    pub status: DimensionStatus,
}

impl LoyaltyScore {
    /// Fits normalisation, weights and the population's mean to a table, and scores its customers.
    ///
    /// # Errors
    /// `InvalidArgument` for a table without columns, another number of weights, weights that are negative or do not sum to 1, and a coverage out of bounds;
    /// `LengthMismatch` for flags of another length than the table; those of [`objective_weights`](super::objective_weights); `InvalidValue` if retention teaches nothing; `Io` if threads
    /// cannot be started.
    pub fn fit(
        table: &DimensionTable<'_>,
        weighting: Weighting<'_>,
        options: ScoreOptions,
        threads: Threads,
    ) -> Result<FittedScore> {
        options.check()?;
        let size = table.names().len();
        if size == 0 {
            return Err(Error::argument("table", "a table without columns", "one dimension or more"));
        }
        let given = match weighting {
            Weighting::Given(weights) => Some(("weights", weights)),
            Weighting::Ahp(ahp) => Some(("comparisons", ahp.weights())),
            _ => None,
        };
        let mut weights = vec![0.0; size];
        if let Some((argument, given)) = given {
            if given.len() != size {
                let message = format!("{} for {size} dimensions", given.len());
                return Err(Error::argument(argument, message, "as many as the table has dimensions"));
            }
            weights = checked(argument, given)?;
        }
        threads.run(|| Self::fit_here(table, weighting, weights, options))?
    }

    fn fit_here(
        table: &DimensionTable<'_>,
        weighting: Weighting<'_>,
        weights: Vec<f64>,
        options: ScoreOptions,
    ) -> Result<FittedScore> {
        let dimensions: Vec<&Dimension> = table.dimensions().collect();
        let columns = table.columns_of(table.dimensions())?;
        let fits: Vec<(FittedNormalization, DimensionStatus, u64)> = columns
            .par_iter()
            .zip(&dimensions)
            .map(|(values, dimension)| {
                let sorted = ascending(values.iter().copied().filter(|value| !value.is_nan()));
                let (fit, status) = FittedNormalization::fit(dimension.normalized_by(), &sorted)?;
                Ok((fit, status, sorted.len() as u64))
            })
            .collect::<Result<_>>()?;
        let normalizers: Vec<Normalizer> = fits
            .iter()
            .zip(&dimensions)
            .map(|((fit, ..), dimension)| fit.ready(dimension.better()))
            .collect();
        let rule = ScoreRule {
            weights,
            combination: options.combination,
            minimum_coverage: options.minimum_coverage,
        };
        let mut pass = ScorePass { columns, normalizers, rule };
        let (mut objective, mut learned) = (None, None);
        let kind = match weighting {
            Weighting::Given(_) => WeightingKind::Given,
            Weighting::Ahp(_) => WeightingKind::Ahp,
            Weighting::Objective(kind) => {
                let numbers = pass.numbers();
                let columns: Vec<&[f64]> = numbers.iter().map(Vec::as_slice).collect();
                let found = weigh(kind, &columns).map_err(|error| named(error, &dimensions))?;
                pass.rule.weights.clone_from(&found.weights);
                objective = Some(found);
                kind
            }
            Weighting::Learned { retained, options } => {
                if retained.len() != table.rows() {
                    let message = format!("has {} flags, the table {} rows", retained.len(), table.rows());
                    return Err(Error::new(ErrorKind::LengthMismatch, message).on("retained"));
                }
                let found = learn(&pass.numbers(), retained, options)?;
                pass.rule.weights.clone_from(&found.weights);
                learned = Some(found);
                WeightingKind::Learned
            }
        };
        let (scores, coverage, totals) = pass.scores(true);
        let population_mean = points(mean(totals.scores.0, totals.scores.1));
        let fitted = fits.into_iter().zip(dimensions).zip(&pass.rule.weights).enumerate().map(
            |(place, (((normalization, status, known), dimension), &weight))| FittedDimension {
                dimension: dimension.clone(),
                normalization,
                status,
                weight,
                mean: totals.mean_number(place),
                known,
            },
        );
        let model = Self {
            model: MODEL.to_owned(),
            version: VERSION,
            as_of: table.as_of(),
            customers: table.rows() as u64,
            weighting: kind,
            options,
            dimensions: fitted.collect(),
            population_mean,
            scored: totals.scores.1,
        };
        let scores = LoyaltyScores::new(scores, coverage, population_mean);
        Ok(FittedScore { model, scores, objective, learned })
    }

    /// Scores the customers of a table by the saved normalisation and weights.
    ///
    /// # Errors
    /// `MissingColumn` for a dimension that the table lacks; `Incompatible` for one of another unit, direction, window or decay; `Io` if threads cannot be started.
    pub fn score(&self, table: &DimensionTable<'_>, threads: Threads) -> Result<LoyaltyScores> {
        let pass = self.pass(table)?;
        let (scores, coverage, _) = threads.run(|| pass.scores(false))?;
        Ok(LoyaltyScores::new(scores, coverage, self.population_mean))
    }

    /// The date of the fitted table.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The number of fitted customers.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// How many of them have a score.
    pub fn scored(&self) -> u64 {
        self.scored
    }

    /// The mean score of the fitted customers that have one, in points, rounded to 2^-44 points; 0 if nobody has one ([`scored`](Self::scored)).
    pub fn population_mean(&self) -> f64 {
        self.population_mean
    }

    /// Where the weights come from.
    pub fn weighting(&self) -> WeightingKind {
        self.weighting
    }

    /// The options.
    pub fn options(&self) -> ScoreOptions {
        self.options
    }

    /// The weights, in the order of the dimensions.
    pub fn weights(&self) -> Vec<f64> {
        self.dimensions.iter().map(|fitted| fitted.weight).collect()
    }

    /// The dimensions in numbers.
    pub fn dimensions(&self) -> Vec<DimensionSummary> {
        let summary = |fitted: &FittedDimension| DimensionSummary {
            dimension: fitted.dimension.clone(),
            weight: fitted.weight,
            mean: fitted.mean,
            known: fitted.known,
            status: fitted.status,
        };
        self.dimensions.iter().map(summary).collect()
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
        let model: Self = crate::saved::from_json(text, VERSION, &[MODEL])?;
        let names = model.dimensions.iter().map(|fitted| fitted.dimension.name());
        let distinct: std::collections::BTreeSet<&str> = names.collect();
        let sound = |fitted: &FittedDimension| {
            fitted.dimension.check().is_ok()
                && fitted.normalization.is_sound()
                && (0.0..=1.0).contains(&fitted.mean)
                && fitted.known <= model.customers
        };
        let on_grid = steps(model.population_mean);
        let fits = (1..=MOST_DIMENSIONS).contains(&model.dimensions.len())
            && distinct.len() == model.dimensions.len()
            && model.dimensions.iter().all(sound)
            && checked("weights", &model.weights()).is_ok()
            && model.options.check().is_ok()
            && (0.0..=FULL).contains(&on_grid)
            && on_grid == whole(on_grid)
            && model.scored <= model.customers;
        if fits {
            return Ok(model);
        }
        Err(Error::new(ErrorKind::Corrupt, "its parts do not fit together").on("json"))
    }

    pub(super) fn rule(&self) -> ScoreRule {
        ScoreRule {
            weights: self.weights(),
            combination: self.options.combination,
            minimum_coverage: self.options.minimum_coverage,
        }
    }

    pub(super) fn pass<'a>(&'a self, table: &'a DimensionTable<'_>) -> Result<ScorePass<'a>> {
        Ok(ScorePass {
            columns: table.columns_of(self.dimensions.iter().map(|fitted| &fitted.dimension))?,
            normalizers: self.dimensions.iter().map(FittedDimension::ready).collect(),
            rule: self.rule(),
        })
    }

    /// Whether everything was known of everybody that it was fitted to.
    pub(super) fn fitted_to_complete_rows(&self) -> bool {
        self.dimensions.iter().all(|fitted| fitted.known == self.customers)
    }
}

impl FittedDimension {
    pub(super) fn ready(&self) -> Normalizer {
        let direction: Direction = self.dimension.better();
        self.normalization.ready(direction)
    }
}

/// An error about "column 3" says which dimension that is.
fn named(error: Error, dimensions: &[&Dimension]) -> Error {
    let place = error
        .argument_name()
        .and_then(|argument| argument.strip_prefix("column ")?.parse::<usize>().ok())
        .and_then(|place| dimensions.get(place));
    match place {
        Some(dimension) => error.on(dimension.name()),
        None => error,
    }
}
