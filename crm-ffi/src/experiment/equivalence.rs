//! Two one-sided tests, against either margin.

use crm_core::experiment::Equivalence;

use super::sample_ratio::split_fields;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// Two one-sided tests, against either margin. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_equivalence {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// 1 if both tests reject, which is if the interval lies between the margins, else 0.
    pub is_equivalent: i32,
    /// 0.
    pub reserved: i32,
    /// The larger of both p-values.
    pub p_value: f64,
    /// Its natural logarithm.
    pub ln_p_value: f64,
    /// The lower end of the values that neither test rejects, of confidence 1 - 2 alpha.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// The statistic of the test that the effect is above the lower margin.
    pub above_statistic: f64,
    /// The p-value of that test.
    pub above_p_value: f64,
    /// The statistic of the test that the effect is below the upper margin.
    pub below_statistic: f64,
    /// The p-value of that test.
    pub below_p_value: f64,
    /// The p-value of the split of the customers, against the plan of the options; NaN without one. Look at the split first.
    pub split_p_value: f64,
    /// Its natural logarithm.
    pub split_ln_p_value: f64,
    /// A `crm_split_finding`: `CRM_SPLIT_FINDING_UNPLANNED` if no plan was given, so that nothing was checked.
    pub split_finding: i32,
    /// 1 if something is wrong with the split, else 0.
    pub split_is_flagged: i32,
}

sized_structs!(crm_equivalence);

impl From<&Equivalence> for crm_equivalence {
    fn from(found: &Equivalence) -> Self {
        let (split_p_value, split_ln_p_value, split_finding, split_is_flagged) = split_fields(&found.split);
        Self {
            struct_size: size_of::<Self>(),
            is_equivalent: i32::from(found.is_equivalent()),
            reserved: 0,
            p_value: found.p_value,
            ln_p_value: found.ln_p_value,
            lower: found.interval.lower,
            upper: found.interval.upper,
            above_statistic: found.above.statistic,
            above_p_value: found.above.p_value,
            below_statistic: found.below.statistic,
            below_p_value: found.below.p_value,
            split_p_value,
            split_ln_p_value,
            split_finding,
            split_is_flagged,
        }
    }
}

/// Whether an effect lies between two margins, from two one-sided tests (TOST; Schuirmann 1987) of one comparison of any kind:
/// set `out->struct_size` first.
///
/// `above` has the alternative `CRM_ALTERNATIVE_GREATER` and the lower margin as its null, `below` has `CRM_ALTERNATIVE_LESS` and the upper
/// one; all else is the same. Both are results as the library filled them.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for other alternatives, for tests in terms of different contrasts or at different levels, and
/// for margins that are not finite or not in order.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_equivalence_of(
    above: *const crm_test_result,
    below: *const crm_test_result,
    out: *mut crm_equivalence,
) -> crm_status {
    // SAFETY: the caller gives structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (above, below) = (crm_test_result::take("above", above)?, crm_test_result::take("below", below)?);
        out.put((&Equivalence::of(above, below)?).into())
    })
}
