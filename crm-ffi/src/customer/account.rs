//! What became of every row.

use std::ffi::c_char;

use crm_core::customer::{BaseAccount, Exclusion, RowAccount, RowTotal};

use super::money::crm_money;
use crate::pointer::choice;
use crate::sized::sized_structs;
use crate::status::Outcome;

/// Why a row was left out. The first reason in this order is the one that counts.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_exclusion {
    /// No customer id: a guest.
    MissingId = 0,
    /// No time.
    MissingTime = 1,
    /// A time outside years 1 to 9999.
    InvalidTime = 2,
    /// No amount.
    MissingAmount = 3,
    /// An amount that is NaN, infinite or out of range.
    InvalidAmount = 4,
    /// An amount of zero.
    ZeroAmount = 5,
    /// A negative amount.
    Return = 6,
    /// Equal to another row.
    Duplicate = 7,
}

/// A number of rows and what they amount to. Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_row_total {
    /// Rows.
    pub rows: u64,
    /// Their net amount (of those that have a valid one).
    pub amount: crm_money,
}

impl From<RowTotal> for crm_row_total {
    fn from(total: RowTotal) -> Self {
        Self { rows: total.rows, amount: total.amount.into() }
    }
}

/// What became of the rows of a history: `read` is `used` and all that was excluded. Set `struct_size` before the call
/// that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_row_account {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// All rows read.
    pub read: u64,
    /// Rows used: purchases and returns.
    pub used: u64,
    /// Net amount of the rows used.
    pub net_amount: crm_money,
    /// Rows used as purchases (zero amounts included where they are kept).
    pub purchases: crm_row_total,
    /// Rows used as returns; the amount is negative.
    pub returns: crm_row_total,
}

impl From<&RowAccount> for crm_row_account {
    fn from(account: &RowAccount) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            read: account.read(),
            used: account.used(),
            net_amount: account.net_amount().into(),
            purchases: account.purchases.into(),
            returns: account.returns.into(),
        }
    }
}

/// What of its history a base leaves out. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_base_left_out {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Used rows after the base's date.
    pub rows_after: u64,
    /// Used rows before the window.
    pub rows_before: u64,
    /// Customers of the history without a purchase in the time described (later ones, and those who only return).
    pub customers_without_purchase: u64,
    /// The net amount of those customers in the time described.
    pub amount_without_purchase: crm_money,
}

impl From<&BaseAccount> for crm_base_left_out {
    fn from(account: &BaseAccount) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            rows_after: account.rows_after,
            rows_before: account.rows_before,
            customers_without_purchase: account.customers_without_purchase,
            amount_without_purchase: account.amount_without_purchase.into(),
        }
    }
}

sized_structs!(crm_row_account, crm_base_left_out);

pub(crate) fn exclusion(code: i32) -> Outcome<Exclusion> {
    choice("reason", code, &Exclusion::ALL)
}

/// The name of a `crm_exclusion`, such as "missing_id": a static string that is never freed; NULL for a code that is
/// none.
#[unsafe(no_mangle)]
pub extern "C" fn crm_exclusion_name(reason: i32) -> *const c_char {
    let names = [
        c"missing_id",
        c"missing_time",
        c"invalid_time",
        c"missing_amount",
        c"invalid_amount",
        c"zero_amount",
        c"return",
        c"duplicate",
    ];
    let found = usize::try_from(reason).ok().and_then(|place| names.get(place));
    found.map_or(std::ptr::null(), |name| name.as_ptr())
}

#[cfg(test)]
mod tests {
    use std::ffi::CStr;

    use super::*;

    #[test]
    fn reasons_have_the_codes_and_names_of_the_core() {
        for (code, reason) in (0..).zip(Exclusion::ALL) {
            assert_eq!((reason as i32, exclusion(code).unwrap()), (code, reason));
            // SAFETY: a static string.
            let name = unsafe { CStr::from_ptr(crm_exclusion_name(code)) };
            assert_eq!(name.to_str(), Ok(reason.name()));
        }
        assert!(crm_exclusion_name(Exclusion::ALL.len() as i32).is_null() && exclusion(-1).is_err());
    }
}
