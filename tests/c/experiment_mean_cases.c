/* Shared cases of means, as Rust and Python run them: 50- and 60-digit arithmetic, exact fractions, certified moments. */
#include "experiment.h"

enum { WELCH = 0, STUDENT, Z };
static const char *const MEAN_METHODS[] = {"welch", "student", "z", "score", "skewness_corrected"};
static const char *const THETAS[] = {"within", "total", "least_variance"};
static const char *const KINDS[] = {"bounded", "exclusive", "unbounded"};
enum { FIELLER = 0, DELTA, LOGARITHM };

static crm_mean_arm arm_of(double count, double mean, double variance) {
    crm_mean_arm out;
    OK(crm_mean_arm_from_moments((uint64_t)count, mean, variance, &out));
    return out;
}

static crm_mean_arm given_arm(const json *side) {
    return arm_of(number_of(side, "n"), number_of(side, "mean"), number_of(side, "var"));
}

static crm_test_result test(const crm_mean_arm *target, const crm_mean_arm *control, int32_t method, int32_t lift,
                            const crm_test_options *options) {
    crm_test_result out = {.struct_size = sizeof out};
    OK(crm_compare_means(target, control, method, lift, options, &out));
    return out;
}

static void near_ends(crm_test_result out, const json *ends, double tolerance, double scale) {
    near(out.lower, number(&ends->items[0]), tolerance, scale);
    near(out.upper, number(&ends->items[1]), tolerance, scale);
}

static void near_region(crm_test_result out, const json *expected, double tolerance, double scale) {
    CHECK(out.interval_kind == CODE(KINDS, member(expected, "kind")->text));
    if (out.interval_kind == CRM_INTERVAL_KIND_UNBOUNDED) return;
    const json *ends = maybe(expected, "ends");
    near_ends(out, ends == NULL ? member(expected, "roots") : ends, tolerance, scale);
}

static void two_means(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *expected = member(of, "expected"), *input = member(of, "input");
        const crm_mean_arm target = given_arm(member(input, "target")), control = given_arm(member(input, "control"));
        crm_test_options options = default_options();
        const crm_test_result out = test(&target, &control, WELCH, FIELLER, &options);
        if (out.status == CRM_TEST_STATUS_NO_VARIANCE) {
            CHECK(isnan(out.statistic) && isnan(out.p_value) && out.rejects == 0);
            continue;
        }
        /* The inputs are decimals: as doubles their difference is off by a few units of the larger mean. */
        const double share = fabs(number_of(expected, "diff")) / fmax(fabs(target.mean), fabs(control.mean));
        const double tolerance = 4e-16 / fmin(share, 0.1) + 2e-14;
        near(out.estimate, number_of(expected, "diff"), tolerance, 0.0);
        near(out.standard_error, number_of(expected, "se_welch"), 1e-14, 0.0);
        near(out.statistic, number_of(expected, "t_welch"), tolerance, 0.0);
        near(out.degrees_of_freedom, number_of(expected, "df_welch"), 1e-14, 0.0);
        near_ends(out, member(expected, "ci_welch"), tolerance, out.standard_error);
        near(out.ln_p_value, number_of(member(expected, "welch_two_sided"), "ln_p"), 4.0 * tolerance, 1e-3);
        near(out.effect_size, number_of(expected, "cohen_d"), tolerance, 0.0);
        const crm_test_result z = test(&target, &control, Z, FIELLER, &options);
        near(z.ln_p_value, number_of(member(expected, "z_two_sided"), "ln_p"), 4.0 * tolerance, 1e-3);
        near_ends(z, member(expected, "ci_z"), tolerance, out.standard_error);
        const crm_test_result student = test(&target, &control, STUDENT, FIELLER, &options);
        near(student.ln_p_value, number_of(member(expected, "student_two_sided"), "ln_p"), 4.0 * tolerance, 1e-3);
        near_ends(student, member(expected, "ci_student"), tolerance, out.standard_error);
        options.alternative = CRM_ALTERNATIVE_GREATER;
        near(test(&target, &control, WELCH, FIELLER, &options).ln_p_value,
             number_of(member(expected, "welch_greater"), "ln_p"), 4.0 * tolerance, 1e-3);
        if (maybe(expected, "lift_se_delta") == NULL) continue;
        options = default_options();
        options.contrast = CRM_CONTRAST_LIFT;
        const crm_test_result lift = test(&target, &control, Z, DELTA, &options);
        near(lift.standard_error, number_of(expected, "lift_se_delta"), 1e-13, 0.0);
        near_ends(lift, member(expected, "lift_ci_delta_z"), tolerance, lift.standard_error);
        options.contrast = CRM_CONTRAST_RATIO;
        near_region(test(&target, &control, Z, FIELLER, &options), member(expected, "ratio_fieller_z"), 1e-12, 0.0);
        near_ends(test(&target, &control, Z, LOGARITHM, &options), member(expected, "ratio_ci_log_z"), 1e-12, 0.0);
    }
    CHECK(cases->count == 8);
}

