//! K-means clusters.

// A matrix takes four arguments of C, results one each.
#![allow(clippy::too_many_arguments)]

use std::ffi::c_char;
use std::ptr;

use crm_core::segment::{KMeans, KMeansOptions, LabelOrder, Starts};
use crm_core::{Error, Threads};

use super::matrix::{matrix, product};
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, optional_places, place, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Where the iterations of k-means begin.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_starts {
    /// At centres that greedy k-means++ draws, several times; the result of the lowest inertia is kept.
    PlusPlus = 0,
    /// At rows drawn at random, several times.
    Random = 1,
    /// At given centres.
    Given = 2,
}

/// How k-means is run. Fill with `crm_k_means_options_init`, then change what differs. Centres are copied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_k_means_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of clusters, from 1 to 65,536.
    pub clusters: usize,
    /// A `crm_starts`: k-means++ (default), random or given.
    pub starts_kind: i32,
    /// Number of starts, at least 1 (default 10); without meaning where the centres are given.
    pub starts: u32,
    /// The most iterations of a start, at least 1 (default 300).
    pub most_iterations: u32,
    /// 1 if cluster 0 is the one of the highest value of `order_feature`, 0 (default) if that of the lowest.
    pub order_descending: i32,
    /// Stops when the centres' squared moves sum to at most this share of the mean variance of the features (default 1e-4);
    /// with 0 only when no label changes.
    pub tolerance: f64,
    /// The seed of the starts (default 0).
    pub seed: u64,
    /// The given centres, one after the other; NULL (default) for other kinds of starts.
    pub centres: *const f64,
    /// How many values that are: `clusters` times the number of features.
    pub centres_length: usize,
    /// The number of the feature by whose value in the centres clusters are numbered (default 0).
    pub order_feature: usize,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

sized_structs!(crm_k_means_options);

impl crm_k_means_options {
    fn new(clusters: usize) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            clusters,
            starts_kind: crm_starts::PlusPlus as i32,
            starts: 10,
            most_iterations: 300,
            order_descending: 0,
            tolerance: 1e-4,
            seed: 0,
            centres: ptr::null(),
            centres_length: 0,
            order_feature: 0,
            threads: 0,
        }
    }

    /// The options that C gives.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says, with as many centres as it says.
    pub(crate) unsafe fn take(options: *const Self) -> Outcome<KMeansOptions> {
        // SAFETY: as the caller promises.
        let (given, centres) = unsafe {
            let given = sized::read("options", options, Self::new(0))?;
            (given, array("centres", given.centres, given.centres_length)?)
        };
        let kinds = [crm_starts::PlusPlus, crm_starts::Random, crm_starts::Given];
        let kind = choice("starts_kind", given.starts_kind, &kinds)?;
        if !(matches!(kind, crm_starts::Given) || given.centres.is_null()) {
            let accepted = "NULL unless starts_kind says that they are given";
            return Err(Error::argument("centres", "an array", accepted).into());
        }
        let starts = match kind {
            crm_starts::PlusPlus => Starts::PlusPlus { count: given.starts },
            crm_starts::Random => Starts::Random { count: given.starts },
            crm_starts::Given => Starts::Given(centres.to_vec()),
        };
        Ok(KMeansOptions::new(given.clusters)
            .starts(starts)
            .most_iterations(given.most_iterations)
            .tolerance(given.tolerance)
            .seed(given.seed)
            .order(order(given.order_feature, given.order_descending)?)
            .threads(Threads::from_count(given.threads)?))
    }
}

/// By which feature clusters are numbered, and whether from the highest value on.
pub(super) fn order(feature: usize, descending: i32) -> Outcome<LabelOrder> {
    let descending = choice("order_descending", descending, &[false, true])?;
    Ok(LabelOrder { feature, descending })
}

/// Fills options with their defaults, for so many clusters; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_options_init(
    options: *mut crm_k_means_options,
    struct_size: usize,
    clusters: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_k_means_options::new(clusters)) })
}

