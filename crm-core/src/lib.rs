//! `crm-core` is the analytical half of a CRM as an embeddable engine.
//!
//! ```text
//! transactions ──► purchase history ──► customer base (as of a date)
//!                  (one compact index)   │
//!                                        ├─► rfm        scores ─► named segments
//!                                        ├─► segment    features ─► k-means clusters, profiles, value tiers
//!                                        └─► clv        purchase model × spend model ─► lifetime value
//! campaign:   select ─► split (target arms | control) ─► measure, uplift curves
//! experiment: arm statistics (mergeable) ─► test result
//! loyalty:    dimensions ─► score; events ─► points, tiers ─► rewards
//! ```
//!
//! The same input gives the same bits: on one thread or many, in one batch or a thousand, whatever the row order.
#![forbid(unsafe_code)]

// The pipeline, in its order.
pub mod campaign;
pub mod clv;
pub mod customer;
pub mod experiment;
pub mod loyalty;
pub mod rfm;
pub mod segment;

// What it stands on.
mod error;
#[cfg(any(feature = "arrow", feature = "linfa"))]
pub mod interop;
pub mod math;
mod named;
mod parallel;
mod saved;

pub use error::{Error, ErrorKind, Result};
pub use parallel::Threads;

/// The examples of the README are tested with the documentation.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;