static void hard_cases(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *methods = member(of, "methods");
        const json *t = member(of, "target"), *c = member(of, "control");
        const crm_mean_arm target = arm_of(number(&t->items[0]), number(&t->items[1]), number(&t->items[2]));
        const crm_mean_arm control = arm_of(number(&c->items[0]), number(&c->items[1]), number(&c->items[2]));
        for (size_t key = 0; key < methods->count; key++) {
            const json *expected = &methods->items[key];
            const int32_t method = CODE(MEAN_METHODS, methods->keys[key]);
            crm_test_options options = default_options();
            const crm_test_result out = test(&target, &control, method, FIELLER, &options);
            near(out.estimate, number_of(expected, "difference"), 1e-15, 0.0);
            near(out.standard_error, number_of(expected, "standard_error"), 1e-14, 0.0);
            near(out.statistic, number_of(expected, "statistic"), 1e-14, 0.0);
            near(out.degrees_of_freedom, number_of(expected, "df"), 1e-14, 0.0);
            near_ends(out, member(expected, "interval"), 1e-12, out.standard_error);
            for (int32_t alternative = 0; alternative < 3; alternative++) {
                options.alternative = alternative;
                near(test(&target, &control, method, FIELLER, &options).ln_p_value,
                     number_of(member(expected, "ln_p"), ALTERNATIVES[alternative]), 1e-12, 1e-3);
            }
            options = default_options();
            options.contrast = CRM_CONTRAST_LIFT;
            const crm_test_result lift = test(&target, &control, method, FIELLER, &options);
            if (maybe(expected, "lift") == NULL) {
                CHECK(lift.status == CRM_TEST_STATUS_ZERO_BASELINE);
                continue;
            }
            near(lift.estimate, number_of(expected, "lift"), 1e-15, 0.0);
            near_region(lift, member(expected, "lift_fieller"), 1e-12, lift.standard_error);
            const crm_test_result delta = test(&target, &control, method, DELTA, &options);
            near_ends(delta, member(expected, "lift_delta"), 1e-12, delta.standard_error);
            options.alternative = CRM_ALTERNATIVE_GREATER;
            options.has_null = 1;
            options.null = -0.02;
            near(test(&target, &control, method, FIELLER, &options).ln_p_value,
                 number_of(expected, "ln_p_lift_above_margin"), 1e-12, 1e-3);
            options = default_options();
            options.contrast = CRM_CONTRAST_RATIO;
            const crm_test_result log = test(&target, &control, method, LOGARITHM, &options);
            if (maybe(expected, "ratio_log") == NULL) {
                CHECK(log.status == CRM_TEST_STATUS_UNDEFINED);
            } else {
                near_ends(log, member(expected, "ratio_log"), 1e-12, 0.0);
            }
        }
    }
    CHECK(cases->count == 19);
}

enum { MOST_COLUMNS = 6 };

/* Columns of an arm: the value, the denominator if there is one, covariates. */
static crm_joint_arm *joint(double *const *columns, size_t count, size_t rows, int denominator) {
    const double *covariates[MOST_COLUMNS];
    const size_t first = 1 + (denominator != 0);
    crm_measures measures = {.struct_size = sizeof measures, .rows = rows, .value = columns[0]};
    crm_joint_arm *out = NULL;
    if (denominator) measures.denominator = columns[1];
    for (size_t place = first; place < count; place++) covariates[place - first] = columns[place];
    measures.covariates = covariates;
    measures.covariate_count = count - first;
    OK(crm_joint_arm_from_measures(&measures, &out));
    return out;
}

