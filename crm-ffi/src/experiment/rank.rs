//! Tests on ranks.

use crm_core::Threads;
use crm_core::experiment::{MannWhitney, MannWhitneyMethod, brunner_munzel, mann_whitney};

use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::pointer::array;
use crate::sized::{self, sized_structs};
use crate::status::crm_status;

/// Where the p-value of the Mann-Whitney test comes from.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_mann_whitney_method {
    /// Exact up to 2,500 pairs of a target and a control value, the corrected normal approximation above.
    Auto = 0,
    /// All assignments of the pooled values to the arms, ties as they are; up to 10,000 pairs.
    Exact = 1,
    /// The normal approximation, its variance corrected for ties.
    Normal = 2,
    /// The normal approximation with a continuity correction of 1/2.
    NormalCorrected = 3,
}

/// What the Mann-Whitney test says beside the test of the shift. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_rank_effect {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Pairs in which the target is above the control, a tie counting one half, after the shift of the null.
    pub u: f64,
    /// P(target > control) + P(target = control) / 2, of the values as they are.
    pub probability_of_superiority: f64,
    /// P(target > control) - P(target < control), which is also the rank-biserial correlation.
    pub cliffs_delta: f64,
    /// 1 if the p-value is exact, else 0.
    pub exact: i32,
    /// 0.
    pub reserved: i32,
}

sized_structs!(crm_rank_effect);

impl From<&MannWhitney> for crm_rank_effect {
    fn from(found: &MannWhitney) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            u: found.u,
            probability_of_superiority: found.probability_of_superiority,
            cliffs_delta: found.cliffs_delta,
            exact: i32::from(found.exact),
            reserved: 0,
        }
    }
}

/// Tests by a `crm_mann_whitney_method` whether the target is shifted against the control: set `out->struct_size` first, and
/// `effect->struct_size`, or let `effect` be NULL. `options` may be NULL for the defaults; `threads` is 0 for as many as there
/// are, and changes no result.
///
/// The estimate is the median of all differences (Hodges-Lehmann), and the interval holds the shifts that the same ranks do
/// not reject. Fails with `CRM_STATUS_EMPTY`, `CRM_STATUS_INVALID_VALUE` or `CRM_STATUS_OUT_OF_RANGE` for a column that
/// cannot be used, and with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_mann_whitney(
    target: *const f64,
    target_length: usize,
    control: *const f64,
    control_length: usize,
    method: i32,
    options: *const crm_test_options,
    threads: usize,
    out: *mut crm_test_result,
    effect: *mut crm_rank_effect,
) -> crm_status {
    // SAFETY: the caller gives arrays of those lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let effect = if effect.is_null() { None } else { Some(sized::place("effect", effect)?) };
        let (target, control) =
            (array("target", target, target_length)?, array("control", control, control_length)?);
        let method = MannWhitneyMethod::from_code(method)?;
        let options = crm_test_options::take(options)?;
        let found = mann_whitney(target, control, method, &options, Threads::from_count(threads)?)?;
        if let Some(effect) = effect {
            effect.put((&found).into())?;
        }
        out.put((&found.test).into())
    })
}

/// Tests the probability that a target value is above a control value, ties one half, whatever the variances (Brunner and
/// Munzel): set `out->struct_size` first. `options` may be NULL; their null is a probability, by default 1/2. `threads` is 0
/// for as many as there are, and changes no result.
///
/// Fails as `crm_mann_whitney`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_brunner_munzel(
    target: *const f64,
    target_length: usize,
    control: *const f64,
    control_length: usize,
    options: *const crm_test_options,
    threads: usize,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives arrays of those lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) =
            (array("target", target, target_length)?, array("control", control, control_length)?);
        let options = crm_test_options::take(options)?;
        out.put((&brunner_munzel(target, control, &options, Threads::from_count(threads)?)?).into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_mann_whitney_method as M;
        let codes = [M::Auto, M::Exact, M::Normal, M::NormalCorrected].map(|code| code as i32);
        assert_eq!(codes.map(|code| MannWhitneyMethod::from_code(code).unwrap()), *MannWhitneyMethod::ALL);
    }
}
