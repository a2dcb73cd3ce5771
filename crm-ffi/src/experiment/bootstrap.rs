//! The bootstrap.

use crm_core::Threads;
use crm_core::experiment::{
    BootstrapColumn, BootstrapInterval, BootstrapOptions, BootstrapStatistic, Resampling, bootstrap,
    bootstrap_one,
};

use super::resampled::{Places, crm_resampled};
use super::test_options::crm_test_options;
use super::test_result::crm_test_result;
use crate::guard::guard;
use crate::pointer::array;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What the bootstrap estimates of each arm.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_bootstrap_statistic {
    /// The mean of the values.
    Mean = 0,
    /// The sum of the values by the sum of the denominators.
    RatioOfSums = 1,
    /// A quantile of the values, by definition 7 of Hyndman and Fan.
    Quantile = 2,
}

/// How an interval is read off the resamples.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_bootstrap_interval {
    /// Quantiles of the resamples' estimates, corrected for bias and for acceleration.
    Bca = 0,
    /// Quantiles of the resamples' estimates.
    Percentile = 1,
    /// Twice the estimate less those quantiles.
    Basic = 2,
    /// The estimate less quantiles of the studentised estimates, times the standard error; not for quantiles.
    Studentised = 3,
}

/// What the bootstrap draws.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_resampling {
    /// As many rows as there are, each draw any row with equal probability.
    Multinomial = 0,
    /// Each row as often as an independent Poisson number of mean 1 says.
    Poisson = 1,
}

/// What the bootstrap is asked. Fill with `crm_bootstrap_options_init`, then change what differs.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_bootstrap_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_bootstrap_statistic` (default the mean).
    pub statistic: i32,
    /// A `crm_bootstrap_interval` (default BCa).
    pub interval: i32,
    /// A `crm_resampling` (default multinomial).
    pub resampling: i32,
    /// How many resamples, 1 to 10,000,000 (default 10,000).
    pub resamples: u32,
    /// The probability of the quantile, inside (0, 1) (default 0.5).
    pub probability: f64,
    /// The seed (default 0): equal seeds give equal bits, for any order of the rows and number of threads.
    pub seed: u64,
    /// How many threads may work, 0 (default) for as many as there are.
    pub threads: usize,
}

sized_structs!(crm_bootstrap_options);

impl crm_bootstrap_options {
    fn new() -> Self {
        let core = BootstrapOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            statistic: core.statistic as i32,
            interval: core.interval as i32,
            resampling: core.resampling as i32,
            resamples: core.resamples,
            probability: core.probability,
            seed: core.seed,
            threads: 0,
        }
    }

    unsafe fn take(options: *const Self) -> Outcome<BootstrapOptions> {
        if options.is_null() {
            return Ok(BootstrapOptions::default());
        }
        // SAFETY: a struct of the size that its first field says, as the caller promises.
        let given = unsafe { sized::read("bootstrap", options, Self::new()) }?;
        Ok(BootstrapOptions {
            statistic: BootstrapStatistic::from_code(given.statistic)?,
            probability: given.probability,
            interval: BootstrapInterval::from_code(given.interval)?,
            resampling: Resampling::from_code(given.resampling)?,
            resamples: given.resamples,
            seed: given.seed,
            threads: Threads::from_count(given.threads)?,
        })
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_options_init(
    options: *mut crm_bootstrap_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_bootstrap_options::new()) })
}

unsafe fn column<'a>(
    name: &str,
    values: *const f64,
    denominators: *const f64,
    length: usize,
) -> Outcome<BootstrapColumn<'a>> {
    // SAFETY: arrays of that length or null, as the caller promises.
    unsafe {
        let values = array(name, values, length)?;
        let denominators =
            if denominators.is_null() { None } else { Some(array(name, denominators, length)?) };
        Ok(BootstrapColumn { values, denominators })
    }
}

/// Compares two independent samples by the bootstrap: set `out->struct_size` first, and `resampled->struct_size`, or let
/// `resampled` be NULL. Denominators are as long as their values, and NULL unless a ratio of sums is asked for. `bootstrap`
/// and `options` may be NULL for the defaults; the contrast is the difference, the lift or the ratio.
///
/// Fails with `CRM_STATUS_EMPTY`, `CRM_STATUS_INVALID_VALUE` or `CRM_STATUS_OUT_OF_RANGE` for a column that cannot be used, and
/// with `CRM_STATUS_INVALID_ARGUMENT` for options that make no sense.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_test(
    target: *const f64,
    target_denominators: *const f64,
    target_length: usize,
    control: *const f64,
    control_denominators: *const f64,
    control_length: usize,
    bootstrap: *const crm_bootstrap_options,
    options: *const crm_test_options,
    out: *mut crm_test_result,
    resampled: *mut crm_resampled,
) -> crm_status {
    // SAFETY: the caller gives arrays of those lengths and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let places = Places::new(out, resampled)?;
        let target = column("target", target, target_denominators, target_length)?;
        let control = column("control", control, control_denominators, control_length)?;
        let asked = crm_bootstrap_options::take(bootstrap)?;
        places.put(&self::bootstrap(&target, &control, &asked, &crm_test_options::take(options)?)?)
    })
}

/// The bootstrap of one sample: an interval of its mean, ratio of sums or quantile, and the test of a value of it, by default
/// 0. As `crm_bootstrap_test`, with NaN as control; the contrast is the difference.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_bootstrap_test_one(
    sample: *const f64,
    denominators: *const f64,
    length: usize,
    bootstrap: *const crm_bootstrap_options,
    options: *const crm_test_options,
    out: *mut crm_test_result,
    resampled: *mut crm_resampled,
) -> crm_status {
    // SAFETY: the caller gives arrays of that length and structs of the sizes that they say, or null.
    guard(|| unsafe {
        let places = Places::new(out, resampled)?;
        let sample = column("sample", sample, denominators, length)?;
        let asked = crm_bootstrap_options::take(bootstrap)?;
        places.put(&bootstrap_one(&sample, &asked, &crm_test_options::take(options)?)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_and_codes_are_those_of_the_core() {
        use crm_bootstrap_interval as I;
        use crm_bootstrap_statistic as S;
        let options = crm_bootstrap_options::new();
        // SAFETY: the struct is as long as it says.
        assert_eq!(
            // SAFETY: a struct of the size that it says.
            unsafe { crm_bootstrap_options::take(&raw const options) }.unwrap(),
            BootstrapOptions::default()
        );
        let codes = [S::Mean, S::RatioOfSums, S::Quantile];
        assert_eq!(
            codes.map(|code| BootstrapStatistic::from_code(code as i32).unwrap()),
            *BootstrapStatistic::ALL
        );
        let codes = [I::Bca, I::Percentile, I::Basic, I::Studentised];
        assert_eq!(
            codes.map(|code| BootstrapInterval::from_code(code as i32).unwrap()),
            *BootstrapInterval::ALL
        );
        let codes = [crm_resampling::Multinomial, crm_resampling::Poisson];
        assert_eq!(codes.map(|code| Resampling::from_code(code as i32).unwrap()), *Resampling::ALL);
    }
}
