//! Named segments that customers of any date can be assigned to.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::segment::{FeatureTable, FittedSegments, KMeansOptions, LabelOrder, SegmentModel, Starts};
use crm_core::{Error, ErrorKind, Threads};

use super::feature_table::{crm_feature_table, day};
use super::k_means::crm_k_means;
use super::names;
use super::profile::{Profiles, crm_segment_profiles};
use super::scaler::{Scaler, crm_feature_scaler};
use super::scaling::crm_scaling_options;
use super::segment_assignment::{Assigned, crm_segment_assignment};
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, element, optional_text, place, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How customers are clustered. Fill with `crm_segment_model_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_segment_model_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of clusters, which become segments: from 1 to 65,536, at most as many as there are distinct rows.
    pub clusters: usize,
    /// Starts of k-means++ of which the best is kept, at least 1 (default 10).
    pub starts: u32,
    /// The most iterations of a start, at least 1 (default 300).
    pub most_iterations: u32,
    /// Stops when the centres' squared moves sum to at most this share of the mean variance of the features, 0 or more (default
    /// 1e-4); with 0 only when nobody changes segments.
    pub tolerance: f64,
    /// The same seed gives the same segments on every machine (default 0).
    pub seed: u64,
    /// The column that segments are numbered by, a terminated string; NULL (default) for the first.
    pub order: *const c_char,
    /// Whether segment 0 is the one of the highest value: 0 (default) or 1.
    pub descending: i32,
    /// Must be 0.
    pub reserved: i32,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

sized_structs!(crm_segment_model_options, crm_segment_model_summary);

impl crm_segment_model_options {
    fn new(clusters: usize) -> Self {
        // A test holds these to be the core's.
        Self {
            struct_size: size_of::<Self>(),
            clusters,
            starts: 10,
            most_iterations: 300,
            tolerance: 1e-4,
            seed: 0,
            order: ptr::null(),
            descending: 0,
            reserved: 0,
            threads: 0,
        }
    }

    /// The options that C gives, for a table.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says, whose text is terminated.
    unsafe fn take(options: *const Self, table: &FeatureTable) -> Outcome<KMeansOptions> {
        // SAFETY: as the caller promises.
        let (given, order) = unsafe {
            let given = sized::read("options", options, Self::new(0))?;
            (given, optional_text("options.order", given.order)?)
        };
        if given.reserved != 0 {
            return Err(Error::argument("options.reserved", given.reserved, "0").into());
        }
        let descending = choice("options.descending", given.descending, &[false, true])?;
        let order = match order {
            Some(name) => table.order_by(name, descending)?,
            None => LabelOrder { feature: 0, descending },
        };
        Ok(KMeansOptions::new(given.clusters)
            .starts(Starts::PlusPlus { count: given.starts })
            .most_iterations(given.most_iterations)
            .tolerance(given.tolerance)
            .seed(given.seed)
            .order(order)
            .threads(Threads::from_count(given.threads)?))
    }
}

/// Fills options with their defaults for so many clusters; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_options_init(
    options: *mut crm_segment_model_options,
    struct_size: usize,
    clusters: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe {
        sized::init("options", options, struct_size, crm_segment_model_options::new(clusters))
    })
}

/// Segments in a few numbers. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_segment_model_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of segments.
    pub segments: usize,
    /// Number of features.
    pub features: usize,
    /// Number of customers that the model was fitted on.
    pub customers: u64,
    /// The sum of squared distances of these customers to the centre of their segment, in scaled features.
    pub inertia: f64,
    /// Iterations of the start that was kept.
    pub iterations: u32,
    /// 1 if that start ended by its tolerance, 0 if by the limit of iterations.
    pub converged: i32,
}

/// Named segments: fitted scaling with the k-means centres behind it, which customers of any date can be assigned to. Free
/// with `crm_segment_model_free`. Immutable: any number of threads may use it at once.
pub struct crm_segment_model {
    _opaque: (),
}

pub(crate) struct Model {
    value: SegmentModel,
    /// Of the customers fitted; a saved model does not know them.
    labels: Option<Vec<u32>>,
    names: Vec<CString>,
    features: Vec<CString>,
    units: Vec<CString>,
}

handles! { crm_segment_model holds Model, tag b"crmSEGMO"; }

impl Model {
    fn new(model: SegmentModel, labels: Option<Vec<u32>>) -> Self {
        let names = names::kept(model.names());
        let features = names::kept(model.features());
        let units = names::kept(model.units().iter().map(ToString::to_string));
        Self { value: model, labels, names, features, units }
    }
}

/// Scales a table, clusters it, and names the segments by what distinguishes them. `scaling` may be NULL for the defaults.
/// `weights`, one of each customer, say how often customers count in the clusters; NULL for once each. Customers of weight 0 only
/// get a segment. Scaling, profiles and names describe each customer once.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_segment_model_free`. Fails as
/// `crm_feature_scaler_fit`, with `CRM_STATUS_MISSING_COLUMN` if there is no column to order by of that name, and
/// `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense and for more segments than there are distinct rows, and with
/// `CRM_STATUS_INVALID_VALUE` for weights that are negative, not finite or all 0.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_fit(
    table: *const crm_feature_table,
    weights: *const f64,
    scaling: *const crm_scaling_options,
    options: *const crm_segment_model_options,
    out: *mut *mut crm_segment_model,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of its rows, structs of the sizes that they say and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let table = &handle::get("table", table)?.value;
        let scaling = crm_scaling_options::take(scaling)?;
        let options = crm_segment_model_options::take(options, table)?;
        let FittedSegments { model, labels } = if weights.is_null() {
            SegmentModel::fit(table, &scaling, &options)?
        } else {
            SegmentModel::fit_weighted(table, array("weights", weights, table.rows())?, &scaling, &options)?
        };
        out.put(Model::new(model, Some(labels)));
        Ok(())
    })
}

