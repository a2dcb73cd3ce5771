/* Several arms against one control: single and adjusted p-values. */
#include "experiment.h"

enum { MOST_ARMS = 8 };

static void all_near(const double *got, const json *expected, size_t count) {
    CHECK(expected->count == count);
    for (size_t place = 0; place < count; place++) {
        const double wanted = number(&expected->items[place]);
        CHECK(got[place] == wanted || (isnan(got[place]) && isnan(wanted)) ||
              fabs(got[place] - wanted) <= 1e-11 * fabs(wanted));
    }
}

static int32_t multiplicity_of(const char *name) {
    if (strcmp(name, "bonferroni") == 0) return CRM_MULTIPLICITY_METHOD_BONFERRONI;
    if (strcmp(name, "holm") == 0) return CRM_MULTIPLICITY_METHOD_HOLM;
    if (strcmp(name, "hochberg") == 0) return CRM_MULTIPLICITY_METHOD_HOCHBERG;
    CHECK(strcmp(name, "benjamini_hochberg") == 0);
    return CRM_MULTIPLICITY_METHOD_BENJAMINI_HOCHBERG;
}

static void shared_cases(void) {
    static const char *const METHODS[] = {"bonferroni", "holm", "hochberg", "benjamini_hochberg"};
    json all = json_read("tests/cases/experiment/several_arms.json");
    const json *cases = member(&all, "cases");
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *arms = member(of, "arms"), *adjusted = member(of, "adjusted");
        const size_t count = arms->count, others = count - 1, control = (size_t)member(of, "control")->integer;
        CHECK(count <= MOST_ARMS);
        crm_binary_arm rates[MOST_ARMS];
        crm_mean_arm means[MOST_ARMS];
        const int is_rate = strcmp(member(of, "kind")->text, "rates") == 0;
        for (size_t arm = 0; arm < count; arm++) {
            const json *numbers = arms->items[arm].items;
            if (is_rate)
                rates[arm] = (crm_binary_arm){(uint64_t)numbers[0].integer, (uint64_t)numbers[1].integer};
            else
                OK(crm_mean_arm_from_moments((uint64_t)numbers[0].integer, numbers[1].number, numbers[2].number, &means[arm]));
        }
        for (size_t index = 0; index < COUNT(METHODS); index++) {
            const json *expected = member(adjusted, METHODS[index]);
            const int32_t method = multiplicity_of(METHODS[index]);
            crm_test_result results[MOST_ARMS];
            double p[MOST_ARMS], ln_p[MOST_ARMS], single[MOST_ARMS], ln_single[MOST_ARMS];
            crm_sample_ratio split = {.struct_size = sizeof split};
            results[0].struct_size = sizeof results[0];
            if (is_rate) {
                crm_homogeneity same = {.struct_size = sizeof same}, alone = {.struct_size = sizeof alone};
                OK(crm_compare_several_proportions(rates, NULL, count, control, CRM_PROPORTION_METHOD_POOLED, method, NULL,
                                                   results, p, ln_p, &same, &split));
                OK(crm_proportion_homogeneity(rates, NULL, count, &alone));
                CHECK(same.statistic == alone.statistic && same.p_value == alone.p_value);
            } else {
                OK(crm_compare_several_means(means, NULL, count, control, CRM_MEAN_METHOD_Z, CRM_LIFT_METHOD_FIELLER, method,
                                             NULL, results, p, ln_p, &split));
            }
            CHECK(split.finding == CRM_SPLIT_FINDING_UNPLANNED && isnan(split.p_value) && split.is_flagged == 0);
            for (size_t other = 0; other < others; other++) {
                single[other] = results[other].p_value;
                ln_single[other] = results[other].ln_p_value;
            }
            all_near(single, member(of, "p"), others);
            all_near(ln_single, member(of, "ln_p"), others);
            all_near(p, member(expected, "p"), others);
            all_near(ln_p, member(expected, "ln_p"), others);
        }
    }
    json_free(&all);
}