static crm_joint_arm *joint_of(const json *side, int denominator) {
    double *columns[MOST_COLUMNS];
    CHECK(side->count <= MOST_COLUMNS);
    for (size_t place = 0; place < side->count; place++) columns[place] = numbers(&side->items[place]);
    crm_joint_arm *out = joint(columns, side->count, side->items[0].count, denominator);
    for (size_t place = 0; place < side->count; place++) free(columns[place]);
    return out;
}

static void adjusted(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *thetas = member(of, "thetas");
        const int denominator = member(of, "denominator")->kind == JSON_TRUE;
        crm_joint_arm *target = joint_of(member(of, "target"), denominator);
        crm_joint_arm *control = joint_of(member(of, "control"), denominator);
        for (size_t key = 0; key < thetas->count; key++) {
            const json *expected = &thetas->items[key], *known = member(expected, "theta");
            const int32_t method = CODE(THETAS, thetas->keys[key]);
            crm_test_options options = default_options();
            crm_test_result out = {.struct_size = sizeof out}, lift = {.struct_size = sizeof lift};
            double theta[MOST_COLUMNS];
            OK(crm_compare_adjusted(target, control, method, WELCH, FIELLER, &options, &out, NULL, theta, NULL));
            for (size_t row = 0; row < known->count; row++) near(theta[row], number(&known->items[row]), 1e-12, 0.0);
            near(out.target, number_of(expected, "target"), 1e-14, 0.0);
            near(out.control, number_of(expected, "control"), 1e-14, 0.0);
            near(out.estimate, number_of(expected, "difference"), 1e-12, out.standard_error);
            near(out.standard_error, number_of(expected, "standard_error"), 1e-12, 0.0);
            near(out.degrees_of_freedom, number_of(expected, "df"), 1e-12, 0.0);
            near(out.ln_p_value, number_of(expected, "ln_p"), 1e-11, 1e-3);
            near_ends(out, member(expected, "interval"), 1e-12, out.standard_error);
            options.contrast = CRM_CONTRAST_LIFT;
            OK(crm_compare_adjusted(target, control, method, WELCH, FIELLER, &options, &lift, NULL, NULL, NULL));
            near_region(lift, member(expected, "lift_fieller"), 1e-11, lift.standard_error);
        }
        crm_joint_arm_free(target);
        crm_joint_arm_free(control);
    }
    CHECK(cases->count == 5);
}

static void strata(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *sides[] = {member(of, "targets"), member(of, "controls")};
        crm_mean_arm arms[2][8];
        for (size_t side = 0; side < 2; side++) {
            CHECK(sides[side]->count <= 8);
            for (size_t row = 0; row < sides[side]->count; row++) {
                double *values = numbers(&sides[side]->items[row]);
                OK(crm_mean_arm_from_values(values, sides[side]->items[row].count, &arms[side][row]));
                free(values);
            }
        }
        crm_test_result out = {.struct_size = sizeof out};
        OK(crm_compare_stratified(arms[0], arms[1], NULL, sides[0]->count, WELCH, FIELLER, NULL, &out));
        near(out.difference, number_of(of, "difference"), 1e-13, out.standard_error);
        near(out.standard_error, number_of(of, "standard_error"), 1e-13, 0.0);
        near(out.degrees_of_freedom, number_of(of, "df"), 1e-13, 0.0);
        near(out.ln_p_value, number_of(of, "ln_p"), 1e-12, 1e-3);
    }
    CHECK(cases->count == 2);
}

