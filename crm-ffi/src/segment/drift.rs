//! How the segments of one saved clustering have moved between two dates.

use crm_core::segment::{CentreMove, Matching, Matrix, SegmentDrift, SegmentSnapshot, SizeShift};
use crm_core::{Error, ErrorKind};

use super::agreement::crm_cross_table;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, element, place};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Which customers of two dates are the same.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_matching {
    /// It is not known: sizes and centres are compared, and nobody's way is followed.
    Unknown = 0,
    /// The same customers in the same order.
    ByRow = 1,
    /// Pairs of rows.
    Pairs = 2,
}

/// What a population stability index says by the usual bounds, a convention of practice and no test.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_population_shift {
    /// Below 0.1: the sizes are as they were.
    Insignificant = 0,
    /// From 0.1 to below 0.25: worth a look.
    Moderate = 1,
    /// From 0.25 on: the segments no longer describe the customers as they did.
    Significant = 2,
}

/// Customers at one date. Set it to zero, then `struct_size` and what there is.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_segment_snapshot {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The segment of each customer, numbered from 0 as at the other date.
    pub labels: *const u32,
    /// How many customers.
    pub length: usize,
    /// Features of these customers whose centres are compared: columns of `length` values each, one column after the other; NULL
    /// for none.
    pub features: *const f64,
    /// How many columns; the same at both dates.
    pub feature_count: usize,
}

/// The size of a segment at two dates. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_size_shift {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Customers at the earlier date.
    pub customers_before: u64,
    /// Customers at the later date.
    pub customers_after: u64,
    /// Share of all customers at the earlier date, from 0 to 1.
    pub share_before: f64,
    /// Share of all customers at the later date.
    pub share_after: f64,
    /// Later share less earlier share.
    pub change: f64,
    /// What the segment adds to the population stability index.
    pub stability_term: f64,
}

/// A feature's mean in a segment at two dates. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_centre_move {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Mean at the earlier date; NaN for a segment without customers then.
    pub mean_before: f64,
    /// Mean at the later date; NaN for a segment without customers then.
    pub mean_after: f64,
    /// The pooled standard deviation within the segment; NaN if a mean is missing or there are fewer than three customers in
    /// all.
    pub pooled_standard_deviation: f64,
    /// Later mean less earlier mean in units of that deviation; NaN without one and where it is 0.
    pub standardized_difference: f64,
}

sized_structs!(crm_segment_snapshot, crm_size_shift, crm_centre_move);

/// Sizes and centres of the segments of one clustering at two dates. Free with `crm_segment_drift_free`. Immutable: any number
/// of threads may use it at once.
pub struct crm_segment_drift {
    _opaque: (),
}

handles! { crm_segment_drift holds SegmentDrift, tag b"crmDRIFT"; }

/// Labels and features of a date.
struct Snapshot<'a> {
    labels: &'a [u32],
    features: Option<Matrix<'a>>,
}

impl Snapshot<'_> {
    /// What C gives.
    ///
    /// # Safety
    /// `snapshot` is null or points to a struct of the size that its first field says, whose arrays are as long as it says and
    /// live, unchanged, as long as the result.
    unsafe fn take(argument: &str, snapshot: *const crm_segment_snapshot) -> Outcome<Self> {
        let none = crm_segment_snapshot {
            struct_size: size_of::<crm_segment_snapshot>(),
            labels: std::ptr::null(),
            length: 0,
            features: std::ptr::null(),
            feature_count: 0,
        };
        let field = |name: &str| format!("{argument}.{name}");
        // SAFETY: as the caller promises.
        unsafe {
            let given = sized::read(argument, snapshot, none)?;
            let labels = array(&field("labels"), given.labels, given.length)?;
            // A product that no array has is refused.
            let length = given.length.saturating_mul(given.feature_count);
            let values = array(&field("features"), given.features, length)?;
            if values.is_empty() {
                return Ok(Self { labels, features: None });
            }
            let columns: Vec<&[f64]> = values.chunks_exact(given.length).collect();
            let matrix = Matrix::from_columns(&columns).map_err(|error| error.on(field("features")))?;
            Ok(Self { labels, features: Some(matrix) })
        }
    }

    fn core(&self) -> SegmentSnapshot<'_> {
        let snapshot = SegmentSnapshot::new(self.labels);
        match &self.features {
            Some(features) => snapshot.features(features),
            None => snapshot,
        }
    }
}

