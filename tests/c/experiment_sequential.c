/* Looking early: boundaries and bounds of tests/cases/experiment/sequential_oracle.json, the streaming test, and misuse. */
#include "check.h"
#include "json.h"

enum { MOST = 32 };

static const json *member(const json *object, const char *key) {
    const json *found = json_get(object, key);
    CHECK(found != NULL);
    return found;
}

/* A number as such, or with its digits. */
static double number(const json *value) {
    if (value->kind == JSON_OBJECT) return number(member(value, "v"));
    if (value->kind == JSON_TEXT) return strtod(value->text, NULL);
    return value->number;
}

static size_t numbers(const json *list, double *out) {
    CHECK(list->count <= MOST);
    for (size_t place = 0; place < list->count; place++) out[place] = number(&list->items[place]);
    return list->count;
}

static void near_all(const double *values, const json *known, double tolerance) {
    for (size_t place = 0; place < known->count; place++)
        CHECK(fabs(values[place] - number(&known->items[place])) <= tolerance);
}

static int starts(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

static void boundaries(const json *cases) {
    double information[MOST], z[MOST], spent[MOST];
    size_t seen = 0;
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place];
        const char *id = member(one, "id")->text;
        const json *input = member(one, "input"), *known = member(one, "expected");
        crm_group_sequential_options options;
        OK(crm_group_sequential_options_init(&options, sizeof options));
        if (starts(id, "classic")) {
            const size_t looks = numbers(member(input, "information"), information);
            options.alpha = number(member(input, "alpha_two_sided"));
            options.boundary = CRM_STOPPING_BOUNDARY_POCOCK;
            OK(crm_group_sequential_boundaries(information, looks, &options, z, spent, NULL, NULL));
            near_all(z, member(known, "pocock_z"), 2e-8);
            CHECK(fabs(spent[looks - 1] - options.alpha) < 1e-14);
            options.boundary = CRM_STOPPING_BOUNDARY_O_BRIEN_FLEMING;
            OK(crm_group_sequential_boundaries(information, looks, &options, z, NULL, NULL, NULL));
            near_all(z, member(known, "obf_z"), 2e-8);
            seen++;
        } else if (starts(id, "spend")) {
            const struct {
                const char *key;
                int32_t boundary;
                double parameter;
            } functions[] = {{"ldof", CRM_STOPPING_BOUNDARY_SPEND_O_BRIEN_FLEMING, 0.0},
                             {"ldpocock", CRM_STOPPING_BOUNDARY_SPEND_POCOCK, 0.0},
                             {"hsd_-4", CRM_STOPPING_BOUNDARY_SPEND_HWANG_SHIH_DE_CANI, -4.0},
                             {"hsd_1", CRM_STOPPING_BOUNDARY_SPEND_HWANG_SHIH_DE_CANI, 1.0},
                             {"kim_demets_3", CRM_STOPPING_BOUNDARY_SPEND_POWER, 3.0}};
            const size_t looks = numbers(member(input, "information"), information);
            options.alpha = number(member(input, "alpha_one_sided"));
            options.alternative = CRM_ALTERNATIVE_GREATER;
            options.has_parameter = 1;
            for (size_t at = 0; at < COUNT(functions); at++) {
                options.boundary = functions[at].boundary;
                options.parameter = functions[at].parameter;
                OK(crm_group_sequential_boundaries(information, looks, &options, z, spent, NULL, NULL));
                near_all(z, member(member(known, functions[at].key), "z"), 2e-8);
                near_all(spent, member(member(known, functions[at].key), "spent"), 1e-15);
            }
            double power = 0.0, ends[MOST];
            options.boundary = CRM_STOPPING_BOUNDARY_SPEND_O_BRIEN_FLEMING;
            OK(crm_group_sequential_power(information, looks, &options, 3.24, &power, NULL, ends, NULL));
            near_all(ends, member(known, "ldof_upper_cross_at_drift_3.24"), 2e-8);
            seen++;
        }
    }
    CHECK(seen == 8);
}

