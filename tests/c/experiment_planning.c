/* Corrections for many tests, several targets against one control, sizes and durations. */
#include "check.h"

static void adjusted(void) {
    double p[] = {0.04, 0.01, 0.03}, out[3], bad[] = {0.1, 1.5}, ln[] = {-5000.0, -1.0};
    OK(crm_adjust_p_values(p, 3, CRM_MULTIPLICITY_METHOD_HOLM, out, 3));
    CHECK(fabs(out[0] - 0.06) < 1e-15 && fabs(out[1] - 0.03) < 1e-15 && out[2] == out[0]);
    OK(crm_adjust_p_values(p, 3, CRM_MULTIPLICITY_METHOD_BONFERRONI, p, 3));
    CHECK(fabs(p[0] - 0.12) < 1e-15 && fabs(p[2] - 0.09) < 1e-15);
    OK(crm_adjust_ln_p_values(ln, 2, CRM_MULTIPLICITY_METHOD_BONFERRONI, out, 3));
    CHECK(fabs(out[0] + 5000.0 - log(2.0)) < 1e-12);
    OK(crm_adjust_p_values(NULL, 0, CRM_MULTIPLICITY_METHOD_HOMMEL, NULL, 0));
    FAILS(crm_adjust_p_values(bad, 2, 0, out, 3), CRM_STATUS_INVALID_VALUE, "p_values");
    FAILS(crm_adjust_p_values(p, 3, 8, out, 3), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_adjust_p_values(p, 3, 0, out, 2), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_adjust_p_values(NULL, 3, 0, out, 3), CRM_STATUS_NULL_POINTER, "p_values");
    FAILS(crm_adjust_p_values(p, 3, 0, NULL, 3), CRM_STATUS_NULL_POINTER, "out");
}

static void dunnett(void) {
    /* Dunnett (1955), table 1; the control last. */
    const uint64_t counts[] = {4, 5, 6};
    const double means[] = {8.9, 10.878, 8.25};
    const double variances[] = {0.81653333333333333, 2.42402, 0.88412};
    crm_test_result results[2] = {{.struct_size = sizeof results[0]}, {.struct_size = sizeof results[0]}};
    crm_dunnett all = {.struct_size = sizeof all};
    OK(crm_dunnett_test(counts, means, variances, NULL, 2, NULL, results, &all));
    CHECK(fabs(results[0].p_value - 0.620102) < 5e-4 && fabs(results[1].p_value - 0.0058254) < 5e-4);
    CHECK(results[0].rejects == 0 && results[1].rejects == 1 && results[1].lower > 0.0);
    CHECK(all.degrees_of_freedom == 12.0 && all.critical_value > 2.4 && all.critical_value < 2.6);
    OK(crm_dunnett_test(counts, means, variances, NULL, 2, NULL, results, NULL));
    FAILS(crm_dunnett_test(counts, means, variances, NULL, 0, NULL, results, &all), CRM_STATUS_EMPTY, "targets");
    FAILS(crm_dunnett_test(NULL, means, variances, NULL, 2, NULL, results, &all), CRM_STATUS_NULL_POINTER, "counts");
    FAILS(crm_dunnett_test(counts, means, variances, NULL, 2, NULL, NULL, &all), CRM_STATUS_NULL_POINTER, "results");
}

static void plans(void) {
    crm_plan_options options;
    crm_sample_size size = {.struct_size = sizeof size};
    crm_traffic_duration duration = {.struct_size = sizeof duration};
    double value = 0.0;
    OK(crm_plan_options_init(&options, sizeof options));
    CHECK(options.alpha == 0.05 && options.targets == 1 && options.control_per_target == 1.0);
    OK(crm_plan_proportion_sample_size(0.05, CRM_PROPORTION_PLAN_METHOD_SCORE, &options, 0.055, 0.8, &size));
    CHECK(size.target_count == 31234 && size.total_count == 62468 && fabs(size.target - 31233.437940130007) < 1e-6);
    OK(crm_plan_proportion_power(0.05, CRM_PROPORTION_PLAN_METHOD_SCORE, NULL, 0.055, 31234.0, &value));
    CHECK(fabs(value - 0.8000070574550541) < 1e-12);
    OK(crm_plan_proportion_detectable(0.05, 0, NULL, size.target, 0.8, CRM_EFFECT_DIRECTION_INCREASE, &value));
    CHECK(fabs(value - 0.055) < 1e-12);
    options.tails = CRM_COUNTED_TAILS_BOTH;
    OK(crm_plan_mean_power(1.0, 1.0, 1, &options, 0.5, 64.0, &value));
    CHECK(fabs(value - 0.8014595579222541) < 1e-12);
    options.control_per_target = 0.2;
    OK(crm_plan_mean_detectable(95.0, 95.0, 2, &options, 50000.0, 0.8, CRM_EFFECT_DIRECTION_INCREASE, &value));
    CHECK(fabs(value - 2.915530128741645) < 1e-11);
    OK(crm_plan_mean_sample_size(95.0, 95.0, 2, &options, value, 0.8, &size));
    CHECK(fabs(size.target - 50000.0) < 1e-5);
    OK(crm_covariate_deviation(10.0, 0.6, &value));
    CHECK(fabs(value - 8.0) < 1e-14);
    OK(crm_ratio_deviation(12.0, 30.0, 3.0, 2.0, 0.5, &value));
    CHECK(fabs(value - sqrt(724.0) / 3.0) < 1e-13);
    OK(crm_traffic_days(10000.0, 0.5, 0.1, 1, &size, &duration));
    CHECK(duration.whole_days == 10 && duration.whole_weeks == 2);
    options.reserved = 1;
    FAILS(crm_plan_mean_power(1.0, 1.0, 1, &options, 0.5, 64.0, &value), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    FAILS(crm_plan_proportion_sample_size(0.05, 0, NULL, 0.055, 1.0, &size), CRM_STATUS_INVALID_ARGUMENT, "power");
    FAILS(crm_plan_proportion_sample_size(0.05, 0, NULL, 0.05, 0.8, &size), CRM_STATUS_INVALID_ARGUMENT, "target_rate");
    FAILS(crm_plan_proportion_power(1.5, 0, NULL, 0.05, 10.0, &value), CRM_STATUS_INVALID_ARGUMENT, "control_rate");
    FAILS(crm_plan_mean_power(0.0, 1.0, 0, NULL, 0.5, 64.0, &value), CRM_STATUS_INVALID_ARGUMENT, "target_deviation");
    FAILS(crm_plan_mean_power(1.0, 1.0, 0, NULL, 0.5, 64.0, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_traffic_days(10000.0, 0.6, 0.6, 1, &size, &duration), CRM_STATUS_INVALID_ARGUMENT, "target_share");
}

int main(void) {
    adjusted();
    dunnett();
    plans();
    return 0;
}