/// Bundles a scaling with clusters that were fitted to what it gave for the table, such as those of weighted customers.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_segment_model_free`. Fails as
/// `crm_feature_scaler_apply`, and with `CRM_STATUS_INCOMPATIBLE` if the clusters have another number of features.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_from_parts(
    table: *const crm_feature_table,
    scaler: *const crm_feature_scaler,
    clusters: *const crm_k_means,
    out: *mut *mut crm_segment_model,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let table = &handle::get("table", table)?.value;
        let scaler = handle::get("scaler", scaler)?.value.clone();
        let clusters = handle::get("clusters", clusters)?.clone();
        let FittedSegments { model, labels } = SegmentModel::from_parts(table, scaler, clusters)?;
        out.put(Model::new(model, Some(labels)));
        Ok(())
    })
}

/// The same segments under other names, one for each segment in the order of their numbers, which are copied.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_segment_model_free`. Fails with
/// `CRM_STATUS_LENGTH_MISMATCH` for another number of names than segments, and `CRM_STATUS_INVALID_ARGUMENT` with the row for
/// names that are empty or given twice.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_with_names(
    model: *const crm_segment_model,
    names: *const *const c_char,
    count: usize,
    out: *mut *mut crm_segment_model,
) -> crm_status {
    // SAFETY: the caller gives a live handle, `count` terminated strings and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = handle::get("model", model)?;
        let names = names::given("names", names, count)?;
        out.put(Model::new(model.value.clone().with_names(&names)?, model.labels.clone()));
        Ok(())
    })
}

/// The model as JSON text, which `crm_bytes_text` gives as a string; the customers that it was fitted on are not in it.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_to_json(
    model: *const crm_segment_model,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("model", model)?.value.to_json()?));
        Ok(())
    })
}

/// A model from its JSON text, a terminated string that is read during the call only.
///
/// `out` receives the model, NULL if the call fails; the caller frees it with `crm_segment_model_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not a model, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_from_json(
    json: *const c_char,
    out: *mut *mut crm_segment_model,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Model::new(SegmentModel::from_json(text("json", json)?)?, None));
        Ok(())
    })
}

/// The segment of each customer of a table, that which was fitted or one of another date, and how near each is to another.
///
/// `out` receives the assignment, NULL if the call fails; the caller frees it with `crm_segment_assignment_free`. Fails as
/// `crm_feature_scaler_apply` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_assign(
    model: *const crm_segment_model,
    table: *const crm_feature_table,
    out: *mut *mut crm_segment_assignment,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = &handle::get("model", model)?.value;
        let assignment = model.assign(&handle::get("table", table)?.value)?;
        out.put(Assigned { assignment, names: model.names().to_vec() });
        Ok(())
    })
}

/// The profile of each segment, under the names of the model, for a table and the segment numbers of its `length` customers.
///
/// `out` receives the profiles, NULL if the call fails; the caller frees them with `crm_segment_profiles_free`. Fails as
/// `crm_segment_profiles_new` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_profiles(
    model: *const crm_segment_model,
    table: *const crm_feature_table,
    labels: *const u32,
    length: usize,
    out: *mut *mut crm_segment_profiles,
) -> crm_status {
    // SAFETY: the caller gives live handles, an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let model = &handle::get("model", model)?.value;
        let table = &handle::get("table", table)?.value;
        out.put(Profiles::new(model.profiles(table, array("labels", labels, length)?)?));
        Ok(())
    })
}