static void bounds(const json *cases) {
    size_t seen = 0;
    for (size_t place = 0; place < cases->count; place++) {
        const json *one = &cases->items[place];
        const char *id = member(one, "id")->text;
        const json *input = member(one, "input"), *known = member(one, "expected");
        if (starts(id, "normalmix2")) {
            const double alpha = number(member(input, "alpha")), v = number(member(input, "v"));
            const crm_mixture mixture = {CRM_MIXTURE_KIND_NORMAL, 0, number(member(input, "v_opt")), alpha, 1.0, 1.0};
            double evidence = 0.0, bound = 0.0;
            OK(crm_mixture_ln_evidence(&mixture, number(member(input, "s")), v, &evidence));
            OK(crm_mixture_bound(&mixture, v, alpha, &bound));
            CHECK(fabs(evidence - number(member(known, "log_mixture"))) < 1e-13);
            CHECK(fabs(bound / number(member(known, "bound")) - 1.0) < 1e-13);
            seen++;
        } else if (strcmp(id, "msprt_sig") == 0) {
            crm_always_valid_options options;
            crm_always_valid_result out = {.struct_size = sizeof out};
            OK(crm_always_valid_options_init(&options, sizeof options));
            options.method = CRM_ALWAYS_VALID_METHOD_MSPRT;
            options.tuning = sqrt(number(member(input, "tau2")));
            const double n = number(member(input, "n")), variance = number(member(input, "V_per_obs"));
            OK(crm_always_valid(number(member(input, "diff")), sqrt(variance / n), n, &options, &out));
            CHECK(fabs(out.ln_evidence / number(member(known, "ln_lambda")) - 1.0) < 1e-13);
            CHECK(fabs((out.upper - out.lower) / 2.0 / number(member(known, "half_width")) - 1.0) < 1e-13);
            seen++;
        }
    }
    CHECK(seen == 3);
    const crm_mixture poisson = {CRM_MIXTURE_KIND_GAMMA_POISSON, 0, 100.0, 0.05, 2.0, 1.0};
    double bound = 0.0, lower = 0.0, upper = 0.0, p = 0.0, ln_p = 0.0;
    OK(crm_mixture_bound(&poisson, 100.0, 0.05, &bound));
    CHECK(fabs(bound - 30.1949) < 1e-5);
    OK(crm_stitched_bound(100.0, 0.05, 10.0, 3.0, 1.4, 2.0, &bound));
    CHECK(fabs(bound - 64.48755) < 1e-5);
    OK(crm_empirical_process_bound(1000.0, 0.05, 100.0, 0.85, &bound));
    CHECK(fabs(bound - 0.08204769) < 1e-6);
    OK(crm_bernoulli_sequence(700, 1000, 0.05, 100.0, &lower, &upper));
    CHECK(fabs(lower - 0.651629) < 1e-6 && fabs(upper - 0.745949) < 1e-6);
    double target[1000], control[1000];
    for (int place = 0; place < 1000; place++) {
        control[place] = place + 1;
        target[place] = place + 101;
    }
    OK(crm_quantile_sequence_p_value(target, 1000, control, 1000, 0.5, 100.0, &p, &ln_p));
    CHECK(fabs(p - 0.0054947) < 1e-7 && fabs(exp(ln_p) - p) < 1e-15);
    OK(crm_quantile_sequence_p_value(target, 1000, control, 1000, 0.5, 100.0, &p, NULL));
    FAILS(crm_quantile_sequence_p_value(target, 0, control, 1000, 0.5, 100.0, &p, NULL), CRM_STATUS_EMPTY, "target");
    FAILS(crm_mixture_bound(NULL, 1.0, 0.05, &bound), CRM_STATUS_NULL_POINTER, "mixture");
    FAILS(crm_mixture_bound(&poisson, 1.0, 0.05, NULL), CRM_STATUS_NULL_POINTER, "out");
    const crm_mixture wrong = {9, 0, 1.0, 0.05, 1.0, 1.0}, reserved = {0, 1, 1.0, 0.05, 1.0, 1.0};
    FAILS(crm_mixture_bound(&wrong, 1.0, 0.05, &bound), CRM_STATUS_INVALID_ARGUMENT, "mixture");
    FAILS(crm_mixture_bound(&reserved, 1.0, 0.05, &bound), CRM_STATUS_INVALID_ARGUMENT, "reserved");
    FAILS(crm_stitched_bound(1.0, 0.05, 0.0, 0.0, 1.4, 2.0, &bound), CRM_STATUS_INVALID_ARGUMENT, "v_min");
    FAILS(crm_empirical_process_bound(1.0, 0.05, 1.0, 0.5, &bound), CRM_STATUS_INVALID_ARGUMENT, "a");
    FAILS(crm_bernoulli_sequence(2, 1, 0.05, 9.0, &lower, &upper), CRM_STATUS_INVALID_ARGUMENT, "conversions");
}

