//! Quantiles of arms, from summaries that merge.

use std::ffi::c_char;

use crm_core::experiment::{QuantileArm, QuantileArmOptions, compare_quantiles, quantile_interval};

use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, place, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How a quantile summary counts. Fill with `crm_quantile_arm_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_quantile_arm_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Up to how many distinct values all are counted, so that quantiles are exact (default 65,536); 0 for buckets from the
    /// start, at most 10,000,000.
    pub most_distinct: u64,
    /// By how much a quantile from buckets may differ from the value that it stands for, as a share of it (default 0.005);
    /// inside (0.0001, 0.5).
    pub relative_error: f64,
}

sized_structs!(crm_quantile_arm_options);

impl crm_quantile_arm_options {
    fn new() -> Self {
        let core = QuantileArmOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            most_distinct: core.most_distinct,
            relative_error: core.relative_error,
        }
    }

    unsafe fn take(options: *const Self) -> Outcome<QuantileArmOptions> {
        if options.is_null() {
            return Ok(QuantileArmOptions::default());
        }
        // SAFETY: a struct of the size that its first field says, as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        Ok(QuantileArmOptions { most_distinct: given.most_distinct, relative_error: given.relative_error })
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_options_init(
    options: *mut crm_quantile_arm_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_quantile_arm_options::new()) })
}

/// The values of an arm as its quantiles need them: all distinct values with their counts, or, beyond a number of them,
/// buckets of equal ratio. Summaries merge, with a result that is the same for any partition of the rows. Free with
/// `crm_quantile_arm_free`. Immutable: any number of threads may use it at once.
pub struct crm_quantile_arm {
    _opaque: (),
}

handles! { crm_quantile_arm holds QuantileArm, tag b"crmQTARM"; }

/// The summary of a column of `length` values. `options` may be NULL for the defaults.
///
/// `out` receives the summary, NULL if the call fails; the caller frees it with `crm_quantile_arm_free`. Fails with
/// `CRM_STATUS_EMPTY`, `CRM_STATUS_INVALID_VALUE` or `CRM_STATUS_OUT_OF_RANGE` for a column that cannot be used, and with
/// `CRM_STATUS_INVALID_ARGUMENT` for an option out of range.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_from_values(
    values: *const f64,
    length: usize,
    options: *const crm_quantile_arm_options,
    out: *mut *mut crm_quantile_arm,
) -> crm_status {
    // SAFETY: the caller gives an array of that length, a struct and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let values = array("values", values, length)?;
        out.put(QuantileArm::from_values(values, &crm_quantile_arm_options::take(options)?)?);
        Ok(())
    })
}

/// The summary of `length` values with how often each came, as an engine that groups by value has them. As
/// `crm_quantile_arm_from_values`; fails with `CRM_STATUS_OUT_OF_RANGE` too for counts that add up to 2^63 or more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_from_counts(
    values: *const f64,
    counts: *const u64,
    length: usize,
    options: *const crm_quantile_arm_options,
    out: *mut *mut crm_quantile_arm,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length, a struct and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let (values, counts) = (array("values", values, length)?, array("counts", counts, length)?);
        out.put(QuantileArm::from_counts(values, counts, &crm_quantile_arm_options::take(options)?)?);
        Ok(())
    })
}

/// A summary of the rows of both.
///
/// `out` receives the summary, NULL if the call fails; the caller frees it with `crm_quantile_arm_free`. Fails with
/// `CRM_STATUS_INCOMPATIBLE` if they count with different options.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_merge(
    arm: *const crm_quantile_arm,
    other: *const crm_quantile_arm,
    out: *mut *mut crm_quantile_arm,
) -> crm_status {
    // SAFETY: the caller gives live handles and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let mut merged = handle::get("arm", arm)?.clone();
        merged.merge(handle::get("other", other)?)?;
        out.put(merged);
        Ok(())
    })
}

/// How many rows there are; 0 for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_count(arm: *const crm_quantile_arm) -> u64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("arm", arm)?.count()) })
}

/// 1 if all distinct values are counted, so that quantiles are exact, else 0; 0 for null.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_is_exact(arm: *const crm_quantile_arm) -> i32 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(i32::from(handle::get("arm", arm)?.is_exact())) })
}

/// The quantile of a probability from 0 to 1, by definition 7 of Hyndman and Fan.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for another probability.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_quantile(
    arm: *const crm_quantile_arm,
    probability: f64,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(handle::get("arm", arm)?.quantile(probability)?));
        Ok(())
    })
}

/// The summary as JSON text, a terminated string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_to_json(
    arm: *const crm_quantile_arm,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("arm", arm)?.to_json()?));
        Ok(())
    })
}

/// A summary from its JSON text, a terminated string that is read during the call only.
///
/// `out` receives the summary, NULL if the call fails; the caller frees it with `crm_quantile_arm_free`. Fails with
/// `CRM_STATUS_CORRUPT` if the text is no summary, and `CRM_STATUS_INCOMPATIBLE` if it is one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_from_json(
    json: *const c_char,
    out: *mut *mut crm_quantile_arm,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(QuantileArm::from_json(text("json", json)?)?);
        Ok(())
    })
}

/// Frees a summary; NULL does nothing.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_arm_free(arm: *mut crm_quantile_arm) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("arm", arm) });
}

/// Compares a quantile of two arms from their summaries, without a density: set `out->struct_size` first. The probability
/// lies inside (0, 1); `options` may be NULL for the defaults; the contrast is the difference, the lift or the ratio.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_quantiles(
    target: *const crm_quantile_arm,
    control: *const crm_quantile_arm,
    probability: f64,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives live handles and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) = (handle::get("target", target)?, handle::get("control", control)?);
        out.put((&compare_quantiles(target, control, probability, &crm_test_options::take(options)?)?).into())
    })
}

/// An interval for a quantile of one arm from its order statistics, and the test of a value of it, by default 0: set
/// `out->struct_size` first. As `crm_compare_quantiles`, with NaN as control; the contrast is the difference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_quantile_interval(
    arm: *const crm_quantile_arm,
    probability: f64,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives a live handle and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let arm = handle::get("arm", arm)?;
        out.put((&quantile_interval(arm, probability, &crm_test_options::take(options)?)?).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_quantile_arm_options::new();
        // SAFETY: the struct is as long as it says.
        let taken = unsafe { crm_quantile_arm_options::take(&raw const options) }.unwrap();
        assert_eq!(taken, QuantileArmOptions::default());
    }
}
