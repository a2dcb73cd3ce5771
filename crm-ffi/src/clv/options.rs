//! How models are fitted.

use std::ffi::c_char;
use std::ptr;

use crm_core::clv::FitOptions;
use crm_core::{Error, Threads};

use crate::guard::guard;
use crate::pointer::{array, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How a purchase model is estimated. Fill with `crm_fit_options_init`, then change what differs. Texts are copied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_fit_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Weight of a penalty on the squares of the log-parameters and coefficients, per customer; times are taken relative to
    /// the mean age. 0 (default): maximum likelihood.
    pub l2: f64,
    /// The most evaluations of the likelihood from one start (default 1,000).
    pub most_evaluations: u32,
    /// Must be 0.
    pub reserved: u32,
    /// Names of the covariates of the purchase rate; NULL (default) for none.
    pub purchase_covariates: *const *const c_char,
    /// How many.
    pub purchase_covariate_count: usize,
    /// Names of the covariates of the dropout; NULL (default) for none.
    pub dropout_covariates: *const *const c_char,
    /// How many.
    pub dropout_covariate_count: usize,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

/// How a spend model is estimated. Fill with `crm_spend_fit_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_spend_fit_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Weight of a penalty on the squares of ln p, ln q and ln(v / mean spend), per customer. 0 (default): maximum
    /// likelihood.
    pub l2: f64,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

sized_structs!(crm_fit_options, crm_spend_fit_options);

impl crm_fit_options {
    fn new() -> Self {
        let defaults = FitOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            l2: defaults.l2,
            most_evaluations: defaults.most_evaluations,
            reserved: 0,
            purchase_covariates: ptr::null(),
            purchase_covariate_count: 0,
            dropout_covariates: ptr::null(),
            dropout_covariate_count: 0,
            threads: 0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says, whose texts are terminated.
    pub(crate) unsafe fn take(options: *const Self) -> Outcome<FitOptions> {
        let mut taken = FitOptions::default();
        if options.is_null() {
            return Ok(taken);
        }
        // SAFETY: as the caller promises.
        unsafe {
            let given = sized::read("options", options, Self::new())?;
            if given.reserved != 0 {
                return Err(Error::argument("reserved", given.reserved, "0").into());
            }
            taken.l2 = given.l2;
            taken.most_evaluations = given.most_evaluations;
            taken.purchase_covariates =
                names("purchase_covariates", given.purchase_covariates, given.purchase_covariate_count)?;
            taken.dropout_covariates =
                names("dropout_covariates", given.dropout_covariates, given.dropout_covariate_count)?;
            taken.threads = Threads::from_count(given.threads)?;
        }
        Ok(taken)
    }
}

/// Texts of an array.
///
/// # Safety
/// `values` is null or points to `count` texts.
unsafe fn names(argument: &str, values: *const *const c_char, count: usize) -> Outcome<Vec<String>> {
    // SAFETY: as the caller promises.
    unsafe {
        let values = array(argument, values, count)?;
        values.iter().map(|&name| text(argument, name).map(str::to_owned)).collect()
    }
}

impl crm_spend_fit_options {
    fn new() -> Self {
        Self { struct_size: size_of::<Self>(), l2: 0.0, threads: 0 }
    }

    /// Penalty and threads that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    pub(crate) unsafe fn take(options: *const Self) -> Outcome<(f64, Threads)> {
        if options.is_null() {
            return Ok((0.0, Threads::Available));
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        Ok((given.l2, Threads::from_count(given.threads)?))
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_options_init(
    options: *mut crm_fit_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_fit_options::new()) })
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_spend_fit_options_init(
    options: *mut crm_spend_fit_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_spend_fit_options::new()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_fit_options::new();
        // SAFETY: the struct is as long as it says, and has no texts.
        assert_eq!(unsafe { crm_fit_options::take(&raw const options) }.unwrap(), FitOptions::default());
        // SAFETY: null is allowed.
        assert_eq!(unsafe { crm_fit_options::take(ptr::null()) }.unwrap(), FitOptions::default());
    }
}
