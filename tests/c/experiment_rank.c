/* Rank tests, permutation, bootstrap and quantiles: the cases of tests/cases/experiment/rank.json, and what is refused. */
#include "check.h"
#include "json.h"

static const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    CHECK(found != NULL);
    return found;
}

static double number(const json *value) {
    if (value->kind == JSON_NUMBER) return value->number;
    CHECK(value->kind == JSON_TEXT);
    return value->text[0] == '-' ? -INFINITY : INFINITY;
}

/* A column, null if the case has none. */
static double *column(const json *of, const char *key, size_t *length) {
    const json *found = json_get(of, key);
    *length = 0;
    if (found == NULL) return NULL;
    double *values = malloc(found->count * sizeof *values);
    CHECK(values != NULL);
    for (size_t row = 0; row < found->count; row++) values[row] = found->items[row].number;
    *length = found->count;
    return values;
}

/* The code of a name: its place in a list. */
static int32_t code(const json *options, const char *key, const char *const names[], size_t count) {
    const json *found = json_get(options, key);
    if (found == NULL) return 0;
    for (size_t place = 0; place < count; place++)
        if (strcmp(found->text, names[place]) == 0) return (int32_t)place;
    CHECK(!"a name that is in the list");
    return -1;
}

static const char *const ALTERNATIVES[] = {"two_sided", "greater", "less"};
static const char *const CONTRASTS[] = {"difference", "lift", "ratio", "odds_ratio"};
static const char *const METHODS[] = {"auto", "exact", "normal", "normal_corrected"};
static const char *const PERMUTATIONS[] = {"difference_of_means", "studentised_difference", "difference_of_quantiles",
                                           "ratio_of_means"};
static const char *const STATISTICS[] = {"mean", "ratio_of_sums", "quantile"};
static const char *const INTERVALS[] = {"bca", "percentile", "basic", "studentised"};

static double option(const json *options, const char *key, double otherwise) {
    const json *found = json_get(options, key);
    return found == NULL ? otherwise : found->number;
}

static crm_test_options asked(const json *given) {
    crm_test_options options;
    OK(crm_test_options_init(&options, sizeof options));
    options.alternative = code(given, "alternative", ALTERNATIVES, COUNT(ALTERNATIVES));
    options.contrast = code(given, "contrast", CONTRASTS, COUNT(CONTRASTS));
    options.alpha = option(given, "alpha", 0.05);
    options.has_null = json_get(given, "null") != NULL;
    options.null = option(given, "null", 0.0);
    return options;
}

