//! What tests on resamples say beside the test.

use crm_core::experiment::Resampled;

use super::test_result::crm_test_result;
use crate::sized::{self, sized_structs};
use crate::status::Outcome;

/// What a test on resamples says beside the test. Set `struct_size` before the call that fills it.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_resampled {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// How many resamples the test stands on, without the data themselves.
    pub resamples: u64,
    /// 1 if these are all that there are, so that nothing was left to chance, else 0.
    pub exact: i32,
    /// 0.
    pub reserved: i32,
    /// The standard error of the p-value from the number of resamples; 0 if all were taken.
    pub p_value_error: f64,
    /// The mean of the resamples' estimates less the estimate, for the bootstrap; else NaN.
    pub bias: f64,
}

sized_structs!(crm_resampled);

impl From<&Resampled> for crm_resampled {
    fn from(found: &Resampled) -> Self {
        Self {
            struct_size: size_of::<Self>(),
            resamples: found.resamples,
            exact: i32::from(found.exact),
            reserved: 0,
            p_value_error: found.p_value_error,
            bias: found.bias,
        }
    }
}

/// Places for both parts, of which the second may be null.
pub(super) struct Places {
    out: sized::Place<crm_test_result>,
    resampled: Option<sized::Place<crm_resampled>>,
}

impl Places {
    /// # Safety
    /// Each is null or points to a writable struct of the size that its first field says.
    pub(super) unsafe fn new(out: *mut crm_test_result, resampled: *mut crm_resampled) -> Outcome<Self> {
        // SAFETY: as the caller promises.
        unsafe {
            let out = sized::place("out", out)?;
            let resampled =
                if resampled.is_null() { None } else { Some(sized::place("resampled", resampled)?) };
            Ok(Self { out, resampled })
        }
    }

    pub(super) fn put(self, found: &Resampled) -> Outcome<()> {
        if let Some(resampled) = self.resampled {
            resampled.put(found.into())?;
        }
        self.out.put((&found.test).into())
    }
}
