/* Shared cases of rates, splits of users and many tests, as Rust and Python run them. */
#include "experiment.h"

static crm_binary_arm arm_of(const json *pair) {
    return (crm_binary_arm){(uint64_t)pair->items[0].integer, (uint64_t)pair->items[1].integer};
}

static crm_test_result compare(const json *of, const crm_test_options *options) {
    const crm_binary_arm target = arm_of(member(of, "target")), control = arm_of(member(of, "control"));
    crm_test_options asked = *options;
    crm_test_result out = {.struct_size = sizeof out};
    asked.contrast = CODE(CONTRASTS, member(of, "contrast")->text);
    OK(crm_compare_proportions(&target, &control, CODE(PROPORTION_METHODS, member(of, "method")->text), &asked, &out));
    return out;
}

static double most_trials(const json *of) {
    const crm_binary_arm target = arm_of(member(of, "target")), control = arm_of(member(of, "control"));
    return fmax((double)target.trials, (double)control.trials);
}

static void published(void) {
    json file = json_read("tests/cases/experiment/two_proportions_published.json");
    const json *cases = member(&file, "cases");
    const crm_test_options options = default_options();
    CHECK(cases->count == 28);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *ends = member(of, "interval");
        crm_test_result out = compare(of, &options);
        if (out.contrast == CRM_CONTRAST_DIFFERENCE) {
            /* Published intervals are cut to what is possible. */
            out.lower = fmax(out.lower, -1.0);
            out.upper = fmin(out.upper, 1.0);
        }
        near(out.lower, number(&ends->items[0]), number_of(of, "tolerance"), 1.0);
        near(out.upper, number(&ends->items[1]), number_of(of, "tolerance"), 1.0);
    }
    json_free(&file);
}

static void stress(void) {
    json file = json_read("tests/cases/experiment/stress.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 528);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place];
        crm_test_options options = default_options();
        options.has_null = 1;
        options.null = number_of(of, "null");
        const crm_test_result out = compare(of, &options);
        /* Rates and null are doubles: at 2^53 trials their last digit is a few 1e-9 standard errors. */
        const double statistic = number_of(of, "statistic"), floor = 4e-16 * sqrt(most_trials(of)) / 1e-11;
        CHECK(fabs(out.statistic - statistic) <= 1e-11 * (fabs(statistic) + floor));
        const double ln_p = number_of(of, "ln_p");
        CHECK(fabs(out.ln_p_value - ln_p) <= 1e-10 * (fabs(ln_p) + fabs(statistic) * floor + 1e-3));
    }
    json_free(&file);
}

static void ends_of_intervals(void) {
    json file = json_read("tests/cases/experiment/stress_ends.json");
    const json *cases = member(&file, "cases");
    const crm_test_options options = default_options();
    CHECK(cases->count == 96);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place];
        const crm_test_result out = compare(of, &options);
        const double lower = number_of(of, "lower"), upper = number_or(of, "upper", INFINITY);
        const double width = isinf(upper) ? lower : upper - lower, floor = 1e-10 + 1e-16 * sqrt(most_trials(of));
        CHECK(fabs(out.lower - lower) <= floor * width + 1e-15 * fabs(lower));
        CHECK(out.upper == upper || fabs(out.upper - upper) <= floor * width + 1e-15 * fabs(upper));
    }
    json_free(&file);
}

static void one_rate(void) {
    static const char *const NAMES[] = {"wilson", "wald", "agresti_coull", "clopper_pearson", "jeffreys_equal_tailed"};
    static const int32_t METHODS[] = {CRM_RATE_METHOD_WILSON, CRM_RATE_METHOD_WALD, CRM_RATE_METHOD_AGRESTI_COULL,
                                      CRM_RATE_METHOD_CLOPPER_PEARSON, CRM_RATE_METHOD_JEFFREYS};
    json file = json_read("tests/cases/experiment/one_proportion.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 9);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place];
        const crm_binary_arm arm = {(uint64_t)member(of, "conversions")->integer, (uint64_t)member(of, "trials")->integer};
        for (size_t method = 0; method < COUNT(NAMES); method++) {
            const json *known = member(of, NAMES[method]);
            double lower, upper;
            OK(crm_rate_interval(&arm, METHODS[method], 0.05, &lower, &upper));
            /* Wald's interval of one point says nothing. */
            if (number(&known->items[0]) == number(&known->items[1])) continue;
            near(lower, number(&known->items[0]), 1e-11, 0.0);
            near(upper, number(&known->items[1]), 1e-11, 0.0);
        }
        for (int half = 0; half < 2; half++) {
            const json *known = maybe(of, half ? "binom_test_p0_0.5" : "binom_test_p0_0.1");
            crm_rate_test out = {.struct_size = sizeof out};
            if (known == NULL) continue;
            OK(crm_test_rate(&arm, half ? 0.5 : 0.1, CRM_RATE_METHOD_MINIMUM_LIKELIHOOD, CRM_ALTERNATIVE_TWO_SIDED, 0.05, &out));
            near(out.p_value, number_of(known, "p"), 1e-12, 0.0);
            near(out.ln_p_value, number_of(known, "ln_p"), 1e-12, 1.0);
        }
    }
    json_free(&file);
}