static void check_case(const json *of) {
    const json *given = member(of, "options"), *expected = member(of, "expected");
    const char *test = member(of, "test")->text;
    const double probability = option(given, "probability", 0.5);
    crm_test_options options = asked(given);
    crm_test_result out = {.struct_size = sizeof out};
    crm_rank_effect effect = {.struct_size = sizeof effect};
    crm_resampled resampled = {.struct_size = sizeof resampled};
    size_t targets, controls, rows;
    double *target = column(of, "target", &targets), *control = column(of, "control", &controls);
    double *denominators = column(of, "denominators", &rows);
    if (strcmp(test, "mann_whitney") == 0) {
        const int32_t method = code(given, "method", METHODS, COUNT(METHODS));
        OK(crm_mann_whitney(target, targets, control, controls, method, &options, 0, &out, &effect));
    } else if (strcmp(test, "brunner_munzel") == 0) {
        OK(crm_brunner_munzel(target, targets, control, controls, &options, 1, &out));
    } else if (strcmp(test, "permutation") == 0) {
        crm_permutation_options permutation;
        OK(crm_permutation_options_init(&permutation, sizeof permutation));
        permutation.statistic = code(given, "statistic", PERMUTATIONS, COUNT(PERMUTATIONS));
        permutation.probability = probability;
        OK(crm_permutation_test(target, targets, control, controls, &permutation, &options, &out, &resampled));
        CHECK(resampled.exact == 1 && resampled.p_value_error == 0.0);
    } else if (strcmp(test, "bootstrap") == 0) {
        crm_bootstrap_options bootstrap;
        OK(crm_bootstrap_options_init(&bootstrap, sizeof bootstrap));
        bootstrap.statistic = code(given, "statistic", STATISTICS, COUNT(STATISTICS));
        bootstrap.interval = code(given, "interval", INTERVALS, COUNT(INTERVALS));
        bootstrap.probability = probability;
        bootstrap.resamples = 200000;
        if (control == NULL)
            OK(crm_bootstrap_test_one(target, denominators, targets, &bootstrap, &options, &out, &resampled));
        else
            OK(crm_bootstrap_test(target, NULL, targets, control, NULL, controls, &bootstrap, &options, &out, NULL));
    } else {
        crm_quantile_arm *arm = NULL, *other = NULL;
        OK(crm_quantile_arm_from_values(target, targets, NULL, &arm));
        if (strcmp(test, "quantile_interval") == 0) {
            OK(crm_quantile_interval(arm, probability, &options, &out));
        } else {
            CHECK(strcmp(test, "compare_quantiles") == 0);
            OK(crm_quantile_arm_from_values(control, controls, NULL, &other));
            OK(crm_compare_quantiles(arm, other, probability, &options, &out));
        }
        crm_quantile_arm_free(arm);
        crm_quantile_arm_free(other);
    }
    const struct {
        const char *name;
        double value;
    } values[] = {
        {"p_value", out.p_value},
        {"estimate", out.estimate},
        {"statistic", out.statistic},
        {"degrees_of_freedom", out.degrees_of_freedom},
        {"standard_error", out.standard_error},
        {"target", out.target},
        {"control", out.control},
        {"lower", out.lower},
        {"upper", out.upper},
        {"u", effect.u},
        {"probability_of_superiority", effect.probability_of_superiority},
        {"cliffs_delta", effect.cliffs_delta},
        {"exact", resampled.exact},
    };
    for (size_t place = 0; place < expected->count; place++) {
        size_t found = 0;
        while (strcmp(expected->keys[place], values[found].name) != 0) CHECK(++found < COUNT(values));
        const json *goal = &expected->items[place];
        if (goal->kind == JSON_TRUE) continue;
        const double right = number(goal), value = values[found].value;
        /* Ends by bisection have six digits; simulated numbers say how far they may be off. */
        const int end = strcmp(values[found].name, "lower") == 0 || strcmp(values[found].name, "upper") == 0;
        const int simulated = json_get(of, "tolerance") != NULL && strcmp(values[found].name, "estimate") != 0;
        double tolerance = 1e-10 * fabs(right);
        if (end && strcmp(test, "permutation") == 0) tolerance = 1e-6;
        if (simulated) tolerance = member(of, "tolerance")->number;
        if (!(value == right || fabs(value - right) <= tolerance)) {
            fprintf(stderr, "%s, %s: %s is %.17g, not %.17g\n", member(of, "name")->text, test, values[found].name, value,
                    right);
            exit(1);
        }
    }
    CHECK(out.rejects == (out.p_value <= out.alpha));
    free(target);
    free(control);
    free(denominators);
}

static void summaries(void) {
    const double values[] = {3.0, 1.0, 2.0, 2.0}, same[] = {1.0, 2.0, 3.0};
    const uint64_t counts[] = {1, 2, 1};
    crm_quantile_arm_options options;
    crm_quantile_arm *arm = NULL, *counted = NULL, *both = NULL, *back = NULL, *buckets = NULL;
    crm_bytes *text = NULL;
    double quantile = 0.0;
    OK(crm_quantile_arm_options_init(&options, sizeof options));
    CHECK(options.most_distinct == 65536 && options.relative_error == 0.005);
    OK(crm_quantile_arm_from_values(values, 4, &options, &arm));
    OK(crm_quantile_arm_from_counts(same, counts, 3, NULL, &counted));
    OK(crm_quantile_arm_merge(arm, counted, &both));
    CHECK(crm_quantile_arm_count(both) == 8 && crm_quantile_arm_is_exact(both) == 1);
    OK(crm_quantile_arm_quantile(both, 0.5, &quantile));
    CHECK(quantile == 2.0);
    OK(crm_quantile_arm_to_json(both, &text));
    OK(crm_quantile_arm_from_json((const char *)crm_bytes_data(text), &back));
    CHECK(crm_quantile_arm_count(back) == 8);
    options.most_distinct = 0;
    OK(crm_quantile_arm_from_values(values, 4, &options, &buckets));
    CHECK(crm_quantile_arm_is_exact(buckets) == 0);
    OK(crm_quantile_arm_quantile(buckets, 1.0, &quantile));
    CHECK(fabs(quantile - 3.0) <= 0.015);
    crm_quantile_arm *none = NULL;
    FAILS(crm_quantile_arm_merge(arm, buckets, &none), CRM_STATUS_INCOMPATIBLE, "other");
    FAILS(crm_quantile_arm_from_json("{}", &none), CRM_STATUS_CORRUPT, "json");
    FAILS(crm_quantile_arm_from_values(values, 0, NULL, &none), CRM_STATUS_EMPTY, "values");
    FAILS(crm_quantile_arm_quantile(arm, 1.5, &quantile), CRM_STATUS_INVALID_ARGUMENT, "probability");
    options.relative_error = 0.9;
    FAILS(crm_quantile_arm_from_values(values, 4, &options, &none), CRM_STATUS_INVALID_ARGUMENT, "relative_error");
    CHECK(none == NULL && crm_quantile_arm_count(NULL) == 0);
    crm_quantile_arm_free(arm);
    crm_quantile_arm_free(counted);
    crm_quantile_arm_free(both);
    crm_quantile_arm_free(back);
    crm_quantile_arm_free(buckets);
    crm_quantile_arm_free(NULL);
    crm_bytes_free(text);
}

