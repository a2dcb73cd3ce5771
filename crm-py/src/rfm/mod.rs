//! RFM scores and named segments.

mod model;
mod segment;

pub(crate) use model::{RfmModel, RfmScores};
pub(crate) use segment::{SegmentMap, Segments, audit, customer_table, migration, segment_summary};
