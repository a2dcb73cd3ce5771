//! What a test is asked.

use crm_core::Error;
use crm_core::experiment::{Alternative, Contrast, TestOptions};

use crate::guard::guard;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// In what terms target and control are compared.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_contrast {
    /// Target minus control; the null is 0 unless another is given.
    Difference = 0,
    /// (Target minus control) / |control|; the null is 0 unless another is given.
    Lift = 1,
    /// Target / control; the null is 1 unless another is given.
    Ratio = 2,
    /// Odds of the target / odds of the control, for rates only; the null is 1 unless another is given.
    OddsRatio = 3,
}

/// Which deviations from the null count against it.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_alternative {
    /// The target differs from the control in either direction.
    TwoSided = 0,
    /// The target is above the control by more than the null says. The interval has no upper end.
    Greater = 1,
    /// The target is below the control by more than the null says. The interval has no lower end.
    Less = 2,
}

/// What a test is asked. Fill with `crm_test_options_init`, then change what differs.
///
/// A non-inferiority test is the alternative `CRM_ALTERNATIVE_GREATER` with a null below "no effect", by the margin.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_test_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_contrast`: the difference (default), the lift, the ratio or the odds ratio.
    pub contrast: i32,
    /// A `crm_alternative`: two-sided (default), greater or less.
    pub alternative: i32,
    /// The level of the test, inside (0, 1) (default 0.05); the interval has confidence 1 - alpha.
    pub alpha: f64,
    /// Not 0 if `null` holds; 0 (default) for the value that says "no effect".
    pub has_null: i32,
    /// Must be 0.
    pub reserved: i32,
    /// The value of the contrast under the null; above 0 for ratios.
    pub null: f64,
    /// The share of the target that was planned, of the customers of target and control together, inside (0, 1): the result then says whether
    /// they were split so. NaN (default) for no plan.
    pub target_share: f64,
}

sized_structs!(crm_test_options);

impl crm_test_options {
    fn new() -> Self {
        let core = TestOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            contrast: core.contrast as i32,
            alternative: core.alternative as i32,
            alpha: core.alpha,
            has_null: 0,
            reserved: 0,
            null: 0.0,
            target_share: f64::NAN,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says.
    pub(crate) unsafe fn take(options: *const Self) -> Outcome<TestOptions> {
        if options.is_null() {
            return Ok(TestOptions::default());
        }
        // SAFETY: as the caller promises.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        if given.reserved != 0 {
            return Err(Error::argument("reserved", given.reserved, "0").into());
        }
        let options = TestOptions {
            contrast: Contrast::from_code(given.contrast)?,
            alternative: Alternative::from_code(given.alternative)?,
            alpha: given.alpha,
            null: (given.has_null != 0).then_some(given.null),
            target_share: (!given.target_share.is_nan()).then_some(given.target_share),
        };
        options.check()?;
        Ok(options)
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_test_options_init(
    options: *mut crm_test_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_test_options::new()) })
}

#[cfg(test)]
mod tests {
    use std::ptr;

    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_test_options::new();
        for options in [&raw const options, ptr::null()] {
            // SAFETY: the struct is as long as it says, and null is allowed.
            assert_eq!(unsafe { crm_test_options::take(options) }.unwrap(), TestOptions::default());
        }
    }

    #[test]
    fn codes_are_those_of_the_core() {
        use crm_alternative as A;
        use crm_contrast as C;
        let contrasts = [C::Difference, C::Lift, C::Ratio, C::OddsRatio].map(|code| code as i32);
        assert_eq!(contrasts.map(|code| Contrast::from_code(code).unwrap()), *Contrast::ALL);
        let alternatives = [A::TwoSided, A::Greater, A::Less].map(|code| code as i32);
        assert_eq!(alternatives.map(|code| Alternative::from_code(code).unwrap()), *Alternative::ALL);
    }
}
