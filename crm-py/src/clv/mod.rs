//! Customer lifetime value.

mod data;
mod interval;
mod models;
mod prediction;
mod purchase;
mod rate;
mod report;
mod retention;
mod simple;
mod spend;
mod validation;
mod value;

pub(crate) use data::{PurchaseData, RetentionData, SpendData};
pub(crate) use models::clv_models;
pub(crate) use prediction::Prediction;
pub(crate) use purchase::{Bootstrap, PurchaseModel, Simulation};
pub(crate) use rate::{DiscountRate, RetentionRate};
pub(crate) use report::FitReport;
pub(crate) use retention::RetentionModel;
pub(crate) use simple::{CohortValue, OrderAverages, RetentionValue, historic_values};
pub(crate) use spend::SpendModel;
pub(crate) use validation::{
    RankingQuality, compare_by_frequency, compare_by_value, expected_repeat_purchases, holdout_accuracy,
    tracking,
};
pub(crate) use value::CustomerValueModel;
