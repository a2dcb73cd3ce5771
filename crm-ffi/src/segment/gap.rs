//! Whether clusters are tighter than those of rows without any.

use crm_core::Threads;
use crm_core::segment::{Gap, GapOptions, GapReference, GapRow};

use super::matrix::matrix;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, element};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Where rows without clusters are drawn from, uniformly.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_gap_reference {
    /// A box around the rows along their principal components: features that go together are no clusters.
    PrincipalComponents = 0,
    /// A box from the lowest to the highest value of each feature.
    FeatureRanges = 1,
}

/// How a gap is computed. Fill with `crm_gap_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_gap_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The most rows that are looked at, at least 2 (default 5,000); of more rows so many are drawn at random.
    pub sample: usize,
    /// A `crm_gap_reference`: along the principal components (default) or between the ends of the features.
    pub reference: i32,
    /// How many data sets without clusters are drawn, at least 2 (default 20).
    pub references: u32,
    /// How many starts of k-means each fit has, at least 1 (default 3).
    pub starts: u32,
    /// Must be 0.
    pub reserved: u32,
    /// The seed of the sample, the references and the starts (default 0).
    pub seed: u64,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

/// The gap of one number of clusters. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_gap_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of clusters.
    pub clusters: usize,
    /// How far the logarithm of the sum of squares lies below that of rows without clusters; infinite if the sum is 0.
    pub gap: f64,
    /// The standard error that the references leave.
    pub standard_error: f64,
    /// The mean silhouette of the rows looked at; NaN for one cluster.
    pub silhouette: f64,
    /// The mean silhouette of rows without clusters; NaN for one cluster.
    pub reference_silhouette: f64,
    /// The standard error of that, as that of the gap; NaN for one cluster.
    pub reference_silhouette_error: f64,
}

sized_structs!(crm_gap_options, crm_gap_row);

/// Where rows without clusters are drawn from, by its code.
pub(super) fn reference(argument: &str, code: i32) -> Outcome<GapReference> {
    choice(argument, code, &[GapReference::PrincipalComponents, GapReference::FeatureRanges])
}

impl crm_gap_options {
    fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            sample: 5_000,
            reference: crm_gap_reference::PrincipalComponents as i32,
            references: 20,
            starts: 3,
            reserved: 0,
            seed: 0,
            threads: 0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<GapOptions> {
        if options.is_null() {
            return Ok(GapOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        if given.reserved != 0 {
            return Err(crm_core::Error::argument("reserved", given.reserved, "0").into());
        }
        Ok(GapOptions::default()
            .sample(given.sample)
            .reference(reference("reference", given.reference)?)
            .references(given.references)
            .starts(given.starts)
            .seed(given.seed)
            .threads(Threads::from_count(given.threads)?))
    }
}

impl From<&GapRow> for crm_gap_row {
    fn from(row: &GapRow) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            clusters: row.clusters,
            gap: row.gap,
            standard_error: row.standard_error,
            silhouette: row.silhouette.unwrap_or(f64::NAN),
            reference_silhouette: row.reference_silhouette.unwrap_or(f64::NAN),
            reference_silhouette_error: row.reference_silhouette_error.unwrap_or(f64::NAN),
        }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gap_options_init(
    options: *mut crm_gap_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_gap_options::new()) })
}

/// The gap statistic by number of clusters. Free with `crm_gap_free`. Immutable: any number of threads may use it at once.
pub struct crm_gap {
    _opaque: (),
}

handles! { crm_gap holds Gap, tag b"crmGAPST"; }

/// The gap of 1 to `most_clusters` clusters by k-means, of `rows` rows of `features` values each, which lie in `values` in a
/// `crm_layout`. `options` may be NULL for the defaults.
///
/// `out` receives the gap, NULL if the call fails; the caller frees it with `crm_gap_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for fewer than 2 clusters or more than there are distinct rows among those looked at, and for
/// options that make no sense, `CRM_STATUS_EMPTY` without rows, and with the row `CRM_STATUS_INVALID_VALUE` for values that
/// are not finite and `CRM_STATUS_OUT_OF_RANGE` for values above 1e140 in magnitude.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gap_new(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    most_clusters: usize,
    options: *const crm_gap_options,
    out: *mut *mut crm_gap,
) -> crm_status {
    // SAFETY: the caller gives an array of that length, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = crm_gap_options::take(options)?;
        out.put(Gap::evaluate(&matrix(values, rows, features, layout)?, most_clusters, &options)?);
        Ok(())
    })
}

/// Number of rows, one for each number of clusters from 1 on; 0, with the thread's last error set, if `gap` is NULL or no
/// such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gap_length(gap: *const crm_gap) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("gap", gap)?.rows.len()) })
}

/// One row, that of `index` + 1 clusters: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_gap_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gap_at(gap: *const crm_gap, index: usize, out: *mut crm_gap_row) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(&handle::get("gap", gap)?.rows, index)?.into())
    })
}

/// The smallest number of clusters that the rule accepts, 1 if nothing speaks for clusters; 0 if the gap grows up to the last
/// number, and, with the thread's last error set, if `gap` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gap_choice(gap: *const crm_gap) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("gap", gap)?.choice.unwrap_or(0)) })
}

/// Number of rows looked at; 0, with the thread's last error set, if `gap` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gap_sampled_rows(gap: *const crm_gap) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("gap", gap)?.sampled_rows) })
}

/// Frees a gap; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gap_free(gap: *mut crm_gap) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("gap", gap) });
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_gap_options::new();
        for options in [&raw const options, ptr::null()] {
            // SAFETY: the struct is as long as it says, and null is allowed.
            assert_eq!(unsafe { crm_gap_options::take(options) }.unwrap(), GapOptions::default());
        }
    }
}
