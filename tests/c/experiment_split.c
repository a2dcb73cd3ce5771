/* The check of the split that every comparison carries. */
#include "experiment.h"

enum { MOST_ARMS = 4 };

static int same(double got, double expected) {
    return got == expected || (isnan(got) && isnan(expected)) || fabs(got - expected) <= 1e-12 * fabs(expected);
}

static int32_t finding_of(const json *expected) {
    static const char *const NAMES[] = {"as_planned", "mismatch", "unexpected_users", "no_users", "unplanned"};
    for (size_t index = 0; index < COUNT(NAMES); index++)
        if (strcmp(NAMES[index], member(expected, "finding")->text) == 0) return (int32_t)index;
    CHECK(0);
    return -1;
}

static void agrees(double p_value, double ln_p_value, int32_t finding, int32_t is_flagged, const json *expected) {
    CHECK(same(p_value, number(member(expected, "p_value"))) && same(ln_p_value, number(member(expected, "ln_p_value"))));
    CHECK(finding == finding_of(expected));
    CHECK(is_flagged == (finding == CRM_SPLIT_FINDING_MISMATCH || finding == CRM_SPLIT_FINDING_UNEXPECTED_USERS));
}

static void result_agrees(const crm_test_result *result, const json *expected) {
    agrees(result->split_p_value, result->split_ln_p_value, result->split_finding, result->split_is_flagged, expected);
}

static crm_binary_arm rate_of(const json *pair) {
    return (crm_binary_arm){(uint64_t)pair->items[0].integer, (uint64_t)pair->items[1].integer};
}

static crm_mean_arm mean_of(const crm_binary_arm *rate) {
    crm_mean_arm arm;
    const double mean = (double)rate->conversions / (double)rate->trials;
    OK(crm_mean_arm_from_moments(rate->trials, mean, mean * (1.0 - mean), &arm));
    return arm;
}

static void two_arms(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *share = member(of, "target_share");
        const crm_binary_arm target = rate_of(member(of, "target")), control = rate_of(member(of, "control"));
        crm_test_options options;
        OK(crm_test_options_init(&options, sizeof options));
        CHECK(isnan(options.target_share));
        if (share->kind == JSON_NUMBER) options.target_share = share->number;
        crm_test_result rates = {.struct_size = sizeof rates}, means = {.struct_size = sizeof means};
        OK(crm_compare_proportions(&target, &control, CRM_PROPORTION_METHOD_SCORE, &options, &rates));
        result_agrees(&rates, of);
        const crm_mean_arm mean = mean_of(&target), control_mean = mean_of(&control);
        OK(crm_compare_means(&mean, &control_mean, CRM_MEAN_METHOD_WELCH, CRM_LIFT_METHOD_FIELLER, &options, &means));
        result_agrees(&means, of);
        crm_equivalence found = {.struct_size = sizeof found};
        crm_test_result below = means;
        means.alternative = CRM_ALTERNATIVE_GREATER, means.null = -0.1;
        below.alternative = CRM_ALTERNATIVE_LESS, below.null = 0.1;
        OK(crm_equivalence_of(&means, &below, &found));
        agrees(found.split_p_value, found.split_ln_p_value, found.split_finding, found.split_is_flagged, of);
        /* A batch has the same, and says "unplanned" where there is no plan. */
        crm_test_columns *columns = NULL;
        double p = 0.0;
        int32_t finding = -1;
        OK(crm_compare_proportion_columns(&target.conversions, &target.trials, &control.conversions, &control.trials, 1,
                                          CRM_PROPORTION_METHOD_SCORE, &options, 1, &columns));
        OK(crm_test_columns_column(columns, CRM_TEST_COLUMN_SPLIT_P_VALUE, &p, 1));
        OK(crm_test_columns_split_finding(columns, &finding, 1));
        CHECK(same(p, rates.split_p_value) && finding == rates.split_finding);
        FAILS(crm_test_columns_split_finding(columns, &finding, 0), CRM_STATUS_LENGTH_MISMATCH, "capacity");
        crm_test_columns_free(columns);
    }
}

static void several_arms(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *arms = member(of, "arms"), *planned = member(of, "weights");
        const size_t count = arms->count, control = (size_t)member(of, "control")->integer;
        CHECK(count <= MOST_ARMS);
        crm_binary_arm rates[MOST_ARMS];
        crm_mean_arm means[MOST_ARMS];
        double weights[MOST_ARMS];
        for (size_t arm = 0; arm < count; arm++) {
            rates[arm] = rate_of(&arms->items[arm]);
            means[arm] = mean_of(&rates[arm]);
            if (planned->kind == JSON_ARRAY) weights[arm] = planned->items[arm].number;
        }
        const double *plan = planned->kind == JSON_ARRAY ? weights : NULL;
        crm_homogeneity rate = {.struct_size = sizeof rate};
        OK(crm_proportion_homogeneity(rates, plan, count, &rate));
        agrees(rate.split_p_value, rate.split_ln_p_value, rate.split_finding, rate.split_is_flagged, of);
        crm_anova mean = {.struct_size = sizeof mean};
        OK(crm_analysis_of_variance(means, plan, count, CRM_ANOVA_METHOD_WELCH, &mean));
        agrees(mean.split_p_value, mean.split_ln_p_value, mean.split_finding, mean.split_is_flagged, of);
        /* Dunnett's control is the last arm. */
        uint64_t counts[MOST_ARMS];
        double values[MOST_ARMS], variances[MOST_ARMS], reordered[MOST_ARMS];
        size_t next = 0;
        for (size_t arm = 0; arm < count; arm++) {
            const size_t to = arm == control ? count - 1 : next++;
            counts[to] = rates[arm].trials;
            values[to] = (double)(arm + 1);
            variances[to] = 1.0;
            reordered[to] = plan == NULL ? 0.0 : weights[arm];
        }
        crm_test_result results[MOST_ARMS];
        for (size_t arm = 0; arm < count; arm++) results[arm].struct_size = sizeof results[arm];
        crm_dunnett all = {.struct_size = sizeof all};
        OK(crm_dunnett_test(counts, values, variances, plan == NULL ? NULL : reordered, count - 1, NULL, results, &all));
        agrees(all.split_p_value, all.split_ln_p_value, all.split_finding, all.split_is_flagged, of);
        for (size_t pair = 0; pair + 1 < count; pair++) result_agrees(&results[pair], &member(of, "pairs")->items[pair]);
    }
}

