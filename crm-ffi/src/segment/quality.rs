//! How good clusters are, and how far two clusterings agree.

// A matrix takes four arguments of C.
#![allow(clippy::too_many_arguments)]

use crm_core::Threads;
use crm_core::segment::{
    ClusterSilhouette, Dispersion, Silhouette, SilhouetteOptions, adjusted_rand_index, silhouette_values,
};

use super::matrix::matrix;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, element, place, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How a silhouette is sampled. Fill with `crm_silhouette_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_silhouette_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// How many rows are looked at, at least 1 (default 1,000); all of them if there are no more. The work is this number
    /// times the number of rows.
    pub sample: usize,
    /// The seed of the sample (default 0).
    pub seed: u64,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

/// How well rows fit their clusters, on average. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_silhouette_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of clusters that have rows.
    pub clusters: usize,
    /// The mean silhouette of the rows looked at.
    pub mean: f64,
    /// The standard error of the mean; 0 if all rows were looked at, infinite if only one of several was.
    pub standard_error: f64,
    /// The share of the rows looked at whose silhouette is below 0.
    pub negative_share: f64,
    /// Number of rows looked at.
    pub sampled_rows: u64,
}

/// How well the rows of one cluster fit it. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_cluster_silhouette {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The number of the cluster.
    pub cluster: u32,
    /// Always 0.
    pub reserved: u32,
    /// Number of its rows.
    pub rows: u64,
    /// How many of them were looked at.
    pub sampled_rows: u64,
    /// The mean silhouette of those; NaN if none was looked at.
    pub mean: f64,
}

/// Sums of squares within and between clusters, and the two indices made of spread and separation. Set `struct_size` before
/// the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_dispersion {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of clusters that have rows.
    pub clusters: usize,
    /// The sum of squared distances to the mean of all rows.
    pub total: f64,
    /// The sum of squared distances to the mean of the own cluster.
    pub within: f64,
    /// The sum of squared distances between the mean of the own cluster and that of all rows.
    pub between: f64,
    /// The index of Calinski and Harabasz; higher is better.
    pub calinski_harabasz: f64,
    /// The index of Davies and Bouldin; lower is better.
    pub davies_bouldin: f64,
}

sized_structs!(crm_silhouette_options, crm_silhouette_summary, crm_cluster_silhouette, crm_dispersion);

impl crm_silhouette_options {
    fn new() -> Self {
        Self { struct_size: size_of::<Self>(), sample: 1_000, seed: 0, threads: 0 }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<SilhouetteOptions> {
        if options.is_null() {
            return Ok(SilhouetteOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        let taken = SilhouetteOptions::default().sample(given.sample).seed(given.seed);
        Ok(taken.threads(Threads::from_count(given.threads)?))
    }
}

impl From<&ClusterSilhouette> for crm_cluster_silhouette {
    fn from(cluster: &ClusterSilhouette) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            cluster: cluster.cluster,
            reserved: 0,
            rows: cluster.rows,
            sampled_rows: cluster.sampled_rows,
            mean: cluster.mean.unwrap_or(f64::NAN),
        }
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_silhouette_options_init(
    options: *mut crm_silhouette_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_silhouette_options::new()) })
}

/// How well rows fit their clusters. Free with `crm_silhouette_report_free`. Immutable: any number of threads may use it at
/// once.
pub struct crm_silhouette_report {
    _opaque: (),
}

handles! { crm_silhouette_report holds Silhouette, tag b"crmSILHO"; }

/// The mean silhouette of `rows` rows of `features` values each, which lie in `values` in a `crm_layout`, from a sample if
/// there are many rows. The silhouette of a row is (b - a) / max(a, b), where a is its mean distance to the other rows of its
/// cluster and b the lowest mean distance to the rows of another cluster.
///
/// `labels` holds the cluster of each row, from 0 to 65,535. `options` may be NULL for the defaults.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_silhouette_report_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` unless there are at least 2 clusters and fewer than rows, and for a sample of 0 rows,
/// `CRM_STATUS_INVALID_VALUE` with the row for values that are not finite and labels above 65,535, `CRM_STATUS_EMPTY` without
/// rows, and `CRM_STATUS_OUT_OF_RANGE` for values above 1e140 in magnitude.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_silhouette_report_new(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    labels: *const u32,
    options: *const crm_silhouette_options,
    out: *mut *mut crm_silhouette_report,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = crm_silhouette_options::take(options)?;
        let matrix = matrix(values, rows, features, layout)?;
        out.put(Silhouette::evaluate(&matrix, array("labels", labels, rows)?, &options)?);
        Ok(())
    })
}

