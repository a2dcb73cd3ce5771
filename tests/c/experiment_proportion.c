/* Rates: arms, options and results of tests. */
#include "check.h"
#include "json.h"

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

static double number(const json *value) {
    if (value->kind == JSON_NUMBER) return value->number;
    CHECK(value->kind == JSON_TEXT);
    if (strcmp(value->text, "NaN") == 0) return NAN;
    return value->text[0] == '-' ? -INFINITY : INFINITY;
}

static const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    CHECK(found != NULL);
    return found;
}

static int32_t code(const char *const *names, size_t count, const json *value) {
    for (size_t index = 0; index < count; index++)
        if (strcmp(names[index], value->text) == 0) return (int32_t)index;
    CHECK(0);
    return -1;
}

static const char *const METHODS[] = {"score",         "pooled",   "likelihood", "continuity_corrected", "unpooled",
                                      "logarithm",     "agresti_caffo", "newcombe",   "fisher",               "fisher_central",
                                      "fisher_mid_p",  "barnard",  "boschloo"};
static const char *const CONTRASTS[] = {"difference", "lift", "ratio", "odds_ratio"};
static const char *const ALTERNATIVES[] = {"two_sided", "greater", "less"};

static crm_binary_arm arm_of(const json *pair) {
    return (crm_binary_arm){(uint64_t)pair->items[0].integer, (uint64_t)pair->items[1].integer};
}

static int near(double got, double expected, double scale, double tolerance) {
    return got == expected || fabs(got - expected) <= tolerance * fmax(scale, fabs(expected));
}

/* mpmath's numbers for every method, as Rust and Python check them. */
static void shared_cases(void) {
    json all = json_read("tests/cases/experiment/two_proportions.json");
    const json *cases = member(&all, "cases");
    int64_t checked = 0;
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *checks = member(of, "checks");
        const crm_binary_arm target = arm_of(member(of, "target")), control = arm_of(member(of, "control"));
        for (size_t index = 0; index < checks->count; index++, checked++) {
            const json *check = &checks->items[index], *expected = member(check, "expected");
            const char *field = member(check, "field")->text;
            crm_test_options options;
            crm_test_result out = {.struct_size = sizeof out};
            OK(crm_test_options_init(&options, sizeof options));
            options.contrast = code(CONTRASTS, COUNT(CONTRASTS), member(check, "contrast"));
            options.alternative = code(ALTERNATIVES, COUNT(ALTERNATIVES), member(check, "alternative"));
            const int32_t method = code(METHODS, COUNT(METHODS), member(check, "method"));
            OK(crm_compare_proportions(&target, &control, method, &options, &out));
            CHECK(strcmp(out.method, METHODS[method]) == 0);
            if (strcmp(field, "interval") == 0) {
                const double lower = number(&expected->items[0]), upper = number(&expected->items[1]);
                const double scale = isinf(upper) ? 0.0 : fmax(fabs(lower), fabs(upper));
                if (isnan(out.p_value)) {
                    CHECK(lower == upper && out.status != CRM_TEST_STATUS_OK);
                    continue;
                }
                CHECK(near(out.lower, lower, scale, 1e-10) && near(out.upper, upper, scale, 1e-10));
            } else if (strcmp(field, "p") == 0) {
                CHECK(near(out.ln_p_value, number(member(expected, "ln_p")), 1e-3, 1e-10));
            } else if (isnan(number(expected))) {
                CHECK(out.status != CRM_TEST_STATUS_OK && out.rejects == 0);
            } else {
                const double got = strcmp(field, "square") == 0 ? out.statistic * out.statistic : out.statistic;
                CHECK(near(got, number(expected), 1e-100, 1e-10));
            }
        }
    }
    CHECK(checked == member(&all, "checks")->integer);
    json_free(&all);
}