static void plans_and_misuse(void) {
    const crm_binary_arm arms[] = {{20, 500}, {18, 460}, {15, 501}}, bad[] = {{1, 2}, {3, 2}};
    const double weights[] = {1.0, 1.0, 1.0}, wrong[] = {1.0, NAN, 1.0};
    const size_t count = COUNT(arms);
    crm_test_result results[2];
    double p[2] = {-1.0, -1.0};
    crm_sample_ratio split = {.struct_size = sizeof split}, whole = {.struct_size = sizeof whole};
    crm_test_options options;
    results[0].struct_size = sizeof results[0];
    OK(crm_test_options_init(&options, sizeof options));
    /* What is not wanted is NULL. */
    OK(crm_compare_several_proportions(arms, weights, count, 0, 0, CRM_MULTIPLICITY_METHOD_HOLM, NULL, results, NULL, NULL,
                                       NULL, &split));
    const uint64_t trials[] = {500, 460, 501};
    OK(crm_sample_ratio_of(trials, weights, count, 0.01, &whole));
    CHECK(split.p_value == whole.p_value && split.statistic == whole.statistic);
    OK(crm_sample_ratio_of(trials, weights, 2, 0.01, &whole));
    CHECK(results[0].split_p_value == whole.p_value && results[1].split_finding == CRM_SPLIT_FINDING_AS_PLANNED);
    FAILS(crm_compare_several_proportions(arms, NULL, count, 3, 0, 0, NULL, results, p, NULL, NULL, NULL),
          CRM_STATUS_INVALID_ARGUMENT, "control");
    FAILS(crm_compare_several_proportions(arms, NULL, 1, 0, 0, 0, NULL, results, p, NULL, NULL, NULL), CRM_STATUS_EMPTY, "arms");
    FAILS(crm_compare_several_proportions(bad, NULL, 2, 0, 0, 0, NULL, results, p, NULL, NULL, NULL),
          CRM_STATUS_INVALID_ARGUMENT, "conversions");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_compare_several_proportions(arms, wrong, count, 0, 0, 0, NULL, results, p, NULL, NULL, NULL),
          CRM_STATUS_INVALID_VALUE, "weights");
    FAILS(crm_compare_several_proportions(arms, NULL, count, 0, 99, 0, NULL, results, p, NULL, NULL, NULL),
          CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_compare_several_proportions(arms, NULL, count, 0, 0, 8, NULL, results, p, NULL, NULL, NULL),
          CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_compare_several_proportions(arms, NULL, count, 0, 0, 0, NULL, NULL, p, NULL, NULL, NULL),
          CRM_STATUS_NULL_POINTER, "comparisons");
    options.target_share = 0.5;
    FAILS(crm_compare_several_proportions(arms, NULL, count, 0, 0, 0, &options, results, p, NULL, NULL, NULL),
          CRM_STATUS_INVALID_ARGUMENT, "target_share");
    split.struct_size = 3;
    FAILS(crm_compare_several_proportions(arms, NULL, count, 0, 0, 0, NULL, results, p, NULL, NULL, &split),
          CRM_STATUS_INVALID_ARGUMENT, "sample_ratio.struct_size");
    crm_mean_arm means[2];
    OK(crm_mean_arm_from_moments(10, 1.0, 1.0, &means[0]));
    OK(crm_mean_arm_from_moments(12, 2.0, 1.0, &means[1]));
    FAILS(crm_compare_several_means(means, NULL, 2, 2, 0, 0, 0, NULL, results, p, NULL, NULL), CRM_STATUS_INVALID_ARGUMENT,
          "control");
    FAILS(crm_compare_several_means(NULL, NULL, 2, 0, 0, 0, 0, NULL, results, p, NULL, NULL), CRM_STATUS_NULL_POINTER, "arms");
    CHECK(p[0] == -1.0 && p[1] == -1.0);
}

int main(void) {
    shared_cases();
    plans_and_misuse();
    return 0;
}
