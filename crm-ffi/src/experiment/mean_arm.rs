//! One arm of an experiment whose outcome is a number.

use crm_core::Error;
use crm_core::experiment::MeanArm;

use crate::guard::guard;
use crate::pointer::{array, place};
use crate::status::{Failure, Outcome, crm_status};

/// Count, mean, squares and skewness of a value; all 0 is the empty arm. Its layout never changes. Fill it by a function below.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_mean_arm {
    /// The number of values.
    pub count: u64,
    /// Their mean.
    pub mean: f64,
    /// What rounding took from the mean; 0 in an arm made by hand.
    pub mean_tail: f64,
    /// The sum of squared deviations from the mean.
    pub m2: f64,
    /// The third central moment over the cube of the standard deviation, both with divisor n; NaN where it is not known, as in arms from moments
    /// or sums, where it may be set. Only `CRM_MEAN_METHOD_SKEWNESS_CORRECTED` asks for it.
    pub skewness: f64,
}

impl crm_mean_arm {
    /// The arm behind a pointer; errors name the argument and the field.
    ///
    /// # Safety
    /// `arm` is null or points to an arm.
    pub(super) unsafe fn read(argument: &str, arm: *const Self) -> Outcome<MeanArm> {
        if arm.is_null() {
            return Err(Failure::null(argument));
        }
        // SAFETY: not null, so an arm, as the caller promises.
        unsafe { arm.read() }.take(argument)
    }

    pub(super) fn take(self, argument: &str) -> Outcome<MeanArm> {
        let named = |error: Error| {
            let field = error.argument_name().unwrap_or_default().to_owned();
            error.on(format!("{argument}.{field}"))
        };
        let skewness = if self.skewness.is_nan() { None } else { Some(self.skewness) };
        Ok(MeanArm::from_state(self.count, self.mean, self.mean_tail, self.m2, skewness).map_err(named)?)
    }
}

impl From<MeanArm> for crm_mean_arm {
    fn from(arm: MeanArm) -> Self {
        let (mean, skewness) = if arm.count() == 0 { (0.0, 0.0) } else { (arm.mean(), arm.skewness()) };
        Self { count: arm.count(), mean, mean_tail: arm.mean_tail(), m2: arm.m2(), skewness }
    }
}

/// The arm of values.
///
/// Fails with `CRM_STATUS_INVALID_VALUE` and the row for a value that is NaN or infinite, and with `CRM_STATUS_OUT_OF_RANGE` for values
/// so far apart that their squares overflow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mean_arm_from_values(
    values: *const f64,
    length: usize,
    out: *mut crm_mean_arm,
) -> crm_status {
    // SAFETY: the caller gives an array of that length and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(MeanArm::from_values(array("values", values, length)?)?.into()));
        Ok(())
    })
}

/// The arm of what SQL engines give as `count(x)`, `avg(x)` and `var_samp(x)`. The variance of one value, and mean and variance of none, are
/// not looked at.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a mean that is not finite or a variance that is not finite or negative.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mean_arm_from_moments(
    count: u64,
    mean: f64,
    variance: f64,
    out: *mut crm_mean_arm,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(MeanArm::from_moments(count, mean, variance)?.into()));
        Ok(())
    })
}

/// The arm of sums of `x - shift` and of its square.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` if so much cancels that less than 1e-6 of the sum of squares is left, unless both sums are whole
/// numbers below 2^53, and with `CRM_STATUS_INVALID_ARGUMENT` for sums that no values can have.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mean_arm_from_sums(
    count: u64,
    sum: f64,
    sum_of_squares: f64,
    shift: f64,
    out: *mut crm_mean_arm,
) -> crm_status {
    // SAFETY: the caller gives a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(MeanArm::from_sums(count, sum, sum_of_squares, shift)?.into()));
        Ok(())
    })
}

/// Both arms as one; `out` may be one of them.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for arms whose numbers do not fit together, and with `CRM_STATUS_OUT_OF_RANGE` if counts or
/// squares overflow.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mean_arm_merge(
    arm: *const crm_mean_arm,
    other: *const crm_mean_arm,
    out: *mut crm_mean_arm,
) -> crm_status {
    // SAFETY: the caller gives arms and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let mut merged = crm_mean_arm::read("arm", arm)?;
        merged.merge(&crm_mean_arm::read("other", other)?)?;
        out.fill(std::iter::once(merged.into()));
        Ok(())
    })
}

/// The sample variance; NaN for fewer than two values.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for an arm whose numbers do not fit together.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mean_arm_variance(arm: *const crm_mean_arm, out: *mut f64) -> crm_status {
    // SAFETY: the caller gives an arm and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        out.fill(std::iter::once(crm_mean_arm::read("arm", arm)?.variance()));
        Ok(())
    })
}
