//! Whether a split made arms that were alike before the campaign.

use std::ffi::{CString, c_char};

use crm_core::campaign::SplitBalance;

use crate::experiment::test_result::crm_test_result;
use crate::guard::{guard, guard_or, guard_release};
use crate::handle::{self, handles};
use crate::pointer::element;
use crate::sized::{self, sized_structs};
use crate::status::{c_text, crm_status};

/// The arms compared in what was there before the campaign. Free with `crm_campaign_split_balance_free`. Immutable: any number of threads may use it at
/// once.
pub struct crm_campaign_split_balance {
    _opaque: (),
}

/// The comparison, with its texts as C sees them: column, level and arm.
pub(crate) struct Balance {
    balance: SplitBalance,
    texts: Vec<[CString; 3]>,
}

handles! { crm_campaign_split_balance holds Balance, tag b"crmBALAN"; }

impl From<SplitBalance> for Balance {
    fn from(balance: SplitBalance) -> Self {
        let texts =
            balance.rows.iter().map(|row| [&row.column, &row.level, &row.arm].map(|text| c_text(text)));
        Self { texts: texts.collect(), balance }
    }
}

/// A target against the control in something from before the campaign. Set `struct_size` before the call that fills it. The test itself is given by
/// `crm_campaign_split_balance_result`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_balance_row {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// The column; this and the next two texts belong to the comparison and live as long.
    pub column: *const c_char,
    /// The text whose share is compared; empty for a column of numbers, and for rows without a text.
    pub level: *const c_char,
    /// The target.
    pub arm: *const c_char,
    /// The difference of means in units of the root of the mean of both variances.
    pub standardised_difference: f64,
    /// The p-value adjusted over all rows; NaN where there is none.
    pub adjusted_p_value: f64,
}

sized_structs!(crm_balance_row);

/// Number of rows; 0, with the thread's last error set, if `balance` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_balance_count(
    balance: *const crm_campaign_split_balance,
) -> usize {
    // SAFETY: the caller gives a live handle or null.
    guard_or(0, || unsafe { Ok(handle::get("balance", balance)?.texts.len()) })
}

/// A row by its index: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_campaign_split_balance_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_balance_row(
    balance: *const crm_campaign_split_balance,
    index: usize,
    out: *mut crm_balance_row,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let balance = handle::get("balance", balance)?;
        let row = element(&balance.balance.rows, index)?;
        let [column, level, arm] = element(&balance.texts, index)?;
        out.put(crm_balance_row {
            struct_size: size_of::<crm_balance_row>(),
            column: column.as_ptr(),
            level: level.as_ptr(),
            arm: arm.as_ptr(),
            standardised_difference: row.standardised_difference,
            adjusted_p_value: row.adjusted_p_value,
        })
    })
}

/// The test behind a row: set `out->struct_size` first.
///
/// Fails with `CRM_STATUS_OUT_OF_RANGE` for an index that is not below `crm_campaign_split_balance_count`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_balance_result(
    balance: *const crm_campaign_split_balance,
    index: usize,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives a live handle and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let row = element(&handle::get("balance", balance)?.balance.rows, index)?;
        out.put((&row.result).into())
    })
}

/// The p-value of the sizes of the arms against the plan; NaN, with the thread's last error set, if `balance` is NULL or no such handle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_balance_sample_ratio_p_value(
    balance: *const crm_campaign_split_balance,
) -> f64 {
    // SAFETY: the caller gives a live handle or null.
    guard_or(f64::NAN, || unsafe { Ok(handle::get("balance", balance)?.balance.sample_ratio.p_value) })
}

/// Frees a comparison; NULL is accepted. No thread may use it any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_campaign_split_balance_free(balance: *mut crm_campaign_split_balance) {
    // SAFETY: the caller gives a handle that nobody uses any more, or null.
    guard_release(|| unsafe { handle::free("balance", balance) });
}
