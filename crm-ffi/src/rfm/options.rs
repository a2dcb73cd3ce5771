//! How a base is scored.

use std::ptr;

use crm_core::Error;
use crm_core::customer::TimeUnit;
use crm_core::rfm::{
    Binning, Closed, FrequencyMeasure, LowerBounds, MonetaryMeasure, Nesting, RfmOptions, Weights,
};

use crate::customer::base::crm_time_unit;
use crate::guard::guard;
use crate::pointer::{array, choice};
use crate::sized::{self, sized_structs};
use crate::status::{Outcome, crm_status};

/// How values become scores.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_binning {
    /// Mid-rank quantile bins: of equal size as far as ties allow, and ties never split.
    MidRank = 0,
    /// Bins between quantile cut points (definition 7 of Hyndman and Fan).
    Quantiles = 1,
    /// The company's own bounds.
    Bounds = 2,
}

/// Which end of an interval between two quantile cut points belongs to it.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_closed {
    /// A value equal to a cut point counts above it.
    Left = 0,
    /// A value equal to a cut point counts below it.
    Right = 1,
}

/// Whether each dimension is binned by itself.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_nesting {
    /// Each by itself.
    Independent = 0,
    /// Frequency within each recency score, monetary value within each pair of both (Hughes).
    Nested = 1,
}

/// What frequency counts.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_frequency {
    /// Orders.
    Orders = 0,
    /// Days with a purchase.
    PurchaseDays = 1,
    /// Orders divided by the customer's age (at least one unit) in `frequency_unit`.
    OrdersPer = 2,
}

/// What monetary value means.
#[derive(Clone, Copy)]
#[repr(i32)]
pub enum crm_monetary {
    /// Net amount: purchases less returns.
    NetAmount = 0,
    /// Net amount an order.
    MeanPerOrder = 1,
    /// Net amount a day with a purchase.
    MeanPerPurchaseDay = 2,
}

/// How a base is scored. Fill with `crm_rfm_options_init`, then change what differs. Bounds are copied.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct crm_rfm_options {
    /// `sizeof` this struct.
    pub struct_size: usize,
    /// A `crm_binning` (default: mid-rank).
    pub binning: i32,
    /// Number of scores, 2 to 10 (default 5). Not used with bounds: there is one score more than bounds.
    pub bins: i32,
    /// A `crm_closed` (default: right), for quantiles.
    pub closed: i32,
    /// A `crm_nesting` (default: independent).
    pub nesting: i32,
    /// A `crm_frequency` (default: orders).
    pub frequency: i32,
    /// A `crm_time_unit`, for orders by age.
    pub frequency_unit: i32,
    /// A `crm_monetary` (default: net amount).
    pub monetary: i32,
    /// Must be 0.
    pub reserved: i32,
    /// Own bounds, ascending: days since the last purchase; a time below the first has the highest score.
    pub recency_bounds: *const f64,
    /// How many.
    pub recency_bound_count: usize,
    /// Own bounds, ascending: the lowest frequency of scores 2, 3, ...
    pub frequency_bounds: *const f64,
    /// How many.
    pub frequency_bound_count: usize,
    /// Own bounds, ascending: the lowest monetary value of scores 2, 3, ..., in currency units.
    pub monetary_bounds: *const f64,
    /// How many.
    pub monetary_bound_count: usize,
    /// Weight of the recency score in the composite score (default 1); only proportions matter.
    pub recency_weight: f64,
    /// Weight of the frequency score.
    pub frequency_weight: f64,
    /// Weight of the monetary score.
    pub monetary_weight: f64,
}

sized_structs!(crm_rfm_options);

