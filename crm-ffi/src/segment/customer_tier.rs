//! Core, important, basic and at risk: tiers by value, potential and risk whose shares lie in bands.

use std::ffi::c_char;
use std::ptr;

use crm_core::segment::{
    BandReport, CustomerTier, CustomerTierOptions, CustomerTiers, RiskColumn, ShareBand, TierBands,
};
use crm_core::{Error, ErrorKind};

use super::band_report::crm_band_report;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, place, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Failure, Outcome, crm_status};

/// A tier of customers by value, potential and risk.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_customer_tier {
    /// High value and high potential.
    Core = 0,
    /// Either high value or high potential.
    Important = 1,
    /// Neither, but not at risk.
    Basic = 2,
    /// At risk of leaving, whatever value and potential are.
    AtRisk = 3,
}

/// A range that a share should lie in, both ends included, from 0 to 1. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_share_band {
    /// The least share.
    pub lowest: f64,
    /// The largest share, above the least.
    pub highest: f64,
}

/// The bands of the tiers, and who is at risk. Fill with `crm_customer_tier_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_customer_tier_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The share of core customers (default 0.10 to 0.15).
    pub core: crm_share_band,
    /// The share of important customers (default 0.30 to 0.35).
    pub important: crm_share_band,
    /// The share of basic customers (default 0.40 to 0.45).
    pub basic: crm_share_band,
    /// The share of customers at risk (default 0.05 to 0.10).
    pub at_risk: crm_share_band,
    /// Whether there is a threshold of risk: 0 (default) for the riskiest within their band, or 1.
    pub has_risk_threshold: i32,
    /// Must be 0.
    pub reserved: i32,
    /// Customers of at least this score of risk are at risk.
    pub risk_threshold: f64,
}

/// What is known of each of `length` customers. Set it to zero, then `struct_size` and what there is: value, potential, and
/// either flags or scores of risk.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_customer_tier_data {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// How many customers.
    pub length: usize,
    /// The value of each, of any unit.
    pub value: *const f64,
    /// The potential of each, of any unit.
    pub potential: *const f64,
    /// Whether each is at risk, 0 or 1; NULL where there are scores.
    pub risk_flags: *const u8,
    /// A score of each, the higher the riskier, of any unit; NULL where there are flags.
    pub risk_scores: *const f64,
}

/// From where on values are high. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_tier_thresholds {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The lowest high value; NaN if no value is high.
    pub value: f64,
    /// The lowest high potential; NaN if none is high.
    pub potential: f64,
    /// The lowest score at risk; NaN if no score is, or if flags say who is.
    pub risk: f64,
}

sized_structs!(crm_customer_tier_options, crm_customer_tier_data, crm_tier_thresholds);

impl From<ShareBand> for crm_share_band {
    fn from(band: ShareBand) -> Self {
        Self { lowest: band.lowest, highest: band.highest }
    }
}

impl From<crm_share_band> for ShareBand {
    fn from(band: crm_share_band) -> Self {
        Self { lowest: band.lowest, highest: band.highest }
    }
}

