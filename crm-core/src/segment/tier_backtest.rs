//! Whether tiers hold: the same customers one period later.

use super::agreement::CrossTable;
use super::column::check_length;
use super::tier_band::CustomerTier;
use crate::error::{Error, Result};

/// How many customers of a tier are still in it.
#[derive(Clone, Debug, PartialEq)]
pub struct TierRetention {
    /// The tier at the earlier date.
    pub tier: CustomerTier,
    /// Its customers then.
    pub customers: u64,
    /// Those of them who are in the same tier later.
    pub kept: u64,
    /// Their share, in \[0, 1\]; `None` for a tier without customers.
    pub agreement: Option<f64>,
}

/// Tiers of one date against those of the same customers a period later.
///
/// `agreement` is the share of customers with the same tier, `chance_agreement = Σ p_i q_i` what the sizes of the tiers alone make likely, and
/// `kappa = (agreement - chance) / (1 - chance)` (Cohen 1960).
///
/// ```
/// use crm_core::segment::{CustomerTier::{AtRisk, Basic, Core}, TierBacktest};
/// let backtest = TierBacktest::new(&[Core, Basic, Basic, AtRisk], &[Core, Basic, AtRisk, AtRisk], 0.9)?;
/// assert_eq!((backtest.agreement, backtest.reaches_target), (0.75, false));
/// assert_eq!(backtest.tiers[2].agreement, Some(0.5));
/// assert_eq!(backtest.table.count(2, 3), 1);
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct TierBacktest {
    /// Customers by earlier tier (rows) and later tier (columns), in the order of the codes.
    pub table: CrossTable,
    /// The share of customers with the same tier, in \[0, 1\].
    pub agreement: f64,
    /// The agreement that chance would give.
    pub chance_agreement: f64,
    /// Cohen's kappa; `None` if all customers are in one and the same tier at both dates.
    pub kappa: Option<f64>,
    /// The four tiers, in the order of the codes.
    pub tiers: [TierRetention; 4],
    /// The agreement that was asked for.
    pub target: f64,
    /// Whether it is reached.
    pub reaches_target: bool,
}

impl TierBacktest {
    /// The agreement that is asked for if no other is: 90 %.
    pub const DEFAULT_TARGET: f64 = 0.9;

    /// Compares the tiers of the same customers, in the same order, at two dates. `target` is a share above 0 and up to 1.
    ///
    /// # Errors
    /// `LengthMismatch`; `Empty` without customers; `InvalidArgument` for a target outside (0, 1\].
    pub fn new(before: &[CustomerTier], after: &[CustomerTier], target: f64) -> Result<Self> {
        if !(target > 0.0 && target <= 1.0) {
            return Err(Error::argument("target", target, "above 0 and up to 1"));
        }
        check_length("after", after.len(), "before", before.len())?;
        let codes = |tiers: &[CustomerTier]| tiers.iter().map(|tier| tier.code()).collect::<Vec<u32>>();
        let groups = CustomerTier::ALL.len();
        let table = CrossTable::with_groups(&codes(before), &codes(after), groups, groups)
            .map_err(|error| Error::new(error.kind(), "there are no rows").on("before"))?;
        let agreement = table.agreement();
        let tiers = CustomerTier::ALL.map(|tier| {
            let place = tier.code() as usize;
            TierRetention {
                tier,
                customers: table.row_totals()[place],
                kept: table.count(place, place),
                agreement: table.row_share(place, place),
            }
        });
        Ok(Self {
            agreement,
            chance_agreement: table.chance_agreement(),
            kappa: table.cohens_kappa(),
            tiers,
            target,
            reaches_target: agreement >= target,
            table,
        })
    }
}
