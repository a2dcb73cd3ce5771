/* Plans of ranks, of exact tests of two rates and of one rate; deviations of quantiles and strata. */
#include "check.h"

static void ranks(void) {
    crm_plan_options options;
    crm_rank_plan *plan = NULL;
    crm_sample_size size = {.struct_size = sizeof size};
    double value = 0.0, effect = 0.0;
    const double target[] = {0.01, 0.03, 0.15, 0.35, 0.30, 0.10, 0.06};
    const double control[] = {0.01, 0.04, 0.20, 0.50, 0.20, 0.04, 0.01};
    const double few[] = {3.0, 1.0, 2.0, 2.0}, others[] = {2.0, 1.0, 1.0};
    OK(crm_plan_options_init(&options, sizeof options));
    OK(crm_normal_superiority(0.5, 1.0, 1.0, &effect));
    CHECK(fabs(effect - 0.6381631950841185) < 1e-14);
    OK(crm_rank_plan_normal(1.0, 1.0, CRM_RANK_PLAN_METHOD_MANN_WHITNEY, NULL, &plan));
    CHECK(isnan(crm_rank_plan_superiority(plan)));
    OK(crm_rank_plan_sample_size(plan, effect, 0.8, &size));
    CHECK(size.target_count == 68 && size.total_count == 136);
    OK(crm_rank_plan_power(plan, effect, size.target, &value));
    CHECK(fabs(value - 0.8) < 1e-11);
    OK(crm_rank_plan_detectable(plan, size.target, 0.8, CRM_EFFECT_DIRECTION_DECREASE, &value));
    CHECK(fabs(value - (1.0 - effect)) < 1e-9);
    FAILS(crm_rank_plan_power(plan, 1.0, 10.0, &value), CRM_STATUS_INVALID_ARGUMENT, "superiority");
    FAILS(crm_rank_plan_power(plan, 0.6, 0.0, &value), CRM_STATUS_INVALID_ARGUMENT, "target_count");
    FAILS(crm_rank_plan_power(NULL, 0.6, 10.0, &value), CRM_STATUS_NULL_POINTER, "plan");
    crm_rank_plan_free(plan);
    options.alternative = CRM_ALTERNATIVE_GREATER;
    OK(crm_rank_plan_from_categories(target, control, 7, CRM_RANK_PLAN_METHOD_NOETHER, &options, &plan));
    CHECK(fabs(crm_rank_plan_superiority(plan) - 0.61015) < 1e-12);
    crm_rank_plan_free(plan);
    OK(crm_rank_plan_from_samples(few, 4, others, 3, CRM_RANK_PLAN_METHOD_BRUNNER_MUNZEL, &options, 1, &plan));
    CHECK(fabs(crm_rank_plan_superiority(plan) - 0.75) < 1e-15);
    crm_rank_plan_free(plan);
    FAILS(crm_rank_plan_from_categories(target, target, 7, 0, NULL, &plan), CRM_STATUS_INVALID_VALUE, "target");
    CHECK(plan == NULL);
    FAILS(crm_rank_plan_normal(1.0, 0.0, 0, NULL, &plan), CRM_STATUS_INVALID_ARGUMENT, "control_deviation");
    FAILS(crm_rank_plan_normal(1.0, 1.0, 3, NULL, &plan), CRM_STATUS_INVALID_ARGUMENT, "method");
    crm_rank_plan_free(NULL);
}

