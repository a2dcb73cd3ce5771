//! The fitted loyalty score.

use std::ffi::c_char;

use crm_core::Threads;
use crm_core::loyalty::{
    Combination, DimensionSummary, FittedScore, LearnedOptions, LearnedWeights, LoyaltyScore, ScoreOptions,
    Weighting, WeightingKind,
};

use super::dimension_table::crm_dimension_table;
use super::scores::{crm_loyalty_scores, crm_score_contributions};
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How numbers from 0 to 1 become one.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_combination {
    /// The weighted mean: strength on one side makes up for weakness on another.
    Arithmetic = 0,
    /// The weighted geometric mean: a side at 0 is a score of 0, and imbalance costs.
    Geometric = 1,
}

/// What is peculiar about a fitted dimension.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_dimension_status {
    /// Nothing.
    Fine = 0,
    /// All known values are equal: they become one half, lower ones 0 and higher ones 1.
    Constant = 1,
    /// More than half of the values are equal: a robust z-score takes the mean absolute deviation for the median one.
    MostlyEqual = 2,
    /// No value is known.
    Unknown = 3,
}

/// Options of a score. Fill it with `crm_score_options_init`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_score_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_combination`; arithmetic.
    pub combination: i32,
    /// 0.
    pub reserved: i32,
    /// The share of the weight that must be known of a customer, from 0 to 1; 0.
    pub minimum_coverage: f64,
    /// What the squares of learned coefficients cost; 0.001.
    pub penalty: f64,
    /// How many threads may be used, 0 for all; 0. Results do not depend on it.
    pub threads: usize,
}

/// One dimension of a fitted score. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_score_dimension {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Its weight.
    pub weight: f64,
    /// The mean of the normalised values of the fitted customers of whom it is known; one half if there are none.
    pub mean: f64,
    /// How many these were.
    pub known: u64,
    /// A `crm_dimension_status`.
    pub status: i32,
    /// 0.
    pub reserved: i32,
}

/// A fitted score in numbers. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_score_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The fitted customers.
    pub customers: u64,
    /// How many of them have a score.
    pub scored: u64,
    /// The mean of these scores.
    pub population_mean: f64,
    /// The number of dimensions.
    pub dimensions: usize,
    /// The day of the fitted table, counted from 1970-01-01.
    pub as_of: i32,
    /// A `crm_weighting_kind`.
    pub weighting: i32,
}

/// The regression behind learned weights. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_learned_weights {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The log-odds of being retained with every dimension at its worst.
    pub intercept: f64,
    /// The minimum: mean log-loss and penalty.
    pub loss: f64,
    /// The customers that were learned from.
    pub customers: u64,
    /// How many of them were retained.
    pub retained: u64,
    /// Not 0 if the gradient vanishes at the minimum.
    pub converged: i32,
    /// 0.
    pub reserved: i32,
}

sized_structs!(crm_score_options, crm_score_dimension, crm_score_summary, crm_learned_weights);

/// A loyalty score: dimensions with their saved normalisation, weights, and the fitted population's mean. Free with `crm_loyalty_score_free`. Immutable: any number
/// of threads may use it at once.
pub struct crm_loyalty_score {
    _opaque: (),
}

pub(crate) struct Model {
    pub(crate) value: LoyaltyScore,
    dimensions: Vec<DimensionSummary>,
    learned: Option<LearnedWeights>,
}

handles! { crm_loyalty_score holds Model, tag b"crmLOYSC"; }

impl Model {
    fn new(value: LoyaltyScore, learned: Option<LearnedWeights>) -> Self {
        Self { dimensions: value.dimensions(), value, learned }
    }
}

const DEFAULTS: crm_score_options = crm_score_options {
    struct_size: size_of::<crm_score_options>(),
    combination: 0,
    reserved: 0,
    minimum_coverage: 0.0,
    penalty: 0.001,
    threads: 0,
};

struct Given {
    options: ScoreOptions,
    learned: LearnedOptions,
    threads: Threads,
}

/// Options that C gives; null for the defaults.
///
/// # Safety
/// `options` is null or points to a struct of the size that it says.
unsafe fn given(options: *const crm_score_options) -> Outcome<Given> {
    let given = if options.is_null() {
        DEFAULTS
    } else {
        // SAFETY: as the caller promises.
        unsafe { sized::read("options", options, DEFAULTS) }?
    };
    if given.reserved != 0 {
        return Err(crm_core::Error::argument("reserved", given.reserved, "0").into());
    }
    let combination = Combination::from_code(given.combination)?;
    Ok(Given {
        options: ScoreOptions { combination, minimum_coverage: given.minimum_coverage },
        learned: LearnedOptions { penalty: given.penalty },
        threads: Threads::from_count(given.threads)?,
    })
}

