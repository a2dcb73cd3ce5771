//! Results of many tests, as columns.

use crm_core::experiment::{SplitFinding, TestColumns};

use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::{choice, places};
use crate::status::crm_status;

/// What results of many tests consist of.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_test_column {
    /// Rates or means of the targets.
    Target = 0,
    /// Rates or means of the controls.
    Control = 1,
    /// Target minus control.
    Difference = 2,
    /// (Target minus control) / |control|.
    Lift = 3,
    /// Estimates of the contrast.
    Estimate = 4,
    /// Standard errors.
    StandardError = 5,
    /// Lower ends of the intervals.
    Lower = 6,
    /// Upper ends of the intervals.
    Upper = 7,
    /// Statistics at the null.
    Statistic = 8,
    /// Degrees of freedom.
    DegreesOfFreedom = 9,
    /// p-values.
    PValue = 10,
    /// Natural logarithms of the p-values.
    LnPValue = 11,
    /// Standardised effects.
    EffectSize = 12,
    /// p-values of the splits; NaN if none was planned.
    SplitPValue = 13,
}

/// Results of many tests of one method, one row a test. Free with `crm_test_columns_free`. Immutable: any number of threads may
/// use it at once.
pub struct crm_test_columns {
    _opaque: (),
}

handles! { crm_test_columns holds TestColumns, tag b"crmTESTC"; }

/// Number of tests; 0, with the thread's last error set, if `columns` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_columns_length(columns: *const crm_test_columns) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("columns", columns)?.len()) })
}

/// Copies a column, a `crm_test_column`, to `out`, which has room for `capacity` values, at least `crm_test_columns_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_columns_column(
    columns: *const crm_test_columns,
    column: i32,
    out: *mut f64,
    capacity: usize,
) -> crm_status {
    use crm_test_column as C;
    const ALL: [C; 14] = [
        C::Target,
        C::Control,
        C::Difference,
        C::Lift,
        C::Estimate,
        C::StandardError,
        C::Lower,
        C::Upper,
        C::Statistic,
        C::DegreesOfFreedom,
        C::PValue,
        C::LnPValue,
        C::EffectSize,
        C::SplitPValue,
    ];
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let columns = handle::get("columns", columns)?;
        let column = match choice("column", column, &ALL)? {
            C::Target => &columns.target,
            C::Control => &columns.control,
            C::Difference => &columns.difference,
            C::Lift => &columns.lift,
            C::Estimate => &columns.estimate,
            C::StandardError => &columns.standard_error,
            C::Lower => &columns.lower,
            C::Upper => &columns.upper,
            C::Statistic => &columns.statistic,
            C::DegreesOfFreedom => &columns.degrees_of_freedom,
            C::PValue => &columns.p_value,
            C::LnPValue => &columns.ln_p_value,
            C::EffectSize => &columns.effect_size,
            C::SplitPValue if columns.split_p_value.is_empty() => &vec![f64::NAN; columns.len()],
            C::SplitPValue => &columns.split_p_value,
        };
        places("out", out, capacity, column.len())?.fill(column.iter().copied());
        Ok(())
    })
}

/// Copies the `crm_test_status` of each test to `out`, which has room for `capacity` codes, at least `crm_test_columns_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_columns_status(
    columns: *const crm_test_columns,
    out: *mut i32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let status = &handle::get("columns", columns)?.status;
        places("out", out, capacity, status.len())?.fill(status.iter().map(|status| *status as i32));
        Ok(())
    })
}

/// Copies whether each test rejects, 1 or 0, to `out`, which has room for `capacity` values, at least `crm_test_columns_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_columns_rejects(
    columns: *const crm_test_columns,
    out: *mut u8,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let rejects = &handle::get("columns", columns)?.rejects;
        places("out", out, capacity, rejects.len())?.fill(rejects.iter().map(|&rejects| u8::from(rejects)));
        Ok(())
    })
}

/// Copies the shape of each interval, a `crm_interval_kind`, to `out`, which has room for `capacity` codes, at least
/// `crm_test_columns_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_columns_interval_kind(
    columns: *const crm_test_columns,
    out: *mut i32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let kinds = &handle::get("columns", columns)?.interval_kind;
        places("out", out, capacity, kinds.len())?.fill(kinds.iter().map(|kind| *kind as i32));
        Ok(())
    })
}

/// Copies the `crm_split_finding` of each test, `CRM_SPLIT_FINDING_UNPLANNED` if no split was planned, to `out`, which has room for `capacity`
/// codes, at least `crm_test_columns_length`.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too little room.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_columns_split_finding(
    columns: *const crm_test_columns,
    out: *mut i32,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives a live handle and `capacity` places, or null.
    guard(|| unsafe {
        let columns = handle::get("columns", columns)?;
        let finding = |row| columns.split_finding.get(row).copied().unwrap_or(SplitFinding::Unplanned) as i32;
        places("out", out, capacity, columns.len())?.fill((0..columns.len()).map(finding));
        Ok(())
    })
}

/// Frees results; NULL is accepted. No thread may use them any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_columns_free(columns: *mut crm_test_columns) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("columns", columns) });
}