impl crm_customer_tier_options {
    fn new() -> Self {
        let TierBands { core, important, basic, at_risk } = TierBands::default();
        Self {
            struct_size: size_of::<Self>(),
            core: core.into(),
            important: important.into(),
            basic: basic.into(),
            at_risk: at_risk.into(),
            has_risk_threshold: 0,
            reserved: 0,
            risk_threshold: 0.0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    unsafe fn take(options: *const Self) -> Outcome<CustomerTierOptions> {
        if options.is_null() {
            return Ok(CustomerTierOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        if given.reserved != 0 {
            return Err(Error::argument("options.reserved", given.reserved, "0").into());
        }
        let bands = TierBands {
            core: given.core.into(),
            important: given.important.into(),
            basic: given.basic.into(),
            at_risk: given.at_risk.into(),
        };
        let taken = CustomerTierOptions::default().bands(bands);
        Ok(if choice("options.has_risk_threshold", given.has_risk_threshold, &[false, true])? {
            taken.risk_threshold(given.risk_threshold)
        } else {
            taken
        })
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tier_options_init(
    options: *mut crm_customer_tier_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_customer_tier_options::new()) })
}

/// The columns of customers.
struct Data<'a> {
    value: &'a [f64],
    potential: &'a [f64],
    risk: Risk<'a>,
}

enum Risk<'a> {
    Flags(Vec<bool>),
    Scores(&'a [f64]),
}

impl Data<'_> {
    /// What C gives.
    ///
    /// # Safety
    /// `data` is null or points to a struct of the size that its first field says, whose arrays are as long as it says and live,
    /// unchanged, as long as the result.
    unsafe fn take(data: *const crm_customer_tier_data) -> Outcome<Self> {
        let none = crm_customer_tier_data {
            struct_size: size_of::<crm_customer_tier_data>(),
            length: 0,
            value: ptr::null(),
            potential: ptr::null(),
            risk_flags: ptr::null(),
            risk_scores: ptr::null(),
        };
        // SAFETY: as the caller promises.
        unsafe {
            let given = sized::read("data", data, none)?;
            let value = array("data.value", given.value, given.length)?;
            let potential = array("data.potential", given.potential, given.length)?;
            let risk = match (given.risk_flags.is_null(), given.risk_scores.is_null()) {
                (false, false) => {
                    let accepted = "flags or scores of risk, not both";
                    return Err(Error::argument("data.risk_scores", "given beside flags", accepted).into());
                }
                (true, true) => return Err(Failure::null("data.risk_scores")),
                (true, false) => Risk::Scores(array("data.risk_scores", given.risk_scores, given.length)?),
                (false, true) => {
                    let flags = array("data.risk_flags", given.risk_flags, given.length)?;
                    if let Some(row) = flags.iter().position(|&flag| flag > 1) {
                        let message = format!("{} is neither 0 nor 1", flags[row]);
                        let error = Error::new(ErrorKind::InvalidValue, message).on("data.risk_flags");
                        return Err(error.at_row(row as u64).into());
                    }
                    Risk::Flags(flags.iter().map(|&flag| flag == 1).collect())
                }
            };
            Ok(Self { value, potential, risk })
        }
    }

    fn risk(&self) -> RiskColumn<'_> {
        match &self.risk {
            Risk::Flags(flags) => RiskColumn::Flags(flags),
            Risk::Scores(scores) => RiskColumn::Scores(scores),
        }
    }
}

/// Four tiers of customers by two thresholds and a rule for risk. Free with `crm_customer_tiers_free`. Immutable: any number
/// of threads may use it at once.
pub struct crm_customer_tiers {
    _opaque: (),
}

pub(crate) struct Tiers {
    model: CustomerTiers,
    /// Of the customers fitted; a saved model does not know them.
    report: Option<BandReport>,
}

handles! { crm_customer_tiers holds Tiers, tag b"crmCUSTI"; }

/// Fits the thresholds to customers; NULL options are the defaults. If no thresholds keep all bands, they are those nearest to
/// the centres of all: `crm_customer_tiers_fit_report` says so.
///
/// `out` receives the tiers, NULL if the call fails; the caller frees them with `crm_customer_tiers_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for bands that are not from a share to a larger one or cannot sum to 1, for a threshold that is
/// not finite or beside flags, and for flags beside scores, `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_INVALID_VALUE` with
/// the row for values that are not finite and flags that are neither 0 nor 1, and `CRM_STATUS_OUT_OF_RANGE` above 1e140 in
/// magnitude.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_fit(
    data: *const crm_customer_tier_data,
    options: *const crm_customer_tier_options,
    out: *mut *mut crm_customer_tiers,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes and arrays of the lengths that they say and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let data = Data::take(data)?;
        let options = crm_customer_tier_options::take(options)?;
        let fit = CustomerTiers::fit(data.value, data.potential, data.risk(), &options)?;
        out.put(Tiers { model: fit.model, report: Some(fit.report) });
        Ok(())
    })
}

/// The tiers as JSON text, which `crm_bytes_text` gives as a string; the customers that they were fitted on are not in it.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_to_json(
    tiers: *const crm_customer_tiers,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("tiers", tiers)?.model.to_json()?));
        Ok(())
    })
}