/// The model in a few numbers: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_describe(
    model: *const crm_segment_model,
    out: *mut crm_segment_model_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let model = &handle::get("model", model)?.value;
        let clusters = model.clusters();
        out.put(crm_segment_model_summary {
            struct_size: size_of::<crm_segment_model_summary>(),
            segments: model.segments(),
            features: clusters.features(),
            customers: model.scaler().customers(),
            inertia: clusters.inertia(),
            iterations: clusters.iterations(),
            converged: clusters.converged().into(),
        })
    })
}

/// Number of segments; 0, with the thread's last error set, if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_length(model: *const crm_segment_model) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.names.len()) })
}

/// The name of a segment: UTF-8 text that belongs to the model and lives as long. NULL, with the thread's last error set, for
/// an index that is not below `crm_segment_model_length`, or if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_name(
    model: *const crm_segment_model,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("model", model)?.names, index)?.as_ptr()) })
}

/// Number of features; 0, with the thread's last error set, if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_feature_count(model: *const crm_segment_model) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("model", model)?.features.len()) })
}

/// The name of a feature: UTF-8 text that belongs to the model and lives as long. NULL, with the thread's last error set, for
/// an index that is not below `crm_segment_model_feature_count`, or if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_feature(
    model: *const crm_segment_model,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("model", model)?.features, index)?.as_ptr()) })
}

/// The unit of a feature: text that belongs to the model and lives as long. NULL, with the thread's last error set, for an
/// index that is not below `crm_segment_model_feature_count`, or if `model` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_unit(
    model: *const crm_segment_model,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("model", model)?.units, index)?.as_ptr()) })
}

/// The day whose end the base that it was fitted on describes, counted from 1970-01-01.
///
/// Fails with `CRM_STATUS_MISSING_VALUE` unless it was fitted on a table from a base.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_as_of(
    model: *const crm_segment_model,
    out: *mut i32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(day("model", handle::get("model", model)?.value.as_of())?));
        Ok(())
    })
}

/// Copies the segment of each customer that the model was fitted on, in the order of the table, to `out`, which has room for
/// `capacity` numbers, at least `customers` of `crm_segment_model_summary`.
///
/// Fails with `CRM_STATUS_MISSING_VALUE` for a model from JSON, which does not know them, and `CRM_STATUS_LENGTH_MISMATCH` for
/// too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_labels(
    model: *const crm_segment_model,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let labels = handle::get("model", model)?.labels.as_ref().ok_or_else(|| {
            let message = "is a saved model, which does not know the customers that it was fitted on";
            Error::new(ErrorKind::MissingValue, message).on("model")
        })?;
        places("out", out, capacity, labels.len())?.fill(labels.iter().copied());
        Ok(())
    })
}

/// Copies how many of the customers that the model was fitted on are in each segment to `out`, which has room for `capacity`
/// counts, at least `crm_segment_model_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_sizes(
    model: *const crm_segment_model,
    out: *mut u64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let sizes = handle::get("model", model)?.value.clusters().rows();
        places("out", out, capacity, sizes.len())?.fill(sizes.iter().copied());
        Ok(())
    })
}

/// Copies the centres of scaled features, segment by segment, to `out`, which has room for `capacity` values, at least
/// segments times features.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_scaled_centres(
    model: *const crm_segment_model,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let centres = handle::get("model", model)?.value.clusters().centres();
        places("out", out, capacity, centres.len())?.fill(centres.iter().copied());
        Ok(())
    })
}

/// Copies the centres in the units of the features, segment by segment, to `out`, which has room for `capacity` values, at
/// least segments times features. Through a logarithm a centre comes back as a kind of geometric mean: profiles have the
/// arithmetic one.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_original_centres(
    model: *const crm_segment_model,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let centres = handle::get("model", model)?.value.original_centres()?;
        places("out", out, capacity, centres.len())?.fill(centres.into_iter());
        Ok(())
    })
}

/// A copy of the scaling.
///
/// `out` receives the scaling, NULL if the call fails; the caller frees it with `crm_feature_scaler_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_scaler(
    model: *const crm_segment_model,
    out: *mut *mut crm_feature_scaler,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Scaler::new(handle::get("model", model)?.value.scaler().clone()));
        Ok(())
    })
}

/// A copy of the clusters of scaled features.
///
/// `out` receives the clusters, NULL if the call fails; the caller frees them with `crm_k_means_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_clusters(
    model: *const crm_segment_model,
    out: *mut *mut crm_k_means,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("model", model)?.value.clusters().clone());
        Ok(())
    })
}

/// Frees a model; NULL is accepted. No thread may use it, or a text of it, any more; what was made from it lives on.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_segment_model_free(model: *mut crm_segment_model) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("model", model) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_segment_model_options::new(5);
        let table = FeatureTable::new(1).unwrap();
        // SAFETY: the struct is as long as it says, and has no text.
        let taken = unsafe { crm_segment_model_options::take(&raw const options, &table) };
        assert_eq!(taken.unwrap(), KMeansOptions::new(5));
    }
}