/// Fills options with their defaults; `struct_size` is `sizeof` the caller's struct.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_score_options_init(
    options: *mut crm_score_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, DEFAULTS) })
}

/// Hands out a fitted model, and its scores where they are wanted.
///
/// # Safety
/// `scores` is null or a place for a handle.
unsafe fn hand_out(
    fitted: FittedScore,
    out: Out<crm_loyalty_score>,
    scores: *mut *mut crm_loyalty_scores,
) -> Outcome<()> {
    if !scores.is_null() {
        // SAFETY: not null, so a place, as the caller promises.
        unsafe { Out::new("scores", scores) }?.put(fitted.scores);
    }
    out.put(Model::new(fitted.model, fitted.learned));
    Ok(())
}

/// Sets the place for scores to null, if there is one.
///
/// # Safety
/// `scores` is null or a place for a handle.
unsafe fn clear(scores: *mut *mut crm_loyalty_scores) -> Outcome<()> {
    if !scores.is_null() {
        // SAFETY: not null, so a place, as the caller promises.
        unsafe { Out::new("scores", scores) }?;
    }
    Ok(())
}

/// Fits a score with `count` weights, in the order of the table's columns, and scores its customers. `options` may be NULL for the defaults.
///
/// `out` receives the score and `scores`, unless it is NULL, the scores of the table's customers, both NULL if the call fails; the caller frees them with
/// `crm_loyalty_score_free` and `crm_loyalty_scores_free`. Fails with `CRM_STATUS_INVALID_ARGUMENT` for a table without columns, another number of weights, and
/// weights that are negative or do not sum to 1.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_fit(
    table: *const crm_dimension_table,
    weights: *const f64,
    count: usize,
    options: *const crm_score_options,
    out: *mut *mut crm_loyalty_score,
    scores: *mut *mut crm_loyalty_scores,
) -> crm_status {
    // SAFETY: the caller gives a live handle, `count` weights, options of the size they say and places, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        clear(scores)?;
        let (table, given) = (handle::get("table", table)?, given(options)?);
        let weighting = Weighting::Given(array("weights", weights, count)?);
        hand_out(LoyaltyScore::fit(table, weighting, given.options, given.threads)?, out, scores)
    })
}

/// Fits a score whose weights follow from how the normalised columns differ, by a `crm_weighting_kind`; otherwise as `crm_loyalty_score_fit`.
///
/// Fails also as `crm_objective_weights_of` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_fit_objective(
    table: *const crm_dimension_table,
    weighting: i32,
    options: *const crm_score_options,
    out: *mut *mut crm_loyalty_score,
    scores: *mut *mut crm_loyalty_scores,
) -> crm_status {
    // SAFETY: the caller gives a live handle, options of the size they say and places, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        clear(scores)?;
        let (table, given) = (handle::get("table", table)?, given(options)?);
        let weighting = Weighting::Objective(WeightingKind::from_code(weighting)?);
        hand_out(LoyaltyScore::fit(table, weighting, given.options, given.threads)?, out, scores)
    })
}

/// Fits a score whose weights are learned from who was still there in the next period: a byte for each of `length` customers, 0 for those who left. Otherwise as
/// `crm_loyalty_score_fit`.
///
/// Fails also with `CRM_STATUS_LENGTH_MISMATCH` for flags of another length than the table, and `CRM_STATUS_INVALID_VALUE` if all were retained, none were, or no
/// dimension goes with it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_fit_learned(
    table: *const crm_dimension_table,
    retained: *const u8,
    length: usize,
    options: *const crm_score_options,
    out: *mut *mut crm_loyalty_score,
    scores: *mut *mut crm_loyalty_scores,
) -> crm_status {
    // SAFETY: the caller gives a live handle, `length` flags, options of the size they say and places, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        clear(scores)?;
        let (table, given) = (handle::get("table", table)?, given(options)?);
        let retained: Vec<bool> =
            array("retained", retained, length)?.iter().map(|&flag| flag != 0).collect();
        let weighting = Weighting::Learned { retained: &retained, options: given.learned };
        hand_out(LoyaltyScore::fit(table, weighting, given.options, given.threads)?, out, scores)
    })
}

