//! Exact amounts of money.

use std::ffi::c_char;

use crm_core::customer::Money;

use crate::guard::{guard, guard_or};
use crate::pointer::places;
use crate::status::crm_status;

/// Bytes that always suffice for `crm_money_format`.
pub const CRM_MONEY_TEXT_SIZE: usize = 48;

/// An exact amount in micro-units (1/1,000,000 of the currency unit): a 128-bit two's complement number in two halves.
/// Its layout never changes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_money {
    /// The lower 64 bits.
    pub low: u64,
    /// The upper 64 bits, with the sign; 0 or -1 while the amount fits 64 bits.
    pub high: i64,
}

impl From<Money> for crm_money {
    fn from(amount: Money) -> Self {
        Self { low: amount.micros() as u64, high: (amount.micros() >> 64) as i64 }
    }
}

impl From<crm_money> for Money {
    fn from(amount: crm_money) -> Self {
        Self::from_micros(i128::from(amount.high) << 64 | i128::from(amount.low))
    }
}

/// An amount in currency units, as the nearest double.
#[unsafe(no_mangle)]
pub extern "C" fn crm_money_to_double(amount: crm_money) -> f64 {
    guard_or(f64::NAN, || Ok(Money::from(amount).to_f64()))
}

/// Writes an amount exactly, with two to six decimals and a closing zero, such as "-12.50"; `capacity` is in bytes, and
/// `CRM_MONEY_TEXT_SIZE` always suffices.
///
/// Fails with `CRM_STATUS_LENGTH_MISMATCH` for too few bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_money_format(
    amount: crm_money,
    out: *mut c_char,
    capacity: usize,
) -> crm_status {
    // SAFETY: the caller gives `capacity` writable bytes, or null.
    guard(|| unsafe {
        let shown = Money::from(amount).to_string();
        let out = places("out", out, capacity, shown.len() + 1)?;
        out.fill(shown.bytes().chain([0]).map(|byte| byte as c_char));
        Ok(())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_make_the_whole_again() {
        for micros in [0, 1, -1, i128::from(i64::MAX) + 1, i128::MAX, i128::MIN] {
            assert_eq!(Money::from(crm_money::from(Money::from_micros(micros))).micros(), micros);
        }
        assert_eq!(crm_money::from(Money::from_micros(-1)).high, -1);
        assert!(Money::from_micros(i128::MIN).to_string().len() < CRM_MONEY_TEXT_SIZE);
    }
}