/// Tiers from their JSON text, a terminated string that is read during the call only.
///
/// `out` receives the tiers, NULL if the call fails; the caller frees them with `crm_customer_tiers_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is none of tiers, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_from_json(
    json: *const c_char,
    out: *mut *mut crm_customer_tiers,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Tiers { model: CustomerTiers::from_json(text("json", json)?)?, report: None });
        Ok(())
    })
}

/// From where on values are high: set `out->struct_size` first.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_thresholds(
    tiers: *const crm_customer_tiers,
    out: *mut crm_tier_thresholds,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let tiers = &handle::get("tiers", tiers)?.model;
        out.put(crm_tier_thresholds {
            struct_size: size_of::<crm_tier_thresholds>(),
            value: tiers.value_threshold().unwrap_or(f64::NAN),
            potential: tiers.potential_threshold().unwrap_or(f64::NAN),
            risk: tiers.risk_threshold().unwrap_or(f64::NAN),
        })
    })
}

/// The band of a tier, a `crm_customer_tier`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_band(
    tiers: *const crm_customer_tiers,
    tier: i32,
    out: *mut crm_share_band,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let bands = handle::get("tiers", tiers)?.model.bands().all();
        out.fill(std::iter::once(choice("tier", tier, &bands)?.into()));
        Ok(())
    })
}

/// Copies the tier of each customer, a `crm_customer_tier`, to `out`, which has room for `capacity` codes, at least
/// `data->length`: by comparison with the fitted thresholds alone.
///
/// Fails with `CRM_STATUS_INCOMPATIBLE` for flags where the tiers were fitted to scores, or the other way round,
/// `CRM_STATUS_LENGTH_MISMATCH` for too little room, and for the data as `crm_customer_tiers_fit` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_assign(
    tiers: *const crm_customer_tiers,
    data: *const crm_customer_tier_data,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size and arrays of the length that it says and `capacity` places,
    // or null.
    guard(|| unsafe {
        let tiers = &handle::get("tiers", tiers)?.model;
        let data = Data::take(data)?;
        let out = places("out", out, capacity, data.value.len())?;
        let assigned = tiers.assign(data.value, data.potential, data.risk())?;
        out.fill(assigned.into_iter().map(CustomerTier::code));
        Ok(())
    })
}

/// The shares of the customers that the tiers were fitted on, and what became of their bands.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_band_report_free`. Fails with
/// `CRM_STATUS_MISSING_VALUE` for tiers from JSON, which do not know them.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_fit_report(
    tiers: *const crm_customer_tiers,
    out: *mut *mut crm_band_report,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let report = handle::get("tiers", tiers)?.report.clone().ok_or_else(|| {
            let message = "are saved tiers, which do not know the customers that they were fitted on";
            Error::new(ErrorKind::MissingValue, message).on("tiers")
        })?;
        out.put(report);
        Ok(())
    })
}

/// The shares of other customers against the bands, at the share at risk that they have.
///
/// `out` receives the report, NULL if the call fails; the caller frees it with `crm_band_report_free`. Fails as
/// `crm_customer_tiers_assign` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_report(
    tiers: *const crm_customer_tiers,
    data: *const crm_customer_tier_data,
    out: *mut *mut crm_band_report,
) -> crm_status {
    // SAFETY: the caller gives a live handle, a struct of the size and arrays of the length that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let tiers = &handle::get("tiers", tiers)?.model;
        let data = Data::take(data)?;
        out.put(tiers.report(data.value, data.potential, data.risk())?);
        Ok(())
    })
}

/// Frees tiers; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_customer_tiers_free(tiers: *mut crm_customer_tiers) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("tiers", tiers) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_codes_are_those_of_the_core() {
        let options = crm_customer_tier_options::new();
        // SAFETY: the struct is as long as it says.
        let taken = unsafe { crm_customer_tier_options::take(&raw const options) };
        assert_eq!(taken.unwrap(), CustomerTierOptions::default());
        assert_eq!(CustomerTier::AtRisk.code(), crm_customer_tier::AtRisk as u32);
        assert_eq!(CustomerTier::Important.code(), crm_customer_tier::Important as u32);
    }
}