/// Scores the customers of a table by the saved normalisation and weights, on `threads` threads, 0 for all.
///
/// `out` receives the scores, NULL if the call fails; the caller frees them with `crm_loyalty_scores_free`. Fails with `CRM_STATUS_MISSING_COLUMN` for a dimension that
/// the table lacks, and `CRM_STATUS_INCOMPATIBLE` for one of another unit, direction, window or decay.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_apply(
    score: *const crm_loyalty_score,
    table: *const crm_dimension_table,
    threads: usize,
    out: *mut *mut crm_loyalty_scores,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (score, table) = (handle::get("score", score)?, handle::get("table", table)?);
        out.put(score.value.score(table, Threads::from_count(threads)?)?);
        Ok(())
    })
}

/// Scores the customers of a table and says what each dimension contributes; otherwise as `crm_loyalty_score_apply`.
///
/// `out` receives the contributions, NULL if the call fails; the caller frees them with `crm_score_contributions_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_contributions(
    score: *const crm_loyalty_score,
    table: *const crm_dimension_table,
    threads: usize,
    out: *mut *mut crm_score_contributions,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (score, table) = (handle::get("score", score)?, handle::get("table", table)?);
        out.put(score.value.contributions(table, Threads::from_count(threads)?)?);
        Ok(())
    })
}

/// What a score was fitted to: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_summary(
    score: *const crm_loyalty_score,
    out: *mut crm_score_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size it says, or null.
    guard(|| unsafe {
        let model = &handle::get("score", score)?.value;
        sized::place("out", out)?.put(crm_score_summary {
            struct_size: 0,
            customers: model.customers(),
            scored: model.scored(),
            population_mean: model.population_mean(),
            dimensions: model.weights().len(),
            as_of: model.as_of().number(),
            weighting: model.weighting() as i32,
        })
    })
}

/// A dimension of a score, by its place from 0 on: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for a place beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_dimension(
    score: *const crm_loyalty_score,
    index: usize,
    out: *mut crm_score_dimension,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size it says, or null.
    guard(|| unsafe {
        let found = element(&handle::get("score", score)?.dimensions, index)?;
        sized::place("out", out)?.put(crm_score_dimension {
            struct_size: 0,
            weight: found.weight,
            mean: found.mean,
            known: found.known,
            status: found.status as i32,
            reserved: 0,
        })
    })
}

/// What a dimension of a score measures, as JSON text, by its place from 0 on.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`. Fails with `CRM_STATUS_OUT_OF_RANGE` for a place beyond the last.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_dimension_json(
    score: *const crm_loyalty_score,
    index: usize,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let found = element(&handle::get("score", score)?.dimensions, index)?;
        out.put(with_zero(found.dimension.to_json()?));
        Ok(())
    })
}

/// The regression behind the weights, if they were learned by this very score (a saved one keeps the weights alone): set `out->struct_size` first. `coefficients`, of
/// `capacity` places, may be NULL.
///
/// Fails with `CRM_STATUS_EMPTY` for other weights, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_learned(
    score: *const crm_loyalty_score,
    out: *mut crm_learned_weights,
    coefficients: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size it says and `capacity` places, or null.
    guard(|| unsafe {
        let Some(found) = &handle::get("score", score)?.learned else {
            let message = "the weights were not learned by this score";
            return Err(crm_core::Error::new(crm_core::ErrorKind::Empty, message).on("score").into());
        };
        if !coefficients.is_null() {
            let places = places("coefficients", coefficients, capacity, found.coefficients.len())?;
            places.fill(found.coefficients.iter().copied());
        }
        sized::place("out", out)?.put(crm_learned_weights {
            struct_size: 0,
            intercept: found.intercept,
            loss: found.loss,
            customers: found.customers,
            retained: found.retained,
            converged: i32::from(found.converged),
            reserved: 0,
        })
    })
}

/// The score as JSON text, which `crm_loyalty_score_from_json` reads.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_to_json(
    score: *const crm_loyalty_score,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("score", score)?.value.to_json()?));
        Ok(())
    })
}

/// A score from its JSON text.
///
/// `out` receives the score, NULL if the call fails; the caller frees it with `crm_loyalty_score_free`. Fails with `CRM_STATUS_CORRUPT` for a text that is none, and
/// `CRM_STATUS_INCOMPATIBLE` for one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_from_json(
    json: *const c_char,
    out: *mut *mut crm_loyalty_score,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Model::new(LoyaltyScore::from_json(text("json", json)?)?, None));
        Ok(())
    })
}

/// Number of dimensions; 0, with the thread's last error set, if `score` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_dimensions(score: *const crm_loyalty_score) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("score", score)?.dimensions.len()) })
}

/// Frees a score; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_loyalty_score_free(score: *mut crm_loyalty_score) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("score", score) });
}
