//! Fitted cut points.

use std::fmt;

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use super::measure::MonetaryMeasure;
use super::options::{Binning, Closed, Nesting, RfmOptions};
use super::scores::RfmScores;
use crate::customer::{CustomerBase, Day};
use crate::error::{Error, ErrorKind, Result};
use crate::math::{ClosedSide, interior_quantiles, midrank_cuts};
use crate::parallel::Threads;

/// Fewer customers than this make unsteady bins.
const FEW_CUSTOMERS: usize = 500;
/// A shorter history than this says little about frequency.
const SHORT_HISTORY_DAYS: i32 = 180;
const VERSION: u32 = 1;
/// Cuts of ten scores.
const MOST_CUTS: usize = 9;

/// A fixed number of comparisons without a branch.
#[inline]
fn score(thresholds: &[f64; MOST_CUTS], value: f64) -> u8 {
    thresholds.iter().fold(1, |score, &threshold| score + u8::from(value >= threshold))
}

/// Something that makes scores less telling; they are still right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum RfmWarning {
    /// Fewer than 500 customers.
    FewCustomers {
        /// How many there are.
        customers: u64,
    },
    /// Fewer than 180 days of data.
    ShortHistory {
        /// How many there are.
        days: i32,
    },
    /// A dimension has ties so large that some scores stay empty.
    EmptyScores {
        /// `recency`, `frequency` or `monetary`.
        dimension: String,
        /// The scores that no customer has.
        scores: Vec<u8>,
    },
}

impl fmt::Display for RfmWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FewCustomers { customers } => {
                write!(f, "only {customers} customers: scores are unsteady below {FEW_CUSTOMERS}")
            }
            Self::ShortHistory { days } => {
                write!(f, "only {days} days of data: frequency says little below {SHORT_HISTORY_DAYS}")
            }
            Self::EmptyScores { dimension, scores } => {
                let scores: Vec<String> = scores.iter().map(u8::to_string).collect();
                write!(f, "{dimension}: equal values leave no customer with score {}", scores.join(", "))
            }
        }
    }
}

/// The cut points of one group of customers. A value that reaches more cuts scores higher; recency is negated, so that
/// more is better in every dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Cuts {
    /// Ascending; `None` where no value reached the score (such cuts come last).
    at: Vec<Option<f64>>,
    /// Whether a value equal to a cut reaches it.
    inclusive: bool,
}

impl Cuts {
    fn new(at: impl IntoIterator<Item = f64>, inclusive: bool) -> Self {
        Self { at: at.into_iter().map(|cut| cut.is_finite().then_some(cut)).collect(), inclusive }
    }

    /// Cuts on values of which more is better, from values of which less is better, or the other way round.
    fn negated(self) -> Self {
        let at = self.at.iter().rev().map(|cut| cut.map(|cut| -cut)).collect();
        Self { at, inclusive: !self.inclusive }
    }

    /// The cuts for scoring: a value reaches those that it is not below. A cut that no value reached is infinite, and one
    /// that must be exceeded becomes the next larger double.
    fn thresholds(&self) -> [f64; MOST_CUTS] {
        let mut thresholds = [f64::INFINITY; MOST_CUTS];
        for (threshold, cut) in thresholds.iter_mut().zip(&self.at) {
            *threshold = cut.map_or(f64::INFINITY, |cut| if self.inclusive { cut } else { cut.next_up() });
        }
        thresholds
    }

    fn fit(values: &[f64], binning: &Binning, given: &[f64], is_recency: bool) -> Self {
        match binning {
            Binning::MidRank { bins } => Self::new(midrank_cuts(values, usize::from(*bins)), true),
            Binning::Quantiles { bins, closed } => {
                // Intervals are those of the value as users know it: times since the last purchase, not their negatives.
                let mut sorted: Vec<f64> =
                    values.iter().map(|&value| if is_recency { -value } else { value }).collect();
                sorted.par_sort_unstable_by(f64::total_cmp);
                let cuts = interior_quantiles(&sorted, usize::from(*bins), ClosedSide::from(*closed));
                let cuts = Self::new(cuts, *closed == Closed::Left);
                if is_recency { cuts.negated() } else { cuts }
            }
            Binning::Bounds(_) => {
                let cuts = Self::new(given.iter().copied(), true);
                if is_recency { cuts.negated() } else { cuts }
            }
        }
    }
}

