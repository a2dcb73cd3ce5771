//! Histories of purchases and customer bases.

mod activity;
mod base;
mod history;
mod period;
mod rhythm;

pub(crate) use activity::{CohortTable, Opportunities, PeriodActivity};
pub(crate) use base::{CalibrationHoldout, CustomerBase};
pub(crate) use history::{PurchaseHistory, base_options};
pub(crate) use period::Period;
pub(crate) use rhythm::Rhythm;