static void columns(void) {
    const uint64_t x1[] = {56, 5}, n1[] = {70, 56}, x0[] = {48, 0}, n0[] = {80, 29}, wrong[] = {48, 30};
    crm_test_columns *results = NULL;
    double lower[2], p[2];
    int32_t status[2], kinds[2];
    uint8_t rejects[2];
    OK(crm_compare_proportion_columns(x1, n1, x0, n0, 2, CRM_PROPORTION_METHOD_NEWCOMBE, NULL, 2, &results));
    CHECK(crm_test_columns_length(results) == 2);
    OK(crm_test_columns_column(results, CRM_TEST_COLUMN_LOWER, lower, 2));
    OK(crm_test_columns_column(results, CRM_TEST_COLUMN_P_VALUE, p, 2));
    OK(crm_test_columns_status(results, status, 2));
    OK(crm_test_columns_interval_kind(results, kinds, 2));
    OK(crm_test_columns_rejects(results, rejects, 2));
    /* Newcombe (1998), table II. */
    CHECK(fabs(lower[0] - 0.0524) < 5.1e-5 && fabs(lower[1] + 0.0381) < 5.1e-5);
    CHECK(p[0] < 0.05 && p[1] > 0.05 && rejects[0] == 1 && rejects[1] == 0);
    CHECK(status[0] == CRM_TEST_STATUS_OK && kinds[1] == CRM_INTERVAL_KIND_BOUNDED);
    FAILS(crm_test_columns_column(results, 99, lower, 2), CRM_STATUS_INVALID_ARGUMENT, "column");
    FAILS(crm_test_columns_column(results, 0, lower, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_test_columns_status(results, status, 1), CRM_STATUS_LENGTH_MISMATCH, "capacity");
    FAILS(crm_test_columns_rejects(results, NULL, 2), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_test_columns_interval_kind(NULL, kinds, 2), CRM_STATUS_NULL_POINTER, "columns");
    crm_test_columns_free(results);
    CHECK(crm_test_columns_length(NULL) == 0);
    FAILS(crm_compare_proportion_columns(x1, n1, wrong, n0, 2, 0, NULL, 0, &results), CRM_STATUS_INVALID_ARGUMENT,
          "control_conversions");
    CHECK(crm_last_error_row() == 1 && results == NULL);
    FAILS(crm_compare_proportion_columns(x1, NULL, x0, n0, 2, 0, NULL, 0, &results), CRM_STATUS_NULL_POINTER, "target_trials");
    FAILS(crm_compare_proportion_columns(x1, n1, x0, n0, 2, 0, NULL, 0, NULL), CRM_STATUS_NULL_POINTER, "out");
    crm_test_columns_free(NULL);
}

static void equivalence_and_homogeneity(void) {
    const crm_binary_arm arms[] = {{56, 70}, {48, 80}}, bad[] = {{1, 2}, {3, 2}};
    crm_homogeneity same = {.struct_size = sizeof same};
    OK(crm_proportion_homogeneity(arms, NULL, 2, &same));
    CHECK(near(same.statistic, 7.023411371237458, 0.0, 1e-14) && same.degrees_of_freedom == 1.0);
    FAILS(crm_proportion_homogeneity(arms, NULL, 1, &same), CRM_STATUS_EMPTY, "arms");
    FAILS(crm_proportion_homogeneity(bad, NULL, 2, &same), CRM_STATUS_INVALID_ARGUMENT, "conversions");
    CHECK(crm_last_error_row() == 1);
    const crm_binary_arm target = {105, 1000}, control = {100, 1000};
    crm_test_options options;
    OK(crm_test_options_init(&options, sizeof options));
    crm_test_result above = {.struct_size = sizeof above}, below = {.struct_size = sizeof below};
    options.has_null = 1;
    options.alternative = CRM_ALTERNATIVE_GREATER, options.null = -0.05;
    OK(crm_compare_proportions(&target, &control, CRM_PROPORTION_METHOD_UNPOOLED, &options, &above));
    options.alternative = CRM_ALTERNATIVE_LESS, options.null = 0.02;
    OK(crm_compare_proportions(&target, &control, CRM_PROPORTION_METHOD_UNPOOLED, &options, &below));
    crm_equivalence found = {.struct_size = sizeof found};
    OK(crm_equivalence_of(&above, &below, &found));
    CHECK(near(found.below_statistic, -0.015 / sqrt(0.000183975), 0.0, 1e-12) && found.p_value == found.below_p_value);
    CHECK(found.is_equivalent == 0 && found.lower == above.lower && found.upper == below.upper && found.upper > 0.02);
    CHECK(found.above_p_value == above.p_value && found.above_p_value < found.p_value);
    CHECK(found.split_finding == CRM_SPLIT_FINDING_UNPLANNED && isnan(found.split_p_value));
    FAILS(crm_equivalence_of(&below, &above, &found), CRM_STATUS_INVALID_ARGUMENT, "above");
    FAILS(crm_equivalence_of(&above, &above, &found), CRM_STATUS_INVALID_ARGUMENT, "below");
    FAILS(crm_equivalence_of(&above, NULL, &found), CRM_STATUS_NULL_POINTER, "below");
    above.null = 0.02;
    FAILS(crm_equivalence_of(&above, &below, &found), CRM_STATUS_INVALID_ARGUMENT, "upper_margin");
    above.contrast = 99;
    FAILS(crm_equivalence_of(&above, &below, &found), CRM_STATUS_INVALID_ARGUMENT, "contrast");
}

static void one_rate(void) {
    const crm_binary_arm arm = {8, 10};
    double lower, upper;
    OK(crm_rate_interval(&arm, CRM_RATE_METHOD_WILSON, 0.05, &lower, &upper));
    CHECK(near(lower, 0.4901624715366417, 0.0, 1e-14) && near(upper, 0.9433178485456247, 0.0, 1e-14));
    FAILS(crm_rate_interval(&arm, 99, 0.05, &lower, &upper), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_rate_interval(&arm, 0, 0.0, &lower, &upper), CRM_STATUS_INVALID_ARGUMENT, "alpha");
    FAILS(crm_rate_interval(&arm, 0, 0.05, NULL, &upper), CRM_STATUS_NULL_POINTER, "lower");
    crm_rate_test out = {.struct_size = sizeof out};
    OK(crm_test_rate(&arm, 0.5, CRM_RATE_METHOD_MINIMUM_LIKELIHOOD, CRM_ALTERNATIVE_TWO_SIDED, 0.05, &out));
    CHECK(near(out.p_value, 0.109375, 0.0, 1e-14) && out.rejects == 0 && strcmp(out.method, "minimum_likelihood") == 0);
    FAILS(crm_test_rate(&arm, 1.0, 0, 0, 0.05, &out), CRM_STATUS_INVALID_ARGUMENT, "null");
    FAILS(crm_test_rate(&arm, 0.5, 0, 9, 0.05, &out), CRM_STATUS_INVALID_ARGUMENT, "alternative");
    FAILS(crm_test_rate(NULL, 0.5, 0, 0, 0.05, &out), CRM_STATUS_NULL_POINTER, "arm");
}

static void splits(void) {
    const uint64_t users[] = {821588, 815482};
    const double weights[] = {1.0, 1.0}, none[] = {1.0, 0.0}, bad[] = {1.0, NAN};
    crm_sample_ratio split = {.struct_size = sizeof split};
    OK(crm_sample_ratio_of(users, weights, 2, 0.01, &split));
    CHECK(near(split.statistic, 22.77436884189436, 0.0, 1e-13) && split.is_flagged == 1);
    CHECK(split.finding == CRM_SPLIT_FINDING_MISMATCH && near(split.ln_p_value, -13.215689446917377, 0.0, 1e-12));
    OK(crm_sample_ratio_of(users, none, 2, 0.01, &split));
    CHECK(split.finding == CRM_SPLIT_FINDING_UNEXPECTED_USERS && split.p_value == 0.0);
    FAILS(crm_sample_ratio_of(users, bad, 2, 0.01, &split), CRM_STATUS_INVALID_VALUE, "weights");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_sample_ratio_of(users, weights, 2, 2.0, &split), CRM_STATUS_INVALID_ARGUMENT, "threshold");
    crm_sequential_sample_ratio *check = NULL;
    crm_sample_ratio_look look = {.struct_size = sizeof look};
    OK(crm_sequential_sample_ratio_new(weights, 2, 100.0, &check));
    OK(crm_sequential_sample_ratio_look(check, users, 2, &look));
    CHECK(near(look.ln_bayes_factor, 6.532367670619091, 0.0, 1e-12) && near(look.p_value, 0.0014555554907719236, 0.0, 1e-11));
    FAILS(crm_sequential_sample_ratio_look(check, users, 1, &look), CRM_STATUS_LENGTH_MISMATCH, "observed");
    FAILS(crm_sequential_sample_ratio_look(NULL, users, 2, &look), CRM_STATUS_NULL_POINTER, "check");
    /* What is saved goes on where it was; counts never fall. */
    crm_sequential_sample_ratio *again = NULL;
    crm_bytes *text = NULL;
    OK(crm_sequential_sample_ratio_to_json(check, &text));
    OK(crm_sequential_sample_ratio_from_json(crm_bytes_text(text), &again));
    crm_bytes_free(text);
    const uint64_t fewer[] = {821588, 815481}, more[] = {1000000, 1000000};
    crm_sample_ratio_look same = {.struct_size = sizeof same};
    FAILS(crm_sequential_sample_ratio_look(again, fewer, 2, &same), CRM_STATUS_INCOMPATIBLE, "observed");
    CHECK(crm_last_error_row() == 1);
    OK(crm_sequential_sample_ratio_look(check, more, 2, &look));
    OK(crm_sequential_sample_ratio_look(again, more, 2, &same));
    CHECK(look.p_value == same.p_value && near(same.p_value, 0.0014555554907719236, 0.0, 1e-11));
    crm_sequential_sample_ratio_free(again);
    FAILS(crm_sequential_sample_ratio_from_json("{}", &again), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_sequential_sample_ratio_from_json(NULL, &again), CRM_STATUS_NULL_POINTER, "json");
    FAILS(crm_sequential_sample_ratio_to_json(NULL, &text), CRM_STATUS_NULL_POINTER, "check");
    crm_sequential_sample_ratio_free(check);
    FAILS(crm_sequential_sample_ratio_new(weights, 2, 0.0, &check), CRM_STATUS_INVALID_ARGUMENT, "concentration");
    CHECK(check == NULL);
    OK(crm_sequential_sample_ratio_new(weights, 2, 1.0, &check));
    crm_sequential_sample_ratio_free(check);
    crm_sequential_sample_ratio_free(NULL);
}

int main(void) {
    arms();
    options_and_results();
    shared_cases();
    columns();
    equivalence_and_homogeneity();
    one_rate();
    splits();
    return 0;
}