/// The fitted cut points of a base: they score it, and later data, without drift.
///
/// Recency is the whole number of days since the last purchase. For mid-rank bins the cuts are values of the base that it
/// was fitted on: the lowest value of each score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RfmModel {
    version: u32,
    options: RfmOptions,
    data_start: Day,
    as_of: Day,
    window_days: Option<u32>,
    currency: Option<String>,
    customers: u64,
    warnings: Vec<RfmWarning>,
    recency: Cuts,
    /// One entry, or one for each recency score.
    frequency: Vec<Cuts>,
    /// One entry, or one for each pair of recency and frequency scores.
    monetary: Vec<Cuts>,
}

impl RfmModel {
    /// Fits cut points to a base.
    ///
    /// # Errors
    /// `InvalidArgument` for options that make no sense; `MissingColumn` if the log has no amounts.
    pub fn fit(base: &CustomerBase, options: &RfmOptions) -> Result<Self> {
        Self::fit_score(base, options).map(|(model, _)| model)
    }

    /// Fits cut points to a base and scores it with them, in less time than [`fit`](Self::fit) and [`score`](Self::score)
    /// one after the other.
    ///
    /// # Errors
    /// Those of [`fit`](Self::fit).
    pub fn fit_score(base: &CustomerBase, options: &RfmOptions) -> Result<(Self, RfmScores)> {
        options.check()?;
        MonetaryMeasure::check(base)?;
        Threads::Available.run(|| Self::fit_checked(base, options))
    }

    fn fit_checked(base: &CustomerBase, options: &RfmOptions) -> (Self, RfmScores) {
        let (binning, bins) = (&options.binning, usize::from(options.binning.bins()));
        let given = |choose: fn(&super::LowerBounds) -> &Vec<f64>| match binning {
            Binning::Bounds(bounds) => choose(bounds).clone(),
            _ => Vec::new(),
        };
        // One column serves the three dimensions in turn.
        let mut values = vec![0.0; base.len()];
        let (recency, scores_r) = {
            fill(&mut values, |customer| -f64::from(base.days_since_last_purchase(customer)));
            let cuts = Cuts::fit(&values, binning, &given(|bounds| &bounds.recency_days), true);
            let thresholds = cuts.thresholds();
            let scores = column(base.len(), |customer| score(&thresholds, values[customer]));
            (cuts, scores)
        };
        let groups =
            |pairs: &dyn Fn(usize) -> usize, count: usize, values: &[f64], bounds: &[f64]| -> Vec<Cuts> {
                if options.nesting == Nesting::Independent {
                    return vec![Cuts::fit(values, binning, bounds, false)];
                }
                let mut members = vec![Vec::new(); count];
                for (customer, &value) in values.iter().enumerate() {
                    members[pairs(customer)].push(value);
                }
                // A cell without customers has no cuts: whoever falls into it later gets score 1.
                let fit = |values: &Vec<f64>| {
                    if values.is_empty() {
                        Cuts { at: vec![None; bins - 1], inclusive: true }
                    } else {
                        Cuts::fit(values, binning, bounds, false)
                    }
                };
                members.iter().map(fit).collect()
            };
        let (frequency, scores_f) = {
            fill(&mut values, |customer| options.frequency.of(base, customer));
            let cuts = groups(
                &|customer| usize::from(scores_r[customer]) - 1,
                bins,
                &values,
                &given(|bounds| &bounds.frequency),
            );
            let thresholds: Vec<_> = cuts.iter().map(Cuts::thresholds).collect();
            let group = |customer: usize| group_f(thresholds.len(), scores_r[customer]);
            let scores = column(base.len(), |customer| score(&thresholds[group(customer)], values[customer]));
            (cuts, scores)
        };
        let (monetary, scores_m) = {
            fill(&mut values, |customer| options.monetary.of(base, customer));
            let pair = |customer: usize| {
                (usize::from(scores_r[customer]) - 1) * bins + usize::from(scores_f[customer]) - 1
            };
            let cuts = groups(&pair, bins * bins, &values, &given(|bounds| &bounds.monetary));
            let thresholds: Vec<_> = cuts.iter().map(Cuts::thresholds).collect();
            let group =
                |customer: usize| group_m(thresholds.len(), bins, scores_r[customer], scores_f[customer]);
            let scores = column(base.len(), |customer| score(&thresholds[group(customer)], values[customer]));
            (cuts, scores)
        };
        let scores = RfmScores {
            bins: bins as u8,
            weights: options.weights,
            recency: scores_r,
            frequency: scores_f,
            monetary: scores_m,
        };
        let model = Self {
            version: VERSION,
            options: options.clone(),
            data_start: base.data_start(),
            as_of: base.as_of(),
            window_days: base.window_days(),
            currency: base.currency().map(str::to_owned),
            customers: base.len() as u64,
            warnings: warnings(base, &scores),
            recency,
            frequency,
            monetary,
        };
        (model, scores)
    }

