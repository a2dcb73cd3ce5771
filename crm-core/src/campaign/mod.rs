//! Campaigns: whom to contact, whom to leave alone for comparison, and what it brought.
//!
//! ```text
//! scored table ──► selection (rules, suppression, quotas) ──► split (targets | control) ──► outcomes ──► measurement
//!                                                                                           scores ──► uplift curves
//! ```
//!
//! - Every customer is selected, or excluded with a first reason and all others; the account adds up.
//! - An arm follows from salt and customer alone: stable when customers come and go, and the same in every language.
//! - Targets are measured against a control that was split off by chance, and the split itself is tested.

mod assignment;
mod balance;
mod bucket;
mod cells;
mod contact_log;
mod holdout;
mod levels;
mod measure;
mod measure_options;
mod measure_report;
mod measure_return;
mod outcomes;
mod rule;
mod select;
mod selected;
mod split;
mod target_table;
mod uplift_bootstrap;
mod uplift_curve;
mod uplift_top;

pub use assignment::Assignment;
pub use balance::{BalanceRow, SplitBalance};
pub use bucket::BucketHash;
pub use contact_log::ContactLog;
pub use holdout::{Holdout, Namespace};
pub use levels::Levels;
pub use measure_options::{ArmCost, MeasureOptions};
pub use measure_report::{ArmReturn, ArmSummary, CampaignEffect, CampaignReport, EmptyCell};
pub use outcomes::{CampaignMetric, CampaignOutcomes};
pub use rule::{Comparison, Rule, RuleValue};
pub use select::{RankOrder, Selection, TieBreak};
pub use selected::{Reason, ReasonKind, Selected};
pub use split::{Arm, Split};
pub use target_table::{TargetColumn, TargetTable};
pub use uplift_bootstrap::UpliftInterval;
pub use uplift_curve::{UpliftCurve, UpliftCurveKind, UpliftScale, UpliftScore, UpliftStatus};
pub use uplift_top::{TopShare, UpliftBand};
