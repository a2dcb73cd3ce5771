//! Two rates compared.

use crm_core::experiment::{ProportionMethod, compare_proportions};

use super::binary_arm::crm_binary_arm;
use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::sized;
use crate::status::crm_status;

/// How two rates are compared.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_proportion_method {
    /// Each arm has its own variance (Wald).
    Unpooled = 0,
}

/// Compares the rates of target and control by a `crm_proportion_method`: set `out->struct_size` first. `options` may be
/// NULL for the defaults.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense, a contrast that the method does not test, and
/// an arm without trials or with more conversions than trials.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_compare_proportions(
    target: *const crm_binary_arm,
    control: *const crm_binary_arm,
    method: i32,
    options: *const crm_test_options,
    out: *mut crm_test_result,
) -> crm_status {
    // SAFETY: the caller gives arms and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let out = sized::place("out", out)?;
        let (target, control) =
            (crm_binary_arm::read("target", target)?, crm_binary_arm::read("control", control)?);
        let method = ProportionMethod::from_code(method)?;
        let options = crm_test_options::take(options)?;
        out.put((&compare_proportions(&target, &control, method, &options)?).into())
    })
}
