//! The native half of the Python module `crm`: pointers to arrays, exceptions and threads.
//!
//! Every class here is wrapped by a typed one in `python/crm`, which is the interface; names and arguments follow it.
// Arguments come from Python as values, not as references.
#![allow(clippy::needless_pass_by_value)]

mod buffer;
mod capsule;
mod column;
mod error;
mod ingest;
mod integer;
mod table;

mod campaign;
mod clv;
mod customer;
mod experiment;
mod loyalty;
mod rfm;
mod segment;

/// The native half of `crm`.
#[pyo3::pymodule]
mod _crm {
    #[pymodule_export]
    use crate::campaign::{
        Assignment, CampaignOutcomes, CampaignReport, Selected, Selection, Split, SplitBalance, TargetTable,
        UpliftCurve, buckets,
    };
    #[pymodule_export]
    use crate::clv::{
        Bootstrap, CohortValue, CustomerValueModel, DiscountRate, FitReport, OrderAverages, Prediction,
        PurchaseData, PurchaseModel, RankingQuality, RetentionData, RetentionModel, RetentionRate,
        RetentionValue, Simulation, SpendData, SpendModel, clv_models, compare_by_frequency,
        compare_by_value, expected_repeat_purchases, historic_values, holdout_accuracy, tracking,
    };
    #[pymodule_export]
    use crate::column::Column;
    #[pymodule_export]
    use crate::customer::{
        CalibrationHoldout, CohortTable, CustomerBase, Opportunities, Period, PeriodActivity,
        PurchaseHistory, Rhythm,
    };
    #[pymodule_export]
    use crate::error::error_kinds;
    #[pymodule_export]
    use crate::experiment::{
        ArmTable, BetaPosterior, BinaryArm, BootstrapOptions, CampaignCost, EffectPosterior,
        ExactProportionPlan, GroupSequential, JointArm, MeanArm, MeanPlan, MixtureBound, NativeMeanTest,
        PermutationOptions, PlanOptions, ProportionPlan, QuantileArm, RankPlan, RatePlan,
        SequentialSampleRatio, SequentialTest, TestOptions, Traffic, Winsor, adjust_ln_p_values,
        adjust_p_values, always_valid, analysis_of_variance, bernoulli_sequence, best_effect, best_rate,
        bootstrap, brunner_munzel, campaign_return, check_margins, cohens_d, compare_adjusted, compare_means,
        compare_proportion_columns, compare_proportions, compare_quantiles, compare_rates_bayes,
        compare_ratios, compare_several_means, compare_several_proportions, compare_stratified,
        compare_stratified_proportions, covariate_deviation, dunnett_test, empirical_process_bound,
        equivalence_of, hedges_g, incremental_conversions, mann_whitney, normal_superiority,
        permutation_test, pilot_quantile_deviation, proportion_homogeneity, quantile_deviation,
        quantile_interval, quantile_sequence_p_value, rate_interval, ratio_deviation, sample_ratio,
        stitched_bound, stratified_deviation, test_rate, thompson_allocation,
    };
    #[pymodule_export]
    use crate::ingest::{ColumnNames, IngestOptions};
    #[pymodule_export]
    use crate::loyalty::{
        DimensionTable, LoyaltyProgram, LoyaltyScore, LoyaltyScores, PointsLedger, PointsLiability,
        ahp_synthesis, ahp_weights, allocate_price, decayed_sum, dimension_json, judge_weightings,
        objective_weights, points_period, proportional_weights, recognize_points,
    };
    #[pymodule_export]
    use crate::loyalty::{
        RewardCatalogue, RewardMembers, TierRoster, TierRules, cut_quotas, quota_rules, simulate_program,
    };
    #[pymodule_export]
    use crate::rfm::{
        RfmModel, RfmScores, SegmentMap, Segments, audit, customer_table, migration, segment_summary,
    };
    #[pymodule_export]
    use crate::segment::{
        ClusterChoice, CrossTable, CustomerTiers, FeatureScaler, FeatureTable, GaussianMixture, KMeans,
        KMeansOptions, MiniBatchKMeans, Rows, SegmentDrift, SegmentModel, SegmentProfiles, TierBacktest,
        ValueTiers, adjusted_rand_index, customer_tier_names, dispersion, features, gap,
        normalized_mutual_information, silhouette, silhouette_values, stability,
    };
    #[pymodule_export]
    use crate::table::Table;
}
