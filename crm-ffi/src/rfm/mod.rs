//! Recency, frequency, monetary value: scores and named segments.

pub mod customers;
pub mod migration;
pub mod model;
pub mod options;
pub mod scores;
pub mod segment;
pub mod summary;
