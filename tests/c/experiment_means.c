/* Means: arms, tables of arms, tests, adjustment and what campaigns returned. Numbers are those of tests/cases/experiment. */
#include "check.h"

#define NEAR(value, expected) CHECK(fabs((value) - (expected)) <= 1e-12 * fabs(expected))

static const double Y_TARGET[] = {3, 5, 8, 9}, X_TARGET[] = {1, 2, 4, 5}, D_TARGET[] = {1, 2, 2, 3};
static const double Y_CONTROL[] = {2, 4, 5, 9}, X_CONTROL[] = {1, 3, 4, 6}, D_CONTROL[] = {1, 1, 2, 2};

static void arms(void) {
    const double values[] = {1, 2, 6}, bad[] = {1, NAN};
    crm_mean_arm arm, other, none = {0, 0, 0, 0, 0}, wrong = {3, 1, 0, -1, 0}, skewed = {3, 1, 0, 2, 0.8};
    double variance = 0;
    OK(crm_mean_arm_from_values(values, 3, &arm));
    CHECK(arm.count == 3 && arm.mean == 3 && arm.m2 == 14 && arm.mean_tail == 0);
    OK(crm_mean_arm_from_moments(2, 4, 8, &other));
    OK(crm_mean_arm_merge(&arm, &other, &arm));
    OK(crm_mean_arm_merge(&arm, &none, &arm));
    CHECK(arm.count == 5 && fabs(arm.mean - 3.4) < 1e-15);
    OK(crm_mean_arm_variance(&arm, &variance));
    NEAR(variance, 5.8);
    OK(crm_mean_arm_from_sums(3, 6, 14, 0, &arm));
    CHECK(arm.mean == 2 && arm.m2 == 2);
    FAILS(crm_mean_arm_from_values(bad, 2, &arm), CRM_STATUS_INVALID_VALUE, "values");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_mean_arm_from_moments(2, 4, -8, &arm), CRM_STATUS_INVALID_ARGUMENT, "variance");
    FAILS(crm_mean_arm_from_sums(1000, 1e12 + 500.5, 1e21 + 1e12, 0, &arm), CRM_STATUS_OUT_OF_RANGE, "sum_of_squares");
    FAILS(crm_mean_arm_merge(&arm, &wrong, &arm), CRM_STATUS_INVALID_ARGUMENT, "other.m2");
    FAILS(crm_mean_arm_merge(&arm, &skewed, &arm), CRM_STATUS_INVALID_ARGUMENT, "other.skewness");
    FAILS(crm_mean_arm_merge(NULL, &other, &arm), CRM_STATUS_NULL_POINTER, "arm");
    FAILS(crm_mean_arm_variance(&arm, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(arm.mean == 2 && arm.m2 == 2);
}

static void tests_of_means(void) {
    crm_mean_arm target, control, constant;
    crm_test_options options;
    crm_test_result out = {.struct_size = sizeof out};
    OK(crm_mean_arm_from_moments(100, 10.5, 4, &target));
    OK(crm_mean_arm_from_moments(120, 9.8, 5, &control));
    OK(crm_mean_arm_from_moments(50, 1, 0, &constant));
    OK(crm_test_options_init(&options, sizeof options));
    OK(crm_compare_means(&target, &control, CRM_MEAN_METHOD_WELCH, CRM_LIFT_METHOD_FIELLER, NULL, &out));
    NEAR(out.p_value, 0.0150987407697000753705);
    NEAR(out.degrees_of_freedom, 216.886964322683044648);
    NEAR(out.lower, 0.136750675634945536546);
    NEAR(out.effect_size, 0.328314043255828559798);
    CHECK(strcmp(out.method, "welch") == 0 && out.rejects == 1);
    options.contrast = CRM_CONTRAST_RATIO;
    OK(crm_compare_means(&target, &control, CRM_MEAN_METHOD_Z, CRM_LIFT_METHOD_FIELLER, &options, &out));
    NEAR(out.lower, 1.01386907405670733356683);
    NEAR(out.upper, 1.13256532800095341667351);
    OK(crm_compare_means(&target, &control, CRM_MEAN_METHOD_Z, CRM_LIFT_METHOD_LOG, &options, &out));
    NEAR(out.lower, 1.01376650170583990629987);
    options.contrast = CRM_CONTRAST_LIFT;
    OK(crm_compare_means(&target, &control, CRM_MEAN_METHOD_Z, CRM_LIFT_METHOD_DELTA, &options, &out));
    NEAR(out.upper, 0.130700286378957427076);
    OK(crm_compare_means(&constant, &constant, 0, 0, NULL, &out));
    CHECK(out.status == CRM_TEST_STATUS_NO_VARIANCE && isnan(out.p_value) && out.rejects == 0);
    FAILS(crm_compare_means(&target, &control, 9, 0, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_compare_means(&target, &control, 0, 9, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "lift_method");
    FAILS(crm_compare_means(&target, NULL, 0, 0, NULL, &out), CRM_STATUS_NULL_POINTER, "control");

    const crm_mean_arm both[] = {target, control};
    OK(crm_compare_means(&target, &control, CRM_MEAN_METHOD_WELCH, 0, NULL, &out));
    crm_test_result stratified = {.struct_size = sizeof stratified};
    OK(crm_compare_stratified(&target, &control, NULL, 1, CRM_MEAN_METHOD_WELCH, 0, NULL, &stratified));
    NEAR(stratified.p_value, out.p_value);
    FAILS(crm_compare_stratified(both, both, NULL, 0, 0, 0, NULL, &out), CRM_STATUS_EMPTY, "targets");
    crm_anova anova = {.struct_size = sizeof anova};
    OK(crm_analysis_of_variance(both, NULL, 2, CRM_ANOVA_METHOD_WELCH, &anova));
    NEAR(anova.statistic, out.statistic * out.statistic);
    NEAR(anova.p_value, out.p_value);
    FAILS(crm_analysis_of_variance(both, NULL, 1, 0, &anova), CRM_STATUS_EMPTY, "arms");
}

static void adjustment(void) {
    const double *x_target[] = {X_TARGET}, *x_control[] = {X_CONTROL};
    crm_measures t = {sizeof t, 4, Y_TARGET, NULL, x_target, 1}, c = {sizeof c, 4, Y_CONTROL, NULL, x_control, 1};
    crm_joint_arm *target, *control, *merged, *told, *read;
    OK(crm_joint_arm_from_measures(&t, &target));
    OK(crm_joint_arm_from_measures(&c, &control));
    crm_test_result out = {.struct_size = sizeof out}, plain = {.struct_size = sizeof plain};
    crm_adjustment more = {.struct_size = sizeof more};
    double theta = 0, covariance = 0;
    OK(crm_compare_adjusted(target, control, CRM_THETA_METHOD_WITHIN, 0, 0, NULL, &out, &plain, &theta, &more));
    /* By hand: products within the arms are 15 + 18 and squares 10 + 13; the covariates' means are 3 and 3.5. */
    NEAR(theta, 33.0 / 23);
    NEAR(out.difference, 1.25 + 0.5 * theta);
    CHECK(plain.difference == 1.25 && more.covariates == 1 && more.variance_reduction > 0.9);
    OK(crm_compare_adjusted(target, control, 0, 0, 0, NULL, &out, NULL, NULL, NULL));
    FAILS(crm_compare_adjusted(target, control, 3, 0, 0, NULL, &out, NULL, NULL, NULL), CRM_STATUS_INVALID_ARGUMENT, "theta");
    FAILS(crm_compare_ratios(target, control, 0, 0, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "denominator");
    OK(crm_joint_arm_merge(target, control, &merged));
    OK(crm_joint_arm_covariance(merged, 0, 1, &covariance));
    crm_mean_arm value;
    OK(crm_joint_arm_column(merged, 0, &value));
    CHECK(value.count == 8 && value.mean == 5.625);
    FAILS(crm_joint_arm_column(merged, 2, &value), CRM_STATUS_INVALID_ARGUMENT, "column");
    const double means[] = {3, 2}, covariances[] = {4, 1, 1, 2}, impossible[] = {4, 9, 9, 2};
    OK(crm_joint_arm_from_moments(0, 50, means, covariances, 2, &told));
    OK(crm_joint_arm_covariance(told, 0, 1, &covariance));
    NEAR(covariance, 1.0);
    crm_joint_arm *none = told;
    FAILS(crm_joint_arm_from_moments(0, 50, means, impossible, 2, &none), CRM_STATUS_INVALID_ARGUMENT, "covariance of value and covariate");
    CHECK(none == NULL);
    crm_bytes *json;
    OK(crm_joint_arm_to_json(told, &json));
    OK(crm_joint_arm_from_json(crm_bytes_text(json), &read));
    crm_bytes_free(json);
    FAILS(crm_joint_arm_from_json("{}", &none), CRM_STATUS_CORRUPT, "json");
    crm_joint_arm_free(read);
    crm_joint_arm_free(told);
    crm_joint_arm_free(merged);
    crm_joint_arm_free(control);
    crm_joint_arm_free(target);

    t.denominator = D_TARGET, c.denominator = D_CONTROL;
    t.covariate_count = c.covariate_count = 0;
    OK(crm_joint_arm_from_measures(&t, &target));
    OK(crm_joint_arm_from_measures(&c, &control));
    OK(crm_compare_ratios(target, control, CRM_MEAN_METHOD_Z, 0, NULL, &out));
    NEAR(out.target, 25.0 / 8);
    NEAR(out.control, 20.0 / 6);
    crm_joint_arm_free(control);
    crm_joint_arm_free(target);
    crm_joint_arm_free(NULL);
}

static void tables(void) {
    const double value[] = {1, 2, 6, 0, 5}, bad[] = {1, 2, 6, INFINITY, 5};
    const int64_t arm[] = {7, -1, 7, -1, 7}, stratum[] = {1, 1, 1, 2, 2};
    crm_measures measures = {sizeof measures, 5, value, NULL, NULL, 0};
    crm_arm_table *table, *other, *both, *none;
    OK(crm_arm_table_from_rows(&measures, arm, NULL, 0, &table));
    CHECK(crm_arm_table_arm_count(table) == 2 && crm_arm_table_stratum_count(table) == 0);
    CHECK(strcmp(crm_arm_table_label(table, 0), "-1") == 0 && strcmp(crm_arm_table_label(table, 1), "7") == 0);
    CHECK(crm_arm_table_label(table, 2) == NULL);
    crm_joint_arm *joint;
    OK(crm_arm_table_arm(table, 1, &joint));
    crm_mean_arm column;
    OK(crm_joint_arm_column(joint, 0, &column));
    CHECK(column.count == 3 && column.mean == 4);
    crm_joint_arm_free(joint);
    OK(crm_arm_table_merge(table, table, &both));
    OK(crm_arm_table_value(both, 1, 0, &column));
    CHECK(column.count == 6 && column.mean == 4);
    OK(crm_arm_table_from_rows(&measures, arm, stratum, 1, &other));
    CHECK(crm_arm_table_stratum_count(other) == 2 && strcmp(crm_arm_table_stratum(other, 1), "2") == 0);
    OK(crm_arm_table_value(other, 1, 1, &column));
    CHECK(column.count == 1 && column.mean == 5);
    FAILS(crm_arm_table_merge(table, other, &none), CRM_STATUS_INCOMPATIBLE, "table");
    FAILS(crm_arm_table_value(other, 1, 2, &column), CRM_STATUS_OUT_OF_RANGE, "index");
    measures.value = bad;
    FAILS(crm_arm_table_from_rows(&measures, arm, NULL, 0, &none), CRM_STATUS_INVALID_VALUE, "value");
    CHECK(crm_last_error_row() == 3 && none == NULL);
    FAILS(crm_arm_table_from_rows(&measures, arm, NULL, 5000, &none), CRM_STATUS_INVALID_ARGUMENT, "threads");
    crm_arm_columns columns = {.struct_size = sizeof columns, .arm = "arm", .value = "value"};
    FAILS(crm_arm_table_from_arrow(NULL, &columns, 0, &none), CRM_STATUS_NULL_POINTER, "stream");
    /* Saved with its strata, and read again. */
    crm_bytes *json, *again;
    OK(crm_arm_table_to_json(other, &json));
    OK(crm_arm_table_from_json(crm_bytes_text(json), &none));
    CHECK(crm_arm_table_arm_count(none) == 2 && strcmp(crm_arm_table_stratum(none, 1), "2") == 0);
    OK(crm_arm_table_to_json(none, &again));
    CHECK(strcmp(crm_bytes_text(json), crm_bytes_text(again)) == 0);
    crm_bytes_free(json);
    crm_bytes_free(again);
    crm_arm_table_free(none);
    FAILS(crm_arm_table_from_json("{}", &none), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_arm_table_from_json(NULL, &none), CRM_STATUS_NULL_POINTER, "json");
    FAILS(crm_arm_table_to_json(NULL, &json), CRM_STATUS_NULL_POINTER, "table");
    crm_arm_table_free(other);
    crm_arm_table_free(both);
    crm_arm_table_free(table);
    crm_arm_table_free(NULL);
}

static void campaigns(void) {
    crm_mean_arm target, control;
    crm_campaign_cost cost = {0, 0.75, 1}, wrong = {0, -1, 1};
    crm_campaign_return out = {.struct_size = sizeof out};
    OK(crm_mean_arm_from_moments(100000, 4, 1980, &target));
    OK(crm_mean_arm_from_moments(20000, 1.5, 748, &control));
    OK(crm_campaign_return_of(&target, &control, &cost, CRM_MEAN_METHOD_Z, NULL, &out));
    CHECK(out.revenue.estimate == 250000 && out.cost == 75000 && out.profit.estimate == 175000);
    NEAR(out.profit.lower, 128124.479251564156);
    NEAR(out.roi.upper, 2.95834027664581136);
    NEAR(out.break_even_statistic, 7.31711758756204425);
    const crm_binary_arm visits = {800, 100000}, few = {60, 20000};
    crm_incremental_conversions each = {.struct_size = sizeof each};
    OK(crm_incremental_conversions_of(&visits, &few, &cost, 0, NULL, &each));
    NEAR(each.conversions.estimate, 500.0);
    NEAR(each.cost_per_conversion.estimate, 150.0);
    CHECK(each.cost_per_conversion.interval_kind == CRM_INTERVAL_KIND_BOUNDED);
    FAILS(crm_campaign_return_of(&target, &control, &wrong, 0, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "per_contact");
    FAILS(crm_campaign_return_of(&target, &control, NULL, 0, NULL, &out), CRM_STATUS_NULL_POINTER, "cost");
}

int main(void) {
    arms();
    tests_of_means();
    adjustment();
    tables();
    campaigns();
    return 0;
}
