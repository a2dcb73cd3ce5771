//! Experiments: did it work, and by how much.
//!
//! ```text
//! rows, or aggregates of any engine ──► arm statistics (mergeable) ──► test ──► effect, interval, p-value, status
//! ```
//!
//! - A test takes statistics of a target and a control arm; rows are a convenience on top.
//! - A test rejects if and only if its interval excludes the null: both are read off the same statistic.
//! - p-values come with their logarithm, so that tails do not underflow.
//! - Data that cannot answer give a typed status; input that makes no sense is an error.

mod adjusted;
mod arm_cells;
mod arm_table;
mod binary_arm;
mod binomial;
mod coherence;
mod comparison;
mod dunnett;
mod dunnett_tail;
mod equivalence;
mod exact_tails;
mod fraction;
mod grouping;
mod incremental;
mod interval;
mod joint_arm;
mod linear;
mod many_proportions;
mod mean_arm;
mod mean_method;
mod mean_test;
mod moments;
mod multiplicity;
mod normal_tail;
mod planning;
mod proportion;
mod rate_test;
mod sample_ratio;
mod several_means;
mod stratified;
mod t_statistic;
mod test_columns;
mod test_options;
mod test_result;

pub use adjusted::{Adjustment, ThetaMethod, compare_adjusted, compare_ratios};
pub use arm_table::ArmTable;
pub use binary_arm::BinaryArm;
pub use dunnett::{Dunnett, compare_with_control};
pub use equivalence::{Equivalence, equivalence};
pub use grouping::{GroupColumn, GroupLabel};
pub use incremental::{
    Amount, CampaignCost, CampaignReturn, IncrementalConversions, campaign_return, campaign_return_of,
    incremental_conversions,
};
pub use interval::{Interval, IntervalKind};
pub use joint_arm::{JointArm, Measures};
pub use many_proportions::{
    Homogeneity, ProportionColumns, SeveralProportions, compare_several_proportions, homogeneity,
};
pub use mean_arm::MeanArm;
pub use mean_method::{LiftMethod, MeanMethod, MeanTest};
pub use mean_test::{cohens_d, compare_means, hedges_g};
pub use multiplicity::{MultiplicityMethod, adjust_ln_p_values, adjust_p_values};
pub use planning::{
    CountedTails, EffectDirection, LevelSharing, MeanPlan, PlanOptions, ProportionPlan, ProportionPlanMethod,
    SampleSize, Traffic, TrafficDuration,
};
pub use proportion::{ProportionMethod, compare_proportions};
pub use rate_test::{RateMethod, RateTest, rate_interval, test_rate};
pub use sample_ratio::{
    SAMPLE_RATIO_THRESHOLD, SampleRatio, SampleRatioLook, SequentialSampleRatio, SplitFinding, sample_ratio,
};
pub use several_means::{Anova, AnovaMethod, analysis_of_variance, compare_with_control};
pub use stratified::compare_stratified;
pub use test_columns::TestColumns;
pub use test_options::{Alternative, Contrast, TestOptions};
pub use test_result::{TestResult, TestStatus};
