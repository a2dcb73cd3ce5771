//! One arm of an experiment whose outcome is yes or no.

use crm_core::Error;
use crm_core::experiment::BinaryArm;

use crate::guard::guard;
use crate::pointer::{array, place};
use crate::status::{Failure, Outcome, crm_status};

/// Conversions out of trials, as in `{1828, 10000}`. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_binary_arm {
    /// How many converted, at most the number of trials.
    pub conversions: u64,
    /// How many there are, from 1 to 2^53.
    pub trials: u64,
}

impl crm_binary_arm {
    /// The arm behind a pointer; errors name the argument and the field.
    ///
    /// # Safety
    /// `arm` is null or points to an arm.
    pub(super) unsafe fn read(argument: &str, arm: *const Self) -> Outcome<BinaryArm> {
        if arm.is_null() {
            return Err(Failure::null(argument));
        }
        // SAFETY: not null, so an arm, as the caller promises.
        let given = unsafe { arm.read() };
        let named = |error: Error| {
            let field = error.argument_name().unwrap_or_default().to_owned();
            error.on(format!("{argument}.{field}"))
        };
        Ok(BinaryArm::new(given.conversions, given.trials).map_err(named)?)
    }
}

impl From<BinaryArm> for crm_binary_arm {
    fn from(arm: BinaryArm) -> Self {
        Self { conversions: arm.conversions(), trials: arm.trials() }
    }
}

/// Counts trials from flags, one byte each: 0 for no conversion, anything else for one.
///
/// Fails with `CRM_STATUS_EMPTY` without trials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binary_arm_from_flags(
    converted: *const u8,
    length: usize,
    out: *mut crm_binary_arm,
) -> crm_status {
    // SAFETY: the caller gives an array of that length and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let flags: Vec<bool> = array("converted", converted, length)?.iter().map(|&flag| flag != 0).collect();
        out.fill(std::iter::once(BinaryArm::from_flags(&flags)?.into()));
        Ok(())
    })
}

/// Both arms as one; `out` may be one of them.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an arm without trials or with more conversions than trials, and with
/// `CRM_STATUS_OUT_OF_RANGE` for more than 2^53 trials together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binary_arm_merge(
    arm: *const crm_binary_arm,
    other: *const crm_binary_arm,
    out: *mut crm_binary_arm,
) -> crm_status {
    // SAFETY: the caller gives arms and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let merged = crm_binary_arm::read("arm", arm)?.merge(crm_binary_arm::read("other", other)?)?;
        out.fill(std::iter::once(merged.into()));
        Ok(())
    })
}

/// Conversions over trials.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an arm without trials or with more conversions than trials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_binary_arm_rate(arm: *const crm_binary_arm, out: *mut f64) -> crm_status {
    // SAFETY: the caller gives an arm and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(crm_binary_arm::read("arm", arm)?.rate()));
        Ok(())
    })
}