/// Clusters around centres: each row belongs to the nearest. Free with `crm_k_means_free`. Immutable: any number of threads
/// may use it at once.
pub struct crm_k_means {
    _opaque: (),
}

handles! { crm_k_means holds KMeans, tag b"crmKMEAN"; }

/// Fits clusters to `rows` rows of `features` values each, which lie in `values` in a `crm_layout`. Clusters are numbered by
/// the centres' value of a feature, so that their numbers mean the same in every run.
///
/// `weights`, one of each row, say how often rows count; NULL for once each. Rows of weight 0 only get a label. `labels`
/// receives the cluster of each row and has room for `rows` values, or is NULL.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_k_means_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense and for more clusters than there are distinct rows,
/// `CRM_STATUS_LENGTH_MISMATCH` for given centres of another size, `CRM_STATUS_EMPTY` without rows, and with the row
/// `CRM_STATUS_INVALID_VALUE` for values that are not finite and weights that are negative, and `CRM_STATUS_OUT_OF_RANGE`
/// for values above 1e140 in magnitude.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_fit(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    weights: *const f64,
    options: *const crm_k_means_options,
    labels: *mut u32,
    out: *mut *mut crm_k_means,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = crm_k_means_options::take(options)?;
        let matrix = matrix(values, rows, features, layout)?;
        let labels = optional_places("labels", labels, rows)?;
        let found = if weights.is_null() {
            KMeans::fit(&matrix, &options)?
        } else {
            KMeans::fit_weighted(&matrix, array("weights", weights, rows)?, &options)?
        };
        if let Some(labels) = labels {
            labels.fill(found.labels.into_iter());
        }
        out.put(found.model);
        Ok(())
    })
}

/// The same model, which works on so many threads, 0 for as many as there are; results do not depend on it. A fitted model
/// works on as many as its options say, one from JSON on as many as there are.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_k_means_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` above 1,024 threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_on_threads(
    model: *const crm_k_means,
    threads: usize,
    out: *mut *mut crm_k_means,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("model", model)?.clone().on_threads(Threads::from_count(threads)?));
        Ok(())
    })
}

/// The cluster of each row: the nearest centre, of equally near ones that of the lower number. `values` holds `rows` times
/// `features` values in a `crm_layout`; `labels` has room for `rows` values.
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` unless the rows have as many features as the model, and for values as
/// `crm_k_means_fit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_predict(
    model: *const crm_k_means,
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    labels: *mut u32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of these lengths, or null.
    guard(|| unsafe {
        let model = handle::get("model", model)?;
        let matrix = matrix(values, rows, features, layout)?;
        let labels = places("labels", labels, rows, rows)?;
        labels.fill(model.predict(&matrix)?.into_iter());
        Ok(())
    })
}

/// Where rows lie between the nearest and the next centre. `values` holds `rows` times `features` values in a `crm_layout`;
/// each array of results has room for `rows` values, or is NULL.
///
/// `labels` receives the cluster of the nearest centre, `distances` the distance to it, `next_labels` the cluster of the next
/// centre (the same one if there is only one), `next_distances` the distance to that (infinite if there is only one), and
/// `border` how near the row is to the border between the two: 0 at its own centre, 1 midway.
///
/// Fails as `crm_k_means_predict`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_assign(
    model: *const crm_k_means,
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    labels: *mut u32,
    distances: *mut f64,
    next_labels: *mut u32,
    next_distances: *mut f64,
    border: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of these lengths, or null.
    guard(|| unsafe {
        let model = handle::get("model", model)?;
        let matrix = matrix(values, rows, features, layout)?;
        let labels = optional_places("labels", labels, rows)?;
        let distances = optional_places("distances", distances, rows)?;
        let next_labels = optional_places("next_labels", next_labels, rows)?;
        let next_distances = optional_places("next_distances", next_distances, rows)?;
        let border = optional_places("border", border, rows)?;
        let found = model.assign(&matrix)?;
        if let Some(border) = border {
            border.fill(found.border().into_iter());
        }
        if let Some(labels) = labels {
            labels.fill(found.labels.into_iter());
        }
        if let Some(distances) = distances {
            distances.fill(found.distances.into_iter());
        }
        if let Some(next_labels) = next_labels {
            next_labels.fill(found.next_labels.into_iter());
        }
        if let Some(next_distances) = next_distances {
            next_distances.fill(found.next_distances.into_iter());
        }
        Ok(())
    })
}