static void returns(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *input = member(of, "input"), *expected = member(of, "expected");
        const json *t = member(input, "target"), *c = member(input, "control");
        const crm_mean_arm target = arm_of(number_of(t, "n"), number_of(t, "revenue_mean"), number_of(t, "revenue_var"));
        const crm_mean_arm control = arm_of(number_of(c, "n"), number_of(c, "revenue_mean"), number_of(c, "revenue_var"));
        const crm_campaign_cost cost = {number_of(input, "cost_fixed"), number_of(input, "cost_per_contact"),
                                        number_of(input, "margin")};
        crm_campaign_return out = {.struct_size = sizeof out};
        OK(crm_campaign_return_of(&target, &control, &cost, Z, NULL, &out));
        const json *ends = member(expected, "incremental_profit_ci_z");
        near(out.revenue.estimate, number_of(expected, "incremental_revenue"), 1e-14, 0.0);
        near(out.cost, number_of(expected, "cost"), 1e-15, 0.0);
        near(out.profit.estimate, number_of(expected, "incremental_profit"), 1e-14, 0.0);
        near(out.profit.lower, number(&ends->items[0]), 1e-13, 0.0);
        near(out.profit.upper, number(&ends->items[1]), 1e-13, 0.0);
        near(out.roi.estimate, number_of(expected, "roi"), 1e-14, 0.0);
        near(out.revenue_per_cost.estimate, number_of(expected, "iroas"), 1e-14, 0.0);
        near(out.break_even_mean, number_of(expected, "break_even_lift_in_mean"), 1e-14, 0.0);
        near(out.break_even_statistic, number_of(expected, "z_vs_break_even"), 1e-13, 0.0);
        near(out.probability_of_profit, number_of(member(expected, "p_profit_gt_0_flat_prior"), "p"), 1e-15, 0.0);
    }
    CHECK(cases->count == 2);
}

/* A column of the case's input, such as "y_target". */
static double *column(const json *input, const char *name, const char *side, size_t *rows) {
    char key[32];
    snprintf(key, sizeof key, "%s_%s", name, side);
    *rows = member(input, key)->count;
    return numbers(member(input, key));
}

static void whole_numbers(const json *cases) {
    static const char *const SIDES[] = {"target", "control"}, *const THEIRS[] = {"within", "total", "opt_deng"};
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *input = member(of, "input"), *expected = member(of, "expected");
        const json *ratio = maybe(expected, "ratio");
        crm_joint_arm *arms[2];
        for (size_t side = 0; side < 2; side++) {
            size_t rows = 0;
            double *columns[] = {column(input, "y", SIDES[side], &rows),
                                 column(input, ratio != NULL ? "den" : "x", SIDES[side], &rows)};
            arms[side] = joint(columns, 2, rows, ratio != NULL);
            free(columns[0]);
            free(columns[1]);
        }
        crm_test_result out = {.struct_size = sizeof out};
        if (ratio != NULL) {
            OK(crm_compare_ratios(arms[0], arms[1], Z, FIELLER, NULL, &out));
            near(out.target, number_of(ratio, "target"), 1e-15, 0.0);
            near(out.estimate, number_of(ratio, "diff"), 1e-14, 0.0);
            near(out.standard_error, number_of(ratio, "se"), 1e-14, 0.0);
            near(out.ln_p_value, number_of(member(ratio, "p_z"), "ln_p"), 1e-13, 1e-3);
        }
        for (int32_t theta = 0; ratio == NULL && theta < 3; theta++) {
            const json *known = member(expected, THEIRS[theta]);
            double own = 0.0;
            OK(crm_compare_adjusted(arms[0], arms[1], theta, WELCH, FIELLER, NULL, &out, NULL, &own, NULL));
            near(own, number_of(known, "theta"), 1e-13, 0.0);
            near(out.target, number_of(known, "adj_mean_target"), 1e-14, 0.0);
            if (number_of(known, "se") == 0.0) {
                CHECK(out.status == CRM_TEST_STATUS_NO_VARIANCE && out.rejects == 0);
                continue;
            }
            near(out.estimate, number_of(known, "diff"), 1e-12, 0.0);
            near(out.standard_error, number_of(known, "se"), 1e-13, 0.0);
            near(out.ln_p_value, number_of(member(known, "p"), "ln_p"), 1e-12, 1e-3);
        }
        crm_joint_arm_free(arms[0]);
        crm_joint_arm_free(arms[1]);
    }
    CHECK(cases->count == 3);
}

