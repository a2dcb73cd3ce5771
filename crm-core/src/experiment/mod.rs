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

// What every test shares.
mod coherence;
mod exact_tails;
mod interval;
mod normal_tail;
mod test_columns;
mod test_options;
mod test_result;

// Rates.
mod binary_arm;
mod binomial;
mod equivalence;
mod many_proportions;
mod proportion;
mod rate_test;
mod sample_ratio;

// Means: arms and rows.
mod arm_cells;
mod arm_table;
mod grouping;
mod joint_arm;
mod mean_arm;
mod measures;
mod moments;

// Means: tests.
mod adjusted;
mod comparison;
mod fraction;
mod incremental;
mod linear;
mod mean_method;
mod mean_test;
mod several_means;
mod stratified;
mod t_statistic;

pub use adjusted::{Adjustment, ThetaMethod, compare_adjusted, compare_ratios};
pub use arm_table::ArmTable;
pub use binary_arm::BinaryArm;
pub use equivalence::{Equivalence, equivalence};
pub use grouping::{GroupColumn, GroupLabel};
pub use incremental::{
    Amount, CampaignCost, CampaignReturn, IncrementalConversions, campaign_return, incremental_conversions,
};
pub use interval::{Interval, IntervalKind};
pub use joint_arm::JointArm;
pub use many_proportions::{
    Homogeneity, ProportionColumns, SeveralProportions, compare_several_proportions, homogeneity,
};
pub use mean_arm::MeanArm;
pub use mean_method::{LiftMethod, MeanMethod, MeanTest};
pub use mean_test::{cohens_d, compare_means, hedges_g};
pub use measures::Measures;
pub use proportion::{ProportionMethod, compare_proportions};
pub use rate_test::{RateMethod, RateTest, rate_interval, test_rate};
pub use sample_ratio::{
    SAMPLE_RATIO_THRESHOLD, SampleRatio, SampleRatioLook, SequentialSampleRatio, SplitFinding, sample_ratio,
};
pub use several_means::{Anova, AnovaMethod, analysis_of_variance, compare_several_means};
pub use stratified::compare_stratified;
pub use test_columns::TestColumns;
pub use test_options::{Alternative, Contrast, TestOptions};
pub use test_result::{TestResult, TestStatus};