/// Compares two dates of so many segments that have the same numbers at both. `matching` is a `crm_matching`; for pairs,
/// customer `matched_before[i]` of the earlier date is customer `matched_after[i]` of the later one, for `matched_count` rows, and
/// whoever is not named is at one date only. Otherwise these may be NULL.
///
/// `out` receives the comparison, NULL if the call fails; the caller frees it with `crm_segment_drift_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for 0 or more than 4,096 segments, and if only one date has features, `CRM_STATUS_EMPTY` without
/// customers or pairs, `CRM_STATUS_OUT_OF_RANGE` with the row for labels that are not below `segments` and pairs of rows that are
/// not there, `CRM_STATUS_INVALID_VALUE` for a customer who is paired twice and features that are not finite,
/// `CRM_STATUS_LENGTH_MISMATCH` for different numbers of customers that are matched by row, and `CRM_STATUS_INCOMPATIBLE` for
/// different numbers of features.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_new(
    segments: usize,
    before: *const crm_segment_snapshot,
    after: *const crm_segment_snapshot,
    matching: i32,
    matched_before: *const u32,
    matched_after: *const u32,
    matched_count: usize,
    out: *mut *mut crm_segment_drift,
) -> crm_status {
    use crm_matching as M;
    // SAFETY: the caller gives structs of the sizes that they say, arrays of these lengths and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let before = Snapshot::take("before", before)?;
        let after = Snapshot::take("after", after)?;
        let matching = match choice("matching", matching, &[M::Unknown, M::ByRow, M::Pairs])? {
            M::Unknown => Matching::Unknown,
            M::ByRow => Matching::ByRow,
            M::Pairs => Matching::Pairs {
                before: array("matched_before", matched_before, matched_count)?,
                after: array("matched_after", matched_after, matched_count)?,
            },
        };
        out.put(SegmentDrift::new(segments, before.core(), after.core(), matching)?);
        Ok(())
    })
}

/// Number of segments; 0, with the thread's last error set, if `drift` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_length(drift: *const crm_segment_drift) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("drift", drift)?.sizes().len()) })
}

/// The size of a segment at both dates: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_segment_drift_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_size(
    drift: *const crm_segment_drift,
    segment: usize,
    out: *mut crm_size_shift,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let size: &SizeShift = element(handle::get("drift", drift)?.sizes(), segment)?;
        out.put(crm_size_shift {
            struct_size: size_of::<crm_size_shift>(),
            customers_before: size.customers_before,
            customers_after: size.customers_after,
            share_before: size.share_before,
            share_after: size.share_after,
            change: size.change,
            stability_term: size.stability_term,
        })
    })
}

/// Number of features whose centres were compared; 0, with the thread's last error set, if `drift` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_feature_count(drift: *const crm_segment_drift) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(features(handle::get("drift", drift)?)) })
}

fn features(drift: &SegmentDrift) -> usize {
    drift.centre_moves().len() / drift.sizes().len()
}

/// The means of a segment and a feature at both dates: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_segment_drift_length` or
/// `crm_segment_drift_feature_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_centre(
    drift: *const crm_segment_drift,
    segment: usize,
    feature: usize,
    out: *mut crm_centre_move,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let drift = handle::get("drift", drift)?;
        element(drift.sizes(), segment)?;
        let features = features(drift);
        let of_segment = &drift.centre_moves()[segment * features..][..features];
        let found: &CentreMove = element(of_segment, feature)?;
        out.put(crm_centre_move {
            struct_size: size_of::<crm_centre_move>(),
            mean_before: found.mean_before.unwrap_or(f64::NAN),
            mean_after: found.mean_after.unwrap_or(f64::NAN),
            pooled_standard_deviation: found.pooled_standard_deviation.unwrap_or(f64::NAN),
            standardized_difference: found.standardized_difference.unwrap_or(f64::NAN),
        })
    })
}

/// The population stability index of the sizes, at least 0, and what it says, a `crm_population_shift`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_population(
    drift: *const crm_segment_drift,
    stability_index: *mut f64,
    shift: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and places, or null.
    guard(|| unsafe {
        let (index_place, shift_place) = (place("stability_index", stability_index)?, place("shift", shift)?);
        let drift = handle::get("drift", drift)?;
        index_place.fill(std::iter::once(drift.population_stability_index()));
        shift_place.fill(std::iter::once(drift.population_shift() as i32));
        Ok(())
    })
}

/// Matched customers by segment before (rows) and after (columns).
///
/// `out` receives the table, NULL if the call fails; the caller frees it with `crm_cross_table_free`. Fails with
/// `CRM_STATUS_MISSING_VALUE` if it was not known which customers are the same.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_migration(
    drift: *const crm_segment_drift,
    out: *mut *mut crm_cross_table,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let migration = handle::get("drift", drift)?.migration().ok_or_else(|| {
            let message = "was made without a matching, so that nobody's way is known";
            Error::new(ErrorKind::MissingValue, message).on("drift")
        })?;
        out.put(migration.clone());
        Ok(())
    })
}

/// Frees a comparison; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_drift_free(drift: *mut crm_segment_drift) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("drift", drift) });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crm_core::segment::PopulationShift;

    #[test]
    fn codes_are_those_of_the_core() {
        let shifts = [
            (crm_population_shift::Insignificant as i32, PopulationShift::Insignificant),
            (crm_population_shift::Moderate as i32, PopulationShift::Moderate),
            (crm_population_shift::Significant as i32, PopulationShift::Significant),
        ];
        for (code, shift) in shifts {
            assert_eq!(code, shift as i32);
        }
    }
}
