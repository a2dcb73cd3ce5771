//! Customers: from rows of transactions to a base of customers as of a date.

pub mod account;
pub mod activity;
pub mod base;
pub mod builder;
pub mod cohort;
pub mod column;
pub mod day;
pub mod history;
pub mod money;
pub mod opportunities;
pub mod options;
pub mod read;
pub mod rhythm;
pub mod split;
pub mod transactions;