static void splits(void) {
    json file = json_read("tests/cases/experiment/sample_ratio.json");
    const json *cases = member(&file, "cases");
    CHECK(cases->count == 6);
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *p = member(of, "p"), *users = member(of, "observed");
        double *weights = numbers(member(of, "weights"));
        uint64_t observed[16];
        CHECK(users->count <= COUNT(observed));
        for (size_t arm = 0; arm < users->count; arm++) observed[arm] = (uint64_t)users->items[arm].integer;
        crm_sample_ratio split = {.struct_size = sizeof split};
        crm_sequential_sample_ratio *check = NULL;
        crm_sample_ratio_look look = {.struct_size = sizeof look};
        OK(crm_sample_ratio_of(observed, weights, users->count, 0.01, &split));
        near(split.statistic, number_of(of, "chi2"), 1e-12, 0.0);
        CHECK(split.degrees_of_freedom == number_of(of, "df"));
        near(split.p_value, number_of(p, "p"), 1e-11, 0.0);
        near(split.ln_p_value, number_of(p, "ln_p"), 1e-12, 0.0);
        OK(crm_sequential_sample_ratio_new(weights, users->count, 100.0, &check));
        OK(crm_sequential_sample_ratio_look(check, observed, users->count, &look));
        near(look.ln_bayes_factor, number_of(of, "seq_dirichlet_multinomial_ln_bf_prior100"), 1e-12, 1.0);
        near(look.ln_p_value, number_of(of, "seq_ln_p"), 1e-12, 1.0);
        near(look.p_value, number_of(of, "seq_p"), 1e-11, 0.0);
        crm_sequential_sample_ratio_free(check);
        free(weights);
    }
    json_free(&file);
}

static const char *const CORRECTIONS[] = {"bonferroni", "sidak",  "holm",   "holm_sidak", "hochberg",
                                          "hommel", "benjamini_hochberg", "benjamini_yekutieli"};

static void corrections(const json *cases) {
    static const int32_t METHODS[] = {CRM_MULTIPLICITY_METHOD_BONFERRONI,         CRM_MULTIPLICITY_METHOD_SIDAK,
                                      CRM_MULTIPLICITY_METHOD_HOLM,               CRM_MULTIPLICITY_METHOD_HOLM_SIDAK,
                                      CRM_MULTIPLICITY_METHOD_HOCHBERG,           CRM_MULTIPLICITY_METHOD_HOMMEL,
                                      CRM_MULTIPLICITY_METHOD_BENJAMINI_HOCHBERG, CRM_MULTIPLICITY_METHOD_BENJAMINI_YEKUTIELI};
    size_t checked = 0;
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *expected = member(of, "expected"), *given = member(of, "p_values");
        const double tolerance = number_of(of, "relative_tolerance");
        double *p = numbers(given), *out = numbers(given);
        for (size_t key = 0; key < expected->count; key++) {
            const int32_t method = METHODS[CODE(CORRECTIONS, expected->keys[key])];
            OK(crm_adjust_p_values(p, given->count, method, out, given->count));
            for (size_t row = 0; row < given->count; row++, checked++)
                near(out[row], number(&expected->items[key].items[row]), tolerance, 0.0);
        }
        free(p);
        free(out);
    }
    CHECK(checked > 300);
}

static void dunnett(const json *cases) {
    for (size_t place = 0; place < cases->count; place++) {
        const json *of = &cases->items[place], *targets = member(of, "targets");
        const double tolerance = number_of(of, "tolerance");
        uint64_t counts[8];
        double means[8], variances[8];
        crm_test_result results[8];
        crm_dunnett all = {.struct_size = sizeof all};
        CHECK(targets->count < 8);
        for (size_t index = 0; index <= targets->count; index++) {
            /* The control last. */
            const json *column = index < targets->count ? &targets->items[index] : member(of, "control");
            double *values = numbers(column);
            crm_mean_arm arm;
            OK(crm_mean_arm_from_values(values, column->count, &arm));
            counts[index] = arm.count;
            means[index] = arm.mean;
            OK(crm_mean_arm_variance(&arm, &variances[index]));
            results[index].struct_size = sizeof results[index];
            free(values);
        }
        crm_test_options options = default_options();
        options.alternative = CODE(ALTERNATIVES, member(of, "alternative")->text);
        options.alpha = number_of(of, "alpha");
        OK(crm_dunnett_test(counts, means, variances, NULL, targets->count, &options, results, &all));
        for (size_t row = 0; row < targets->count; row++) {
            const double statistic = number(&member(of, "statistics")->items[row]);
            CHECK(fabs(results[row].statistic - statistic) <= number_of(of, "statistic_tolerance"));
            CHECK(fabs(results[row].p_value - number(&member(of, "p_values")->items[row])) <= tolerance);
            CHECK(results[row].rejects == (results[row].p_value < options.alpha));
        }
        const json *critical = maybe(of, "critical_value");
        CHECK(critical == NULL || fabs(all.critical_value - number(critical)) <= tolerance);
    }
    CHECK(cases->count == 7);
}

int main(void) {
    published();
    stress();
    ends_of_intervals();
    one_rate();
    splits();
    json file = json_read("tests/cases/experiment/multiplicity.json");
    corrections(member(&file, "adjusted"));
    dunnett(member(&file, "dunnett"));
    json_free(&file);
    return 0;
}