static void refused(void) {
    const double good[] = {1.0, 2.0, 4.0}, bad[] = {1.0, NAN, 2.0};
    crm_test_result out = {.struct_size = sizeof out};
    crm_resampled resampled = {.struct_size = 3};
    crm_bootstrap_options bootstrap;
    crm_permutation_options permutation;
    FAILS(crm_mann_whitney(bad, 3, good, 3, 0, NULL, 0, &out, NULL), CRM_STATUS_INVALID_VALUE, "target");
    CHECK(crm_last_error_row() == 1);
    FAILS(crm_mann_whitney(good, 3, good, 0, 0, NULL, 0, &out, NULL), CRM_STATUS_EMPTY, "control");
    FAILS(crm_mann_whitney(good, 3, good, 3, 9, NULL, 0, &out, NULL), CRM_STATUS_INVALID_ARGUMENT, "method");
    FAILS(crm_mann_whitney(NULL, 3, good, 3, 0, NULL, 0, &out, NULL), CRM_STATUS_NULL_POINTER, "target");
    FAILS(crm_brunner_munzel(good, 3, good, 3, NULL, 5000, &out), CRM_STATUS_INVALID_ARGUMENT, "threads");
    FAILS(crm_permutation_test(good, 3, good, 3, NULL, NULL, &out, &resampled), CRM_STATUS_INVALID_ARGUMENT,
          "resampled.struct_size");
    OK(crm_permutation_options_init(&permutation, sizeof permutation));
    permutation.statistic = 7;
    FAILS(crm_permutation_test(good, 3, good, 3, &permutation, NULL, &out, NULL), CRM_STATUS_INVALID_ARGUMENT,
          "statistic");
    OK(crm_bootstrap_options_init(&bootstrap, sizeof bootstrap));
    bootstrap.statistic = CRM_BOOTSTRAP_STATISTIC_RATIO_OF_SUMS;
    FAILS(crm_bootstrap_test_one(good, NULL, 3, &bootstrap, NULL, &out, NULL), CRM_STATUS_INVALID_ARGUMENT, "sample");
    OK(crm_bootstrap_test_one(good, good, 3, &bootstrap, NULL, &out, NULL));
    CHECK(out.estimate == 1.0);
    bootstrap.resamples = 0;
    FAILS(crm_bootstrap_test_one(good, good, 3, &bootstrap, NULL, &out, NULL), CRM_STATUS_INVALID_ARGUMENT, "resamples");
    FAILS(crm_compare_quantiles(NULL, NULL, 0.5, NULL, &out), CRM_STATUS_NULL_POINTER, "target");
}

int main(void) {
    summaries();
    refused();
    const char *path = "tests/cases/experiment/rank.json";
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        printf("skipped: there is no %s\n", path);
        return 0;
    }
    fclose(file);
    json all = json_read(path);
    const json *cases = member(&all, "cases");
    CHECK(cases->count == 183);
    for (size_t index = 0; index < cases->count; index++) check_case(&cases->items[index]);
    json_free(&all);
    return 0;
}