static void moments(const json *cases) {
    static const int BASES[] = {1, 1000000, 10000000};
    static double values[10000];
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *expected = member(of, "expected"), *certified = maybe(expected, "sd_certified");
        const char *id = member(of, "id")->text;
        size_t rows = 0;
        if (strcmp(id, "NumAcc1") == 0) {
            for (; rows < 3; rows++) values[rows] = (double[]){10000001.0, 10000003.0, 10000002.0}[rows];
        } else if (strncmp(id, "NumAcc", 6) == 0) {
            /* The decimals of the file, not sums of doubles. */
            for (; rows < 1001; rows++) {
                char text[32];
                snprintf(text, sizeof text, "%d.%d", BASES[id[6] - '2'], rows == 0 ? 2 : rows % 2 ? 1 : 3);
                values[rows] = strtod(text, NULL);
            }
        } else {
            const double offset = strtod(id + strlen("shift_off"), NULL);
            for (; rows < 10000; rows++) values[rows] = offset + (double)(rows * 7919 % 101);
        }
        crm_mean_arm arm;
        double variance = 0.0;
        OK(crm_mean_arm_from_values(values, rows, &arm));
        OK(crm_mean_arm_variance(&arm, &variance));
        if (certified != NULL) {
            const double digits = -log10(fabs(sqrt(variance) / number(certified) - 1.0) + 1e-17);
            CHECK(digits >= number_of(expected, "min_log_relative_error_sd"));
            near(arm.mean, number_of(expected, "mean_certified"), 1e-15, 0.0);
        } else {
            near(arm.mean, number_of(expected, "mean"), 1e-16, 0.0);
            near(variance, number_of(expected, "var"), 1e-13, 0.0);
        }
    }
    CHECK(cases->count == 8);
}

/* An arm of those who paid, and of zeros for the others. */
static crm_mean_arm paid_arm(const json *side) {
    crm_mean_arm arm, rest;
    const json *paid = member(side, "paid");
    double *values = numbers(paid);
    OK(crm_mean_arm_from_values(values, paid->count, &arm));
    OK(crm_mean_arm_from_moments((uint64_t)number_of(side, "count") - paid->count, 0.0, 0.0, &rest));
    OK(crm_mean_arm_merge(&arm, &rest, &arm));
    free(values);
    return arm;
}

static void scores(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *methods = member(of, "methods");
        const crm_mean_arm target = paid_arm(member(of, "target")), control = paid_arm(member(of, "control"));
        crm_mean_arm both;
        OK(crm_mean_arm_merge(&target, &control, &both));
        near(both.skewness, number_of(of, "skewness"), 1e-13, 0.0);
        for (size_t key = 0; key < methods->count; key++) {
            const json *expected = &methods->items[key];
            const int32_t method = CODE(MEAN_METHODS, methods->keys[key]);
            crm_test_options options = default_options();
            const crm_test_result out = test(&target, &control, method, FIELLER, &options);
            near(out.statistic, number_of(expected, "statistic"), 1e-12, 1e-2);
            near_ends(out, member(expected, "interval"), 1e-11, out.standard_error);
            near(out.ln_p_value, number_of(member(expected, "ln_p"), "two_sided"), 1e-11, 1e-3);
            options.contrast = CRM_CONTRAST_RATIO;
            const crm_test_result ratio = test(&target, &control, method, FIELLER, &options);
            if (maybe(expected, "ratio") == NULL) {
                CHECK(ratio.status == CRM_TEST_STATUS_ZERO_BASELINE);
            } else {
                near_ends(ratio, member(expected, "ratio"), 1e-11, 0.0);
            }
        }
    }
    CHECK(cases->count == 8);
}

static void skewness_is_told_or_asked_for(void) {
    crm_mean_arm target = arm_of(900, 1.1, 54.0), control = arm_of(100, 0.8, 40.0);
    crm_test_result out = {.struct_size = sizeof out};
    CHECK(isnan(target.skewness));
    FAILS(crm_compare_means(&target, &control, CRM_MEAN_METHOD_SKEWNESS_CORRECTED, FIELLER, NULL, &out),
          CRM_STATUS_INVALID_ARGUMENT, "target");
    target.skewness = 9.0;
    control.skewness = 8.0;
    OK(crm_compare_means(&target, &control, CRM_MEAN_METHOD_SKEWNESS_CORRECTED, FIELLER, NULL, &out));
    CHECK(strcmp(out.method, "skewness_corrected") == 0 && out.p_value > 0.5);
}

int main(void) {
    json file = json_read("tests/cases/experiment/means.json");
    two_means(member(&file, "two_means"));
    whole_numbers(member(&file, "cuped_ratio"));
    returns(member(&file, "campaign_roi"));
    moments(member(&file, "moments"));
    json_free(&file);
    file = json_read("tests/cases/experiment/mean_stress.json");
    hard_cases(member(&file, "means"));
    adjusted(member(&file, "adjusted"));
    strata(member(&file, "stratified"));
    scores(member(&file, "scores"));
    json_free(&file);
    skewness_is_told_or_asked_for();
    return 0;
}
