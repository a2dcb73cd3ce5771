//! Planning: how many, with what power, what effect can be seen, and for how long.
//!
//! ```text
//! plan (what is compared, and the options of the test) ──► power(effect, size)
//!                                                      ──► sample_size(effect, power)
//!                                                      ──► detectable(size, power)
//! sample size ──► traffic ──► days
//! ```
//!
//! The three are inverses of each other: sizes and effects are roots of the one function that gives the power.

mod chance;
mod exact_proportion_plan;
mod mean_plan;
mod plan_deviation;
mod plan_options;
mod proportion_plan;
mod rank_family;
mod rank_plan;
mod rate_plan;
mod saw_tooth;
mod solve;
mod traffic;

pub use exact_proportion_plan::ExactProportionPlan;
pub use mean_plan::MeanPlan;
pub use plan_options::{CountedTails, LevelSharing, PlanOptions};
pub use proportion_plan::{ProportionPlan, ProportionPlanMethod};
pub use rank_plan::{RankPlan, RankPlanMethod};
pub use rate_plan::{RatePlan, RateSampleSize};
pub use solve::{EffectDirection, SampleSize};
pub use traffic::{Traffic, TrafficDuration};
