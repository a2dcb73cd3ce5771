//! Histories of purchases and customer bases.

mod activity;
mod base;
mod history;
mod period;

pub(crate) use activity::{CohortTable, Opportunities, PeriodActivity};
pub(crate) use base::{CalibrationHoldout, CustomerBase};
pub(crate) use history::PurchaseHistory;
pub(crate) use period::Period;
