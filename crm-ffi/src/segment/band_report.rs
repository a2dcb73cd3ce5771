//! Which bands of shares are kept, and which are missed by how much.

use std::ffi::{CString, c_char};
use std::ptr;
use std::sync::LazyLock;

use crm_core::segment::{BandReport, CustomerTier};

use super::customer_tier::crm_share_band;
use super::names;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::choice;
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// A tier's share and the band that it should lie in. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_band_outcome {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The band.
    pub band: crm_share_band,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, from 0 to 1.
    pub share: f64,
    /// How far the share lies outside: below 0 if it is too small, above 0 if too large, 0 inside.
    pub missed_by: f64,
}

/// The bands as a whole. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_band_summary {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// 1 if all shares lie in their bands, else 0.
    pub feasible: i32,
    /// 0.
    pub reserved: i32,
    /// The correlation of high value with high potential among customers who are not at risk, from -1 to 1; NaN if either has
    /// no or all customers.
    pub indicator_correlation: f64,
    /// The least such correlation at which the bands can be kept with equal quantiles; NaN if they cannot at the given share at
    /// risk.
    pub required_correlation: f64,
    /// How much nearer to the centres of the bands, in squared half widths, another solution can be at most; 0 if it was shown
    /// that none is nearer.
    pub optimality_gap: f64,
}

sized_structs!(crm_band_outcome, crm_band_summary);

/// What became of the bands of core, important, basic and at-risk customers. Free with `crm_band_report_free`. Immutable: any
/// number of threads may use it at once.
pub struct crm_band_report {
    _opaque: (),
}

handles! { crm_band_report holds BandReport, tag b"crmBANDR"; }

static NAMES: LazyLock<Vec<CString>> =
    LazyLock::new(|| names::kept(CustomerTier::ALL.map(CustomerTier::name)));

/// The name of a tier, a `crm_customer_tier`: "core", "important", "basic" or "at risk", text that lives as long as the
/// program. NULL, with the thread's last error set, for a code that is none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_customer_tier_name(tier: i32) -> *const c_char {
    guard_or(ptr::null(), || choice("tier", tier, &CustomerTier::ALL).map(|it| NAMES[it as usize].as_ptr()))
}

/// The share of a tier, a `crm_customer_tier`, against its band: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a code that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_band_report_tier(
    report: *const crm_band_report,
    tier: i32,
    out: *mut crm_band_outcome,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = handle::get("report", report)?;
        let outcome = &report.tiers[choice("tier", tier, &CustomerTier::ALL)? as usize];
        out.put(crm_band_outcome {
            struct_size: size_of::<crm_band_outcome>(),
            band: outcome.band.into(),
            customers: outcome.customers,
            share: outcome.share,
            missed_by: outcome.missed_by,
        })
    })
}

/// The bands as a whole: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_band_report_summary(
    report: *const crm_band_report,
    out: *mut crm_band_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let report = handle::get("report", report)?;
        out.put(crm_band_summary {
            struct_size: size_of::<crm_band_summary>(),
            feasible: report.feasible.into(),
            reserved: 0,
            indicator_correlation: report.indicator_correlation.unwrap_or(f64::NAN),
            required_correlation: report.required_correlation.unwrap_or(f64::NAN),
            optimality_gap: report.optimality_gap,
        })
    })
}

/// Which bands are missed, by how much and why, in words, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_band_report_text(
    report: *const crm_band_report,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("report", report)?.to_string()));
        Ok(())
    })
}

/// Frees a report; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_band_report_free(report: *mut crm_band_report) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("report", report) });
}
