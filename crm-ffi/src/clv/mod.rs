//! Customer lifetime value: models of purchases and of spend, and what each customer is worth.

// Purchases.
pub mod bootstrap;
pub mod options;
pub mod predict;
pub mod purchase_data;
pub mod purchase_model;
pub mod simulate;

// Spend, and what both are worth.
pub mod spend_data;
pub mod spend_model;
pub mod value;

// Contracts, and value without a model of behaviour.
pub mod cohort_value;
pub mod retention;
pub mod retention_data;
pub mod simple;

// How good a model is.
pub mod ranking;
pub mod tracking;
pub mod validation;

// Times, the table of models, and what every fit says of itself.
pub mod interval;
pub mod models;
pub mod report;
pub mod time;