static void looks(void) {
    const double information[] = {0.5, 1.0};
    crm_group_sequential_look out = {.struct_size = sizeof out};
    crm_stagewise_inference end = {.struct_size = sizeof end};
    crm_group_sequential_options options;
    OK(crm_group_sequential_options_init(&options, sizeof options));
    CHECK(options.alpha == 0.05 && options.boundary == CRM_STOPPING_BOUNDARY_SPEND_O_BRIEN_FLEMING);
    OK(crm_group_sequential_at(information, 2, NULL, 0, 0.031, 0.01, 0.0, &out));
    CHECK(out.decision == CRM_SEQUENTIAL_DECISION_REJECT && out.lower > 0.0 && out.p_value < out.alpha_spent);
    OK(crm_group_sequential_at(information, 2, NULL, 1, 0.015, 0.01, 0.0, &out));
    CHECK(out.decision == CRM_SEQUENTIAL_DECISION_EXHAUSTED && out.lower < 0.0);
    OK(crm_group_sequential_at(information, 2, NULL, 0, 0.015, 0.0, 0.0, &out));
    CHECK(out.status == CRM_TEST_STATUS_NO_VARIANCE && isnan(out.p_value) && isinf(out.upper));
    OK(crm_group_sequential_inference(information, 2, NULL, 0, 0.031, 0.01, 0.0, &end));
    CHECK(fabs(end.median_unbiased - 0.031) < 1e-9 && end.lower > 0.0 && end.upper > 0.031);
    double factor = 0.0, power = 0.0, futile[2];
    OK(crm_group_sequential_inflation_factor(information, 2, NULL, 0.8, &factor));
    CHECK(factor > 1.0 && factor < 1.02);
    options.alternative = CRM_ALTERNATIVE_GREATER;
    options.has_futility = 1;
    OK(crm_group_sequential_boundaries(information, 2, &options, NULL, NULL, NULL, futile));
    CHECK(futile[0] > -1.0 && futile[0] < futile[1]);
    options.beta = 1.0;
    FAILS(crm_group_sequential_boundaries(information, 2, &options, NULL, NULL, NULL, futile),
          CRM_STATUS_INVALID_ARGUMENT, "beta");
    options.boundary = 99;
    FAILS(crm_group_sequential_boundaries(information, 2, &options, NULL, NULL, NULL, futile),
          CRM_STATUS_INVALID_ARGUMENT, "boundary");
    FAILS(crm_group_sequential_boundaries(NULL, 2, NULL, NULL, NULL, NULL, NULL), CRM_STATUS_NULL_POINTER,
          "information");
    FAILS(crm_group_sequential_boundaries(information, 0, NULL, NULL, NULL, NULL, NULL), CRM_STATUS_EMPTY,
          "information");
    FAILS(crm_group_sequential_at(information, 2, NULL, 2, 0.1, 0.1, 0.0, &out), CRM_STATUS_INVALID_ARGUMENT, "look");
    FAILS(crm_group_sequential_at(information, 2, NULL, 0, 0.1, 0.1, 0.0, NULL), CRM_STATUS_NULL_POINTER, "out");
    FAILS(crm_group_sequential_inference(information, 2, NULL, 0, 0.1, 0.0, 0.0, &end), CRM_STATUS_INVALID_ARGUMENT,
          "standard_error");
    FAILS(crm_group_sequential_power(information, 2, NULL, 99.0, &power, NULL, NULL, NULL), CRM_STATUS_INVALID_ARGUMENT,
          "drift");
    FAILS(crm_group_sequential_inflation_factor(information, 2, NULL, 1.0, &factor), CRM_STATUS_INVALID_ARGUMENT,
          "power");
    FAILS(crm_group_sequential_options_init(&options, 3), CRM_STATUS_INVALID_ARGUMENT, "options.struct_size");
}

