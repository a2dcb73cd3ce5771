//! Recency, frequency, monetary value: scores that never split a tie, and named segments.
//!
//! A base of customers becomes scores from 1 (worst) to `bins` (best) in three dimensions; a segment map names the
//! combinations. A fitted [`RfmModel`] keeps its cut points, so that it scores later data without drift.
//!
//! ```
//! use crm_core::customer::{AmountColumn, BaseOptions, Day, IdColumn, IngestOptions, PurchaseHistory, TimeColumn, Transactions};
//! use crm_core::rfm::{RfmModel, RfmOptions, SegmentMap};
//! let (ids, days, amounts) = ([1, 2, 2, 3], [10, 12, 19, 5], [5.0, 10.0, 30.0, 2.0]);
//! let log = Transactions::new(
//!     IdColumn::Integer(ids.as_slice().into()),
//!     TimeColumn::Day(days.as_slice().into()),
//!     Some(AmountColumn::Float(amounts.as_slice().into())),
//! )?;
//! let history = PurchaseHistory::from_transactions(&log, &IngestOptions::default())?;
//! let base = history.base(BaseOptions::as_of(Day::from_number(20)?))?;
//! let model = RfmModel::fit(&base, &RfmOptions::default())?;
//! let scores = model.score(&base)?;
//! assert_eq!(scores.cell(1).to_string(), "5-5-5");
//! let segments = SegmentMap::standard().assign(&scores)?;
//! assert_eq!(segments.name(1), "Champions");
//! # Ok::<(), crm_core::Error>(())
//! ```
//!
//! # References
//! - Hughes (1994), *Strategic Database Marketing*: the method.
//! - Hyndman and Fan (1996), "Sample quantiles in statistical packages", definition 7: quantile cut points.

mod measure;
mod migration;
mod model;
mod options;
mod scores;
mod segment;
mod summary;

pub use measure::{FrequencyMeasure, MonetaryMeasure};
pub use migration::Migration;
pub use model::{RfmModel, RfmWarning};
pub use options::{Binning, Closed, LowerBounds, Nesting, RfmOptions, Weights};
pub use scores::{Cell, RfmScores};
pub use segment::{MapAudit, Rule, SegmentMap, Segments};
pub use summary::{SegmentRow, SegmentSummary};