/// The distances of each row to all centres, row by row. `values` holds `rows` times `features` values in a `crm_layout`;
/// `out` has room for `capacity` values, at least `rows` times `crm_k_means_clusters`.
///
/// Fails as `crm_k_means_predict`, and with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_distances(
    model: *const crm_k_means,
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of these lengths, or null.
    guard(|| unsafe {
        let model = handle::get("model", model)?;
        let matrix = matrix(values, rows, features, layout)?;
        let out = places("out", out, capacity, product(rows, model.clusters()))?;
        out.fill(model.distances(&matrix)?.into_iter());
        Ok(())
    })
}

/// Number of clusters; 0, with the thread's last error set, if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_clusters(model: *const crm_k_means) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.clusters()) })
}

/// Number of features; 0, with the thread's last error set, if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_features(model: *const crm_k_means) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.features()) })
}

/// Copies the centres, one after the other, to `out`, which has room for `capacity` values, at least `crm_k_means_clusters`
/// times `crm_k_means_features`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_centres(
    model: *const crm_k_means,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let centres = handle::get("model", model)?.centres();
        places("out", out, capacity, centres.len())?.fill(centres.iter().copied());
        Ok(())
    })
}

/// Copies the number of rows of each cluster, rows of weight 0 included, to `out`, which has room for `capacity` values, at
/// least `crm_k_means_clusters`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_rows(
    model: *const crm_k_means,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let rows = handle::get("model", model)?.rows();
        places("out", out, capacity, rows.len())?.fill(rows.iter().copied());
        Ok(())
    })
}

/// Copies the weight of each cluster to `out`, which has room for `capacity` values, at least `crm_k_means_clusters`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_weights(
    model: *const crm_k_means,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let weights = handle::get("model", model)?.weights();
        places("out", out, capacity, weights.len())?.fill(weights.iter().copied());
        Ok(())
    })
}

/// Copies the sum of weighted squared distances to the centre, of each cluster, to `out`, which has room for `capacity`
/// values, at least `crm_k_means_clusters`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_within(
    model: *const crm_k_means,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let within = handle::get("model", model)?.within();
        places("out", out, capacity, within.len())?.fill(within.iter().copied());
        Ok(())
    })
}

/// The sum of weighted squared distances to the nearest centre.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_inertia(model: *const crm_k_means, out: *mut f64) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.inertia()));
        Ok(())
    })
}

/// Iterations of the start that was kept.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_iterations(model: *const crm_k_means, out: *mut u32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.iterations()));
        Ok(())
    })
}

/// 1 if the start that was kept ended by its tolerance, 0 if by the limit of iterations.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_converged(model: *const crm_k_means, out: *mut i32) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("model", model)?.converged().into()));
        Ok(())
    })
}

/// The model as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_to_json(
    model: *const crm_k_means,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("model", model)?.to_json()?));
        Ok(())
    })
}

/// A model from its JSON text, a terminated string that is read during the call only.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_k_means_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not such a model, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_from_json(
    json: *const c_char,
    out: *mut *mut crm_k_means,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(KMeans::from_json(text("json", json)?)?);
        Ok(())
    })
}

/// Frees a model; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_k_means_free(model: *mut crm_k_means) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("model", model) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_k_means_options::new(3);
        // SAFETY: the struct is as long as it says, and has no centres.
        assert_eq!(unsafe { crm_k_means_options::take(&raw const options) }.unwrap(), KMeansOptions::new(3));
    }
}