/// All clusters together; `out` is a struct of the caller whose `struct_size` is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_silhouette_report_summary(
    report: *const crm_silhouette_report,
    out: *mut crm_silhouette_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = handle::get("report", report)?;
        out.put(crm_silhouette_summary {
            struct_size: size_of::<crm_silhouette_summary>(),
            clusters: report.clusters.len(),
            mean: report.mean,
            standard_error: report.standard_error,
            negative_share: report.negative_share,
            sampled_rows: report.sampled_rows,
        })
    })
}

/// Number of clusters that have rows; 0, with the thread's last error set, if `report` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_silhouette_report_length(report: *const crm_silhouette_report) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("report", report)?.clusters.len()) })
}

/// One of the clusters that have rows, in the order of their numbers: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_silhouette_report_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_silhouette_report_cluster(
    report: *const crm_silhouette_report,
    index: usize,
    out: *mut crm_cluster_silhouette,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        out.put(element(&handle::get("report", report)?.clusters, index)?.into())
    })
}

/// Frees a report; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_silhouette_report_free(report: *mut crm_silhouette_report) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("report", report) });
}

/// The silhouette of each row, see `crm_silhouette_report_new`, on so many threads, 0 for as many as there are. The work is
/// the square of the number of rows. `out` has room for `rows` values.
///
/// Fails as `crm_silhouette_report_new`, and with `CRM_STATUS_INVALID_ARGUMENT` above 1,024 threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_silhouette_values(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    labels: *const u32,
    threads: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths, or null.
    guard(|| unsafe {
        let matrix = matrix(values, rows, features, layout)?;
        let labels = array("labels", labels, rows)?;
        let out = places("out", out, rows, rows)?;
        out.fill(silhouette_values(&matrix, labels, Threads::from_count(threads)?)?.into_iter());
        Ok(())
    })
}

/// The dispersion of `rows` rows of `features` values each, which lie in `values` in a `crm_layout`, on so many threads, 0
/// for as many as there are. `labels` holds the cluster of each row, from 0 to 65,535. Set `out->struct_size` first.
///
/// Fails as `crm_silhouette_values`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_dispersion_evaluate(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    labels: *const u32,
    threads: usize,
    out: *mut crm_dispersion,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let matrix = matrix(values, rows, features, layout)?;
        let labels = array("labels", labels, rows)?;
        let found = Dispersion::evaluate(&matrix, labels, Threads::from_count(threads)?)?;
        out.put(crm_dispersion {
            struct_size: size_of::<crm_dispersion>(),
            clusters: found.clusters,
            total: found.total,
            within: found.within,
            between: found.between,
            calinski_harabasz: found.calinski_harabasz,
            davies_bouldin: found.davies_bouldin,
        })
    })
}

/// The adjusted Rand index of two labellings of the same `rows` rows: 1 if they are equal up to the numbers of the clusters,
/// 0 on average by chance.
///
/// Fails with `CRM_STATUS_EMPTY` without rows.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_adjusted_rand_index(
    left: *const u32,
    right: *const u32,
    rows: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let left = array("left", left, rows)?;
        out.fill(std::iter::once(adjusted_rand_index(left, array("right", right, rows)?)?));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_silhouette_options::new();
        for options in [&raw const options, ptr::null()] {
            // SAFETY: the struct is as long as it says, and null is allowed.
            let taken = unsafe { crm_silhouette_options::take(options) }.unwrap();
            assert_eq!(taken, SilhouetteOptions::default());
        }
    }
}
