//! How many clusters, or that there are none.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::Threads;
use crm_core::segment::{
    ChoiceOptions, ChoiceRow, ClusterChoice, Criterion, GapOptions, SilhouetteOptions, StabilityOptions,
};

use super::gap::{crm_gap_reference, reference};
use super::matrix::matrix;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{choice, element, place};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, c_text, crm_status};

/// A measure that names the number of clusters which it finds best.
#[derive(Clone, Copy, Debug, PartialEq)]
#[repr(i32)]
pub enum crm_criterion {
    /// The highest mean silhouette.
    Silhouette = 0,
    /// The highest index of Calinski and Harabasz.
    CalinskiHarabasz = 1,
    /// The lowest index of Davies and Bouldin.
    DaviesBouldin = 2,
    /// The smallest number that the rule of the gap statistic accepts.
    Gap = 3,
    /// The knee of the inertia.
    Knee = 4,
}

/// Which numbers of clusters are compared, and how. Fill with `crm_choice_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_choice_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The lowest number of clusters, at least 2 (default 2).
    pub from: usize,
    /// The highest number of clusters (default 10): at most the number of distinct rows, and fewer than rows.
    pub to: usize,
    /// How many starts of k-means the fits to all rows have, at least 1 (default 5).
    pub starts: u32,
    /// A `crm_gap_reference`: along the principal components (default) or between the ends of the features.
    pub gap_reference: i32,
    /// How many rows the silhouette looks at, at least 1 (default 1,000).
    pub silhouette_sample: usize,
    /// The most rows that the gap looks at, at least 2 (default 5,000).
    pub gap_sample: usize,
    /// How many data sets without clusters the gap draws, at least 2 (default 20).
    pub gap_references: u32,
    /// How many starts of k-means each fit of the gap has, at least 1 (default 3).
    pub gap_starts: u32,
    /// The most rows of a resample of the stability, at least 2 (default 2,000).
    pub stability_sample: usize,
    /// How many pairs of resamples the stability clusters, at least 2 (default 20).
    pub stability_pairs: u32,
    /// How many starts of k-means each fit of the stability has, at least 1 (default 3).
    pub stability_starts: u32,
    /// The seed of all that is drawn (default 0).
    pub seed: u64,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

/// What speaks for one number of clusters. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_choice_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of clusters.
    pub clusters: usize,
    /// The sum of squared distances to the mean of the own cluster.
    pub inertia: f64,
    /// The mean silhouette.
    pub silhouette: f64,
    /// Its standard error; 0 if all rows were looked at.
    pub silhouette_standard_error: f64,
    /// The index of Calinski and Harabasz; higher is better.
    pub calinski_harabasz: f64,
    /// The index of Davies and Bouldin; lower is better.
    pub davies_bouldin: f64,
    /// The gap; NaN if the rows looked at for it have fewer distinct rows than clusters, as the three that follow.
    pub gap: f64,
    /// The standard error of the gap.
    pub gap_standard_error: f64,
    /// The mean silhouette of rows without clusters.
    pub reference_silhouette: f64,
    /// Its standard deviation over the references, times sqrt(1 + 1 / references).
    pub reference_silhouette_error: f64,
    /// The mean adjusted Rand index of resamples.
    pub stability: f64,
    /// Its standard deviation over the pairs of resamples.
    pub stability_standard_deviation: f64,
    /// The share of the rows that the smallest cluster has.
    pub smallest_share: f64,
    /// 1 if the clusters are better than those of rows without clusters, and stable; 0 if not.
    pub supported: i32,
    /// Always 0.
    pub reserved: i32,
}

/// What the comparison comes to; numbers of clusters are 0 where there is none. Set `struct_size` before the call that fills
/// it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_choice_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The recommended number of clusters; 0 if the rows have no clusters that can be told from chance.
    pub recommended: usize,
    /// The next best number; 0 if no other one has a vote.
    pub runner_up: usize,
    /// The knee of the inertia; 0 if the curve has no bend.
    pub knee: usize,
    /// The smallest number that the rule of the gap statistic accepts, 1 included; 0 if the gap grows up to the last one.
    pub gap_choice: usize,
    /// The gap of one cluster; NaN if all rows looked at for it are equal.
    pub gap_of_one: f64,
    /// The sum of squared distances to the mean of all rows: the inertia of one cluster.
    pub total: f64,
}

sized_structs!(crm_choice_options, crm_choice_row, crm_choice_summary);

impl crm_choice_options {
    fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            from: 2,
            to: 10,
            starts: 5,
            gap_reference: crm_gap_reference::PrincipalComponents as i32,
            silhouette_sample: 1_000,
            gap_sample: 5_000,
            gap_references: 20,
            gap_starts: 3,
            stability_sample: 2_000,
            stability_pairs: 20,
            stability_starts: 3,
            seed: 0,
            threads: 0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<ChoiceOptions> {
        if options.is_null() {
            return Ok(ChoiceOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        let gap = GapOptions::default()
            .reference(reference("gap_reference", given.gap_reference)?)
            .sample(given.gap_sample)
            .references(given.gap_references)
            .starts(given.gap_starts);
        let stability = StabilityOptions::default()
            .sample(given.stability_sample)
            .pairs(given.stability_pairs)
            .starts(given.stability_starts);
        Ok(ChoiceOptions::default()
            .clusters(given.from, given.to)
            .starts(given.starts)
            .silhouette(SilhouetteOptions::default().sample(given.silhouette_sample))
            .gap(gap)
            .stability(stability)
            .seed(given.seed)
            .threads(Threads::from_count(given.threads)?))
    }
}

impl From<&ChoiceRow> for crm_choice_row {
    fn from(row: &ChoiceRow) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            clusters: row.clusters,
            inertia: row.inertia,
            silhouette: row.silhouette,
            silhouette_standard_error: row.silhouette_standard_error,
            calinski_harabasz: row.calinski_harabasz,
            davies_bouldin: row.davies_bouldin,
            gap: row.gap.unwrap_or(f64::NAN),
            gap_standard_error: row.gap_standard_error.unwrap_or(f64::NAN),
            reference_silhouette: row.reference_silhouette.unwrap_or(f64::NAN),
            reference_silhouette_error: row.reference_silhouette_error.unwrap_or(f64::NAN),
            stability: row.stability,
            stability_standard_deviation: row.stability_standard_deviation,
            smallest_share: row.smallest_share,
            supported: row.supported.into(),
            reserved: 0,
        }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_choice_options_init(
    options: *mut crm_choice_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_choice_options::new()) })
}

