//! Customer lifetime value: when will customers buy again, what do they spend, and what is each worth.
//!
//! A *purchase model* says how many purchases to expect and who is still a customer; the *spend model* what a purchase is worth; both
//! together give lifetime value. Where customers have a contract, a *retention model* takes the place of the purchase model. [`MODELS`] is the list of all.
//!
//! ```
//! use crm_core::clv::{DiscountRate, FitOptions, Horizon, PurchaseData, PurchaseKind, PurchaseModel};
//! use crm_core::customer::{Period, TimeUnit};
//! // Two hundred customers of a model, observed for 40 to 60 weeks.
//! let truth = PurchaseModel::from_parameters(PurchaseKind::BgNbd, &[0.8, 6.0, 0.9, 2.5], TimeUnit::Week)?;
//! let ages: Vec<f64> = (0..200).map(|customer| 40.0 + f64::from(customer) / 10.0).collect();
//! let data = truth.simulate(&ages, Period::new(0.0, TimeUnit::Week)?, 1)?.data()?;
//!
//! let model = PurchaseModel::fit(PurchaseKind::BgNbd, &data, &FitOptions::default())?;
//! let alive = model.p_alive(&data)?;
//! let next_year = model.expected_purchases(&data, Period::new(1.0, TimeUnit::YearMean)?)?;
//! let ever = model.discounted_purchases(&data, Horizon::Forever, DiscountRate::annual(0.1)?)?;
//! assert!(alive.iter().all(|p| (0.0..=1.0).contains(p)));
//! assert!(next_year.iter().zip(&ever).all(|(year, ever)| *year >= 0.0 && ever.is_finite()));
//! # Ok::<(), crm_core::Error>(())
//! ```
//!
//! The shape of the family: a model is a process (crate-private trait `Process`): its likelihood, the odds of having left, and the future of a customer who
//! is still there. `fit` and `predict` are written once, over that trait. References stand in the files of the models.

mod beta_geometric;
mod bg_bb;
mod bg_nbd;
mod bootstrap;
mod data;
mod discount;
mod distinct;
mod fit;
mod gamma_gamma;
mod interval;
mod kind;
mod lifetime_value;
mod numbers;
mod pareto_nbd;
mod predict;
mod process;
mod purchase_model;
mod ranking;
mod report;
mod retention_data;
mod sbg;
mod simple;
mod simulate;
mod slow_sum;
mod spend_data;
mod spend_likelihood;
mod validation;

pub use bootstrap::Bootstrap;
pub use data::{DataWindow, PurchaseData};
pub use discount::{DiscountRate, Horizon};
pub use fit::FitOptions;
pub use gamma_gamma::SpendModel;
pub use interval::{Intervals, PredictiveIntervals};
pub use kind::PurchaseKind;
pub use lifetime_value::{CustomerValueModel, LifetimeValues, ValueOptions};
pub use numbers::{Numbers, NumbersBuilder};
pub use predict::Prediction;
pub use purchase_model::PurchaseModel;
pub use ranking::{LiftRow, RankingQuality};
pub use report::{FitReport, FitWarning};
pub use retention_data::RetentionData;
pub use sbg::RetentionModel;
pub use simple::{
    CohortValue, FirstMargin, OrderAverages, PooledAge, RetentionRate, RetentionValue, historic_values,
};
pub use simulate::Simulation;
pub use spend_data::SpendData;
pub use validation::{
    BinEdges, BinnedComparison, ComparisonBin, HoldoutAccuracy, Tracking, TrackingRow,
    expected_repeat_purchases,
};

use bg_bb::BgBb;
use bg_nbd::{BgNbd, MbgNbd};
use pareto_nbd::ParetoNbd;
use process::Process;

/// What a model describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ModelFamily {
    /// How often customers buy who do not say when they leave.
    Purchases,
    /// How long customers stay who have a contract.
    Contracts,
    /// What a purchase is worth.
    Spend,
}

/// A row of the table of models.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ModelInfo {
    /// The name in Python, in files and in messages.
    pub name: &'static str,
    /// The name in papers.
    pub title: &'static str,
    /// What it describes.
    pub family: ModelFamily,
    /// The names of the parameters, in the order of every array of them.
    pub parameters: &'static [&'static str],
    /// The paper that introduced it.
    pub source: &'static str,
}

/// Every model.
pub const MODELS: [ModelInfo; 6] = [
    ModelInfo {
        name: "bg_nbd",
        title: "BG/NBD",
        family: ModelFamily::Purchases,
        parameters: &["r", "alpha", "a", "b"],
        source: "Fader, Hardie and Lee (2005), Marketing Science 24(2)",
    },
    ModelInfo {
        name: "mbg_nbd",
        title: "MBG/NBD",
        family: ModelFamily::Purchases,
        parameters: &["r", "alpha", "a", "b"],
        source: "Batislam, Denizel and Filiztekin (2007), International Journal of Research in Marketing 24(3)",
    },
    ModelInfo {
        name: "pareto_nbd",
        title: "Pareto/NBD",
        family: ModelFamily::Purchases,
        parameters: &["r", "alpha", "s", "beta"],
        source: "Schmittlein, Morrison and Colombo (1987), Management Science 33(1)",
    },
    ModelInfo {
        name: "bg_bb",
        title: "BG/BB",
        family: ModelFamily::Purchases,
        parameters: &["alpha", "beta", "gamma", "delta"],
        source: "Fader, Hardie and Shang (2010), Marketing Science 29(6)",
    },
    ModelInfo {
        name: "sbg",
        title: "sBG",
        family: ModelFamily::Contracts,
        parameters: &["alpha", "beta"],
        source: "Fader and Hardie (2007), Journal of Interactive Marketing 21(1)",
    },
    ModelInfo {
        name: "gamma_gamma",
        title: "Gamma-Gamma",
        family: ModelFamily::Spend,
        parameters: &["p", "q", "v"],
        source: "Fader, Hardie and Lee (2005), Journal of Marketing Research 42(4)",
    },
];

/// Evaluates an expression with a type in place of the kind of a purchase model: the one place that joins the two.
macro_rules! with_process {
    ($kind:expr, $process:ident => $body:expr) => {
        match $kind {
            $crate::clv::PurchaseKind::BgNbd => {
                type $process = BgNbd;
                $body
            }
            $crate::clv::PurchaseKind::MbgNbd => {
                type $process = MbgNbd;
                $body
            }
            $crate::clv::PurchaseKind::ParetoNbd => {
                type $process = ParetoNbd;
                $body
            }
            $crate::clv::PurchaseKind::BgBb => {
                type $process = BgBb;
                $body
            }
        }
    };
}
use with_process;