static void stream(void) {
    crm_sequential_test *test = NULL, *again = NULL;
    crm_sequential_step step = {.struct_size = sizeof step}, same = {.struct_size = sizeof same};
    crm_always_valid_options options;
    OK(crm_always_valid_options_init(&options, sizeof options));
    options.method = CRM_ALWAYS_VALID_METHOD_MSPRT;
    options.tuning = 0.01;
    OK(crm_sequential_test_new(&options, &test));
    const crm_binary_arm first[] = {{52, 1000}, {50, 1000}}, later[] = {{700, 10000}, {500, 10000}};
    OK(crm_sequential_test_look_rates(test, &first[0], &first[1], &step));
    CHECK(step.look == 0 && step.decision == CRM_SEQUENTIAL_DECISION_CONTINUE);
    crm_bytes *text = NULL;
    OK(crm_sequential_test_to_json(test, &text));
    OK(crm_sequential_test_from_json(crm_bytes_text(text), &again));
    crm_bytes_free(text);
    OK(crm_sequential_test_look_rates(test, &later[0], &later[1], &step));
    OK(crm_sequential_test_look_rates(again, &later[0], &later[1], &same));
    CHECK(step.look == 1 && step.decision == CRM_SEQUENTIAL_DECISION_REJECT && step.lower > 0.0);
    CHECK(step.ln_p_value == same.ln_p_value && step.lower == same.lower && step.upper == same.upper);
    FAILS(crm_sequential_test_look(test, 0.1, 0.1, 10.0, &step), CRM_STATUS_INCOMPATIBLE, "observations");
    FAILS(crm_sequential_test_look(test, 0.1, -0.1, 1e6, &step), CRM_STATUS_INVALID_ARGUMENT, "standard_error");
    FAILS(crm_sequential_test_look(NULL, 0.1, 0.1, 1e6, &step), CRM_STATUS_NULL_POINTER, "test");
    FAILS(crm_sequential_test_look(test, 0.1, 0.1, 1e6, NULL), CRM_STATUS_NULL_POINTER, "out");
    OK(crm_sequential_test_look_means(test, 60000, 1.0, 4.0, 60000, 0.9, 4.0, &step));
    CHECK(step.decision == CRM_SEQUENTIAL_DECISION_REJECT && step.look == 2);
    crm_sequential_test_free(again);
    FAILS(crm_sequential_test_from_json("{}", &again), CRM_STATUS_CORRUPT, "json");
    CHECK(again == NULL);
    options.tuning = 0.0;
    FAILS(crm_sequential_test_new(&options, &again), CRM_STATUS_INVALID_ARGUMENT, "tuning");
    crm_sequential_test_free(test);
    crm_sequential_test_free(NULL);
}

int main(void) {
    json all = json_read("tests/cases/experiment/sequential_oracle.json");
    boundaries(member(&all, "cases"));
    bounds(member(&all, "cases"));
    json_free(&all);
    looks();
    stream();
    return 0;
}
