//! Histories of purchases and customer bases.

mod base;
mod history;

pub(crate) use base::{CalibrationHoldout, CustomerBase};
pub(crate) use history::PurchaseHistory;
