//! Calibration and holdout: what a model may see, and what happened next.

use super::base::{BaseOptions, CustomerBase};
use super::history::PurchaseHistory;
use super::money::Money;
use super::period::Day;
use crate::error::{Error, ErrorKind, Result};

/// A base as of the end of the calibration period, and what its customers did in the holdout period after it.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationHoldout {
    calibration: CustomerBase,
    holdout_end: Day,
    purchase_days: Vec<u32>,
    orders: Vec<u32>,
    amounts: Vec<Money>,
}

impl PurchaseHistory {
    /// Splits the history after the calibration period, which `calibration` describes; the holdout period ends with
    /// `holdout_end`.
    ///
    /// # Errors
    /// `InvalidArgument` if the holdout does not end after the calibration, or after the last day of the log (its
    /// customers would seem to have stopped); those of [`base`](Self::base).
    pub fn split(&self, calibration: BaseOptions, holdout_end: Day) -> Result<CalibrationHoldout> {
        if holdout_end <= calibration.as_of {
            let accepted = format!("after the end of the calibration, {}", calibration.as_of);
            return Err(Error::argument("holdout_end", holdout_end, &accepted));
        }
        if let Some(last) = self.last_day().filter(|last| holdout_end > *last) {
            return Err(Error::argument(
                "holdout_end",
                holdout_end,
                &format!("on or before the last day of the log, {last}"),
            ));
        }
        let base = self.base(calibration)?;
        let (start, end) = (calibration.as_of.number() + 1, holdout_end.number());
        let held_out = match self.lines() {
            Some(lines) => std::sync::Arc::new(lines.days(&self.days().ids, start..=end)),
            None => std::sync::Arc::clone(self.days()),
        };
        let mut split = CalibrationHoldout {
            holdout_end,
            purchase_days: Vec::with_capacity(base.len()),
            orders: Vec::with_capacity(base.len()),
            amounts: Vec::with_capacity(base.len()),
            calibration: base,
        };
        let totals = |customer: usize| {
            let (mut days, mut orders, mut micros) = (0u32, 0u64, 0i128);
            for (ledger, is_purchase) in [(&held_out.purchases, true), (&held_out.returns, false)] {
                for entry in
                    ledger.range(customer).filter(|&entry| (start..=end).contains(&ledger.days[entry]))
                {
                    days += u32::from(is_purchase);
                    orders += if is_purchase { u64::from(ledger.counts[entry]) } else { 0 };
                    micros += ledger.amounts.get(entry);
                }
            }
            (days, u32::try_from(orders), Money::from_micros(micros))
        };
        let mut overflow = false;
        let (ids, base_ids) = (self.customer_ids(), split.calibration.customer_ids());
        let mut rows = Vec::with_capacity(base_ids.len());
        ids.pair(base_ids, |customer, in_base| {
            if let (Some(customer), Some(_)) = (customer, in_base) {
                rows.push(totals(customer));
            }
        })?;
        for (days, orders, amount) in rows {
            overflow |= orders.is_err();
            split.purchase_days.push(days);
            split.orders.push(orders.unwrap_or(u32::MAX));
            split.amounts.push(amount);
        }
        if overflow {
            return Err(Error::new(ErrorKind::OutOfRange, "one customer has more than 4294967295 orders")
                .on("orders"));
        }
        Ok(split)
    }
}

impl CalibrationHoldout {
    /// The base at the end of the calibration period.
    pub fn calibration(&self) -> &CustomerBase {
        &self.calibration
    }

    /// The last day of the holdout period.
    pub fn holdout_end(&self) -> Day {
        self.holdout_end
    }

    /// The length of the holdout period, in the base's time unit.
    pub fn holdout_length(&self) -> f64 {
        self.calibration.time_unit().from_days(self.holdout_end.since(self.calibration.as_of()))
    }

    /// Days with a purchase in the holdout period, for each customer of the base.
    pub fn purchase_days(&self) -> &[u32] {
        &self.purchase_days
    }

    /// Orders in the holdout period, for each customer of the base.
    pub fn orders(&self) -> &[u32] {
        &self.orders
    }

    /// Net amounts in the holdout period, for each customer of the base.
    pub fn net_amounts(&self) -> &[Money] {
        &self.amounts
    }
}