impl crm_rfm_options {
    fn new() -> Self {
        // A test holds these to be the core's.
        Self {
            struct_size: size_of::<Self>(),
            binning: crm_binning::MidRank as i32,
            bins: 5,
            closed: crm_closed::Right as i32,
            nesting: crm_nesting::Independent as i32,
            frequency: crm_frequency::Orders as i32,
            frequency_unit: crm_time_unit::Day as i32,
            monetary: crm_monetary::NetAmount as i32,
            reserved: 0,
            recency_bounds: ptr::null(),
            recency_bound_count: 0,
            frequency_bounds: ptr::null(),
            frequency_bound_count: 0,
            monetary_bounds: ptr::null(),
            monetary_bound_count: 0,
            recency_weight: 1.0,
            frequency_weight: 1.0,
            monetary_weight: 1.0,
        }
    }

    pub(crate) unsafe fn take(options: *const Self) -> Outcome<RfmOptions> {
        if options.is_null() {
            return Ok(RfmOptions::default());
        }
        // SAFETY: the caller gives a struct of the size that it says.
        let given = unsafe { sized::read("options", options, Self::new()) }?;
        if given.reserved != 0 {
            return Err(Error::argument("reserved", given.reserved, "0").into());
        }
        let closed = choice("closed", given.closed, &[Closed::Left, Closed::Right])?;
        let kinds = [crm_binning::MidRank, crm_binning::Quantiles, crm_binning::Bounds];
        let binning = match choice("binning", given.binning, &kinds)? {
            crm_binning::MidRank => Binning::MidRank { bins: bins(given.bins)? },
            crm_binning::Quantiles => Binning::Quantiles { bins: bins(given.bins)?, closed },
            // SAFETY: the caller gives arrays of the lengths that it says.
            crm_binning::Bounds => unsafe {
                let bounds = |name, bounds, count| array(name, bounds, count).map(<[f64]>::to_vec);
                Binning::Bounds(LowerBounds {
                    recency_days: bounds("recency_bounds", given.recency_bounds, given.recency_bound_count)?,
                    frequency: bounds(
                        "frequency_bounds",
                        given.frequency_bounds,
                        given.frequency_bound_count,
                    )?,
                    monetary: bounds("monetary_bounds", given.monetary_bounds, given.monetary_bound_count)?,
                })
            },
        };
        let unit = choice("frequency_unit", given.frequency_unit, &TimeUnit::ALL)?;
        let frequencies =
            [FrequencyMeasure::Orders, FrequencyMeasure::PurchaseDays, FrequencyMeasure::OrdersPer(unit)];
        let monetaries =
            [MonetaryMeasure::NetAmount, MonetaryMeasure::MeanPerOrder, MonetaryMeasure::MeanPerPurchaseDay];
        Ok(RfmOptions {
            binning,
            nesting: choice("nesting", given.nesting, &[Nesting::Independent, Nesting::Nested])?,
            frequency: choice("frequency", given.frequency, &frequencies)?,
            monetary: choice("monetary", given.monetary, &monetaries)?,
            weights: Weights {
                recency: given.recency_weight,
                frequency: given.frequency_weight,
                monetary: given.monetary_weight,
            },
        })
    }
}

/// A number of scores, as far as it fits the core's type.
pub(crate) fn bins(bins: i32) -> Outcome<u8> {
    u8::try_from(bins).map_err(|_| Error::argument("bins", bins, "between 2 and 10").into())
}

/// Fills options with their defaults; `struct_size` is `sizeof *options`.
///
/// Fails with `CRM_STATUS_INVALID_ARGUMENT` for a size that no version of the struct has.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn crm_rfm_options_init(
    options: *mut crm_rfm_options,
    struct_size: usize,
) -> crm_status {
    // SAFETY: the caller gives a struct of that size, or null.
    guard(|| unsafe { sized::init("options", options, struct_size, crm_rfm_options::new()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_those_of_the_core() {
        let options = crm_rfm_options::new();
        // SAFETY: the struct is as long as it says, and has no bounds.
        let taken = unsafe { crm_rfm_options::take(&raw const options) };
        assert_eq!(taken.unwrap(), RfmOptions::default());
    }
}
