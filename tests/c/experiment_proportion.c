/* Rates: arms, options and results of tests. */
#include "check.h"

static void arms(void) {
    const uint8_t flags[] = {1, 0, 0, 7};
    crm_binary_arm arm = {9, 9}, other = {3, 6}, none = {0, 0}, wrong = {3, 2}, most = {0, (uint64_t)1 << 53};
    double rate = 0.0;
    OK(crm_binary_arm_from_flags(flags, 4, &arm));
    CHECK(arm.conversions == 2 && arm.trials == 4);
    OK(crm_binary_arm_merge(&arm, &other, &arm));
    CHECK(arm.conversions == 5 && arm.trials == 10);
    OK(crm_binary_arm_rate(&arm, &rate));
    CHECK(rate == 0.5);
    FAILS(crm_binary_arm_from_flags(flags, 0, &arm), CRM_STATUS_EMPTY, "converted");
    FAILS(crm_binary_arm_from_flags(NULL, 1, &arm), CRM_STATUS_NULL_POINTER, "converted");
    FAILS(crm_binary_arm_from_flags(flags, 1, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_binary_arm_merge(&none, &other, &arm), CRM_STATUS_INVALID_ARGUMENT, "arm.trials");
    FAILS(crm_binary_arm_merge(&other, &wrong, &arm), CRM_STATUS_INVALID_ARGUMENT, "other.conversions");
    FAILS(crm_binary_arm_merge(&most, &most, &arm), CRM_STATUS_OUT_OF_RANGE, "trials");
    FAILS(crm_binary_arm_merge(NULL, &other, &arm), CRM_STATUS_NULL_POINTER, "arm");
    FAILS(crm_binary_arm_merge(&arm, NULL, &arm), CRM_STATUS_NULL_POINTER, "other");
    FAILS(crm_binary_arm_merge(&arm, &other, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_binary_arm_rate(NULL, &rate), CRM_STATUS_NULL_POINTER, "arm");
    FAILS(crm_binary_arm_rate(&arm, NULL), CRM_STATUS_NULL_POINTER, "out");
    CHECK(arm.conversions == 5 && arm.trials == 10);
}

static void options_and_results(void) {
    const crm_binary_arm target = {120, 1000}, control = {90, 1000}, wrong = {3, 2};
    crm_test_options options;
    crm_test_result out = {.struct_size = sizeof out};
    OK(crm_test_options_init(&options, sizeof options));
    CHECK(options.contrast == CRM_CONTRAST_DIFFERENCE && options.alternative == CRM_ALTERNATIVE_TWO_SIDED);
    CHECK(options.alpha == 0.05 && options.has_null == 0);
    OK(crm_compare_proportions(&target, &control, CRM_PROPORTION_METHOD_UNPOOLED, &options, &out));
    /* Two Wald intervals by hand: 0.03 -+ 1.959963984540054 sqrt(0.12 * 0.88 / 1000 + 0.09 * 0.91 / 1000). */
    CHECK(fabs(out.lower - (0.03 - 1.959963984540054 * sqrt(0.1875e-3))) < 1e-15);
    CHECK(out.target == 0.12 && out.control == 0.09 && out.rejects == 1 && out.status == CRM_TEST_STATUS_OK);
    CHECK(out.interval_kind == CRM_INTERVAL_KIND_BOUNDED && strcmp(out.method, "unpooled") == 0);
    crm_test_result same = {.struct_size = sizeof same};
    OK(crm_compare_proportions(&target, &control, CRM_PROPORTION_METHOD_UNPOOLED, NULL, &same));
    CHECK(same.method == out.method && same.p_value == out.p_value && same.upper == out.upper);
    /* No inferiority by more than 0.01. */
    options.alternative = CRM_ALTERNATIVE_GREATER;
    options.has_null = 1;
    options.null = -0.01;
    OK(crm_compare_proportions(&control, &target, CRM_PROPORTION_METHOD_UNPOOLED, &options, &out));
    CHECK(out.null == -0.01 && out.rejects == 0 && isinf(out.upper) && out.p_value > 0.9);
    options.alpha = 1.0;
    FAILS(crm_compare_proportions(&target, &control, 0, &options, &out), CRM_STATUS_INVALID_ARGUMENT, "alpha");
    options.alpha = 0.05;
    options.contrast = 9;
    FAILS(crm_compare_proportions(&target, &control, 0, &options, &out), CRM_STATUS_INVALID_ARGUMENT, "contrast");
    options.contrast = CRM_CONTRAST_DIFFERENCE;
    options.reserved = 1;
    FAILS(crm_compare_proportions(&target, &control, 0, &options, &out), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    FAILS(crm_compare_proportions(&target, &control, 99, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_compare_proportions(&wrong, &control, 0, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "target.conversions");
    FAILS(crm_compare_proportions(&target, NULL, 0, NULL, &out), CRM_STATUS_NULL_POINTER, "control");
    FAILS(crm_compare_proportions(&target, &control, 0, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    out.struct_size = 3;
    FAILS(crm_compare_proportions(&target, &control, 0, NULL, &out), CRM_STATUS_INVALID_ARGUMENT, "out.struct_size");
    FAILS(crm_test_options_init(NULL, sizeof options), CRM_STATUS_NULL_POINTER, "options");
    FAILS(crm_test_options_init(&options, 1), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
}

int main(void) {
    arms();
    options_and_results();
    return 0;
}
