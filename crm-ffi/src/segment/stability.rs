//! Whether other rows of the same kind would have given the same clusters.

// A matrix takes four arguments of C.
#![allow(clippy::too_many_arguments)]

use crm_core::Threads;
use crm_core::segment::{Stability, StabilityOptions};

use super::matrix::matrix;
use crate::guard::guard;
use crate::pointer::places;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How a stability is computed. Fill with `crm_stability_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_stability_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The most rows of a resample, and of the rows that are labelled, at least 2 (default 2,000).
    pub sample: usize,
    /// How many pairs of resamples are clustered, at least 2 (default 20).
    pub pairs: u32,
    /// How many starts of k-means each fit has, at least 1 (default 3).
    pub starts: u32,
    /// The seed of the resamples and the starts (default 0).
    pub seed: u64,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

/// How far clusters of resampled rows agree. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_stability {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of clusters.
    pub clusters: usize,
    /// The mean of the adjusted Rand indices.
    pub mean: f64,
    /// Their standard deviation.
    pub standard_deviation: f64,
    /// Number of rows of a resample, and of the rows labelled.
    pub sampled_rows: u64,
}

sized_structs!(crm_stability_options, crm_stability);

impl crm_stability_options {
    fn new() -> Self {
        Self { struct_size: size_of::<Self>(), sample: 2_000, pairs: 20, starts: 3, seed: 0, threads: 0 }
    }

    /// The options that C gives, the defaults for null, and the number of pairs.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<(StabilityOptions, usize)> {
        let given = if options.is_null() {
            Self::new()
        } else {
            // SAFETY: as the caller promises.
            unsafe { sized::read("options", options, Self::new()) }?
        };
        let taken = StabilityOptions::default()
            .sample(given.sample)
            .pairs(given.pairs)
            .starts(given.starts)
            .seed(given.seed)
            .threads(Threads::from_count(given.threads)?);
        Ok((taken, given.pairs as usize))
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_stability_options_init(
    options: *mut crm_stability_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_stability_options::new()) })
}

/// How far clusters of resampled rows agree, for one number of clusters by k-means, of `rows` rows of `features` values each,
/// which lie in `values` in a `crm_layout`. Pairs of resamples are clustered and label the same rows; 1 if the labels are
/// equal up to their numbers, about 0 if they agree by chance only. `options` may be NULL for the defaults.
///
/// Set `out->struct_size` first. `indices` receives the adjusted Rand index of each pair and has room for `capacity` values,
/// at least as many as there are pairs, or is NULL.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for fewer than 2 clusters or more than there are distinct rows, and for options
/// that make no sense, `CRM_STATUS_LENGTH_MISMATCH` for too little room, and for values as `crm_gap_new`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_stability_evaluate(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    clusters: usize,
    options: *const crm_stability_options,
    out: *mut crm_stability,
    indices: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (options, pairs) = crm_stability_options::take(options)?;
        let matrix = matrix(values, rows, features, layout)?;
        let needed = if indices.is_null() { 0 } else { pairs };
        let indices = places("indices", indices, capacity, needed)?;
        let found = Stability::evaluate(&matrix, clusters, &options)?;
        out.put(crm_stability {
            struct_size: size_of::<crm_stability>(),
            clusters: found.clusters,
            mean: found.mean,
            standard_deviation: found.standard_deviation,
            sampled_rows: found.sampled_rows,
        })?;
        indices.fill(found.values.into_iter());
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_stability_options::new();
        for options in [&raw const options, ptr::null()] {
            // SAFETY: the struct is as long as it says, and null is allowed.
            let taken = unsafe { crm_stability_options::take(options) }.unwrap();
            assert_eq!(taken, (StabilityOptions::default(), 20));
        }
    }
}
