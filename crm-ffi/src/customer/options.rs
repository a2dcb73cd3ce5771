//! How rows are read.

use std::ffi::c_char;
use std::ptr;

use crm_core::Threads;
use crm_core::customer::{BusinessZone, IngestOptions, Policy};

use crate::guard::guard;
use crate::pointer::optional_text;
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// What to do with rows of some kind.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_policy {
    /// Use them.
    Keep = 0,
    /// Leave them out and count them in the row account.
    Exclude = 1,
    /// Refuse the input with an error that names the first such row.
    Raise = 2,
}

/// How transactions are read. Fill with `crm_ingest_options_init`, then change what differs. Each policy is a
/// `crm_policy`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_ingest_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// Rows without a customer id: exclude (default) or raise.
    pub missing_id: i32,
    /// Rows without a time: raise (default) or exclude.
    pub missing_time: i32,
    /// Rows whose time is outside years 1 to 9999: raise (default) or exclude.
    pub invalid_time: i32,
    /// Rows without an amount: raise (default) or exclude.
    pub missing_amount: i32,
    /// Rows whose amount is NaN, infinite or out of range: raise (default) or exclude.
    pub invalid_amount: i32,
    /// Rows with a negative amount: keep (default; they lower the net amount and are no purchase), exclude or raise.
    pub returns: i32,
    /// Rows with amount zero: keep as purchases (default), exclude or raise.
    pub zero_amounts: i32,
    /// Rows equal to another in customer, time, amount and order: keep (default), exclude or raise.
    pub duplicates: i32,
    /// The IANA zone that decides the day of an instant, such as "Europe/Berlin"; NULL (default) for none. Copied.
    pub time_zone: *const c_char,
    /// The currency, as a label: histories in different currencies do not merge; NULL (default) for none. Copied.
    pub currency: *const c_char,
    /// Threads to use, 0 (default) for as many as there are; the result does not depend on it.
    pub threads: usize,
}

sized_structs!(crm_ingest_options);

impl crm_ingest_options {
    fn new() -> Self {
        let defaults = IngestOptions::default();
        Self {
            struct_size: size_of::<Self>(),
            missing_id: defaults.missing_id as i32,
            missing_time: defaults.missing_time as i32,
            invalid_time: defaults.invalid_time as i32,
            missing_amount: defaults.missing_amount as i32,
            invalid_amount: defaults.invalid_amount as i32,
            returns: defaults.returns as i32,
            zero_amounts: defaults.zero_amounts as i32,
            duplicates: defaults.duplicates as i32,
            time_zone: ptr::null(),
            currency: ptr::null(),
            threads: 0,
        }
    }

    /// The options that C gives; the defaults for null.
    ///
    /// # Safety
    /// `options` is null or points to a struct of the size that its first field says, whose texts are terminated.
    pub(crate) unsafe fn take(options: *const Self) -> Outcome<IngestOptions> {
        if options.is_null() {
            return Ok(IngestOptions::default());
        }
        // SAFETY: as the caller promises.
        let (given, time_zone, currency) = unsafe {
            let given = sized::read("options", options, Self::new())?;
            let time_zone = optional_text("time_zone", given.time_zone)?;
            (given, time_zone, optional_text("currency", given.currency)?)
        };
        Ok(IngestOptions {
            time_zone: time_zone.map(BusinessZone::new).transpose()?,
            missing_id: Policy::from_code("missing_id", given.missing_id)?,
            missing_time: Policy::from_code("missing_time", given.missing_time)?,
            invalid_time: Policy::from_code("invalid_time", given.invalid_time)?,
            missing_amount: Policy::from_code("missing_amount", given.missing_amount)?,
            invalid_amount: Policy::from_code("invalid_amount", given.invalid_amount)?,
            returns: Policy::from_code("returns", given.returns)?,
            zero_amounts: Policy::from_code("zero_amounts", given.zero_amounts)?,
            duplicates: Policy::from_code("duplicates", given.duplicates)?,
            currency: currency.map(str::to_owned),
            threads: Threads::from_count(given.threads)?,
        })
    }
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_ingest_options_init(
    options: *mut crm_ingest_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_ingest_options::new()) })
}
