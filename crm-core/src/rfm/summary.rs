//! Segments in a few numbers each.

use super::segment::Segments;
use crate::customer::{CustomerBase, Money};
use crate::error::{Error, ErrorKind, Result};

/// One segment in numbers.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentRow {
    /// The name.
    pub segment: String,
    /// Number of customers.
    pub customers: u64,
    /// Share of all customers, in \[0, 1\].
    pub customer_share: f64,
    /// Net amount of its customers.
    pub net_amount: Money,
    /// Share of the net amount of all customers; 0 if that is zero. Returns can push it outside \[0, 1\].
    pub amount_share: f64,
    /// Mean number of days since the last purchase; `None` for a segment without customers, as the other means.
    pub mean_days_since_last_purchase: Option<f64>,
    /// Mean number of orders.
    pub mean_orders: Option<f64>,
    /// Mean net amount, in currency units.
    pub mean_net_amount: Option<f64>,
}

/// Every segment of the map in numbers, in the order of the map; those without customers included.
#[derive(Clone, Debug, PartialEq)]
pub struct SegmentSummary {
    rows: Vec<SegmentRow>,
}

/// Sums over the customers of a segment.
#[derive(Clone, Copy, Default)]
struct Sums {
    customers: u64,
    days: i64,
    orders: u64,
    amount: Money,
}

impl SegmentSummary {
    /// Summarises the segments of a base.
    ///
    /// # Errors
    /// `LengthMismatch` if the segments are those of another number of customers.
    pub fn new(base: &CustomerBase, segments: &Segments) -> Result<Self> {
        if base.len() != segments.len() {
            let message = format!("has {} customers, but the base has {}", segments.len(), base.len());
            return Err(Error::new(ErrorKind::LengthMismatch, message).on("segments"));
        }
        let mut sums = vec![Sums::default(); segments.names().len()];
        for (customer, &code) in segments.codes().iter().enumerate() {
            let sum = &mut sums[usize::from(code)];
            sum.customers += 1;
            sum.days += i64::from(base.days_since_last_purchase(customer));
            sum.orders += u64::from(base.orders()[customer]);
            sum.amount += base.net_amount(customer);
        }
        let total = base.total_net_amount();
        let rows = segments.names().iter().zip(sums).map(|(name, sum)| {
            let mean = |value: f64| (sum.customers > 0).then(|| value / sum.customers as f64);
            SegmentRow {
                segment: name.clone(),
                customers: sum.customers,
                customer_share: sum.customers as f64 / base.len() as f64,
                net_amount: sum.amount,
                amount_share: if total == Money::ZERO { 0.0 } else { sum.amount.to_f64() / total.to_f64() },
                mean_days_since_last_purchase: mean(sum.days as f64),
                mean_orders: mean(sum.orders as f64),
                mean_net_amount: mean(sum.amount.to_f64()),
            }
        });
        Ok(Self { rows: rows.collect() })
    }

    /// One row a segment.
    pub fn rows(&self) -> &[SegmentRow] {
        &self.rows
    }
}
