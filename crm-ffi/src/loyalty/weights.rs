//! Weights of dimensions: from comparisons, from data, in proportion.

use crm_core::loyalty::{
    Ahp, Inconsistency, RandomIndex, WeightingKind, objective_weights, proportional_weights,
};

use crate::guard::guard;
use crate::pointer::{array, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Where the weights of a score come from.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_weighting_kind {
    /// They were given.
    Given = 0,
    /// Pairwise comparisons.
    Ahp = 1,
    /// Entropy.
    Entropy = 2,
    /// Contrast and conflict between dimensions.
    Critic = 3,
    /// Standard deviations.
    StandardDeviation = 4,
    /// Variances.
    Variance = 5,
    /// Gini coefficients.
    Gini = 6,
    /// Angles to a dimension without differences.
    Angular = 7,
    /// The criterion impact loss.
    Cilos = 8,
    /// The first principal component.
    PrincipalComponent = 9,
    /// Learned from who was retained.
    Learned = 10,
}

/// The mean consistency index of random matrices, by whose table.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_random_index {
    /// Saaty (2005): 0.52 for 3 sides; up to 15.
    Saaty2005 = 0,
    /// Saaty (1980): 0.58 for 3 sides; up to 10.
    Saaty1980 = 1,
    /// Alonso and Lamata (2006): 0.5245 for 3 sides; up to 15.
    AlonsoLamata2006 = 2,
}

/// What happens to comparisons that contradict each other.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_inconsistency {
    /// A consistency ratio above 0.1 is an error.
    Refuse = 0,
    /// They are taken nevertheless.
    Accept = 1,
}

/// What comparisons are worth. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_ahp {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The largest eigenvalue; the number of sides if all comparisons agree.
    pub largest_eigenvalue: f64,
    /// (`largest_eigenvalue` - n) / (n - 1).
    pub consistency_index: f64,
    /// The consistency index by that of random comparisons; 0 for one and two sides.
    pub consistency_ratio: f64,
}

/// What objective weights come from. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_objective_weights {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Rows without a missing value: the others were not looked at.
    pub rows: u64,
    /// The share of all variance that the first principal component explains; NaN for other kinds.
    pub explained: f64,
    /// Not 0 if the first principal component has loadings of both signs: it then measures no common thing.
    pub mixed_signs: i32,
    /// 0.
    pub reserved: i32,
}

sized_structs!(crm_ahp, crm_objective_weights);

/// Weights from pairwise comparisons, by the principal eigenvector of the matrix (analytic hierarchy process).
///
/// `comparisons` holds `sides` x `sides` values, row by row: how many times the side of the row matters as much as that of the column. `random_index` is a
/// `crm_random_index`, `inconsistency` a `crm_inconsistency`. `weights` has room for `capacity`, at least `sides`; `out` may be NULL.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for values that are not positive and finite, a diagonal other than 1, pairs that are not reciprocal, more sides than the
/// table has, and a consistency ratio above 0.1 unless accepted; `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ahp_weights(
    comparisons: *const f64,
    sides: usize,
    random_index: i32,
    inconsistency: i32,
    weights: *mut f64,
    capacity: usize,
    out: *mut crm_ahp,
) -> crm_status {
    // SAFETY: the caller gives `sides` x `sides` values, `capacity` places and a struct, or null.
    guard(|| unsafe {
        let size = sides.saturating_mul(sides);
        let comparisons = array("comparisons", comparisons, size)?;
        let (table, rule) = (RandomIndex::from_code(random_index)?, Inconsistency::from_code(inconsistency)?);
        let ahp = Ahp::new(comparisons, table, rule)?;
        let weights = places("weights", weights, capacity, sides)?;
        if !out.is_null() {
            sized::place("out", out)?.put(crm_ahp {
                struct_size: 0,
                largest_eigenvalue: ahp.largest_eigenvalue(),
                consistency_index: ahp.consistency_index(),
                consistency_ratio: ahp.consistency_ratio(),
            })?;
        }
        weights.fill(ahp.weights().iter().copied());
        Ok(())
    })
}

/// Weights over two levels: `criteria` holds the weights of `count` criteria, `local` those of `sides` things under each, one criterion after another. `weights` has
/// room for `capacity`, at least `sides`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for weights that are negative or do not sum to 1, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ahp_synthesis(
    criteria: *const f64,
    local: *const f64,
    count: usize,
    sides: usize,
    weights: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives `count` and `count` x `sides` values and `capacity` places, or null.
    guard(|| unsafe {
        let out = places("weights", weights, capacity, sides)?;
        let local = array("local", local, count.saturating_mul(sides))?;
        let lists: Vec<&[f64]> = (0..count).map(|place| &local[place * sides..(place + 1) * sides]).collect();
        out.fill(Ahp::synthesis(array("criteria", criteria, count)?, &lists)?.into_iter());
        Ok(())
    })
}

/// Columns that C gives.
///
/// # Safety
/// `columns` is null or points to `count` pointers, each null or to `rows` values.
unsafe fn columns<'a>(columns: *const *const f64, count: usize, rows: usize) -> Outcome<Vec<&'a [f64]>> {
    // SAFETY: as the caller promises.
    let pointers = unsafe { array("columns", columns, count) }?;
    // SAFETY: as the caller promises.
    pointers.iter().map(|&values| unsafe { array("columns", values, rows) }).collect()
}

/// Weights from how `count` columns of `rows` values differ, by a `crm_weighting_kind` that is not given, `AHP` or learned. `weights` has room for `capacity`, at
/// least `count`; `out` may be NULL.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for another kind or no column, `CRM_STATUS_EMPTY` for fewer than 2 rows without a missing value,
/// `CRM_STATUS_INVALID_VALUE` for infinite values, negative ones where shares are taken and if no column differs, and `CRM_STATUS_LENGTH_MISMATCH` for too little
/// room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_objective_weights_of(
    weighting: i32,
    columns: *const *const f64,
    count: usize,
    rows: usize,
    weights: *mut f64,
    capacity: usize,
    out: *mut crm_objective_weights,
) -> crm_status {
    // SAFETY: the caller gives `count` columns of `rows` values, `capacity` places and a struct, or null.
    guard(|| unsafe {
        let places = places("weights", weights, capacity, count)?;
        let found =
            objective_weights(WeightingKind::from_code(weighting)?, &self::columns(columns, count, rows)?)?;
        if !out.is_null() {
            sized::place("out", out)?.put(crm_objective_weights {
                struct_size: 0,
                rows: found.rows as u64,
                explained: found.explained.unwrap_or(f64::NAN),
                mixed_signs: i32::from(found.mixed_signs),
                reserved: 0,
            })?;
        }
        places.fill(found.weights.into_iter());
        Ok(())
    })
}

/// Weights in the proportions of `count` values, which sum to 1. `weights` has room for `capacity`, at least `count`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` if there are none, one is negative or not finite, or all are 0, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_proportional_weights(
    proportions: *const f64,
    count: usize,
    weights: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives `count` values and `capacity` places, or null.
    guard(|| unsafe {
        let out = places("weights", weights, capacity, count)?;
        out.fill(proportional_weights(array("proportions", proportions, count)?)?.into_iter());
        Ok(())
    })
}
