/* Rates within strata: the shared cases, and input that makes no sense. */
#include "experiment.h"

static const char *const METHODS[] = {"mantel_haenszel", "continuity_corrected", "sample_size",
                                      "exact",           "exact_central",        "exact_mid_p"};

enum { MOST = 16 };

static size_t counts(const json *of, const char *key, uint64_t *out) {
    const json *column = member(of, key);
    CHECK(column->count <= MOST);
    for (size_t row = 0; row < column->count; row++) out[row] = (uint64_t)column->items[row].integer;
    return column->count;
}

static double field(const crm_test_result *out, const char *name) {
    if (strcmp(name, "target") == 0) return out->target;
    if (strcmp(name, "control") == 0) return out->control;
    if (strcmp(name, "estimate") == 0) return out->estimate;
    if (strcmp(name, "statistic") == 0) return out->statistic;
    if (strcmp(name, "p_value") == 0) return out->p_value;
    if (strcmp(name, "ln_p_value") == 0) return out->ln_p_value;
    if (strcmp(name, "lower") == 0) return out->lower;
    CHECK(strcmp(name, "upper") == 0);
    return out->upper;
}

/* mpmath's numbers for every method, as Rust and Python check them. */
static void shared_cases(void) {
    json all = json_read("tests/cases/experiment/stratified.json");
    const json *cases = member(&all, "cases");
    const double tolerance = number(member(&all, "tolerance"));
    int64_t checked = 0;
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *checks = member(of, "checks");
        uint64_t x1[MOST], n1[MOST], x0[MOST], n0[MOST];
        const size_t length = counts(of, "target_conversions", x1);
        CHECK(counts(of, "target_trials", n1) == length && counts(of, "control_conversions", x0) == length);
        CHECK(counts(of, "control_trials", n0) == length);
        for (size_t index = 0; index < checks->count; index++, checked++) {
            const json *check = &checks->items[index], *expected = member(check, "expected");
            crm_test_options options;
            crm_test_result out = {.struct_size = sizeof out};
            crm_homogeneity same = {.struct_size = sizeof same};
            OK(crm_test_options_init(&options, sizeof options));
            options.contrast = CODE(CONTRASTS, member(check, "contrast")->text);
            options.alternative = CODE(ALTERNATIVES, member(check, "alternative")->text);
            options.alpha = number(member(check, "alpha"));
            options.has_null = member(check, "null")->kind == JSON_NUMBER;
            if (options.has_null) options.null = number(member(check, "null"));
            const int32_t method = CODE(METHODS, member(check, "method")->text);
            OK(crm_compare_stratified_proportions(x1, n1, x0, n0, length, method, &options, &out, &same));
            CHECK(strcmp(out.method, METHODS[method]) == 0 && out.status == CRM_TEST_STATUS_OK);
            for (size_t key = 0; key < expected->count; key++) {
                const json *value = &expected->items[key];
                if (value->kind == JSON_ARRAY) {
                    near(same.statistic, number(&value->items[0]), tolerance, 0.0);
                    near(same.degrees_of_freedom, number(&value->items[1]), 0.0, 0.0);
                    near(same.p_value, number(&value->items[2]), tolerance, 0.0);
                } else {
                    near(field(&out, expected->keys[key]), number(value), tolerance, 1e-6);
                }
            }
        }
    }
    CHECK(checked == member(&all, "checks")->integer);
    json_free(&all);
}

static void misuse(void) {
    const uint64_t x1[] = {3, 1}, n1[] = {9, 4}, x0[] = {2, 2}, n0[] = {8, 5}, wrong[] = {2, 6}, none[] = {0, 0};
    crm_test_result out = {.struct_size = sizeof out};
    crm_homogeneity same = {.struct_size = sizeof same};
    OK(crm_compare_stratified_proportions(x1, n1, x0, n0, 2, 0, NULL, &out, NULL));
    CHECK(out.status == CRM_TEST_STATUS_OK && out.lower < out.estimate && out.estimate < out.upper);
    OK(crm_compare_stratified_proportions(none, none, x0, n0, 2, 0, NULL, &out, &same));
    CHECK(out.status == CRM_TEST_STATUS_TOO_FEW && isnan(out.p_value) && out.rejects == 0);
    CHECK(same.status == CRM_TEST_STATUS_TOO_FEW && isnan(same.p_value));
    FAILS(crm_compare_stratified_proportions(x1, n1, wrong, n0, 2, 0, NULL, &out, NULL), CRM_STATUS_INVALID_ARGUMENT,
          "control_conversions");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_compare_stratified_proportions(x1, n1, x0, n0, 2, 99, NULL, &out, NULL), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_compare_stratified_proportions(x1, n1, x0, n0, 2, CRM_STRATIFIED_METHOD_EXACT, NULL, &out, NULL),
          CRM_STATUS_INVALID_ARGUMENT, "contrast");
    FAILS(crm_compare_stratified_proportions(x1, n1, x0, n0, 0, 0, NULL, &out, NULL), CRM_STATUS_EMPTY, "target_trials");
    FAILS(crm_compare_stratified_proportions(NULL, n1, x0, n0, 2, 0, NULL, &out, NULL), CRM_STATUS_NULL_POINTER,
          "target_conversions");
    FAILS(crm_compare_stratified_proportions(x1, n1, x0, n0, 2, 0, NULL, NULL, NULL), CRM_STATUS_NULL_POINTER, "out");
    same.struct_size = 3;
    FAILS(crm_compare_stratified_proportions(x1, n1, x0, n0, 2, 0, NULL, &out, &same), CRM_STATUS_INVALID_ARGUMENT,
          "homogeneity.struct_size");
}

int main(void) {
    shared_cases();
    misuse();
    return 0;
}
