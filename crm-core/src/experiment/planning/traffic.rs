//! From sizes to days.

use serde::Serialize;

use super::solve::SampleSize;
use crate::error::{Error, Result};

/// Visitors per day and the shares of them that enter the arms.
///
/// ```
/// use crm_core::experiment::{PlanOptions, ProportionPlan, ProportionPlanMethod, Traffic};
/// // 8000 visitors a day, 10 % of them to the control, 45 % to each of two targets.
/// let traffic = Traffic::new(8000.0, 0.45, 0.1, 2)?;
/// let options = PlanOptions::default().targets(2).control_per_target(traffic.control_per_target());
/// let plan = ProportionPlan::new(0.05, ProportionPlanMethod::Score, options)?;
/// let duration = traffic.duration(&plan.sample_size(0.06, 0.8)?);
/// assert_eq!((duration.whole_days, duration.whole_weeks), (32, 5));
/// # Ok::<(), crm_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Traffic {
    visitors_per_day: f64,
    target_share: f64,
    control_share: f64,
}

/// How long arms take to fill.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct TrafficDuration {
    /// Days until the slowest arm is full, not rounded.
    pub days: f64,
    /// Days, rounded up.
    pub whole_days: u64,
    /// Weeks, rounded up: weekdays differ, so that tests run for whole ones.
    pub whole_weeks: u64,
}

impl Traffic {
    /// Visitors per day of whom each of `targets` gets `target_share` and the control `control_share`, in (0, 1).
    ///
    /// # Errors
    /// `InvalidArgument` for visitors or shares that are not positive, and for shares that add up to more than 1.
    pub fn new(visitors_per_day: f64, target_share: f64, control_share: f64, targets: u32) -> Result<Self> {
        if !(visitors_per_day > 0.0 && visitors_per_day.is_finite()) {
            return Err(Error::argument("visitors_per_day", visitors_per_day, "above 0 and finite"));
        }
        if !(1..=1000).contains(&targets) {
            return Err(Error::argument("targets", targets, "between 1 and 1000"));
        }
        for (name, share) in [("target_share", target_share), ("control_share", control_share)] {
            if !(share > 0.0 && share < 1.0) {
                return Err(Error::argument(name, share, "inside (0, 1)"));
            }
        }
        let sum = target_share * f64::from(targets) + control_share;
        // Shares such as three thirds are rounded.
        if sum > 1.0 + 1e-9 {
            return Err(Error::argument(
                "target_share",
                target_share,
                &format!("smaller: all shares add up to {sum}"),
            ));
        }
        Ok(Self { visitors_per_day, target_share, control_share })
    }

    /// The size of the control over that of a target, as plans take it.
    pub fn control_per_target(&self) -> f64 {
        self.control_share / self.target_share
    }

    /// The size of one target after so many days, as plans take it.
    ///
    /// # Errors
    /// `InvalidArgument` for days that are not positive.
    pub fn target_count(&self, days: f64) -> Result<f64> {
        if !(days > 0.0 && days.is_finite()) {
            return Err(Error::argument("days", days, "above 0 and finite"));
        }
        Ok(self.visitors_per_day * self.target_share * days)
    }

    /// How long it takes until every arm has its size.
    pub fn duration(&self, size: &SampleSize) -> TrafficDuration {
        let target = size.target_count as f64 / (self.visitors_per_day * self.target_share);
        let control = size.control_count as f64 / (self.visitors_per_day * self.control_share);
        let days = target.max(control);
        // Days that are whole but for rounding stay so.
        let whole = (days * (1.0 - 1e-12)).ceil().max(1.0);
        TrafficDuration { days, whole_days: whole as u64, whole_weeks: (whole / 7.0).ceil() as u64 }
    }
}
