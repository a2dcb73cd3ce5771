//! Whether tiers hold: the same customers one period later.

use crm_core::segment::{CustomerTier, TierBacktest};

use crate::guard::guard;
use crate::pointer::array;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// The agreement that tiers are usually asked for: 90 %.
pub const CRM_TIER_BACKTEST_TARGET: f64 = 0.9;

/// Tiers of one date against those of the same customers a period later. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_tier_backtest {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Customers by earlier tier (rows) and later tier (columns), in the order of `crm_customer_tier`.
    pub counts: [[u64; 4]; 4],
    /// How many customers of each earlier tier are in the same tier later.
    pub kept: [u64; 4],
    /// Their share; NaN for a tier without customers.
    pub tier_agreement: [f64; 4],
    /// The share of customers with the same tier, from 0 to 1.
    pub agreement: f64,
    /// The agreement that chance would give.
    pub chance_agreement: f64,
    /// Cohen's kappa; NaN if all customers are in one and the same tier at both dates.
    pub kappa: f64,
    /// The agreement that was asked for.
    pub target: f64,
    /// 1 if it is reached, else 0.
    pub reaches_target: i32,
    /// 0.
    pub reserved: i32,
}

sized_structs!(crm_tier_backtest);

/// Tiers by their codes.
///
/// # Safety
/// `tiers` is null or points to `length` codes.
unsafe fn read(argument: &str, tiers: *const u32, length: usize) -> Outcome<Vec<CustomerTier>> {
    // SAFETY: as the caller promises.
    let codes = unsafe { array(argument, tiers, length) }?;
    let tier = |(row, &code): (usize, &u32)| {
        Ok(CustomerTier::from_code(code).map_err(|error| error.on(argument).at_row(row as u64))?)
    };
    codes.iter().enumerate().map(tier).collect()
}

/// Compares the tiers, as `crm_customer_tiers_assign` gives them, of the same `length` customers in the same order at two dates:
/// set `out->struct_size` first. `target` is the agreement asked for, a share above 0 and up to 1, usually
/// `CRM_TIER_BACKTEST_TARGET`.
///
/// Fails with `CRM_STATUS_EMPTY` without customers, and `CRM_STATUS_INVALID_ARGUMENT` for a target outside that range, and with
/// the row for a code that is none.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_tier_backtest_of(
    before: *const u32,
    after: *const u32,
    length: usize,
    target: f64,
    out: *mut crm_tier_backtest,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and a struct of the size that it says, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (before, after) = (read("before", before, length)?, read("after", after, length)?);
        let backtest = TierBacktest::new(&before, &after, target)?;
        let mut counts = [[0; 4]; 4];
        for (row, counts) in counts.iter_mut().enumerate() {
            for (column, count) in counts.iter_mut().enumerate() {
                *count = backtest.table.count(row, column);
            }
        }
        out.put(crm_tier_backtest {
            struct_size: size_of::<crm_tier_backtest>(),
            counts,
            kept: backtest.tiers.each_ref().map(|tier| tier.kept),
            tier_agreement: backtest.tiers.each_ref().map(|tier| tier.agreement.unwrap_or(f64::NAN)),
            agreement: backtest.agreement,
            chance_agreement: backtest.chance_agreement,
            kappa: backtest.kappa.unwrap_or(f64::NAN),
            target: backtest.target,
            reaches_target: backtest.reaches_target.into(),
            reserved: 0,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::float_cmp)] // the same constant
    fn the_target_is_that_of_the_core() {
        assert_eq!(CRM_TIER_BACKTEST_TARGET, TierBacktest::DEFAULT_TARGET);
    }
}
