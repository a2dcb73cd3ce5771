//! Campaigns.

mod outcomes;
mod report;
mod selection;
mod split;
mod target_table;
mod uplift;

pub(crate) use outcomes::CampaignOutcomes;
pub(crate) use report::{CampaignReport, SplitBalance};
pub(crate) use selection::{Selected, Selection};
pub(crate) use split::{Assignment, Split, buckets};
pub(crate) use target_table::TargetTable;
pub(crate) use uplift::UpliftCurve;
