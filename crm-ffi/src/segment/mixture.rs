//! Gaussian mixtures: segments that customers belong to by degrees.

use std::ffi::c_char;

use crm_core::segment::{GaussianMixture, MixtureOptions};
use crm_core::{Error, Threads};

use super::k_means::order;
use super::matrix::{matrix, product};
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How a mixture is fitted. Fill with `crm_mixture_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_mixture_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of components, at least 1.
    pub components: usize,
    /// How many starts from k-means, at least 1 (default 10); the one of the highest likelihood is kept.
    pub starts: u32,
    /// The most iterations of a start, at least 1 (default 500).
    pub most_iterations: u32,
    /// Stops when the mean log-likelihood of a row changes by less (default 1e-6).
    pub tolerance: f64,
    /// Added to the variances of standardised features, so that no component shrinks to a point (default 1e-6).
    pub ridge: f64,
    /// The seed of the starts (default 0).
    pub seed: u64,
    /// The number of the feature by whose mean components are numbered (default 0).
    pub order_feature: usize,
    /// 1 if component 0 is the one of the highest mean of that feature, 0 (default) if that of the lowest.
    pub order_descending: i32,
    /// Must be 0.
    pub reserved: u32,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

sized_structs!(crm_mixture_options);

impl crm_mixture_options {
    fn new(components: usize) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            components,
            starts: 10,
            most_iterations: 500,
            tolerance: 1e-6,
            ridge: 1e-6,
            seed: 0,
            order_feature: 0,
            order_descending: 0,
            reserved: 0,
            threads: 0,
        }
    }

    /// The options that C gives.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<MixtureOptions> {
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new(0)) }?;
        if given.reserved != 0 {
            return Err(Error::argument("reserved", given.reserved, "0").into());
        }
        Ok(MixtureOptions::new(given.components)
            .starts(given.starts)
            .most_iterations(given.most_iterations)
            .tolerance(given.tolerance)
            .ridge(given.ridge)
            .seed(given.seed)
            .order(order(given.order_feature, given.order_descending)?)
            .threads(Threads::from_count(given.threads)?))
    }
}

/// Fills options with their defaults, for so many components; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mixture_options_init(
    options: *mut crm_mixture_options,
    struct_size: usize,
    components: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_mixture_options::new(components)) })
}

/// Segments as normal distributions, each with its share of the customers, its mean and its full covariance. Free with
/// `crm_gaussian_mixture_free`. Immutable: any number of threads may use it at once.
pub struct crm_gaussian_mixture {
    _opaque: (),
}

handles! { crm_gaussian_mixture holds GaussianMixture, tag b"crmGAUSS"; }

/// Fits a mixture to `rows` rows of `features` values each, which lie in `values` in a `crm_layout`. Components are numbered
/// by their mean of a feature, so that their numbers mean the same in every run.
///
/// `out` receives the mixture, NULL if the call fails; the caller frees it with `crm_gaussian_mixture_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense, more components than there are distinct rows and features
/// that do not vary, `CRM_STATUS_EMPTY` without rows, `CRM_STATUS_INVALID_VALUE` for values that are not finite, with the
/// row, and if no start comes to an end, and `CRM_STATUS_OUT_OF_RANGE` for values above 1e140 in magnitude.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_fit(
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    options: *const crm_mixture_options,
    out: *mut *mut crm_gaussian_mixture,
) -> crm_status {
    // SAFETY: the caller gives an array of that length, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let options = crm_mixture_options::take(options)?;
        out.put(GaussianMixture::fit(&matrix(values, rows, features, layout)?, &options)?);
        Ok(())
    })
}

/// A mixture of known components: `weights` are their `components` shares, `means` hold `features` values of each, and
/// `covariances` one full matrix after the other, row by row, `features` times `features` values of each.
///
/// `out` receives the mixture, NULL if the call fails; the caller frees it with `crm_gaussian_mixture_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` without components, `CRM_STATUS_LENGTH_MISMATCH` without features, and
/// `CRM_STATUS_INVALID_VALUE` for weights that are not positive or do not sum to 1 (within 1e-9), means that are not finite,
/// and covariances that are not symmetric and positive definite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_from_parameters(
    components: usize,
    features: usize,
    weights: *const f64,
    means: *const f64,
    covariances: *const f64,
    out: *mut *mut crm_gaussian_mixture,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let values = product(components, features);
        let weights = array("weights", weights, components)?;
        let means = array("means", means, values)?;
        let covariances = array("covariances", covariances, product(values, features))?;
        out.put(GaussianMixture::from_parameters(weights, means, covariances)?);
        Ok(())
    })
}

