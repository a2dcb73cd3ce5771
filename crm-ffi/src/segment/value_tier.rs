//! Tiers of value: who is worth most, by lower bounds that are saved.

use std::ffi::{CString, c_char};
use std::ptr;

use crm_core::Error;
use crm_core::segment::{TierSplit, ValueTierOptions, ValueTierRow, ValueTierSummary, ValueTiers};

use super::names;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, choice, element, places, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What the shares of tiers are shares of.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_tier_split {
    /// Of the customers.
    CustomerShares = 0,
    /// Of the total of all positive values; values of 0 and below belong to the last tier.
    ValueShares = 1,
}

/// How tiers of value are asked for. Fill with `crm_value_tier_options_init`, then change what differs. What it points to is
/// copied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_value_tier_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// From 2 to 20 shares above 0 that sum to 1, the highest tier first; NULL (default) for 0.2, 0.3 and 0.5.
    pub shares: *const f64,
    /// How many.
    pub share_count: usize,
    /// Names of the tiers, terminated strings, the highest tier first; NULL (default) for high, medium and low, or tier 1 (the
    /// highest), tier 2 and so on where there are not three.
    pub names: *const *const c_char,
    /// How many.
    pub name_count: usize,
    /// A `crm_tier_split` (default: customer shares).
    pub split: i32,
    /// Must be 0.
    pub reserved: i32,
}

/// One tier in numbers. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_value_tier_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The name, UTF-8: belongs to the summary and lives as long.
    pub name: *const c_char,
    /// The lowest value that belongs to it; NaN for the last tier, which takes all others, and for tiers that no value reached
    /// when fitted.
    pub lower_bound: f64,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, from 0 to 1.
    pub customer_share: f64,
    /// Sum of their values.
    pub value: f64,
    /// Share of the sum of all values; 0 if that is 0. Negative values can push it outside 0 to 1.
    pub value_share: f64,
    /// The lowest value; NaN for a tier without customers.
    pub lowest: f64,
    /// The highest value; NaN for a tier without customers.
    pub highest: f64,
    /// The share that the tier was asked to have; NaN if bounds were given.
    pub asked_share: f64,
    /// The share that it has of what was asked for; NaN if bounds were given. More than asked, or less: ties are never split.
    pub got_share: f64,
}

sized_structs!(crm_value_tier_options, crm_value_tier_row);

impl crm_value_tier_options {
    fn new() -> Self {
        Self {
            struct_size: size_of::<Self>(),
            shares: ptr::null(),
            share_count: 0,
            names: ptr::null(),
            name_count: 0,
            split: crm_tier_split::CustomerShares as i32,
            reserved: 0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says, whose arrays are as long as it says.
    unsafe fn take(options: *const Self) -> Outcome<ValueTierOptions> {
        if options.is_null() {
            return Ok(ValueTierOptions::default());
        }
        // SAFETY: as the caller promises.
        let (given, shares, names) = unsafe {
            let given = sized::read("options", options, Self::new())?;
            let shares = array("options.shares", given.shares, given.share_count)?;
            (given, shares, names::given("options.names", given.names, given.name_count)?)
        };
        if given.reserved != 0 {
            return Err(Error::argument("options.reserved", given.reserved, "0").into());
        }
        let shares = if given.shares.is_null() { vec![0.2, 0.3, 0.5] } else { shares.to_vec() };
        let splits = [crm_tier_split::CustomerShares, crm_tier_split::ValueShares];
        let split = match choice("options.split", given.split, &splits)? {
            crm_tier_split::CustomerShares => TierSplit::CustomerShares(shares),
            crm_tier_split::ValueShares => TierSplit::ValueShares(shares),
        };
        Ok(ValueTierOptions::new(split).names(names))
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tier_options_init(
    options: *mut crm_value_tier_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_value_tier_options::new()) })
}

/// Tiers by lower bounds of a value, tier 0 the highest. Free with `crm_value_tiers_free`. Immutable: any number of threads
/// may use it at once.
pub struct crm_value_tiers {
    _opaque: (),
}

/// Every tier in numbers, the highest first, those without customers included. Free with `crm_value_tier_summary_free`.
/// Immutable: any number of threads may use it at once.
pub struct crm_value_tier_summary {
    _opaque: (),
}

pub(crate) struct Tiers {
    model: ValueTiers,
    names: Vec<CString>,
}

pub(crate) struct Summary {
    summary: ValueTierSummary,
    names: Vec<CString>,
}

handles! {
    crm_value_tiers holds Tiers, tag b"crmVALTI";
    crm_value_tier_summary holds Summary, tag b"crmVALTS";
}

impl Tiers {
    fn new(model: ValueTiers) -> Self {
        let names = names::kept(model.names());
        Self { model, names }
    }
}

/// Fits lower bounds to the values of `length` customers, of any unit; NULL options are the defaults. Equal values are never
/// split.
///
/// `out` receives the tiers, NULL if the call fails; the caller frees them with `crm_value_tiers_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for shares that are not above 0 or do not sum to 1, fewer than 2 or more than 20 of them, another
/// number of names, and names that are empty or repeated, `CRM_STATUS_EMPTY` without customers, `CRM_STATUS_INVALID_VALUE` with
/// the row for values that are not finite, and without it if shares of value are asked and none is positive, and
/// `CRM_STATUS_OUT_OF_RANGE` above 1e140 in magnitude.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_fit(
    values: *const f64,
    length: usize,
    options: *const crm_value_tier_options,
    out: *mut *mut crm_value_tiers,
) -> crm_status {
    // SAFETY: the caller gives an array of that length, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let values = array("values", values, length)?;
        out.put(Tiers::new(ValueTiers::fit(values, &crm_value_tier_options::take(options)?)?.model));
        Ok(())
    })
}

