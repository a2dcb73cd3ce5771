//! What ratio metrics and adjustment by covariates need of one arm.

use std::ffi::c_char;
use std::ptr;

use crm_core::Error;
use crm_core::experiment::{JointArm, Measures};

use super::mean_arm::crm_mean_arm;
use crate::bytes::{crm_bytes, with_zero};
use crate::guard::{guard, guard_release};
use crate::handle::{self, Out, handles};
use crate::pointer::{array, place, text};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// Columns of rows. Set `struct_size` and everything else to 0 first; arrays have `rows` values and are only read.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_measures {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The number of rows.
    pub rows: usize,
    /// The value, or the numerator of a ratio.
    pub value: *const f64,
    /// What the value is divided by in a ratio of sums; NULL (default) for none.
    pub denominator: *const f64,
    /// Quantities known before the experiment; NULL (default) for none.
    pub covariates: *const *const f64,
    /// How many.
    pub covariate_count: usize,
}

/// Count, means and products of deviations of several columns. Free with `crm_joint_arm_free`. Immutable: any number of threads may use it
/// at once.
pub struct crm_joint_arm {
    _opaque: (),
}

sized_structs!(crm_measures);
handles! { crm_joint_arm holds JointArm, tag b"jointarm"; }

impl crm_measures {
    /// The columns that C gives.
    ///
    /// # Safety
    /// `measures` is null or points to a struct of the size that its first field says, whose arrays are as long as it says and live as long as
    /// the result.
    pub(super) unsafe fn take<'a>(measures: *const Self) -> Outcome<Measures<'a>> {
        let none = Self {
            struct_size: size_of::<Self>(),
            rows: 0,
            value: ptr::null(),
            denominator: ptr::null(),
            covariates: ptr::null(),
            covariate_count: 0,
        };
        // SAFETY: as the caller promises.
        unsafe {
            let given = sized::read("measures", measures, none)?;
            let mut columns = Measures::of(array("measures.value", given.value, given.rows)?);
            if !given.denominator.is_null() {
                columns = columns.denominator(array("measures.denominator", given.denominator, given.rows)?);
            }
            for &covariate in array("measures.covariates", given.covariates, given.covariate_count)? {
                columns = columns.covariate(array("measures.covariates", covariate, given.rows)?);
            }
            Ok(columns)
        }
    }
}

/// The arm of columns of rows.
///
/// `out` receives the arm, NULL if the call fails; the caller frees it with `crm_joint_arm_free`. Fails with `CRM_STATUS_INVALID_VALUE`, column
/// and row for a value that is NaN or infinite.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_from_measures(
    measures: *const crm_measures,
    out: *mut *mut crm_joint_arm,
) -> crm_status {
    // SAFETY: the caller gives a struct of the size that it says and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(JointArm::from_measures(&crm_measures::take(measures)?)?);
        Ok(())
    })
}

/// The arm of means and sample covariances, as `avg`, `var_samp` and `covar_samp` give them.
///
/// There are `columns` means, of the value, the denominator if `has_denominator` is not 0, and covariates, and `columns * columns` covariances, row
/// by row. `out` receives the arm, NULL if the call fails. Fails with `CRM_STATUS_LENGTH_MISMATCH` for too few columns and with
/// `CRM_STATUS_INVALID_ARGUMENT` for numbers that no rows can have.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_from_moments(
    has_denominator: i32,
    count: u64,
    means: *const f64,
    covariances: *const f64,
    columns: usize,
    out: *mut *mut crm_joint_arm,
) -> crm_status {
    // SAFETY: the caller gives arrays of these lengths and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        let size =
            columns.checked_mul(columns).ok_or_else(|| Error::argument("columns", columns, "fewer"))?;
        let (means, covariances) =
            (array("means", means, columns)?, array("covariances", covariances, size)?);
        out.put(JointArm::from_moments(has_denominator != 0, count, means, covariances)?);
        Ok(())
    })
}

/// Both arms as one.
///
/// `out` receives the arm, NULL if the call fails. Fails with `CRM_STATUS_INCOMPATIBLE` for arms of other columns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_merge(
    arm: *const crm_joint_arm,
    other: *const crm_joint_arm,
    out: *mut *mut crm_joint_arm,
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

/// The arm of one column alone: 0 for the value, then the denominator if there is one, then covariates.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a column that does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_column(
    arm: *const crm_joint_arm,
    column: usize,
    out: *mut crm_mean_arm,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let arm = handle::get("arm", arm)?;
        check_column("column", column, arm)?;
        out.fill(std::iter::once(arm.column(column).into()));
        Ok(())
    })
}

/// The sample covariance of two columns; NaN for fewer than two rows.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a column that does not exist.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_covariance(
    arm: *const crm_joint_arm,
    first: usize,
    second: usize,
    out: *mut f64,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = place("out", out)?;
        let arm = handle::get("arm", arm)?;
        check_column("first", first, arm)?;
        check_column("second", second, arm)?;
        out.fill(std::iter::once(arm.covariance(first, second)));
        Ok(())
    })
}

fn check_column(argument: &str, column: usize, arm: &JointArm) -> Outcome<()> {
    if column < arm.columns() {
        return Ok(());
    }
    Err(Error::argument(argument, column, &format!("below {}, the number of columns", arm.columns())).into())
}

/// The arm as JSON text, which `crm_bytes_text` gives as a string.
///
/// `out` receives the text, NULL if the call fails; the caller frees it with `crm_bytes_free`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_to_json(
    arm: *const crm_joint_arm,
    out: *mut *mut crm_bytes,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(with_zero(handle::get("arm", arm)?.to_json()?));
        Ok(())
    })
}

/// An arm from its JSON text.
///
/// `out` receives the arm, NULL if the call fails. Fails with `CRM_STATUS_CORRUPT` for another text, and with `CRM_STATUS_INCOMPATIBLE` for
/// one of a later version.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_from_json(
    json: *const c_char,
    out: *mut *mut crm_joint_arm,
) -> crm_status {
    // SAFETY: the caller gives a terminated string and a place, or null.
    guard(|| unsafe {
        let out = Out::new("out", out)?;
        out.put(JointArm::from_json(text("json", json)?)?);
        Ok(())
    })
}

/// Frees an arm; NULL is nothing to free.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_joint_arm_free(arm: *mut crm_joint_arm) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("arm", arm) });
}