/// The same mixture, which works on so many threads, 0 for as many as there are; results do not depend on it. A fitted
/// mixture works on as many as its options say, another one on as many as there are.
///
/// `out` receives the mixture, NULL if the call fails; the caller frees it with `crm_gaussian_mixture_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` above 1,024 threads.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_on_threads(
    mixture: *const crm_gaussian_mixture,
    threads: usize,
    out: *mut *mut crm_gaussian_mixture,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(handle::get("mixture", mixture)?.clone().on_threads(Threads::from_count(threads)?));
        Ok(())
    })
}

/// The probabilities of the components for each row, row by row. `values` holds `rows` times `features` values in a
/// `crm_layout`; `out` has room for `capacity` values, at least `rows` times `crm_gaussian_mixture_components`.
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` unless the rows have as many features as the mixture, for values as
/// `crm_gaussian_mixture_fit`, and with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_probabilities(
    mixture: *const crm_gaussian_mixture,
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of these lengths, or null.
    guard(|| unsafe {
        let mixture = handle::get("mixture", mixture)?;
        let matrix = matrix(values, rows, features, layout)?;
        let out = places("out", out, capacity, product(rows, mixture.components()))?;
        out.fill(mixture.probabilities(&matrix)?.into_iter());
        Ok(())
    })
}

/// The most probable component of each row, the lower number where two tie. `values` holds `rows` times `features` values in
/// a `crm_layout`; `labels` has room for `rows` values.
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` unless the rows have as many features as the mixture, and for values as
/// `crm_gaussian_mixture_fit`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_predict(
    mixture: *const crm_gaussian_mixture,
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    labels: *mut u32,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of these lengths, or null.
    guard(|| unsafe {
        let mixture = handle::get("mixture", mixture)?;
        let matrix = matrix(values, rows, features, layout)?;
        let labels = places("labels", labels, rows, rows)?;
        labels.fill(mixture.predict(&matrix)?.into_iter());
        Ok(())
    })
}

/// The logarithm of the mixture's density at each row. `values` holds `rows` times `features` values in a `crm_layout`; `out`
/// has room for `rows` values.
///
/// Fails as `crm_gaussian_mixture_predict`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_ln_density(
    mixture: *const crm_gaussian_mixture,
    values: *const f64,
    rows: usize,
    features: usize,
    layout: i32,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and arrays of these lengths, or null.
    guard(|| unsafe {
        let mixture = handle::get("mixture", mixture)?;
        let matrix = matrix(values, rows, features, layout)?;
        let out = places("out", out, rows, rows)?;
        out.fill(mixture.ln_density(&matrix)?.into_iter());
        Ok(())
    })
}

/// Number of components; 0, with the thread's last error set, if `mixture` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_components(mixture: *const crm_gaussian_mixture) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("mixture", mixture)?.components()) })
}

/// Number of features; 0, with the thread's last error set, if `mixture` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_features(mixture: *const crm_gaussian_mixture) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("mixture", mixture)?.features()) })
}

/// Copies the share of each component to `out`, which has room for `capacity` values, at least
/// `crm_gaussian_mixture_components`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_weights(
    mixture: *const crm_gaussian_mixture,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let weights = handle::get("mixture", mixture)?.weights();
        places("out", out, capacity, weights.len())?.fill(weights.iter().copied());
        Ok(())
    })
}

/// Copies the means, one component after the other, to `out`, which has room for `capacity` values, at least
/// `crm_gaussian_mixture_components` times `crm_gaussian_mixture_features`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_means(
    mixture: *const crm_gaussian_mixture,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let means = handle::get("mixture", mixture)?.means();
        places("out", out, capacity, means.len())?.fill(means.iter().copied());
        Ok(())
    })
}

/// Copies the covariance matrices, one after the other, row by row, to `out`, which has room for `capacity` values, at least
/// `crm_gaussian_mixture_components` times the square of `crm_gaussian_mixture_features`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_covariances(
    mixture: *const crm_gaussian_mixture,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let covariances = handle::get("mixture", mixture)?.covariances();
        places("out", out, capacity, covariances.len())?.fill(covariances.iter().copied());
        Ok(())
    })
}

/// The mixture as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_to_json(
    mixture: *const crm_gaussian_mixture,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("mixture", mixture)?.to_json()?));
        Ok(())
    })
}

/// A mixture from its JSON text, a terminated string that is read during the call only.
///
/// `out` receives the mixture, NULL if the call fails; the caller frees it with `crm_gaussian_mixture_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is not such a mixture, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_from_json(
    json: *const c_char,
    out: *mut *mut crm_gaussian_mixture,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(GaussianMixture::from_json(text("json", json)?)?);
        Ok(())
    })
}

/// Frees a mixture; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_gaussian_mixture_free(mixture: *mut crm_gaussian_mixture) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("mixture", mixture) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_mixture_options::new(3);
        // SAFETY: the struct is as long as it says.
        assert_eq!(unsafe { crm_mixture_options::take(&raw const options) }.unwrap(), MixtureOptions::new(3));
    }
}