/// Tiers by `bound_count` lower bounds of your own, which descend strictly, one for each tier but the last. `names`, one more
/// than bounds, are copied; NULL and 0 for the default names.
///
/// `out` receives the tiers, NULL if the call fails; the caller frees them with `crm_value_tiers_free`. Fails with
/// `CRM_STATUS_INVALID_ARGUMENT` for bounds that do not descend or are not finite, fewer than 1 or more than 19 of them, another
/// number of names, and names that are empty or repeated.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_from_lower_bounds(
    lower_bounds: *const f64,
    bound_count: usize,
    names: *const *const c_char,
    name_count: usize,
    out: *mut *mut crm_value_tiers,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths with terminated strings and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let bounds = array("lower_bounds", lower_bounds, bound_count)?;
        let names = names::given("names", names, name_count)?;
        out.put(Tiers::new(ValueTiers::from_lower_bounds(bounds, &names)?));
        Ok(())
    })
}

/// The tiers as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_to_json(
    tiers: *const crm_value_tiers,
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
/// `out` receives the tiers, NULL if the call fails; the caller frees them with `crm_value_tiers_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is none of tiers, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_from_json(
    json: *const c_char,
    out: *mut *mut crm_value_tiers,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(Tiers::new(ValueTiers::from_json(text("json", json)?)?));
        Ok(())
    })
}

/// Number of tiers; 0, with the thread's last error set, if `tiers` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_length(tiers: *const crm_value_tiers) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("tiers", tiers)?.names.len()) })
}

/// The name of a tier: UTF-8 text that belongs to the tiers and lives as long. NULL, with the thread's last error set, for an
/// index that is not below `crm_value_tiers_length`, or if `tiers` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_name(tiers: *const crm_value_tiers, index: usize) -> *const c_char {
    // SAFETY: the caller gives a live handle or null.
    guard_or(ptr::null(), || unsafe { Ok(element(&handle::get("tiers", tiers)?.names, index)?.as_ptr()) })
}

/// Copies the lower bound of each tier but the last to `out`, which has room for `capacity` values, at least one fewer than
/// `crm_value_tiers_length`; NaN for tiers that no value reached when fitted.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_lower_bounds(
    tiers: *const crm_value_tiers,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let bounds = handle::get("tiers", tiers)?.model.lower_bounds();
        let out = places("out", out, capacity, bounds.len())?;
        out.fill(bounds.iter().map(|bound| bound.unwrap_or(f64::NAN)));
        Ok(())
    })
}

/// Copies the tier of each of `length` values, 0 the highest, to `out`, which has room for `capacity` numbers, at least
/// `length`.
///
/// Fails with `CRM_STATUS_EMPTY` without values, `CRM_STATUS_INVALID_VALUE` with the row for values that are not finite,
/// `CRM_STATUS_OUT_OF_RANGE` above 1e140 in magnitude, and `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_assign(
    tiers: *const crm_value_tiers,
    values: *const f64,
    length: usize,
    out: *mut u32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of that length and `capacity` places, or null.
    guard(|| unsafe {
        let tiers = &handle::get("tiers", tiers)?.model;
        let values = array("values", values, length)?;
        let out = places("out", out, capacity, length)?;
        out.fill(tiers.assign(values)?.into_iter());
        Ok(())
    })
}

/// The tiers of `length` values in numbers.
///
/// `out` receives the summary, NULL if the call fails; the caller frees it with `crm_value_tier_summary_free`. Fails as
/// `crm_value_tiers_assign` does.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_summary(
    tiers: *const crm_value_tiers,
    values: *const f64,
    length: usize,
    out: *mut *mut crm_value_tier_summary,
) -> crm_status {
    // SAFETY: the caller gives a live handle, an array of that length and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let tiers = &handle::get("tiers", tiers)?.model;
        let summary = tiers.summary(array("values", values, length)?)?;
        let names = names::kept(summary.rows.iter().map(|row| &row.name));
        out.put(Summary { summary, names });
        Ok(())
    })
}

/// Frees tiers; NULL is accepted. No thread may use them, or a text of them, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tiers_free(tiers: *mut crm_value_tiers) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("tiers", tiers) });
}

/// Number of tiers; 0, with the thread's last error set, if `summary` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tier_summary_length(summary: *const crm_value_tier_summary) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("summary", summary)?.names.len()) })
}

/// One tier in numbers: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_value_tier_summary_length`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tier_summary_row(
    summary: *const crm_value_tier_summary,
    index: usize,
    out: *mut crm_value_tier_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let summary = handle::get("summary", summary)?;
        let row: &ValueTierRow = element(&summary.summary.rows, index)?;
        out.put(crm_value_tier_row {
            struct_size: size_of::<crm_value_tier_row>(),
            name: element(&summary.names, index)?.as_ptr(),
            lower_bound: row.lower_bound.unwrap_or(f64::NAN),
            customers: row.customers,
            customer_share: row.customer_share,
            value: row.value,
            value_share: row.value_share,
            lowest: row.lowest.unwrap_or(f64::NAN),
            highest: row.highest.unwrap_or(f64::NAN),
            asked_share: row.asked_share.unwrap_or(f64::NAN),
            got_share: row.got_share.unwrap_or(f64::NAN),
        })
    })
}

/// Frees a summary; NULL is accepted. No thread may use it, or a text of it, any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_value_tier_summary_free(summary: *mut crm_value_tier_summary) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("summary", summary) });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_value_tier_options::new();
        // SAFETY: the struct is as long as it says, and points to nothing.
        let taken = unsafe { crm_value_tier_options::take(&raw const options) };
        assert_eq!(taken.unwrap(), ValueTierOptions::default());
    }
}