/// Numbers of clusters compared, and the one that is recommended, if any is. Free with `crm_cluster_choice_free`. Immutable:
/// any number of threads may use it at once.
pub struct crm_cluster_choice {
    _opaque: (),
}

/// What a comparison holds, with its reasons as C sees them.
pub(crate) struct Choice {
    choice: ClusterChoice,
    reasons: Vec<CString>,
}

handles! { crm_cluster_choice holds Choice, tag b"crmCHOIC"; }

/// Compares numbers of clusters by k-means, of `rows` rows of `features` values each, which lie in `values` in a
/// `crm_layout`. A number is supported if its clusters take away more of the spread, and lie further apart, than those of rows
/// without clusters, and if resamples agree on them; among the supported ones, five criteria vote. `options` may be NULL for
/// the defaults.
///
/// That the rows have no clusters is a success that recommends none: see `crm_choice_summary.recommended`.
///
/// `out` receives the comparison, NULL if the call fails; the caller frees it with `crm_cluster_choice_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for an empty range of clusters, for fewer than 2 or more than there are distinct rows, for as
/// many as rows, and for options that make no sense, and for values as `crm_gap_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_new(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    options: *const crm_choice_options,
    out: *mut *mut crm_cluster_choice,
) -> crm_status {
    // SAFETY: the caller gives an array of that length, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = crm_choice_options::take(options)?;
        let choice = ClusterChoice::evaluate(&matrix(values, rows, features, layout)?, &options)?;
        let reasons = choice.reasons.iter().map(|reason| c_text(reason)).collect();
        out.put(Choice { choice, reasons });
        Ok(())
    })
}

/// What the comparison comes to; `out` is a struct of the caller whose `struct_size` is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_summary(
    choice: *const crm_cluster_choice,
    out: *mut crm_choice_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let choice = &handle::get("choice", choice)?.choice;
        out.put(crm_choice_summary {
            struct_size: size_of::<crm_choice_summary>(),
            recommended: choice.recommended.unwrap_or(0),
            runner_up: choice.runner_up.unwrap_or(0),
            knee: choice.knee.unwrap_or(0),
            gap_choice: choice.gap_choice.unwrap_or(0),
            gap_of_one: choice.gap_of_one.unwrap_or(f64::NAN),
            total: choice.total,
        })
    })
}

/// How many numbers of clusters were compared; 0, with the thread's last error set, if `choice` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_length(choice: *const crm_cluster_choice) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("choice", choice)?.choice.rows.len()) })
}

/// What speaks for one number of clusters, in ascending order: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_cluster_choice_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_row(
    choice: *const crm_cluster_choice,
    index: usize,
    out: *mut crm_choice_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(&handle::get("choice", choice)?.choice.rows, index)?.into())
    })
}

/// The number of clusters that a `crm_criterion` votes for; 0 if it accepts none of those that are supported, or none is.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_vote(
    choice: *const crm_cluster_choice,
    criterion: i32,
    out: *mut usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let votes = &handle::get("choice", choice)?.choice.votes;
        let criterion = self::choice("criterion", criterion, &Criterion::ALL)?;
        let vote = votes.iter().find(|vote| vote.criterion == criterion);
        out.fill(std::iter::once(vote.and_then(|vote| vote.clusters).unwrap_or(0)));
        Ok(())
    })
}

/// How many reasons there are for what is recommended; 0, with the thread's last error set, if `choice` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_reason_count(choice: *const crm_cluster_choice) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("choice", choice)?.reasons.len()) })
}

/// A reason in words, as text that belongs to the comparison and lives as long. NULL, with the thread's last error set, for
/// an index that is not below `crm_cluster_choice_reason_count`, or if `choice` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_reason(
    choice: *const crm_cluster_choice,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("choice", choice)?.reasons, index)?.as_ptr()) })
}

/// Frees a comparison; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_cluster_choice_free(choice: *mut crm_cluster_choice) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("choice", choice) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_choice_options::new();
        for options in [&raw const options, ptr::null()] {
            // SAFETY: the struct is as long as it says, and null is allowed.
            assert_eq!(unsafe { crm_choice_options::take(options) }.unwrap(), ChoiceOptions::default());
        }
    }

    #[test]
    fn criteria_are_those_of_the_core() {
        let codes = Criterion::ALL.map(|criterion| match criterion {
            Criterion::Silhouette => crm_criterion::Silhouette,
            Criterion::CalinskiHarabasz => crm_criterion::CalinskiHarabasz,
            Criterion::DaviesBouldin => crm_criterion::DaviesBouldin,
            Criterion::Gap => crm_criterion::Gap,
            _ => crm_criterion::Knee,
        });
        assert_eq!(codes.map(|code| code as i32), [0, 1, 2, 3, 4]);
    }
}
