//! Extreme values moved to bounds that both arms share.

use std::ffi::c_char;

use crm_core::experiment::Winsor;

use super::joint_arm::{crm_joint_arm, crm_measures};
use super::mean_arm::crm_mean_arm;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::guard;
use crate::handle::Out;
use crate::pointer::{array, optional_places, place, places, text};
use crate::status::{Failure, Outcome, crm_status};

/// Bounds that values are moved to; infinite ones for none. Its layout never changes. Fill it by `crm_winsor_fit`, or by hand.
///
/// Bounds come from all arms together and stay the same for every batch. What is compared then is the mean of the clipped value: an effect on the values beyond
/// the bounds is not seen.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_winsor {
    /// A value below becomes this one.
    pub lower: f64,
    /// A value above becomes this one.
    pub upper: f64,
}

impl crm_winsor {
    /// The bounds behind a pointer.
    ///
    /// # Safety
    /// `winsor` is null or points to bounds.
    unsafe fn read(winsor: *const Self) -> Outcome<Winsor> {
        if winsor.is_null() {
            return Err(Failure::null("winsor"));
        }
        // SAFETY: not null, so bounds, as the caller promises.
        let given = unsafe { winsor.read() };
        Ok(Winsor::new(given.lower, given.upper)?)
    }
}

impl From<Winsor> for crm_winsor {
    fn from(winsor: Winsor) -> Self {
        Self { lower: winsor.lower(), upper: winsor.upper() }
    }
}

/// Bounds such that so large a share of all rows lies beyond each: `count` columns, the same value in each arm, of `lengths` values. A share of 0 sets no bound
/// at that end.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for shares outside [0, 1), that sum to 1 or more, or that leave a single value of several, with
/// `CRM_STATUS_EMPTY` without values, and with `CRM_STATUS_INVALID_VALUE`, the column and its row for a value that is NaN or infinite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_winsor_fit(
    columns: *const *const f64,
    lengths: *const usize,
    count: usize,
    lower_share: f64,
    upper_share: f64,
    out: *mut crm_winsor,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let (columns, lengths) = (array("columns", columns, count)?, array("lengths", lengths, count)?);
        let columns: Vec<&[f64]> = columns
            .iter()
            .zip(lengths)
            .map(|(&column, &length)| array("columns", column, length))
            .collect::<Outcome<_>>()?;
        out.fill(std::iter::once(Winsor::fit(&columns, lower_share, upper_share)?.into()));
        Ok(())
    })
}

/// A column with the values beyond a bound moved to it: `out` has as many places as there are values and may be the column itself. `below` and `above` receive how
/// many values were moved at each end; either may be NULL.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` and the row for a value that is NaN or infinite, and with `CRM_STATUS_INVALID_ARGUMENT` for bounds that are not in order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_winsor_apply(
    winsor: *const crm_winsor,
    values: *const f64,
    length: usize,
    out: *mut f64,
    below: *mut u64,
    above: *mut u64,
) -> crm_status {
    // SAFETY: the caller gives bounds, an array of that length and places, or null.
    guard(|| unsafe {
        let winsor = crm_winsor::read(winsor)?;
        let out = places("out", out, length, length)?;
        let (below, above) = (optional_places("below", below, 1)?, optional_places("above", above, 1)?);
        // The values are read before any is written.
        let found = winsor.apply(array("values", values, length)?)?;
        out.fill(found.values.into_iter());
        for (place, count) in [(below, found.below), (above, found.above)] {
            if let Some(place) = place {
                place.fill(std::iter::once(count));
            }
        }
        Ok(())
    })
}

/// The arm of a column with its extreme values moved.
///
/// Fails as `crm_winsor_apply` and `crm_mean_arm_from_values`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_winsor_mean_arm(
    winsor: *const crm_winsor,
    values: *const f64,
    length: usize,
    out: *mut crm_mean_arm,
) -> crm_status {
    // SAFETY: the caller gives bounds, an array of that length and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let arm = crm_winsor::read(winsor)?.mean_arm(array("values", values, length)?)?;
        out.fill(std::iter::once(arm.into()));
        Ok(())
    })
}

/// The arm of columns of rows with the extremes of the value moved; denominator and covariates stay as they are.
///
/// `out` receives the arm, NULL if the call fails; the caller frees it with `crm_joint_arm_free`. Fails as `crm_winsor_apply` and
/// `crm_joint_arm_from_measures`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_winsor_joint_arm(
    winsor: *const crm_winsor,
    measures: *const crm_measures,
    out: *mut *mut crm_joint_arm,
) -> crm_status {
    // SAFETY: the caller gives bounds, a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(crm_winsor::read(winsor)?.joint_arm(&crm_measures::take(measures)?)?);
        Ok(())
    })
}

/// The bounds as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_winsor_to_json(
    winsor: *const crm_winsor,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives bounds and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(crm_winsor::read(winsor)?.to_json()?));
        Ok(())
    })
}

/// Bounds from their JSON text.
///
/// Fails with `CRM_STATUS_CORRUPT` for another text, and with `CRM_STATUS_INCOMPATIBLE` for one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_winsor_from_json(json: *const c_char, out: *mut crm_winsor) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(Winsor::from_json(text("json", json)?)?.into()));
        Ok(())
    })
}