static void exact(void) {
    crm_plan_options options;
    crm_sample_size size = {.struct_size = sizeof size};
    double value = 0.0;
    OK(crm_plan_options_init(&options, sizeof options));
    options.alternative = CRM_ALTERNATIVE_GREATER;
    /* Boschloo (1970). */
    OK(crm_plan_exact_power(0.1, CRM_PROPORTION_METHOD_BOSCHLOO, &options, 0.6, 15, &value));
    CHECK(fabs(value - 0.9189) < 5e-5);
    OK(crm_plan_exact_sample_size(0.5, CRM_PROPORTION_METHOD_FISHER, &options, 0.9, 0.8, &size));
    CHECK(size.target_count == 19 && size.control_count == 19 && size.power >= 0.8);
    OK(crm_plan_exact_detectable(0.5, CRM_PROPORTION_METHOD_FISHER, &options, 19, size.power,
                                 CRM_EFFECT_DIRECTION_INCREASE, &value));
    CHECK(fabs(value - 0.9) < 1e-9);
    FAILS(crm_plan_exact_power(0.1, CRM_PROPORTION_METHOD_SCORE, NULL, 0.6, 15, &value), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_plan_exact_power(0.1, CRM_PROPORTION_METHOD_FISHER, NULL, 0.6, 0, &value), CRM_STATUS_INVALID_ARGUMENT,
          "target_count");
    FAILS(crm_plan_exact_power(0.1, CRM_PROPORTION_METHOD_BARNARD, NULL, 0.6, 501, &value), CRM_STATUS_OUT_OF_RANGE,
          "target_count");
    FAILS(crm_plan_exact_sample_size(0.1, CRM_PROPORTION_METHOD_FISHER, NULL, 0.1, 0.8, &size), CRM_STATUS_INVALID_ARGUMENT,
          "target_rate");
}

static void one_rate(void) {
    crm_rate_sample_size size = {.struct_size = sizeof size};
    const int32_t method = CRM_RATE_METHOD_CLOPPER_PEARSON, less = CRM_ALTERNATIVE_LESS, near = CRM_COUNTED_TAILS_NEAR;
    double value = 0.0;
    OK(crm_plan_rate_sample_size(0.3, method, less, 0.05, near, 0.2, 0.8, &size));
    CHECK(size.count == 130 && size.power >= 0.8);
    OK(crm_plan_rate_power(0.3, method, less, 0.05, near, 0.2, 130, &value));
    CHECK(value == size.power);
    OK(crm_plan_rate_detectable(0.3, method, less, 0.05, near, 130, size.power, CRM_EFFECT_DIRECTION_DECREASE, &value));
    CHECK(fabs(value - 0.2) < 1e-9);
    FAILS(crm_plan_rate_power(0.3, method, less, 0.5, near, 0.2, 130, &value), CRM_STATUS_INVALID_ARGUMENT, "alpha");
    FAILS(crm_plan_rate_power(0.3, method, less, 0.05, near, 0.2, 0, &value), CRM_STATUS_INVALID_ARGUMENT, "count");
    FAILS(crm_plan_rate_sample_size(0.3, method, less, 0.05, near, 0.3, 0.8, &size), CRM_STATUS_INVALID_ARGUMENT, "rate");
    FAILS(crm_plan_rate_power(0.3, method, less, 0.05, near, 0.2, 5, NULL), CRM_STATUS_NULL_POINTER, "out");
}

static void deviations(void) {
    const double shares[] = {0.75, 0.25}, within[] = {2.0, 6.0}, flat[] = {0.0, 0.0};
    double values[400], value = 0.0;
    crm_quantile_arm *arm = NULL;
    OK(crm_quantile_deviation(0.5, 0.5, &value));
    CHECK(fabs(value - 1.0) < 1e-15);
    FAILS(crm_quantile_deviation(1.0, 0.5, &value), CRM_STATUS_INVALID_ARGUMENT, "probability");
    OK(crm_stratified_deviation(shares, within, 2, &value));
    CHECK(fabs(value - sqrt(12.0)) < 1e-14);
    FAILS(crm_stratified_deviation(shares, flat, 2, &value), CRM_STATUS_INVALID_VALUE, "deviations");
    for (int i = 0; i < 400; i++) {
        values[i] = i + 1.0;
    }
    OK(crm_quantile_arm_from_values(values, 400, NULL, &arm));
    OK(crm_pilot_quantile_deviation(arm, 0.5, &value));
    /* Uniform on a length of 400: a density of 1/400, so 200, and a rank or two more. */
    CHECK(fabs(value - 200.0) < 11.0);
    crm_quantile_arm_free(arm);
    FAILS(crm_pilot_quantile_deviation(NULL, 0.5, &value), CRM_STATUS_NULL_POINTER, "arm");
}

int main(void) {
    ranks();
    exact();
    one_rate();
    deviations();
    return 0;
}