    /// Scores a base with the fitted cut points: that which they were fitted on, or one of another date.
    ///
    /// # Errors
    /// `Incompatible` if the base has another window or currency than the one fitted; `MissingColumn` if its log has no
    /// amounts.
    pub fn score(&self, base: &CustomerBase) -> Result<RfmScores> {
        MonetaryMeasure::check(base)?;
        if base.window_days() != self.window_days {
            let show = |days: Option<u32>| days.map_or("none".to_owned(), |days| format!("{days} days"));
            let message = format!(
                "the base has {}, the model was fitted with {}",
                show(base.window_days()),
                show(self.window_days)
            );
            return Err(Error::new(ErrorKind::Incompatible, message).on("window_days"));
        }
        if base.currency() != self.currency.as_deref() {
            let show = |currency: Option<&str>| currency.unwrap_or("none").to_owned();
            let message = format!(
                "the base is in {}, the model was fitted in {}",
                show(base.currency()),
                show(self.currency.as_deref())
            );
            return Err(Error::new(ErrorKind::Incompatible, message).on("currency"));
        }
        let bins = usize::from(self.bins());
        Threads::Available.run(|| {
            let thresholds = |cuts: &[Cuts]| -> Vec<_> { cuts.iter().map(Cuts::thresholds).collect() };
            let (of_r, of_f, of_m) =
                (self.recency.thresholds(), thresholds(&self.frequency), thresholds(&self.monetary));
            let recency = column(base.len(), |customer| {
                score(&of_r, -f64::from(base.days_since_last_purchase(customer)))
            });
            let frequency = column(base.len(), |customer| {
                let group = group_f(of_f.len(), recency[customer]);
                score(&of_f[group], self.options.frequency.of(base, customer))
            });
            let monetary = column(base.len(), |customer| {
                let group = group_m(of_m.len(), bins, recency[customer], frequency[customer]);
                score(&of_m[group], self.options.monetary.of(base, customer))
            });
            RfmScores { bins: self.bins(), weights: self.options.weights, recency, frequency, monetary }
        })
    }

    /// The highest score.
    pub fn bins(&self) -> u8 {
        self.options.binning.bins()
    }

    /// The options that it was fitted with.
    pub fn options(&self) -> &RfmOptions {
        &self.options
    }

    /// The first day of the data that it was fitted on.
    pub fn data_start(&self) -> Day {
        self.data_start
    }

    /// The day that the base it was fitted on describes.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// The window in days of the base that it was fitted on, if it had one.
    pub fn window_days(&self) -> Option<u32> {
        self.window_days
    }

    /// Number of customers that it was fitted on.
    pub fn customers(&self) -> u64 {
        self.customers
    }

    /// What makes the scores less telling.
    pub fn warnings(&self) -> &[RfmWarning] {
        &self.warnings
    }

    /// The most days since the last purchase that still earn score 2, 3, ... ; `None` where no customer had the score.
    /// For quantiles closed on the left, and for own bounds, the time must be below the cut.
    pub fn recency_cuts(&self) -> Vec<Option<f64>> {
        self.recency.at.iter().map(|cut| cut.map(|cut| -cut)).collect()
    }