static void misuse(void) {
    const crm_binary_arm arm = {1, 10}, both[] = {{1, 10}, {2, 10}};
    const double bad[] = {1.0, -1.0}, none[] = {0.0, 0.0};
    crm_test_options options;
    crm_test_result out = {.struct_size = sizeof out};
    crm_homogeneity same_rate = {.struct_size = sizeof same_rate};
    OK(crm_test_options_init(&options, sizeof options));
    const double shares[] = {0.0, 1.0, -0.5, INFINITY};
    for (size_t place = 0; place < COUNT(shares); place++) {
        options.target_share = shares[place];
        FAILS(crm_compare_proportions(&arm, &arm, 0, &options, &out), CRM_STATUS_INVALID_ARGUMENT, "target_share");
    }
    FAILS(crm_proportion_homogeneity(both, bad, 2, &same_rate), CRM_STATUS_INVALID_VALUE, "weights");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_proportion_homogeneity(both, none, 2, &same_rate), CRM_STATUS_INVALID_ARGUMENT, "weights");
    /* One arm has no split. */
    const double values[] = {1.0, 2.0, 3.0, 5.0};
    crm_quantile_arm *quantiles = NULL;
    options.target_share = 0.5;
    OK(crm_quantile_arm_from_values(values, 4, NULL, &quantiles));
    FAILS(crm_quantile_interval(quantiles, 0.5, &options, &out), CRM_STATUS_INVALID_ARGUMENT, "target_share");
    crm_quantile_arm_free(quantiles);
    /* A program compiled before there were splits: its options are those of no plan, and its result ends before them. */
    options.target_share = 2.0;
    options.struct_size = offsetof(crm_test_options, target_share);
    out.split_finding = 77;
    out.struct_size = offsetof(crm_test_result, split_p_value);
    OK(crm_compare_proportions(&arm, &arm, 0, &options, &out));
    CHECK(out.p_value == 1.0 && out.split_finding == 77);
}

/* A running test: the p-value of Lindon and Malek over all looks, as crm_sequential_sample_ratio has it. */
static void looks(void) {
    const uint64_t customers[][2] = {{900, 100}, {1800, 300}, {9000, 1000}};
    const int32_t findings[] = {CRM_SPLIT_FINDING_AS_PLANNED, CRM_SPLIT_FINDING_MISMATCH, CRM_SPLIT_FINDING_MISMATCH};
    const double weights[] = {0.9, 1.0 - 0.9};
    crm_always_valid_options options;
    crm_sequential_test *test = NULL;
    crm_sequential_sample_ratio *check = NULL;
    crm_sequential_step step = {.struct_size = sizeof step};
    crm_sample_ratio_look look = {.struct_size = sizeof look};
    OK(crm_always_valid_options_init(&options, sizeof options));
    CHECK(isnan(options.target_share));
    options.target_share = 0.9;
    OK(crm_sequential_test_new(&options, &test));
    OK(crm_sequential_sample_ratio_new(weights, 2, 100.0, &check));
    for (size_t place = 0; place < COUNT(customers); place++) {
        const crm_binary_arm target = {90, customers[place][0]}, control = {9, customers[place][1]};
        OK(crm_sequential_test_look_rates(test, &target, &control, &step));
        OK(crm_sequential_sample_ratio_look(check, customers[place], 2, &look));
        CHECK(step.split_p_value == look.p_value && step.split_ln_p_value == look.ln_p_value);
        CHECK(step.split_finding == findings[place] && step.split_is_flagged == (place > 0));
    }
    FAILS(crm_sequential_test_look(test, 0.1, 0.1, 20000.0, &step), CRM_STATUS_INVALID_ARGUMENT, "target_share");
    crm_sequential_test_free(test);
    crm_sequential_sample_ratio_free(check);
    OK(crm_sequential_test_new(NULL, &test));
    OK(crm_sequential_test_look(test, 0.1, 0.1, 20000.0, &step));
    CHECK(step.split_finding == CRM_SPLIT_FINDING_UNPLANNED && isnan(step.split_p_value) && step.split_is_flagged == 0);
    crm_sequential_test_free(test);
}

int main(void) {
    json all = json_read("tests/cases/experiment/split.json");
    two_arms(member(&all, "two_arms"));
    several_arms(member(&all, "several_arms"));
    json_free(&all);
    misuse();
    looks();
    return 0;
}
