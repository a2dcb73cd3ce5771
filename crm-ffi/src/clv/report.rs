//! What a fit found, how sure it is, and what is wrong with it.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::clv::FitReport;
use crm_core::{Error, ErrorKind};

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{element, places};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, c_text, crm_status};

/// How a model was estimated: a report of its own, which lives on without the model. Free with `crm_fit_report_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_fit_report {
    _opaque: (),
}

/// What a report holds, with its texts as C sees them.
pub(crate) struct Report {
    fit: FitReport,
    names: Vec<CString>,
    warnings: Vec<CString>,
    warning_names: Vec<CString>,
}

impl Report {
    /// A copy of a model's report.
    pub(crate) fn of(report: Option<&FitReport>) -> Outcome<Self> {
        let fit = report.cloned().ok_or_else(|| {
            Error::new(ErrorKind::MissingValue, "the model has given parameters, no fit").on("model")
        })?;
        Ok(Self {
            names: fit.names().iter().map(|name| c_text(name)).collect(),
            warnings: fit.warnings().iter().map(|warning| c_text(&warning.to_string())).collect(),
            warning_names: fit.warnings().iter().map(|warning| c_text(warning.name())).collect(),
            fit,
        })
    }
}

handles! { crm_fit_report holds Report, tag b"crmFITRE"; }

/// A fit in numbers. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_fit_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Number of customers: the sum of the weights.
    pub customers: f64,
    /// Rows that differ, which is what the likelihood is computed from.
    pub distinct_rows: u64,
    /// The log-likelihood at the estimates, without the penalty.
    pub log_likelihood: f64,
    /// The penalty that was asked for; 0 for maximum likelihood.
    pub l2: f64,
    /// Akaike's information criterion.
    pub aic: f64,
    /// The Bayesian information criterion.
    pub bic: f64,
    /// Largest over smallest eigenvalue of the Hessian in log-parameters; NaN if it is not definite.
    pub condition: f64,
    /// How often likelihood and gradient were computed.
    pub evaluations: u32,
    /// 1 if the gradient vanishes at the estimates, 0 if not.
    pub converged: i32,
    /// 1 if the fit converged inside the range of the parameters to something that the data identify, 0 if not: then the
    /// warnings say why.
    pub is_sound: i32,
    /// Always 0.
    pub reserved: i32,
}

sized_structs!(crm_fit_summary);

/// The fit in numbers; `out` is a struct of the caller whose `struct_size` is set.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_summary(
    report: *const crm_fit_report,
    out: *mut crm_fit_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = &handle::get("report", report)?.fit;
        out.put(crm_fit_summary {
            struct_size: size_of::<crm_fit_summary>(),
            customers: report.customers(),
            distinct_rows: report.distinct_rows(),
            log_likelihood: report.log_likelihood(),
            l2: report.l2(),
            aic: report.aic(),
            bic: report.bic(),
            condition: report.condition().unwrap_or(f64::NAN),
            evaluations: report.evaluations(),
            converged: i32::from(report.converged()),
            is_sound: i32::from(report.is_sound()),
            reserved: 0,
        })
    })
}

/// Number of estimates: parameters, then coefficients of covariates. 0, with the thread's last error set, if `report` is
/// NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_length(report: *const crm_fit_report) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("report", report)?.names.len()) })
}

/// The name of an estimate, such as "alpha" or "alpha:gender", which belongs to the report and lives as long. NULL, with
/// the thread's last error set, for an index that is not below `crm_fit_report_length`, or if `report` is NULL or no such
/// handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_name(report: *const crm_fit_report, index: usize) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("report", report)?.names, index)?.as_ptr()) })
}

/// Copies the estimates to `out`, which has room for `capacity` values, at least `crm_fit_report_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_estimates(
    report: *const crm_fit_report,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let estimates = handle::get("report", report)?.fit.estimates();
        places("out", out, capacity, estimates.len())?.fill(estimates.iter().copied());
        Ok(())
    })
}

/// Copies the standard errors of the estimates to `out`, which has room for `capacity` values, at least
/// `crm_fit_report_length`. NaN where one is not defined: for an estimate at the end of its range, and for all if the
/// likelihood is not curved in every direction.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_standard_errors(
    report: *const crm_fit_report,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let errors = handle::get("report", report)?.fit.standard_errors();
        let out = places("out", out, capacity, errors.len())?;
        out.fill(errors.into_iter().map(|error| error.unwrap_or(f64::NAN)));
        Ok(())
    })
}

/// Copies the covariance of the estimates, row by row, to `out`, which has room for `capacity` values, at least the square
/// of `crm_fit_report_length`. 0 for an estimate at the end of its range; all NaN if the likelihood is not curved in every
/// direction.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_covariance(
    report: *const crm_fit_report,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let report = &handle::get("report", report)?.fit;
        let size = report.estimates().len();
        let out = places("out", out, capacity, size * size)?;
        out.fill(report.covariance().unwrap_or_else(|| vec![f64::NAN; size * size]).into_iter());
        Ok(())
    })
}

/// Copies the ends of confidence intervals of the estimates to `lower` and `upper`, which have room for `capacity` values
/// each, at least `crm_fit_report_length`. Symmetric in the logarithm for parameters, so that they stay positive; NaN where
/// they are not defined. `confidence_level` is 0.95 for 95 %.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a level outside 0 to 1, and `CRM_STATUS_LENGTH_MISMATCH` for too little
/// room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_confidence_intervals(
    report: *const crm_fit_report,
    confidence_level: f64,
    lower: *mut f64,
    upper: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and twice `capacity` places, or null.
    guard(|| unsafe {
        let intervals = handle::get("report", report)?.fit.confidence_intervals(confidence_level)?;
        let lower = places("lower", lower, capacity, intervals.len())?;
        let upper = places("upper", upper, capacity, intervals.len())?;
        lower.fill(intervals.iter().map(|interval| interval.map_or(f64::NAN, |(lower, _)| lower)));
        upper.fill(intervals.iter().map(|interval| interval.map_or(f64::NAN, |(_, upper)| upper)));
        Ok(())
    })
}

/// How many things make the fit less telling; 0, with the thread's last error set, if `report` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_warning_count(report: *const crm_fit_report) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("report", report)?.warnings.len()) })
}

/// A thing that makes the fit less telling, as text that belongs to the report and lives as long. NULL, with the thread's
/// last error set, for an index that is not below `crm_fit_report_warning_count`, or if `report` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_warning(
    report: *const crm_fit_report,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(element(&handle::get("report", report)?.warnings, index)?.as_ptr())
    })
}

/// The stable name of such a thing, such as "not_converged", "boundary", "ill_conditioned", "not_identified" or
/// "few_customers": text that belongs to the report and lives as long. NULL as `crm_fit_report_warning`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_warning_name(
    report: *const crm_fit_report,
    index: usize,
) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe {
        Ok(element(&handle::get("report", report)?.warning_names, index)?.as_ptr())
    })
}

/// Frees a report; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_fit_report_free(report: *mut crm_fit_report) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("report", report) });
}