    /// The frequency from which score 2, 3, ... is earned, or above which for quantiles closed on the right; `None` where no
    /// customer had the score, and for nested models.
    pub fn frequency_cuts(&self) -> Option<&[Option<f64>]> {
        (self.options.nesting == Nesting::Independent).then(|| self.frequency[0].at.as_slice())
    }

    /// The monetary value, in currency units, from which score 2, 3, ... is earned, or above which for quantiles closed on the
    /// right; `None` where no customer had the score, and for nested models.
    pub fn monetary_cuts(&self) -> Option<&[Option<f64>]> {
        (self.options.nesting == Nesting::Independent).then(|| self.monetary[0].at.as_slice())
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
        let corrupt = |message: String| Error::new(ErrorKind::Corrupt, message).on("json");
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|error| corrupt(error.to_string()))?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(version) if version == u64::from(VERSION) => {}
            Some(version) => {
                let message =
                    format!("model version {version} is not {VERSION}, the one that this version reads");
                return Err(Error::new(ErrorKind::Incompatible, message).on("json"));
            }
            None => return Err(corrupt("not an RFM model".to_owned())),
        }
        let model: Self = serde_json::from_value(value).map_err(|error| corrupt(error.to_string()))?;
        model.options.check()?;
        let bins = usize::from(model.bins());
        let groups = match model.options.nesting {
            Nesting::Independent => (1, 1),
            Nesting::Nested => (bins, bins * bins),
        };
        let all = || std::iter::once(&model.recency).chain(&model.frequency).chain(&model.monetary);
        if (model.frequency.len(), model.monetary.len()) != groups
            || all().any(|cuts| cuts.at.len() != bins - 1 || !cuts.at.iter().flatten().is_sorted())
        {
            return Err(corrupt("the cut points do not fit the options".to_owned()));
        }
        Ok(model)
    }
}

/// What makes the scores of a base less telling.
fn warnings(base: &CustomerBase, scores: &RfmScores) -> Vec<RfmWarning> {
    let mut warnings = Vec::new();
    if base.len() < FEW_CUSTOMERS {
        warnings.push(RfmWarning::FewCustomers { customers: base.len() as u64 });
    }
    let days = base.as_of().since(base.data_start()) + 1;
    if days < SHORT_HISTORY_DAYS {
        warnings.push(RfmWarning::ShortHistory { days });
    }
    for (dimension, column) in
        [("recency", scores.recency()), ("frequency", scores.frequency()), ("monetary", scores.monetary())]
    {
        let mut seen = [false; 256];
        for &score in column {
            seen[usize::from(score)] = true;
        }
        let empty: Vec<u8> = (1..=scores.bins()).filter(|&score| !seen[usize::from(score)]).collect();
        if !empty.is_empty() {
            warnings.push(RfmWarning::EmptyScores { dimension: dimension.to_owned(), scores: empty });
        }
    }
    warnings
}

/// The group of frequency cuts that a recency score leads to, where there are so many groups.
#[inline]
fn group_f(groups: usize, recency: u8) -> usize {
    if groups == 1 { 0 } else { usize::from(recency) - 1 }
}

/// The group of monetary cuts that a pair of scores leads to, where there are so many groups.
#[inline]
fn group_m(groups: usize, bins: usize, recency: u8, frequency: u8) -> usize {
    if groups == 1 { 0 } else { (usize::from(recency) - 1) * bins + usize::from(frequency) - 1 }
}

/// Customers that one task scores.
const CUSTOMERS_A_TASK: usize = 1 << 14;

/// A column of one value a customer. Plain loops over chunks: the compiler inlines what makes the value, which it does not
/// through an iterator's adaptors (measured: half the time).
fn column<T: Copy + Default + Send>(customers: usize, value: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let mut column = vec![T::default(); customers];
    fill(&mut column, value);
    column
}

fn fill<T: Send>(column: &mut [T], value: impl Fn(usize) -> T + Sync) {
    column.par_chunks_mut(CUSTOMERS_A_TASK).enumerate().for_each(|(task, chunk)| {
        for (place, slot) in chunk.iter_mut().enumerate() {
            *slot = value(task * CUSTOMERS_A_TASK + place);
        }
    });
}
