//! Experiments: did it work, and by how much.
//!
//! ```text
//! rows, or aggregates of any engine ──► arm statistics (mergeable) ──► test ──► effect, interval, p-value, status
//! ```
//!
//! - A test takes statistics of a target and a control arm; rows are a convenience on top.
//! - A test rejects if and only if its interval excludes the null: both are read off the same statistic.
//! - p-values come with their logarithm, so that tails do not underflow.
//! - A comparison of arms says whether customers were split as planned, or that no plan was given ([`SplitCheck`]).
//! - Data that cannot answer give a typed status; input that makes no sense is an error.

// What every test shares.
mod coherence;
mod exact_tails;
mod interval;
mod normal_tail;
mod test_options;
mod test_result;
mod threshold;

// Rates.
mod binary_arm;
mod binomial;
mod equivalence;
mod many_proportions;
mod proportion;
mod rate_test;
mod sample_ratio;
mod split_check;
mod test_columns;

// Means.
mod adjusted;
mod arm_cells;
mod arm_table;
mod comparison;
mod cornish_fisher;
mod fraction;
mod grouping;
mod incremental;
mod joint_arm;
mod linear;
mod mean_arm;
mod mean_method;
mod mean_score;
mod mean_test;
// Code that runs under the instructions chosen at run time must be inlined into where they are chosen.
#[allow(clippy::inline_always)]
mod moments;
mod net_means;
mod several_means;
mod stratified;
mod t_statistic;
mod winsor;

// Ranks, quantiles and resamples.
mod quantile;
mod rank;
mod resampling;
mod sample;

// Looking early.
mod always_valid;
mod bernoulli_sequence;
mod group_sequential;
mod group_sequential_look;
mod group_sequential_power;
mod log_integral;
mod mixture_bound;
mod sequential_paths;
mod sequential_test;
mod shape_boundary;
mod stitched_bound;
mod stopping_boundary;

// Beliefs.
mod bayes_rates;
mod bayes_result;
mod best_arm;
mod beta_posterior;
mod effect_posterior;

// Many tests.
mod dunnett;
mod dunnett_tail;
mod multiplicity;

// Before the test.
mod measures;
mod planning;

pub(crate) use adjusted::compare_adjusted_rows;
pub use adjusted::{Adjustment, ThetaMethod, compare_adjusted, compare_ratios};
pub use always_valid::{AlwaysValid, AlwaysValidMethod, AlwaysValidOptions, always_valid};
pub use arm_table::ArmTable;
pub use bayes_rates::compare_rates_bayes;
pub use bayes_result::{BayesOptions, BayesResult};
pub use bernoulli_sequence::{bernoulli_sequence, quantile_sequence_p_value};
pub use best_arm::{BestArms, best_effect, best_rate};
pub use beta_posterior::{BetaPosterior, BetaPrior, CredibleKind};
pub use binary_arm::BinaryArm;
pub(crate) use comparison::Adjusted;
pub use dunnett::{Dunnett, dunnett_test};
pub use effect_posterior::{EffectPosterior, NormalPrior};
pub use equivalence::{Equivalence, check_margins, equivalence};
pub use group_sequential::{Futility, GroupSequential, GroupSequentialOptions};
pub use group_sequential_look::{GroupSequentialLook, SequentialDecision, StagewiseInference};
pub use group_sequential_power::SequentialPower;
pub use grouping::{GroupColumn, GroupLabel};
pub use incremental::{
    Amount, CampaignCost, CampaignReturn, IncrementalConversions, campaign_return, campaign_return_of,
    incremental_conversions,
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
pub use mixture_bound::{MixtureBound, MixtureKind};
pub use multiplicity::{MultiplicityMethod, adjust_ln_p_values, adjust_p_values};
pub(crate) use net_means::NetMeans;
pub use planning::{
    CountedTails, EffectDirection, ExactProportionPlan, LevelSharing, MeanPlan, PlanOptions, ProportionPlan,
    ProportionPlanMethod, RankPlan, RankPlanMethod, RatePlan, RateSampleSize, SampleSize, Traffic,
    TrafficDuration,
};
pub use proportion::{
    ProportionMethod, StratifiedMethod, StratifiedProportions, compare_proportions,
    compare_stratified_proportions,
};
pub use quantile::{QuantileArm, QuantileArmOptions, compare_quantiles, quantile_interval};
pub use rank::{MannWhitney, MannWhitneyMethod, brunner_munzel, mann_whitney};
pub use rate_test::{RateMethod, RateTest, rate_interval, test_rate};
pub use resampling::{
    BootstrapColumn, BootstrapInterval, BootstrapOptions, BootstrapStatistic, PermutationOptions,
    PermutationStatistic, Resampled, Resampling, bootstrap, bootstrap_one, permutation_test,
};
pub use sample_ratio::{
    SAMPLE_RATIO_THRESHOLD, SampleRatio, SampleRatioLook, SequentialSampleRatio, SplitFinding, sample_ratio,
};
pub use sequential_test::{SequentialStep, SequentialTest};
pub use several_means::{Anova, AnovaMethod, SeveralMeans, analysis_of_variance, compare_several_means};
pub use split_check::SplitCheck;
pub use stitched_bound::{Stitching, empirical_process_bound, stitched_bound};
pub use stopping_boundary::StoppingBoundary;
pub use stratified::compare_stratified;
pub use test_columns::TestColumns;
pub use test_options::{Alternative, Contrast, TestOptions};
pub use test_result::{TestResult, TestStatus};
pub use winsor::{Winsor, Winsorized};
